"""Measures of land: planned area, construction area, construction land by zone (二(二)1, 二(二)5).

Areas are legal areas on the ellipsoid (`spatial.areas`), or registered areas in proportion where the
rulebook says so. Beside each stands what the plane and the geodesic area would be, and by how much the
digitising tolerance could move it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.areas import geodesic_area, legal_area, plane_area
from spatial.land import KINDS, LIMITS
from spatial.measures.registry import measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from spatial.measures.registry import Facts

KM2 = 1e6


@measure("planned_area_km2", unit="km²", scope="special", basis="basis-planned-area")
def planned_area(facts: Facts) -> pd.DataFrame:
    """Planned area 规划面积 of a special town in km², 二(二)1: legal area of its drawn boundary.

    The tolerance is the perimeter times the digitising tolerance: all of the boundary moved one way.
    """
    drawn = facts.towns[facts.towns["programme"].eq("special") & ~facts.towns.geometry.is_empty]
    return _areas(drawn.geometry, facts, "planned_area", drawn.index)


@measure("construction_area_stated", unit="", scope="special", basis="basis-count")
def construction_area_stated(facts: Facts) -> pd.DataFrame:
    """Number of stated construction areas 建设区域 of a special town, 二(二)1; none drawn is 0."""
    frame = facts.frames.get("construction_area")
    if frame is None:
        return _no_layer(facts)
    ids = facts.towns.index[facts.towns["programme"].eq("special")]
    drawn = frame[frame["town_id"].notna() & ~frame.geometry.is_empty]
    rows = drawn.groupby("town_id")
    return pd.DataFrame(
        {
            "value": rows.size().reindex(ids, fill_value=0).astype(float),
            "evidence": [
                {"inputs": _layers(frame), "rows": drawn.loc[drawn["town_id"] == town, "fid"].tolist()}
                for town in ids
            ],
        },
        index=ids,
    )


@measure("construction_area_km2", unit="km²", scope="special", basis="basis-construction-area")
def construction_area(facts: Facts) -> pd.DataFrame:
    """Area of the stated construction area 建设区域 in km², 二(二)1: legal area, parts added up."""
    frame = facts.frames.get("construction_area")
    if frame is None:
        return _no_layer(facts)
    drawn = frame[frame["town_id"].notna() & ~frame.geometry.is_empty]
    return _areas(drawn.geometry, facts, "construction_area", drawn["town_id"])


@measure("construction_area_outside_plan_m2", unit="m²", scope="special", basis="basis-outside-plan")
def construction_area_outside_plan(facts: Facts) -> pd.DataFrame:
    """Stated construction area outside the planned area in m², 二(二)1; slivers are listed, not counted."""
    if facts.sticking_out is None:
        return _no_layer(facts)
    stated = construction_area_stated(facts)["value"]
    towns = stated.index[(stated > 0) & ~facts.towns.geometry.reindex(stated.index).is_empty]
    inputs = _layers(facts.frames["construction_area"]) + _layers(facts.frames.get("planned_area"))
    return _violations(facts.sticking_out, "construction_area_outside_plan_m2", towns, facts, inputs)


@measure("construction_land_km2", unit="km²", scope="any", basis="basis-construction-land")
def construction_land(facts: Facts) -> pd.DataFrame:
    """Construction land 建设用地面积 of a town in km², 二(二)1: parcels cut at the town's boundary."""
    if facts.land is None:
        return _no_layer(facts)
    totals = facts.land.totals
    legal, registered = totals["construction_land_m2"], totals["construction_land_registered_m2"]
    judged = registered if facts.settings.area == "registered" else legal
    geodesic = totals.get("construction_land_geodesic_m2", pd.Series(np.nan, totals.index))
    perimeter = totals.get("perimeter_m", pd.Series(np.nan, totals.index))
    inputs = _layers(facts.frames["construction_land"])
    return pd.DataFrame(
        {
            "value": judged / KM2,
            "plane": totals["construction_land_plane_m2"] / KM2,
            "geodesic": geodesic / KM2,
            "tolerance": perimeter * facts.settings.digitising_tolerance_m / KM2,
            "evidence": [
                {
                    "inputs": inputs,
                    "numbers": {
                        "parcels": row["parcels"], "date": facts.land.date,
                        "legal_m2": row["construction_land_m2"],
                        "registered_m2": row["construction_land_registered_m2"],
                        "plane_m2": row["construction_land_plane_m2"],
                    },
                }
                for row in totals.to_dict("records")
            ],
        },
        index=totals.index,
    )  # fmt: skip


@measure("construction_land_outside_m2", unit="m²", scope="special", basis="basis-zone-outside")
def construction_land_outside(facts: Facts) -> pd.DataFrame:
    """Construction land outside the expansion boundary 扩展边界 in m², 二(二)5.

    What lies in restricted 030 and forbidden 040 zones, or outside a layer that draws the boundary alone.
    """
    return _in_zones(facts, "construction_land_outside_m2")


@measure("construction_land_conditional_m2", unit="m²", scope="special", basis="basis-zone-conditional")
def construction_land_conditional(facts: Facts) -> pd.DataFrame:
    """Construction land in the conditional zone 有条件建设区 020 in m², 二(二)5."""
    return _in_zones(facts, "construction_land_conditional_m2")


@measure("construction_land_no_zone_m2", unit="m²", scope="special", basis="basis-no-zone")
def construction_land_no_zone(facts: Facts) -> pd.DataFrame:
    """Construction land on which no zone lies in m², 二(二)5: the zone layer is at fault, not the land."""
    return _in_zones(facts, "construction_land_no_zone_m2")


def _by_zone(name: str) -> Callable[[Facts], pd.DataFrame]:
    def in_zone(facts: Facts) -> pd.DataFrame:
        if facts.land is None or f"{name}_m2" not in facts.land.totals:
            return _no_layer(facts)
        totals = facts.land.totals
        inputs = _layers(facts.frames["construction_land"])
        inputs += _layers(facts.frames.get(name if name in LIMITS else "expansion_boundary"))
        evidence = {"inputs": inputs, "numbers": {"date": facts.land.date}}
        return pd.DataFrame(
            {"value": totals[f"{name}_m2"] / KM2, "evidence": [evidence] * len(totals)}, index=totals.index
        )

    in_zone.__doc__ = f"Construction land of a town in km² that lies in {name}."
    return in_zone


for _name in (*KINDS, *LIMITS):
    measure(f"construction_land_{_name}_km2", unit="km²", scope="any", basis="basis-zone-area")(
        _by_zone(_name)
    )


def _areas(shapes: Any, facts: Facts, role: str, towns: pd.Index[Any] | pd.Series) -> pd.DataFrame:
    values = shapes.to_numpy()
    table = pd.DataFrame(
        {
            "value": legal_area(values, facts.crs) / KM2,
            "plane": plane_area(values) / KM2,
            "geodesic": geodesic_area(values, facts.crs) / KM2,
            "tolerance": shapely.length(values) * facts.settings.digitising_tolerance_m / KM2,
            "vertices": shapely.get_num_coordinates(values),
        },
        index=pd.Index(towns, name="town_id"),
    )
    sums = table.groupby(level=0).sum()
    frame = facts.frames.get(role, facts.frames["town_boundary"])
    inputs = _layers(frame)
    sums["evidence"] = [
        {
            "inputs": inputs,
            "numbers": {
                "legal_m2": row["value"] * KM2,
                "plane_m2": row["plane"] * KM2,
                "vertices": row["vertices"],
            },
        }
        for row in sums.to_dict("records")
    ]
    return sums


def _in_zones(facts: Facts, name: str) -> pd.DataFrame:
    if facts.land is None or "expansion_boundary" not in facts.frames:
        return _no_layer(facts)
    drawn = facts.towns.index[facts.towns["programme"].eq("special") & ~facts.towns.geometry.is_empty]
    inputs = _layers(facts.frames["construction_land"]) + _layers(facts.frames["expansion_boundary"])
    return _violations(facts.land.pieces, name, drawn, facts, inputs)


def _violations(
    pieces: pd.DataFrame, name: str, towns: pd.Index[Any], facts: Facts, inputs: list[str]
) -> pd.DataFrame:
    """Area of the pieces of one kind by town; a town without pieces has 0, for it was looked at.

    The tolerance is what half the outline of the pieces, moved by the digitising tolerance, sweeps over.
    """
    own = pieces[pieces["measure"].eq(name)]
    real = own[~own["sliver"].astype(bool)]
    half = shapely.length(real.geometry.to_numpy()) / 2 * facts.settings.digitising_tolerance_m
    sums = pd.DataFrame(
        {
            "value": real["area_m2"].astype(float),
            "plane": real["plane_m2"].astype(float),
            "tolerance": np.minimum(half, real["area_m2"].astype(float)),
            "pieces": 1,
        }
    )
    sums = sums.groupby(real["town_id"]).sum().reindex(towns, fill_value=0.0)
    widest = own.groupby("town_id")["width_m"].max().reindex(towns)
    slivers = own[own["sliver"].astype(bool)].groupby("town_id")["area_m2"].agg(["size", "sum"])
    slivers = slivers.reindex(towns, fill_value=0)
    sums["evidence"] = [
        {
            "inputs": inputs,
            "numbers": {
                "pieces": int(sums.loc[town, "pieces"]),
                "widest_m": widest.loc[town],
                "slivers": int(slivers.loc[town, "size"]),
                "slivers_m2": float(slivers.loc[town, "sum"]),
                "sliver_width_m": facts.settings.sliver_width_m,
            },
        }
        for town in towns
    ]
    return sums


def _no_layer(facts: Facts) -> pd.DataFrame:
    evidence = {"reason": "condition-no-layer"}
    ids = facts.towns.index
    return pd.DataFrame({"value": np.nan, "evidence": [evidence] * len(ids)}, index=ids)


def _layers(frame: pd.DataFrame | None) -> list[str]:
    if frame is None or "layer" not in frame:
        return []
    return sorted(frame["layer"].dropna().astype(str).unique())
