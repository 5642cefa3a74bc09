"""Construction land of each town: how much, in which zone, and the pieces where it must not be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.areas import balance, geodesic_area, legal_area, plane_area
from spatial.errors import RuleError
from spatial.land_classes import group as land_group
from spatial.once import once
from spatial.overlay import overlay
from spatial.passports import passports
from spatial.widths import width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

KINDS = ("permitted", "conditional", "restricted", "forbidden")
LIMITS = ("farmland", "redline")
DUST_M2 = 0.005
FEW = 6
PIECE_COLUMNS = [
    "town_id", "measure", "zone", "source", "parcel_id", "layer", "fid", "land_class", "area_m2", "plane_m2",
    "width_m", "sliver", "geometry",
]  # fmt: skip


@dataclass(frozen=True)
class LandUse:
    """What the overlay of construction land gave.

    Attributes
    ----------
    totals
        Index ``town_id``; columns ``construction_land_m2`` (legal), ``construction_land_plane_m2``,
        ``construction_land_geodesic_m2``, ``construction_land_registered_m2``, ``parcels``, and for each
        zone kind, farmland and redline ``{name}_m2``; ``no_zone_m2`` and ``outside_m2``. NaN where the
        layer is missing.
    pieces
        Parts of parcels of special towns that break a rule, columns `PIECE_COLUMNS`.
    issues
        Rows of the issues table met on the way.
    date
        Quarter of the parcels used, or None.
    boundary_only
        True if the zone layer has permitted and conditional zones alone: all else is outside.
    parcels
        Each parcel with its town and areas, see `spatial.passports`.
    touched
        Parcels of construction land that special towns touch, whole, to be drawn.
    """

    totals: pd.DataFrame
    pieces: gpd.GeoDataFrame
    issues: pd.DataFrame
    date: str | None
    boundary_only: bool
    parcels: gpd.GeoDataFrame
    touched: gpd.GeoDataFrame


def zone_kinds(codes: pd.Series, zones: Mapping[str, Sequence[str]]) -> pd.Series:
    """Kind of each zone code by the longest prefix that fits; NA for an unknown code.

    Parameters
    ----------
    codes
        Zone codes such as ``010`` or ``041`` (GZQLXDM).
    zones
        Prefixes by kind, from the rulebook.
    """
    prefixes = sorted(((p, kind) for kind, ps in zones.items() for p in ps), key=lambda pair: len(pair[0]))
    text = codes.astype("object").where(codes.notna(), "").astype(str)
    kinds = pd.Series(None, index=codes.index, dtype=object)
    for prefix, kind in prefixes:
        kinds = kinds.where(~text.str.startswith(prefix), kind)
    return kinds


def known_zones(codes: pd.Series, zones: Mapping[str, Sequence[str]], policy: str) -> pd.Series:
    """Kind of each zone code of a whole layer, as `zone_kinds`.

    Parameters
    ----------
    codes, zones
        As for `zone_kinds`.
    policy
        Name of the rulebook, for the message.

    Raises
    ------
    RuleError
        If there are codes, and the rulebook knows none of them: the layer is of another scheme, and to judge
        by it would put all land outside.
    """
    kinds = zone_kinds(codes, zones)
    stated = codes.dropna().astype(str).drop_duplicates().sort_values()
    if len(stated) and kinds.isna().all():
        known = ", ".join(prefix for prefixes in zones.values() for prefix in prefixes)
        raise RuleError("rule-zones", policy=policy, codes=", ".join(stated[:FEW]), known=known)
    return kinds


def construction(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that are construction land by class; rows without a known class are, for the layer's role says so."""
    if "land_class" not in frame:
        return frame
    kinds = land_group(frame["land_class"])
    return frame[kinds.isna() | (kinds == "construction")]


def at_date(frame: pd.DataFrame, as_of: str) -> tuple[pd.DataFrame, str | None]:
    """The rows of the latest state not after `as_of`; all rows where no state is dated."""
    if "date" not in frame or frame["date"].isna().all():
        return frame, None
    known = frame["date"][frame["date"].notna() & (frame["date"] <= as_of)]
    if known.empty:
        return frame.iloc[:0], None
    date = str(known.max())
    return frame[frame["date"] == date], date


def measure_land(
    frames: Mapping[str, pd.DataFrame],
    towns: gpd.GeoDataFrame,
    as_of: str,
    zones: Mapping[str, Sequence[str]],
    sliver_width_m: float,
    progress: Callable[[str], None] = lambda _: None,
) -> LandUse | None:
    """Overlay the construction land of `as_of` with towns, zones, farmland and redline.

    Land that several parcels cover counts once, see `spatial.once`.

    Parameters
    ----------
    frames
        Canonical frames in the working CRS.
    towns
        Subjects, see `spatial.subjects.towns`.
    as_of
        Quarter, e.g. ``2016Q4``.
    zones
        Zone code prefixes by kind.
    sliver_width_m
        A cut-off part narrower than this (largest inscribed circle, m) is digitising noise: kept, not judged.
    progress
        Called with the code of each step.

    Returns
    -------
    LandUse or None
        None if there is no layer of construction land, or none as early as `as_of`.
    """
    if "construction_land" not in frames:
        return None
    parcels, date = at_date(construction(frames["construction_land"]), as_of)
    if not len(parcels):
        return None
    limits, boundary_only = _limits(frames, zones)
    parcels, overlaps = once(parcels)
    special = towns[towns["programme"].eq("special") & ~towns.geometry.is_empty]
    others = towns[~towns["programme"].eq("special") & ~towns.geometry.is_empty]
    tables, pieces, issues = [], [], [overlaps]
    cuts: list[tuple[bool, pd.DataFrame]] = []
    for group in [others, *disjoint(special)]:
        if not len(group):
            continue
        judged = group is not others
        progress("progress-overlay-special" if judged else "progress-overlay-towns")
        outside = ["expansion" if boundary_only else "zoned"] if judged and "zoned" in limits else []
        inside = [kind for kind in KINDS[1:] if kind in limits] if judged else []
        result = overlay(
            parcels.geometry, group.geometry, limits, inside=inside, outside=outside, keep_geometry=judged
        )
        cuts.append((judged, result.pieces))
        share = result.pieces["area_m2"] / result.pieces.groupby("parcel")["area_m2"].transform("sum")
        cut = result.pieces.assign(share=share)[result.pieces["town"].notna()]
        tables.append(_totals(cut, parcels, limits, boundary_only=boundary_only))
        issues.append(result.issues)
        found = {kind: result.inside[kind] for kind in inside}
        found |= {"outside" if boundary_only else "no_zone": result.outside[name] for name in outside}
        pieces += [_parts(rows, cut, kind, parcels, sliver_width_m) for kind, rows in found.items()]
    totals = pd.concat(tables).reindex(towns.index)
    drawn = ~towns.geometry.is_empty
    counted = [name for name in totals if not totals.loc[drawn, name].isna().all()]
    totals.loc[drawn, counted] = totals.loc[drawn, counted].fillna(0.0)
    met = pd.concat(issues, ignore_index=True)
    met = met.drop_duplicates([name for name in ("code", "layer", "id") if name in met])
    return LandUse(
        totals,
        _settle(pieces, parcels.crs),
        met,
        date,
        boundary_only,
        passports(parcels, cuts, boundary_only=boundary_only),
        _touched(parcels, special.geometry),
    )


def _touched(parcels: gpd.GeoDataFrame, areas: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """The parcels that areas touch, in their order, without columns that are not drawn."""
    near, _ = areas.sindex.query(parcels.geometry, predicate="intersects")
    kept = [name for name in ("land_class", "layer", "fid", "geometry") if name in parcels]
    return parcels.loc[parcels.index[np.unique(near)], kept]


def _limits(
    frames: Mapping[str, pd.DataFrame], zones: Mapping[str, Sequence[str]]
) -> tuple[dict[str, gpd.GeoSeries], bool]:
    limits: dict[str, gpd.GeoSeries] = {}
    boundary_only = False
    if "expansion_boundary" in frames:
        layer = frames["expansion_boundary"]
        kinds = layer["zone_kind"] if "zone_kind" in layer else zone_kinds(layer["zone"], zones)
        for kind in KINDS:
            limits[kind] = layer.geometry[kinds == kind]
        boundary_only = not len(limits["restricted"]) and not len(limits["forbidden"])
        name = "expansion" if boundary_only else "zoned"
        limits[name] = layer.geometry[kinds.notna()]
        limits["zoned"] = limits[name]
        if boundary_only:
            for kind in KINDS[2:]:
                del limits[kind]
    for role in LIMITS:
        if role in frames:
            limits[role] = frames[role].geometry
    return limits, boundary_only


def disjoint(towns: gpd.GeoDataFrame) -> Iterable[gpd.GeoDataFrame]:
    """Groups of towns that do not overlap, so that each town gets all of its land."""
    left, right = towns.sindex.query(towns.geometry, predicate="overlaps")
    clashes: dict[int, set[int]] = {}
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        clashes.setdefault(one, set()).add(other)
    groups: list[list[int]] = []
    for place in range(len(towns)):
        free = next((g for g in groups if not clashes.get(place, set()) & set(g)), None)
        groups.append([place]) if free is None else free.append(place)
    return [towns.iloc[group] for group in groups]


def _totals(
    cut: pd.DataFrame, parcels: gpd.GeoDataFrame, limits: Mapping[str, Any], *, boundary_only: bool
) -> pd.DataFrame:
    columns = ["area_m2", "plane_m2", *(f"{name}_m2" for name in limits)]
    pieces = pd.DataFrame(cut[["town", "parcel", *columns]])
    registered = parcels.get("registered_m2", pd.Series(np.nan, index=parcels.index))
    pieces["registered_m2"] = cut["share"] * pieces["parcel"].map(registered)
    if "geometry" in cut:
        pieces["geodesic_m2"] = geodesic_area(cut["geometry"].to_numpy(), parcels.crs)
        outline = {
            town: shapely.length(shapely.union_all(rows.to_numpy()))
            for town, rows in cut["geometry"].groupby(cut["town"])
        }
    sums = pieces.drop(columns=["parcel"]).groupby("town").sum(min_count=1)
    sums["parcels"] = pieces.groupby("town")["parcel"].nunique()
    if "geometry" in cut:
        sums["perimeter_m"] = sums.index.map(outline)
    if pieces["registered_m2"].isna().any():
        complete = pieces["registered_m2"].notna().groupby(pieces["town"]).all()
        sums["registered_m2"] = sums["registered_m2"].where(complete)
    if "zoned_m2" in sums:
        left = (sums["area_m2"] - sums["zoned_m2"]).clip(lower=0.0)
        sums["outside_m2" if boundary_only else "no_zone_m2"] = left
    renamed = {f"{name}_m2": f"construction_land_{name}_m2" for name in ("plane", "geodesic", "registered")}
    return sums.rename(columns={"area_m2": "construction_land_m2", **renamed})


def _parts(
    found: gpd.GeoDataFrame, cut: pd.DataFrame, kind: str, parcels: gpd.GeoDataFrame, sliver_width_m: float
) -> pd.DataFrame:
    """Single parts of the violating pieces, each with its share of the area, its width, and sliver or not.

    A part narrower than the tolerance is a sliver only where a boundary cut it off: a parcel that lies
    wholly in the zone is judged however narrow it is.
    """
    found = found[found["town"].notna()].reset_index(drop=True)
    shapes, at = shapely.get_parts(found.geometry.to_numpy(), return_index=True)
    rows = found.drop(columns="geometry").iloc[at].reset_index(drop=True)
    plane = plane_area(shapes)
    whole = np.bincount(at, plane, len(found))[at] if len(found) else plane
    share = np.divide(plane, whole, out=np.zeros_like(plane), where=whole > 0)
    rows["area_m2"], rows["plane_m2"] = rows["area_m2"] * share, plane
    pieces = cut.set_index(["parcel", "town"])["plane_m2"]
    piece = pieces.groupby(level=[0, 1]).sum().reindex(pd.MultiIndex.from_frame(rows[["parcel", "town"]]))
    is_cut = plane < piece.to_numpy(dtype=float) * (1 - 1e-9)
    rows["width_m"] = width(shapes)
    rows["sliver"] = is_cut & (rows["width_m"].to_numpy() < sliver_width_m)
    rows["geometry"] = shapes
    rows["zone"] = kind
    measure = {"conditional": "conditional", "no_zone": "no_zone"}.get(kind, "outside")
    rows["measure"] = f"construction_land_{measure}_m2"
    rows["source"] = "construction_land"
    of = rows["parcel"]
    for name, column in {"layer": "layer", "fid": "fid", "land_class": "land_class"}.items():
        rows[name] = of.map(parcels[column].to_dict()) if column in parcels else None
    return rows.rename(columns={"parcel": "parcel_id", "town": "town_id"})


def area_outside_plan(
    areas: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, sliver_width_m: float
) -> gpd.GeoDataFrame:
    """Parts of the stated construction areas 建设区域 that stick out of their town's planned area.

    Parameters
    ----------
    areas
        Frame of the role ``construction_area`` with ``town_id``.
    towns
        Subjects.
    sliver_width_m
        Parts narrower than this are marked as slivers.
    """
    known = areas[areas["town_id"].notna() & areas["town_id"].isin(towns.index)]
    known = known[~towns.geometry.reindex(known["town_id"]).is_empty.to_numpy()]
    if not len(known):
        return _settle([], areas.crs)
    shapes = shapely.make_valid(known.geometry.to_numpy(), method="structure", keep_collapsed=False)
    plan = towns.geometry.reindex(known["town_id"]).to_numpy()
    plan = shapely.make_valid(plan, method="structure", keep_collapsed=False)
    out = shapely.difference(shapes, plan)
    whole = plane_area(shapes)
    legal = legal_area(shapes, areas.crs)
    parts, at = shapely.get_parts(out, return_index=True)
    solid = shapely.get_dimensions(parts) == 2  # noqa: PLR2004 - polygons
    parts, at = parts[solid], at[solid]
    rows = pd.DataFrame(known.drop(columns="geometry")).iloc[at].reset_index(names="parcel_id")
    plane = plane_area(parts)
    rows["plane_m2"] = plane
    rows["area_m2"] = legal[at] * np.divide(plane, whole[at], out=np.zeros_like(plane), where=whole[at] > 0)
    rows["width_m"] = width(parts)
    rows["sliver"] = (rows["width_m"].to_numpy() < sliver_width_m) & (plane < whole[at] * (1 - 1e-9))
    rows["geometry"] = parts
    rows["zone"] = "outside_plan"
    rows["measure"] = "construction_area_outside_plan_m2"
    rows["source"] = "construction_area"
    return _settle([rows], areas.crs)


def _settle(tables: Sequence[pd.DataFrame], crs: object) -> gpd.GeoDataFrame:
    """One table of pieces, areas rounded to 0.01 m² so that each town's pieces add up to its total.

    What is smaller than half of that unit is the rounding of a cut and no piece.
    """
    filled = [table for table in tables if len(table)]
    if not filled:
        return gpd.GeoDataFrame(pd.DataFrame(columns=PIECE_COLUMNS), geometry="geometry", crs=crs)
    rows = pd.concat(filled, ignore_index=True).reindex(columns=PIECE_COLUMNS)
    rows = rows[rows["area_m2"].astype(float) >= DUST_M2]
    rows = rows.sort_values(["town_id", "measure", "zone", "parcel_id", "area_m2"], kind="stable")
    rows = rows.reset_index(drop=True)
    for places in rows.groupby(["town_id", "measure", "sliver"], sort=False).indices.values():
        exact = rows["area_m2"].to_numpy()[places]
        rows.loc[places, "area_m2"] = balance(exact, float(exact.sum()))
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)
