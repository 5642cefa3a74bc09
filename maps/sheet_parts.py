"""Layers of the results as parts of a sheet: what is drawn, in which colour, under which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.colors import (
    CHANGES,
    GAP,
    GREENWAYS,
    LIMITS,
    LINK,
    NEUTRAL,
    PIECES,
    PLAN_DIFFERENCES,
    PLANNED,
    PROJECT_STATES,
    REACH,
    VERDICTS,
    ZONE_KINDS,
)
from maps.greenway_layers import classes
from maps.pagedata import missing, state_of, verdict_labels
from maps.pagedata import pieces as listed
from maps.sheet_map import Name, Part, Style
from spatial.messages import Lang, text

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.results import Results

_PARCEL = ("#ece7e2", "#a39a92")
_INK = "#30343a"
_OWN = "#c4001d"
_HA = 10_000


def boundaries(results: Results, lang: Lang, *, plain: bool = False, own: str | None = None) -> list[Part]:
    """Lines of counties and, unless `plain`, of towns and planned areas; on the sheet of one town, `own`, construction areas too."""
    known = results.context
    styles = {
        "town_boundary": Style(line=_INK, width=0.25, dash="2.4 0.7 0.5 0.7"),
        "county_boundary": Style(line=_INK, width=0.5, dash="4 0.9 0.7 0.9"),
        "construction_area": Style(line=LIMITS["construction_area"].line, width=0.45, dash="1.4 0.7"),
        "planned_area": Style(line=LIMITS["planned_area"].line, width=0.35 if own is None else 0.7),
    }
    if own is None:
        del styles["construction_area"]
    if plain:
        styles = {"county_boundary": styles["county_boundary"]}
    found = [
        Part(text(f"map-layer-{role}", lang), known[role].geometry.to_numpy(), style)
        for role, style in styles.items()
        if role in known
    ]
    if own is not None and results.towns.loc[own, "programme"] != "special":
        shape = results.towns.geometry[own]
        found.append(Part(text("sheets-own", lang), _array([shape]), Style(line=_OWN, width=0.7)))
    return found


def verdicts(results: Results, lang: Lang) -> list[Part]:
    """Towns by their worst verdict; special towns, which lie in others, on top."""
    towns = results.towns
    judged = towns["programme"].notna()
    shapes = towns.geometry.to_numpy()
    found = [
        Part(text("sheets-not-judged", lang), shapes[~judged.to_numpy()], Style(NEUTRAL.fill, NEUTRAL.line))
    ]
    for special in (False, True):
        kind = (towns["programme"] == "special").to_numpy() == special
        for verdict, label in verdict_labels(lang).items():
            look, here = (
                VERDICTS[verdict],
                (towns["verdict"] == verdict).to_numpy() & kind & judged.to_numpy(),
            )
            if here.any():
                said = text("sheets-special" if special else "sheets-pilot", lang, verdict=label)
                found.append(Part(said, shapes[here], Style(look.fill, "#ffffff" if special else look.line, 0.35 if special else 0.2, 1 if special else 0.75)))  # fmt: skip
    return found


def zones(results: Results, lang: Lang) -> list[Part]:
    """Control zones by kind."""
    frame = results.context["expansion_boundary"]
    return [
        Part(text(f"map-zone-{kind}", lang), frame.geometry[frame["zone_kind"] == kind].to_numpy(), Style(look.fill, look.line, 0.12))
        for kind, look in ZONE_KINDS.items()
    ]  # fmt: skip


def limits(results: Results, lang: Lang) -> list[Part]:
    """Farmland, redlines and parcels of construction land, as far as they are there."""
    styles = {
        "farmland": Style(LIMITS["farmland"].fill, LIMITS["farmland"].line, 0.12, 0.7),
        "redline": Style(LIMITS["redline"].fill, "#b3261e", 0.4, 0.5, "2 0.8"),
        "construction_land": Style(*_PARCEL, 0.12, 0.6),
    }
    words = {"construction_land": text("check-legend-parcel", lang)}
    return [
        Part(words.get(role) or text(f"map-layer-{role}", lang), results.context[role].geometry.to_numpy(), style)
        for role, style in styles.items()
        if role in results.context
    ]  # fmt: skip


def pieces(results: Results, town: str, lang: Lang) -> list[Part]:
    """Pieces of a town that break a rule, by verdict; slivers apart."""
    frame = results.pieces
    if frame.empty:
        return []
    here = (frame["town_id"] == town).to_numpy()
    own = frame[here]
    look = np.array([piece["look"] for piece in listed(results, lang)])[here]
    labels = verdict_labels(lang)
    words = {
        key: text("map-layer-sliver", lang)
        if key == "sliver"
        else text("sheets-piece", lang, verdict=labels[key])
        for key in PIECES
    }
    return [
        Part(words[key], own.geometry[look == key].to_numpy(), Style(colour.fill, colour.line, 0.3, 0.85))
        for key, colour in PIECES.items()
        if (look == key).any()
    ]


def greenways(results: Results, lang: Lang) -> list[Part]:
    """Greenways by level; those not open yet apart."""
    frame, kind = results.context["greenway"], classes(results)
    dashes = {
        "province": "",
        "city": "2.2 0.7",
        "county": "0.9 0.6",
        "other": "0.3 0.6",
        "planned": "0.3 1.2",
    }
    return [
        Part(text(f"map-greenway-{key}", lang), frame.geometry[kind == key].to_numpy(), Style(line=look.fill, width=0.7, dash=dashes[key]), "line")
        for key, look in {**GREENWAYS, "planned": PLANNED}.items()
    ]  # fmt: skip


def reach(results: Results, lang: Lang) -> list[Part]:
    """Missing links, gaps, and places by what the greenways reach, those reached on top."""
    known = results.context
    found = []
    if "greenway_link" in known:
        dashed = Style(line=LINK.line, width=0.3, dash="1 0.6")
        lines = known["greenway_link"].geometry.to_numpy()
        found.append(Part(text("map-greenway-link", lang), lines, dashed, "line"))
    if "greenway_gap" in known:
        spots = shapely.centroid(known["greenway_gap"].geometry.to_numpy())
        found.append(
            Part(text("map-greenway-gap", lang), spots, Style(GAP.fill, "#ffffff", 0.15), "square", 0.8)
        )
    frame = known.get("greenway_place")
    if frame is None:
        return found
    for state in ("unreached", "near", "apart", "reached"):
        look, here = REACH[state], (frame["state"] == state).to_numpy()
        if here.any():
            style = Style(look.fill, _INK if state == "reached" else look.line, 0.15)
            label = text(f"map-place-{state}", lang)
            found.append(Part(label, frame.geometry[here].to_numpy(), style, "dot", 0.6))
    return found


def projects(results: Results, lang: Lang, *, small: bool = False) -> list[Part]:
    """Projects by state, where they stand; of areas a point inside."""
    frame = results.context.get("project_state", results.context.get("project"))
    if frame is None:
        return []
    there = frame[~(frame.geometry.is_empty | frame.geometry.isna())]
    spots = shapely.point_on_surface(there.geometry.to_numpy())
    state = np.array([state_of(value, list(PROJECT_STATES)) for value in there["state"]])
    size = 0.8 if small else 1.0
    return [
        Part(text(f"map-state-{key}", lang), spots[state == key], Style(look.fill, look.line, 0.2), "square" if key == "stalled" else "dot", size)
        for key, look in PROJECT_STATES.items()
    ]  # fmt: skip


def villages(results: Results, lang: Lang, size: float = 0.6) -> list[Part]:
    """Villages as small dots."""
    frame = results.context.get("village")
    if frame is None:
        return []
    look = LIMITS["village"]
    return [
        Part(text("map-layer-village", lang), frame.geometry.to_numpy(), Style(look.fill, look.line, 0.12), "dot", size)
    ]  # fmt: skip


def plan_differences(results: Results, lang: Lang) -> tuple[list[Part], list[list[str]]]:
    """Patches where the plans disagree, by type, with count and ha."""
    frame = results.context["plan_difference"]
    parts, rows = [], []
    for key, look in PLAN_DIFFERENCES.items():
        own = frame[frame["type"] == key]
        if len(own):
            label = text(f"plans-type-{key}", lang)
            parts.append(Part(label, own.geometry.to_numpy(), Style(look.fill, look.line, 0.12)))
            rows.append([label, str(len(own)), f"{own['area_m2'].sum() / _HA:,.2f}"])
    return parts, rows


def changes(
    results: Results, town: str, lang: Lang
) -> tuple[list[Part], list[list[str]], tuple[str, str] | None]:
    """Construction land that came and went, its sums in the town, and the two dates."""
    frame = results.context["land_change"]
    solid = frame[~frame["sliver"].astype(bool)]
    parts = [
        Part(text(f"sheets-change-{kind}", lang), solid.geometry[solid["kind"] == kind].to_numpy(), Style(look.fill, look.line, 0.15))
        for kind, look in CHANGES.items()
    ]  # fmt: skip
    table = results.tables.get("land_change")
    if table is None:
        return parts, [], None
    own = table[table["town_id"] == town]
    sums = own.groupby("kind")[["count", "area_m2"]].sum()
    rows = [
        [text(f"sheets-change-{kind}", lang), str(int(sums.loc[kind, "count"])), f"{sums.loc[kind, 'area_m2'] / _HA:,.2f}"]
        for kind in CHANGES
        if kind in sums.index
    ]  # fmt: skip
    dates = (str(table["before"].iloc[0]), str(table["after"].iloc[0])) if len(table) else None
    return parts, rows, dates


def town_names(results: Results) -> list[Name]:
    """Names of towns: special ones first, then pilots, then the others."""
    towns = results.towns[~(results.towns.geometry.is_empty | results.towns.geometry.isna())]
    edges = towns.geometry.bounds
    half = ((edges["maxx"] - edges["minx"]) / 2).where(towns["programme"] == "special", 0.0)
    spots = shapely.get_coordinates(shapely.point_on_surface(towns.geometry.to_numpy()))
    rank = {"special": 0.0, "pilot": 1.0}
    return [
        Name(str(name), (float(x), float(y)), 2.6 if programme in rank else 2.2, rank.get(programme, 3.0), 0.0,
             LIMITS["planned_area"].line if programme == "special" else _INK, float(reach))
        for name, programme, reach, (x, y) in zip(towns["name"], towns["programme"].astype(object), half, spots, strict=True)
        if not missing(name)
    ]  # fmt: skip


def village_names(results: Results) -> list[Name]:
    """Names of villages, beside their dots."""
    frame: gpd.GeoDataFrame | None = results.context.get("village")
    if frame is None:
        return []
    there = frame[~(frame.geometry.is_empty | frame.geometry.isna()) & frame["name"].notna()]
    spots = shapely.get_coordinates(shapely.point_on_surface(there.geometry.to_numpy()))
    fill = LIMITS["village"].fill
    return [
        Name(str(name), (float(x), float(y)), 2.0, 5.0, 0.8, fill)
        for name, (x, y) in zip(there["name"], spots, strict=True)
    ]


def _array(shapes: Any) -> np.ndarray:
    return np.array(shapes, dtype=object)
