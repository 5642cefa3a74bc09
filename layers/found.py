"""Which coordinate system a layer is in, how that was told, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyproj
import shapely

from layers import crs as systems

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from layers.sources import Raw

_GAIN = 0.002


@dataclass(frozen=True)
class Found:
    """The CRS of a layer, or ``GCJ-02``; ``why`` is a message code with ``params``."""

    crs: pyproj.CRS | str | None
    how: Literal["file", "numbers", "prefix", "header", "reference", "stated"]
    sure: Literal["certain", "likely", "unknown"]
    why: str
    params: Mapping[str, Any] = field(default_factory=dict)
    swapped: bool = False


def find(raw: Raw, stated: pyproj.CRS | None = None, reference: gpd.GeoDataFrame | None = None) -> Found:
    """Tell the CRS of a layer by its file, by its numbers, and by polygons that are placed rightly."""
    shapes = np.array(raw.frame["geometry"], dtype=object)
    shapes = shapes[np.isfinite(shapely.bounds(shapes)).all(axis=1)] if len(shapes) else shapes
    if raw.crs is not None and not raw.implied_crs:
        own = pyproj.CRS(raw.crs.sub_crs_list[0]) if raw.crs.is_compound else pyproj.CRS(raw.crs)
        return Found(own, "file", "certain", "found-file")
    if not len(shapes):
        return Found(raw.crs, "file", "unknown", "found-nothing")
    if raw.implied_crs:
        return _of_geojson(raw, shapes, reference)
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(shapes))
    told = systems.from_numbers((west, south, east, north), stated)
    if told is not None:
        prefixed = west >= 1e6  # noqa: PLR2004 - a zone number in front of the easting
        return Found(
            told,
            "prefix" if prefixed else "numbers",
            "likely",
            "found-prefix" if prefixed else "found-numbers",
        )
    swapped = systems.from_numbers((south, west, north, east), stated)
    if swapped is not None:
        return Found(swapped, "numbers", "likely", "found-swapped", swapped=True)
    return Found(None, "numbers", "unknown", "found-nothing")


def _of_geojson(raw: Raw, shapes: Any, reference: gpd.GeoDataFrame | None) -> Found:
    """WGS 84 or GCJ-02, whichever fits the reference better; the file itself proves nothing."""
    base = pyproj.CRS.from_epsg(4490)
    areas = shapes[shapely.get_dimensions(shapes) == 2]  # noqa: PLR2004 - polygons
    own = pyproj.CRS(raw.crs) if raw.crs is not None else pyproj.CRS.from_epsg(4326)
    if reference is None or not len(areas):
        return Found(own, "file", "likely", "found-geojson")
    ours = shapely.union_all(shapely.make_valid(reference.geometry.to_numpy()))
    undone = systems.place(areas, systems.GCJ02, base, None, {"layer": "", "path": ""}).shapes
    before, after = (
        _agreement(shapely.union_all(shapely.make_valid(which)), ours) for which in (areas, undone)
    )
    params = {"before": before, "after": after}
    if after > before + _GAIN:
        return Found(systems.GCJ02, "reference", "certain", "found-gcj02", params)
    return Found(own, "reference", "likely", "found-not-gcj02", params)


def _agreement(one: Any, other: Any) -> float:
    """Shared area over joint area."""
    joint = shapely.area(shapely.union(one, other))
    return float(shapely.area(shapely.intersection(one, other)) / joint) if joint else 0.0
