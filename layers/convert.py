"""One layer from a file of one kind into a file of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from layers import crs as systems
from layers import plot_text, plot_text_write, postgis, sources, writing
from layers.errors import LayerError
from layers.found import find, read_reference
from layers.workspace import LayerSpec
from layers.writing import Loss

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PREFIXED: Final = (
    (4534, 4554, -21), (4502, 4512, -11), (2370, 2390, -21), (2338, 2348, -11), (2422, 2442, -21), (21453, 21463, -40),
)  # fmt: skip
"""EPSG codes without zone number in the easting, first and last, and what leads to those with it."""

_ANY_CRS: Final = {"格式版本号", "数据产生单位", "数据产生日期"}
"""Lines of the header of a file of plots that hold in whichever CRS it is written."""
_MADE: Final = {"格式版本号", "坐标系", "几度分带", "投影类型", "计量单位", "带号", "精度", "转换参数"}
"""Lines that are made anew from the CRS, or mean nothing in another format."""


@dataclass(frozen=True)
class Wish:
    """How a layer is to be converted.

    Attributes
    ----------
    layer
        Layer of the source, where it has several.
    from_crs, to_crs
        CRS of the source where it says none or wrongly (``GCJ-02`` and ``BD-09`` too), and of the result; None keeps it.
    prefix
        Whether Gauss-Kruger eastings carry the zone number; None leaves it.
    transformation
        PROJ pipeline from an old datum.
    encoding
        Of a shapefile or file of plots; None: what is usual, UTF-8 of the one and GBK of the other.
    decimals
        Of the coordinates in a file of plots, where they are computed.
    lossy
        Whether to write although something is lost.
    reference
        File of polygons whose place is sure: tells shifted and unnamed systems.
    """

    layer: str | None = None
    from_crs: str | None = None
    to_crs: str | None = None
    prefix: bool | None = None
    transformation: str | None = None
    encoding: str | None = None
    decimals: int = 3
    lossy: bool = False
    reference: Path | None = None


@dataclass(frozen=True)
class Converted:
    """What was written, what was lost, and what was met in the source."""

    path: Path
    features: int
    source: str
    target: str
    swapped: bool
    moved: str
    lost: list[Loss]
    notes: list[tuple[str, str, Any, dict[str, Any]]]


def convert(source: Path, target: Path, wish: Wish | None = None) -> Converted:
    """Convert a layer.

    Parameters
    ----------
    source, target
        File that is read, and file that is written; the ending says its format.
    wish
        How.

    Raises
    ------
    LayerError
        If the source cannot be read or placed, or something would be lost that is not to be.
    """
    asked = wish or Wish()
    writing.driver_of(target)
    if source.resolve() == target.resolve():
        raise LayerError("convert-same", path=target)
    name = postgis.shown(source) if postgis.is_address(source) else source.stem
    raw = sources.read(LayerSpec(name, "", source, asked.layer))
    _from_wkt(raw)
    if "geometry" not in raw.frame:
        raise LayerError("convert-table", path=source)
    shapes = raw.frame["geometry"].to_numpy()
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if not there.any():
        raise LayerError("convert-empty", path=source)
    own, swapped = _own(raw, asked, source)
    if swapped:
        shapes = systems.through(shapes, lambda x, y: (y, x))
    to = _target(own, asked)
    moved = systems.place(shapes[there], own, to, asked.transformation, {"layer": name, "path": source})
    if not np.isfinite(shapely.bounds(moved.shapes)).all():
        raise LayerError("crs-out-of-range", count=int(there.sum()), crs=named(own), layer=name, path=source)
    placed = np.array(shapes, dtype=object)
    placed[there] = moved.shapes
    placed[~there] = None
    table = raw.frame.drop(columns="geometry")
    frame = gpd.GeoDataFrame(table.infer_objects(), geometry=gpd.GeoSeries(placed, index=table.index), crs=to)
    plots = target.suffix.lower() == ".txt"
    encoding = asked.encoding or ("gbk" if plots else "utf-8")
    if plots and raw.header and raw.crs == own == to:
        plot_text_write.write_text(plot_text.read(source), target, encoding=encoding)
        lost = []
    else:
        kept = {key: value for key, value in raw.header.items() if plots and key in _ANY_CRS}
        lost = writing.write(
            frame.reset_index(drop=True), target, encoding=encoding, decimals=asked.decimals, lossy=asked.lossy,
            header=kept,
        )  # fmt: skip
        lost += _header_lost(raw.header, kept)
    how = str(moved.params.get("transformation", own if isinstance(own, str) else ""))
    there = writing.written_in(to, target)
    return Converted(target, len(frame), named(own), named(there), swapped, how, lost, raw.notes)


def _header_lost(header: Mapping[str, str], kept: Mapping[str, str]) -> list[Loss]:
    """Lines of a header that say something which the target says nowhere; no reason not to write."""
    own = [f"{key}={value}" for key, value in header.items() if value and key not in {*kept, *_MADE}]
    return [Loss("loss-plot-header", {"lines": "、".join(own)})] if own else []


def _from_wkt(raw: sources.Raw) -> None:
    """A table with a column of WKT becomes a layer."""
    name = next((name for name in raw.frame.columns if str(name).upper() == "WKT"), None)
    if "geometry" in raw.frame or name is None:
        return
    given = raw.frame[name].astype(object).where(raw.frame[name].notna(), None)
    shapes = shapely.from_wkt(given.to_numpy(), on_invalid="ignore")
    bad = given.index[shapely.is_missing(shapes) & given.notna().to_numpy()]
    raw.notes += [("issue-feature-unreadable", "error", fid, {"problem": "WKT"}) for fid in bad]
    raw.frame = raw.frame.drop(columns=name).assign(geometry=shapes)


def _own(raw: sources.Raw, asked: Wish, source: Path) -> tuple[pyproj.CRS | str, bool]:
    """CRS of the source, and whether its axes are swapped; what is in doubt is asked for."""
    if asked.from_crs:
        if shifted := systems.web_shift(asked.from_crs):
            return shifted, False
        told = systems.parse(asked.from_crs)
        found = find(raw, stated=told)
        return told, bool(found.swapped and found.crs is not None and told.equals(found.crs))
    raw.refuse_contradiction(source, "--from-crs")
    reference = None if asked.reference is None else read_reference(asked.reference)
    found = find(raw, reference=reference)
    if found.why == "found-contradiction":
        raise LayerError("convert-contradiction", path=source, **found.params)
    proved = found.sure == "certain" or found.how == "reference"
    if raw.implied_crs and not (proved and found.sure != "unknown"):
        raise LayerError("convert-doubt", path=source)
    if found.crs is None or found.sure == "unknown":
        raise LayerError("convert-no-crs", path=source)
    return found.crs, found.swapped


def _target(own: pyproj.CRS | str, asked: Wish) -> pyproj.CRS:
    base = pyproj.CRS.from_epsg(4490) if isinstance(own, str) else own
    to = systems.parse(asked.to_crs) if asked.to_crs else base
    return to if asked.prefix is None else with_prefix(to, prefix=asked.prefix)


def with_prefix(crs: pyproj.CRS, *, prefix: bool) -> pyproj.CRS:
    """The same Gauss-Kruger zone with, or without, its number in front of the easting.

    Raises
    ------
    LayerError
        If it is no Gauss-Kruger CRS of China.
    """
    code = crs.to_epsg() or 0
    for first, last, step in _PREFIXED:
        if first <= code <= last:
            return pyproj.CRS.from_epsg(code + step) if prefix else crs
        if first + step <= code <= last + step:
            return crs if prefix else pyproj.CRS.from_epsg(code - step)
    raise LayerError("convert-prefix", crs=crs.name)


def named(crs: pyproj.CRS | str) -> str:
    """Name of a CRS with its EPSG code, where it has one."""
    if isinstance(crs, str):
        return crs
    code = crs.to_epsg()
    return f"{crs.name} (EPSG:{code})" if code else str(crs.name)
