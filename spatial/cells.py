"""Cells of grids by their whole-number coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_HALF, _BITS = 1 << 25, 26


def distinct(*coordinates: Ints) -> tuple[Ints, Ints]:
    """The distinct rows of some columns, and the position among them of each row.

    Parameters
    ----------
    *coordinates
        Columns of n numbers; one number a row makes them quick to sort where the last two are below 2^25 and
        the first of three below 2^10.

    Returns
    -------
    rows
        (m, columns), sorted.
    position
        n.
    """
    table = np.column_stack(coordinates)
    small = (
        len(table) == 0
        or (np.abs(table).max(axis=0) < [*[1 << 10] * (len(coordinates) - 2), _HALF, _HALF]).all()
    )
    if not small:
        rows, position = np.unique(table, axis=0, return_inverse=True)
        return rows, position.ravel()
    key = np.zeros(len(table), dtype=np.int64)
    for column in coordinates:
        key = (key << _BITS) + column
    _, first, position = np.unique(key, return_index=True, return_inverse=True)
    return table[first], position
