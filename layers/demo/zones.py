"""Control zones 建设用地管制区: a partition of the prefecture with one planted hole, and the redline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.demo.shapes import rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.demo.layout import Prefecture
    from layers.demo.parcels import Built

MARGIN_M = {"centre": 70.0, "village": 26.0, "special": 45.0}
CONDITIONAL_M = 260.0
ANNEX_M = 22.0
TWICE_M = 0.07
PLAN_MARGIN_M = 40.0


@dataclass(frozen=True)
class Zones:
    """Zone faces with code and town, the hole left out, and the redline areas."""

    shapes: NDArray[np.object_]
    codes: NDArray[np.str_]
    town: NDArray[np.int64]
    redline: list[shapely.Polygon]


def zones(frame: Prefecture, built: list[Built]) -> Zones:
    """Draw all zone borders into one network and name its faces, so that neighbours share every vertex.

    Parameters
    ----------
    frame
        Frame of the prefecture.
    built
        What stands where; permitted zones follow it, annexes get the zone that they were planted for.
    """
    random = rng(frame.seed, 30)
    reserves = frame.reserves
    plans = [shapely.buffer(place.area, PLAN_MARGIN_M) for place in frame.places]
    layers: list[tuple[str, list[shapely.Polygon]]] = [
        ("gap", _annexes(built, "gap")),
        ("041", _annexes(built, "forbidden")),
        ("020", _annexes(built, "conditional")),
        ("010", [_twice(random, b.hull) for b in built if b.kind == "sliver"]),
        ("010", [_around(random, b.hull, MARGIN_M["special"]) for b in built if b.kind == "special"]),
        ("030", plans),
        (
            "010",
            [_around(random, b.hull, MARGIN_M[b.kind]) for b in built if b.kind in {"centre", "village"}],
        ),
        ("020", [_around(random, b.hull, CONDITIONAL_M) for b in built if b.kind == "centre"]),
        ("042", reserves[::2]),
        ("043", reserves[1::2]),
    ]
    drawn = [shape for _, shapes in layers for shape in shapes]
    lines = shapely.union_all(shapely.boundary(np.concatenate([frame.towns, np.array(drawn)])))
    faces = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))))
    middles = shapely.point_on_surface(faces)
    town = np.full(len(faces), -1)
    point, owner = shapely.STRtree(frame.towns).query(middles, predicate="within")
    town[point] = owner
    codes = np.full(len(faces), "030", dtype="<U3")
    for code, shapes in reversed(layers):
        if shapes:
            hit, _ = shapely.STRtree(shapes).query(middles, predicate="within")
            codes[hit] = code
    keep = (town >= 0) & (codes != "gap")
    faces, codes, town = _merge(faces[keep], codes[keep], town[keep])
    return Zones(faces, codes, town, [shapely.buffer(r, -90) for r in reserves])


def _annexes(built: list[Built], kind: str) -> list[shapely.Polygon]:
    return [shapely.buffer(b.hull, ANNEX_M, join_style="mitre") for b in built if b.kind == kind]


def _around(random: np.random.Generator, hull: shapely.Polygon, margin: float) -> shapely.Polygon:
    """Winding outline around a settlement that keeps at least a third of `margin` away from it."""
    ring = shapely.segmentize(shapely.buffer(hull, 2 * margin / 3, quad_segs=4), max(margin / 2.5, 12.0))
    xy = shapely.get_coordinates(ring)[:-1]
    noise = random.uniform(-1, 1, xy.shape) * margin / 6
    shape = shapely.Polygon(np.round(xy + noise, 3))
    return shape if shape.is_valid else shapely.Polygon(np.round(xy, 3))


def _twice(random: np.random.Generator, hull: shapely.Polygon) -> shapely.Polygon:
    """Trace the same outline as a second hand would: other vertices, a few centimetres off."""
    xy = shapely.get_coordinates(shapely.segmentize(hull.exterior, 14.0))[:-1]
    return shapely.Polygon(np.round(xy + random.uniform(-TWICE_M, TWICE_M, xy.shape), 3))


def _merge(
    faces: NDArray[np.object_], codes: NDArray[np.str_], town: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.str_], NDArray[np.int64]]:
    """Join faces of one zone in one town, then take the parts: no multi-part features, no inner borders."""
    groups, of = np.unique(np.char.add(np.char.add(codes, "/"), town.astype(str)), return_inverse=True)
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(len(groups)))
    merged = [
        shapely.coverage_union_all(rows) if len(rows) > 1 else rows[0]
        for rows in np.split(faces[order], starts[1:])
    ]
    parts, at = shapely.get_parts(np.array(merged), return_index=True)
    return parts, codes[order][starts][at], town[order][starts][at]
