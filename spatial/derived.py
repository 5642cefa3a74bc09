"""Rasters worked out of others window by window, as they are read: what changed, where parcels and pixels agree."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from spatial.pixels import edges, is_built
from spatial.zonal import Places

if TYPE_CHECKING:
    import geopandas as gpd

    from spatial.pixels import Pixels, Window

NOTHING = -128
"""What a derived raster holds where there is no data."""
NEITHER, BOTH, ONLY_RASTER, ONLY_PARCEL = range(4)
HALF = 0.5
_CODES = np.array([[NEITHER, ONLY_PARCEL], [ONLY_RASTER, BOTH]], dtype=np.int8)


class Derived(ABC):
    """A raster of whole numbers on the grid of another (`spatial.pixels.Pixels`)."""

    def __init__(self, like: Pixels, name: str) -> None:
        self.name, self.crs, self.transform, self.shape = name, like.crs, like.transform, like.shape
        self.date, self.chunk = like.date, like.chunk
        self.classes: tuple[float, ...] = ()

    @abstractmethod
    def read(self, window: Window) -> np.ma.MaskedArray[Any, Any]:
        """Values of a window as int8; cells without data are masked."""


class Change(Derived):
    """1 became built-up, -1 is no more, 0 as before; of two states on one grid."""

    def __init__(self, before: Pixels, after: Pixels) -> None:
        super().__init__(after, "built_up_change")
        self.before, self.after = before, after

    def read(self, window: Window) -> np.ma.MaskedArray[Any, Any]:
        """What changed in a window."""
        states = [
            is_built(one.read(window), one.classes).astype(np.int8) for one in (self.after, self.before)
        ]
        change: np.ma.MaskedArray[Any, Any] = states[0] - states[1]
        return change


class Agreement(Derived):
    """0 neither says built, 1 both, 2 the raster alone, 3 the parcels alone (they cover half of the cell or more).

    Parameters
    ----------
    raster
        Built-up raster.
    land
        Construction land that does not overlap.
    """

    def __init__(self, raster: Pixels, land: gpd.GeoSeries) -> None:
        super().__init__(raster, "raster_agreement")
        self.raster = raster
        self.land = Places(raster, land.set_axis(np.zeros(len(land), dtype=np.int64)))

    def read(self, window: Window) -> np.ma.MaskedArray[Any, Any]:
        """Who says built in a window."""
        built = is_built(self.raster.read(window), self.raster.classes)
        parcel = np.zeros(built.shape, dtype=bool)
        for _, part, share in self.land.within(window):
            parcel[part] = share >= HALF
        said = np.ma.getdata(built)
        code = _CODES[said.astype(np.int8), parcel.astype(np.int8)]
        return np.ma.array(code, mask=np.ma.getmaskarray(built))


def same_size(one: Pixels, other: Pixels) -> bool:
    """Tell whether two rasters have cells of one size, wherever they lie."""
    mine, theirs = ([abs(grid.transform.a), abs(grid.transform.e)] for grid in (one, other))
    return one.crs == other.crs and np.allclose(mine, theirs, rtol=1e-6, atol=0)


def same_grid(one: Pixels, other: Pixels) -> bool:
    """Tell whether two rasters have the same cells."""
    return one.shape == other.shape and one.crs == other.crs and np.allclose(edges(one), edges(other))
