"""How the plane of a projection stretches areas, and areas with that undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from spatial.rings import rings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AreaScale:
    """Area on the ellipsoid per area in the plane, ``w = 1 / k^2``, as a polynomial of easting.

    In a transverse Mercator plane w depends on the distance from the central meridian; over the height of a
    parcel it does not change by 1e-9.

    Attributes
    ----------
    origin
        Easting the polynomial is taken from, m.
    powers
        Coefficients of w, the constant first.
    """

    origin: float
    powers: tuple[float, ...]

    def at(self, x: Floats) -> Floats:
        """W at eastings `x` (m)."""
        return _polynomial(x - self.origin, self.powers)

    def slopes(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """W and its first and second derivative at eastings `x` (m)."""
        first = np.polynomial.polynomial.polyder(self.powers)
        second = np.polynomial.polynomial.polyder(first)
        d = x - self.origin
        return _polynomial(d, self.powers), _polynomial(d, first), _polynomial(d, second)


def _polynomial(d: Floats, powers: Any) -> Floats:
    value = np.zeros_like(d)
    for power in powers[::-1]:
        value = value * d + power
    return value


def area_scale(crs: Any, bounds: tuple[float, float, float, float]) -> AreaScale:
    """Fit the area scale of a projected `crs` over `bounds` (m), from PROJ's factors."""
    own = pyproj.CRS.from_user_input(crs)
    west, south, east, north = bounds
    origin, half = (west + east) / 2, max((east - west) / 2, 1000.0)
    x = origin + half * np.cos(np.linspace(0, np.pi, 17))
    y = np.full_like(x, (south + north) / 2)
    inverse = pyproj.Transformer.from_crs(own, own.geodetic_crs, always_xy=True)
    lon, lat = inverse.transform(x, y)
    areal = pyproj.Proj(own).get_factors(lon, lat).areal_scale
    return AreaScale(origin, tuple(np.polynomial.polynomial.polyfit(x - origin, 1 / np.asarray(areal), 4)))


def ground_area(geometries: Any, scale: AreaScale) -> Floats:
    """Area on the ellipsoid of polygons whose edges are straight in the plane, m².

    The integral of w over the polygon, by Green's theorem: an edge adds ``dy`` times the mean of
    ``W(x) = integral of w`` along it, which is a polynomial of its two eastings.

    Parameters
    ----------
    geometries
        n polygons or multipolygons in the plane of `scale`.
    scale
        Area scale of the plane.

    Returns
    -------
    ndarray
        n areas, m²: additive under any cut to rounding error.
    """
    taken = rings(geometries)
    if not len(taken.sign):
        return np.zeros(taken.total)
    first = taken.coordinates[taken.offsets[:-1], 0]
    return taken.sums(np.abs(green(taken.coordinates, taken.offsets, scale.slopes(first))))


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
