"""A limit layer made ready for cutting: towns, zones, farmland, redline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.repair import ISSUE_COLUMNS, repair
from spatial.rings import POLYGON

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

_MARGIN = 1.0
_TILE = 1000.0
_SIMPLE = 64


@dataclass(frozen=True)
class Cut:
    """Where n shapes lie with respect to a limit.

    Attributes
    ----------
    whole
        n: lies wholly in one polygon of the limit.
    owner
        n: feature of the limit that holds it, -1 where it is not whole.
    parts, part_of, part_owner
        The parts of the other shapes inside the limit, whose they are, and in which feature.
    inside, outside
        Positions and geometries of what lies in and out of the limit, where asked for.
    """

    whole: NDArray[np.bool_]
    owner: Ints
    parts: Shapes
    part_of: Ints
    part_owner: Ints
    inside: tuple[Ints, Shapes]
    outside: tuple[Ints, Shapes]


class Limit:
    """The polygons of one layer, valid, apart from each other, prepared and indexed.

    Parameters
    ----------
    series
        Polygons in a plane in metres.
    name
        Name of the layer, for issues.
    keep_apart
        Whether features matter (towns): an overlap then goes to the first; otherwise overlapping polygons
        become one.
    """

    def __init__(self, series: gpd.GeoSeries, name: str, *, keep_apart: bool = False) -> None:
        self.polygons, self.feature, self.issues = sound_and_apart(series, name, keep_apart=keep_apart)
        shapely.prepare(self.polygons)
        self._tree = shapely.STRtree(self.polygons)
        self._tiles: dict[tuple[int, int, int], Any] = {}

    def cut(self, shapes: Shapes, *, inside: bool = False, outside: bool = False) -> Cut:
        """Cut valid polygons at this limit; see `Cut`."""
        count = len(shapes)
        which, polygon = self._tree.query(shapes)
        order = np.lexsort((polygon, which))
        which, polygon = which[order], polygon[order]
        covered = shapely.contains_properly(self.polygons[polygon], shapes[which])
        owner = np.full(count, -1)
        owner[which[covered]] = self.feature[polygon[covered]]
        whole = owner >= 0
        open_ = ~whole[which]
        which, polygon = which[open_], polygon[open_]
        touching = shapely.intersects(self.polygons[polygon], shapes[which])
        which, polygon = which[touching], polygon[touching]
        local = self._local(shapes, which, polygon)
        parts, kept = _intersections(shapes[which], local)
        result_of, result_owner = which[kept], self.feature[polygon[kept]]
        everything = np.arange(count)
        return Cut(
            whole=whole,
            owner=owner,
            parts=parts,
            part_of=result_of,
            part_owner=result_owner,
            inside=_inside(shapes, everything[whole], parts, result_of) if inside else _nothing(),
            outside=_outside(shapes, whole, which, local) if outside else _nothing(),
        )

    def _local(self, shapes: Shapes, which: Ints, polygon: Ints) -> Shapes:
        """Each pair's polygon, clipped to a tile and again to the shape's box with a margin.

        The seams lie outside the shape, so cutting with the clipped polygon gives the same as with all of it.
        """
        local = self.polygons[polygon]
        large = shapely.get_num_coordinates(local) > _SIMPLE
        boxes = shapely.bounds(shapes[which]) + np.array([-_MARGIN, -_MARGIN, _MARGIN, _MARGIN])
        low = np.floor(boxes[:, :2] / _TILE).astype(np.int64)
        for pair in np.flatnonzero(large):
            x0, y0, x1, y1 = boxes[pair]
            limit = local[pair]
            if x1 - x0 < _TILE and y1 - y0 < _TILE:
                key = (int(polygon[pair]), int(low[pair, 0]), int(low[pair, 1]))
                tile = self._tiles.get(key)
                if tile is None:
                    west, south = low[pair] * _TILE
                    tile = shapely.clip_by_rect(limit, west, south, west + 2 * _TILE, south + 2 * _TILE)
                    self._tiles[key] = tile
                limit = tile
            local[pair] = shapely.clip_by_rect(limit, x0, y0, x1, y1)
        return local


def _nothing() -> tuple[Ints, Shapes]:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=object)


def sound_and_apart(
    series: gpd.GeoSeries, name: str, *, keep_apart: bool
) -> tuple[Shapes, Ints, pd.DataFrame]:
    """The polygons of a layer, valid and without overlaps.

    Parameters
    ----------
    series
        Polygons in a plane in metres.
    name
        Name of the layer, for issues.
    keep_apart
        Whether features matter (towns): an overlap then goes to the first; otherwise overlapping polygons
        become one.

    Returns
    -------
    polygons
        m single polygons.
    feature
        Position in `series` of each.
    issues
        Rows of the issues table: what was repaired, set aside, or lay twice.
    """
    shapes, repaired = repair(series.to_numpy(), series.index, name)
    places = np.flatnonzero(~shapely.is_missing(shapes))
    polygons, of_shape = shapely.get_parts(shapes[places], return_index=True)
    polygons, feature, overlaps = _apart(polygons, places[of_shape], keep_apart=keep_apart)
    if overlaps > 0:
        row = ["issue-limit-overlaps-itself", "warning", name, None, None, {"area_m2": overlaps}, None]
        told = pd.DataFrame([row], columns=ISSUE_COLUMNS)
        repaired = pd.concat([repaired, told]) if len(repaired) else told
    return polygons, feature, repaired


def _overlapping(polygons: Shapes) -> tuple[Ints, Ints, Floats]:
    """Pairs of polygons that share land, and how much.

    Where the polygons that meet are a valid coverage, they share none; only those that are not are cut.
    """
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    meeting = np.unique(np.concatenate([left, right]))
    suspect = np.zeros(len(polygons), dtype=bool)
    suspect[meeting] = ~shapely.is_empty(shapely.coverage_invalid_edges(polygons[meeting]))
    pairs = suspect[left] & suspect[right]
    left, right = left[pairs], right[pairs]
    shared = shapely.area(solve(shapely.intersection, polygons[left], polygons[right]))
    real = shared > np.maximum(1e-6, 1e-12 * (shapely.area(polygons[left]) + shapely.area(polygons[right])))
    return left[real], right[real], shared[real]


def _apart(polygons: Shapes, feature: Ints, *, keep_apart: bool) -> tuple[Shapes, Ints, float]:
    """Polygons without overlaps, their features, and the area that lay in several of them."""
    left, right, shared = _overlapping(polygons)
    if not len(left):
        return polygons, feature, 0.0
    polygons = polygons.copy()
    if keep_apart:
        for first, second in zip(left, right, strict=True):
            polygons[second] = shapely.difference(polygons[second], polygons[first])
        parts, of_polygon = shapely.get_parts(polygons, return_index=True)
        solid = shapely.get_type_id(parts) == POLYGON
        return parts[solid], feature[of_polygon[solid]], float(shared.sum())
    alone = np.ones(len(polygons), dtype=bool)
    alone[left] = alone[right] = False
    parts = shapely.get_parts(shapely.union_all(polygons[~alone]))
    return (
        np.concatenate([polygons[alone], parts]),
        np.concatenate([feature[alone], np.full(len(parts), feature[~alone][0])]),
        float(shared.sum()),
    )


def _intersections(shapes: Shapes, limits: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    parts = solid(solve(shapely.intersection, shapes, limits))
    kept = shapely.area(parts) > 0
    return parts[kept], kept


def _inside(shapes: Shapes, whole: Ints, parts: Shapes, part_of: Ints) -> tuple[Ints, Shapes]:
    at, first = np.unique(part_of, return_index=True)
    joined = [
        group[0] if len(group) == 1 else shapely.union_all(group)
        for group in np.split(parts, first[1:])
        if len(group)
    ]
    geometry = np.concatenate([shapes[whole], np.array(joined, dtype=object)])
    places = np.concatenate([whole, at])
    order = np.argsort(places, kind="stable")
    return places[order], geometry[order]


def _outside(shapes: Shapes, whole: NDArray[np.bool_], which: Ints, local: Shapes) -> tuple[Ints, Shapes]:
    rest = shapes.copy()
    at, first = np.unique(which, return_index=True)
    taken = np.array(
        [group[0] if len(group) == 1 else shapely.union_all(group) for group in np.split(local, first[1:])][
            : len(at)
        ],
        dtype=object,
    )
    rest[at] = solid(solve(shapely.difference, shapes[at], taken))
    area = shapely.area(rest)
    places = np.flatnonzero(~whole & (area > 0))
    return places, rest[places]


def solve(operation: Any, one: Shapes, other: Shapes) -> Shapes:
    """One set operation on all pairs; where GEOS refuses, pair by pair, repaired, on a 1 mm grid at last."""
    try:
        result: Shapes = operation(one, other)
    except shapely.GEOSException:
        result = np.array(
            [_solve_one(operation, a, b) for a, b in zip(one, other, strict=True)], dtype=object
        )
    return result


def _solve_one(operation: Any, one: Any, other: Any) -> Any:
    try:
        return operation(one, other)
    except shapely.GEOSException:
        one, other = (shapely.make_valid(g, method="structure", keep_collapsed=False) for g in (one, other))
        try:
            return operation(one, other)
        except shapely.GEOSException:
            return operation(one, other, grid_size=1e-3)


def solid(shapes: Shapes) -> Shapes:
    """Only the polygons of each geometry: where edges touch, GEOS adds lines and points."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == 7)  # noqa: PLR2004 - a collection
    for place in mixed:
        parts = shapely.get_parts(shapes[place])
        shapes[place] = shapely.multipolygons(shapely.get_parts(parts[shapely.get_dimensions(parts) == 2]))  # noqa: PLR2004
    return shapes
