"""Amounts of one grid in the cells of another: people of a coarse grid on the cells of a fine one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from spatial.pixels import Window, blocks, cell_areas, edges

if TYPE_CHECKING:
    import numpy.typing as npt

    from spatial.pixels import Pixels

    Floats = npt.NDArray[np.float64]

POINTS = 4
"""Points a side that stand for a cell where the grids are of two CRS."""
LATTICE = 32
"""Cells between places whose position in another CRS is computed; between them it is straight to millimetres."""


def spread(grid: Pixels, raster: Pixels, window: Window, cells: npt.NDArray[np.bool_]) -> Floats:
    """How much of what a grid counts lies in cells of a raster.

    What a cell of the grid holds is spread evenly over it. In one CRS the parts are exact; in two CRS a cell of the
    raster is taken as `POINTS` x `POINTS` points. Cells of the grid without data hold nothing.

    Parameters
    ----------
    grid
        Amounts by cell (persons, not persons per km²).
    raster, window
        Where it is asked for.
    cells
        Which cells of the window are asked for; the others are 0.

    Returns
    -------
    ndarray
        Amounts, of the window's shape.
    """
    if not cells.any():
        return np.zeros(cells.shape)
    if raster.crs.equals(grid.crs, ignore_axis_order=True):
        return np.where(cells, _by_overlap(grid, raster, window), 0.0)
    return _by_points(grid, raster, window, cells)


def _by_overlap(grid: Pixels, raster: Pixels, window: Window) -> Floats:
    west, south, east, north = edges(raster, window)
    down, over = np.linspace(north, south, window.height + 1), np.linspace(west, east, window.width + 1)
    held = np.zeros((window.height, window.width))
    for part in blocks(grid, (west, south, east, north)):
        left, bottom, right, top = edges(grid, part)
        values = np.ma.filled(grid.read(part).astype(float), 0.0)
        rows = _mixed(values, -down, -np.linspace(top, bottom, part.height + 1))
        held += _mixed(rows.T, over, np.linspace(left, right, part.width + 1)).T
    return held


def _mixed(values: Floats, steps: Floats, others: Floats) -> Floats:
    """What lies in each step, where what lies in each step of `others` (rows of `values`) is spread evenly over it.

    Both rise. Added up one after the other, not as a product of matrices, for which BLAS would wake threads.
    """
    first = np.searchsorted(others, steps[:-1], side="right") - 1
    after = np.searchsorted(others, steps[1:], side="left")
    found = np.zeros((len(steps) - 1, values.shape[1]))
    for turn in range(int((after - first).max(initial=0))):
        at = np.clip(first + turn, 0, len(values) - 1)
        low, high = np.maximum(steps[:-1], others[at]), np.minimum(steps[1:], others[at + 1])
        share = (high - low).clip(min=0.0) / (others[at + 1] - others[at])
        share[(first + turn != at) | (at >= after)] = 0.0
        found += share[:, None] * values[at]
    return found


def _by_points(grid: Pixels, raster: Pixels, window: Window, cells: npt.NDArray[np.bool_]) -> Floats:
    row, column = np.nonzero(cells)
    place = _Positions(grid, raster, window)
    low, high = place.bounds()
    low, high = np.maximum(low, 0), np.minimum(high, grid.shape)
    result = np.zeros(cells.shape)
    if (high <= low).any():
        return result
    part = Window(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
    dense = np.ma.filled(grid.read(part).astype(float), 0.0) / cell_areas(grid, part)
    found = np.zeros(len(row))
    for step in np.ndindex(POINTS, POINTS):
        offset = (np.array(step) + 0.5) / POINTS
        there, over = place(row + offset[0], column + offset[1])
        down, across = (
            np.floor(there).astype(np.int64) - part.row,
            np.floor(over).astype(np.int64) - part.column,
        )
        on = (down >= 0) & (down < part.height) & (across >= 0) & (across < part.width)
        found[on] += dense[down[on], across[on]]
    result[row, column] = found / POINTS**2 * cell_areas(raster, window)[row, column]
    return result


class _Positions:
    """Rows and columns of a window of one raster as rows and columns of another, by a lattice of exact places."""

    def __init__(self, grid: Pixels, raster: Pixels, window: Window) -> None:
        tall, wide = (-(-size // LATTICE) + 1 for size in (window.height, window.width))
        down, across = np.meshgrid(np.arange(tall) * LATTICE, np.arange(wide) * LATTICE, indexing="ij")
        x, y = raster.transform @ (across + window.column, down + window.row)
        to_grid: Any = pyproj.Transformer.from_crs(raster.crs, grid.crs, always_xy=True)
        column, row = ~grid.transform @ to_grid.transform(x, y)
        self.nodes = np.stack([row, column])

    def bounds(self) -> tuple[Any, Any]:
        """First rows and columns, and those after the last, that the window reaches."""
        flat = self.nodes.reshape(2, -1)
        return np.floor(flat.min(axis=1)).astype(int) - 1, np.ceil(flat.max(axis=1)).astype(int) + 1

    def __call__(self, row: Floats, column: Floats) -> Floats:
        """Rows and columns of the grid, shape (2, n)."""
        i, j = np.floor(row / LATTICE).astype(np.int64), np.floor(column / LATTICE).astype(np.int64)
        s, t = row / LATTICE - i, column / LATTICE - j
        nodes = self.nodes
        return (
            nodes[:, i, j] * (1 - s) * (1 - t) + nodes[:, i + 1, j] * s * (1 - t)
            + nodes[:, i, j + 1] * (1 - s) * t + nodes[:, i + 1, j + 1] * s * t
        )  # fmt: skip
