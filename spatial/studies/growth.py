"""Land that became built-up between the last two rasters, and how it lies to what was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.coverage import TOUCHED
from spatial.derived import Change, same_grid
from spatial.patches import Patch, Patches, around, batches, flat, polygons
from spatial.pixels import blocks, is_built, largest_cell
from spatial.repair import ISSUE_COLUMNS
from spatial.studies.rasters import built_states, drawn
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.subjects import lying_in
from spatial.zonal import Sums, measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spatial.measures.registry import Facts
    from spatial.patches import Ints
    from spatial.pixels import Floats, Pixels

GROWN_M2 = 1000.0
"""Smallest new patch that is kept: ten cells of 10 m."""
INFILL_PCT = 50.0
"""Over it a patch fills in, at 0 it lies apart, between it is at the edge: Liu, X. et al. (2010), Landscape Ecology 25, 671-682."""
LAYER = ["town_id", "before", "after", "kind", "lei_pct", "area_m2", "geometry"]
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
    patches = _new(change, facts)
    shapes = polygons(patches, after)
    layer = gpd.GeoDataFrame({"area_m2": measured(shapes, after.crs)}, geometry=shapes, crs=after.crs)
    layer["lei_pct"] = expansion_indices(before, patches)
    layer["kind"] = np.select(
        [layer["lei_pct"] > INFILL_PCT, layer["lei_pct"] > 0], ["infill", "edge"], "outlying"
    )
    layer["kind"] = layer["kind"].astype(object).where(layer["lei_pct"].notna(), None)
    layer = layer[layer["area_m2"] >= GROWN_M2].to_crs(facts.towns.crs)
    layer["town_id"] = lying_in(layer.geometry, facts.towns, special=False)
    layer = layer[layer["town_id"].notna()].assign(before=before.date, after=after.date)
    layer = layer.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)
    sums = layer.groupby(["town_id", "kind"])["area_m2"].agg(count="size", area_m2="sum").reset_index()
    table = sums.assign(before=before.date, after=after.date)
    return Study(
        layers={"built_up_growth": layer[LAYER]},
        tables={"built_up_growth": table[TABLE]},
        rasters={"built_up_change": change},
    )


def _new(change: Change, facts: Facts) -> list[Patch]:
    """Patches of cells within towns that became built-up, large enough to be kept."""
    towns = Sums(change, drawn(facts.towns), [])
    patches = Patches(max(1, int(GROWN_M2 / 2 / largest_cell(change))))
    for window in towns.places.windows():
        new = np.ma.filled(change.read(window), 0) == 1
        if new.any():
            new &= towns.add(window, {}) > TOUCHED
        patches.add(window, new)
    return patches.finish()


def expansion_indices(before: Pixels, patches: Sequence[Patch]) -> Floats:
    """Landscape expansion index (LEI) of new patches, %: how much of the cells around each was built-up before.

    Around are the cells that touch it by an edge or a corner; those without data do not count; without any it is not known. Liu et al. (2010)
    take a buffer, here it is one cell wide.
    """
    found = [np.empty(0)]
    for some in batches(patches):
        own = flat(some)
        built, known = _counts(before, around(own), len(some)) - _counts(before, own, len(some))
        found.append(np.divide(100.0 * built, known, out=np.full(len(some), np.nan), where=known > 0))
    return np.concatenate(found)


def _counts(before: Pixels, runs: tuple[Ints, Ints, Ints, Ints], size: int) -> Ints:
    """Cells of each patch that were built-up, and those with data; shape (2, patches)."""
    order = np.argsort(runs[1], kind="stable")
    of, rows, starts, ends = (one[order] for one in runs)
    counts = np.zeros((2, size), dtype=np.int64)
    for window in blocks(before):
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
