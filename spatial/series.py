"""Measures of indicator tables over many quarters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from spatial.measures.registry import COLUMNS, MEASURES, Facts, measure_all

if TYPE_CHECKING:
    from collections.abc import Iterable

INDICATORS = (
    "gdp_growth_pct", "fiscal_growth_pct", "investment_growth_pct", "tertiary_share_change_pp",
    "nonfarm_employment_share_change_pp", "built_up_share_change_pp", "gdp_growth_lead_pp", "investment_year_yi",
    "investment_total_yi",
)  # fmt: skip
"""Measures that tables alone give."""


def series(facts: Facts, quarters: Iterable[str], names: Iterable[str] = INDICATORS) -> pd.DataFrame:
    """Take measures for many quarters.

    Parameters
    ----------
    facts
        What to measure; its own quarter does not matter.
    quarters
        ``2015Q1`` and so on.
    names
        Measures, of those that need tables alone.

    Returns
    -------
    DataFrame
        ``town_id``, ``measure``, ``period``, ``value``, ``unit``: one row where there is a value. What a missing
        quarter leaves out is not there, and only that.
    """
    wanted = [name for name in names if name in MEASURES]
    parts = []
    for quarter in quarters:
        table = measure_all(replace(_of_quarter(facts, quarter), as_of=quarter), wanted)
        parts.append(table.loc[table["value"].notna(), ["town_id", "measure", "period", "value", "unit"]])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS[:5])


def _of_quarter(facts: Facts, quarter: str) -> Facts:
    """Facts with the rows of the tables that a quarter can ask for: those not after it."""
    frames = dict(facts.frames)
    for role in ("town_indicator", "county_indicator"):
        if role in frames:
            frames[role] = frames[role][frames[role]["period"].astype("str") <= quarter]
    return replace(facts, frames=frames)
