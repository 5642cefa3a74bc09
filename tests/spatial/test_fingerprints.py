from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.errors import GeometryError
from spatial.fingerprints import digests, distances, fingerprint, nearest, same, wkt

PLOT = shapely.from_wkt(
    "MULTIPOLYGON (((572000 3402000, 572400 3402000, 572400 3402300, 572000 3402300, 572000 3402000),"
    " (572100 3402100, 572200 3402100, 572200 3402150, 572100 3402150, 572100 3402100)),"
    " ((573000 3402000, 573050 3402000, 573020 3402080, 573000 3402000)))"
)


def moved(shape, source, target):
    step = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(shape, step.transform, interleaved=False)


def turned(ring, start, *, backwards):
    corners = list(ring.coords)[:-1]
    start %= len(corners)
    corners = corners[start:] + corners[:start]
    corners = corners[::-1] if backwards else corners
    return [*corners, corners[0]]


@given(
    starts=st.lists(st.integers(0, 5), min_size=3, max_size=3),
    backwards=st.lists(st.booleans(), min_size=3, max_size=3),
    swapped=st.booleans(),
    crs=st.sampled_from([4549, 4528, 4490, 4547]),
)
@settings(max_examples=40)
def test_rings_parts_and_projections_change_nothing(starts, backwards, swapped, crs):
    big, small = PLOT.geoms
    parts = [
        shapely.Polygon(
            turned(big.exterior, starts[0], backwards=backwards[0]),
            [turned(big.interiors[0], starts[1], backwards=backwards[1])],
        ),
        shapely.Polygon(turned(small.exterior, starts[2], backwards=backwards[2])),
    ]
    again = shapely.MultiPolygon(parts[::-1] if swapped else parts)
    kept = fingerprint([PLOT], 4549)
    now = fingerprint([moved(again, 4549, crs)], crs)
    pairs = same(kept, now, 0.001)
    assert pairs[["kept", "now"]].to_numpy().tolist() == [[0, 0]]


@given(angle=st.floats(0, 6.283), share=st.floats(0.05, 0.95), tolerance=st.floats(0.01, 5))
@settings(max_examples=40)
def test_a_shift_within_the_tolerance_keeps_and_twice_the_tolerance_does_not(angle, share, tolerance):
    def shifted(by):
        return shapely.transform(PLOT, lambda xy: xy + by * np.array([np.cos(angle), np.sin(angle)]))

    kept = fingerprint([PLOT], 4549)
    assert len(same(kept, fingerprint([shifted(share * tolerance)], 4549), tolerance)) == 1
    # a shift along an edge moves outlines by less than the shift, by its part across the edges at the least
    assert len(same(kept, fingerprint([shifted(2 * tolerance)], 4549), tolerance)) == 0


def test_pairs_among_many_whatever_their_order():
    squares = np.array([shapely.box(x, 3402000, x + 80, 3402080) for x in range(572000, 573000, 100)])
    order = np.random.default_rng(7).permutation(len(squares))
    pairs = same(fingerprint(squares, 4549), fingerprint(squares[order], 4549))
    assert (order[pairs["now"]] == pairs["kept"]).all()
    assert len(pairs) == len(squares)


def test_a_hole_that_is_filled_is_another_geometry():
    filled = shapely.MultiPolygon([shapely.Polygon(part.exterior) for part in PLOT.geoms])
    assert len(same(fingerprint([PLOT], 4549), fingerprint([filled], 4549), 1.0)) == 0


def test_nothing_is_the_same_as_nothing():
    prints = fingerprint(
        [None, shapely.Polygon(), shapely.Point(np.inf, 0), shapely.Point(572000, 3402000)], 4549
    )
    assert [written is None for written in wkt(prints)] == [True, True, True, False]
    assert same(prints, prints)[["kept", "now"]].to_numpy().tolist() == [[3, 3]]
    assert digests(prints)[:3] == ["", "", ""]
    assert len(same(prints[:1], prints[:1])) == 0


def test_written_form_reads_back_the_same():
    prints = fingerprint([PLOT], 4549)
    again = shapely.from_wkt(np.array(wkt(prints), dtype=object))
    assert digests(again) == digests(prints)


def test_nearest_says_how_far_it_moved():
    squares = [shapely.box(x, 3402000, x + 50, 3402050) for x in (572000, 572200)]
    kept = fingerprint([shapely.box(572203, 3402004, 572253, 3402054)], 4549)[0]
    place, metres = nearest(kept, fingerprint(squares, 4549))
    assert place == 1
    assert metres == pytest.approx(5.0, abs=0.01)
    far = fingerprint([shapely.box(580000, 3402000, 580050, 3402050)], 4549)
    assert nearest(kept, far) is None


def test_many_vertices_are_measured_by_a_tree_with_the_same_result():
    angles = np.linspace(0, 2 * np.pi, 2300, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * 1000
    circle = shapely.Polygon(ring, [ring[::-1] * 0.5])
    other = shapely.transform(circle, lambda xy: xy + np.array([3.0, 4.0]))
    ones, others = np.array([circle], dtype=object), np.array([other], dtype=object)
    assert distances(ones, others)[0] == pytest.approx(shapely.hausdorff_distance(circle, other), abs=1e-9)


def test_a_crs_is_needed():
    with pytest.raises(GeometryError) as told:
        fingerprint([shapely.Point(1, 2)], None)
    assert told.value.code == "crs-none"
