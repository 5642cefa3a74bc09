"""Layers of the results as parts of a sheet: what is drawn, in which colour, under which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.colors import (
    CHANGES,
    GAP,
    GREENWAYS,
    LAND_CLASSES,
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
from maps.sheet_map import Chart, Name, Part, Style
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from layers.results import Results

_INK = "#30343a"
_OWN = "#c4001d"
_HA = 10_000
_FAR_M = 300_000.0


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
        Part(
            text(f"map-layer-{role}", lang), known[role].geometry.to_numpy(), style,
            "edge" if role.endswith("_boundary") else "area",
        )
        for role, style in styles.items()
        if role in known
    ]  # fmt: skip
    if own is not None and results.towns.loc[own, "programme"] != "special":
        shape = results.towns.geometry[own]
        found.append(Part(text("sheets-own", lang), _array([shape]), Style(line=_OWN, width=0.6), "edge"))
    return found


def veil(results: Results, own: str) -> Part:
    """What pales everything outside the town of a sheet."""
    shape = results.towns.geometry[own]
    return Part(
        "", _array([shapely.difference(shape.buffer(_FAR_M).envelope, shape)]), Style("#ffffff", opacity=0.5)
    )


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
                found.append(Part(said, shapes[here], Style(look.fill, _INK if special else look.line, 0.25 if special else 0.2, 1 if special else 0.8, lined=verdict == "fail")))  # fmt: skip
    return found


def zones(results: Results, lang: Lang) -> list[Part]:
    """Control zones by kind."""
    frame = results.context["expansion_boundary"]
    return [
        Part(text(f"map-zone-{kind}", lang), frame.geometry[frame["zone_kind"] == kind].to_numpy(), Style(look.fill, look.line, 0.12))
        for kind, look in ZONE_KINDS.items()
    ]  # fmt: skip


def limits(results: Results, lang: Lang) -> list[Part]:
    """Farmland and redlines, as far as they are there."""
    styles = {
        "farmland": Style(LIMITS["farmland"].fill, LIMITS["farmland"].line, 0.1, 0.6),
        "redline": Style(LIMITS["redline"].fill, "#b3261e", 0.4, 0.5, "2 0.8"),
    }
    return [
        Part(text(f"map-layer-{role}", lang), results.context[role].geometry.to_numpy(), style)
        for role, style in styles.items()
        if role in results.context
    ]


def parcels(results: Results, lang: Lang) -> list[Part]:
    """Judged parcels of construction land, if they are there."""
    frame, look = results.parcel_shapes, LAND_CLASSES["construction"]
    if frame is None:
        return []
    return [
        Part(text("sheets-parcels", lang), frame.geometry.to_numpy(), Style(look.fill, look.line, 0.1, 0.75))
    ]


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


def project_frame(results: Results) -> gpd.GeoDataFrame:
    """Projects that have a place, with their state as one of `PROJECT_STATES`."""
    frame = results.projects
    if frame is None:
        return results.towns.iloc[:0].assign(state="", town_id="")
    there = frame[~(frame.geometry.is_empty | frame.geometry.isna())]
    return there.assign(state=[state_of(value, list(PROJECT_STATES)) for value in there["state"]])


def projects(
    results: Results, lang: Lang, *, size: float = 1.0, frame: gpd.GeoDataFrame | None = None
) -> list[Part]:
    """Projects by state, or those of `frame`, where they stand; of areas a point inside."""
    there = project_frame(results) if frame is None else frame
    spots = shapely.point_on_surface(there.geometry.to_numpy())
    state = there["state"].to_numpy()
    return [
        Part(text("sheets-project", lang, state=text(f"map-state-{key}", lang)), spots[state == key], _state(key), "square" if key == "stalled" else "dot", size)
        for key in PROJECT_STATES
    ]  # fmt: skip


def project_charts(results: Results, lang: Lang) -> tuple[list[Chart], gpd.GeoDataFrame]:
    """A ring a town with the states of its projects, and the projects of no town."""
    there, towns = project_frame(results), results.towns
    if "town_id" not in there:
        return [], there
    known = there["town_id"].isin(towns.index[~towns.geometry.is_empty])
    charts = []
    for town, own in there[known].groupby("town_id", sort=True):
        spot = shapely.point_on_surface(towns.geometry[town])
        counts = own["state"].value_counts()
        slices = [
            (
                int(counts[key]),
                _state(key),
                text("sheets-project", lang, state=text(f"map-state-{key}", lang)),
            )
            for key in PROJECT_STATES
            if key in counts
        ]
        charts.append(Chart((spot.x, spot.y), tuple(slices)))
    return charts, there[~known]


def _state(key: str) -> Style:
    return Style(PROJECT_STATES[key].fill, PROJECT_STATES[key].line, 0.2)


def villages(results: Results, lang: Lang, size: float = 0.6) -> list[Part]:
    """Villages as small dots."""
    frame = results.context.get("village")
    if frame is None:
        return []
    look = LIMITS["village"]
    return [
        Part(text("map-layer-village", lang), frame.geometry.to_numpy(), Style(look.fill, look.line, 0.12), "dot", size)
    ]  # fmt: skip


def plan_differences(
    results: Results, lang: Lang, town: str | None = None
) -> tuple[list[Part], dict[str, Any]]:
    """Patches where the plans disagree, by type; and a table of their number and ha, or of those that `town` touches."""
    frame = results.context["plan_difference"]
    counted = frame if town is None else frame[frame.intersects(results.towns.geometry[town])]
    parts, rows = [], []
    for key, look in PLAN_DIFFERENCES.items():
        label = text(f"plans-type-{key}", lang)
        own = counted.loc[counted["type"] == key, "area_m2"]
        parts.append(
            Part(
                label,
                frame.geometry[frame["type"] == key].to_numpy(),
                Style(look.fill, look.line, 0.12),
                least=0.45,
            )
        )
        if len(own):
            rows.append([label, str(len(own)), f"{own.sum() / _HA:,.2f}"])
    heads = [text(f"sheets-head-{head}", lang) for head in ("type", "count", "ha")]
    return parts, {"heads": heads, "rows": rows}


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


def town_names(results: Results, charts: Sequence[Chart] = ()) -> list[Name]:
    """Names of towns: special ones first, then pilots, then the others; beside their rings, if they have one."""
    towns = results.towns[~(results.towns.geometry.is_empty | results.towns.geometry.isna())]
    edges = towns.geometry.bounds
    half = ((edges["maxx"] - edges["minx"]) / 2).where(towns["programme"] == "special", 0.0)
    spots = shapely.get_coordinates(shapely.point_on_surface(towns.geometry.to_numpy()))
    rank = {"special": 0.0, "pilot": 1.0}
    ring = {chart.spot: chart.radius for chart in charts}
    return [
        Name(str(name), (float(x), float(y)), 2.6 if programme in rank else 2.2, rank.get(programme, 3.0),
             ring.get((float(x), float(y)), 0.0), LIMITS["planned_area"].line if programme == "special" else _INK,
             0.0 if (float(x), float(y)) in ring else float(reach), None if programme == "special" else shape)
        for name, programme, reach, (x, y), shape in zip(
            towns["name"], towns["programme"].astype(object), half, spots, towns.geometry, strict=True
        )
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
