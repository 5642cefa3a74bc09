"""Fixed-asset investment 固定资产投资 of special towns: this year, since listing, and of projects.

Reports are cumulative from January. For the levels that a rulebook names (`Settings.investment_excludes`;
provincial towns, 浙政发〔2015〕8号) housing and commercial complexes are taken off; where one of these is
not reported there is no value, for nothing says that it is zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial import periods
from spatial.measures.quarters import column, evidence, figures, joined, layers
from spatial.measures.registry import measure

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

TOTAL = "fixed_investment_yi"
YEAR_END = 3


@measure("investment_year_yi", unit="亿元", scope="any", basis="basis-investment-year")
def investment_year(facts: Facts) -> pd.DataFrame:
    """Investment from January of the year to the quarter, in 10^8 yuan, 二(二)3.

    ``fixed_investment_yi - housing_investment_yi - complex_investment_yi``, the last two for the levels
    that exclude them.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.measures import Facts
    >>> table = pd.DataFrame({"town_id": ["a"], "period": ["2016Q2"], "fixed_investment_yi": [9.0],
    ...                       "housing_investment_yi": [1.5], "complex_investment_yi": [0.5]})
    >>> towns = pd.DataFrame({"programme": ["special"], "level": ["province"]}, index=["a"])
    >>> float(investment_year(Facts(towns, {"town_indicator": table}, "2016Q2"))["value"]["a"])
    7.0
    """
    numbers, rows, counted = _reported(facts, facts.as_of)
    asked = pd.DataFrame({name: _excluded(facts, name) for name in numbers.columns})
    proof = evidence(
        _formula(facts),
        layers(facts, "town_indicator"),
        numbers,
        rows,
        asked=asked | (numbers.columns == TOTAL),
    )
    return pd.DataFrame({"value": counted, "evidence": proof})


@measure("investment_total_yi", unit="亿元", scope="special", basis="basis-investment-total")
def investment_total(facts: Facts) -> pd.DataFrame:
    """Investment since the town was listed, in 10^8 yuan, 二(二)3.

    The year-end figures of every year from that of the listing on, plus the figure of the quarter; the
    year of the listing counts in full, as the assessments of the first batch counted 2015. What comes
    after `Settings.investment_window_quarters`, that of the listing being the first, no longer counts. No value where a year
    is not reported or the quarter of listing is not known.
    """
    towns, now = facts.towns, periods.number(facts.as_of)
    listed = column(towns, "listed").map(periods.number, na_action="ignore").astype(float)
    first = listed.where(listed <= now) // 4 * 4
    last = (listed + facts.settings.investment_window_quarters - 1).clip(upper=now)
    value = pd.Series(0.0, index=towns.index).where(first.notna())
    numbers, asked, used = {}, {}, []
    for at in _quarters(first, last, now):
        quarter = periods.name(at)
        counts = (first <= at) & ((last == at) | ((at % 4 == YEAR_END) & (at < last)))
        _, rows, counted = _reported(facts, quarter)
        value = value.where(~counts, value + counted)
        numbers[f"counted_yi[{quarter}]"], asked[f"counted_yi[{quarter}]"] = counted, counts
        used.append(rows.where(counts))
    proof = evidence(
        f"sum(counted_yi); counted_yi = {_formula(facts)}",
        layers(facts, "town_indicator"),
        pd.DataFrame(numbers, index=towns.index),
        joined(*used) if used else None,
        asked=pd.DataFrame(asked, index=towns.index),
        reasons=dict.fromkeys(towns.index[first.isna()], "condition-not-listed"),
    )
    return pd.DataFrame({"value": value, "evidence": proof})


@measure("project_paid_share_pct", unit="%", scope="any", basis="basis-project-share")
def project_paid_share(facts: Facts) -> pd.DataFrame:
    """Money paid out of the money planned for a town's projects in %, 二(二)3: ``paid / planned x 100``.

    No value where a project of the town lacks one of the two sums.
    """
    frame = facts.frames.get("project")
    if frame is None or "town_id" not in frame:
        return pd.DataFrame({"value": np.nan}, index=facts.towns.index)
    known = frame[frame["town_id"].notna()].reindex(columns=["town_id", "fid", "planned_yi", "paid_yi"])
    groups = known.assign(fid=known["fid"].astype(str)).groupby("town_id", sort=False)
    sums = groups[["planned_yi", "paid_yi"]].agg(lambda column: column.astype(float).sum(skipna=False))
    numbers = sums.reindex(facts.towns.index)
    rows = groups["fid"].agg(tuple).reindex(facts.towns.index)
    value = numbers["paid_yi"] / numbers["planned_yi"].where(numbers["planned_yi"] > 0) * 100
    proof = evidence("paid_yi / planned_yi × 100", layers(facts, "project"), numbers, rows)
    return pd.DataFrame({"value": value, "evidence": proof})


def _reported(facts: Facts, quarter: str) -> tuple[pd.DataFrame, pd.Series[Any], pd.Series[Any]]:
    """Figures of a quarter, the rows they stand in, and what counts of them by each town's level."""
    off = dict.fromkeys(name for names in facts.settings.investment_excludes.values() for name in names)
    numbers = figures(facts, [TOTAL, *off], quarter).reindex(facts.towns.index)
    rows = numbers.pop("rows")
    counted = numbers[TOTAL]
    for name in off:
        counted = counted.where(~_excluded(facts, name), counted - numbers[name])
    return numbers, rows, counted


def _excluded(facts: Facts, name: str) -> pd.Series[Any]:
    """Tell of which towns the investment `name` does not count."""
    levels = [level for level, names in facts.settings.investment_excludes.items() if name in names]
    return column(facts.towns, "programme").eq("special").fillna(value=False).astype(bool) & column(
        facts.towns, "level"
    ).isin(levels)


def _formula(facts: Facts) -> str:
    excludes = facts.settings.investment_excludes.items()
    off = [f"{level}: {' - '.join([TOTAL, *names])}" for level, names in excludes]
    return "; ".join([TOTAL, *off])


def _quarters(first: pd.Series[Any], last: pd.Series[Any], now: int) -> list[int]:
    """Quarters whose cumulative figure counts for any town: year ends, and the last of each window."""
    if first.isna().all():
        return []
    ends = last[first.notna()].astype(int)
    return sorted({*range(int(first.min()) + YEAR_END, now + 1, 4), *ends.to_list()})
