"""Parcels that overlap each other: land counts once, for the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from spatial.areas import plane_area
from spatial.repair import ISSUE_COLUMNS, repair

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

_INTERIORS_MEET = "T********"
NOTHING_M2 = 1e-6
"""Plane area below which an overlap is noise of the coordinates, 0.001 m x 0.001 m."""


def overlapping(shapes: Shapes) -> tuple[Ints, Ints]:
    """Positions of the pairs of valid polygons whose interiors meet, the earlier one first.

    Missing and empty ones meet nothing.
    """
    left, right = shapely.STRtree(shapes).query(shapes)
    pairs = left < right
    left, right = left[pairs], right[pairs]
    boxes = shapely.bounds(shapes)
    common = np.minimum(boxes[left], boxes[right])[:, 2:] - np.maximum(boxes[left], boxes[right])[:, :2]
    share = (common > 0).all(axis=1)
    left, right = left[share], right[share]
    meet = shapely.relate_pattern(shapes[left], shapes[right], _INTERIORS_MEET)
    left, right = left[meet], right[meet]
    order = np.lexsort((left, right))
    return left[order], right[order]


def once(parcels: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Parcels without overlaps: land that several parcels cover stays with the first of them.

    Without it a town's total would hold such land as often as it is drawn. Only parcels that overlap are cut.
    What is left of a parcel is a parcel of its own vertices, and keeps of ``registered_m2`` the share that
    it keeps of the plane area.

    Parameters
    ----------
    parcels
        Polygons in a plane in metres; order matters.

    Returns
    -------
    parcels
        The same rows with repaired geometries; None where an earlier parcel covers all of it.
    issues
        Rows of the issues table: what was repaired, and how much land was drawn twice.
    """
    shapes, issues = repair(parcels.geometry.to_numpy(), parcels.index, "parcels")
    apart = parcels.set_geometry(shapes, crs=parcels.crs)
    left, right = overlapping(shapes)
    if not len(left):
        return apart, issues
    later, first = np.unique(right, return_index=True)
    whole = plane_area(shapes[later])
    taken = np.array([shapely.union_all(shapes[group]) for group in np.split(left, first[1:])], dtype=object)
    rest = shapely.difference(shapes[later], taken)
    kept = plane_area(rest)
    lost = whole - kept > NOTHING_M2
    rest[kept <= NOTHING_M2] = None
    shapes[later[lost]] = rest[lost]
    apart = apart.set_geometry(shapes, crs=parcels.crs)
    if "registered_m2" in apart:
        share = np.ones(len(apart))
        share[later[lost]] = kept[lost] / whole[lost]
        apart["registered_m2"] = apart["registered_m2"].to_numpy(dtype=float) * share
    if not lost.any():
        return apart, issues
    params = {"area_m2": float((whole - kept)[lost].sum()), "count": int(lost.sum())}
    told = pd.DataFrame(
        [["issue-parcels-overlap", "warning", "construction_land", None, None, params, None]],
        columns=ISSUE_COLUMNS,
    )
    return apart, pd.concat([issues, told], ignore_index=True) if len(issues) else told


def each_once(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What `once` leaves of parcels, without those of which nothing is left."""
    apart, _ = once(parcels)
    return apart[apart.geometry.notna()]
