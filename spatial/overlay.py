"""The overlay: parcels cut at towns, and how much of each piece lies in each control layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.engine import Engine, Limit, join_issues, to_shapes, to_wkb

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

_CHUNK = 1 << 15


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
    the parcel's legal area that it has of its area on the ellipsoid (the integral of the areal scale over the
    part). Parts add up to the parcel, inside and outside to the piece.

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
    layers = {name: _limit(series) for name, series in within.items()}
    towns = None if split is None else _limit(split)
    engine = Engine(parcels.crs, towns, layers, inside, outside)
    wkb, tables = to_wkb(parcels.to_numpy()), []
    parts: dict[str, dict[str, list[gpd.GeoDataFrame]]] = {
        "inside": {name: [] for name in inside}, "outside": {name: [] for name in outside}
    }  # fmt: skip
    issues = [engine.issues]
    for start in range(0, max(len(wkb), 1), _CHUNK):
        ids = parcels.index[start : start + _CHUNK]
        pieces = engine.run(wkb.slice(start, _CHUNK), ids)
        names = {"parcel": ids.take(pieces.parcel), "town": _take(split, pieces.town)}
        columns: dict[str, Any] = {"area_m2": pieces.area, "plane_m2": pieces.plane}
        for name, (area, plane) in pieces.within.items():
            columns |= {f"{name}_m2": area, f"{name}_plane_m2": plane}
        table = pd.DataFrame({**names, **columns})
        if keep_geometry:
            table = gpd.GeoDataFrame(table, geometry=to_shapes(pieces.wkb()), crs=parcels.crs)
        tables.append(table)
        for kind, found in (("inside", pieces.inside), ("outside", pieces.outside)):
            for name, part in found.items():
                rows = {column: values.take(part.piece) for column, values in names.items()}
                rows |= {"area_m2": part.area, "plane_m2": part.plane}
                frame = gpd.GeoDataFrame(rows, geometry=to_shapes(part.wkb), crs=parcels.crs)
                parts[kind][name].append(frame)
        issues.append(pieces.issues)
    joined = {
        kind: {name: pd.concat(frames, ignore_index=True) for name, frames in by_name.items()}
        for kind, by_name in parts.items()
    }
    return Overlay(
        pd.concat(tables, ignore_index=True), joined["inside"], joined["outside"], join_issues(issues)
    )


def _limit(series: gpd.GeoSeries) -> Limit:
    return Limit(to_wkb(series.to_numpy()), series.index)


def _take(split: gpd.GeoSeries | None, places: NDArray[np.int64]) -> NDArray[np.object_]:
    result = np.full(len(places), None, dtype=object)
    if split is not None:
        known = places >= 0
        result[known] = split.index.to_numpy(dtype=object)[places[known]]
    return result
