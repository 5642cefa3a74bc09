"""A submitted plot: read, placed in the workspace's CRS, and what was understood of its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from layers import crs as systems
from layers import sources
from layers.errors import LayerError
from layers.fields import UNITS, factor, normal, split_unit
from layers.issues import issue, table
from layers.workspace import LayerSpec

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NAMES = "name plot_name 地块名称 DKMC 项目名称 XMMC 名称 地块名 用地单位 YDDW MC"
NUMBERS = "number plot_number plot_no 地块编号 DKBH 地块号 DKH 编号 BH 宗地号 宗地代码 ZDDM TBBH"
AREAS = "stated_m2 area_m2 stated_ha area_ha stated_mu 地块面积 用地面积 DKMJ YDMJ 宗地面积 ZDMJ 图斑面积 TBMJ 面积 MJ area"
"""Fields that give a plot's name, number and area, the first that is there."""
_TAILS = {"_m2": "m²", "_ha": "公顷", "_mu": "亩"}
_DEGREES = {".geojson", ".json", ".kml", ".kmz"}


@dataclass(frozen=True)
class Submitted:
    """Plots of a file in the working CRS.

    Attributes
    ----------
    plots
        Index: plot (number, else name, else feature id); ``name``, ``number``, ``stated_m2``, geometry.
    understood
        What the file was taken for: (message code, params), in the order to be shown.
    issues
        What was met on the way.
    crs
        Its own CRS, or ``GCJ-02``.
    sha256
        Of the file.
    """

    plots: gpd.GeoDataFrame
    understood: list[tuple[str, dict[str, Any]]]
    issues: pd.DataFrame
    crs: pyproj.CRS | str
    sha256: str


def read_plots(
    path: Path, working: pyproj.CRS, *, layer: str | None = None, crs: str | None = None,
    transformation: str | None = None,
) -> Submitted:  # fmt: skip
    """Read a plot that someone hands in, and say how it was understood.

    Parameters
    ----------
    path
        Any file that `layers.sources.read` reads.
    working
        CRS of the workspace.
    layer
        Layer, where the file has several.
    crs
        CRS that the user states; ``GCJ-02`` undoes the shift of web maps.
    transformation
        PROJ pipeline from an old datum, as the user gives it.

    Raises
    ------
    LayerError
        If it cannot be read, has no polygon, its CRS cannot be told, or it rests on an old datum.
    """
    if not path.exists():
        raise LayerError("check-missing", path=path)
    raw = sources.read(LayerSpec(name=path.name, role="", path=path, layer=layer))
    where = {"layer": path.name, "path": path}
    if "geometry" not in raw.frame:
        raise LayerError("check-no-polygon", path=path)
    shapes = raw.frame["geometry"].to_numpy(dtype=object).copy()
    drawn = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - polygons
    shapes = _closed(shapes, drawn)
    drawn = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - polygons
    drawn &= ~shapely.is_empty(shapes)
    if not drawn.any():
        raise LayerError("check-no-polygon", path=path)
    frame, shapes, left_out = raw.frame[drawn], shapely.force_2d(shapes[drawn]), int((~drawn).sum())
    own, told = _own_crs(raw, shapes, working, crs, path)
    if told[0] == "check-crs-swapped":
        shapes = shapely.transform(shapes, lambda points: points[:, ::-1])
    placed = systems.place(shapes, own, working, transformation, where)
    if not np.isfinite(shapely.bounds(placed.shapes)).all():
        raise LayerError("crs-out-of-range", count=len(shapes), crs=str(own), **where)
    columns, area = _attributes(frame, path)
    plots = gpd.GeoDataFrame(columns, geometry=placed.shapes, crs=working)
    notes = [issue(code, severity, path.name, fid=fid, **params) for code, severity, fid, params in raw.notes]
    understood: list[tuple[str, dict[str, Any]]] = [
        ("check-read-format", {"format": path.suffix.lstrip(".").upper(), "count": len(plots), "vertices": int(shapely.get_num_coordinates(shapes).sum())}),
    ]  # fmt: skip
    if raw.encoding:
        understood.append(("check-read-encoding", {"encoding": raw.encoding}))
    understood += [told, area]
    if placed.note:
        understood.append((placed.note, placed.params))
    if left_out:
        understood.append(("check-read-left-out", {"count": left_out}))
    return Submitted(plots, understood, table(notes), own, sources.sha256(path))


def _closed(shapes: NDArray[np.object_], drawn: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Closed lines as polygons, as drawings (DXF) hold them; where the file has polygons, these alone."""
    if drawn.any():
        return shapes
    lines = shapely.get_dimensions(shapes) == 1
    ring = lines & shapely.is_closed(shapes) & (shapely.get_num_coordinates(shapes) > 3)  # noqa: PLR2004 - a triangle's
    ring &= shapely.get_num_geometries(shapes) == 1
    shapes[ring] = [shapely.Polygon(shapely.get_coordinates(shape)) for shape in shapes[ring]]
    return shapes


def _own_crs(
    raw: sources.Raw, shapes: NDArray[np.object_], working: pyproj.CRS, stated: str | None, path: Path
) -> tuple[pyproj.CRS | str, tuple[str, dict[str, Any]]]:
    """The file's CRS and how it was found; what could be several things is refused."""
    web = raw.implied_crs or path.suffix.lower() in _DEGREES
    proves_nothing = web and raw.crs is not None and normal(raw.crs.name).startswith("wgs84")
    in_file = None if proves_nothing else raw.crs
    if shifted := systems.web_shift(stated):
        return shifted, ("check-crs-stated", {"crs": shifted})
    if stated:
        own = systems.parse(stated)
        if in_file is not None and not in_file.equals(own, ignore_axis_order=True):
            raise LayerError("check-crs-contradiction", stated=own.name, file=in_file.name, path=path)
        return own, ("check-crs-stated", {"crs": named(own)})
    raw.refuse_contradiction(path, "--crs")
    if in_file is not None:
        own = pyproj.CRS(in_file.sub_crs_list[0]) if in_file.is_compound else pyproj.CRS(in_file)
        return own, ("check-crs-file", {"crs": named(own)})
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(shapes))
    for code, bounds in (
        ("check-crs-numbers", (west, south, east, north)),
        ("check-crs-swapped", (south, west, north, east)),
    ):
        found = systems.from_numbers(bounds, working)
        if found is not None and found.is_projected:
            return found, (code, {"crs": named(found)})
        if found is not None:
            raise LayerError("check-degrees", path=path)
    raise LayerError("check-crs-unknown", path=path, x=west, y=south)


def named(crs: pyproj.CRS) -> str:
    """Name of a CRS with its EPSG code, where it has one."""
    code = crs.to_epsg()
    return f"{crs.name} (EPSG:{code})" if code else str(crs.name)


def _attributes(frame: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, tuple[str, dict[str, Any]]]:
    """Name, number and stated area (m²) of each plot, and in which unit the area was read."""
    names, numbers = _texts(frame, NAMES), _texts(frame, NUMBERS)
    field = _field(frame, AREAS)
    stated = np.full(len(frame), np.nan)
    told: tuple[str, dict[str, Any]] = ("check-read-no-area", {})
    if field is not None:
        tail = next((unit for end, unit in _TAILS.items() if field.endswith(end)), "")
        unit = split_unit(field)[1] or tail or "m²"
        scale = factor(unit, "m²", field, {"layer": path.name, "path": path})
        stated = pd.to_numeric(frame[field], errors="coerce").to_numpy(dtype=float) * scale
        stated[~(stated > 0)] = np.nan
        kind = UNITS[unit][0]
        worded = {"ha": "check-read-area-ha", "mu": "check-read-area-mu"}.get(kind)
        told = (worded, {"field": field}) if worded else ("check-read-area", {"field": field, "unit": kind})
    ids = [
        number or name or (path.stem if len(frame) == 1 else str(fid))
        for number, name, fid in zip(numbers, names, frame.index, strict=True)
    ]
    again = pd.Series(ids).groupby(ids).cumcount().to_numpy()
    index = pd.Index(
        [f"{one} #{n + 1}" if n else one for one, n in zip(ids, again, strict=True)],
        name="plot",
        dtype=object,
    )
    columns = pd.DataFrame(
        {"name": names, "number": numbers, "stated_m2": stated, "fid": list(frame.index)}, index=index
    )
    return columns, told


def _field(frame: pd.DataFrame, names: str) -> str | None:
    fields = {normal(split_unit(str(field))[0]): str(field) for field in frame.columns if field != "geometry"}
    fields |= {normal(field): str(field) for field in frame.columns if field != "geometry"}
    return next((fields[normal(name)] for name in names.split() if normal(name) in fields), None)


def _texts(frame: pd.DataFrame, names: str) -> list[str | None]:
    field = _field(frame, names)
    if field is None:
        return [None] * len(frame)
    values = frame[field].astype(object)
    return [str(value).strip() or None if pd.notna(value) else None for value in values]
