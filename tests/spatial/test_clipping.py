import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from spatial import kernels
from spatial.clipping import to_boxes, to_windows
from spatial.flat import flatten, measure, singly, to_wkb, turns
from spatial.lattice import Lattice

E0, N0 = 600_000.0, 3_402_000.0
ORIGIN = np.array([E0, N0])
OFF = 2.0**-13  # GEOS clips wrongly where vertices lie on the sides of a box
compiled = pytest.mark.skipif(not kernels.COMPILED, reason="numba is not installed")
paths = pytest.mark.parametrize("path", [pytest.param(True, marks=compiled), False])


def flat_of(*shapes):
    return singly(flatten(to_wkb(np.array([*shapes, None], dtype=object)[:-1])))[0]


def moved(*corners):
    return Polygon(np.array(corners, dtype=float) + ORIGIN)


def plane(flat):
    lattice = Lattice("EPSG:4549")
    return measure(flat, lattice, lattice.places(flat.box), legally=False).plane


def star(seed, count):
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(5, 100, count)
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return Polygon(np.round(points) + ORIGIN if seed % 2 else points + ORIGIN)


@paths
@given(seed=st.integers(0, 10_000), count=st.integers(4, 60), snapped=st.booleans())
def test_areas_and_shapes_are_those_of_geos(path, seed, count, snapped):
    """Also where vertices lie on the sides of the window, and where it cuts a polygon into many parts."""
    shape = star(seed, count)
    if not shape.is_valid:
        return
    corner = np.random.default_rng(seed + 1).uniform(-60, 30, 2)
    west, south = (np.round(corner) if snapped else corner) + ORIGIN + (0 if path else OFF)
    window = (west, south, west + 40, south + 50)
    expected = shapely.intersection(shape, box(*window))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COMPILED", path)
        flat = flat_of(shape)
        found, which, _ = to_windows(flat, np.array([window]))
        assert plane(found).sum() == pytest.approx(expected.area, abs=1e-6)
        assert set(which) <= {0}
        inner = tuple(np.array([west + 5, south + 5, west + 30, south + 40]) + OFF)
        for source in (flat, found):
            if len(source.box):
                cut = to_boxes(source, np.array([0]), np.array([inner]))[0]
                assert cut is None or shapely.is_valid(cut)
                wanted = shapely.intersection(shape, box(*inner))
                given_back = 0.0 if cut is None else shapely.symmetric_difference(cut, wanted).area
                assert (wanted.area if cut is None else given_back) == pytest.approx(0, abs=2e-6)


@paths
def test_a_window_inside_a_polygon_inside_its_hole_and_beside(monkeypatch, path):
    monkeypatch.setattr(kernels, "COMPILED", path)
    shape = moved((0, 0), (100, 0), (100, 100), (0, 100)).difference(box(E0 + 40, N0 + 40, E0 + 60, N0 + 60))
    for (west, south, east, north), area in {
        (10, 10, 20, 20): 100.0,
        (45, 45, 55, 55): 0.0,
        (30, 30, 50, 50): 300.0,
        (-50, -50, -10, -10): 0.0,
        (-10, -10, 200, 200): 9600.0,
        (100, 0, 120, 50): 0.0,
    }.items():
        found, _, _ = to_windows(flat_of(shape), np.array([[E0 + west, N0 + south, E0 + east, N0 + north]]))
        assert plane(found).sum() == pytest.approx(area, abs=1e-6)


@compiled
def test_parts_joined_along_a_side_are_taken_apart_when_a_box_cuts_them():
    comb = moved((0, 0), (50, 0), (50, 10), (10, 10), (10, 20), (50, 20), (50, 30), (0, 30))
    cut = to_boxes(flat_of(comb), np.array([0]), np.array([[E0 + 20, N0 - 5, E0 + 60, N0 + 40]]))[0]
    assert cut.is_valid
    assert len(shapely.get_parts(cut)) == 2
    assert cut.area == pytest.approx(600)


def test_turns_survive_clipping():
    """A clipped ring adds to its shape, or takes off, as before."""
    shape = moved((0, 0), (0, 100), (100, 100), (100, 0)).difference(box(E0 + 40, N0 + 40, E0 + 60, N0 + 60))
    found, _, _ = to_windows(flat_of(shape), np.array([[E0 + 30, N0 + 30, E0 + 90, N0 + 90]]))
    assert len(turns(found)) == 2
    assert plane(found).tolist() == pytest.approx([60 * 60 - 400])
