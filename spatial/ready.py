"""A limit layer made ready for many parcels: what lies near each, quickly."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from spatial import kernels
from spatial.flat import Flat, Pool, of_shapes, turns
from spatial.grid import NOWHERE, OPEN, Grid
from spatial.limits import solid, sound_and_apart

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]
    _Key = tuple[int, int, int]
    _Near = tuple[Ints, Flat, Floats]

_LARGE = 400
_WINDOW = 1024.0
_DEEPEST = 13
_HELD = 1_000_000
_HALO = 0.25
_MARGIN = 1.0
_SIMPLE = 64


class Near(NamedTuple):
    """Polygons near some shapes.

    Attributes
    ----------
    one, other
        Pairs: position of the shape, and of the polygon in `flat`.
    owner
        Number in the layer of each polygon in `flat`.
    flat
        The polygons, or what of them is near.
    turn
        Of each of their rings.
    """

    one: Ints
    other: Ints
    owner: Ints
    flat: Flat
    turn: Floats


class Ready:
    """The polygons of one layer, valid and apart from each other.

    A layer of small polygons is searched by a grid of buckets. One with large polygons gets a labelled grid,
    which settles most parcels from their boxes, and a tree of windows: the polygons clipped to squares with a halo
    of a quarter. A parcel looks into the smallest square whose halo is as wide as the parcel and that holds its
    south-western corner, so that seams lie outside the parcel.

    Parameters
    ----------
    series
        Polygons in the working plane.
    name
        Name of the layer, for issues.
    keep_apart
        See `spatial.limits.sound_and_apart`.

    Attributes
    ----------
    feature
        Position in `series` of each polygon.
    issues
        Rows of the issues table.
    """

    def __init__(self, series: gpd.GeoSeries, name: str, *, keep_apart: bool = False) -> None:
        self.polygons, self.feature, self.issues = sound_and_apart(series, name, keep_apart=keep_apart)
        self._flat = of_shapes(self.polygons)
        self._turn = turns(self._flat)
        large = shapely.get_num_coordinates(self.polygons) > _LARGE
        self._grid = Grid(self._flat, self._turn) if large.any() else None
        self._squares: OrderedDict[_Key, tuple[Ints, Shapes]] = OrderedDict()
        self._held = 0
        self._pooled: dict[_Key, tuple[int, int]] = {}
        self._pool = Pool()
        self._near: _Near = (np.empty(0, dtype=np.int64), self._pool.flat(), np.empty(0))
        self._lock = Lock()
        if self._grid is None:
            self._fill_buckets()
        else:
            self._extent = float(
                (self._flat.box[:, 2:].max(axis=0) - self._flat.box[:, :2].min(axis=0)).max()
            )
            del self._flat, self._turn

    def settle(self, boxes: Floats) -> Ints:
        """Polygon that surely holds each box, ``NOWHERE``, or ``OPEN``: look nearer."""
        if self._grid is not None:
            return self._grid.classify(boxes)
        result = np.full(len(boxes), NOWHERE)
        result[np.isfinite(boxes[:, 0])] = OPEN if len(self.polygons) else NOWHERE
        return result

    def near(self, boxes: Floats, which: Ints) -> Near:
        """Polygons whose boxes overlap those at `which`; pairs hold positions in `which`."""
        if self._grid is None:
            one, other = self._joined(boxes, which)
            return Near(one, other, np.arange(len(self.polygons)), self._flat, self._turn)
        one, other, (owner, flat, turn) = self._looked_up(boxes[which])
        box, own = flat.box[other], boxes[which][one]
        meet = (box[:, :2] < own[:, 2:]).all(axis=1) & (box[:, 2:] > own[:, :2]).all(axis=1)
        return Near(one[meet], other[meet], owner, flat, turn)

    def whole(self, one: Ints, near: Near) -> Shapes:
        """The whole polygons, unclipped, of pairs."""
        return self.polygons[near.owner[one]]

    def _fill_buckets(self) -> None:
        box = self._flat.box
        if not len(box):
            return
        self._cell = float(max(np.median(box[:, 2:] - box[:, :2]) * 1.5, 1.0))
        self._low = box[:, :2].min(axis=0)
        span = box[:, 2:].max(axis=0) - self._low
        self._cell = max(self._cell, float(np.sqrt(span[0] * span[1] / 4e6)))
        if not kernels.COMPILED:
            self._tree = shapely.STRtree(np.asarray(shapely.box(*box.T)))
            return
        self._columns, self._rows = (np.floor(span / self._cell) + 1).astype(int)
        first = np.floor((box[:, :2] - self._low) / self._cell).astype(np.int64)
        sides = np.floor((box[:, 2:] - self._low) / self._cell).astype(np.int64) - first + 1
        count = sides[:, 0] * sides[:, 1]
        of = np.repeat(np.arange(len(box)), count)
        k = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
        column, row = first[of, 0] + k % sides[of, 0], first[of, 1] + k // sides[of, 0]
        bucket = row * self._columns + column
        self._items = of[np.argsort(bucket, kind="stable")]
        self._start = np.concatenate(
            [[0], np.cumsum(np.bincount(bucket, minlength=self._columns * self._rows))]
        )

    def _joined(self, boxes: Floats, which: Ints) -> tuple[Ints, Ints]:
        nothing = np.empty(0, dtype=np.int64)
        if not len(self.polygons) or not len(which):
            return nothing, nothing
        if not kernels.COMPILED:
            one, other = self._tree.query(shapely.box(*boxes[which].T))
            order = np.lexsort((other, one))
            return one[order], other[order]
        grid = (
            boxes, which, self._flat.box, self._start, self._items, self._low[0], self._low[1], self._cell,
            self._columns, self._rows,
        )  # fmt: skip
        count = kernels.join(*grid, nothing, nothing)
        one, other = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
        if count:
            kernels.join(*grid, one, other)
        return one, other

    def _looked_up(self, boxes: Floats) -> tuple[Ints, Ints, _Near]:
        side = np.max(boxes[:, 2:] - boxes[:, :2], axis=1, initial=0.0) + 2 * _MARGIN
        level = np.clip(np.ceil(np.log2(side / (_HALO * _WINDOW))), 0, _DEEPEST).astype(np.int64)
        size = _WINDOW * 2.0 ** level[:, None]
        corner = np.floor((boxes[:, :2] - _MARGIN) / size).astype(np.int64)
        keys, window = np.unique(np.column_stack([level, corner]), axis=0, return_inverse=True)
        window = window.ravel()
        with self._lock:
            ranges = self._ranges([(int(a), int(b), int(c)) for a, b, c in keys])
            near = self._near
        first, counts = ranges[window].T
        one = np.repeat(np.arange(len(boxes)), counts)
        other = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
        return one, other, near

    def _ranges(self, keys: list[_Key]) -> Ints:
        """First polygon in the pool, and how many, of each window; new ones are put into the pool."""
        owners, _, turn = self._near
        at = len(owners)
        new = [key for key in keys if key not in self._pooled]
        found = [self._clipped(*key) for key in new]
        for key, (owner, _) in zip(new, found, strict=True):
            self._pooled[key] = at, len(owner)
            at += len(owner)
        if at > len(owners):
            added = of_shapes(np.concatenate([shapes for _, shapes in found]))
            owners = np.concatenate([owners, *(owner for owner, _ in found)])
            self._pool.add(added)
            self._near = owners, self._pool.flat(), np.concatenate([turn, turns(added)])
        return np.array([self._pooled[key] for key in keys], dtype=np.int64).reshape(-1, 2)

    def _square(self, level: int, column: int, row: int) -> tuple[Ints, Shapes]:
        """`_clipped`, remembered; the squares used least lately are forgotten where they are too many."""
        size = _WINDOW * 2.0**level
        if size > self._extent:
            return np.arange(len(self.polygons)), self.polygons
        key = (level, column, row)
        if key in self._squares:
            self._squares.move_to_end(key)
            return self._squares[key]
        self._squares[key] = found = self._clipped(level, column, row)
        self._held += int(shapely.get_num_coordinates(found[1]).sum())
        while self._held > _HELD:
            _, (_, shapes) = self._squares.popitem(last=False)
            self._held -= int(shapely.get_num_coordinates(shapes).sum())
        return found

    def _clipped(self, level: int, column: int, row: int) -> tuple[Ints, Shapes]:
        """Polygons clipped to a square of a level with its halo, out of the next larger square.

        A margin grows with the level: GEOS may clip wrongly where edges run along the square's sides, as the
        seams of the larger square would.
        """
        size = _WINDOW * 2.0**level
        owner, shapes = self._square(level + 2, column // 4, row // 4)
        margin = (level + 2) * _MARGIN
        west, south = column * size - margin, row * size - margin
        east, north = (low + size * (1 + _HALO) + 2 * margin for low in (west, south))
        box = shapely.bounds(shapes)
        meet = (box[:, 0] < east) & (box[:, 2] > west) & (box[:, 1] < north) & (box[:, 3] > south)
        owner, shapes, box = owner[meet], shapes[meet], box[meet]
        within = (box[:, 0] >= west) & (box[:, 2] <= east) & (box[:, 1] >= south) & (box[:, 3] <= north)
        if not within.all():
            shapes[~within] = solid(shapely.clip_by_rect(shapes[~within], west, south, east, north))
            kept = shapely.area(shapes) > 0
            owner, shapes = owner[kept], shapes[kept]
        return owner, shapes


def clipped(shapes: Shapes, boxes: Floats) -> Shapes:
    """Polygons clipped to boxes with a margin, one by one, where that makes them much simpler."""
    result = shapes.copy()
    for place in np.flatnonzero(shapely.get_num_coordinates(shapes) > _SIMPLE):
        west, south, east, north = boxes[place]
        result[place] = shapely.clip_by_rect(
            shapes[place], west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN
        )
    return solid(result)
