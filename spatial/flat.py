"""Polygons as flat arrays, straight from WKB, and what is measured on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from spatial import binary, kernels
from spatial.ellipsoid import legal_of_rings, some_rings
from spatial.lattice import LARGEST
from spatial.rings import rings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.lattice import Lattice

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]


_NONE = pa.array([], pa.binary())


@dataclass(frozen=True)
class Flat:
    """n polygons or multipolygons.

    Attributes
    ----------
    wkb
        n WKB, null where there is no geometry; or none at all, of single polygons.
    status
        n of `spatial.kernels.FIT`, ``ODD``, ``NONE``.
    xy
        (m, 2) vertices, every ring closed.
    ring_start
        Where each ring starts in `xy`, and m.
    first_ring
        First ring of each shape, and their number.
    hole
        Whether each ring is a hole.
    box
        (n, 4) bounds; NaN where there is nothing, or a coordinate is no number.
    shapes
        n geometries where they were made anyway, else None.
    """

    wkb: pa.Array
    status: NDArray[np.uint8]
    xy: Floats
    ring_start: Ints
    first_ring: Ints
    hole: NDArray[np.bool_]
    box: Floats
    shapes: Shapes | None

    def geometry(self, places: Ints) -> Shapes:
        """Geometries of the shapes at `places`."""
        if self.shapes is not None:
            return self.shapes[places]
        if not len(self.wkb):
            return polygons_of(self, places)
        shells = _starts(~self.hole)[self.first_ring]
        single = np.diff(shells)[places] == 1
        result = np.empty(len(places), dtype=object)
        result[single] = polygons_of(self, places[single])
        result[~single] = to_shapes(self.wkb.take(pa.array(places[~single])))
        return result


@dataclass(frozen=True)
class Measures:
    """Areas of n shapes, m², and for each the cell of the lattice that they were measured with.

    Attributes
    ----------
    plane, ground, legal
        In the plane; on the ellipsoid with edges straight in the plane; by the statutory formula.
    turn
        Of each ring: 1 if its signed area adds to the shape, -1 if it takes off.
    """

    plane: Floats
    ground: Floats
    legal: Floats
    turn: Floats


def to_wkb(shapes: Shapes) -> pa.Array:
    """Geometries as WKB, None as null."""
    return pa.array(shapely.to_wkb(shapes), pa.binary())


def to_shapes(wkb: pa.Array) -> Shapes:
    """Geometries of WKB; None where it cannot be read."""
    raw = wkb.to_numpy(zero_copy_only=False)
    result: Shapes = np.asarray(shapely.from_wkb(raw, on_invalid="ignore"), dtype=object)
    return result


def flatten(wkb: pa.Array) -> Flat:
    """Flat arrays of WKB polygons."""
    if isinstance(wkb, pa.ChunkedArray):
        wkb = wkb.combine_chunks()
    return _by_kernel(wkb) if kernels.COMPILED else _by_geos(to_shapes(wkb), wkb)


def raw(wkb: pa.Array) -> tuple[NDArray[np.uint8], Ints]:
    """Bytes of all values of a binary array, and where each begins, and the last ends."""
    _, where, content = wkb.buffers()
    offsets = np.frombuffer(where, dtype=np.int32)[wkb.offset : wkb.offset + len(wkb) + 1].astype(np.int64)
    return np.frombuffer(content, dtype=np.uint8) if content else np.empty(0, dtype=np.uint8), offsets


def _by_kernel(wkb: pa.Array) -> Flat:
    number = len(wkb)
    data, offsets = raw(wkb)
    null = wkb.is_null().to_numpy(zero_copy_only=False) if wkb.null_count else np.zeros(number, dtype=bool)
    status = np.zeros(number, dtype=np.uint8)
    counts, points = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    binary.count(data, offsets, null, status, counts, points)
    first_ring, point_at = _starts(counts), _starts(points)
    xy = np.empty((point_at[-1], 2))
    ring_start = np.full(first_ring[-1] + 1, point_at[-1])
    hole = np.zeros(first_ring[-1], dtype=bool)
    binary.fill(data, offsets, status, first_ring, point_at, xy, ring_start, hole)
    box = np.empty((number, 4))
    kernels.boxes(xy, ring_start, first_ring, box)
    return Flat(wkb, status, xy, ring_start, first_ring, hole, box, None)


def of_shapes(shapes: Shapes) -> Flat:
    """Flat arrays of polygons, without WKB."""
    return replace(flatten(to_wkb(shapes)), shapes=shapes) if kernels.COMPILED else _by_geos(shapes, None)


def singly(flat: Flat) -> tuple[Flat, Ints]:
    """The single polygons of valid shapes, without WKB, and the position of the shape of each."""
    shell = np.flatnonzero(~flat.hole)
    of_ring = np.repeat(np.arange(len(flat.box)), np.diff(flat.first_ring))
    first_ring = np.append(shell, len(flat.hole))
    box = flat.box[of_ring[shell]]
    if len(shell) and (np.diff(of_ring[shell]) == 0).any():
        low, high = flat.ring_start[shell], flat.ring_start[shell + 1]
        at = np.column_stack([low, high - 1]).ravel()
        box = np.column_stack([np.minimum.reduceat(flat.xy, at)[::2], np.maximum.reduceat(flat.xy, at)[::2]])
    status = np.full(len(shell), kernels.FIT, dtype=np.uint8)
    return Flat(_NONE, status, flat.xy, flat.ring_start, first_ring, flat.hole, box, None), of_ring[shell]


def with_shapes(flat: Flat) -> Flat:
    """Single polygons with their geometries."""
    return replace(flat, shapes=_polygons(flat.xy, flat.ring_start, flat.first_ring))


def polygons_of(flat: Flat, places: Ints) -> Shapes:
    """Geometries of single polygons at `places`, made from their arrays."""
    ring, first_ring = _rings_of(flat, places)
    return _polygons(*some_rings(flat.xy, flat.ring_start, ring), first_ring)


def take(flat: Flat, places: Ints) -> Flat:
    """The single polygons at `places`, without WKB and geometries."""
    ring, first_ring = _rings_of(flat, places)
    xy, ring_start = some_rings(flat.xy, flat.ring_start, ring)
    box, status = flat.box[places], flat.status[places]
    return Flat(_NONE, status, xy, ring_start, first_ring, flat.hole[ring], box, None)


def _polygons(xy: Floats, ring_start: Ints, first_ring: Ints) -> Shapes:
    offsets = (ring_start, first_ring)
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, offsets), dtype=object)


def _by_geos(shapes: Shapes, wkb: pa.Array | None) -> Flat:
    kind = shapely.get_type_id(shapes)
    plain = ((kind == 3) | (kind == 6)) & ~shapely.has_z(shapes) & ~shapely.has_m(shapes)  # noqa: PLR2004
    status = np.where(plain, kernels.FIT, kernels.ODD).astype(np.uint8)
    nothing = shapely.is_empty(shapes)
    if wkb is None:
        nothing |= shapely.is_missing(shapes)
    elif wkb.null_count:
        nothing |= wkb.is_null().to_numpy(zero_copy_only=False)
    status[nothing] = kernels.NONE
    usable = shapes.copy()
    usable[status != kernels.FIT] = None
    taken = rings(usable)
    hole = taken.sign < 0
    box = shapely.bounds(usable)
    finite = np.isfinite(taken.coordinates).all(axis=1)
    if not finite.all():
        of_ring = np.repeat(taken.shape, np.diff(taken.offsets))
        box[of_ring[~finite]] = np.nan
    first_ring = _starts(np.bincount(taken.shape, minlength=len(shapes)))
    return Flat(
        _NONE if wkb is None else wkb, status, taken.coordinates, taken.offsets, first_ring, hole, box, shapes
    )


def _starts(counts: NDArray[Any]) -> Ints:
    result = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=result[1:])
    return result


def sure(flat: Flat) -> NDArray[np.bool_]:
    """Shapes that are valid for sure; the others are for GEOS to judge."""
    result = np.zeros(len(flat.status), dtype=bool)
    if kernels.COMPILED:
        kernels.simple(flat.xy, flat.ring_start, flat.first_ring, flat.hole, result)
        result &= (flat.status == kernels.FIT) & np.isfinite(flat.box[:, 0])
        return result
    fit = (flat.status == kernels.FIT) & np.isfinite(flat.box[:, 0])
    result[fit] = shapely.is_valid(flat.geometry(np.flatnonzero(fit)))
    return result


def measure(flat: Flat, lattice: Lattice, place: Ints, *, legally: bool = True) -> Measures:
    """Areas of shapes, each with its cell of the lattice; legal ones only where asked."""
    number, ring_count = len(flat.status), len(flat.hole)
    turn, plane, ground, legal = np.ones(ring_count), np.zeros(number), np.zeros(number), np.zeros(number)
    sides = flat.box[:, 2:] - flat.box[:, :2]
    large = np.flatnonzero(np.maximum(sides[:, 0], sides[:, 1]) > LARGEST)
    if kernels.COMPILED:
        kernels.measure(
            flat.xy, flat.ring_start, flat.first_ring, flat.hole, place, lattice.centers, lattice.powers,
            lattice.scale, turn, plane, ground, legal,
        )  # fmt: skip
        if legally and len(large):
            legal[large] = _formula(flat, large, lattice)
    elif ring_count:
        of_ring = np.repeat(np.arange(number), np.diff(flat.first_ring))
        role = np.where(flat.hole, -1.0, 1.0)
        cell = place[of_ring]
        d = flat.xy[flat.ring_start[:-1], 0] - lattice.centers[cell, 0]
        w0, w1, w2 = lattice.scale[cell].T
        slopes = (w0 + d * (w1 + d * w2), w1 + 2 * d * w2, 2 * w2)
        ground[:] = np.bincount(of_ring, role * np.abs(green(flat.xy, flat.ring_start, slopes)), number)
        flat_slopes = (np.ones(ring_count), np.zeros(ring_count), np.zeros(ring_count))
        signed = green(flat.xy, flat.ring_start, flat_slopes)
        turn = np.where(signed >= 0, role, -role)
        plane[:] = np.bincount(of_ring, role * np.abs(signed), number)
        if legally:
            legal = _formula(flat, np.arange(number), lattice)
    return Measures(plane, ground, legal, turn)


def _formula(flat: Flat, which: Ints, lattice: Lattice) -> Floats:
    """Legal areas of the shapes at `which`, the inverse projection taken at each vertex."""
    ring, first = _rings_of(flat, which)
    of = np.repeat(np.arange(len(which)), np.diff(first))
    areas = legal_of_rings(*some_rings(flat.xy, flat.ring_start, ring), lattice.crs)
    return np.bincount(of, np.where(flat.hole[ring], -areas, areas), len(which)).astype(np.float64)


def _rings_of(flat: Flat, which: Ints) -> tuple[Ints, Ints]:
    """Numbers of the rings of the shapes at `which`, and where those of each begin among them."""
    sizes = np.diff(flat.first_ring)[which]
    first = _starts(sizes)
    return np.arange(first[-1]) + np.repeat(flat.first_ring[which] - first[:-1], sizes), first


def turns(flat: Flat) -> Floats:
    """Of each ring 1 if its signed area adds to its shape, -1 if it takes off."""
    result = np.ones(len(flat.hole))
    if kernels.COMPILED:
        kernels.turns(flat.xy, flat.ring_start, flat.hole, result)
    elif len(result):
        slopes = (np.ones(len(result)), np.zeros(len(result)), np.zeros(len(result)))
        signed = green(flat.xy, flat.ring_start, slopes)
        result = np.where((signed >= 0) != flat.hole, 1.0, -1.0)
    return result


def blocks(flat: Flat) -> Floats:
    """Bounds of every run of `spatial.kernels.BLOCK` edges, none without numba."""
    block = np.empty((-(-len(flat.xy) // kernels.BLOCK) if kernels.COMPILED else 0, 4))
    if len(block):
        kernels.blocks(flat.xy, 0, block)
    return block


class Pool:
    """Flat shapes that can be added to; what `flat` gave before stays as it was.

    Parameters
    ----------
    points
        Room for so many vertices to begin with.
    """

    def __init__(self, points: int = 0) -> None:
        self._arrays = {
            "xy": np.empty((points, 2)),
            "ring_start": np.zeros(1, dtype=np.int64),
            "first_ring": np.zeros(1, dtype=np.int64),
            "hole": np.empty(0, dtype=bool),
            "box": np.empty((0, 4)),
            "status": np.empty(0, dtype=np.uint8),
            "block": np.empty((0, 4)),
        }
        if not kernels.COMPILED:
            self._arrays["shapes"] = np.empty(0, dtype=object)
        self._used = {name: len(array) for name, array in self._arrays.items()} | {"xy": 0}

    def add(self, flat: Flat) -> None:
        """Put shapes behind those that are there."""
        points, ring_count = self._used["xy"], self._used["hole"]
        self._put("ring_start", flat.ring_start[1:] + points)
        self._put("first_ring", flat.first_ring[1:] + ring_count)
        for name in self._arrays.keys() - {"ring_start", "first_ring", "block"}:
            self._put(name, getattr(flat, name))
        if kernels.COMPILED:
            first = points // kernels.BLOCK
            self._used["block"] = first
            self._put("block", np.empty((-(-self._used["xy"] // kernels.BLOCK) - first, 4)))
            kernels.blocks(self._arrays["xy"][: self._used["xy"]], first, self.block)

    def _put(self, name: str, values: NDArray[Any]) -> None:
        array, used = self._arrays[name], self._used[name]
        need = used + len(values)
        if need > len(array):
            larger = np.empty((max(need, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
            larger[:used] = array[:used]
            self._arrays[name] = array = larger
        array[used:need] = values
        self._used[name] = need

    @property
    def block(self) -> Floats:
        """Bounds of every run of `spatial.kernels.BLOCK` edges."""
        return self._arrays["block"][: self._used["block"]]

    def flat(self) -> Flat:
        """What is there now, without WKB."""
        names = self._arrays.keys() - {"block"}
        arrays: dict[str, Any] = {name: self._arrays[name][: self._used[name]] for name in names}
        return Flat(wkb=_NONE, **{"shapes": None, **arrays})


def green(xy: Floats, offsets: NDArray[np.int64], slopes: tuple[Floats, Floats, Floats]) -> Floats:
    """Integral of w over each ring, signed, m².

    Parameters
    ----------
    xy
        (m, 2) vertices of closed rings.
    offsets
        Where each ring starts, and m.
    slopes
        W and its first and second derivative by easting at each ring's first vertex.
    """
    starts, sizes = offsets[:-1], np.diff(offsets)
    origin = np.repeat(xy[starts], sizes, axis=0)
    d, y = (xy - origin).T
    w, slope, bend = (np.repeat(term, sizes)[:-1] for term in slopes)
    p, q = d[:-1], d[1:]
    mean = w * (p + q) / 2 + slope * (p * p + p * q + q * q) / 6 + bend * (p + q) * (p * p + q * q) / 24
    edges = np.append(np.diff(y) * mean, 0.0)
    edges[starts[1:] - 1] = 0.0
    result: Floats = np.add.reduceat(edges, starts)
    return result
