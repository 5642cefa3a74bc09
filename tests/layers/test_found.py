"""Which CRS a layer is in, by file, numbers and reference."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from shapely import box

from layers import sources
from layers.convert import Wish, convert
from layers.crs import from_bd09, from_gcj02, parse, place, to_bd09, to_gcj02
from layers.errors import LayerError
from layers.found import find, read_reference
from layers.raw import Raw
from layers.workspace import LayerSpec

E0, N0 = 572_000.0, 3_402_000.0
TOWNS = [box(E0 + 3000 * i, N0, E0 + 3000 * i + 2800 + 100 * i, N0 + 4000 + 500 * i) for i in range(4)]
LONLAT = gpd.GeoSeries(TOWNS, crs=4549).to_crs(4490)
REFERENCE = gpd.GeoDataFrame(geometry=LONLAT)


def raw(shapes, crs=None, *, implied=False):
    shapes = np.array(shapes, dtype=object)
    return Raw(pd.DataFrame({"geometry": shapes}), None if crs is None else parse(crs), implied_crs=implied)


def shifted(shift, which=LONLAT):
    return shapely.transform(np.array(which), shift, interleaved=False)


@pytest.mark.parametrize(
    ("shift", "why", "crs"),
    [
        (to_gcj02, "found-gcj02", "GCJ-02"),
        (to_bd09, "found-bd09", "BD-09"),
        (None, "found-not-gcj02", "EPSG:4326"),
    ],
)
@pytest.mark.parametrize("count", [1, 4])
def test_the_reference_tells_shifts_of_all_towns_and_of_one(shift, why, crs, count):
    shapes = np.array(LONLAT) if shift is None else shifted(shift)
    found = find(raw(shapes[:count], "EPSG:4326", implied=True), reference=REFERENCE)
    assert (found.why, found.how) == (why, "reference")
    assert found.crs == crs if shift else found.crs.to_epsg() == 4326
    assert max(found.params.values()) > 0.99
    if shift:
        assert found.params["before"] < 0.9


def test_a_file_that_lies_about_the_shift_is_not_believed():
    found = find(raw(shifted(to_gcj02), "EPSG:4490"), reference=REFERENCE)
    assert (found.crs, found.sure) == ("GCJ-02", "certain")
    assert find(raw(LONLAT, "EPSG:4490"), reference=REFERENCE).why == "found-file"


def test_where_the_reference_does_not_tell_nothing_is_claimed():
    inner = shapely.buffer(shapely.centroid(np.array(LONLAT)), 0.002)
    wide = gpd.GeoDataFrame(geometry=[box(119, 29, 122, 32)], crs=4490)
    found = find(raw(inner, "EPSG:4326", implied=True), reference=wide)
    assert (found.sure, found.why) == ("unknown", "found-shift-ambiguous")


def test_land_that_happens_to_lie_there_is_no_reference():
    other = LONLAT.to_crs(4549).translate(420, -260).scale(0.8, 0.9).to_crs(4490)
    found = find(raw(np.array(LONLAT), "EPSG:4326", implied=True), reference=gpd.GeoDataFrame(geometry=other))
    assert (found.sure, found.why) == ("unknown", "found-shift-ambiguous")
    stated = find(raw(np.array(LONLAT), "EPSG:4490"), reference=gpd.GeoDataFrame(geometry=other))
    assert (stated.sure, stated.why) == ("certain", "found-file")


@pytest.mark.parametrize("meridian", [117, 120, 123])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_reference_tells_the_zone_and_the_order_of_axes(meridian, swapped):
    zone = parse(f"EPSG:{4534 + (meridian - 75) // 3}")
    shapes = place(np.array(LONLAT), parse("EPSG:4490"), zone, None, {}).shapes
    if swapped:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    assert find(raw(shapes)).sure == "unknown"
    found = find(raw(shapes), reference=REFERENCE)
    assert (found.crs.to_epsg(), found.swapped) == (zone.to_epsg(), swapped)
    assert (found.why, found.sure) == ("found-zone", "likely")


def test_a_reference_elsewhere_tells_nothing():
    far = gpd.GeoDataFrame(geometry=[box(100, 30, 101, 31)], crs=4490)
    assert find(raw(TOWNS), reference=far).sure == "unknown"


@pytest.mark.parametrize(
    ("shapes", "crs"),
    [(LONLAT, "EPSG:4549"), (TOWNS, "EPSG:4490"), (TOWNS, "EPSG:4528"), (shapely.affinity.translate(TOWNS[0], 4e7), "EPSG:4549")],
)  # fmt: skip
def test_numbers_that_contradict_the_file(shapes, crs):
    found = find(raw(np.atleast_1d(np.array(shapes, dtype=object)), crs))
    assert (found.crs, found.sure, found.why) == (None, "unknown", "found-contradiction")
    assert found.params["file"] == pyproj.CRS(crs).name


def test_swapped_axes_under_a_true_prj_are_said():
    shapes = shapely.transform(shapely.affinity.translate(TOWNS[0], 4e7), lambda xy: xy[:, ::-1])
    found = find(raw([shapes], "EPSG:4528"))
    assert (found.crs.to_epsg(), found.swapped, found.why) == (4528, True, "found-file-swapped")


@pytest.mark.parametrize(
    "crs", ["EPSG:4549", "EPSG:2385", "EPSG:2437", "EPSG:32650", "EPSG:3857", "EPSG:4499"]
)
def test_a_file_that_says_what_its_numbers_are_is_believed(crs):
    other = parse(crs)
    to = pyproj.Transformer.from_crs(other.geodetic_crs, other, always_xy=True)
    shapes = shapely.transform(np.array(LONLAT), to.transform, interleaved=False)
    assert find(raw(shapes, crs)).sure == "certain"


@pytest.mark.parametrize(
    ("name", "gcs", "datum", "epsg"),
    [
        ("CGCS2000_3_Degree_GK_Zone_40", "GCS_China_Geodetic_Coordinate_System_2000", "D_China_2000", 4528),
        ("CGCS2000_3_Degree_GK_CM_120E", "GCS_China_Geodetic_Coordinate_System_2000", "D_China_2000", 4549),
        ("Xian_1980_3_Degree_GK_Zone_40", "GCS_Xian_1980", "D_Xian_1980", 2364),
        ("Beijing_1954_3_Degree_GK_CM_120E", "GCS_Beijing_1954", "D_Beijing_1954", 2437),
        ("嘉兴独立", "GCS_CGCS_2000", "D_CGCS_2000", None),
    ],
)
def test_a_prj_of_esri_is_matched(tmp_path, name, gcs, datum, epsg):
    ellipsoid = {"D_Xian_1980": "6378140.0,298.257", "D_Beijing_1954": "6378245.0,298.3"}
    easting = 40_500_000 if "Zone" in name else 500_000
    shapes = [shapely.affinity.translate(one, easting - 500_000) for one in TOWNS]
    gpd.GeoDataFrame({"n": range(4)}, geometry=shapes, crs=4549).to_file(tmp_path / "x.shp")
    (tmp_path / "x.prj").write_text(
        f'PROJCS["{name}",GEOGCS["{gcs}",DATUM["{datum}",SPHEROID["S",'
        f"{ellipsoid.get(datum, '6378137.0,298.257222101')}]],"
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
        f'PARAMETER["False_Easting",{easting}],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",120.0],'
        'PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
        encoding="utf-8",
    )
    read = sources.read(LayerSpec("x", "", tmp_path / "x.shp"))
    found = find(read)
    assert found.sure == "certain"
    assert found.crs.to_epsg() == epsg
    target = parse("EPSG:4549")
    if datum.endswith("2000"):
        placed = place(read.frame["geometry"].to_numpy(), found.crs, target, None, {})
        assert placed.note is None
        assert shapely.hausdorff_distance(placed.shapes, np.array(TOWNS)).max() < 1e-6
    else:
        with pytest.raises(LayerError) as told:
            place(read.frame["geometry"].to_numpy(), found.crs, target, None, {"layer": "x", "path": "x.shp"})
        assert told.value.code == "crs-ballpark"


@pytest.mark.parametrize(("shift", "undo"), [(to_gcj02, from_gcj02), (to_bd09, from_bd09)])
def test_convert_undoes_what_a_reference_proves(tmp_path, shift, undo):
    gpd.GeoDataFrame({"n": range(4)}, geometry=shifted(shift), crs=4326).to_file(
        tmp_path / "网络.geojson", COORDINATE_PRECISION=12
    )
    REFERENCE.to_file(tmp_path / "镇界.gpkg")
    assert len(read_reference(tmp_path / "镇界.gpkg")) == 4
    wish = Wish(to_crs="EPSG:4549", reference=tmp_path / "镇界.gpkg")
    done = convert(tmp_path / "网络.geojson", tmp_path / "a.gpkg", wish)
    assert done.moved == done.source == ("GCJ-02" if undo is from_gcj02 else "BD-09")
    shapes = sources.read(LayerSpec("x", "", tmp_path / "a.gpkg")).frame["geometry"].to_numpy()
    assert shapely.hausdorff_distance(shapes, np.array(TOWNS)).max() < 0.01


def test_a_contradiction_is_one_sentence_and_can_be_overruled(tmp_path):
    gpd.GeoDataFrame({"n": range(4)}, geometry=TOWNS, crs=4528).to_file(tmp_path / "a.gpkg")
    with pytest.raises(LayerError) as told:
        convert(tmp_path / "a.gpkg", tmp_path / "b.gpkg")
    assert told.value.code == "convert-contradiction"
    assert "zone 40" in told.value.text("zh")
    convert(tmp_path / "a.gpkg", tmp_path / "b.gpkg", Wish(from_crs="EPSG:4549"))
    read = sources.read(LayerSpec("x", "", tmp_path / "b.gpkg"))
    assert read.crs.to_epsg() == 4549
    assert shapely.equals_exact(read.frame["geometry"].to_numpy(), np.array(TOWNS)).all()


def test_a_table_of_wkt_becomes_a_layer(tmp_path):
    given = gpd.GeoDataFrame({"名称": list("甲乙丙丁")}, geometry=TOWNS, crs=4549)
    given.to_file(tmp_path / "a.gpkg")
    convert(tmp_path / "a.gpkg", tmp_path / "a.csv", Wish(lossy=True))
    convert(tmp_path / "a.csv", tmp_path / "b.gpkg", Wish(from_crs="EPSG:4549"))
    read = sources.read(LayerSpec("x", "", tmp_path / "b.gpkg"))
    assert read.frame["名称"].tolist() == list("甲乙丙丁")
    assert shapely.equals_exact(read.frame["geometry"].to_numpy(), np.array(TOWNS)).all()
    (tmp_path / "c.csv").write_text("名称,WKT\n甲,POINT (1\n乙,POINT (120 30)\n", encoding="utf-8")
    done = convert(tmp_path / "c.csv", tmp_path / "c.gpkg", Wish(from_crs="EPSG:4490"))
    assert [code for code, *_ in done.notes] == ["issue-feature-unreadable"]
