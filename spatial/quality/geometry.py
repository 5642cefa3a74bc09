"""Inspectors of single geometries: rings, vertices, parts and places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from spatial.areas import legal_area, plane_area
from spatial.land_classes import group
from spatial.once import NOTHING_M2
from spatial.quality.drawn import not_numbers
from spatial.quality.expected import DIMENSION, SHAPE
from spatial.quality.faults import encloses_nothing, faults
from spatial.quality.registry import Subject, found, inspector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from spatial.quality.drawn import Drawn

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

CLUSTER_M = 0.0001
"""Cluster tolerance of the provincial check 4101."""
MICROMETRE = 1e-6
_ANGLES = "公开质检代码：尖锐角 10°"
_SFA = "GB/T 33187.1(ISO 19125-1)"


@inspector("issue-geometry-missing", group="geometry", severity="error", source="公开质检代码：空图形")
def geometry_missing(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Features without a geometry, or with an empty one."""
    shapes = subject.frame["geometry"].to_numpy()
    gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return found("issue-geometry-missing", subject.frame, np.flatnonzero(gone), wanted=_wanted(subject))


@inspector(
    "issue-geometry-kind", group="geometry", severity="error", source="浙江省质检 2101（图层）", roles=SHAPE
)
def geometry_kind(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Geometries of another kind than the role has; an unclosed ring is `ring_unclosed`."""
    dimension = shapely.get_dimensions(subject.frame["geometry"].to_numpy())
    fits = {DIMENSION[_wanted(subject)]} | ({2} if subject.role == "project" else set())
    odd = (dimension >= 0) & ~np.isin(dimension, list(fits))
    odd[_unclosed(subject, CLUSTER_M)[0]] = False
    return found("issue-geometry-kind", subject.frame, np.flatnonzero(odd), wanted=_wanted(subject))


@inspector(
    "issue-ring-unclosed", group="geometry", severity="error", source=_SFA + "：环首尾相接",
    roles=[role for role, shape in SHAPE.items() if shape == "polygon"], distance_m=CLUSTER_M,
)  # fmt: skip
def ring_unclosed(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Lines in a layer of polygons whose ends do not meet."""
    at, gap = _unclosed(subject, tolerance["distance_m"])
    return found("issue-ring-unclosed", subject.frame, at, gap_m=gap)


def _unclosed(subject: Subject, distance_m: float) -> tuple[Ints, Floats]:
    shapes = subject.shapes.copy()
    shapes[shapely.get_type_id(shapes) != shapely.GeometryType.LINESTRING] = None
    gap = shapely.distance(shapely.get_point(shapes, 0), shapely.get_point(shapes, -1))
    long = shapely.get_num_coordinates(shapes) >= len("abc")
    polygons = SHAPE.get(subject.role) == "polygon"
    at = np.flatnonzero(polygons & long & (gap > distance_m))
    return at, gap[at]


def _wanted(subject: Subject) -> str:
    return SHAPE.get(subject.role, "")


@inspector("issue-coordinate-nan", group="geometry", severity="error", source=_SFA + "：坐标为有限数")
def coordinate_nan(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Coordinates that are no number."""
    at = not_numbers(subject.frame)
    return found("issue-coordinate-nan", subject.frame, at, [None] * len(at))


@inspector("issue-heights", group="geometry", severity="note", source="自定：面积只看平面坐标")
def heights(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Layers with Z or M, which no area looks at."""
    frame, shapes = subject.frame, subject.frame["geometry"].to_numpy()
    z, m = shapely.has_z(shapes), shapely.has_m(shapes)
    first, counts = _a_layer(frame, z | m)
    layers = frame["layer"].to_numpy()
    heights_of = [int(z[layers == layers[at]].sum()) for at in first]
    measures_of = [int(m[layers == layers[at]].sum()) for at in first]
    return found("issue-heights", frame, first, count=counts, z=heights_of, m=measures_of)


@inspector("issue-vertex-twice", group="geometry", severity="warning", source="浙江省质检 4101（容差 0.0001 m）", distance_m=CLUSTER_M)  # fmt: skip
def vertex_twice(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Vertices that follow each other at one place."""
    taken = subject.drawn
    at = np.flatnonzero(_lengths(taken) <= tolerance["distance_m"] + MICROMETRE)
    return _points(subject, taken, "issue-vertex-twice", at)


@inspector("issue-segment-short", group="geometry", severity="note", source="公开质检代码：节点最小间距，容差 0.001 m", length_m=0.001)  # fmt: skip
def segment_short(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Edges shorter than coordinates are exact, doubled vertices not counted."""
    taken = subject.drawn
    length = _lengths(taken)
    short = (length > CLUSTER_M + MICROMETRE) & (length < tolerance["length_m"] - MICROMETRE)
    return _points(subject, taken, "issue-segment-short", np.flatnonzero(short))


@inspector(
    "issue-spike",
    group="geometry",
    severity="warning",
    source=_ANGLES,
    angle_deg=10.0,
    length_m=0.1,
    width_m=10.0,
)
def spike(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Corners sharper than the angle, between edges longer than the length whose near ends are closer than the width."""
    taken = subject.drawn
    length = _lengths(taken)
    kept = np.flatnonzero((length > CLUSTER_M + MICROMETRE) & np.isfinite(length))
    xy, ring = taken.xy[kept], taken.ring_of_vertex[kept]
    back, ahead = _neighbours(ring)
    to_last, to_next = xy[back] - xy, xy[ahead] - xy
    cross = to_last[:, 0] * to_next[:, 1] - to_last[:, 1] * to_next[:, 0]
    angle = np.degrees(np.arctan2(np.abs(cross), (to_last * to_next).sum(axis=1)))
    arm = np.minimum(np.hypot(*to_last.T), np.hypot(*to_next.T))
    sharp = (angle < tolerance["angle_deg"]) & (
        2 * arm * np.sin(np.radians(angle) / 2) < tolerance["width_m"]
    )
    at = np.flatnonzero(sharp & (arm > tolerance["length_m"]))
    return found(
        "issue-spike", subject.frame, taken.shape_of_ring[ring[at]], shapely.points(xy[at]),
        x=xy[at, 0], y=xy[at, 1], angle_deg=angle[at], length_m=arm[at],
    )  # fmt: skip


def _neighbours(ring: Ints) -> tuple[Ints, Ints]:
    """Positions of the vertex before and after each vertex, around its ring."""
    number = np.arange(len(ring))
    back, ahead = number - 1, number + 1
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    last = np.append(first[1:], len(ring)) - 1
    if len(ring):
        back[first], ahead[last] = last, first
    return back, ahead


def _lengths(taken: Drawn) -> Floats:
    """Length of the edge from each vertex to the next, m; endless at the last of a ring."""
    length = np.full(len(taken.xy), np.inf)
    length[:-1] = np.hypot(*(taken.xy[1:] - taken.xy[:-1]).T)
    length[taken.offsets[1:] - 1] = np.inf
    return length


def _points(subject: Subject, taken: Drawn, code: str, at: Ints) -> pd.DataFrame:
    """One issue for each feature that has such vertices, with all of them as its place."""
    shape = taken.shape_of_ring[taken.ring_of_vertex[at]]
    order = np.argsort(shape, kind="stable")
    at, shape = at[order], shape[order]
    features, start, count = np.unique(shape, return_index=True, return_counts=True)
    places = shapely.multipoints(
        np.asarray(shapely.points(taken.xy[at]), dtype=object),
        indices=np.repeat(np.arange(len(features)), count),
    )
    first = taken.xy[at[start]]
    return found(code, subject.frame, features, places, count=count, x=first[:, 0], y=first[:, 1])


@inspector("issue-area-zero", group="geometry", severity="error", source="公开质检代码：TBMJ 大于 0", area_m2=NOTHING_M2)  # fmt: skip
def area_zero(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Polygons that enclose nothing."""
    at = np.flatnonzero(encloses_nothing(subject.shapes, tolerance["area_m2"]))
    return found("issue-area-zero", subject.frame, at)


@inspector("issue-self-intersection", group="geometry", severity="error", source="浙江省质检 4101;" + _SFA)
def self_intersection(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Outlines that cross or touch themselves so that inside and outside are not told apart."""
    at, places = faults(subject.shapes).crossed
    return found(
        "issue-self-intersection", subject.frame, at, places, x=shapely.get_x(places), y=shapely.get_y(places)
    )


@inspector("issue-hole-outside", group="geometry", severity="error", source=_SFA + "：内环在外环之内")
def hole_outside(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Holes beyond their shell."""
    at, holes = faults(subject.shapes).outside
    return found("issue-hole-outside", subject.frame, at, holes, area_m2=shapely.area(holes))


@inspector("issue-rings-nested", group="geometry", severity="error", source=_SFA + "：各部分内部不相交")
def rings_nested(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Shells within the land of another part of the feature, and holes within holes."""
    at, inner = faults(subject.shapes).nested
    return found("issue-rings-nested", subject.frame, at, inner, area_m2=shapely.area(inner))


@inspector("issue-ring-twice", group="geometry", severity="error", source="浙江省质检 4101;" + _SFA)
def ring_twice(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Rings drawn twice in one feature, or that go round twice."""
    at, again = faults(subject.shapes).twice
    return found("issue-ring-twice", subject.frame, at, again, area_m2=plane_area(shapely.make_valid(again)))


@inspector(
    "issue-ring-orientation",
    group="geometry",
    severity="note",
    source=_SFA + "；RFC 7946；Esri Shapefile Technical Description",
)
def ring_orientation(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Holes that turn the way of their shell, which shapefile and GeoJSON forbid."""
    taken = subject.drawn
    turns = taken.signed_areas() > 0
    shell_turns = turns[np.maximum.accumulate(np.where(taken.shell, np.arange(len(turns)), 0))]
    holes = np.flatnonzero(~taken.shell & (turns == shell_turns))
    return found("issue-ring-orientation", subject.frame, taken.shape_of_ring[holes], taken.rings[holes])


@inspector("issue-feature-twice", group="geometry", severity="warning", source="浙江省质检 4101（自相重叠）")
def feature_twice(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """The same geometry twice in one layer at one date, wherever its rings start."""
    frame, shapes = subject.frame, subject.shapes
    dated = subject.role == "construction_land" and "date" in frame
    at = frame["date"].fillna("") if dated else ""
    key = pd.DataFrame(
        {"shape": shapely.to_wkb(shapely.normalize(shapes)), "layer": frame["layer"], "date": at},
        index=frame.index,
    )
    twice = key.duplicated().to_numpy() & ~shapely.is_missing(shapes)
    return found("issue-feature-twice", frame, np.flatnonzero(twice))


@inspector(
    "issue-multipart", group="geometry", severity="warning", source="浙江省质检 4301（图形不连续）",
    roles=("construction_land", "expansion_boundary"),
)  # fmt: skip
def multipart(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Parcels and zones of several parts; each part should be a feature."""
    count = np.bincount(subject.drawn.shape_of_part, minlength=len(subject.frame))
    at = np.flatnonzero(count > 1)
    return found("issue-multipart", subject.frame, at, count=count[at])


@inspector("issue-part-tiny", group="geometry", severity="warning", source="公开质检代码 4301（碎面）；浙江省质检 4201 的 20 m²", area_m2=20.0)  # fmt: skip
def part_tiny(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Crumbs of features that have several parts."""
    taken = subject.drawn
    several = np.bincount(taken.shape_of_part, minlength=len(subject.frame))[taken.shape_of_part] > 1
    area = shapely.area(taken.parts)
    at = np.flatnonzero(several & (area < tolerance["area_m2"]))
    return found("issue-part-tiny", subject.frame, taken.shape_of_part[at], taken.parts[at], area_m2=area[at])


@inspector(
    "issue-patch-small", group="geometry", severity="warning", source="浙江省质检 4201/1402：最小上图面积减 20 m²",
    roles=("construction_land", "farmland", "expansion_boundary"),
    construction_m2=200.0, agricultural_m2=400.0, unused_m2=600.0, zone_m2=10_000.0, off_m2=20.0,
)  # fmt: skip
def patch_small(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Features smaller than their land class is mapped at."""
    frame, shapes = subject.frame, subject.shapes.copy()
    shapes[shapely.get_dimensions(shapes) != DIMENSION["polygon"]] = None
    usual = {"farmland": "agricultural", "expansion_boundary": "zone"}.get(subject.role, "construction")
    kinds = (
        group(frame["land_class"]).fillna(usual)
        if "land_class" in frame
        else pd.Series(usual, index=frame.index)
    )
    least = kinds.map(
        {kind: tolerance[f"{kind}_m2"] for kind in ("construction", "agricultural", "unused", "zone")}
    )
    area = plane_area(shapes) if subject.crs is None else legal_area(shapes, subject.crs)
    small = (area < least.to_numpy(dtype=float) - tolerance["off_m2"]) & ~shapely.is_missing(shapes)
    at = np.flatnonzero(small & ~encloses_nothing(shapes))
    return found("issue-patch-small", frame, at, area_m2=area[at], least_m2=least.to_numpy(dtype=float)[at])


@inspector(
    "issue-outside-crs", group="geometry", severity="warning", source="坐标系适用范围（EPSG）", margin_deg=1.0
)
def outside_crs(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Features whose middle lies outside the area of use of the CRS, with some degrees to spare."""
    crs, frame, margin = subject.crs, subject.frame, tolerance["margin_deg"]
    if crs is None or crs.area_of_use is None or crs.geodetic_crs is None:
        return found("issue-outside-crs", frame, [])
    west, south, east, north = shapely.bounds(subject.shapes).T
    to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = to_degrees.transform((west + east) / 2, (south + north) / 2)
    use = crs.area_of_use
    inside = (lon > use.west - margin) & (lon < use.east + margin)
    inside &= (lat > use.south - margin) & (lat < use.north + margin)
    at = np.flatnonzero(~inside & ~np.isnan(west))
    return found("issue-outside-crs", frame, at, crs=crs.name)


def _a_layer(frame: pd.DataFrame, which: Bools) -> tuple[Ints, Ints]:
    """Position of the first of `which` in each layer, and how many each layer has."""
    at = np.flatnonzero(which)
    _, first, count = np.unique(
        frame["layer"].to_numpy().astype(str)[at], return_index=True, return_counts=True
    )
    return at[first], count
