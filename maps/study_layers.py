"""Layers of what a run worked out beside the verdicts: land that changed, sites, projects' areas, whatever else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from maps import greenway_layers, pagedata, shapes
from maps.colors import CHANGES, GROWTH, OTHERS, PROJECT_STATES, STUDIES
from maps.drawn_layer import BUDGET, BUDGETS, LANGS, Layer, both, column, largest, left_out, look
from maps.land_colors import land_look, land_name
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.results import Results
    from maps.land_colors import Scheme

SITES = ("renewal_project_state", "street_state", "cleanup_site_state", "reception_hall_state")
PROJECTS = "project_state"
CHANGE = "land_change"
GROWN = "built_up_growth"
ELSEWHERE = {
    "town_boundary", "county_boundary", "planned_area", "construction_area", "expansion_boundary", "farmland",
    "redline", "greenway", "village", "project", "construction_land", CHANGE, *SITES, *greenway_layers.DRAWN,
}  # fmt: skip
"""Layers of the results that `layertree` or a function of its own here draws."""
_KINDS = ("point", "line", "area")


def change_layers(results: Results) -> list[Layer]:
    """Construction land that came and went, slivers left out."""
    frame = results.context.get(CHANGE)
    if frame is None or frame.empty:
        return []
    real = ~frame["sliver"].astype(bool).to_numpy()
    areas = pd.to_numeric(frame["area_m2"]).fillna(0).to_numpy()
    found = []
    for kind, own in CHANGES.items():
        places = np.flatnonzero((frame["kind"] == kind).to_numpy() & real)
        if len(places):
            kept = largest(places, areas[places])
            data = shapes.packed(frame.iloc[kept], "i", kept.tolist(), budget=BUDGETS["piece"])
            how = {**look(own, weight=1), "items": CHANGE, "change": kind, "opacity": 0.85}
            note = left_out(len(places), len(kept))
            label = both(f"map-change-{kind}")
            found.append(
                Layer(
                    f"change-{kind}",
                    "change",
                    label,
                    how,
                    shown=False,
                    number=len(places),
                    data=data,
                    pane="change" if kind == "new" else "change-then",
                    note=note,
                )
            )
    return found


def site_layers(results: Results) -> list[Layer]:
    """Renewal projects, streets, clean-up sites and reception halls, by state."""
    found = []
    for role in SITES:
        frame = results.context.get(role)
        if frame is not None and len(frame):
            label = _label(role.removesuffix("_state"))
            found.append(_layer(frame, role, "sites", label, {"by": "state", "items": role}, "sites"))
    return found


def other_layers(results: Results) -> list[Layer]:
    """Areas of projects, built land without parcel, and every layer that no other function draws."""
    found = []
    projects = results.context.get(PROJECTS)
    if projects is not None:
        areas = projects[(projects.geometry.geom_type.str.contains("Polygon")).to_numpy()]
        if len(areas):
            how = {"by": "state", "items": PROJECTS}
            places = np.flatnonzero(projects.index.isin(areas.index)).tolist()
            label = both("map-layer-project-areas")
            found.append(_layer(areas, "project-areas", "sites", label, how, "sites", places))
    found += _growth(results)
    more = [name for name in results.context if name not in ELSEWHERE | {PROJECTS, GROWN}]
    for place, name in enumerate(more):
        frame = results.context[name]
        if len(frame) and not frame.geometry.isna().all():
            own = look(STUDIES.get(name, OTHERS[place % len(OTHERS)]), weight=2)
            found.append(_layer(frame, name, "studies", _label(name), {**own, "items": name}, "studies"))
    return found


def _growth(results: Results) -> list[Layer]:
    """New built-up land by how it lies to what was there."""
    frame = results.context.get(GROWN)
    if frame is None or frame.empty:
        return []
    found = []
    for kind, own in GROWTH.items():
        places = np.flatnonzero((frame["kind"] == kind).to_numpy()).tolist()
        if places:
            how = {**look(own), "items": GROWN}
            label = both(f"map-growth-{kind}")
            found.append(
                _layer(frame.iloc[places], f"growth-{kind}", "studies", label, how, "studies", places)
            )
    return found


def _layer(
    frame: gpd.GeoDataFrame,
    key: str,
    group: str,
    label: dict[Lang, str],
    how: dict[str, Any],
    pane: str,
    places: list[int] | None = None,
) -> Layer:
    numbers = list(range(len(frame))) if places is None else places
    dimension = int(shapely.get_dimensions(frame.geometry.to_numpy()).max())
    own = {**look(OTHERS[0], weight=3 if dimension == 1 else 1.5), **how, "kind": _KINDS[max(dimension, 0)]}
    own["opacity"] = 0.7 if own["kind"] == "area" else 1
    data = shapes.packed(frame, "i", numbers, budget=BUDGET)
    return Layer(key, group, label, own, shown=False, number=len(frame), data=data, pane=pane)


def _label(name: str) -> dict[Lang, str]:
    known = next((code for code in (f"map-layer-{name}", f"role-{name}") if code in catalogue()), None)
    return both(known) if known else dict.fromkeys(LANGS, name)


def items(results: Results, lang: Lang, scheme: Scheme = "survey") -> dict[str, list[dict[str, Any]]]:
    """What the page says of each feature of these layers, by layer: state or land class, name, lines."""
    own = {
        name: greenway_layers.items(results.context[name], name, lang)
        for name in greenway_layers.ITEMS
        if name in results.context
    }
    roles = [name for name in results.context if name not in ELSEWHERE or name in SITES]
    names = {str(town): str(name) for town, name in results.towns["name"].dropna().items()}
    return own | {role: _items(results.context[role], role, names, lang, scheme) for role in roles}


def changes(results: Results) -> dict[str, list[Any]]:
    """Land class and legal area (m²) of each part of land that changed; texts are made of them in the page."""
    frame = results.context.get(CHANGE)
    if frame is None or frame.empty:
        return {}
    codes = column(frame, "land_class")
    return {
        "land": ["" if pagedata.missing(code) else str(code) for code in codes],
        "area": [round(float(area), 2) for area in pd.to_numeric(frame["area_m2"]).fillna(0)],
    }


def _items(
    frame: gpd.GeoDataFrame, role: str, names: dict[str, str], lang: Lang, scheme: Scheme
) -> list[dict[str, Any]]:
    states = list(PROJECT_STATES)
    rows = []
    for row in frame.drop(columns="geometry").to_dict(orient="records"):
        said: dict[str, Any] = {"lines": _lines(row, names, lang, scheme)}
        if not pagedata.missing(row.get("name")):
            said["name"] = str(row["name"])
        if role in {*SITES, PROJECTS}:
            said["state"] = pagedata.state_of(row.get("state"), states)
        rows.append(said)
    return rows


def _lines(row: dict[str, Any], names: dict[str, str], lang: Lang, scheme: Scheme) -> list[list[str]]:
    code = None if pagedata.missing(row.get("land_class")) else str(row["land_class"])
    town = row.get("town") if pagedata.missing(row.get("town_id")) else names.get(str(row["town_id"]))
    state = row.get("state")
    pairs = [
        ("town", "" if pagedata.missing(town) else str(town)),
        ("state", "" if pagedata.missing(state) else pagedata.said(state, lang, "map-state-")),
        ("kind", _word(row.get("kind"), lang, "rasters-kind-")),
        ("chief", _word(row.get("chief"), lang)),
        ("land-class", land_name(code, lang, scheme) if code else ""),
        ("area", pagedata.area(row.get("area_m2"), lang)),
        ("length", pagedata.number(row.get("length_m"), "m", lang)),
        ("date", _word(row.get("date"), lang)),
    ]
    return [[text(f"map-{name}", lang), value] for name, value in pairs if value]


def _word(value: Any, lang: Lang, prefix: str = "") -> str:
    return "" if pagedata.missing(value) else pagedata.said(value, lang, prefix)


def land_codes(results: Results) -> set[str]:
    """Land classes that the drawn pieces and changes have."""
    frames = (results.pieces, results.context.get(CHANGE))
    found = [column(frame, "land_class").dropna() for frame in frames if frame is not None and len(frame)]
    return {str(code) for codes in found for code in codes if str(code)}


def land_looks(results: Results, lang: Lang, scheme: Scheme = "survey") -> dict[str, dict[str, str]]:
    """Standard colour and name of each land class that the drawn pieces and changes have."""
    return {
        code: {**land_look(code, scheme)._asdict(), "label": land_name(code, lang, scheme)}
        for code in sorted(land_codes(results))
    }
