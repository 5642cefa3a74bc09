import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from maps.drawing import Page
from maps.sheet_map import SCALES, Name, Part, Style, degrees, draw, fitted, ticks

CRS = gpd.GeoSeries(crs=4549).crs
PAGE = Page((500_000, 3_400_000, 502_000, 3_401_500), 10_000)


def area(shape, label="甲"):
    return Part(label, np.array([shape], dtype=object), Style("#cccccc", "#000000"))


@pytest.mark.parametrize(
    ("side", "scale"), [(1, 500), (47, 500), (480, 10_000), (900, 10_000), (9_300, 100_000), (99_000, 2_000_000)]
)  # fmt: skip
def test_the_largest_neat_scale_that_shows_it_all(side, scale):
    page = fitted((0, 0, side, side), 100, 100)
    assert page.scale == scale
    assert scale in SCALES or scale % 1_000_000 == 0
    west, south, east, north = page.box
    assert west <= 0
    assert north >= side
    assert (east - west) * 1000 / scale == pytest.approx(100)
    assert (west + east, south + north) == pytest.approx((side, side))


def test_lengths_on_the_page_are_true():
    drawn = draw(PAGE, [area(box(500_500, 3_400_500, 501_000, 3_400_700))], [], CRS)
    path = re.search(r'<path d="(M[^"]+Z)"', drawn.svg)[1]
    points = np.array([[float(n) for n in pair.split()] for pair in re.split("[ML]", path.rstrip("Z"))[1:]])
    assert np.ptp(points, axis=0) == pytest.approx([50.0, 20.0])  # 500 m x 200 m at 1:10,000
    assert points.min(axis=0) == pytest.approx([50.0, 80.0])


def test_the_legend_has_only_what_is_shown():
    parts = [
        area(box(500_500, 3_400_500, 501_000, 3_400_700), "里"),
        area(box(600_500, 3_400_500, 601_000, 3_400_700), "外"),
        Part("线", np.array([LineString([(500_000, 3_400_100), (502_000, 3_400_900)])]), Style(line="#111111"), "line"),
        Part("远线", np.array([LineString([(0, 0), (1, 1)])]), Style(line="#111111"), "line"),
        Part("点", np.array([Point(501_000, 3_401_000)]), Style("#222222"), "square"),
        Part("远点", np.array([Point(1, 1)]), Style("#222222"), "dot"),
        Part("框外", np.array([box(0, 0, 9_000_000, 9_000_000)]), Style(line="#333333")),
        Part("空", np.array([None, shapely.Polygon()]), Style("#444444")),
    ]  # fmt: skip
    assert [label for _, label in draw(PAGE, parts, [], CRS).legend] == ["里", "线", "点"]


def test_names_inside_are_written_and_those_outside_are_not():
    names = [Name("内村", (501_000, 3_400_500), clear=0.6), Name("外村", (900_000, 3_400_500))]
    said = [one.said for one in draw(PAGE, [], names, CRS).texts]
    assert "内村" in said
    assert "外村" not in said


def test_a_name_stands_beside_an_area_too_small_for_it():
    small, large = (
        draw(PAGE, [], [Name("云塘镇", (501_000, 3_400_700), reach=r)], CRS).texts[0] for r in (20, 800)
    )
    assert large.x == pytest.approx(100)
    assert small.x > 100 + 2


def test_coordinates_around_the_map():
    texts = draw(PAGE, [], [], CRS).texts
    kilometres = {one.said for one in texts if "°" not in one.said}
    assert kilometres == {"500.5", "501", "501.5", "3400.5", "3401"}
    assert sum("120°00′00″E" in one.said for one in texts) == 2  # the west edge lies on the central meridian
    bare = draw(PAGE, [], [], CRS, band=0.0)
    assert bare.texts == []
    assert 'width="200.00mm"' in bare.svg


def test_ticks_and_degrees():
    assert ticks(-0.5, 21, 10) == [0, 10, 20]
    assert degrees(120.501944, "E") == "120°30′07″E"
    assert degrees(29.99999999, "N") == "30°00′00″N"
