"""What pixels say of towns: built-up land at several dates, people in it, light, slopes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial import periods
from spatial.by_town import cut
from spatial.density import spread
from spatial.derived import same_grid, same_size
from spatial.land import KINDS, at_date, construction
from spatial.measures.quarters import figures
from spatial.pixels import Pixels, Slope, cell_areas, is_built
from spatial.side_by_side import in_order
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.zonal import VALID, WHOLE, Sums, known, zonal_sums, zonal_sums_each

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spatial.measures.registry import Facts
    from spatial.pixels import Window
    from spatial.zonal import Part

SLOPES_DEG = (2.0, 6.0, 15.0, 25.0)
"""Upper ends of the slope classes of the land surveys 坡度级 (TD/T 1055-2019); the last, over 25 degrees, is not to be
tilled or built on: 水土保持法 (2010) art. 20."""
ALL, EXPANSION, OUTSIDE = "all", "expansion", "outside"
"""Zones beside the kinds of control zones: the town; permitted and conditional zones together; the rest of the town."""
TOWNS_AT_ONCE, STRIP_M = 20, 40_000.0
"""Towns that land is cut at together, along strips so wide: a province's boundaries all at once take over a gigabyte."""
DIGITS = 6
"""Digits of an area in m² that are more than rounding."""
BUILT = ["town_id", "date", "zone", "area_m2", "nodata_share"]
CHANGE = ["town_id", "zone", "before", "after", "before_m2", "after_m2", "change_m2", "change_pct"]


@study("rasters")
def rasters(facts: Facts) -> Study | None:
    """Statistics of the workspace's rasters by town.

    Tables: ``built_up_raster`` (town, date, zone: legal area built-up), ``built_up_change`` (from each state to the
    next), ``raster_population`` (persons, persons on built-up land), ``raster_light``, ``raster_slope``, ``sdg_11_3_1``.
    """
    if not facts.rasters:
        return None
    states = built_states(facts)
    built = _built_up(states, facts)
    tables = {
        "built_up_raster": pd.concat(built, ignore_index=True) if built else None,
        "raster_population": _population(facts, states),
        "raster_light": _light(facts),
        "raster_slope": _slopes(facts),
    }
    done = {name: table for name, table in tables.items() if table is not None}
    if built:
        done["built_up_change"] = _changes(done["built_up_raster"])
        done["sdg_11_3_1"] = _consumption(facts, done)
    return Study(tables=done)


def built_states(facts: Facts) -> Sequence[Pixels]:
    """Built-up rasters up to the quarter, the earliest first; land cover with classes where there is none."""
    return _until(facts, "built_up_raster") or [one for one in _until(facts, "land_cover") if one.classes]


def drawn(towns: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Geometries of the towns that have one."""
    shapes = towns.geometry
    return shapes[~shapes.is_empty & shapes.notna()]


def cut_some(shapes: gpd.GeoSeries, towns: gpd.GeoDataFrame) -> pd.DataFrame:
    """What `spatial.by_town.cut` gives, by shape and town, some neighbouring towns at a time so that little is held at once."""
    tree, found = shapely.STRtree(shapes.to_numpy()), [cut(shapes.iloc[:0], towns)]
    own = drawn(towns)
    order = own.index[_to_and_fro(own)]
    for low in range(0, len(order), TOWNS_AT_ONCE):
        some = towns.loc[order[low : low + TOWNS_AT_ONCE]]
        near = np.unique(tree.query(some.geometry.to_numpy())[1])
        if len(near):
            found.append(cut(shapes.iloc[near], some.sort_index(key=towns.index.get_indexer)))
    table = pd.concat([one for one in found if len(one)] or found, ignore_index=True)
    keys = [towns.index.get_indexer(table["town_id"]), shapes.index.get_indexer(table["at"])]
    return table.iloc[np.lexsort([*keys, table["special"].astype(bool)])].reset_index(drop=True)


def _to_and_fro(shapes: gpd.GeoSeries) -> Any:
    """Positions of shapes along strips, eastward and westward in turn, so that those that follow each other are neighbours."""
    west, south, east, north = shapes.bounds.to_numpy().T
    strip = np.floor((south + north) / 2 / STRIP_M)
    turn = np.where(strip % 2, -1.0, 1.0)
    return np.lexsort([turn * (west + east), strip])


def _until(facts: Facts, role: str) -> Sequence[Any]:
    """Rasters of a role not later than the quarter, the earliest first."""
    return [one for one in facts.rasters.get(role, ()) if not one.date or one.date <= facts.as_of]


def _built_up(states: Sequence[Pixels], facts: Facts) -> list[pd.DataFrame]:
    """Built-up area of each town, and of its part in each zone, by state."""
    towns = drawn(facts.towns)
    shapes = [towns.set_axis(pd.MultiIndex.from_product([towns.index, [ALL]]))]
    zones = facts.frames.get("expansion_boundary")
    if zones is not None and "zone_kind" in zones:
        pieces = cut_some(zones.geometry, facts.towns).join(zones["zone_kind"], on="at")
        pieces = pieces[pieces["zone_kind"].isin(KINDS)]
        keys = pd.MultiIndex.from_frame(pieces[["town_id", "zone_kind"]])
        shapes.append(gpd.GeoSeries(pieces["geometry"].to_numpy(), index=keys, crs=facts.towns.crs))
    places, tables = pd.concat(shapes), []
    for _, group in itertools.groupby(enumerate(states), lambda one: _first_alike(states, one[0])):
        some = [state for _, state in group]
        for raster, found in zip(
            some, zonal_sums_each(some, places, [_built(one) for one in some]), strict=True
        ):
            tables.append(_zoned(found, expansion=len(shapes) > 1).assign(date=raster.date)[BUILT])
    return tables


def _zoned(found: pd.DataFrame, *, expansion: bool) -> pd.DataFrame:
    """Areas by town and zone, the expansion boundary's too; none where data lacks; without what rounding adds."""
    found.index = pd.MultiIndex.from_tuples(found.index, names=["town_id", "zone"])
    table = pd.concat([found, *_about_expansion(found)]) if expansion else found
    return table.assign(area_m2=known(table, "area_m2").round(DIGITS) + 0.0).reset_index()


def _first_alike(states: Sequence[Pixels], at: int) -> int:
    """Position of the first of the states just before one, itself included, that has the same cells."""
    while at and same_grid(states[at - 1], states[at]):
        at -= 1
    return at


def _built(raster: Pixels) -> dict[str, Callable[[Any, Any], Any]]:
    """Built-up area of a cell."""
    return {"area_m2": lambda values, cell: np.ma.getdata(is_built(values, raster.classes)) * cell}


def _about_expansion(found: pd.DataFrame) -> list[pd.DataFrame]:
    """What lies inside and outside the expansion boundary 扩展边界; no value where the town has none."""
    zone = found.index.get_level_values("zone")
    kinds = found[zone.isin(KINDS[:2])]
    inside = kinds[["area_m2", VALID, WHOLE]].groupby(level="town_id").sum()
    inside["nodata_share"] = (
        (1 - inside[VALID] / inside[WHOLE].where(inside[WHOLE] > 0)).clip(0, 1).fillna(1.0)
    )
    outside = found.xs(ALL, level="zone").loc[inside.index].copy()
    outside["area_m2"] = (outside["area_m2"] - inside["area_m2"]).clip(lower=0.0)
    return [
        rows.set_index(pd.Index([name] * len(rows), name="zone"), append=True)
        for name, rows in ((EXPANSION, inside), (OUTSIDE, outside))
    ]


def _changes(built: pd.DataFrame) -> pd.DataFrame:
    """Built-up area of each dated state against the one before, by town and zone."""
    dates = sorted(built["date"].dropna().unique())
    areas = {
        date: rows.set_index(["town_id", "zone"])["area_m2"]
        for date, rows in built.groupby("date", sort=False)
    }
    tables = [
        pd.DataFrame({"before": one, "after": other, "before_m2": areas[one], "after_m2": areas[other]})
        for one, other in itertools.pairwise(dates)
    ]
    if not tables:
        return pd.DataFrame(columns=CHANGE)
    table = pd.concat(tables).reset_index()
    table["change_m2"] = table["after_m2"] - table["before_m2"]
    table["change_pct"] = table["change_m2"] / table["before_m2"].where(table["before_m2"] > 0) * 100
    return table[CHANGE]


def _population(facts: Facts, states: Sequence[Pixels]) -> pd.DataFrame | None:
    """Persons of each town, and those on built-up land of the state that holds at the date of the grid."""
    tables = []
    for grid in _until(facts, "population_grid"):
        own = zonal_sums(grid, drawn(facts.towns), {"persons": lambda values, _: values})
        table = pd.DataFrame({"persons": known(own, "persons"), "nodata_share": own["nodata_share"]})
        earlier = [one for one in states if not (one.date and grid.date) or one.date <= grid.date]
        table["built_up_persons"] = _inside(grid, earlier[-1], facts) if earlier else np.nan
        table["built_up_persons"] = table["built_up_persons"].where(table["persons"].notna())
        table["share_pct"] = table["built_up_persons"] / table["persons"].where(table["persons"] > 0) * 100
        tables.append(table.assign(date=grid.date).rename_axis("town_id").reset_index())
    return pd.concat(tables, ignore_index=True) if tables else None


def _inside(grid: Pixels, state: Pixels, facts: Facts) -> pd.Series[float]:
    """Persons on the land that a raster calls built-up, whatever the two grids are; NaN where that is not known."""
    sums = Sums(state, drawn(facts.towns), [VALID, "persons"])

    def part(window: Window) -> Part:
        values = state.read(window)
        built = is_built(values, state.classes).filled(fill_value=False)
        valid = ~np.ma.getmaskarray(values) * cell_areas(state, window)
        return sums.part(window, {VALID: valid, "persons": spread(grid, state, window, built)})[0]

    for one in in_order(part, sums.places.windows()):
        sums.add(one)
    return known(sums.table(), "persons")


def _light(facts: Facts) -> pd.DataFrame | None:
    """Sum of the night light of each town, in the unit of the raster's cells, and its change from the state before.

    Cells of another size hold another part of the same light: such a state is not compared with the one before.
    """
    tables: list[pd.DataFrame] = []
    states = _until(facts, "night_light")
    for at, raster in enumerate(states):
        found = zonal_sums(raster, drawn(facts.towns), {"light": lambda values, _: values})
        found["light"] = known(found, "light")
        alike = at > 0 and same_size(states[at - 1], raster)
        before = tables[-1]["light"].to_numpy() if alike else np.full(len(found), np.nan)
        found["change_pct"] = (found["light"] - before) / np.where(before > 0, before, np.nan) * 100
        tables.append(found.assign(date=raster.date).rename_axis("town_id").reset_index())
    if not tables:
        return None
    table = pd.concat(tables, ignore_index=True)
    return table[["town_id", "date", "light", "change_pct", "nodata_share"]]


def _slopes(facts: Facts) -> pd.DataFrame | None:
    """Construction land of each town by slope class, m²; ``nodata_share`` is that of the town's construction land."""
    terrain, frame = facts.rasters.get("terrain", ()), facts.frames.get("construction_land")
    if not terrain or frame is None:
        return None
    pieces = cut_some(at_date(construction(frame), facts.as_of)[0].geometry, facts.towns)
    shapes = gpd.GeoSeries(pieces["geometry"].to_numpy(), index=pieces["town_id"], crs=facts.towns.crs)

    def of_class(number: int) -> Callable[[Any, Any], Any]:
        return lambda values, cell: (np.digitize(values, SLOPES_DEG, right=True) == number) * cell

    classes = range(len(SLOPES_DEG) + 1)
    found = zonal_sums(Slope(terrain[-1]), shapes, {f"slope_{one}": of_class(one) for one in classes})
    rows = found.rename_axis("town_id").reset_index()
    long = rows.melt(["town_id", "nodata_share"], [f"slope_{one}" for one in classes], "slope", "area_m2")
    long["area_m2"] = known(long, "area_m2")
    number = long["slope"].str.removeprefix("slope_").astype(int)
    long["slope"], long["to_deg"] = number + 1, np.array([*SLOPES_DEG, 90.0])[number]
    long = long.sort_values(["town_id", "slope"], kind="stable", ignore_index=True)
    return long[["town_id", "slope", "to_deg", "area_m2", "nodata_share"]]


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
