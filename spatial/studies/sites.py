"""Sites and streets 三(二)2-4, 二(二)4: renewal, parks, street-chief streets, clean-up sites, reception halls, by town and quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial import periods
from spatial.areas import legal_area
from spatial.engine import join_issues
from spatial.lengths import lengths
from spatial.once import once
from spatial.project_progress import quarter_numbers
from spatial.repair import repair
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.subjects import lying_in

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

ROLES = ("renewal_project", "street", "cleanup_site", "reception_hall", "park")
AREAS = ("renewal_project", "park")
DATES = {
    "renewal_project": ("start", "finish"),
    "street": (None, "chief_since"),
    "cleanup_site": ("found_on", "done_on"),
    "reception_hall": (None, "opened"),
    "park": ("start", "finish"),
}
"""Columns that say when a site was begun or found, and when it was done; a street is done that has a chief."""
QUARTERS = 5
"""Length of the series: the quarter, and back to that of the year before."""
_TWICE = "issue-parcels-overlap"
_COLUMNS = ("layer", "fid", "name", "town", "town_id", "kind", "state", "chief")


@study("sites")
def sites(facts: Facts) -> Study | None:
    """Sites by role as layers ``renewal_project_state`` and so on, and what is counted of them as ``site_counts``.

    Each layer has ``town_id`` (the town named, else the one in which the site lies: of a reception hall
    小镇客厅 a special town first, of the others the administrative town), ``state`` as of the quarter,
    ``area_m2`` (legal; ``own_m2``: without what earlier renewal projects or parks cover) and ``length_m`` (geodesic).
    """
    layers, counts, issues = {}, [], []
    for role in ROLES:
        frame = facts.frames.get(role)
        if frame is None:
            continue
        layer = _placed(frame, role, facts)
        if role in AREAS:
            layer, met = _measured(layer, role, facts)
            issues.append(met)
        layers[f"{role}_state"] = layer
        counts.append(_series(layer, frame, role, facts.as_of))
    if not layers:
        return None
    return Study(
        layers=layers,
        tables={"site_counts": pd.concat(counts, ignore_index=True)},
        issues=join_issues(issues),
    )


def states(frame: pd.DataFrame, role: str, at: int, as_of: int) -> pd.Series[Any]:
    """State of each site at a quarter.

    By its dates: ``done`` from the quarter in which it was done on, else ``building`` from that in which it
    was begun on (a clean-up site that was found: ``planned``), ``planned`` before. At `as_of` what the
    layer says comes first, save that a site with a later end was not done yet; an end that has passed while the
    layer says another state was only planned. Without dates there is no state for earlier quarters. Streets are planned
    until they have a chief, where any of the layer has one.

    Parameters
    ----------
    frame
        Sites with ``state``, of streets ``chief``, and the columns of `DATES`.
    role
        Their role.
    at, as_of
        Counts of quarters.

    Returns
    -------
    Series
        ``planned``, ``started``, ``building``, ``done``, ``stalled``, or missing; ``absent`` for a clean-up
        site that was not found yet.
    """
    begun, ended = (_dated(frame, column) for column in DATES.get(role, (None, None)))
    if "state" in frame:
        ended = ended.mask(frame["state"].notna() & frame["state"].ne("done") & (ended <= as_of))
    found = pd.Series(None, index=frame.index, dtype=object)
    if role == "cleanup_site":
        found = found.mask(begun <= at, "planned").mask(begun > at, "absent")
    else:
        found = found.mask(begun <= at, "building").mask(begun > at, "planned")
    if role in ("reception_hall", "street"):
        found = found.mask(ended > at, "planned")
    found = found.mask(ended <= at, "done")
    if role == "street" and "chief" in frame and (chief := filled(frame["chief"])).any():
        found = found.mask(ended.isna() & (at == as_of), "done").mask(~chief, "planned")
    if at != as_of or "state" not in frame:
        return found
    said = frame["state"].where(~((frame["state"] == "done") & (ended > at)))
    return said.where(said.notna() & found.ne("absent"), found).astype(object)


def filled(column: pd.Series[Any]) -> pd.Series[Any]:
    """Tell which cells have a word in them."""
    return column.map(lambda word: not pd.isna(word) and bool(str(word).strip())).astype(bool)


def _dated(frame: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    if column is None or column not in frame:
        return pd.Series(np.nan, index=frame.index)
    return pd.Series(quarter_numbers(frame[column]), index=frame.index)


def _placed(frame: pd.DataFrame, role: str, facts: Facts) -> gpd.GeoDataFrame:
    """Sites with their town, state and size."""
    layer = gpd.GeoDataFrame(
        frame.reindex(columns=[*_COLUMNS, "geometry"]), geometry="geometry", crs=facts.crs
    )
    found = lying_in(layer.geometry, facts.towns, special=role == "reception_hall")
    silent = layer["town"].isna() & layer["town_id"].isna()
    layer["town_id"] = layer["town_id"].astype(object).mask(silent, found)
    now = periods.number(facts.as_of)
    layer["state"] = states(frame, role, now, now)
    layer["area_m2"], layer["own_m2"], layer["length_m"] = np.nan, np.nan, np.nan
    if role == "street":
        layer["length_m"] = lengths(layer.geometry.to_numpy(), facts.crs)
        layer["chief"] = layer["chief"].mask(_dated(frame, DATES[role][1]) > now, "")
    return layer


def _measured(layer: gpd.GeoDataFrame, role: str, facts: Facts) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Areas of renewal projects or parks, and what of them no earlier one covers, so that land counts once."""
    shapes, mended = repair(layer.geometry.to_numpy(), layer.index, role)
    apart, met = once(layer.set_geometry(shapes, crs=layer.crs))
    sized = layer.assign(
        area_m2=legal_area(shapes, facts.crs), own_m2=legal_area(apart.geometry.to_numpy(), facts.crs)
    )
    twice = met[met["code"] == _TWICE].assign(
        code=f"issue-{role.split('_', maxsplit=1)[0]}-overlap", layer=role
    )
    return sized, join_issues([mended, twice])


def _series(layer: gpd.GeoDataFrame, frame: pd.DataFrame, role: str, as_of: str) -> pd.DataFrame:
    """Count, area, length and their shares by town, kind, state and quarter; dated sites for `QUARTERS` quarters."""
    now = periods.number(as_of)
    quarters = range(now - QUARTERS + 1, now + 1) if role in DATES else (now,)
    tables = []
    for at in quarters:
        state = states(frame, role, at, now)
        rows = pd.DataFrame(layer.drop(columns="geometry")).assign(state=state, period=periods.name(at))
        tables.append(rows[state.ne("absent").fillna(value=True) & (state.notna() | (at == now))])
    rows = pd.concat(tables, ignore_index=True)
    keys = ["town_id", "kind", "state", "period"]
    groups = rows.groupby(keys, dropna=False, sort=True)
    table = groups.agg(count=("fid", "size"), area_m2=("area_m2", _total), length_m=("length_m", _total))
    table = table.reset_index()
    whole = table.groupby(["town_id", "period"], dropna=False)
    table["share_pct"] = table["count"] / whole["count"].transform("sum") * 100
    return table.assign(role=role)[
        ["town_id", "role", "kind", "state", "period", "count", "share_pct", "area_m2", "length_m"]
    ]


def _total(column: pd.Series[Any]) -> float:
    return float(column.sum(skipna=False))
