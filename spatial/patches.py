"""Patches of cells that hang together by their edges, found window by window in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spatial.project_progress import components

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from spatial.pixels import Window

    Ints = npt.NDArray[np.int64]
    Shorts = npt.NDArray[np.int32]

BATCH = 1 << 15
"""Runs of cells that are worked on at once."""


class Runs(NamedTuple):
    """Patches as runs of cells, patch by patch and row by row.

    Attributes
    ----------
    of
        Position of the patch that each of n runs is of, from 0, rising.
    rows, starts, ends
        Row, first column, and column after the last one of each run.
    """

    of: Shorts
    rows: Shorts
    starts: Shorts
    ends: Shorts

    @property
    def number(self) -> int:
        """How many patches there are."""
        return int(self.of[-1]) + 1 if len(self.of) else 0

    def cells(self) -> Ints:
        """How many cells each patch has."""
        return np.bincount(self.of, self.ends - self.starts, self.number).astype(np.int64)


class Patches:
    """Collects patches from windows that come row by row, as `spatial.pixels.blocks` gives them.

    A patch is let go as soon as no later cell can belong to it, and forgotten if it is too small: what is held is a few numbers for each
    run of cells of patches still open, or not taken yet. The patches do not depend on how the windows are cut.

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
    >>> found.finish().cells().tolist()
    [2]
    """

    def __init__(self, least: int = 1) -> None:
        self.least = least
        self._done: list[Ints] = []
        self._rows = (0, 0)
        self._band: list[Ints] = []
        self._open = np.empty((0, 4), dtype=np.int64)

    def add(self, window: Window, cells: npt.NDArray[np.bool_]) -> None:
        """Take the cells of a window that are true."""
        self.add_runs(window, runs_in(window, cells))

    def add_runs(self, window: Window, runs: Ints) -> None:
        """Take the cells of a window as `runs_in` gives them."""
        rows = (window.row, window.row + window.height)
        if rows != self._rows:
            self._close()
            self._rows = rows
        self._band.append(runs)

    def take(self) -> Runs:
        """Patches that have been let go since the last time, in the order of their first cell."""
        runs = np.concatenate([np.empty((0, 4), dtype=np.int32), *self._done])
        self._done = []
        begins = np.flatnonzero(np.diff(runs[:, 3], prepend=-1))
        sizes = np.diff(np.append(begins, len(runs)))
        order = np.lexsort((runs[begins, 1], runs[begins, 0]))
        begins, sizes = begins[order], sizes[order]
        of = np.repeat(np.arange(len(begins), dtype=np.int32), sizes)
        at = np.arange(len(runs)) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
        return Runs(of, *(np.ascontiguousarray(column) for column in runs[at, :3].T))

    def finish(self) -> Runs:
        """What is left to take when there are no more windows: all patches, if none were taken before."""
        self._close()
        self._let_go(self._open)
        self._open = self._open[:0]
        return self.take()

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
        kept = large[of]
        before = int(self._done[-1][-1, 3]) + 1 if self._done else 0
        if kept.any():
            number = before + np.cumsum(large)[of] - 1
            self._done.append(np.column_stack([runs[:, :3], number])[kept].astype(np.int32))


def batches(runs: Runs) -> Iterator[Runs]:
    """Patches some at a time, so that the arrays made of their runs stay small."""
    low = 0
    while low < len(runs.of):
        last = runs.of[min(low + BATCH, len(runs.of)) - 1]
        high = int(np.searchsorted(runs.of, last, side="right"))
        some = Runs(*(column[low:high] for column in runs))
        yield some._replace(of=some.of - some.of[0])
        low = high


def around(runs: Runs) -> Runs:
    """Runs of the cells of patches together with those that touch them by an edge or a corner, each cell once."""
    of, rows, starts, ends = (np.tile(one.astype(np.int64), 3) for one in runs)
    rows += np.repeat([-1, 0, 1], len(runs.of))
    tall, wide = int(rows.max()) + 2, int(ends.max()) + 4
    line = (of * tall + rows + 1) * wide
    low, high = line + starts, line + ends + 2
    order = np.argsort(low, kind="stable")
    low, high = low[order], np.maximum.accumulate(high[order])
    fresh = np.append(True, low[1:] > high[:-1])
    first = order[fresh]
    last = np.append(np.flatnonzero(fresh)[1:], len(low)) - 1
    found = of[first], rows[first], starts[first] - 1, high[last] - line[first] - 1
    return Runs(*(one.astype(np.int32) for one in found))


def runs_in(window: Window, cells: npt.NDArray[np.bool_]) -> Ints:
    """Runs of true cells of a window: row, first column, column after the last, shape (n, 3), row by row."""
    framed = np.zeros((cells.shape[0], cells.shape[1] + 2), dtype=bool)
    framed[:, 1:-1] = cells
    row, at = np.divmod(np.flatnonzero(framed[:, 1:] != framed[:, :-1]), cells.shape[1] + 1)
    return np.column_stack(
        [window.row + row[0::2], window.column + at[0::2], window.column + at[1::2]]
    ).astype(np.int64)


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
