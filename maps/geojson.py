"""Layers as GeoJSON (RFC 7946): longitude and latitude on CGCS2000, which WGS 84 equals within centimetres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely

from layers.crs import place

if TYPE_CHECKING:
    from pathlib import Path

DECIMALS: Final = 9
"""Of degrees, where nothing is generalised: 0.1 mm."""


def write(frame: gpd.GeoDataFrame, path: Path, *, decimals: int = DECIMALS, description: str = "") -> None:
    """Write a layer; the file must not be there yet.

    Parameters
    ----------
    frame
        The layer, its CRS on CGCS2000, WGS 84 or a datum PROJ knows a way from.
    path
        File to write.
    decimals
        Of the degrees. Shapes are set on that grid and stay valid.
    description
        Stands in the file beside its name.

    Raises
    ------
    LayerError
        If no transformation from the datum of the layer is known.
    """
    degrees = in_degrees(frame, decimals)
    given = {"DESCRIPTION": description} if description else {}
    pyogrio.write_dataframe(
        degrees,
        path,
        driver="GeoJSON",
        layer=path.stem,
        COORDINATE_PRECISION=decimals,
        RFC7946="YES",
        **given,
    )


def in_degrees(frame: gpd.GeoDataFrame, decimals: int) -> gpd.GeoDataFrame:
    """Return a layer in longitude and latitude, all vertices with so many decimals."""
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    base = pyproj.CRS.from_epsg(4490)
    moved: Any = place(
        shapes, pyproj.CRS.from_user_input(frame.crs), base, None, {"layer": "", "path": ""}
    ).shapes
    fine = 10.0**-decimals
    if decimals < DECIMALS:
        moved = shapely.set_precision(shapely.make_valid(moved), fine)
    moved = shapely.transform(moved, lambda points: np.round(points, decimals))
    moved[shapely.is_empty(moved)] = None
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs="EPSG:4326"), crs="EPSG:4326")
