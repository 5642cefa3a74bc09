"""Polygons cut at the boundary of another where the two only cross: quickly, on flat arrays.

Most parcels at the edge of a limit are one ring that one ring crosses here and there, well away from all corners. Then
the parts are traced along both rings in turn (Weiler and Atherton). Whatever touches, runs along, lies inside, has
holes or is close to any of that is left to GEOS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from spatial import binary, kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.flat import Flat
    from spatial.ready import Near

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_CLEAR = 1e-6
_MOST = 64


class Parts(NamedTuple):
    """Parts as WKB, null where there is none (yet), and their plane area, m², NaN there."""

    wkb: pa.Array
    area: Floats


def crossed(flat: Flat, turn: Floats, one: Ints, near: Near, other: Ints, *, outside: bool) -> Parts:
    """What of a shape lies in, or outside, one polygon, for each pair that can be traced.

    Parameters
    ----------
    flat, turn
        Shapes, and how their rings turn.
    one
        n positions in `flat`.
    near, other
        Polygons, of which only what is near the shape need be right, and n positions in them.
    outside
        Whether the parts outside the polygon are wanted.

    Returns
    -------
    Parts
        n parts, shells clockwise.
    """
    if not kernels.COMPILED:
        return Parts(pa.nulls(len(one), pa.binary()), np.full(len(one), np.nan))
    area = np.full(len(one), np.nan)
    them = near.flat
    xy, ring_start, first_ring = _trace_all(
        flat.xy, flat.ring_start, flat.first_ring, turn, flat.box, one,
        them.xy, them.ring_start, them.first_ring, near.turn, near.block, other, outside, area,
    )  # fmt: skip
    where = np.zeros(len(one) + 1, dtype=np.int64)
    binary.sizes(ring_start, first_ring, where)
    data = np.empty(where[-1], dtype=np.uint8)
    binary.shells(xy, ring_start, first_ring, where, data)
    mask, lost = None, np.isnan(area)
    if lost.any():
        mask = pa.py_buffer(np.packbits(~lost, bitorder="little"))
    buffers = [mask, pa.py_buffer(where.astype(np.int32)), pa.py_buffer(data)]
    return Parts(pa.Array.from_buffers(pa.binary(), len(one), buffers), area)


@kernels.fast
def _trace_all(
    xy: Any, ring_start: Any, first_ring: Any, turn: Any, box: Any, one: Any,
    other_xy: Any, other_ring_start: Any, other_first_ring: Any, other_turn: Any, other_block: Any, other: Any,
    outside: Any, area: Any,
) -> Any:  # fmt: skip
    """Rings of the parts of each pair, none where it is left to GEOS."""
    near = np.empty(kernels.longest(other_ring_start, other_first_ring, other), dtype=np.int64)
    edges, places = np.empty((_MOST, 2), dtype=np.int64), np.empty((_MOST, 4))
    order = np.empty((4, _MOST), dtype=np.int64)
    out = np.empty((4096, 2))
    starts = np.zeros(1024, dtype=np.int64)
    first = np.zeros(len(one) + 1, dtype=np.int64)
    used = rings = 0
    for k in range(len(one)):
        first[k + 1] = rings
        a, b = one[k], other[k]
        if first_ring[a + 1] - first_ring[a] != 1:
            continue
        low, high = ring_start[first_ring[a]], ring_start[first_ring[a] + 1] - 1
        ring, count = _nearby(
            other_xy,
            other_ring_start,
            other_first_ring[b],
            other_first_ring[b + 1],
            other_block,
            box[a],
            near,
        )
        if count == 0:
            continue
        met = _meet(xy, low, high, other_xy, near[:count], edges, places)
        if met < 2:  # noqa: PLR2004 - a ring crosses another an even number of times
            continue
        need = used + high - low + count + 4 * met
        while need > len(out):
            larger = np.empty((2 * len(out), 2))
            larger[:used] = out[:used]
            out = larger
        if rings + met >= len(starts):
            longer = np.zeros(2 * len(starts), dtype=np.int64)
            longer[: rings + 1] = starts[: rings + 1]
            starts = longer
        way = 1 if turn[first_ring[a]] > 0 else -1
        other_way = 1 if (other_turn[ring] > 0) != outside else -1
        found, land = _trace(
            xy, low, high, other_xy, other_ring_start[ring], other_ring_start[ring + 1] - 1,
            edges[:met], places[:met], order, way, other_way, out, starts, rings, used, need,
        )  # fmt: skip
        if found > 0:
            rings += found
            used = starts[rings]
            area[k] = land
            first[k + 1] = rings
    return out[:used].copy(), starts[: rings + 1].copy(), first


@kernels.fast
def _nearby(xy: Any, ring_start: Any, first: int, last: int, block: Any, box: Any, near: Any) -> Any:
    """Edges of one ring that come near a box, by their first vertices; none if two rings do."""
    x0, y0, x1, y1 = box[0] - _CLEAR, box[1] - _CLEAR, box[2] + _CLEAR, box[3] + _CLEAR
    found, count = -1, 0
    for ring in range(first, last):
        i, end = ring_start[ring], ring_start[ring + 1] - 1
        while i < end:
            if i % kernels.BLOCK == 0 and i + kernels.BLOCK <= end:
                k = i // kernels.BLOCK
                if block[k, 2] < x0 or block[k, 0] > x1 or block[k, 3] < y0 or block[k, 1] > y1:
                    i += kernels.BLOCK
                    continue
            px, py, qx, qy = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
            if (max(px, qx) >= x0) & (min(px, qx) <= x1) & (max(py, qy) >= y0) & (min(py, qy) <= y1):
                if found not in (-1, ring):
                    return ring, 0
                found = ring
                near[count] = i
                count += 1
            i += 1
    return found, count


@kernels.fast
def _meet(xy: Any, low: int, high: int, other_xy: Any, near: Any, edges: Any, places: Any) -> int:
    """Where edges cross: both edges; how far along each, and the point. How many, -1 if that is not clear.

    Edges are seen from their lower end, so that whoever shares an edge finds the same point.
    """
    met = 0
    for i in range(low, high):
        ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
        x0, x1 = min(ax, bx) - _CLEAR, max(ax, bx) + _CLEAR
        y0, y1 = min(ay, by) - _CLEAR, max(ay, by) + _CLEAR
        turned = bx < ax or (bx == ax and by < ay)
        if turned:
            ax, ay, bx, by = bx, by, ax, ay
        ux, uy = bx - ax, by - ay
        for j in near:
            px, py, qx, qy = other_xy[j, 0], other_xy[j, 1], other_xy[j + 1, 0], other_xy[j + 1, 1]
            if (px < x0 and qx < x0) or (px > x1 and qx > x1):
                continue
            if (py < y0 and qy < y0) or (py > y1 and qy > y1):
                continue
            back = qx < px or (qx == px and qy < py)
            if back:
                px, py, qx, qy = qx, qy, px, py
            vx, vy = qx - px, qy - py
            clear = _CLEAR * (abs(ux) + abs(uy))
            p, q = ux * (py - ay) - uy * (px - ax), ux * (qy - ay) - uy * (qx - ax)
            if (p > clear and q > clear) or (p < -clear and q < -clear):
                continue
            across = _CLEAR * (abs(vx) + abs(vy))
            a, b = vx * (ay - py) - vy * (ax - px), vx * (by - py) - vy * (bx - px)
            if (a > across and b > across) or (a < -across and b < -across):
                continue
            if abs(p) <= clear or abs(q) <= clear or abs(a) <= across or abs(b) <= across or met == _MOST:
                return -1
            s, t = a / (a - b), p / (p - q)
            edges[met, 0], edges[met, 1] = i, j
            places[met, 0], places[met, 1] = (1 - s if turned else s), (1 - t if back else t)
            places[met, 2], places[met, 3] = ax + s * ux, ay + s * uy
            met += 1
    return met if met % 2 == 0 else -1


@kernels.fast
def _trace(
    xy: Any, low: int, high: int, other_xy: Any, other_low: int, other_high: int, edges: Any, places: Any,
    order: Any, way: int, other_way: int, out: Any, starts: Any, rings: int, used: int, end: int,
) -> Any:  # fmt: skip
    """Trace the parts; their number and area, or 0 if the crossings do not alternate.

    `way` is 1 where the shape's ring is followed as it is stored, -1 where it is followed backwards, so that the
    part lies on the left. `other_way` likewise.
    """
    met = len(edges)
    along, rank, other_along, other_rank = order[0], order[1], order[2], order[3]
    _sort(edges, places, 0, along, rank)
    _sort(edges, places, 1, other_along, other_rank)
    enters = _enters(xy, other_xy, edges, along[0], way * other_way)
    for k in range(met):
        if _enters(xy, other_xy, edges, along[k], way * other_way) != (enters == (k % 2 == 0)):
            return 0, 0.0
    done = np.zeros(met, dtype=np.bool_)
    found, land = 0, 0.0
    for k in range(met):
        begin = along[k]
        if done[begin] or _enters(xy, other_xy, edges, begin, way * other_way) == False:  # noqa: E712
            continue
        begun, at = used, begin
        while not done[at]:
            done[at] = True
            leave = along[(rank[at] + way) % met]
            used = _walk(xy, low, high, edges, places, 0, at, leave, way, out, used, end)
            at = other_along[(other_rank[leave] + other_way) % met]
            used = _walk(
                other_xy, other_low, other_high, edges, places, 1, leave, at, other_way, out, used, end
            )
            if used < 0:
                return 0, 0.0
        area = _closed(out, begun, used)
        if at != begin or area <= 0.0:
            return 0, 0.0
        used += 1
        found += 1
        land += area
        starts[rings + found] = used
    return found, land


@kernels.fast
def _enters(xy: Any, other_xy: Any, edges: Any, k: int, ways: int) -> bool:
    """Whether the shape's ring crosses the other from its right to its left."""
    i, j = edges[k, 0], edges[k, 1]
    ux, uy = xy[i + 1, 0] - xy[i, 0], xy[i + 1, 1] - xy[i, 1]
    vx, vy = other_xy[j + 1, 0] - other_xy[j, 0], other_xy[j + 1, 1] - other_xy[j, 1]
    return bool((vx * uy - vy * ux) * ways > 0.0)


@kernels.fast
def _sort(edges: Any, places: Any, which: int, along: Any, rank: Any) -> None:
    """Crossings in their order along a ring, and the place of each in it."""
    for k in range(len(edges)):
        at = k
        while at > 0:
            before = along[at - 1]
            if edges[before, which] < edges[k, which] or (
                edges[before, which] == edges[k, which] and places[before, which] <= places[k, which]
            ):
                break
            along[at] = before
            at -= 1
        along[at] = k
    for at in range(len(edges)):
        rank[along[at]] = at


@kernels.fast
def _walk(
    xy: Any, low: int, high: int, edges: Any, places: Any, which: int, start: int, stop: int, way: int,
    out: Any, used: int, end: int,
) -> int:  # fmt: skip
    """Put down a crossing and the corners from there to the next; -1 if there are more than can be."""
    if used < 0 or used >= end:
        return -1
    out[used, 0], out[used, 1] = places[start, 2], places[start, 3]
    used += 1
    count = high - low
    steps = ((edges[stop, which] - edges[start, which]) * way) % count
    if steps == 0 and (places[stop, which] - places[start, which]) * way <= 0.0:
        steps = count
    if used + steps >= end:
        return -1
    edge = edges[start, which] - low
    for _ in range(steps):
        corner = low + (edge + 1) % count if way > 0 else low + edge
        out[used, 0], out[used, 1] = xy[corner, 0], xy[corner, 1]
        used += 1
        edge = (edge + way) % count
    return used


@kernels.fast
def _closed(out: Any, begun: int, used: int) -> float:
    """Close a ring, clockwise; its area if it was traced counter-clockwise and no corner stands twice, else 0."""
    x0, y0 = out[begun, 0], out[begun, 1]
    out[used, 0], out[used, 1] = x0, y0
    area = 0.0
    for i in range(begun, used):
        px, py, qx, qy = out[i, 0] - x0, out[i, 1] - y0, out[i + 1, 0] - x0, out[i + 1, 1] - y0
        if px == qx and py == qy:
            return 0.0
        area += px * qy - qx * py
    i, j = begun + 1, used - 1
    while i < j:
        px, py = out[i, 0], out[i, 1]
        out[i, 0], out[i, 1] = out[j, 0], out[j, 1]
        out[j, 0], out[j, 1] = px, py
        i += 1
        j -= 1
    return area / 2
