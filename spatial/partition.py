"""Polygons that share their edges, as towns do: a quick proof that none lies on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from spatial import kernels
from spatial.flat import turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.flat import Flat

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_MOST = 0.5
"""Where more of the edges than this are nobody else's, the proof takes longer than to look for overlaps."""


def surely_apart(flat: Flat) -> bool:
    """Whether valid polygons surely share no land; False says nothing.

    Edges that two polygons have, each in its own direction, lie between neighbours. How many polygons a place lies
    in changes at the other edges alone, by one: where these are the rings of a valid multipolygon, land lies to their
    left once, and nowhere twice. All comparisons are of whole coordinates, so nothing depends on a tolerance.

    Parameters
    ----------
    flat
        Valid polygons.
    """
    if not kernels.COMPILED or not len(flat.xy):
        return False
    edges = _unshared(flat.xy, flat.ring_start, turns(flat))
    if not len(edges) or len(edges) > _MOST * len(flat.xy):
        return False
    xy, ring_start = _chained(flat.xy, edges)
    return len(ring_start) > 1 and _one_multipolygon(xy, ring_start)


def _one_multipolygon(xy: Floats, ring_start: Ints) -> bool:
    """Whether rings with land on their left are the shells and holes of a valid multipolygon."""
    sizes = np.diff(ring_start)
    if sizes.min() < 4:  # noqa: PLR2004 - a closed ring has three corners
        return False
    lines = np.asarray(shapely.linearrings(xy, indices=np.repeat(np.arange(len(sizes)), sizes)))
    left = shapely.is_ccw(lines)
    shells, holes = (np.asarray(shapely.polygons(lines[kind])) for kind in (left, ~left))
    of, inside = shapely.STRtree(shells).query(holes, predicate="within")
    order = np.lexsort((shapely.area(shells[inside]), of))
    hole, first = np.unique(of[order], return_index=True)
    if len(hole) < len(holes) or not len(shells):
        return False
    own = inside[order][first]
    rings = np.asarray(shapely.get_exterior_ring(holes))
    parts = [shapely.polygons(lines[left][k], rings[own == k]) for k in range(len(shells))]
    return bool(shapely.is_valid(shapely.multipolygons(parts)))


@kernels.fast
def _slot(key: int, room: int) -> int:
    key = (key ^ (key >> 29)) * 0x2545F4914F6CDD1D
    return (key ^ (key >> 32)) & (room - 1)


@kernels.fast
def _room(number: int) -> int:
    room = 2
    while room < 3 * number:
        room *= 2
    return room


@kernels.fast
def _same(xy: Any, i: int, j: int) -> Any:
    return xy[i, 0] == xy[j, 0] and xy[i, 1] == xy[j, 1]


@kernels.fast
def _unshared(xy: Any, ring_start: Any, turn: Any) -> Any:
    """Begin and end of the edges that no ring has in the other direction; none if the others do not pair up."""
    room = _room(len(xy))
    table = np.full(room, -1, dtype=np.int64)
    bits = xy.reshape(-1).view(np.int64)
    edge = np.empty((len(xy), 2), dtype=np.int64)
    alone = np.ones(len(xy), dtype=np.bool_)
    found = 0
    for ring in range(len(turn)):
        for i in range(ring_start[ring], ring_start[ring + 1] - 1):
            if _same(xy, i, i + 1):
                continue
            begin, end = (i, i + 1) if turn[ring] > 0 else (i + 1, i)
            slot = _slot((bits[2 * i] + bits[2 * i + 2]) * 31 + bits[2 * i + 1] + bits[2 * i + 3], room)
            while table[slot] >= 0:
                j = table[slot]
                back = _same(xy, edge[j, 0], end) and _same(xy, edge[j, 1], begin)
                if back and alone[j]:
                    break
                if back or (_same(xy, edge[j, 0], begin) and _same(xy, edge[j, 1], end)):
                    return edge[:0].copy()
                slot = (slot + 1) & (room - 1)
            if table[slot] < 0:
                table[slot] = found
                edge[found, 0], edge[found, 1] = begin, end
                found += 1
            else:
                alone[table[slot]] = False
    return edge[:found][alone[:found]].copy()


@kernels.fast
def _chained(xy: Any, edge: Any) -> Any:
    """Edges as closed rings, none where more than one begins at a point, or none goes on there."""
    room = _room(len(edge))
    table = np.full(room, -1, dtype=np.int64)
    bits = xy.reshape(-1).view(np.int64)
    nothing = np.empty((0, 2)), np.zeros(1, dtype=np.int64)
    for k in range(len(edge)):
        i = edge[k, 0]
        slot = _slot(bits[2 * i] * 31 + bits[2 * i + 1], room)
        while table[slot] >= 0:
            if _same(xy, edge[table[slot], 0], i):
                return nothing
            slot = (slot + 1) & (room - 1)
        table[slot] = k
    done = np.zeros(len(edge), dtype=np.bool_)
    out, starts = np.empty((2 * len(edge), 2)), np.zeros(len(edge) + 1, dtype=np.int64)
    used = rings = 0
    for first in range(len(edge)):
        k = first
        while not done[k]:
            done[k] = True
            i = edge[k, 1]
            out[used, 0], out[used, 1] = xy[edge[k, 0], 0], xy[edge[k, 0], 1]
            used += 1
            slot = _slot(bits[2 * i] * 31 + bits[2 * i + 1], room)
            while table[slot] >= 0 and not _same(xy, edge[table[slot], 0], i):
                slot = (slot + 1) & (room - 1)
            if table[slot] < 0:
                return nothing
            k = table[slot]
        if used > starts[rings]:
            if k != first:
                return nothing
            out[used, 0], out[used, 1] = out[starts[rings], 0], out[starts[rings], 1]
            used += 1
            rings += 1
            starts[rings] = used
    return out[:used].copy(), starts[: rings + 1].copy()
