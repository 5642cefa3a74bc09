"""Differences of plans that `liangzhen plans --out` wrote beside the results of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd

if TYPE_CHECKING:
    from pathlib import Path

    from layers.results import Results

FILE = "plan-differences.gpkg"
LAYER = "plan_difference"


def with_plans(results: Results, folder: Path) -> Results:
    """Return results with the layer `LAYER`, in their CRS, where its file lies in `folder`; otherwise as they are."""
    path = folder / FILE
    if LAYER in results.context or not path.is_file():
        return results
    frame = gpd.read_file(path, layer=LAYER, engine="pyogrio").to_crs(results.crs)
    return replace(results, context={**results.context, LAYER: frame})
