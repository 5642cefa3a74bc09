"""Geometries as they come, made into flat arrays of valid polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from spatial import kernels
from spatial.flat import Flat, flatten, sure, to_wkb
from spatial.repair import ISSUE_COLUMNS, repair

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_ISSUES: Final = pd.DataFrame(columns=ISSUE_COLUMNS)
"""An issues table without rows, made once: a frame takes milliseconds, and there is one for each batch."""


def sound(wkb: pa.Array, ids: Any, layer: str) -> tuple[Flat, pd.DataFrame]:
    """Flat arrays of valid polygons; what was none is repaired by the rule of `spatial.repair` or left out.

    Parameters
    ----------
    wkb
        n geometries in a plane, null where there is none.
    ids
        n ids, for issues.
    layer
        Name of the layer, for issues.

    Returns
    -------
    flat
        n shapes.
    issues
        Rows of the issues table.
    """
    flat = flatten(wkb)
    doubtful = np.flatnonzero(~sure(flat) & (flat.status != kernels.NONE))
    if not len(doubtful):
        return flat, NO_ISSUES
    found = flat.geometry(doubtful)
    fit = (flat.status[doubtful] == kernels.FIT) & np.isfinite(flat.box[doubtful, 0])
    fit[fit] = shapely.is_valid(found[fit])
    doubtful, found = doubtful[~fit], found[~fit]
    if not len(doubtful):
        return flat, NO_ISSUES
    names = np.asarray(ids, dtype=object)[doubtful]
    lost = shapely.is_missing(found)
    repaired, issues = repair(found, names, layer)
    rows = [
        ["issue-geometry-set-aside", "error", layer, None, name, {"reason": "unreadable"}, None]
        for name in names[lost]
    ]
    issues = join_issues([issues, pd.DataFrame(rows, columns=ISSUE_COLUMNS)])
    mask = np.zeros(len(wkb), dtype=bool)
    mask[doubtful] = True
    order = np.arange(len(wkb))
    order[mask] = len(wkb) + np.arange(len(doubtful))
    return flatten(pa.concat_arrays([flat.wkb, to_wkb(repaired)]).take(pa.array(order))), issues


def join_issues(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Several issues tables as one."""
    filled = [table.astype(object) for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else NO_ISSUES.copy()
