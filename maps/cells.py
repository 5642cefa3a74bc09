"""Cells, columns and tables of the workbook: plain data that knows what it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from maps.pagedata import M2_PER_MU, missing, said
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from layers.results import Results

PROGRAMME = "programme"
M2_PER_HA = 10_000.0
OPERATORS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">", "==": "="}


class Number(NamedTuple):
    """A number with its unit; missing if NaN."""

    value: float
    unit: str = ""
    signed: bool = False


class Verdict(NamedTuple):
    """A verdict, shown in its colour."""

    code: str


class Formula(NamedTuple):
    """A formula with its value, for readers that do not calculate."""

    expression: str
    value: float
    unit: str = ""


class Absent(NamedTuple):
    """A cell that does not apply: neither missing nor empty."""


NOT_APPLICABLE = Absent()
Cell = str | Number | Formula | Verdict | Absent | None


class Column(NamedTuple):
    """Head of a column, the head of its group if it has one, whether it is printed, and its greatest width."""

    head: str
    group: str = ""
    printed: bool = True
    widest: float = 46.0


@dataclass(frozen=True)
class Table:
    """One table on one sheet.

    Attributes
    ----------
    code
        Code of the sheet: its name is ``sheet-<code>``.
    columns, rows
        Heads and cells; None is missing data.
    notes
        Sentences above the table.
    kept
        Columns that stay in sight when scrolled sideways.
    total
        Rows there are in all, where more than those listed.
    areas
        Column places of areas in m², ha and mu that are summed up above the table, and of the sliver mark.
    kinds
        Column place of the names that areas are summed up by, where it is not the sliver mark, and these names.
    apart
        Column place, and what stands there in rows that are not summed up by kind: they lie in others.
    summed
        Column places of other numbers that are summed up above the table.
    """

    code: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    kept: int = 1
    total: int = 0
    areas: Mapping[str, int] = field(default_factory=dict)
    kinds: tuple[int, tuple[str, ...]] = (0, ())
    apart: tuple[int, str] = (0, "")
    summed: Sequence[int] = ()

    def sums_at(self, start: int) -> tuple[int, int]:
        """First and last row of the sums by kind, above cells that begin in the row `start` under one row of heads."""
        return start - 1 - len(self.kinds[1]), start - 2


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as mappings, missing cells as they are."""
    return [dict(row) for row in frame.astype(object).to_dict(orient="records")]


def plain(value: Any) -> str:
    """Return a cell as text, empty where it is missing; a whole number without its decimals."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if missing(value) else str(value)


def quantity(value: Any, unit: str, *, signed: bool = False) -> Number:
    """Return a number cell."""
    return Number(np.nan if missing(value) else float(value), unit, signed)


def areas(area_m2: Any) -> list[Cell]:
    """Area in m² to the hundredth, and the same in ha and mu."""
    area = np.nan if missing(area_m2) else round(float(area_m2), 2)
    return [Number(area, "m²"), Number(area / M2_PER_HA, "ha"), Number(area / M2_PER_MU, "亩")]


def yes_no(lang: Lang, *, yes: Any) -> str:
    """Return yes or no in words."""
    return text("answer-yes" if yes else "answer-no", lang)


def who_is(results: Results, town: str, lang: Lang) -> list[Cell]:
    """Name, id, programme, level and county of a subject."""
    if town not in results.towns.index:
        known = town == PROGRAMME
        name = text("programme-programme", lang) if known else str(town)
        return [name, str(town), name if known else NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE]
    row = results.towns.loc[town]
    programme_of = said(row.get("programme"), lang, "programme-")
    return [
        plain(row.get("name")) or str(town), str(town), programme_of or text("map-kind-other", lang),
        said(row.get("level"), lang, "level-") or (None if programme_of else NOT_APPLICABLE),
        plain(row.get("county")) or None,
    ]  # fmt: skip
