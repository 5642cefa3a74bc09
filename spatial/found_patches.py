"""Patches of cells as they are found: measured, placed in towns, kept as outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.memory import give_back
from spatial.outlines import CellLayer, Outlines, in_crs, joined, outlines
from spatial.patches import batches
from spatial.subjects import lying_in
from spatial.zonal import measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from spatial.patches import Runs
    from spatial.pixels import Pixels


class FoundPatches:
    """Patches of a raster that are large enough and lie in an administrative town; what is held are corners and rows.

    Parameters
    ----------
    raster
        Whose cells they are.
    towns
        Subjects.
    smallest_m2
        Legal area from which a patch is kept.
    of_cells
        Columns that are told of patches by their cells, in the order of the patches.
    of_shapes
        Takes polygons in the CRS of the towns, and gives them with more columns.
    """

    def __init__(
        self,
        raster: Pixels,
        towns: gpd.GeoDataFrame,
        smallest_m2: float,
        of_cells: Callable[[Runs], dict[str, object]] | None = None,
        of_shapes: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame] | None = None,
    ) -> None:
        self.raster, self.towns, self.smallest_m2 = raster, towns, smallest_m2
        self.of_cells, self.of_shapes = of_cells, of_shapes
        self._rows: list[pd.DataFrame] = []
        self._outlines: list[Outlines] = []

    def add(self, runs: Runs) -> None:
        """Take patches; each is told of for itself, so it does not matter which come together."""
        if not runs.number:
            return
        give_back()
        for some in batches(runs):
            drawn = outlines(some)
            shapes = drawn.shapes(self.raster.transform)
            told = {} if self.of_cells is None else self.of_cells(some)
            area = measured(shapes, self.raster.crs)
            layer = gpd.GeoDataFrame({"area_m2": area, **told}, geometry=shapes, crs=self.raster.crs)
            layer = in_crs(layer[area >= self.smallest_m2], self.towns.crs)
            town = lying_in(layer.geometry, self.towns, special=False)
            layer = layer.assign(town_id=town)[town.notna()]
            if self.of_shapes is not None:
                layer = self.of_shapes(layer)
            if len(layer):
                self._outlines.append(drawn.taken(layer.index.to_numpy()))
                self._rows.append(pd.DataFrame(layer.drop(columns="geometry")))

    def layer(self) -> CellLayer:
        """All that were taken, the largest first, of equal ones that whose first cell comes first."""
        give_back()
        columns = ["town_id", "area_m2"]
        rows = pd.concat(self._rows, ignore_index=True) if self._rows else pd.DataFrame(columns=columns)
        drawn = joined(self._outlines)
        self._rows = []
        row, column = drawn.first_cells()
        order = np.lexsort([column, row, -rows["area_m2"].to_numpy(dtype=float)])
        names = [*columns, *rows.columns.drop(columns)]
        rows = rows[names].iloc[order].reset_index(drop=True)
        return CellLayer(rows, drawn, order, self.raster, self.towns.crs)
