"""The workspace: a folder with `workspace.toml`, which names layers, roles and mappings."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers import basemaps
from layers.errors import WorkspaceError
from layers.roles import ROLES
from spatial import periods

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "workspace.toml"
_TOP = {"title": str, "crs": str, "policy": str, "demo": bool, "layer": list, "basemap": list}
_LAYER = {
    "name": str, "role": str, "path": str, "layer": str, "sheet": str, "encoding": str, "crs": str,
    "transformation": str, "date": str, "header_row": int, "where": dict, "fields": dict, "band": int,
    "classes": list, "none": bool,
}  # fmt: skip
_PASSED = ("encoding", "crs", "transformation", "date", "header_row", "where", "fields", "band", "none")
_FIELD = {"field": str, "value": object, "map": dict, "unit": str}
_WHERE = {"field": str, "in": list}


@dataclass(frozen=True)
class LayerSpec:
    """One ``[[layer]]`` of the workspace."""

    name: str
    role: str
    path: Path
    layer: str | None = None
    encoding: str | None = None
    crs: str | None = None
    transformation: str | None = None
    date: str | None = None
    header_row: int | None = None
    where: Mapping[str, Any] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    band: int = 1
    classes: tuple[float, ...] = ()
    none: bool = False


@dataclass(frozen=True)
class Workspace:
    """A workspace as its file describes it."""

    folder: Path
    title: str
    layers: tuple[LayerSpec, ...]
    crs: str | None = None
    policy: str = "jiaxing-2016"
    demo: bool = False
    basemaps: tuple[basemaps.BaseMap, ...] = ()


def read_workspace(path: Path) -> Workspace:
    """Read and check a workspace.

    Parameters
    ----------
    path
        The folder, or its ``workspace.toml``.

    Raises
    ------
    WorkspaceError
        If the file is missing or no TOML, if a key or role is unknown (with the nearest known one), if a
        value has the wrong type, a layer name stands twice, or a required role is missing.
    """
    path = Path(path)
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise WorkspaceError("workspace-missing", path=file)
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError("workspace-not-toml", path=file, problem=error) from error
    _check(data, _TOP, file, "")
    specs = [_layer(entry, number, file) for number, entry in enumerate(data.get("layer", []), 1)]
    names = [spec.name for spec in specs]
    for name in names:
        if names.count(name) > 1:
            raise WorkspaceError("layer-name-twice", path=file, name=name)
    roles = {spec.role for spec in specs}
    for role in ROLES.values():
        if role.required and role.name not in roles:
            raise WorkspaceError("role-missing", path=file, role=role.name)
    return Workspace(
        folder=file.parent,
        title=data.get("title", file.resolve().parent.name),
        layers=tuple(specs),
        crs=data.get("crs"),
        policy=data.get("policy", "jiaxing-2016"),
        demo=data.get("demo", False),
        basemaps=tuple(_basemap(entry, at, file) for at, entry in enumerate(data.get("basemap", []), 1)),
    )


def _basemap(entry: Any, number: int, file: Path) -> basemaps.BaseMap:
    where = f"[[basemap]] {number}"
    if not isinstance(entry, dict):
        raise WorkspaceError("workspace-type", path=file, where=where, key="basemap", kind="[[basemap]]")
    _check(entry, basemaps.KEYS, file, where)
    return basemaps.read_basemap(entry, file, where)


def _layer(entry: Any, number: int, file: Path) -> LayerSpec:
    where = f"[[layer]] {number}"
    if not isinstance(entry, dict):
        raise WorkspaceError("workspace-type", path=file, where=where, key="layer", kind="[[layer]]")
    _check(entry, _LAYER, file, where)
    for key in ("role", "path"):
        if key not in entry:
            raise WorkspaceError("workspace-key-missing", path=file, where=where, key=key)
    role = entry["role"]
    if role not in ROLES:
        raise WorkspaceError("role-unknown", path=file, where=where, role=role, near=_near(role, ROLES))
    name = str(entry.get("name", role))
    where = f"[[layer]] {name}"
    _check_fields(entry, role, file, where)
    if "where" in entry:
        _check(entry["where"], _WHERE, file, f"{where} where")
        for key in _WHERE.keys() - entry["where"].keys():
            raise WorkspaceError("workspace-key-missing", path=file, where=f"{where} where", key=key)
    date = entry.get("date")
    if date is not None and periods.parse(date) != date:
        raise WorkspaceError("workspace-quarter", path=file, where=where, key="date", value=date)
    return LayerSpec(
        name=name,
        role=role,
        path=file.parent / entry["path"],
        layer=entry.get("layer", entry.get("sheet")),
        classes=_classes(entry, file, where),
        **{key: entry[key] for key in _PASSED if key in entry},
    )


def _classes(entry: Mapping[str, Any], file: Path, where: str) -> tuple[float, ...]:
    """Values of a raster that count as built-up."""
    values = entry.get("classes", [])
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        raise WorkspaceError("workspace-type", path=file, where=where, key="classes", kind="number")
    return tuple(float(value) for value in values)


def _check_fields(entry: Mapping[str, Any], role: str, file: Path, where: str) -> None:
    columns = {column.name for column in ROLES[role].columns}
    for column, use in entry.get("fields", {}).items():
        if column not in columns:
            raise WorkspaceError(
                "column-unknown",
                path=file,
                where=where,
                column=column,
                role=role,
                near=_near(column, columns),
            )
        if isinstance(use, dict):
            _check(use, _FIELD, file, f"{where} fields.{column}")
            if ("field" in use) == ("value" in use):
                raise WorkspaceError("field-or-value", path=file, where=where, column=column)
        elif not isinstance(use, str):
            raise WorkspaceError(
                "workspace-type", path=file, where=where, key=f"fields.{column}", kind="text"
            )


def _check(table: Mapping[str, Any], kinds: Mapping[str, type], file: Path, where: str) -> None:
    words = {str: "text", bool: "true/false", int: "number", list: "list", dict: "table"}
    for key, value in table.items():
        if key not in kinds:
            raise WorkspaceError(
                "workspace-key", path=file, where=where or "top", key=key, near=_near(key, kinds)
            )
        wrong = not isinstance(value, kinds[key]) or (kinds[key] is int and isinstance(value, bool))
        if wrong:
            raise WorkspaceError(
                "workspace-type", path=file, where=where or "top", key=key, kind=words[kinds[key]]
            )


def _near(word: str, known: Iterable[str]) -> str:
    return difflib.get_close_matches(word, list(known), n=1, cutoff=0.0)[0]
