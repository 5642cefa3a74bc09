"""Which share of each cell of a grid polygons cover, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from spatial.kernels import COMPILED, fast

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

TOUCHED = 1e-9
"""A smaller share of a cell is rounding."""


def edges_of(shapes: npt.NDArray[np.object_]) -> Floats:
    """Edges of oriented polygons (`shapely.orient_polygons`): x, y of both ends, shape (edges, 4)."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shapes)), return_index=True)
    follows = ring[1:] == ring[:-1]
    return np.column_stack([xy[:-1][follows], xy[1:][follows]])


def coverage(edges: Floats, shape: tuple[int, int]) -> Floats:
    """Share of each cell that lies inside polygons that do not overlap.

    Each edge is cut at the lines of the grid. A part of an edge adds the signed area between itself and the right
    side of its cell there, and its height to all cells right of it: the sum over a closed ring is the area inside
    (as in renderers of fonts). Exact but for rounding (about 1e-12); where polygons overlap, shares add up.

    Parameters
    ----------
    edges
        Edges of closed rings in cells: column and row of both ends, rows counted downwards, shape (n, 4);
        outer rings counter-clockwise as seen with row 0 on top, holes the other way round.
    shape
        Rows and columns of the grid; edges may lie beyond it.

    Returns
    -------
    ndarray
        Shares, of that shape.

    Examples
    --------
    >>> half = np.array([[0, 0, 0, 1], [0, 1, 2, 0], [2, 0, 0, 0]], dtype=float)
    >>> coverage(half, (1, 2)).tolist()
    [[0.75, 0.25]]
    """
    height, width = shape
    if COMPILED:
        sums = np.zeros((height, width + 1))
        _trace(np.ascontiguousarray(edges, dtype=np.float64), sums)
        return sums[:, :width]
    return _by_parts(edges, shape)


def _by_parts(edges: Floats, shape: tuple[int, int]) -> Floats:
    """What `_trace` does, without numba."""
    height, width = shape
    top, bottom = np.minimum(edges[:, 1], edges[:, 3]), np.maximum(edges[:, 1], edges[:, 3])
    kept = (bottom > 0) & (top < height) & (top < bottom) & (np.minimum(edges[:, 0], edges[:, 2]) < width)
    if not kept.any():
        return np.zeros(shape)
    u0, v0, u1, v1 = edges[kept].T.copy()
    left = np.maximum(u0, u1) <= 0
    u0[left] = u1[left] = 0.0
    v0, v1, u0, u1 = _cut(v0, v1, u0, u1)
    u0, u1, v0, v1 = _cut(u0, u1, v0, v1)
    across = ((u0 + u1) / 2).clip(0, width)
    row, column = np.floor((v0 + v1) / 2).astype(np.int64), np.floor(across).astype(np.int64)
    inside = (row >= 0) & (row < height) & (column < width)
    row, column, across, rise = row[inside], column[inside], across[inside], (v1 - v0)[inside]
    at, right = row * (width + 1) + column, rise * (across - column)
    size = height * (width + 1)
    sums = np.bincount(at, rise - right, size) + np.bincount(at + 1, right, size)
    result: Floats = sums.reshape(height, width + 1)[:, :width].cumsum(axis=1, dtype=np.float64)
    return result


def _cut(a0: Floats, a1: Floats, b0: Floats, b1: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Cut segments where their first coordinate is a whole number; both coordinates of the parts."""
    low, high = np.minimum(a0, a1), np.maximum(a0, a1)
    first = np.floor(low) + 1
    count = np.maximum(np.ceil(high) - first, 0).astype(np.int64)
    many = np.flatnonzero(count)
    if not len(many):
        return a0, a1, b0, b1
    parts = count[many] + 1
    of = np.repeat(many, parts)
    step = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts)
    before = np.where(step == 0, low[of], first[of] + step - 1)
    after = np.where(step == count[of], high[of], first[of] + step)
    turned = a0[of] > a1[of]
    start, end = np.where(turned, after, before), np.where(turned, before, after)
    along, rise = a1[of] - a0[of], b1[of] - b0[of]
    from_b = np.where(start == a0[of], b0[of], b0[of] + (start - a0[of]) / along * rise)
    to_b = np.where(end == a1[of], b1[of], b0[of] + (end - a0[of]) / along * rise)
    rest = count == 0
    return (
        np.concatenate([a0[rest], start]),
        np.concatenate([a1[rest], end]),
        np.concatenate([b0[rest], from_b]),
        np.concatenate([b1[rest], to_b]),
    )


@fast
def _trace(edges: Any, sums: Any) -> None:  # noqa: C901 - the inner loop, compiled
    """Add to each row of cells what edges hold there, then add the cells up from the left."""
    height, width = sums.shape[0], sums.shape[1] - 1
    for k in range(len(edges)):
        u0, v0, u1, v1 = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
        sign = 1.0
        if v0 > v1:
            u0, v0, u1, v1, sign = u1, v1, u0, v0, -1.0
        if v0 == v1 or v1 <= 0.0 or v0 >= height or min(u0, u1) >= width:
            continue
        slope = (u1 - u0) / (v1 - v0)
        for row in range(int(max(v0, 0.0)), int(np.ceil(min(v1, height)))):
            first, last = max(v0, float(row)), min(v1, row + 1.0)
            ua = u0 if first == v0 else u0 + (first - v0) * slope
            ub = u1 if last == v1 else u0 + (last - v0) * slope
            rise = sign * (last - first)
            low, high = min(ua, ub), max(ua, ub)
            if high <= 0.0:
                sums[row, 0] += rise
                continue
            if low >= width:
                continue
            column = int(max(low, 0.0))
            if low >= 0.0 and high <= column + 1.0:
                right = rise * ((low + high) / 2 - column)
                sums[row, column] += rise - right
                sums[row, column + 1] += right
                continue
            steep = rise / (high - low)
            if low < 0.0:
                sums[row, 0] -= low * steep
                low = 0.0
            while low < high and column < width:
                after = min(high, column + 1.0)
                part = (after - low) * steep
                right = part * ((low + after) / 2 - column)
                sums[row, column] += part - right
                sums[row, column + 1] += right
                low = after
                column += 1
    for row in range(height):
        total = 0.0
        for column in range(width):
            total += sums[row, column]
            sums[row, column] = total
