"""The tables of a report as a workbook, a sheet each, numbers as numbers."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import xlsxwriter

from maps.report_blocks import Figure, Grid, Piece, Report
from maps.report_pdf import keyword
from maps.workbook import NEVER, options

if TYPE_CHECKING:
    from typing import Any

_NUMBER = re.compile(r"^([+\N{MINUS SIGN}-]?[\d,]+(?:\.\d+)?)$")
_RANKED = re.compile(r"^([+\N{MINUS SIGN}-]?[\d,]+(?:\.\d+)?)( \(\d+\))$")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def xlsx(report: Report) -> bytes:
    """Make the workbook; the same report gives the same bytes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, options(report.lang)) as file:
        file.set_properties(
            {"title": report.title, "comments": report.mark, "created": NEVER, "keywords": keyword(report)}
        )
        grids = [block for block in report.blocks if isinstance(block, Grid)]
        for number, grid in enumerate(grids, 1):
            name = _FORBIDDEN.sub(" ", grid.caption)[:28]
            _sheet(file, file.add_worksheet(f"{number} {name}"[:31]), grid, report)
    return buffer.getvalue()


def _sheet(file: Any, sheet: Any, grid: Grid, report: Report) -> None:
    bold = file.add_format({"bold": True, "font_size": 13})
    head = file.add_format(
        {
            "bold": True,
            "border": 1,
            "bg_color": "#eef1f4",
            "text_wrap": True,
            "align": "center",
            "valign": "vcenter",
        }
    )
    cell = file.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
    sheet.set_row(3, 16 * max(4, *(words.count("\n") + 1 for words in grid.heads)))
    sheet.write_string(0, 0, f"{report.title}  {grid.caption}", bold)
    sheet.write_string(1, 0, report.mark or report.subtitle)
    whole = sum(grid.widths)
    for column, (words, share) in enumerate(zip(grid.heads, grid.widths, strict=True)):
        sheet.set_column(column, column, max(8.0, 110 * share / whole))
        sheet.write_string(3, column, words, head)
    for row, line in enumerate(grid.rows, 4):
        for column, piece in enumerate(line):
            _put(file, sheet, (row, column), piece, cell)
    sheet.freeze_panes(4, 1)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(3)
    sheet.print_area(0, 0, 3 + max(len(grid.rows), 1), len(grid.heads) - 1)
    for place, note in enumerate(grid.notes):
        sheet.write_string(5 + len(grid.rows) + place, 0, note)


def _put(file: Any, sheet: Any, place: tuple[int, int], piece: Piece, style: Any) -> None:
    """A figure as a number, a rank behind it as part of its format; everything else as the text that is printed."""
    shown = piece if isinstance(piece, str) else piece.shown
    plain = _NUMBER.match(shown) if isinstance(piece, Figure) else None
    ranked = _RANKED.match(shown) if isinstance(piece, Figure) else None
    if plain:
        sheet.write_number(*place, _value(plain[1]), style)
    elif ranked:
        rank = file.add_format({"border": 1, "valign": "vcenter", "num_format": f'General"{ranked[2]}"'})
        sheet.write_number(*place, _value(ranked[1]), rank)
    else:
        sheet.write_string(*place, shown, style)


def _value(shown: str) -> float:
    return float(shown.replace(",", "").replace("\N{MINUS SIGN}", "-"))
