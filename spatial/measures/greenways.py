"""Measures of greenways 三(二)4: length, density, towns and villages reached, people near them (`spatial.studies.greenways`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial import periods
from spatial.measures.quarters import layers
from spatial.measures.registry import PROGRAMME, measure, nothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spatial.measures.registry import Facts

M_PER_KM = 1e3


@measure("greenway_km", unit="km", scope="any", basis="basis-greenway-length")
def length(facts: Facts) -> pd.DataFrame:
    """Length of the greenways that are open in a town in km (geodesic, cut at its boundary, drawn twice counts once)."""
    return _of_town(facts, "length_m", "length_m / 1000", M_PER_KM)


@measure("greenway_km_per_km2", unit="km/km²", scope="any", basis="basis-greenway-density")
def density(facts: Facts) -> pd.DataFrame:
    """Km of greenway on a km² of the town (legal area)."""
    return _of_town(facts, "km_per_km2", "length_m / 1000 / (area_m2 / 1000000)", 1.0, "length_m", "area_m2")


@measure("greenway_km_per_10000", unit="km", scope="any", basis="basis-greenway-per-person")
def per_person(facts: Facts) -> pd.DataFrame:
    """Km of greenway for 10,000 people: of the indicator table, else of population points or grid."""
    return _of_town(facts, "km_per_10000", "length_m / 1000 / (persons / 10000)", 1.0, "length_m", "persons")


@measure("greenway_reached", unit="", scope="any", basis="basis-greenway-reached")
def reached(facts: Facts) -> pd.DataFrame:
    """Whether the greenway network reaches a town: 1 if one of its entrances lies there, else 0."""
    table = _table(facts, "greenway_reach")
    if table is None:
        return nothing(facts)
    own = table[table["kind"] == "town"].set_index("town_id")
    value = own["state"].eq("reached").astype(float)
    formula = "state = reached"
    proof = [{"inputs": _inputs(facts), "formula": formula, "numbers": {"reached": one}} for one in value]
    return pd.DataFrame({"value": value, "evidence": pd.Series(proof, index=value.index, dtype=object)})


@measure("greenway_villages_reached_pct", unit="%", scope="any", basis="basis-greenway-villages")
def villages(facts: Facts) -> pd.DataFrame:
    """Villages of a town that the greenway network reaches on foot from its entrances, out of all, %."""
    return _share(facts, _counts(facts, "town", "village", facts.as_of), "reached")


@measure("greenway_villages_near_pct", unit="%", scope="any", basis="basis-greenway-near")
def villages_near(facts: Facts) -> pd.DataFrame:
    """Villages of a town with a greenway within the same distance as the crow flies, out of all, %: no entrance asked."""
    table = _counts(facts, "town", "village", facts.as_of)
    reach = _table(facts, "greenway_reach")
    if table is None or reach is None:
        return nothing(facts)
    own = reach[reach["kind"] == "village"]
    limit = facts.settings.greenways["reach_m"]
    near = (own["line_m"] <= limit).astype(int).groupby(own["town_id"].to_numpy(dtype=object)).sum()
    return _share(facts, table.assign(near=near.reindex(table.index)), "near")


@measure("greenway_villages_change_pp", unit="pp", scope="any", basis="basis-greenway-villages-change")
def villages_change(facts: Facts) -> pd.DataFrame:
    """Share of villages reached now less that of a year before, percentage points: how far greenways extended 绿道网向镇、村延伸."""
    return _change(facts, "town")


@measure("greenway_centre_reached_pct", unit="%", scope="any", basis="basis-greenway-centres")
def centres(facts: Facts) -> pd.DataFrame:
    """Town centres that the greenway network reaches on foot from its entrances, out of all of the town, %."""
    return _share(facts, _counts(facts, "town", "centre", facts.as_of), "reached")


@measure("greenway_people_500_pct", unit="%", scope="any", basis="basis-greenway-people")
def people_500(facts: Facts) -> pd.DataFrame:
    """People of a town who live within 500 m of a greenway as the crow flies, %."""
    return _of_town(facts, "people_500_pct", "persons(500 m) / persons × 100", 1.0)


@measure("greenway_people_1000_pct", unit="%", scope="any", basis="basis-greenway-people")
def people_1000(facts: Facts) -> pd.DataFrame:
    """People of a town who live within 1 km of a greenway as the crow flies, %."""
    return _of_town(facts, "people_1000_pct", "persons(1000 m) / persons × 100", 1.0)


@measure("greenway_built_up_500_pct", unit="%", scope="any", basis="basis-greenway-built-up")
def built_up_500(facts: Facts) -> pd.DataFrame:
    """Built-up area of a town within 500 m of a greenway as the crow flies, %."""
    return _of_town(facts, "built_500_pct", "built(500 m) / built × 100", 1.0)


@measure("greenway_built_up_1000_pct", unit="%", scope="any", basis="basis-greenway-built-up")
def built_up_1000(facts: Facts) -> pd.DataFrame:
    """Built-up area of a town within 1 km of a greenway as the crow flies, %."""
    return _of_town(facts, "built_1000_pct", "built(1000 m) / built × 100", 1.0)


@measure("greenway_redline_km", unit="km", scope="any", basis="basis-greenway-redline")
def in_redline(facts: Facts) -> pd.DataFrame:
    """Length of a town's greenways in the ecological redline 生态保护红线, km (geodesic)."""
    return _of_town(facts, "redline_m", "redline_m / 1000", M_PER_KM)


@measure("greenway_missing_km", unit="km", scope="any", basis="basis-greenway-missing")
def missing(facts: Facts) -> pd.DataFrame:
    """Length of the proposed links, in the town where each lies, that would join all places not reached, km."""
    places = _table(facts, "greenway_reach")
    if places is None or places["kind"].eq("town").all():
        return nothing(facts)
    return _of_town(facts, "links_m", "links_m / 1000", M_PER_KM)


@measure("greenway_all_villages_reached_pct", unit="%", scope="programme", basis="basis-greenway-villages")
def all_villages(facts: Facts) -> pd.DataFrame:
    """Villages of all towns that the greenway network reaches on foot from its entrances, out of all, %."""
    return _share(facts, _counts(facts, "all", "village", facts.as_of), "reached")


@measure(
    "greenway_all_villages_change_pp", unit="pp", scope="programme", basis="basis-greenway-villages-change"
)
def all_villages_change(facts: Facts) -> pd.DataFrame:
    """Share of all villages reached now less that of a year before, percentage points."""
    return _change(facts, "all")


@measure("greenway_towns_reached_pct", unit="%", scope="programme", basis="basis-greenway-towns")
def all_towns(facts: Facts) -> pd.DataFrame:
    """Administrative towns that the greenway network reaches (an entrance lies there), out of all, %."""
    return _share(facts, _counts(facts, "all", "town", facts.as_of), "reached")


def _table(facts: Facts, name: str) -> pd.DataFrame | None:
    done = facts.studies.get("greenways")
    return None if done is None else done.tables.get(name)


def _inputs(facts: Facts) -> list[str]:
    roles = ("greenway", "greenway_access", "village", "town_centre", "road", "path")
    return [name for role in roles for name in layers(facts, role)]


def _of_town(facts: Facts, name: str, formula: str, divisor: float, *numbers: str) -> pd.DataFrame:
    table = _table(facts, "greenway_by_town")
    if table is None:
        return nothing(facts)
    own = table.set_index("town_id")
    return _measured(facts, own[name].astype(float) / divisor, formula, own[list(numbers or (name,))])


def _counts(facts: Facts, scope: str, kind: str, quarter: str) -> pd.DataFrame | None:
    """Places by state at a quarter; index ``town_id``."""
    table = _table(facts, "greenway_series")
    if table is None:
        return None
    chosen = (table["scope"] == scope) & (table["kind"] == kind) & (table["period"] == quarter)
    own = table[chosen]
    names = own["name"] if scope == "town" else pd.Series(PROGRAMME, index=own.index)
    return own.set_index(pd.Index(names.astype(object), name="town_id"))


def _share(facts: Facts, table: pd.DataFrame | None, part: str) -> pd.DataFrame:
    if table is None or not len(table):
        return nothing(facts)
    value = table[part] / table["total"] * 100
    return _measured(facts, value, f"{part} / total × 100", table[[part, "total"]])


def _change(facts: Facts, scope: str) -> pd.DataFrame:
    now = _counts(facts, scope, "village", facts.as_of)
    before = _counts(facts, scope, "village", periods.name(periods.number(facts.as_of) - 4))
    if now is None or before is None or not len(before):
        return nothing(facts)
    before = before.reindex(now.index)
    numbers = pd.DataFrame(
        {"reached": now["reached"], "reached[-1]": before["reached"], "total": now["total"]}
    )
    return _measured(facts, now["change_pp"], "(reached - reached[-1]) / total × 100", numbers)


def _measured(facts: Facts, value: pd.Series[Any], formula: str, numbers: pd.DataFrame) -> pd.DataFrame:
    inputs = _inputs(facts)
    rows: list[Mapping[str, Any]] = numbers.to_dict("records")
    proof = [
        {
            "inputs": inputs,
            "formula": formula,
            "numbers": {str(key): float(one) for key, one in row.items() if pd.notna(one)},
            **(
                {}
                if pd.notna(one_value)
                else {"missing": [str(key) for key, one in row.items() if pd.isna(one)]}
            ),
        }
        for one_value, row in zip(value, rows, strict=True)
    ]
    return pd.DataFrame({"value": value, "evidence": pd.Series(proof, index=value.index, dtype=object)})
