"""Projects against their schedule: planned and earned value, delay, standstill, reports; clusters and hot spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial import periods

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

STATES = ("planned", "started", "building", "done", "stalled")
LATE_QUARTERS = 1.0
"""An unfinished project that is so far behind is late; a convention of this program."""
DIGITS = 9
"""Digits behind the point that figures are rounded to before they meet a limit: less is noise of the arithmetic."""
STILL_QUARTERS = 2
"""Reported quarters without any payment after which a project under way stands still."""
_LEAST = 3


def quarter_numbers(quarters: pd.Series[Any]) -> Floats:
    """Quarters such as ``2016Q2`` as counts of quarters; NaN where there is none."""
    place, words = pd.factorize(quarters.astype(object))
    parsed = [periods.parse(word) for word in words]
    numbers = [np.nan if one is None else float(periods.number(one)) for one in parsed]
    found: Floats = np.array([*numbers, np.nan], dtype=float)[place]
    return found


def schedule(
    start: ArrayLike, finish: ArrayLike, planned: ArrayLike, earned: ArrayLike, at: int
) -> pd.DataFrame:
    """Earned-value figures of projects whose money is planned evenly from start to finish.

    Both quarters count in full, and the quarter `at` is over: of a project from the first to the fourth
    quarter of a year half is planned by the end of the second. The delay is by earned schedule (Lipke 2003):
    quarters gone since the start minus the quarters in which the plan earns what has been earned.

    Parameters
    ----------
    start, finish
        Counts of quarters (`spatial.periods.number`), n each; NaN where not known.
    planned
        Money planned, 10^8 yuan (BAC).
    earned
        Money's worth of the work done, 10^8 yuan; no more than `planned` counts (EV).
    at
        Quarter as of which.

    Returns
    -------
    DataFrame
        n rows: ``planned_value_yi`` (PV), ``earned_value_yi`` (EV), ``performance`` (EV / PV; NaN
        before the start), ``delay_quarters`` (negative: ahead; NaN before the start). NaN where a
        number is missing, or the finish is before the start.

    Examples
    --------
    >>> schedule([0], [3], [8.0], [1.0], at=1).iloc[0].tolist()
    [4.0, 1.0, 0.25, 1.5]
    """
    first, last = np.asarray(start, dtype=float), np.asarray(finish, dtype=float)
    money = np.asarray(planned, dtype=float)
    length = np.where(last >= first, last - first + 1, np.nan)
    gone = np.maximum(at - first + 1, 0.0)
    due = money * np.clip(gone / length, 0.0, 1.0)
    done = np.minimum(np.asarray(earned, dtype=float), money)
    begun = (gone > 0) & (money > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        performance = np.where(begun, done / due, np.nan)
        delay = np.round(np.where(begun, gone - done / money * length, np.nan), DIGITS)
    return pd.DataFrame(
        {
            "planned_value_yi": due,
            "earned_value_yi": done,
            "performance": performance,
            "delay_quarters": delay,
        }
    )


def still_quarters(reports: pd.DataFrame) -> pd.Series[Any]:
    """Reported quarters up to the last one in which no more was paid than in the report before.

    Parameters
    ----------
    reports
        Columns ``project``, ``at`` (count of quarters), ``paid_yi`` (since the start).

    Returns
    -------
    Series
        A whole number for each project; a report without a sum ends the count.

    Examples
    --------
    >>> table = pd.DataFrame({"project": "a", "at": [0, 1, 2, 3], "paid_yi": [1.0, 5.0, 5.0, 5.0]})
    >>> still_quarters(table).to_dict()
    {'a': 2}
    """
    rows = reports.sort_values(["project", "at"], ascending=[True, False], kind="stable")
    before = rows.groupby("project", sort=False)["paid_yi"].shift(-1)
    same = rows["paid_yi"].le(before).astype(int)
    return same.groupby(rows["project"]).cumprod().groupby(rows["project"]).sum()


def missing_quarters(first: ArrayLike, last: ArrayLike, reported: list[set[int]]) -> list[list[str]]:
    """Quarters from `first` to `last` (counts, both included) that are not among `reported`, project by project."""
    spans = zip(np.asarray(first, dtype=float), np.asarray(last, dtype=float), reported, strict=True)
    return [
        []
        if np.isnan(low) or np.isnan(high)
        else [periods.name(at) for at in range(int(low), int(high) + 1) if at not in known]
        for low, high, known in spans
    ]


def neighbours(shapes: ArrayLike, distance: float) -> NDArray[np.int64]:
    """Pairs (each way, and each with itself) of the n shapes that are at most `distance` apart, shape (2, pairs)."""
    places = np.asarray(shapes, dtype=object)
    pairs: NDArray[np.int64] = shapely.STRtree(places).query(places, predicate="dwithin", distance=distance)
    return pairs


def components(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Connected parts of a graph: for each of `count` nodes the smallest node it is linked with.

    Labels go to the smaller one of each pair and jump to the label of their label until nothing changes.

    Examples
    --------
    >>> components(np.array([[0, 1, 3], [1, 2, 3]]), 4).tolist()
    [0, 0, 0, 3]
    """
    label = np.arange(count)
    while True:
        low = np.minimum(label[pairs[0]], label[pairs[1]])
        new = label.copy()
        for side in pairs:
            np.minimum.at(new, label[side], low)
            np.minimum.at(new, side, low)
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new


def hot_spots(pairs: NDArray[np.int64], values: ArrayLike) -> Floats:
    """Getis-Ord Gi* of each place: how many standard deviations its neighbourhood is above the mean.

    ``(sum_j w x - X W) / (S sqrt((n W - W^2) / (n - 1)))`` with w = 1 for the place itself and those near
    it, W their number, X and S mean and standard deviation of all n values (Ord and Getis 1995, eq. 14).

    Parameters
    ----------
    pairs
        Neighbours, each way and each with itself (`neighbours`).
    values
        A value for each place; places without one (NaN) count nowhere.

    Returns
    -------
    ndarray
        z-scores; NaN where there is no value, all values are equal, all places are neighbours, or fewer
        than three have a value.
    """
    x = np.asarray(values, dtype=float)
    known = np.isfinite(x)
    count = int(known.sum())
    result = np.full(len(x), np.nan)
    if count < _LEAST:
        return result
    mean, deviation = x[known].mean(), x[known].std()
    left, right = pairs[:, known[pairs[0]] & known[pairs[1]]]
    near = np.bincount(left, minlength=len(x)).astype(float)
    total = np.bincount(left, x[right], minlength=len(x))
    spread = deviation * np.sqrt((count * near - near**2) / (count - 1))
    usable = known & (spread > 0)
    result[usable] = (total[usable] - mean * near[usable]) / spread[usable]
    return result
