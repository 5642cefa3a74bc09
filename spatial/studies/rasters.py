"""What pixels say of towns: built-up land at several dates, people in it, light, slopes, built land without parcel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio import features

from spatial import periods
from spatial.areas import legal_area
from spatial.by_town import cut
from spatial.land import KINDS, at_date, construction
from spatial.measures.quarters import figures
from spatial.pixels import Pixels, Slope, Window, blocks, edges, in_crs_of, is_built, mended, polygons
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.zonal import known, zonal_sums

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spatial.measures.registry import Facts

CANDIDATE_M2 = 1000.0
"""Smallest built land without parcel that is worth a site visit: ten cells of 10 m."""
STEEP_DEG = 25.0
"""Slope over which land is not to be tilled or built on: 水土保持法 (2010) art. 20."""
ALL = "all"
BUILT = ["town_id", "date", "zone", "area_m2", "nodata_share"]


@study("rasters")
def rasters(facts: Facts) -> Study | None:
    """Statistics of the workspace's rasters by town.

    Tables: ``built_up_raster`` (town, date, zone kind or ``all``: legal area built-up), ``raster_population``
    (persons, persons on built-up land), ``raster_light``, ``raster_steep``, ``sdg_11_3_1``. Layer:
    ``raster_candidate``, land built-up by the last raster that no parcel touches, from `CANDIDATE_M2` on.
    """
    if not facts.rasters:
        return None
    states = _until(facts, "built_up_raster") or [one for one in _until(facts, "land_cover") if one.classes]
    tables = {
        "built_up_raster": pd.concat([_built_up(one, facts) for one in states], ignore_index=True)
        if states
        else None,
        "raster_population": _population(facts, states),
        "raster_light": _light(facts),
        "raster_steep": _steep(facts),
    }
    done = {name: table for name, table in tables.items() if table is not None}
    if "built_up_raster" in done:
        done["sdg_11_3_1"] = _consumption(facts, done)
    parcels = facts.frames.get("construction_land")
    layers = {}
    if states and parcels is not None:
        layers["raster_candidate"] = candidates(
            states[-1], at_date(construction(parcels), facts.as_of)[0], facts.towns
        )
    return Study(layers=layers, tables=done)


def candidates(
    raster: Pixels, parcels: pd.DataFrame, towns: gpd.GeoDataFrame, smallest_m2: float = CANDIDATE_M2
) -> gpd.GeoDataFrame:
    """Land that pixels call built-up where no parcel is.

    Cells that a parcel touches count as explained by it, so that ragged edges are no candidates.

    Parameters
    ----------
    raster
        Built-up raster.
    parcels
        Construction land with a CRS.
    towns
        Subjects; where it lies is said by the administrative town.
    smallest_m2
        Legal area from which a polygon is kept.

    Returns
    -------
    GeoDataFrame
        ``town_id``, ``date``, ``area_m2`` (legal) in the CRS of `towns`, the largest first.
    """
    shapes = in_crs_of(raster, gpd.GeoSeries(parcels["geometry"], crs=towns.crs)).to_numpy()
    tree = shapely.STRtree(shapes)
    bounds = tuple(in_crs_of(raster, towns.geometry).total_bounds)

    def alone(window: Window) -> Any:
        cells = is_built(raster.read(window), raster.classes).filled(fill_value=False)
        near = shapes[tree.query(shapely.box(*edges(raster, window)), predicate="intersects")]
        if len(near):
            west, _, _, north = edges(raster, window)
            own = type(raster.transform)(raster.transform.a, 0.0, west, 0.0, raster.transform.e, north)
            cells &= (
                features.rasterize(near, cells.shape, transform=own, all_touched=True, dtype="uint8") == 0
            )
        return cells

    found = _polygons(raster, bounds, alone)
    layer = gpd.GeoDataFrame(geometry=found, crs=raster.crs)
    layer["area_m2"] = legal_area(layer.geometry.to_numpy(), raster.crs)
    layer = layer[layer["area_m2"] >= smallest_m2].to_crs(towns.crs)
    admin = towns[~towns["programme"].eq("special").fillna(value=False).astype(bool)]
    points = layer.geometry.representative_point().to_numpy()
    at, of = shapely.STRtree(admin.geometry.to_numpy()).query(points, predicate="intersects")
    town = pd.Series(admin.index.to_numpy()[of], index=layer.index[at], dtype=object)
    layer["town_id"] = town[~town.index.duplicated()].reindex(layer.index)
    layer["date"] = raster.date
    kept = layer[layer["town_id"].notna()].sort_values("area_m2", ascending=False, ignore_index=True)
    return kept[["town_id", "date", "area_m2", "geometry"]]


def _polygons(raster: Pixels, bounds: Any, cells: Callable[[Window], Any]) -> Any:
    windows = list(blocks(raster, bounds))
    parts = [polygons(cells(window), raster, window) for window in windows]
    lines = [shapely.boundary(shapely.box(*edges(raster, window))) for window in windows]
    return mended(parts, np.array(lines if len(lines) > 1 else [], dtype=object))


def _until(facts: Facts, role: str) -> Sequence[Any]:
    """Rasters of a role not later than the quarter, the earliest first."""
    return [one for one in facts.rasters.get(role, ()) if not one.date or one.date <= facts.as_of]


def _drawn(facts: Facts) -> gpd.GeoSeries:
    towns = facts.towns.geometry
    return towns[~towns.is_empty & towns.notna()]


def _built_up(raster: Pixels, facts: Facts) -> pd.DataFrame:
    def area(values: Any, cell: Any) -> Any:
        return is_built(values, raster.classes) * cell

    towns = zonal_sums(raster, _drawn(facts), {"area_m2": area})
    towns["area_m2"] = known(towns, "area_m2")
    parts = [towns.assign(town_id=towns.index, zone=ALL)]
    zones = facts.frames.get("expansion_boundary")
    if zones is not None and "zone_kind" in zones:
        pieces = cut(zones.geometry, facts.towns).join(zones["zone_kind"], on="at")
        pieces = pieces[pieces["zone_kind"].isin(KINDS)].reset_index(drop=True)
        shapes = gpd.GeoSeries(pieces["geometry"], crs=facts.towns.crs)
        found = zonal_sums(raster, shapes, {"area_m2": area}).join(pieces[["town_id", "zone_kind"]])
        found["whole_m2"] = pieces["area_m2"]
        sums = (
            found.groupby(["town_id", "zone_kind"])[["area_m2", "valid_m2", "whole_m2"]].sum().reset_index()
        )
        sums["nodata_share"] = (1 - sums["valid_m2"] / sums["whole_m2"]).clip(0, 1)
        parts.append(sums.assign(area_m2=known(sums, "area_m2"), zone=sums["zone_kind"]))
    return pd.concat(parts, ignore_index=True).assign(date=raster.date)[BUILT]


def _population(facts: Facts, states: Sequence[Pixels]) -> pd.DataFrame | None:
    """Persons of each town, and those on built-up land of the state that holds at the date of the grid."""
    tables = []
    for grid in _until(facts, "population_grid"):
        own = zonal_sums(grid, _drawn(facts), {"persons": lambda values, _: values})
        table = pd.DataFrame({"persons": known(own, "persons"), "nodata_share": own["nodata_share"]})
        earlier = [one for one in states if not (one.date and grid.date) or one.date <= grid.date]
        table["built_up_persons"] = _inside(grid, earlier[-1], facts) if earlier else np.nan
        table["built_up_persons"] = table["built_up_persons"].where(table["persons"].notna())
        table["share_pct"] = table["built_up_persons"] / table["persons"].where(table["persons"] > 0) * 100
        tables.append(table.assign(date=grid.date).rename_axis("town_id").reset_index())
    return pd.concat(tables, ignore_index=True) if tables else None


def _inside(grid: Pixels, state: Pixels, facts: Facts) -> pd.Series[float]:
    """Persons on the land that a raster calls built-up, whatever the two grids are."""
    bounds = tuple(in_crs_of(state, _drawn(facts)).total_bounds)
    found = _polygons(
        state, bounds, lambda at: is_built(state.read(at), state.classes).filled(fill_value=False)
    )
    land = gpd.GeoSeries(found, crs=state.crs).to_crs(facts.towns.crs)
    pieces = cut(land, facts.towns)
    shapes = gpd.GeoSeries(pieces["geometry"], crs=facts.towns.crs)
    held = zonal_sums(grid, shapes, {"persons": lambda values, _: values})["persons"]
    return held.groupby(pieces["town_id"].to_numpy()).sum().reindex(_drawn(facts).index, fill_value=0.0)


def _light(facts: Facts) -> pd.DataFrame | None:
    """Sum of the night light of each town, in the unit of the raster's cells."""
    tables = []
    for raster in _until(facts, "night_light"):
        found = zonal_sums(raster, _drawn(facts), {"light": lambda values, _: values})
        found["light"] = known(found, "light")
        tables.append(found.assign(date=raster.date).rename_axis("town_id").reset_index())
    columns = ["town_id", "date", "light", "nodata_share"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else None


def _steep(facts: Facts) -> pd.DataFrame | None:
    """Construction land of each town steeper than `STEEP_DEG`, m²; land without a slope is left out and told."""
    terrain, frame = facts.rasters.get("terrain", ()), facts.frames.get("construction_land")
    if not terrain or frame is None:
        return None
    pieces = cut(at_date(construction(frame), facts.as_of)[0].geometry, facts.towns)
    shapes = gpd.GeoSeries(pieces["geometry"], crs=facts.towns.crs)
    found = zonal_sums(
        Slope(terrain[-1]), shapes, {"steep_m2": lambda values, cell: (values > STEEP_DEG) * cell}
    )
    found["town_id"], found["whole_m2"] = pieces["town_id"].to_numpy(), pieces["area_m2"].to_numpy()
    sums = found.groupby("town_id")[["steep_m2", "valid_m2", "whole_m2"]].sum()
    sums["nodata_share"] = (1 - sums["valid_m2"] / sums["whole_m2"]).clip(0, 1)
    sums["steep_m2"] = known(sums, "steep_m2")
    return sums.rename_axis("town_id").reset_index()[["town_id", "steep_m2", "nodata_share"]]


def _consumption(facts: Facts, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """SDG 11.3.1, land consumption rate over population growth rate, between the first and the last state.

    ``LCR = ln(built2 / built1) / years``, ``PGR = ln(persons2 / persons1) / years``, ratio ``LCR / PGR``
    (UN-Habitat, SDG indicator metadata 11.3.1, 2016-2018). Persons are those of the grid of that date, else the
    town's reported population. No value where the population is as before, or a term is missing or zero.
    """
    built = tables["built_up_raster"]
    areas = built[built["zone"].eq(ALL) & built["date"].notna()].pivot_table(
        index="town_id", columns="date", values="area_m2"
    )
    dates = sorted(areas.columns)
    columns = ["town_id", "before", "after", "lcr", "pgr", "ratio"]
    if len(dates) < 2:  # noqa: PLR2004 - a change has two ends
        return pd.DataFrame(columns=columns)
    first, last = dates[0], dates[-1]
    years = (periods.number(last) - periods.number(first)) / 4
    lcr = consumption_rate(areas[first], areas[last], years)
    persons = [_persons(facts, tables, date).reindex(areas.index) for date in (first, last)]
    pgr = consumption_rate(persons[0], persons[1], years)
    ratio = lcr / pgr.where(pgr != 0)
    table = pd.DataFrame({"before": first, "after": last, "lcr": lcr, "pgr": pgr, "ratio": ratio})
    return table.rename_axis("town_id").reset_index()[columns]


def consumption_rate(before: pd.Series[Any], after: pd.Series[Any], years: float) -> pd.Series[Any]:
    """Yearly rate ``ln(after / before) / years``; NaN where one of both is not above zero."""
    ratio = after.astype(float).where(after > 0) / before.astype(float).where(before > 0)
    return np.log(ratio) / years


def _persons(facts: Facts, tables: dict[str, pd.DataFrame], date: str) -> pd.Series[Any]:
    grid = tables.get("raster_population")
    if grid is not None and grid["date"].eq(date).any():
        return grid[grid["date"] == date].set_index("town_id")["persons"]
    if "town_indicator" not in facts.frames:
        return pd.Series(np.nan, index=facts.towns.index)
    return figures(facts, ["population"], date)["population"].astype(float)
