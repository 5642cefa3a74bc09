"""The draft of a workspace out of an inspection: roles, mappings, encodings and CRSs as found, the unsure commented out."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pyproj

from layers import postgis
from layers.crs import fit
from layers.errors import LayerError
from layers.outputs import put_down
from layers.roles import ROLES
from layers.workspace import FILE
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.inspecting import Inspected

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?:[-_]?[qQ]([1-4]))?(?!\d)")
_TOWNS = "town_boundary"
_HELD = {".gpkg", ".gdb", ".sqlite", ".dxf", ".kml", ".kmz", ".xlsx", ".xlsm", ".xls", ".zip"}


def write_draft(pages: Sequence[Inspected], folder: Path, lang: Lang = "zh") -> Path:
    """Write ``workspace.toml`` for inspected layers.

    What is certain or likely stands as it is; a layer whose role is unsure, and a CRS that is only likely, are
    commented out. The file loads with `layers.workspace.read_workspace`.

    Parameters
    ----------
    pages
        Layers as inspected.
    folder
        Where the draft goes; paths are written relative to it.
    lang
        Language of the comments.

    Raises
    ------
    LayerError
        If there is a workspace already, or no layer could be read.
    """
    file = folder / FILE
    if file.exists():
        raise LayerError("inspect-draft-taken", path=file)
    usable = [page for page in pages if page.error is None]
    if not usable:
        raise LayerError("inspect-draft-nothing", count=len(pages))
    names: set[str] = set()
    parts = [_head(usable, folder, lang)]
    if not any(page.suggestion.role == _TOWNS and page.suggestion.sure != "unknown" for page in usable):
        parts.append(
            "\n".join(
                [
                    text("inspect-draft-towns", lang),
                    "[[layer]]",
                    f"role = {_quoted(_TOWNS)}",
                    f"path = {_quoted(f'data/{_TOWNS}.gpkg')}",
                ]
            )
            + "\n"
        )
    parts += [_layer(page, folder, names, lang) for page in usable]
    put_down(file, "\n".join(parts).encode())
    return file


def _head(pages: Sequence[Inspected], folder: Path, lang: Lang) -> str:
    lines = [text("inspect-draft-head", lang), f"title = {_quoted(folder.resolve().name)}"]
    towns = next((page for page in pages if page.suggestion.role == _TOWNS and page.crs is not None), None)
    if towns is not None and towns.crs is not None and towns.crs.to_epsg() and fit(towns.crs):
        lines.append(f"crs = {_quoted(f'EPSG:{towns.crs.to_epsg()}')}")
    return "\n".join([*lines, 'policy = "jiaxing-2016"']) + "\n"


def _layer(page: Inspected, folder: Path, names: set[str], lang: Lang) -> str:
    own = page.suggestion
    sure = bool(own.role) and own.sure != "unknown"
    role = own.role or "…"
    title = text(f"role-{own.role}", lang) if own.role else text("inspect-role-none", lang)
    lines = [f"# -- {page.name}: {title} ({text(f'inspect-sure-{own.sure}', lang)})".replace("\n", " ")]
    if own.missing:
        lines.append(text("inspect-draft-missing", lang, columns=", ".join(own.missing)))
    lines += ["[[layer]]", f"name = {_quoted(_name(page, names))}", f"role = {_quoted(role)}"]
    lines.append(f"path = {_quoted(_relative(page.source.path, folder))}")
    held = page.source.path.is_dir() or page.source.path.suffix.lower() in _HELD
    if page.source.layer and (held or postgis.is_address(page.source.path)):
        key = "sheet" if page.source.kind == "table" and "xls" in page.source.path.suffix.lower() else "layer"
        lines.append(f"{key} = {_quoted(page.source.layer)}")
    if page.encoding and page.source.path.suffix.lower() in {".shp", ".csv", ".dbf"}:
        lines.append(f"encoding = {_quoted(page.encoding)}")
    lines += _crs(page, lang)
    if role in ROLES and (
        (page.grid and role != "terrain") or any(column.name == "date" for column in ROLES[role].columns)
    ):
        lines += _date(page, lang)
    if own.uses:
        lines.append("[layer.fields]")
        lines += [f"{use.column} = {_quoted(use.field)}" for use in own.uses if use.field is not None]
    if not sure:
        lines = [line if line.startswith("#") else f"# {line}" for line in lines]
    return "\n".join(lines) + "\n"


def _crs(page: Inspected, lang: Lang) -> list[str]:
    """The CRS where the file does not state it: as a fact if certain, else commented."""
    found = page.found
    if found is None or found.crs is None or (page.crs_stated is not None and found.how == "file"):
        return []
    name = found.crs
    if isinstance(name, pyproj.CRS):
        code = name.to_epsg()
        name = f"EPSG:{code}" if code else name.to_wkt()
    how, sure = text(f"inspect-how-{found.how}", lang), text(f"inspect-sure-{found.sure}", lang)
    line = f"crs = {_quoted(name)}"
    return [
        text("inspect-draft-crs", lang, how=how, sure=sure),
        line if found.sure == "certain" else f"# {line}",
    ]


def _date(page: Inspected, lang: Lang) -> list[str]:
    """The quarter in the name of layer or file, if it is the only one."""
    for name in (page.source.layer or "", page.source.path.stem):
        years = set(_YEAR.findall(name))
        if len(years) == 1:
            year, quarter = years.pop()
            return [f'date = "{year}Q{quarter or 4}"']
    return [text("inspect-draft-date", lang), '# date = "2016Q4"']


def _name(page: Inspected, names: set[str]) -> str:
    """A name that no other layer has: the layer's, else the file's, else numbered."""
    file, layer = page.source.path.stem, page.source.layer
    wanted = layer if layer and layer != file and "/" in page.name else file
    tries = [wanted, f"{file}-{wanted}", *(f"{wanted}-{number}" for number in range(2, len(names) + 3))]
    name = next(name for name in tries if name not in names)
    names.add(name)
    return name


def _relative(path: Path, folder: Path) -> str:
    if postgis.is_address(path):
        return postgis.address(path)
    try:
        return os.path.relpath(path.resolve(), folder.resolve()).replace(os.sep, "/")
    except ValueError:
        return path.resolve().as_posix()


def _quoted(value: str) -> str:
    """A TOML string."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
