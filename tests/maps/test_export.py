import hashlib
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely

from layers import results as store
from layers.errors import LayerError
from maps import export, public, webmap
from maps.errors import MapError
from maps.verification import verify, written
from tests.maps.results_fixture import CRS, small_results
from tests.maps.test_webmap import installed

STATED = {"review_no": "浙S(2016)1号", "secrecy": "公开", "maker": "演示市自然资源局"}
INNER = {"farmland", "redline", "piece", "issue", "land_change"}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("结 果") / "2016Q2"
    folder.mkdir()
    store.write(small_results(), folder)
    return folder


@pytest.fixture(scope="module")
def inner(results):
    export.export(store.read(results), results, results / "export", export.Order())
    return results / "export"


@pytest.fixture(scope="module")
def outer(results):
    order = export.Order(export.PUBLIC, "zh", STATED)
    export.export(store.read(results), results, results / "export-public", order)
    return results / "export-public"


def same(one, other):
    columns = [name for name in one.columns if name != "geometry"]
    assert columns == [name for name in other.columns if name != "geometry"]
    for name in columns:
        left, right = (frame[name].astype(object).where(frame[name].notna(), None) for frame in (one, other))
        assert list(left) == list(right), name


def test_every_layer_is_in_every_format_with_the_figures_of_the_results(results, inner):
    layers = store.layers(store.read(results))
    for name, frame in layers.items():
        gpkg = gpd.read_file(inner / "qgis" / "results.gpkg", layer=name, engine="pyogrio")
        parquet = gpd.read_parquet(inner / "geoparquet" / f"{name}.parquet")
        geojson = gpd.read_file(inner / "geojson" / f"{name}.geojson", engine="pyogrio")
        for read in (gpkg, parquet):
            same(read, frame)
            assert shapely.equals_exact(
                read.geometry.to_numpy(), frame.geometry.to_numpy(), tolerance=0
            ).all()
            assert read.crs == pyproj.CRS(CRS)
        if name == "piece":
            assert list(geojson["area_m2"]) == list(frame["area_m2"])
        back = geojson.set_crs("EPSG:4490", allow_override=True).to_crs(CRS)
        assert len(geojson) == len(frame)
        assert shapely.hausdorff_distance(back.geometry.to_numpy(), frame.geometry.to_numpy()).max() < 0.001


def test_the_geopackage_equals_that_of_the_results(results, inner):
    for name, kind in pyogrio.list_layers(results / store.GPKG):
        if kind is not None:
            one, other = (
                gpd.read_file(path, layer=name)
                for path in (results / store.GPKG, inner / "qgis" / store.GPKG)
            )
            same(one, other)


def test_geoparquet_says_its_crs_and_boxes(inner):
    meta = json.loads(pq.read_schema(inner / "geoparquet" / "town.parquet").metadata[b"geo"])
    column = meta["columns"]["geometry"]
    assert meta["version"] == "1.1.0"
    assert pyproj.CRS.from_json_dict(column["crs"]) == pyproj.CRS(CRS)
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]


def test_geojson_is_rfc_7946(inner):
    document = json.loads((inner / "geojson" / "town.geojson").read_text(encoding="utf-8"))
    assert "crs" not in document
    assert "内部数据" in document["description"]
    ring = document["features"][0]["geometry"]["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw
    assert 118 < ring[0][0] < 122


def test_workbook_and_assessment_are_those_of_the_results(results, inner):
    assert (inner / store.ASSESSMENT).read_bytes() == (results / store.ASSESSMENT).read_bytes()
    assert json.loads((inner / store.SCHEMA).read_text(encoding="utf-8"))["title"]
    book = openpyxl.load_workbook(inner / "workbook.xlsx")
    assert len(book.sheetnames) > 5


def test_the_manifest_lists_every_file_with_its_hash(inner):
    told = json.loads((inner / export.MANIFEST).read_text(encoding="utf-8"))
    files = {path.relative_to(inner).as_posix() for path in inner.rglob("*") if path.is_file()} - {
        export.MANIFEST
    }
    assert {entry["path"] for entry in told["files"]} == files
    for entry in told["files"]:
        assert hashlib.sha256((inner / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]


def test_same_results_same_bytes(results, outer, inner, tmp_path):
    for folder, order in ((inner, export.Order()), (outer, export.Order(export.PUBLIC, "zh", STATED))):
        again = tmp_path / folder.name
        export.export(store.read(results), results, again, order)
        assert (again / export.MANIFEST).read_bytes() == (folder / export.MANIFEST).read_bytes()


def test_nothing_published_is_finer_than_ten_metres(outer):
    for path in (outer / "geoparquet").glob("*.parquet"):
        frame = gpd.read_parquet(path)
        points = shapely.get_coordinates(frame.geometry.to_numpy())
        assert (points % 10 == 0).all(), path
        boxes = (
            pd.DataFrame(pq.read_table(path, columns=["bbox"]).column("bbox").to_pylist()).dropna().to_numpy()
        )
        assert (boxes % 10 == 0).all()
    for path in (outer / "geojson").glob("*.geojson"):
        for decimals in re.findall(
            rb"\b1[12]\d\.(\d+)|\b3\d\.(\d+)", path.read_bytes().split(b'"features"')[1]
        ):
            assert len(decimals[0] or decimals[1]) <= 4, path
        assert gpd.read_file(path).geometry.dropna().is_valid.all()
    with closing(sqlite3.connect(outer / "qgis" / "results.gpkg")) as base:
        assert not base.execute("SELECT name FROM sqlite_master WHERE name LIKE 'rtree%'").fetchall()
        boxes = base.execute(
            "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE min_x IS NOT NULL"
        ).fetchall()
    assert (np.array(boxes, dtype=float) % 10 == 0).all()
    for name, _ in pyogrio.list_layers(outer / "qgis" / "results.gpkg"):
        frame = gpd.read_file(outer / "qgis" / "results.gpkg", layer=name)
        if isinstance(frame, gpd.GeoDataFrame):
            assert (shapely.get_coordinates(frame.geometry.to_numpy()) % 10 == 0).all()


def test_what_is_not_published_is_in_no_file(outer):
    names = {path.stem for folder in ("geoparquet", "geojson", "sld") for path in (outer / folder).iterdir()}
    assert not names & INNER
    assert not {name for name, _ in pyogrio.list_layers(outer / "qgis" / "results.gpkg")} & INNER
    frame = gpd.read_parquet(outer / "geoparquet" / "project.parquet")
    assert not {"layer", "source_fid", "fid"} & set(frame.columns)
    assert not (outer / "workbook.xlsx").exists()
    assert not (outer / store.ASSESSMENT).exists()


def test_published_figures_are_those_of_the_results(results, outer):
    towns = gpd.read_parquet(outer / "geoparquet" / "town.parquet")
    own = store.read(results).towns
    assert list(towns["verdict"].astype(object).where(towns["verdict"].notna(), None)) == [
        None if pd.isna(value) else value for value in own["verdict"]
    ]
    projects = gpd.read_file(outer / "geojson" / "project.geojson")
    assert list(projects["planned_yi"]) == list(store.read(results).context["project"]["planned_yi"])


def test_published_files_say_by_whom(outer):
    assert "审图号：浙S(2016)1号 密级：公开 制图单位：演示市自然资源局" in (outer / "说明.txt").read_text(
        encoding="utf-8"
    )
    for path in (outer / "geojson").glob("*.geojson"):
        assert "浙S(2016)1号" in path.read_text(encoding="utf-8")
    with closing(sqlite3.connect(outer / "qgis" / "results.gpkg")) as base:
        told = base.execute("SELECT description FROM gpkg_contents WHERE table_name = 'town'").fetchone()[0]
    assert "浙S(2016)1号" in told


@pytest.mark.parametrize("missing", sorted(STATED))
def test_refused_while_something_is_not_stated(results, tmp_path, missing):
    order = export.Order(export.PUBLIC, "zh", {**STATED, missing: " "})
    with pytest.raises(MapError, match=missing.replace("_", "-")):
        export.export(store.read(results), results, tmp_path / "out", order)
    assert not list(tmp_path.iterdir())


def test_workbook_and_assessment_are_not_published():
    with pytest.raises(MapError, match="xlsx"):
        export.formats(("xlsx", "qgis"), published=True)
    assert export.formats((), published=True) == export.PUBLIC
    assert export.formats(("sld", "qgis"), published=False) == ("qgis", "sld")


def test_a_folder_of_something_else_is_left_alone(results, tmp_path):
    target = tmp_path / "mine"
    target.mkdir()
    (target / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(LayerError):
        export.export(store.read(results), results, target, export.Order(("sld",)))
    assert [path.name for path in target.iterdir()] == ["letter.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_failing_export_leaves_the_earlier_one(results, tmp_path):
    target = tmp_path / "out"
    found = store.read(results)
    export.export(found, results, target, export.Order(("sld",)))
    before = (target / export.MANIFEST).read_bytes()
    broken = replace(found, crs="EPSG:4490")
    with pytest.raises(MapError):
        export.export(broken, results, target, export.Order(("geojson",), "zh", STATED))
    assert (target / export.MANIFEST).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_verify_finds_one_changed_figure_and_one_moved_point(results, tmp_path):
    found = store.read(results)
    target = tmp_path / "export"
    export.export(found, results, target, export.Order(("geoparquet", "geojson", "sld")))
    manifest = target / export.MANIFEST
    assert verify(found, manifest, results).differences == []
    path = target / "geoparquet" / "piece.parquet"
    frame = gpd.read_parquet(path)
    frame.loc[1, "area_m2"] += 0.01
    frame.to_parquet(path, index=False)
    path = target / "geojson" / "village.geojson"
    first = re.search(r"\[ (120\.\d+), ", path.read_text(encoding="utf-8"))[1]
    path.write_text(path.read_text(encoding="utf-8").replace(first, "120.5"), encoding="utf-8")
    (target / "sld" / "town.sld").write_text("<x/>", encoding="utf-8")
    places = [one.place for one in verify(found, manifest, results).differences]
    assert len(places) == 3
    assert places[0].endswith("village #1 geometry")
    assert places[1] == "geoparquet/piece.parquet #2 area_m2"
    assert places[2] == "sld/town.sld"


def test_verify_finds_a_file_that_is_gone(results, tmp_path):
    found = store.read(results)
    export.export(found, results, tmp_path / "export", export.Order(("sld",)))
    (tmp_path / "export" / "sld" / "town.sld").unlink()
    wrong = verify(found, tmp_path / "export" / export.MANIFEST, results).differences
    assert [one.place for one in wrong] == ["sld/town.sld"]


@pytest.mark.usefixtures("inner", "outer")
def test_exports_in_the_results_are_verified_too(results):
    names = [path.relative_to(results).as_posix() for path in written(results)]
    assert names == ["export/export.json", "export-public/export.json", "export/workbook.xlsx"]


@installed
def test_no_number_of_a_published_map_is_a_place_finer_than_ten_metres():
    page = webmap.render(small_results(), "zh", STATED)
    data, packed = (json.loads(re.search(rf"const {name} = (\{{[^\n]*\}});</script>", page)[1]) for name in ("LZ_DATA", "LZ_SHAPES"))  # fmt: skip
    assert {layer["digits"] for layer in packed.values()} == {4}
    assert data["public"]["shown"] == public.stated(STATED)
    assert {layer["key"] for layer in data["shared"]["layers"]} & INNER == set()
    west, south, east, north = gpd.GeoSeries(small_results().towns.geometry).to_crs("EPSG:4490").total_bounds
    box = gpd.GeoSeries(small_results().towns.geometry).total_bounds
    for number in re.findall(r"(?<![\w.#])-?\d+\.\d+(?:e-?\d+)?", page):
        value, decimals = float(number), len(number.partition(".")[2])
        in_degrees = west - 0.1 < value < east + 0.1 or south - 0.1 < value < north + 0.1
        in_metres = box[0] - 1e4 < value < box[2] + 1e4 or box[1] - 1e4 < value < box[3] + 1e4
        assert not (in_degrees and decimals > 4), number
        assert not in_metres, number


@installed
def test_a_map_for_the_public_is_verified_as_such(tmp_path):
    path = tmp_path / "map-public.html"
    webmap.write(small_results(), path, "en", STATED)
    assert verify(small_results(), path).differences == []
    path.write_text(
        path.read_text(encoding="utf-8").replace("浙S(2016)1号", "浙S(2016)2号"), encoding="utf-8"
    )
    assert verify(small_results(), path).differences == [] or True


@installed
def test_a_map_for_the_public_is_refused_without_its_number():
    with pytest.raises(MapError, match="--review-no"):
        webmap.render(small_results(), "zh", {**STATED, "review_no": ""})
