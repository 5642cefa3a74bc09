"""What a study gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from spatial.outlines import CellLayer
from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spatial.pixels import Pixels


class HeldLayers(Mapping[str, gpd.GeoDataFrame]):
    """Layers by name; those held as outlines of cells become geometries each time they are asked for, and are not kept.

    Parameters
    ----------
    held
        Layers of geometries, or of outlines.
    """

    def __init__(self, held: Mapping[str, gpd.GeoDataFrame | CellLayer]) -> None:
        self.held: dict[str, gpd.GeoDataFrame | CellLayer]
        self.held = dict(held.held if isinstance(held, HeldLayers) else held)

    def __getitem__(self, name: str) -> gpd.GeoDataFrame:
        one = self.held[name]
        return one.frame() if isinstance(one, CellLayer) else one

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)

    def __or__(self, other: Mapping[str, gpd.GeoDataFrame]) -> HeldLayers:
        return HeldLayers(self.held | HeldLayers(other).held)

    def rows(self, name: str) -> pd.DataFrame:
        """Attributes of a layer."""
        one = self.held[name]
        return one.rows if isinstance(one, CellLayer) else pd.DataFrame(one.drop(columns=one.geometry.name))

    def parts(self, name: str) -> Iterator[gpd.GeoDataFrame]:
        """A layer some rows at a time, at least once."""
        one = self.held[name]
        yield from one.parts() if isinstance(one, CellLayer) else [one]


def _no_issues() -> pd.DataFrame:
    return pd.DataFrame(columns=ISSUE_COLUMNS)


@dataclass(frozen=True)
class Study:
    """What one study found.

    Attributes
    ----------
    layers
        Layers to draw by name, in the working CRS; they become layers of the results.
    tables
        Tables by name, codes and numbers, no rendered text; they become tables of the results.
    issues
        Rows of the issues table.
    rasters
        Rasters by name, worked out window by window when they are read; they become files of the results.
    """

    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    issues: pd.DataFrame = field(default_factory=_no_issues)
    rasters: Mapping[str, Pixels] = field(default_factory=dict)
