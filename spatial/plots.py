"""One plot against all control layers: areas in zones and limits, neighbours, faults, and a verdict on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.areas import balance_groups, legal_area, plane_area
from spatial.land import DUST_M2, KINDS, construction, zone_kinds
from spatial.once import overlapping
from spatial.overlay import overlay
from spatial.plot_lines import (
    LINE_COLUMNS,
    area_lines,
    fault_lines,
    limit_lines,
    overall,
    parcel_lines,
    part_sums,
    special_lines,
    town_lines,
    worst,
    zone_lines,
)
from spatial.quality.registry import INSPECTORS, Subject
from spatial.quality.run import inspect
from spatial.repair import ISSUE_COLUMNS, repair
from spatial.sound import join_issues
from spatial.widths import width

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spatial.settings import Settings

PIECE_COLUMNS = ["plot", "line", "area_m2", "plane_m2", "width_m", "sliver", "geometry"]
NEIGHBOUR_COLUMNS = ["plot", "parcel", "layer", "fid", "land_class", "area_m2", "width_m", "sliver"]


@dataclass(frozen=True)
class Judged:
    """What a check of plots gave.

    Attributes
    ----------
    plots
        Index: plot; ``name``, ``number``, ``stated_m2``, ``area_m2`` (legal), ``plane_m2``, ``verdict``, geometry.
    lines
        Columns `LINE_COLUMNS`; ``value`` and ``threshold`` in m² (``neighbours``, ``topology``: a count).
        ``sliver_m2`` is what lies beyond a boundary by less than the width of digitising noise: told, not judged.
    towns
        ``plot``, ``town``, ``name``, ``area_m2``; of a plot they add up to its area. ``town`` missing: in none.
    neighbours
        Columns `NEIGHBOUR_COLUMNS`: parcels that the plot overlaps.
    pieces
        Columns `PIECE_COLUMNS`: parts of the plots where they must not lie.
    issues
        The issues table.
    """

    plots: gpd.GeoDataFrame
    lines: pd.DataFrame
    towns: pd.DataFrame
    neighbours: pd.DataFrame
    pieces: gpd.GeoDataFrame
    issues: pd.DataFrame

    @property
    def verdict(self) -> str:
        """``fail``; else ``no data`` where town or zone of a plot is unknown; else ``warning`` or ``pass``."""
        return worst(self.plots["verdict"])


def judge_plots(
    plots: gpd.GeoDataFrame,
    near: Mapping[str, gpd.GeoDataFrame | None],
    towns: gpd.GeoDataFrame,
    settings: Settings,
    *,
    boundary_only: bool = False,
    lost: Mapping[str, int] | None = None,
) -> Judged:
    """Check plots against the control layers around them.

    Areas are those of `spatial.overlay.overlay`. A part that a boundary cuts off and that is narrower than
    the digitising noise (``settings.sliver_width_m``) is told and not judged.

    Parameters
    ----------
    plots
        Polygons in the working CRS; index: plot; columns ``name``, ``number`` and ``stated_m2`` if known.
    near
        Canonical frames by role, at least what meets the plots; None where the workspace has no such layer.
    towns
        Subjects, see `spatial.subjects.towns`.
    settings
        Of the rulebook.
    boundary_only
        Whether the whole zone layer has permitted and conditional zones alone, so that all else is outside.
    lost
        Number of features by role that could not be read: a pass by such a layer is no more than a warning.

    Returns
    -------
    Judged
        Each line with its verdict: ``pass``, ``warning``, ``fail``, ``no data``.
    """
    shapes, issues = repair(plots.geometry.to_numpy(), plots.index, "plot")
    fit = plots.assign(geometry=shapes)[~shapely.is_missing(shapes)].set_crs(plots.crs, allow_override=True)
    fit["area_m2"] = np.round(legal_area(fit.geometry.to_numpy(), plots.crs), 2)
    fit["plane_m2"] = plane_area(fit.geometry.to_numpy())
    admin = towns[~towns["programme"].eq("special").to_numpy() & ~towns.geometry.is_empty]
    special = towns[towns["programme"].eq("special").to_numpy() & ~towns.geometry.is_empty]
    limits = _limits(near, settings, boundary_only=boundary_only)
    beyond = [name for name in ("expansion" if boundary_only else "zoned",) if name in limits]
    inside = [
        name for name in ("conditional", "restricted", "forbidden", "farmland", "redline") if name in limits
    ]
    cut = overlay(fit.geometry, admin.geometry, limits, inside=inside, outside=beyond)
    found: dict[str, gpd.GeoDataFrame] = {name: cut.inside[name] for name in inside}
    found |= {"outside" if boundary_only else "no_zone": cut.outside[name] for name in beyond}
    pieces = [_parts(rows, line, fit, settings.sliver_width_m) for line, rows in found.items()]
    in_town = _towns(cut.pieces, admin, fit)
    special_pieces, planned = _special(fit, special, near, settings.sliver_width_m)
    settled = _settle([*pieces, *special_pieces], plots.crs)
    neighbours = _neighbours(fit, near.get("construction_land"), settings.sliver_width_m)
    faults = join_issues([_faults(plots, fit, issues), cut.issues])
    totals = cut.pieces.groupby("parcel")[[name for name in cut.pieces if str(name).endswith("_m2")]].sum()
    totals = totals.reindex(fit.index, fill_value=0.0)
    parts, parcels = part_sums(settled), near.get("construction_land")
    town_of, special_of, beside, faults_of = (
        _by_plot(table, column)
        for table, column in ((in_town, "plot"), (planned, "plot"), (neighbours, "plot"), (faults, "id"))
    )
    rows: list[dict[str, Any]] = []
    for plot in plots.index:
        if plot in fit.index:
            own, total = fit.loc[plot], totals.loc[plot]
            rows += area_lines(plot, own)
            rows += town_lines(plot, town_of(plot))
            rows += zone_lines(plot, total, parts, float(own["area_m2"]), limits, boundary_only=boundary_only)
            rows += limit_lines(plot, parts, near)
            rows += special_lines(plot, special_of(plot), parts, near)
            rows += parcel_lines(plot, total, beside(plot), parcels)
        rows += fault_lines(plot, faults_of(plot))
    lines = pd.DataFrame(rows, columns=LINE_COLUMNS, dtype=object)
    lines = lines.astype(dict.fromkeys(("value", "threshold", "sliver_m2"), float))
    doubtful = lines["verdict"].eq("pass") & lines["role"].isin(list(lost or {}))
    lines["verdict"] = lines["verdict"].mask(doubtful, "warning")
    result = plots.join(fit[["area_m2", "plane_m2"]])
    lines_of = _by_plot(lines, "plot")
    result["verdict"] = [overall(lines_of(plot)) for plot in plots.index]
    return Judged(result, lines, in_town, neighbours, settled, faults.reset_index(drop=True))


def _by_plot(table: pd.DataFrame, column: str) -> Callable[[Any], pd.DataFrame]:
    """Rows of a table by plot."""
    groups = dict(iter(table.groupby(column, sort=False)))
    return lambda plot: groups.get(plot, table.iloc[:0])


def _limits(
    near: Mapping[str, gpd.GeoDataFrame | None], settings: Settings, *, boundary_only: bool
) -> dict[str, gpd.GeoSeries]:
    limits: dict[str, gpd.GeoSeries] = {}
    zones = near.get("expansion_boundary")
    if zones is not None:
        kinds = zone_kinds(zones["zone"], settings.zones)
        for kind in KINDS[:2] if boundary_only else KINDS:
            limits[kind] = zones.geometry[kinds == kind]
        limits["expansion" if boundary_only else "zoned"] = zones.geometry[kinds.notna()]
    for role in ("farmland", "redline"):
        frame = near.get(role)
        if frame is not None:
            limits[role] = frame.geometry
    parcels = near.get("construction_land")
    if parcels is not None:
        limits["existing"] = construction(parcels).geometry
    return limits


def _parts(
    found: gpd.GeoDataFrame, line: str, plots: gpd.GeoDataFrame, sliver_width_m: float
) -> pd.DataFrame:
    """Single parts of what lies in or out of a limit, with its share of the area, its width, and sliver or not."""
    merged = found.groupby("parcel", sort=False)
    joined = [
        (plot, rows["area_m2"].sum(), shapely.union_all(rows.geometry.to_numpy())) for plot, rows in merged
    ]
    whole = np.array([shape for _, _, shape in joined], dtype=object)
    shapes, at = shapely.get_parts(whole, return_index=True)
    solid = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - polygons
    shapes, at = shapes[solid], at[solid]
    plane = plane_area(shapes)
    sums = np.bincount(at, plane, len(joined)) if len(plane) else np.zeros(len(joined))
    names = pd.Index([joined[n][0] for n in at])
    area = np.array([joined[n][1] for n in at]) * np.divide(
        plane, sums[at], out=np.zeros_like(plane), where=sums[at] > 0
    )
    widths = width(shapes)
    is_cut = plane < plots["plane_m2"].reindex(names).to_numpy(dtype=float) * (1 - 1e-9)
    return pd.DataFrame(
        {
            "plot": names, "line": line, "area_m2": area, "plane_m2": plane, "width_m": widths,
            "sliver": is_cut & (widths < sliver_width_m), "geometry": shapes,
        }
    )  # fmt: skip


def _settle(tables: list[pd.DataFrame], crs: Any) -> gpd.GeoDataFrame:
    """One table of pieces, areas rounded so that those of a line add up to its total."""
    filled = [table for table in tables if len(table)]
    if not filled:
        return gpd.GeoDataFrame(pd.DataFrame(columns=PIECE_COLUMNS), geometry="geometry", crs=crs)
    rows = pd.concat(filled, ignore_index=True)
    rows = rows[rows["area_m2"] >= DUST_M2].reset_index(drop=True)
    groups = rows.groupby(["plot", "line"], sort=False).ngroup().to_numpy()
    rows["area_m2"] = balance_groups(rows["area_m2"], groups)
    return gpd.GeoDataFrame(rows[PIECE_COLUMNS], geometry="geometry", crs=crs)


def _towns(pieces: pd.DataFrame, towns: gpd.GeoDataFrame, plots: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area of each plot in each town, and in none, balanced to the plot's area."""
    rows = pieces.assign(town=pieces["town"].astype(object)).rename(columns={"parcel": "plot"})
    rows = rows.groupby(["plot", "town"], dropna=False, sort=False)["area_m2"].sum().reset_index()
    rows = rows[rows["area_m2"] >= DUST_M2].reset_index(drop=True)
    order = {plot: n for n, plot in enumerate(plots.index)}
    groups = rows["plot"].map(order).to_numpy(dtype=np.int64)
    rows["area_m2"] = balance_groups(
        rows["area_m2"], groups, plots["area_m2"].to_numpy()[: groups.max() + 1] if len(rows) else None
    )
    rows["name"] = rows["town"].map(towns["name"].to_dict())
    return rows[["plot", "town", "name", "area_m2"]]


def _special(
    plots: gpd.GeoDataFrame,
    special: gpd.GeoDataFrame,
    near: Mapping[str, gpd.GeoDataFrame | None],
    sliver_width_m: float,
) -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """Parts of plots beyond the planned or construction area of the special town that they lie in."""
    none = pd.DataFrame(columns=["plot", "town", "name", "area_m2"])
    if not len(special):
        return [], none
    areas = near.get("construction_area")
    within = {} if areas is None else {"construction_area": areas.geometry}
    cut = overlay(plots.geometry, special.geometry, within, outside=list(within), keep_geometry=True)
    rows = pd.DataFrame(cut.pieces.assign(width_m=width(cut.pieces.geometry.to_numpy())))
    rows = rows[rows["area_m2"] >= DUST_M2]
    held = rows[rows["town"].notna() & (rows["width_m"] >= sliver_width_m)]
    lie = held.rename(columns={"parcel": "plot"})[["plot", "town", "area_m2"]]
    lie["name"] = lie["town"].map(special["name"].to_dict())
    frame = cut.pieces[cut.pieces["parcel"].isin(lie["plot"]) & cut.pieces["town"].isna()]
    pieces = [_parts(frame, "planned_area", plots, sliver_width_m)]
    if within:
        out = cut.outside["construction_area"]
        out = out[out["parcel"].isin(lie["plot"]) & out["town"].notna()]
        pieces.append(_parts(out, "construction_area", plots, sliver_width_m))
    return pieces, lie


def _neighbours(
    plots: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame | None, sliver_width_m: float
) -> pd.DataFrame:
    """Parcels that plots overlap; area in proportion to the plot's legal area."""
    if parcels is None or not len(parcels):
        return pd.DataFrame(columns=NEIGHBOUR_COLUMNS)
    shapes, _ = repair(parcels.geometry.to_numpy(), parcels.index, "parcel")
    left, right = shapely.STRtree(shapes).query(plots.geometry.to_numpy(), predicate="intersects")
    common = shapely.intersection(plots.geometry.to_numpy()[left], shapes[right])
    plane = plane_area(common)
    area = plots["area_m2"].to_numpy()[left] * plane / np.maximum(plots["plane_m2"].to_numpy()[left], 1e-9)
    kept = area >= DUST_M2
    left, right, common, plane, area = left[kept], right[kept], common[kept], plane[kept], area[kept]
    widths = width(common)
    cut = plane < np.minimum(plots["plane_m2"].to_numpy()[left], plane_area(shapes[right])) * (1 - 1e-9)
    rows = pd.DataFrame(
        {
            "plot": plots.index[left], "parcel": parcels.index[right], "layer": parcels["layer"].to_numpy()[right],
            "fid": parcels["fid"].to_numpy()[right],
            "land_class": parcels["land_class"].to_numpy()[right] if "land_class" in parcels else None,
            "area_m2": np.round(area, 2), "width_m": widths, "sliver": cut & (widths < sliver_width_m),
        }
    )  # fmt: skip
    return rows.sort_values(["plot", "area_m2"], ascending=[True, False], kind="stable").reset_index(
        drop=True
    )


def _faults(plots: gpd.GeoDataFrame, fit: gpd.GeoDataFrame, repaired: pd.DataFrame) -> pd.DataFrame:
    """What the inspectors of shapes find in the plots, repairs that none of them explains, overlaps among the plots."""
    frame = plots[[plots.geometry.name]].assign(layer="plot", fid=plots.index)
    codes = [code for code, one in INSPECTORS.items() if one.group in {"geometry", "topology"}]
    seen = inspect(Subject(frame, "", plots.crs), codes=codes)
    told = set(seen.loc[seen["severity"] == "error", "id"])
    left, right = overlapping(fit.geometry.to_numpy())
    common = shapely.intersection(fit.geometry.to_numpy()[left], fit.geometry.to_numpy()[right])
    rows = [
        {
            "code": "issue-overlap", "severity": "error", "layer": "plot", "fid": None, "id": fit.index[one],
            "params": {"other": str(fit.index[other]), "area_m2": float(shapely.area(common[n]))},
            "geometry": common[n],
        }
        for n in np.flatnonzero(plane_area(common) >= DUST_M2)
        for one, other in ((left[n], right[n]), (right[n], left[n]))
    ]  # fmt: skip
    return join_issues(
        [seen, repaired[~repaired["id"].isin(told)], pd.DataFrame(rows, columns=ISSUE_COLUMNS)]
    )
