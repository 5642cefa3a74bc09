"""What changed between two runs: verdicts, figures, land and projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.areas import legal_area
from spatial.limits import solid, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAME_VALUE = 1e-9
"""Two figures that differ by less, of their size, are the same."""
MOVED_M = 10.0
"""A project that lies farther from where it was has moved, m."""
DUST_M2 = 0.01
"""Land of less than this is none: areas are given to 0.01 m²."""
_BAD = ("fail", "warning")
_ENDED = ("done",)
FINDING_COLUMNS = [
    "town_id", "clause", "rule", "measure", "unit", "change", "verdict_before", "verdict_after",
    "value_before", "value_after", "exception",
]  # fmt: skip
PROJECT_COLUMNS = [
    "town_id", "name", "change", "state_before", "state_after", "paid_yi_before", "paid_yi_after", "moved_m",
]  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """What changed from one run to another.

    Attributes
    ----------
    findings
        One row a town and rule, `FINDING_COLUMNS`. ``change``: ``new`` (a fail or warning that was none), ``gone``,
        ``still``, ``worse`` and ``better`` (between fail and warning), ``waived`` (an exception stands that did
        not), ``turned`` (between pass and no data), ``same``.
    measures
        One row a town and measure that either run has: ``before``, ``after``, ``difference`` (NaN where one is missing).
    land
        Parts of pieces that break a rule: ``new``, ``gone`` and ``still``, with legal area, m², and geometry.
    projects
        One row a project, `PROJECT_COLUMNS`. ``change``: ``new``, ``gone``, ``finished``, ``stalled``, ``moved``,
        ``advanced`` or ``same``; ``stalled`` also where nothing was paid since, that was reported, and it is not done.
    """

    findings: pd.DataFrame
    measures: pd.DataFrame
    land: gpd.GeoDataFrame
    projects: pd.DataFrame


def compare_findings(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Findings of two runs side by side, matched by town and rule; see `Comparison`.

    Parameters
    ----------
    before, after
        Findings tables.
    """
    key = ["town_id", "rule"]
    both = before.merge(after, on=key, how="outer", suffixes=("_before", "_after"))
    known = {
        name: both[f"{name}_after"].fillna(both[f"{name}_before"]) for name in ("clause", "measure", "unit")
    }
    was, now = both["verdict_before"], both["verdict_after"]
    bad_was, bad_now = was.isin(_BAD), now.isin(_BAD)
    excepted = both["exception_after"].notna() & both["exception_before"].isna() & bad_was
    rank = {"fail": 2, "warning": 1}
    step = now.map(rank).fillna(0) - was.map(rank).fillna(0)
    change = np.select(
        [excepted & ~bad_now, bad_now & ~bad_was, bad_was & ~bad_now, bad_now & (step > 0), bad_now & (step < 0),
         bad_now, was.fillna("") != now.fillna("")],
        ["waived", "new", "gone", "worse", "better", "still", "turned"], "same",
    )  # fmt: skip
    table = both[key].assign(
        **known, change=change, verdict_before=was, verdict_after=now, value_before=both["value_before"],
        value_after=both["value_after"], exception=both["exception_after"],
    )  # fmt: skip
    return table[FINDING_COLUMNS]


def compare_measures(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Measures of two runs side by side.

    Parameters
    ----------
    before, after
        Measures tables.

    Returns
    -------
    DataFrame
        ``town_id``, ``measure``, ``unit``, ``before``, ``after``, ``difference``, ``changed``; what one run lacks is
        NaN, and so is its difference.
    """
    columns = ["town_id", "measure", "unit", "value"]
    both = before[columns].merge(after[columns], on=columns[:3], how="outer", suffixes=("_before", "_after"))
    both = both.rename(columns={"value_before": "before", "value_after": "after"})
    both["difference"] = both["after"] - both["before"]
    size = both[["before", "after"]].abs().max(axis=1)
    known = both["before"].notna() | both["after"].notna()
    both["changed"] = known & ~(both["difference"].abs() <= SAME_VALUE * size)
    return both[known].reset_index(drop=True)


def compare_land(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Land that breaks a rule now and did not, no longer does, or still does.

    Parameters
    ----------
    before, after
        Pieces of two runs in one plane CRS in metres.

    Returns
    -------
    GeoDataFrame
        ``town_id``, ``rule``, ``clause``, ``change`` (``new``, ``gone``, ``still``), ``area_m2`` (legal), geometry: one
        row for each town, rule and change that has land. The three do not overlap within a rule.
    """
    rows: list[dict[str, Any]] = []
    keys = pd.concat([before[["town_id", "rule", "clause"]], after[["town_id", "rule", "clause"]]])
    for key in keys.drop_duplicates().itertuples(index=False):
        old, new = (_land(frame, key) for frame in (before, after))
        found = {
            "new": _of(shapely.difference, new, old),
            "gone": _of(shapely.difference, old, new),
            "still": _of(shapely.intersection, new, old),
        }
        rows += [
            {
                "town_id": key.town_id,
                "rule": key.rule,
                "clause": key.clause,
                "change": change,
                "geometry": shape,
            }
            for change, shape in found.items()
        ]
    columns = ["town_id", "rule", "clause", "change", "geometry"]
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=after.crs)
    table["area_m2"] = legal_area(table.geometry.to_numpy(), after.crs) if len(table) else []
    return table[table["area_m2"] >= DUST_M2].reset_index(drop=True)


def _land(frame: gpd.GeoDataFrame, key: Any) -> Any:
    mine = frame["town_id"].eq(key.town_id) & frame["rule"].eq(key.rule) & ~frame["sliver"].astype(bool)
    return shapely.union_all(frame.geometry.to_numpy()[mine.to_numpy()])


def _of(operation: Any, one: Any, other: Any) -> Any:
    shapes = solve(operation, np.array([one], dtype=object), np.array([other], dtype=object))
    return solid(shapes)[0]


def compare_projects(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, *, reported: bool = False
) -> pd.DataFrame:
    """Projects of two runs side by side, matched by town and name; see `Comparison`.

    Parameters
    ----------
    before, after
        Canonical frames of the role ``project`` with ``town_id``, or layers ``project_state``; projects that share
        town and name are matched in their order.
    reported
        Both runs have the same projects and know by quarterly reports alone how far they are: one without a later
        report, or without two of them, has not stalled for having been paid nothing.
    """
    key = ["town_id", "name", "nth"]
    both = _numbered(before).merge(_numbered(after), on=key, how="outer", suffixes=("_before", "_after"))
    old, new = both["geometry_before"].to_numpy(), both["geometry_after"].to_numpy()
    moved = shapely.distance(_centers(old), _centers(new))
    was, now = both["state_before"], both["state_after"]
    paid = both["paid_yi_after"] - both["paid_yi_before"]
    if reported:
        later = both["period_after"].fillna("") > both["period_before"].fillna("")
        paid = paid.where(later & (both["still_quarters_after"].ge(1) | paid.ne(0)))
    running = ~now.isin([*_ENDED, "planned"]) & both["in_after"].notna() & both["in_before"].notna()
    change = np.select(
        [both["in_before"].isna(), both["in_after"].isna(), now.isin(_ENDED) & ~was.isin(_ENDED),
         now.eq("stalled") | (running & (paid <= 0)), moved > MOVED_M, (now.notna() & (was.fillna("") != now.fillna(""))) | (paid > 0)],
        ["new", "gone", "finished", "stalled", "moved", "advanced"], "same",
    )  # fmt: skip
    return both.assign(change=change, moved_m=moved)[PROJECT_COLUMNS]


def _numbered(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    columns = ["town_id", "name", "state", "paid_yi", "period", "still_quarters", "geometry"]
    table = pd.DataFrame(frame).reindex(columns=columns)
    table["town_id"] = table["town_id"].fillna("")
    table["paid_yi"] = table["paid_yi"].astype(float)
    table["nth"] = table.groupby(["town_id", "name"], dropna=False).cumcount()
    return table.assign(**{"in": True})


def _centers(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    known = np.array(
        [shape if isinstance(shape, shapely.Geometry) else None for shape in shapes], dtype=object
    )
    centers: NDArray[np.object_] = shapely.centroid(known)
    return centers
