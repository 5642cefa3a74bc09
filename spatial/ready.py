"""A limit layer made ready for many parcels: what lies near each, quickly."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from spatial.buckets import Buckets
from spatial.cells import distinct
from spatial.clipping import to_boxes, to_windows
from spatial.flat import Flat, Pool, blocks, turns
from spatial.grid import NOWHERE, OPEN, Grid
from spatial.limits import LARGE, Limit, sound_and_apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]
    _Key = tuple[int, int, int]
    _Near = tuple[Ints, Flat, Floats, Floats]

_WINDOW = 2048.0
_DEEPEST = 13
_HELD = 3_000_000
_HALO = 0.25
_MARGIN = (
    1.0 + 2.0**-13
)  # no coordinate of a file: GEOS clips wrongly where vertices lie on the sides of a box
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
    block
        Bounds of every run of `spatial.kernels.BLOCK` edges of `flat`.
    """

    one: Ints
    other: Ints
    owner: Ints
    flat: Flat
    turn: Floats
    block: Floats


class Ready:
    """The polygons of one layer, valid and apart from each other.

    A layer of small polygons is searched by a grid of buckets. One with large polygons gets a labelled grid,
    which settles most parcels from their boxes, and a tree of windows: the polygons clipped to squares with a halo
    of a quarter. A parcel looks into the smallest square whose halo is as wide as the parcel and that holds its
    south-western corner, so that seams lie outside the parcel.

    Parameters
    ----------
    limit
        Polygons in the working plane.
    name
        Its name, for issues.
    keep_apart
        See `spatial.limits.sound_and_apart`.

    Attributes
    ----------
    feature
        Position in the layer of each polygon.
    issues
        Rows of the issues table.
    """

    def __init__(self, limit: Limit, name: str, *, keep_apart: bool = False) -> None:
        self._flat, self.feature, self.issues = sound_and_apart(limit, name, keep_apart=keep_apart)
        self._turn = turns(self._flat)
        self._squares: OrderedDict[_Key, tuple[Ints, Flat]] = OrderedDict()
        self._held = 0
        self._pooled: dict[_Key, tuple[int, int]] = {}
        self._pool = Pool(2 * len(self._flat.xy))
        self._near: _Near = (np.empty(0, dtype=np.int64), self._pool.flat(), np.empty(0), self._pool.block)
        self._lock = Lock()
        if (np.diff(self._flat.ring_start[self._flat.first_ring]) > LARGE).any():
            self._grid: Grid | None = Grid(self._flat, self._turn)
            box = self._flat.box
            self._extent = float((box[:, 2:].max(axis=0) - box[:, :2].min(axis=0)).max())
        else:
            self._grid = None
            self._block = blocks(self._flat)
            self._buckets = Buckets(self._flat.box)

    def settle(self, boxes: Floats) -> Ints:
        """Polygon that surely holds each box, ``NOWHERE``, or ``OPEN``: look nearer."""
        if self._grid is not None:
            return self._grid.classify(boxes)
        result = np.full(len(boxes), NOWHERE)
        result[np.isfinite(boxes[:, 0])] = OPEN if len(self.feature) else NOWHERE
        return result

    def near(self, boxes: Floats, which: Ints) -> Near:
        """Polygons whose boxes overlap those at `which`; pairs hold positions in `which`."""
        if self._grid is None:
            one, other = self._buckets.joined(boxes, which)
            return Near(one, other, np.arange(len(self.feature)), self._flat, self._turn, self._block)
        one, other, (owner, flat, turn, block) = self._looked_up(boxes[which])
        box, own = flat.box[other], boxes[which][one]
        meet = (box[:, :2] < own[:, 2:]).all(axis=1) & (box[:, 2:] > own[:, :2]).all(axis=1)
        return Near(one[meet], other[meet], owner, flat, turn, block)

    def whole(self, one: Ints, near: Near) -> Shapes:
        """The whole polygons, unclipped, of pairs."""
        return self._flat.geometry(near.owner[one])

    def clipped(self, near: Near, other: Ints, boxes: Floats) -> Shapes:
        """Polygons of `near` clipped to boxes with a margin, where that makes them simpler."""
        boxes = boxes + np.array([-_MARGIN, -_MARGIN, _MARGIN, _MARGIN])
        if self._grid is not None:
            return to_boxes(near.flat, other, boxes)
        result = near.flat.geometry(other)
        many = np.flatnonzero(shapely.get_num_coordinates(result) > _SIMPLE)
        result[many] = to_boxes(near.flat, other[many], boxes[many])
        return result

    def _looked_up(self, boxes: Floats) -> tuple[Ints, Ints, _Near]:
        side = np.max(boxes[:, 2:] - boxes[:, :2], axis=1, initial=0.0) + 2 * _MARGIN
        level = np.clip(np.ceil(np.log2(side / (_HALO * _WINDOW))), 0, _DEEPEST).astype(np.int64)
        size = _WINDOW * 2.0 ** level[:, None]
        corner = np.floor((boxes[:, :2] - _MARGIN) / size).astype(np.int64)
        keys, window = distinct(level, *corner.T)
        with self._lock:
            ranges = self._ranges([(int(a), int(b), int(c)) for a, b, c in keys])
            near = self._near
        first, counts = ranges[window].T
        one = np.repeat(np.arange(len(boxes)), counts)
        other = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
        return one, other, near

    def _ranges(self, keys: list[_Key]) -> Ints:
        """First polygon in the pool, and how many, of each window; new ones are put into the pool."""
        new: dict[_Key, list[_Key]] = {}
        for key in keys:
            if key not in self._pooled:
                new.setdefault(_parent(key), []).append(key)
        owners, turn = [self._near[0]], [self._near[2]]
        at = len(owners[0])
        for parent, some in new.items():
            owner, flat, window = self._clipped(parent, some)
            counts = np.bincount(window, minlength=len(some)).tolist()
            for key, count in zip(some, counts, strict=True):
                self._pooled[key] = at, count
                at += count
            self._pool.add(flat)
            turn.append(turns(flat))
            owners.append(owner)
        if new:
            self._near = np.concatenate(owners), self._pool.flat(), np.concatenate(turn), self._pool.block
        return np.array([self._pooled[key] for key in keys], dtype=np.int64).reshape(-1, 2)

    def _square(self, key: _Key) -> tuple[Ints, Flat]:
        """What lies in a square, remembered; those used least lately are forgotten where they are too many."""
        if _WINDOW * 2.0 ** key[0] > self._extent:
            return np.arange(len(self.feature)), self._flat
        if key in self._squares:
            self._squares.move_to_end(key)
            return self._squares[key]
        owner, flat, _ = self._clipped(_parent(key), [key])
        self._squares[key] = found = owner, flat
        self._held += len(flat.xy)
        while self._held > _HELD:
            _, (_, old) = self._squares.popitem(last=False)
            self._held -= len(old.xy)
        return found

    def _clipped(self, parent: _Key, keys: list[_Key]) -> tuple[Ints, Flat, Ints]:
        """Polygons clipped to squares with their halos, out of the larger square that holds them.

        A margin grows with the level: GEOS may clip wrongly where edges run along the square's sides, as the
        seams of the larger square would.

        Returns
        -------
        owner, flat, square
            Number of each polygon in the layer, what of it is there, and in which of `keys`.
        """
        owner, flat = self._square(parent)
        level, column, row = np.array(keys, dtype=np.float64).T
        size, margin = _WINDOW * 2.0**level, (level + 3) * _MARGIN
        low = np.column_stack([column * size - margin, row * size - margin])
        high = low + (size * (1 + _HALO) + 2 * margin)[:, None]
        found, which, square = to_windows(flat, np.hstack([low, high]))
        return owner[which], found, square


def _parent(key: _Key) -> _Key:
    """The square that a square is clipped out of: one of every third level, so that few are needed."""
    level, column, row = key
    up = 3 - level % 3
    return level + up, column >> up, row >> up
