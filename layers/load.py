"""From a workspace to canonical frames: one CRS, canonical columns, an id for each feature."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from layers import crs as systems
from layers import names, postgis, rasters, sources, tables
from layers.errors import LayerError
from layers.fields import FieldUse, match, normal, recode
from layers.found import find
from layers.issues import issue, table
from layers.roles import ROLES, Column, Role
from layers.workspace import LayerSpec, Workspace, read_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_DIMENSION = {"polygon": 2, "line": 1, "point": 0}
_EVIDENCE = {
    "found-numbers": "issue-crs-found",
    "found-prefix": "issue-crs-found",
    "found-swapped": "issue-crs-swapped",
    "found-file-swapped": "issue-crs-file-swapped",
}


@dataclass(frozen=True)
class Layers:
    """What a workspace holds.

    Attributes
    ----------
    frames
        Canonical frames by role; a role that no layer plays is absent.
    issues
        What was met on the way.
    inputs
        One row a layer: ``layer``, ``role``, ``path`` (relative to the workspace where it lies in it),
        ``source_layer``, ``sha256``, ``features``, ``crs``, ``encoding``, ``fields`` (canonical column: field).
    crs
        Working CRS.
    rasters
        Rasters by role, the earliest first; read window by window.
    """

    frames: dict[str, pd.DataFrame]
    issues: pd.DataFrame
    inputs: list[dict[str, Any]]
    crs: pyproj.CRS
    title: str
    policy: str
    demo: bool
    rasters: dict[str, list[rasters.Raster]] = field(default_factory=dict)


@dataclass
class _Loaded:
    spec: LayerSpec
    role: Role
    raw: sources.Raw
    uses: list[FieldUse]
    issues: list[dict[str, Any]]
    crs: pyproj.CRS | str | None = None


def load(path: Path, progress: Callable[[str], None] = lambda _: None) -> Layers:
    """Read a workspace into canonical frames.

    Parameters
    ----------
    path
        Workspace folder or ``workspace.toml``.
    progress
        Called with the name of each layer.

    Returns
    -------
    Layers
        Frames in one CRS, index ``id``, with ``layer`` and ``fid`` for tracing.

    Raises
    ------
    WorkspaceError, LayerError
        If the workspace is wrong, or a layer cannot be read, mapped or placed; one sentence.
    """
    workspace = read_workspace(path)
    loaded = []
    pixels = [spec for spec in workspace.layers if ROLES[spec.role].shape == "raster"]
    for spec in workspace.layers:
        progress(spec.name)
        if spec not in pixels:
            loaded.append(_read(spec))
    opened = rasters.open_all(pixels)
    working = _working(workspace, loaded)
    frames: dict[str, list[pd.DataFrame]] = {}
    reference: Any = None
    for one in sorted(loaded, key=lambda item: item.raw.implied_crs):
        frame = _canonical(one, working)
        if one.raw.implied_crs and isinstance(one.crs, pyproj.CRS) and one.crs.is_geographic:
            one.issues.append(_doubt(one, frame, reference))
        elif one.role.name == "town_boundary":
            reference = frame
        frames.setdefault(one.role.name, []).append(frame)
    joined = {role: _joined(parts) for role, parts in frames.items()}
    for role in _empty(loaded, joined):
        del joined[role]
    joined, named = names.resolve(joined)
    laid = rasters.checked(opened, joined["town_boundary"]["geometry"])
    rows = [row for one in loaded for row in one.issues]
    return Layers(
        frames=joined,
        issues=table([*rows, *laid, *named]),
        inputs=[*(_input(one, workspace) for one in loaded), *_raster_inputs(opened, workspace)],
        crs=working,
        title=workspace.title,
        policy=workspace.policy,
        demo=workspace.demo,
        rasters=opened,
    )


def _read(spec: LayerSpec) -> _Loaded:
    role = ROLES[spec.role]
    raw = sources.read(spec)
    if spec.where:
        field = spec.where["field"]
        if field not in raw.frame:
            raise LayerError(
                "field-mapped-missing",
                column="where",
                field=field,
                layer=spec.name,
                path=spec.path,
                fields=", ".join(raw.frame),
            )
        raw.frame = raw.frame[raw.frame[field].astype(str).isin([str(value) for value in spec.where["in"]])]
    fields = [str(name) for name in raw.frame.columns if name != "geometry"]
    if (role.shape == "table") == ("geometry" in raw.frame):
        if role.shape != "table":
            raise LayerError("layer-no-geometry", layer=spec.name, path=spec.path, role=role.name)
        raw.frame = raw.frame.drop(columns="geometry")
    uses = match(fields, role, spec.fields, spec.name, spec.path)
    notes = [issue(code, severity, spec.name, fid=fid, **params) for code, severity, fid, params in raw.notes]
    notes += [
        issue("issue-unit-converted", "note", spec.name, field=use.field, unit=use.unit, column=use.column)
        for use in uses
        if use.factor != 1.0
    ]
    return _Loaded(spec, role, raw, uses, notes)


def _working(workspace: Workspace, loaded: list[_Loaded]) -> pyproj.CRS:
    stated = systems.parse(workspace.crs) if workspace.crs else None
    for one in loaded:
        if one.role.shape != "table":
            one.crs = _own_crs(one, stated)
    drawn = [one for one in loaded if one.role.name == "town_boundary"]
    towns = next((one for one in drawn if _any_shape(one)), None)
    if towns is None:
        raise LayerError("layer-empty", layer=drawn[0].spec.name, path=drawn[0].spec.path)
    own = towns.crs
    base = pyproj.CRS.from_epsg(4490) if isinstance(own, str) or own is None else own
    bounds = tuple(float(edge) for edge in shapely.total_bounds(towns.raw.frame["geometry"].to_numpy()))
    return systems.working_crs(workspace.crs, base, (bounds[0], bounds[1], bounds[2], bounds[3]))


def _empty(loaded: list[_Loaded], frames: Mapping[str, pd.DataFrame]) -> set[str]:
    """Roles whose layers hold nothing, though none says that there is none: no data. Every such layer is told."""
    spoken = set()
    for one in loaded:
        if one.spec.none:
            spoken.add(one.role.name)
        if (len(one.raw.frame) if one.role.shape == "table" else _any_shape(one)) == 0:
            code, severity = (
                ("issue-layer-none", "note") if one.spec.none else ("issue-layer-empty", "warning")
            )
            one.issues.append(issue(code, severity, one.spec.name, role=one.role.name))
    return {role for role, frame in frames.items() if not len(frame) and role not in spoken}


def _any_shape(one: _Loaded) -> bool:
    shapes = one.raw.frame["geometry"].to_numpy()
    return bool((~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)).any())


def _own_crs(one: _Loaded, stated: pyproj.CRS | None) -> pyproj.CRS | str | None:
    """The layer's CRS: by its file, by the workspace, by its numbers; a contradiction is an error."""
    spec, raw = one.spec, one.raw
    where = {"layer": spec.name, "path": spec.path}
    if shifted := systems.web_shift(spec.crs):
        return shifted
    told = systems.parse(spec.crs) if spec.crs else None
    in_file = None if raw.implied_crs else raw.crs
    if in_file is not None and told is not None and not in_file.equals(told, ignore_axis_order=True):
        raise LayerError("crs-contradiction", stated=told.name, file=in_file.name, **where)
    if in_file is None and told is not None:
        raw = replace(raw, crs=told, implied_crs=False)
    elif not _any_shape(one):
        return in_file
    found = find(raw, stated=stated)
    if found.why == "found-contradiction" and raw.crs is not None:
        if raw.crs.is_geographic:  # how many lie where no plane reaches is said when they are placed
            return raw.crs
        raise LayerError("crs-numbers", stated=found.params["file"], numbers=found.params["numbers"], **where)
    if found.crs is None:
        west, south, *_ = shapely.total_bounds(raw.frame["geometry"].to_numpy())
        raise LayerError("crs-missing", west=float(west), south=float(south), **where)
    if code := _EVIDENCE.get(found.why):
        one.issues.append(issue(code, "warning", spec.name, crs=_named(found.crs)))
    if found.swapped:
        turned = shapely.transform(raw.frame["geometry"].to_numpy(), lambda xy: xy[:, ::-1])
        one.raw.frame = one.raw.frame.assign(geometry=turned)
    return found.crs


def _named(crs: pyproj.CRS | str) -> str:
    """Name of a CRS with its EPSG code, where it has one."""
    code = None if isinstance(crs, str) else crs.to_epsg()
    return str(crs) if isinstance(crs, str) else f"{crs.name} (EPSG:{code})" if code else crs.name


def _canonical(one: _Loaded, working: pyproj.CRS) -> pd.DataFrame:
    raw, spec, role = one.raw.frame, one.spec, one.role
    columns: dict[str, Any] = {}
    for use in one.uses:
        columns[use.column] = _column(raw, use, role.column(use.column), one)
    if spec.date and any(column.name == "date" for column in role.columns):
        columns["date"] = pd.Series(spec.date, index=raw.index, dtype=object)
    frame = pd.DataFrame(columns, index=raw.index)
    frame["layer"] = spec.name
    frame["fid"] = list(raw.index)
    frame.index = pd.Index([f"{spec.name}:{fid}" for fid in raw.index], name="id", dtype=object)
    if role.shape == "table":
        return frame
    shapes = raw["geometry"].to_numpy()
    shapes = np.array(shapes, dtype=object)
    if role.shape == "polygon":
        _polygons_alone(shapes, frame, one)
    kept = _fit(shapes, frame, one)
    where = {"layer": spec.name, "path": spec.path}
    placed = systems.place(shapes[kept], one.crs or working, working, spec.transformation, where)
    if placed.note:
        one.issues.append(issue(placed.note, "note", spec.name, **placed.params))
    finite = np.isfinite(shapely.bounds(placed.shapes)).all(axis=1)
    if not finite.all():
        raise LayerError("crs-out-of-range", count=int((~finite).sum()), crs=str(one.crs), **where)
    return gpd.GeoDataFrame(frame[kept], geometry=placed.shapes, crs=working)


def _column(raw: pd.DataFrame, use: FieldUse, column: Column, one: _Loaded) -> pd.Series:
    if use.field is None:
        values = pd.Series([use.constant] * len(raw), index=raw.index, dtype=object)
    else:
        values = raw[use.field].astype(object)
    values = values.where(values.notna(), None)
    if use.recode:
        words = dict(use.recode)
        values = values.map(lambda value: words.get(normal(value), value), na_action="ignore")
    values = recode(values, column.name)
    if column.kind in {"number", "integer"}:
        result, unread = tables.numbers(values)
        result = result * use.factor
    elif column.kind == "quarter":
        result, unread = tables.quarters(values)
    elif column.kind == "date":
        result, unread = tables.dates(values)
    else:
        return values.map(_text, na_action="ignore")
    one.issues += [
        issue(
            "issue-value-unread",
            "warning",
            one.spec.name,
            fid=fid,
            field=use.field or use.column,
            value=str(value),
            kind=column.kind,
        )
        for fid, value in unread.items()
    ]
    return result


def _text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return text or None


def _polygons_alone(shapes: np.ndarray, frame: pd.DataFrame, one: _Loaded) -> None:
    """Of collections, the polygons; what else is in them is left out, and told."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    for place in np.flatnonzero(mixed & (shapely.get_dimensions(shapes) == _DIMENSION["polygon"])):
        parts = shapely.get_parts(shapely.get_parts(shapes[place]))
        shapes[place] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == _DIMENSION["polygon"]])
        one.issues.append(
            issue(
                "issue-geometry-mixed", "warning", one.spec.name, fid=frame["fid"].iloc[place],
                feature=frame.index[place],
            )
        )  # fmt: skip


def _fit(shapes: np.ndarray, frame: pd.DataFrame, one: _Loaded) -> np.ndarray:
    """Which features have a geometry of the role's kind; the others cost only themselves."""
    name = one.spec.name
    gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~gone & (shapely.get_dimensions(shapes) != _DIMENSION[one.role.shape])
    if one.role.name == "project":
        wrong &= shapely.get_dimensions(shapes) != _DIMENSION["polygon"]
    for code, which in (("issue-geometry-missing", gone), ("issue-geometry-kind", wrong)):
        one.issues += [
            issue(
                code,
                "error",
                name,
                fid=frame["fid"].iloc[place],
                feature=frame.index[place],
                wanted=one.role.shape,
            )
            for place in np.flatnonzero(which)
        ]
    flat = shapely.has_z(shapes)
    if flat.any():
        one.issues.append(issue("issue-z-dropped", "note", name, count=int(flat.sum())))
        shapes[flat] = shapely.force_2d(shapes[flat])
    kept: np.ndarray = ~(gone | wrong)
    return kept


def _doubt(one: _Loaded, frame: pd.DataFrame, reference: Any) -> dict[str, Any]:
    """What to say of a GeoJSON that names no CRS: whether it fits better with the shift of web maps undone."""
    name, path = one.spec.name, one.spec.path
    if reference is not None and len(frame):
        base = pyproj.CRS.from_epsg(4490)
        where = {"layer": name, "path": path}
        towns = systems.place(reference.geometry.to_numpy(), reference.crs, base, None, where).shapes
        found = find(one.raw, reference=gpd.GeoDataFrame(geometry=towns, crs=base))
        if isinstance(found.crs, str):
            code = "issue-gcj02-found" if found.crs == systems.GCJ02 else "issue-bd09-found"
            return issue(code, "error", name, path=str(path.name), **found.params)
        if found.why == "found-not-gcj02":
            return issue("issue-not-gcj02", "note", name, path=str(path.name), **found.params)
    return issue("issue-possibly-gcj02", "warning", name, path=str(path.name))


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0]
    frame = pd.concat(parts)
    if isinstance(parts[0], gpd.GeoDataFrame):
        return gpd.GeoDataFrame(frame, geometry="geometry", crs=parts[0].crs)
    return frame


def _shown(path: Path, workspace: Workspace) -> str:
    """Path relative to the workspace where it lies in it."""
    if postgis.is_address(path):
        return postgis.shown(path)
    try:
        return path.resolve().relative_to(workspace.folder.resolve()).as_posix()
    except ValueError:
        return path.name


def _raster_inputs(opened: dict[str, list[rasters.Raster]], workspace: Workspace) -> list[dict[str, Any]]:
    return [
        {
            "layer": one.name,
            "role": role,
            "path": _shown(one.path, workspace),
            "source_layer": None,
            "sha256": sources.sha256(one.path),
            "features": one.shape[0] * one.shape[1],
            "crs": one.crs.name,
            "encoding": None,
            "fields": {},
        }
        for role, several in opened.items()
        for one in several
    ]


def _input(one: _Loaded, workspace: Workspace) -> dict[str, Any]:
    path = one.spec.path
    return {
        "layer": one.spec.name,
        "role": one.role.name,
        "path": _shown(path, workspace),
        "source_layer": one.raw.source_layer,
        "sha256": sources.sha256(path),
        "features": len(one.raw.frame),
        "crs": None if one.crs is None else (one.crs if isinstance(one.crs, str) else one.crs.name),
        "encoding": one.raw.encoding,
        "fields": {use.column: use.field for use in one.uses if use.field is not None},
    }
