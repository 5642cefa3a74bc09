"""Parcels against pixels: how far they agree, and where one says built and the other does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.coverage import TOUCHED
from spatial.derived import Agreement
from spatial.found_patches import FoundPatches
from spatial.land import at_date, construction
from spatial.patches import Patches, runs_in
from spatial.pixels import cell_areas, is_built, largest_cell
from spatial.repair import ISSUE_COLUMNS
from spatial.side_by_side import in_order
from spatial.studies.rasters import built_states, cut_some, drawn
from spatial.studies.registry import study
from spatial.studies.result import HeldLayers, Study
from spatial.zonal import NODATA_LIMIT, VALID, Sums

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spatial.measures.registry import Facts
    from spatial.outlines import CellLayer
    from spatial.patches import Ints
    from spatial.pixels import Pixels, Window
    from spatial.zonal import Part

CANDIDATE_M2 = 1000.0
"""Smallest land on which they disagree that is worth a site visit: ten cells of 10 m."""
TABLE = [
    "town_id", "date", "parcels_date", "both_m2", "raster_only_m2", "parcel_only_m2", "neither_m2", "agreement_pct",
    "kappa", "nodata_share",
]  # fmt: skip
NO_PARCEL, NOT_BUILT = "raster_candidate", "parcel_candidate"
"""The layers: built-up land without a parcel, and parcels without built-up land."""


@study("raster_agreement")
def agreement(facts: Facts) -> Study | None:
    """The last built-up raster against the parcels of construction land of that time.

    Table ``raster_agreement``: by town the legal areas on which both say built, one, or none, overall agreement and Cohen's kappa.
    Layers: ``raster_candidate``, cells built-up that no parcel touches, and ``parcel_candidate``, cells
    wholly in parcels that are not built-up, both from `CANDIDATE_M2` on, as polygons.
    """
    states, frame = built_states(facts), facts.frames.get("construction_land")
    if not states or frame is None:
        return None
    raster = states[-1]
    parcels, date = at_date(construction(frame), raster.date or facts.as_of)
    if not len(parcels):
        return None
    shift = Shift()
    table, layers = compared(raster, parcels, facts.towns, shift=shift)
    for layer in layers.values():
        layer.rows["date"] = raster.date
    table = table.assign(date=raster.date, parcels_date=date)[TABLE]
    return Study(
        layers=HeldLayers(layers),
        tables={"raster_agreement": table},
        issues=_moved(shift, raster),
        rasters={"raster_agreement": Agreement(raster, parcels.geometry)},
    )


def compared(
    raster: Pixels,
    parcels: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    smallest_m2: float = CANDIDATE_M2,
    shift: Shift | None = None,
) -> tuple[pd.DataFrame, dict[str, CellLayer]]:
    """Compare window by window; of the raster no more is held than the outlines of what is to be visited.

    A cell that any parcel touches is explained by it, and a cell that no parcel fills says nothing against one, so
    that ragged edges are no disagreement worth a visit. In the table cells count by their parts.

    Parameters
    ----------
    raster
        Built-up raster.
    parcels
        Construction land in the CRS of `towns`.
    towns
        Subjects.
    smallest_m2
        Legal area from which a polygon is kept.
    shift
        Is shown what each of the two says, window by window.

    Returns
    -------
    table
        Index and ``town_id``, with ``both_m2``, ``raster_only_m2``, ``parcel_only_m2``, ``neither_m2``, ``agreement_pct``, ``kappa``,
        ``nodata_share``; NaN where more than 5 % of a town has no data.
    layers
        ``raster_candidate`` and ``parcel_candidate``: ``town_id`` (administrative; what lies in none falls away), ``area_m2``
        (legal), the largest first, in the CRS of `towns`; the latter with ``layer``, ``fid``, ``land_class`` of the parcel in the middle.
    """
    least = max(1, int(smallest_m2 / 2 / largest_cell(raster)))
    found = {
        NO_PARCEL: FoundPatches(raster, towns, smallest_m2),
        NOT_BUILT: FoundPatches(raster, towns, smallest_m2, of_shapes=_with_parcels(parcels)),
    }
    table = _passed(raster, _sums(raster, parcels, towns), found, least, shift)
    return table, {name: one.layer() for name, one in found.items()}


def _passed(
    raster: Pixels,
    sums: tuple[list[Sums], list[Sums]],
    found: Mapping[str, FoundPatches],
    least: int,
    shift: Shift | None,
) -> pd.DataFrame:
    """Go through the raster once: patches are added to `found`, the table is given."""
    whole, parts = sums
    patches = {name: Patches(least) for name in found}

    def seen(window: Window) -> _Seen:
        values, area = raster.read(window), cell_areas(raster, window)
        known = ~np.ma.getmaskarray(values)
        built = is_built(values, raster.classes).filled(fill_value=False)
        valid, both = known * area, built * area
        held = {VALID: valid, "raster_m2": both, "parcel_m2": valid, "both_m2": both}
        added = [one.part(window, held) for one in (*whole, *parts)]
        inside, covered = added[0][1], added[2][1]
        cells = {
            NO_PARCEL: built & (inside > TOUCHED) & (covered <= TOUCHED),
            NOT_BUILT: ~built & known & (covered >= 1 - TOUCHED),
        }
        pair = None if shift is None or shift.told else (built, covered)
        runs = {name: runs_in(window, one) for name, one in cells.items()}
        return _Seen(window, [part for part, _ in added], runs, pair)

    for window, added, runs, pair in in_order(seen, whole[0].places.windows()):
        for one, part in zip((*whole, *parts), added, strict=True):
            one.add(part)
        if shift is not None and pair is not None:
            shift.add(*pair)
        for name, open_ in patches.items():
            open_.add_runs(window, runs[name])
            found[name].add(open_.take())
    for name, open_ in patches.items():
        found[name].add(open_.finish())
    table = pd.concat([one.table() for one in whole])
    told = pd.concat([one.table() for one in parts]).reindex(table.index, fill_value=0.0)
    return _confusion(table.join(told)).rename_axis("town_id").reset_index()


class _Seen(NamedTuple):
    """What one window adds: to the sums, to the patches, and to the search for a shift."""

    window: Window
    added: list[Part]
    runs: dict[str, Ints]
    pair: tuple[Any, Any] | None


def _sums(
    raster: Pixels, parcels: gpd.GeoDataFrame, towns: gpd.GeoDataFrame
) -> tuple[list[Sums], list[Sums]]:
    """What is summed over administrative and over special towns, and over the parcels in them."""
    own = drawn(towns)
    special = own.index.isin(towns.index[towns["programme"].eq("special").fillna(value=False)])
    pieces = cut_some(parcels.geometry, towns)
    land = gpd.GeoSeries(pieces["geometry"].to_numpy(), index=pieces["town_id"], crs=towns.crs)
    beside = pieces["special"].to_numpy(dtype=bool)
    whole = [Sums(raster, own[which], [VALID, "raster_m2"]) for which in (~special, special)]
    return whole, [Sums(raster, land[which], ["parcel_m2", "both_m2"]) for which in (~beside, beside)]


def _confusion(table: pd.DataFrame) -> pd.DataFrame:
    """Areas of the four cases, overall agreement and Cohen's kappa (1960) by area; none where data lacks."""
    both = table["both_m2"]
    found = pd.DataFrame(
        {
            "both_m2": both,
            "raster_only_m2": table["raster_m2"] - both,
            "parcel_only_m2": table["parcel_m2"] - both,
            "neither_m2": table[VALID] - table["raster_m2"] - table["parcel_m2"] + both,
        }
    ).clip(lower=0.0)
    whole = table[VALID].where(table[VALID] > 0)
    agreed = (both + found["neither_m2"]) / whole
    raster, parcel = table["raster_m2"] / whole, table["parcel_m2"] / whole
    chance = raster * parcel + (1 - raster) * (1 - parcel)
    found["agreement_pct"] = agreed * 100
    found["kappa"] = (agreed - chance) / (1 - chance).where(chance < 1)
    return found.where(table["nodata_share"] <= NODATA_LIMIT).assign(nodata_share=table["nodata_share"])


class Shift:
    """By how many cells a raster must be moved to fit the parcels best, from the first windows with enough of both."""

    WINDOWS, REACH, ENOUGH, BETTER, MOST = 4, 100, 500, 1.25, 0.5

    def __init__(self) -> None:
        self.seen = 0
        side = 2 * self.REACH + 1
        self.fits, self.most = np.zeros((side, side)), 0.0

    @property
    def told(self) -> bool:
        """Whether enough was seen."""
        return self.seen == self.WINDOWS

    def add(self, built: Any, covered: Any) -> None:
        """Count for each move how much built-up land comes to lie on parcels (cross-correlation)."""
        few = min(float(built.sum()), float(covered.sum()))
        if self.told or few < self.ENOUGH or min(built.shape) <= 2 * self.REACH:
            return
        self.seen, self.most = self.seen + 1, self.most + few
        pair = np.conj(np.fft.rfft2(built.astype(np.float32))) * np.fft.rfft2(covered.astype(np.float32))
        fits = np.fft.irfft2(pair, built.shape)
        rolled = np.roll(fits, (self.REACH, self.REACH), axis=(0, 1))
        self.fits += rolled[: 2 * self.REACH + 1, : 2 * self.REACH + 1]

    def cells(self) -> tuple[int, int] | None:
        """Rows and columns of the move that is much better than none; None if there is no such."""
        if not self.seen:
            return None
        row, column = (int(at) - self.REACH for at in np.unravel_index(self.fits.argmax(), self.fits.shape))
        best, here = self.fits.max(), self.fits[self.REACH, self.REACH]
        clear = best > self.BETTER * here and best > self.MOST * self.most and max(abs(row), abs(column)) > 1
        return (row, column) if clear else None


def _moved(shift: Shift, raster: Pixels) -> pd.DataFrame:
    """An issue if the raster lies beside the parcels, as one in GCJ-02 does."""
    move, rows = shift.cells(), []
    if move is not None:
        params = {"south": move[0], "east": move[1], "cells": round(float(np.hypot(*move)))}
        rows.append(["issue-raster-moved", "warning", raster.name, None, None, params, None])
    return pd.DataFrame(rows, columns=ISSUE_COLUMNS)


def _with_parcels(parcels: gpd.GeoDataFrame) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    """What gives polygons file, feature and class of the parcel in their middle."""
    named = parcels.reindex(columns=["layer", "fid", "land_class"])

    def joined(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        at, of = parcels.sindex.query(layer.geometry.representative_point(), predicate="intersects")
        first = pd.Series(of, index=layer.index[at]).groupby(level=0).first()
        rows = named.iloc[first.to_numpy()]
        return layer.join(rows.set_axis(first.index)).astype({"fid": object})

    return joined
