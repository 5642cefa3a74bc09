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


def features(
    frame: gpd.GeoDataFrame,
    properties: Sequence[dict[str, int]],
    *,
    budget: int,
    partition: bool = False,
) -> dict[str, Any]:
    """Return a GeoJSON feature collection in degrees, for display only.

    The coordinates are those of the geodetic CRS of the frame itself: no datum is shifted. CGCS2000,
    WGS 84 and ETRS89 degrees agree within what a screen shows.

    Parameters
    ----------
    frame
        Geometries in a projected CRS, in metres; empty and missing ones are left out.
    properties
        For each row, the properties of its feature: whole numbers only, keys into the page's data.
        Text has no place here (see `maps.offline.data_script`).
    budget
        Vertices that the layer may have; more are thinned out with the smallest tolerance that keeps
        to it, at least `FINEST_M`, at most `COARSEST_M`.
    partition
        Whether the polygons are a coverage whose shared edges stay shared.
    """
    drawn = (~(frame.geometry.is_empty | frame.geometry.isna())).to_numpy()
    shapes = shapely.force_2d(frame.geometry.to_numpy()[drawn])
    thin = frame.geometry[drawn].copy()
    thin[:] = thinned(shapes, budget, partition=partition)
    degrees = thin.to_crs(thin.crs.geodetic_crs) if thin.crs.is_projected else thin
    rounded = shapely.transform(degrees.to_numpy(), lambda points: np.round(points, DECIMALS))
    kept = [row for row, is_drawn in zip(properties, drawn, strict=True) if is_drawn]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": row, "geometry": shape.__geo_interface__}
            for row, shape in zip(kept, rounded, strict=True)
            if not shape.is_empty
        ],
    }


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
