"""Land that became built-up between the last two rasters, and how it lies to what was there before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial.coverage import TOUCHED
from spatial.derived import Change, same_grid
from spatial.found_patches import FoundPatches
from spatial.patches import Patches, around, runs_in
from spatial.pixels import Window, blocks, edges, is_built, largest_cell
from spatial.repair import ISSUE_COLUMNS
from spatial.side_by_side import in_order
from spatial.studies.rasters import built_states, drawn
from spatial.studies.registry import study
from spatial.studies.result import HeldLayers, Study
from spatial.zonal import Sums

if TYPE_CHECKING:
    from spatial.measures.registry import Facts
    from spatial.outlines import CellLayer
    from spatial.patches import Ints, Runs
    from spatial.pixels import Floats, Pixels

GROWN_M2 = 1000.0
"""Smallest new patch that is kept: ten cells of 10 m."""
INFILL_PCT = 50.0
"""Over it a patch fills in, at 0 it lies apart, between it is at the edge: Liu, X. et al. (2010), Landscape Ecology 25, 671-682."""
LAYER = ["town_id", "before", "after", "kind", "lei_pct", "area_m2"]
TABLE = ["town_id", "before", "after", "kind", "count", "area_m2"]


@study("built_up_growth")
def growth(facts: Facts) -> Study | None:
    """New built-up patches by the landscape expansion index: ``infill``, ``edge`` or ``outlying``.

    Layer and table ``built_up_growth``, the raster ``built_up_change``. Two states on different grids are not
    compared cell by cell: an issue tells so.
    """
    states = [one for one in built_states(facts) if one.date][-2:]
    if len(states) < 2:  # noqa: PLR2004 - a change has two ends
        return None
    before, after = states
    if not same_grid(before, after):
        params = {"before": before.name, "after": after.name}
        told = ["issue-raster-grids", "note", after.name, None, None, params, None]
        return Study(issues=pd.DataFrame([told], columns=ISSUE_COLUMNS))
    change = Change(before, after)
    found = _new(change, facts)
    rows = found.rows.assign(before=before.date, after=after.date).reindex(columns=LAYER)
    found = replace(found, rows=rows)
    sums = rows.groupby(["town_id", "kind"])["area_m2"].agg(count="size", area_m2="sum").reset_index()
    table = sums.assign(before=before.date, after=after.date)
    return Study(
        layers=HeldLayers({"built_up_growth": found}),
        tables={"built_up_growth": table[TABLE]},
        rasters={"built_up_change": change},
    )


def _new(change: Change, facts: Facts) -> CellLayer:
    """Patches of cells within towns that became built-up, with how they lie to what was there before."""
    towns = Sums(change, drawn(facts.towns), [])
    patches = Patches(max(1, int(GROWN_M2 / 2 / largest_cell(change))))
    found = FoundPatches(change, facts.towns, GROWN_M2, of_cells=lambda runs: _lying(change.before, runs))

    def runs(window: Window) -> tuple[Window, Ints]:
        new = np.ma.filled(change.read(window), 0) == 1
        if new.any():
            new &= towns.part(window, {})[1] > TOUCHED
        return window, runs_in(window, new)

    for window, new in in_order(runs, towns.places.windows()):
        patches.add_runs(window, new)
        found.add(patches.take())
    found.add(patches.finish())
    return found.layer()


def _lying(before: Pixels, runs: Runs) -> dict[str, object]:
    """Landscape expansion index and kind of new patches; none where nothing around is known."""
    index = expansion_indices(before, runs)
    kind = np.select([index > INFILL_PCT, index > 0], ["infill", "edge"], "outlying").astype(object)
    kind[np.isnan(index)] = None
    return {"lei_pct": index, "kind": kind}


def expansion_indices(before: Pixels, runs: Runs) -> Floats:
    """Landscape expansion index (LEI) of new patches, %: how much of the cells around each was built-up before.

    Around are the cells that touch it by an edge or a corner; those without data do not count; without any it is not known. Liu et al. (2010)
    take a buffer, here it is one cell wide.
    """
    built, known = _counts(before, around(runs)) - _counts(before, runs)
    found: Floats = np.divide(100.0 * built, known, out=np.full(runs.number, np.nan), where=known > 0)
    return found


def _counts(before: Pixels, runs: Runs) -> Ints:
    """Cells of each patch that were built-up, and those with data; shape (2, patches)."""
    order, size = np.argsort(runs.rows, kind="stable"), runs.number
    of, rows, starts, ends = (one[order] for one in runs)
    counts = np.zeros((2, size), dtype=np.int64)
    box = Window(int(rows[0]), int(starts.min()), int(rows[-1] - rows[0]) + 1, int(ends.max() - starts.min()))
    for window in blocks(before, edges(before, box)):
        lines = slice(*np.searchsorted(rows, [window.row, window.row + window.height]))
        low = np.clip(starts[lines] - window.column, 0, window.width)
        high = np.clip(ends[lines] - window.column, 0, window.width)
        if not (high > low).any():
            continue
        state: Any = is_built(before.read(window), before.classes)
        known = ~np.ma.getmaskarray(state)
        for which, cells in enumerate((known & np.ma.getdata(state), known)):
            sums = np.zeros((window.height, window.width + 1), dtype=np.int32)
            np.cumsum(cells, axis=1, out=sums[:, 1:])
            row = rows[lines] - window.row
            within = sums[row, high] - sums[row, low]
            counts[which] += np.bincount(of[lines], within, size).astype(np.int64)
    return counts
