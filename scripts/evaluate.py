"""One run: load → validate → measure → judge → present."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from layers import results as store
from layers.errors import LayerError
from layers.issues import issue, table, together
from layers.load import Layers, load
from layers.rasters import write_derived
from layers.rulebooks import read_rulebook
from layers.validate import validate
from layers.waiving import read_ledger, waived
from maps import tilepage, webmap, workbook
from maps.qml import write_styles
from scripts.options import today
from spatial import periods, subjects
from spatial.known import figures_known, plans_in_force
from spatial.land import area_outside_plan, known_zones, measure_land
from spatial.measures import Facts, measure_all
from spatial.series import series
from spatial.studies import study_all
from spatial.studies.result import HeldLayers
from spatial.verdicts import judge, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from layers.basemaps import BaseMap
    from spatial.land import LandUse
    from spatial.messages import Lang
    from spatial.rules import Rulebook
    from spatial.studies.result import Study

DRAWN = (
    "county_boundary", "town_boundary", "planned_area", "construction_area", "expansion_boundary",
    "farmland", "redline", "greenway", "village", "project",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    A workspace, and where given a rulebook (name or file), a quarter, and the day (``2016-07-31``) whose knowledge and
    plans count instead of today's knowledge and the plans in force at the end of the quarter.
    """

    workspace: Path
    policy: str | None = None
    as_of: str | None = None
    known_on: str | None = None


def evaluate(
    request: Request, progress: Callable[[str], None] = lambda _: None, settled: Callable[[str], None] = lambda _: None
) -> store.Results:  # fmt: skip
    """Judge a workspace.

    Parameters
    ----------
    request
        What to judge, by which rulebook, as of when.
    progress
        Called with the message code of each step.
    settled
        Called with the quarter that is judged, once the layers say it: before most of the work.

    Returns
    -------
    Results
        Everything that is shown afterwards.

    Raises
    ------
    LiangzhenError
        If workspace, layers or rulebook are wrong; one sentence.
    """
    policy = request.policy
    progress("progress-load")
    loaded = load(request.workspace)
    rulebook = read_rulebook(policy or loaded.policy)
    figures = figures_known(loaded.frames, request.known_on)
    as_of, as_of_from = _as_of(request, figures.frames, rulebook)
    settled(as_of)
    plans = plans_in_force(figures.frames, request.known_on or periods.last_day(as_of))
    loaded = replace(loaded, frames=plans.frames)

    progress("progress-validate")
    issues = [loaded.issues, validate(loaded, rulebook.settings.quality), plans.issues]
    issues += [_revised(figures.revisions, request.known_on), _figureless(loaded.frames, as_of)]

    progress("progress-measure")
    towns, unmatched = subjects.towns(loaded.frames)
    frames = _with_zone_kinds(subjects.attach(loaded.frames, towns), rulebook)
    settings = rulebook.settings
    land = measure_land(frames, towns, as_of, settings.zones, settings.sliver_width_m, progress)
    sticking_out = None
    if "construction_area" in frames:
        sticking_out = area_outside_plan(frames["construction_area"], towns, settings.sliver_width_m)
    facts = Facts(
        towns=towns, frames=frames, as_of=as_of, crs=loaded.crs, land=land, sticking_out=sticking_out,
        settings=settings, rasters=loaded.rasters,
    )  # fmt: skip
    studies = study_all(facts, progress)
    measures = measure_all(replace(facts, studies=studies))
    issues += [unmatched, None if land is None else land.issues, *(one.issues for one in studies.values())]

    progress("progress-judge")
    findings = judge(measures, towns, rulebook, as_of, frames.get("exception"))
    towns["verdict"] = worst(findings).reindex(towns.index)

    return store.Results(
        title=loaded.title,
        demo=loaded.demo,
        towns=towns,
        findings=findings,
        measures=measures,
        issues=_waived(together(issues), loaded, request),
        pieces=_blamed([None if land is None else land.pieces, sticking_out], findings, loaded.crs),
        context=_drawn(frames, land, studies),
        tables={name: table for one in studies.values() for name, table in one.tables.items()}
        | _over_time(facts, figures.revisions),
        provenance=_provenance(
            loaded, (policy or loaded.policy, rulebook.sha256), (as_of, as_of_from), land, request.known_on
        ),
        rulebook=rulebook.as_data(),
        crs=loaded.crs,
        exceptions=pd.DataFrame(frames.get("exception", pd.DataFrame())),
        rasters={name: raster for one in studies.values() for name, raster in one.rasters.items()},
        parcels=None if land is None else land.parcels,
    )


def present(
    results: store.Results, folder: Path, lang: Lang, progress: Callable[[str], None] = lambda _: None,
    bases: Sequence[BaseMap] = (),
) -> None:  # fmt: skip
    """Write the results folder: layers with styles, data, workbook and map; all of it or nothing."""
    with store.replacing(folder) as beside:
        progress("progress-write-results")
        store.write(results, beside)
        write_derived(results.rasters, beside)
        write_styles(beside / store.GPKG, results, lang)
        progress("progress-write-workbook")
        workbook.write(results, beside / "workbook.xlsx", lang)
        archive = beside / store.TILES
        tiles = tilepage.parcel_tiles(results, beside / store.PARCELS, archive, progress)
        progress("progress-write-map")
        webmap.write(results, beside / "map.html", lang, parcels=tiles, bases=bases)


def _drawn(frames: Mapping[str, Any], land: LandUse | None, studies: Mapping[str, Study]) -> HeldLayers:
    """What is drawn beside the verdicts: layers of the workspace, and those of the studies."""
    found = HeldLayers({role: frames[role] for role in DRAWN if role in frames})
    if land is not None:
        found |= {"construction_land": land.touched}
    for one in studies.values():
        found |= one.layers
    return found


def _waived(issues: pd.DataFrame, loaded: Layers, request: Request) -> pd.DataFrame:
    """Issues with what the ledger of the workspace accepts marked; as they are where there is none."""
    ledger = read_ledger(request.workspace)
    if ledger is None:
        return issues
    day = dt.date.fromisoformat(request.known_on) if request.known_on else today()
    return waived(issues, ledger, day, loaded.crs, loaded.inputs)


def _revised(revisions: pd.DataFrame, day: str | None) -> pd.DataFrame | None:
    """One note on all figures that were corrected."""
    if not len(revisions):
        return None
    told = {"count": len(revisions), "day": day or today().isoformat()}
    return table([issue("issue-figures-revised", "note", "town_indicator", **told)])


def _figureless(frames: Mapping[str, pd.DataFrame], as_of: str) -> pd.DataFrame | None:
    """A warning where there are figures, but none of the quarter that is judged."""
    known = frames.get("town_indicator", pd.DataFrame(columns=["period"]))["period"].dropna()
    if not len(known) or as_of in {periods.parse(one) for one in known.unique()}:
        return None
    told = {"quarter": as_of, "latest": periods.latest(known) or "-"}
    return table([issue("issue-as-of-no-figures", "warning", "town_indicator", **told)])


def _over_time(facts: Facts, revisions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Indicators of every quarter with figures, and what was revised."""
    figures = facts.frames.get("town_indicator")
    if figures is None:
        return {}
    quarters = sorted(quarter for quarter in figures["period"].dropna().unique() if quarter <= facts.as_of)
    found = {"series": series(facts, quarters)}
    return found | ({"revisions": revisions} if len(revisions) else {})


def _as_of(request: Request, frames: Mapping[str, pd.DataFrame], rulebook: Rulebook) -> tuple[str, str]:
    """The quarter that is judged, and where it was taken from."""
    if request.as_of:
        quarter = periods.parse(request.as_of)
        if quarter is None:
            raise LayerError("as-of-unknown", value=request.as_of)
        return quarter, "request"
    if "town_indicator" in frames and (
        quarter := periods.latest(frames["town_indicator"]["period"].dropna())
    ):
        return quarter, "tables"
    land = frames.get("construction_land", pd.DataFrame())
    if "date" in land and (quarter := periods.latest(land["date"].dropna())):
        return quarter, "parcels"
    return str(rulebook.as_of or periods.parse(rulebook.issued)), "policy"


def _with_zone_kinds(frames: dict[str, pd.DataFrame], rulebook: Rulebook) -> dict[str, pd.DataFrame]:
    if "expansion_boundary" in frames:
        zones = frames["expansion_boundary"]
        frames["expansion_boundary"] = zones.assign(
            zone_kind=known_zones(zones["zone"], rulebook.settings.zones, rulebook.id)
        )
    return frames


def _blamed(pieces: list[Any], findings: pd.DataFrame, crs: Any) -> gpd.GeoDataFrame:
    """Pieces with the rule and clause that they break, one row for each."""
    found = [part for part in pieces if part is not None and len(part)]
    if not found:
        columns = ["town_id", "measure", "zone", "rule", "clause", "sliver", "area_m2", "width_m"]
        return gpd.GeoDataFrame(pd.DataFrame(columns=columns), geometry=[], crs=crs)
    table = pd.concat([pd.DataFrame(part) for part in found], ignore_index=True)
    rules = findings[["town_id", "measure", "rule", "clause", "verdict"]]
    merged = table.merge(rules, on=["town_id", "measure"], how="inner")
    merged["sliver"] = merged["sliver"].astype(bool)
    for name in ("area_m2", "plane_m2", "width_m"):
        merged[name] = merged[name].astype(float)
    return gpd.GeoDataFrame(merged, geometry=np.asarray(merged.pop("geometry"), dtype=object), crs=crs)


def _provenance(
    loaded: Layers,
    policy: tuple[str, str],
    as_of: tuple[str, str],
    land: LandUse | None,
    known_on: str | None,
) -> dict[str, Any]:
    return {
        "program": f"liangzhen {importlib.metadata.version('liangzhen')}",
        "policy": policy[0],
        "policy_sha256": policy[1],
        "as_of": as_of[0],
        "as_of_from": as_of[1],
        "known_on": known_on,
        "crs": _name(loaded.crs),
        "construction_land_date": None if land is None else land.date,
        "inputs": loaded.inputs,
        "versions": {
            "python": platform.python_version(),
            "geopandas": gpd.__version__,
            "shapely": shapely.__version__,
            "geos": shapely.geos_version_string,
            "gdal": pyogrio.__gdal_version_string__,
            "proj": pyproj.proj_version_str,
        },
        "run": {"at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")},
    }


def _name(crs: pyproj.CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code} {crs.name}" if code else crs.name
