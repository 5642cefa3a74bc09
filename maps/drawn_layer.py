"""One layer of the map: what it is called, how it is drawn, its shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from spatial.messages import Lang, text

if TYPE_CHECKING:
    from maps.colors import Look

BUDGETS = {"other": 60_000, "expansion": 60_000, "special": 30_000, "farmland": 60_000, "piece": 60_000}
BUDGET = 30_000
MOST_PIECES = 3_000
NO_NAME = -1
LANGS: tuple[Lang, ...] = ("zh", "en")


class Layer(NamedTuple):
    """One entry of the layer tree: what it is called by language, how it is drawn, and its packed shapes."""

    key: str
    group: str
    label: dict[Lang, str]
    look: dict[str, Any]
    shown: bool
    number: int | None = None
    data: dict[str, Any] | None = None
    pane: str = ""
    note: dict[Lang, str] | None = None


def largest(places: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """The places of at most `MOST_PIECES` features, the largest, in their own order."""
    return np.sort(places[np.argsort(-areas, kind="stable")[:MOST_PIECES]])


def left_out(total: int, drawn: int) -> dict[Lang, str] | None:
    """What the tree says where not all features of a layer are drawn."""
    return None if drawn == total else both("map-layer-largest", total=total, drawn=drawn)


def look(own: Look, *, kind: str = "area", weight: float = 1) -> dict[str, Any]:
    """What the page knows of how a layer is drawn."""
    return {"kind": kind, "fill": own.fill, "line": own.line, "weight": weight, "opacity": 1, "dash": None}


def both(code: str, **params: object) -> dict[Lang, str]:
    """Return a text in both languages."""
    return {lang: text(code, lang, **params) for lang in LANGS}


def column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A column as objects, empty where the frame has none of that name."""
    own = frame[name] if name in frame else pd.Series(index=frame.index, dtype=object)
    return own.astype(object)
