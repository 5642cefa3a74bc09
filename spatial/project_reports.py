"""Reports on projects by quarter: matched to their projects, the latest state, money paid in a year."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from spatial import periods
from spatial.project_progress import quarter_numbers
from spatial.repair import ISSUE_COLUMNS

FIGURES = ["state", "paid_yi", "funding_yi"]
COLUMNS = ["project", "at", *FIGURES]
YEAR_END = 3


def matched(
    projects: pd.DataFrame, reports: pd.DataFrame | None, as_of: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reports up to a quarter with the project that each is of.

    A report belongs to the project of its code, else to the one project of its town with its name. What the
    layer of projects says of one counts as a report for the layer's ``period``; where the layer names none,
    as one for `as_of` if no quarter has a report on the project.

    Parameters
    ----------
    projects
        Frame of the role ``project`` with ``town_id``.
    reports
        Frame of the role ``project_report`` with ``town_id``, or None.
    as_of
        Quarter, e.g. ``2016Q4``.

    Returns
    -------
    reports
        Columns `COLUMNS`: ``project`` (index of `projects`), ``at`` (count of quarters), one row for each
        project and quarter; a figure on which two rows of a quarter disagree is missing.
    issues
        Rows of the issues table: reports of no project, or of one of several with the same name.
    """
    issues = pd.DataFrame(columns=ISSUE_COLUMNS)
    told = pd.DataFrame(columns=COLUMNS)
    if reports is not None and len(reports):
        own = _owners(projects, reports)
        issues = _unmatched(reports[own.isna()])
        told = reports.assign(project=own, at=quarter_numbers(reports["period"])).reindex(columns=COLUMNS)
        told = told[own.notna()]
    own_period = projects.get("period", pd.Series(None, index=projects.index, dtype=object))
    said = pd.Series(quarter_numbers(own_period), index=projects.index)
    silent = said.isna() & ~projects.index.isin(told["project"])
    said = said.where(~silent, float(periods.number(as_of)))
    told = told[told["at"].le(periods.number(as_of))]
    rows = projects.reindex(columns=FIGURES).assign(project=projects.index, at=said)[COLUMNS]
    rows = rows[said.le(periods.number(as_of))]
    there = pd.MultiIndex.from_frame(told[["project", "at"]])
    rows = rows[~pd.MultiIndex.from_frame(rows[["project", "at"]]).isin(there)]
    return _one_a_quarter(pd.concat([part.astype(_TYPES) for part in (told, rows)])), issues


_TYPES: dict[str, Any] = {
    "project": object,
    "at": float,
    "state": object,
    "paid_yi": float,
    "funding_yi": float,
}


def latest(reports: pd.DataFrame, projects: pd.Index[Any]) -> pd.DataFrame:
    """The last known state and sums of each project, and the quarter of the last report as ``at``."""
    rows = reports.sort_values("at", kind="stable")
    return rows.groupby("project", sort=False)[["at", *FIGURES]].last().reindex(projects)


def done_at(reports: pd.DataFrame, projects: pd.Index[Any]) -> pd.Series[Any]:
    """Quarter of the first report that says done after one that did not; NaN where none shows the change."""
    done = reports["state"].eq("done")
    first = reports[done].groupby("project")["at"].min()
    before = reports[~done].groupby("project")["at"].min()
    return first.where(before.reindex(first.index) < first).reindex(projects)


def paid_by(reports: pd.DataFrame, start: pd.Series[Any], at: int) -> pd.Series[Any]:
    """Money paid since the start of each project by the end of a quarter, 10^8 yuan.

    What is reported for that very quarter, or earlier if the project was done then; nothing before the
    start. NaN where none of these is known.

    Parameters
    ----------
    reports
        As `matched` gives them.
    start
        Count of quarters by project; NaN where not known.
    at
        Count of quarters.
    """
    exact = reports[reports["at"].eq(at)].set_index("project")["paid_yi"]
    done = reports[reports["at"].lt(at) & reports["state"].eq("done")].sort_values("at")
    known = exact.reindex(start.index)
    known = known.where(known.notna(), done.groupby("project")["paid_yi"].last().reindex(start.index))
    return known.where(known.notna() | ~start.gt(at), 0.0)


def paid_in(reports: pd.DataFrame, start: pd.Series[Any], year: int, at: int) -> pd.Series[Any]:
    """Money paid for each project from January of `year` to the quarter `at`, 10^8 yuan; NaN where not known."""
    before = (year - 1) * 4 + YEAR_END
    return paid_by(reports, start, min(at, year * 4 + YEAR_END)) - paid_by(reports, start, before)


def falls(projects: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Issues: sums paid since the start that are less than reported before."""
    rows = reports[reports["paid_yi"].notna()].sort_values(["project", "at"], kind="stable")
    before = rows.groupby("project", sort=False)["paid_yi"].shift()
    bad = rows.assign(before=before)[rows["paid_yi"].lt(before)]
    return _table(
        [
            _issue("issue-project-paid-falls", projects.loc[row["project"]], row["project"],
                   period=periods.name(int(row["at"])), paid=row["paid_yi"], before=row["before"])
            for row in bad.to_dict("records")
        ]
    )  # fmt: skip


def _owners(projects: pd.DataFrame, reports: pd.DataFrame) -> pd.Series[Any]:
    found = pd.Series(None, index=reports.index, dtype=object)
    for key in (["code"], ["town_id", "name"], ["name"]):
        if not set(key) <= set(projects) or not set(key) <= set(reports):
            continue
        known = projects[projects[key].notna().all(axis=1)].drop_duplicates(key, keep=False)
        lookup = dict(zip(known[key].itertuples(index=False, name=None), known.index, strict=True))
        hits = [lookup.get(row) for row in reports[key].itertuples(index=False, name=None)]
        open_ = found.isna()
        if key == ["name"]:
            open_ &= reports["town_id"].isna() if "town_id" in reports else True
        found = found.where(~open_, pd.Series(hits, index=reports.index, dtype=object))
    return found


def _unmatched(rows: pd.DataFrame) -> pd.DataFrame:
    first = rows.drop_duplicates([name for name in ("code", "town", "name") if name in rows])
    return _table([_issue("issue-project-report-unmatched", row, key) for key, row in first.iterrows()])


def _one_a_quarter(rows: pd.DataFrame) -> pd.DataFrame:
    groups = rows.groupby(["project", "at"], sort=True)[FIGURES]
    one = groups.first().where(groups.nunique().le(1))
    return one.reset_index().astype(_TYPES)


def _issue(code: str, row: pd.Series[Any], key: Any, **params: object) -> dict[str, Any]:
    return {
        "code": code, "severity": "warning", "layer": row.get("layer"), "fid": row.get("fid"), "id": key,
        "params": {"name": row.get("name"), **params}, "geometry": row.get("geometry"),
    }  # fmt: skip


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=ISSUE_COLUMNS).replace({np.nan: None})
