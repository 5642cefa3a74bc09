"""Faults of a network of lines: gaps, short ends that stick out, lines drawn twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.networks import Network

    Ints = NDArray[np.int64]

_STEP_M = 20.0
_COVERED = 0.95


def gaps(network: Network, distance: float, instead: Ints) -> pd.DataFrame:
    """Loose ends that come within `distance` of an edge that they do not meet; two ends facing each other are one gap.

    Edges that are drawn twice (`instead`, as `twins` gives it) are left aside.

    Returns
    -------
    DataFrame
        ``edge`` and ``other`` (positions of edges: of the loose end, and the one missed), ``node``, ``apart_m``,
        ``joins`` (the two are different parts), ``geometry`` (from the end to the edge).
    """
    degree = network.degrees()
    loose = np.flatnonzero(degree == 1)
    ends = np.asarray(shapely.points(network.xy[loose]), dtype=object)
    own = _edge_at(network, loose)
    at, other = shapely.STRtree(network.shape).query(ends, predicate="dwithin", distance=distance)
    far = np.where(network.u[own] == loose, network.v[own], network.u[own])
    met = (network.u[other] == loose[at]) | (network.v[other] == loose[at])
    beside = (network.u[other] == far[at]) | (network.v[other] == far[at])
    kept = (
        ~met
        & (instead[own[at]] < 0)
        & (instead[other] < 0)
        & ~(beside & (network.length[own[at]] <= 2 * distance))
    )
    at, other = at[kept], other[kept]
    table = pd.DataFrame({"node": loose[at], "edge": own[at], "other": other})
    table["apart_m"] = shapely.distance(ends[at], network.shape[other])
    table = table.sort_values(["node", "apart_m", "other"], kind="stable").drop_duplicates("node")
    line = shapely.shortest_line(shapely.points(network.xy[table["node"]]), network.shape[table["other"]])
    parts = network.parts()
    table["joins"] = parts[table["node"]] != parts[network.u[table["other"]]]
    table["geometry"] = np.asarray(line, dtype=object)
    tips = shapely.get_coordinates(line).reshape(-1, 2, 2)
    facing = pd.Series(
        [tuple(sorted(map(tuple, pair))) for pair in tips.tolist()], index=table.index, dtype=object
    )
    return table[~facing.duplicated()].reset_index(drop=True)


def dangles(network: Network, distance: float) -> Ints:
    """Edges no longer than `distance` with one loose end, the other at a junction: a line drawn too far."""
    degree = network.degrees()
    low = np.minimum(degree[network.u], degree[network.v])
    high = np.maximum(degree[network.u], degree[network.v])
    return np.flatnonzero((network.length <= distance) & (low == 1) & (high > 2))  # noqa: PLR2004 - a junction


def twins(network: Network, distance: float) -> Ints:
    """For each edge the edge that is the same way drawn twice and counts instead, -1: none.

    An edge is a twin if at least 95 % of it (in steps, its ends left out) runs within `distance` of other edges that
    are not twins of it themselves; of two that cover each other the longer one counts, else the first.
    """
    found = np.full(len(network.u), -1, dtype=np.int64)
    length = network.length
    steps = np.where(length > 2 * distance, np.ceil(length / _STEP_M), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(length)), steps)
    turn = np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)
    margin = np.minimum(2 * distance, length / 3)[edge]
    where = margin + (turn + 0.5) / steps[edge] * (length[edge] - 2 * margin)
    spots = shapely.line_interpolate_point(network.shape[edge], where)
    spot, other = shapely.STRtree(network.shape).query(spots, predicate="dwithin", distance=distance)
    kept = edge[spot] != other
    pairs = pd.DataFrame({"spot": spot[kept], "edge": edge[spot[kept]], "other": other[kept]})
    pairs = pairs[length[pairs["edge"]] > 2 * distance]
    covered = pairs.drop_duplicates("spot").groupby("edge").size()
    twin = np.zeros(len(length), dtype=bool)
    twin[covered.index[covered >= _COVERED * steps[covered.index]]] = True
    pairs = pairs[twin[pairs["edge"]]]
    both = pairs.groupby(["edge", "other"]).size().reset_index(name="shared")
    both = both.sort_values(["edge", "shared", "other"], ascending=[True, False, True], kind="stable")
    best = both.drop_duplicates("edge")
    order = np.lexsort([np.arange(len(length)), -np.round(length, 3)])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    one, counts = best["edge"].to_numpy(), best["other"].to_numpy()
    drops = ~twin[counts] | (rank[counts] < rank[one])
    found[one[drops]] = counts[drops]
    same = pd.Series(np.arange(len(length))).groupby(
        shapely.to_wkb(shapely.normalize(network.shape)), sort=False
    )
    first = same.transform("first").to_numpy()
    again = (first != np.arange(len(length))) & (found < 0) & (found[first] < 0)
    found[again] = first[again]
    return found


def _edge_at(network: Network, nodes: Ints) -> Ints:
    """The edge at each of the nodes that have one alone."""
    edge = np.full(len(network.xy), -1, dtype=np.int64)
    for ends in (network.u, network.v):
        edge[ends] = np.arange(len(network.u))
    found: Ints = edge[nodes]
    return found
