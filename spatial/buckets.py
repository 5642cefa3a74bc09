"""Boxes in a grid of buckets, or a tree, to find those that overlap others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from spatial import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_MOST = 4e6


class Buckets:
    """Boxes of about one size, (n, 4), none of them NaN."""

    def __init__(self, box: Floats) -> None:
        self._box = box
        if not len(box):
            return
        if not kernels.COMPILED:
            self._tree = shapely.STRtree(np.asarray(shapely.box(*box.T)))
            return
        self._low = box[:, :2].min(axis=0)
        span = box[:, 2:].max(axis=0) - self._low
        usual = float(np.median(box[:, 2:] - box[:, :2])) * 1.5
        self._cell = max(usual, 1.0, float(np.sqrt(span[0] * span[1] / _MOST)))
        self._columns, self._rows = (np.floor(span / self._cell) + 1).astype(int)
        first = np.floor((box[:, :2] - self._low) / self._cell).astype(np.int64)
        sides = np.floor((box[:, 2:] - self._low) / self._cell).astype(np.int64) - first + 1
        count = sides[:, 0] * sides[:, 1]
        of = np.repeat(np.arange(len(box)), count)
        k = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
        column, row = first[of, 0] + k % sides[of, 0], first[of, 1] + k // sides[of, 0]
        bucket = row * self._columns + column
        self._items = of[np.argsort(bucket, kind="stable")]
        filled = np.bincount(bucket, minlength=self._columns * self._rows)
        self._start = np.concatenate([[0], np.cumsum(filled)])

    def joined(self, boxes: Floats, which: Ints) -> tuple[Ints, Ints]:
        """Pairs of boxes that overlap: position in `which`, and number of the box here."""
        nothing = np.empty(0, dtype=np.int64)
        if not len(self._box) or not len(which):
            return nothing, nothing
        if not kernels.COMPILED:
            one, other = self._tree.query(shapely.box(*boxes[which].T))
            order = np.lexsort((other, one))
            return one[order], other[order]
        one, other = kernels.join(
            boxes, which, self._box, self._start, self._items, self._low[0], self._low[1], self._cell,
            self._columns, self._rows,
        )  # fmt: skip
        return one, other
