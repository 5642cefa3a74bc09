"""Geometries of plots out of their boundary points: rings, holes told from further shells by where they lie."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_LEAST, _MANY = 3, 100


def ring_starts(points: pd.DataFrame, notes: list[Any]) -> Ints:
    """Where each ring starts among the points, and their number: at each new plot or ring number.

    A ring that closes before its number ends is followed by another of the same number.
    """
    plot, ring = points["plot"].to_numpy(), points["ring"].to_numpy()
    new = np.ones(len(points), dtype=bool)
    new[1:] = (plot[1:] != plot[:-1]) | (ring[1:] != ring[:-1])
    starts = np.append(np.flatnonzero(new), len(points))
    xy = points[["x", "y"]].to_numpy()
    more: list[int] = []
    for low, high in pairwise(starts):
        begin = low
        while True:
            back = np.flatnonzero((xy[begin + _LEAST : high - 1] == xy[begin]).all(axis=1))
            if not len(back):
                break
            begin = begin + _LEAST + int(back[0]) + 1
            more.append(begin)
    if more:
        notes.append(("issue-plot-same-ring", "note", None, {"count": len(more)}))
    return np.unique(np.concatenate([starts, np.array(more, dtype=np.int64)]))


def shapes_of(
    points: pd.DataFrame, starts: Ints, kinds: NDArray[np.object_], notes: list[Any]
) -> NDArray[np.object_]:
    """Geometry of each plot: polygons, or lines or points where its line says so; None without enough points."""
    xy, plot = points[["x", "y"]].to_numpy(), points["plot"].to_numpy()
    numbers = points["ring"].to_numpy()
    rings: dict[int, list[Any]] = {}
    named: dict[int, list[str]] = {}
    for low, high in pairwise(starts):
        place = int(plot[low])
        rings.setdefault(place, []).append(xy[low:high])
        named.setdefault(place, []).append(str(numbers[low]))
    result = np.full(len(kinds), None, dtype=object)
    for place, parts in rings.items():
        if kinds[place] == "点":
            result[place] = shapely.multipoints(np.concatenate(parts))
        elif kinds[place] == "线":
            result[place] = _lines(parts)
        else:
            result[place] = _polygon(parts, named[place], place + 1, notes)
    return result


def _lines(parts: list[Any]) -> Any:
    lines = [shapely.linestrings(part) for part in parts if len(part) > 1]
    return shapely.multilinestrings(lines) if len(lines) > 1 else lines[0] if lines else None


def _polygon(parts: list[Any], numbers: list[str], plot: int, notes: list[Any]) -> Any:
    closed = [bool((part[0] == part[-1]).all()) for part in parts]
    whole = [part if shut else np.vstack([part, part[:1]]) for part, shut in zip(parts, closed, strict=True)]
    sound = [len(part) > _MANY or len(np.unique(part, axis=0)) >= _LEAST for part in whole]
    repeated = sum(int((part[1:] == part[:-1]).all(axis=1).sum()) for part in whole)
    counts = {
        "issue-plot-unclosed": closed.count(False), "issue-plot-short-ring": sound.count(False),
        "issue-plot-repeated": repeated,
    }  # fmt: skip
    notes += [(code, "warning", plot, {"count": count}) for code, count in counts.items() if count]
    kept = [part for part, fit in zip(whole, sound, strict=True) if fit]
    if not kept:
        return None
    outlines: Any = shapely.polygons(np.array([shapely.linearrings(part) for part in kept], dtype=object))
    depth, parent = _nested(outlines)
    hole = depth % 2 == 1
    first = [number in {"1", "0", ""} for number, fit in zip(numbers, sound, strict=True) if fit]
    further = int(sum(not is_hole and not is_first for is_hole, is_first in zip(hole, first, strict=True)))
    if further:
        notes.append(("issue-plot-further-shell", "note", plot, {"count": further}))
    polygons = [
        shapely.Polygon(kept[shell], [kept[k] for k in np.flatnonzero(hole & (parent == shell))])
        for shell in np.flatnonzero(~hole)
    ]
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def _nested(outlines: NDArray[np.object_]) -> tuple[Ints, Ints]:
    """How many rings each lies in, and the smallest of them (-1: none); of two alike the first holds the second."""
    count = len(outlines)
    depth, parent = np.zeros(count, dtype=np.int64), np.full(count, -1)
    if count == 1:
        return depth, parent
    area = shapely.area(outlines)
    inside = shapely.STRtree(outlines).query(shapely.point_on_surface(outlines), predicate="intersects")
    one, other = inside
    larger = (area[other] > area[one]) | ((area[other] == area[one]) & (other < one))
    one, other = one[larger], other[larger]
    np.add.at(depth, one, 1)
    for place in np.unique(one):
        holders = other[one == place]
        parent[place] = holders[np.argmin(area[holders])]
    return depth, parent
