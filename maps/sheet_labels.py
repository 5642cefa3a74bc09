"""Labels that do not collide: each takes the first free place around what it names, the important ones first."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.drawing import INK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from maps.drawing import Box

_WIDE, _NARROW, _HIGH, _DESCENT = 1.02, 0.62, 1.2, 0.28
_GAP_MM = 0.4
MUST = 1.0
"""Highest rank of the labels that rather cover a symbol than be left out."""


@dataclass(frozen=True)
class Label:
    """A name that is to stand on a map.

    Attributes
    ----------
    said
        Its text.
    x, y
        What it names, in millimetres from the upper left corner of the map.
    size
        Height of the letters, mm.
    rank
        Lower ones take their place first.
    clear
        Half-width of the symbol it stands beside, mm; zero: it may stand on the place itself, as the name of an area.
    fill
        Colour.
    area
        What it names, on the map: its middle stands in there if it can.
    """

    said: str
    x: float
    y: float
    size: float
    rank: float = 0.0
    clear: float = 0.0
    fill: str = INK
    area: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class Placed:
    """A label, the middle of its base line and the box that it takes (left, top, right, bottom), mm."""

    label: Label
    x: float
    y: float
    box: Box


def width(said: str, size: float) -> float:
    """Width of a text in mm, rather too wide: full-width letters are as wide as high."""
    wide = sum(1 for letter in said if unicodedata.east_asian_width(letter) in "WFA")
    return size * (_WIDE * wide + _NARROW * (len(said) - wide))


def placed(
    labels: Iterable[Label],
    wide: float,
    high: float,
    taken: Sequence[Box] = (),
    *,
    symbols: bool = True,
    avoided: Sequence[Box] = (),
) -> list[Placed]:
    """Place labels so that none lies on another, on a symbol, in a box that is taken, or out of the map.

    Parameters
    ----------
    labels
        What is to be placed; by rank, then by text, so that the same labels give the same map.
    wide, high
        Size of the map, mm.
    taken
        Boxes to be kept free (left, top, right, bottom), mm.
    symbols
        Whether the symbols of all labels (`Label.clear`) are kept free too.
    avoided
        Boxes that only a label of rank `MUST` or less may cover, and as few of them as it can.

    Returns
    -------
    list of Placed
        Those that found a place; the others are left out.
    """
    ordered = sorted(
        labels, key=lambda one: (one.rank, one.said, one.x, one.y, one.size, one.clear, one.fill)
    )
    own = [_symbol(label) for label in ordered if symbols and label.clear > 0]
    hard = np.full((len(taken) + len(own) + len(ordered), 4), np.nan)
    hard[: len(taken) + len(own)] = np.array([*taken, *own], dtype=float).reshape(-1, 4)
    used = len(taken) + len(own)
    soft = np.array(avoided, dtype=float).reshape(-1, 4)
    found: list[Placed] = []
    for label in ordered:
        best = _best(label, wide, high, hard[:used], soft)
        if best is not None:
            hard[used] = best.box
            used += 1
            found.append(best)
    return found


def _best(label: Label, wide: float, high: float, hard: np.ndarray, soft: np.ndarray) -> Placed | None:
    """The first place that covers nothing; else, of a label that must stand, the one that covers least."""
    own = np.array(_symbol(label)) if label.clear > 0 else np.full(4, np.nan)
    near = hard[~(hard == own).all(axis=1)]
    spare: tuple[int, Placed] | None = None
    for x, y in _inside_first(label, _candidates(label)):
        box = _box(label, x, y)
        fits = box[0] >= 0 and box[1] >= 0 and box[2] <= wide and box[3] <= high
        if not fits or _met(box, near):
            continue
        covered = _met(box, soft)
        if not covered:
            return Placed(label, x, y, box)
        if label.rank <= MUST and (spare is None or covered < spare[0]):
            spare = covered, Placed(label, x, y, box)
    return None if spare is None else spare[1]


def _inside_first(label: Label, places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if label.area is None:
        return places
    x, y = np.array(places).T
    out = ~shapely.contains_xy(label.area, x, y - label.size * 0.35)
    return [places[at] for at in np.argsort(out, kind="stable")]


def _candidates(label: Label) -> list[tuple[float, float]]:
    """Middles of the base line, best first: right, left, above, below and the corners; or on the place and around it."""
    wide, size = width(label.said, label.size), label.size
    middle = label.y + size * 0.35
    aside, up, down = label.clear + _GAP_MM + wide / 2, -label.clear - _GAP_MM, label.clear + _GAP_MM + size
    around = [
        (label.x + aside, middle), (label.x - aside, middle), (label.x, label.y + up), (label.x, label.y + down),
        (label.x + aside, label.y + up), (label.x - aside, label.y + up),
        (label.x + aside, label.y + down), (label.x - aside, label.y + down),
    ]  # fmt: skip
    if label.clear > 0:
        return around
    sides = [(across, down) for across in (0.5, -0.5) for down in (0, -1.3, 1.3, -2.6, 2.6, -3.9, 3.9)]
    return [(label.x, middle + size * step) for step in (0, -1.3, 1.3, -2.6, 2.6, -3.9, 3.9)] + [
        (label.x + across * wide, middle + size * step) for across, step in sides
    ]


def _box(label: Label, x: float, y: float) -> Box:
    half = width(label.said, label.size) / 2
    return (
        x - half, y - label.size * (_HIGH - _DESCENT), x + half, y + label.size * _DESCENT,
    )  # fmt: skip


def _symbol(label: Label) -> Box:
    return label.x - label.clear, label.y - label.clear, label.x + label.clear, label.y + label.clear


def _met(box: Box, others: np.ndarray) -> int:
    """How many of the other boxes a box lies on."""
    left, top, right, bottom = others.T
    return int(((box[0] < right) & (left < box[2]) & (box[1] < bottom) & (top < box[3])).sum())
