"""What a study gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from spatial.pixels import Pixels


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
