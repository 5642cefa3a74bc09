"""Construction land that came and went between the last two states of the parcels, 二(二)5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.areas import plane_area
from spatial.by_town import cut
from spatial.land import KINDS, construction
from spatial.once import each_once
from spatial.overlay import overlay
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.widths import narrow_width

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

LAYER = ["kind", "land_class", "area_m2", "width_m", "sliver", "layer", "fid"]
TABLE = ["town_id", "kind", "zone", "land_class", "area_m2", "count", "before", "after"]


@study("land_change")
def land_change(facts: Facts) -> Study | None:
    """Land that is construction land at the last date and was not at the one before, and the other way round.

    The layer ``land_change`` has each part with ``kind`` (``new`` or ``gone``), class and legal area; parts narrower than
    the rulebook's sliver width are digitising noise: drawn, not counted, their width told (none of parts that are
    plainly wider: `spatial.widths.narrow_width`). The table of that name sums them up by town, zone and class,
    special towns beside the towns around them.
    """
    frame = facts.frames.get("construction_land")
    if frame is None or "date" not in frame:
        return None
    parcels = construction(frame)
    dates = sorted(date for date in parcels["date"].dropna().unique() if date <= facts.as_of)[-2:]
    if len(dates) < 2:  # noqa: PLR2004 - a change has two ends
        return None
    before, after = (each_once(parcels[parcels["date"] == date]) for date in dates)
    parts = pd.concat(
        [_apart(after, before, "new", facts), _apart(before, after, "gone", facts)], ignore_index=True
    )
    layer = gpd.GeoDataFrame(parts, geometry="geometry", crs=frame.crs)
    table = _by_town(layer[~layer["sliver"]], facts).assign(before=dates[0], after=dates[1])
    return Study(layers={"land_change": layer}, tables={"land_change": table[TABLE]})


def _apart(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame, kind: str, facts: Facts) -> pd.DataFrame:
    """Parts of the one state that the other has not, each with its share of the parcel's legal area."""
    rest = overlay(one.geometry, None, {"other": other.geometry}, outside=["other"]).outside["other"]
    shapes, at = shapely.get_parts(rest.geometry.to_numpy(), return_index=True)
    solid = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - polygons
    shapes, at = np.asarray(shapes[solid], dtype=object), at[solid]
    plane = plane_area(shapes)
    whole = np.bincount(at, plane, len(rest))[at] if len(rest) else plane
    rows = rest.drop(columns="geometry").iloc[at].reset_index(drop=True)
    of = one.loc[rows["parcel"]]
    narrow = narrow_width(shapes, facts.settings.sliver_width_m)
    return pd.DataFrame(
        {
            "kind": kind,
            "land_class": of["land_class"].to_numpy() if "land_class" in of else None,
            "area_m2": rows["area_m2"].to_numpy(dtype=float)
            * np.divide(plane, whole, out=np.zeros_like(plane), where=whole > 0),
            "width_m": narrow,
            "sliver": narrow < facts.settings.sliver_width_m,
            "layer": of["layer"].to_numpy(),
            "fid": of["fid"].astype(str).to_numpy(),
            "geometry": shapes,
        }
    )


def _by_town(layer: gpd.GeoDataFrame, facts: Facts) -> pd.DataFrame:
    """Area by town, kind, zone and class; what lies in no zone has the zone ``no_zone``."""
    zones = facts.frames.get("expansion_boundary")
    kinds = (
        []
        if zones is None or "zone_kind" not in zones
        else [kind for kind in KINDS if zones["zone_kind"].eq(kind).any()]
    )
    limits = {kind: zones.geometry[zones["zone_kind"] == kind] for kind in kinds} if zones is not None else {}
    pieces = cut(layer.geometry, facts.towns, limits)
    if not len(pieces):
        return pd.DataFrame(columns=TABLE)
    pieces = pieces.join(layer[["kind", "land_class"]], on="at")
    pieces["no_zone_m2"] = (pieces["area_m2"] - pieces[[f"{kind}_m2" for kind in kinds]].sum(axis=1)).clip(
        lower=0.0
    )
    if not kinds:
        pieces["no_zone_m2"] = pieces["area_m2"]
    keys = ["town_id", "kind", "land_class"]
    values = [f"{kind}_m2" for kind in [*kinds, "no_zone"]]
    long = pieces.melt(keys, values, var_name="zone", value_name="share_m2")
    long = long[long["share_m2"] > 0.005].assign(zone=lambda rows: rows["zone"].str.removesuffix("_m2"))  # noqa: PLR2004 - half of 0.01 m²
    if not kinds:
        long["zone"] = None
    groups = long.groupby(["town_id", "kind", "zone", "land_class"], dropna=False, sort=False)["share_m2"]
    return groups.agg(area_m2="sum", count="size").reset_index()
