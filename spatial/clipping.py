"""Polygons clipped to rectangles: quickly on flat arrays, by GEOS where that would not be valid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from spatial import kernels
from spatial.flat import Flat, of_shapes, polygons_of
from spatial.limits import solid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

_SAME = 1e-6
_CELLS = 4_000_000


def to_windows(flat: Flat, windows: Floats) -> tuple[Flat, Ints, Ints]:
    """Single polygons clipped to windows; those without land in one are left out of it.

    With numba a polygon that a window cuts into several parts stays one, its parts joined by lines along the
    window's sides: good for areas of what lies well inside, but no valid geometry.

    Parameters
    ----------
    flat
        n polygons.
    windows
        (m, 4) bounds.

    Returns
    -------
    found
        What is left, window by window.
    which, window
        Position of each in `flat`, and of its window.
    """
    window, which = _meeting(flat.box, windows)
    if kernels.COMPILED:
        found, _ = _clip(flat, which, windows[window], checked=False)
        kept = np.flatnonzero(np.diff(found.first_ring) > 0)
        first_ring = np.append(found.first_ring[kept], found.first_ring[-1])
        found = replace(found, first_ring=first_ring, box=found.box[kept], status=found.status[kept])
        return found, which[kept], window[kept]
    shapes = flat.geometry(which)
    box, bounds = flat.box[which], windows[window]
    inner = (box[:, :2] >= bounds[:, :2]).all(axis=1) & (box[:, 2:] <= bounds[:, 2:]).all(axis=1)
    cut = [shapely.clip_by_rect(shapes[k], *bounds[k]) for k in np.flatnonzero(~inner)]
    shapes[~inner] = solid(np.array([*cut, None], dtype=object)[:-1])
    kept = np.flatnonzero(shapely.area(shapes) > 0)
    return of_shapes(shapes[kept]), which[kept], window[kept]


def _meeting(box: Floats, windows: Floats) -> tuple[Ints, Ints]:
    """Pairs of windows and boxes that overlap, window by window."""
    rows = max(_CELLS // max(len(box), 1), 1)
    pairs = [np.empty((2, 0), dtype=np.int64)]
    for first in range(0, len(windows), rows):
        some = windows[first : first + rows, :, None]
        meet = (
            (box[:, 0] < some[:, 2])
            & (box[:, 2] > some[:, 0])
            & (box[:, 1] < some[:, 3])
            & (box[:, 3] > some[:, 1])
        )
        found = np.array(np.nonzero(meet))
        found[0] += first
        pairs.append(found)
    window, which = np.concatenate(pairs, axis=1)
    return window, which


def to_boxes(flat: Flat, which: Ints, boxes: Floats) -> Shapes:
    """Polygons out of `to_windows`, or others, each clipped to a box of its own, as valid geometries.

    None where nothing is left, or (hardly ever) where the parts cannot be told apart: whoever cuts with them checks
    that areas add up.

    Parameters
    ----------
    flat
        The polygons.
    which
        m positions in it.
    boxes
        (m, 4) boxes, well inside the window of the polygon.
    """
    if not kernels.COMPILED:
        clipped = [
            shapely.clip_by_rect(shape, *box) for shape, box in zip(flat.geometry(which), boxes, strict=True)
        ]
        return solid(np.array([*clipped, None], dtype=object)[:-1])
    found, valid = _clip(flat, which, boxes, checked=True)
    land = np.flatnonzero(np.diff(found.first_ring) > 0)
    shapes = polygons_of(found, land)
    joined = np.flatnonzero(~valid[land])
    apart = solid(shapely.make_valid(shapes[joined], method="structure", keep_collapsed=False))
    apart[np.abs(shapely.area(apart) - shapely.area(shapes[joined])) > _SAME] = None
    shapes[joined] = apart
    result = np.full(len(which), None, dtype=object)
    result[land] = shapes
    return result


def _clip(flat: Flat, which: Ints, boxes: Floats, *, checked: bool) -> tuple[Flat, NDArray[np.bool_]]:
    """Polygons clipped, a box each, and, if checked, which are valid for sure; those without land have no ring."""
    xy, ring_start, first_ring, hole, valid = _clip_all(
        flat.xy, flat.ring_start, flat.first_ring, flat.hole, flat.box, which, np.ascontiguousarray(boxes),
        checked,
    )  # fmt: skip
    box = np.empty((len(which), 4))
    kernels.boxes(xy, ring_start, first_ring, box)
    status = np.full(len(which), kernels.FIT, dtype=np.uint8)
    return Flat(flat.wkb[:0], status, xy, ring_start, first_ring, hole, box, None), valid


@kernels.fast
def _clip_all(
    xy: Any, ring_start: Any, first_ring: Any, hole: Any, box: Any, which: Any, boxes: Any, checked: Any
) -> Any:  # fmt: skip
    """Clip each polygon to its box, ring by ring."""
    rings = 0
    for k in range(len(which)):
        rings += first_ring[which[k] + 1] - first_ring[which[k]]
    starts = np.zeros(rings + 1, dtype=np.int64)
    holes = np.zeros(rings, dtype=np.bool_)
    first = np.zeros(len(which) + 1, dtype=np.int64)
    valid = np.ones(len(which), dtype=np.bool_)
    out = np.empty((4096, 2))
    used = 0
    ring_count = 0
    for k in range(len(which)):
        shape = which[k]
        window = boxes[k]
        own = box[shape]
        inner = own[0] >= window[0] and own[1] >= window[1] and own[2] <= window[2] and own[3] <= window[3]
        begun = ring_count
        for ring in range(first_ring[shape], first_ring[shape + 1]):
            if hole[ring] and ring_count == begun:
                break
            low, high = ring_start[ring], ring_start[ring + 1]
            if inner:
                cut, chains = xy[low : high - 1], 0
            else:
                cut = _clip_ring(xy, low, high - 1, window)
                chains = _runs(cut, window) if checked else 0
            count = len(cut)
            if count < 3:  # noqa: PLR2004 - a ring has three corners
                continue
            while used + count + 1 > len(out):
                larger = np.empty((2 * len(out), 2))
                larger[:used] = out[:used]
                out = larger
            out[used : used + count] = cut
            out[used + count] = cut[0]
            used += count + 1
            if (
                checked
                and chains > 0
                and (hole[ring] or (chains > 1 and not kernels.simple_ring(out, used - count - 1, used)))
            ):
                valid[k] = False
            holes[ring_count] = hole[ring]
            ring_count += 1
            starts[ring_count] = used
        first[k + 1] = ring_count
        if ring_count == begun:
            valid[k] = False
    return out[:used].copy(), starts[: ring_count + 1].copy(), first, holes[:ring_count].copy(), valid


@kernels.fast
def _clip_ring(xy: Any, low: int, high: int, window: Any) -> Any:
    """Sutherland and Hodgman's clipping of an open ring."""
    ring, beyond = _relevant(xy, low, high, window)
    for side in range(4):
        if beyond & (1 << side):
            ring = _cut(ring, side % 2, window[side], 1.0 if side < 2 else -1.0)  # noqa: PLR2004 - west, south first
    return _without_spikes(ring, window)


@kernels.fast
def _code(x: float, y: float, window: Any) -> int:
    """Which sides of the window a point lies beyond."""
    return int((x < window[0]) + 2 * (y < window[1]) + 4 * (x > window[2]) + 8 * (y > window[3]))


@kernels.fast
def _relevant(xy: Any, low: int, high: int, window: Any) -> Any:
    """Leave out points that lie beyond one side together with the last one kept and the next.

    Also tells which sides points that are kept lie beyond.
    """
    size = beyond = 0
    kept = now = _code(xy[low, 0], xy[low, 1], window)
    begin = now
    index = np.empty(high - low, dtype=np.int64)
    for i in range(low, high):
        after = _code(xy[i + 1, 0], xy[i + 1, 1], window) if i + 1 < high else begin
        if i == low or kept & now & after == 0:
            index[size] = i
            size += 1
            kept = now
            beyond |= now
        now = after
    result = np.empty((size, 2))
    for k in range(size):
        result[k, 0], result[k, 1] = xy[index[k], 0], xy[index[k], 1]
    return result, beyond


@kernels.fast
def _cut(ring: Any, axis: int, limit: float, sign: float) -> Any:
    """An open ring cut at one side of the window."""
    out = np.empty((2 * len(ring), 2))
    count = 0
    last = len(ring) - 1
    for i in range(len(ring)):
        before, now = sign * (ring[last, axis] - limit), sign * (ring[i, axis] - limit)
        if (now >= 0.0) != (before >= 0.0):
            part = before / (before - now)
            out[count, 1 - axis] = ring[last, 1 - axis] + (ring[i, 1 - axis] - ring[last, 1 - axis]) * part
            out[count, axis] = limit
            count += 1
        if now >= 0.0:
            out[count, 0], out[count, 1] = ring[i, 0], ring[i, 1]
            count += 1
        last = i
    return out[:count]


@kernels.fast
def _without_spikes(ring: Any, window: Any) -> Any:
    """Leave out repeated points, and those in the middle of three on the same side of the window."""
    count, size = 0, len(ring) + 1
    while count < size and len(ring) > 2:  # noqa: PLR2004 - a ring has three corners
        size = len(ring)
        kept = np.empty((size, 2))
        count = 0
        for i in range(size):
            while count > 1 and _along(kept[count - 2], kept[count - 1], ring[i], window):
                count -= 1
            if count == 0 or kept[count - 1, 0] != ring[i, 0] or kept[count - 1, 1] != ring[i, 1]:
                kept[count, 0], kept[count, 1] = ring[i, 0], ring[i, 1]
                count += 1
        start = 0
        while count - start > 2 and (  # noqa: PLR2004
            (kept[start, 0] == kept[count - 1, 0] and kept[start, 1] == kept[count - 1, 1])
            or _along(kept[count - 2], kept[count - 1], kept[start], window)
        ):
            count -= 1
        if count - start > 2 and _along(kept[count - 1], kept[start], kept[start + 1], window):  # noqa: PLR2004
            start += 1
        ring = kept[start:count]
        count -= start
    return ring


@kernels.fast
def _along(a: Any, b: Any, c: Any, window: Any) -> bool:
    """Whether three points lie on one side of the window."""
    if b[0] != window[0] and b[0] != window[2] and b[1] != window[1] and b[1] != window[3]:
        return False
    for side in range(4):
        axis, limit = side % 2, window[side]
        if a[axis] == limit and b[axis] == limit and c[axis] == limit:
            return True
    return False


@kernels.fast
def _runs(ring: Any, window: Any) -> int:
    """How many runs of edges along the sides of the window a ring has."""
    found = sides = 0
    last = len(ring) - 1
    before = last >= 0 and _along(ring[last], ring[0], ring[0], window)
    for i in range(last + 1):
        now = _along(ring[i], ring[i + 1 if i < last else 0], ring[i], window)
        found += now and not before
        sides += now
        before = now
    return max(found, 1) if sides else 0
