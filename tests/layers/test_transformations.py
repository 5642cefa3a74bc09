"""Ways between datums that a user gives."""

from __future__ import annotations

import struct

import numpy as np
import pyproj
import pytest
import shapely
from shapely import Point

from layers.crs import parse, place
from layers.errors import LayerError

SEVEN = (-12.5, 110.25, 45.0, 0.4, -0.7, 1.1, -2.5)
XIAN, NOW = parse("EPSG:2385"), parse("EPSG:4549")


def moved(text, source=XIAN, target=NOW, path="图层.shp", at=(572000.0, 3402000.0)):
    placed = place(np.array([Point(*at)]), source, target, text, {"layer": "x", "path": path})
    return shapely.get_coordinates(placed.shapes)[0], placed


def by_hand(sign):
    """The linearised seven-parameter formula, written out (position vector; a frame turns the other way)."""
    to_degrees = pyproj.Transformer.from_crs(2385, 4610, always_xy=True)
    lon, lat = np.radians(to_degrees.transform(572000.0, 3402000.0))
    a, f = 6378140.0, 1 / 298.257
    e2 = 2 * f - f * f
    n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    xyz = np.array([n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - e2) * np.sin(lat)])
    rx, ry, rz = np.radians(np.array(SEVEN[3:6]) / 3600) * sign
    turn = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])
    x, y, z = np.array(SEVEN[:3]) + (1 + SEVEN[6] * 1e-6) * turn @ xyz
    a, f = 6378137.0, 1 / 298.257222101
    e2 = 2 * f - f * f
    p, lat = np.hypot(x, y), np.arctan2(z, np.hypot(x, y))
    for _ in range(10):
        lat = np.arctan2(z + e2 * a / np.sqrt(1 - e2 * np.sin(lat) ** 2) * np.sin(lat), p)
    back = pyproj.Transformer.from_crs(4490, 4549, always_xy=True)
    return np.array(back.transform(np.degrees(np.arctan2(y, x)), np.degrees(lat)))


@pytest.mark.parametrize(("convention", "sign"), [("position_vector", 1), ("coordinate_frame", -1)])
def test_seven_parameters_against_the_formula(convention, sign):
    text = f"{convention}: {', '.join(map(str, SEVEN))}"
    found, placed = moved(text)
    assert np.abs(found - by_hand(sign)).max() < 1e-3
    assert np.hypot(*(found - (572000, 3402000))) > 10
    assert (placed.note, placed.params) == ("issue-transformed", {"transformation": text})


def test_the_two_conventions_differ_by_the_sign_of_the_rotations():
    other = (*SEVEN[:3], *(-angle for angle in SEVEN[3:6]), SEVEN[6])
    one, _ = moved(f"position_vector: {SEVEN}".replace("(", "").replace(")", ""))
    two, _ = moved(f"coordinate frame: {other}".replace("(", "").replace(")", ""))
    assert np.abs(one - two).max() < 1e-6


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,2,3,4,5,6,7", "transformation-convention"),
        ("helmert: 1,2,3,4,5,6,7", "transformation-convention"),
        ("position_vector: 1,2,3", "transformation-bad"),
        ("position_vector: 1,2,3,4,5,6,x", "transformation-bad"),
        ("position_vector: 1,2,3,4,5,6,7000", "transformation-range"),
        ("position_vector: nan,2,3,4,5,6,7", "transformation-range"),
        ("none.gsb", "transformation-grid"),
        ("+proj=nothing", "transformation-bad"),
        ("", "crs-ballpark"),
    ],
)
def test_what_is_no_transformation_is_one_sentence(text, code):
    with pytest.raises(LayerError) as told:
        moved(text)
    assert told.value.code == code
    for lang in ("zh", "en"):
        assert "\n" not in told.value.text(lang)


def test_a_pipeline_is_used_as_it_is():
    found, _ = moved("+proj=affine +xoff=10 +yoff=-5")
    assert found.tolist() == [572010, 3401995]


def ntv2(path, shift_north, shift_east):
    """An NTv2 grid of one degree around Jiaxing; arc-seconds, constant, longitudes positive to the west."""

    def word(name, value):
        kind = {int: "<i4x", float: "<d"}.get(type(value))
        return name.encode().ljust(8) + (struct.pack(kind, value) if kind else value.encode().ljust(8))

    head = [
        ("NUM_OREC", 11), ("NUM_SREC", 11), ("NUM_FILE", 1), ("GS_TYPE", "SECONDS"), ("VERSION", "1"),
        ("SYSTEM_F", "XIAN80"), ("SYSTEM_T", "CGCS2000"), ("MAJOR_F", 6378140.0), ("MINOR_F", 6356755.288157528),
        ("MAJOR_T", 6378137.0), ("MINOR_T", 6356752.314140356),
        ("SUB_NAME", "JIAXING"), ("PARENT", "NONE"), ("CREATED", "1"), ("UPDATED", "1"),
        ("S_LAT", 30.0 * 3600), ("N_LAT", 31.0 * 3600), ("E_LONG", -121.5 * 3600), ("W_LONG", -120.5 * 3600),
        ("LAT_INC", 1800.0), ("LONG_INC", 1800.0), ("GS_COUNT", 9),
    ]  # fmt: skip
    node = struct.pack("<4f", shift_north, -shift_east, 0.01, 0.01)
    path.write_bytes(b"".join(word(*line) for line in head) + node * 9 + b"END".ljust(16))


@pytest.mark.parametrize("folder", ["格网", "two words"])
def test_a_grid_beside_the_layer_is_applied_and_recorded(tmp_path, folder):
    (tmp_path / folder).mkdir()
    ntv2(tmp_path / folder / "浙江.gsb", 0.5, 1.25)
    found, placed = moved(
        "浙江.gsb", parse("EPSG:4610"), parse("EPSG:4490"), tmp_path / folder / "x.shp", at=(120.8, 30.6)
    )
    assert found == pytest.approx([120.8 + 1.25 / 3600, 30.6 + 0.5 / 3600], abs=1e-10)
    assert placed.params["transformation"].startswith("NTv2 浙江.gsb (SHA-256 ")
    outside, _ = moved(
        str(tmp_path / folder / "浙江.gsb"), parse("EPSG:4610"), parse("EPSG:4490"), at=(119.0, 30.6)
    )
    assert not np.isfinite(outside).any()


def test_heights_stay():
    placed = place(np.array([Point(572000, 3402000, 7.5)]), NOW, parse("EPSG:4490"), None, {})
    assert placed.shapes[0].z == 7.5
    assert placed.shapes[0].x == pytest.approx(120.75, abs=0.05)
