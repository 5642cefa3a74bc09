"""Exact zonal sums, cells and slopes, on rasters small enough to count by hand."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine

from spatial.areas import legal_area
from spatial.pixels import Slope, Window, blocks, cell_areas, edges, is_built
from spatial.zonal import known, zonal_sums

X, Y = 500000.0, 3400000.0
CRS = pyproj.CRS("EPSG:4549")


@dataclass
class Grid:
    values: np.ma.MaskedArray
    crs: pyproj.CRS = CRS
    transform: Affine = field(default_factory=lambda: Affine(10, 0, X, 0, -10, Y))
    name: str = "grid"
    date: str | None = None
    classes: tuple[float, ...] = ()
    chunk: tuple[int, int] = (1024, 1024)

    @property
    def shape(self):
        return self.values.shape

    def read(self, window):
        row, column, height, width = window
        return self.values[row : row + height, column : column + width]


def grid(rows, **more):
    return Grid(np.ma.masked_less(np.array(rows, dtype=float), -1000), **more)


def zone(*boxes):
    shapes = [shapely.box(X + w, Y - s, X + e, Y - n) for w, n, e, s in boxes]
    return gpd.GeoSeries(shapes, crs=CRS, index=[f"z{n}" for n in range(len(boxes))])


def counted(values, _area):
    return values


def test_a_cell_counts_by_its_part_inside():
    found = zonal_sums(
        grid([[1, 2], [3, 4]]), zone((0, 0, 20, 20), (5, 0, 15, 10), (15, 15, 18, 20)), {"n": counted}
    )
    assert found["n"].tolist() == pytest.approx([10.0, 0.5 * 1 + 0.5 * 2, 4 * 0.15], rel=1e-7)


def test_no_data_is_no_zero_and_its_share_is_told():
    holed = grid([[1, -9999], [1, 1]])
    found = zonal_sums(holed, zone((0, 0, 20, 20), (0, 0, 10, 10), (0, 0, 40, 20)), {"n": counted})
    assert found["nodata_share"].tolist() == pytest.approx([0.25, 0.0, 0.625], abs=1e-4)
    assert np.isnan(known(found, "n")["z0"])
    assert known(found, "n")["z1"] == pytest.approx(1.0)


def test_cells_of_degrees_have_the_area_of_the_ellipsoid():
    degrees = Grid(np.ma.array(np.ones((4, 4))), pyproj.CRS("EPSG:4490"), Affine(0.01, 0, 120, 0, -0.01, 31))
    whole = gpd.GeoSeries([shapely.box(120, 30.96, 120.04, 31)], crs=4490)
    found = zonal_sums(degrees, whole, {"m2": lambda values, area: values * area})
    assert found["m2"][0] == pytest.approx(legal_area(whole, 4490)[0], rel=1e-6)
    assert cell_areas(degrees, Window(0, 0, 4, 4))[0, 0] < cell_areas(degrees, Window(0, 0, 4, 4))[3, 0]


def test_a_zone_of_another_crs_gives_the_same():
    degrees = zone((3, 3, 17, 18)).to_crs(4490)
    found = zonal_sums(grid([[1, 2], [3, 4]]), degrees, {"n": counted})
    there = zonal_sums(grid([[1, 2], [3, 4]]), zone((3, 3, 17, 18)), {"n": counted})
    assert found["n"].iloc[0] == pytest.approx(there["n"].iloc[0], rel=1e-6)


@given(st.floats(0.5, 39.5), st.floats(0.5, 39.5))
@settings(max_examples=30)
def test_parts_of_a_zone_add_up_to_it(cut, across):
    values = grid(np.arange(16).reshape(4, 4))
    parts = zone((0, 0, cut, across), (cut, 0, 40, across), (0, across, 40, 40))
    assert zonal_sums(values, parts, {"n": counted})["n"].sum() == pytest.approx(120.0)


def test_blocks_hold_the_bounds_and_do_not_overlap():
    big = grid(np.zeros((10, 10)), chunk=(3, 4))
    windows = list(blocks(big, (X + 15, Y - 55, X + 68, Y - 12)))
    assert [w.row for w in windows] == [1, 1, 3, 3]
    assert [w.column for w in windows] == [1, 4, 1, 4]
    assert sum(w.height * w.width for w in windows) == 5 * 6
    assert shapely.union_all([shapely.box(*edges(big, w)) for w in windows]).bounds == (
        X + 10,
        Y - 60,
        X + 70,
        Y - 10,
    )
    assert list(blocks(big, (X - 90, Y, X - 50, Y + 20))) == []


def test_horn_slope_of_a_plane():
    rise = np.tan(np.radians(30)) * 10
    plane = np.tile(np.arange(5) * rise, (5, 1))
    slope = Slope(grid(plane)).read(Window(0, 0, 5, 5))
    assert slope.data[1:-1, 1:-1] == pytest.approx(np.full((3, 3), 30.0))
    assert slope.mask.sum() == 16
    assert Slope(grid(plane)).read(Window(2, 2, 1, 1))[0, 0] == pytest.approx(30.0)


@given(st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_sums_do_not_depend_on_the_windows(tall, wide):
    whole, cut = grid(np.arange(16).reshape(4, 4)), grid(np.arange(16).reshape(4, 4), chunk=(tall, wide))
    zones = zone((3, 3, 17, 38), (0, 0, 40, 40), (12, 22, 13, 23))
    expected = zonal_sums(whole, zones, {"n": counted})
    assert zonal_sums(cut, zones, {"n": counted})["n"].tolist() == pytest.approx(
        expected["n"].tolist(), rel=1e-12
    )


def test_rows_of_one_label_are_one_zone():
    zones = zone((0, 0, 10, 10), (15, 15, 20, 20), (10, 0, 20, 10))
    zones.index = ["a", "b", "a"]
    found = zonal_sums(grid([[1, 2], [3, 4]]), zones, {"n": counted})
    assert found["n"].to_dict() == pytest.approx({"a": 3.0, "b": 1.0})
    assert found["nodata_share"].to_dict() == pytest.approx({"a": 0.0, "b": 0.0}, abs=1e-9)


def test_the_area_of_a_cell_follows_its_place():
    wide = Grid(np.ma.ones((2, 9)), transform=Affine(20000, 0, X, 0, -10, Y))
    cells = cell_areas(wide, Window(0, 0, 2, 9))
    one = legal_area([shapely.box(X + 20000 * n, Y - 10, X + 20000 * (n + 1), Y) for n in range(9)], CRS)
    assert cells[0] == pytest.approx(one, rel=1e-9)


def test_built_up_by_classes_or_above_zero():
    values = grid([[0, 1, 50, -9999]]).values
    assert is_built(values).tolist() == [[False, True, True, None]]
    assert is_built(values, (50.0,)).tolist() == [[False, False, True, None]]
