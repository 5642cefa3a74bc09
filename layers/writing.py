"""Layers written as files of any kind: what would be lost is said first, nothing is left half written."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from layers import plot_text_write
from layers.crs import geodetic, place
from layers.errors import LayerError
from layers.plot_text import TITLES
from spatial import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spatial.messages import Lang

DRIVERS: Final = {
    ".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON", ".parquet": "Parquet",
    ".geoparquet": "Parquet", ".kml": "LIBKML", ".dxf": "DXF", ".gdb": "OpenFileGDB", ".fgb": "FlatGeobuf", ".txt": "TXT",
    ".csv": "CSV",
}  # fmt: skip
"""How a file is written, by the ending of its name."""
NAME_BYTES, TEXT_BYTES = 10, 254
_DEGREES = {"GeoJSON", "LIBKML"}
_ONE_KIND = {"ESRI Shapefile", "OpenFileGDB"}
_WHOLE = 10**17
_SHOWN, _DIGITS = 5, 12
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "GeoJSON": {"COORDINATE_PRECISION": _DIGITS, "RFC7946": "NO"},
    "FlatGeobuf": {"SPATIAL_INDEX": "NO"},  # with one, features change their order
    "OpenFileGDB": {
        "TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"
    },  # which knows whole numbers of 64 bits
}
_GRID = {"XORIGIN": -1e7, "YORIGIN": -2e7, "XYSCALE": 1e7, "XYTOLERANCE": 1e-6}
"""Coordinates of a file geodatabase are whole numbers on a grid: one of 0.1 µm."""


class Loss(NamedTuple):
    """Something that a format cannot hold: a message code ``loss-…`` with its params."""

    code: str
    params: dict[str, Any]


def driver_of(path: Path) -> str:
    """How a file is written.

    Raises
    ------
    LayerError
        If the ending is of no known format.
    """
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise LayerError("write-format", path=path, known=" ".join(DRIVERS))
    return driver


def losses(frame: gpd.GeoDataFrame, path: Path, *, encoding: str = "utf-8", decimals: int = 3) -> list[Loss]:
    """What writing would lose.

    Parameters
    ----------
    frame
        The layer.
    path
        Where it shall go; its ending says the format.
    encoding
        Of a shapefile's attributes.
    decimals
        Of the coordinates in a file of plots.
    """
    driver = driver_of(path)
    found: list[Loss | None] = []
    table = frame.drop(columns=frame.geometry.name)
    if driver == "ESRI Shapefile":
        found += [_names(table, encoding), _letters(table, encoding), _long(table, encoding), _wide(table)]
        found += [_times(table), _empty(table)]
    if driver in {"ESRI Shapefile", "DXF", "TXT"}:
        found.append(_truths(table))
    if driver in _ONE_KIND:
        found.append(_mixed(frame))
    if driver in {"DXF", "TXT"}:
        kept = {"Layer"} if driver == "DXF" else {*TITLES, *TITLES.values()}
        lost = [str(name) for name in table.columns if str(name) not in kept]
        found.append(Loss("loss-attributes", {"fields": _some(lost)}) if lost else None)
    if driver == "DXF":
        holes = int((shapely.get_num_interior_rings(shapely.get_parts(frame.geometry.to_numpy())) > 0).sum())
        found.append(Loss("loss-holes", {"count": holes}) if holes else None)
        found.append(Loss("loss-crs", {}) if frame.crs is not None else None)
    if driver == "TXT":
        found += [_heights(frame), _rounded(frame, decimals)]
    return [loss for loss in found if loss is not None]


def write(
    frame: gpd.GeoDataFrame, path: Path, *, encoding: str = "utf-8", decimals: int = 3, lossy: bool = False,
    layer: str | None = None,
) -> list[Loss]:  # fmt: skip
    """Write a layer: beside in a folder of its own first, then renamed.

    GeoJSON and KML are written in degrees of the layer's own datum.

    Parameters
    ----------
    frame
        The layer, with a CRS.
    path
        File to write; its ending says the format. It is replaced if it is there.
    encoding
        Of a shapefile's attributes or a file of plots: ``utf-8`` or ``gbk``.
    decimals
        Of the coordinates in a file of plots.
    lossy
        Whether to write although something is lost.
    layer
        Name of the layer, where the format has one; the file's name if None.

    Returns
    -------
    list of Loss
        What was lost.

    Raises
    ------
    LayerError
        If something would be lost and `lossy` is False, or the format cannot hold the layer at all.
    """
    path = Path(path)
    driver = driver_of(path)
    lost = losses(frame, path, encoding=encoding, decimals=decimals)
    if lost and not lossy:
        raise LossError(path, lost)
    path.parent.mkdir(parents=True, exist_ok=True)
    placed = _in_degrees(frame) if driver in _DEGREES else frame
    with tempfile.TemporaryDirectory(prefix=".liangzhen-", dir=path.parent) as name:
        folder = Path(name)
        writer: Callable[..., None] = _WRITERS.get(driver, _by_gdal)
        writer(placed, folder / path.name, driver, layer or path.stem, encoding, decimals)
        _move(folder, path)
    return lost


class LossError(LayerError):
    """A format would lose something of the layer."""

    def __init__(self, path: Path, lost: Sequence[Loss]) -> None:
        self.lost = list(lost)
        super().__init__("write-loses", path=path, count=len(self.lost))

    def text(self, lang: Lang = "zh") -> str:
        """Return the sentence with all that would be lost."""
        parts = [messages.text(loss.code, lang, **loss.params) for loss in self.lost]
        return super().text(lang) + messages.text("map-and", lang).join(parts)


def _in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if frame.crs is None or frame.crs.is_geographic:
        return frame
    base = geodetic(pyproj.CRS(frame.crs))
    moved = place(frame.geometry.to_numpy(), pyproj.CRS(frame.crs), base, None, {"layer": "", "path": ""})
    return gpd.GeoDataFrame(
        frame.assign(**{frame.geometry.name: moved.shapes}), geometry=frame.geometry.name, crs=base
    )


def _by_gdal(
    frame: gpd.GeoDataFrame, path: Path, driver: str, layer: str, encoding: str, _decimals: int
) -> None:
    kept = frame.copy()
    for name in kept.columns.drop(kept.geometry.name):
        if kept[name].dtype == object or str(kept[name].dtype) == "str":
            kept[name] = kept[name].astype(object).map(_plain, na_action="ignore")
    options = dict(_OPTIONS.get(driver, {}))
    if driver == "ESRI Shapefile":
        options["encoding"] = "GB18030" if encoding.lower() == "gbk" else encoding.upper()
        kept = _short_names(kept, encoding)
    elif driver == "DXF":
        kept = kept[[name for name in kept.columns if name in {"Layer", kept.geometry.name}]]
    elif driver == "OpenFileGDB" and frame.crs is not None and frame.crs.is_projected:
        options |= _GRID
    if driver in {"GPKG", "OpenFileGDB"}:
        options["layer"] = layer
    kinds = set(frame.geometry.geom_type.dropna())
    many = len(kinds) > 1 and len({kind.removeprefix("Multi") for kind in kinds}) == 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL warns of was said before, as losses
            pyogrio.write_dataframe(kept, path, driver=driver, promote_to_multi=many, **options)
    except Exception as error:  # GDAL raises whatever a driver makes it
        raise LayerError("write-failed", path=path.name, problem=error) from error
    if driver == "ESRI Shapefile":
        path.with_suffix(".cpg").write_text("GBK" if encoding.lower() == "gbk" else "UTF-8", encoding="ascii")


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool)) or hasattr(value, "isoformat") else str(value)


def _parquet(frame: gpd.GeoDataFrame, path: Path, *_: Any) -> None:
    frame.to_parquet(path, index=False)


def _csv(frame: gpd.GeoDataFrame, path: Path, *_: Any) -> None:
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table["WKT"] = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=-1)
    table.to_csv(path, index=False, encoding="utf-8-sig")


def _txt(
    frame: gpd.GeoDataFrame, path: Path, _driver: str, _layer: str, encoding: str, decimals: int
) -> None:
    plot_text_write.write(frame, path, encoding=encoding, decimals=decimals)


_WRITERS: dict[str, Callable[..., None]] = {"Parquet": _parquet, "CSV": _csv, "TXT": _txt}


def _move(folder: Path, path: Path) -> None:
    """Put what was written in its place, all parts of it."""
    if path.is_dir():
        shutil.rmtree(path)
    for old in path.parent.glob(f"{path.stem}.*") if path.suffix.lower() == ".shp" else ():
        if old.suffix.lower() in {".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx"}:
            old.unlink()
    for part in sorted(folder.iterdir()):
        part.replace(path.parent / part.name)


def _short(name: str, encoding: str) -> str:
    """A field name cut to ten bytes, never within a letter."""
    return name.encode(_codec(encoding), "replace")[:NAME_BYTES].decode(_codec(encoding), "ignore")


def _short_names(frame: gpd.GeoDataFrame, encoding: str) -> gpd.GeoDataFrame:
    """Field names of ten bytes that differ from each other."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in map(str, frame.columns.drop(frame.geometry.name)):
        short, number = _short(name, encoding), 0
        while short in taken:
            number += 1
            tail = f"_{number}"
            short = _short_bytes(name, NAME_BYTES - len(tail), encoding) + tail
        taken.add(short)
        names[name] = short
    return frame.rename(columns=names)


def _short_bytes(name: str, count: int, encoding: str) -> str:
    return name.encode(_codec(encoding), "replace")[:count].decode(_codec(encoding), "ignore")


def _codec(encoding: str) -> str:
    return "gb18030" if encoding.lower() == "gbk" else encoding


def _some(names: Sequence[Any]) -> str:
    shown = "、".join(map(str, names[:_SHOWN]))
    return shown if len(names) <= _SHOWN else f"{shown} … ({len(names)})"


def _names(table: pd.DataFrame, encoding: str) -> Loss | None:
    cut = [
        f"{name} → {_short(str(name), encoding)}"
        for name in table.columns
        if _short(str(name), encoding) != str(name)
    ]
    return Loss("loss-field-names", {"fields": _some(cut)}) if cut else None


def _texts(table: pd.DataFrame) -> dict[str, pd.Series]:
    found = {}
    for name in table.columns:
        values = table[name]
        if values.dtype == object or str(values.dtype) == "str":
            given = values[values.notna()]
            found[str(name)] = given[given.map(lambda value: isinstance(value, str))].astype(object)
    return found


def _letters(table: pd.DataFrame, encoding: str) -> Loss | None:
    if encoding.lower() != "gbk":
        return None
    bad = [name for name, values in _texts(table).items() if any(not _fits(value) for value in values)]
    return Loss("loss-letters", {"fields": _some(bad), "encoding": "GBK"}) if bad else None


def _fits(value: str) -> bool:
    try:
        value.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _long(table: pd.DataFrame, encoding: str) -> Loss | None:
    bad = [
        name
        for name, values in _texts(table).items()
        if values.map(lambda value: len(value.encode(_codec(encoding), "replace")) > TEXT_BYTES).any()
    ]
    return Loss("loss-text-long", {"fields": _some(bad), "most": TEXT_BYTES}) if bad else None


def _wide(table: pd.DataFrame) -> Loss | None:
    whole = [name for name in table.columns if pd.api.types.is_integer_dtype(table[name].dtype)]
    bad = [str(name) for name in whole if (table[name].dropna().abs() >= _WHOLE).any()]
    return Loss("loss-number-wide", {"fields": _some(bad)}) if bad else None


def _times(table: pd.DataFrame) -> Loss | None:
    bad = [
        str(name)
        for name in table.columns
        if pd.api.types.is_datetime64_any_dtype(table[name].dtype)
        and (table[name].dropna() != table[name].dropna().dt.normalize()).any()
    ]
    return Loss("loss-times", {"fields": _some(bad)}) if bad else None


def _empty(table: pd.DataFrame) -> Loss | None:
    bad = [name for name, values in _texts(table).items() if (values == "").any()]
    return Loss("loss-empty-text", {"fields": _some(bad)}) if bad else None


def _truths(table: pd.DataFrame) -> Loss | None:
    bad = [str(name) for name in table.columns if pd.api.types.is_bool_dtype(table[name].dtype)]
    return Loss("loss-truths", {"fields": _some(bad)}) if bad else None


def _mixed(frame: gpd.GeoDataFrame) -> Loss | None:
    kinds = sorted({kind.removeprefix("Multi") for kind in frame.geometry.geom_type.dropna()})
    return Loss("loss-mixed", {"kinds": "、".join(kinds)}) if len(kinds) > 1 else None


def _heights(frame: gpd.GeoDataFrame) -> Loss | None:
    count = int(shapely.has_z(frame.geometry.to_numpy()).sum())
    return Loss("loss-heights", {"count": count}) if count else None


def _rounded(frame: gpd.GeoDataFrame, decimals: int) -> Loss | None:
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    off = float(np.abs(xy - np.round(xy, decimals)).max(initial=0.0))
    return Loss("loss-rounded", {"mm": f"{off * 1000:.3g}"}) if off > 1e-9 else None  # noqa: PLR2004 - a rounding error
