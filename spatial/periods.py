"""Quarters: reading, counting and comparing them, written as ``2016Q2``."""

from __future__ import annotations

import calendar
import datetime as dt
import numbers
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUARTER = re.compile(r"(\d{4})\s*年?\s*[-_./]?\s*(?:[Qq]\s*([1-4])|第?\s*([1-4一二三四])\s*季度?)")
_YEAR = re.compile(r"(\d{4})\s*(?:年度?)?(?:\.0+)?")
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:月|[-/.]\s*(\d{1,2})|月\s*(\d{1,2})\s*日?)?(?:[ T日].*)?"
)
_SPAN = re.compile(
    r"(\d{4})\s*年?\s*(?:(上半年|前三季度|三季度止|全年)|1\s*[-—~至]\s*(3|6|9|12)\s*月(?:份|底)?)"
)
_SPANS = {"上半年": 2, "前三季度": 3, "三季度止": 3, "全年": 4, "3": 1, "6": 2, "9": 3, "12": 4}
_NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4}
_MONTHS = 12


def parse(value: object) -> str | None:
    """Return the quarter that a cell names, or None if it names none.

    Parameters
    ----------
    value
        ``2016Q2``, ``2016年二季度``, ``2016-2季度``; a span from January on (``2016年1-6月``,
        ``2016年上半年``, ``2016年前三季度``; the quarter it ends in); a year (its last quarter); a day or a month
        (``2016-03-10``, ``2016年3月``, a date object; the quarter it lies in). Full-width characters are read like
        others. A number with decimals names none: a sheet keeps 2016.10 and 2016.1 as the same number.

    Examples
    --------
    >>> parse("2016年第二季度"), parse(2016), parse("2016-03-10")
    ('2016Q2', '2016Q4', '2016Q1')
    """
    if isinstance(value, (dt.date, dt.datetime)):
        return _of_month(value.year, value.month) if value == value else None  # noqa: PLR0124 - NaT
    decimal = isinstance(value, numbers.Real) and value % 1 != 0
    cell = "" if decimal else unicodedata.normalize("NFKC", str(value)).strip()
    if hit := _QUARTER.fullmatch(cell):
        quarter = hit[2] or hit[3]
        return f"{hit[1]}Q{_NUMERALS.get(quarter) or quarter}"
    if hit := _SPAN.fullmatch(cell):
        return f"{hit[1]}Q{_SPANS[hit[2] or hit[3]]}"
    if hit := _YEAR.fullmatch(cell):
        return f"{hit[1]}Q4"
    if (hit := _DAY.fullmatch(cell)) and _is_day(int(hit[1]), int(hit[2]), int(hit[3] or hit[4] or 1)):
        return _of_month(int(hit[1]), int(hit[2]))
    return None


def last_day(quarter: str) -> str:
    """Return the last day of a quarter.

    Examples
    --------
    >>> last_day("2016Q2"), last_day("2016Q4")
    ('2016-06-30', '2016-12-31')
    """
    return f"{quarter[:4]}-{('03-31', '06-30', '09-30', '12-31')[int(quarter[-1]) - 1]}"


def number(quarter: str) -> int:
    """Return a quarter as a count of quarters, so that they can be subtracted.

    Examples
    --------
    >>> number("2016Q1") - number("2015Q2")
    3
    """
    return int(quarter[:4]) * 4 + int(quarter[5]) - 1


def name(count: int) -> str:
    """Return the quarter of a count of quarters, the inverse of `number`."""
    return f"{count // 4:04d}Q{count % 4 + 1}"


def shift(quarter: str, quarters: int) -> str:
    """Return the quarter that lies `quarters` later (earlier if negative).

    Examples
    --------
    >>> shift("2016Q2", -4)
    '2015Q2'
    """
    return name(number(quarter) + quarters)


def year(quarter: str) -> int:
    """Return the year of a quarter."""
    return int(quarter[:4])


def latest(values: Iterable[object]) -> str | None:
    """Return the latest quarter among `values`, whatever else stands there; None if there is none."""
    return max((quarter for value in values if (quarter := parse(value))), default=None)


def _is_day(of_year: int, month: int, day: int) -> bool:
    return of_year > 0 and 1 <= month <= _MONTHS and 1 <= day <= calendar.monthrange(of_year, month)[1]


def _of_month(of_year: int, month: int) -> str:
    return f"{of_year:04d}Q{(month + 2) // 3}"
