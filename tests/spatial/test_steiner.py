"""Trees against brute force on small graphs, and the order of building against every other order."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.graphs import Graph, nearest
from spatial.steiner import building_order, sections, steiner_tree


@st.composite
def graphs(draw):
    count = draw(st.integers(3, 7))
    pairs = list(itertools.combinations(range(count), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=2, max_size=len(pairs), unique=True))
    weight = draw(st.lists(st.integers(1, 9), min_size=len(chosen), max_size=len(chosen)))
    u, v = np.array(chosen, dtype=np.int64).T
    terminals = draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=4, unique=True))
    return Graph(count, u, v, np.array(weight, dtype=float)), np.sort(np.array(terminals, dtype=np.int64))


def spanning_cost(graph, nodes):
    """Cost of the shortest tree over exactly these nodes, or None."""
    head = {node: node for node in nodes}

    def find(node):
        while head[node] != node:
            node = head[node]
        return node

    cost, left = 0.0, len(nodes)
    for at in np.argsort(graph.weight, kind="stable"):
        u, v = int(graph.u[at]), int(graph.v[at])
        if u in head and v in head and find(u) != find(v):
            head[find(u)] = find(v)
            cost, left = cost + graph.weight[at], left - 1
    return cost if left == 1 else None


def shortest(graph, terminals):
    others = [node for node in range(graph.nodes) if node not in terminals]
    costs = [
        spanning_cost(graph, {*terminals.tolist(), *more})
        for size in range(len(others) + 1)
        for more in itertools.combinations(others, size)
    ]
    return min((cost for cost in costs if cost is not None), default=None)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_a_tree_is_within_the_bound_of_the_shortest(case):
    graph, terminals = case
    best = shortest(graph, terminals)
    tree = steiner_tree(graph, terminals)
    if best is None:
        return
    cost = graph.weight[tree].sum()
    assert best <= cost <= 2 * (1 - 1 / len(terminals)) * best + 1e-9
    joined = {*graph.u[tree].tolist(), *graph.v[tree].tolist()}
    assert joined >= set(terminals.tolist())
    assert len(tree) == len(joined) - 1


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_nearest_is_what_searching_from_each_source_gives(case):
    graph, sources = case
    together = nearest(graph, sources)
    alone = np.min([nearest(graph, np.array([one])).distance for one in sources], axis=0)
    assert together.distance.tolist() == alone.tolist()
    reached = np.isfinite(together.distance)
    assert (together.source >= 0).tolist() == reached.tolist()


TREES = st.integers(1, 6).flatmap(
    lambda count: st.tuples(
        st.tuples(*(st.integers(-1, place - 1) for place in range(count))),
        st.lists(st.integers(1, 9), min_size=count, max_size=count),
        st.lists(st.integers(0, 3), min_size=count, max_size=count),
    )
)


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_no_other_order_gains_earlier(tree):
    above, length, gain = (np.array(one) for one in tree)

    def waited(order):
        return float((np.cumsum(length[list(order)]) * gain[list(order)]).sum())

    def possible(order):
        return all(above[place] < 0 or order.index(above[place]) < order.index(place) for place in order)

    order, stage = building_order(above, length.astype(float), gain.astype(float))
    assert possible(order.tolist())
    orders = [one for one in itertools.permutations(range(len(above))) if possible(one)]
    assert waited(order) == pytest.approx(min(waited(one) for one in orders))
    ratios = [gain[stage == one].sum() / length[stage == one].sum() for one in range(stage.max() + 1)]
    assert ratios == sorted(ratios, reverse=True) or np.allclose(ratios, sorted(ratios, reverse=True))


def test_sections_end_at_places_and_forks():
    graph = Graph(6, np.array([0, 1, 2, 2, 4]), np.array([1, 2, 3, 4, 5]), np.ones(5))
    tree = steiner_tree(graph, np.array([0, 3, 5]))
    cut = sections(graph, tree, 0, np.array([0, 3, 5]))
    assert [run.tolist() for run in cut.edges] == [[0, 1], [2], [3, 4]]
    assert (cut.node.tolist(), cut.above.tolist()) == ([2, 3, 5], [-1, 0, 0])
