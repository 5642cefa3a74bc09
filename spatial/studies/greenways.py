"""Greenways 绿道 as a network, 三(二)4: length and shape, what they meet, which towns and villages they reach, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial import periods
from spatial.greenway_faults import gaps, twins
from spatial.greenway_lines import grade, is_open, level, ordered
from spatial.greenway_links import links
from spatial.greenway_met import crossings, inside
from spatial.greenway_near import shares_near
from spatial.greenway_reach import ACCESS_M, Doors, Greenways, found_doors, given_doors, reach
from spatial.greenway_tables import (
    amounts,
    areas_of,
    by_county,
    densities,
    is_special,
    pieces_by_town,
    series,
    shape_of_network,
    towns_at,
    with_change,
)
from spatial.greenway_ways import ways
from spatial.lengths import apart, lengths
from spatial.measures.quarters import figures
from spatial.networks import build
from spatial.project_progress import quarter_numbers
from spatial.repair import ISSUE_COLUMNS
from spatial.studies.registry import study
from spatial.studies.result import Study
from spatial.subjects import lying_in

if TYPE_CHECKING:
    from spatial.greenway_ways import Ways
    from spatial.measures.registry import Facts

QUARTERS = 5
"""Length of the series: the quarter, and back to that of the year before."""
REACH = [
    "kind", "name", "town_id", "state", "walk_m", "along", "walk_any_m", "line_m", "since", "layer", "fid",
]  # fmt: skip
"""Columns of `greenway_place` and `greenway_reach`."""
_MET = {"road": ("road",), "water": ("water", "watercourse")}
_ROLES = {"centre": "town_centre", "village": "village"}


@dataclass(frozen=True)
class _Drawn:
    """Everything that is laid out once and asked for several quarters; `bare` are points in towns without any place."""

    facts: Facts
    lines: gpd.GeoDataFrame
    green: Greenways
    counted_instead: Any
    places: gpd.GeoDataFrame
    bare: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame | None
    ways: Ways

    @cached_property
    def since(self) -> Any:
        """Quarter since when each edge is open; NaN: always."""
        return quarter_numbers(self.lines["opened"])[self.green.network.line]

    @property
    def ends(self) -> Any:
        """Points that links may lead to: places, then points in bare towns."""
        return np.concatenate([self.places.geometry.to_numpy(), self.bare.geometry.to_numpy()])

    def open_at(self, quarter: str) -> Any:
        """Which edges are open at a quarter."""
        return ~(self.since > periods.number(quarter))

    def doors(self, quarter: str) -> Doors:
        """Entrances at a quarter."""
        there = self.open_at(quarter)
        _, counts = self.green.counted(there)
        if self.entrances is None:
            return found_doors(self.ways, there, counts)
        points = self.entrances.geometry.to_numpy()
        opened = is_open(self.entrances, quarter)
        return given_doors(self.ways, self.green.network, points, opened, there, counts)

    def reached(self, quarter: str) -> pd.DataFrame:
        """Reach of all places at a quarter, towns included."""
        there, doors = self.open_at(quarter), self.doors(quarter)
        limit = self.facts.settings.greenways["reach_m"]
        found = reach(self.green, self.ways, self.ends, doors, there, limit).iloc[: len(self.places)]
        names = ["kind", "name", "town_id", "within", "layer", "fid"]
        found = pd.concat([self.places[names].reset_index(drop=True), found], axis=1)
        state = towns_at(self.facts.towns, doors.point, doors.counts, self.green.network.shape[there])
        towns = pd.DataFrame(
            {
                "kind": "town",
                "name": self.facts.towns["name"].reindex(state.index),
                "town_id": state.index,
                "state": state,
            }
        )
        return pd.concat([found, towns.reset_index(drop=True)], ignore_index=True)


@study("greenways")
def greenways(facts: Facts) -> Study | None:
    """The greenway network that is open at the quarter (docs/greenways.md).

    Layers: ``greenway_edge``, ``greenway_access``, ``greenway_gap``, ``greenway_crossing``, ``greenway_place``,
    ``greenway_link``. Tables: ``greenway_by_town``, ``greenway_by_county``, ``greenway_series``, ``greenway_reach``,
    ``greenway_links``, ``greenway_parts``.
    """
    lines = ordered(facts.frames, "greenway", facts.crs)
    lines = lines[is_open(lines, facts.as_of)]
    drawn = _drawn(lines, facts) if len(lines) else None
    if drawn is None:
        return None
    there, doors = drawn.open_at(facts.as_of), drawn.doors(facts.as_of)
    part, counts = drawn.green.counted(there)
    number, parts = _parts(drawn, part, counts)
    by_quarter = {quarter: drawn.reached(quarter) for quarter in _quarters(drawn)}
    now = by_quarter[facts.as_of].assign(since=_since(by_quarter))
    built = _links(drawn, now, part, counts)
    told, town_tables = _by_town(drawn, part, counts, built)
    layers = {
        "greenway_edge": _edge_layer(drawn, number, counts),
        "greenway_access": _access_layer(drawn, doors, number),
        "greenway_gap": _gap_layer(drawn, number),
        "greenway_crossing": told,
        "greenway_place": _place_layer(drawn, now),
        "greenway_link": built,
    }
    found = {
        **town_tables,
        "greenway_series": with_change(
            pd.concat(
                [series(one, facts.towns, quarter) for quarter, one in by_quarter.items()], ignore_index=True
            )
        ),
        "greenway_reach": _reach_table(now),
        "greenway_links": pd.DataFrame(built.drop(columns="geometry")),
        "greenway_parts": parts,
    }
    return Study(
        layers={name: layer for name, layer in layers.items() if len(layer)},
        tables=found,
        issues=_issues(drawn),
    )


def _drawn(lines: gpd.GeoDataFrame, facts: Facts) -> _Drawn | None:
    settings = facts.settings.greenways
    levels = grade(lines["grade"])
    network = build(lines.geometry.to_numpy(), settings["snap_m"], levels)
    if not len(network.u):
        return None
    instead = twins(network, settings["twin_m"])
    length = np.where(instead < 0, lengths(network.shape, facts.crs), 0.0)
    green = Greenways(network, length, settings["part_m"])
    places, entrances = _places(facts), ordered(facts.frames, "greenway_access", facts.crs)
    doors = entrances.geometry.to_numpy() if len(entrances) else shapely.points(network.xy)
    bare = _bare(places, facts.towns)
    ends = np.concatenate([places.geometry.to_numpy(), bare.geometry.to_numpy()])
    joined = ways(
        network, levels[network.line], facts.frames, facts.crs, settings["snap_m"], ends, np.asarray(doors, dtype=object)
    )  # fmt: skip
    return _Drawn(facts, lines, green, instead, places, bare, entrances if len(entrances) else None, joined)


def _places(facts: Facts) -> gpd.GeoDataFrame:
    """Town centres and villages, with their administrative town and the special town around them, if any."""
    tables = [ordered(facts.frames, role, facts.crs).assign(kind=kind) for kind, role in _ROLES.items()]
    places = gpd.GeoDataFrame(pd.concat(tables), geometry="geometry", crs=facts.crs)
    found = lying_in(places.geometry.reset_index(drop=True), facts.towns, special=False).to_numpy()
    places["town_id"] = places["town_id"].astype(object).where(places["town_id"].notna(), found)
    inner = lying_in(places.geometry.reset_index(drop=True), facts.towns, special=True)
    special = is_special(facts.towns)
    places["within"] = inner.where(inner.isin(special.index[special])).astype(object).to_numpy()
    return places


def _bare(places: gpd.GeoDataFrame, towns: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Towns in which no centre or village is known, each with a point inside: links lead there if it is not reached."""
    held = pd.concat([places["town_id"], places["within"]]).dropna()
    own = towns[~(towns.geometry.is_empty | towns.geometry.isna()) & ~towns.index.isin(held)]
    return gpd.GeoDataFrame(
        {"name": own["name"].astype(object), "town_id": own.index}, geometry=own.representative_point()
    )


def _quarters(drawn: _Drawn) -> list[str]:
    """The quarter judged, and those before it where the lines say since when they are open."""
    now = periods.number(drawn.facts.as_of)
    first = now - QUARTERS + 1 if np.isfinite(drawn.since).any() else now
    return [periods.name(at) for at in range(first, now + 1)]


def _since(by_quarter: dict[str, pd.DataFrame]) -> Any:
    """First quarter of the series from which on each place was reached without a break; None if it is not."""
    since = pd.Series(None, index=next(iter(by_quarter.values())).index, dtype=object)
    going = pd.Series(True, index=since.index)  # noqa: FBT003
    for quarter in sorted(by_quarter, reverse=True):
        going &= by_quarter[quarter]["state"].eq("reached")
        since = since.mask(going, quarter)
    return since


def _parts(drawn: _Drawn, part: Any, counts: Any) -> tuple[Any, pd.DataFrame]:
    """Number of the part of each edge, the longest first (0: not open), and a table of the parts."""
    green, use = drawn.green, part >= 0
    sums = pd.DataFrame({"part": part, "length_m": green.length, "counts": counts})[use].groupby("part")
    table = sums.agg(length_m=("length_m", "sum"), counts=("counts", "first")).reset_index()
    table = table.sort_values(["length_m", "part"], ascending=[False, True], kind="stable", ignore_index=True)
    number = (
        pd.Series(np.arange(1, len(table) + 1), index=table["part"])
        .reindex(part)
        .fillna(0)
        .to_numpy(dtype=int)
    )
    counted = use & (drawn.counted_instead < 0)
    table["edges"] = [int((part == one).sum()) for one in table["part"]]
    table["loops"] = [
        green.network.loops((part == one) & counted) if one >= 0 else 0 for one in table["part"]
    ]
    return number, table.assign(part=np.arange(1, len(table) + 1))


def _links(drawn: _Drawn, now: pd.DataFrame, part: Any, counts: Any) -> gpd.GeoDataFrame:
    """Missing links with the names of what they gain, their towns, and what they cross."""
    facts, places = drawn.facts, drawn.places
    reached = now["state"].eq("reached")
    towns = now.loc[reached & now["kind"].eq("town"), "town_id"]
    wanted = np.concatenate([~reached.iloc[: len(places)], ~drawn.bare["town_id"].isin(towns)])
    found = links(
        drawn.ways, drawn.ends, wanted, drawn.green.network.shape, part, counts, facts.crs,
        facts.settings.greenways["straight_factor"],
    )  # fmt: skip
    named = pd.concat([places["name"], drawn.bare["name"]]).astype(object)
    names = named.where(named.notna(), None).to_list()
    gained = [[names[at] for at in held if names[at] is not None] for held in found["places"]]
    found["places"] = pd.Series(["、".join(map(str, held)) or None for held in gained], dtype=object)
    found["town_id"] = lying_in(found.geometry, facts.towns, special=False)
    for name, role in (("over_water", "water"), ("in_redline", "redline")):
        areas = ordered(facts.frames, role, facts.crs).geometry.to_numpy()
        found[f"{name}_m"] = _within(found.geometry.to_numpy(), areas, facts.crs) if len(areas) else np.nan
    return found


def _within(lines: Any, areas: Any, crs: Any) -> Any:
    """Length of each line in areas, m."""
    if not len(lines):
        return np.empty(0)
    at, area, shapes = apart(lines, shapely.make_valid(areas))
    use = area >= 0
    return np.bincount(at[use], lengths(shapes[use], crs), minlength=len(lines))


def _by_town(
    drawn: _Drawn, part: Any, counts: Any, built: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, dict[str, pd.DataFrame]]:
    """Crossings, and the tables by town and county."""
    facts, network, length = drawn.facts, drawn.green.network, drawn.green.length
    towns, there = facts.towns, drawn.open_at(facts.as_of)
    pieces = pieces_by_town(network, level(drawn.lines["level"]), np.where(there, length, 0.0), towns)
    met = crossings(network, grade(drawn.lines["grade"])[network.line], facts.frames, facts.crs)
    met.attrs["known"] = [kind for kind, roles in _MET.items() if any(role in facts.frames for role in roles)]
    met.attrs["areas"] = "water" in facts.frames
    redline = ordered(facts.frames, "redline", facts.crs).geometry.to_numpy()
    counted = network.shape[there & (length > 0)]
    over = inside(counted, redline) if "redline" in facts.frames else None
    table = amounts(pieces, met, over, towns)
    table["area_m2"] = areas_of(towns)
    near = shares_near(network.shape[there], facts).reindex(table.index)
    told = figures(facts, ["population"], facts.as_of)["population"].reindex(table.index).astype(float)
    table["persons"] = told.where(told.notna(), near["persons"])
    shares = {
        f"{what}_{distance}_pct": near[f"{name}_{distance}_{unit}"] / near[whole].where(near[whole] > 0) * 100
        for what, name, whole, unit in (
            ("people", "persons", "persons", "m"),
            ("built", "built", "built_m2", "m2"),
        )
        for distance in (500, 1000)
    }
    owner = pd.Series(table.index, index=table.index)
    table = table.join(shape_of_network(pieces, network, length, part, owner))
    table[["parts", "loops"]] = table[["parts", "loops"]].fillna(0.0)
    table = densities(table.assign(**shares, people_from=near["people_from"], built_from=near["built_from"]))
    sums = built.groupby("town_id")["length_m"].sum() if len(built) else pd.Series(dtype=float)
    links = sums.reindex(table.index, fill_value=0.0 if counts.any() else np.nan)
    table["links_m"] = links.mask(is_special(towns).reindex(table.index))
    county = by_county(table, pieces, network, length, part, towns)
    by_town = table.assign(county=towns["county"]).rename_axis("town_id").reset_index()
    layer = gpd.GeoDataFrame(pd.DataFrame(met), geometry="geometry", crs=facts.crs)
    return layer, {"greenway_by_town": by_town, "greenway_by_county": county}


def _edge_layer(drawn: _Drawn, number: Any, counts: Any) -> gpd.GeoDataFrame:
    network, lines = drawn.green.network, drawn.lines.iloc[drawn.green.network.line].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "part": number, "network": counts, "level": level(lines["level"]), "name": lines["name"],
            "length_m": np.asarray(lengths(network.shape, drawn.facts.crs)), "opened": lines["opened"],
            "twice": drawn.counted_instead >= 0, "from_node": network.u, "to_node": network.v,
            "layer": lines["layer"], "fid": lines["fid"].astype(str),
        }
    )  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=network.shape, crs=drawn.facts.crs)


def _access_layer(drawn: _Drawn, doors: Doors, number: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame({"kind": doors.kind, "part": number[doors.edge], "network": doors.counts})
    return gpd.GeoDataFrame(table, geometry=doors.point, crs=drawn.facts.crs)


def _gap_layer(drawn: _Drawn, number: Any) -> gpd.GeoDataFrame:
    found = gaps(drawn.green.network, drawn.facts.settings.greenways["gap_m"], drawn.counted_instead)
    table = pd.DataFrame(
        {
            "apart_m": found["apart_m"], "joins": found["joins"], "part": number[found["edge"]],
            "other_part": number[found["other"]],
        }
    )  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=found["geometry"].to_numpy(), crs=drawn.facts.crs)


def _place_layer(drawn: _Drawn, now: pd.DataFrame) -> gpd.GeoDataFrame:
    table = now.iloc[: len(drawn.places)][REACH]
    table = table.assign(fid=table["fid"].astype(str))
    return gpd.GeoDataFrame(table, geometry=drawn.places.geometry.to_numpy(), crs=drawn.facts.crs)


def _reach_table(now: pd.DataFrame) -> pd.DataFrame:
    order = now["kind"].map({"town": 0, "centre": 1, "village": 2})
    keys = now.assign(order=order, town=now["town_id"].astype(str), named=now["name"].astype(str))
    at = keys.sort_values(["order", "town", "named"], kind="stable").index
    table = now.loc[at, REACH].reset_index(drop=True)
    return table.assign(fid=table["fid"].map(str, na_action="ignore"))


def _issues(drawn: _Drawn) -> pd.DataFrame:
    """Open entrances that are on no open greenway."""
    frame = drawn.entrances
    if frame is None:
        return pd.DataFrame(columns=ISSUE_COLUMNS)
    frame = frame[is_open(frame, drawn.facts.as_of)]
    points = frame.geometry.to_numpy()
    on, _ = shapely.STRtree(drawn.green.network.shape).query(points, predicate="dwithin", distance=ACCESS_M)
    off = np.setdiff1d(np.arange(len(points)), on)
    rows = frame.iloc[off]
    table = pd.DataFrame(
        {
            "code": "issue-access-off-network", "severity": "warning", "layer": rows["layer"], "fid": rows["fid"],
            "id": rows.index, "params": [{"reach_m": ACCESS_M}] * len(rows), "geometry": points[off],
        }
    )  # fmt: skip
    return table[ISSUE_COLUMNS].reset_index(drop=True).astype(object)
