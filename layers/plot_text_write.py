"""Boundary points of plots in the standard form: 勘测定界界址点坐标交换格式 (报盘 TXT), written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.crs import fit
from layers.errors import LayerError
from layers.outputs import put_down
from layers.plot_text import FIELDS, HEADER, KINDS, TITLES, PlotText
from spatial.areas import legal_area

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

_DATUMS = {"2000": "2000国家大地坐标系", "1980": "1980西安坐标系", "1954": "1954北京坐标系"}
_CODES = {4610: "1980", 4214: "1954", 4490: "2000"}
_BAD = (",", "@", "\n", "\r", "\uff0c")
_ROUND = 4


def write_text(found: PlotText, path: Path, *, encoding: str = "gbk") -> None:
    """Write a file that was read, digit by digit, in the standard form.

    A file that was in the standard form comes out byte by byte as it was.

    Parameters
    ----------
    found
        What was read.
    path
        File to write.
    encoding
        ``gbk`` or ``utf-8``.

    Raises
    ------
    LayerError
        If a text has no place in the encoding.
    """
    lines = ["[属性描述]", *(f"{key}={value}" for key, value in found.header.items()), "[地块坐标]"]
    points = found.points
    texts = (
        points["name"] + "," + points["ring"] + "," + points["y_text"] + "," + points["x_text"]
    ).to_numpy()
    bounds = np.searchsorted(points["plot"].to_numpy(), np.arange(len(found.plots) + 1))
    for place, fields in enumerate(found.plots["fields"]):
        low, high = bounds[place], bounds[place + 1]
        standard = len(fields) == len(FIELDS) + 1 and fields[-1] == "@"
        row = found.plots.iloc[place]
        lines.append(",".join(fields) if standard else _plot_line(row.to_dict(), int(high - low)))
        lines += texts[low:high].tolist()
    _save(lines, path, encoding)


def _plot_line(row: Mapping[str, Any], count: int) -> str:
    hectares = row.get("stated_ha")
    stated = "" if hectares is None or not np.isfinite(hectares) else f"{hectares:.{_ROUND}f}"
    words = [row.get(name) for name in ("number", "name", "kind", "sheet", "use", "land_class")]
    return ",".join([str(count), stated, *("" if word is None else str(word) for word in words), "@"])


def write(
    frame: gpd.GeoDataFrame, path: Path, *, header: Mapping[str, str] | None = None, encoding: str = "gbk",
    decimals: int = 3,
) -> None:  # fmt: skip
    """Write features as plots in the standard form; beside first, then renamed.

    Rings start and run as they are drawn; ring 1 is the shell, its holes and further shells follow. The area is the legal
    one in hectares, unless a column states one.

    Parameters
    ----------
    frame
        Polygons, lines or points in a Gauss-Kruger plane in metres; columns as `layers.plot_text.read_raw` names them, or
        as `layers.plot_text.PlotText` does, are written.
    path
        File to write.
    header
        Values of header lines instead of those made from the CRS.
    encoding
        ``gbk`` or ``utf-8``.
    decimals
        Of coordinates.

    Raises
    ------
    LayerError
        If the format cannot hold the data: another kind of CRS or geometry, a comma or ``@`` in a text, a letter that the
        encoding lacks.
    """
    if frame.crs is None or not fit(frame.crs):
        name = "-" if frame.crs is None else frame.crs.name
        raise LayerError("plot-text-plane", crs=name)
    if not len(frame):
        raise LayerError("plot-text-nothing", path=path)
    lines = ["[属性描述]"]
    made = _header(frame, decimals) | dict(header or {})
    lines += [f"{key}={value}" for key, value in made.items()]
    lines.append("[地块坐标]")
    shapes = frame.geometry.to_numpy()
    drawn = [_rings(shape, place) for place, shape in enumerate(shapes, 1)]
    areas = legal_area(shapes, frame.crs)
    for place, (rings, kind) in enumerate(drawn):
        row = _words(frame.iloc[place].to_dict(), place + 1)
        row.setdefault("number", str(place + 1))
        row["kind"] = kind
        if kind == "面" and not np.isfinite(row.get("stated_ha", np.nan)):
            row["stated_ha"] = areas[place] / 1e4
        lines.append(_plot_line(row, sum(map(len, rings))))
        lines += _point_lines(rings, kind, decimals)
    _save(lines, path, encoding)


def _words(given: Mapping[Any, Any], plot: int) -> dict[str, Any]:
    """Fields of the plot line out of columns."""
    row: dict[str, Any] = {}
    for name, title in TITLES.items():
        value = given.get(title, given.get(name))
        if value is None or (isinstance(value, float) and not np.isfinite(value)) or value != value:  # noqa: PLR0124 - NaN
            continue
        if name == "stated_ha":
            row[name] = float(value)
            continue
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
        if any(mark in text for mark in _BAD):
            raise LayerError("plot-text-word", plot=plot, field=title, value=text)
        row[name] = text
    return row


def _header(frame: gpd.GeoDataFrame, decimals: int) -> dict[str, str]:
    crs: Any = frame.crs
    base = crs.geodetic_crs
    datum = _CODES.get(base.to_epsg() or 0, "")
    parameters = {one.name: one.value for one in crs.coordinate_operation.params}
    meridian = round(parameters.get("Longitude of natural origin", 0))
    false_east = parameters.get("False easting", 0)
    prefix = int(false_east // 1e6)
    width = 6 if "6-degree" in crs.name or (prefix and prefix < 25) else 3  # noqa: PLR2004 - zones of three degrees begin at 25
    zone = prefix or (meridian // 3 if width == 3 else (meridian + 3) // 6)  # noqa: PLR2004
    values = {
        "格式版本号": "1.01版本", "数据产生单位": "", "数据产生日期": "", "坐标系": _DATUMS.get(datum, str(base.name)),
        "几度分带": str(width), "投影类型": "高斯克吕格", "计量单位": "米", "带号": str(zone), "精度": f"{10.0 ** -decimals:.{decimals}f}",
        "转换参数": "0,0,0,0,0,0,0",
    }  # fmt: skip
    return {key: values[key] for key in HEADER}


def _rings(shape: Any, plot: int) -> tuple[list[Any], str]:
    """Rings, lines or points as coordinate arrays, and the kind of the plot."""
    kind = getattr(shape, "geom_type", None)
    if kind in {"Polygon", "MultiPolygon"}:
        parts = shapely.get_parts(shape)
        return [
            shapely.get_coordinates(ring) for part in parts for ring in (part.exterior, *part.interiors)
        ], KINDS[2]
    if kind in {"LineString", "MultiLineString"}:
        return [shapely.get_coordinates(part) for part in shapely.get_parts(shape)], KINDS[1]
    if kind in {"Point", "MultiPoint"}:
        return [shapely.get_coordinates(shape)], KINDS[0]
    raise LayerError("plot-text-kind", plot=plot, kind=kind or "None")


def _point_lines(rings: list[Any], kind: str, decimals: int) -> list[str]:
    lines, number = [], 1
    for ring, xy in enumerate(rings, 1):
        names = [f"J{number + k}" for k in range(len(xy))]
        if kind == KINDS[2]:
            names[-1] = names[0]
            number += len(xy) - 1
        else:
            number += len(xy)
        lines += [
            f"{name},{ring},{y:.{decimals}f},{x:.{decimals}f}"
            for name, (x, y) in zip(names, xy.tolist(), strict=True)
        ]
    return lines


def _save(lines: list[str], path: Path, encoding: str) -> None:
    try:
        data = ("\r\n".join(lines) + "\r\n").encode("gb18030" if encoding.lower() == "gbk" else encoding)
    except UnicodeEncodeError as error:
        raise LayerError("plot-text-letter", letter=error.object[error.start], encoding=encoding) from error
    put_down(path, data)
