"""One run: load → validate → measure → judge → present."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import shapely

from layers import results as store
from layers.load import Layers, load
from layers.rulebooks import read_rulebook
from layers.validate import validate
from maps import styles, webmap, workbook
from spatial import subjects
from spatial.land import LandUse, area_outside_plan, measure_land, zone_kinds
from spatial.measures import Facts, measure_all
from spatial.periods import latest
from spatial.rules import Rulebook
from spatial.verdicts import judge, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from spatial.messages import Lang

DRAWN = (
    "county_boundary", "town_boundary", "planned_area", "construction_area", "expansion_boundary",
    "farmland", "redline", "greenway", "village", "project",
)  # fmt: skip
Progress = "Callable[[str], None]"


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    workspace: Path
    policy: str | None = None
    as_of: str | None = None


def evaluate(request: Request, progress: Callable[[str], None] = lambda _: None) -> store.Results:
    """Judge a workspace.

    Parameters
    ----------
    request
        Workspace folder or ``workspace.toml``, rulebook (name or file) and quarter, where given.
    progress
        Called with the message code of each step.

    Returns
    -------
    Results
        Everything that is shown afterwards.
    """
    progress("progress-load")
    loaded = load(request.workspace)
    rulebook = read_rulebook(request.policy or loaded.policy)
    as_of, as_of_from = _as_of(request, loaded, rulebook)

    progress("progress-validate")
    issues = [validate(loaded)]

    progress("progress-measure")
    towns, met = subjects.towns(loaded.frames)
    issues.append(met)
    frames = subjects.attach(loaded.frames, towns)
    frames = _with_zone_kinds(frames, rulebook)
    settings = rulebook.settings
    land = measure_land(frames, towns, as_of, settings.zones, settings.sliver_width_m, progress)
    issues.append(land.issues if land else None)
    sticking_out = None
    if "construction_area" in frames:
        sticking_out = area_outside_plan(frames["construction_area"], towns, settings.sliver_width_m)
    facts = Facts(
        towns=towns, frames=frames, as_of=as_of, crs=loaded.crs, land=land, sticking_out=sticking_out,
        settings=settings,
    )  # fmt: skip
    measures = measure_all(facts)

    progress("progress-judge")
    findings = judge(measures, towns, rulebook, as_of, frames.get("exception"))
    towns["verdict"] = worst(findings).reindex(towns.index)

    return store.Results(
        title=loaded.title,
        demo=loaded.demo,
        towns=towns,
        findings=findings,
        measures=measures,
        issues=pd.concat([part for part in issues if part is not None and len(part)], ignore_index=True)
        if any(part is not None and len(part) for part in issues)
        else validate_empty(),
        pieces=_blamed(land, sticking_out, findings, loaded.crs),
        context={role: frames[role] for role in DRAWN if role in frames},
        provenance=_provenance(loaded, rulebook, as_of, as_of_from, land),
        rulebook=rulebook.as_data(),
        crs=loaded.crs,
    )


def present(results: store.Results, folder: Path, lang: Lang, progress: Callable[[str], None]) -> None:
    """Write the results folder: GeoPackage with styles, JSON, workbook and map; all or nothing."""
    with store.replacing(folder) as beside:
        progress("progress-write-results")
        store.write(results, beside)
        styles.write_styles(beside / store.GPKG, results, lang)
        progress("progress-write-workbook")
        workbook.write(results, beside / "workbook.xlsx", lang)
        progress("progress-write-map")
        webmap.write(results, beside / "map.html", lang)
