"""Targets of the whole programme: how many towns, how much investment, meetings and bulletins.

Towns are counted as the register stands at the quarter: listed by then, not removed since. Where a town
that may count has no quarter of listing (or no status, where that decides), there is no count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial import periods
from spatial.measures.investment import investment_year
from spatial.measures.quarters import column, layers
from spatial.measures.registry import PROGRAMME, measure

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

GONE = frozenset({"removed"})
BELOW = frozenset({"cultivated", "downgraded"})


@measure("province_special_count", unit="", scope="programme", basis="basis-count")
def province_special_count(facts: Facts) -> pd.DataFrame:
    """Provincial special towns created 创建: neither in cultivation, downgraded nor removed, 二(一)1."""
    return _count(facts, "special", "province", without=GONE | BELOW)


@measure("province_special_new_count", unit="", scope="programme", basis="basis-count-new")
def province_special_new_count(facts: Facts) -> pd.DataFrame:
    """Provincial special towns listed 入围 in the year of the quarter, 二(一)1."""
    return _count(facts, "special", "province", this_year=True)


@measure("province_demonstration_count", unit="", scope="programme", basis="basis-count")
def province_demonstration_count(facts: Facts) -> pd.DataFrame:
    """Provincial demonstration towns 示范特色小镇, 二(一)1."""
    return _count(facts, "special", "province", only="demonstration")


@measure("city_special_count", unit="", scope="programme", basis="basis-count")
def city_special_count(facts: Facts) -> pd.DataFrame:
    """City special towns created and cultivated 创建和培育, 二(一)2."""
    return _count(facts, "special", "city", without=GONE | {"downgraded"})


@measure("province_pilot_count", unit="", scope="programme", basis="basis-count")
def province_pilot_count(facts: Facts) -> pd.DataFrame:
    """Provincial pilot towns, 三(一)1."""
    return _count(facts, "pilot", "province")


@measure("province_pilot_new_count", unit="", scope="programme", basis="basis-count-round")
def province_pilot_new_count(facts: Facts) -> pd.DataFrame:
    """Provincial pilot towns of the new round (`Settings.pilot_round`), 三(一)1."""
    return _count(facts, "pilot", "province", having=("round", facts.settings.pilot_round))


@measure("city_pilot_count", unit="", scope="programme", basis="basis-count")
def city_pilot_count(facts: Facts) -> pd.DataFrame:
    """City pilot towns, 三(一)2."""
    return _count(facts, "pilot", "city")


@measure("province_special_investment_yi", unit="亿元", scope="programme", basis="basis-sum-investment")
def province_special_investment(facts: Facts) -> pd.DataFrame:
    """Investment of the year of all listed provincial special towns in 10^8 yuan, 二(一)1."""
    return _investment(facts, "province")


@measure("city_first_batch_investment_yi", unit="亿元", scope="programme", basis="basis-sum-investment")
def city_first_batch_investment(facts: Facts) -> pd.DataFrame:
    """Investment of the year of the first batch 第一批 of city special towns in 10^8 yuan, 二(一)2."""
    return _investment(facts, "city", having=("batch", 1))


@measure("quarters_without_meeting", unit="", scope="programme", basis="basis-quarters-without")
def quarters_without_meeting(facts: Facts) -> pd.DataFrame:
    """Quarters of the year, up to the quarter, for which no meeting 专题会议 is recorded, 四(三)."""
    return _without(facts, "meeting_on")


@measure("quarters_without_bulletin", unit="", scope="programme", basis="basis-quarters-without")
def quarters_without_bulletin(facts: Facts) -> pd.DataFrame:
    """Quarters of the year, up to the quarter, for which no bulletin 通报 is recorded, 四(四).

    A bulletin counts for the quarter it reports on, though it comes out in the next.
    """
    return _without(facts, "bulletin_on")


def on_the_list(towns: pd.DataFrame, as_of: str) -> pd.Series[Any]:
    """Tell which towns are in a programme as of a quarter: listed by then (or no date known), not removed."""
    listed, status = column(towns, "listed"), column(towns, "status")
    later = listed.gt(as_of).where(listed.notna(), other=False).astype(bool)
    return towns["programme"].notna() & ~later & ~status.isin(GONE)


def _members(
    facts: Facts, programme: str, level: str, having: tuple[str, int] | None = None
) -> tuple[pd.DataFrame, bool]:
    """Towns of a programme and level on the list, and whether it is known who they are."""
    towns = facts.towns
    chosen = towns[on_the_list(towns, facts.as_of) & towns["programme"].eq(programme).fillna(value=False)]
    sure = "town" in facts.frames or len(chosen) > 0
    sure &= bool(column(chosen, "level").notna().all())
    chosen = chosen[column(chosen, "level").eq(level).fillna(value=False)]
    if having:
        attribute = pd.to_numeric(column(chosen, having[0])).astype(float)
        sure &= bool(attribute.notna().all())
        chosen = chosen[attribute.eq(having[1])]
    return chosen, sure and bool(column(chosen, "listed").notna().all())


def _count(
    facts: Facts,
    programme: str,
    level: str,
    *,
    without: frozenset[str] = GONE,
    only: str | None = None,
    this_year: bool = False,
    having: tuple[str, int] | None = None,
) -> pd.DataFrame:
    members, sure = _members(facts, programme, level, having)
    status = column(members, "status")
    if only:
        sure &= bool(status.notna().all())
    kept = status.eq(only).fillna(value=False) if only else ~status.isin(without)
    if this_year:
        kept &= column(members, "listed").astype(object).map(_year) == periods.year(facts.as_of)
    chosen = members[kept.astype(bool)]
    value = float(len(chosen)) if sure else np.nan
    proof = {
        "inputs": layers(facts, "town"),
        "rows": [str(town) for town in chosen.index],
        "formula": "count(towns)",
        "numbers": {"towns": value},
    }
    return _one(value, proof if sure else {**proof, "missing": ["listed, level, status"]})


def _investment(facts: Facts, level: str, having: tuple[str, int] | None = None) -> pd.DataFrame:
    members, sure = _members(facts, "special", level, having)
    by_town = investment_year(facts)["value"].reindex(members.index)
    gaps = [str(town) for town in by_town.index[by_town.isna()]]
    value = float(by_town.sum(skipna=False)) if sure and len(members) else np.nan
    proof = {
        "inputs": layers(facts, "town_indicator"),
        "rows": [str(town) for town in members.index],
        "formula": "sum(investment_year_yi)",
        "numbers": {str(town): float(amount) for town, amount in by_town.items()},
    }
    return _one(value, {**proof, "missing": gaps} if gaps or not sure else proof)


def _without(facts: Facts, record: str) -> pd.DataFrame:
    frame = facts.frames.get("meeting")
    if frame is None or record not in frame:
        return _one(np.nan, {"inputs": layers(facts, "meeting"), "missing": [record]})
    year = periods.year(facts.as_of)
    asked = {f"{year}Q{quarter}" for quarter in range(1, int(facts.as_of[5]) + 1)}
    held = set(frame.loc[frame[record].notna(), "period"].dropna())
    open_quarters = sorted(asked - held)
    value = float(len(open_quarters))
    proof = {
        "inputs": layers(facts, "meeting"),
        "rows": open_quarters,
        "formula": f"count(quarters without {record})",
        "numbers": {"quarters": float(len(asked)), "without": value},
    }
    return _one(value, proof)


def _one(value: float, proof: dict[str, Any]) -> pd.DataFrame:
    index = pd.Index([PROGRAMME], name="town_id")
    return pd.DataFrame(
        {"value": [value], "evidence": pd.Series([proof], index=index, dtype=object)}, index=index
    )


def _year(quarter: object) -> float:
    found = periods.parse(quarter)
    return float(periods.year(found)) if found else np.nan
