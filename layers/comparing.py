"""Two results folders compared, and what changed as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from layers import results as store
from layers.errors import LayerError
from spatial import periods
from spatial.compare import Comparison, compare_findings, compare_land, compare_measures, compare_projects

if TYPE_CHECKING:
    from pathlib import Path

    from layers.results import Results


def compare(before: Results, after: Results) -> Comparison:
    """Compare two runs.

    Parameters
    ----------
    before, after
        Results of the earlier and of the later quarter.

    Raises
    ------
    LayerError
        If they were measured in different coordinate systems, or one is a demo and the other is not.
    """
    if not after.crs.equals(before.crs):
        raise LayerError("compare-crs", before=before.crs.name, after=after.crs.name)
    if before.demo != after.demo:
        raise LayerError("compare-demo", title=(before if before.demo else after).title)
    redrawn = _hashes(before) != _hashes(after)
    reported = any(one["role"] == "project_report" for one in after.provenance["inputs"])
    projects = compare_projects(_projects(before), _projects(after), reported=not redrawn)
    return Comparison(
        findings=compare_findings(before.findings, after.findings),
        measures=compare_measures(before.measures, after.measures),
        land=compare_land(before.pieces, after.pieces),
        projects=projects.iloc[: None if redrawn or reported else 0],
    )


def since_before(results: Results, folder: Path) -> Comparison | None:
    """What changed since the quarter before, where its results lie beside those in `folder`; None where they do not."""
    before = folder.parent / periods.shift(str(results.provenance["as_of"]), -1)
    return compare(store.read(before), results) if (before / store.ASSESSMENT).is_file() else None


def _hashes(results: Results) -> set[str]:
    """Files that projects came from: the same in both runs tell nothing of progress, unless quarters were reported."""
    return {one["sha256"] for one in results.provenance["inputs"] if one["role"] == "project"}


def _projects(results: Results) -> gpd.GeoDataFrame:
    found = results.projects
    return gpd.GeoDataFrame({"town_id": []}, geometry=[], crs=results.crs) if found is None else found


def write_gpkg(found: Comparison, after: Results, path: Path) -> None:
    """Write what changed as layers: land, towns with the number of changes, projects; beside, then renamed."""
    towns = after.towns[["name", "programme", "level", "geometry"]].rename_axis("town_id").reset_index()
    counts = pd.crosstab(found.findings["town_id"], found.findings["change"])
    towns = gpd.GeoDataFrame(
        towns.join(counts.reindex(towns["town_id"]).reset_index(drop=True).fillna(0)), crs=after.crs
    )
    projects = _projects(after)
    nth = (
        projects.groupby(["town_id", "name"], dropna=False).cumcount()
        if len(projects)
        else pd.Series(dtype=int)
    )
    changed = found.projects[found.projects["change"] != "gone"]
    drawn = projects.assign(nth=nth)[["town_id", "name", "nth", "geometry"]] if len(projects) else projects
    if len(drawn):
        changed = changed.assign(nth=changed.groupby(["town_id", "name"], dropna=False).cumcount())
        drawn = gpd.GeoDataFrame(
            drawn.merge(changed, on=["town_id", "name", "nth"], how="left").drop(columns="nth"), crs=after.crs
        )
    layers = {"changed_land": found.land, "changed_town": towns, "changed_project": drawn}
    beside = path.with_name(f".{path.name}.part.gpkg")
    beside.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        for name, frame in layers.items():
            if len(frame):
                pyogrio.write_dataframe(_plain(frame), beside, layer=name, driver="GPKG")
        if beside.exists():
            beside.replace(path)
        else:
            raise LayerError("compare-nothing", path=path)
    finally:
        beside.unlink(missing_ok=True)


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Texts and numbers alone, as a file holds them."""
    kept = frame.copy()
    for column in kept.columns.drop("geometry"):
        if kept[column].dtype == object:
            kept[column] = kept[column].map(str, na_action="ignore")
    return kept
