"""The layers of a file and the files of a folder."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import openpyxl
import pyogrio

from layers.sources import PARQUET

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {
    ".shp": "Shapefile", ".gpkg": "GeoPackage", ".geojson": "GeoJSON", ".json": "GeoJSON", ".gdb": "FileGDB",
    ".kml": "KML", ".dxf": "DXF", ".fgb": "FlatGeobuf", ".tab": "MapInfo", ".mif": "MapInfo",
    ".parquet": "GeoParquet", ".geoparquet": "GeoParquet", ".xlsx": "Excel", ".xlsm": "Excel", ".csv": "CSV",
    ".txt": "TXT",
}  # fmt: skip


@dataclass(frozen=True)
class SourceLayer:
    """One layer or sheet of a file."""

    path: Path
    layer: str | None
    format: str
    kind: Literal["vector", "table", "raster"]


def layers_of(path: Path) -> list[SourceLayer]:
    """All layers and sheets of a file, or of all files in a folder that can be read, in the order of their names.

    A file that cannot be opened is one layer: reading it says why.
    """
    suffix = path.suffix.lower()
    if path.is_dir() and suffix != ".gdb":
        return [
            one
            for file in sorted(path.iterdir())
            if file.suffix.lower() in FORMATS
            for one in layers_of(file)
        ]
    form = FORMATS.get(suffix, suffix.lstrip(".").upper() or "?")
    if suffix == ".csv":
        return [SourceLayer(path, None, form, "table")]
    if form == "Excel":
        return [SourceLayer(path, sheet, form, "table") for sheet in _sheets(path)]
    if suffix in PARQUET or suffix == ".txt":
        return [SourceLayer(path, None, form, "vector")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            listed = pyogrio.list_layers(path)
    except Exception:  # noqa: BLE001 - reading the file says what is wrong with it
        return [SourceLayer(path, None, form, "vector")]
    return [SourceLayer(path, str(name), form, "vector" if kind else "table") for name, kind in listed]


def _sheets(path: Path) -> list[str | None]:
    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except Exception:  # noqa: BLE001 - reading the file says what is wrong with it
        return [None]
    try:
        return list(book.sheetnames)
    finally:
        book.close()
