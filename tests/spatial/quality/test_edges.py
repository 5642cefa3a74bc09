"""Gaps by single edges alone are the holes of the union, of any width; sides that do not match are told."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from spatial.quality.drawn import drawn
from spatial.quality.edges import beside, gaps, one_sided, single


def mosaic(seed, count):
    """A Voronoi partition of a square kilometre, vertices rounded alike for both sides."""
    points = shapely.multipoints(np.random.default_rng(seed).uniform(0, 1000, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box(0, 0, 1000, 1000)))
    cells = shapely.intersection(cells, box(0, 0, 1000, 1000))
    return np.asarray(shapely.set_precision(cells, 0.001, mode="pointwise"), dtype=object)


def holes(shapes):
    """The slow way: what the union leaves open."""
    parts = shapely.get_parts(shapely.union_all(shapes))
    filled = shapely.polygons(shapely.get_exterior_ring(parts))
    return shapely.area(shapely.difference(shapely.union_all(filled), shapely.union_all(parts)))


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(4, 40),
    gone=st.integers(0, 3),
    inset=st.sampled_from([0, 0.01, 0.2, 7]),
)
@settings(max_examples=60)
def test_gaps_are_the_holes_of_the_union(seed, count, gone, inset):
    cells = mosaic(seed, count)
    cells[0] = shapely.buffer(cells[0], -inset, join_style="mitre") if inset else cells[0]
    shapes = cells[gone:]
    shapes = shapes[~shapely.is_empty(shapes)]
    found = shapely.area(gaps(shapes, single(drawn(shapes)))).sum()
    assert abs(found - holes(shapes)) <= 1e-5


@given(seed=st.integers(0, 10_000), count=st.integers(2, 40))
@settings(max_examples=40)
def test_a_mosaic_has_no_single_edge_within(seed, count):
    cells = mosaic(seed, count)
    edges = single(drawn(cells))
    rim = shapely.boundary(shapely.union_all(cells))
    assert abs(shapely.length(edges.lines).sum() - rim.length) <= 1e-5
    assert not len(one_sided(edges)[0])
    assert beside(edges, 0.2, 1.0).empty


def test_every_width_at_once():
    widths = [0.005, 0.02, 0.2, 3.0, 50.0]
    slots = [box(100 + 100 * n, 100, 100 + 100 * n + width, 200) for n, width in enumerate(widths)]
    land = box(0, 0, 1000, 300).difference(shapely.union_all(slots))
    halves = np.array([land.intersection(box(0, 0, 1000, 150)), land.intersection(box(0, 150, 1000, 300))])
    found = gaps(halves, single(drawn(halves)))
    assert np.allclose(np.sort(shapely.area(found)), np.array(widths) * 100, rtol=0, atol=1e-9)


def test_a_slanted_strip_runs_beside():
    one = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)])
    other = shapely.Polygon([(100.05, 10), (200, 0), (200, 100), (100.15, 90)])
    (row,) = beside(single(drawn(np.array([one, other]))), 0.2, 1.0).to_dict("records")
    assert (row["shape"], row["other"]) == (0, 1)
    assert np.isclose(row["length_m"], 80.0)
    assert np.isclose(row["apart_m"], 0.15)
    assert beside(single(drawn(np.array([one, other]))), 0.1, 1.0).empty


def test_land_drawn_twice_keeps_its_rim():
    squares = np.array([box(0, 0, 10, 10), box(0, 0, 10, 10)])
    edges = single(drawn(squares))
    assert len(edges.shape) == 8
    assert not len(gaps(squares, edges))
