"""A small map out of characters: shapes as braille dots, or as letters where a terminal has no braille."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Dots = NDArray[np.bool_]

BRAILLE = (2, 4)
LETTERS = (1, 2)
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_FEW_DOTS = 1.5
_MOST = 200_000


class Sketch(NamedTuple):
    """Rows of characters, and for each whether the layer itself (not only the reference) is in it."""

    rows: list[str]
    own: NDArray[np.bool_]
    width: float
    height: float


def sketch(shapes: Any, reference: Any, columns: int, rows: int, *, braille: bool = True) -> Sketch | None:
    """Draw geometries of a plane into `columns` x `rows` characters, north up, to one scale both ways.

    Areas are drawn by their outlines, those of a dot or two by a dot in their middle.

    Parameters
    ----------
    shapes
        Geometries of the layer, in a plane or with degrees of one length both ways.
    reference
        Geometries to find one's way by, in the same plane; may be empty.
    columns, rows
        Size in characters; a character is twice as high as it is wide.
    braille
        Eight dots a character; else letters (``#`` layer, ``+`` reference).

    Returns
    -------
    Sketch or None
        None where nothing has a place, or all is one point. ``width``, ``height``: what the picture covers, in the plane's unit.
    """
    shapes = _drawable(shapes)
    reference = _drawable(reference)
    if not len(shapes) or (
        not len(reference) and not np.ptp(shapely.total_bounds(shapes).reshape(2, 2), axis=0).any()
    ):
        return None
    across, down = BRAILLE if braille else LETTERS
    box = _frame(shapes, reference, columns * across, rows * down)
    size = (rows * down, columns * across)
    own, other = _dots(shapes, box, size), _dots(reference, box, size)
    if braille:
        cells = _braille(own | other)
    else:
        mine, theirs = _any(own, LETTERS), _any(other, LETTERS)
        cells = ["".join("#" if a else "+" if b else " " for a, b in zip(*pair, strict=True)) for pair in zip(mine, theirs, strict=True)]  # fmt: skip
    west, south, east, north = box
    return Sketch(cells, _any(own, (across, down)), east - west, north - south)


def _drawable(shapes: Any) -> NDArray[np.object_]:
    shapes = np.asarray(shapes, dtype=object)
    kept: NDArray[np.object_] = (
        shapes[np.isfinite(shapely.bounds(shapes)).all(axis=1)] if len(shapes) else shapes
    )
    return kept[:: len(kept) // _MOST + 1]


def _frame(shapes: Any, reference: Any, across: int, down: int) -> tuple[float, float, float, float]:
    """What is shown: the layer, with the reference where that is not far larger, widened to the picture's shape."""
    west, south, east, north = shapely.total_bounds(shapes)
    if len(reference):
        other = shapely.total_bounds(reference)
        both = min(west, other[0]), min(south, other[1]), max(east, other[2]), max(north, other[3])
        if max(both[2] - both[0], both[3] - both[1]) <= 8 * max(east - west, north - south, 1e-9):
            west, south, east, north = both
    wide, high = max(east - west, 1e-6), max(north - south, 1e-6)
    scale = max(wide / across, high / down) * 1.04
    x, y = (west + east) / 2, (south + north) / 2
    return x - scale * across / 2, y - scale * down / 2, x + scale * across / 2, y + scale * down / 2


def _dots(shapes: Any, box: tuple[float, float, float, float], size: tuple[int, int]) -> Dots:
    """Dots that the outlines pass through."""
    dots = np.zeros(size, dtype=bool)
    if not len(shapes):
        return dots
    west, south, east, north = box
    dot = (east - west) / size[1]
    edges = shapely.bounds(shapes)
    small = np.maximum(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]) <= _FEW_DOTS * dot
    middles = (edges[small, :2] + edges[small, 2:]) / 2
    large = shapes[~small]
    large = np.where(shapely.get_dimensions(large) == 2, shapely.boundary(large), large)  # noqa: PLR2004 - polygons
    lines = shapely.simplify(shapely.clip_by_rect(large, west, south, east, north), dot / 3)
    lines = shapely.segmentize(lines, dot / 2)
    points = np.concatenate([middles, shapely.get_coordinates(lines)])
    x, y = ((points[:, 0] - west) / dot).astype(int), ((north - points[:, 1]) / dot).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0])
    dots[y[inside], x[inside]] = True
    return dots


def _braille(dots: Dots) -> list[str]:
    high, wide = dots.shape
    cells = dots.reshape(high // 4, 4, wide // 2, 2).transpose(0, 2, 1, 3)
    codes = 0x2800 + (cells * _BITS).sum(axis=(2, 3))
    return ["".join(map(chr, row)) for row in codes]


def _any(dots: Dots, cell: tuple[int, int]) -> Dots:
    across, down = cell
    high, wide = dots.shape
    return np.asarray(dots.reshape(high // down, down, wide // across, across).any(axis=(1, 3)))
