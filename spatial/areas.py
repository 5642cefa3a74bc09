"""Areas: legal (on the ellipsoid), plane and geodesic; units; balanced rounding 平差."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from spatial import kernels
from spatial.ellipsoid import legal_of_rings, semi_minor, transverse
from spatial.errors import GeometryError
from spatial.flat import flatten, measure
from spatial.lattice import Lattice
from spatial.rings import rings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

M2_PER_HA: Final = 10_000.0
M2_PER_KM2: Final = 1_000_000.0
M2_PER_MU: Final = 2000.0 / 3.0
"""1 亩 is 2000/3 m² exactly."""
_CHUNK = 1 << 15


def legal_area(geometries: Any, crs: Any) -> Floats:
    """Area on the ellipsoid that a land bureau signs 图斑椭球面积, in m².

    国土调查办发〔2008〕32号, kept by TD/T 1055-2019: each edge from (B1, L1) to (B2, L2) and a meridian bound
    a trapezoid on the ellipsoid; the trapezoids of all rings add up to the area. Written as differences
    ``sin(n dB/2) cos(n Bm) = (sin nB2 - sin nB1) / 2`` the formula is the shoelace formula in the plane of
    longitude and ``G(B) = A sin B - B sin 3B + C sin 5B - D sin 7B + E sin 9B``, which is how it is summed.
    Only the given vertices count: a long edge is not densified. Where numba is installed, rings up to 2 km in a
    transverse Mercator plane take their vertices back by `spatial.lattice.Lattice`, to the same 1e-10.

    Parameters
    ----------
    geometries
        GeoSeries or array of n polygons or multipolygons; Z is ignored, missing ones have area 0.
    crs
        Their coordinate system. A projected one is taken back to its own ellipsoid, without a datum shift.

    Returns
    -------
    ndarray
        n areas, m². Holes are told by their role in the polygon, not by their orientation.

    Raises
    ------
    GeometryError
        If the CRS is missing, or neither projected nor geographic.
    """
    own = _horizontal(crs)
    shapes = np.asarray(geometries, dtype=object)
    if not (kernels.COMPILED and transverse(own)):
        taken = rings(shapes)
        return taken.sums(legal_of_rings(taken.coordinates, taken.offsets, own))
    lattice, result = Lattice(own), np.zeros(len(shapes))
    for start in range(0, len(shapes), _CHUNK):
        part = shapes[start : start + _CHUNK]
        flat = flatten(pa.array(shapely.to_wkb(part, output_dimension=2), pa.binary()))
        result[start : start + _CHUNK] = measure(flat, lattice, lattice.places(flat.box)).legal
        odd = np.flatnonzero(flat.status == kernels.ODD)
        if len(odd):
            taken = rings(part[odd])
            result[start + odd] = taken.sums(legal_of_rings(taken.coordinates, taken.offsets, own))
    return result


def plane_area(geometries: Any) -> Floats:
    """Area in the plane of the projection, m². In Jiaxing 20 to 382 ppm larger than the legal area."""
    result: Floats = shapely.area(np.asarray(geometries, dtype=object))
    return np.nan_to_num(result)


def geodesic_area(geometries: Any, crs: Any) -> Floats:
    """Area between geodesic edges on the ellipsoid, m² (Karney 2013, as PROJ computes it), for comparison."""
    own = _horizontal(crs)
    taken = rings(geometries)
    lon, lat = taken.coordinates[:, 0], taken.coordinates[:, 1]
    if own.is_projected and len(lon):
        lon, lat = pyproj.Transformer.from_crs(own, own.geodetic_crs, always_xy=True).transform(lon, lat)
    ellipsoid: Any = own.ellipsoid
    geod = pyproj.Geod(a=ellipsoid.semi_major_metre, b=semi_minor(ellipsoid))
    areas = np.array(
        [
            abs(geod.polygon_area_perimeter(lon[low:high], lat[low:high])[0])
            for low, high in zip(taken.offsets[:-1], taken.offsets[1:], strict=True)
        ]
    )
    return taken.sums(areas)


def _horizontal(crs: Any) -> pyproj.CRS:
    if crs is None:
        raise GeometryError("crs-none")
    own = pyproj.CRS.from_user_input(crs)
    if own.is_compound:
        own = own.sub_crs_list[0]
    if not (own.is_projected or own.is_geographic):
        raise GeometryError("crs-unfit", crs=own.name)
    return own


def to_ha(area_m2: ArrayLike) -> Floats:
    """Hectares of areas in m²."""
    return np.asarray(area_m2, dtype=float) / M2_PER_HA


def to_km2(area_m2: ArrayLike) -> Floats:
    """Square kilometres of areas in m²."""
    return np.asarray(area_m2, dtype=float) / M2_PER_KM2


def to_mu(area_m2: ArrayLike) -> Floats:
    """亩 of areas in m²; 1 亩 = 2000/3 m²."""
    return np.asarray(area_m2, dtype=float) * 3.0 / 2000.0


def balance(values: ArrayLike, total: float | None = None, step: float = 0.01) -> Floats:
    """Round parts so that they add up to their rounded total 平差.

    Each part is rounded to `step`; what is then left over is handed out in steps, the largest part first
    (of equal parts the first), again from the start if there is more to hand out than there are parts.

    Parameters
    ----------
    values
        n parts.
    total
        What they must add up to; their own sum if None. Rounded to `step`.
    step
        Unit of rounding: 0.01 for m², 0.0001 for ha.

    Returns
    -------
    ndarray
        n rounded parts.

    Examples
    --------
    >>> balance([1.004, 1.004, 1.004]).tolist()
    [1.01, 1.0, 1.0]
    """
    parts = np.asarray(values, dtype=float)
    return balance_groups(
        parts, np.zeros(len(parts), dtype=np.int64), None if total is None else [total], step
    )


def balance_groups(
    values: ArrayLike, groups: ArrayLike, totals: ArrayLike | None = None, step: float = 0.01
) -> Floats:
    """`balance` within each group.

    Parameters
    ----------
    values
        n parts.
    groups
        n group numbers from 0.
    totals
        One total for each group; the groups' own sums if None.
    step
        Unit of rounding.

    Returns
    -------
    ndarray
        n rounded parts.
    """
    parts, group = np.asarray(values, dtype=float), np.asarray(groups, dtype=np.int64)
    if not len(parts):
        return parts.copy()
    per = round(1 / step)
    count = int(group.max()) + 1
    sums = np.bincount(group, parts, count) if totals is None else np.asarray(totals, dtype=float)
    rounded = np.rint(parts * per).astype(np.int64)
    have = np.zeros(count, dtype=np.int64)
    np.add.at(have, group, rounded)
    missing = np.rint(sums * per).astype(np.int64) - have
    order = np.lexsort((-parts, group))
    sizes = np.bincount(group, minlength=count)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank = np.empty(len(parts), dtype=np.int64)
    rank[order] = np.arange(len(parts)) - starts[group[order]]
    each, more = np.divmod(np.abs(missing), np.maximum(sizes, 1))
    given = each[group] + (rank < more[group])
    result: Floats = (rounded + np.sign(missing)[group] * given) / per
    return result
