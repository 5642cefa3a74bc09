import itertools

import mpmath as mp
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from spatial.areas import balance, balance_groups, geodesic_area, legal_area, plane_area, to_ha, to_km2, to_mu
from spatial.ellipsoid import coefficients
from spatial.errors import GeometryError

CRS = "EPSG:4549"


def square(easting, northing, side):
    return box(easting, northing, easting + side, northing + side)


WITH_HOLE = Polygon(
    box(572000, 3402000, 572400, 3402300).exterior, [box(572100, 3402100, 572200, 3402150).exterior]
)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (square(572000, 3402000, 100), 9998.7199),
        (square(572000, 3402000, 1732), 2999431.2446),
        (shapely.segmentize(square(572000, 3402000, 1732), 50), 2999431.2316),
        (square(620000, 3402000, 1732), 2998743.5353),
        (WITH_HOLE, 119984.5749 - 4999.3582),
    ],
)
def test_published_test_vectors(shape, expected):
    assert legal_area([shape], CRS)[0] == pytest.approx(expected, abs=1e-4)


def test_zone_prefix_changes_nothing():
    with_prefix = square(40572000, 3402000, 1732)
    assert legal_area([with_prefix], "EPSG:4528")[0] == pytest.approx(2999431.2446, abs=1e-4)


def test_a_map_sheet_has_its_theoretical_area():
    sheet = box(120.0, 30.75, 120.0 + 3.75 / 60, 30.75 + 2.5 / 60)
    assert legal_area([sheet], "EPSG:4490")[0] == pytest.approx(27638976.0151, abs=1e-4)


def test_coefficients_of_cgcs2000():
    expected = [1.0033640898341927, 0.0011241893819271, 1.69945947352e-6, 2.71785784558e-9, 4.3584190048e-12]
    assert coefficients(pyproj.CRS("EPSG:4490").ellipsoid) == pytest.approx(expected, rel=1e-11)


def in_fifty_digits(ring):
    """The formula of 国土调查办发〔2008〕32号 edge by edge, as it is printed."""
    mp.mp.dps = 50
    a = mp.mpf(6378137)
    b = a - a / mp.mpf("298.257222101")
    e2 = (a * a - b * b) / (a * a)
    q = mp.mpf(1)
    letters = [
        1 + q * 3 / 6 * e2 + q * 30 / 80 * e2**2 + q * 35 / 112 * e2**3 + q * 630 / 2304 * e2**4,
        q / 6 * e2 + q * 15 / 80 * e2**2 + q * 21 / 112 * e2**3 + q * 420 / 2304 * e2**4,
        q * 3 / 80 * e2**2 + q * 7 / 112 * e2**3 + q * 180 / 2304 * e2**4,
        q / 112 * e2**3 + q * 45 / 2304 * e2**4,
        q * 5 / 2304 * e2**4,
    ]
    total = mp.mpf(0)
    points = [(mp.radians(mp.mpf(float(x))), mp.radians(mp.mpf(float(y)))) for x, y in ring]
    for (l1, b1), (l2, b2) in itertools.pairwise(points):
        half, middle, sign, n = (b2 - b1) / 2, (b1 + b2) / 2, 1, 1
        bracket = mp.mpf(0)
        for letter in letters:
            bracket += sign * letter * mp.sin(n * half) * mp.cos(n * middle)
            sign, n = -sign, n + 2
        total += 2 * b * b * ((l1 + l2) / 2) * bracket
    return abs(total)


@given(
    st.floats(118.6, 121.4),
    st.floats(18.0, 53.0),
    st.floats(1e-4, 0.05),
    st.integers(3, 40),
    st.integers(0, 2**31),
)
def test_equals_the_formula_in_fifty_digits(lon, lat, size, corners, seed):
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = size * rng.uniform(0.5, 1, corners)
    shape = Polygon(np.column_stack([lon + radius * np.cos(angle), lat + radius * np.sin(angle)]))
    if shape.area < size * size * 0.1:
        return
    expected = in_fifty_digits(shape.exterior.coords)
    assert abs(legal_area([shape], "EPSG:4490")[0] - expected) <= expected * mp.mpf("1e-10")


@given(st.floats(501_000, 640_000), st.floats(3_370_000, 3_440_000), st.floats(20, 3000))
def test_never_above_the_gauss_krueger_plane_area(easting, northing, side):
    shape = square(easting, northing, side)
    assert legal_area([shape], CRS)[0] < plane_area([shape])[0]


@given(st.floats(530_000, 620_000), st.floats(3_370_000, 3_440_000), st.floats(20, 120), st.floats(0.1, 0.9))
def test_parts_of_a_parcel_add_up_within_rounding(easting, northing, side, where):
    cut = easting + side * where
    parts = [
        box(easting, northing, cut, northing + side),
        box(cut, northing, easting + side, northing + side),
    ]
    assert legal_area(parts, CRS).sum() == pytest.approx(
        legal_area([square(easting, northing, side)], CRS)[0], abs=0.005
    )


def test_holes_count_off_whichever_way_they_turn():
    turned = Polygon(WITH_HOLE.exterior.coords[::-1], [WITH_HOLE.interiors[0].coords])
    flipped = Polygon(WITH_HOLE.exterior.coords, [WITH_HOLE.interiors[0].coords[::-1]])
    areas = legal_area([WITH_HOLE, turned, flipped], CRS)
    assert areas == pytest.approx([areas[0]] * 3, abs=1e-9)


def test_parts_missing_and_three_dimensional_geometries():
    one, two = square(572000, 3402000, 100), square(573000, 3402000, 50)
    single = legal_area([one, two], CRS)
    shapes = [MultiPolygon([one, two]), None, Polygon(), shapely.force_3d(one, 7.0)]
    assert legal_area(shapes, CRS) == pytest.approx([single.sum(), 0, 0, single[0]], abs=1e-9)


def test_the_order_of_many_rings_does_not_matter():
    shapes = np.array([square(540000 + 30 * i, 3402000, 20) for i in range(70_000)])
    areas = legal_area(shapes, CRS)
    assert areas[::-1] == pytest.approx(legal_area(shapes[::-1], CRS), rel=1e-12)
    assert areas[0] == pytest.approx(legal_area(shapes[:1], CRS)[0], rel=1e-12)


def test_geodesic_area_stands_beside():
    assert geodesic_area([square(572000, 3402000, 1732)], CRS)[0] == pytest.approx(2999431.2500, abs=1e-4)


@pytest.mark.parametrize(("crs", "code"), [(None, "crs-none"), ("EPSG:4978", "crs-unfit")])
def test_a_crs_without_areas_is_refused(crs, code):
    with pytest.raises(GeometryError) as caught:
        legal_area([square(0, 0, 1)], crs)
    assert caught.value.code == code


def test_units():
    assert to_ha(12_345.0) == pytest.approx(1.2345)
    assert to_km2(3_000_000.0) == pytest.approx(3.0)
    assert to_mu(2000.0) == 3.0


def test_what_is_left_over_goes_to_the_largest_part_first():
    assert balance([1.004, 5.004, 3.004]).tolist() == [1.0, 5.01, 3.0]
    assert balance([10.0, 20.0], 30.02).tolist() == [10.01, 20.01]
    assert balance([0.335, 0.335, 0.33], 1.0).sum() == pytest.approx(1.0)
    assert balance([]).tolist() == []


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=50))
def test_balanced_parts_add_up_and_move_less_than_a_step(parts):
    rounded = balance(parts)
    assert (
        round(rounded.sum() * 100) == round(round(sum(parts), 6) * 100)
        or abs(rounded.sum() - sum(parts)) <= 0.0051
    )
    assert np.all(np.abs(rounded - parts) <= 0.0151)


def test_groups_are_balanced_each_for_itself():
    result = balance_groups([1.004, 1.004, 1.004, 7.004], [0, 0, 0, 1])
    assert result.tolist() == [1.01, 1.0, 1.0, 7.0]
