"""Inspectors of what the features of one layer do to each other: overlaps, gaps, edges that do not match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from spatial.once import overlapping
from spatial.quality.drawn import drawn
from spatial.quality.edges import MISMATCH_M, Edges, beside, gaps, one_sided, single
from spatial.quality.registry import INSPECTORS, Subject, found, inspector
from spatial.widths import is_sliver, least_width, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

_TOWNS = ("town_boundary", "county_boundary")
_PLANS = ("expansion_boundary", "urban_plan", "land_use_plan")
_PATCHES = ("construction_land", "farmland", "planned_area")
_SIDES = "自定：相邻面共用边的节点一致"
_NO_GAPS = "公开质检代码：缝隙"


@inspector("issue-overlap", group="topology", severity="warning", source="浙江省质检 4101/1401（自相重叠）", roles=(*_TOWNS, *_PLANS, *_PATCHES), area_m2=1.0)  # fmt: skip
def overlap(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Pairs of features of one date that share more than the area; the same geometry twice is another fault."""
    parts = [_overlaps(subject, at, tolerance["area_m2"]) for at in _dates(subject)]
    return pd.concat(parts, ignore_index=True)


def _overlaps(subject: Subject, at: Ints, area_m2: float) -> pd.DataFrame:
    shapes = sound(subject.shapes[at])
    left, right = overlapping(shapes)
    differ = ~shapely.equals(shapes[left], shapes[right])
    left, right = left[differ], right[differ]
    common = shapely.intersection(shapes[left], shapes[right])
    area = shapely.area(common)
    more = area > area_m2
    ids = subject.frame.index.to_numpy()[at].astype(str)
    return found(
        "issue-overlap",
        subject.frame,
        at[left[more]],
        common[more],
        other=ids[right[more]],
        area_m2=area[more],
    )


@inspector("issue-town-gap", group="topology", severity="warning", source=_NO_GAPS, roles=("town_boundary",), width_m=0.002, area_m2=1e-4)  # fmt: skip
def town_gap(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Land that the towns enclose and none of them holds, of any width from the tolerance on."""
    return _gaps("issue-town-gap", subject, np.arange(len(subject.frame)), tolerance)


@inspector(
    "issue-gap", group="topology", severity="warning", source=_NO_GAPS,
    roles=("county_boundary", "expansion_boundary", "land_use_plan"), width_m=0.002, area_m2=1e-4,
)  # fmt: skip
def gap(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Land that features of a layer that leaves none out enclose, and none holds, of any width.

    Where towns are known, land in no town is no gap: an enclave of a neighbour.
    """
    return _gaps("issue-gap", subject, np.arange(len(subject.frame)), tolerance)


@inspector(
    "issue-gap-narrow", group="topology", severity="note", source=_NO_GAPS,
    roles=("construction_land", "farmland", "urban_plan"), width_m=0.002, at_most_m=0.5, area_m2=1e-4,
)  # fmt: skip
def gap_narrow(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Enclosed strips between features of one date that are too narrow to be land of their own."""
    parts = [_gaps("issue-gap-narrow", subject, at, tolerance) for at in _dates(subject)]
    return pd.concat(parts, ignore_index=True)


def _gaps(code: str, subject: Subject, at: Ints, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Gaps as wide as the tolerance says, each told at the first of the features around it."""
    shapes = sound(subject.shapes[at])
    edges = single(drawn(shapes))
    if "at_most_m" in tolerance:
        edges = _along_others(edges, tolerance["at_most_m"])
    empty = _in_towns(gaps(shapes, edges), subject)
    if "at_most_m" in tolerance:
        empty = empty[least_width(empty) < tolerance["at_most_m"]]
    empty = empty[shapely.area(empty) > tolerance["area_m2"]]
    wide = width(empty)
    kept = wide > tolerance["width_m"]
    if "at_most_m" in tolerance:
        kept &= wide < tolerance["at_most_m"]
    empty, wide = empty[kept], wide[kept]
    place, around = shapely.STRtree(shapes).query(empty, predicate="intersects")
    first = np.full(len(empty), len(shapes), dtype=np.int64)
    np.minimum.at(first, place, around)
    return found(code, subject.frame, at[first], empty, area_m2=shapely.area(empty), width_m=wide)


def _in_towns(empty: Shapes, subject: Subject) -> Shapes:
    """Parts of gaps that lie in towns; all of them where none are known, or towns are looked at."""
    towns = subject.others.get("town_boundary")
    if towns is None or not len(towns) or subject.role in _TOWNS:
        return empty
    held, town = shapely.STRtree(shapes := sound(towns["geometry"].to_numpy())).query(
        empty, predicate="intersects"
    )
    parts = shapely.get_parts(shapely.intersection(empty[held], shapes[town]))
    return np.asarray(parts[shapely.get_dimensions(parts) == 2], dtype=object)  # noqa: PLR2004 - polygons


def _along_others(edges: Edges, distance_m: float) -> Edges:
    """Edges near where two features run beside each other: only there is a narrow strip between them."""
    strips = beside(edges, distance_m, 0.0)["geometry"].to_numpy()
    near, _ = shapely.STRtree(strips).query(edges.lines, predicate="dwithin", distance=distance_m)
    near = np.unique(near)
    return Edges(edges.start[near], edges.end[near], edges.shape[near])


@inspector("issue-sliver", group="topology", severity="note", source="公开质检代码：局部狭长；年度变更调查：细小碎面", roles=(*_TOWNS, *_PLANS, *_PATCHES), width_m=0.5)  # fmt: skip
def sliver(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Features narrower than the width everywhere, measured by the largest circle in them."""
    shapes = sound(subject.shapes)
    at = np.flatnonzero((shapely.area(shapes) > 0) & is_sliver(shapes, tolerance["width_m"]))
    return found(
        "issue-sliver", subject.frame, at, width_m=width(shapes[at]), area_m2=shapely.area(shapes[at])
    )


@inspector(
    "issue-vertex-one-sided", group="topology", severity="note", source=_SIDES, roles=(*_TOWNS, *_PLANS)
)
def vertex_one_sided(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Features without a vertex where a neighbour has one on their common edge; moving either opens a gap."""
    shape, places = one_sided(single(subject.drawn))
    order = np.argsort(shape, kind="stable")
    shape, places = shape[order], places[order]
    features, first, count = np.unique(shape, return_index=True, return_counts=True)
    where = shapely.multipoints(
        np.asarray(shapely.points(places), dtype=object), indices=np.repeat(np.arange(len(features)), count)
    )
    return found(
        "issue-vertex-one-sided", subject.frame, features, where, count=count, x=places[first, 0], y=places[first, 1]
    )  # fmt: skip


@inspector(
    "issue-edge-near", group="topology", severity="note", source=_SIDES + "；年度变更调查：边界不一致",
    roles=(*_TOWNS, *_PLANS, "planned_area"), distance_m=0.2, length_m=1.0,
)  # fmt: skip
def edge_near(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Pairs of features whose edges run beside each other and do not meet, where neither gap nor overlap tells it."""
    edges = single(subject.drawn)
    stretches = beside(edges, tolerance["distance_m"], tolerance["length_m"])
    if len(stretches):
        stretches = stretches[~_told(subject, edges, stretches["geometry"].to_numpy())]
    pairs = stretches.groupby(["shape", "other"])
    told = pairs.agg(length_m=("length_m", "sum"), apart_m=("apart_m", "max")).reset_index()
    where = pairs["geometry"].agg(lambda lines: shapely.multilinestrings(list(lines))).to_numpy()
    ids = subject.frame.index.to_numpy().astype(str)
    return found(
        "issue-edge-near", subject.frame, told["shape"], where, other=ids[told["other"]],
        length_m=told["length_m"], apart_m=told["apart_m"],
    )  # fmt: skip


def _told(subject: Subject, edges: Edges, lines: Shapes) -> NDArray[np.bool_]:
    """Which stretches bound a gap or lie in an overlap: those are faults of their own."""
    shapes = sound(subject.shapes)
    left, right = overlapping(shapes)
    common = shapely.intersection(shapes[left], shapes[right])
    common = common[shapely.area(common) > INSPECTORS["issue-overlap"].tolerance["area_m2"]]
    faults = np.concatenate([gaps(shapes, edges), common])
    hit, _ = shapely.STRtree(faults).query(shapely.line_interpolate_point(lines, 0.5, normalized=True), predicate="dwithin", distance=MISMATCH_M)  # fmt: skip
    told = np.zeros(len(lines), dtype=bool)
    told[hit] = True
    return told


def sound(shapes: Shapes) -> Shapes:
    """Polygons of which areas and places can be told; the broken ones as GEOS mends them, lines and points as None."""
    result = shapes.copy()
    result[shapely.get_dimensions(result) != 2] = None  # noqa: PLR2004 - polygons
    broken = ~shapely.is_valid(result) & ~shapely.is_missing(result)
    result[broken] = shapely.make_valid(result[broken], method="structure", keep_collapsed=False)
    return result


def _dates(subject: Subject) -> Iterator[Ints]:
    """Positions of the features of each date; all of them where there is none."""
    frame = subject.frame
    if subject.role != "construction_land" or "date" not in frame:
        yield np.arange(len(frame))
        return
    yield from frame.groupby(frame["date"].fillna("").to_numpy()).indices.values()
