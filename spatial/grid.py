"""A labelled grid: which polygon a box lies in, wherever no boundary is near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from spatial import kernels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from spatial.flat import Flat

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CELL: Final = 40.0
"""Side of a cell, m, unless the layer is too large for that."""
MOST: Final = 8_000_000
NOWHERE, OPEN = -1, -2
_BLOCK = 100_000


class Grid:
    """Cells that a boundary passes, and the polygon that each other cell lies in.

    Parameters
    ----------
    flat
        Polygons apart from each other.
    turn
        Of each ring, see `spatial.flat.Measures`.
    """

    def __init__(self, flat: Flat, turn: Floats) -> None:
        self.empty = not len(flat.xy)
        if self.empty:
            return
        low, high = flat.xy.min(axis=0), flat.xy.max(axis=0)
        sides = high - low + 4 * CELL
        self.cell = max(CELL, float(np.sqrt(sides[0] * sides[1] / MOST)))
        self.low = low - 1.5 * self.cell
        self.columns, self.rows = (np.ceil((high - self.low) / self.cell) + 2).astype(int)
        mask = np.zeros((self.rows, self.columns), dtype=np.bool_)
        labels = np.zeros((self.rows, self.columns), dtype=np.int32)
        polygon = np.repeat(np.arange(len(flat.first_ring) - 1), np.diff(flat.first_ring))
        weight = ((polygon + 1) * turn).astype(np.int32)
        if kernels.COMPILED:
            kernels.draw(flat.xy, flat.ring_start, weight, *self.low, self.cell, mask, labels)
        else:
            for ring in _blocks(flat.ring_start):
                self._draw(flat, ring, weight, mask, labels)
        self._labels = labels
        self._sums = np.zeros((self.rows + 1, self.columns + 1), dtype=np.int32)
        if kernels.COMPILED:
            kernels.add_up(mask, labels, self._sums)
        else:
            np.cumsum(labels, axis=1, out=labels)
            inner = self._sums[1:, 1:]
            np.cumsum(mask, axis=0, dtype=np.int32, out=inner)
            np.cumsum(inner, axis=1, out=inner)

    def _draw(
        self, flat: Flat, ring: slice, weight: NDArray[np.int32], mask: NDArray[np.bool_],
        labels: NDArray[np.int32],
    ) -> None:  # fmt: skip
        """What `spatial.kernels.draw` does, for some rings, without numba.

        Cells within a quarter of a cell of points half a cell apart are marked: all that an edge passes, and some.
        At the first cell middle east of an edge, its ring's number is added or taken off.
        """
        bounds = flat.ring_start[ring.start : ring.stop + 1]
        points = (flat.xy[bounds[0] : bounds[-1]] - self.low) / self.cell
        start = np.ones(len(points), dtype=bool)
        start[bounds[1:] - bounds[0] - 1] = False
        edge = np.flatnonzero(start)
        one, other = points[edge], points[edge + 1]
        number = np.repeat(weight[ring], np.diff(bounds) - 1)
        steps = np.ceil(2 * np.hypot(*(other - one).T)).astype(np.int64) + 1
        of = np.repeat(np.arange(len(one)), steps)
        t = (np.arange(len(of)) - np.repeat(np.cumsum(steps) - steps, steps)) / np.repeat(steps, steps)
        passed = one[of] + t[:, None] * (other - one)[of]
        for dx in (-0.27, 0.27):
            for dy in (-0.27, 0.27):
                at = (passed + np.array([dx, dy])).astype(np.int64)
                mask[at[:, 1], at[:, 0]] = True
        up = other[:, 1] > one[:, 1]
        low, high = np.where(up, one[:, 1], other[:, 1]), np.where(up, other[:, 1], one[:, 1])
        first, last = np.ceil(low - 0.5).astype(np.int64), np.ceil(high - 0.5).astype(np.int64)
        count = last - first
        of = np.repeat(np.arange(len(one)), count)
        row = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + first[of]
        rise = other[of, 1] - one[of, 1]
        x = one[of, 0] + (row + 0.5 - one[of, 1]) / rise * (other[of, 0] - one[of, 0])
        column = np.ceil(x - 0.5).astype(np.int64)
        np.add.at(labels, (row, column), np.where(up[of], -number[of], number[of]))

    def classify(self, boxes: Floats) -> Ints:
        """Polygon that holds each box, `NOWHERE`, or `OPEN` where a boundary is near.

        Parameters
        ----------
        boxes
            (n, 4) bounds; NaN lies nowhere.
        """
        result = np.full(len(boxes), NOWHERE)
        if self.empty:
            return result
        if kernels.COMPILED:
            kernels.classify(boxes, *self.low, self.cell, self._sums, self._labels, NOWHERE, OPEN, result)
            return result
        known = np.isfinite(boxes[:, 0])
        top = np.array([self.columns - 1, self.rows - 1])
        low = np.clip(np.floor((boxes[known, :2] - self.low) / self.cell), 0, top).astype(np.int64)
        high = np.clip(np.floor((boxes[known, 2:] - self.low) / self.cell), 0, top).astype(np.int64) + 1
        sums = self._sums
        passed = (
            sums[high[:, 1], high[:, 0]] - sums[low[:, 1], high[:, 0]]
            - sums[high[:, 1], low[:, 0]] + sums[low[:, 1], low[:, 0]]
        )  # fmt: skip
        label = self._labels[low[:, 1], low[:, 0]].astype(np.int64) - 1
        result[known] = np.where(passed > 0, OPEN, label)
        return result


def _blocks(ring_start: Ints) -> Iterator[slice]:
    """Rings in runs of about `_BLOCK` vertices."""
    at, last = 0, len(ring_start) - 1
    while at < last:
        stop = max(int(np.searchsorted(ring_start, ring_start[at] + _BLOCK, side="right")) - 1, at + 1)
        yield slice(at, min(stop, last))
        at = stop
