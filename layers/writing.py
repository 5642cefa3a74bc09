"""Layers written as files of any kind: what would be lost is said first, nothing is left half written."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from layers import plot_text_write
from layers.crs import geodetic, place
from layers.errors import LayerError
from layers.losses import (
    GEODATABASE,
    KML,
    SHAPEFILE,
    Loss,
    codec,
    dates,
    kinds_of,
    losses_of,
    main_kind,
    midnights,
    short_names,
)  # fmt: skip
from spatial import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from spatial.messages import Lang

__all__ = ["DRIVERS", "IDS", "Loss", "LossError", "driver_of", "losses", "write", "written_in"]

DRIVERS: Final = {
    ".shp": SHAPEFILE, ".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON", ".parquet": "Parquet",
    ".geoparquet": "Parquet", ".kml": KML, ".dxf": "DXF", ".gdb": GEODATABASE, ".fgb": "FlatGeobuf", ".txt": "TXT",
    ".csv": "CSV",
}  # fmt: skip
"""How a file is written, by the ending of its name."""
IDS: Final = "fid"
"""Name of an index that holds ids of features, whole numbers."""
_DEGREES = {"GeoJSON", KML}
_DIGITS = 12
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "GeoJSON": {"COORDINATE_PRECISION": _DIGITS, "RFC7946": "NO"},
    "FlatGeobuf": {"SPATIAL_INDEX": "NO"},  # with one, features change their order
    GEODATABASE: {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"},  # which knows whole numbers of 64 bits
}
_GRID = {"XORIGIN": -1e7, "YORIGIN": -2e7, "XYSCALE": 1e7, "XYTOLERANCE": 1e-6}
"""Coordinates of a file geodatabase are whole numbers on a grid: one of 0.1 µm."""
_OWN: Final = {
    "GPKG": ("FID", "fid", "GEOMETRY_NAME", "geom"),
    GEODATABASE: ("FID", "OBJECTID", "GEOMETRY_NAME", "SHAPE"),
}
"""Names a format gives its ids and geometries; a field of that name would be lost in them, so they take another."""


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
    return losses_of(frame, driver_of(path), encoding, decimals)


def write(
    frame: gpd.GeoDataFrame, path: Path, *, encoding: str = "utf-8", decimals: int = 3, lossy: bool = False,
    layer: str | None = None, degrees: bool = True, header: Mapping[str, str] | None = None,
) -> list[Loss]:  # fmt: skip
    """Write a layer: beside in a folder of its own first, then renamed.

    GeoJSON is written in degrees of the layer's own datum, KML in those of WGS 84.

    Parameters
    ----------
    frame
        The layer, with a CRS. An index called `IDS` holds ids of the features, which a GeoPackage keeps.
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
    degrees
        Whether GeoJSON and KML are in degrees, as they should be; else in the layer's own CRS.
    header
        Lines of the header of a file of plots, instead of those that are made.

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
    drawn = frame if driver == "Parquet" else _drawn(frame, driver)
    if len(frame) and not len(drawn):
        raise LayerError("write-nothing", path=path.name)
    placed = _in_degrees(drawn, path) if degrees and driver in _DEGREES else drawn
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".liangzhen-", dir=path.parent) as name:
        folder = Path(name)
        writer: Callable[..., None] = _WRITERS.get(driver, _by_gdal)
        if driver == "TXT":
            writer = partial(writer, header=header)
        writer(placed, folder / path.name, driver, layer or path.stem, encoding, decimals)
        _move(folder, path)
    return lost


class LossError(LayerError):
    """A format would lose something of the layer."""

    def __init__(self, path: Path, lost: Sequence[Loss], code: str = "write-loses") -> None:
        self.lost = list(lost)
        super().__init__(code, path=path, count=len(self.lost))

    def text(self, lang: Lang = "zh") -> str:
        """Return the sentence with all that would be lost."""
        parts = [messages.text(loss.code, lang, **loss.params) for loss in self.lost]
        return super().text(lang) + messages.text("map-and", lang).join(parts)


def written_in(crs: pyproj.CRS, path: Path) -> pyproj.CRS:
    """The CRS that a layer in `crs` has in a file: GeoJSON and KML hold degrees."""
    driver = driver_of(path)
    if driver not in _DEGREES:
        return crs
    return pyproj.CRS.from_epsg(4326) if driver == KML else geodetic(crs)


def _in_degrees(frame: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    if frame.crs is None:
        return frame
    own = pyproj.CRS(frame.crs)
    base = written_in(own, path)
    moved = place(frame.geometry.to_numpy(), own, base, None, {"layer": "", "path": ""})
    return _with(frame, moved.shapes).set_crs(base, allow_override=True)


def _with(frame: gpd.GeoDataFrame, shapes: Any) -> gpd.GeoDataFrame:
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _drawn(frame: gpd.GeoDataFrame, driver: str) -> gpd.GeoDataFrame:
    """The features that a format can hold, their geometries as it holds them."""
    shapes = frame.geometry.to_numpy().copy()
    ring = shapely.get_type_id(shapes) == shapely.GeometryType.LINEARRING
    shapes[ring] = [shapely.LineString(shape) for shape in shapes[ring]]
    shapes[shapely.is_empty(shapes)] = None
    if driver != "CSV":
        measured = shapely.has_m(shapes)
        shapes[measured] = shapely.from_wkb(shapely.to_wkb(_without_m(shapes[measured]), output_dimension=3))
    if driver == "FlatGeobuf" and shapely.has_z(shapes).any():
        shapes = shapely.force_3d(shapes)
    kept = np.ones(len(shapes), dtype=bool)
    if driver in {SHAPEFILE, GEODATABASE}:
        kinds = kinds_of(shapes)
        kept = (kinds.isna() | (kinds == main_kind(shapes))).to_numpy()
    elif driver in {"DXF", "TXT"}:
        kept = ~shapely.is_missing(shapes)
    return _with(frame, shapes)[kept]


def _without_m(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Geometries of which WKB in three dimensions holds no measure."""
    flat = ~shapely.has_z(shapes)
    shapes[flat] = shapely.force_2d(shapes[flat])
    return shapes


def _by_gdal(
    frame: gpd.GeoDataFrame, path: Path, driver: str, layer: str, encoding: str, _decimals: int
) -> None:
    kept = _fit_for(frame, driver)
    options = dict(_OPTIONS.get(driver, {}))
    if driver == SHAPEFILE:
        options["encoding"] = codec(encoding).upper()
        names = [str(name) for name in kept.columns.drop(kept.geometry.name)]
        kept = kept.rename(columns=dict(zip(names, short_names(names, encoding), strict=True)))
    elif driver == "DXF":
        kept = kept[[name for name in kept.columns if name in {"Layer", kept.geometry.name}]]
    elif driver == GEODATABASE and frame.crs is not None and frame.crs.is_projected:
        options |= _GRID
    if driver in _OWN:
        options |= {"layer": layer, **_own_names(driver, kept)}
    if driver == "GPKG" and kept.index.name == IDS:
        kept = kept.assign(**{options["FID"]: kept.index})
    kinds = set(frame.geometry.geom_type.dropna())
    many = len(kinds) > 1 and len({kind.removeprefix("Multi") for kind in kinds}) == 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL warns of was said before, as losses
            pyogrio.write_dataframe(
                kept, path, driver=driver, promote_to_multi=many, use_arrow=_has_dates(kept), **options
            )
    except Exception as error:  # GDAL raises whatever a driver makes it
        raise LayerError("write-failed", path=path.name, problem=error) from error
    if driver == SHAPEFILE:
        path.with_suffix(".cpg").write_text("GBK" if encoding.lower() == "gbk" else "UTF-8", encoding="ascii")


def _own_names(driver: str, frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Names of ids and geometries that no field has."""
    taken = {str(name).lower() for name in frame.columns.drop(frame.geometry.name)}
    words = iter(_OWN[driver])
    found = {}
    for option, usual in zip(words, words, strict=True):
        name = usual
        while name.lower() in taken:
            name += "_"
        found[option] = name
    return found


def _has_dates(frame: gpd.GeoDataFrame) -> bool:
    """Whether there are dates without time, which only Arrow brings to GDAL as such."""
    return any(dates(frame[name]) for name in frame.columns.drop(frame.geometry.name))


def _fit_for(frame: gpd.GeoDataFrame, driver: str) -> gpd.GeoDataFrame:
    """Values as the drivers of GDAL take them: lists and the like as JSON."""
    kept = frame.copy()
    for name in kept.columns.drop(kept.geometry.name):
        values = kept[name]
        if pd.api.types.is_timedelta64_dtype(values.dtype):
            kept[name] = values.astype(str).astype(object).where(values.notna(), None)
        elif driver == SHAPEFILE and pd.api.types.is_datetime64_any_dtype(values.dtype):
            if midnights(values):
                kept[name] = values.dt.date.astype(object).where(values.notna(), None)
        elif driver == KML and pd.api.types.is_integer_dtype(values.dtype):
            if (values.dropna().abs() < 2**31).all():
                kept[name] = values.astype("Int32" if values.isna().any() else "int32")
        elif str(values.dtype) == "str" or (values.dtype == object and not dates(values)):
            as_lists = driver == "GeoJSON"
            kept[name] = values.astype(object).map(lambda value: _plain(value, lists=as_lists))  # noqa: B023 - mapped at once
    return kept


def _plain(value: Any, *, lists: bool = False) -> Any:
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, (str, int, float, bool, np.generic)) or hasattr(value, "isoformat"):
        return value
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if lists and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    return value.hex() if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, default=str)


def _parquet(frame: gpd.GeoDataFrame, path: Path, *_: Any) -> None:
    """GeoParquet 1.1 with the box of each feature, by which readers skip what lies elsewhere."""
    boxes = "bbox" not in frame.columns  # the name that the boxes take
    frame.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=boxes)


def _csv(frame: gpd.GeoDataFrame, path: Path, *_: Any) -> None:
    table = pd.DataFrame(_fit_for(frame, "CSV").drop(columns=frame.geometry.name))
    if "WKT" in table:
        raise LayerError("write-csv-wkt", path=path.name)
    table["WKT"] = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=-1)
    table.to_csv(path, index=False, encoding="utf-8-sig")


def _txt(
    frame: gpd.GeoDataFrame, path: Path, _driver: str, _layer: str, encoding: str, decimals: int,
    header: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    plot_text_write.write(frame, path, header=header, encoding=encoding, decimals=decimals)


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
