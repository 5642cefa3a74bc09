import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from spatial import kernels
from spatial.flat import flatten, singly, sure, to_wkb, with_shapes
from spatial.partition import surely_apart

E0, N0 = 572_000.0, 3_402_000.0
pytestmark = pytest.mark.skipif(not kernels.COMPILED, reason="numba is not installed")


def flat_of(*shapes):
    return with_shapes(singly(flatten(to_wkb(np.array([*shapes, None], dtype=object)[:-1])))[0])


def mosaic(rows, columns, seed):
    """Quadrangles over a jittered grid; neighbours share their edges to the bit."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(columns + 1) * 100.0, np.arange(rows + 1) * 100.0)
    corner = np.dstack([E0 + x + rng.uniform(-30, 30, x.shape), N0 + y + rng.uniform(-30, 30, y.shape)])
    return [
        shapely.Polygon([corner[r, c], corner[r, c + 1], corner[r + 1, c + 1], corner[r + 1, c]])
        for r in range(rows)
        for c in range(columns)
    ]


@given(rows=st.integers(3, 6), columns=st.integers(3, 6), seed=st.integers(0, 999), turned=st.booleans())
def test_a_partition_is_apart_whichever_way_its_rings_turn(rows, columns, seed, turned):
    cells = mosaic(rows, columns, seed)
    assert surely_apart(
        flat_of(*(shapely.reverse(cell) if turned and k % 2 else cell for k, cell in enumerate(cells)))
    )


@given(seed=st.integers(0, 999), data=st.data())
def test_a_cell_that_lies_on_others_is_never_called_apart(seed, data):
    cells = mosaic(5, 5, seed)
    k = data.draw(st.integers(0, 24))
    worse = data.draw(st.sampled_from(["moved", "twice", "grown", "inside"]))
    other = {
        "moved": shapely.affinity.translate(
            cells[k], data.draw(st.floats(-20, 20).filter(lambda d: abs(d) > 1e-3))
        ),
        "twice": cells[k],
        "grown": shapely.buffer(cells[k], 1.0, join_style="mitre"),
        "inside": shapely.buffer(cells[k], -5.0, join_style="mitre"),
    }[worse]
    rest = cells if worse in {"twice", "inside"} else cells[:k] + cells[k + 1 :]
    shared = max(shapely.intersection(other, cell).area for cell in rest)
    assert not (surely_apart(flat_of(*rest, other)) and shared > 0)


def test_a_hole_in_a_partition_and_what_fills_it():
    ring = box(E0, N0, E0 + 300, N0 + 300).difference(box(E0 + 100, N0 + 100, E0 + 200, N0 + 200))
    around = mosaic(4, 4, 0)
    island = box(E0 + 100, N0 + 100, E0 + 200, N0 + 200)
    halves = [
        shapely.intersection(ring, box(E0, N0, E0 + 150, N0 + 300)),
        shapely.intersection(ring, box(E0 + 150, N0, E0 + 300, N0 + 300)),
    ]
    assert surely_apart(flat_of(ring, island))
    assert surely_apart(flat_of(*around[:5], *around[6:])), "a gap in the middle is no overlap"
    larger = shapely.buffer(island, 1.0, join_style="mitre")
    assert not surely_apart(flat_of(*halves, larger))


@given(
    points=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9),
)
def test_rings_said_to_be_sure_are_valid(points):
    """The quick tests of a ring, star-shaped or edge by edge, never take a bad one."""
    ring = [(E0 + x, N0 + y) for x, y in points]
    shape = shapely.Polygon(ring)
    assert not sure(flatten(to_wkb(np.array([shape]))))[0] or shapely.is_valid(shape)


@given(seed=st.integers(0, 9999), count=st.integers(3, 40))
def test_star_shaped_rings_are_sure(seed, count):
    rng = np.random.default_rng(seed)
    angle = (np.arange(count) + rng.uniform(0.1, 0.9, count)) * 2 * np.pi / count
    radius = rng.uniform(40, 60, count)
    shape = shapely.Polygon(np.column_stack([E0 + radius * np.cos(angle), N0 + radius * np.sin(angle)]))
    assert sure(flatten(to_wkb(np.array([shape]))))[0] == shapely.is_valid(shape)


def test_a_ring_that_goes_round_twice_is_not_sure():
    once = [(E0, N0), (E0 + 10, N0), (E0 + 10, N0 + 10), (E0, N0 + 10)]
    around = [(x + 1e-3, y + 2e-3) for x, y in once]
    for ring in (once + once, once + around):
        assert not sure(flatten(to_wkb(np.array([shapely.Polygon(ring)]))))[0]
