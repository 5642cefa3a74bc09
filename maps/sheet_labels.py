"""Labels that do not collide: each takes the first free place around what it names, the important ones first."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maps.drawing import INK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from maps.drawing import Box

_WIDE, _NARROW, _HIGH, _DESCENT = 1.02, 0.62, 1.2, 0.28
_GAP_MM = 0.4


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
    """

    said: str
    x: float
    y: float
    size: float
    rank: float = 0.0
    clear: float = 0.0
    fill: str = INK


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
    labels: Iterable[Label], wide: float, high: float, taken: Sequence[Box] = (), *, symbols: bool = True
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

    Returns
    -------
    list of Placed
        Those that found a place; the others are left out.
    """
    ordered = sorted(
        labels, key=lambda one: (one.rank, one.said, one.x, one.y, one.size, one.clear, one.fill)
    )
    boxes = list(taken)
    if symbols:
        boxes += [_symbol(label) for label in ordered if label.clear > 0]
    found: list[Placed] = []
    for label in ordered:
        own = _symbol(label) if label.clear > 0 else None
        for x, y in _candidates(label):
            box = _box(label, x, y)
            fits = box[0] >= 0 and box[1] >= 0 and box[2] <= wide and box[3] <= high
            if fits and not any(_meet(box, other) for other in boxes if other != own):
                boxes.append(box)
                found.append(Placed(label, x, y, box))
                break
    return found


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
    steps = [(0, 0), (0, -1.3), (0, 1.3), (0, -2.6), (0, 2.6)]
    sides = [(across, down) for across in (0.5, -0.5) for down in (0, -1.3, 1.3)]
    return [(label.x, middle + size * step) for _, step in steps] + [
        (label.x + across * wide, middle + size * step) for across, step in sides
    ]


def _box(label: Label, x: float, y: float) -> Box:
    half = width(label.said, label.size) / 2
    return (
        x - half, y - label.size * (_HIGH - _DESCENT), x + half, y + label.size * _DESCENT,
    )  # fmt: skip


def _symbol(label: Label) -> Box:
    return label.x - label.clear, label.y - label.clear, label.x + label.clear, label.y + label.clear


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
