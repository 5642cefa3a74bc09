"""Lines as a network: snapping, crossings, bridges, and what must not matter."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.greenway_faults import dangles, gaps, twins
from spatial.networks import build


def line(*points):
    return shapely.LineString(points)


def made(*lines, tolerance=1.0, **more):
    return build(np.array(lines, dtype=object), tolerance, **more)


def test_a_crossing_is_a_node_and_a_bridge_is_none():
    cross = line((0, 0), (100, 0)), line((50, -50), (50, 50))
    assert (len(made(*cross).xy), len(made(*cross).u)) == (5, 4)
    over = made(*cross, grade=[0.0, 1.0])
    assert (len(over.xy), len(over.u)) == (4, 2)
    assert len(np.unique(over.parts())) == 2


def test_a_bridge_meets_its_road_at_its_ends():
    road = line((0, 0), (40, 0)), line((60, 0), (100, 0))
    network = made(*road, line((40, 0), (60, 0)), line((50, -50), (50, 50)), grade=[0.0, 0.0, 1.0, 0.0])
    assert len(np.unique(network.parts())) == 2


@pytest.mark.parametrize(("away", "parts"), [(0.0, 1), (0.9, 1), (1.1, 2)])
def test_an_end_joins_what_is_within_the_tolerance(away, parts):
    ends = made(line((0, 0), (100, 0)), line((100 + away, 0), (200, 0)))
    tee = made(line((0, 0), (100, 0)), line((50, away), (50, 100)))
    for network in (ends, tee):
        assert len(np.unique(network.parts())) == parts
    assert tee.length.sum() == pytest.approx(200 - (away if parts == 2 else 0))


def test_loops_are_counted_and_a_crossing_with_itself_is_one():
    square = line((0, 0), (100, 0), (100, 100), (0, 100), (0, 0))
    assert made(square).loops() == 1
    assert made(square, line((50, -10), (50, 110))).loops() == 2
    eight = made(line((0, 0), (100, 100), (100, 0), (0, 100)))
    assert (eight.loops(), len(eight.xy)) == (1, 3)


def test_lines_on_each_other_share_their_edge():
    network = made(line((0, 0), (100, 0)), line((50, 0), (150, 0)))
    assert sorted(network.length.tolist()) == pytest.approx([50, 50, 50, 50])
    assert (twins(network, 5.0) >= 0).sum() == 1


def test_stops_are_nodes_on_a_line_and_off_it():
    network = made(line((0, 0), (100, 0)), stops=shapely.points([[30.0, 0.5], [500.0, 0.0]]))
    assert sorted(network.length.tolist()) == pytest.approx([30, 70], abs=0.02)
    assert network.degrees()[network.stop].tolist() == [2, 0]


def test_nothing_gives_nothing():
    for lines in ([], [None, shapely.Point(0, 0), shapely.LineString()]):
        network = build(np.array(lines, dtype=object), 1.0)
        assert (len(network.u), network.loops(), len(network.xy)) == (0, 0, 0)


def test_gaps_are_told_once_with_what_they_join():
    network = made(line((0, 0), (100, 0)), line((108, 0), (300, 0)), line((200, 15), (200, 300)))
    found = gaps(network, 20.0, np.full(len(network.u), -1))
    assert sorted(found["apart_m"]) == pytest.approx([8.0, 15.0])
    assert found["joins"].all()
    assert len(gaps(network, 7.0, np.full(len(network.u), -1))) == 0


def test_a_stub_is_a_dangle_and_no_gap():
    network = made(line((0, 0), (200, 0)), line((100, -12), (100, 200)))
    assert network.length[dangles(network, 20.0)].tolist() == [12.0]
    assert len(gaps(network, 20.0, np.full(len(network.u), -1))) == 0


def test_a_line_drawn_twice_beside_itself_counts_once():
    network = made(line((0, 0), (1_000, 0)), line((100, 3), (900, 3)))
    counts = twins(network, 5.0)
    assert network.length[counts >= 0].tolist() == [800.0]
    assert (twins(made(line((0, 0), (1_000, 0)), line((100, 30), (900, 30))), 5.0) < 0).all()


PLACES = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda at: (at[0] * 50.0, at[1] * 50.0))
LINES = st.lists(
    st.lists(PLACES, min_size=2, max_size=5, unique=True).map(shapely.LineString), min_size=1, max_size=8
)


def told(network):
    """What must not change: nodes, edges by geometry, parts, loops."""
    edges = sorted(shapely.to_wkt(shapely.normalize(network.shape), rounding_precision=6))
    return network.xy.round(6).tolist(), edges, network.loops(), len(np.unique(network.parts()))


@settings(max_examples=60, deadline=None)
@given(LINES, st.randoms(use_true_random=False))
def test_order_and_direction_do_not_matter(lines, random):
    mixed = [
        shapely.reverse(one) if random.random() < 0.5 else one for one in random.sample(lines, len(lines))
    ]
    assert told(made(*lines)) == told(made(*mixed))


def apart(lines):
    """Whether lines meet at clear angles and pass each other's corners by more than the tolerance, or through them."""
    legs = [line(*pair) for one in lines for pair in zip(one.coords[:-1], one.coords[1:], strict=True)]
    corners = [shapely.Point(xy) for one in lines for xy in one.coords]
    turns = np.array([np.arctan2(*np.diff(leg.coords, axis=0)[0][::-1]) for leg in legs])
    between = np.abs((turns[:, None] - turns + np.pi / 2) % np.pi - np.pi / 2)
    meet = np.array([[a.distance(b) < 5 for b in legs] for a in legs]) & ~np.eye(len(legs), dtype=bool)
    near = np.array([[corner.distance(leg) for leg in legs] for corner in corners])
    return (between[meet] > 0.3).all() and not ((near > 1e-9) & (near < 5)).any()


@settings(max_examples=200)
@given(LINES)
def test_splitting_lines_at_their_vertices_changes_nothing(lines):
    """Where lines run together within the tolerance, which end is moved may depend on where they are cut."""
    if not apart(lines):
        return
    whole = made(*lines)
    pieces = [line(*pair) for one in lines for pair in zip(one.coords[:-1], one.coords[1:], strict=True)]
    split = made(*pieces)
    told = []
    for network in (whole, split):
        once = twins(network, 0.01) < 0
        ends = network.xy[network.degrees(once) == 1].round(6).tolist()
        told.append(
            (network.length[once].sum().round(6), network.loops(once), len(np.unique(network.parts())), ends)
        )
    assert told[0] == told[1]
