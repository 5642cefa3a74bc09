"""Parts traced along two rings: by hand, and against the overlays of GEOS."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial import kernels
from spatial.crossing import crossed
from spatial.flat import blocks, of_shapes, to_shapes, turns
from spatial.ready import Near

pytestmark = pytest.mark.skipif(not kernels.COMPILED, reason="without numba GEOS cuts everything")

SQUARE = shapely.box(0, 0, 4, 4)


def traced(shape, other, *, outside):
    """The part and its area, None where it is left to GEOS."""
    flat, them = of_shapes(np.array([shape], dtype=object)), of_shapes(np.array([other], dtype=object))
    none = np.zeros(1, dtype=np.int64)
    near = Near(none, none, none, them, turns(them), blocks(them))
    parts = crossed(flat, turns(flat), none, near, none, outside=outside)
    return to_shapes(parts.wkb)[0], parts.area[0]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("others_turned", [False, True])
def test_parts_in_and_out_of_a_comb(turned, others_turned):
    shape = SQUARE.reverse() if turned else SQUARE
    comb = shapely.Polygon([(1, -1), (2, -1), (2, 2), (3, 2), (3, -1), (9, -1), (9, 9), (1, 9)])
    comb = comb.reverse() if others_turned else comb
    within, area = traced(shape, comb, outside=False)
    assert area == 10
    assert shapely.normalize(within) == shapely.normalize(
        shapely.Polygon([(1, 0), (2, 0), (2, 2), (3, 2), (3, 0), (4, 0), (4, 4), (1, 4)])
    )
    assert not within.exterior.is_ccw
    beyond, area = traced(shape, comb, outside=True)
    assert area == 6
    assert shapely.normalize(beyond) == shapely.normalize(
        shapely.MultiPolygon([shapely.box(0, 0, 1, 4), shapely.box(2, 0, 3, 2)])
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(shapely.box(1, 1, 3, 3), id="inside"),
        pytest.param(shapely.box(-1, -1, 5, 5), id="around"),
        pytest.param(shapely.box(7, 7, 8, 8), id="away"),
        pytest.param(shapely.box(2, 0, 6, 4), id="along an edge"),
        pytest.param(shapely.box(2, 2, 4, 9), id="along a part of an edge"),
        pytest.param(shapely.Polygon([(4, 2), (9, 0), (9, 4)]), id="corner on an edge"),
        pytest.param(shapely.Polygon([(0, 0), (9, -1), (9, 9)]), id="through a corner"),
        pytest.param(shapely.Polygon([(5e-7, -1), (9, -1), (9, 9), (5e-7, 9)]), id="less than 1 µm beside"),
        pytest.param(shapely.box(-1, 2, 5, 6).difference(shapely.box(1, 3, 2, 3.5)), id="with a hole"),
    ],
)
def test_what_does_more_than_cross_is_left_to_geos(other):
    for outside in (False, True):
        part, area = traced(SQUARE, other, outside=outside)
        assert part is None
        assert np.isnan(area)


def test_shapes_with_holes_and_of_several_parts_are_left_to_geos():
    band = shapely.box(-1, 1, 5, 9)
    holed = SQUARE.difference(shapely.box(1, 2, 2, 3))
    both = shapely.MultiPolygon([SQUARE, shapely.box(6, 0, 7, 4)])
    assert [traced(shape, band, outside=False)[0] for shape in (holed, both)] == [None, None]


stars = st.tuples(
    st.floats(-10, 10), st.floats(-10, 10), st.lists(st.floats(1, 20), min_size=3, max_size=24), st.booleans()
)


def star(x, y, radii, turned):
    """A simple polygon about a point at real coordinates of a plane."""
    angle = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    ring = np.column_stack([500_000 + x + radii * np.cos(angle), 3_400_000 + y + radii * np.sin(angle)])
    return shapely.Polygon(ring[::-1] if turned else ring)


@given(stars, stars)
@settings(max_examples=300)
def test_parts_are_those_of_geos_and_valid(one, two):
    shape, other = star(*one), star(*two)
    assume(shape.is_valid and other.is_valid)
    sums = 0.0
    for outside, operation in ((False, shapely.intersection), (True, shapely.difference)):
        part, area = traced(shape, other, outside=outside)
        if part is None:
            return
        assert part.is_valid
        assert part.area == pytest.approx(area, abs=1e-6)
        assert operation(shape, other).symmetric_difference(part).area < 1e-6
        sums += area
    assert sums == pytest.approx(shape.area, abs=1e-6)


def test_most_crossing_shapes_are_traced():
    rng = np.random.default_rng(7)
    made = [star(*rng.uniform(-10, 10, 2), rng.uniform(1, 20, 12), turned=False) for _ in range(200)]
    pairs = [(a, b) for a, b in zip(made[::2], made[1::2], strict=True) if a.boundary.crosses(b.boundary)]
    found = [traced(a, b, outside=False)[0] is not None for a, b in pairs]
    assert len(pairs) > 80
    assert all(found)


def test_neighbours_meet_in_the_same_points():
    left, right = shapely.box(0, 0, 1.1, 7.3), shapely.box(1.1, 0, 3.7, 7.3)
    low = shapely.Polygon([(-2, -3), (9, -3), (9, 5.7), (-2, 1.3)])
    high = shapely.Polygon([(-2, 1.3), (9, 5.7), (9, 11), (-2, 11)])
    corners = [
        set(map(tuple, shapely.get_coordinates(traced(shape, half, outside=False)[0])))
        for shape in (left, right)
        for half in (low, high)
    ]
    shared = corners[0] & corners[1] & corners[2] & corners[3]
    assert len(shared) == 1
