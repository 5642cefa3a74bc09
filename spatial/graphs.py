"""Shortest ways in a graph from the nearest of many places: one search for all of them (rustworkx)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import rustworkx as rx

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class Graph(NamedTuple):
    """An undirected graph: `nodes` nodes, edges from `u` to `v` with weights over 0; edges may be parallel."""

    nodes: int
    u: Ints
    v: Ints
    weight: Floats


class Forest(NamedTuple):
    """Shortest ways from the nearest source.

    Attributes
    ----------
    distance
        Of each node to the nearest source; infinite where none is linked.
    edge
        Last edge on that way, -1 at sources and where there is none.
    source
        Position of that source, -1 where there is none.
    """

    distance: Floats
    edge: Ints
    source: Ints


def nearest(graph: Graph, sources: Ints) -> Forest:
    """Search from all sources at once.

    Of several ways of equal length the one with the first edge is taken, so that the order of the search does not
    matter.

    Parameters
    ----------
    graph
        What to search.
    sources
        s nodes, each once.

    Examples
    --------
    >>> line = Graph(4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([1.0, 1.0, 1.0]))
    >>> found = nearest(line, np.array([0, 3]))
    >>> found.distance.tolist(), found.source.tolist()
    ([0.0, 1.0, 1.0, 0.0], [0, 0, 1, 1])
    """
    distance = np.full(graph.nodes + 1, np.inf)
    if len(sources):
        start = zip(
            [graph.nodes] * len(sources), np.asarray(sources).tolist(), [0.0] * len(sources), strict=True
        )
        found = rx.dijkstra_shortest_path_lengths(_search(graph, start), graph.nodes, float)
        distance[np.fromiter(found.keys(), np.int64, len(found))] = np.fromiter(
            found.values(), float, len(found)
        )
    distance = distance[:-1]
    edge = _last_edges(graph, distance)
    return Forest(distance, edge, _sources(graph, edge, sources))


def spanning(count: int, u: Ints, v: Ints, weight: Floats) -> Ints:
    """Positions of the edges of the shortest spanning forest; of equal edges the first."""
    order = np.argsort(weight, kind="stable")
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order))
    graph = _search(Graph(count, u, v, rank), ())
    chosen = [int(edge[2]) for edge in rx.minimum_spanning_edges(graph, float)]
    return np.sort(order[np.array(chosen, dtype=np.int64)])


def _search(graph: Graph, more: Iterable[tuple[int, int, float]]) -> rx.PyGraph[int, float]:
    made: rx.PyGraph[int, float] = rx.PyGraph()
    made.add_nodes_from(range(graph.nodes + 1))
    made.add_edges_from(list(zip(graph.u.tolist(), graph.v.tolist(), graph.weight.tolist(), strict=True)))
    made.add_edges_from(list(more))
    return made


def _last_edges(graph: Graph, distance: Floats) -> Ints:
    """For each node the first of the edges that end a shortest way to it."""
    edge = np.full(graph.nodes, -1, dtype=np.int64)
    number = np.arange(len(graph.u))
    tight = []
    for near, far in ((graph.u, graph.v), (graph.v, graph.u)):
        on = np.isfinite(distance[near]) & (distance[near] + graph.weight == distance[far])
        tight.append((far[on], number[on]))
    node, last = (np.concatenate(both) for both in zip(*tight, strict=True))
    order = np.argsort(-last, kind="stable")
    edge[node[order]] = last[order]
    return edge


def _sources(graph: Graph, edge: Ints, sources: Ints) -> Ints:
    """Follow the last edges back to the source, halving the way each time."""
    node = np.arange(graph.nodes)
    back = np.where(edge >= 0, graph.u[edge] + graph.v[edge] - node, node) if len(graph.u) else node
    while not np.array_equal(further := back[back], back):
        back = further
    label = np.full(graph.nodes, -1, dtype=np.int64)
    label[sources] = np.arange(len(sources))
    return label[back]
