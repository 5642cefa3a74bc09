"""Tables on sheets as an office expects them: heads, widths, number formats, colours, print set-up."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from maps.cells import Absent, Cell, Column, Formula, Number, Table, Verdict
from maps.colors import VERDICTS
from maps.pagedata import verdict_labels
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Sequence

FONTS: dict[str, str] = {"zh": "微软雅黑", "en": "Microsoft YaHei"}
SIZE = 10
NARROWEST, _HEAD_MOST, _LOOKED_AT = 6.0, 12, 2000
LONGEST = 32_000
_DECIMALS = {"m²": 2, "ha": 4, "亩": 2, "km²": 4, "%": 2, "pp": 2, "亿元": 2, "m": 2, "E": 2}
_FINE = {"km²", "%", "pp", "亿元"}
_LINE_HEIGHT = 15.0
_INK, _PAPER, _LINE, _HEAD, _ALARM = "#1f2328", "#ffffff", "#c8ccd1", "#e3e9f0", "#b00020"
_A4 = 9
_UPRIGHT, _ACROSS_ROWS = 150.0, 33
"""Width of columns that prints upright on A4 at two thirds of its size, rows of a page across."""
_HEADER_MOST = 80


@dataclass
class Book:
    """A workbook that is being written: its language, its formats (each made once), its demo mark."""

    file: Any
    lang: Lang
    title: str
    demo: str
    made: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)

    def style(self, **properties: Any) -> Any:
        """Return the format with these properties on top of font, size and middle alignment."""
        key = tuple(sorted(properties.items()))
        if key not in self.made:
            base = {"font_name": FONTS[self.lang], "font_size": SIZE, "font_color": _INK, "valign": "vcenter"}
            self.made[key] = self.file.add_format({**base, **properties})
        return self.made[key]

    def head(self) -> Any:
        """Return the format of column heads."""
        return self.style(
            bold=True, bg_color=_HEAD, border=1, border_color=_LINE, text_wrap=True, align="center"
        )

    def sheet_name(self, code: str) -> str:
        """Return the name of the sheet `code`."""
        return text(f"sheet-{code}", self.lang)


def number_format(unit: str, value: float = 0.0, *, signed: bool = False) -> str:
    """Return the number format of a unit; a value too small for its decimals gets more of them.

    Examples
    --------
    >>> number_format("m²"), number_format("ha"), number_format("", 3), number_format("km²", 2e-6)
    ('#,##0.00', '#,##0.0000', '#,##0', '#,##0.00000000')
    >>> number_format("pp", -1.5, signed=True)
    '+#,##0.00;-#,##0.00;0.00'
    """
    if unit == "share":
        return "0.0%"
    decimals = _DECIMALS.get(unit, 0 if float(value).is_integer() else 2)
    if unit in _FINE and value and abs(value) < 0.5 * 10.0**-decimals:
        decimals = 8
    tail = "." + "0" * decimals if decimals else ""
    plain = ("0" if unit == "E" else "#,##0") + tail
    return f"+{plain};-{plain};0{tail}" if signed else plain


def display_width(value: str) -> int:
    r"""Return the columns a text takes, wide characters counting two; of several lines, the longest.

    Examples
    --------
    >>> display_width("两镇 A"), display_width("一\n二三")
    (6, 4)
    """
    return max(
        (
            sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in line)
            for line in value.split("\n")
        ),
        default=0,
    )


def shown(cell: Cell, lang: Lang) -> str:
    """Return roughly what a cell looks like, to find out how wide it is."""
    if isinstance(cell, Formula):
        return str(cell.value)
    if isinstance(cell, Number):
        if not math.isfinite(cell.value):
            return text("no-number", lang)
        decimals = number_format(cell.unit, cell.value).partition(".")[2].count("0")
        return f"{cell.value:{'+' if cell.signed else ''},.{decimals}f}"
    if isinstance(cell, Verdict):
        return f"{VERDICTS[cell.code].sign} {verdict_labels(lang)[cell.code]}"
    if cell is None:
        return text("no-number", lang)
    return text("not-applicable", lang) if isinstance(cell, Absent) else cell


def put(book: Book, sheet: Any, row: int, column: int, cell: Cell, *, wrap: bool = True) -> None:
    """Write one cell; texts are always texts, whatever they begin with."""
    framed: dict[str, Any] = {"border": 1, "border_color": _LINE}
    if isinstance(cell, Number) and math.isfinite(cell.value):
        style = book.style(**framed, num_format=number_format(cell.unit, cell.value, signed=cell.signed))
        sheet.write_number(row, column, cell.value, style)
    elif isinstance(cell, Formula):
        style = book.style(**framed, num_format=number_format(cell.unit, cell.value))
        sheet.write_formula(row, column, cell.expression, style, cell.value)
    elif isinstance(cell, Verdict):
        sheet.write_string(row, column, verdict_labels(book.lang)[cell.code], verdict_style(book, cell.code))
    elif cell is None or isinstance(cell, Number):
        style = book.style(**framed, font_color="#5b6167", italic=True, align="center")
        sheet.write_string(row, column, text("no-number", book.lang), style)
    elif isinstance(cell, Absent):
        style = book.style(**framed, font_color="#8b8f94", align="center")
        sheet.write_string(row, column, text("not-applicable", book.lang), style)
    else:
        risky = {"quote_prefix": True} if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else {}
        sheet.write_string(
            row,
            column,
            cell[:LONGEST],
            book.style(**framed, text_wrap=wrap, num_format="@", indent=1, **risky),
        )


def verdict_style(book: Book, code: str) -> Any:
    """Return the format of a verdict: its colour, and its sign as part of the number format."""
    look = VERDICTS[code]
    dark = code in {"fail", "pass"}
    return book.style(
        border=1, border_color=_LINE, bg_color=look.fill, font_color=_PAPER if dark else _INK, bold=True,
        align="center", num_format=f'"{look.sign} "@',
    )  # fmt: skip


def title(book: Book, sheet: Any, heading: str, notes: Sequence[str], *, back: bool = True) -> int:
    """Write the heading, the demo mark, the way back and the notes; return the next free row."""
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, heading, book.style(bold=True, font_size=15))
    row = 1
    line = book.style(font_color="#444b53")
    subtitle = " · ".join(part for part in (book.title if back else "", *notes) if part)
    if subtitle:
        sheet.write_string(row, 0, subtitle, line)
        row += 1
    if book.demo:
        sheet.write_string(row, 0, book.demo, book.style(bold=True, font_color=_ALARM))
        row += 1
    if back:
        home = f"internal:'{book.sheet_name('summary')}'!A1"
        sheet.write_url(
            row, 0, home, book.style(font_color="#0b57a4", underline=1), text("back-to-summary", book.lang)
        )
        row += 1
    return row


def title_rows(*, demo: bool) -> int:
    """Rows that `title` takes with a way back; the heads stand below."""
    return 4 if demo else 3


def draw(book: Book, sheet: Any, table: Table, row: int, *, filtered: bool = True) -> int:
    """Write heads and rows of a table from `row` on; return the row of its first cells.

    Parameters
    ----------
    book
        The workbook.
    sheet
        Where to draw.
    table
        What to draw.
    row
        First free row, from 0.
    filtered
        Whether heads stay in sight, get a filter, and are repeated on every printed page.
    """
    top = row
    widths = [_width(table, place, book.lang) for place in range(len(table.columns))]
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    row = heads(book, sheet, table.columns, row, widths)
    for place, cells in enumerate(table.rows):
        for column, cell in enumerate(cells):
            put(book, sheet, row + place, column, cell, wrap=table.columns[column].printed)
        texts = [
            cell if isinstance(cell, str) and column.printed else ""
            for cell, column in zip(cells, table.columns, strict=True)
        ]
        if (lines := _lines(texts, widths)) > 1:
            sheet.set_row(row + place, _LINE_HEIGHT * lines + 3)
    if not table.rows:
        sheet.write_string(row, 0, text("note-empty", book.lang), book.style(font_color="#5b6167"))
    if filtered:
        sheet.freeze_panes(row, table.kept)
        sheet.autofilter(row - 1, 0, row - 1 + max(len(table.rows), 1), len(table.columns) - 1)
        sheet.repeat_rows(top, row - 1)
    return row


def heads(book: Book, sheet: Any, columns: Sequence[Column], row: int, widths: Sequence[float]) -> int:
    """Write the heads, groups above them where there are any; return the row below."""
    style = book.head()
    if not any(column.group for column in columns):
        for place, column in enumerate(columns):
            sheet.write_string(row, place, column.head, style)
        sheet.set_row(row, _LINE_HEIGHT * _lines([column.head for column in columns], widths, 3) + 6)
        return row + 1
    lines, start = 1, 0
    for name, run in groupby(columns, key=lambda column: column.group):
        members = list(run)
        last = start + len(members) - 1
        if name:
            sheet.merge_range(row, start, row, last, name, style)
            lines = max(lines, _lines([name], [sum(widths[start : last + 1])]))
        for place, member in enumerate(members, start):
            if name:
                sheet.write_string(row + 1, place, member.head, style)
            else:
                sheet.merge_range(row, place, row + 1, place, member.head, style)
        start = last + 1
    sheet.set_row(row, _LINE_HEIGHT * lines + 6)
    sheet.set_row(row + 1, _LINE_HEIGHT + 6)
    return row + 2


def tall(table: Table, lang: Lang) -> bool:
    """Whether a table needs fewer pages upright: more rows than a page across has, and not too wide."""
    printed = [place for place, column in enumerate(table.columns) if column.printed]
    wide = sum(_width(table, place, lang) for place in printed)
    return len(table.rows) > _ACROSS_ROWS and wide <= _UPRIGHT


def _width(table: Table, place: int, lang: Lang) -> float:
    """Width of a column by what it holds, wide characters counting two."""
    cells = [display_width(shown(row[place], lang)) for row in table.rows[:_LOOKED_AT]]
    head = min(display_width(table.columns[place].head), _HEAD_MOST) + 3
    return min(max([*cells, head, NARROWEST]) + 2.5, table.columns[place].widest)


def _lines(texts: Sequence[str], widths: Sequence[float], spare: float = 2) -> int:
    """Lines that the longest of `texts` takes when wrapped in its column."""
    return max(
        (
            sum(max(1, math.ceil(display_width(part) / (width - spare))) for part in words.split("\n"))
            for words, width in zip(texts, widths, strict=True)
        ),
        default=1,
    )


def page(book: Book, sheet: Any, heading: str, *, tall: int = 0, upright: bool = False) -> None:
    """Set up printing: A4, fitted to the width, head and foot with title, demo mark, page numbers.

    Parameters
    ----------
    book, sheet
        Workbook and sheet.
    heading
        Name of the sheet.
    tall
        Pages from top to bottom; 0 for as many as it takes.
    upright
        Whether the paper stands: narrow and long tables need fewer pages so.
    """
    (sheet.set_portrait if upright else sheet.set_landscape)()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, tall)
    sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.7)
    font = f'&"{FONTS[book.lang]},Regular"&9'
    left, right = _plain(book.title), _plain(text("fact-demo", book.lang)) if book.demo else ""
    sheet.set_header(f"&L{font}{left}&C{font}{_plain(heading)}&R{font}{right}")
    sheet.set_footer(f"&L{font}{right}&C{font}{text('page-of', book.lang)}&R{font}{_plain(heading)}")


def _plain(words: str) -> str:
    return words[:_HEADER_MOST].replace("&", "&&")
