"""What was known, and what was in force, on a day: late figures, corrections, plans that follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from spatial.once import overlapping
from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    Frames = Mapping[str, pd.DataFrame]

FIGURES = {"town_indicator": ["name", "county"], "county_indicator": ["county", "county_code"]}
"""Tables of figures and the columns that name a place."""
PLANS = ("planned_area", "expansion_boundary", "urban_plan", "land_use_plan")
"""Layers of plans: their features may say from when to when they are in force, and of which plan they are."""
REVISIONS = ["role", "place", "period", "column", "before", "after", "known_before", "known_after"]
_BESIDE = {"known_on", "prices", "layer", "fid", "period", "geometry", "town_id"}
_SHARED_M2 = 1.0


class Known(NamedTuple):
    """Frames as known on a day, what was revised until then, and what is wrong with it."""

    frames: dict[str, pd.DataFrame]
    revisions: pd.DataFrame
    issues: pd.DataFrame


def figures_known(frames: Frames, day: str | None = None) -> Known:
    """Take the figures that were known on a day, each as last reported by then.

    A row of ``town_indicator`` or ``county_indicator`` may say when it became known (``known_on``); one that does not
    was known from the beginning. Of several rows for one place and quarter the later corrects the earlier, number by
    number; two rows of one day stay as they are, for nobody can tell which is right.

    Parameters
    ----------
    frames
        Canonical frames by role.
    day
        ``2016-07-31``; None: all that is known.

    Returns
    -------
    Known
        ``revisions`` has columns `REVISIONS`: both values, and when each was known.
    """
    taken = dict(frames)
    told: list[pd.DataFrame] = []
    for role, places in FIGURES.items():
        frame = frames.get(role)
        if frame is None or "known_on" not in frame:
            continue
        since = frame["known_on"].astype(object).where(frame["known_on"].notna(), "")
        rows = frame.assign(_since=since)
        rows = rows[rows["_since"] <= day] if day else rows
        keys = [name for name in places if name in rows]
        merged, revised = _merged(rows.sort_values("_since", kind="stable"), keys)
        taken[role] = merged.drop(columns="_since")
        told.append(revised.assign(role=role))
    revisions = pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=REVISIONS)
    return Known(taken, revisions.reindex(columns=REVISIONS), pd.DataFrame(columns=ISSUE_COLUMNS))


def _merged(rows: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a place and quarter, and the numbers that a later row changed."""
    group = rows.groupby([*keys, "period"], dropna=False, sort=False)
    size = group["fid"].transform("size")
    last = group["_since"].transform("max")
    at_last = (
        (rows["_since"] == last)
        .groupby([rows[key] for key in [*keys, "period"]], dropna=False)
        .transform("sum")
    )
    several = (size > 1) & (at_last == 1)
    doubtful = (size > 1) & (at_last > 1)
    kept = [rows[~several & (~doubtful | (rows["_since"] == last))]]
    numbers = [
        name
        for name in rows.columns
        if name not in {*_BESIDE, *keys, "_since"} and pd.api.types.is_numeric_dtype(rows[name])
    ]
    revised: list[dict[str, Any]] = []
    joined = []
    for place, own in rows[several].groupby([*keys, "period"], dropna=False, sort=False):
        final = own.iloc[-1].copy()
        used = {str(final["fid"])}
        for name in numbers:
            given = own[[name, "_since", "fid"]].dropna(subset=name)
            if not len(given):
                continue
            final[name] = given[name].iloc[-1]
            used.add(str(given["fid"].iloc[-1]))
            changes = np.flatnonzero(given[name].to_numpy()[1:] != given[name].to_numpy()[:-1])
            revised += [
                {
                    "place": str(place[0]), "period": place[-1], "column": name,
                    "before": float(given[name].iloc[at]), "after": float(given[name].iloc[at + 1]),
                    "known_before": given["_since"].iloc[at] or None, "known_after": given["_since"].iloc[at + 1],
                }
                for at in changes
            ]  # fmt: skip
        final["fid"] = final["fid"] if len(used) == 1 else "+".join(sorted(used))
        joined.append(final)
    if joined:
        kept.append(pd.DataFrame(joined))
    return pd.concat(kept) if len(kept) > 1 else kept[0], pd.DataFrame(revised)


def plans_in_force(frames: Frames, day: str) -> Known:
    """Take the features of plans that are in force on a day.

    ``in_force_from`` is the first day, ``in_force_to`` the first day no more; either may be missing. Two plans of one
    kind (``plan`` names them) that hold on the same land at once are a fault.

    Parameters
    ----------
    frames
        Canonical frames by role.
    day
        ``2016-12-31``.
    """
    taken = dict(frames)
    issues: list[pd.DataFrame] = []
    for role in PLANS:
        frame = frames.get(role)
        if frame is None:
            continue
        begin, end = (
            _days(frame, name, missing) for name, missing in (("in_force_from", ""), ("in_force_to", "9999"))
        )
        held = frame[((begin <= day) & (day < end)).to_numpy()]
        taken[role] = held
        issues.append(_at_once(held))
    told = pd.concat(issues, ignore_index=True) if issues else pd.DataFrame(columns=ISSUE_COLUMNS)
    return Known(taken, pd.DataFrame(columns=REVISIONS), told)


def _days(frame: pd.DataFrame, name: str, missing: str) -> pd.Series[Any]:
    if name not in frame:
        return pd.Series(missing, index=frame.index, dtype=object)
    return frame[name].astype(object).where(frame[name].notna(), missing)


def _at_once(held: pd.DataFrame) -> pd.DataFrame:
    """Pairs of plans that share land, each told once, at the first feature that does."""
    if "plan" not in held or held["plan"].nunique() < 2:  # noqa: PLR2004 - a pair
        return pd.DataFrame(columns=ISSUE_COLUMNS)
    shapes = np.array(held["geometry"], dtype=object)
    shapes[~shapely.is_valid(shapes)] = None
    left, right = overlapping(shapes)
    plan = held["plan"].to_numpy()
    other = (plan[left] != plan[right]) & pd.notna(plan[left]) & pd.notna(plan[right])
    left, right = left[other], right[other]
    common = shapely.intersection(shapes[left], shapes[right])
    pairs = pd.DataFrame(
        {"at": left, "plan": plan[left], "other": plan[right], "area_m2": shapely.area(common)}
    )
    sums = pairs.groupby(["plan", "other"], sort=False).agg(at=("at", "min"), area_m2=("area_m2", "sum"))
    sums = sums[sums["area_m2"] > _SHARED_M2].reset_index()
    return pd.DataFrame(
        {
            "code": "issue-plans-in-force", "severity": "error", "layer": held["layer"].to_numpy()[sums["at"]],
            "fid": held["fid"].to_numpy()[sums["at"]], "id": held.index.to_numpy()[sums["at"]],
            "params": sums[["plan", "other", "area_m2"]].to_dict("records"),
            "geometry": held["geometry"].to_numpy()[sums["at"]],
        },
        columns=ISSUE_COLUMNS,
    )  # fmt: skip
