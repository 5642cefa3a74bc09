"""Where projects lie: in their town, in its construction area, on which zone and land, over which limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.areas import legal_area
from spatial.land import KINDS, LIMITS, at_date, zone_kinds
from spatial.overlay import overlay
from spatial.subjects import lying_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from spatial.measures.registry import Facts

    Shapes = NDArray[np.object_]
    Bools = NDArray[np.bool_]

ROUNDING = 9
"""Digits of a share that are more than rounding."""
BARRED = ("restricted", "forbidden")


def places(projects: gpd.GeoDataFrame, facts: Facts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where each project lies.

    A project drawn as a point lies where the point lies; one drawn as an area, for what has one answer,
    where a point inside it lies. `Settings.digitising_tolerance_m` is granted: a point may lie that far
    out, an area stick out by that times its outline.

    Parameters
    ----------
    projects
        Points and polygons in the working CRS, with ``town_id``.
    facts
        Towns and layers.

    Returns
    -------
    places
        Index of `projects`; ``area_m2`` (legal; NaN for points) and its ``tolerance_m2``, ``town_found`` (where it lies: its own town
        if it is in it), ``in_town``, ``outside_town_m2``, ``in_construction_area``, ``zone`` (kind; ``outside``
        where the layer draws the expansion boundary alone), ``land_class``, ``on_farmland``,
        ``farmland_m2``, ``on_redline``, ``redline_m2``, ``in_barred_zone``, ``barred_zone_m2`` (restricted and
        forbidden); areas are legal ones, NaN for points. Missing where a layer is.
    issues
        Rows of the issues table: what was repaired on the way.
    """
    shapes = shapely.make_valid(projects.geometry.to_numpy())
    drawn = shapely.get_dimensions(shapes) == DIMENSION_OF_AREAS
    spots = shapely.point_on_surface(shapes)
    slack = shapely.length(shapes) * facts.settings.digitising_tolerance_m
    area = np.where(drawn, legal_area(np.where(drawn, shapes, None), facts.crs), np.nan)
    table = pd.DataFrame(
        {"area_m2": area, "tolerance_m2": np.where(drawn, slack, np.nan)}, index=projects.index
    )
    own = _own(facts.towns.geometry, projects["town_id"])
    outside = _outside(shapes, own, area)
    near = shapely.dwithin(spots, own, facts.settings.digitising_tolerance_m)
    table["in_town"] = _yes(np.where(drawn, outside <= slack, near), ~shapely.is_missing(own))
    table["outside_town_m2"] = outside
    found = lying_in(projects.geometry.set_axis(projects.index), facts.towns, special=True)
    table["town_found"] = found.mask(table["in_town"].fillna(value=False).astype(bool), projects["town_id"])
    built = facts.frames.get("construction_area")
    if built is not None and "town_id" in built:
        theirs = built[built["town_id"].notna()].dissolve("town_id").geometry
        area_of = _own(theirs, projects["town_id"])
        inside = shapely.dwithin(spots, area_of, facts.settings.digitising_tolerance_m)
        table["in_construction_area"] = _yes(inside, ~shapely.is_missing(area_of))
    else:
        table["in_construction_area"] = pd.array([pd.NA] * len(table), dtype="boolean")
    table["land_class"] = _land_class(spots, facts)
    limits, boundary_only = _limits(facts)
    table["zone"] = _zone(spots, limits, boundary_only=boundary_only)
    areas, issues = _overlaps(projects[drawn], limits)
    return _over(table, spots, limits, areas, slack), issues


DIMENSION_OF_AREAS = 2


def _own(shapes: gpd.GeoSeries, town_ids: pd.Series[Any]) -> Shapes:
    """Geometry of each project's own town; None where it has none."""
    geometries = dict(zip(shapes.index, shapes.to_numpy(), strict=True))
    found = [geometries.get(town) for town in town_ids]
    result = np.array([None if one is None or one.is_empty else one for one in found], dtype=object)
    shapely.prepare(result)
    return result


def _outside(shapes: Shapes, own: Shapes, area: NDArray[np.float64]) -> NDArray[np.float64]:
    """Legal area outside the own town: the share that it has in the plane."""
    inside = shapely.area(shapely.intersection(shapes, own))
    with np.errstate(invalid="ignore", divide="ignore"):
        share: NDArray[np.float64] = np.round(1 - inside / shapely.area(shapes), ROUNDING) + 0.0
    return area * share


def _yes(answers: Bools, known: Bools) -> Any:
    return pd.arrays.BooleanArray(np.asarray(answers, dtype=bool), ~np.asarray(known, dtype=bool))


def _land_class(spots: Shapes, facts: Facts) -> Shapes | None:
    frame = facts.frames.get("construction_land")
    if frame is None or "land_class" not in frame:
        return None
    parcels, _ = at_date(frame, facts.as_of)
    spot, at = parcels.sindex.query(spots, predicate="intersects")
    classes = np.full(len(spots), None, dtype=object)
    classes[spot[::-1]] = parcels["land_class"].to_numpy(dtype=object)[at[::-1]]
    return classes


def _limits(facts: Facts) -> tuple[dict[str, gpd.GeoSeries], bool]:
    limits: dict[str, gpd.GeoSeries] = {
        role: facts.frames[role].geometry for role in LIMITS if role in facts.frames
    }
    layer = facts.frames.get("expansion_boundary")
    if layer is None:
        return limits, False
    kinds = layer["zone_kind"] if "zone_kind" in layer else zone_kinds(layer["zone"], facts.settings.zones)
    limits |= {kind: layer.geometry[kinds == kind] for kind in KINDS}
    return limits, not any(len(limits[kind]) for kind in BARRED)


def _zone(spots: Shapes, limits: Mapping[str, gpd.GeoSeries], *, boundary_only: bool) -> Shapes:
    """Kind of zone at each spot, the strictest where several lie."""
    found = np.full(len(spots), "outside" if boundary_only else None, dtype=object)
    for kind in KINDS:
        if kind in limits and len(limits[kind]):
            found[limits[kind].sindex.query(spots, predicate="intersects")[0]] = kind
    return found


def _overlaps(
    projects: gpd.GeoDataFrame, limits: Mapping[str, gpd.GeoSeries]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    result = overlay(projects.geometry, None, dict(limits))
    pieces = result.pieces.set_index("parcel")
    return pieces.groupby(level=0).sum(numeric_only=True), result.issues


def _over(
    table: pd.DataFrame,
    spots: Shapes,
    limits: Mapping[str, gpd.GeoSeries],
    areas: pd.DataFrame,
    slack: NDArray[np.float64],
) -> pd.DataFrame:
    """Add what lies over farmland, redline and barred zones."""
    groups = {"farmland": ["farmland"], "redline": ["redline"], "barred_zone": list(BARRED)}
    for name, members in groups.items():
        known = [member for member in members if member in limits]
        flag = f"in_{name}" if name == "barred_zone" else f"on_{name}"
        if not known:
            table[flag], table[f"{name}_m2"] = pd.array([pd.NA] * len(table), dtype="boolean"), np.nan
            continue
        over = sum((areas[f"{member}_m2"] for member in known), start=pd.Series(0.0, index=areas.index))
        covered = over.reindex(table.index)
        hit = np.zeros(len(spots), dtype=bool)
        for member in known:
            hit[limits[member].sindex.query(spots, predicate="intersects")[0]] = True
        table[flag] = pd.array(np.where(covered.notna(), covered > slack, hit), dtype="boolean")
        table[f"{name}_m2"] = covered
    return table
