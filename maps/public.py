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
    "land_use_plan", "plan_difference", "greenway", "greenway_edge", "greenway_access", "greenway_place", "village", "project", "project_state", "street_state",
    "reception_hall_state",
})  # fmt: skip
"""Layers that are shown to the public. What is not named stays inside: parcels, farmland, redlines, rasters and whatever is new."""
INNER = (
    "id", "layer", "fid", "source_fid", "one_fid", "other_fid", "parcel_id", "land_class", "chief", "on_farmland", "farmland_m2", "on_redline", "redline_m2", "x", "y",
)  # fmt: skip
"""Columns of layers that name the files and features they came from, or persons, or tell what inner layers hold."""
DECIMALS = 4
"""Of degrees: 11 m from south to north, 9.6 m from west to east at 30° N, on top of the grid."""
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
        raise MapError("public-refused", options=", ".join(empty))


def generalised(results: Results) -> Results:
    """Return results with all geometry on a grid of `GRID_M`, without the layers and tables that are not published.

    Violating pieces are parts of parcels: they stay inside as those do. Coordinates in tables are rounded to the grid too, issues
    lose their geometry.

    Raises
    ------
    MapError
        If the working CRS is not in metres.
    """
    if results.crs is None or not gpd.GeoSeries(crs=results.crs).crs.is_projected:
        raise MapError("public-not-projected")
    tables = {name: _rounded(table) for name, table in results.tables.items()}
    return replace(
        results,
        towns=_on_grid(results.towns),
        pieces=results.pieces.iloc[:0],
        context={role: _on_grid(frame) for role, frame in results.context.items() if role in PUBLIC},
        issues=results.issues.drop(columns="geometry", errors="ignore"),
        tables=tables,
        rasters={},
        parcels=None,
        folder=None,
    )


def published(results: Results) -> Results:
    """Return results as data for the public: generalised, with figures and names, without what leads inside.

    As pieces do, so do issues, tables, exceptions, evidence, the files a run was
    made from, and in the layers the columns that name source files and features. A feature too small for the grid
    keeps its row without a geometry.

    Raises
    ------
    MapError
        If the working CRS is not in metres.
    """
    cut = generalised(results)
    context = {
        role: _outside(frame.drop(columns=[name for name in INNER if name in frame]))
        for role, frame in cut.context.items()
    }
    return replace(
        cut,
        towns=_outside(cut.towns),
        context=context,
        findings=cut.findings.assign(evidence=[{} for _ in range(len(cut.findings))]),
        measures=cut.measures.assign(evidence=[{} for _ in range(len(cut.measures))]),
        issues=cut.issues.iloc[:0],
        exceptions=cut.exceptions.iloc[:0],
        tables={},
        rasters={},
        provenance={name: value for name, value in cut.provenance.items() if name != "inputs"},
    )


def _outside(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A frame numbered anew if its index names features of sources; empty geometries are missing."""
    shapes = frame.geometry.where(~frame.geometry.is_empty, None)
    plain = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    return plain if frame.index.name == "town_id" else plain.reset_index(drop=True)


def stated(given: Mapping[str, str]) -> str:
    """Return what must stand with everything published: review number, secrecy and maker, Chinese and in one line."""
    words = {"review_no": "审图号", "secrecy": "密级", "maker": "制图单位"}
    return " ".join(f"{words[name]}\N{FULLWIDTH COLON}{given[name].strip()}" for name in ASKED)


def coarse(value: Any) -> Any:
    """Return plain data with every pair of fractional numbers, which is a place in degrees, cut to `DECIMALS`."""
    if isinstance(value, dict):
        return {key: coarse(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        place = len(value) == 2 and all(isinstance(part, float) for part in value)  # noqa: PLR2004 - x and y
        return [round(part, DECIMALS) if place else coarse(part) for part in value]
    return value


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
