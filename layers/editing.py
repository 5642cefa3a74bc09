"""Edits in files: suggested into a GeoPackage, done into a new file, undone from what was kept beside it."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from layers import crs as systems
from layers import sources, writing
from layers.edit_styles import write_styles
from layers.errors import LayerError
from layers.workspace import LayerSpec
from spatial import edits as steps
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DRIVERS = {
    ".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON", ".json": "GeoJSON", ".fgb": "FlatGeobuf",
    ".parquet": "Parquet", ".geoparquet": "Parquet",
}  # fmt: skip
KINDS = {0: "edits_point", 1: "edits_line", 2: "edits_area"}
"""Layers of the GeoPackage of edits by the dimension of what they show."""
_TOLD = ("features", "area_before_m2", "area_after_m2", "params", "hashes")
_BYTES = ("before", "after")


@dataclass(frozen=True)
class File:
    """A layer as it was read for editing.

    Attributes
    ----------
    frame
        Index: feature ids of the file as text; the attributes as they stand there.
    path, layer, encoding
        Where it came from.
    stated
        Whether the file states its CRS; where it does not, neither do the files made from it.
    """

    frame: gpd.GeoDataFrame
    path: Path
    layer: str | None
    encoding: str | None
    stated: bool = True


@dataclass(frozen=True)
class Done:
    """What came of `apply_file`: the files written, and the log of the edits (`spatial.edits.Undo.log`)."""

    output: Path
    undo: Path
    log: pd.DataFrame


def suggest_file(
    path: Path, output: Path, *, lang: Lang = "zh", layer: str | None = None, crs: str | None = None,
    tolerance: steps.Tolerance | None = None,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Write the edits that would mend a file into a GeoPackage; the file itself is only read.

    Parameters
    ----------
    path, layer
        The file, and its layer if it has several.
    output
        GeoPackage to be made: layers `KINDS`, one row an edit. Who deletes a row in QGIS, or unticks ``apply``,
        turns the edit down. Nothing is written if there is nothing to mend.
    lang
        Of the sentence in ``label``.
    crs
        CRS of a file that states none.
    tolerance
        How far an edit may go.

    Returns
    -------
    GeoDataFrame
        The edits, as `spatial.edits.suggest` gives them.

    Raises
    ------
    LayerError, EditError
        If the file cannot be read, is not in a CRS in metres, or `output` exists.
    """
    _absent(output)
    source = read(path, layer, crs)
    found = steps.suggest(source.frame, tolerance=tolerance)
    if found.empty:
        return found
    with _beside(output) as folder:
        _write_edits(found, folder / output.name, lang)
        (folder / output.name).replace(output)
    return found


def apply_file(
    path: Path, edits: Path, output: Path, *, layer: str | None = None, crs: str | None = None
) -> Done:
    """Do the edits of a GeoPackage on a file, into a new one, with ``OUTPUT.undo.gpkg`` beside it.

    Raises
    ------
    LayerError, EditError
        If a file cannot be read or exists already, no edit is ticked, or a feature is no longer what it was.
    """
    kept = output.with_name(output.name + ".undo.gpkg")
    _format(output)
    for made in (output, kept):
        _absent(made)
    chosen = read_edits(edits)
    if not chosen["apply"].any():
        raise LayerError("edits-none", path=edits)
    source = read(path, layer, crs)
    mended, undo = steps.apply(source.frame, chosen)
    with _beside(output) as folder:
        _save(mended, folder / output.name, source)
        stored = read(folder / output.name, None, crs).frame
        _write_undo(undo, stored, len(source.frame), folder / kept.name)
        (folder / kept.name).replace(kept)
        _move(folder, output)
    return Done(output, kept, undo.log)


def undo_file(
    path: Path, undo: Path, output: Path, *, layer: str | None = None, crs: str | None = None
) -> int:
    """Write the file that `apply_file` started from: the same rows in order, the same geometries.

    Returns
    -------
    int
        How many features were put back.

    Raises
    ------
    LayerError, EditError
        If a file cannot be read or exists already, or the features have been changed since.
    """
    _format(output)
    _absent(output)
    source = read(path, layer, crs)
    back, count, touched = _read_undo(undo, source.frame)
    gone = set(back.features.loc[back.features["after"] == "", "position"])
    names = [str(at) for at in range(count) if at not in gone]
    if len(names) != len(source.frame):
        raise LayerError("undo-other-file", path=path, undo=undo)
    label_of = touched | dict(zip(names, source.frame.index, strict=True))
    restored = steps.revert(source.frame.set_axis(pd.Index(names, name="id")), back)
    restored.index = pd.Index([label_of[name] for name in restored.index], name="id", dtype=object)
    with _beside(output) as folder:
        _save(restored, folder / output.name, source)
        _move(folder, output)
    return len(back.features)


def read(path: Path, layer: str | None = None, crs: str | None = None) -> File:
    """Read a file for editing.

    Raises
    ------
    LayerError
        If it cannot be read, has no geometry, or a feature of it was lost in reading: it would be missing after.
    """
    raw = sources.read(LayerSpec(name=path.stem, role="", path=path, layer=layer))
    if "geometry" not in raw.frame:
        raise LayerError("repair-no-geometry", path=path)
    lost = [fid for code, _, fid, _ in raw.notes if code == "issue-feature-unreadable"]
    if lost:
        raise LayerError("repair-lost", path=path, fid=lost[0], count=len(lost))
    own = raw.crs
    if own is None and crs is not None:
        own = systems.parse(crs)
    if own is None and len(raw.frame):
        own = systems.from_numbers(tuple(shapely.total_bounds(raw.frame["geometry"].to_numpy())), None)
    index = pd.Index([str(fid) for fid in raw.frame.index], name="id", dtype=object)
    frame = gpd.GeoDataFrame(raw.frame.set_axis(index), geometry="geometry", crs=own)
    return File(frame, path, raw.source_layer, raw.encoding, raw.crs is not None)


def read_edits(path: Path) -> gpd.GeoDataFrame:
    """The edits of a GeoPackage as they stand there now, in order; unticked and emptied ones with ``apply`` False.

    Raises
    ------
    LayerError
        If it does not exist or is no GeoPackage of edits.
    """
    if not path.exists():
        raise LayerError("edits-missing", path=path)
    try:
        there = {str(name) for name, _ in pyogrio.list_layers(path)} & set(KINDS.values())
        parts = [pyogrio.read_dataframe(path, layer=name) for name in sorted(there)]
        table = pd.concat(parts, ignore_index=True)
        for name in _TOLD:
            table[name] = [json.loads(value, parse_constant=float) for value in table[name]]
        for name in _BYTES:
            table[name] = [bytes.fromhex(value) for value in table[name]]
        table["apply"] = table["apply"].fillna(0).astype(bool)
        table = table[list(steps.COLUMNS)].sort_values("step", ignore_index=True)
    except Exception as error:  # whatever was done to the file
        raise LayerError("edits-unreadable", path=path, problem=error) from error
    return gpd.GeoDataFrame(table, geometry="geometry")


def label(edit: Mapping[str, Any], lang: Lang) -> str:
    """What an edit does, in a sentence."""
    before, after = edit["area_before_m2"][0], edit["area_after_m2"][0]
    change = np.nan_to_num(after) - np.nan_to_num(before)
    return text(
        f"edit-{edit['action']}", lang, a=edit["a"], b=edit["b"], mm=f"{edit['distance_mm']:.4g}",
        share=f"{edit['share_pct']:.3g}", change=f"{change:+.2f}", area=f"{abs(change):.2f}",
        count=shapely.get_num_geometries(edit["geometry"]),
    )  # fmt: skip


def _write_edits(found: gpd.GeoDataFrame, path: Path, lang: Lang) -> None:
    table = found.copy()
    table.insert(4, "label", [label(edit, lang) for edit in found.to_dict(orient="records")])
    for name in _TOLD:
        table[name] = [json.dumps(_plain(value), ensure_ascii=False) for value in found[name]]
    for name in _BYTES:
        table[name] = [value.hex() for value in found[name]]
    dimension = shapely.get_dimensions(table.geometry.to_numpy())
    for kind, name in KINDS.items():
        rows = table[dimension == kind]
        if len(rows):
            shapes = [_multi(shape, kind) for shape in shapely.force_2d(rows.geometry.to_numpy())]
            rows = rows.set_geometry(gpd.GeoSeries(shapes, index=rows.index, crs=found.crs))
            _gpkg(rows, path, name)
    write_styles(path, dict(zip(KINDS.values(), ("marker", "line", "fill"), strict=True)), lang)


def _write_undo(undo: steps.Undo, stored: gpd.GeoDataFrame, count: int, path: Path) -> None:
    """Hashes are those of the geometries as the new file holds them, which may turn or nest rings its own way."""
    features = undo.features
    gone = np.sort(features.loc[features["after"] == "", "position"].to_numpy())
    digests = [
        ""
        if row.after == ""
        else steps.digest(stored.geometry.iloc[row.position - np.searchsorted(gone, row.position)])
        for row in features.itertuples()
    ]
    table = gpd.GeoDataFrame(
        {
            "id": features.index.astype(str), "position": features["position"].to_numpy(), "after": digests,
            "before": [value.hex() for value in features["before"]], "count": count,
        },
        geometry=shapely.force_2d(shapely.from_wkb(features["before"].to_numpy(dtype=object))),
        crs=stored.crs,
    )  # fmt: skip
    _gpkg(table, path, "undo")
    if len(undo.rows):
        _gpkg(undo.rows.reset_index(drop=True), path, "dropped")
    pyogrio.write_dataframe(undo.log.fillna({"reason": ""}), path, layer="log", append=True)


def _read_undo(path: Path, frame: gpd.GeoDataFrame) -> tuple[steps.Undo, int, dict[str, str]]:
    """What takes the edits back, by positions; how many features there were; the ids of those touched."""
    if not path.exists():
        raise LayerError("undo-missing", path=path)
    try:
        table = pyogrio.read_dataframe(path, layer="undo")
        count = int(table["count"].iloc[0])
        features = pd.DataFrame(
            {
                "position": table["position"].astype(int).to_numpy(),
                "before": [bytes.fromhex(value) for value in table["before"]],
                "after": table["after"].fillna("").to_numpy(),
            },
            index=table["position"].astype(int).astype(str).rename("id"),
        )
        touched = dict(zip(features.index, table["id"].astype(str), strict=True))
        gone = features[features["after"] == ""]
        rows = frame.iloc[:0]
        if len(gone):
            rows = pyogrio.read_dataframe(path, layer="dropped").reindex(columns=frame.columns)
            shapes = shapely.from_wkb(gone["before"].to_numpy(dtype=object))
            rows = rows.set_axis(gone.index).set_geometry(
                gpd.GeoSeries(shapes, index=gone.index, crs=frame.crs)
            )
    except Exception as error:  # whatever was done to the file
        raise LayerError("undo-unreadable", path=path, problem=error) from error
    return steps.Undo(features, rows, pd.DataFrame(columns=["edit_id", "done", "reason"])), count, touched


def _save(frame: gpd.GeoDataFrame, path: Path, source: File) -> None:
    """Write features as their file had them, in the format of the new name; feature ids of a GeoPackage stay."""
    if not source.stated:
        frame = frame.set_crs(None, allow_override=True)
    keeps = path.suffix.lower() == source.path.suffix.lower() == ".gpkg"
    ids = pd.Index(frame.index.astype("int64"), name=writing.IDS) if keeps else pd.RangeIndex(len(frame))
    encoding = "gbk" if (source.encoding or "").lower().startswith(("gb", "cp936")) else "utf-8"
    try:
        writing.write(
            frame.set_axis(ids), path, encoding=encoding, layer=source.layer or path.stem, degrees=False
        )
    except writing.LossError as error:
        raise writing.LossError(path, error.lost, "repair-loses") from error


def _gpkg(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    pyogrio.write_dataframe(table, path, layer=layer, driver="GPKG", append=path.exists())


@contextmanager
def _beside(output: Path) -> Iterator[Path]:
    """A folder beside a file, to write in before renaming."""
    with tempfile.TemporaryDirectory(dir=output.absolute().parent, prefix=".liangzhen-") as folder:
        yield Path(folder)


def _move(folder: Path, output: Path) -> None:
    """All files that make up the new one (a shapefile is several) into its place, the one it is called by last."""
    made = sorted(folder.iterdir(), key=lambda file: file.name == output.name)
    for file in made:
        file.replace(output.parent / file.name)


def _multi(shape: Any, kind: int) -> Any:
    """Points, lines or areas of one geometry, always as a multi-geometry."""
    members = [
        part for part in shapely.get_parts(shapely.get_parts(shape)) if shapely.get_dimensions(part) == kind
    ]
    return (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[kind](members)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [None if isinstance(one, float) and np.isnan(one) else one for one in value]
    return value


def _format(output: Path) -> None:
    if output.suffix.lower() not in DRIVERS:
        raise LayerError("repair-format", path=output, known="、".join(sorted(DRIVERS)))


def _absent(output: Path) -> None:
    if output.exists():
        raise LayerError("repair-exists", path=output)
    if not output.absolute().parent.is_dir():
        raise LayerError("repair-folder", path=output.absolute().parent)
