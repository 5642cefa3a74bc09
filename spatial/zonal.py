"""Exact sums of pixels by zone: a pixel counts by the part of it that lies in the zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatial.areas import legal_area
from spatial.coverage import TOUCHED, coverage, edges_of
from spatial.kernels import COMPILED, fast
from spatial.memory import give_back
from spatial.pixels import Floats, Pixels, Window, blocks, cell_areas, edges, in_crs_of
from spatial.side_by_side import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import geopandas as gpd
    import pyproj

    Amount = Callable[[Any, Floats], Any]

NODATA_LIMIT = 0.05
VALID, WHOLE = "valid_m2", "whole_m2"
VERTICES = 1 << 17
"""Vertices of zones or patches that are measured together."""


def zonal_sums(raster: Pixels, zones: gpd.GeoSeries, amounts: Mapping[str, Amount]) -> pd.DataFrame:
    """Sum what each pixel holds over zones, pixels at the edge by the part inside (`spatial.coverage`).

    Read block by block; the zones are taken into the raster's CRS, the raster is never resampled.

    Parameters
    ----------
    raster
        Pixels.
    zones
        Polygons with a CRS. Rows of one index value are one zone: they do not overlap. Zones may.
    amounts
        Name to a function of the values (masked array) and the legal area of each cell (m²) that
        gives what each cell holds.

    Returns
    -------
    DataFrame
        Index: the values of that of `zones`, in order of appearance; one column for each amount, ``valid_m2``
        (legal area with data) and ``nodata_share`` (0 to 1, what lies beyond the raster included; NaN of an
        empty zone).
    """
    return zonal_sums_each([raster], zones, amounts)[0]


def zonal_sums_each(
    rasters: Sequence[Pixels],
    zones: gpd.GeoSeries,
    amounts: Mapping[str, Amount] | Sequence[Mapping[str, Amount]],
) -> list[pd.DataFrame]:
    """What `zonal_sums` finds, of several rasters on one grid, the zones covered once for all.

    Parameters
    ----------
    rasters
        Rasters with the same cells (`spatial.derived.same_grid`).
    zones
        As `zonal_sums` takes them.
    amounts
        As `zonal_sums` takes them, for all rasters or one mapping for each.
    """
    each = [amounts] * len(rasters) if isinstance(amounts, Mapping) else amounts
    names = [[VALID, *one] for one in each]
    summed = Sums(rasters[0], zones, [(at, name) for at, some in enumerate(names) for name in some])

    def part(window: Window) -> Part:
        area = cell_areas(rasters[0], window)
        held = {}
        for at, (raster, own) in enumerate(zip(rasters, each, strict=True)):
            values = raster.read(window)
            missing = np.ma.getmaskarray(values)
            whole = not missing.any()
            held[at, VALID] = area if whole else ~missing * area
            for name, amount in own.items():
                data = np.ma.getdata(amount(values, area))
                held[at, name] = np.asarray(data if whole else np.where(missing, 0.0, data), dtype=np.float64)
        return summed.part(window, held)[0]

    for found in in_order(part, summed.places.windows()):
        summed.add(found)
    return [summed.table(some, at) for at, some in enumerate(names)]


def known(found: pd.DataFrame, column: str, limit: float = NODATA_LIMIT) -> pd.Series[float]:
    """A column of `zonal_sums`, NaN where more than `limit` of a zone has no data."""
    return found[column].where(found["nodata_share"] <= limit)


class Places:
    """Zones in the grid of a raster, covered window by window.

    Parameters
    ----------
    raster
        Pixels.
    zones
        As `zonal_sums` takes them.
    """

    def __init__(self, raster: Pixels, zones: gpd.GeoSeries) -> None:
        self.raster = raster
        self.of, self.labels = pd.factorize(zones.index)
        placed = in_crs_of(raster, zones).to_numpy()
        drawn = shapely.get_dimensions(placed) == 2  # noqa: PLR2004 - polygons
        drawn &= ~shapely.is_empty(placed)
        self.shapes: Any = np.where(drawn, placed, None)
        self.tree = shapely.STRtree(self.shapes)

    def windows(self) -> Iterator[Window]:
        """Windows of the raster that some zone meets."""
        give_back()
        if not len(self.shapes):
            return
        for window in blocks(self.raster, tuple(shapely.total_bounds(self.shapes))):
            if len(self.tree.query(shapely.box(*edges(self.raster, window)))):
                yield window

    def within(self, window: Window) -> Iterator[tuple[int, tuple[slice, slice], Floats]]:
        """Zones that meet a window: position in `labels`, rows and columns of the window, shares of those cells."""
        rows = np.sort(self.tree.query(shapely.box(*edges(self.raster, window))))
        rows = rows[np.argsort(self.of[rows], kind="stable")]
        of, first = np.unique(self.of[rows], return_index=True)
        for label, own in zip(of, np.split(rows, first[1:]) if len(of) else (), strict=True):
            cells = in_cells(self.raster, window, edges_of(shapely.orient_polygons(self.shapes[own])))
            low = np.floor(cells.reshape(-1, 2).min(axis=0)).clip(min=0).astype(int)
            high = np.ceil(cells.reshape(-1, 2).max(axis=0)).astype(int)
            high = np.minimum(high, (window.width, window.height))
            if (high > low).all():
                share = coverage(cells - np.tile(low, 2), (int(high[1] - low[1]), int(high[0] - low[0])))
                yield int(label), (slice(low[1], high[1]), slice(low[0], high[0])), share


class Part(NamedTuple):
    """What a window adds to sums: positions of zones, amounts by name, shape (zones, names)."""

    labels: npt.NDArray[np.int64]
    sums: Floats


class Sums:
    """Sums over zones that grow window by window.

    Parameters
    ----------
    raster, zones
        As `zonal_sums` takes them.
    names
        What is summed, ``valid_m2`` among them if the table shall tell ``nodata_share``; of several rasters pairs of
        its position and that.
    """

    def __init__(self, raster: Pixels, zones: gpd.GeoSeries, names: Sequence[Any]) -> None:
        self.places, self.names = Places(raster, zones), list(names)
        self.sums = np.zeros((len(self.places.labels), len(names)))
        whole = measured(zones.to_numpy(), zones.crs)
        self.whole = np.bincount(self.places.of, whole, len(self.places.labels))

    def part(self, window: Window, held: Mapping[Any, Floats]) -> tuple[Part, Floats]:
        """What the cells of a window add, by what they hold under each name, and which share of each cell zones cover.

        The sums stay as they are.
        """
        covered = np.zeros((window.height, window.width))
        labels, rows = [], []
        for label, part, share in self.places.within(window):
            labels.append(label)
            if COMPILED:
                spans = np.empty((len(share), 2), dtype=np.int64)
                _collect(share, covered[part], spans)
                done: dict[int, float] = {}  # two names may stand for one array
                for name in self.names:
                    at = id(held[name])
                    if at not in done:
                        done[at] = _product(share, held[name][part], spans)
                rows.append([done[id(held[name])] for name in self.names])
                continue
            np.minimum(share, 1.0, out=share)
            share[share < TOUCHED] = 0.0
            covered[part] += share  # einsum: BLAS would wake threads for each zone
            rows.append([np.einsum("ij,ij->", share, held[name][part]) for name in self.names])
        sums = np.reshape(np.array(rows, dtype=np.float64), (len(labels), len(self.names)))
        return Part(np.array(labels, dtype=np.int64), sums), covered

    def add(self, part: Part) -> None:
        """Add a part; in the order of the windows, so that sums are the same to the last digit."""
        self.sums[part.labels] += part.sums

    def table(self, names: Sequence[str] = (), raster: int | None = None) -> pd.DataFrame:
        """The sums so far by label, ``nodata_share`` beside; of several rasters those of one."""
        columns = list(names) or self.names
        places = [self.names.index(name if raster is None else (raster, name)) for name in columns]
        found = pd.DataFrame(self.sums[:, places], index=self.places.labels, columns=columns)
        if VALID in columns:
            valid, none = found[VALID].to_numpy(), np.full(len(found), np.nan)
            share = np.divide(valid, self.whole, out=none, where=self.whole > 0)
            found["nodata_share"], found[WHOLE] = (1 - share).clip(0, 1), self.whole
        return found


def measured(shapes: Any, crs: pyproj.CRS) -> Floats:
    """Legal area, m², about `VERTICES` at a time, so that the arrays of their vertices stay small."""
    own = np.asarray(shapes, dtype=object)
    part = np.cumsum(shapely.get_num_coordinates(own)) // VERTICES
    parts = np.split(own, np.flatnonzero(np.diff(part)) + 1)
    found: Floats = np.concatenate([legal_area(one, crs) for one in parts])
    return found


def in_cells(raster: Pixels, window: Window, ends: Floats) -> Floats:
    """Edges (x, y of both ends) as columns and rows of a window."""
    west, _, _, north = edges(raster, window)
    across, down = raster.transform.a, raster.transform.e
    cells: Floats = (ends - (west, north, west, north)) / (across, down, across, down)
    return cells


@fast
def _collect(share: Any, covered: Any, spans: Any) -> None:
    """Shares of a zone, at most 1 and 0 where they are rounding, added to what is covered; from where to where each row has any."""
    for row in range(share.shape[0]):
        low, high = share.shape[1], 0
        for column in range(share.shape[1]):
            value = min(share[row, column], 1.0)
            if value < TOUCHED:
                value = 0.0
            share[row, column] = value
            covered[row, column] += value
            if value > 0.0:
                low, high = min(low, column), column + 1
        spans[row, 0], spans[row, 1] = low, high


@fast
def _product(share: Any, held: Any, spans: Any) -> float:
    """Sum of the products of shares and what cells hold."""
    total = 0.0
    for row in range(share.shape[0]):
        a = b = c = d = 0.0
        column, end = spans[row, 0], spans[row, 1]
        while column + 4 <= end:  # four sums side by side do not wait for each other
            a += share[row, column] * held[row, column]
            b += share[row, column + 1] * held[row, column + 1]
            c += share[row, column + 2] * held[row, column + 2]
            d += share[row, column + 3] * held[row, column + 3]
            column += 4
        while column < end:
            a += share[row, column] * held[row, column]
            column += 1
        total += a + b + (c + d)
    return total
