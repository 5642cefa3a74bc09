"""Projects 项目 of the two kinds of town, 二(二)3: where they lie, how far they are, what counts, where they cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial import periods, project_reports
from spatial.measures.investment import TOTAL
from spatial.measures.quarters import figures
from spatial.project_places import places
from spatial.project_progress import (
    DIGITS,
    LATE_QUARTERS,
    STATES,
    STILL_QUARTERS,
    components,
    hot_spots,
    missing_quarters,
    neighbours,
    quarter_numbers,
    schedule,
    still_quarters,
)
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.subjects import lying_in

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

NATURES = {
    "housing": {"housing", "商品住宅", "住宅", "房地产", "商品房"},
    "complex": {"complex", "商业综合体", "城市综合体"},
}
"""Kinds of project whose investment a rulebook may leave out (`Settings.investment_excludes`)."""
CLUSTER_M = 1_000.0
CLUSTER_LEAST = 3
HOT_Z = 1.96
"""Two-sided 5 %."""
RECONCILED_PCT = 5.0
"""By how much the sum of the projects may differ from the report; a convention of this program."""
_MONEY = ("planned_yi", "paid_yi", "funding_yi", "funding_gap_yi", "counted_yi", "excluded_yi")


@study("projects")
def projects(facts: Facts) -> Study | None:
    """Everything about projects: the layer ``project_state`` and four tables.

    ``project_state`` has one row a project (docs/projects.md lists its columns), ``project_by_town`` its sums,
    ``project_reconciliation`` the money of the projects against the investment that their town reported,
    ``project_clusters`` the groups of at least `CLUSTER_LEAST` projects at most `CLUSTER_M` from the next.
    """
    frame = facts.frames.get("project")
    if frame is None or not len(frame):
        return None
    frame = _with_towns(frame.reindex(columns=[*_COLUMNS, "geometry"]), facts)
    reports, unmatched = project_reports.matched(frame, facts.frames.get("project_report"), facts.as_of)
    money = _money(_current(frame, reports, facts.as_of), facts)
    where, repaired = places(frame, facts)
    near = neighbours(frame.geometry.to_numpy(), CLUSTER_M)
    state = pd.concat([money, _progress(money, reports, facts), where], axis=1)
    state["cluster"] = _clusters(near, len(frame))
    state["gi_z"] = hot_spots(near, state["paid_yi"])
    heat = pd.Series(None, index=state.index, dtype=object)
    state["hot"] = heat.mask(state["gi_z"] >= HOT_Z, "hot").mask(state["gi_z"] <= -HOT_Z, "cold")
    layer = gpd.GeoDataFrame(state, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    return Study(
        layers={"project_state": layer},
        tables={
            "project_state": state.reset_index(names="id"),
            "project_by_town": by_town(state),
            "project_reconciliation": reconciliation(state, reports, facts),
            "project_clusters": clusters(layer),
        },
        issues=pd.concat(
            [unmatched, project_reports.falls(frame, reports), repaired], ignore_index=True
        ).astype(object),
    )


_COLUMNS = (
    "layer", "fid", "name", "code", "town", "town_id", "kind", "state", "start", "finish", "planned_yi", "paid_yi",
    "funding_yi", "counted", "period",
)  # fmt: skip


def _with_towns(frame: gpd.GeoDataFrame, facts: Facts) -> gpd.GeoDataFrame:
    """The projects; one that names no town belongs to the one it lies in."""
    silent = frame["town"].isna() & frame["town_id"].isna()
    found = lying_in(frame.geometry, facts.towns, special=True)
    return frame.assign(town_id=frame["town_id"].astype(object).mask(silent, found))


def _current(frame: gpd.GeoDataFrame, reports: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """The projects as they were last reported up to the quarter; funding by the layer where no report tells it.

    Before its start, what no report speaks of is planned, and nothing is paid for it.
    """
    last = project_reports.latest(reports, frame.index)
    known = last.pop("at")
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(**last.to_dict("series"))
    later = quarter_numbers(frame["period"]) > periods.number(as_of)
    table["funding_yi"] = table["funding_yi"].where(table["funding_yi"].notna() | later, frame["funding_yi"])
    ahead = table["state"].isna() & (quarter_numbers(frame["start"]) > periods.number(as_of))
    table["state"] = table["state"].mask(ahead, "planned")
    table["paid_yi"] = table["paid_yi"].mask(ahead & table["paid_yi"].isna(), 0.0)
    table["period"] = known.map(lambda at: periods.name(int(at)), na_action="ignore").astype(object)
    for name in ("planned_yi", "paid_yi", "funding_yi"):
        table[name] = table[name].astype(float)
    return table


def _money(table: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """What is still to be funded, and what of the paid money counts by the level of the town."""
    table["funding_gap_yi"] = (table["planned_yi"] - table["funding_yi"]).clip(lower=0)
    table["excluded_because"] = excluded(table, facts)
    left_out = table["excluded_because"].notna()
    table["counted_yi"] = table["paid_yi"].where(~left_out, 0.0)
    table["excluded_yi"] = table["paid_yi"].where(left_out, 0.0)
    return table


def excluded(table: pd.DataFrame, facts: Facts) -> pd.Series[Any]:
    """Why the investment of a project does not count: ``stated``, ``housing``, ``complex``; None if it does.

    What a project is comes from ``counted``, else from its ``kind``; whether that counts, from the level of
    its special town (`Settings.investment_excludes`). ``counted = yes`` or ``no`` decides alone.
    """
    towns = facts.towns.reindex(table["town_id"])
    special = towns["programme"].eq("special").fillna(value=False).to_numpy(dtype=bool)
    said, kind = table["counted"], table["kind"]
    why = pd.Series(None, index=table.index, dtype=object).mask(said.eq("no"), "stated")
    for nature, words in NATURES.items():
        levels = [
            level
            for level, names in facts.settings.investment_excludes.items()
            if f"{nature}_investment_yi" in names
        ]
        out = special & towns["level"].isin(levels).to_numpy()
        is_it = said.eq(nature) | (said.isna() & kind.isin(words))
        why = why.mask(is_it.fillna(value=False).astype(bool) & out, nature)
    return why


def _progress(table: pd.DataFrame, reports: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Schedule, delay, standstill and quarters without a report."""
    now = periods.number(facts.as_of)
    start, finish = quarter_numbers(table["start"]), quarter_numbers(table["finish"])
    done = table["state"].eq("done").fillna(value=False).astype(bool)
    waits = table["state"].eq("planned").fillna(value=False).astype(bool)
    earned = table["paid_yi"].mask(done, table["planned_yi"]).mask(waits & table["paid_yi"].isna(), 0.0)
    result = schedule(start, finish, table["planned_yi"], earned, now).set_index(table.index)
    ended = project_reports.done_at(reports, table.index)
    result["delay_quarters"] = result["delay_quarters"].where(~done, ended - finish)
    idle = done | (start > now)
    late = result["delay_quarters"].ge(LATE_QUARTERS) & ~idle
    result["late"] = late.astype("boolean").where(idle | result["delay_quarters"].notna())
    still = still_quarters(reports).reindex(table.index)
    result["still_quarters"] = still.astype(float)
    open_ = ~done & ~waits & ~table["paid_yi"].ge(table["planned_yi"])
    stands = table["state"].eq("stalled").fillna(value=False) | (open_ & still.ge(STILL_QUARTERS))
    result["stalled"] = pd.array(stands.astype(bool), dtype="boolean")
    told = facts.frames.get("project_report", pd.DataFrame(columns=["period"]))["period"].dropna()
    if not len(told):
        return result.assign(missing=np.nan, missing_quarters=None)
    first = np.fmax(start, quarter_numbers(told).min())
    finished = reports[reports["state"].eq("done")].groupby("project")["at"].min().reindex(table.index)
    known = reports.groupby("project")["at"].agg(set).reindex(table.index)
    gaps = missing_quarters(
        first, finished.fillna(now), [one if isinstance(one, set) else set() for one in known]
    )
    return result.assign(
        missing=[float(len(gap)) for gap in gaps],
        missing_quarters=pd.Series([" ".join(gap) or None for gap in gaps], table.index, dtype=object),
    )


def _clusters(near: np.ndarray, count: int) -> pd.Series[Any] | np.ndarray:
    """Number of the cluster of each project, in the order of their first project; NaN outside clusters."""
    label = components(near, count)
    _, place, sizes = np.unique(label, return_inverse=True, return_counts=True)
    numbers = np.where(sizes >= CLUSTER_LEAST, np.cumsum(sizes >= CLUSTER_LEAST), np.nan)
    return numbers[place]


def by_town(state: pd.DataFrame) -> pd.DataFrame:
    """Counts by state and sums of money of each town's projects; a sum with a number missing is missing."""
    rows = state[state["town_id"].notna()]
    groups = rows.groupby("town_id", sort=True)
    table = pd.DataFrame({"projects": groups.size()})
    for one in STATES:
        table[one] = rows["state"].eq(one).fillna(value=False).groupby(rows["town_id"]).sum().astype(int)
    table["state_unknown"] = table["projects"] - table[list(STATES)].sum(axis=1)
    for name in (*_MONEY, "planned_value_yi", "earned_value_yi"):
        table[name] = groups[name].agg(lambda column: column.sum(skipna=False))
    flags = {
        "late": rows["late"], "standing_still": rows["stalled"], "outside_town": ~rows["in_town"],
        "outside_construction_area": ~rows["in_construction_area"], "on_farmland": rows["on_farmland"],
        "on_redline": rows["on_redline"], "in_barred_zone": rows["in_barred_zone"],
        "with_missing_quarters": rows["missing"].gt(0).astype("boolean").where(rows["missing"].notna()),
    }  # fmt: skip
    for name, flag in flags.items():
        known = flag.astype("boolean")
        counted = known.fillna(value=False).astype(int).groupby(rows["town_id"]).sum().astype(float)
        table[name] = counted.where(known.notna().groupby(rows["town_id"]).any())
    return table.reset_index()


def reconciliation(state: pd.DataFrame, reports: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """The money of a town's projects against the fixed-asset investment that the town reported, by year.

    Parameters
    ----------
    state
        Projects with ``town_id`` and ``start``.
    reports
        As `spatial.project_reports.matched` gives them.
    facts
        Towns and their figures.

    Returns
    -------
    DataFrame
        One row a town and year with reports on projects: ``period`` (up to which), ``projects_yi``,
        ``reported_yi``, ``difference_yi`` and ``difference_pct`` (projects minus report; none where 0 is reported), ``tolerance_pct``,
        ``unknown`` (projects whose money of the year is not known), ``verdict``: ``reconciled``,
        ``projects-more``, ``projects-less``, or ``no data``.
    """
    now = periods.number(facts.as_of)
    start = pd.Series(quarter_numbers(state["start"]), index=state.index)
    years = range(int(reports["at"].min()) // 4, now // 4 + 1) if len(reports) else range(0)
    known = state["town_id"].dropna()
    tables = []
    for year in years:
        at = min(now, year * 4 + project_reports.YEAR_END)
        paid = project_reports.paid_in(reports, start, year, at)[known.index]
        table = pd.DataFrame({"projects_yi": paid.groupby(known).agg(lambda money: money.sum(skipna=False))})
        table["unknown"] = paid.isna().groupby(known).sum().astype(int)
        reported = figures(facts, [TOTAL], periods.name(at))[TOTAL].astype(float)
        table["reported_yi"] = reported.reindex(table.index)
        tables.append(table.assign(year=year, period=periods.name(at)).rename_axis("town_id").reset_index())
    columns = ["town_id", "year", "period", "projects_yi", "reported_yi", "difference_yi", "difference_pct",
               "tolerance_pct", "unknown", "verdict"]  # fmt: skip
    if not tables:
        return pd.DataFrame(columns=columns)
    found = pd.concat(tables, ignore_index=True)
    found["difference_yi"] = (found["projects_yi"] - found["reported_yi"]).round(DIGITS)
    found["difference_pct"] = (
        found["difference_yi"] / found["reported_yi"].where(found["reported_yi"] > 0) * 100
    ).round(DIGITS)
    found["tolerance_pct"] = RECONCILED_PCT
    off = found["difference_pct"].where(found["reported_yi"].ne(0), np.sign(found["difference_yi"]) * np.inf)
    off = off.mask(found["difference_yi"].eq(0), 0.0)
    found["verdict"] = np.select(
        [off.isna(), off > RECONCILED_PCT, off < -RECONCILED_PCT], ["no data", "projects-more", "projects-less"],
        "reconciled",
    )  # fmt: skip
    return found.sort_values(["town_id", "year"], kind="stable", ignore_index=True)[columns]


def clusters(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Number, towns, money, middle (working CRS) and reach (m, from the middle) of each cluster."""
    rows = layer[layer["cluster"].notna()]
    spots = rows.geometry.centroid
    table = pd.DataFrame(rows.drop(columns="geometry")).assign(x=spots.x, y=spots.y)
    groups = table.groupby("cluster", sort=True)
    result = groups.agg(
        projects=("name", "size"), towns=("town_id", "nunique"), hot=("hot", lambda column: int((column == "hot").sum())),
        x=("x", "mean"), y=("y", "mean"),
    )  # fmt: skip
    for name in ("planned_yi", "paid_yi"):
        result[name] = groups[name].agg(lambda column: column.sum(skipna=False))
    middle = result.loc[table["cluster"], ["x", "y"]].to_numpy()
    away = np.hypot(*(table[["x", "y"]].to_numpy() - middle).T)
    result["reach_m"] = pd.Series(away, index=table["cluster"].to_numpy()).groupby(level=0).max()
    return result.reset_index().astype({"cluster": int})
