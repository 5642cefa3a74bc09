"""Land of other layers town by town: cut at boundaries, with its legal area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from spatial.land import disjoint
from spatial.overlay import overlay

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd


def cut(
    shapes: gpd.GeoSeries, towns: gpd.GeoDataFrame, within: Mapping[str, gpd.GeoSeries] | None = None
) -> pd.DataFrame:
    """Cut polygons at the towns: a special town has its land, and so has the administrative town around it.

    Parameters
    ----------
    shapes
        Polygons in the working CRS; land that several draw counts for each.
    towns
        Subjects, index ``town_id``.
    within
        Limits whose share of each piece is wanted.

    Returns
    -------
    DataFrame
        ``at`` (index value of the polygon), ``town_id``, ``special`` (of a special town, beside the same land of
        the town around it), ``area_m2`` (legal), ``{name}_m2`` for each limit, ``geometry``.
    """
    limits = dict(within or {})
    drawn = towns[~towns.geometry.is_empty]
    special = drawn["programme"].eq("special").fillna(value=False).astype(bool)
    tables = []
    for group in [drawn[~special], *disjoint(drawn[special])]:
        if not len(group) or not len(shapes):
            continue
        found = overlay(shapes, group.geometry, limits, keep_geometry=True).pieces
        found = found[found["town"].notna()].rename(columns={"parcel": "at", "town": "town_id"})
        columns = ["at", "town_id", "area_m2", *(f"{name}_m2" for name in limits), "geometry"]
        tables.append(found[columns].assign(special=bool(special.reindex(group.index).iloc[0])))
    empty: dict[str, Any] = dict.fromkeys(["at", "town_id", "area_m2", *(f"{name}_m2" for name in limits)])
    if not tables:
        return pd.DataFrame(columns=[*empty, "geometry", "special"])
    return pd.concat(tables, ignore_index=True)


def share_inside(
    points: gpd.GeoDataFrame, weight: str, towns: gpd.GeoDataFrame, areas: gpd.GeoSeries
) -> pd.DataFrame:
    """Weight of points in each administrative town, and of those that lie in areas too.

    Returns
    -------
    DataFrame
        Index ``town_id``; ``whole`` and ``inside``, NaN where the weight of a point is missing.
    """
    admin = towns[
        ~towns.geometry.is_empty & ~towns["programme"].eq("special").fillna(value=False).astype(bool)
    ]
    point, town = shapely.STRtree(admin.geometry.to_numpy()).query(
        points.geometry.to_numpy(), predicate="intersects"
    )
    held = pd.DataFrame({"point": point, "town_id": admin.index.to_numpy()[town]}).drop_duplicates("point")
    within, _ = shapely.STRtree(areas.to_numpy()).query(points.geometry.to_numpy(), predicate="intersects")
    held["whole"] = points[weight].to_numpy(dtype=float)[held["point"]]
    held["inside"] = held["whole"].where(held["point"].isin(within), 0.0)
    return held.groupby("town_id")[["whole", "inside"]].agg(lambda one: one.sum(skipna=False))
