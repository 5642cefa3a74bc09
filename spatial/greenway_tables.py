"""Tables of greenways: by town, by county, by quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial import periods
from spatial.areas import M2_PER_KM2, legal_area
from spatial.greenway_lines import LEVELS
from spatial.lengths import cut_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from spatial.networks import Network

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]

KINDS = ("town", "centre", "village")
PER = 10_000
YEAR = 4
_WHOLE_M = 1e-3
_AMOUNTS = [
    "length_m", *(f"{level}_m" for level in LEVELS), "road_crossings", "road_bridges", "water_crossings", "water_m",
    "redline_m",
]  # fmt: skip


def is_special(towns: pd.DataFrame) -> pd.Series[Any]:
    """Which towns are special ones."""
    return towns["programme"].eq("special").fillna(value=False).astype(bool)


def pieces_by_town(
    network: Network, level: pd.Series[Any], length: Any, towns: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Stretches of edges (not of those that count nowhere: `length` 0) by town, with level."""
    edges = np.flatnonzero(length > 0)
    found = cut_lines(network.shape[edges], towns)
    found["edge"] = edges[found["at"]]
    return found.drop(columns="at").assign(level=level.to_numpy()[network.line[found["edge"]]])


def amounts(pieces: pd.DataFrame, met: pd.DataFrame, redline: Any, towns: gpd.GeoDataFrame) -> pd.DataFrame:
    """Lengths by level, crossings and redline of each drawn town; crossings and redline NaN without such layers.

    Parameters
    ----------
    pieces
        As `pieces_by_town` gives them.
    met
        Crossings (`spatial.greenway_met.crossings`), ``known`` in ``attrs``: the kinds that have a layer.
    redline
        Stretches in the redline, or None.
    towns
        Subjects.
    """
    drawn = towns[~(towns.geometry.is_empty | towns.geometry.isna())]
    own = pieces[pieces["town_id"].notna()]
    table = pd.DataFrame(0.0, index=drawn.index, columns=_AMOUNTS)
    table["length_m"] = own.groupby("town_id")["length_m"].sum().reindex(table.index, fill_value=0.0)
    for level in LEVELS:
        sums = own[own["level"] == level].groupby("town_id")["length_m"].sum()
        table[f"{level}_m"] = sums.reindex(table.index, fill_value=0.0)
    spots = shapely.point_on_surface(met["geometry"].to_numpy())
    at, town = drawn.sindex.query(spots, predicate="intersects")
    held = pd.DataFrame(
        {"town_id": drawn.index.to_numpy()[town], "at": at, "special": is_special(drawn).to_numpy()[town]}
    )
    held = held.sort_values(["at", "town_id"]).drop_duplicates(["at", "special"])
    held = held.assign(
        kind=met["kind"].to_numpy()[held["at"]], level=met["level"].to_numpy(dtype=bool)[held["at"]]
    )
    known: Sequence[str] = met.attrs["known"]
    for name, kind, one in (
        ("road_crossings", "road", held), ("road_bridges", "road", held[held["level"]]), ("water_crossings", "water", held),
    ):  # fmt: skip
        counts = one[one["kind"] == kind].groupby("town_id").size().reindex(table.index, fill_value=0)
        table[name] = counts.astype(float) if kind in known else np.nan
    over = met["geometry"].to_numpy()[(met["kind"] == "water").to_numpy(dtype=bool)]
    table["water_m"] = _sums(over, towns, table.index) if met.attrs["areas"] else np.nan
    table["redline_m"] = np.nan if redline is None else _sums(redline, towns, table.index)
    return table


def _sums(lines: Any, towns: gpd.GeoDataFrame, index: pd.Index[Any]) -> pd.Series[Any]:
    if not len(lines):
        return pd.Series(0.0, index=index)
    return cut_lines(lines, towns).groupby("town_id")["length_m"].sum().reindex(index, fill_value=0.0)


def shape_of_network(
    pieces: pd.DataFrame, network: Network, length: Any, part: Ints, owner: pd.Series[Any]
) -> pd.DataFrame:
    """Connected parts that run through each owner (a town, or the county of ``town_id``), and loops that lie in it whole."""
    own = pieces.assign(owner=pieces["town_id"].map(owner.to_dict())).dropna(subset="owner")
    result = own.groupby("owner")["edge"].agg(lambda edges: len(np.unique(part[edges]))).to_frame("parts")
    held = own.groupby(["owner", "edge"])["length_m"].sum().reset_index()
    whole = held[held["length_m"] >= length[held["edge"]] - _WHOLE_M]
    loops = {}
    for name, edges in whole.groupby("owner")["edge"]:
        use = np.zeros(len(network.u), dtype=bool)
        use[edges] = True
        loops[name] = float(network.loops(use))
    result["loops"] = pd.Series(loops, dtype=float).reindex(result.index, fill_value=0.0)
    return result


def towns_at(towns: gpd.GeoDataFrame, doors: Any, counts: Bools, lines: Any) -> pd.Series[Any]:
    """State of each drawn town: an entrance of the network lies in it, or one of a short part, or only a line, or none."""
    drawn = towns[~(towns.geometry.is_empty | towns.geometry.isna())]
    areas = drawn.geometry.to_numpy()
    met = []
    for shapes in (doors[counts], doors, lines):
        found = np.zeros(len(areas), dtype=bool)
        if len(shapes):
            found[shapely.STRtree(shapes).query(areas, predicate="intersects")[0]] = True
        met.append(found)
    return pd.Series(
        np.select(met, ["reached", "apart", "near"], "unreached"), index=drawn.index, dtype=object
    )


def series(places: pd.DataFrame, towns: pd.DataFrame, period: str) -> pd.DataFrame:
    """Places reached at a quarter: by town, by county, and over all.

    Parameters
    ----------
    places
        ``kind``, ``town_id``, ``within`` (special town around it, or None), ``state``.
    towns
        Subjects.
    period
        The quarter.

    Returns
    -------
    DataFrame
        ``period``, ``scope`` (``all``, ``county``, ``town``), ``name`` (county, town id; None of all), ``kind``,
        ``total``, ``reached``, ``apart``, ``near``, ``unreached``, ``share_pct``.
    """
    county = places["town_id"].map(towns["county"].to_dict())
    special = places["kind"].eq("town") & places["town_id"].isin(towns.index[is_special(towns)])
    rows = [
        ("all", pd.Series("all", index=places.index), ~special),
        ("county", county, ~special & county.notna()),
    ]
    rows += [("town", places["town_id"], places["kind"].ne("town") & places["town_id"].notna()),
             ("town", places["within"], places["kind"].ne("town") & places["within"].notna())]  # fmt: skip
    tables = []
    for scope, name, use in rows:
        chosen = places[use]
        counts = pd.crosstab([name[use].rename("name"), chosen["kind"]], chosen["state"])
        counts = counts.reindex(columns=["reached", "apart", "near", "unreached"], fill_value=0)
        tables.append(counts.reset_index().assign(scope=scope))
    table = pd.concat(tables, ignore_index=True)
    states = ["reached", "apart", "near", "unreached"]
    table[states] = table[states].astype(int)
    table["total"] = table[states].sum(axis=1)
    table["share_pct"] = table["reached"] / table["total"] * 100
    table["name"] = table["name"].mask(table["scope"] == "all").astype(object)
    return table.assign(period=period)[["period", "scope", "name", "kind", "total", *states, "share_pct"]]


def with_change(table: pd.DataFrame) -> pd.DataFrame:
    """The series of all quarters with ``change_pp``: the share less that of a year before, percentage points.

    None where no year before is in the series.
    """
    keys = ["period", "scope", "name", "kind"]
    year = table["period"].map(lambda quarter: periods.shift(quarter, YEAR))
    before = table[[*keys, "share_pct"]].assign(period=year)
    both = table.merge(before, on=keys, how="left", suffixes=("", "_before"), validate="one_to_one")
    return table.assign(change_pp=both["share_pct"].to_numpy() - both["share_pct_before"].to_numpy())


def by_county(
    table: pd.DataFrame, pieces: pd.DataFrame, network: Network, length: Any, part: Ints, towns: pd.DataFrame
) -> pd.DataFrame:
    """Sums of the administrative towns by county, and of all (``county`` None)."""
    admin = table[~is_special(towns).reindex(table.index)]
    county = towns["county"].reindex(admin.index)
    own = pieces[~pieces["special"].astype(bool)]
    found = []
    for owner in (county, pd.Series("all", index=admin.index)):
        sums = admin.groupby(owner.to_numpy(dtype=object))[[*_AMOUNTS, "area_m2", "persons"]].agg(
            lambda one: one.sum(skipna=False)
        )
        found.append(sums.join(shape_of_network(own, network, length, part, owner.dropna())))
    result = pd.concat(found).rename_axis("county").reset_index()
    result["county"] = result["county"].astype(object).mask(np.arange(len(result)) >= len(found[0]))
    result[["parts", "loops"]] = result[["parts", "loops"]].fillna(0.0)
    return densities(result)


def densities(table: pd.DataFrame) -> pd.DataFrame:
    """Km of greenway on a km² and for 10,000 people."""
    km = table["length_m"] / 1000
    return table.assign(
        km_per_km2=km / (table["area_m2"] / M2_PER_KM2),
        km_per_10000=km / (table["persons"].where(table["persons"] > 0) / PER),
    )


def areas_of(towns: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Legal area of each drawn town, m²."""
    drawn = towns[~(towns.geometry.is_empty | towns.geometry.isna())]
    return pd.Series(legal_area(drawn.geometry.to_numpy(), towns.crs), index=drawn.index)
