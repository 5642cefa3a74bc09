"""The layer tree of the map: what is drawn, in which group, how, and whether it shows at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maps import pagedata, shapes
from maps.colors import (
    GREENWAYS,
    GROWTH,
    LIMITS,
    NEUTRAL,
    PIECES,
    PLANNED,
    PROJECT_STATES,
    STUDIES,
    ZONE_KINDS,
)
from maps.greenway_layers import classes, reach_layers
from maps.tree_layer import Layer, drawn_as
from spatial.messages import Lang, text

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.results import Results

__all__ = ["Layer", "layers"]

BUDGETS = {"other": 60_000, "expansion": 60_000, "special": 30_000, "farmland": 60_000, "piece": 60_000}
BUDGET = 30_000
MOST_PIECES = 3_000


def layers(results: Results, towns: list[dict[str, Any]], names: list[str], lang: Lang) -> list[Layer]:
    """Return the entries of the layer tree, in the order of the tree; `names` collects hover texts."""
    return [
        *_town_layers(results, towns, lang),
        *_piece_layers(results, lang),
        *_limit_layers(results, lang),
        *_project_layers(results, lang),
        *_greenway_layers(results, names, lang),
        *_place_layers(results, names, lang),
        *_study_layers(results, names, lang),
    ]


def _town_layers(results: Results, towns: list[dict[str, Any]], lang: Lang) -> list[Layer]:
    kinds = np.array([town["kind"] for town in towns], dtype=object)
    has_shape = np.array([town["box"] is not None for town in towns], dtype=bool)
    admin = (kinds != "special") & has_shape
    keys = [{"t": place} for place in range(len(towns))]
    outlines = shapes.features(
        results.towns[admin], [key for key, use in zip(keys, admin, strict=True) if use],
        budget=BUDGETS["other"], partition=True,
    )  # fmt: skip
    planned = (kinds == "special") & has_shape
    special = shapes.features(
        results.towns[planned], [key for key, use in zip(keys, planned, strict=True) if use],
        budget=BUDGETS["special"],
    )  # fmt: skip
    found = []
    for kind, pane in (("special", "towns"), ("pilot", "pilots"), ("other", "others")):
        own = special if kind == "special" else outlines
        features = [item for item in own["features"] if kinds[item["properties"]["t"]] == kind]
        if features:
            judged = kind != "other"
            look = drawn_as(
                NEUTRAL, kind="verdict" if judged else "area", weight=2 if kind == "special" else 1
            )
            look["opacity"] = 0.9 if kind == "special" else 0.75 if kind == "pilot" else 1
            found.append(
                Layer(kind, "towns", text(f"map-layer-{kind}", lang), look, shown=True, number=len(features),
                      data={"type": "FeatureCollection", "features": features}, pane=pane)
            )  # fmt: skip
    if found:
        found.append(Layer("labels", "towns", text("map-layer-labels", lang), {"kind": "label"}, shown=True))
    return found


def _piece_layers(results: Results, lang: Lang) -> list[Layer]:
    frame = results.pieces
    if frame.empty:
        return []
    rows = pagedata.pieces(results, lang)
    slivers = frame["sliver"].astype(bool).to_numpy()
    groups: list[tuple[str, str, np.ndarray, bool, str]] = []
    for rule in frame["rule"][~slivers].unique():
        mask = (frame["rule"] == rule).to_numpy() & ~slivers
        first = rows[int(np.flatnonzero(mask)[0])]
        looks = {rows[place]["look"] for place in np.flatnonzero(mask)}
        label = f"{first['clause']} {first['title']}"
        worst = next(look for look in PIECES if look in looks)
        groups.append((f"piece-{rule}", label, mask, True, worst))
    groups.append(("sliver", text("map-layer-sliver", lang), slivers, False, "sliver"))
    areas = pd.to_numeric(frame["area_m2"]).fillna(0).to_numpy()
    found = []
    for key, label, mask, shown, piece in groups:
        places = np.flatnonzero(mask)
        if not len(places):
            continue
        kept = np.sort(places[np.argsort(-areas[places], kind="stable")[:MOST_PIECES]])
        note = ""
        if len(kept) < len(places):
            note = text("map-layer-largest", lang, total=len(places), drawn=len(kept))
        data = shapes.features(frame.iloc[kept], [{"p": int(p)} for p in kept], budget=BUDGETS["piece"])
        look = {**drawn_as(PIECES[piece], kind="piece", weight=2), "piece": piece}
        found.append(Layer(key, "pieces", label, look, shown, len(places), data, "pieces", note=note))
    return found


def _limit_layers(results: Results, lang: Lang) -> list[Layer]:
    found = []
    zones = results.context.get("expansion_boundary")
    if zones is not None and len(zones):
        kinds = _column(zones, "zone_kind").where(lambda kind: kind.isin(list(ZONE_KINDS)), "other")
        found += _expansion(zones[kinds.isin(["permitted", "conditional"])], lang)
        for kind in (*ZONE_KINDS, "other"):
            frame = zones[kinds == kind]
            look = drawn_as(ZONE_KINDS.get(kind, NEUTRAL), weight=1.2)
            look["dash"] = {"conditional": "6 3", "restricted": "2 3"}.get(kind)
            look["opacity"] = 0.75
            found += _area(frame, f"zone-{kind}", text(f"map-zone-{kind}", lang), look, shown=False)
    for role, shown in (("farmland", False), ("redline", True)):
        frame = results.context.get(role)
        look = drawn_as(LIMITS[role], weight=0.6 if role == "farmland" else 2)
        look |= {
            "opacity": 0.75 if role == "farmland" else 0.45,
            "dash": "7 3" if role == "redline" else None,
        }
        found += _area(frame, role, text(f"map-layer-{role}", lang), look, shown=shown)
    return found


def _expansion(zones: gpd.GeoDataFrame, lang: Lang) -> list[Layer]:
    """The expansion boundary 扩展边界 itself: the line around permitted and conditional zones together."""
    if zones.empty:
        return []
    around = shapes.outline(zones)
    look = drawn_as(LIMITS["expansion"], kind="line", weight=2)
    data = shapes.features(around, [{"n": -1}] * len(around), budget=BUDGETS["expansion"])
    label = text("map-layer-expansion", lang)
    return [Layer("expansion", "limits", label, look, shown=True, data=data, pane="lines")]


def _area(
    frame: gpd.GeoDataFrame | None, key: str, label: str, look: dict[str, Any], *, shown: bool
) -> list[Layer]:
    if frame is None or frame.empty:
        return []
    data = shapes.features(frame, [{"n": -1}] * len(frame), budget=BUDGETS.get(key, BUDGET))
    return [Layer(key, "limits", label, look, shown, len(frame), data, "limits", canvas=True)]


def _project_layers(results: Results, lang: Lang) -> list[Layer]:
    frame = results.context.get("project")
    if frame is None or frame.empty:
        return []
    states = [pagedata.state_of(state, list(PROJECT_STATES)) for state in _column(frame, "state")]
    return [
        Layer(f"state-{state}", "projects", text(f"map-state-{state}", lang),
              {**drawn_as(look), "kind": "state", "state": state}, shown=False, number=states.count(state))
        for state, look in PROJECT_STATES.items()
        if state in states
    ]  # fmt: skip


def _greenway_layers(results: Results, names: list[str], lang: Lang) -> list[Layer]:
    frame = results.context.get("greenway")
    if frame is None or frame.empty:
        return []
    levels = classes(results)
    dashes = {"city": "10 4", "county": "4 4", "other": "1 4", "planned": "2 7"}
    found = []
    for level, colors in {**GREENWAYS, "planned": PLANNED}.items():
        part = frame[levels == level]
        if len(part):
            look = {**drawn_as(colors, kind="line", weight=3), "dash": dashes.get(level)}
            data = shapes.features(part, _named(part, names), budget=BUDGET)
            label = text(f"map-greenway-{level}", lang)
            found.append(
                Layer(f"greenway-{level}", "greenways", label, look, shown=True, number=len(part), data=data,
                      pane="greenways")
            )  # fmt: skip
    return found + reach_layers(results, names, lang)


def _place_layers(results: Results, names: list[str], lang: Lang) -> list[Layer]:
    found = []
    for role, weight, shown in (("county_boundary", 2.5, True), ("construction_area", 1.5, True)):
        frame = results.context.get(role)
        if frame is not None and len(frame):
            look = {**drawn_as(LIMITS[role], kind="line", weight=weight)}
            look["dash"] = "12 4 3 4" if role == "county_boundary" else "5 3"
            data = shapes.features(frame, [{"n": -1}] * len(frame), budget=BUDGET)
            label = text(f"map-layer-{role}", lang)
            found.append(Layer(role, "places", label, look, shown, len(frame), data, "lines"))
    frame = results.context.get("village")
    if frame is not None and len(frame):
        look = drawn_as(LIMITS["village"], kind="point", weight=1)
        data = shapes.features(frame, _named(frame, names), budget=BUDGET)
        label = text("map-layer-village", lang)
        found.append(Layer("village", "places", label, look, False, len(frame), data, "places"))  # noqa: FBT003
    return found


def _study_layers(results: Results, names: list[str], lang: Lang) -> list[Layer]:
    """Where parcels and pixels disagree, new built-up land, industry outside parks, sites and streets; hidden at first."""
    found = []
    frame = results.context.get("built_up_growth")
    for kind, colors in GROWTH.items():
        own = None if frame is None else frame[frame["kind"] == kind]
        label = text(f"map-growth-{kind}", lang)
        found += _drawn(own, f"growth-{kind}", label, drawn_as(colors), names, lang)
    kinds = {"street_state": "line", "cleanup_site_state": "point", "reception_hall_state": "point"}
    for name, colors in STUDIES.items():
        kind = kinds.get(name, "area")
        look = drawn_as(colors, kind=kind, weight=3 if kind == "line" else 1.2)
        found += _drawn(results.context.get(name), name, text(f"map-layer-{name}", lang), look, names, lang)
    return found


def _drawn(
    frame: gpd.GeoDataFrame | None,
    key: str,
    label: str,
    look: dict[str, Any],
    names: list[str],
    lang: Lang,
) -> list[Layer]:
    """A layer of a study, hidden at first; of very many the largest, or the first."""
    if frame is None or frame.empty:
        return []
    kept = frame.head(MOST_PIECES)
    note = (
        text("map-layer-largest", lang, total=len(frame), drawn=len(kept)) if len(kept) < len(frame) else ""
    )
    data = shapes.features(kept, _named(kept, names), budget=BUDGET)
    pane = {"line": "lines", "point": "places"}.get(str(look["kind"]), "pieces")
    return [Layer(key, "places", label, look, False, len(frame), data, pane, note=note)]  # noqa: FBT003


def _named(frame: gpd.GeoDataFrame, names: list[str]) -> list[dict[str, int]]:
    """Properties that point to the hover text of each row."""
    keys = []
    for name in _column(frame, "name"):
        keys.append({"n": -1 if pagedata.missing(name) else len(names)})
        if not pagedata.missing(name):
            names.append(str(name))
    return keys


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    column = frame[name] if name in frame else pd.Series(index=frame.index, dtype=object)
    return column.astype(object)
