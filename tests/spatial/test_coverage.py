"""Shares of cells by hand, and against the intersections of GEOS."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.coverage import _by_parts, coverage, edges_of

SIDE = 6


def shares(*shapes):
    """Of cells of 1 x 1 with row 0 on top, y = 6."""
    ends = edges_of(shapely.orient_polygons(np.array(shapes, dtype=object)))
    return coverage(
        np.column_stack([ends[:, 0], SIDE - ends[:, 1], ends[:, 2], SIDE - ends[:, 3]]), (SIDE, SIDE)
    )


def by_geos(shape):
    x, y = np.meshgrid(np.arange(SIDE), SIDE - np.arange(SIDE))
    return shapely.area(shapely.intersection(shapely.box(x, y - 1, x + 1, y), shape))


def test_a_square_a_hole_and_land_beyond_the_grid():
    square = shapely.box(0.5, 4.5, 2, 6)
    assert shares(square)[:2, :3].tolist() == [[0.5, 1, 0], [0.25, 0.5, 0]]
    ring = shapely.box(-3, -3, 9, 9).difference(shapely.box(1, 1, 5, 5.5))
    assert shares(ring).sum() == pytest.approx(36 - 4 * 4.5)
    assert shares(shapely.box(7, 0, 9, 6)).sum() == 0
    beside = shares(shapely.Polygon([(5.5, 7), (9, 3), (9, 9)]))
    assert beside.sum() == 0
    assert beside.dtype == float
    assert shares(shapely.box(-9, 0, -7, 6)).sum() == 0
    assert shares(shapely.MultiPolygon([square, shapely.box(2, 4.5, 3, 6)]))[0].tolist() == [
        0.5,
        1,
        1,
        0,
        0,
        0,
    ]


# GEOS takes a whole cell for its intersection with a ring that has a vertex at 1e-43: no such numbers for it.
ordinates = st.floats(-2, 8).map(lambda value: round(value, 9))


@given(st.lists(st.tuples(ordinates, ordinates), min_size=3, max_size=9))
@settings(max_examples=200, deadline=None)
def test_the_share_of_a_cell_is_that_of_its_intersection(points):
    shape = shapely.make_valid(shapely.Polygon(points))
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    if parts:
        area = shapely.MultiPolygon(parts)
        assert shares(area) == pytest.approx(by_geos(area), abs=1e-9)
        ends = edges_of(shapely.orient_polygons(np.array([area], dtype=object)))
        for small in ((3, 2), (1, 1), (6, 6)):
            assert coverage(ends, small) == pytest.approx(_by_parts(ends, small), abs=1e-9)
