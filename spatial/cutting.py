"""Shapes cut at the polygons of a layer: traced where the boundaries only cross, by GEOS where they do more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import shapely

from spatial.crossing import Parts, crossed
from spatial.flat import Flat, to_shapes, to_wkb
from spatial.limits import solid, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.ready import Near, Ready

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]


class Cutter(NamedTuple):
    """Shapes, how their rings turn, and a layer with what of it is near them.

    Attributes
    ----------
    exactly
        Whether GEOS is to cut everything, with the whole polygons.
    """

    flat: Flat
    turn: Floats
    layer: Ready
    near: Near
    exactly: bool = False

    def shared(self, shape: Ints, other: Ints) -> Parts:
        """What each pair of a shape and a polygon near it shares."""
        return self._cut(shape, other, outside=False)

    def inside(self, shape: Ints, one: Ints, other: Ints) -> Parts:
        """What of each shape lies in the polygons of its pairs, `one` holding positions in `shape`."""
        parts = self.shared(shape[one], other)
        kept = np.flatnonzero(parts.area > 0)
        at, _, whole = united(one[kept], np.zeros(len(kept), dtype=np.int64), taken(parts, kept))
        return _scattered(whole, at, len(shape))

    def outside(self, shape: Ints, one: Ints, other: Ints) -> Parts:
        """What of each shape is left when the polygons of its pairs are taken off, one after the other."""
        alone = np.flatnonzero(np.bincount(one, minlength=len(shape))[one] == 1)
        found = self._cut(shape[one[alone]], other[alone], outside=True)
        result = _scattered(found, one[alone], len(shape))
        rest = np.flatnonzero(np.bincount(one[alone], minlength=len(shape)) == 0)
        if not len(rest):
            return result
        row = np.full(len(shape), -1)
        row[rest] = np.arange(len(rest))
        pairs = np.flatnonzero(row[one] >= 0)
        of, shapes = row[one[pairs]], self.flat.geometry(shape[rest])
        local = self._local(shape[one[pairs]], other[pairs])
        rank = np.arange(len(of)) - np.searchsorted(of, of)
        for step in range(int(rank.max(initial=-1)) + 1):
            now = rank == step
            shapes[of[now]] = solid(solve(shapely.difference, shapes[of[now]], local[now]))
        return replaced(result, rest, _made(shapes))

    def _cut(self, shape: Ints, other: Ints, *, outside: bool) -> Parts:
        if self.exactly:
            parts = Parts(pa.nulls(len(shape), pa.binary()), np.full(len(shape), np.nan))
        else:
            parts = crossed(self.flat, self.turn, shape, self.near, other, outside=outside)
        rest = np.flatnonzero(np.isnan(parts.area))
        local = self._local(shape[rest], other[rest])
        operation = shapely.difference if outside else shapely.intersection
        cut = solid(solve(operation, self.flat.geometry(shape[rest]), local))
        return replaced(parts, rest, _made(cut))

    def _local(self, shape: Ints, other: Ints) -> Shapes:
        """The polygons of pairs as geometries, as much of them as the shapes need."""
        if self.exactly:
            return self.layer.whole(other, self.near)
        return self.layer.clipped(self.near, other, self.flat.box[shape])


def united(at: Ints, town: Ints, parts: Parts) -> tuple[Ints, Ints, Parts]:
    """One part for each shape and town: those of a town of several polygons are joined."""
    order = np.lexsort((town, at))
    at, town = at[order], town[order]
    new = np.ones(len(at), dtype=bool)
    new[1:] = (at[1:] != at[:-1]) | (town[1:] != town[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(at)) if len(first) else first
    many = np.flatnonzero(last - first > 1)
    whole = np.empty(len(many), dtype=object)
    for k, place in enumerate(many):
        whole[k] = shapely.union_all(to_shapes(taken(parts, order[first[place] : last[place]]).wkb))
    return at[first], town[first], replaced(taken(parts, order[first]), many, _made(whole))


def taken(parts: Parts, at: Ints) -> Parts:
    """The parts at some places."""
    return Parts(parts.wkb.take(pa.array(at)), parts.area[at])


def joined(one: Parts, other: Parts) -> Parts:
    """Parts, and others behind them."""
    return Parts(pa.concat_arrays([one.wkb, other.wkb]), np.concatenate([one.area, other.area]))


def replaced(parts: Parts, at: Ints, others: Parts) -> Parts:
    """Parts with others at some places."""
    if not len(at):
        return parts
    order = np.arange(len(parts.area))
    order[at] = len(order) + np.arange(len(at))
    return taken(joined(parts, others), order)


def _made(shapes: Shapes) -> Parts:
    return Parts(to_wkb(shapes), np.nan_to_num(shapely.area(shapes)))


def _scattered(parts: Parts, at: Ints, count: int) -> Parts:
    """Parts put at places among `count`; the others are nothing."""
    order = np.zeros(count, dtype=np.int64)
    order[at] = np.arange(len(at))
    nothing = np.ones(count, dtype=bool)
    nothing[at] = False
    area = np.zeros(count)
    area[at] = parts.area
    return Parts(parts.wkb.take(pa.array(order, mask=nothing)), area)
