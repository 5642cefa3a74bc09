"""Fingerprints: where a geometry is, however its features are numbered, its rings begin, or its layer is projected."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from spatial.errors import GeometryError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Shapes = NDArray[np.object_]

DECIMALS = 9
"""Of degrees: 0.1 mm on the ground."""
TOLERANCE_M = 0.1
"""By how much a geometry may move and still be the same: the accuracy of a boundary point in a survey."""
_MOST_PAIRS = 4_000_000
_DEGREE_M = 80_000.0
"""Less than a degree of longitude measures in all but the north of China; only to look around by."""


def fingerprint(geometries: Any, crs: Any) -> Shapes:
    """Geometries in longitude and latitude of their own datum, in one written form.

    In China that is EPSG:4490, from whatever zone; rounded to `DECIMALS`, without Z, rings and parts in the order
    of `shapely.normalize`.

    Parameters
    ----------
    geometries
        n geometries, valid or not.
    crs
        Their CRS.

    Returns
    -------
    ndarray
        n geometries; None where there is none, it is empty, or a coordinate cannot be placed on the earth.

    Raises
    ------
    GeometryError
        If the CRS is None, or no place on the earth (a local plane).
    """
    if crs is None:
        raise GeometryError("crs-none")
    own = pyproj.CRS.from_user_input(crs)
    if own.is_compound:
        own = own.sub_crs_list[0]
    if own.geodetic_crs is None:
        raise GeometryError("crs-unfit", crs=own.name)
    shapes = np.array(geometries, dtype=object)
    shapes[shapely.is_missing(shapes) | shapely.is_empty(shapes)] = None
    there = np.flatnonzero(~shapely.is_missing(shapes))
    step = pyproj.Transformer.from_crs(own, own.geodetic_crs, always_xy=True)
    placed = _moved(shapely.force_2d(shapes[there]), step)
    placed = shapely.transform(placed, lambda degrees: np.round(degrees, DECIMALS) + 0.0)
    finite = np.isfinite(shapely.bounds(placed)).all(axis=1)
    shapes[there] = None
    shapes[there[finite]] = shapely.normalize(placed[finite])
    return shapes


def digests(prints: Any) -> list[str]:
    """Hash of each fingerprint (16 hexadecimal digits), empty for None: equal where they are the same to the digit."""
    return [
        "" if written is None else hashlib.sha256(written.encode("ascii")).hexdigest()[:16]
        for written in wkt(prints)
    ]


def wkt(prints: Any) -> list[str | None]:
    """Well-known text of fingerprints with `DECIMALS`; None for None."""
    return list(shapely.to_wkt(np.asarray(prints, dtype=object), rounding_precision=DECIMALS))


def same(kept: Any, now: Any, tolerance_m: ArrayLike = TOLERANCE_M) -> pd.DataFrame:
    """Pairs of fingerprints that are the same geometry within a tolerance.

    Two geometries are as far apart as the farthest point of one is from the outline of the other (Hausdorff
    distance of the outlines, at their vertices).

    Parameters
    ----------
    kept, now
        n and m fingerprints; None is the same as nothing.
    tolerance_m
        In metres; one, or n of them.

    Returns
    -------
    DataFrame
        One row a pair: ``kept``, ``now`` (positions), ``distance_m``; sorted by ``kept``, then distance.
    """
    kept, now = np.asarray(kept, dtype=object), np.asarray(now, dtype=object)
    tolerance = np.broadcast_to(np.asarray(tolerance_m, dtype=float), kept.shape)
    ours, theirs = _plane(kept, now)
    edges = shapely.bounds(ours)
    boxes = shapely.box(*(edges + np.outer(tolerance, [-1, -1, 1, 1])).T)
    one, other = shapely.STRtree(theirs).query(boxes)
    apart = np.abs(edges[one] - shapely.bounds(theirs)[other]).max(axis=1, initial=0)
    alike = shapely.get_dimensions(ours[one]) == shapely.get_dimensions(theirs[other])
    likely = (apart <= tolerance[one]) & alike
    one, other = one[likely], other[likely]
    pairs = pd.DataFrame({"kept": one, "now": other, "distance_m": distances(ours[one], theirs[other])})
    pairs = pairs[pairs["distance_m"] <= tolerance[one]]
    return pairs.sort_values(["kept", "distance_m", "now"], ignore_index=True)


def nearest(kept: Any, now: Any, reach_m: float = TOLERANCE_M) -> tuple[int, float] | None:
    """Which fingerprint a kept one that none is the same as became: its position, and how far it moved in metres.

    None where none lies within `reach_m`, or within the kept one's own size if that is more: what moved farther
    than it is large is another geometry.
    """
    now = np.asarray(now, dtype=object)
    west, south, east, north = shapely.bounds(kept)
    size = float(np.hypot(east - west, north - south))
    boxes = shapely.bounds(now)
    reach = max(2 * reach_m / _DEGREE_M, 2 * size)
    close = (boxes[:, 0] <= east + reach) & (boxes[:, 2] >= west - reach)
    close &= (boxes[:, 1] <= north + reach) & (boxes[:, 3] >= south - reach)
    near = np.flatnonzero(close & (shapely.get_dimensions(now) == shapely.get_dimensions(kept)))
    if not len(near):
        return None
    ours, theirs = _plane(np.array([kept], dtype=object), now[near])
    edges = shapely.bounds(ours[0])
    apart = distances(np.repeat(ours, len(near)), theirs)
    first = int(apart.argmin())
    if apart[first] > max(reach_m, np.hypot(edges[2] - edges[0], edges[3] - edges[1])):
        return None
    return int(near[first]), float(apart[first])


def distances(ones: Shapes, others: Shapes) -> NDArray[np.float64]:
    """Hausdorff distances of the outlines of n pairs in a plane, at their vertices."""
    work = shapely.get_num_coordinates(ones).astype(float) * shapely.get_num_coordinates(others)
    result = np.zeros(len(ones))
    small = work <= _MOST_PAIRS
    result[small] = shapely.hausdorff_distance(ones[small], others[small])
    for place in np.flatnonzero(~small):
        pair = ones[place], others[place]
        result[place] = max(_one_way(*pair), _one_way(*pair[::-1]))
    return result


def _one_way(one: Any, other: Any) -> float:
    """How far the farthest vertex of `one` is from the outline of `other`, by a tree of its edges."""
    lines = shapely.get_parts(other if shapely.get_dimensions(other) < 2 else shapely.boundary(other))  # noqa: PLR2004 - areas
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    edges: Any = lines
    if shapely.get_dimensions(other) > 0:
        joined = owner[:-1] == owner[1:]
        edges = shapely.linestrings(np.stack([coordinates[:-1][joined], coordinates[1:][joined]], axis=1))
    points = shapely.points(shapely.get_coordinates(one))
    _, apart = shapely.STRtree(edges).query_nearest(points, return_distance=True, all_matches=False)
    return float(apart.max())


def _plane(kept: Shapes, now: Shapes) -> tuple[Shapes, Shapes]:
    """Both in one transverse Mercator plane about the middle of the kept ones, in metres."""
    there = kept[~shapely.is_missing(kept)]
    if not len(there):
        return kept, now
    west, south, east, north = shapely.total_bounds(there)
    middle = f"+proj=tmerc +lon_0={(west + east) / 2} +lat_0={(south + north) / 2} +ellps=GRS80 +units=m"
    step = pyproj.Transformer.from_crs("+proj=longlat +ellps=GRS80", middle, always_xy=True)
    return _moved(kept, step), _moved(now, step)


def _moved(shapes: Any, step: pyproj.Transformer) -> Shapes:
    function: Any = step.transform
    result: Shapes = shapely.transform(shapes, function, interleaved=False)
    return result
