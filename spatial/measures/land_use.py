"""How land is used: new construction land, per person and per 亩, quota, inefficient land, parks (二(二)5, 三(二)2, 三(二)5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial import periods
from spatial.areas import M2_PER_MU
from spatial.by_town import cut, share_inside
from spatial.land import at_date
from spatial.measures.quarters import evidence, figures, layers
from spatial.measures.registry import measure, nothing
from spatial.once import each_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spatial.measures.registry import Facts

WAN_PER_YI = 1e4
M2_PER_HA = 1e4


@measure("construction_land_new_m2", unit="m²", scope="any", basis="basis-land-change")
def construction_land_new(facts: Facts) -> pd.DataFrame:
    """Construction land of the last date that was none at the date before, m² (legal), 二(二)5; slivers not counted."""
    return _changed(facts, "new")


@measure("construction_land_gone_m2", unit="m²", scope="any", basis="basis-land-change")
def construction_land_gone(facts: Facts) -> pd.DataFrame:
    """Construction land of the date before that is none at the last date, m² (legal); slivers not counted."""
    return _changed(facts, "gone")


@measure("construction_land_per_person_m2", unit="m²", scope="any", basis="basis-per-person")
def construction_land_per_person(facts: Facts) -> pd.DataFrame:
    """Construction land per resident 人均建设用地, m²: ``construction_land_m2 / population``."""
    numbers = _with_land(facts, ["population"])
    value = numbers["construction_land_m2"] / numbers["population"].where(numbers["population"] > 0)
    return _proved(facts, value, "construction_land_m2 / population", numbers)


@measure("investment_per_mu_wan", unit="万元/亩", scope="any", basis="basis-per-mu")
def investment_per_mu(facts: Facts) -> pd.DataFrame:
    """Fixed-asset investment of the year so far per 亩 of construction land 亩均投资, 10^4 yuan.

    Examples
    --------
    >>> float(1.5 * WAN_PER_YI / (2_000_000 / M2_PER_MU))  # 1.5 亿元 on 2 km²
    5.0
    """
    return _per_mu(facts, "fixed_investment_yi")


@measure("tax_per_mu_wan", unit="万元/亩", scope="any", basis="basis-per-mu")
def tax_per_mu(facts: Facts) -> pd.DataFrame:
    """Total fiscal revenue of the year so far per 亩 of construction land 亩均税收, 10^4 yuan."""
    return _per_mu(facts, "fiscal_revenue_yi")


@measure("land_quota_used_pct", unit="%", scope="any", basis="basis-quota")
def land_quota_used(facts: Facts) -> pd.DataFrame:
    """New construction land by its quota of the year 新增建设用地指标, %, 二(二)5: ``new_mu / quota_mu x 100``."""
    quota = facts.frames.get("land_quota")
    study = facts.studies.get("land_change")
    if quota is None or study is None or "town_id" not in quota:
        return nothing(facts)
    rows = quota[quota["period"].astype("str").str[:4].eq(facts.as_of[:4]) & quota["town_id"].notna()]
    numbers = pd.DataFrame(index=facts.towns.index)
    numbers["new_mu"] = _sums(facts, "new") / M2_PER_MU
    numbers["quota_mu"] = rows.groupby("town_id")["quota_mu"].sum(min_count=1)
    value = numbers["new_mu"] / numbers["quota_mu"].where(numbers["quota_mu"] > 0) * 100
    fids = (
        rows.assign(fid=rows["fid"].astype(str))
        .groupby("town_id")["fid"]
        .agg(tuple)
        .reindex(facts.towns.index)
    )
    proof = evidence(
        "new_mu / quota_mu × 100",
        [*layers(facts, "construction_land"), *layers(facts, "land_quota")],
        numbers,
        fids,
    )
    return pd.DataFrame({"value": value, "evidence": proof})


@measure("inefficient_land_m2", unit="m²", scope="any", basis="basis-inefficient")
def inefficient_land(facts: Facts) -> pd.DataFrame:
    """Inefficient land 低效用地 found up to the quarter, m² (legal), 二(二)5."""
    areas = _inefficient(facts)
    if areas is None:
        return nothing(facts)
    return _proved(facts, areas["found_m2"], "sum(area_m2)", areas[["found_m2"]], "inefficient_land")


@measure("inefficient_land_redeveloped_pct", unit="%", scope="any", basis="basis-redeveloped")
def inefficient_land_redeveloped(facts: Facts) -> pd.DataFrame:
    """Share of the inefficient land found that is redeveloped 低效用地再开发, %: ``done_m2 / found_m2 x 100``."""
    areas = _inefficient(facts)
    if areas is None:
        return nothing(facts)
    value = areas["done_m2"] / areas["found_m2"].where(areas["found_m2"] > 0) * 100
    return _proved(facts, value, "done_m2 / found_m2 × 100", areas, "inefficient_land")


@measure("industrial_in_parks_pct", unit="%", scope="any", basis="basis-parks")
def industrial_in_parks(facts: Facts) -> pd.DataFrame:
    """Share of a town's industrial land that lies in parks and functional zones 工业集聚, %, 三(二)2.

    ``inside_m2 / industrial_m2 x 100``; industrial land is class 06 of the third survey.
    """
    states = _industrial(facts)
    if not states:
        return nothing(facts)
    last = states[-1]
    numbers = last[["industrial_m2", "inside_m2"]]
    formula = "inside_m2 / industrial_m2 × 100"
    return _proved(facts, last["inside_pct"], formula, numbers, "construction_land", "park")


@measure("industrial_in_parks_change_pp", unit="pp", scope="any", basis="basis-parks-change")
def industrial_in_parks_change(facts: Facts) -> pd.DataFrame:
    """Share of industrial land in parks less that at the date before, percentage points 退散进集, 三(二)2."""
    states = _industrial(facts)
    if len(states) < 2:  # noqa: PLR2004 - a change has two ends
        return nothing(facts)
    numbers = pd.DataFrame({name: states[at]["inside_pct"] for name, at in (("before", -2), ("after", -1))})
    value = numbers["after"] - numbers["before"]
    return _proved(facts, value, "after - before", numbers, "construction_land", "park")


@measure("industrial_scattered_ha", unit="ha", scope="any", basis="basis-parks")
def industrial_scattered(facts: Facts) -> pd.DataFrame:
    """Industrial land of a town outside parks and functional zones 散, ha (legal), 三(二)2."""
    states = _industrial(facts)
    if not states:
        return nothing(facts)
    last = states[-1]
    numbers = last[["outside_m2"]]
    return _proved(
        facts, last["outside_m2"] / M2_PER_HA, "outside_m2 / 10000", numbers, "construction_land", "park"
    )


@measure("registered_urban_share_pct", unit="%", scope="any", basis="basis-share")
def registered_urban_share(facts: Facts) -> pd.DataFrame:
    """Share of the residents who are registered as urban 户籍人口城镇化率, %, 三(二)5."""
    return _share(facts, "registered_urban_population", "population")


@measure("rural_rights_confirmed_pct", unit="%", scope="any", basis="basis-share")
def rural_rights_confirmed(facts: Facts) -> pd.DataFrame:
    """Share of the farm households whose rights are confirmed 农村产权确权率, %, 三(二)5."""
    return _share(facts, "rural_rights_confirmed", "rural_rights_total")


@measure("built_up_people_share_pct", unit="%", scope="pilot", basis="basis-built-up-people")
def built_up_people_share(facts: Facts) -> pd.DataFrame:
    """Share of people who live in the built-up area 建成区人口集聚率 by places, %, 三(一)2.

    From points with persons (role ``population``) and the built-up area drawn for the latest date (role
    ``built_up``), beside the figure that the town reports.
    """
    people, drawn = facts.frames.get("population"), facts.frames.get("built_up")
    if people is None or drawn is None:
        return nothing(facts)
    areas, _ = at_date(drawn, facts.as_of)
    numbers = share_inside(people, "persons", facts.towns, areas.geometry).reindex(facts.towns.index)
    value = numbers["inside"] / numbers["whole"].where(numbers["whole"] > 0) * 100
    return _proved(facts, value, "inside / whole × 100", numbers, "population", "built_up")


def _industrial(facts: Facts) -> list[pd.DataFrame]:
    """Industrial land by town at each date, the earliest first."""
    study = facts.studies.get("industry")
    if study is None:
        return []
    table = study.tables["industrial_land"]
    return [
        rows.set_index("town_id").reindex(facts.towns.index)
        for _, rows in table.groupby("date", dropna=False, sort=True)
    ]


def _proved(
    facts: Facts, value: pd.Series[Any], formula: str, numbers: pd.DataFrame, *roles: str
) -> pd.DataFrame:
    inputs = [
        name for role in roles or ("construction_land", "town_indicator") for name in layers(facts, role)
    ]
    return pd.DataFrame({"value": value, "evidence": evidence(formula, inputs, numbers)})


def _sums(facts: Facts, kind: str) -> pd.Series[Any]:
    """Changed land by town, m²; zero where towns are drawn and nothing changed."""
    table = facts.studies["land_change"].tables["land_change"]
    sums = table[table["kind"] == kind].groupby("town_id")["area_m2"].sum()
    drawn = facts.towns.index[~facts.towns.geometry.is_empty]
    return sums.reindex(drawn, fill_value=0.0).reindex(facts.towns.index)


def _changed(facts: Facts, kind: str) -> pd.DataFrame:
    if "land_change" not in facts.studies:
        return nothing(facts)
    value = _sums(facts, kind)
    numbers = pd.DataFrame({f"{kind}_m2": value})
    return _proved(facts, value, f"sum({kind}_m2)", numbers, "construction_land")


def _with_land(facts: Facts, columns: Sequence[str]) -> pd.DataFrame:
    """Construction land beside figures of the quarter."""
    numbers = figures(facts, columns, facts.as_of).drop(columns="rows").reindex(facts.towns.index)
    land = (
        np.nan if facts.land is None else facts.land.totals["construction_land_m2"].reindex(facts.towns.index)
    )
    return numbers.astype(float).assign(construction_land_m2=land)


def _per_mu(facts: Facts, name: str) -> pd.DataFrame:
    numbers = _with_land(facts, [name])
    numbers["construction_land_mu"] = numbers.pop("construction_land_m2") / M2_PER_MU
    value = (
        numbers[name]
        * WAN_PER_YI
        / numbers["construction_land_mu"].where(numbers["construction_land_mu"] > 0)
    )
    return _proved(facts, value, f"{name} × 10000 / construction_land_mu", numbers)


def _share(facts: Facts, part: str, whole: str) -> pd.DataFrame:
    numbers = figures(facts, [part, whole], facts.as_of).reindex(facts.towns.index)
    rows = numbers.pop("rows")
    value = numbers[part] / numbers[whole].where(numbers[whole] > 0) * 100
    proof = evidence(f"{part} / {whole} × 100", layers(facts, "town_indicator"), numbers.astype(float), rows)
    return pd.DataFrame({"value": value.astype(float), "evidence": proof})


def _inefficient(facts: Facts) -> pd.DataFrame | None:
    """Inefficient land found and redeveloped up to the quarter, by town, m²; drawn twice it is done where all say so."""
    frame = facts.frames.get("inefficient_land")
    if frame is None:
        return None
    known = frame[_until(frame, "found_on", facts.as_of, missing=True)]
    done = known["state"].eq("done") if "state" in known else pd.Series(data=False, index=known.index)
    done &= _until(known, "done_on", facts.as_of, missing=True)
    pieces = cut(each_once(known.loc[done.sort_values(kind="stable").index]).geometry, facts.towns)
    pieces["done_m2"] = pieces["area_m2"].where(pieces["at"].map(done.to_dict()).astype(bool), 0.0)
    sums = pieces.groupby("town_id")[["area_m2", "done_m2"]].sum()
    drawn = facts.towns.index[~facts.towns.geometry.is_empty]
    return (
        sums.rename(columns={"area_m2": "found_m2"}).reindex(drawn, fill_value=0.0).reindex(facts.towns.index)
    )


def _until(frame: pd.DataFrame, name: str, quarter: str, *, missing: bool) -> pd.Series[Any]:
    """Which rows are dated up to a quarter; those without a date as `missing` says."""
    if name not in frame:
        return pd.Series(data=missing, index=frame.index)
    given = frame[name].map(periods.parse, na_action="ignore")
    return given.isna() & missing | given.astype("str").le(quarter) & given.notna()
