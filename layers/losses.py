"""What a file format cannot hold of a layer, told before anything is written."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from layers.plot_text import TITLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd

SHAPEFILE, GEODATABASE, KML = "ESRI Shapefile", "OpenFileGDB", "LIBKML"
NAME_BYTES, TEXT_BYTES = 10, 254
KML_FIELDS: Final = {
    "name", "description", "id", "timestamp", "begin", "end", "altitudemode", "tessellate", "extrude", "visibility",
    "draworder", "icon",
}  # fmt: skip
"""What a placemark has of its own, in small letters: a field of that name becomes it."""
_WHOLE, _REAL, _CLOSE = 10**17, 1e22, 1e-9
_MOVED_M = 1e-5
"""A hundredth of a millimetre: less is the noise of a projection there and back."""
_SHOWN = 5
_SQL: Final = {
    "ADD", "ALTER", "AND", "BETWEEN", "BY", "COLUMN", "CREATE", "DELETE", "DROP", "EXISTS", "FOR", "FROM", "GROUP", "IN",
    "INSERT", "INTO", "IS", "LIKE", "NOT", "NULL", "OR", "ORDER", "SELECT", "SET", "TABLE", "UPDATE", "VALUES", "WHERE",
}  # fmt: skip
"""Words that no field of a file geodatabase is called, as GDAL has them."""
_ONE_KIND = {SHAPEFILE, GEODATABASE}
_NESTED = {SHAPEFILE, "GPKG", GEODATABASE, "FlatGeobuf", KML, "CSV"}
_FLAT_OR_NOT = {SHAPEFILE, GEODATABASE, "FlatGeobuf"}


class Loss(NamedTuple):
    """Something that a format cannot hold: a message code ``loss-…`` with its params."""

    code: str
    params: dict[str, Any]


def losses_of(frame: gpd.GeoDataFrame, driver: str, encoding: str, decimals: int) -> list[Loss]:
    """What writing with a driver would lose.

    Parameters
    ----------
    frame
        The layer.
    driver
        One of `layers.writing.DRIVERS`.
    encoding
        Of a shapefile's attributes.
    decimals
        Of the coordinates in a file of plots.
    """
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if driver in {"DXF", "TXT"}:
        found = [_attributes(table, driver)]
    else:
        found = [*_of_fields(table, driver, encoding), _nested(table) if driver in _NESTED else None]
    found += _of_shapes(frame, driver, decimals)
    if driver in {"DXF", "CSV"} and frame.crs is not None:
        found.append(Loss("loss-crs", {}))
    return [loss for loss in found if loss is not None]


def _of_fields(table: pd.DataFrame, driver: str, encoding: str) -> list[Loss | None]:
    if driver == SHAPEFILE:
        names = [_names(table, encoding), _letters(table, encoding), _long(table, encoding)]
        return [*names, _wide(table), _small(table), _times(table), _empty(table)]
    if driver == GEODATABASE:
        return [_renamed(table), _truths(table)]
    if driver == KML:
        return [_empty(table), _placemark(table), _unset(table), _as_text(table)]
    return [_empty(table)] if driver == "CSV" else []


def _of_shapes(frame: gpd.GeoDataFrame, driver: str, decimals: int) -> list[Loss | None]:
    shapes = frame.geometry.to_numpy()
    found: list[Loss | None] = []
    if driver in _ONE_KIND:
        found.append(_mixed(shapes))
    if driver in {"DXF", "TXT"}:
        gone = int((shapely.is_missing(shapes) | shapely.is_empty(shapes)).sum())
        found.append(Loss("loss-no-geometry", {"count": gone}) if gone else None)
    if driver in _FLAT_OR_NOT:
        high = shapely.has_z(shapes)
        flat = int((~high & ~shapely.is_missing(shapes)).sum()) if high.any() else 0
        found.append(Loss("loss-flat", {"count": flat}) if flat else None)
    if driver not in {"Parquet", "CSV"}:
        measured = int(shapely.has_m(shapes).sum())
        found.append(Loss("loss-measures", {"count": measured}) if measured else None)
    if driver == "DXF":
        holes = int((shapely.get_num_interior_rings(shapely.get_parts(shapes)) > 0).sum())
        found.append(Loss("loss-holes", {"count": holes}) if holes else None)
    if driver == "TXT":
        found += [_heights(shapes), _rounded(shapes, decimals)]
    return found


def kinds_of(shapes: Sequence[Any] | np.ndarray) -> pd.Series:
    """Kind of each geometry without ``Multi``; missing ones are NA."""
    names = pd.Series([None if shape is None else shape.geom_type for shape in shapes], dtype=object)
    return names.str.removeprefix("Multi").replace("LinearRing", "LineString")


def main_kind(shapes: Sequence[Any] | np.ndarray) -> str:
    """The kind that most geometries have and a layer of one kind can hold; empty where there is none."""
    kinds = kinds_of(shapes)
    counts = kinds[kinds.isin(["Point", "LineString", "Polygon"])].value_counts()
    return str(counts.index[0]) if len(counts) else ""


def codec(encoding: str) -> str:
    """The codec behind ``gbk``, which Chinese programs use for its larger successor too."""
    return "gb18030" if encoding.lower() == "gbk" else encoding


def short_name(name: str, encoding: str, count: int = NAME_BYTES) -> str:
    """A field name cut to so many bytes, never within a letter."""
    return name.encode(codec(encoding), "replace")[:count].decode(codec(encoding), "ignore")


def short_names(names: Sequence[str], encoding: str) -> list[str]:
    """Field names of ten bytes that differ from each other, small and capital letters being the same."""
    taken: set[str] = set()
    found = []
    for name in names:
        short, number = short_name(name, encoding), 0
        while short.upper() in taken:
            number += 1
            tail = f"_{number}"
            short = short_name(name, encoding, NAME_BYTES - len(tail)) + tail
        taken.add(short.upper())
        found.append(short)
    return found


def dates(values: pd.Series) -> bool:
    """Whether a column holds dates without a time of day, as objects."""
    given = values.dropna() if values.dtype == object else values[:0]
    return bool(len(given)) and bool(
        given.map(lambda value: isinstance(value, dt.date) and not isinstance(value, dt.datetime)).all()
    )


def _some(names: Sequence[Any]) -> str:
    shown = "、".join(map(str, names[:_SHOWN]))
    return shown if len(names) <= _SHOWN else f"{shown} … ({len(names)})"


def _fields(code: str, table: pd.DataFrame, bad: Callable[[pd.Series], Any], **params: Any) -> Loss | None:
    """A loss that names the fields in which something is bad."""
    names = [str(name) for name in table.columns if bool(bad(table[name]))]
    return Loss(code, {"fields": _some(names), **params}) if names else None


def _texts(values: pd.Series) -> pd.Series:
    if values.dtype != object and str(values.dtype) != "str":
        return pd.Series([], dtype=object)
    given = values[values.notna()]
    return given[given.map(lambda value: isinstance(value, str)).astype(bool)].astype(object)


def _attributes(table: pd.DataFrame, driver: str) -> Loss | None:
    kept = {"Layer"} if driver == "DXF" else {*TITLES, *TITLES.values()}
    lost = [str(name) for name in table.columns if str(name) not in kept]
    return Loss("loss-attributes", {"fields": _some(lost)}) if lost else None


def _names(table: pd.DataFrame, encoding: str) -> Loss | None:
    names = [str(name) for name in table.columns]
    cut = [
        f"{name} → {short}"
        for name, short in zip(names, short_names(names, encoding), strict=True)
        if short != name
    ]
    return Loss("loss-field-names", {"fields": _some(cut)}) if cut else None


def _renamed(table: pd.DataFrame) -> Loss | None:
    """Field names that a file geodatabase changes: other signs than letters, digits and ``_``, or words of SQL."""

    def bad(values: pd.Series) -> bool:
        name = str(values.name)
        return not re.fullmatch(r"[^\W\d_]\w{0,63}|_\w{0,63}", name) or name.upper() in _SQL

    return _fields("loss-renamed", table, bad)


def _letters(table: pd.DataFrame, encoding: str) -> Loss | None:
    if encoding.lower() != "gbk":
        return None
    return _fields("loss-letters", table, lambda values: (~_texts(values).map(_fits).astype(bool)).any(), encoding="GBK")  # fmt: skip


def _fits(value: str) -> bool:
    try:
        value.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _long(table: pd.DataFrame, encoding: str) -> Loss | None:
    def bad(values: pd.Series) -> bool:
        return any(len(value.encode(codec(encoding), "replace")) > TEXT_BYTES for value in _texts(values))

    return _fields("loss-text-long", table, bad, most=TEXT_BYTES)


def _wide(table: pd.DataFrame) -> Loss | None:
    def bad(values: pd.Series) -> bool:
        if not pd.api.types.is_integer_dtype(values.dtype):
            return False
        given = values.dropna()
        return bool(((given >= _WHOLE) | (given <= -_WHOLE)).any())

    return _fields("loss-number-wide", table, bad)


def _small(table: pd.DataFrame) -> Loss | None:
    """Numbers of which 15 decimals and 24 characters keep less than nine digits."""

    def bad(values: pd.Series) -> bool:
        if not pd.api.types.is_float_dtype(values.dtype):
            return False
        size = np.abs(values.dropna().to_numpy(dtype=float))
        small = size[size < 1]
        return bool((np.abs(np.round(small, 15) - small) > _CLOSE * small).any() or (size > _REAL).any())

    return _fields("loss-number-digits", table, bad)


def _times(table: pd.DataFrame) -> Loss | None:
    return _fields("loss-times", table, lambda values: pd.api.types.is_datetime64_any_dtype(values.dtype) and not midnights(values))  # fmt: skip


def midnights(values: pd.Series) -> bool:
    """Whether a column of times says nothing but the day."""
    given = values.dropna()
    return values.dt.tz is None and bool((given == given.dt.normalize()).all())


def _empty(table: pd.DataFrame) -> Loss | None:
    return _fields("loss-empty-text", table, lambda values: any(not one or one[-1] == " " for one in _texts(values)))  # fmt: skip


def _truths(table: pd.DataFrame) -> Loss | None:
    return _fields("loss-truths", table, lambda values: pd.api.types.is_bool_dtype(values.dtype))


def _nested(table: pd.DataFrame) -> Loss | None:
    plain = (str, int, float, bool, dt.date, np.generic, type(None), type(pd.NA))

    def bad(values: pd.Series) -> bool:
        odd = pd.api.types.is_timedelta64_dtype(values.dtype)
        return odd or (values.dtype == object and any(not isinstance(value, plain) for value in values))

    return _fields("loss-nested", table, bad)


def _placemark(table: pd.DataFrame) -> Loss | None:
    return _fields(
        "loss-placemark", table, lambda values: str(values.name).lower() in KML_FIELDS - {"name", "id"}
    )


def _unset(table: pd.DataFrame) -> Loss | None:
    return _fields("loss-unset", table, lambda values: values.isna().all()) if len(table) else None


def _as_text(table: pd.DataFrame) -> Loss | None:
    def bad(values: pd.Series) -> bool:
        if pd.api.types.is_integer_dtype(values.dtype):
            return bool((values.dropna().abs() >= 2**31).any())
        return pd.api.types.is_datetime64_any_dtype(values.dtype) or dates(values)

    return _fields("loss-as-text", table, bad)


def _mixed(shapes: np.ndarray) -> Loss | None:
    kinds = kinds_of(shapes)
    main = main_kind(shapes)
    others = kinds.notna() & (kinds != main)
    if not others.any():
        return None
    names = "、".join(sorted(set(kinds.dropna())))
    return Loss("loss-mixed", {"kinds": names, "kept": main, "count": int(others.sum())})


def _heights(shapes: np.ndarray) -> Loss | None:
    count = int(shapely.has_z(shapes).sum())
    return Loss("loss-heights", {"count": count}) if count else None


def _rounded(shapes: np.ndarray, decimals: int) -> Loss | None:
    xy = shapely.get_coordinates(shapes)
    off = float(np.abs(xy - np.round(xy, decimals)).max(initial=0.0))
    return Loss("loss-rounded", {"mm": f"{off * 1000:.3g}"}) if off > _MOVED_M else None
