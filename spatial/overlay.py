"""The overlay: parcels cut at towns, and how much of each piece lies in each control layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.areas import legal_area, plane_area
from spatial.limits import Limit
from spatial.repair import repair
from spatial.scale import area_scale, ground_area

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NOWHERE = -1
_DUST = 1e-9


@dataclass(frozen=True)
class Overlay:
    """What an overlay gave.

    Attributes
    ----------
    pieces
        One row a piece: ``parcel``, ``town`` (index values of the inputs; ``town`` missing where no split
        polygon lies), ``area_m2`` (legal), ``plane_m2`` and for each limit ``{name}_m2``,
        ``{name}_plane_m2``; ``geometry`` if it was kept.
    inside, outside
        Parts of the pieces in or out of the named limits: ``parcel``, ``town``, ``area_m2``, ``plane_m2``,
        ``geometry``.
    issues
        Rows of the issues table: what was repaired, set aside, or drawn twice.
    """

    pieces: pd.DataFrame
    inside: dict[str, gpd.GeoDataFrame]
    outside: dict[str, gpd.GeoDataFrame]
    issues: pd.DataFrame


@dataclass(frozen=True)
class _Pieces:
    parcel: NDArray[np.int64]
    town: NDArray[np.int64]
    shapes: NDArray[np.object_]
    legal: Floats
    plane: Floats
    ground: Floats


def overlay(
    parcels: gpd.GeoSeries,
    split: gpd.GeoSeries | None,
    within: Mapping[str, gpd.GeoSeries],
    inside: Collection[str] = (),
    outside: Collection[str] = (),
    *,
    keep_geometry: bool = False,
) -> Overlay:
    """Cut parcels at the split polygons and measure each piece in each limit.

    Cuts are made in the plane of the working CRS. The legal area of a whole parcel is the statutory formula
    on its given vertices (`spatial.areas.legal_area`). The formula's edges are not straight in the plane, so
    the pieces' own formulas would not add up; by the residual rule here a part of a parcel has the share of
    the parcel's legal area that it has of its area on the ellipsoid (`spatial.scale.ground_area`). Parts add
    up to the parcel, inside and outside to the piece.

    Parameters
    ----------
    parcels
        Polygons in a projected CRS in metres.
    split
        Polygons that parcels are cut at, such as towns; None cuts nothing. Where they overlap, a part
        belongs to the first.
    within
        Limits by name. Where a limit's polygons overlap each other, land counts once.
    inside, outside
        Names of limits of which the parts in or out of them are wanted as geometries.
    keep_geometry
        Whether ``pieces`` gets the geometries.

    Returns
    -------
    Overlay
        All in the order of the parcels.
    """
    shapes, issues = repair(parcels.to_numpy(), parcels.index, "parcels")
    found = [issues]
    usable = np.flatnonzero(~shapely.is_missing(shapes))
    bounds = shapely.total_bounds(shapes[usable]) if len(usable) else np.array([0.0, 0.0, 1.0, 1.0])
    scale = area_scale(parcels.crs, tuple(bounds))
    legal = legal_area(shapes, parcels.crs)
    pieces = _split(shapes, usable, split, legal, scale, found)
    columns: dict[str, Any] = {"area_m2": pieces.legal, "plane_m2": pieces.plane}
    parts: dict[str, dict[str, gpd.GeoDataFrame]] = {"inside": {}, "outside": {}}
    town_index = pd.Index([]) if split is None else split.index
    names = {
        "parcel": parcels.index.take(pieces.parcel),
        "town": _take(town_index, pieces.town),
    }
    factor = np.divide(pieces.legal, pieces.ground, out=np.zeros_like(pieces.legal), where=pieces.ground > 0)
    for name, series in within.items():
        limit = Limit(series, name)
        found.append(limit.issues)
        cut = limit.cut(pieces.shapes, inside=name in inside, outside=name in outside)
        ground = np.where(cut.whole, pieces.ground, 0.0)
        plane = np.where(cut.whole, pieces.plane, 0.0)
        np.add.at(ground, cut.part_of, ground_area(cut.parts, scale))
        np.add.at(plane, cut.part_of, plane_area(cut.parts))
        columns[f"{name}_m2"] = np.where(cut.whole, pieces.legal, np.minimum(ground * factor, pieces.legal))
        columns[f"{name}_plane_m2"] = np.minimum(plane, pieces.plane)
        for kind, wanted in (("inside", inside), ("outside", outside)):
            if name in wanted:
                at, geometry = cut.inside if kind == "inside" else cut.outside
                parts[kind][name] = gpd.GeoDataFrame(
                    {
                        "parcel": names["parcel"].take(at),
                        "town": names["town"][at],
                        "area_m2": ground_area(geometry, scale) * factor[at],
                        "plane_m2": plane_area(geometry),
                    },
                    geometry=geometry,
                    crs=parcels.crs,
                )
    table = pd.DataFrame({**names, **columns})
    if keep_geometry:
        table = gpd.GeoDataFrame(table, geometry=pieces.shapes, crs=parcels.crs)
    met = [rows for rows in found if len(rows)]
    return Overlay(
        table, parts["inside"], parts["outside"], pd.concat(met, ignore_index=True) if met else issues
    )


def _split(
    shapes: NDArray[np.object_],
    usable: NDArray[np.int64],
    split: gpd.GeoSeries | None,
    legal: Floats,
    scale: Any,
    found: list[pd.DataFrame],
) -> _Pieces:
    """Pieces in the order of the parcels, then of the towns, what no town holds last."""
    if split is None:
        parcel, town, geometry = usable, np.full(len(usable), NOWHERE), shapes[usable]
    else:
        limit = Limit(split, "split", keep_apart=True)
        found.append(limit.issues)
        cut = limit.cut(shapes[usable], outside=True)
        whole = np.flatnonzero(cut.whole)
        parcel = np.concatenate([usable[whole], usable[cut.part_of], usable[cut.outside[0]]])
        town = np.concatenate([cut.owner[whole], cut.part_owner, np.full(len(cut.outside[0]), NOWHERE)])
        geometry = np.concatenate([shapes[usable[whole]], cut.parts, cut.outside[1]])
        order = np.lexsort((np.where(town < 0, len(split), town), parcel))
        parcel, town, geometry = parcel[order], town[order], geometry[order]
        parcel, town, geometry = _united(parcel, town, geometry)
    ground, plane = ground_area(geometry, scale), plane_area(geometry)
    sums = np.bincount(parcel, ground, len(shapes))[parcel]
    share = np.divide(ground, sums, out=np.zeros_like(ground), where=sums > 0)
    return _Pieces(parcel, town, geometry, legal[parcel] * share, plane, ground)


def _united(
    parcel: NDArray[np.int64], town: NDArray[np.int64], geometry: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """One piece for each parcel and town: parts that a town of several polygons gave are joined."""
    new = np.ones(len(parcel), dtype=bool)
    new[1:] = (parcel[1:] != parcel[:-1]) | (town[1:] != town[:-1])
    if new.all():
        return parcel, town, geometry
    first = np.flatnonzero(new)
    joined = geometry[first]
    for place, (low, high) in enumerate(zip(first, [*first[1:], len(parcel)], strict=True)):
        if high - low > 1:
            joined[place] = shapely.union_all(geometry[low:high])
    return parcel[first], town[first], joined


def _take(index: pd.Index[Any], places: NDArray[np.int64]) -> NDArray[np.object_]:
    result = np.full(len(places), None, dtype=object)
    known = places >= 0
    result[known] = index.to_numpy(dtype=object)[places[known]]
    return result
