"""Sheets of one town: its land, the expansion boundary, plans, greenways, projects, changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from maps.checks import CHECKS
from maps.pagedata import bilingual, missing, number, verdict_labels, zone_name
from maps.sheet_map import Name
from maps.sheet_parts import (
    boundaries,
    changes,
    greenways,
    limits,
    parcels,
    pieces,
    plan_differences,
    project_frame,
    projects,
    reach,
    town_names,
    veil,
    village_names,
    villages,
    zones,
)
from maps.sheet_whole import Sheet, bounds, lengths
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from layers.results import Results
    from maps.drawing import Box
    from maps.sheet_map import Part

_ROOM = 1.06
_MOST_ROWS = 14


def _town(results: Results, town: str, lang: Lang) -> Sheet:
    special = str(results.towns.loc[town, "programme"]) == "special"
    land = "town" if results.parcel_shapes is not None else "planned"
    title = text(f"sheets-title-{land if special else 'pilot'}", lang, town=_name(results, town))
    parts = [
        *limits(results, lang), *parcels(results, lang), veil(results, town), *boundaries(results, lang, own=town),
        *pieces(results, town, lang), *villages(results, lang), *projects(results, lang, size=1.0 if special else 0.8),
    ]  # fmt: skip
    labels = verdict_labels(lang)
    rules = {rule["id"]: rule for rule in results.rulebook.get("rules", [])}
    own = results.findings[results.findings["town_id"] == town]
    rows = [
        [bilingual(rules.get(row["rule"], {}).get("title"), lang) or row["rule"], number(row["value"], row["unit"], lang), labels[row["verdict"]]]
        for row in own.to_dict(orient="records")
    ]  # fmt: skip
    return Sheet("town", town, title, _around(results, town), parts,
                 [*village_names(results), *town_names(results)],
                 ("town_boundary", "planned_area", "construction_area", "construction_land", "farmland", "redline", "project", "village"),
                 heads=[text(f"sheets-head-{head}", lang) for head in ("rule", "value", "verdict")],
                 rows=_few(rows, lang), left=(2,))  # fmt: skip


def _expansion(results: Results, town: str, lang: Lang) -> Sheet:
    title = text("sheets-title-expansion", lang, town=_name(results, town))
    own = results.pieces[results.pieces["town_id"] == town] if len(results.pieces) else results.pieces
    real = own[~own["sliver"].astype(bool)] if len(own) else own
    parts = [
        *zones(results, lang), *parcels(results, lang), veil(results, town), *boundaries(results, lang, own=town),
        *pieces(results, town, lang),
    ]  # fmt: skip
    rows = [
        [str(place), zone_name(row["zone"], lang), number(row["area_m2"], "m²", lang)]
        for place, row in enumerate(real.drop(columns="geometry").to_dict(orient="records"), 1)
    ]
    bounds = _around(results, town)
    notes = () if rows else (_without_pieces(results, town, lang),)
    return Sheet("expansion", town, title, bounds, parts, [*_numbers(real), *town_names(results)],
                 ("expansion_boundary", "construction_land", "planned_area", "construction_area", "town_boundary"),
                 heads=[text(f"sheets-head-{head}", lang) for head in ("piece", "zone", "m2")] if rows else (),
                 rows=_few(rows, lang), notes=notes, wide=1)  # fmt: skip


def _without_pieces(results: Results, town: str, lang: Lang) -> str:
    """What is said where no piece is listed: none breaks the rule, or they are not shown to the public."""
    own = results.findings[
        (results.findings["town_id"] == town) & results.findings["measure"].isin(CHECKS["expansion"])
    ]
    inner = own["verdict"].ne("pass") & own["value"].gt(0)
    return text("sheets-pieces-inner" if inner.any() else "sheets-no-pieces", lang)


def _town_plans(results: Results, town: str, lang: Lang) -> Sheet:
    parts, counted = plan_differences(results, lang, town)
    return _of(results, "plans", town, lang, [*parts, veil(results, town), *boundaries(results, lang, own=town)],
               ("town_boundary", "urban_plan", "land_use_plan"), **counted)  # fmt: skip


def _town_greenways(results: Results, town: str, lang: Lang) -> Sheet:
    frame = results.context["greenway"]
    places = reach(results, lang) if "greenway_place" in results.context else villages(results, lang)
    parts = [*places, veil(results, town), *boundaries(results, lang, own=town), *greenways(results, lang)]
    return _of(results, "greenways", town, lang, parts, ("town_boundary", "greenway", "greenway_access", "village"),
               names=village_names(results), **lengths(frame, frame.geometry.intersection(results.towns.geometry[town]), lang))  # fmt: skip


def own_projects(results: Results, town: str) -> gpd.GeoDataFrame:
    """The projects of a town that have a place."""
    frame = project_frame(results)
    return frame[frame["town_id"] == town] if "town_id" in frame else frame.iloc[:0]


def _town_projects(results: Results, town: str, lang: Lang) -> Sheet:
    """Projects of a town with their number, state and money."""
    own = own_projects(results, town)
    parts = [
        *parcels(results, lang), veil(results, town), *boundaries(results, lang, own=town),
        *projects(results, lang, size=1.3, frame=own),
    ]  # fmt: skip
    rows = [
        [str(n), str(row.get("name") or "–"), text(f"map-state-{row['state']}", lang),
         *(number(row.get(key), "", lang) or "–" for key in ("planned_yi", "paid_yi"))]
        for n, row in enumerate(own.drop(columns="geometry").to_dict(orient="records"), 1)
    ]  # fmt: skip
    return _of(results, "projects", town, lang, parts, ("town_boundary", "planned_area", "construction_land", "project"),
               names=_numbers(own, 1.3), more=list(own.geometry),
               heads=[text(f"sheets-head-{head}", lang) for head in ("number", "project", "state", "planned", "paid")],
               rows=_few(rows, lang), wide=1, left=(2,))  # fmt: skip


def _land_change(results: Results, town: str, lang: Lang) -> Sheet:
    title = text("sheets-title-land-change", lang, town=_name(results, town))
    parts, rows, dates = changes(results, town, lang)
    notes = (text("sheets-change-dates", lang, before=dates[0], after=dates[1]),) if dates else ()
    return Sheet("land-change", town, title, _around(results, town),
                 [*parcels(results, lang), *parts, veil(results, town), *boundaries(results, lang, own=town)],
                 town_names(results), ("construction_land", "town_boundary", "planned_area"),
                 heads=[text(f"sheets-head-{head}", lang) for head in ("type", "count", "ha")] if rows else (),
                 rows=rows, notes=notes)  # fmt: skip


def _of(
    results: Results, kind: str, town: str, lang: Lang, parts: Sequence[Part], roles: tuple[str, ...], *,
    names: Sequence[Name] = (), more: Sequence[Any] = (), **table: Any,
) -> Sheet:  # fmt: skip
    """A sheet of one town."""
    title = text(f"sheets-title-{kind}", lang, town=_name(results, town))
    return Sheet(kind, town, title, _around(results, town, more), parts, [*names, *town_names(results)], roles, **table)  # fmt: skip


def _numbers(real: Any, clear: float = 0.0) -> list[Name]:
    """Numbers of pieces or projects, as in the list beside the map."""
    if not len(real):
        return []
    spots = shapely.get_coordinates(shapely.point_on_surface(real.geometry.to_numpy()))
    return [
        Name(str(n), (float(x), float(y)), 2.4, -1.0, clear, "#5c0030") for n, (x, y) in enumerate(spots, 1)
    ]


def _few(rows: list[list[str]], lang: Lang) -> list[list[str]]:
    if len(rows) <= _MOST_ROWS:
        return rows
    left = text("sheets-more-rows", lang, count=len(rows) - _MOST_ROWS)
    return [*rows[:_MOST_ROWS], [left, *[""] * (len(rows[0]) - 1)]]


def _name(results: Results, town: str) -> str:
    name = results.towns.loc[town, "name"]
    return town if missing(name) else str(name)


def _around(results: Results, town: str, more: Sequence[Any] = ()) -> Box:
    """The town, with its construction area and pieces and what else it has, and some room."""
    shapes = [results.towns.geometry[town], *more]
    areas = results.context.get("construction_area")
    if areas is not None:
        shapes += list(areas.geometry[areas["name"] == _name(results, town)])
    if len(results.pieces):
        shapes += list(results.pieces.geometry[results.pieces["town_id"] == town])
    west, south, east, north = bounds(shapes)
    x, y, across, up = (west + east) / 2, (south + north) / 2, _ROOM * (east - west) / 2, _ROOM * (north - south) / 2  # fmt: skip
    return x - across, y - up, x + across, y + up


KINDS = {
    "town": _town, "expansion": _expansion, "plans": _town_plans, "greenways": _town_greenways,
    "projects": _town_projects, "land-change": _land_change,
}  # fmt: skip
