"""Industrial land in parks and functional zones and outside them, at each date of the parcels: 集聚, 退散进集, 三(二)2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from spatial import periods
from spatial.by_town import cut
from spatial.once import each_once
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.studies.sites import states

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

INDUSTRIAL = "06"
"""工矿用地 of the third survey (TD/T 1055-2019)."""
MOST_INSIDE = 0.5
TABLE = ["town_id", "date", "parcels", "industrial_m2", "inside_m2", "outside_m2", "inside_pct"]
LAYER = ["town_id", "layer", "fid", "land_class", "area_m2", "inside_m2", "geometry"]


@study("industry")
def industry(facts: Facts) -> Study | None:
    """Table ``industrial_land`` by town and date; layer ``industrial_scattered``, parcels at the last date that lie mostly outside parks.

    Parks are those of the quarter that are not only planned. Land that several parcels draw counts once.
    """
    parks, frame = facts.frames.get("park"), facts.frames.get("construction_land")
    if parks is None or frame is None or "land_class" not in frame:
        return None
    now = periods.number(facts.as_of)
    parks = parks[states(parks, "park", now, now).ne("planned").fillna(value=True)]
    own = frame[frame["land_class"].astype("str").str.startswith(INDUSTRIAL)]
    dated = "date" in frame and frame["date"].notna().any()
    known = sorted(frame["date"].dropna().unique()) if dated else [None]
    dates = [date for date in known if date is None or date <= facts.as_of]
    tables, scattered = [], gpd.GeoDataFrame(columns=LAYER, geometry="geometry", crs=frame.crs)
    drawn = facts.towns.index[~facts.towns.geometry.is_empty]
    for date in dates:
        parcels = each_once(own if date is None else own[own["date"] == date])
        pieces = cut(parcels.geometry, facts.towns, {"park": parks.geometry})
        groups = pieces.groupby("town_id")
        sums = groups[["area_m2", "park_m2"]].sum().reindex(drawn, fill_value=0.0)
        sums["parcels"] = groups["at"].nunique().reindex(drawn, fill_value=0)
        tables.append(sums.rename_axis("town_id").reset_index().assign(date=date))
        scattered = _scattered(pieces[~pieces["special"].astype(bool)], parcels)
    if not tables:
        return None
    table = pd.concat(tables, ignore_index=True)
    table = table.rename(columns={"area_m2": "industrial_m2", "park_m2": "inside_m2"})
    table["outside_m2"] = (table["industrial_m2"] - table["inside_m2"]).clip(lower=0.0)
    table["inside_pct"] = table["inside_m2"] / table["industrial_m2"].where(table["industrial_m2"] > 0) * 100
    return Study(layers={"industrial_scattered": scattered}, tables={"industrial_land": table[TABLE]})


def _scattered(pieces: pd.DataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = pieces[pieces["park_m2"] < MOST_INSIDE * pieces["area_m2"]].rename(
        columns={"park_m2": "inside_m2"}
    )
    named = rows.join(parcels.reindex(columns=["layer", "fid", "land_class"]), on="at")
    named = named.sort_values(["town_id", "at"], kind="stable", ignore_index=True)
    return gpd.GeoDataFrame(named[LAYER], geometry="geometry", crs=parcels.crs)
