"""The empty, commented workspace that `liangzhen new` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import WorkspaceError
from layers.outputs import put_down
from layers.roles import ROLES
from layers.workspace import FILE
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from pathlib import Path

    from layers.roles import Role


def write_template(folder: Path, lang: Lang = "zh") -> Path:
    """Write ``workspace.toml`` and an empty ``data/`` into `folder`.

    Parameters
    ----------
    folder
        New folder, or one without a workspace.
    lang
        Language of the comments.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WorkspaceError
        If there is a workspace already.
    """
    file = folder / FILE
    if file.exists():
        raise WorkspaceError("workspace-taken", path=file)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    parts = [text("template-head", lang), *(_layer(role, lang) for role in ROLES.values())]
    put_down(file, "\n".join(parts).encode())
    return file


def _layer(role: Role, lang: Lang) -> str:
    """One ``[[layer]]``, commented out save for what is required."""
    columns = "、" if lang == "zh" else ", "
    required = [column.name for column in role.columns if column.required]
    optional = [column.name for column in role.columns if not column.required]
    mark = "" if role.required else "# "
    ending = {"table": "xlsx", "raster": "tif"}.get(role.shape, "gpkg")
    lines = [
        f"# ── {text(f'role-{role.name}', lang)} ({text(f'shape-{role.shape}', lang)})",
        "# "
        + text(
            "template-columns",
            lang,
            required=columns.join(required) or "-",
            optional=columns.join(optional) or "-",
        ),
        f"{mark}[[layer]]",
        f'{mark}role = "{role.name}"',
        f'{mark}path = "data/{role.name}.{ending}"',
    ]
    if role.shape == "table":
        lines += [f'{mark}sheet = "Sheet1"', f"{mark}header_row = 1"]
    if role.name == "construction_land":
        lines.append(f'{mark}date = "2016Q4"')
    if required:
        lines += ["# [layer.fields]", f'# {required[0]} = "…"']
    return "\n".join(lines) + "\n"
