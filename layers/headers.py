"""Where the header of an office's table stands, what belongs to it, and which rows below it are no data."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from layers.errors import LayerError
from layers.fields import ALIASES, UNITS, normal, split_unit
from layers.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Note = tuple[str, str, Any, dict[str, Any]]

ERRORS = {"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!"}
_UNIT_LINE = re.compile(r"单位\s*[::]\s*([^\s,,;;。))]+)")
_TOTAL = re.compile(r"^.{0,10}?(合计|总计|小计|共计)$")
_REMARK = re.compile(r"^[((]?(注|备注|说明|附注|资料来源|数据来源|填表|制表|审核|审批|填报)")
_NUMBER = re.compile(r"^[-+]?[\d,]+(\.\d+)?%?$")
_YEAR = re.compile(r"^(19|20)\d\d$")


@dataclass
class Grid:
    """The cells of a table as they stand, None where one is empty.

    Attributes
    ----------
    rows
        Rows of equal length.
    across
        Cells merged side by side: (row, first column, last column), counted from 0.
    notes
        Issues met: (code, severity, row as Excel counts it, params).
    """

    rows: list[list[Any]]
    across: list[tuple[int, int, int]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Header:
    """Name of each column, empty where it has none; `top` and `bottom` are its rows, counted from 0."""

    top: int
    bottom: int
    names: tuple[str, ...]


def find(grid: Grid, header_row: int | None, path: Path) -> Header:
    """Find the header: one row, or a row of group heads with a row of heads below.

    Group head and head are joined, ``GDP(亿元)`` above ``2016年二季度`` to ``GDP(亿元)/2016年二季度``; a head that
    is a unit alone is put behind its group in brackets.

    Parameters
    ----------
    grid
        The table.
    header_row
        Row as Excel counts it; if None the first row with more than half of its cells filled.
    path
        For messages.

    Raises
    ------
    LayerError
        If there is no header.
    """
    rows = grid.rows
    width = len(rows[0]) if rows else 0
    if not width or (header_row is not None and header_row < 1):
        raise LayerError("table-no-header", path=path, row=header_row or 1)
    spread = [_spread(grid, number) for number in range(len(rows))]
    filled = [sum(cell is not None for cell in row) for row in spread]
    distinct = [len({str(cell) for cell in row if cell is not None}) for row in spread]
    if header_row:
        at = header_row - 1
    else:
        full = (n for n in range(len(rows)) if filled[n] > max(1, width / 2) and distinct[n] > 1)
        at = next(full, 0)
    if at >= len(rows) or not filled[at]:
        raise LayerError("table-no-header", path=path, row=at + 1)
    top, bottom = at, at
    if at + 1 < len(rows) and _below(grid, at, at + 1):
        bottom = at + 1
    elif at and _below(grid, at - 1, at):
        top = at - 1
    if top == bottom:
        return Header(top, bottom, tuple(_text(cell) for cell in rows[at]))
    groups = _groups(grid, top)
    return Header(top, bottom, tuple(map(_joined, groups, map(_text, rows[bottom]))))


def _spread(grid: Grid, number: int) -> list[Any]:
    """A row with what stands in merged cells in each of their columns."""
    row = list(grid.rows[number])
    for at, first, last in grid.across:
        if at == number:
            row[first : last + 1] = [row[first]] * (last + 1 - first)
    return row


def _groups(grid: Grid, top: int) -> list[str]:
    """Group heads of all columns; without merged cells a head reaches to the next one."""
    row = _spread(grid, top)
    below = grid.rows[top + 1]
    merged = any(at == top for at, _, _ in grid.across)
    for place in range(1, len(row)):
        if row[place] is None and not merged and below[place] is not None:
            row[place] = row[place - 1]
    return [_text(cell) for cell in row]


def _below(grid: Grid, top: int, bottom: int) -> bool:
    """Whether the lower row holds heads of the groups named in the upper one."""
    upper, lower = grid.rows[top], grid.rows[bottom]
    width = len(upper)
    heads = [cell for cell in lower if cell is not None]
    if not all(isinstance(cell, str) or _year(cell) for cell in heads) or any(map(_number, heads)):
        return False
    named = sum(cell is not None and not _UNIT_LINE.search(str(cell)) for cell in upper)
    merged = [range(first, last + 1) for at, first, last in grid.across if at == top]
    if merged:
        outside = [n for n in range(width) if not any(n in columns for columns in merged)]
        return named > 1 and len(heads) > 1 and all(lower[n] in {None, upper[n]} for n in outside)
    first = next(n for n in range(width) if upper[n] is not None) if named else 0
    alone = any(upper[n] is None and lower[n] is not None for n in range(first, width))
    both = any(upper[n] is not None and lower[n] is not None for n in range(width))
    return named > 1 and alone and both and lower[first] is None


def _joined(group: str, head: str) -> str:
    if not head or head == group:
        return group
    if not group:
        return head
    bare = unicodedata.normalize("NFKC", head).strip("()[] ")
    if normal(bare) in {normal(unit) for unit in UNITS}:
        return f"{group}({bare})"
    return f"{group}/{head}"


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _year(cell: Any) -> bool:
    return _YEAR.match(_text(cell)) is not None


def _number(cell: Any) -> bool:
    return _NUMBER.match(unicodedata.normalize("NFKC", _text(cell))) is not None and not _year(cell)


def with_unit_above(
    grid: Grid, header: Header, mapped: Iterable[str] = ()
) -> tuple[tuple[str, ...], list[Note]]:
    """Heads with the unit that a line above the table states (单位:万元), and the note that says which have it.

    Only columns that are known to count money, area or people get a unit of their kind, and none that says its own
    or that the workspace maps.
    """
    above = (_text(cell) for row in grid.rows[: header.top + 1] for cell in row)
    stated = next((found[1] for text in above if (found := _UNIT_LINE.search(text))), None)
    unit = next((one for one in UNITS if stated and normal(one) == normal(stated)), None)
    if unit is None:
        return header.names, []
    left = {normal(name) for name in mapped}
    fits = [
        not split_unit(name)[1] and normal(name) not in left and _kind(unit) in _kinds(name.split("/")[0])
        for name in header.names
    ]
    names = tuple(f"{name}({unit})" if fit else name for name, fit in zip(header.names, fits, strict=True))
    given = "、".join(name for name, fit in zip(header.names, fits, strict=True) if fit)
    return names, [("issue-table-unit", "note", None, {"unit": unit, "fields": given or "—"})]


def _kind(unit: str) -> str:
    kind = UNITS[unit][0] if unit in UNITS else unit
    return "area" if kind in {"m²", "ha", "km²", "mu"} else kind


@cache
def _measured() -> dict[str, set[str]]:
    """Kinds of unit that columns of known names have."""
    found: dict[str, set[str]] = {}
    for role in ROLES.values():
        for column in role.columns:
            for alias in [column.name, *ALIASES.get(column.name, "").split()] if column.unit else []:
                found.setdefault(normal(alias), set()).add(_kind(column.unit))
    return found


def _kinds(name: str) -> set[str]:
    return _measured().get(normal(name), set())


def body(grid: Grid, header: Header) -> tuple[list[int], list[Note]]:
    """Rows that hold data, counted from 0, and notes on those that do not.

    Sum rows (合计, 总计, 小计) are no town; remarks below the table (注:…) are no data; cells with an error of
    Excel (#REF!) are emptied in place.
    """
    numbers = range(header.bottom + 1, len(grid.rows))
    kept = [number for number in numbers if any(cell is not None for cell in grid.rows[number])]
    notes: list[Note] = []
    remarks = 0
    while kept and _remark(grid.rows[kept[-1]]):
        kept.pop()
        remarks += 1
    if remarks:
        notes.append(("issue-table-remark", "note", None, {"count": remarks}))
    for number in [n for n in kept if _total(grid.rows[n])]:
        kept.remove(number)
        notes.append(("issue-table-total", "note", number + 1, {"row": number + 1}))
    for number in kept:
        for place, cell in enumerate(grid.rows[number]):
            if isinstance(cell, str) and cell.upper() in ERRORS:
                grid.rows[number][place] = None
                told = {"row": number + 1, "field": header.names[place] or str(place + 1), "value": cell}
                notes.append(("issue-table-error", "warning", number + 1, told))
    return kept, notes


def _words(row: Sequence[Any]) -> list[str]:
    return [re.sub(r"\s+", "", cell) for cell in row if isinstance(cell, str) and not _number(cell)]


def _total(row: Sequence[Any]) -> bool:
    words = _words(row)
    return bool(words) and _TOTAL.match(words[0]) is not None and len(row) > 1


def _remark(row: Sequence[Any]) -> bool:
    words = _words(row)
    filled = len({str(cell) for cell in row if cell is not None})
    return bool(words) and _REMARK.match(words[0]) is not None and filled <= max(1, len(row) // 2)
