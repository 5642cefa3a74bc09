"""The shortest set of links that joins places to a network, and the order in which to build them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spatial.graphs import Graph, nearest, spanning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def steiner_tree(graph: Graph, terminals: Ints) -> Ints:
    """Edges of a short tree that joins all terminals that can be joined.

    Mehlhorn (1988): each node goes to its nearest terminal; of the edges between the regions the shortest spanning
    tree over the terminals is taken, with the shortest ways behind its edges. Then the shortest spanning tree over
    the nodes met, less what leads to no terminal (Kou, Markowsky, Berman 1981). No longer than 2 (1 - 1/t) times the
    shortest tree for t terminals. Terminals that no way joins stay apart, each group with its own tree.

    Parameters
    ----------
    graph
        What may be built, and how long it is.
    terminals
        Nodes to join, each once.

    Returns
    -------
    ndarray
        Positions of edges, ascending.

    Examples
    --------
    >>> star = Graph(4, np.array([0, 1, 2]), np.array([3, 3, 3]), np.array([1.0, 1.0, 1.0]))
    >>> steiner_tree(star, np.array([0, 1, 2])).tolist()
    [0, 1, 2]
    """
    if len(terminals) < 2 or not len(graph.u):  # noqa: PLR2004 - nothing to join
        return np.empty(0, dtype=np.int64)
    forest = nearest(graph, terminals)
    one, other = forest.source[graph.u], forest.source[graph.v]
    border = np.flatnonzero((one != other) & (one >= 0) & (other >= 0))
    through = forest.distance[graph.u[border]] + graph.weight[border] + forest.distance[graph.v[border]]
    order = np.argsort(through, kind="stable")
    border, through = border[order], through[order]
    low, high = np.sort(np.stack([one[border], other[border]]), axis=0)
    _, first = np.unique(low * len(terminals) + high, return_index=True)
    first = np.sort(first)
    chosen = border[first][spanning(len(terminals), low[first], high[first], through[first])]
    marked = np.zeros(len(graph.u), dtype=bool)
    marked[chosen] = True
    ahead = np.concatenate([graph.u[chosen], graph.v[chosen]])
    while len(ahead):
        last = forest.edge[ahead]
        ahead, last = ahead[last >= 0], last[last >= 0]
        new = ~marked[last]
        marked[last] = True
        ahead = (graph.u[last] + graph.v[last] - ahead)[new]
    return _trimmed(graph, marked, terminals)


def _trimmed(graph: Graph, marked: NDArray[np.bool_], terminals: Ints) -> Ints:
    """The shortest spanning tree over the nodes of the marked edges, without ends that are no terminal."""
    met = np.zeros(graph.nodes, dtype=bool)
    met[graph.u[marked]] = True
    met[graph.v[marked]] = True
    among = np.flatnonzero(met[graph.u] & met[graph.v] & (graph.u != graph.v))
    tree = among[spanning(graph.nodes, graph.u[among], graph.v[among], graph.weight[among])]
    wanted = np.zeros(graph.nodes, dtype=bool)
    wanted[terminals] = True
    while True:
        u, v = graph.u[tree], graph.v[tree]
        loose = (np.bincount(np.concatenate([u, v]), minlength=graph.nodes) == 1) & ~wanted
        kept = ~(loose[u] | loose[v])
        if kept.all():
            return tree
        tree = tree[kept]


@dataclass(frozen=True)
class Sections:
    """A tree that hangs on the network, cut at places to join and at forks; upper sections come before lower ones.

    Attributes
    ----------
    edges
        Edges of each of s sections.
    node
        Its lower end.
    above
        Section it hangs on, -1: on the network.
    """

    edges: list[Ints]
    node: Ints
    above: Ints


def sections(graph: Graph, tree: Ints, root: int, terminals: Ints) -> Sections:
    """Cut the part of a tree that hangs on `root` at terminals and forks."""
    ends: dict[int, list[tuple[int, int]]] = {}
    for edge, u, v in zip(tree.tolist(), graph.u[tree].tolist(), graph.v[tree].tolist(), strict=True):
        ends.setdefault(u, []).append((edge, v))
        ends.setdefault(v, []).append((edge, u))
    stops = set(terminals.tolist()) | {node for node, met in ends.items() if len(met) > 2}  # noqa: PLR2004 - a fork
    edges: list[Ints] = []
    nodes: list[int] = []
    above: list[int] = []
    waiting = [(root, -1, -1)]
    while waiting:
        node, came, upper = waiting.pop(0)
        for first, step in sorted(ends.get(node, [])):
            if first == came:
                continue
            run, edge, at = [first], first, step
            while at not in stops and len(ends[at]) > 1:
                edge, at = next((e, n) for e, n in ends[at] if e != edge)
                run.append(edge)
            edges.append(np.array(run, dtype=np.int64))
            nodes.append(at)
            above.append(upper)
            waiting.append((at, edge, len(edges) - 1))
    return Sections(edges, np.array(nodes, dtype=np.int64), np.array(above, dtype=np.int64))


def building_order(above: Ints, length: Floats, gain: Floats) -> tuple[Ints, Ints]:
    """Order in which sections are built so that most is gained early for what is built.

    The order that makes the sum over the gains of the length built until each as small as it can be, upper sections
    before lower ones (Horn 1972): again and again the bundle of sections with the highest gain per length is put
    behind the one it hangs on; what hangs on the network alone is the next stage. No other stage that could be built
    first gains more per km than the first one (Sidney 1975), and so on.

    Parameters
    ----------
    above
        Section that each of s sections hangs on, -1: none; upper ones come first.
    length, gain
        Length of each, over 0, and what it gains.

    Returns
    -------
    order, stage
        Sections in the order of building; number of the stage of each section, from 0.

    Examples
    --------
    A long trunk with three twigs, and a short branch with one place:

    >>> order, stage = building_order(
    ...     np.array([-1, 0, 0, 0, -1]), np.array([7.0, 1, 1, 1, 3]), np.array([0.0, 1, 1, 1, 1])
    ... )
    >>> order.tolist(), stage.tolist()
    ([4, 0, 1, 2, 3], [1, 1, 1, 1, 0])
    """
    count = len(above)
    bundle = [[place] for place in range(count)]
    total, sums = length.astype(float).tolist(), gain.astype(float).tolist()
    head = list(range(count))
    heap = [(-sums[place] / total[place], place) for place in range(count)]
    heapq.heapify(heap)
    done = [False] * count
    current = [entry[0] for entry in sorted(heap, key=lambda entry: entry[1])]
    order: list[int] = []
    stage = np.zeros(count, dtype=np.int64)
    stages = 0
    while heap:
        ratio, first = heapq.heappop(heap)
        if done[first] or ratio != current[first]:
            continue
        done[first] = True
        upper = int(above[first])
        upper = -1 if upper < 0 else _head(head, upper)
        if upper < 0 or done[upper]:
            stage[bundle[first]] = stages
            order += bundle[first]
            stages += 1
            continue
        head[first] = upper
        bundle[upper] += bundle[first]
        total[upper] += total[first]
        sums[upper] += sums[first]
        current[upper] = -sums[upper] / total[upper]
        heapq.heappush(heap, (current[upper], upper))
    return np.array(order, dtype=np.int64), stage


def _head(head: list[int], place: int) -> int:
    """First section of the bundle that a section is in."""
    while head[place] != place:
        head[place] = head[head[place]]
        place = head[place]
    return place
