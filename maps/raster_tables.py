"""What pixels said, as sheets of the workbook: agreement with the parcels, built-up change, people, light, land to visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from maps.study_tables import OPTIONAL, TEXT, TOWN, listed

if TYPE_CHECKING:
    from layers.results import Results
    from maps.cells import Table
    from spatial.messages import Lang

TO_VISIT = ("raster_candidate", "parcel_candidate")
SHEETS: dict[str, tuple[tuple[str, str], ...]] = {
    "raster_agreement": (
        ("town_id", TOWN), ("date", TEXT), ("parcels_date", TEXT), ("both_m2", "m²"), ("raster_only_m2", "m²"),
        ("parcel_only_m2", "m²"), ("neither_m2", "m²"), ("agreement_pct", "%"), ("kappa", "share"), ("nodata_share", "share"),
    ),
    "raster_candidate": (
        ("town_id", TOWN), ("kind", "rasters-kind-"), ("date", TEXT), ("area_m2", "m²"), ("x", "m"), ("y", "m"),
        ("fid", OPTIONAL), ("land_class", OPTIONAL),
    ),
    "built_up_change": (
        ("town_id", TOWN), ("zone", "rasters-zone-"), ("before", TEXT), ("after", TEXT), ("before_m2", "m²"),
        ("after_m2", "m²"), ("change_m2", "m²"), ("change_pct", "%"),
    ),
    "built_up_growth": (
        ("town_id", TOWN), ("before", TEXT), ("after", TEXT), ("kind", "rasters-kind-"), ("count", "#"), ("area_m2", "m²"),
    ),
    "raster_population": (
        ("town_id", TOWN), ("date", TEXT), ("persons", "#"), ("built_up_persons", "#"), ("share_pct", "%"), ("nodata_share", "share"),
    ),
    "raster_light": (
        ("town_id", TOWN), ("date", TEXT), ("light", "share"), ("change_pct", "%"), ("nodata_share", "share"),
    ),
    "raster_slope": (
        ("town_id", TOWN), ("slope", "#"), ("to_deg", "#"), ("area_m2", "m²"), ("nodata_share", "share"),
    ),
    "industrial_land": (
        ("town_id", TOWN), ("date", TEXT), ("parcels", "#"), ("industrial_m2", "m²"), ("inside_m2", "m²"),
        ("outside_m2", "m²"), ("inside_pct", "%"),
    ),
}  # fmt: skip
"""Columns of each sheet and what stands in them."""
_NOT_OF_ALL = {"change_pct", "inside_pct", "date", "parcels_date"}


def tables(results: Results, lang: Lang) -> list[Table]:
    """Sheets of what pixels said, those that the run has."""
    frames = dict(results.tables)
    visits = _to_visit(results)
    if len(visits):
        frames["raster_candidate"] = visits
    return listed(results, frames, SHEETS, "rasters", lang, not_of_all=_NOT_OF_ALL)


def _to_visit(results: Results) -> pd.DataFrame:
    """Land on which parcels and pixels disagree, both ways, with a point inside."""
    parts = []
    for kind in TO_VISIT:
        layer = results.context.get(kind)
        if layer is None or layer.empty:
            continue
        spots = shapely.get_coordinates(shapely.point_on_surface(layer.geometry.to_numpy()))
        rows = pd.DataFrame(layer.drop(columns="geometry")).assign(kind=kind)
        parts.append(rows.assign(**dict(zip(("x", "y"), np.round(spots, 1).T, strict=True))))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
