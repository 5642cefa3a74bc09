"""Inspectors of what features do to those of another layer: outside, across, not covered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from spatial.quality.edges import uncovered
from spatial.quality.registry import Subject, found, inspector
from spatial.quality.topology import sound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

_ZONED = ("03", "04")
"""Codes of restricted and forbidden zones: a layer that has them zones all land."""


@inspector("issue-outside-towns", group="between", severity="warning", source="二(二)3；自定：要素应在某镇内", roles=("project", "village", "planned_area"))  # fmt: skip
def outside_towns(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Features of which no town holds any part."""
    towns = _others(subject, "town_boundary")
    if towns is None:
        return found("issue-outside-towns", subject.frame, [])
    held, _pairs = shapely.STRtree(towns).query(subject.shapes, predicate="intersects")
    outside = ~shapely.is_missing(subject.shapes)
    outside[held] = False
    return found("issue-outside-towns", subject.frame, np.flatnonzero(outside))


@inspector("issue-outside-plan", group="between", severity="warning", source="二(二)1；二(二)5 规划范围", roles=("construction_area",), area_m2=1.0)  # fmt: skip
def outside_plan(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Construction areas that stick out of the planned area of their name."""
    if "planned_area" not in subject.others or not {"name", "geometry"} <= set(subject.frame.columns):
        return found("issue-outside-plan", subject.frame, [])
    planned = subject.others["planned_area"]
    by_name = pd.Series(sound(planned["geometry"].to_numpy()), index=planned["name"]).groupby(level=0)
    whole = by_name.agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    named = subject.frame["name"].isin(whole.index).to_numpy()
    at = np.flatnonzero(named & ~shapely.is_missing(subject.shapes))
    own = sound(subject.shapes[at])
    rest = shapely.difference(own, whole.reindex(subject.frame["name"].to_numpy()[at]).to_numpy())
    area = shapely.area(rest)
    out = area > tolerance["area_m2"]
    return found("issue-outside-plan", subject.frame, at[out], rest[out], area_m2=area[out])


@inspector("issue-crosses-town", group="between", severity="note", source="自定：各镇只计镇内部分", roles=("construction_land",), area_m2=1.0)  # fmt: skip
def crosses_town(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Parcels with land in more than one town; each town is given its part."""
    towns = _others(subject, "town_boundary")
    if towns is None:
        return found("issue-crosses-town", subject.frame, [])
    shapes = sound(subject.shapes)
    rims = shapely.get_parts(shapely.boundary(towns))
    near, _pairs = shapely.STRtree(rims).query(shapes, predicate="intersects")
    near = np.unique(near)
    parcel, town = shapely.STRtree(towns).query(shapes[near], predicate="intersects")
    part = shapely.area(shapely.intersection(shapes[near[parcel]], towns[town]))
    table = pd.DataFrame({"at": near[parcel], "area": part})
    held = table[table["area"] > tolerance["area_m2"]].groupby("at")["area"].agg(["count", "sum", "max"])
    held = held[held["count"] > 1]
    return found(
        "issue-crosses-town",
        subject.frame,
        held.index,
        count=held["count"],
        area_m2=held["sum"] - held["max"],
    )


@inspector("issue-town-uncovered", group="between", severity="warning", source="公开质检代码 6401（图层范围一致）；二(二)5", roles=("expansion_boundary", "land_use_plan"), area_m2=1.0)  # fmt: skip
def town_uncovered(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Land of a town in no feature of a layer that should leave none out: a land-use plan, zones of all kinds.

    Zones need not where none is restricted or forbidden. Told at the first feature of the layer, for the fault is
    what is not there.
    """
    frame = subject.frame
    towns = subject.others.get("town_boundary")
    zones = frame["zone"].astype("str") if "zone" in frame else pd.Series(dtype="str")
    whole = subject.role == "land_use_plan" or zones.str.startswith(_ZONED).any()
    if towns is None or not len(frame) or not whole:
        return found("issue-town-uncovered", frame, [])
    pieces, town = uncovered(sound(subject.shapes), sound(towns["geometry"].to_numpy()))
    free = np.bincount(town, weights=shapely.area(pieces), minlength=len(towns))
    at = np.flatnonzero(free > tolerance["area_m2"])
    return found(
        "issue-town-uncovered", frame, np.zeros(len(at), dtype=np.int64),
        [shapely.multipolygons(list(pieces[town == one])) for one in at],
        town=towns["name"].to_numpy()[at], area_m2=free[at],
    )  # fmt: skip


def _others(subject: Subject, role: str) -> Shapes | None:
    frame = subject.others.get(role)
    return None if frame is None or not len(frame) else sound(frame["geometry"].to_numpy())
