"""Sheets of all towns: verdicts, greenways, projects, plans, an indicator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.colors import PROJECT_STATES
from maps.pagedata import said, verdict_labels
from maps.sheet_parts import (
    boundaries,
    greenways,
    plan_differences,
    project_charts,
    project_frame,
    projects,
    reach,
    town_names,
    verdicts,
    villages,
)
from maps.sheet_values import choropleth
from spatial.greenway_lines import level as level_of
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from layers.results import Results
    from maps.drawing import Box
    from maps.sheet_map import Chart, Name, Part


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
    parts, names, charts
        What is drawn.
    roles
        Roles of the inputs that are drawn.
    heads, rows
        A small table beside the map.
    notes
        Sentences below it.
    wide, left
        Which column of the table takes the room that is left, and which behind it hold words.
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
    charts: Sequence[Chart] = ()
    wide: int = 0
    left: Sequence[int] = ()


def indicator(results: Results, kind: str, lang: Lang, breaks: Sequence[float]) -> Sheet:
    """Towns in classes of a measure, ``indicator:`` and its name."""
    measure = kind.removeprefix("indicator:")
    parts, rows, unit = choropleth(results, measure, lang, breaks)
    title = said(measure, lang, "measure-")
    parts = [*parts, *boundaries(results, lang, plain=True)]
    return _whole(results, kind, title, parts, ("town_boundary", "planned_area", "town_indicator"),
                  heads=(text("sheets-head-class", lang, unit=unit), text("sheets-head-count", lang)), rows=rows)  # fmt: skip


def _whole(
    results: Results, kind: str, title: str, parts: Sequence[Part], roles: tuple[str, ...], **more: Any
) -> Sheet:  # fmt: skip
    named = [*town_names(results), *more.pop("names", [])]
    return Sheet(kind, None, title, bounds(results.towns.geometry), parts, named, roles, **more)


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
    once = frame[~frame["twice"].astype(bool)] if "twice" in frame else frame
    parts = [*boundaries(results, lang), *greenways(results, lang), *shown]
    return _whole(results, "greenways", text("sheets-kind-greenways", lang), parts,
                  ("town_boundary", "greenway", "greenway_access", "village", "town_centre", "road", "path"),
                  notes=_reached(results, lang), **lengths(once, once.geometry, lang))  # fmt: skip


def lengths(frame: gpd.GeoDataFrame, shapes: gpd.GeoSeries, lang: Lang) -> dict[str, Any]:
    """A table of kilometres by level, of the parts of greenways that `shapes` are."""
    order = ("province", "city", "county", "other")
    long = frame["length_m"] if "length_m" in frame and shapes is frame.geometry else shapes.length
    sums = long.groupby(level_of(frame["level"])).sum()
    rows = [[text(f"map-greenway-{key}", lang), f"{sums[key] / 1000:,.1f}"] for key in order if sums.get(key, 0) > 0]  # fmt: skip
    return {"heads": (text("sheets-head-level", lang), text("sheets-head-km", lang)), "rows": rows}


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
    charts, rest = project_charts(results, lang)
    parts = [*boundaries(results, lang), *projects(results, lang, frame=rest)]
    counts = project_frame(results)["state"].value_counts()
    rows = [[text(f"map-state-{key}", lang), str(counts[key])] for key in PROJECT_STATES if key in counts]
    rows.append([text("head-total", lang), str(int(counts.sum()))])
    return Sheet("projects", None, text("sheets-kind-projects", lang), bounds(results.towns.geometry), parts, town_names(results, charts),
                 ("town_boundary", "planned_area", "project"),
                 (text("sheets-head-state", lang), text("sheets-head-count", lang)), rows,
                 (text("sheets-rings", lang),) if charts else (), charts)  # fmt: skip


def _plans(results: Results, lang: Lang) -> Sheet:
    parts, counted = plan_differences(results, lang)
    return _whole(results, "plans", text("sheets-kind-plans", lang), [*parts, *boundaries(results, lang)],
                  ("town_boundary", "urban_plan", "land_use_plan"), **counted)  # fmt: skip


def bounds(shapes: Any) -> Box:
    """The least box around shapes."""
    west, south, east, north = shapely.total_bounds(np.asarray(shapes, dtype=object)).tolist()
    return west, south, east, north


KINDS = {"verdict": _verdict, "greenways": _greenways, "projects": _projects, "plans": _plans}
