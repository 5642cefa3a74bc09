import numpy as np
import pytest
import shapely

from benchmarks.generate import SIDE, mosaic, parcels


@pytest.fixture(scope="module")
def shapes():
    return np.concatenate(list(parcels(900)))


def test_as_many_valid_parcels_as_asked_for(shapes):
    assert len(shapes) == 900
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()


def test_parcels_lie_apart_and_leave_no_gap(shapes):
    parts = shapely.get_parts(shapes)
    filled = shapely.polygons(shapely.get_exterior_ring(parts))
    assert shapely.coverage_is_valid(filled)
    assert shapely.get_num_interior_rings(shapely.coverage_union_all(filled)) == 0
    assert shapely.area(filled).sum() == pytest.approx(SIDE**2, rel=1e-3)


def test_some_have_parts_and_some_have_holes(shapes):
    assert (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON).sum() == 61
    assert shapely.get_num_interior_rings(shapely.get_parts(shapes)).sum() > 0


def test_the_same_each_time_and_another_each_turn(shapes):
    assert shapely.equals_identical(np.concatenate(list(parcels(900))), shapes).all()
    assert not shapely.equals_identical(np.concatenate(list(mosaic(900, turn=1))), shapes).any()
