"""Coordinate systems: what the numbers tell, what is refused, the shift of web maps."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from layers.crs import (
    fit,
    from_bd09,
    from_gcj02,
    from_numbers,
    parse,
    place,
    to_bd09,
    to_gcj02,
    web_shift,
    working_crs,
)
from layers.errors import LayerError


@pytest.mark.parametrize(
    ("code", "good"), [(4549, True), (25832, True), (4490, False), (3857, False), (2227, False)]
)
def test_the_working_plane_is_transverse_mercator_in_metres(code, good):
    assert fit(pyproj.CRS.from_epsg(code)) is good


def test_a_web_mercator_workspace_is_refused():
    with pytest.raises(LayerError, match="transverse Mercator"):
        working_crs("EPSG:3857", pyproj.CRS.from_epsg(4549), (0, 0, 1, 1))


def test_towns_in_europe_get_their_utm_zone():
    assert working_crs(None, pyproj.CRS.from_epsg(4258), (10.9, 52.2, 11.1, 52.4)).to_epsg() == 32632


def test_nonsense_is_no_crs():
    with pytest.raises(LayerError, match="EPSG"):
        parse("Peking")


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        ((120.1, 30.1, 121.2, 31.0), 4490),
        ((40_500_000, 3_400_000, 40_600_000, 3_450_000), 4528),
        ((500_000, 3_400_000, 600_000, 3_450_000), None),
        ((3_400_000, 40_500_000, 3_450_000, 40_600_000), None),
    ],
)
def test_what_the_numbers_tell(bounds, code):
    found = from_numbers(bounds, None)
    assert (found and found.to_epsg()) == code


@pytest.mark.parametrize("old", [2385, 2437, 4610, 4214])
def test_old_datums_are_refused_in_one_sentence(old):
    with pytest.raises(LayerError) as caught:
        place(
            np.array([Point(500000, 3400000)]),
            pyproj.CRS.from_epsg(old),
            pyproj.CRS.from_epsg(4549),
            None,
            {"layer": "l", "path": "p"},
        )
    assert caught.value.code == "crs-ballpark"


def test_wgs84_is_taken_as_cgcs2000_and_said_so():
    placed = place(np.array([Point(120.0, 30.0)]), pyproj.CRS(4326), pyproj.CRS(4549), None, {})
    assert placed.note == "issue-datum-equal"
    assert placed.shapes[0].x == pytest.approx(500_000, abs=1e-6)


def test_zones_of_one_datum_say_nothing():
    placed = place(np.array([Point(40_572_000, 3_402_000)]), pyproj.CRS(4528), pyproj.CRS(4549), None, {})
    assert placed.note is None
    assert (placed.shapes[0].x, placed.shapes[0].y) == pytest.approx((572_000, 3_402_000), abs=1e-6)


@given(st.floats(73.5, 135), st.floats(18, 53))
def test_undoing_the_shift_is_exact_to_a_centimetre(lon, lat):
    there = to_gcj02(np.array([lon]), np.array([lat]))
    back = from_gcj02(*there)
    metres = 111_320 * np.hypot(back[0][0] - lon, back[1][0] - lat)
    assert metres < 0.01
    assert 20 < 111_320 * np.hypot(there[0][0] - lon, there[1][0] - lat) < 1500


def test_bd09_is_undone_to_better_than_a_centimetre():
    lon, lat = np.meshgrid(np.linspace(118, 123, 40), np.linspace(28, 32, 40))
    shifted = to_bd09(lon, lat)
    back = from_bd09(*shifted)
    off = np.hypot((back[0] - lon) * 95_000, (back[1] - lat) * 111_000)
    assert off.max() < 1e-6
    moved = np.hypot((shifted[0] - lon) * 95_000, (shifted[1] - lat) * 111_000)
    assert 500 < moved.min() < moved.max() < 1600


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gcj02", "GCJ-02"),
        ("GCJ-02", "GCJ-02"),
        ("bd09", "BD-09"),
        ("BD-09", "BD-09"),
        ("EPSG:4490", None),
        (None, None),
    ],
)
def test_shifts_of_web_maps_by_name(text, found):
    assert web_shift(text) == found
