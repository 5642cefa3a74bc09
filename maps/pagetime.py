"""What the page of the map knows of quarters: findings judged again, lines of indicators, investment, sites."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.assuming import judge_quarters
from maps.pagedata import findings, missing, number, said
from spatial import periods
from spatial.project_progress import quarter_numbers, schedule

if TYPE_CHECKING:
    from layers.results import Results
    from spatial.messages import Lang

DIGITS = 4
AHEAD = 8
"""Quarters of the schedule that are drawn beyond the quarter of the run."""
ZONES = ("permitted", "conditional", "restricted", "forbidden")


def quarters(results: Results, earlier: pd.DataFrame) -> list[str]:
    """Quarters to choose from, the run's own last: those before it in which a clause was judged on figures."""
    judged = earlier.loc[earlier["verdict"] != "no data", "quarter"]
    return [*sorted(set(judged.astype(str))), str(results.provenance.get("as_of") or "")]


def earlier_findings(results: Results) -> pd.DataFrame:
    """Findings of earlier quarters; none where the results hold no series."""
    return judge_quarters(results)


def past(results: Results, earlier: pd.DataFrame, lang: Lang) -> dict[str, list[list[str]]]:
    """By quarter, a row for each finding: town, rule, verdict, value, threshold, margin."""
    if earlier.empty:
        return {}
    rows = findings(replace(results, findings=earlier), lang)
    told: dict[str, list[list[str]]] = {}
    for quarter, row in zip(earlier["quarter"], rows, strict=True):
        own = [row["town"], row["rule"], row["verdict"], row["value"], row["threshold"], row["margin"]]
        told.setdefault(str(quarter), []).append(own)
    return told


def lines(results: Results, earlier: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Indicators over quarters: ``quarters``, and by measure its label, unit, values and thresholds by town."""
    table = results.tables.get("series")
    if table is None or table.empty:
        return {"quarters": [], "measures": {}}
    periods_ = sorted(set(table["period"].astype(str)))
    place = {quarter: at for at, quarter in enumerate(periods_)}
    asked = _asked(results, earlier)
    told: dict[str, Any] = {}
    for measure, rows in table.groupby("measure", sort=False):
        unit = rows["unit"].iloc[0]
        towns: dict[str, Any] = {}
        for town, own in rows.groupby("town_id", sort=False):
            values: list[float | None] = [None] * len(periods_)
            for quarter, value in zip(own["period"], own["value"], strict=True):
                values[place[str(quarter)]] = round(float(value), DIGITS)
            towns[str(town)] = {"v": values}
            if limits := asked.get((str(town), str(measure))):
                towns[str(town)]["t"] = [limits.get(quarter) for quarter in periods_]
        told[str(measure)] = {
            "label": said(measure, lang, "measure-"),
            "unit": "" if missing(unit) else said(unit, lang, "unit-"),
            "towns": towns,
        }
    return {"quarters": periods_, "measures": told}


def _asked(results: Results, earlier: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    """Thresholds by town and measure, and by quarter; of several rules for one measure the first."""
    now = results.findings.assign(quarter=str(results.provenance.get("as_of")))
    columns = ["town_id", "measure", "quarter", "threshold"]
    both = pd.concat([earlier[columns].astype(object), now[columns].astype(object)], ignore_index=True)
    asked: dict[tuple[str, str], dict[str, float]] = {}
    for town, measure, quarter, threshold in both.itertuples(index=False):
        if not missing(threshold):
            own = asked.setdefault((str(town), str(measure)), {})
            own.setdefault(str(quarter), round(float(threshold), DIGITS))
    return asked


def investment(results: Results) -> dict[str, Any]:
    """Cumulated money by quarter and town, 亿元: planned by its projects' dates, and reported.

    Money of a project is planned evenly from its first to its last quarter (`spatial.project_progress.schedule`).
    Reported is the investment of the indicator tables, years summed up from the first one reported; a year without
    its fourth quarter leaves out what comes after it.
    """
    planned = _planned(results)
    reported = _reported(results)
    if not planned and not reported:
        return {"quarters": [], "towns": {}}
    known = [at for town in (*planned.values(), *reported.values()) for at in town]
    now = periods.number(str(results.provenance["as_of"]))
    axis = range(min(known), min(max(known), now + AHEAD) + 1)
    towns = {}
    for town in {**planned, **reported}:
        own = {"planned": planned.get(town, {}), "reported": reported.get(town, {})}
        towns[town] = {name: [values.get(at) for at in axis] for name, values in own.items()}
    return {"quarters": [periods.name(at) for at in axis], "towns": towns}


def _planned(results: Results) -> dict[str, dict[int, float]]:
    frame = results.projects
    if frame is None or not {"town_id", "start", "finish", "planned_yi"} <= set(frame):
        return {}
    start, finish = quarter_numbers(frame["start"]), quarter_numbers(frame["finish"])
    money = pd.to_numeric(frame["planned_yi"]).to_numpy(dtype=float, na_value=np.nan)
    towns = frame["town_id"].astype(object).where(frame["town_id"].notna(), None)
    use = (finish >= start) & ~np.isnan(money) & towns.notna().to_numpy()
    if not use.any():
        return {}
    found: dict[str, dict[int, float]] = {}
    last = int(finish[use].max())
    for at in range(int(start[use].min()) - 1, last + 1):
        due = schedule(start[use], finish[use], money[use], np.zeros(use.sum()), at)["planned_value_yi"]
        sums = due.groupby(towns[use].to_numpy()).sum()
        for town, value in sums.items():
            found.setdefault(str(town), {})[at] = round(float(value), DIGITS)
    return found


def _reported(results: Results) -> dict[str, dict[int, float]]:
    table = results.tables.get("series")
    if table is None or table.empty:
        return {}
    rows = table[table["measure"] == "investment_year_yi"]
    found: dict[str, dict[int, float]] = {}
    for town, own in rows.groupby("town_id", sort=False):
        numbers = {periods.number(str(q)): float(v) for q, v in zip(own["period"], own["value"], strict=True)}
        before, year = 0.0, min(numbers) // 4
        while any(at // 4 == year for at in numbers):
            for at in range(4 * year, 4 * year + 4):
                if at in numbers:
                    found.setdefault(str(town), {})[at] = round(before + numbers[at], DIGITS)
            if 4 * year + 3 not in numbers:
                break
            before, year = before + numbers[4 * year + 3], year + 1
    return found


def land(results: Results, lang: Lang) -> dict[str, Any]:
    """Construction land by town and zone: km² now, hectares that came and went since the state before.

    ``totals`` are all hectares that came and went; special towns, which lie in other towns, are not added again.
    """
    rows = results.measures
    wanted = {f"construction_land_{zone}_km2": zone for zone in ZONES}
    own = rows[rows["measure"].isin(list(wanted)) & rows["value"].notna()]
    moved, dates = _moved(results)
    towns: dict[str, list[list[Any]]] = {}
    for town, measure, value in own[["town_id", "measure", "value"]].itertuples(index=False):
        zone = wanted[measure]
        change = [round(moved.get((str(town), kind, zone), 0.0) / 1e4, DIGITS) for kind in ("new", "gone")]
        said_ = number(value, "km²", lang)
        towns.setdefault(str(town), []).append([zone, round(float(value), 6), said_, *change])
    lacking = rows[(rows["measure"] == "construction_land_no_zone_m2") & (rows["value"] > 0)]
    for town, value in lacking[["town_id", "value"]].itertuples(index=False):
        towns.setdefault(str(town), []).append(
            ["no_zone", round(float(value) / 1e6, 6), number(value, "m²", lang), 0, 0]
        )
    special = set(
        results.towns.index[results.towns["programme"].eq("special").fillna(value=False).astype(bool)]
    )
    totals = [
        round(
            sum(value for (town, way, _), value in moved.items() if way == kind and town not in special)
            / 1e4,
            4,
        )
        for kind in ("new", "gone")
    ]
    return {"towns": towns, "dates": dates, "totals": totals}


def _moved(results: Results) -> tuple[dict[tuple[str, str, str], float], list[str]]:
    """Area that came and went by town, kind and zone, and the two dates between."""
    table = results.tables.get("land_change")
    if table is None or table.empty:
        return {}, []
    sums = table.groupby(["town_id", "kind", "zone"])["area_m2"].sum()
    dates = [str(table["before"].iloc[0]), str(table["after"].iloc[0])]
    return {(str(a), str(b), str(c)): float(value) for (a, b, c), value in sums.items()}, dates


def sites(results: Results, lang: Lang) -> dict[str, list[list[Any]]]:
    """By town: what kind of site, quarter, state, and how many."""
    table = results.tables.get("site_counts")
    if table is None or table.empty:
        return {}
    known = table[table["town_id"].notna() & table["state"].notna()]
    told: dict[str, list[list[Any]]] = {}
    sums = known.groupby(["town_id", "role", "period", "state"], sort=True)["count"].sum()
    for (town, role, quarter, state), count in sums.items():
        told.setdefault(str(town), []).append(
            [said(role, lang, "role-"), str(quarter), str(state), int(count)]
        )
    return told
