"""Measures from rasters (`spatial.studies.rasters`): built-up land, people in it, sites to visit, slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial.measures.registry import measure, nothing
from spatial.studies.result import HeldLayers

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

M2_PER_HA, M2_PER_KM2 = 1e4, 1e6
LIMIT = "condition-raster-no-data"


@measure("built_up_raster_km2", unit="km²", scope="any", basis="basis-built-up-raster")
def built_up(facts: Facts) -> pd.DataFrame:
    """Built-up area of a town in the last built-up raster, km² (legal, partial pixels by their part)."""
    areas = _areas(facts)
    if areas is None:
        return nothing(facts)
    last = areas[areas.columns[-1]]
    return _measured(facts, last / M2_PER_KM2, "built_m2 / 1000000", {"built_m2": last}, "built_up_raster")


@measure("built_up_change_ha", unit="ha", scope="any", basis="basis-built-up-change")
def built_up_change(facts: Facts) -> pd.DataFrame:
    """Built-up area of the last raster less that of the one before, ha."""
    return _changed(facts, "all")


def _changed(facts: Facts, zone: str) -> pd.DataFrame:
    areas = _areas(facts, zone)
    if areas is None or areas.shape[1] < 2:  # noqa: PLR2004 - a change has two ends
        return nothing(facts)
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
        return nothing(facts)
    last = table.groupby("town_id").tail(1).set_index("town_id")
    numbers = {name: last[name] for name in ("built_up_persons", "persons")}
    return _measured(facts, last["share_pct"], "built_up_persons / persons × 100", numbers, "population_grid")


@measure("candidates_ha", unit="ha", scope="any", basis="basis-raster-candidates")
def candidates(facts: Facts) -> pd.DataFrame:
    """Land built-up by the raster where no parcel of construction land is: to be visited, ha (legal)."""
    return _visited(facts, "raster_candidate")


@measure("parcel_candidates_ha", unit="ha", scope="any", basis="basis-parcel-candidates")
def parcel_candidates(facts: Facts) -> pd.DataFrame:
    """Construction land by the parcels that is not built-up by the raster: to be visited, ha (legal)."""
    return _visited(facts, "parcel_candidate")


@measure("raster_agreement_pct", unit="%", scope="any", basis="basis-raster-agreement")
def agreement(facts: Facts) -> pd.DataFrame:
    """Share of a town on which parcels and built-up raster say the same, %."""
    table = _table(facts, "raster_agreement", "raster_agreement")
    if table is None:
        return nothing(facts)
    own = table.set_index("town_id")
    numbers = {name: own[name] for name in ("both_m2", "neither_m2", "raster_only_m2", "parcel_only_m2")}
    return _measured(facts, own["agreement_pct"], "(both + neither) / all × 100", numbers, "built_up_raster")


@measure("raster_kappa", unit="", scope="any", basis="basis-raster-kappa")
def kappa(facts: Facts) -> pd.DataFrame:
    """Cohen's kappa of parcels and built-up raster: agreement beyond what chance would give, 1 is full."""
    table = _table(facts, "raster_agreement", "raster_agreement")
    if table is None:
        return nothing(facts)
    own = table.set_index("town_id")
    numbers = {"agreement_pct": own["agreement_pct"]}
    return _measured(facts, own["kappa"], "(agreed - chance) / (1 - chance)", numbers, "built_up_raster")


@measure("built_up_outside_expansion_ha", unit="ha", scope="any", basis="basis-built-up-outside")
def built_up_outside(facts: Facts) -> pd.DataFrame:
    """Built-up area of the last raster outside the expansion boundary 扩展边界, ha, 二(二)5."""
    areas = _areas(facts, "outside")
    if areas is None or not areas.shape[1]:
        return nothing(facts)
    last = areas[areas.columns[-1]]
    return _measured(facts, last / M2_PER_HA, "outside_m2 / 10000", {"outside_m2": last}, "built_up_raster")


@measure("built_up_outside_change_ha", unit="ha", scope="any", basis="basis-built-up-outside-change")
def built_up_outside_change(facts: Facts) -> pd.DataFrame:
    """Built-up area outside the expansion boundary 扩展边界 in the last raster less that in the one before, ha, 二(二)5."""
    return _changed(facts, "outside")


@measure("night_light_change_pct", unit="%", scope="any", basis="basis-night-light")
def night_light_change(facts: Facts) -> pd.DataFrame:
    """Sum of a town's night light in the last raster against the one before, %."""
    table = _table(facts, "raster_light")
    if table is None or table["date"].nunique() < 2:  # noqa: PLR2004 - a change has two ends
        return nothing(facts)
    last = table.groupby("town_id").tail(1).set_index("town_id")
    return _measured(
        facts, last["change_pct"], "(after - before) / before × 100", {"light": last["light"]}, "night_light"
    )


@measure("sdg_11_3_1", unit="", scope="any", basis="basis-sdg-11-3-1")
def consumption(facts: Facts) -> pd.DataFrame:
    """Ratio of land consumption rate to population growth rate, SDG 11.3.1."""
    table = _table(facts, "sdg_11_3_1")
    if table is None or not len(table):
        return nothing(facts)
    own = table.set_index("town_id")
    formula = "ln(built2 / built1) / ln(persons2 / persons1)"
    return _measured(facts, own["ratio"], formula, {"lcr": own["lcr"], "pgr": own["pgr"]}, "built_up_raster")


@measure("steep_construction_ha", unit="ha", scope="any", basis="basis-steep-construction")
def steep(facts: Facts) -> pd.DataFrame:
    """Construction land of a town steeper than 25 degrees, ha (legal)."""
    table = _table(facts, "raster_slope")
    if table is None:
        return nothing(facts)
    sums = table[table["slope"] == table["slope"].max()].set_index("town_id")["area_m2"].rename("steep_m2")
    return _measured(facts, sums / M2_PER_HA, "steep_m2 / 10000", {"steep_m2": sums}, "terrain")


def _visited(facts: Facts, name: str) -> pd.DataFrame:
    """Sum of the polygons of a layer to visit, by administrative town."""
    done = facts.studies.get("raster_agreement")
    if done is None:
        return nothing(facts)
    table = done.tables["raster_agreement"].set_index("town_id")
    special = facts.towns["programme"].eq("special").fillna(value=False).astype(bool)
    held = table["agreement_pct"].notna() & ~special.reindex(table.index)
    sums = (
        HeldLayers(done.layers)
        .rows(name)
        .groupby("town_id")["area_m2"]
        .sum()
        .reindex(table.index, fill_value=0.0)
    )
    sums = sums.where(held)[~special.reindex(table.index)]
    return _measured(facts, sums / M2_PER_HA, "sum(area_m2) / 10000", {"area_m2": sums}, "built_up_raster")


def _table(facts: Facts, name: str, study: str = "rasters") -> pd.DataFrame | None:
    done = facts.studies.get(study)
    return None if done is None else done.tables.get(name)


def _areas(facts: Facts, zone: str = "all") -> pd.DataFrame | None:
    """Built-up area by town and date, m², the earliest date first; of the whole town, or in a zone."""
    table = _table(facts, "built_up_raster")
    if table is None:
        return None
    whole = table[table["zone"] == zone].assign(date=table["date"].fillna(""))
    return whole.pivot_table(index="town_id", columns="date", values="area_m2", dropna=False).sort_index(
        axis=1
    )


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
