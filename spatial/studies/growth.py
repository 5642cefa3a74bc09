"""Land that became built-up between the last two rasters, and how it lies to what was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.areas import legal_area
from spatial.coverage import TOUCHED
from spatial.derived import Change, same_grid
from spatial.patches import Patch, Patches, around, polygons
from spatial.pixels import Window, is_built, largest_cell
from spatial.repair import ISSUE_COLUMNS
from spatial.studies.rasters import built_states, drawn
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.subjects import lying_in
from spatial.zonal import Sums

if TYPE_CHECKING:
    from spatial.measures.registry import Facts
    from spatial.pixels import Pixels

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
    layer = gpd.GeoDataFrame({"area_m2": legal_area(shapes, after.crs)}, geometry=shapes, crs=after.crs)
    layer["lei_pct"] = [expansion_index(before, one) for one in patches]
    layer["kind"] = np.select(
        [layer["lei_pct"] > INFILL_PCT, layer["lei_pct"] > 0], ["infill", "edge"], "outlying"
    )
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


def expansion_index(before: Pixels, patch: Patch) -> float:
    """Landscape expansion index (LEI) of a new patch, %: how much of the cells around it was built-up before.

    Around are the cells that touch it by an edge or a corner; those without data do not count. Liu et al. (2010)
    take a buffer, here it is one cell wide.
    """
    rows, columns = before.shape
    built = known = 0
    for top, left, ring in around(patch):
        low, high = max(0, -top), min(ring.shape[0], rows - top)
        first, last = max(0, -left), min(ring.shape[1], columns - left)
        if high <= low or last <= first:
            continue
        values = before.read(Window(top + low, left + first, high - low, last - first))
        state: Any = is_built(values, before.classes)
        there = ring[low:high, first:last] & ~np.ma.getmaskarray(state)
        built += int((there & np.ma.getdata(state)).sum())
        known += int(there.sum())
    return 100.0 * built / known if known else 0.0
