"""Outlines of patches of cells: polygons held as whole numbers, made into geometries when they are wanted."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from spatial.kernels import fast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt
    import pandas as pd
    import pyproj
    from rasterio import Affine

    from spatial.patches import Runs
    from spatial.pixels import Pixels

    Ints = npt.NDArray[np.int64]
    Shorts = npt.NDArray[np.int32]
    Shapes = npt.NDArray[np.object_]

PART = 1 << 15
"""Corners of polygons that are made at once where a layer is written."""


class Outlines(NamedTuple):
    """Polygons along the edges of cells: 4 bytes a corner.

    Attributes
    ----------
    turns
        What each corner has anew, ring by ring, for its other coordinate is that of the corner before: in the first ring of
        a polygon, which sets out along a column, column and row in turn; in its holes row and column.
    rings
        Where each ring begins among the corners, and the end of the last; shape (rings + 1,).
    polygons
        Where each polygon begins among the rings, its outer one first, and the end of the last; shape (n + 1,).
    """

    turns: Shorts
    rings: Ints
    polygons: Ints

    @property
    def number(self) -> int:
        """How many polygons there are."""
        return len(self.polygons) - 1

    def taken(self, at: Ints) -> Outlines:
        """Some of the polygons, in the order of their positions."""
        ring, of = _members(self.polygons, at)
        corner, sizes = _members(self.rings, ring)
        return Outlines(self.turns[corner], _ends(sizes), _ends(of))

    def first_cells(self) -> tuple[Shorts, Shorts]:
        """Row and column of the first cell of each polygon."""
        ring = self.polygons[:-1]
        return self.turns[self.rings[ring + 1] - 1], self.turns[self.rings[ring]]

    def shapes(self, transform: Affine) -> Shapes:
        """Geometries in the CRS of a raster, outer rings counter-clockwise."""
        if not self.number:
            return np.empty(0, dtype=object)
        t, sizes = transform, np.diff(self.rings)
        ring = np.repeat(np.arange(len(sizes)), sizes)
        before = np.arange(len(self.turns)) - 1
        before[self.rings[:-1]] = self.rings[1:] - 1
        hole = np.ones(len(sizes), dtype=bool)
        hole[self.polygons[:-1]] = False
        new_x = ((np.arange(len(ring)) - self.rings[ring]) % 2 == 1) == hole[ring]
        x = np.where(new_x, self.turns, self.turns[before])
        y = np.where(new_x, self.turns[before], self.turns)
        rings: Any = shapely.linearrings(np.column_stack([t.c + x * t.a, t.f + y * t.e]), indices=ring)
        own = np.repeat(np.arange(self.number), np.diff(self.polygons))
        return np.asarray(shapely.polygons(rings, indices=own), dtype=object)


def joined(some: list[Outlines]) -> Outlines:
    """Outlines one after another; the list is emptied, so that they are not held twice."""
    turns = np.empty(sum(len(one.turns) for one in some), dtype=np.int32)
    rings = np.zeros(sum(len(one.rings) - 1 for one in some) + 1, dtype=np.int64)
    polygons = np.zeros(sum(one.number for one in some) + 1, dtype=np.int64)
    corner = ring = polygon = 0
    while some:
        one = some.pop(0)
        turns[corner : corner + len(one.turns)] = one.turns
        rings[ring + 1 : ring + len(one.rings)] = one.rings[1:] + corner
        polygons[polygon + 1 : polygon + len(one.polygons)] = one.polygons[1:] + ring
        corner, ring, polygon = corner + len(one.turns), ring + len(one.rings) - 1, polygon + one.number
    return Outlines(turns, rings, polygons)


def outlines(runs: Runs) -> Outlines:
    """Outlines of patches: their corners, joined along rows and along columns in turn.

    In a row of grid lines, and in a column, sorted corners of one patch are ends of edges two by two. Where two cells of a patch
    meet by a corner alone, the rings turn round the empty cells: a hole may touch, and no ring meets itself.
    """
    if not len(runs.of):
        return joined([])
    of, y, x, turned = _corners(*(one.astype(np.int64) for one in runs))
    key = (of * (int(x.max()) + 1) + x) * 2 * (int(y.max()) + 1) + 2 * y + turned
    order = np.argsort(key, kind="stable")
    down = np.empty(len(order), dtype=np.int64)
    down[order[0::2]], down[order[1::2]] = order[1::2], order[0::2]
    node, ring = np.empty_like(down), np.empty_like(down)
    _walk(of, down, np.zeros(len(down), dtype=np.bool_), node, ring)
    begins = np.flatnonzero(np.diff(ring, prepend=-1))
    owner = np.bincount(of[node[begins]], minlength=runs.number)
    polygons = _ends(owner)
    hole = np.ones(len(begins), dtype=bool)
    hole[polygons[:-1]] = False
    new_x = ((np.arange(len(node)) - begins[ring]) % 2 == 1) == hole[ring]
    turns = np.where(new_x, x[node], y[node]).astype(np.int32)
    return Outlines(turns, np.append(begins, len(node)), polygons)


@dataclass(frozen=True)
class CellLayer:
    """A layer of polygons along cells, whose geometries are made each time they are asked for.

    Attributes
    ----------
    rows
        Attributes, one row a polygon.
    outlines, at
        Polygons, and the position among them of that of each row.
    raster
        Whose cells they are made of.
    crs
        CRS of the geometries that are given out.
    last
        What is done to rows and geometries before they are given out.
    """

    rows: pd.DataFrame
    outlines: Outlines
    at: Ints
    raster: Pixels
    crs: pyproj.CRS
    last: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame] = lambda part: part

    def __len__(self) -> int:
        return len(self.rows)

    def parts(self, corners: int = PART) -> Iterator[gpd.GeoDataFrame]:
        """The layer some rows at a time, of about so many corners; at least once."""
        own = self.outlines
        ends = own.rings[own.polygons[self.at + 1]] - own.rings[own.polygons[self.at]]
        part = np.cumsum(ends) // corners
        cuts = np.flatnonzero(np.diff(part)) + 1
        for low, high in itertools.pairwise([0, *cuts.tolist(), len(self)]):
            shapes = own.taken(self.at[low:high]).shapes(self.raster.transform)
            layer = gpd.GeoDataFrame(self.rows.iloc[low:high], geometry=shapes, crs=self.raster.crs)
            yield self.last(in_crs(layer, self.crs))

    def frame(self) -> gpd.GeoDataFrame:
        """The whole layer."""
        return next(self.parts(len(self.outlines.turns) + 1))


def in_crs(layer: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """A layer in a CRS; one that is in it already, by whatever name, is not computed anew."""
    if layer.crs.equals(crs, ignore_axis_order=True):
        return layer.set_crs(crs, allow_override=True)
    return layer.to_crs(crs)


def _ends(sizes: npt.NDArray[Any]) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])


def _members(ends: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Positions of what some groups hold, group by group, and how many each holds."""
    sizes = ends[at + 1] - ends[at]
    shift = ends[at] - (np.cumsum(sizes) - sizes)
    return np.arange(int(sizes.sum())) + np.repeat(shift, sizes), sizes


def _corners(of: Ints, rows: Ints, starts: Ints, ends: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Corners of patches, row by row: patch, row, column; the last tells the later of two at one place by column."""
    one, y = np.tile(of, 4), np.concatenate([rows, rows, rows + 1, rows + 1])
    x = np.concatenate([starts, ends, starts, ends])
    begins, top = (
        np.repeat([True, False, True, False], len(of)),
        np.repeat([True, True, False, False], len(of)),
    )
    key = (one * (int(y.max()) + 1) + y) * (int(x.max()) + 1) + x
    order = np.argsort(key, kind="stable")
    key, begins, top = key[order], begins[order], top[order]
    twice = key[1:] == key[:-1]
    straight = twice & (begins[1:] == begins[:-1])
    kept = ~(np.append(straight, False) | np.append(False, straight))
    falls = np.append(twice & ~straight & (begins == top)[1:], False)[kept]
    order = order[kept]
    return one[order], y[order], x[order], falls.astype(np.int64)


@fast
def _walk(of: Any, down: Any, seen: Any, node: Any, ring: Any) -> None:
    """Rings of corners: a corner's neighbour in its row is the other of two, that in its column is told.

    The first ring of a patch, its outer one, sets out down, the others along the row.
    """
    k = 0
    number = 0
    for i in range(len(of)):
        if seen[i]:
            continue
        falls = i == 0 or of[i] != of[i - 1]
        j = i
        while not seen[j]:
            seen[j] = True
            node[k] = j
            ring[k] = number
            k += 1
            j = down[j] if falls else j ^ 1
            falls = not falls
        number += 1
