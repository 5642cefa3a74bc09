"""The results folder: what a run found, and what it was made from."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from layers import outputs
from layers.errors import LayerError
from spatial.memory import give_back
from spatial.outlines import CellLayer
from spatial.studies.result import HeldLayers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = "assessment.schema.json"
GPKG = "results.gpkg"
PARCELS = "parcels.parquet"
TILES = "parcels.pmtiles"
ASSESSMENT = "assessment.json"
_EPOCH = "1980-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Results:
    """All that a run found; whatever is drawn is drawn from this alone.

    Attributes
    ----------
    towns
        Subjects, index ``town_id``: attributes, worst ``verdict``, geometry in the working CRS.
    findings, measures, issues
        The tables of ``docs/architecture.md``; codes and parameters, no rendered text.
    pieces
        Parts of features that break a rule, with legal area (m²) and geometry.
    context
        Layers to draw by role, in the working CRS.
    provenance
        Inputs with SHA-256, versions, settings, quarter; the run stamp under ``run``.
    rulebook
        The rulebook as data.
    exceptions
        Frame of the role ``exception``, by which a run can be judged again.
    tables
        Other tables by name: of studies, series over quarters; codes and numbers.
    rasters
        Rasters that the run worked out, by name; files beside the results, so none in results that were read.
    parcels
        Judged parcels, see `spatial.passports`; kept in ``parcels.parquet``, which is not read back: there may be a
        million of them. `parcel_shapes` are read when they are asked for.
    folder
        Where the results were read from.
    """

    title: str
    demo: bool
    towns: gpd.GeoDataFrame
    findings: pd.DataFrame
    measures: pd.DataFrame
    issues: pd.DataFrame
    pieces: gpd.GeoDataFrame
    context: Mapping[str, gpd.GeoDataFrame]
    provenance: Mapping[str, Any]
    rulebook: Mapping[str, Any]
    crs: Any = field(default=None)
    exceptions: pd.DataFrame = field(default_factory=pd.DataFrame)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    rasters: Mapping[str, Any] = field(default_factory=dict)
    parcels: gpd.GeoDataFrame | None = None
    folder: Path | None = None

    @property
    def projects(self) -> gpd.GeoDataFrame | None:
        """Projects with their state as of the quarter; as they came where the run has not worked that out."""
        return self.context.get("project_state", self.context.get("project"))

    @property
    def parcel_shapes(self) -> gpd.GeoDataFrame | None:
        """Geometry and ``layer`` of the judged parcels, of results that were read too; None where there are none."""
        if self.parcels is not None or self.folder is None:
            return self.parcels
        file = self.folder / PARCELS
        return _shapes(file, file.stat().st_mtime_ns) if file.is_file() else None


@lru_cache(maxsize=1)
def _shapes(file: Path, _changed: int) -> gpd.GeoDataFrame:
    return gpd.read_parquet(file, columns=["layer", "geometry"])


def write(results: Results, folder: Path) -> None:
    """Write ``results.gpkg``, ``assessment.json`` and ``parcels.parquet`` into `folder`, which exists."""
    write_layers(layers(results), folder / GPKG)
    if results.parcels is not None:
        results.parcels.to_parquet(folder / PARCELS, compression="zstd", row_group_size=1 << 16)
    towns = results.towns.drop(columns="geometry").reset_index(names="town_id")
    issues = results.issues.drop(columns="geometry", errors="ignore")
    document = {
        "schema": SCHEMA,
        "title": results.title,
        "demo": results.demo,
        "provenance": dict(results.provenance),
        "rulebook": dict(results.rulebook),
        "towns": _records(towns),
        "findings": _records(results.findings),
        "measures": _records(results.measures),
        "issues": _records(issues),
        "exceptions": _records(results.exceptions.drop(columns="geometry", errors="ignore")),
        "tables": {
            name: {"columns": list(table.columns), "rows": table.astype(object).to_numpy().tolist()}
            for name, table in results.tables.items()
        },
    }
    text = json.dumps(_plain(document), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / ASSESSMENT).write_text(text + "\n", encoding="utf-8", newline="\n")


def latest(folder: Path, named: str = "*Q*", missing: str = "explain-no-results") -> Path:
    """The results folder itself, or of those in a workspace that are named so the latest: by default of a quarter.

    Parameters
    ----------
    folder
        Results folder or workspace.
    named
        Pattern of the names.
    missing
        Message where there is none.

    Raises
    ------
    LayerError
        If there is none.
    """
    folder = Path(folder)
    if (folder / ASSESSMENT).is_file():
        return folder
    found = [file.parent for file in (folder / "results").glob(f"{named}/{ASSESSMENT}")]
    if not found:
        raise LayerError(missing, path=folder)
    return max(found, key=lambda path: path.name)


def read(folder: Path) -> Results:
    """Read a results folder back.

    Raises
    ------
    LayerError
        If the folder holds no complete results.
    """
    folder = Path(folder)
    if not (folder / ASSESSMENT).is_file() or not (folder / GPKG).is_file():
        raise LayerError("results-incomplete", path=folder)
    document = json.loads((folder / ASSESSMENT).read_text(encoding="utf-8"))
    names = [str(name) for name, kind in pyogrio.list_layers(folder / GPKG) if kind is not None]
    layers = {name: _layer(folder / GPKG, name) for name in names}
    towns = pd.DataFrame(document["towns"]).set_index("town_id")
    shapes = layers.pop("town").set_index("town_id").geometry
    issue_shapes = layers.pop("issue", None)
    issues = pd.DataFrame(document["issues"])
    if issue_shapes is not None and len(issues):
        issues["geometry"] = issue_shapes.set_index("row").geometry.reindex(range(len(issues))).to_numpy()
    return Results(
        title=document["title"],
        demo=document["demo"],
        towns=gpd.GeoDataFrame(towns, geometry=shapes.reindex(towns.index), crs=shapes.crs),
        findings=pd.DataFrame(document["findings"]),
        measures=pd.DataFrame(document["measures"]),
        issues=issues,
        pieces=layers.pop("piece"),
        context=layers,
        provenance=document["provenance"],
        rulebook=document["rulebook"],
        crs=shapes.crs,
        exceptions=pd.DataFrame(document.get("exceptions", [])),
        tables={
            name: pd.DataFrame(table["rows"], columns=table["columns"])
            for name, table in document.get("tables", {}).items()
        },
        folder=folder,
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``assessment.json``."""
    loaded: dict[str, Any] = json.loads((files("layers") / SCHEMA).read_text(encoding="utf-8"))
    return loaded


@contextmanager
def replacing(folder: Path, mark: str = ASSESSMENT) -> Iterator[Path]:
    """Give a new folder beside `folder` to write into; take its place only when all went well.

    Parameters
    ----------
    folder
        What is to be replaced.
    mark
        The file by which such a folder is known.

    Raises
    ------
    LayerError
        As `require_replaceable` does.
    """
    folder = Path(folder)
    require_replaceable(folder, mark)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield beside
        beside.chmod(0o755)
        if folder.exists():
            old = beside.with_name(beside.name + "-old")
            folder.rename(old)
            beside.rename(folder)
            shutil.rmtree(old)
        else:
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _layer(path: Path, name: str) -> gpd.GeoDataFrame:
    frame = gpd.read_file(path, layer=name, engine="pyogrio")
    return frame.rename(columns={"source_fid": "fid"})


def require_replaceable(folder: Path, mark: str = ASSESSMENT) -> None:
    """Refuse a folder that `replacing` could not replace: before the work is done that is to lie in it.

    Raises
    ------
    LayerError
        If it exists and is neither empty nor such a folder, or it or a file in it cannot be written.
    """
    outputs.require_folder(folder, replaced=True)
    if folder.exists() and not (folder / mark).is_file() and any(folder.iterdir()):
        raise LayerError("results-folder-taken", path=folder)


def layers(results: Results) -> HeldLayers:
    """The layers of ``results.gpkg`` by name, as they are written: plain columns, no index; ``fid`` is ``source_fid``."""
    found: dict[str, gpd.GeoDataFrame | CellLayer] = {
        "town": _flat(results.towns.reset_index(names="town_id")),
        "piece": _flat(results.pieces.reset_index(drop=True)),
    }
    found |= as_written(results.context).held
    if "geometry" in results.issues and results.issues["geometry"].notna().any():
        rows = results.issues.reset_index(drop=True)
        rows = rows[rows["geometry"].notna()]
        found["issue"] = _flat(
            gpd.GeoDataFrame(
                rows.drop(columns="geometry").assign(row=rows.index),
                geometry=list(rows["geometry"]),
                crs=results.crs,
            )
        )
    return HeldLayers(found)


def as_written(context: Mapping[str, gpd.GeoDataFrame]) -> HeldLayers:
    """Layers with an ``id`` and plain columns; those of outlines of cells stay so, and get them when they are given out."""
    found: dict[str, gpd.GeoDataFrame | CellLayer] = {}
    for name, layer in HeldLayers(context).held.items():
        if isinstance(layer, CellLayer):
            found[name] = replace(layer, last=lambda part: _flat(part.reset_index(names="id")))
        else:
            found[name] = _flat(layer if "id" in layer else layer.reset_index(names="id"))
    return HeldLayers(found)


def write_layers(
    tables: Mapping[str, gpd.GeoDataFrame], path: Path, *, index: bool = True, description: str = ""
) -> None:
    """Write layers of results as a GeoPackage; the same layers give the same bytes.

    Parameters
    ----------
    tables
        Layers by name; those of outlines of cells are written some rows at a time.
    path
        File to write, which is not there yet.
    index
        Whether with spatial indexes.
    description
        Stands in the file with every layer.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _EPOCH})
    give_back()
    try:
        for name in tables:
            for part in HeldLayers(tables).parts(name):
                pyogrio.write_dataframe(
                    part, path, layer=name, driver="GPKG", promote_to_multi=False, append=path.exists(),
                    SPATIAL_INDEX="YES" if index else "NO", DESCRIPTION=description,
                )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    _settle(path)


def _settle(path: Path) -> None:
    """Vacuum, so that the bytes depend on the content alone."""
    with sqlite3.connect(path) as base:
        base.execute("VACUUM")
    base.close()
    for tail in ("-journal", "-wal", "-shm"):
        Path(os.fspath(path) + tail).unlink(missing_ok=True)


def _flat(frame: Any) -> Any:
    """Columns a GeoPackage can hold: mappings and lists become JSON text."""
    flat = frame.copy()
    for name in flat.columns.drop("geometry", errors="ignore"):
        column = flat[name]
        if column.dtype == object or isinstance(column.dtype, pd.CategoricalDtype):
            values = [_cell(value) for value in column]
            flat[name] = pd.Series(values, index=flat.index, dtype="str")
    return flat.rename(columns={"fid": "source_fid"})


def _cell(value: object) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(row) for row in frame.astype(object).to_dict(orient="records")]


def _plain(value: Any) -> Any:  # noqa: PLR0911 - one line a kind
    """Turn numpy, pandas and dates into what JSON has; missing becomes null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return str(value)
