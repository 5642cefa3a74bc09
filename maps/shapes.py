"""Geometry for a screen: thinned out to a budget of vertices, in degrees, as GeoJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

DECIMALS = 6
FINEST_M = 0.5
COARSEST_M = 200.0
AREA = 2
BITS = 5


def packed(
    frame: gpd.GeoDataFrame,
    key: str,
    numbers: Sequence[int],
    *,
    budget: int | None,
) -> dict[str, Any]:
    """Return the geometries of a layer in degrees as short text, for display only; the page unpacks it.

    The coordinates are those of the geodetic CRS of the frame itself: no datum is shifted. CGCS2000,
    WGS 84 and ETRS89 degrees agree within what a screen shows.

    Parameters
    ----------
    frame
        Geometries in a projected CRS, in metres; empty and missing ones are left out.
    key, numbers
        What the number of each row points to in the page's data, and that number: text has no place here
        (see `maps.offline.data_script`).
    budget
        Vertices that the layer may have; more are thinned out with the smallest tolerance that keeps
        to it, at least `FINEST_M`, at most `COARSEST_M`. None: they are thin already.

    Returns
    -------
    dict
        ``key``, ``ids``, ``digits``; ``shape``: for each geometry its dimension, number of parts, of rings and of
        vertices as `varints`; ``points``: longitudes and latitudes in 10^-digits degrees, each less the one
        before, zigzag, as `varints`. Rings are not closed.
    """
    drawn = (~(frame.geometry.is_empty | frame.geometry.isna())).to_numpy()
    geometries = shapely.force_2d(frame.geometry.to_numpy()[drawn])
    thin = frame.geometry[drawn].copy()
    thin[:] = geometries if budget is None else thinned(geometries, budget)
    degrees = (thin.to_crs(thin.crs.geodetic_crs) if thin.crs.is_projected else thin).to_numpy()
    counts: list[int] = []
    rows = [_counted(geometry, counts) for geometry in degrees]
    xy = np.concatenate(rows) if rows else np.empty((0, 2))
    points = _stepped(np.round(xy * 10**DECIMALS).astype(np.int64))
    kept = [int(number) for number, is_drawn in zip(numbers, drawn, strict=True) if is_drawn]
    return {"key": key, "ids": kept, "digits": DECIMALS, "shape": varints(counts), "points": points}


def coarser(data: dict[str, Any], digits: int) -> dict[str, Any]:
    """Return packed shapes whose coordinates have no more than so many digits of a degree."""
    unit = 10 ** (data["digits"] - digits)
    zigzag = _numbers(data["points"])
    steps = np.where(zigzag % 2 == 1, -(zigzag + 1) // 2, zigzag // 2).reshape(-1, 2)
    return {
        **data,
        "digits": digits,
        "points": _stepped(np.round(np.cumsum(steps, axis=0) / unit).astype(np.int64)),
    }


def _stepped(xy: np.ndarray) -> str:
    steps = np.diff(xy, axis=0, prepend=0).ravel()
    return varints(np.where(steps < 0, -2 * steps - 1, 2 * steps))


def _numbers(text: str) -> np.ndarray:
    """The numbers that `varints` wrote."""
    digits = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) - 63
    last = digits < 1 << BITS
    owner: np.ndarray = np.cumsum(last) - last
    starts = (
        np.flatnonzero(np.concatenate([[True], last[:-1]])) if len(digits) else np.empty(0, dtype=np.int64)
    )
    place = np.arange(len(digits)) - starts[owner]
    found = np.zeros(len(starts), dtype=np.int64)
    np.add.at(found, owner, (digits & 31) << (BITS * place))
    return found


def _counted(geometry: Any, counts: list[int]) -> np.ndarray:
    """The vertices of one geometry; what they make up goes to the end of `counts`."""
    dimension = int(shapely.get_dimensions(geometry))
    parts = shapely.get_parts(geometry)
    parts = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    counts += [dimension, len(parts)]
    found = []
    for part in parts:
        rings = shapely.get_rings(part) if dimension == AREA else [part]
        counts += [len(rings)] if dimension == AREA else []
        for ring in rings:
            xy = shapely.get_coordinates(ring)
            xy = xy[:-1] if dimension == AREA else xy
            counts += [len(xy)] if dimension else []
            found.append(xy)
    return np.concatenate(found) if found else np.empty((0, 2))


def varints(values: Sequence[int] | np.ndarray) -> str:
    """Return whole numbers from 0 on as text: five bits a character from ``?`` on, the lowest first.

    Examples
    --------
    >>> varints([0, 31, 32, 1000])
    '?^_@g^'
    """
    left = np.asarray(values, dtype=np.uint64)
    lengths = np.ones(len(left), dtype=np.int64)
    rest = left >> np.uint64(BITS)
    while rest.any():
        lengths += rest > 0
        rest >>= np.uint64(BITS)
    owner = np.repeat(np.arange(len(left)), lengths)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    digits = (left[owner] >> (BITS * place).astype(np.uint64)) & np.uint64(31)
    digits[place < lengths[owner] - 1] |= np.uint64(32)
    return (digits + np.uint64(63)).astype(np.uint8).tobytes().decode("ascii")


def thinned(shapes: np.ndarray, budget: int, *, partition: bool = False) -> np.ndarray:
    """Return `shapes` with at most `budget` vertices together, as far as `COARSEST_M` allows."""
    tolerance, thin = FINEST_M, shapes
    while shapely.get_num_coordinates(thin).sum() > budget and tolerance <= COARSEST_M:
        if partition:
            thin = shapely.coverage_simplify(shapes, tolerance)
        else:
            thin = shapely.simplify(shapes, tolerance, preserve_topology=True)
        tolerance *= 2
    return thin


def outline(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the line around all polygons of `frame` together, without the lines between them."""
    polygons = frame.geometry[~(frame.geometry.is_empty | frame.geometry.isna())].to_numpy()
    around = shapely.boundary(shapely.union_all(shapely.make_valid(polygons)))
    return gpd.GeoDataFrame(geometry=[around], crs=frame.crs)
