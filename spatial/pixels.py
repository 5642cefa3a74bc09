"""Pixels: windows of a raster, the true area of its cells, slope."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import shapely

from spatial.areas import legal_area

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pyproj
    from rasterio import Affine

Floats = npt.NDArray[np.float64]
CHUNK = (512, 1024)
"""Rows and columns that are read at once: rather wide than tall, as what hangs together is held for a row of windows."""
EDGES_PER_BLOCK = 20


class Window(NamedTuple):
    """Rows and columns of a raster: the first ones, and how many."""

    row: int
    column: int
    height: int
    width: int


class Pixels(Protocol):
    """A north-up raster that gives its values window by window."""

    @property
    def name(self) -> str:
        """Name of the layer."""
        ...

    @property
    def crs(self) -> pyproj.CRS:
        """CRS of the cells."""
        ...

    @property
    def transform(self) -> Affine:
        """From (column, row) to coordinates; north up."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ...

    @property
    def date(self) -> str | None:
        """Quarter of the state shown."""
        ...

    @property
    def classes(self) -> tuple[float, ...]:
        """Values that count as built-up; every value above 0 if empty."""
        ...

    @property
    def chunk(self) -> tuple[int, int]:
        """Rows and columns that are read at once."""
        ...

    def read(self, window: Window) -> np.ma.MaskedArray[Any, Any]:
        """Values of a window; cells without data are masked."""
        ...


def edges(raster: Pixels, window: Window | None = None) -> tuple[float, float, float, float]:
    """West, south, east, north of a window (of the whole raster if None), in its CRS."""
    row, column, height, width = window or Window(0, 0, *raster.shape)
    west, north = raster.transform @ (column, row)
    east, south = raster.transform @ (column + width, row + height)
    return west, south, east, north


def blocks(raster: Pixels, bounds: tuple[float, float, float, float] | None = None) -> Iterator[Window]:
    """Windows that together hold `bounds` (in the raster's CRS), row by row, cut where its chunks are."""
    low_row, low_column, (high_row, high_column) = 0, 0, raster.shape
    if bounds is not None:
        if not np.isfinite(bounds).all():
            return
        west, north = ~raster.transform @ (bounds[0], bounds[3])
        east, south = ~raster.transform @ (bounds[2], bounds[1])
        low_row, low_column = max(0, int(np.floor(north))), max(0, int(np.floor(west)))
        high_row, high_column = min(high_row, int(np.ceil(south))), min(high_column, int(np.ceil(east)))
    for row, height in _steps(low_row, high_row, raster.chunk[0]):
        for column, width in _steps(low_column, high_column, raster.chunk[1]):
            yield Window(row, column, height, width)


def _steps(low: int, high: int, step: int) -> Iterator[tuple[int, int]]:
    """First ones and lengths of the parts of a range, cut at multiples of `step`."""
    while low < high:
        after = min((low // step + 1) * step, high)
        yield low, after - low
        low = after


def cell_areas(raster: Pixels, window: Window) -> Floats:
    """Legal area of each cell, m², shape (height, width).

    The strips of the columns are measured on the ellipsoid (`spatial.areas.legal_area`), whatever the CRS;
    a cell has of its column the share that its row has of all rows.
    """
    return np.outer(*_strips(raster.crs, edges(raster, window), (window.height, window.width)))


@lru_cache(maxsize=1024)
def _strips(
    crs: pyproj.CRS, box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Share of each row in the area of a box, and area of each column."""
    west, south, east, north = box
    x, y = np.linspace(west, east, size[1] + 1), np.linspace(north, south, size[0] + 1)
    rows = legal_area(shapely.box(np.full(size[0], west), y[1:], np.full(size[0], east), y[:-1]), crs)
    columns = legal_area(shapely.box(x[:-1], np.full(size[1], south), x[1:], np.full(size[1], north)), crs)
    return rows / rows.sum(), columns


def largest_cell(raster: Pixels) -> float:
    """Legal area of the largest cell at the corners, m²."""
    rows, columns = raster.shape
    corners = [Window(row, column, 1, 1) for row in (0, rows - 1) for column in (0, columns - 1)]
    return max(float(cell_areas(raster, one)[0, 0]) for one in corners)


def is_built(values: np.ma.MaskedArray[Any, Any], classes: tuple[float, ...] = ()) -> Any:
    """Tell which cells are built-up by the classes that count; masked where there is no data."""
    kept = np.ma.getdata(values)
    found = np.isin(kept, classes) if classes else kept > 0
    return np.ma.array(found, mask=np.ma.getmaskarray(values))


def in_crs_of(raster: Pixels, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Shapes in the CRS of a raster, their edges densified first so that they stay where they are."""
    if shapes.crs is None or shapes.crs.equals(raster.crs, ignore_axis_order=True):
        return shapes
    west, south, east, north = shapes.total_bounds
    step = max(east - west, north - south) / (EDGES_PER_BLOCK * EDGES_PER_BLOCK)
    dense = shapes.segmentize(step) if np.isfinite(step) and step > 0 else shapes
    return dense.to_crs(raster.crs)


class Slope:
    """Slope of a terrain model in degrees, by Horn's method.

    Horn, B. K. P. (1981): Hill shading and the reflectance map. Proc. IEEE 69(1), 14-47: the gradient is that of
    the eight neighbours weighted 1-2-1. Cells at the rim and beside no data have no slope.

    Parameters
    ----------
    terrain
        Heights in metres. In a geographic CRS cells are as long and wide as on the ellipsoid.
    """

    def __init__(self, terrain: Pixels) -> None:
        self.terrain = terrain
        self.name, self.crs = terrain.name, terrain.crs
        self.transform, self.shape = terrain.transform, terrain.shape
        self.date, self.classes, self.chunk = terrain.date, terrain.classes, terrain.chunk

    def read(self, window: Window) -> np.ma.MaskedArray[Any, Any]:
        """Slope of a window in degrees; masked where a neighbour has no height."""
        row, column, height, width = window
        rows, columns = self.shape
        top, left = max(0, row - 1), max(0, column - 1)
        around = Window(top, left, min(rows, row + height + 1) - top, min(columns, column + width + 1) - left)
        z = np.full((height + 2, width + 2), np.nan)
        held = np.ma.filled(self.terrain.read(around).astype(float), np.nan)
        down, right = top - (row - 1), left - (column - 1)
        z[down : down + around.height, right : right + around.width] = held
        across, along = self._steps(window)
        east = z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:]
        west = z[:-2, :-2] + 2 * z[1:-1, :-2] + z[2:, :-2]
        south = z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:]
        north = z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:]
        slope = np.degrees(np.arctan(np.hypot((east - west) / (8 * across), (south - north) / (8 * along))))
        return np.ma.masked_invalid(slope)

    def _steps(self, window: Window) -> tuple[Any, Any]:
        """Width and height of a cell in metres; of geographic ones by row."""
        across, along = self.transform.a, -self.transform.e
        if self.crs.is_projected:
            unit = self.crs.axis_info[0].unit_conversion_factor
            return across * unit, along * unit
        geod: Any = self.crs.get_geod()
        west, _, _, north = edges(self, window)
        middle = north - (np.arange(window.height) + 0.5) * along
        x = np.full(window.height, west)
        _, _, wide = geod.inv(x, middle, x + across, middle)
        _, _, tall = geod.inv(x, middle - along / 2, x, middle + along / 2)
        return np.reshape(wide, (-1, 1)), np.reshape(tall, (-1, 1))
