"""The series of the statutory formula on an ellipsoid 国土调查办发〔2008〕32号."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_CHUNK = 1 << 14


def coefficients(ellipsoid: Any) -> tuple[float, float, float, float, float]:
    """A to E of the formula from the eccentricity of `ellipsoid` (国土调查办发〔2008〕32号)."""
    a, b = ellipsoid.semi_major_metre, semi_minor(ellipsoid)
    e2 = (a * a - b * b) / (a * a)
    e4, e6, e8 = e2**2, e2**3, e2**4
    return (
        1 + 3 / 6 * e2 + 30 / 80 * e4 + 35 / 112 * e6 + 630 / 2304 * e8,
        1 / 6 * e2 + 15 / 80 * e4 + 21 / 112 * e6 + 420 / 2304 * e8,
        3 / 80 * e4 + 7 / 112 * e6 + 180 / 2304 * e8,
        1 / 112 * e6 + 45 / 2304 * e8,
        5 / 2304 * e8,
    )


def semi_minor(ellipsoid: Any) -> float:
    """Semi-minor axis in metres from the flattening, which defines it more sharply than its printed value."""
    a = float(ellipsoid.semi_major_metre)
    return a - a / ellipsoid.inverse_flattening if ellipsoid.inverse_flattening else a


def latitude_function(lat0: Floats, dlat: Floats, ellipsoid: Any) -> Floats:
    """``G(lat0 + dlat) - G(lat0)``, exact also for tiny differences.

    Parameters
    ----------
    lat0, dlat
        Reference latitudes and differences from them, radians.
    ellipsoid
        Ellipsoid of a pyproj CRS.
    """
    sine, cosine = np.sin(dlat / 2), np.cos(lat0 + dlat / 2)
    step_s, step_c = 2 - 4 * sine * sine, 4 * cosine * cosine - 2
    before_s, before_c = -sine, cosine
    total = np.zeros_like(sine)
    sign = 2.0
    for coefficient in coefficients(ellipsoid):
        total += sign * coefficient * sine * cosine
        sine, before_s = step_s * sine - before_s, sine
        cosine, before_c = step_c * cosine - before_c, cosine
        sign = -sign
    return total


def legal_of_rings(xy: Floats, offsets: Ints, crs: pyproj.CRS) -> Floats:
    """Statutory areas of closed rings, each vertex taken back by the inverse projection; always positive, m².

    Parameters
    ----------
    xy
        (m, 2) vertices in `crs`.
    offsets
        Where each ring starts, and m.
    crs
        Projected or geographic.
    """
    inverse = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True) if crs.is_projected else None
    areas = np.empty(len(offsets) - 1)
    for start in range(0, len(areas), _CHUNK):
        stop = min(start + _CHUNK, len(areas))
        low, high = offsets[start], offsets[stop]
        x, y = xy[low:high, 0], xy[low:high, 1]
        lon, lat = inverse.transform(x, y) if inverse else (x, y)
        areas[start:stop] = _ring_areas(
            np.asarray(lon), np.asarray(lat), offsets[start : stop + 1] - low, crs.ellipsoid
        )
    return areas


def some_rings(xy: Floats, offsets: Ints, which: Ints) -> tuple[Floats, Ints]:
    """The rings at `which` alone."""
    sizes = np.diff(offsets)[which]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    at = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes) + np.repeat(offsets[which], sizes)
    return xy[at], starts


def _ring_areas(lon: Floats, lat: Floats, offsets: NDArray[np.int64], ellipsoid: Any) -> Floats:
    """Areas of closed rings in degrees, each relative to its first vertex; always positive."""
    sizes = np.diff(offsets)
    first = np.repeat(offsets[:-1], sizes)
    dlon = np.radians(lon - lon[first])
    g = latitude_function(np.radians(lat[first]), np.radians(lat - lat[first]), ellipsoid)
    cross = np.zeros(len(dlon) + 1)
    cross[1:-1] = (dlon[:-1] + dlon[1:]) * np.diff(g)
    last = offsets[1:-1]
    cross[last] = 0.0
    sums = np.add.reduceat(cross[:-1], offsets[:-1]) if len(sizes) else np.empty(0)
    result: Floats = np.abs(sums) * semi_minor(ellipsoid) ** 2 / 2
    return result


def transverse(crs: pyproj.CRS) -> bool:
    """Whether a CRS is a transverse Mercator (Gauss-Krueger) plane."""
    method = crs.coordinate_operation.method_name.lower() if crs.coordinate_operation else ""
    return crs.is_projected and ("transverse mercator" in method or "gauss-kruger" in method)
