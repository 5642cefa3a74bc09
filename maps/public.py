"""Results as the public may have them: geometry on a grid of 10 m, and only layers that are published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from maps.errors import MapError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.results import Results

GRID_M = 10.0
PUBLIC = frozenset({
    "town_boundary", "county_boundary", "planned_area", "construction_area", "expansion_boundary", "urban_plan",
    "land_use_plan", "plan_difference", "greenway", "village", "project", "project_state", "street_state",
    "reception_hall_state",
})  # fmt: skip
"""Layers that are shown to the public. What is not named stays inside: parcels, farmland, redlines, rasters and whatever is new."""
ASKED = ("review_no", "secrecy", "maker")


def require(stated: Mapping[str, str]) -> None:
    """Refuse what is to be published without its number of review, level of secrecy or maker.

    Parameters
    ----------
    stated
        Texts by `ASKED`.

    Raises
    ------
    MapError
        If one is empty.
    """
    empty = [f"--{name.replace('_', '-')}" for name in ASKED if not stated.get(name, "").strip()]
    if empty:
        raise MapError("sheets-public-refused", options=", ".join(empty))


def generalised(results: Results) -> Results:
    """Return results with all geometry on a grid of `GRID_M`, without the layers and tables that are not published.

    Parcels that are smaller than the grid fall away. Coordinates in tables are rounded to the grid too, issues
    lose their geometry.

    Raises
    ------
    MapError
        If the working CRS is not in metres.
    """
    if results.crs is None or not gpd.GeoSeries(crs=results.crs).crs.is_projected:
        raise MapError("sheets-not-projected")
    tables = {name: _rounded(table) for name, table in results.tables.items()}
    return replace(
        results,
        towns=_on_grid(results.towns),
        pieces=_on_grid(results.pieces),
        context={role: _on_grid(frame) for role, frame in results.context.items() if role in PUBLIC},
        issues=results.issues.drop(columns="geometry", errors="ignore"),
        tables=tables,
        rasters={},
        parcels=None,
    )


def on_grid(shapes: Any) -> np.ndarray:
    """Return geometries with every vertex on the grid of `GRID_M`, still valid; what collapses is empty."""
    fit = shapely.force_2d(np.asarray(shapes, dtype=object))
    return np.asarray(shapely.set_precision(shapely.make_valid(fit), GRID_M), dtype=object)


def _on_grid(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if frame.empty:
        return frame
    return frame.set_geometry(gpd.GeoSeries(on_grid(frame.geometry), index=frame.index, crs=frame.crs))


def _rounded(table: Any) -> Any:
    places = [name for name in ("x", "y") if name in table]
    return table.assign(**{name: (table[name] / GRID_M).round() * GRID_M for name in places})
