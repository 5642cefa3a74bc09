"""Loops over flat coordinate arrays, compiled by numba where it is installed.

Nothing here is needed for a result: `spatial.flat` and `spatial.ready` have a way without numba to each.
``LIANGZHEN_NUMBA=0`` in the environment switches it off.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

numba: Any = None
if os.environ.get("LIANGZHEN_NUMBA") != "0":
    with suppress(ImportError):
        import numba

COMPILED = numba is not None

FIT, ODD, NONE = 0, 1, 2
"""What `spatial.wkb.count` says of a feature: read here; left to GEOS (3D, curves, other byte order); no geometry."""
BLOCK = 32
"""Edges of which `blocks` gives the bounds."""
_LEAST = 4
_LONG = 256


def fast(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop, if numba is there."""
    compiled: Callable[..., Any] = (
        numba.njit(cache=True, nogil=True, error_model="numpy")(function) if COMPILED else function
    )
    return compiled


@fast
def _apart(bx: float, by: float, px: float, py: float, qx: float, qy: float) -> bool:
    """Whether an edge from the origin to b surely does not meet the one from p to q."""
    margin = 1e-14 * (abs(bx) + abs(by)) * (abs(px) + abs(py) + abs(qx) + abs(qy))
    one, two = bx * py - by * px, bx * qy - by * qx
    if (one > margin and two > margin) or (one < -margin and two < -margin):
        return True
    dx, dy = qx - px, qy - py
    margin = 1e-14 * (abs(dx) + abs(dy)) * (abs(px) + abs(py) + abs(bx) + abs(by))
    one, two = dy * px - dx * py, dx * (by - py) - dy * (bx - px)
    return bool((one > margin and two > margin) or (one < -margin and two < -margin))


@fast
def simple_ring(xy: Any, low: int, high: int) -> bool:
    """Whether a closed ring surely neither touches nor crosses itself; False leaves it to GEOS."""
    n = high - low - 1
    if n + 1 < _LEAST or n > _LONG:
        return False
    for i in range(n):
        ax, ay = xy[low + i, 0], xy[low + i, 1]
        bx, by = xy[low + i + 1, 0] - ax, xy[low + i + 1, 1] - ay
        nxt = low + i + 2 if i + 2 <= n else low + 1
        cx, cy = xy[nxt, 0] - xy[low + i + 1, 0], xy[nxt, 1] - xy[low + i + 1, 1]
        size = (abs(bx) + abs(by)) * (abs(cx) + abs(cy))
        if size == 0.0 or (abs(bx * cy - by * cx) <= 1e-14 * size and bx * cx + by * cy <= 0.0):
            return False
        x0, x1 = (ax, ax + bx) if bx >= 0 else (ax + bx, ax)
        y0, y1 = (ay, ay + by) if by >= 0 else (ay + by, ay)
        last = n if i > 0 else n - 1
        for j in range(i + 2, last):
            px, py = xy[low + j, 0], xy[low + j, 1]
            qx, qy = xy[low + j + 1, 0], xy[low + j + 1, 1]
            if (px < x0 and qx < x0) or (px > x1 and qx > x1):
                continue
            if (py < y0 and qy < y0) or (py > y1 and qy > y1):
                continue
            if _apart(bx, by, px - ax, py - ay, qx - ax, qy - ay):
                continue
            return False
    return True


@fast
def _star(xy: Any, low: int, high: int) -> bool:
    """Whether a closed ring goes round the mean of its corners once, always the same way: then it is simple."""
    n = high - low - 1
    if n + 1 < _LEAST:
        return False
    cx = cy = 0.0
    for i in range(low, high - 1):
        cx += xy[i, 0] - xy[low, 0]
        cy += xy[i, 1] - xy[low, 1]
    cx, cy = xy[low, 0] + cx / n, xy[low, 1] + cy / n
    px, py = xy[low, 0] - cx, xy[low, 1] - cy
    way = 0.0
    rounds = 0
    for i in range(low + 1, high):
        qx, qy = xy[i, 0] - cx, xy[i, 1] - cy
        turn = px * qy - py * qx
        if abs(turn) <= 1e-14 * (abs(px) + abs(py)) * (abs(qx) + abs(qy)) or turn * way < 0.0:
            return False
        way = turn
        rounds += (py < 0.0) and (qy >= 0.0)
        px, py = qx, qy
    return rounds == 1


@fast
def simple(xy: Any, ring_start: Any, first_ring: Any, hole: Any, sure: Any) -> None:
    """Mark shapes that surely are valid: simple rings, holes in their shells, all apart from each other.

    Long ones are not looked at where that would take longer than GEOS.
    """
    for k in range(len(sure)):
        first, last = first_ring[k], first_ring[k + 1]
        good = first < last and (last - first == 1 or ring_start[last] - ring_start[first] <= _LONG)
        for ring in range(first, last):
            low, high = ring_start[ring], ring_start[ring + 1]
            closed = xy[low, 0] == xy[high - 1, 0] and xy[low, 1] == xy[high - 1, 1]
            good = good and closed and (_star(xy, low, high) or simple_ring(xy, low, high))
        sure[k] = good and (last - first == 1 or _nested(xy, ring_start, hole, first, last))


@fast
def _nested(xy: Any, ring_start: Any, hole: Any, first: int, last: int) -> bool:
    """Whether the boxes of rings are apart, but for holes that surely lie in the shell before them."""
    for j in range(first + 1, last):
        shell = j
        while hole[shell]:
            shell -= 1
        x0, y0, x1, y1 = _bounds(xy, ring_start[j], ring_start[j + 1])
        for i in range(first, j):
            west, south, east, north = _bounds(xy, ring_start[i], ring_start[i + 1])
            if i == shell:
                if not _holds(xy, ring_start[i], ring_start[i + 1], ring_start[j], ring_start[j + 1]):
                    return False
            elif west <= x1 and east >= x0 and south <= y1 and north >= y0:
                return False
    return True


@fast
def _bounds(xy: Any, low: int, high: int) -> Any:
    x0 = y0 = np.inf
    x1 = y1 = -np.inf
    for i in range(low, high):
        x, y = xy[i, 0], xy[i, 1]
        x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
    return x0, y0, x1, y1


@fast
def _holds(xy: Any, low: int, high: int, other_low: int, other_high: int) -> bool:
    """Whether a ring surely holds another, which it nowhere touches."""
    x, y = xy[other_low, 0], xy[other_low, 1]
    within = False
    for i in range(low, high - 1):
        ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
        if (ay > y) != (by > y) and (x < ax + (y - ay) / (by - ay) * (bx - ax)):
            within = not within
        for j in range(other_low, other_high - 1):
            px, py, qx, qy = xy[j, 0], xy[j, 1], xy[j + 1, 0], xy[j + 1, 1]
            if max(px, qx) < min(ax, bx) or min(px, qx) > max(ax, bx):
                continue
            if max(py, qy) < min(ay, by) or min(py, qy) > max(ay, by):
                continue
            if not _apart(bx - ax, by - ay, px - ax, py - ay, qx - ax, qy - ay):
                return False
    return within


@fast
def boxes(xy: Any, ring_start: Any, first_ring: Any, box: Any) -> None:
    """Bounds of shapes; NaN where a coordinate is no finite number, or there is none."""
    for k in range(len(box)):
        low, high = ring_start[first_ring[k]], ring_start[first_ring[k + 1]]
        x0 = y0 = np.inf
        x1 = y1 = -np.inf
        total = 0.0
        for i in range(low, high):
            x, y = xy[i, 0], xy[i, 1]
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
            total += x - x + (y - y)
        if low == high or total != 0.0:
            x0 = y0 = x1 = y1 = np.nan
        box[k, 0], box[k, 1], box[k, 2], box[k, 3] = x0, y0, x1, y1


@fast
def measure(
    xy: Any, ring_start: Any, first_ring: Any, hole: Any, place: Any, centers: Any, powers: Any, scale: Any,
    turn: Any, plane: Any, ground: Any, legal: Any,
) -> None:  # fmt: skip
    """Plane area, area on the ellipsoid with straight edges, and legal area; and how each ring turns.

    ``turn`` becomes 1 for a ring that adds its signed area to the shape, -1 for one that takes it off.
    """
    for k in range(len(plane)):
        cell = place[k]
        cx, cy = centers[cell, 0], centers[cell, 1]
        w0, w1, w2 = scale[cell, 0], scale[cell, 1], scale[cell, 2]
        longitude, latitude = powers[cell, 0], powers[cell, 1]
        for ring in range(first_ring[k], first_ring[k + 1]):
            low, high = ring_start[ring], ring_start[ring + 1]
            x0, y0 = xy[low, 0], xy[low, 1]
            d = x0 - cx
            v0, v1, v2 = w0 + d * (w1 + d * w2), w1 + 2 * d * w2, 2 * w2
            a = g = s = 0.0
            px = py = 0.0
            u, v = (x0 - cx) * 1e-3, (y0 - cy) * 1e-3
            l0, b0 = _at(longitude, u, v), _at(latitude, u, v)
            pl = pb = 0.0
            for i in range(low + 1, high):
                qx, qy = xy[i, 0] - x0, xy[i, 1] - y0
                u, v = (xy[i, 0] - cx) * 1e-3, (xy[i, 1] - cy) * 1e-3
                ql, qb = _at(longitude, u, v) - l0, _at(latitude, u, v) - b0
                dy = qy - py
                sx = px + qx
                a += sx * dy
                g += dy * (v0 * sx / 2 + v1 * (px * px + px * qx + qx * qx) / 6
                           + v2 * sx * (px * px + qx * qx) / 24)  # fmt: skip
                s += (pl + ql) * (qb - pb)
                px, py, pl, pb = qx, qy, ql, qb
            role = -1.0 if hole[ring] else 1.0
            turn[ring] = role if a >= 0 else -role
            plane[k] += role * abs(a) / 2
            ground[k] += role * abs(g)
            legal[k] += role * abs(s) / 2


@fast
def turns(xy: Any, ring_start: Any, hole: Any, turn: Any) -> None:
    """How each ring turns, as in `measure`."""
    for ring in range(len(turn)):
        low, high = ring_start[ring], ring_start[ring + 1]
        x0 = xy[low, 0]
        a = 0.0
        for i in range(low, high - 1):
            a += (xy[i, 0] + xy[i + 1, 0] - 2 * x0) * (xy[i + 1, 1] - xy[i, 1])
        turn[ring] = -1.0 if (a >= 0) == hole[ring] else 1.0


@fast
def _at(p: Any, u: float, v: float) -> Any:
    """A polynomial of total degree 4 without constant."""
    return (
        v * (p[0] + v * (p[1] + v * (p[2] + v * p[3])))
        + u * (p[4] + v * (p[5] + v * (p[6] + v * p[7]))
        + u * (p[8] + v * (p[9] + v * p[10]) + u * (p[11] + v * p[12] + u * p[13])))
    )  # fmt: skip


@fast
def blocks(xy: Any, first: int, block: Any) -> None:
    """Bounds of every run of `BLOCK` edges, without regard to rings, from the block `first` on."""
    for k in range(first, len(block)):
        found = _bounds(xy, k * BLOCK, min((k + 1) * BLOCK + 1, len(xy)))
        block[k, 0], block[k, 1], block[k, 2], block[k, 3] = found


@fast
def _edge(
    px: float, py: float, qx: float, qy: float, sign: float, x0: float, y0: float, edges: Any, number: int
) -> int:  # fmt: skip
    """Put down an edge: its ends' eastings, the northing of the western, its slope, and the sign of its area."""
    if px > qx:
        px, py, qx, qy = qx, qy, px, py
    else:
        sign = -sign
    edges[number, 0], edges[number, 1], edges[number, 2] = px - x0, qx - x0, py - y0
    edges[number, 3], edges[number, 4] = (qy - py) / (qx - px), sign
    return number + 1


@fast
def _edges(
    xy: Any, ring_start: Any, first: int, last: int, turn: Any, block: Any, left: float, right: float,
    low: float, top: float, x0: float, y0: float, edges: Any,
) -> int:  # fmt: skip
    """The edges that matter for what the rings share with land between `left`, `right`, `low` and `top`.

    Those below it do not. A run of edges above it, or beside it, does as one level edge at its top.
    """
    number = 0
    for ring in range(first, last):
        sign = turn[ring]
        i, end = ring_start[ring], ring_start[ring + 1] - 1
        begun, start = False, 0.0
        while i <= end:
            step, px, py, qx, qy = 1, xy[i, 0], xy[i, 1], 0.0, 0.0
            away = below = i == end
            if not away:
                k = i // BLOCK
                if i % BLOCK == 0 and i + BLOCK <= end and k < len(block):
                    below = block[k, 3] <= low
                    away = block[k, 2] <= left or block[k, 0] >= right or block[k, 1] >= top
                    step = BLOCK if away or below else 1
                if step == 1:
                    qx, qy = xy[i + 1, 0], xy[i + 1, 1]
                    below = max(py, qy) <= low
                    away = (max(px, qx) <= left) | (min(px, qx) >= right) | (min(py, qy) >= top)
                if away and not begun:
                    begun, start = True, px
            if begun and (i == end or not away):
                if start != px and max(start, px) > left and min(start, px) < right:
                    number = _edge(start, top, px, top, sign, x0, y0, edges, number)
                begun = False
            if not away and not below and px != qx:
                number = _edge(px, py, qx, qy, sign, x0, y0, edges, number)
            i += step
    return number


@fast
def pairs(
    xy: Any, ring_start: Any, first_ring: Any, turn: Any, box: Any, block: Any, scale: Any, one: Any,
    other_xy: Any, other_ring_start: Any, other_first_ring: Any, other_turn: Any, other_box: Any,
    other_block: Any, other: Any, plane: Any, ground: Any,
) -> None:  # fmt: skip
    """Area that two shapes share, in the plane and on the ellipsoid, for each pair.

    The sum over edges e of one and f of the other of ``s_e s_f`` times the integral of ``min(y_e, y_f)`` over
    the eastings they have in common, s = 1 for an edge that runs west: no topology, nothing that can fail. Edges of
    one that lie below all of the other add up to nothing; those above add what a level edge between their ends does.
    """
    edges = np.empty((longest(ring_start, first_ring, one), 5))
    others = np.empty((longest(other_ring_start, other_first_ring, other), 5))
    for k in range(len(one)):
        a, b = one[k], other[k]
        left, right = max(box[a, 0], other_box[b, 0]), min(box[a, 2], other_box[b, 2])
        x0, y0, y1 = box[a, 0], box[a, 1], box[a, 3]
        low, top = other_box[b, 1], other_box[b, 3]
        if left >= right or max(y0, low) >= min(y1, top):
            continue
        count = _edges(
            other_xy, other_ring_start, other_first_ring[b], other_first_ring[b + 1], other_turn, other_block,
            left, right, y0, y1, x0, y0, others,
        )  # fmt: skip
        if count == 0:
            continue
        number = _edges(
            xy,
            ring_start,
            first_ring[a],
            first_ring[a + 1],
            turn,
            block,
            left,
            right,
            low,
            top,
            x0,
            y0,
            edges,
        )
        m0, m1, m2 = _moments(edges[:number], others[:count])
        plane[k] = m0
        ground[k] = scale[a, 0] * m0 + scale[a, 1] * m1 + scale[a, 2] * m2


@fast
def longest(ring_start: Any, first_ring: Any, which: Any) -> int:
    """Vertices of the shape that has most."""
    size = 0
    for shape in which:
        size = max(size, ring_start[first_ring[shape + 1]] - ring_start[first_ring[shape]])
    return size


@fast
def _moments(edges: Any, others: Any) -> Any:
    """Area under the lower of two edges, all edges with all others, and its first two moments by easting."""
    m0 = m1 = m2 = 0.0
    for e in range(len(edges)):
        px, qx, py, slope, s = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3], edges[e, 4]
        for f in range(len(others)):
            low, high = max(px, others[f, 0]), min(qx, others[f, 1])
            if low >= high:
                continue
            el, er = py + slope * (low - px), py + slope * (high - px)
            fl = others[f, 2] + others[f, 3] * (low - others[f, 0])
            fr = others[f, 2] + others[f, 3] * (high - others[f, 0])
            t = s * others[f, 4]
            dl, dr = el - fl, er - fr
            vl, vr = min(el, fl), min(er, fr)
            if (dl < 0.0) != (dr < 0.0) and dl != dr:
                part = dl / (dl - dr)
                mid = low + (high - low) * part
                y = el + (er - el) * part
                h, c = mid - low, (low + mid) / 2
                mean, rise = (vl + y) / 2, y - vl
                m0 += t * h * mean
                m1 += t * h * (mean * c + rise * h / 12)
                m2 += t * h * (mean * (c * c + h * h / 12) + rise * h * c / 6)
                h, c = high - mid, (mid + high) / 2
                mean, rise = (y + vr) / 2, vr - y
            else:
                h, c = high - low, (low + high) / 2
                mean, rise = (vl + vr) / 2, vr - vl
            m0 += t * h * mean
            m1 += t * h * (mean * c + rise * h / 12)
            m2 += t * h * (mean * (c * c + h * h / 12) + rise * h * c / 6)
    return m0, m1, m2


@fast
def join(
    box: Any, which: Any, other_box: Any, start: Any, items: Any, west: float, south: float, cell: float,
    columns: int, rows: int,
) -> Any:  # fmt: skip
    """Pairs of boxes that overlap, over a grid of buckets."""
    found = 0
    pairs = np.empty((2, 4 * len(which) + 1024), dtype=np.int64)
    for k in range(len(which)):
        a = which[k]
        x0, y0, x1, y1 = box[a, 0], box[a, 1], box[a, 2], box[a, 3]
        c0, c1 = max(int((x0 - west) // cell), 0), min(int((x1 - west) // cell), columns - 1)
        r0, r1 = max(int((y0 - south) // cell), 0), min(int((y1 - south) // cell), rows - 1)
        for row in range(r0, r1 + 1):
            for column in range(c0, c1 + 1):
                bucket = row * columns + column
                for i in range(start[bucket], start[bucket + 1]):
                    b = items[i]
                    if other_box[b, 0] >= x1 or other_box[b, 2] <= x0:
                        continue
                    if other_box[b, 1] >= y1 or other_box[b, 3] <= y0:
                        continue
                    cx, cy = max(x0, other_box[b, 0]), max(y0, other_box[b, 1])
                    if max(int((cx - west) // cell), 0) != column or max(int((cy - south) // cell), 0) != row:
                        continue
                    if found == pairs.shape[1]:
                        larger = np.empty((2, 2 * found), dtype=np.int64)
                        larger[:, :found] = pairs
                        pairs = larger
                    pairs[0, found], pairs[1, found] = k, b
                    found += 1
    return pairs[:, :found].copy()


@fast
def draw(
    xy: Any, ring_start: Any, weight: Any, west: float, south: float, cell: float, mask: Any, labels: Any
) -> None:
    """Mark the cells near each edge; add each ring's number where its edges pass between cell middles.

    See `spatial.grid.Grid`: points half a cell apart mark all cells within a quarter of a cell.
    """
    for ring in range(len(weight)):
        for i in range(ring_start[ring], ring_start[ring + 1] - 1):
            x, y = (xy[i, 0] - west) / cell, (xy[i, 1] - south) / cell
            dx, dy = (xy[i + 1, 0] - west) / cell - x, (xy[i + 1, 1] - south) / cell - y
            steps = int(np.ceil(2 * np.hypot(dx, dy))) + 1
            for step in range(steps):
                u, v = x + step / steps * dx, y + step / steps * dy
                left, right = int(u - 0.27), int(u + 0.27)
                low, high = int(v - 0.27), int(v + 0.27)
                mask[low, left] = True
                mask[low, right] = True
                mask[high, left] = True
                mask[high, right] = True
            end = y + dy
            number = weight[ring] if dy < 0 else -weight[ring]
            first, last = int(np.ceil(min(y, end) - 0.5)), int(np.ceil(max(y, end) - 0.5))
            for row in range(first, last):
                east = x + (row + 0.5 - y) / dy * dx
                labels[row, int(np.ceil(east - 0.5))] += number


@fast
def add_up(mask: Any, labels: Any, sums: Any) -> None:
    """Labels added up from the west, marked cells from the south-west, in place of three passes of ``cumsum``."""
    rows, columns = mask.shape
    for row in range(rows):
        label = marked = 0
        for column in range(columns):
            label += labels[row, column]
            labels[row, column] = label
            marked += mask[row, column]
            sums[row + 1, column + 1] = sums[row, column + 1] + marked


@fast
def classify(
    box: Any, west: float, south: float, cell: float, sums: Any, labels: Any, nowhere: int, open_: int, result: Any
) -> None:  # fmt: skip
    """Polygon that each box lies in, see `spatial.grid.Grid.classify`."""
    rows, columns = labels.shape
    for k in range(len(box)):
        result[k] = nowhere
        if not np.isfinite(box[k, 0]):
            continue
        c0 = int(min(max(np.floor((box[k, 0] - west) / cell), 0.0), columns - 1.0))
        r0 = int(min(max(np.floor((box[k, 1] - south) / cell), 0.0), rows - 1.0))
        c1 = int(min(max(np.floor((box[k, 2] - west) / cell), 0.0), columns - 1.0)) + 1
        r1 = int(min(max(np.floor((box[k, 3] - south) / cell), 0.0), rows - 1.0)) + 1
        passed = sums[r1, c1] - sums[r0, c1] - sums[r1, c0] + sums[r0, c0]
        result[k] = open_ if passed > 0 else labels[r0, c0] - 1
