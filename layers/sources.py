"""Reading files: GeoPackage, Shapefile, GeoJSON, GeoParquet, Excel, CSV; a broken feature costs only itself."""

from __future__ import annotations

import codecs
import hashlib
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
    encoding, notes = _encoding(spec)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            frame = pyogrio.read_dataframe(
                spec.path,
                layer=layer,
                encoding=encoding,
                columns=_columns(spec.path, layer, encoding),
                fid_as_index=True,
                on_invalid="warn",
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
    return Raw(frame, crs, layer, encoding, _implied(spec.path, crs), notes)


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


def _encoding(spec: LayerSpec) -> tuple[str | None, list[tuple[str, str, Any, dict[str, Any]]]]:
    """Encoding of a shapefile: stated by the user, or by a .cpg that does not lie; else by its bytes."""
    if spec.encoding:
        try:
            codecs.lookup(spec.encoding)
        except LookupError as error:
            raise LayerError(
                "source-encoding", layer=spec.name, path=spec.path, encoding=spec.encoding
            ) from error
    if spec.path.suffix.lower() != ".shp" or spec.encoding:
        return spec.encoding, []
    cpg, dbf = spec.path.with_suffix(".cpg"), spec.path.with_suffix(".dbf")
    said = cpg.read_text(encoding="ascii", errors="replace").strip() if cpg.exists() else ""
    if not dbf.exists() or said.upper() not in {"", "UTF-8", "UTF8", "65001"}:
        return None, []
    found = _encoding_of(dbf.read_bytes())
    if said and found != "UTF-8" and found is not None:
        return found, [("issue-encoding-lie", "warning", None, {"said": said, "encoding": found})]
    if not said and found is not None:
        return found, [("issue-encoding-found", "note", None, {"encoding": found})]
    return "UTF-8", []


def _encoding_of(table: bytes) -> str | None:
    """UTF-8 or GB18030, whichever the texts of a .dbf are; None where they are plain ASCII.

    Fields are cut at their width, in the middle of a character too, so a few broken ones prove nothing.
    """
    size = int.from_bytes(table[8:10], "little")
    names = b" ".join(table[start : start + 11].split(b"\0")[0] for start in range(32, size - 31, 32))
    text = names + b" " + table[size:]
    if text.isascii():
        return None
    read = text.decode("utf-8", "replace")
    broken = read.count("\ufffd")
    sound = sum(not letter.isascii() for letter in set(read) - {"\ufffd"})
    if broken <= sound:
        return "UTF-8"
    return "GB18030" if 2 * text.decode("gb18030", "replace").count("\ufffd") < broken else "UTF-8"


def _carefully(
    spec: LayerSpec, layer: str, encoding: str | None
) -> tuple[gpd.GeoDataFrame, list[tuple[str, str, Any, dict[str, Any]]]]:
    """Read record by record, past what cannot be read."""
    notes: list[tuple[str, str, Any, dict[str, Any]]] = []
    ids, rows, shapes = [], [], []
    try:
        with fiona.open(spec.path, layer=layer, encoding=encoding) as source:
            crs = source.crs_wkt or None
            records, first = iter(source), 1 if source.driver == "GPKG" else 0
            for number in range(total := len(source)):
                try:
                    record = next(records)
                    geometry = None if record.geometry is None else to_shape(record.geometry)
                except StopIteration:
                    lost = {"problem": f"the file ends {total - number} features early"}
                    notes.append(("issue-feature-unreadable", "error", number + first, lost))
                    break
                except Exception as error:  # noqa: BLE001 - the feature is lost, and said so
                    notes.append(
                        ("issue-feature-unreadable", "error", number + first, {"problem": str(error)})
                    )
                    continue
                ids.append(int(record.id))
                rows.append({name: value for name, value in record.properties.items() if name != "geometry"})
                shapes.append(geometry)
    except Exception as error:
        raise LayerError("source-unreadable", layer=spec.name, path=spec.path, problem=error) from error
    return gpd.GeoDataFrame(pd.DataFrame(rows, index=ids), geometry=shapes, crs=crs), notes


def _matters(told: warnings.WarningMessage) -> bool:
    return issubclass(told.category, RuntimeWarning) and "Measured (M)" not in str(told.message)


def _columns(path: Path, layer: str, encoding: str | None) -> list[str] | None:
    """All fields but one that is called like the geometry itself."""
    fields = [str(name) for name in pyogrio.read_info(path, layer=layer, encoding=encoding)["fields"]]
    return [name for name in fields if name != "geometry"] if "geometry" in fields else None


def _implied(path: Path, crs: pyproj.CRS | None) -> bool:
    """Whether a GeoJSON file is in WGS 84, which all of them are, said or not, so that it proves nothing."""
    geojson = path.suffix.lower() in {".geojson", ".json"}
    return geojson and (crs is None or crs.name.startswith("WGS 84"))
