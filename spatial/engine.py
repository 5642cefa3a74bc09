"""The overlay engine: prepared once, then fed with batches of parcels as WKB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from spatial import kernels
from spatial.cutting import Cutter, joined, replaced, taken, united
from spatial.flat import Flat, Measures, flatten, measure, of_shapes, to_shapes, to_wkb
from spatial.grid import NOWHERE, OPEN
from spatial.lattice import Lattice
from spatial.limits import Limit, solid, solve
from spatial.ready import Near, Ready
from spatial.repair import ISSUE_COLUMNS
from spatial.sound import join_issues, sound

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from spatial.crossing import Parts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

VERSION: Final = "3"
"""Changes whenever a result may change, so that kept results of another version are not used."""
DUST: Final = 1e-6
"""Land that is less than this, m², is none: a parcel that sticks out by less lies inside."""
_KEPT = 1e-8


class Part(NamedTuple):
    """Parts of pieces in or out of a limit.

    Attributes
    ----------
    piece
        Position of the piece of each.
    wkb
        Geometries.
    area, plane
        Legal and plane area, m².
    """

    piece: Ints
    wkb: pa.Array
    area: Floats
    plane: Floats


@dataclass(frozen=True)
class Pieces:
    """What the engine gives for a batch, in the order of its parcels.

    Attributes
    ----------
    parcel
        Position in the batch of each piece's parcel.
    town
        Position of the split polygon it lies in, -1 where none does.
    area, plane
        Legal and plane area, m².
    within
        For each limit the legal and the plane area of each piece in it, m².
    inside, outside
        Parts in and out of the limits asked for.
    sources, order
        Where the geometries come from, see `wkb`.
    issues
        Rows of the issues table.
    """

    parcel: Ints
    town: Ints
    area: Floats
    plane: Floats
    within: dict[str, tuple[Floats, Floats]]
    inside: dict[str, Part]
    outside: dict[str, Part]
    sources: list[tuple[pa.Array, Ints]]
    order: Ints
    issues: pd.DataFrame

    def wkb(self) -> pa.Array:
        """Geometries of the pieces."""
        taken = [_take(wkb, shape) for wkb, shape in self.sources]
        return _take(pa.concat_arrays([_NONE, *taken]), self.order)


@dataclass(frozen=True)
class _Work:
    """Shapes with their measures; for each its cell of the lattice and the area scale at its western end."""

    flat: Flat
    measures: Measures
    place: Ints
    scale: Floats


class Engine:
    """Cuts parcels at split polygons and measures the pieces in limits; see `spatial.overlay.overlay`.

    What comes out for a parcel depends on nothing but the parcel and the layers: not on its batch, the order or the
    threads. An engine may run several batches at once in threads.

    Parameters
    ----------
    crs
        Working CRS, a transverse Mercator plane in metres.
    split, within, inside, outside
        As for `spatial.overlay.overlay`, in the working CRS.

    Attributes
    ----------
    issues
        Rows of the issues table about the layers.
    """

    def __init__(
        self,
        crs: Any,
        split: Limit | None,
        within: Mapping[str, Limit],
        inside: Collection[str] = (),
        outside: Collection[str] = (),
    ) -> None:
        self.lattice = Lattice(crs)
        self._inside, self._outside = set(inside), set(outside)
        with ThreadPoolExecutor(2) as pool:
            limits = {name: pool.submit(Ready, limit, name) for name, limit in within.items()}
            self._split = None if split is None else Ready(split, "split", keep_apart=True)
            self._within = {name: limit.result() for name, limit in limits.items()}
        layers = [layer for layer in (self._split, *self._within.values()) if layer is not None]
        self.issues = join_issues([layer.issues for layer in layers])

    def run(self, wkb: pa.Array, ids: Any, layer: str = "parcels") -> Pieces:
        """Overlay a batch.

        Parameters
        ----------
        wkb
            n geometries in the working CRS, null where there is none.
        ids
            n ids, for issues.
        layer
            Name of the parcels' layer, for issues.
        """
        flat, issues = sound(wkb, ids, layer)
        work = self._worked(flat, self.lattice.places(flat.box))
        used = np.flatnonzero(work.measures.plane > 0)
        cut, lost = self._cut(work, used)
        groups = [group for group in cut if len(group.shape)]
        done = [self._limited(group) for group in groups]
        off = sorted({*lost, *(k for found in done for k in found.off)})
        if off:
            names = np.asarray(ids, dtype=object)
            told = [["issue-area-not-kept", "warning", layer, None, names[k], {}, None] for k in off]
            issues = join_issues([issues, pd.DataFrame(told, columns=ISSUE_COLUMNS)])
        return _merged(groups, done, {"inside": self._inside, "outside": self._outside}, self._within, issues)

    def _limited(self, group: _Group) -> _Limited:
        """The pieces of a group in each limit."""
        work, shape = group.work, group.shape
        ground, plane = work.measures.ground[shape], work.measures.plane[shape]
        result = _Limited({}, {"inside": {}, "outside": {}}, [])
        for name, limit in self._within.items():
            share, crossing = self._measured(limit, work, shape, plane, ground)
            result.within[name] = (group.area * share.ground, plane * share.plane)
            for kind, wanted in (("inside", self._inside), ("outside", self._outside)):
                if name in wanted:
                    found, off = _parts(kind, limit, group, share, crossing)
                    result.parts[kind][name] = found
                    result.off.extend(group.parcel[off].tolist())
        return result

    def _worked(self, flat: Flat, place: Ints, *, legally: bool = True) -> _Work:
        lattice = self.lattice
        d = flat.box[:, 0] - lattice.centers[place, 0] if len(place) else np.empty(0)
        w0, w1, w2 = lattice.scale[place].T if len(place) else np.empty((3, 0))
        scale = np.column_stack([w0 + d * (w1 + d * w2), w1 + 2 * d * w2, w2])
        return _Work(flat, measure(flat, lattice, place, legally=legally), place, scale)

    def _cut(self, work: _Work, used: Ints) -> tuple[list[_Group], list[int]]:
        """The parcels that lie in one town or none, and the parts of the others; those whose parts do not add up."""
        legal = work.measures.legal
        if self._split is None:
            return [_Group(work, used, np.full(len(used), NOWHERE), used, legal[used])], []
        layer = self._split
        owner = layer.settle(work.flat.box[used])
        town = np.where(owner >= 0, layer.feature[np.maximum(owner, 0)] if len(layer.feature) else 0, NOWHERE)
        open_ = np.flatnonzero(owner == OPEN)
        near, shared, _ = self._pairs(layer, work, used[open_])
        plane = work.measures.plane[used[open_]]
        dust = _dust(plane)
        holds = shared >= (plane - dust)[near.one]
        feature = layer.feature[near.owner[near.other]]
        town[open_[near.one[holds]]] = feature[holds]
        total = np.bincount(near.one, shared, len(open_))
        crossing = total > dust
        crossing[near.one[holds]] = False
        whole = np.ones(len(used), dtype=bool)
        whole[open_[crossing]] = False
        groups = [_Group(work, used[whole], town[whole], used[whole], legal[used[whole]])]
        lost: list[int] = []
        if crossing.any():
            pair = np.flatnonzero(crossing[near.one] & (shared > dust[near.one]))
            rest = crossing & (total < plane - dust)
            (at, towns, parts), off = self._divided(
                layer, work, used[open_], near, pair, crossing, plane, rest
            )
            lost = used[open_[off]].tolist()
            parcel = used[open_[at]]
            new = self._worked(flatten(parts.wkb), work.place[parcel], legally=False)
            ground = new.measures.ground
            area = legal[parcel] * (ground / np.bincount(parcel, ground)[parcel])
            groups.append(_Group(new, parcel, towns, np.arange(len(at)), area))
        return groups, lost

    def _divided(
        self, layer: Ready, work: _Work, shape: Ints, near: Near, pair: Ints, crossing: NDArray[np.bool_],
        plane: Floats, lacking: NDArray[np.bool_],
    ) -> tuple[tuple[Ints, Ints, Parts], Ints]:  # fmt: skip
        """Parts of the shapes `crossing` towns: whose, of which town, what; those `lacking` also lie in no town.

        Last come the shapes whose parts do not add up, not even when cut with the whole towns.
        """
        one, other = near.one[pair], near.other[pair]
        town = layer.feature[near.owner[other]]
        cutter = Cutter(work.flat, work.measures.turn, layer, near)
        at, towns, parts, sums = _in_towns(cutter, shape, one, other, town, lacking, plane)
        bad = crossing & _differ(sums, plane, plane)
        if bad.any():
            again, kept = np.flatnonzero(bad[one]), np.flatnonzero(~bad[at])
            cutter = cutter._replace(exactly=True)
            at_bad, towns_bad, parts_bad, sums = _in_towns(
                cutter, shape, one[again], other[again], town[again], lacking & bad, plane
            )
            at, towns = np.concatenate([at[kept], at_bad]), np.concatenate([towns[kept], towns_bad])
            parts = joined(taken(parts, kept), parts_bad)
            bad &= _differ(sums, plane, plane)
        return united(at, towns, parts), np.flatnonzero(bad)

    def _pairs(self, layer: Ready, work: _Work, shape: Ints) -> tuple[Near, Floats, Floats]:
        """Polygons near the shapes, and what each pair shares in the plane and on the ellipsoid."""
        near = layer.near(work.flat.box, shape)
        flat, one = work.flat, shape[near.one]
        plane, ground = np.zeros(len(one)), np.zeros(len(one))
        if kernels.COMPILED:
            kernels.pairs(
                flat.xy, flat.ring_start, flat.first_ring, work.measures.turn, flat.box, _NO_BLOCK, work.scale, one,
                near.flat.xy, near.flat.ring_start, near.flat.first_ring, near.turn, near.flat.box, near.block,
                near.other, plane, ground,
            )  # fmt: skip
        elif len(one):
            local = layer.clipped(near, near.other, flat.box[one])
            parts = solid(solve(shapely.intersection, flat.geometry(one), local))
            found = measure(of_shapes(parts), self.lattice, work.place[one], legally=False)
            plane, ground = found.plane, found.ground
        return near, np.maximum(plane, 0.0), np.maximum(ground, 0.0)

    def _measured(
        self, layer: Ready, work: _Work, shape: Ints, plane: Floats, ground: Floats
    ) -> tuple[_Share, _Crossing]:
        """Share of each piece that lies in the limit, in the plane and on the ellipsoid."""
        owner = layer.settle(work.flat.box[shape])
        in_plane, in_ground = (owner >= 0).astype(float), (owner >= 0).astype(float)
        open_ = np.flatnonzero(owner == OPEN)
        near, shared, shared_ground = self._pairs(layer, work, shape[open_])
        total = np.bincount(near.one, shared, len(open_))
        total_ground = np.bincount(near.one, shared_ground, len(open_))
        dust = _dust(plane[open_])
        in_plane[open_], in_ground[open_] = total / plane[open_], total_ground / ground[open_]
        for value, close in ((0.0, total <= dust), (1.0, total >= plane[open_] - dust)):
            in_plane[open_[close]] = in_ground[open_[close]] = value
        pair = np.flatnonzero(shared > 0)
        return _Share(in_plane, np.minimum(in_ground, 1.0)), _Crossing(open_, near, pair)


class _Share(NamedTuple):
    plane: Floats
    ground: Floats


class _Crossing(NamedTuple):
    open: Ints
    near: Near
    pair: Ints


class _Group(NamedTuple):
    """Pieces: of which parcel, in which town, which shape of the work, legal area."""

    work: _Work
    parcel: Ints
    town: Ints
    shape: Ints
    area: Floats


class _Parts(NamedTuple):
    """Parts of the pieces of a group, whose geometries are still those of the group's work, or `cut`, behind them."""

    piece: Ints
    at: Ints
    cut: pa.Array
    area: Floats
    plane: Floats


class _Limited(NamedTuple):
    within: dict[str, tuple[Floats, Floats]]
    parts: dict[str, dict[str, _Parts]]
    off: list[int]


def _parts(kind: str, layer: Ready, group: _Group, share: _Share, crossing: _Crossing) -> tuple[_Parts, Ints]:
    """Parts of pieces in or out of a limit, and the pieces whose parts do not add up."""
    work, shape, area = group.work, group.shape, group.area
    plane = work.measures.plane[shape]
    inner = share.plane if kind == "inside" else 1 - share.plane
    ground = share.ground if kind == "inside" else 1 - share.ground
    piece = np.flatnonzero(inner > 0)
    at = shape[piece]
    mixed = np.flatnonzero(inner[piece] < 1)
    if not len(mixed):
        return _Parts(piece, at, _NONE, area[piece], plane[piece]), mixed
    cut = piece[mixed]
    wanted = plane * inner
    _, pairs, one = _among(crossing.open[crossing.near.one[crossing.pair]], (inner > 0) & (inner < 1))
    other = crossing.near.other[crossing.pair[pairs]]
    cutter = Cutter(work.flat, work.measures.turn, layer, crossing.near)
    parts = _sided(kind, cutter, shape[cut], one, other)
    bad = _differ(parts.area, wanted[cut], plane[cut])
    if bad.any():
        again, pairs, of = _among(one, bad)
        full = _sided(kind, cutter._replace(exactly=True), shape[cut[again]], of, other[pairs])
        parts = replaced(parts, again, full)
        bad = _differ(parts.area, wanted[cut], plane[cut])
    at[mixed] = len(work.flat.wkb) + np.arange(len(mixed))
    found = _Parts(piece, at, parts.wkb, area[piece] * ground[piece], wanted[piece])
    return found, cut[bad]


def _sided(kind: str, cutter: Cutter, shape: Ints, one: Ints, other: Ints) -> Parts:
    return (cutter.inside if kind == "inside" else cutter.outside)(shape, one, other)


def _in_towns(
    cutter: Cutter, shape: Ints, one: Ints, other: Ints, town: Ints, lacking: NDArray[np.bool_], plane: Floats
) -> tuple[Ints, Ints, Parts, Floats]:
    """Parts of shapes in towns and, of those `lacking`, in none: whose, of which town, what; and the sums of each."""
    parts = cutter.shared(shape[one], other)
    at, pairs, row = _among(one, lacking)
    rest = cutter.outside(shape[at], row, other[pairs])
    sums = np.bincount(one, parts.area, len(shape)).astype(np.float64)
    sums[at] += rest.area
    left = np.flatnonzero(rest.area > _dust(plane[at]))
    towns = np.concatenate([town, np.full(len(left), NOWHERE)])
    return np.concatenate([one, at[left]]), towns, joined(parts, taken(rest, left)), sums


def _among(one: Ints, wanted: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """The shapes wanted, the pairs of theirs, and which of them each of those is about."""
    pairs = np.flatnonzero(wanted[one])
    return np.flatnonzero(wanted), pairs, (np.cumsum(wanted) - 1)[one[pairs]]


def _differ(found: Floats, wanted: Floats, plane: Floats) -> NDArray[np.bool_]:
    """Whether areas differ by more than rounding, of parts of shapes so large."""
    return np.abs(found - wanted) > _KEPT * plane + DUST


def _merged(
    groups: list[_Group], done: list[_Limited], kinds: Mapping[str, set[str]], names: Collection[str],
    issues: pd.DataFrame,
) -> Pieces:  # fmt: skip
    """The pieces of all groups in the order of parcel and town, what no town holds last."""
    parcel, town = _stacked([g.parcel for g in groups]), _stacked([g.town for g in groups])
    order = np.lexsort((np.where(town < 0, np.iinfo(np.int64).max, town), parcel))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    first = np.cumsum([0, *(len(g.shape) for g in groups)])
    parts: dict[str, dict[str, Part]] = {kind: {} for kind in kinds}
    for kind, wanted in kinds.items():
        for name in wanted:
            found = [limited.parts[kind][name] for limited in done]
            piece = _stacked([rank[part.piece + first[k]] for k, part in enumerate(found)])
            at = np.argsort(piece, kind="stable")
            area, plane = (_stacked([part[column] for part in found], float)[at] for column in (3, 4))
            shapes = [(group.work.flat.wkb, part.cut) for group, part in zip(groups, found, strict=True)]
            start = np.cumsum([0, *(len(whole) + len(cut) for whole, cut in shapes)])
            where = _stacked([part.at + start[k] for k, part in enumerate(found)])
            wkb = _take(pa.concat_arrays([_NONE, *chain.from_iterable(shapes)]), where[at])
            parts[kind][name] = Part(piece[at], wkb, area, plane)
    within = {}
    for name in names:
        both = [limited.within[name] for limited in done]
        within[name] = tuple(_stacked([pair[k] for pair in both], float)[order] for k in (0, 1))
    plane = _stacked([g.work.measures.plane[g.shape] for g in groups], float)[order]
    area = _stacked([g.area for g in groups], float)[order]
    return Pieces(
        parcel[order], town[order], area, plane, within, parts["inside"], parts["outside"],
        [(g.work.flat.wkb, g.shape) for g in groups], order, issues,
    )  # fmt: skip


_NONE = pa.array([], pa.binary())
_NO_BLOCK = np.empty((0, 4))


def _stacked(arrays: list[Any], kind: type = int) -> Any:
    return np.concatenate([np.empty(0, dtype=np.int64 if kind is int else float), *arrays])


def _take(wkb: pa.Array, at: Ints) -> pa.Array:
    return wkb if np.array_equal(at, np.arange(len(wkb))) else wkb.take(pa.array(at))


def _dust(plane: Floats) -> Floats:
    return DUST + 1e-11 * plane


def wake() -> None:
    """Let numba load what it compiled, all of it, on a small example: to be called while files are read."""
    if not kernels.COMPILED:
        return
    west, south = 500_000.0, 3_400_000.0
    squares = [shapely.box(west + d, south, west + d + 100, south + 400) for d in (0, 100, 200, 300)]
    strips = shapely.segmentize(np.array(squares), 2.0)
    parcel = np.array([shapely.box(west + 50, south + 50, west + 150, south + 150)])
    layer, few = (Limit(to_wkb(shapes), np.arange(len(shapes))) for shapes in (strips, parcel))
    Engine("EPSG:4549", layer, {"many": layer, "few": few}, outside=["many"]).run(few.wkb, few.ids)


__all__ = [
    "DUST",
    "VERSION",
    "Engine",
    "Limit",
    "Part",
    "Pieces",
    "join_issues",
    "to_shapes",
    "to_wkb",
    "wake",
]
