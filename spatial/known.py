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
    if several.any():
        joined, revised = _corrected(rows[several], [*keys, "period"], numbers)
        kept.append(joined)
    else:
        revised = pd.DataFrame(columns=REVISIONS)
    return pd.concat(kept) if len(kept) > 1 else kept[0], revised


def _corrected(rows: pd.DataFrame, keys: list[str], numbers: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last row of each place and quarter with the last given of each number, and the numbers that changed.

    The rows stand in the order in which they became known.
    """
    group = rows.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    last = ~pd.Series(group).duplicated(keep="last").to_numpy()
    final = rows[last].set_axis(group[last]).astype(dict.fromkeys(numbers, float))
    used, told = (
        [pd.DataFrame({"group": group[last], "fid": rows.loc[last, "fid"].astype(str).to_numpy()})],
        [],
    )
    for name in numbers:
        given = rows[name].notna().to_numpy()
        own = pd.DataFrame({
            "group": group[given], "after": rows.loc[given, name].astype(float).to_numpy(),
            "known_after": rows.loc[given, "_since"].to_numpy(), "place": rows.loc[given, keys[0]].astype(str).to_numpy(),
            "period": rows.loc[given, "period"].to_numpy(), "fid": rows.loc[given, "fid"].astype(str).to_numpy(),
        })  # fmt: skip
        own["before"], own["known_before"] = (
            own.groupby("group", sort=False)[one].shift() for one in ("after", "known_after")
        )
        told.append(own[own["before"].notna() & (own["before"] != own["after"])].assign(column=name))
        ends = own.drop_duplicates("group", keep="last").set_index("group")
        final.loc[ends.index, name] = ends["after"]
        used.append(ends["fid"].reset_index())
    sources = pd.concat(used).drop_duplicates().sort_values(["group", "fid"]).groupby("group")["fid"]
    final["fid"] = final["fid"].astype(object).where(sources.size() == 1, sources.agg("+".join))
    revised = pd.concat(told).sort_values("group", kind="stable") if told else pd.DataFrame(columns=REVISIONS)
    revised["known_before"] = revised["known_before"].where(revised["known_before"] != "", None)
    return final.set_axis(rows.index[last]), revised.reindex(columns=REVISIONS)


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
