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


def test_parcels_and_their_holes_fill_the_square(shapes):
    holes = sum(
        shapely.area(shapely.polygons(shapely.get_interior_ring(part, place)))
        for part in shapely.get_parts(shapes)
        for place in range(shapely.get_num_interior_rings(part))
    )
    assert shapely.area(shapes).sum() + holes == pytest.approx(SIDE**2, rel=1e-9)


def test_neighbours_share_their_edges(shapes):
    assert shapely.area(shapely.coverage_union_all(shapes)) == pytest.approx(
        shapely.area(shapes).sum(), rel=1e-12
    )
    assert shapely.coverage_is_valid(shapes)


def test_some_have_parts_and_some_have_holes(shapes):
    assert (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON).sum() == 61
    assert shapely.get_num_interior_rings(shapely.get_parts(shapes)).sum() > 0


def test_the_same_each_time_and_another_each_turn(shapes):
    assert shapely.equals_identical(np.concatenate(list(parcels(900))), shapes).all()
    assert not shapely.equals_identical(np.concatenate(list(mosaic(900, turn=1))), shapes).any()
