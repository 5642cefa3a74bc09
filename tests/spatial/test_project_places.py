"""Where projects lie, with the tolerance of digitising, on layers that draw only a boundary, and drawn badly."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity

from spatial.areas import legal_area
from spatial.measures import Facts
from spatial.project_places import _outside, places

CRS = "EPSG:4549"
X, Y = 500_000, 3_400_000
TOWNS = gpd.GeoDataFrame(
    {"programme": ["pilot"], "level": ["city"]},
    index=pd.Index(["A"], name="town_id"),
    geometry=[shapely.box(X, Y, X + 1_000, Y + 1_000)],
    crs=CRS,
)


def placed(shapes, **frames):
    table = gpd.GeoDataFrame(
        {"town_id": "A"}, geometry=shapes, crs=CRS, index=[f"p{n}" for n in range(len(shapes))]
    )
    return places(table, Facts(TOWNS, frames, "2016Q2", crs=CRS))[0]


def test_digitising_tolerance_is_granted():
    """Half a metre: a point 0.4 m out is in, one 0.6 m out is not; an area of 40 m outline may stick out by 20 m²."""
    near = [shapely.Point(X - out, Y + 9) for out in (0.4, 0.6)]
    areas = [shapely.box(X - out, Y, X + 10 - out, Y + 10) for out in (1.9, 2.1)]
    found = placed([*near, *areas])
    assert found["in_town"].tolist() == [True, False, True, False]
    scale = legal_area([areas[0]], CRS)[0] / 100
    assert found["outside_town_m2"].tolist()[2:] == pytest.approx([19 * scale, 21 * scale])
    assert found["tolerance_m2"].tolist()[2:] == [20, 20]


def test_outside_a_layer_that_draws_the_boundary_alone():
    zones = gpd.GeoDataFrame(
        {"zone": ["010", "020"]},
        geometry=[shapely.box(X, Y, X + 100, Y + 100), shapely.box(X + 100, Y, X + 200, Y + 100)],
        crs=CRS,
    )
    spots = [shapely.Point(X + x, Y + 50) for x in (50, 150, 250)]
    found = placed(spots, expansion_boundary=zones)
    assert found["zone"].tolist() == ["permitted", "conditional", "outside"]
    assert found["in_barred_zone"].tolist() == [False, False, False]


def test_a_bow_tie_is_measured_by_its_two_halves():
    """Two triangles of 25 m² each; farmland covers the left one."""
    tie = shapely.Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    field = gpd.GeoDataFrame(geometry=[shapely.box(X - 5, Y - 5, X + 5, Y + 15)], crs=CRS)
    found = placed([tie], farmland=field)
    assert found["area_m2"].tolist() == pytest.approx([50], rel=1e-3)
    assert found["farmland_m2"].tolist() == pytest.approx([25], rel=1e-3)
    assert found["tolerance_m2"].tolist() == pytest.approx([10 + 200**0.5])
    assert found["on_farmland"].tolist() == [True]


def test_nothing_but_points_or_nothing_but_areas():
    field = gpd.GeoDataFrame(geometry=[shapely.box(X, Y, X + 50, Y + 50)], crs=CRS)
    points = placed([shapely.Point(X + 20, Y + 20)], farmland=field)
    assert points["on_farmland"].tolist() == [True]
    assert points["farmland_m2"].isna().all()
    areas = placed([shapely.box(X + 40, Y, X + 140, Y + 100)], farmland=field)
    assert areas["farmland_m2"].tolist() == pytest.approx([500], rel=1e-3)
    assert areas["on_redline"].isna().all()


def test_a_project_within_its_town_is_out_of_it_by_nothing():
    """Whatever the corners: no areas of -3e-12 m²."""
    for turn in range(40):
        town = shapely.Point(500_000, 3_400_000).buffer(500 + turn / 7)
        plot = shapely.affinity.rotate(shapely.box(499_950, 3_399_950, 500_050.3, 3_400_020.7), turn * 1.7)
        shapes = np.array([plot], dtype=object)
        out = _outside(shapes, np.array([town], dtype=object), legal_area(shapes, "EPSG:4549"))
        assert out.tolist() == [0.0]
        assert not np.signbit(out).any()
