"""Patches of cells that hang together by their edges, found window by window in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from spatial.kernels import fast
from spatial.project_progress import components

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from spatial.pixels import Pixels, Window

    Ints = npt.NDArray[np.int64]
    Shorts = npt.NDArray[np.int32]

BATCH = 1 << 18
"""Runs of cells that are worked on at once."""


class Patch(NamedTuple):
    """One patch as runs of cells: rows, first columns, columns after the last ones."""

    rows: Shorts
    starts: Shorts
    ends: Shorts

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
        small = runs[:, :3].astype(np.int32)
        self.done += [Patch(*one.T) for one in np.split(small, cuts) if len(one)]


def polygons(patches: Sequence[Patch], raster: Pixels) -> npt.NDArray[np.object_]:
    """Outlines of patches in the CRS of their raster, outer rings counter-clockwise."""
    return np.concatenate(
        [np.empty(0, dtype=object), *(_outlines(flat(some), raster) for some in batches(patches))]
    )


def batches(patches: Sequence[Patch]) -> Iterator[Sequence[Patch]]:
    """Patches some at a time, so that the arrays made of their runs stay small."""
    if patches:
        number = np.cumsum([len(one.rows) for one in patches]) // BATCH
        for some in np.split(np.arange(len(patches)), np.flatnonzero(np.diff(number)) + 1):
            yield patches[some[0] : some[-1] + 1]


def flat(patches: Sequence[Patch]) -> tuple[Ints, Ints, Ints, Ints]:
    """Runs of all patches: position of the patch, row, first column, column after the last."""
    rows, starts, ends = (np.concatenate(column).astype(np.int64) for column in zip(*patches, strict=True))
    return np.repeat(np.arange(len(patches)), [len(one.rows) for one in patches]), rows, starts, ends


def around(runs: tuple[Ints, Ints, Ints, Ints]) -> tuple[Ints, Ints, Ints, Ints]:
    """Runs of the cells of patches together with those that touch them by an edge or a corner, each cell once."""
    of, rows, starts, ends = (np.tile(one, 3) for one in runs)
    rows += np.repeat([-1, 0, 1], len(runs[0]))
    tall, wide = int(rows.max()) + 2, int(ends.max()) + 4
    line = (of * tall + rows + 1) * wide
    low, high = line + starts, line + ends + 2
    order = np.argsort(low, kind="stable")
    low, high = low[order], np.maximum.accumulate(high[order])
    fresh = np.append(True, low[1:] > high[:-1])
    first = order[fresh]
    last = np.append(np.flatnonzero(fresh)[1:], len(low)) - 1
    return of[first], rows[first], starts[first] - 1, high[last] - line[first] - 1


def _outlines(runs: tuple[Ints, Ints, Ints, Ints], raster: Pixels) -> npt.NDArray[np.object_]:
    """Outlines of patches: their corners, joined along rows and along columns in turn.

    In a row of grid lines, and in a column, sorted corners of one patch are ends of edges two by two. Where two cells of a patch
    meet by a corner alone, the rings turn round the empty cells: a hole may touch, and no ring meets itself.
    """
    of, y, x, turned = _corners(*runs)
    key = (of * (int(x.max()) + 1) + x) * 2 * (int(y.max()) + 1) + 2 * y + turned
    order = np.argsort(key, kind="stable")
    down = np.empty(len(order), dtype=np.int64)
    down[order[0::2]], down[order[1::2]] = order[1::2], order[0::2]
    node, ring = np.empty_like(down), np.empty_like(down)
    _walk(of, down, np.zeros(len(down), dtype=np.bool_), node, ring)
    t = raster.transform
    rings: Any = shapely.linearrings(
        np.column_stack([t.c + x[node] * t.a, t.f + y[node] * t.e]), indices=ring
    )
    own = of[node[np.flatnonzero(np.diff(ring, prepend=-1))]]
    found: Any = shapely.polygons(rings, indices=own)
    return np.asarray(found, dtype=object)


def _corners(of: Ints, rows: Ints, starts: Ints, ends: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Corners of patches, row by row: patch, row, column; the last tells the later of two at one place by column."""
    one, y = np.tile(of, 4), np.concatenate([rows, rows, rows + 1, rows + 1])
    x = np.concatenate([starts, ends, starts, ends])
    begins, top = (
        np.repeat([True, False, True, False], len(of)),
        np.repeat([True, True, False, False], len(of)),
    )
    key = (one * (int(y.max()) + 1) + y) * (int(x.max()) + 1) + x
    order = np.argsort(key, kind="stable")
    key, begins, top = key[order], begins[order], top[order]
    twice = key[1:] == key[:-1]
    straight = twice & (begins[1:] == begins[:-1])
    kept = ~(np.append(straight, False) | np.append(False, straight))
    falls = np.append(twice & ~straight & (begins == top)[1:], False)[kept]
    order = order[kept]
    return one[order], y[order], x[order], falls.astype(np.int64)


@fast
def _walk(of: Any, down: Any, seen: Any, node: Any, ring: Any) -> None:
    """Rings of corners: a corner's neighbour in its row is the other of two, that in its column is told.

    The first ring of a patch, its outer one, sets out down, the others along the row.
    """
    k = 0
    number = 0
    for i in range(len(of)):
        if seen[i]:
            continue
        falls = i == 0 or of[i] != of[i - 1]
        j = i
        while not seen[j]:
            seen[j] = True
            node[k] = j
            ring[k] = number
            k += 1
            j = down[j] if falls else j ^ 1
            falls = not falls
        number += 1


def _runs(cells: npt.NDArray[np.bool_]) -> Ints:
    """Runs of true cells: row, first column, column after the last, shape (n, 3), row by row."""
    framed = np.zeros((cells.shape[0], cells.shape[1] + 2), dtype=bool)
    framed[:, 1:-1] = cells
    row, at = np.divmod(np.flatnonzero(framed[:, 1:] != framed[:, :-1]), cells.shape[1] + 1)
    return np.column_stack([row[0::2], at[0::2], at[1::2]]).astype(np.int64)


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
