"""The layer tree of the map: what is drawn, in which group, how, and whether it shows at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from maps import pagedata, shapes, study_layers
from maps.colors import GREENWAYS, LIMITS, NEUTRAL, PIECES, PLANNED, PROJECT_STATES, ZONE_KINDS
from maps.drawn_layer import (
    BUDGET,
    BUDGETS,
    LANGS,
    NO_NAME,
    Layer,
    both,
    column,
    largest,
    left_out,
    look,
)
from maps.greenway_layers import classes, reach_layers

if TYPE_CHECKING:
    from layers.results import Results
    from spatial.messages import Lang


def layers(results: Results, towns: list[dict[str, Any]], names: list[str]) -> list[Layer]:
    """Return the entries of the layer tree, in the order of the tree; `names` collects hover texts."""
    return [
        *_town_layers(results, towns),
        *_piece_layers(results),
        *study_layers.change_layers(results),
        *_limit_layers(results),
        *_project_layers(results),
        *study_layers.site_layers(results),
        *_greenway_layers(results, names),
        *study_layers.other_layers(results),
        *_place_layers(results, names),
    ]


def _town_layers(results: Results, towns: list[dict[str, Any]]) -> list[Layer]:
    kinds = np.array([town["kind"] for town in towns], dtype=object)
    has_shape = np.array([town["box"] is not None for town in towns], dtype=bool)
    thin = results.towns[["geometry"]].copy()
    admin, planned = (kinds != "special") & has_shape, (kinds == "special") & has_shape
    outlines = results.towns.geometry.to_numpy()
    found = outlines.copy()
    found[admin] = shapes.thinned(outlines[admin], BUDGETS["other"], partition=True)
    found[planned] = shapes.thinned(outlines[planned], BUDGETS["special"])
    thin.geometry = gpd.GeoSeries(found, index=thin.index, crs=thin.crs)
    layers = []
    for kind, pane in (("special", "towns"), ("pilot", "pilots"), ("other", "others")):
        places = np.flatnonzero((kinds == kind) & has_shape)
        if len(places):
            judged = kind != "other"
            own = look(NEUTRAL, kind="verdict" if judged else "area", weight=2 if kind == "special" else 1)
            own["opacity"] = 0.9 if kind == "special" else 0.75 if kind == "pilot" else 1
            data = shapes.packed(thin.iloc[places], "t", places.tolist(), budget=None)
            label = both(f"map-layer-{kind}")
            layers.append(
                Layer(kind, "towns", label, own, shown=True, number=len(places), data=data, pane=pane)
            )
    if layers:
        layers.append(Layer("labels", "towns", both("map-layer-labels"), {"kind": "label"}, shown=True))
    return layers


def _piece_layers(results: Results) -> list[Layer]:
    frame = results.pieces
    if frame.empty:
        return []
    rows = {lang: pagedata.pieces(results, lang) for lang in LANGS}
    slivers = frame["sliver"].astype(bool).to_numpy()
    groups: list[tuple[str, dict[Lang, str], np.ndarray, bool, str]] = []
    for rule in frame["rule"][~slivers].unique():
        mask = (frame["rule"] == rule).to_numpy() & ~slivers
        first = int(np.flatnonzero(mask)[0])
        looks = {rows["zh"][place]["look"] for place in np.flatnonzero(mask)}
        label: dict[Lang, str] = {
            lang: f"{own[first]['clause']} {own[first]['title']}" for lang, own in rows.items()
        }
        groups.append((f"piece-{rule}", label, mask, True, next(name for name in PIECES if name in looks)))
    groups.append(("sliver", both("map-layer-sliver"), slivers, False, "sliver"))
    areas = pd.to_numeric(frame["area_m2"]).fillna(0).to_numpy()
    found = []
    for key, label, mask, shown, piece in groups:
        places = np.flatnonzero(mask)
        if not len(places):
            continue
        kept = largest(places, areas[places])
        data = shapes.packed(frame.iloc[kept], "p", kept.tolist(), budget=BUDGETS["piece"])
        own_look = {**look(PIECES[piece], kind="piece", weight=2), "piece": piece}
        note = left_out(len(places), len(kept))
        found.append(Layer(key, "pieces", label, own_look, shown, len(places), data, "pieces", note=note))
    return found


def _limit_layers(results: Results) -> list[Layer]:
    found = []
    zones = results.context.get("expansion_boundary")
    if zones is not None and len(zones):
        kinds = column(zones, "zone_kind").where(lambda kind: kind.isin(list(ZONE_KINDS)), "other")
        found += _expansion(zones[kinds.isin(["permitted", "conditional"])])
        for kind in (*ZONE_KINDS, "other"):
            frame = zones[kinds == kind]
            own = look(ZONE_KINDS.get(kind, NEUTRAL), weight=1.2)
            own["dash"] = {"conditional": "6 3", "restricted": "2 3"}.get(kind)
            own["opacity"] = 0.75
            found += _area(frame, f"zone-{kind}", f"map-zone-{kind}", own, shown=False)
    for role, shown in (("farmland", False), ("redline", True)):
        own = look(LIMITS[role], weight=0.6 if role == "farmland" else 2)
        own |= {
            "opacity": 0.75 if role == "farmland" else 0.45,
            "dash": "7 3" if role == "redline" else None,
        }
        found += _area(results.context.get(role), role, f"map-layer-{role}", own, shown=shown)
    return found


def _expansion(zones: gpd.GeoDataFrame) -> list[Layer]:
    """The expansion boundary 扩展边界 itself: the line around permitted and conditional zones together."""
    if zones.empty:
        return []
    around = shapes.outline(zones)
    own = look(LIMITS["expansion"], kind="line", weight=2)
    data = shapes.packed(around, "n", [NO_NAME] * len(around), budget=BUDGETS["expansion"])
    return [
        Layer("expansion", "limits", both("map-layer-expansion"), own, shown=True, data=data, pane="lines")
    ]


def _area(
    frame: gpd.GeoDataFrame | None, key: str, code: str, own: dict[str, Any], *, shown: bool
) -> list[Layer]:
    if frame is None or frame.empty:
        return []
    data = shapes.packed(frame, "n", [NO_NAME] * len(frame), budget=BUDGETS.get(key, BUDGET))
    return [Layer(key, "limits", both(code), own, shown, len(frame), data, "limits")]


def _project_layers(results: Results) -> list[Layer]:
    frame = results.projects
    if frame is None or frame.empty:
        return []
    states = [pagedata.state_of(state, list(PROJECT_STATES)) for state in column(frame, "state")]
    return [
        Layer(f"state-{state}", "projects", both(f"map-state-{state}"),
              {**look(own), "kind": "state", "state": state}, shown=False, number=states.count(state))
        for state, own in PROJECT_STATES.items()
        if state in states
    ]  # fmt: skip


def _greenway_layers(results: Results, names: list[str]) -> list[Layer]:
    frame = results.context.get("greenway")
    if frame is None or frame.empty:
        return []
    kinds = classes(results)
    dashes = {"city": "10 4", "county": "4 4", "other": "1 4", "planned": "2 7"}
    found = []
    for level, colors in (*GREENWAYS.items(), ("planned", PLANNED)):
        part = frame[kinds == level]
        if len(part):
            own = {**look(colors, kind="line", weight=3), "dash": dashes.get(level)}
            data = shapes.packed(part, "n", _named(part, names), budget=BUDGET)
            label = both(f"map-greenway-{level}")
            found.append(
                Layer(f"greenway-{level}", "greenways", label, own, shown=True, number=len(part), data=data,
                      pane="greenways")
            )  # fmt: skip
    return found + reach_layers(results)


def _place_layers(results: Results, names: list[str]) -> list[Layer]:
    found = []
    for role, weight, shown in (("county_boundary", 2.5, True), ("construction_area", 1.5, True)):
        frame = results.context.get(role)
        if frame is not None and len(frame):
            own = look(LIMITS[role], kind="line", weight=weight)
            own["dash"] = "12 4 3 4" if role == "county_boundary" else "5 3"
            data = shapes.packed(frame, "n", [NO_NAME] * len(frame), budget=BUDGET)
            label = both(f"map-layer-{role}")
            found.append(Layer(role, "places", label, own, shown, len(frame), data, "lines"))
    frame = results.context.get("village")
    if frame is not None and len(frame):
        own = look(LIMITS["village"], kind="point", weight=1)
        data = shapes.packed(frame, "n", _named(frame, names), budget=BUDGET)
        label = both("map-layer-village")
        found.append(Layer("village", "places", label, own, False, len(frame), data, "places"))  # noqa: FBT003
    return found


def _named(frame: gpd.GeoDataFrame, names: list[str]) -> list[int]:
    """Numbers that point to the hover text of each row."""
    numbers = []
    for name in column(frame, "name"):
        numbers.append(NO_NAME if pagedata.missing(name) else len(names))
        if not pagedata.missing(name):
            names.append(str(name))
    return numbers
