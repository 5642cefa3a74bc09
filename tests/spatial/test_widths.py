import numpy as np
import pytest
from shapely import MultiPolygon, Point, Polygon, box

from spatial.widths import is_sliver, least_width, narrow_width, width


def test_width_of_shapes_that_are_known():
    shapes = [box(0, 0, 100, 0.3), box(0, 0, 100, 2), Point(0, 0).buffer(5, quad_segs=64), Polygon(), None]
    assert width(shapes) == pytest.approx([0.3, 2, 10, 0, 0], rel=0.01)


def test_the_widest_part_counts():
    assert width([MultiPolygon([box(0, 0, 10, 1), box(20, 0, 30, 4)])])[0] == pytest.approx(4, rel=0.01)


def test_the_cheap_bound_never_exceeds_the_width():
    rng = np.random.default_rng(7)
    shapes = []
    for _ in range(200):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 12))
        radius = rng.uniform(0.05, 1, 12) * rng.uniform(1, 100)
        shapes.append(Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])).buffer(0))
    assert np.all(least_width(shapes) <= width(shapes) + 1e-9)


def test_a_narrow_strip_is_a_sliver_however_long_and_a_lot_is_not():
    shapes = [box(0, 0, 5000, 0.4), box(0, 0, 3, 3), Polygon([(0, 0), (100, 0), (100, 2)])]
    assert is_sliver(shapes, 0.5).tolist() == [True, False, False]


def test_a_width_is_sought_only_where_it_may_be_below_the_limit():
    shapes = [box(0, 0, 50, 0.3), box(0, 0, 50, 0.7), box(0, 0, 50, 40)]
    assert narrow_width(shapes, 0.5) == pytest.approx([0.3, np.nan, np.nan], rel=0.01, nan_ok=True)
    assert narrow_width(shapes, 1.0)[:2] == pytest.approx(width(shapes[:2]))
