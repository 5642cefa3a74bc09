"""Tables as offices keep them: Excel and CSV with titles above the header and numbers as text."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd

from layers import headers
from layers.errors import LayerError
from spatial import periods

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ENCODINGS = ("utf-8-sig", "gb18030")
_NOTHING = {"", "-", "--", "—", "——", "/", "\\", "…", "n/a", "na", "nan", "null", "none", "无", "暂无", "缺"}


def read_table(
    path: Path,
    sheet: str | None = None,
    header_row: int | None = None,
    encoding: str | None = None,
    notes: list[headers.Note] | None = None,
    mapped: Iterable[str] = (),
) -> tuple[pd.DataFrame, str]:
    """Read a sheet or CSV file as text and numbers.

    Parameters
    ----------
    path
        ``.xlsx``, ``.xlsm`` or ``.csv``.
    sheet
        Sheet name; the first that is not hidden if None.
    header_row
        Row of the header as Excel counts it; if None the first row with more than half of its cells filled.
    encoding
        Of a CSV file; UTF-8 and then GB18030 are tried if None.
    notes
        What was met is added here: (code, severity, row, params).
    mapped
        Fields that the workspace names, whose heads stay as they are.

    Returns
    -------
    table
        Columns as in the header, index: row numbers as Excel counts them. Empty rows, sum rows and remarks below the
        table are left out.
    sheet
        The sheet that was read, or the encoding of a CSV file.

    Raises
    ------
    LayerError
        If the file or the sheet cannot be read, or no header is found.
    """
    if path.suffix.lower() == ".csv":
        grid, used = _csv_grid(path, encoding)
    else:
        grid, used = _excel_grid(path, sheet)
    header = headers.find(grid, header_row, path)
    names, unit = headers.with_unit_above(grid, header, mapped)
    kept, left = headers.body(grid, header)
    if notes is not None:
        notes += [*grid.notes, *unit, *left]
    named = [place for place, name in enumerate(names) if name and name != "nan"]
    cells = pd.DataFrame(grid.rows, dtype=object)
    table = cells.iloc[kept, named]
    table.columns = pd.Index([names[place] for place in named])
    table.index = table.index + 1
    return table[table.notna().any(axis=1)], used


def sheet_names(path: Path) -> list[str]:
    """Names of the sheets that can be seen.

    Raises
    ------
    LayerError
        If the workbook cannot be read.
    """
    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except Exception as error:  # openpyxl raises whatever a broken file makes it
        raise LayerError("table-unreadable", path=path, problem=type(error).__name__) from error
    try:
        return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    finally:
        book.close()


def _csv_grid(path: Path, encoding: str | None) -> tuple[headers.Grid, str]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LayerError("table-unreadable", path=path, problem=type(error).__name__) from error
    tried = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ENCODINGS
    for attempt in [encoding] if encoding else tried:
        try:
            text = data.decode(attempt)
        except (UnicodeError, LookupError):
            continue
        head = text[: text.find("\n") + 1] or text
        tabs = head.count("\t") > head.count(",")
        lines = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if tabs else ",")
        try:
            rows = [[cell.strip() or None for cell in row] for row in lines]
        except csv.Error as error:
            raise LayerError("table-unreadable", path=path, problem=error) from error
        width = max(map(len, rows), default=0)
        return headers.Grid([row + [None] * (width - len(row)) for row in rows]), attempt
    raise LayerError("table-encoding", path=path)


def _excel_grid(path: Path, sheet: str | None) -> tuple[headers.Grid, str]:
    try:
        book = openpyxl.load_workbook(path, read_only=False, data_only=True)
    except Exception as error:  # openpyxl raises whatever a broken file makes it
        raise LayerError("table-unreadable", path=path, problem=type(error).__name__) from error
    try:
        names = [page.title for page in book.worksheets]
        if not names or (sheet is not None and sheet not in names):
            raise LayerError("table-sheet", path=path, sheet=sheet or "1", sheets="、".join(names))
        seen = [page for page in book.worksheets if page.sheet_state == "visible"]
        page = book[sheet] if sheet else (seen or book.worksheets)[0]
        grid = headers.Grid([[_cell(value) for value in row] for row in page.iter_rows(values_only=True)])
        if sheet is None and page is not book.worksheets[0]:
            grid.notes.append(("issue-table-hidden", "note", None, {"sheet": page.title}))
        for merged in page.merged_cells.ranges:
            _fill_down(grid.rows, merged)
            if merged.max_col > merged.min_col:
                grid.across.append((merged.min_row - 1, merged.min_col - 1, merged.max_col - 1))
        grid.notes += _not_computed(path, page)
        return grid, page.title
    finally:
        book.close()


def _not_computed(path: Path, page: Any) -> list[headers.Note]:
    """A warning where formulas stand without their result, as programs write them that do not compute."""
    with zipfile.ZipFile(path) as archive:
        pages = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if not any(b"<f>" in (text := archive.read(name)) or b"<f " in text for name in pages):
            return []
    written = openpyxl.load_workbook(path, data_only=False)[page.title]
    empty = [
        cell.coordinate
        for row in written.iter_rows()
        for cell in row
        if cell.data_type == "f" and page[cell.coordinate].value is None
    ]
    if not empty:
        return []
    return [("issue-table-formula", "warning", None, {"count": len(empty), "cells": "、".join(empty[:3])})]


def _fill_down(rows: list[list[Any]], merged: Any) -> None:
    """Text of a merged cell for each of its rows, as a name over several quarters; a number stands once."""
    text, column = rows[merged.min_row - 1][merged.min_col - 1], merged.min_col - 1
    if isinstance(text, str):
        for row in rows[merged.min_row : merged.max_row]:
            row[column] = text


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return value


def numbers(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Numbers out of what stands in cells; what is no number becomes NaN, never zero.

    Thousands separators, full-width digits, a percent sign and white space are understood; ``—``, ``/``,
    ``无`` and the like mean missing.

    Returns
    -------
    numbers
        Floats on the same index.
    unread
        The cells that hold something and are no number.
    """
    direct = pd.to_numeric(values, errors="coerce").astype(float)
    text = values[~np.isfinite(direct) & values.notna()].map(
        lambda cell: unicodedata.normalize("NFKC", str(cell)).strip()
    )
    text = text[~text.str.casefold().isin(_NOTHING)]
    plain = text.str.replace(r"(?<=\d)[,\s](?=\d)", "", regex=True).str.removesuffix("%")
    parsed = pd.to_numeric(plain, errors="coerce").astype(float)
    result = direct.copy()
    result.update(parsed)
    result = result.where(np.isfinite(result))
    return result, text[result[text.index].isna()]


def quarters(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Quarters such as ``2016Q2`` out of ``2016年二季度``, ``2016年第2季度``, ``2016-Q2``, a year or a date.

    A year alone means its last quarter; a date as `dates` reads it, the quarter it lies in. A number such as 2016.1 is
    none: it may be January or, as 2016.10, October.

    Returns
    -------
    quarters
        Text on the same index, missing where none was found.
    unread
        The cells that hold something and are no quarter.
    """
    text = values[values.notna()].map(lambda cell: unicodedata.normalize("NFKC", str(cell)).strip())
    text = text[~text.str.casefold().isin(_NOTHING)]
    found = values[text.index].map(periods.parse).astype(object)
    days, _ = dates(values[text.index][found.isna()])
    found.update(days.dropna().map(periods.parse))
    result = pd.Series(None, index=values.index, dtype=object)
    result.update(found.dropna())
    return result, text[found.isna()]


def dates(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Dates as ISO text out of ``2016-03-10``, ``2016.3.10``, ``2016年3月10日``, ``20160310``, or a date cell.

    A number of five digits is Excel's count of days since 1899-12-30, as cells hold that lost their date format.
    """
    text = values[values.notna()].map(lambda cell: unicodedata.normalize("NFKC", str(cell)).strip())
    text = text[~text.str.casefold().isin(_NOTHING)]
    text = text.str.replace(r"^(\d{4})(\d{2})(\d{2})(?:\.0)?$", r"\1-\2-\3", regex=True)
    days = pd.to_numeric(text.where(text.str.fullmatch(r"[2-6]\d{4}(?:\.\d+)?")), errors="coerce")
    counted = pd.Timestamp("1899-12-30") + pd.to_timedelta(days.dropna() // 1, unit="D")
    parts = text.str.extract(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s.*)?$")
    iso = pd.to_datetime(
        parts[0] + "-" + parts[1] + "-" + parts[2], errors="coerce", format="%Y-%m-%d"
    ).fillna(counted)
    result = pd.Series(None, index=values.index, dtype=object)
    result.update(iso.dropna().dt.strftime("%Y-%m-%d"))
    return result, text[iso.isna()]
