"""What is known of each judged parcel: its town, its legal area, and how much of it lies in which zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

KEPT = ("layer", "fid", "land_class", "land_use_name", "registered_m2")
LEAST_M2 = 0.005


def passports(
    parcels: gpd.GeoDataFrame, cuts: Sequence[tuple[bool, pd.DataFrame]], *, boundary_only: bool
) -> gpd.GeoDataFrame:
    """One row a parcel, from the pieces that the overlay with the towns left.

    Parameters
    ----------
    parcels
        Judged parcels, in the working CRS.
    cuts
        Of each group of towns that do not overlap: whether they are special towns, and the pieces of
        `spatial.overlay.overlay`, those in no town too.
    boundary_only
        Whether the zone layer is the expansion boundary alone.

    Returns
    -------
    GeoDataFrame
        Index as `parcels`; `KEPT` where known; ``town_id`` and ``special_id`` (the town with most of it, missing if
        none); ``area_m2`` (legal) and for each zone kind and limit ``{name}_m2``; ``outside_m2`` or ``no_zone_m2``,
        what lies in no zone. All in m² to 0.01. No column for a layer that is missing.
    """
    rows = parcels[[*(name for name in KEPT if name in parcels), "geometry"]].copy()
    rows["town_id"], rows["special_id"] = None, None
    for special in (False, True):
        found = [pieces for judged, pieces in cuts if judged is special]
        if found:
            rows["special_id" if special else "town_id"] = _most(pd.concat(found)).reindex(rows.index)
    if cuts:
        sums = cuts[0][1].drop(columns="geometry", errors="ignore")
        names = [name for name in sums if str(name).endswith("_m2") and "plane" not in str(name)]
        sums = sums.groupby("parcel")[names].sum(min_count=1).reindex(rows.index)
        if "zoned_m2" in sums:
            left = sums["area_m2"] - sums.pop("zoned_m2")
            sums["outside_m2" if boundary_only else "no_zone_m2"] = left.where(left >= LEAST_M2, 0.0)
        for name in sums.columns.drop("expansion_m2", errors="ignore"):
            rows[name] = np.round(sums[name].astype(float), 2)
    rows.index.name = "id"
    return rows


def _most(pieces: pd.DataFrame) -> pd.Series:
    """The town that holds most of each parcel; of equals the first by name."""
    known = pieces[pieces["town"].notna()][["parcel", "town", "area_m2"]]
    order = known.sort_values(["area_m2", "town"], ascending=[False, True], kind="stable")
    return order.drop_duplicates("parcel").set_index("parcel")["town"].astype(object)
