"""Tables as offices keep them: Excel and CSV with titles above the header and numbers as text."""

from __future__ import annotations

import csv
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd

from layers.errors import LayerError
from spatial import periods

if TYPE_CHECKING:
    from pathlib import Path

ENCODINGS = ("utf-8-sig", "gb18030")
_NOTHING = {"", "-", "--", "—", "——", "/", "\\", "…", "n/a", "na", "nan", "null", "none", "无", "暂无", "缺"}


def read_table(
    path: Path, sheet: str | None = None, header_row: int | None = None, encoding: str | None = None
) -> tuple[pd.DataFrame, str]:
    """Read a sheet or CSV file as text and numbers.

    Parameters
    ----------
    path
        ``.xlsx``, ``.xlsm`` or ``.csv``.
    sheet
        Sheet name; the first if None.
    header_row
        Row of the header as Excel counts it; if None the first row with more than half of its cells filled.
    encoding
        Of a CSV file; UTF-8 and then GB18030 are tried if None.

    Returns
    -------
    table
        Columns as in the header, index: row numbers as Excel counts them. Empty rows are left out.
    sheet
        The sheet that was read, or the encoding of a CSV file.

    Raises
    ------
    LayerError
        If the file or the sheet cannot be read, or no header is found.
    """
    if path.suffix.lower() == ".csv":
        rows, used = _csv_rows(path, encoding)
    else:
        rows, used = _excel_rows(path, sheet)
    grid = pd.DataFrame(rows, dtype=object)
    if grid.empty or (header_row is not None and header_row < 1):
        raise LayerError("table-no-header", path=path, row=header_row or 1)
    filled = grid.notna().sum(axis=1)
    at = header_row - 1 if header_row else int((filled > max(1, grid.shape[1] / 2)).to_numpy().argmax())
    if at >= len(grid) or filled.iloc[at] == 0:
        raise LayerError("table-no-header", path=path, row=at + 1)
    heads = [str(head).strip() if head is not None else "" for head in grid.iloc[at]]
    body = grid.iloc[at + 1 :]
    named = [place for place, head in enumerate(heads) if head and head != "nan"]
    table = body.iloc[:, named]
    table.columns = pd.Index([heads[place] for place in named])
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


def _csv_rows(path: Path, encoding: str | None) -> tuple[list[list[Any]], str]:
    for attempt in [encoding] if encoding else ENCODINGS:
        try:
            with path.open(encoding=attempt, newline="") as file:
                rows = [[cell.strip() or None for cell in row] for row in csv.reader(file)]
        except (UnicodeDecodeError, LookupError):
            continue
        else:
            width = max(map(len, rows), default=0)
            return [row + [None] * (width - len(row)) for row in rows], str(attempt)
    raise LayerError("table-encoding", path=path)


def _excel_rows(path: Path, sheet: str | None) -> tuple[list[list[Any]], str]:
    try:
        book = openpyxl.load_workbook(path, read_only=False, data_only=True)
    except Exception as error:  # openpyxl raises whatever a broken file makes it
        raise LayerError("table-unreadable", path=path, problem=type(error).__name__) from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise LayerError("table-sheet", path=path, sheet=sheet, sheets="、".join(book.sheetnames))
        page = book[sheet] if sheet else book.worksheets[0]
        rows = [[_cell(value) for value in row] for row in page.iter_rows(values_only=True)]
        for merged in page.merged_cells.ranges:
            _fill_down(rows, merged)
        return rows, page.title
    finally:
        book.close()


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

    A year alone means its last quarter.

    Returns
    -------
    quarters
        Text on the same index, missing where none was found.
    unread
        The cells that hold something and are no quarter.
    """
    text = values[values.notna()].map(lambda cell: unicodedata.normalize("NFKC", str(cell)).strip())
    text = text[~text.str.casefold().isin(_NOTHING)]
    found = text.map(periods.parse)
    result = pd.Series(None, index=values.index, dtype=object)
    result.update(found.dropna())
    return result, text[found.isna()]


def dates(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Dates as ISO text out of ``2016-03-10``, ``2016.3.10``, ``2016年3月10日`` or a date cell."""
    text = values[values.notna()].map(lambda cell: unicodedata.normalize("NFKC", str(cell)).strip())
    text = text[~text.str.casefold().isin(_NOTHING)]
    parts = text.str.extract(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s.*)?$")
    iso = pd.to_datetime(parts[0] + "-" + parts[1] + "-" + parts[2], errors="coerce", format="%Y-%m-%d")
    result = pd.Series(None, index=values.index, dtype=object)
    result.update(iso.dropna().dt.strftime("%Y-%m-%d"))
    return result, text[iso.isna()]
