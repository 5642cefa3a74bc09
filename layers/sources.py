"""Reading files: GeoPackage, Shapefile, GeoJSON, GeoParquet, Excel, CSV; a broken feature costs only itself."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import fiona
import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
from shapely.geometry import shape as to_shape

from layers.errors import LayerError
from layers.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

    import pyproj

    from layers.workspace import LayerSpec

TABLES = {".xlsx", ".xlsm", ".csv"}
PARQUET = {".parquet", ".geoparquet"}
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@dataclass
class Raw:
    """A layer as it stands in its file.

    Attributes
    ----------
    frame
        Columns as in the file, index: feature ids (rows as Excel counts them for tables); ``geometry``
        where there is one.
    crs
        As the file states it.
    source_layer
        Layer or sheet that was read.
    encoding
        Of the attributes, where the file does not fix it.
    notes
        Issues met: (code, severity, feature id, params).
    """

    frame: pd.DataFrame
    crs: pyproj.CRS | None = None
    source_layer: str | None = None
    encoding: str | None = None
    implied_crs: bool = False
    notes: list[tuple[str, str, Any, dict[str, Any]]] = field(default_factory=list)


def read(spec: LayerSpec) -> Raw:
    """Read the file of a layer.

    Raises
    ------
    LayerError
        If it does not exist, cannot be read at all, or has no such layer.
    """
    path = spec.path
    if not path.exists():
        raise LayerError("source-missing", layer=spec.name, path=path)
    suffix = path.suffix.lower()
    if suffix in TABLES:
        table, used = read_table(path, spec.layer, spec.header_row, spec.encoding)
        return Raw(
            table,
            source_layer=used if suffix != ".csv" else None,
            encoding=used if suffix == ".csv" else None,
        )
    if suffix in PARQUET:
        return _parquet(spec)
    return _vector(spec)


def sha256(path: Path) -> str:
    """SHA-256 of a file; of a shapefile, of all its parts in fixed order."""
    files = [path]
    if path.suffix.lower() == ".shp":
        files = [part for ending in _SHAPEFILE_PARTS if (part := path.with_suffix(ending)).exists()]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _parquet(spec: LayerSpec) -> Raw:
    try:
        metadata = pq.read_schema(spec.path).metadata or {}
        frame = gpd.read_parquet(spec.path) if b"geo" in metadata else pd.read_parquet(spec.path)
    except Exception as error:  # pyarrow and GEOS raise what a broken file makes them
        raise LayerError("source-unreadable", layer=spec.name, path=spec.path, problem=error) from error
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    if isinstance(frame, gpd.GeoDataFrame):
        frame = pd.DataFrame(frame.rename(columns={frame.geometry.name: "geometry"}))
    return Raw(frame.reset_index(drop=True), crs=crs)


def _vector(spec: LayerSpec) -> Raw:
    layer = _layer_name(spec)
    encoding, notes = _encoding(spec, layer)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            frame = pyogrio.read_dataframe(
                spec.path, layer=layer, encoding=encoding, fid_as_index=True, on_invalid="warn"
            )
    except Exception as error:  # noqa: BLE001 - whatever it is, the careful reader goes past it
        frame, more = _carefully(spec, layer, encoding)
        notes += [("issue-reader-warning", "warning", None, {"text": str(error)}), *more]
    else:
        notes += [
            ("issue-reader-warning", "warning", None, {"text": str(w.message)}) for w in told if _matters(w)
        ]
    crs = getattr(frame, "crs", None)
    frame = pd.DataFrame(frame)
    frame.index = frame.index.astype(object)
    return Raw(frame, crs, layer, encoding, _implied(spec.path), notes)


def _layer_name(spec: LayerSpec) -> str:
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(spec.path)]
    except Exception as error:
        raise LayerError("source-unreadable", layer=spec.name, path=spec.path, problem=error) from error
    if spec.layer is None:
        if len(names) != 1:
            raise LayerError("source-layer-needed", layer=spec.name, path=spec.path, layers="、".join(names))
        return names[0]
    if spec.layer not in names:
        raise LayerError(
            "source-layer", layer=spec.name, path=spec.path, wanted=spec.layer, layers="、".join(names)
        )
    return spec.layer


def _encoding(spec: LayerSpec, layer: str) -> tuple[str | None, list[tuple[str, str, Any, dict[str, Any]]]]:
    """Encoding of a shapefile: stated by the user or a .cpg; else UTF-8 if it is that, else GB18030."""
    if spec.path.suffix.lower() != ".shp":
        return spec.encoding, []
    if spec.encoding or spec.path.with_suffix(".cpg").exists():
        return spec.encoding, []
    with fiona.open(spec.path, layer=layer, encoding="ISO-8859-1") as source:
        raw = b"".join(
            str(value).encode("latin-1", "replace")
            for record in source
            for value in record.properties.values()
            if isinstance(value, str)
        ) + "".join(source.schema["properties"]).encode("latin-1", "replace")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030", [("issue-encoding-found", "note", None, {"encoding": "GB18030"})]
    return (
        ("UTF-8", [])
        if raw.isascii()
        else ("UTF-8", [("issue-encoding-found", "note", None, {"encoding": "UTF-8"})])
    )


def _carefully(
    spec: LayerSpec, layer: str, encoding: str | None
) -> tuple[gpd.GeoDataFrame, list[tuple[str, str, Any, dict[str, Any]]]]:
    """Read record by record, past what cannot be read."""
    notes: list[tuple[str, str, Any, dict[str, Any]]] = []
    ids, rows, shapes = [], [], []
    try:
        with fiona.open(spec.path, layer=layer, encoding=encoding) as source:
            crs = source.crs_wkt or None
            records = iter(source)
            for number in range(total := len(source)):
                try:
                    record = next(records)
                    geometry = None if record.geometry is None else to_shape(record.geometry)
                except StopIteration:
                    lost = {"problem": f"the file ends {total - number} features early"}
                    notes.append(("issue-feature-unreadable", "error", number, lost))
                    break
                except Exception as error:  # noqa: BLE001 - the feature is lost, and said so
                    notes.append(("issue-feature-unreadable", "error", number, {"problem": str(error)}))
                    continue
                ids.append(int(record.id))
                rows.append(dict(record.properties))
                shapes.append(geometry)
    except Exception as error:
        raise LayerError("source-unreadable", layer=spec.name, path=spec.path, problem=error) from error
    return gpd.GeoDataFrame(pd.DataFrame(rows, index=ids), geometry=shapes, crs=crs), notes


def _matters(told: warnings.WarningMessage) -> bool:
    return issubclass(told.category, RuntimeWarning) and "Measured (M)" not in str(told.message)


def _implied(path: Path) -> bool:
    """Whether a GeoJSON file says nothing of its CRS, so that WGS 84 is only implied."""
    if path.suffix.lower() not in {".geojson", ".json"}:
        return False
    with path.open(encoding="utf-8-sig") as file:
        head = file.read(1 << 16)
    start = head.split('"features"', 1)[0]
    if '"crs"' in start:
        return False
    try:
        return "crs" not in json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return True
