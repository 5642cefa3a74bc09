import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from shapely import Point, Polygon, box

from layers import sources
from layers.convert import Wish, convert, with_prefix
from layers.crs import parse, to_gcj02
from layers.errors import LayerError
from layers.workspace import LayerSpec
from layers.writing import losses, write
from scripts.cli import main

E0, N0 = 572_000.125, 3_402_000.5
FORMATS = ["图斑.gpkg", "图斑.shp", "图斑.geojson", "图斑.parquet", "图斑.gdb", "图斑.fgb", "图斑.kml"]


def frame(crs=4549):
    shell = Polygon([(E0, N0), (E0 + 100.25, N0), (E0 + 100, N0 + 80), (E0, N0 + 80)])
    shapes = [shell.difference(box(E0 + 10, N0 + 10, E0 + 20, N0 + 20)), box(E0 + 200, N0, E0 + 260, N0 + 50)]
    return gpd.GeoDataFrame(
        {"name": ["一号", "二号"], "area": [7920.5, 3000.0], "n": [1, 2]}, geometry=shapes, crs=4549
    ).to_crs(crs)


def read(path):
    return sources.read(LayerSpec("x", "", path))


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", FORMATS)
def test_round_trips_over_every_pair(tmp_path, first, second):
    start = tmp_path / "start.gpkg"
    write(frame(), start)
    (tmp_path / "一").mkdir()
    (tmp_path / "二").mkdir()
    for source, target in (
        (start, tmp_path / "一" / first),
        (tmp_path / "一" / first, tmp_path / "二" / second),
    ):
        wish = Wish(
            from_crs="EPSG:4490" if source.suffix in {".geojson", ".kml"} else None, to_crs="EPSG:4549"
        )
        convert(source, target, wish)
    raw = read(tmp_path / "二" / second)
    shapes = shapely.force_2d(raw.frame["geometry"].to_numpy())
    if second.endswith((".geojson", ".kml")):
        shapes = gpd.GeoSeries(shapes, crs=4490).to_crs(4549).to_numpy()
    wanted = frame().geometry.to_numpy()
    off = shapely.hausdorff_distance(shapely.normalize(shapes), shapely.normalize(wanted))
    endings = {name.rpartition(".")[2] for name in (first, second)}
    assert off.max() <= (1e-5 if endings & {"geojson", "kml"} else 1e-6 if "gdb" in endings else 1e-9)
    assert raw.frame["name"].tolist() == ["一号", "二号"]
    assert raw.frame["area"].astype(float).tolist() == [7920.5, 3000.0]


def test_gbk_shapefile_says_so_and_comes_back(tmp_path):
    write(frame().rename(columns={"name": "地块名"}), tmp_path / "a.shp", encoding="gbk")
    assert (tmp_path / "a.cpg").read_text() == "GBK"
    raw = read(tmp_path / "a.shp")
    assert raw.frame["地块名"].tolist() == ["一号", "二号"]
    assert raw.crs.to_epsg() == 4549


@pytest.mark.parametrize(
    ("change", "name", "code", "options"),
    [
        ({"column": "地块名称一二"}, "a.shp", "loss-field-names", {}),
        ({"column": "地块名称一"}, "a.shp", "loss-field-names", {}),
        ({"column": "地块名称一"}, "a.shp", None, {"encoding": "gbk"}),
        ({"column": "abcdefghij"}, "a.shp", None, {}),
        ({"values": ["x" * 254, ""]}, "a.shp", "loss-empty-text", {}),
        ({"values": ["x" * 255, "a"]}, "a.shp", "loss-text-long", {}),
        ({"values": ["x" * 254, "a"]}, "a.shp", None, {}),
        ({"values": ["字" * 127, "a"]}, "a.shp", None, {"encoding": "gbk"}),
        ({"values": ["字" * 128, "a"]}, "a.shp", "loss-text-long", {"encoding": "gbk"}),
        ({"values": ["\u2f00", "a"]}, "a.shp", "loss-letters", {"encoding": "gbk"}),
        ({"values": [10**17, 1]}, "a.shp", "loss-number-wide", {}),
        ({"values": [10**17 - 1, 1]}, "a.shp", None, {}),
        ({"values": [True, False]}, "a.shp", None, {}),
        ({"values": [True, False]}, "a.gdb", "loss-truths", {}),
        ({"values": [-(10**17), 1]}, "a.shp", "loss-number-wide", {}),
        ({"values": [1 / 3, 2 / 3]}, "a.shp", None, {}),
        ({"values": [1e-20, 1.0]}, "a.shp", "loss-number-digits", {}),
        ({"values": [1e300, 1.0]}, "a.shp", "loss-number-digits", {}),
        ({"values": [dt.date(2016, 3, 10), None]}, "a.shp", None, {}),
        ({"values": [dt.date(2016, 3, 10), None]}, "a.kml", "loss-as-text", {}),
        ({"values": [2**40, 1]}, "a.kml", "loss-as-text", {}),
        ({"values": [2**31 - 1, 1]}, "a.kml", None, {}),
        ({"values": [None, None]}, "a.kml", "loss-unset", {}),
        ({"column": "description"}, "a.kml", "loss-placemark", {}),
        ({"values": [["a", "b"], None]}, "a.gpkg", "loss-nested", {}),
        ({"values": [["a", "b"], None]}, "a.geojson", None, {}),
        ({"values": [1, 2], "column": "ORDER"}, "a.gdb", "loss-renamed", {}),
        ({"values": [1, 2], "column": "1号"}, "a.gdb", "loss-renamed", {}),
        ({"values": [1, 2], "column": "面积_1"}, "a.gdb", None, {}),
        ({"values": ["末尾 ", "a"]}, "a.shp", "loss-empty-text", {}),
        ({}, "a.csv", "loss-crs", {}),
        ({"values": [dt.datetime(2016, 3, 10, 8, 30), None]}, "a.shp", "loss-times", {}),  # noqa: DTZ001
        ({"values": [dt.datetime(2016, 3, 10), None]}, "a.shp", None, {}),  # noqa: DTZ001
        ({"values": [1, 2]}, "a.txt", "loss-attributes", {}),
        ({"values": ["a", "b"], "column": "use"}, "a.txt", None, {}),
        ({}, "a.txt", None, {}),
        ({"shift": 1e-4}, "a.txt", "loss-rounded", {}),
        ({"shift": 1e-4}, "a.txt", None, {"decimals": 4}),
        ({"column": "x"}, "a.dxf", "loss-attributes", {}),
        ({}, "a.gpkg", None, {}),
    ],
)
def test_what_would_be_lost_is_known_before(change, name, code, options, tmp_path):
    table = frame()[["geometry"]]
    if "values" in change or "column" in change:
        table[change.get("column", "v")] = pd.Series(change.get("values", ["a", "b"]))
    table = table.set_geometry(
        shapely.transform(table.geometry.to_numpy(), lambda xy: xy + change.get("shift", 0))
    )
    table = gpd.GeoDataFrame(table, crs=4549)
    path = tmp_path / name
    found = {loss.code for loss in losses(table, path, **options)}
    assert (code in found) if code else not found
    if code:
        with pytest.raises(LayerError) as told:
            write(table, path, **options)
        assert "--lossy" in told.value.text("zh")
        assert not list(tmp_path.iterdir())
        assert {loss.code for loss in write(table, path, lossy=True, **options)} == found
    else:
        assert write(table, path, **options) == []
    assert path.exists()


def test_mixed_geometry_is_refused_where_a_layer_has_one_kind(tmp_path):
    mixed = gpd.GeoDataFrame(geometry=[Point(E0, N0), box(E0, N0, E0 + 1, N0 + 1)], crs=4549)
    assert [loss.code for loss in losses(mixed, tmp_path / "a.shp")] == ["loss-mixed"]
    assert losses(mixed, tmp_path / "a.gpkg") == []


def test_of_mixed_kinds_the_most_frequent_is_kept_when_told(tmp_path):
    shapes = [Point(E0, N0), box(E0, N0, E0 + 1, N0 + 1), box(E0 + 2, N0, E0 + 3, N0 + 1)]
    mixed = gpd.GeoDataFrame({"n": [1, 2, 3]}, geometry=shapes, crs=4549)
    for name in ("a.shp", "a.gdb"):
        (lost,) = write(mixed, tmp_path / name, lossy=True)
        assert lost.params == {"kinds": "Point、Polygon", "kept": "Polygon", "count": 1}
        assert read(tmp_path / name).frame["n"].tolist() == [2, 3]
    nothing = gpd.GeoDataFrame(geometry=[shapely.GeometryCollection([shapes[0]])], crs=4549)
    with pytest.raises(LayerError) as told:
        write(nothing, tmp_path / "b.shp", lossy=True)
    assert told.value.code == "write-nothing"


@pytest.mark.parametrize("ending", ["gpkg", "gdb"])
@pytest.mark.parametrize("field", ["fid", "FID", "geom", "OBJECTID", "SHAPE"])
def test_fields_called_like_the_ids_of_a_format_stay(tmp_path, ending, field):
    table = frame()[["geometry"]].assign(**{field: [1.5, 1.5]})
    assert write(table, tmp_path / f"a.{ending}") == []
    assert read(tmp_path / f"a.{ending}").frame[field].tolist() == [1.5, 1.5]


@pytest.mark.parametrize("ending", ["shp", "gpkg", "gdb", "fgb", "geojson"])
def test_days_come_back_as_days(tmp_path, ending):
    table = frame()[["geometry"]].assign(day=pd.to_datetime(["2016-03-10", "2018-12-31"]))
    assert write(table, tmp_path / f"a.{ending}") == []
    days = pd.to_datetime(read(tmp_path / f"a.{ending}").frame["day"])
    assert [str(day)[:10] for day in days] == ["2016-03-10", "2018-12-31"]
    assert pd.api.types.is_datetime64_any_dtype(read(tmp_path / f"a.{ending}").frame["day"].dtype)


def test_heights_and_measures(tmp_path):
    shapes = shapely.from_wkt(["POINT ZM (572000 3402000 3 7)", "POINT M (572001 3402000 7)"])
    table = gpd.GeoDataFrame({"n": [1, 2]}, geometry=shapes, crs=4549)
    for ending in ("shp", "fgb", "gpkg"):
        lost = {
            loss.code: loss.params["count"] for loss in write(table, tmp_path / f"a.{ending}", lossy=True)
        }
        assert lost == {"loss-measures": 2} | ({"loss-flat": 1} if ending != "gpkg" else {})
        found = read(tmp_path / f"a.{ending}").frame["geometry"].to_numpy()
        assert shapely.get_z(found)[0] == 3
        assert shapely.get_x(found).tolist() == [572000, 572001]


def test_an_old_datum_is_not_written_as_wgs84(tmp_path):
    old = frame().set_crs(2385, allow_override=True)
    with pytest.raises(LayerError) as told:
        write(old, tmp_path / "a.kml")
    assert told.value.code == "crs-ballpark"
    assert not list(tmp_path.iterdir())


def test_rings_are_written_as_lines(tmp_path):
    ring = gpd.GeoDataFrame(geometry=[shapely.LinearRing([(E0, N0), (E0 + 1, N0), (E0, N0 + 1)])], crs=4549)
    write(ring, tmp_path / "a.gpkg")
    assert read(tmp_path / "a.gpkg").frame["geometry"].iloc[0].geom_type == "LineString"


def test_field_names_that_are_cut_alike_stay_apart(tmp_path):
    table = frame()[["geometry"]].assign(abcdefghijk=[1, 2], abcdefghijl=[3, 4])
    write(table, tmp_path / "a.shp", lossy=True)
    raw = read(tmp_path / "a.shp")
    assert sorted(raw.frame.columns.drop("geometry")) == ["abcdefgh_1", "abcdefghij"]
    assert raw.frame["abcdefgh_1"].tolist() == [3, 4]


def test_zones_with_and_without_their_number(tmp_path):
    write(frame(), tmp_path / "a.gpkg")
    done = convert(tmp_path / "a.gpkg", tmp_path / "b.gpkg", Wish(prefix=True))
    assert "4528" in done.target
    raw = read(tmp_path / "b.gpkg")
    west = shapely.total_bounds(raw.frame["geometry"].to_numpy())[0]
    assert west == pytest.approx(40_000_000 + E0, abs=1e-6)
    for code, other in ((4549, 4528), (4510, 4499), (2385, 2364), (2437, 2416), (21461, 21421)):
        assert with_prefix(parse(f"EPSG:{code}"), prefix=True).to_epsg() == other
        assert with_prefix(parse(f"EPSG:{other}"), prefix=False).to_epsg() == code
    with pytest.raises(LayerError):
        with_prefix(parse("EPSG:32650"), prefix=True)


def test_survey_txt_to_shapefile_and_back(tmp_path):
    rounded = frame().set_geometry(shapely.transform(frame().geometry.to_numpy(), np.round))
    write(rounded[["name", "geometry"]], tmp_path / "a.txt")
    convert(tmp_path / "a.txt", tmp_path / "a.gpkg")
    convert(tmp_path / "a.gpkg", tmp_path / "b.txt", Wish(lossy=True))
    first, second = (read(tmp_path / name).frame["geometry"].to_numpy() for name in ("a.txt", "b.txt"))
    assert shapely.equals_exact(first, second, 0).all()


def test_gcj02_is_undone_on_request_and_doubt_is_asked_about(tmp_path):
    true = frame(4490)
    shifted = shapely.transform(true.geometry.to_numpy(), to_gcj02, interleaved=False)
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=shifted, crs=4326).to_file(
        tmp_path / "web.geojson", COORDINATE_PRECISION=12
    )
    with pytest.raises(LayerError) as told:
        convert(tmp_path / "web.geojson", tmp_path / "a.gpkg")
    assert told.value.code == "convert-doubt"
    convert(tmp_path / "web.geojson", tmp_path / "a.gpkg", Wish(from_crs="GCJ-02", to_crs="EPSG:4549"))
    found = read(tmp_path / "a.gpkg").frame["geometry"].to_numpy()
    assert shapely.hausdorff_distance(found, frame().geometry.to_numpy()).max() < 0.01


def test_an_old_datum_is_not_moved_by_a_ballpark(tmp_path):
    table = gpd.GeoDataFrame(frame().drop(columns="geometry"), geometry=frame().geometry.to_numpy(), crs=2385)
    write(table, tmp_path / "old.gpkg")
    with pytest.raises(LayerError) as told:
        convert(tmp_path / "old.gpkg", tmp_path / "new.gpkg", Wish(to_crs="EPSG:4549"))
    assert told.value.code == "crs-ballpark"
    assert not (tmp_path / "new.gpkg").exists()


def test_the_command(tmp_path):
    write(frame().rename(columns={"name": "很长的字段名称"}), tmp_path / "源.gpkg")
    refused = CliRunner().invoke(main, ["convert", str(tmp_path / "源.gpkg"), str(tmp_path / "出.shp")])
    assert refused.exit_code == 2
    assert "很长的字段名称" in refused.output
    assert not list(tmp_path.glob("出*"))
    words = ["--lossy", "--report", str(tmp_path / "r.json"), "--lang", "en"]
    done = CliRunner().invoke(main, ["convert", str(tmp_path / "源.gpkg"), str(tmp_path / "出.shp"), *words])
    assert done.exit_code == 0, done.output
    assert "Lost: field names" in done.output
    assert "loss-field-names" in (tmp_path / "r.json").read_text(encoding="utf-8")
    unknown = CliRunner().invoke(main, ["convert", str(tmp_path / "源.gpkg"), str(tmp_path / "x.doc")])
    assert unknown.exit_code == 2
    assert unknown.output.count("\n") == 1


def test_a_projection_there_and_back_is_no_rounding(tmp_path):
    rounded = frame().assign(geometry=shapely.set_precision(frame().geometry, 1e-3))
    write(rounded[["name", "geometry"]], tmp_path / "a.gpkg")
    convert(tmp_path / "a.gpkg", tmp_path / "b.gpkg", Wish(to_crs="EPSG:4490"))
    done = convert(tmp_path / "b.gpkg", tmp_path / "c.txt", Wish(to_crs="EPSG:4549"))
    assert done.lost == []


@pytest.mark.parametrize(
    ("name", "crs", "code"),
    [("a.geojson", 4549, 4490), ("a.geojson", 25832, 4258), ("a.kml", 4549, 4326), ("a.gpkg", 4549, 4549)],
)
def test_what_is_said_of_the_result_is_the_system_that_is_in_it(tmp_path, name, crs, code):
    shapes = [box(500_000, 5_500_000, 500_100, 5_500_100)] if crs == 25832 else frame().geometry
    write(gpd.GeoDataFrame(geometry=list(shapes), crs=crs), tmp_path / "source.fgb")
    done = convert(tmp_path / "source.fgb", tmp_path / name)
    assert f"(EPSG:{code})" in done.target
    assert gpd.read_file(tmp_path / name).crs.to_epsg() == code
