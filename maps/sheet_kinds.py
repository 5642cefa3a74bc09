"""What each kind of sheet shows of the results: which towns, which layers, which figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.errors import MapError
from maps.pagedata import bilingual, missing, number, said, verdict_labels
from maps.sheet_map import Name
from maps.sheet_parts import (
    boundaries,
    changes,
    greenways,
    limits,
    pieces,
    plan_differences,
    projects,
    reach,
    town_names,
    verdicts,
    village_names,
    villages,
    zones,
)
from maps.sheet_values import choropleth
from spatial.greenway_lines import level as level_of
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layers.results import Results
    from maps.drawing import Box
    from maps.sheet_map import Part

WHOLE = ("verdict", "greenways", "projects", "plans")
TOWN = ("town", "expansion", "land-change")
_NEEDS = {
    "expansion": "expansion_boundary", "greenways": "greenway", "projects": "project", "plans": "plan_difference",
    "land-change": "land_change",
}  # fmt: skip
_ROOM = 1.12
_MOST_ROWS = 14


@dataclass(frozen=True)
class Sheet:
    """One sheet before it is drawn.

    Attributes
    ----------
    kind
        Its kind; with ``indicator:`` the measure.
    town
        Id of the town it is of; none: all.
    title
        Its title.
    extent
        What it is to show, metres.
    parts, names
        What is drawn.
    roles
        Roles of the inputs that are drawn.
    heads, rows
        A small table beside the map.
    notes
        Sentences below it.
    """

    kind: str
    town: str | None
    title: str
    extent: Box
    parts: Sequence[Part]
    names: Sequence[Name]
    roles: tuple[str, ...]
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = field(default=())


def available(results: Results) -> list[str]:
    """Kinds that the results hold the layers for, indicators apart."""
    return [kind for kind in (*WHOLE, *TOWN) if _NEEDS.get(kind, "town_boundary") in results.context]


def towns_of(results: Results, names: Sequence[str] = ()) -> list[str]:
    """Ids of the towns of the programme that are drawn, or of those named.

    Raises
    ------
    MapError
        If a name is not that of a town of the programme.
    """
    frame = results.towns[results.towns["programme"].notna() & ~results.towns.geometry.is_empty]
    known = {str(row): str(town) for town, row in frame["name"].items()} | {str(town): str(town) for town in frame.index}  # fmt: skip
    if unknown := [name for name in names if name not in known]:
        raise MapError(
            "sheets-town-unknown", name=unknown[0], known=", ".join(sorted(frame["name"].astype(str))[:8])
        )
    return [known[name] for name in names] if names else [str(town) for town in frame.index]


def sheets(
    results: Results, kinds: Sequence[str], names: Sequence[str], lang: Lang, breaks: Sequence[float] = ()
) -> list[Callable[[], Sheet]]:
    """Sheets to be made, in the order of the atlas: of all towns, then town by town.

    Parameters
    ----------
    results
        What is drawn.
    kinds
        Kinds as in `WHOLE`, `TOWN` or ``indicator:MEASURE``; none: all that there are layers for, indicators apart.
    names
        Towns; none: all. With towns and no kinds, only the kinds of towns.
    lang
        Language.
    breaks
        Borders of the classes of an indicator; none: quantiles.

    Returns
    -------
    list of functions
        Each makes its sheet; an empty list if no town has one.

    Raises
    ------
    MapError
        If a kind, a measure or a town is unknown, or the results have no layer for a kind that is asked for.
    """
    there = available(results)
    chosen = list(kinds) or [kind for kind in there if not names or kind in TOWN]
    for kind in chosen:
        _check(kind, there, results)
    found: list[Callable[[], Sheet]] = []
    for kind in chosen:
        if kind.startswith("indicator:"):
            found.append(lambda kind=kind: _indicator(results, kind, lang, breaks))  # type: ignore[misc]
        elif kind in WHOLE:
            found.append(lambda kind=kind: _WHOLE_KINDS[kind](results, lang))  # type: ignore[misc]
    towned = [kind for kind in TOWN if kind in chosen]
    for town in towns_of(results, names) if towned else []:
        found += [
            lambda kind=kind, town=town: _TOWN_KINDS[kind](results, town, lang)  # type: ignore[misc]
            for kind in towned
            if kind == "town" or _has(results, kind, town)
        ]
    return found


def _check(kind: str, there: Sequence[str], results: Results) -> None:
    if kind.startswith("indicator:"):
        measured = results.measures[results.measures["town_id"] != "programme"]
        if kind.removeprefix("indicator:") not in set(measured["measure"]):
            raise MapError("sheets-measure-unknown", name=kind.removeprefix("indicator:"))
    elif kind not in (*WHOLE, *TOWN):
        raise MapError(
            "sheets-kind-unknown", name=kind, known=", ".join([*WHOLE, *TOWN, "indicator:MEASURE"])
        )
    elif kind not in there:
        raise MapError("sheets-layer-missing", kind=text(f"sheets-kind-{kind}"), layer=_NEEDS.get(kind, ""))


def _has(results: Results, kind: str, town: str) -> bool:
    """Whether a town has something to show on a sheet of zones or of changes."""
    shape = results.towns.geometry[town]
    if kind == "expansion":
        return str(results.towns.loc[town, "programme"]) == "special"
    layer = results.context[_NEEDS[kind]].geometry
    return bool(layer.intersects(shape).any())


def _indicator(results: Results, kind: str, lang: Lang, breaks: Sequence[float]) -> Sheet:
    measure = kind.removeprefix("indicator:")
    parts, rows, unit = choropleth(results, measure, lang, breaks)
    title = said(measure, lang, "measure-")
    parts = [*parts, *boundaries(results, lang, plain=True)]
    return _whole(results, kind, title, parts, ("town_boundary", "planned_area", "town_indicator"),
                  heads=(text("sheets-head-class", lang, unit=unit), text("sheets-head-count", lang)), rows=rows)  # fmt: skip


def _whole(
    results: Results, kind: str, title: str, parts: Sequence[Part], roles: tuple[str, ...], **more: Any
) -> Sheet:  # fmt: skip
    bounds = _bounds(results.towns.geometry)
    named = [*town_names(results), *more.pop("names", [])]
    return Sheet(kind, None, title, bounds, parts, named, roles, **more)


def _verdict(results: Results, lang: Lang) -> Sheet:
    parts = [*verdicts(results, lang), *boundaries(results, lang, plain=True)]
    return _whole(results, "verdict", text("sheets-kind-verdict", lang), parts,
                  ("town_boundary", "planned_area"), heads=(text("sheets-head-verdict", lang), *_programmes(lang)),
                  rows=_counts(results, lang))  # fmt: skip


def _programmes(lang: Lang) -> list[str]:
    return [text(f"sheets-head-{programme}", lang) for programme in ("special", "pilot")]


def _counts(results: Results, lang: Lang) -> list[list[str]]:
    """Towns by verdict and programme."""
    towns = results.towns
    counts = towns.groupby(["verdict", "programme"], observed=True).size()
    return [
        [label, *(str(int(counts.get((verdict, programme), 0))) for programme in ("special", "pilot"))]
        for verdict, label in verdict_labels(lang).items()
        if (towns["verdict"] == verdict).any()
    ]


def _greenways(results: Results, lang: Lang) -> Sheet:
    """Greenways by level, what they reach, and the links that are missing; lengths of what is open."""
    known = results.context
    shown = reach(results, lang) if "greenway_place" in known else villages(results, lang, 0.35)
    frame = known.get("greenway_edge", known["greenway"])
    lengths = (
        frame["length_m"].mask(frame["twice"].astype(bool)) if "twice" in frame else frame.geometry.length
    )
    sums = lengths.groupby(level_of(frame["level"])).sum()
    rows = [[text(f"map-greenway-{key}", lang), f"{sums[key] / 1000:.1f}"] for key in ("province", "city", "county", "other") if key in sums]  # fmt: skip
    return _whole(results, "greenways", text("sheets-kind-greenways", lang),
                  [*boundaries(results, lang), *greenways(results, lang), *shown],
                  ("town_boundary", "greenway", "greenway_access", "village", "town_centre", "road", "path"),
                  heads=(text("sheets-head-level", lang), text("sheets-head-km", lang)), rows=rows,
                  notes=_reached(results, lang))  # fmt: skip


def _reached(results: Results, lang: Lang) -> tuple[str, ...]:
    """How many villages are reached, and how much is to be built."""
    table, links = results.tables.get("greenway_reach"), results.tables.get("greenway_links")
    if table is None or links is None:
        return ()
    own = table[table["kind"] == "village"]
    done = int((own["state"] == "reached").sum())
    told = [text("sheets-greenway-reached", lang, reached=done, total=len(own))] if len(own) else []
    if len(links):
        told.append(text("sheets-greenway-links", lang, km=float(links["length_m"].sum()) / 1000))
    return tuple(told)


def _projects(results: Results, lang: Lang) -> Sheet:
    drawn = projects(results, lang)
    parts = [*boundaries(results, lang), *drawn]
    rows = [[part.label, str(len(part.shapes))] for part in drawn if len(part.shapes)]
    return _whole(results, "projects", text("sheets-kind-projects", lang), parts,
                  ("town_boundary", "planned_area", "project"),
                  heads=(text("sheets-head-state", lang), text("sheets-head-count", lang)), rows=rows)  # fmt: skip


def _plans(results: Results, lang: Lang) -> Sheet:
    parts, rows = plan_differences(results, lang)
    return _whole(results, "plans", text("sheets-kind-plans", lang), [*boundaries(results, lang), *parts],
                  ("town_boundary", "urban_plan", "land_use_plan"),
                  heads=(text("sheets-head-type", lang), text("sheets-head-count", lang), text("sheets-head-ha", lang)),
                  rows=rows)  # fmt: skip


def _town(results: Results, town: str, lang: Lang) -> Sheet:
    special = str(results.towns.loc[town, "programme"]) == "special"
    title = text("sheets-title-town" if special else "sheets-title-pilot", lang, town=_name(results, town))
    parts = [
        *limits(results, lang), *boundaries(results, lang, own=town), *pieces(results, town, lang),
        *projects(results, lang, small=not special), *villages(results, lang),
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
                 rows=_few(rows, lang))  # fmt: skip


def _expansion(results: Results, town: str, lang: Lang) -> Sheet:
    title = text("sheets-title-expansion", lang, town=_name(results, town))
    own = results.pieces[results.pieces["town_id"] == town] if len(results.pieces) else results.pieces
    real = own[~own["sliver"].astype(bool)] if len(own) else own
    parts = [*zones(results, lang), *boundaries(results, lang, own=town), *pieces(results, town, lang)]
    rows = [
        [str(place), said(row["zone"], lang, "zone-"), number(row["area_m2"], "m²", lang)]
        for place, row in enumerate(real.drop(columns="geometry").to_dict(orient="records"), 1)
    ]
    bounds = _around(results, town)
    notes = () if rows else (text("sheets-no-pieces", lang),)
    return Sheet("expansion", town, title, bounds, parts, [*_numbers(real), *town_names(results)],
                 ("expansion_boundary", "construction_land", "planned_area", "construction_area", "town_boundary"),
                 heads=[text(f"sheets-head-{head}", lang) for head in ("piece", "zone", "m2")] if rows else (),
                 rows=_few(rows, lang), notes=notes)  # fmt: skip


def _land_change(results: Results, town: str, lang: Lang) -> Sheet:
    title = text("sheets-title-land-change", lang, town=_name(results, town))
    parts, rows, dates = changes(results, town, lang)
    notes = (text("sheets-change-dates", lang, before=dates[0], after=dates[1]),) if dates else ()
    return Sheet("land-change", town, title, _around(results, town),
                 [*boundaries(results, lang, own=town), *parts], town_names(results),
                 ("construction_land", "town_boundary", "planned_area"),
                 heads=[text(f"sheets-head-{head}", lang) for head in ("type", "count", "ha")] if rows else (),
                 rows=rows, notes=notes)  # fmt: skip


def _numbers(real: Any) -> list[Name]:
    """Numbers of pieces, as in the list beside the map."""
    if not len(real):
        return []
    spots = shapely.get_coordinates(shapely.point_on_surface(real.geometry.to_numpy()))
    return [
        Name(str(n), (float(x), float(y)), 2.4, -1.0, 0.0, "#5c0030") for n, (x, y) in enumerate(spots, 1)
    ]


def _few(rows: list[list[str]], lang: Lang) -> list[list[str]]:
    if len(rows) <= _MOST_ROWS:
        return rows
    left = text("sheets-more-rows", lang, count=len(rows) - _MOST_ROWS)
    return [*rows[:_MOST_ROWS], [left, *[""] * (len(rows[0]) - 1)]]


def _name(results: Results, town: str) -> str:
    name = results.towns.loc[town, "name"]
    return town if missing(name) else str(name)


def _around(results: Results, town: str) -> Box:
    """The town, with its construction area and pieces, and some room."""
    shapes = [results.towns.geometry[town]]
    areas = results.context.get("construction_area")
    if areas is not None:
        shapes += list(areas.geometry[areas["name"] == _name(results, town)])
    if len(results.pieces):
        shapes += list(results.pieces.geometry[results.pieces["town_id"] == town])
    west, south, east, north = _bounds(shapes)
    x, y, across, up = (west + east) / 2, (south + north) / 2, _ROOM * (east - west) / 2, _ROOM * (north - south) / 2  # fmt: skip
    return x - across, y - up, x + across, y + up


def _bounds(shapes: Any) -> Box:
    west, south, east, north = shapely.total_bounds(np.asarray(shapes, dtype=object)).tolist()
    return west, south, east, north


_WHOLE_KINDS = {"verdict": _verdict, "greenways": _greenways, "projects": _projects, "plans": _plans}
_TOWN_KINDS = {"town": _town, "expansion": _expansion, "land-change": _land_change}
