"""Missing links: what to build so that the greenways reach the places they do not reach, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.graphs import Graph
from spatial.greenway_ways import GREENWAY, KINDS, STUB
from spatial.lengths import lengths
from spatial.steiner import building_order, sections, steiner_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.greenway_ways import Ways

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

STRAIGHT_FACTOR = 2.0
"""A metre across country counts as much as so many along a way that is there; a convention of this program."""
BUILT = ("road", "dike", "path", "straight")
COLUMNS = [
    "order", "stage", "above", "places", "gain", "length_m", *(f"{kind}_m" for kind in BUILT), "stage_places",
    "stage_m", "places_per_km", "total_places", "total_m",
]  # fmt: skip
_LEAST_M = 1e-3


def links(
    ways: Ways, points: Shapes, wanted: Bools, edges: Shapes, part: Ints, counts: Bools, crs: Any,
    factor: float = STRAIGHT_FACTOR,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Links from the network to places.

    The shortest tree (`spatial.steiner.steiner_tree`) over roads, paths and dikes, and straight lines, whose metres
    count `factor`-fold: from each place to the nearest road or path, to the network, to the nearest other places
    (Delaunay), and from parts of the greenways that are too short to count to the network. Greenways cost nothing.

    Parameters
    ----------
    ways
        The joint network.
    points, wanted
        n places as in `ways`, and which of them are to be joined.
    edges, part, counts
        Edges of the greenway network, the part of each (-1: not open), and whether that part counts.
    crs
        Working CRS.
    factor
        See above, 1 or more.

    Returns
    -------
    GeoDataFrame
        Sections between places and forks in the order of building, columns `COLUMNS`: ``above`` is the ``order`` of
        the section it hangs on (0: the network), ``places`` the positions of the places it gains, ``gain`` their
        number; lengths are geodesic, by what is built along. A stage is built as a whole: no other one that could be
        built then gains more places per km.
    """
    graph, shape, kind, root, node = _candidates(ways, points, wanted, edges, part, counts, factor)
    terminals = np.unique(node[wanted])
    if root < 0 or not len(terminals):
        return gpd.GeoDataFrame(pd.DataFrame(columns=COLUMNS), geometry=[], crs=crs)
    tree = steiner_tree(graph, np.unique(np.append(terminals, root)))
    cut = sections(graph, tree, root, terminals)
    flat = np.concatenate(cut.edges) if cut.edges else np.empty(0, dtype=np.int64)
    owner = np.repeat(np.arange(len(cut.edges)), [len(run) for run in cut.edges])
    metres = lengths(shape[flat], crs)
    long = np.bincount(owner, metres, minlength=len(cut.edges))
    held = pd.Series(np.flatnonzero(wanted)).groupby(node[wanted]).agg(list)
    gained = [held.get(end, []) for end in cut.node]
    gain = np.array([len(places) for places in gained], dtype=float)
    order, stage = building_order(cut.above, np.maximum(long, _LEAST_M), gain)
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order], rank[-1] = np.arange(1, len(order) + 1), 0
    table = pd.DataFrame(
        {"order": rank[:-1], "stage": stage + 1, "above": rank[cut.above], "gain": gain.astype(int)}
    )
    table["places"] = pd.Series(gained, dtype=object)
    table["length_m"] = long
    for name in BUILT:
        of_kind = np.where(kind[flat] == KINDS.index(name), metres, 0.0)
        table[f"{name}_m"] = np.bincount(owner, of_kind, minlength=len(cut.edges))
    lines = shapely.multilinestrings(shape[flat], indices=owner) if len(flat) else np.empty(0, dtype=object)
    table["geometry"] = np.asarray(shapely.line_merge(lines), dtype=object)
    table = table.iloc[order].reset_index(drop=True)
    stages = table.groupby("stage")
    table["stage_places"], table["stage_m"] = (
        stages["gain"].transform("sum"),
        stages["length_m"].transform("sum"),
    )
    table["places_per_km"] = table["stage_places"] / np.maximum(table["stage_m"], _LEAST_M) * 1000
    table["total_places"], table["total_m"] = table["gain"].cumsum(), table["length_m"].cumsum()
    return gpd.GeoDataFrame(table[[*COLUMNS, "geometry"]], geometry="geometry", crs=crs)


def _candidates(
    ways: Ways, points: Shapes, wanted: Bools, edges: Shapes, part: Ints, counts: Bools, factor: float
) -> tuple[Graph, Shapes, Ints, int, Ints]:
    """What may be built: graph, line and kind of each edge, the node of the network, and the node of each place."""
    network = ways.network
    merged, root = _merged(ways, part, counts)
    node = merged[ways.place_node]
    built = ways.kind != GREENWAY
    more = [_straight_lines(points, wanted, node, edges, part, counts, merged, ways)]
    u = np.concatenate([merged[network.u[built]], *(one[0] for one in more)])
    v = np.concatenate([merged[network.v[built]], *(one[1] for one in more)])
    shape = np.concatenate([network.shape[built], *(one[2] for one in more)])
    kind = np.concatenate([ways.kind[built], np.full(len(shape) - int(built.sum()), STUB)])
    weight = shapely.length(shape) * np.where(kind == STUB, factor, 1.0)
    real = u != v
    graph = Graph(len(network.xy), u[real], v[real], np.maximum(weight[real], _LEAST_M))
    return graph, np.asarray(shape[real], dtype=object), kind[real], root, node


def _merged(ways: Ways, part: Ints, counts: Bools) -> tuple[Ints, int]:
    """Each node of the joint network as the first node of its greenway part; all parts that count are one."""
    network = ways.network
    label = np.arange(len(network.xy))
    own = part[np.maximum(ways.greenway, 0)]
    green = (ways.greenway >= 0) & (own >= 0)
    if not green.any():
        return label, -1
    own = np.where(counts[np.maximum(ways.greenway, 0)], -1, own)[green]
    ends = pd.DataFrame(
        {"node": np.concatenate([network.u[green], network.v[green]]), "part": np.tile(own, 2)}
    )
    first = ends.groupby("part")["node"].transform("min")
    label[ends["node"]] = first
    label = label[label]
    of_network = ends.loc[ends["part"] < 0, "node"]
    return label, int(label[of_network.min()]) if len(of_network) else -1


def _straight_lines(
    points: Shapes,
    wanted: Bools,
    node: Ints,
    edges: Shapes,
    part: Ints,
    counts: Bools,
    merged: Ints,
    ways: Ways,
) -> tuple[Ints, Ints, Shapes]:
    """Straight lines that may be built: ends in the merged graph, and geometry."""
    spots, at = points[wanted], node[wanted]
    u, v, shape = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=object)]
    first_node = np.full(len(edges), -1, dtype=np.int64)
    green = np.flatnonzero(ways.greenway >= 0)
    first_node[ways.greenway[green]] = merged[ways.network.u[green]]
    here = first_node >= 0  # an edge shorter than the tolerance may be gone where other ways join
    network, short = np.flatnonzero(counts & here), np.flatnonzero((part >= 0) & ~counts & here)
    for target in (network, short):
        if len(target) and len(spots):
            one, other, line = _nearest_lines(spots, edges[target])
            u.append(at[one])
            v.append(first_node[target[other]])
            shape.append(line)
    if len(network) and len(short):
        parts = pd.Series(short).groupby(part[short]).agg(list)
        lines = np.array([shapely.multilinestrings(edges[run]) for run in parts], dtype=object)
        one, other, line = _nearest_lines(lines, edges[network])
        u.append(first_node[[run[0] for run in parts]][one])
        v.append(first_node[network[other]])
        shape.append(line)
    if len(spots) > 1:
        pairs, line = _neighbours(spots)
        u.append(at[pairs[0]])
        v.append(at[pairs[1]])
        shape.append(line)
    return np.concatenate(u), np.concatenate(v), np.concatenate(shape)


def _nearest_lines(shapes: Shapes, lines: Shapes) -> tuple[Ints, Ints, Shapes]:
    one, other = shapely.STRtree(lines).query_nearest(shapes)
    pairs = pd.DataFrame({"one": one, "other": other}).sort_values(["one", "other"]).drop_duplicates("one")
    one, other = pairs["one"].to_numpy(), pairs["other"].to_numpy()
    return one, other, np.asarray(shapely.shortest_line(shapes[one], lines[other]), dtype=object)


def _neighbours(points: Shapes) -> tuple[Ints, Shapes]:
    """Pairs of neighbouring points (Delaunay; of points on one line each with the next), and lines between them."""
    xy = shapely.get_coordinates(points)
    places, place = np.unique(xy, axis=0, return_index=True)
    if len(places) < 2:  # noqa: PLR2004 - one place
        return np.empty((2, 0), dtype=np.int64), np.empty(0, dtype=object)
    drawn = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(places), only_edges=True))
    ends = shapely.get_coordinates(drawn).reshape(-1, 2)
    if not len(ends):
        ends = np.repeat(places, 2, axis=0)[1:-1]
    known = pd.Series(place, index=pd.MultiIndex.from_arrays(places.T))
    found = known.reindex(pd.MultiIndex.from_arrays(ends.T)).to_numpy(dtype=np.int64).reshape(-1, 2)
    pairs = np.unique(np.sort(found, axis=1), axis=0).T
    return pairs, np.asarray(
        shapely.linestrings(np.stack([xy[pairs[0]], xy[pairs[1]]], axis=1)), dtype=object
    )
