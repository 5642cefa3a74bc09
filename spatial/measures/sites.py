"""Measures of sites and streets: renewal, street chiefs, clean-up 三(二)3-4, reception halls 二(二)4 (`spatial.studies.sites`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial.measures.quarters import layers
from spatial.measures.registry import measure, nothing, subjects
from spatial.studies.sites import filled

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

M2_PER_HA = 1e4
M_PER_KM = 1e3


@measure("renewal_area_ha", unit="ha", scope="any", basis="basis-renewal-area")
def renewal_area(facts: Facts) -> pd.DataFrame:
    """Area of a town's renewal projects in ha (legal), 三(二)3: 三改一拆, 两退两进, 农房改造集聚, 集镇有机更新."""
    rows = _rows(facts, "renewal_project")
    if rows is None:
        return nothing(facts)
    numbers = rows.groupby("town_id").agg(
        own_m2=("own_m2", "sum"), area_m2=("area_m2", "sum"), projects=("fid", "size")
    )
    return _measured(
        numbers["own_m2"] / M2_PER_HA, "sum(own_m2) / 10000", numbers, rows, facts, "renewal_project"
    )


@measure("renewal_done_pct", unit="%", scope="any", basis="basis-renewal-done")
def renewal_done(facts: Facts) -> pd.DataFrame:
    """Area of finished renewal projects out of all of a town's in %, 三(二)3; no value where a state is not known."""
    rows = _rows(facts, "renewal_project")
    if rows is None:
        return nothing(facts)
    done = rows["own_m2"].where(rows["state"].eq("done"), 0.0).where(rows["state"].notna())
    return _share(done, rows["own_m2"], rows, facts, "renewal_project")


@measure("park_area_ha", unit="ha", scope="any", basis="basis-park-area")
def park_area(facts: Facts) -> pd.DataFrame:
    """Area of a town's parks and functional zones 园区 in ha (legal), 三(二)2."""
    rows = _rows(facts, "park")
    if rows is None:
        return nothing(facts)
    numbers = rows.groupby("town_id").agg(
        own_m2=("own_m2", "sum"), area_m2=("area_m2", "sum"), parks=("fid", "size")
    )
    return _measured(numbers["own_m2"] / M2_PER_HA, "sum(own_m2) / 10000", numbers, rows, facts, "park")


@measure("street_chief_km", unit="km", scope="any", basis="basis-street-length")
def chief_length(facts: Facts) -> pd.DataFrame:
    """Length of a town's streets that have a street chief 路长 in km (geodesic), 三(二)4."""
    rows = _streets(facts)
    if rows is None:
        return nothing(facts)
    with_chief = rows["length_m"].where(filled(rows["chief"]), 0.0)
    numbers = with_chief.groupby(rows["town_id"]).sum().to_frame("with_chief_m")
    return _measured(
        numbers["with_chief_m"] / M_PER_KM, "sum(length_m) / 1000", numbers, rows, facts, "street"
    )


@measure("street_chief_pct", unit="%", scope="any", basis="basis-street-chief")
def chief_share(facts: Facts) -> pd.DataFrame:
    """Length of a town's streets that have a street chief 路长 out of all its streets in %, 三(二)4."""
    rows = _streets(facts)
    if rows is None:
        return nothing(facts)
    return _share(rows["length_m"].where(filled(rows["chief"]), 0.0), rows["length_m"], rows, facts, "street")


@measure("cleanup_done_pct", unit="%", scope="any", basis="basis-cleanup-done")
def cleanup_done(facts: Facts) -> pd.DataFrame:
    """Clean-up sites 两面八区一死角 that are done out of those found up to the quarter in %, 三(二)4."""
    rows = _found(facts)
    if rows is None:
        return nothing(facts)
    done = rows["state"].eq("done").astype(float).where(rows["state"].notna())
    return _share(done, pd.Series(1.0, index=rows.index), rows, facts, "cleanup_site")


@measure("cleanup_open_count", unit="", scope="any", basis="basis-cleanup-open")
def cleanup_open(facts: Facts) -> pd.DataFrame:
    """Clean-up sites 两面八区一死角 found up to the quarter that are not done, 三(二)4."""
    rows = _found(facts)
    if rows is None:
        return nothing(facts)
    open_ = rows["state"].ne("done").astype(float).where(rows["state"].notna())
    numbers = pd.DataFrame({"unfinished": open_, "found": 1.0}).groupby(rows["town_id"])
    sums = numbers.agg(lambda column: column.sum(skipna=False))
    return _measured(sums["unfinished"], "found - done", sums, rows, facts, "cleanup_site")


@measure("reception_hall_open", unit="", scope="special", basis="basis-reception-hall")
def hall_open(facts: Facts) -> pd.DataFrame:
    """Whether a special town's reception hall 小镇客厅 is open, 二(二)4: 1, or 0; not drawn is 0.

    No value where there is no layer, or one is drawn whose state is not known and none is open.
    """
    rows = _rows(facts, "reception_hall")
    if rows is None:
        return nothing(facts)
    towns = subjects(facts, "special")
    opened = rows["state"].eq("done").astype(float).where(rows["state"].notna())
    groups = opened.groupby(rows["town_id"])
    numbers = pd.DataFrame(
        {"halls": groups.size(), "open": groups.sum(), "unknown": groups.agg(lambda one: one.isna().sum())}
    )
    numbers = numbers.reindex(towns, fill_value=0.0).astype(float)
    value = numbers["open"].clip(upper=1.0).where((numbers["open"] > 0) | (numbers["unknown"] == 0))
    return _measured(value, "min(open, 1)", numbers, rows, facts, "reception_hall")


def _rows(facts: Facts, role: str) -> pd.DataFrame | None:
    found = facts.studies.get("sites")
    layer = None if found is None else found.layers.get(f"{role}_state")
    return None if layer is None else pd.DataFrame(layer[layer["town_id"].notna()].drop(columns="geometry"))


def _found(facts: Facts) -> pd.DataFrame | None:
    rows = _rows(facts, "cleanup_site")
    return None if rows is None else rows[rows["state"].ne("absent").fillna(value=True).astype(bool)]


def _streets(facts: Facts) -> pd.DataFrame | None:
    """Streets, if their layer says anything of chiefs: an empty cell then is a street without one."""
    rows = _rows(facts, "street")
    return None if rows is None or not filled(rows["chief"]).any() else rows


def _share(
    part: pd.Series[Any], whole: pd.Series[Any], rows: pd.DataFrame, facts: Facts, role: str
) -> pd.DataFrame:
    groups = pd.DataFrame({"part": part, "whole": whole}).groupby(rows["town_id"])
    sums = groups.agg(lambda column: column.sum(skipna=False))
    value = sums["part"] / sums["whole"].where(sums["whole"] > 0) * 100
    return _measured(value, "part / whole × 100", sums, rows, facts, role)


def _measured(
    value: pd.Series[Any], formula: str, numbers: pd.DataFrame, rows: pd.DataFrame, facts: Facts, role: str
) -> pd.DataFrame:
    fids = rows.groupby("town_id")["fid"].agg(lambda ids: [str(one) for one in ids])
    inputs = layers(facts, role)
    proof = [
        {
            "inputs": inputs,
            "rows": fids.get(town, []),
            "formula": formula,
            "numbers": {str(key): float(one) for key, one in line.items()},
        }
        for town, line in zip(numbers.index, numbers.to_dict("records"), strict=True)
    ]
    return pd.DataFrame({"value": value, "evidence": pd.Series(proof, index=numbers.index, dtype=object)})
