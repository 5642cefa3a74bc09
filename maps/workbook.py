"""The workbook for the office: summary, findings, a sheet for each check, pieces, data quality, sources."""

from __future__ import annotations

import datetime as dt
import io
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from layers.outputs import put_down
from maps import charts
from maps.cells import Cell, Column, Formula, Number, Table
from maps.pagedata import bilingual, missing, said, verdict_labels
from maps.sheets import (
    FONTS,
    SIZE,
    Book,
    display_width,
    draw,
    number_format,
    page,
    put,
    tall,
    title,
    title_rows,
    verdict_style,
)
from maps.tables import inputs, tables
from maps.wording import cause_lines, policy_title, rule_titles, towns_judged
from spatial.causes import by_clause
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.results import Results

NEVER = dt.datetime(2016, 1, 1)  # noqa: DTZ001 - xlsxwriter wants it naive
_FINDINGS = "findings"
_LABELS = 30
_SUMMARY_WIDTHS = (18, 62, 12, 12, 12, 12, 12)


def write(results: Results, path: Path, lang: Lang = "zh") -> None:
    """Write the workbook to `path`: beside it first, then renamed.

    The same results give the same bytes. Formulas carry their values, for readers that do not calculate.

    Parameters
    ----------
    results
        What a run found.
    path
        File to write, ``.xlsx``.
    lang
        Language of all texts.
    """
    put_down(Path(path), made(results, lang))


def write_tables(tables: Sequence[Table], path: Path, heading: str, lang: Lang, *, demo: bool) -> None:
    """Write some tables as a workbook, a sheet each: beside it first, then renamed.

    Parameters
    ----------
    tables
        What to write.
    path
        File to write, ``.xlsx``.
    heading
        Title of the workbook.
    lang
        Language of all texts.
    demo
        Whether every sheet is marked as demo data.
    """
    put_down(Path(path), made_of(tables, heading, lang, demo=demo))


def made_of(tables: Sequence[Table], heading: str, lang: Lang, *, demo: bool, kind: str = "") -> bytes:
    """The workbook that `write_tables` writes; `kind` is what it says it is, by which it is made again to be verified."""
    buffer = io.BytesIO()
    mark = text("fact-demo-note", lang) if demo else ""
    with xlsxwriter.Workbook(buffer, options(lang)) as file:
        file.set_properties({"title": heading, "comments": mark, "created": NEVER, "keywords": kind})
        book = Book(file, lang, heading, mark)
        for table in tables:
            _sheet(book, file.add_worksheet(book.sheet_name(table.code)), table, back=False)
    return buffer.getvalue()


def options(lang: Lang) -> dict[str, Any]:
    """Options of xlsxwriter: texts stay texts, the font of the language."""
    return {
        "in_memory": True,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_format_properties": {"font_name": FONTS[lang], "font_size": SIZE},
    }


def made(results: Results, lang: Lang) -> bytes:
    """The workbook that `write` writes."""
    buffer = io.BytesIO()
    demo = text("fact-demo-note", lang) if results.demo else ""
    with xlsxwriter.Workbook(buffer, options(lang)) as file:
        kind = f"liangzhen-workbook {lang}"
        file.set_properties(
            {"title": results.title, "comments": demo, "created": _made(results), "keywords": kind}
        )
        book = Book(file, lang, results.title, demo)
        found = {table.code: table for table in tables(results, lang)}
        sheets = {
            code: file.add_worksheet(book.sheet_name(code))
            for code in ("summary", charts.CODE, *found, "provenance")
        }
        start = _sheet(book, sheets[_FINDINGS], found[_FINDINGS])
        at = _Findings(book, found[_FINDINGS], start)
        found["towns"] = _counted(found["towns"], at, results, lang)
        placed = {
            code: charts.Placed(book.sheet_name(code), _sheet(book, sheets[code], table), table)
            for code, table in found.items()
            if code != _FINDINGS
        }
        _sources(book, sheets["provenance"], results)
        clauses = _summary(book, sheets["summary"], results, list(found.values()), at)
        charts.charts(book, sheets[charts.CODE], clauses, placed)
        sheets["summary"].activate()
    return buffer.getvalue()


class _Findings:
    """Where the columns of the findings stand, for formulas that count them."""

    def __init__(self, book: Book, table: Table, start: int) -> None:
        self.sheet, self.first = book.sheet_name(table.code), start
        self.last = start + max(len(table.rows), 1) - 1
        self.places = {column.head: place for place, column in enumerate(table.columns)}
        self.lang = book.lang

    def cells(self, code: str) -> str:
        """The cells of the column headed by ``head-<code>``."""
        return _range(self.first, self.last, self.places[text(f"head-{code}", self.lang)], self.sheet)

    def count(self, verdict: str, code: str, where: str) -> str:
        """A formula: findings with the verdict named in the cell `verdict` whose column `code` is as in `where`."""
        return f"=COUNTIFS({self.cells(code)},{where},{self.cells('verdict')},{verdict})"


def _counted(table: Table, at: _Findings, results: Results, lang: Lang) -> Table:
    """The table of towns with the number of findings by verdict."""
    labels = verdict_labels(lang)
    counts = (
        pd.crosstab(results.findings["town_id"], results.findings["verdict"])
        if len(results.findings)
        else None
    )
    first = title_rows(demo=results.demo) + 1
    columns = [
        *table.columns,
        *(Column(label) for label in labels.values()),
        Column(text("head-total", lang)),
    ]
    rows: list[list[Cell]] = []
    for place, cells in enumerate(table.rows):
        row, line = list(cells), first + place
        for offset, verdict in enumerate(labels):
            head = xl_rowcol_to_cell(first - 1, len(cells) + offset, row_abs=True, col_abs=True)
            expression = at.count(head, "code", xl_rowcol_to_cell(line, 1, col_abs=True))
            row.append(Formula(expression, _count(counts, cells[1], verdict)))
        ends = (xl_rowcol_to_cell(line, len(cells) + offset) for offset in (0, len(labels) - 1))
        row.append(
            Formula(f"=SUM({':'.join(ends)})", sum(cell.value for cell in row if isinstance(cell, Formula)))
        )
        rows.append(row)
    return replace(table, columns=columns, rows=rows)


def _count(counts: pd.DataFrame | None, key: Any, verdict: str) -> int:
    if counts is None or key not in counts.index or verdict not in counts.columns:
        return 0
    return int(counts.loc[key, verdict])


def _made(results: Results) -> dt.datetime:
    """The run stamp as Excel can hold it (no zone); a fixed day where there is none."""
    try:
        return dt.datetime.fromisoformat(str(results.provenance["run"]["at"])).replace(tzinfo=None)
    except (KeyError, TypeError, ValueError):
        return NEVER


def _sheet(book: Book, sheet: Any, table: Table, *, back: bool = True) -> int:
    """One table on a sheet of its own; returns the row of its first cells."""
    heading = book.sheet_name(table.code)
    notes = list(table.notes)
    if table.total > len(table.rows):
        notes.append(text("note-more", book.lang, total=f"{table.total:,}", shown=f"{len(table.rows):,}"))
    row = title(book, sheet, heading, notes, back=back)
    if table.kinds[1] and table.rows:
        row = _kind_totals(book, sheet, table, row)
    elif table.areas and table.rows:
        row = _area_totals(book, sheet, table, row)
    elif table.summed and table.rows:
        row = _column_totals(book, sheet, table, row)
    start = draw(book, sheet, table, row)
    page(book, sheet, heading, upright=tall(table, book.lang))
    printed = [place for place, column in enumerate(table.columns) if column.printed]
    sheet.print_area(0, 0, start + max(len(table.rows), 1) - 1, printed[-1])
    return start


def _kind_totals(book: Book, sheet: Any, table: Table, row: int) -> int:
    """Areas of all towns together, for each name in one column a row; towns that lie in others are not counted twice."""
    place, names = table.kinds
    column_apart, apart = table.apart
    first = row + len(names) + 1
    last = first + len(table.rows) - 1
    label = book.style(bold=True, align="right")
    marks = _range(first, last, place)
    for line, name in enumerate(names, row):
        sheet.write_string(line, place - 1, text("total-towns", book.lang), book.style(font_color="#444b53"))
        sheet.write_string(line, place, name, label)
        for unit, column in zip(("m²", "ha", "亩"), table.areas.values(), strict=True):
            value = sum(
                _value(cells[column])
                for cells in table.rows
                if cells[place] == name and cells[column_apart] != apart
            )
            style = book.style(bold=True, num_format=number_format(unit))
            others = f'{_range(first, last, column_apart)},"<>{apart}"'
            formula = f'=SUMIFS({_range(first, last, column)},{marks},"{name}",{others})'
            sheet.write_formula(line, column, formula, style, round(value, 9))
    return row + len(names)


def _column_totals(book: Book, sheet: Any, table: Table, row: int) -> int:
    """Sums of what the filter shows, above their columns."""
    first = row + (3 if any(column.group for column in table.columns) else 2)
    last = first + len(table.rows) - 1
    sheet.write_string(row, 0, text("total-known", book.lang), book.style(bold=True))
    for column in table.summed:
        cells = [cells[column] for cells in table.rows if isinstance(cells[column], Number)]
        unit = cells[0].unit if cells and isinstance(cells[0], Number) else ""
        value = sum(_value(cell) for cell in cells)
        style = book.style(bold=True, num_format=number_format(unit, value))
        sheet.write_formula(
            row, column, f"=SUBTOTAL(109,{_range(first, last, column)})", style, round(value, 9)
        )
    return row + 1


def _area_totals(book: Book, sheet: Any, table: Table, row: int) -> int:
    """Totals above the heads: all but slivers, the slivers, and what the filter shows."""
    first = row + 4
    last = first + len(table.rows) - 1
    no, yes = (text(f"answer-{answer}", book.lang) for answer in ("no", "yes"))
    label = book.style(bold=True, align="right")
    mark = table.areas["sliver"]
    marks = _range(first, last, mark)
    units = {"m²": "area-m2", "ha": "area-ha", "亩": "area-mu"}
    for place, (code, chosen) in enumerate(
        (("total-all", {no}), ("total-slivers", {yes}), ("total-shown", {no, yes}))
    ):
        sheet.write_string(row + place, table.areas["area-m2"] - 1, text(code, book.lang), label)
        for unit, column in ((unit, table.areas[name]) for unit, name in units.items()):
            cells = _range(first, last, column)
            answer = next(iter(chosen))
            formula = (
                f'=SUMIFS({cells},{marks},"{answer}")' if len(chosen) == 1 else f"=SUBTOTAL(109,{cells})"
            )
            value = sum(_value(line[column]) for line in table.rows if line[mark] in chosen)
            style = book.style(bold=True, num_format=number_format(unit), top=1)
            sheet.write_formula(row + place, column, formula, style, round(value, 9))
    return row + 3


def _value(cell: Cell) -> float:
    return cell.value if isinstance(cell, Number) and not math.isnan(cell.value) else 0.0


def _range(first: int, last: int, column: int, sheet: str = "") -> str:
    cells = f"{xl_rowcol_to_cell(first, column, row_abs=True, col_abs=True)}:{xl_rowcol_to_cell(last, column, row_abs=True, col_abs=True)}"
    return f"'{sheet}'!{cells}" if sheet else cells


def _summary(
    book: Book, sheet: Any, results: Results, found: Sequence[Table], at: _Findings
) -> tuple[str, int, int, int] | None:
    """What a reader wants first: what was judged, verdicts by clause, causes, where the rest stands.

    Returns where the verdicts by clause stand: sheet, row of heads, first and last row; None without findings.
    """
    heading = f"{book.sheet_name('summary')}"
    for column, width in enumerate(_SUMMARY_WIDTHS):
        sheet.set_column(column, column, width)
    row = title(book, sheet, results.title, (), back=False)
    row = _facts(book, sheet, _heading_facts(results, book.lang), row) + 1
    heads = row + 1
    row = _clauses(book, sheet, results, at, row) + 1
    clauses = (heading, heads, heads + 1, row - 3) if len(results.findings) else None
    row = _causes(book, sheet, results, row) + 1
    row = _contents(book, sheet, found, row) + 1
    sheet.write_string(row, 0, text("note-missing", book.lang), book.style(font_color="#444b53"))
    page(book, sheet, heading, tall=1)
    sheet.print_area(0, 0, row, len(_SUMMARY_WIDTHS) - 1)
    sheet.set_first_sheet()
    return clauses


def _heading_facts(results: Results, lang: Lang) -> list[tuple[str, str]]:
    origin = results.provenance
    made = str((origin.get("run") or {}).get("at") or "")
    pairs = [
        ("fact-policy", policy_title(results, lang)),
        ("fact-document", str(results.rulebook.get("document") or "")),
        ("fact-as-of", str(origin.get("as_of") or "")),
        ("fact-towns", towns_judged(results, lang)),
        ("fact-crs", str(origin.get("crs") or "")),
        ("fact-program", str(origin.get("program") or "")),
        ("fact-made", made.replace("T", " ")),
    ]
    return [(text(code, lang), value or text("no-number", lang)) for code, value in pairs]


def _facts(book: Book, sheet: Any, facts: Sequence[tuple[str, str]], row: int) -> int:
    for place, (label, value) in enumerate(facts):
        sheet.write_string(row + place, 0, label, book.style(font_color="#444b53"))
        sheet.write_string(row + place, 1, value, book.style())
    return row + len(facts)


def _block(book: Book, sheet: Any, words: str, row: int) -> int:
    sheet.set_row(row, 22)
    sheet.write_string(row, 0, words, book.style(bold=True, font_size=12))
    return row + 1


def _clauses(book: Book, sheet: Any, results: Results, at: _Findings, row: int) -> int:
    """Verdicts by clause, counted by formulas over the findings; sums below and beside."""
    row = _block(book, sheet, text("block-clauses", book.lang), row)
    labels = verdict_labels(book.lang)
    head = book.head()
    for column, words in enumerate((text("head-clause", book.lang), text("head-rule-title", book.lang))):
        sheet.write_string(row, column, words, head)
    for column, (verdict, label) in enumerate(labels.items(), 2):
        sheet.write_string(row, column, label, verdict_style(book, verdict))
    sheet.write_string(row, 2 + len(labels), text("head-total", book.lang), head)
    sheet.set_row(row, 24)
    head_row, row = row, row + 1
    if not len(results.findings):
        sheet.write_string(row, 0, text("note-empty", book.lang), book.style())
        return row + 1
    counts = by_clause(results.findings)
    titles, rules = rule_titles(results, book.lang), results.findings.drop_duplicates(["clause", "rule"])
    first = row
    for clause, numbers in counts.iterrows():
        named = [titles.get(rule, str(rule)) for rule in rules.loc[rules["clause"] == clause, "rule"]]
        cells: list[Cell] = [str(clause), text("map-and", book.lang).join(named)]
        for column, verdict in enumerate(labels, 2):
            asked = (
                xl_rowcol_to_cell(head_row, column, row_abs=True),
                "clause",
                xl_rowcol_to_cell(row, 0, col_abs=True),
            )
            cells.append(Formula(at.count(*asked), int(numbers[verdict])))
        ends = xl_rowcol_to_cell(row, 2), xl_rowcol_to_cell(row, 1 + len(labels))
        cells.append(Formula(f"=SUM({':'.join(ends)})", int(numbers.sum())))
        for column, cell in enumerate(cells):
            put(book, sheet, row, column, cell)
        lines = -(-display_width(str(cells[1])) // (_SUMMARY_WIDTHS[1] - 3))
        sheet.set_row(row, max(18, 16 * lines))
        row += 1
    bold = book.style(bold=True, border=1, border_color="#c8ccd1", num_format="#,##0", bg_color="#f4f5f7")
    sheet.write_string(row, 0, text("head-total", book.lang), bold)
    sheet.write_blank(row, 1, None, bold)
    for column, total in enumerate(
        [*(int(counts[verdict].sum()) for verdict in labels), int(counts.to_numpy().sum())], 2
    ):
        letter = xl_col_to_name(column)
        sheet.write_formula(row, column, f"=SUM({letter}{first + 1}:{letter}{row})", bold, total)
    return row + 1


def _causes(book: Book, sheet: Any, results: Results, row: int) -> int:
    """The few causes that explain most failures."""
    headline, lines = cause_lines(results, book.lang)
    row = _block(book, sheet, f"{text('block-causes', book.lang)} · {headline}", row)
    if not lines:
        return row
    heads = ("number", "cause", "failures", "share", "cumulative")
    for column, name in enumerate(heads):
        sheet.write_string(row, column, text(f"head-{name}", book.lang), book.head())
    sheet.set_row(row, 30)
    for place, (sentence, count, share, cumulative) in enumerate(lines, 1):
        cells: list[Cell] = [
            Number(place),
            sentence,
            Number(count),
            Number(share, "share"),
            Number(cumulative, "share"),
        ]
        for column, cell in enumerate(cells):
            put(book, sheet, row + place, column, cell)
    return row + len(lines) + 1


def _contents(book: Book, sheet: Any, found: Sequence[Table], row: int) -> int:
    """The other sheets, each a link, with what it holds and how many rows."""
    row = _block(book, sheet, text("block-sheets", book.lang), row)
    for column, name in enumerate(("sheet", "holds", "rows")):
        sheet.write_string(row, column, text(f"head-{name}", book.lang), book.head())
    link = book.style(font_color="#0b57a4", underline=1, border=1, border_color="#c8ccd1")
    rows: dict[str, int | None] = {charts.CODE: None}
    rows |= {table.code: table.total or len(table.rows) for table in found} | {"provenance": None}
    for code, count in rows.items():
        row += 1
        name = book.sheet_name(code)
        sheet.write_url(row, 0, f"internal:'{name}'!A1", link, name)
        put(book, sheet, row, 1, text(f"holds-{code}", book.lang))
        if count is not None:
            put(book, sheet, row, 2, Number(count))
    return row + 1


def _sources(book: Book, sheet: Any, results: Results) -> None:
    """Rulebook, settings, versions and inputs: what the results were made from."""
    heading, lang, origin = book.sheet_name("provenance"), book.lang, results.provenance
    row = title(book, sheet, heading, ())
    facts = [
        *_heading_facts(results, lang)[:3],
        (text("fact-as-of-from", lang), said(origin.get("as_of_from"), lang, "as-of-")),
        (text("fact-land-date", lang), str(origin.get("construction_land_date") or "")),
        *_heading_facts(results, lang)[4:],
        (text("fact-rulebook", lang), bilingual(origin.get("policy"), lang)),
        (text("fact-rulebook-sha256", lang), str(origin.get("policy_sha256") or "")),
        (text("fact-versions", lang), _pairs(origin.get("versions"))),
        *(
            (said(name, lang, "setting-"), _pairs(value) if isinstance(value, dict) else str(value))
            for name, value in sorted((results.rulebook.get("settings") or {}).items())
        ),
    ]
    facts = [(label, text("no-number", lang) if missing(value) else value) for label, value in facts]
    row = _facts(book, sheet, facts, row) + 1
    row = _block(book, sheet, text("block-inputs", lang), row)
    draw(book, sheet, inputs(results, lang), row, filtered=False)
    sheet.set_column(0, 0, _LABELS)
    page(book, sheet, heading)
    sheet.print_area(0, 0, row + 2 + len(results.provenance.get("inputs", [])), 7)


def _pairs(values: Any) -> str:
    if not isinstance(values, dict):
        return ""
    shown = {
        name: ", ".join(map(str, item)) if isinstance(item, (list, tuple)) else str(item)
        for name, item in values.items()
    }
    return "; ".join(f"{name} {item}" for name, item in sorted(shown.items()))
