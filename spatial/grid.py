"""A labelled grid: which polygon a box lies in, wherever no boundary is near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.flat import Flat

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CELL: Final = 40.0
"""Side of a cell, m, unless the layer is too large for that."""
MOST: Final = 8_000_000
NOWHERE, OPEN = -1, -2


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
        start = np.ones(len(flat.xy), dtype=bool)
        start[flat.ring_start[1:] - 1] = False
        edge = np.flatnonzero(start)
        points = (flat.xy - self.low) / self.cell
        one, other = points[edge], points[edge + 1]
        sizes = np.diff(flat.ring_start) - 1
        polygon = np.repeat(np.arange(len(flat.first_ring) - 1), np.diff(flat.first_ring))
        weight = np.repeat((polygon + 1) * turn, sizes)
        mask = self._passed(one, other)
        self._sums = np.zeros((self.rows + 1, self.columns + 1), dtype=np.int32)
        np.cumsum(np.cumsum(mask, axis=0, dtype=np.int32), axis=1, out=self._sums[1:, 1:])
        self._labels = self._filled(one, other, weight)

    def _passed(self, one: Floats, other: Floats) -> NDArray[np.bool_]:
        """Cells within a quarter of a cell of points half a cell apart: all that an edge passes, and some."""
        steps = np.ceil(2 * np.hypot(*(other - one).T)).astype(np.int64) + 1
        of = np.repeat(np.arange(len(one)), steps)
        t = (np.arange(len(of)) - np.repeat(np.cumsum(steps) - steps, steps)) / np.repeat(steps, steps)
        points = one[of] + t[:, None] * (other - one)[of]
        mask = np.zeros((self.rows, self.columns), dtype=bool)
        for dx in (-0.27, 0.27):
            for dy in (-0.27, 0.27):
                at = (points + np.array([dx, dy])).astype(np.int64)
                mask[at[:, 1], at[:, 0]] = True
        return mask

    def _filled(self, one: Floats, other: Floats, weight: Floats) -> NDArray[np.int32]:
        """Polygon number + 1 at the middle of each cell: edges add and take off what lies east of them."""
        up = other[:, 1] > one[:, 1]
        low, high = np.where(up, one[:, 1], other[:, 1]), np.where(up, other[:, 1], one[:, 1])
        first, last = np.ceil(low - 0.5).astype(np.int64), np.ceil(high - 0.5).astype(np.int64)
        count = last - first
        of = np.repeat(np.arange(len(one)), count)
        row = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + first[of]
        rise = other[of, 1] - one[of, 1]
        x = one[of, 0] + (row + 0.5 - one[of, 1]) / rise * (other[of, 0] - one[of, 0])
        column = np.ceil(x - 0.5).astype(np.int64)
        step = np.where(up[of], -weight[of], weight[of])
        added = np.bincount(row * self.columns + column, step, self.rows * self.columns)
        labels = np.cumsum(added.reshape(self.rows, self.columns), axis=1)
        return np.rint(labels).astype(np.int32)

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
