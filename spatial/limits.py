"""The polygons of a limit layer, valid and apart from each other; set operations that do not give up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from spatial import kernels
from spatial.buckets import Buckets
from spatial.flat import Flat, blocks, of_shapes, singly, take, turns, with_shapes
from spatial.partition import surely_apart
from spatial.repair import ISSUE_COLUMNS
from spatial.rings import POLYGON
from spatial.sound import join_issues, sound

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

LARGE: Final = 400
"""A polygon with more vertices than this is large."""
_SHARED = 1e-6


class Limit(NamedTuple):
    """A layer that parcels are cut at or measured in: n polygons as WKB, in a plane in metres, and their ids."""

    wkb: pa.Array
    ids: Any


def sound_and_apart(limit: Limit, name: str, *, keep_apart: bool) -> tuple[Flat, Ints, pd.DataFrame]:
    """The polygons of a layer, valid and without overlaps.

    Parameters
    ----------
    limit
        The layer.
    name
        Its name, for issues.
    keep_apart
        Whether features matter (towns): an overlap then goes to the first; otherwise overlapping polygons
        become one.

    Returns
    -------
    polygons
        m single polygons; they have geometries where one of them has more than `LARGE` vertices.
    feature
        Position in the layer of each.
    issues
        Rows of the issues table: what was repaired, set aside, or lay twice.
    """
    whole, issues = sound(limit.wkb, limit.ids, name)
    flat, feature = singly(whole)
    many = np.diff(flat.ring_start[flat.first_ring]) > LARGE
    if not many.any() and kernels.COMPILED:
        suspect = _close(flat)
        if not len(suspect):
            return flat, feature, issues
    flat = with_shapes(flat)
    polygons, feature, overlaps = _apart(flat, feature, keep_apart=keep_apart)
    if overlaps > 0:
        row = ["issue-limit-overlaps-itself", "warning", name, None, None, {"area_m2": overlaps}, None]
        issues = join_issues([issues, pd.DataFrame([row], columns=ISSUE_COLUMNS)])
        flat = of_shapes(polygons)
    return flat, feature, issues


def _close(flat: Flat) -> Ints:
    """Polygons that may share land with another, for GEOS to look at."""
    one, other = Buckets(flat.box).joined(flat.box, np.arange(len(flat.box)))
    pairs = one < other
    one, other = one[pairs], other[pairs]
    turn = turns(flat)
    plane, ground = np.zeros(len(one)), np.zeros(len(one))
    arrays = (flat.xy, flat.ring_start, flat.first_ring, turn, flat.box, blocks(flat))
    if len(one):
        kernels.pairs(*arrays, np.zeros((len(flat.box), 3)), one, *arrays, other, plane, ground)
    shared = np.abs(plane) > _SHARED / 2
    return np.unique(np.concatenate([one[shared], other[shared]]))


def _overlapping(flat: Flat) -> tuple[Ints, Ints, Floats]:
    """Pairs of polygons that share land, and how much.

    Where the polygons that meet are a valid coverage, they share none; only pairs with one that is not are cut (of a
    polygon inside another, GEOS names the inner alone).
    """
    polygons: Any = flat.shapes
    left, right = shapely.STRtree(polygons).query(polygons)
    pairs = left < right
    left, right = left[pairs], right[pairs]
    if surely_apart(take(flat, np.unique(np.concatenate([left, right])))):
        return left[:0], right[:0], np.empty(0)
    shapely.prepare(polygons)
    pairs = shapely.intersects(polygons[left], polygons[right])
    left, right = left[pairs], right[pairs]
    meeting = np.unique(np.concatenate([left, right]))
    suspect = np.zeros(len(polygons), dtype=bool)
    suspect[meeting] = ~shapely.is_empty(shapely.coverage_invalid_edges(polygons[meeting]))
    pairs = suspect[left] | suspect[right]
    left, right = left[pairs], right[pairs]
    shared = shapely.area(solve(shapely.intersection, polygons[left], polygons[right]))
    real = shared > np.maximum(
        _SHARED, 1e-12 * (shapely.area(polygons[left]) + shapely.area(polygons[right]))
    )
    return left[real], right[real], shared[real]


def _apart(flat: Flat, feature: Ints, *, keep_apart: bool) -> tuple[Shapes, Ints, float]:
    """Polygons without overlaps, their features, and the area that lay in several of them."""
    left, right, shared = _overlapping(flat)
    polygons = np.array(flat.shapes, dtype=object)
    if not len(left):
        return polygons, feature, 0.0
    if keep_apart:
        for first, second in zip(left, right, strict=True):
            polygons[second] = shapely.difference(polygons[second], polygons[first])
        parts, of_polygon = shapely.get_parts(polygons, return_index=True)
        solid = (shapely.get_type_id(parts) == POLYGON) & ~shapely.is_empty(parts)
        return parts[solid], feature[of_polygon[solid]], float(shared.sum())
    alone = np.ones(len(polygons), dtype=bool)
    alone[left] = alone[right] = False
    parts = shapely.get_parts(shapely.union_all(polygons[~alone]))
    return (
        np.concatenate([polygons[alone], parts]),
        np.concatenate([feature[alone], np.full(len(parts), feature[~alone][0])]),
        float(shared.sum()),
    )


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
