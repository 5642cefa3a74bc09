"""Boundary points of plots as surveyors hand them in: 勘测定界界址点坐标交换格式 (报盘 TXT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import LayerError

if TYPE_CHECKING:
    from layers.raw import Raw
    from layers.workspace import LayerSpec


def read_raw(spec: LayerSpec) -> Raw:
    """Read the plots of a file."""
    raise LayerError("source-unreadable", layer=spec.name, path=spec.path, problem="TXT")
