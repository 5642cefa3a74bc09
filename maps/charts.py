"""Charts of the workbook, drawn by Excel itself from the cells of its sheets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree
from xlsxwriter.utility import xl_rowcol_to_cell

from maps.cells import Number, Table
from maps.colors import SEQUENCE, VERDICTS
from maps.pagedata import verdict_labels
from maps.sheets import FONTS, number_format, page, title
from spatial.messages import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from maps.sheets import Book

CODE = "charts"
_WIDTH, _ROW, _FRAME, _MOST = 900, 22, 150, 40
_ROW_PIXELS = 20
_SCALE, _PAGE_ROWS = 64, 72
"""Per cent in print, and how many rows then fit on upright A4."""
_DATA, _FEWEST = 16, 2
"""Column of the figures of charts beside them; fewer bars than that are no chart."""
_ASKED = "#30343a"


class Placed(NamedTuple):
    """A table where it stands in the workbook: its sheet, and its first row of cells."""

    sheet: str
    start: int
    table: Table


def charts(
    book: Book, sheet: Any, clauses: tuple[str, int, int, int] | None, placed: Mapping[str, Placed]
) -> None:
    """Draw all charts that there are numbers for on a sheet of their own, below each other.

    Parameters
    ----------
    book, sheet
        Workbook and sheet.
    clauses
        Where the verdicts by clause stand: name of the sheet, row of the heads, first and last row; None if nowhere.
    placed
        The tables by their codes.
    """
    row = title(book, sheet, book.sheet_name(CODE), (text("note-charts", book.lang),))
    row = start = row + 1
    breaks: list[int] = []
    top = 0
    for chart, height in _drawn(book, sheet, clauses, placed, row):
        if row + _rows(height) - top > _PAGE_ROWS and row > start:
            breaks, top = [*breaks, row], row
        chart.set_size({"width": _WIDTH, "height": height})
        sheet.insert_chart(row, 0, chart, {"object_position": 3, "y_offset": 4})
        row += _rows(height)
    if row == start:
        sheet.write_string(row, 0, text("note-empty", book.lang), book.style(font_color="#5b6167"))
    sheet.set_column(_DATA, _DATA, 24)
    page(book, sheet, book.sheet_name(CODE), upright=True)
    sheet.set_print_scale(_SCALE)  # no fitting to the width: it would undo the breaks
    sheet.set_h_pagebreaks(breaks)
    sheet.print_area(0, 0, row, _DATA - 2)


def _drawn(
    book: Book, sheet: Any, clauses: tuple[str, int, int, int] | None, placed: Mapping[str, Placed], row: int
) -> Iterator[tuple[Any, int]]:
    """The charts with their heights in pixels, from the row on where the first stands."""
    if clauses is not None:
        chart, height = _clauses(book, *clauses)
        row += _rows(height)
        yield chart, height
    if "zones" in placed and placed["zones"].table.rows:
        chart, height = _zones(book, placed["zones"])
        row += _rows(height)
        yield chart, height
    for code in ("investment", "growth", "areas"):
        if code in placed:
            for chart, height in _measures(book, sheet, placed[code], row):
                row += _rows(height)
                yield chart, height


def _rows(height: int) -> int:
    """Rows that a chart takes."""
    return height // _ROW_PIXELS + 2


def _clauses(book: Book, name: str, heads: int, first: int, last: int) -> tuple[Any, int]:
    """Verdicts by clause, stacked."""
    chart = book.file.add_chart({"type": "bar", "subtype": "stacked"})
    for column, verdict in enumerate(verdict_labels(book.lang), 2):
        look = VERDICTS[verdict]
        chart.add_series({
            "name": [name, heads, column], "categories": [name, first, 0, last, 0],
            "values": [name, first, column, last, column], "gap": 60,
            "fill": {"color": look.fill}, "border": {"color": look.line, "width": 0.5},
        })  # fmt: skip
    _dress(book, chart, text("chart-clauses", book.lang), text("chart-findings", book.lang))
    return chart, _height(last - first + 1)


def _measures(book: Book, sheet: Any, placed: Placed, row: int) -> Iterator[tuple[Any, int]]:
    """For each measure of a check a bar for each town with a figure, and where it differs what is asked beside it.

    The figures are taken over into cells beside the chart: a town without data has no row there, and so no bar.
    """
    columns = placed.table.columns
    value, asked = (text(f"head-{name}", book.lang) for name in ("value", "threshold"))
    for group in dict.fromkeys(column.group for column in columns if column.group):
        own = {column.head: place for place, column in enumerate(columns) if column.group == group}
        known = [
            place
            for place, cells in enumerate(placed.table.rows)
            if isinstance(cell := cells[own[value]], Number) and math.isfinite(cell.value)
        ]
        if len(known) < _FEWEST:
            continue
        heads = [head for head in (value, asked) if head in own]
        _copied(book, sheet, placed, known, [own[head] for head in heads], (row, [group, *heads]))
        chart = book.file.add_chart({"type": "bar"})
        first, last, name = row + 1, row + len(known), book.sheet_name(CODE)
        for place, (head, colour) in enumerate(zip(heads, (SEQUENCE[3], _ASKED), strict=False), 1):
            chart.add_series({
                "name": head, "categories": [name, first, _DATA, last, _DATA],
                "values": [name, first, _DATA + place, last, _DATA + place], "fill": {"color": colour}, "gap": 60,
            })  # fmt: skip
        _dress(book, chart, group, "")
        if len(heads) == 1:
            chart.set_legend({"none": True})
        height = _height(len(known), len(heads))
        yield chart, height
        row += _rows(height)


def _copied(
    book: Book, sheet: Any, placed: Placed, known: list[int], columns: list[int], where: tuple[int, list[str]]
) -> None:
    """Names and figures of some rows of a table, as formulas that point to its cells."""
    row, heads = where
    for place, head in enumerate(heads):
        sheet.write_string(row, _DATA + place, head, book.style(font_color="#5b6167"))
    for line, source in enumerate(known, row + 1):
        for place, column in enumerate([0, *columns]):
            cell = placed.table.rows[source][column]
            at = xl_rowcol_to_cell(placed.start + source, column, row_abs=True, col_abs=True)
            shown = cell.value if isinstance(cell, Number) else str(cell)
            unit = cell.unit if isinstance(cell, Number) else ""
            style = book.style(num_format=number_format(unit, shown if isinstance(shown, float) else 0.0))
            sheet.write_formula(line, _DATA + place, f"='{placed.sheet}'!{at}", style, shown)


def _zones(book: Book, placed: Placed) -> tuple[Any, int]:
    """Construction land by zone of all towns together, from the sums above the table."""
    first, last = placed.table.sums_at(placed.start)
    column = placed.table.areas["area-ha"]
    name = placed.sheet
    chart = book.file.add_chart({"type": "bar"})
    chart.add_series({
        "name": text("head-area-ha", book.lang), "categories": [name, first, column - 2, last, column - 2],
        "values": [name, first, column, last, column], "fill": {"color": SEQUENCE[2]}, "gap": 60,
        "data_labels": {"value": True, "num_format": "#,##0.0", "font": {"size": 9}},
    })  # fmt: skip
    _dress(book, chart, text("chart-zones", book.lang), text("head-area-ha", book.lang))
    chart.set_legend({"none": True})
    return chart, _height(last - first + 1)


def _dress(book: Book, chart: Any, words: str, axis: str) -> None:
    """Title, letters, axes: the first row on top."""
    letters = {"name": FONTS[book.lang], "size": 9}
    chart.set_title({"name": words, "name_font": {**letters, "size": 12, "bold": True}, "overlay": False})
    chart.set_y_axis({"reverse": True, "num_font": letters})
    chart.set_x_axis({
        "num_font": letters, "name": axis, "name_font": {**letters, "bold": False}, "label_position": "high",
        "major_gridlines": {"visible": True, "line": {"color": "#d9dcdf", "width": 0.5}},
    })  # fmt: skip
    chart.set_legend({"position": "bottom", "font": letters})
    chart.show_na_as_empty_cell()


def _height(rows: int, bars: int = 1) -> int:
    return _FRAME + min(rows, _MOST) * (_ROW + 8 * (bars - 1))


def cached(parts: Sequence[bytes]) -> dict[str, list[str]]:
    """What the charts of a workbook show: for each range that they draw, the values kept with it.

    Parameters
    ----------
    parts
        The chart parts of the file.
    """
    space = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    found: dict[str, list[str]] = {}
    for part in parts:
        for reference in etree.fromstring(
            part, etree.XMLParser(resolve_entities=False, no_network=True)
        ).iter(f"{space}numRef", f"{space}strRef"):
            asked = reference.findtext(f"{space}f") or ""
            found[asked] = [node.text or "" for node in reference.iter(f"{space}v")]
    return found
