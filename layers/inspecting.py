"""Inspecting: what stands in files, how sure that is, and everything that is wrong with it; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from layers import crs as systems
from layers import sources, tables
from layers.describing import FIELDS, describe
from layers.errors import LayerError
from layers.fields import recode
from layers.found import Found, find, read_reference
from layers.issues import issue, table, together
from layers.listing import named_layers
from layers.rasters import open_raster
from layers.roles import ROLES
from layers.suggesting import Suggestion, mapping, suggest
from layers.waivers import LAPSED
from layers.waivers import apply as apply_waivers
from layers.workspace import LayerSpec
from spatial.errors import LiangzhenError
from spatial.pixels import edges
from spatial.quality import Subject
from spatial.quality.run import inspect as inspect_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.fields import FieldUse
    from layers.sources import SourceLayer

Bounds = tuple[float, float, float, float]
_NEAR_DEGREES = 3.0
_SHAPES = ("point", "line", "polygon")


@dataclass
class Inspected:
    """What was found in one layer or sheet.

    Attributes
    ----------
    name
        File name, with ``/layer`` where the file holds several.
    source
        Where it stands, its format and kind.
    error
        The sentence of a layer that cannot be read: everything below is empty then.
    crs_stated
        Name of the CRS that the file states.
    found
        CRS found, how, how sure and why.
    bounds, lonlat
        West, south, east, north in its own CRS, and in degrees.
    geometry
        Number of features of each geometry type; ``none`` for those without.
    fields
        Table of `FIELDS`.
    suggestion
        Role and mapping.
    problems
        Issues table with ``finding`` (number over all layers), ``area_m2``, ``waived`` and ``waiver``.
    grid
        Of a raster: rows, columns, bands.
    shapes, crs
        Geometries in the CRS that they were inspected in.
    """

    name: str
    source: SourceLayer
    error: LiangzhenError | None = None
    encoding: str | None = None
    crs_stated: str | None = None
    found: Found | None = None
    bounds: Bounds | None = None
    lonlat: Bounds | None = None
    features: int = 0
    vertices: int = 0
    geometry: dict[str, int] = field(default_factory=dict)
    grid: tuple[int, int, int] | None = None
    fields: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(FIELDS)))
    suggestion: Suggestion = field(default_factory=lambda: Suggestion("", "unknown", "", (), ()))
    problems: pd.DataFrame = field(default_factory=lambda: table([]))
    shapes: NDArray[np.object_] = field(default_factory=lambda: np.array([], dtype=object))
    crs: pyproj.CRS | None = None


@dataclass
class Inspection:
    """All layers, what to find one's way by, and the waivers that lapsed.

    Attributes
    ----------
    layers
        One for each layer or sheet.
    reference
        Polygons in longitude and latitude: those of the reference, or else the town boundaries among the layers.
    drawn_from
        Name of the layer they are from; empty for the reference.
    lapsed
        Waivers that no longer hold, with ``finding``: what stands there now.
    """

    layers: list[Inspected]
    reference: NDArray[np.object_]
    drawn_from: str
    lapsed: pd.DataFrame


@dataclass
class _Open:
    """A layer between reading and inspecting."""

    page: Inspected
    raw: sources.Raw
    frame: pd.DataFrame | None = None
    notes: list[dict[str, Any]] = field(default_factory=list)


def inspect(
    paths: Iterable[Path], *, reference: Path | None = None, role: str | None = None,
    ledger: pd.DataFrame | None = None, as_of: date | None = None, progress: Callable[[str], None] = lambda _: None,
) -> Inspection:  # fmt: skip
    """Look at files, folders and all layers and sheets in them.

    Parameters
    ----------
    paths
        Files and folders.
    reference
        File with polygons that are placed rightly, by which GCJ-02 and the like are told.
    role
        Role that all layers play, instead of the suggested one.
    ledger
        Waivers, as `layers.ledger.read` gives them, judged on the day `as_of`.
    progress
        Called with the name of each layer.

    Raises
    ------
    LayerError
        If a path does not exist or holds nothing that can be read, or the reference is of no use.
    """
    drawn = None if reference is None else read_reference(reference)
    opened = []
    for name, source in named_layers(paths):
        progress(name)
        opened.append(_open(name, source, role, drawn))
    _place(opened)
    frames: dict[str, dict[str, pd.DataFrame]] = {}
    for one in opened:
        if one.frame is not None and _role(one.page):
            frames.setdefault(str(one.page.crs), {}).setdefault(_role(one.page), one.frame)
    for one in opened:
        progress(one.page.name)
        others = frames.get("None", {}) | frames.get(str(one.page.crs), {})
        one.page.problems = _problems(one, others)
    lapsed = _number([one.page for one in opened], ledger, as_of)
    pages = [one.page for one in opened]
    if drawn is not None:
        return Inspection(pages, drawn.geometry.to_numpy(), "", lapsed)
    return Inspection(pages, *_towns(pages), lapsed)


def _towns(pages: list[Inspected]) -> tuple[NDArray[np.object_], str]:
    """Town boundaries among the layers, in longitude and latitude, and their name."""
    for page in pages:
        if _role(page) == "town_boundary" and page.crs is not None:
            where = {"layer": page.name, "path": page.source.path}
            base = systems.geodetic(page.crs)
            return systems.place(page.shapes, page.crs, base, None, where).shapes, page.name
    return np.array([], dtype=object), ""


def _open(name: str, source: SourceLayer, role: str | None, reference: gpd.GeoDataFrame | None) -> _Open:
    page = Inspected(name, source)
    try:
        if source.kind == "raster":
            _grid(page, role)
            return _Open(page, sources.Raw(pd.DataFrame()))
        raw = sources.read(LayerSpec(name, "", source.path, source.layer))
    except LiangzhenError as error:
        page.error = error
        return _Open(page, sources.Raw(pd.DataFrame()))
    one = _Open(page, raw)
    one.notes = [issue(code, severity, name, fid=fid, **params) for code, severity, fid, params in raw.notes]
    page.encoding, page.features = raw.encoding, len(raw.frame)
    page.crs_stated = None if raw.crs is None or raw.implied_crs else _named(raw.crs)
    if "geometry" in raw.frame:
        _measure(page, raw, reference)
    if page.bounds is None and ("geometry" in raw.frame or not len(raw.frame)):
        one.notes.append(issue("issue-inspect-empty", "warning", name, count=len(raw.frame)))
    names = [column for column in raw.frame.columns if column != "geometry"]
    shape = _shape(page.geometry) if "geometry" in raw.frame else "table"
    if role:
        uses = tuple(mapping(names, ROLES[role]))
        have = {use.column for use in uses}
        lacking = [
            column.name for column in ROLES[role].columns if column.required and column.name not in have
        ]
        page.suggestion = Suggestion(role, "certain", "", uses, tuple(lacking))
    else:
        page.suggestion = suggest([source.path.stem, source.layer or ""], names, shape)
    page.fields = describe(raw.frame[names], page.suggestion.uses)
    return one


def _grid(page: Inspected, role: str | None) -> None:
    """What a raster is; it has no features to look at."""
    raster = open_raster(page.source.path)
    page.grid, page.crs_stated = (*raster.shape, raster.bands), _named(raster.crs)
    page.bounds = edges(raster)
    page.suggestion = (
        Suggestion(role, "certain", "", (), ()) if role else suggest([page.source.path.stem], [], "raster")
    )


def _named(crs: pyproj.CRS | str) -> str:
    if isinstance(crs, str):
        return crs
    code = crs.to_epsg()
    return f"{crs.name} (EPSG:{code})" if code else str(crs.name)


def _measure(page: Inspected, raw: sources.Raw, reference: gpd.GeoDataFrame | None) -> None:
    shapes = np.array(raw.frame["geometry"], dtype=object)
    kinds = pd.Series(shapely.get_type_id(shapes)).map(_TYPES).value_counts()
    page.geometry = {str(kind): int(count) for kind, count in kinds.items()}
    page.vertices = int(shapely.get_num_coordinates(shapes).sum())
    page.bounds, page.shapes = _bounds(shapes), shapes
    page.found = find(raw, reference=reference)


def _shape(kinds: Mapping[str, int]) -> str:
    """The kind that most features have."""
    counts = {
        shape: sum(count for name, count in kinds.items() if shape in name.lower()) for shape in _SHAPES
    }
    best = max(counts, key=lambda shape: counts[shape])
    return best if counts[best] else ""


def _role(page: Inspected) -> str:
    return page.suggestion.role if page.suggestion.sure != "unknown" else ""


def _place(opened: list[_Open]) -> None:
    """Move the layers into planes in metres, those near one another into one."""
    planes: list[tuple[pyproj.CRS, float, float]] = []
    first = sorted(opened, key=lambda one: one.page.suggestion.role != "town_boundary")
    for one in first:
        page = one.page
        if page.error is None and page.found is not None and page.bounds is not None:
            _to_plane(one, planes)
        if page.error is None and page.grid is None:
            one.frame = _canonical(one)


def _to_plane(one: _Open, planes: list[tuple[pyproj.CRS, float, float]]) -> None:
    page, found = one.page, one.page.found
    if found is None or found.crs is None:
        one.notes.append(issue("issue-inspect-unplaced", "error", page.name))
        return
    where = {"layer": page.name, "path": page.source.path}
    own, shapes = found.crs, page.shapes
    fits = found.how == "reference" and found.sure != "unknown"
    if one.raw.implied_crs and not fits:
        one.notes.append(issue("issue-possibly-gcj02", "warning", page.name, path=page.source.path.name))
    if found.swapped:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    try:
        page.lonlat = _bounds(systems.place(shapes, own, _degrees(own), None, where).shapes)
        if page.lonlat is None:
            raise LayerError("crs-out-of-range", count=page.features, crs=_named(own), **where)
        middle = (page.lonlat[0] + page.lonlat[2]) / 2, (page.lonlat[1] + page.lonlat[3]) / 2
        near = [plane for plane, *other in planes if np.hypot(*np.subtract(other, middle)) <= _NEAR_DEGREES]
        base = own if isinstance(own, pyproj.CRS) else pyproj.CRS.from_epsg(4490)
        alone = systems.working_crs(None, base, _bounds(shapes) or page.lonlat)
        plane, placed = _placed(shapes, own, [*near, alone], where)
        planes.append((plane, *middle))
    except LiangzhenError as error:
        one.notes.append({**issue(error.code, "error", page.name), "params": error.params})
        return
    if near and plane == alone and plane not in near:
        one.notes.append(issue("issue-inspect-alone", "warning", page.name, crs=_named(own)))
    if placed.note:
        severity = "warning" if isinstance(own, str) else "note"
        one.notes.append(issue(placed.note, severity, page.name, **placed.params))
    page.shapes, page.crs = placed.shapes, plane
    away = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    away &= ~np.isfinite(shapely.bounds(placed.shapes)).all(axis=1)
    page.shapes[away] = None
    one.notes += [
        issue("issue-outside-crs", "error", page.name, fid=one.raw.frame.index[place], crs=_named(own))
        for place in np.flatnonzero(away)
    ]


def _placed(
    shapes: NDArray[np.object_], own: pyproj.CRS | str, planes: list[pyproj.CRS], where: dict[str, Any]
) -> tuple[pyproj.CRS, systems.Placed]:
    """The first plane that the shapes can be moved to without a guess."""
    for plane in planes[:-1]:
        try:
            return plane, systems.place(shapes, own, plane, None, where)
        except LayerError:
            continue
    return planes[-1], systems.place(shapes, own, planes[-1], None, where)


def _degrees(own: pyproj.CRS | str) -> pyproj.CRS:
    return pyproj.CRS.from_epsg(4490) if isinstance(own, str) else systems.geodetic(own)


def _bounds(shapes: NDArray[np.object_]) -> Bounds | None:
    """What the shapes cover, without those at no place."""
    edges = shapely.bounds(shapes)
    edges = edges[np.isfinite(edges).all(axis=1)]
    if not len(edges):
        return None
    (west, south), (east, north) = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _canonical(one: _Open) -> pd.DataFrame:
    """Canonical frame as `layers.load` makes it, but with every feature, and the fields that are no column too."""
    raw, page = one.raw.frame, one.page
    used = {use.field for use in page.suggestion.uses}
    rest = [name for name in raw.columns if name not in used and name != "geometry"]
    frame = raw[rest].astype(object)
    if page.suggestion.role:
        columns = {column.name: column for column in ROLES[page.suggestion.role].columns}
        for use in page.suggestion.uses:
            frame[use.column] = _column(raw[use.field], use, columns[use.column].kind, one)
    frame["layer"] = page.name
    frame["fid"] = list(raw.index)
    frame.index = pd.Index([f"{page.name}:{fid}" for fid in raw.index], name="id", dtype=object)
    if page.crs is None:
        return frame
    return gpd.GeoDataFrame(frame, geometry=page.shapes, crs=page.crs)


def _column(values: pd.Series, use: FieldUse, kind: str, one: _Open) -> pd.Series:
    values = recode(values.astype(object).where(values.notna(), None), use.column)
    reader = {
        "number": tables.numbers,
        "integer": tables.numbers,
        "quarter": tables.quarters,
        "date": tables.dates,
    }
    if kind not in reader:
        return values.map(lambda value: str(value).strip() or None, na_action="ignore")
    result, unread = reader[kind](values)
    one.notes += [
        issue("issue-value-unread", "warning", one.page.name, fid=fid, field=use.field, value=str(value), kind=kind)
        for fid, value in unread.items()
    ]  # fmt: skip
    return result * use.factor if kind in {"number", "integer"} else result


def _problems(one: _Open, others: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    if one.frame is None:
        return table([])
    role = _role(one.page)
    rest = {name: frame for name, frame in others.items() if name != role}
    found = inspect_frame(Subject(one.frame, role, one.page.crs, rest))
    return together([table(one.notes), found])


def _number(pages: list[Inspected], ledger: pd.DataFrame | None, as_of: date | None) -> pd.DataFrame:
    """Number the findings over all layers, worst first in each, with their areas and waivers."""
    lapsed, next_number = [], 1
    for page in pages:
        rank = page.problems["severity"].map({"error": 0, "warning": 1, "note": 2}).fillna(2)
        order = np.lexsort([page.problems["code"].astype(str), rank])
        problems = page.problems.iloc[order].reset_index(drop=True)
        problems["finding"] = range(next_number, next_number + len(problems))
        next_number += len(problems)
        shapes = np.array([*problems["geometry"], None], dtype=object)[:-1]
        area = shapely.area(shapes)
        problems["area_m2"] = np.where(shapely.get_dimensions(shapes) == 2, area, np.nan)  # noqa: PLR2004 - polygons
        problems["waived"], problems["waiver"] = False, None
        if ledger is not None and as_of is not None:
            applied = apply_waivers(problems, ledger, as_of, page.crs, [page.name])
            problems, gone = applied.issues, applied.lapsed
            gone["finding"] = [
                None if row is None else int(problems.loc[row, "finding"]) for row in gone["row"]
            ]
            lapsed.append(gone)
        page.problems = problems
    filled = [part for part in lapsed if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=[*LAPSED, "finding"])


_TYPES = {
    -1: "none", 0: "Point", 1: "LineString", 2: "LinearRing", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString",
    6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip
