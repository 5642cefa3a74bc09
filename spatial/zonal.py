"""Exact sums of pixels by zone: a pixel counts by the part of it that lies in the zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from exactextract import exact_extract
from exactextract.feature import Feature, FeatureSource
from exactextract.raster import NumPyRasterSource

from spatial.areas import legal_area
from spatial.pixels import Floats, Pixels, Window, blocks, cell_areas, edges, in_crs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import geopandas as gpd

NODATA_LIMIT = 0.05


def zonal_sums(
    raster: Pixels, zones: gpd.GeoSeries, amounts: Mapping[str, Callable[[Any, Floats], Any]]
) -> pd.DataFrame:
    """Sum what each pixel holds over zones, pixels at the edge by the part inside (exactextract; parts to 1e-7).

    Read block by block; the zones are taken into the raster's CRS, the raster is never resampled.

    Parameters
    ----------
    raster
        Pixels.
    zones
        Polygons with a CRS, index unique; they may overlap.
    amounts
        Name to a function of the values (masked array) and the legal area of a cell (m², one column) that
        gives what each cell holds.

    Returns
    -------
    DataFrame
        Index of `zones`; one column for each amount, ``valid_m2`` (legal area with data) and
        ``nodata_share`` (0 to 1, what lies beyond the raster included; NaN of an empty zone).
    """
    names = ["valid_m2", *amounts]
    sums = np.zeros((len(zones), len(names)))
    placed = in_crs_of(raster, zones).to_numpy()
    some = ~(shapely.is_missing(placed) | shapely.is_empty(placed))
    tree = shapely.STRtree(np.where(some, placed, None))
    bounds = tuple(shapely.total_bounds(placed[some])) if some.any() else (np.nan,) * 4
    for window in blocks(raster, bounds):
        at = np.sort(tree.query(shapely.box(*edges(raster, window)), predicate="intersects"))
        if len(at):
            held = _held(raster, window, amounts)
            sums[at] += _covered(held, placed[at], edges(raster, window))
    found = pd.DataFrame(sums, index=zones.index, columns=names)
    whole = legal_area(zones.to_numpy(), zones.crs)
    share = 1 - np.divide(sums[:, 0], whole, out=np.full(len(zones), np.nan), where=whole > 0)
    return found.assign(nodata_share=share.clip(0, 1))


def known(found: pd.DataFrame, column: str, limit: float = NODATA_LIMIT) -> pd.Series[float]:
    """A column of `zonal_sums`, NaN where more than `limit` of a zone has no data."""
    return found[column].where(found["nodata_share"] <= limit)


def _held(
    raster: Pixels, window: Window, amounts: Mapping[str, Callable[[Any, Floats], Any]]
) -> dict[str, Floats]:
    values, area = raster.read(window), cell_areas(raster, window)
    valid = ~np.ma.getmaskarray(values)
    held = {"valid_m2": valid * area}
    for name, amount in amounts.items():
        held[name] = np.where(valid, np.ma.getdata(amount(values, area)), 0.0)
    return held


def _covered(held: Mapping[str, Floats], zones: Any, box: tuple[float, float, float, float]) -> Floats:
    """Sums of a block by zone, shape (zones, amounts)."""
    inside = shapely.clip_by_rect(zones, *box) if len(zones) > 1 else zones
    empty = shapely.is_empty(inside) | (shapely.get_dimensions(inside) < 2)  # noqa: PLR2004 - an area
    result = np.zeros((len(zones), len(held)))
    if empty.all():
        return result
    sources = [
        NumPyRasterSource(np.ascontiguousarray(values, dtype=float), *box, name=name)
        for name, values in held.items()
    ]
    sums = exact_extract(sources, _Shapes(shapely.to_wkb(inside[~empty])), ["sum"], output="pandas")
    result[~empty] = sums.fillna(0.0).to_numpy(dtype=float)
    return result


class _Shape(Feature):  # type: ignore[misc] # exactextract has no types
    """One zone as WKB, which exactextract reads many times faster than the GeoJSON it makes of a GeoDataFrame."""

    def __init__(self, wkb: bytes) -> None:
        super().__init__()
        self.wkb = wkb

    def geometry(self) -> bytes:
        return self.wkb

    def fields(self) -> list[str]:
        return []


class _Shapes(FeatureSource):  # type: ignore[misc] # exactextract has no types
    """Zones in the CRS of the raster, in order."""

    def __init__(self, wkb: Any) -> None:
        super().__init__()
        self.wkb = wkb

    def count(self) -> int:
        return len(self.wkb)

    def __iter__(self) -> Iterator[_Shape]:
        return map(_Shape, self.wkb)

    def srs_wkt(self) -> None:
        return None
