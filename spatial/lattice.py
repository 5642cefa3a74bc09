"""Local polynomials of the inverse projection, so that legal areas need no projection of each vertex."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj

from spatial.cells import distinct
from spatial.ellipsoid import latitude_function, semi_minor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CELL: Final = 4000.0
"""Side of a cell, m."""
LARGEST: Final = 2000.0
"""A shape with a longer box has its legal area computed by the inverse projection of each vertex, m."""
_HALF = 3000.0
_POWERS = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (2, 2), (3, 0),
           (3, 1), (4, 0)]  # fmt: skip


class Lattice:
    """Cells of 4 km over a transverse Mercator plane, anchored at its origin and filled when needed.

    In each, ``b (L - Lc)`` and ``b (G(B) - G(Bc))`` (see `spatial.areas.legal_area`) are polynomials of degree
    4 of easting and northing in km from the cell's middle, fitted to PROJ at 64 points within 3 km of it: they
    are off by less than 1e-8 m. A cell holds the same numbers whatever was asked before.

    Parameters
    ----------
    crs
        Projected CRS in metres.
    """

    def __init__(self, crs: Any) -> None:
        self.crs = pyproj.CRS.from_user_input(crs)
        self._to_degrees = pyproj.Transformer.from_crs(self.crs, self.crs.geodetic_crs, always_xy=True)
        self._proj = pyproj.Proj(self.crs)
        self._lock = Lock()
        self._places: dict[tuple[int, int], int] = {}
        self.centers = np.empty((0, 2))
        self.powers = np.empty((0, 2, len(_POWERS)))
        self.scale = np.empty((0, 3))
        node = _HALF * np.cos(np.pi * (np.arange(8) + 0.5) / 8)
        self._x, self._y = (axis.ravel() for axis in np.meshgrid(node, node))
        u, v = self._x / 1000, self._y / 1000
        self._fit: Floats = np.linalg.pinv(np.column_stack([np.ones(64), *(u**i * v**j for i, j in _POWERS)]))
        self._fit_scale: Floats = np.asarray(
            np.linalg.pinv(np.vander(node, 3, increasing=True)), dtype=np.float64
        )
        self._nodes = node

    def places(self, boxes: Floats) -> Ints:
        """Number of the cell of the middle of each box (NaN: of any), filling cells that are new."""
        middle = np.nan_to_num((boxes[:, :2] + boxes[:, 2:]) / 2, posinf=0.0, neginf=0.0)
        keys = np.floor(middle / CELL).astype(np.int64)
        cells, inverse = distinct(*keys.T)
        with self._lock:
            new = [key for key in map(tuple, cells.tolist()) if key not in self._places]
            if new:
                self._add(np.array(new))
            numbers = np.array([self._places[key] for key in map(tuple, cells.tolist())], dtype=np.int64)
        return numbers[inverse] if len(boxes) else np.empty(0, dtype=np.int64)

    def _add(self, keys: Ints) -> None:
        """Fit new cells, all at once; each by itself, so that company does not matter."""
        centers = (keys + 0.5) * np.float64(CELL)
        ellipsoid: Any = self.crs.ellipsoid
        b = semi_minor(ellipsoid)
        lon, lat = self._degrees(centers, np.append(self._x, 0.0), np.append(self._y, 0.0))
        dlon = b * np.radians(lon[:, :-1] - lon[:, -1:])
        start = np.radians(np.broadcast_to(lat[:, -1:], dlon.shape))
        g = b * latitude_function(start, np.radians(lat[:, :-1] - lat[:, -1:]), ellipsoid)
        powers = np.stack([_each(self._fit[1:], dlon), _each(self._fit[1:], g)], axis=1)
        lon, lat = self._degrees(centers, self._nodes, np.zeros(len(self._nodes)))
        areal = np.asarray(self._proj.get_factors(lon.ravel(), lat.ravel()).areal_scale).reshape(lon.shape)
        first = len(self.centers)
        self.centers = np.concatenate([self.centers, centers])
        self.powers = np.concatenate([self.powers, powers])
        self.scale = np.concatenate([self.scale, _each(self._fit_scale, np.reciprocal(areal))])
        self._places |= {(int(i), int(j)): first + k for k, (i, j) in enumerate(keys)}

    def _degrees(self, centers: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude of points around each center, (cells, points)."""
        east, north = centers[:, :1] + x, centers[:, 1:] + y
        lon, lat = self._to_degrees.transform(east.ravel(), north.ravel())
        return np.asarray(lon).reshape(east.shape), np.asarray(lat).reshape(east.shape)


def _each(fit: Floats, values: NDArray[Any]) -> Floats:
    """Coefficients of each row; summed in one order however many rows there are."""
    return np.stack([(row * values).sum(axis=1) for row in fit], axis=1)
