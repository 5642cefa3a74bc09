"""Reading whatever an office has: files, folders of them, zips, databases; a broken feature costs only itself."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import fiona
import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely
from shapely.geometry import shape as to_shape

from layers import curves, osm, plot_text, postgis, shapefiles, whole, zips
from layers.errors import LayerError
from layers.raw import Raw, SourceLayer
from layers.tables import read_table, sheet_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyproj

    from layers.workspace import LayerSpec

__all__ = ["FORMATS", "Raw", "SourceLayer", "layers_of", "read", "sha256"]

TABLES = {".xlsx", ".xlsm", ".csv"}
PARQUET = {".parquet", ".geoparquet"}
ZIPS = {".zip", ".kmz"}
RASTERS = {".tif", ".tiff"}
FORMATS = {
    ".shp": "SHP", ".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON", ".parquet": "GeoParquet",
    ".geojsonl": "GeoJSONSeq",
    ".geoparquet": "GeoParquet", ".gdb": "FileGDB", ".fgb": "FlatGeobuf", ".kml": "KML", ".kmz": "KMZ", ".dxf": "DXF",
    ".tab": "MapInfo", ".mif": "MapInfo", ".gml": "GML", ".txt": "TXT", ".zip": "ZIP", ".xlsx": "Excel",
    ".xlsm": "Excel", ".xls": "Excel 97", ".pbf": "OSM", ".osm": "OSM", ".csv": "CSV", ".tif": "GeoTIFF", ".tiff": "GeoTIFF",
}  # fmt: skip
"""What is read, by the ending of the file's name."""
_SEVERAL = {".gpkg", ".gdb", ".kml"}
_KML_FIELDS = [
    "Name", "id", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon",
]  # fmt: skip
_ALONE = {
    ".csv": "table", ".xls": "table", ".txt": "vector", **dict.fromkeys(PARQUET, "vector"),
    **dict.fromkeys(RASTERS, "raster"),
}  # fmt: skip
_DEEPEST = 2
"""A zip in a zip is opened, one in that is not: such a nest may have no end."""
_OWN_TABLES = {"layer_styles", "qgis_projects"}
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def read(spec: LayerSpec) -> Raw:
    """Read the file of a layer.

    Raises
    ------
    LayerError
        If it does not exist, cannot be read at all, or has no such layer.
    """
    if postgis.is_address(spec.path):
        return postgis.read(spec)
    path = spec.path
    if not path.exists():
        raise LayerError("source-missing", layer=spec.name, path=path)
    suffix = path.suffix.lower()
    if path.is_dir() and suffix != ".gdb":
        raise LayerError("source-folder", layer=spec.name, path=path)
    if suffix == ".xls":
        raise LayerError("source-excel-old", path=path)
    if spec.layer is not None and _ALONE.get(suffix) in {"vector", "table"}:
        raise LayerError("source-no-layers", layer=spec.name, path=path, wanted=spec.layer)
    if suffix in ZIPS:
        return read(_in_zip(spec))
    return _READERS.get(suffix, _vector)(spec)


def _table(spec: LayerSpec) -> Raw:
    notes: list[tuple[str, str, Any, dict[str, Any]]] = []
    given = [one.get("field", "") if isinstance(one, dict) else one for one in spec.fields.values()]
    table, used = read_table(spec.path, spec.layer, spec.header_row, spec.encoding, notes, given)
    if spec.path.suffix.lower() == ".csv":
        return Raw(table, encoding=used, notes=notes)
    return Raw(table, source_layer=used, notes=notes)


def layers_of(path: Path) -> list[SourceLayer]:
    """All layers and sheets of a file, or of all files below a folder, in order of their names.

    Parameters
    ----------
    path
        File, file geodatabase, zip, folder, or address of a database.

    Raises
    ------
    LayerError
        If the file cannot be opened. A file below a folder that cannot stands for one layer: reading it says why.
    """
    if postgis.is_address(path):
        return postgis.layers_of(path)
    return _layers(path, _DEEPEST)


def _layers(path: Path, zips_deep: int) -> list[SourceLayer]:
    suffix = path.suffix.lower()
    if path.is_dir() and suffix != ".gdb":
        return [one for file in _files(path, zips_deep) for one in _layers_or_file(file, zips_deep)]
    named = FORMATS.get(suffix, suffix.lstrip(".").upper())
    if suffix in ZIPS:
        folder = zips.unpacked(path)
        inner = _layers(folder, zips_deep - 1)
        return [SourceLayer(path, _inner_name(folder, one), one.format, one.kind) for one in inner]
    if suffix in {".xlsx", ".xlsm"}:
        return [SourceLayer(path, sheet, named, "table") for sheet in sheet_names(path)]
    if suffix in _ALONE:
        return [SourceLayer(path, None, named, _ALONE[suffix])]
    try:
        listed = pyogrio.list_layers(path)
    except Exception as error:
        raise LayerError("source-unreadable", layer=path.stem, path=path, problem=_brief(error)) from error
    drawn = [(str(name), kind) for name, kind in listed if str(name) not in _OWN_TABLES]
    single = len(drawn) == 1 and suffix not in _SEVERAL
    return [
        SourceLayer(path, None if single else name, named, "table" if kind is None else "vector")
        for name, kind in drawn
    ]


def _files(folder: Path, zips_deep: int) -> list[Path]:
    """What may be read in a folder; links to folders are not followed, as they may lead in circles."""
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise LayerError(
            "source-unreadable", layer=folder.name, path=folder, problem=error.strerror or error
        ) from error
    left_out = set() if zips_deep > 0 else ZIPS
    return [
        file
        for file in files
        if not file.name.startswith((".", "~$", "__MACOSX"))
        and (
            (file.is_dir() and not file.is_symlink())
            or (file.suffix.lower() in FORMATS and file.suffix.lower() not in left_out)
        )
    ]


def _layers_or_file(path: Path, zips_deep: int) -> list[SourceLayer]:
    try:
        return _layers(path, zips_deep)
    except LayerError:
        return [SourceLayer(path, None, FORMATS.get(path.suffix.lower(), "?"), "vector")]


def _brief(error: Exception) -> str:
    """What a library complains of, without its list of places in its own code."""
    said = [part for part in str(error).split("; ") if part and not part.startswith("Error occurred in")]
    return said[0] if said else type(error).__name__


def _inner_name(folder: Path, one: SourceLayer) -> str:
    inside = one.path.relative_to(folder).as_posix()
    return inside if one.layer is None else f"{inside}:{one.layer}"


def _in_zip(spec: LayerSpec) -> LayerSpec:
    """The layer as a file that was unpacked."""
    folder = zips.unpacked(spec.path)
    found = {one.layer: one for one in layers_of(spec.path)}
    names = [name for name in found if name]
    if not names:
        raise LayerError("zip-nothing", path=spec.path)
    if spec.layer is None and len(names) > 1:
        raise LayerError("source-layer-needed", layer=spec.name, path=spec.path, layers="、".join(names))
    wanted = spec.layer or names[0]
    if wanted not in found:
        raise LayerError(
            "source-layer", layer=spec.name, path=spec.path, wanted=wanted, layers="、".join(names)
        )
    file, _, layer = wanted.partition(":")
    return replace(spec, path=folder / file, layer=layer or None)


def _own_fields(raw: Raw) -> Raw:
    """A KML layer without the fields that every placemark has, where they say nothing."""
    frame = raw.frame
    silent = [
        name
        for name in frame.columns.intersection(_KML_FIELDS)
        if frame[name].isna().all() or frame[name].isin(["", -1, 0, "clampToGround"]).all()
    ]
    frame = frame.drop(columns=silent)
    if "Name" in frame and "name" not in frame:
        frame = frame.rename(columns={"Name": "name"})
    raw.frame = frame
    return raw


def _closed(raw: Raw, path: Path) -> Raw:
    """Closed lines of a drawing are its areas; what is neither line nor polygon is left out, and told."""
    shapes = raw.frame["geometry"].to_numpy()
    ring = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & shapely.is_closed(shapes)
    ring &= shapely.get_num_coordinates(shapes) > 3  # noqa: PLR2004 - a closed ring has four points
    coordinates, of = shapely.get_coordinates(shapes[ring], return_index=True)
    shapes = shapes.copy()
    if ring.any():
        shapes[ring] = shapely.polygons(shapely.linearrings(coordinates, indices=of))
    drawn = shapely.get_dimensions(shapes) > 0
    told = [("issue-dxf-closed", int(ring.sum())), ("issue-dxf-text", int((~drawn).sum()))]
    if not drawn.any():
        raise LayerError("source-dxf-nothing", path=path, count=len(shapes))
    raw.notes += [(code, "note", None, {"count": count}) for code, count in told if count]
    raw.frame = raw.frame.assign(geometry=shapes)[drawn]
    return raw


def sha256(path: Path) -> str:
    """SHA-256 of a file; of a shapefile, of all its parts in fixed order."""
    if postgis.is_address(path):
        return hashlib.sha256(postgis.shown(path).encode()).hexdigest()
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
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
        raise LayerError(
            "source-unreadable", layer=spec.name, path=spec.path, problem=_brief(error)
        ) from error
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    if isinstance(frame, gpd.GeoDataFrame):
        frame = pd.DataFrame(frame.rename(columns={frame.geometry.name: "geometry"}))
    return Raw(frame.reset_index(drop=True), crs=crs)


def _vector(spec: LayerSpec) -> Raw:
    layer = _layer_name(spec)
    encoding, notes = shapefiles.encoding(spec)
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
        if "geometry" in frame and (arcs := curves.count(spec.path, layer)):
            notes.append(("issue-curves", "note", None, {"count": arcs, "step": curves.STEP_DEG}))
    crs = getattr(frame, "crs", None)
    frame = pd.DataFrame(frame)
    if frame.empty and frame.columns.isin(["geometry"]).all() and spec.path.suffix.lower() == ".gdb":
        raise LayerError("source-gdb-damaged", layer=layer, path=spec.path)
    frame.index = frame.index.astype(object)
    if not any(code == "issue-feature-unreadable" for code, *_ in notes):
        notes += whole.missing(spec.path, len(frame))
    return Raw(frame, crs, layer, encoding, _implied(spec.path, crs), notes)


def _osm(spec: LayerSpec) -> Raw:
    layer = _layer_name(spec)
    try:
        return osm.read(spec.path, layer)
    except Exception as error:
        raise LayerError(
            "source-unreadable", layer=spec.name, path=spec.path, problem=_brief(error)
        ) from error


def _layer_name(spec: LayerSpec) -> str:
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(spec.path) if str(name) not in _OWN_TABLES]
    except Exception as error:
        raise LayerError(
            "source-unreadable", layer=spec.name, path=spec.path, problem=_brief(error)
        ) from error
    if not names:
        raise LayerError("source-unreadable", layer=spec.name, path=spec.path, problem="0 layers")
    if spec.layer is None:
        if len(names) != 1:
            raise LayerError("source-layer-needed", layer=spec.name, path=spec.path, layers="、".join(names))
        return names[0]
    if spec.layer not in names:
        raise LayerError(
            "source-layer", layer=spec.name, path=spec.path, wanted=spec.layer, layers="、".join(names)
        )
    return spec.layer


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
        raise LayerError(
            "source-unreadable", layer=spec.name, path=spec.path, problem=_brief(error)
        ) from error
    return gpd.GeoDataFrame(pd.DataFrame(rows, index=ids), geometry=shapes, crs=crs), notes


def _matters(told: warnings.WarningMessage) -> bool:
    return issubclass(told.category, RuntimeWarning) and "Measured (M)" not in str(told.message)


def _columns(path: Path, layer: str, encoding: str | None) -> list[str] | None:
    """All fields but one that is called like the geometry itself."""
    fields = [str(name) for name in pyogrio.read_info(path, layer=layer, encoding=encoding)["fields"]]
    return [name for name in fields if name != "geometry"] if "geometry" in fields else None


def _implied(path: Path, crs: pyproj.CRS | None) -> bool:
    """Whether a GeoJSON file is in WGS 84, which all of them are, said or not, so that it proves nothing."""
    geojson = path.suffix.lower() in {".geojson", ".json", ".geojsonl"}
    return geojson and (crs is None or crs.name.startswith("WGS 84"))


_READERS: dict[str, Callable[[LayerSpec], Raw]] = {
    **dict.fromkeys(TABLES, _table), **dict.fromkeys(PARQUET, _parquet), ".txt": plot_text.read_raw,
    ".pbf": _osm, ".osm": _osm,
    ".dxf": lambda spec: _closed(_vector(spec), spec.path), ".kml": lambda spec: _own_fields(_vector(spec)),
}  # fmt: skip
