"""One entry of the layer tree of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from maps.colors import Look


class Layer(NamedTuple):
    """One entry of the layer tree: what it is called, how it is drawn, and its GeoJSON."""

    key: str
    group: str
    label: str
    look: dict[str, Any]
    shown: bool
    number: int | None = None
    data: dict[str, Any] | None = None
    pane: str = ""
    canvas: bool = False
    note: str = ""


def drawn_as(look: Look, *, kind: str = "area", weight: float = 1) -> dict[str, Any]:
    """How the page draws a layer."""
    return {"kind": kind, "fill": look.fill, "line": look.line, "weight": weight, "opacity": 1, "dash": None}
