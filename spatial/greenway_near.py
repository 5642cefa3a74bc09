"""People and built-up land near greenways, by town."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.by_town import cut
from spatial.pixels import is_built
from spatial.subjects import lying_in
from spatial.zonal import known, zonal_sums

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from spatial.measures.registry import Facts

    Shapes = NDArray[np.object_]

NEAR_M = (500.0, 1000.0)
_COARSE_M = 1.0


def shares_near(lines: Shapes, facts: Facts) -> pd.DataFrame:
    """People and built-up land of each town, and how much of them lies within `NEAR_M` of a line, as the crow flies.

    People are population points, else the population grid; built-up land is that of the layer, else of the raster:
    the last state not later than the quarter.

    Parameters
    ----------
    lines
        Greenways that are open.
    facts
        Towns, frames and rasters.

    Returns
    -------
    DataFrame
        Index ``town_id``: ``persons``, ``persons_500_m``, ``persons_1000_m``, ``people_from`` (``population`` or
        ``population_grid``), ``built_m2`` (legal), ``built_500_m2``, ``built_1000_m2``, ``built_from``; NaN where
        there is no such layer, or persons of a point in the town are missing.
    """
    towns = facts.towns
    drawn = towns.geometry[~(towns.geometry.is_empty | towns.geometry.isna())]
    areas = {distance: near_areas(lines, drawn, distance) for distance in NEAR_M}
    return (
        _people(lines, areas, facts, drawn)
        .join(_built_up(areas, facts, drawn), how="outer")
        .reindex(drawn.index)
    )


def near_areas(lines: Shapes, towns: gpd.GeoSeries, distance: float) -> gpd.GeoSeries:
    """The part of each town within `distance` of a line (lines thinned by 1 m, circles as 32 corners)."""
    tree = shapely.STRtree(lines)
    found = []
    for town in shapely.make_valid(towns.to_numpy()):
        near = np.sort(tree.query(town, predicate="dwithin", distance=distance))
        west, south, east, north = shapely.bounds(town)
        reach = 2 * distance
        cut_out = shapely.clip_by_rect(lines[near], west - reach, south - reach, east + reach, north + reach)
        wide = shapely.buffer(shapely.simplify(cut_out, _COARSE_M), distance, quad_segs=8)
        found.append(_land(shapely.intersection(shapely.union_all(wide), town)))
    return gpd.GeoSeries(found, index=towns.index, crs=towns.crs)


def _land(shape: Any) -> Any:
    """A shape without the points and lines that an intersection leaves where two areas only touch."""
    if shape.geom_type != "GeometryCollection":
        return shape
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004 - polygons


def _people(
    lines: Shapes, areas: dict[float, gpd.GeoSeries], facts: Facts, drawn: gpd.GeoSeries
) -> pd.DataFrame:
    points = facts.frames.get("population")
    columns = ["persons", *(f"persons_{distance:g}_m" for distance in NEAR_M)]
    if points is not None and len(points):
        spots = points.geometry.to_numpy()
        apart = np.full(len(spots), np.inf)
        if len(lines):
            (at, _), far = shapely.STRtree(lines).query_nearest(spots, return_distance=True)
            apart[at] = far
        persons = points["persons"].astype(float)
        held = {"persons": persons} | {
            f"persons_{distance:g}_m": persons.where(apart <= distance, 0.0) for distance in NEAR_M
        }
        table = pd.DataFrame(held)
        special = facts.towns["programme"].eq("special").fillna(value=False).astype(bool)
        inner = lying_in(points.geometry, facts.towns, special=True)
        inner = inner.where(inner.isin(special.index[special]))
        owners = [lying_in(points.geometry, facts.towns, special=False), inner]
        groups = [table.groupby(owner.to_numpy()) for owner in owners]
        sums = pd.concat([group.agg(lambda one: one.sum(skipna=False)) for group in groups])
        return sums.reindex(drawn.index)[columns].assign(people_from="population")
    grid = _last(facts, "population_grid")
    if grid is None:
        return pd.DataFrame(np.nan, drawn.index, columns).assign(people_from=None)
    sums = _summed(grid, drawn, areas, lambda values, _: values)
    return sums.set_axis(columns, axis=1).assign(people_from="population_grid")


def _built_up(areas: dict[float, gpd.GeoSeries], facts: Facts, drawn: gpd.GeoSeries) -> pd.DataFrame:
    names = [f"built_{distance:g}" for distance in NEAR_M]
    columns = ["built_m2", *(f"{name}_m2" for name in names)]
    layer = facts.frames.get("built_up")
    if layer is not None and len(layer):
        dates = layer["date"] if "date" in layer else pd.Series(None, index=layer.index, dtype=object)
        known_dates = sorted(date for date in dates.dropna().unique() if date <= facts.as_of)
        shown = layer[dates.eq(known_dates[-1])] if known_dates else layer[dates.isna()]
        if not len(shown):
            return pd.DataFrame(np.nan, drawn.index, columns).assign(built_from=None)
        admin = facts.towns["programme"].eq("special").fillna(value=False).astype(bool)
        within = {
            name: area[~admin.reindex(area.index) & ~area.is_empty]
            for name, area in zip(names, areas.values(), strict=True)
        }
        pieces = cut(shown.geometry, facts.towns, within)
        sums = pieces.groupby("town_id")[["area_m2", *columns[1:]]].sum() if len(pieces) else pd.DataFrame()
        table = sums.reindex(index=drawn.index, columns=["area_m2", *columns[1:]], fill_value=0.0)
        return table.set_axis(columns, axis=1).astype(float).assign(built_from="built_up")
    raster = _last(facts, "built_up_raster")
    if raster is None:
        return pd.DataFrame(np.nan, drawn.index, columns).assign(built_from=None)
    sums = _summed(raster, drawn, areas, lambda values, cell: is_built(values, raster.classes) * cell)
    return sums.set_axis(columns, axis=1).assign(built_from="built_up_raster")


def _last(facts: Facts, role: str) -> Any:
    """The last raster of a role not later than the quarter."""
    found: Sequence[Any] = [
        one for one in facts.rasters.get(role, ()) if not one.date or one.date <= facts.as_of
    ]
    return found[-1] if found else None


def _summed(
    raster: Any, drawn: gpd.GeoSeries, areas: dict[float, gpd.GeoSeries], amount: Callable[[Any, Any], Any]
) -> pd.DataFrame:
    """Sums of a raster over towns, and over what of them is near; no sum where much of the town has no data."""
    zones = {0.0: drawn} | {distance: area[~area.is_empty] for distance, area in areas.items()}
    keyed = [
        one.set_axis(pd.MultiIndex.from_product([[distance], one.index])) for distance, one in zones.items()
    ]
    found = zonal_sums(raster, pd.concat(keyed), {"sum": amount})
    found.index = pd.MultiIndex.from_tuples(found.index)
    whole = known(found.xs(0.0), "sum").reindex(drawn.index)
    near = [
        found["sum"].reindex(pd.MultiIndex.from_product([[distance], drawn.index]), fill_value=0.0)
        for distance in areas
    ]
    return pd.concat([whole, *(one.set_axis(drawn.index).where(whole.notna()) for one in near)], axis=1)
