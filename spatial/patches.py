"""Patches of cells that hang together by their edges, found window by window in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from rasterio import features

from spatial.project_progress import components

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from spatial.pixels import Pixels, Window

    Ints = npt.NDArray[np.int64]

MOST_CELLS = 1 << 24
"""Cells of a patch's box that are drawn at once."""


class Patch(NamedTuple):
    """One patch as runs of cells: rows, first columns, columns after the last ones."""

    rows: Ints
    starts: Ints
    ends: Ints

    @property
    def cells(self) -> int:
        """How many cells it has."""
        return int((self.ends - self.starts).sum())


class Patches:
    """Collects patches from windows that come row by row, as `spatial.pixels.blocks` gives them.

    A patch is let go as soon as no later cell can belong to it, and forgotten if it is too small: what is held is a few numbers for each
    run of cells of patches still open. The patches do not depend on how the windows are cut.

    Parameters
    ----------
    least
        Fewest cells of a patch that is kept.

    Examples
    --------
    >>> from spatial.pixels import Window
    >>> found = Patches(2)
    >>> found.add(Window(0, 0, 2, 2), np.array([[True, False], [True, False]]))
    >>> found.add(Window(0, 2, 2, 1), np.array([[True], [False]]))
    >>> [patch.cells for patch in found.finish()]
    [2]
    """

    def __init__(self, least: int = 1) -> None:
        self.least = least
        self.done: list[Patch] = []
        self._rows = (0, 0)
        self._band: list[Ints] = []
        self._open = np.empty((0, 4), dtype=np.int64)

    def add(self, window: Window, cells: npt.NDArray[np.bool_]) -> None:
        """Take the cells of a window that are true."""
        rows = (window.row, window.row + window.height)
        if rows != self._rows:
            self._close()
            self._rows = rows
        self._band.append(_runs(cells) + np.array([window.row, window.column, window.column]))

    def finish(self) -> list[Patch]:
        """All patches, in the order of their first cell."""
        self._close()
        self._let_go(self._open)
        self._open = self._open[:0]
        return sorted(self.done, key=lambda one: (int(one.rows[0]), int(one.starts[0])))

    def _close(self) -> None:
        """Join the runs of a row of windows to those still open, and let go what cannot grow any more."""
        new = _whole(np.concatenate(self._band)) if self._band else np.empty((0, 3), dtype=np.int64)
        self._band = []
        first, after = self._rows
        count = int(self._open[:, 3].max(initial=-1)) + 1
        held = np.concatenate([self._open, np.column_stack([new, count + np.arange(len(new))])])
        near = np.flatnonzero(held[:, 0] >= first - 1)
        near = near[np.lexsort((held[near, 1], held[near, 0]))]
        pairs = held[near, 3][_touching(held[near, :3])]
        held[:, 3] = components(pairs, count + len(new))[held[:, 3]]
        growing = np.isin(held[:, 3], held[held[:, 0] == after - 1, 3])
        self._let_go(held[~growing])
        self._open = held[growing]
        self._open[:, 3] = np.unique(self._open[:, 3], return_inverse=True)[1]

    def _let_go(self, runs: Ints) -> None:
        """Keep the patches of these runs that are large enough."""
        runs = runs[np.lexsort((runs[:, 1], runs[:, 0], runs[:, 3]))]
        _, of = np.unique(runs[:, 3], return_inverse=True)
        large = np.bincount(of, runs[:, 2] - runs[:, 1]) >= self.least
        runs, of = runs[large[of]], of[large[of]]
        cuts = np.flatnonzero(np.diff(of)) + 1
        self.done += [Patch(*one[:, :3].T) for one in np.split(runs, cuts) if len(one)]


def polygons(patches: list[Patch], raster: Pixels) -> npt.NDArray[np.object_]:
    """Outlines of patches in the CRS of their raster."""
    found = [_polygon(one, raster) for one in patches]
    return np.array([*found, None], dtype=object)[:-1]


def box_of(patch: Patch, rim: int = 0) -> tuple[int, int, npt.NDArray[np.bool_]]:
    """A patch as cells: first row and column of its box, `rim` cells wider on each side, and which cells are of it."""
    top, left = int(patch.rows.min()) - rim, int(patch.starts.min()) - rim
    height, width = int(patch.rows.max()) + 1 + rim - top, int(patch.ends.max()) + rim - left
    at = (patch.rows - top) * (width + 1) - left
    size = height * (width + 1) + 1
    steps = np.bincount(at + patch.starts, minlength=size) - np.bincount(at + patch.ends, minlength=size)
    return top, left, steps[:-1].cumsum().reshape(height, width + 1)[:, :width] > 0


def around(patch: Patch) -> Iterator[tuple[int, int, npt.NDArray[np.bool_]]]:
    """Cells that touch a patch by an edge or a corner, band by band: first row and column, and which cells they are."""
    tall = max(1, MOST_CELLS // int(patch.ends.max() - patch.starts.min() + 2))
    first, after = int(patch.rows[0]) - 1, int(patch.rows[-1]) + 2
    for low in range(first, after, tall):
        high = min(low + tall, after)
        own = (patch.rows >= low - 1) & (patch.rows <= high)
        if own.any():
            top, left, cells = box_of(Patch(patch.rows[own], patch.starts[own], patch.ends[own]), 1)
            wide = cells.copy()
            wide[1:] |= cells[:-1]
            wide[:-1] |= cells[1:]
            down = wide.copy()
            wide[:, 1:] |= down[:, :-1]
            wide[:, :-1] |= down[:, 1:]
            part = slice(max(low - top, 0), high - top)
            yield top + part.start, left, (wide & ~cells)[part]


def _polygon(patch: Patch, raster: Pixels) -> shapely.Geometry:
    """The outline of a patch; of a wide one band by band."""
    tall = max(1, MOST_CELLS // int(patch.ends.max() - patch.starts.min()))
    band = (patch.rows - patch.rows[0]) // tall
    parts = []
    for one in range(int(band[-1]) + 1):
        own = band == one
        top, left, cells = box_of(Patch(patch.rows[own], patch.starts[own], patch.ends[own]))
        t = raster.transform
        west, north = t @ (left, top)
        grid = type(t)(t.a, 0.0, west, 0.0, t.e, north)
        found = features.shapes(cells.astype(np.uint8), mask=cells, transform=grid)
        parts += [shapely.geometry.shape(shape) for shape, _ in found]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _runs(cells: npt.NDArray[np.bool_]) -> Ints:
    """Runs of true cells: row, first column, column after the last, shape (n, 3), row by row."""
    edge = np.zeros((cells.shape[0], 1), dtype=bool)
    steps = np.diff(np.hstack([edge, cells, edge]).astype(np.int8), axis=1)
    row, start = np.nonzero(steps == 1)
    return np.column_stack([row, start, np.nonzero(steps == -1)[1]]).astype(np.int64)


def _whole(runs: Ints) -> Ints:
    """Runs in order, those put together that windows cut."""
    runs = runs[np.lexsort((runs[:, 1], runs[:, 0]))]
    fresh = np.ones(len(runs), dtype=bool)
    fresh[1:] = (runs[1:, 0] != runs[:-1, 0]) | (runs[1:, 1] != runs[:-1, 2])
    last = np.append(np.flatnonzero(fresh)[1:], len(runs)) - 1
    return np.column_stack([runs[fresh, :2], runs[last[: fresh.sum()], 2]])


def _touching(runs: Ints) -> Ints:
    """Pairs of runs, in order, of which one lies right below the other; shape (2, pairs)."""
    if not len(runs):
        return np.empty((2, 0), dtype=np.int64)
    wide = int(runs[:, 2].max()) + 1
    starts, ends = runs[:, 0] * wide + runs[:, 1], runs[:, 0] * wide + runs[:, 2]
    low = np.searchsorted(ends, starts - wide, side="right")
    high = np.searchsorted(starts, ends - wide, side="left")
    count = np.maximum(high - low, 0)
    below = np.repeat(np.arange(len(runs)), count)
    above = np.arange(len(below)) - np.repeat(np.cumsum(count) - count - low, count)
    return np.stack([below, above])
