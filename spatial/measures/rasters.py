"""Measures from rasters (`spatial.studies.rasters`): built-up land, people in it, sites to visit, slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial.measures.registry import measure

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

M2_PER_HA, M2_PER_KM2 = 1e4, 1e6
LIMIT = "condition-raster-no-data"


@measure("built_up_raster_km2", unit="km²", scope="any", basis="basis-built-up-raster")
def built_up(facts: Facts) -> pd.DataFrame:
    """Built-up area of a town in the last built-up raster, km² (legal, partial pixels by their part)."""
    areas = _areas(facts)
    if areas is None:
        return _nothing(facts)
    last = areas[areas.columns[-1]]
    return _measured(facts, last / M2_PER_KM2, "built_m2 / 1000000", {"built_m2": last}, "built_up_raster")


@measure("built_up_change_ha", unit="ha", scope="any", basis="basis-built-up-change")
def built_up_change(facts: Facts) -> pd.DataFrame:
    """Built-up area of the last raster less that of the one before, ha."""
    areas = _areas(facts)
    if areas is None or areas.shape[1] < 2:  # noqa: PLR2004 - a change has two ends
        return _nothing(facts)
    before, after = areas[areas.columns[-2]], areas[areas.columns[-1]]
    numbers = {f"built_m2[{date}]": areas[date] for date in areas.columns[-2:]}
    return _measured(
        facts, (after - before) / M2_PER_HA, "(after - before) / 10000", numbers, "built_up_raster"
    )


@measure("population_built_up_share_pct", unit="%", scope="any", basis="basis-population-built-up")
def population_share(facts: Facts) -> pd.DataFrame:
    """Share of a town's people who live on built-up land 建成区人口集聚率 by the last population grid, 三(一)2."""
    table = _table(facts, "raster_population")
    if table is None:
        return _nothing(facts)
    last = table.groupby("town_id").tail(1).set_index("town_id")
    numbers = {name: last[name] for name in ("built_up_persons", "persons")}
    return _measured(facts, last["share_pct"], "built_up_persons / persons × 100", numbers, "population_grid")


@measure("candidates_ha", unit="ha", scope="any", basis="basis-raster-candidates")
def candidates(facts: Facts) -> pd.DataFrame:
    """Land built-up by the raster where no parcel of construction land is: to be visited, ha (legal)."""
    done = facts.studies.get("rasters")
    layer = None if done is None else done.layers.get("raster_candidate")
    areas = _areas(facts)
    if layer is None or areas is None:
        return _nothing(facts)
    special = facts.towns["programme"].eq("special").fillna(value=False).astype(bool)
    held = areas[areas.columns[-1]].notna()
    sums = layer.groupby("town_id")["area_m2"].sum().reindex(areas.index, fill_value=0.0).where(held)
    sums = sums[~special.reindex(sums.index)]
    return _measured(facts, sums / M2_PER_HA, "sum(area_m2) / 10000", {"area_m2": sums}, "built_up_raster")


@measure("sdg_11_3_1", unit="", scope="any", basis="basis-sdg-11-3-1")
def consumption(facts: Facts) -> pd.DataFrame:
    """Ratio of land consumption rate to population growth rate, SDG 11.3.1."""
    table = _table(facts, "sdg_11_3_1")
    if table is None or not len(table):
        return _nothing(facts)
    own = table.set_index("town_id")
    formula = "ln(built2 / built1) / ln(persons2 / persons1)"
    return _measured(facts, own["ratio"], formula, {"lcr": own["lcr"], "pgr": own["pgr"]}, "built_up_raster")


@measure("steep_construction_ha", unit="ha", scope="any", basis="basis-steep-construction")
def steep(facts: Facts) -> pd.DataFrame:
    """Construction land of a town steeper than 25 degrees, ha (legal)."""
    table = _table(facts, "raster_steep")
    if table is None:
        return _nothing(facts)
    sums = table.set_index("town_id")["steep_m2"]
    return _measured(facts, sums / M2_PER_HA, "steep_m2 / 10000", {"steep_m2": sums}, "terrain")


def _table(facts: Facts, name: str) -> pd.DataFrame | None:
    done = facts.studies.get("rasters")
    return None if done is None else done.tables.get(name)


def _areas(facts: Facts) -> pd.DataFrame | None:
    """Built-up area by town and date, m², the earliest date first."""
    table = _table(facts, "built_up_raster")
    if table is None:
        return None
    whole = table[table["zone"] == "all"].assign(date=table["date"].fillna(""))
    return whole.pivot_table(index="town_id", columns="date", values="area_m2", dropna=False).sort_index(
        axis=1
    )


def _nothing(facts: Facts) -> pd.DataFrame:
    return pd.DataFrame({"value": np.nan}, index=facts.towns.index)


def _measured(
    facts: Facts, value: pd.Series[Any], formula: str, numbers: dict[str, pd.Series[Any]], role: str
) -> pd.DataFrame:
    """Values with formula, numbers and the rasters they come from."""
    inputs = [one.name for one in facts.rasters.get(role, ())]
    given = pd.DataFrame(numbers)
    proof = [
        {
            "formula": formula,
            "inputs": inputs,
            "numbers": {key: float(one) for key, one in row.items() if pd.notna(one)},
            **({} if pd.notna(value[town]) else {"reason": LIMIT}),
        }
        for town, row in zip(value.index, given.reindex(value.index).to_dict("records"), strict=True)
    ]
    return pd.DataFrame({"value": value, "evidence": pd.Series(proof, index=value.index, dtype=object)})
