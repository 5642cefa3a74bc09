from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

from layers import crs as systems
from layers import ledger, waivers
from layers.errors import LayerError
from layers.inspecting import inspect
from tests.layers.inspected import BOW, SQUARE, parcels, write

DAY = date(2026, 6, 1)


def test_what_stands_in_a_shapefile(tmp_path):
    (page,) = inspect([parcels(tmp_path)]).layers
    assert (page.name, page.features, page.vertices, page.geometry) == ("DLTB.shp", 2, 10, {"Polygon": 2})
    assert page.encoding in {"GB18030", "GBK"}
    assert page.crs_stated == "CGCS2000 / 3-degree Gauss-Kruger CM 120E (EPSG:4549)"
    assert page.bounds == (572000, 3402000, 572300, 3402100)
    assert page.lonlat == pytest.approx((120.7518, 30.7364, 120.7550, 30.7374), abs=1e-3)
    assert (page.suggestion.role, page.suggestion.sure) == ("construction_land", "certain")
    fields = page.fields.set_index("field")
    assert fields["column"].to_dict() == {
        "DLBM": "land_class",
        "DLMC": "land_use_name",
        "TBMJ": "registered_m2",
    }
    assert fields["type"].to_dict() == {"DLBM": "text", "DLMC": "text", "TBMJ": "number"}
    assert fields.loc["DLMC", "examples"] == ["工业用地"]


def test_what_is_wrong_is_found_and_nothing_else(tmp_path):
    (page,) = inspect([parcels(tmp_path)]).layers
    errors = page.problems[page.problems["severity"] == "error"]
    assert set(errors["fid"]) == {1}
    assert "issue-encoding-found" in set(page.problems["code"])
    assert page.problems["finding"].tolist() == list(range(1, len(page.problems) + 1))


def test_worst_first_and_numbered_over_all_layers(tmp_path):
    found = inspect([parcels(tmp_path), write(tmp_path / "b.gpkg", [BOW])])
    numbers = [number for page in found.layers for number in page.problems["finding"]]
    assert numbers == list(range(1, len(numbers) + 1))
    for page in found.layers:
        ranks = page.problems["severity"].map({"error": 0, "warning": 1, "note": 2}).tolist()
        assert ranks == sorted(ranks)


def test_a_layer_without_anything_in_it_is_not_a_sound_one(tmp_path):
    none = '{"type":"Feature","properties":{"a":1},"geometry":null}'
    hollow = '{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[]}}'
    collection = '{"type":"FeatureCollection","features":['
    for name, features in (("无.geojson", f"{none},{hollow}"), ("空.geojson", "")):
        (tmp_path / name).write_text(f"{collection}{features}]}}", encoding="utf-8")
    (tmp_path / "表.csv").write_text("镇名,季度\n", encoding="utf-8")
    write(tmp_path / "b.gpkg", [SQUARE])
    told = {page.name: page.problems for page in inspect([tmp_path]).layers}
    empty = {name for name, rows in told.items() if "issue-inspect-empty" in set(rows["code"])}
    assert empty == {"无.geojson", "空.geojson", "表.csv"}


def test_a_reference_whose_place_is_not_sure_is_none(tmp_path):
    path = write(tmp_path / "b.gpkg", [SQUARE])
    nowhere = write(tmp_path / "r.shp", [shapely.box(0, 0, 1000, 1000)], crs=None)
    with pytest.raises(LayerError) as caught:
        inspect([path], reference=nowhere)
    assert caught.value.code == "found-no-reference"


def test_layers_of_one_file_bear_both_names(tmp_path):
    path = tmp_path / "两 层.gpkg"
    write(path, [SQUARE])
    table = pd.DataFrame({"名称": ["a"], "季度": ["2016Q1"]})
    pyogrio.write_dataframe(table, path, layer="表", append=True)
    found = inspect([path]).layers
    assert sorted(page.name for page in found) == ["两 层.gpkg/两 层", "两 层.gpkg/表"]
    assert {page.name.split("/")[1]: page.source.kind for page in found} == {"两 层": "vector", "表": "table"}


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    paths = [write(tmp_path / town / "地块.gpkg", [SQUARE]) for town in ("甲镇", "乙镇")]
    assert [page.name for page in inspect(paths).layers] == ["甲镇/地块.gpkg", "乙镇/地块.gpkg"]
    assert sorted(page.name for page in inspect([tmp_path]).layers) == ["乙镇/地块.gpkg", "甲镇/地块.gpkg"]


def test_filled_share_and_kinds_of_values(tmp_path):
    path = tmp_path / "表.csv"
    path.write_text("名称,空,数\n甲,,1\n乙, ,2.5\n", encoding="utf-8")
    fields = inspect([path]).layers[0].fields.set_index("field")
    assert fields["filled_pct"].to_dict() == {"名称": 100.0, "空": 0.0, "数": 100.0}
    assert fields.loc["空", "type"] == "empty"


def test_gcj02_is_told_by_a_reference_and_undone(tmp_path):
    towns = shapely.box(572000, 3402000, 582000, 3412000)
    reference = write(tmp_path / "towns.gpkg", [towns])
    to_degrees = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
    ring = shapely.segmentize(towns, 500)
    shifted = shapely.transform(
        shapely.transform(ring, to_degrees.transform, interleaved=False), systems.to_gcj02, interleaved=False
    )
    path = write(tmp_path / "网上.geojson", [shifted], crs=4326)
    (page,) = inspect([path], reference=reference).layers
    assert page.found.crs == systems.GCJ02
    assert (
        dict(zip(page.problems["code"], page.problems["severity"], strict=True))["issue-gcj02-undone"]
        == "warning"
    )
    (alone,) = inspect([path]).layers
    doubt = alone.problems["code"].eq("issue-possibly-gcj02")
    assert alone.problems.loc[doubt, "severity"].tolist() == ["warning"]
    assert shapely.hausdorff_distance(page.shapes[0], ring) < 0.01


def test_a_role_that_is_given(tmp_path):
    (page,) = inspect([write(tmp_path / "x.gpkg", [SQUARE], 名称=["甲"])], role="planned_area").layers
    assert (page.suggestion.role, page.suggestion.sure) == ("planned_area", "certain")


def test_without_a_crs_shapes_are_not_inspected_and_that_is_said(tmp_path):
    path = write(tmp_path / "a.shp", [shapely.box(12.3, 45.6, 789.1, 1011.2)], crs=None)
    (page,) = inspect([path]).layers
    assert page.crs is None
    assert "issue-inspect-unplaced" in set(page.problems["code"])


def test_another_datum_is_inspected_alone(tmp_path):
    ours = parcels(tmp_path, SQUARE)
    theirs = write(
        tmp_path / "西安.shp", [shapely.transform(SQUARE, lambda xy: xy + np.array([4e7, 0]))], crs=2364
    )
    first, second = inspect([ours, theirs]).layers
    assert (first.crs.to_epsg(), second.crs.to_epsg()) == (4549, 2364)
    assert "issue-inspect-alone" in set(second.problems["code"])


@pytest.mark.parametrize("content", [b"", b"nothing of the kind" * 20])
@pytest.mark.parametrize("name", ["a.shp", "a.gpkg", "a.geojson", "a.xlsx", "a.parquet", "a.zip", "a.txt"])
def test_what_cannot_be_read_is_one_sentence_and_the_rest_goes_on(tmp_path, name, content):
    bad = tmp_path / name
    bad.write_bytes(content)
    good = parcels(tmp_path)
    first, second = inspect([bad, good]).layers
    assert first.error is not None
    assert first.error.text("zh")
    assert second.error is None


def test_a_path_that_is_not_there_and_a_folder_with_nothing(tmp_path):
    for path, code in ((tmp_path / "没有", "inspect-missing"), (tmp_path, "inspect-nothing")):
        with pytest.raises(LayerError) as told:
            inspect([path])
        assert told.value.code == code


def test_features_at_no_place_cost_only_themselves(tmp_path):
    path = write(tmp_path / "a.gpkg", [SQUARE, None, shapely.Polygon()])
    (page,) = inspect([path]).layers
    assert page.bounds == (572000, 3402000, 572100, 3402100)
    assert page.features == 3
    empty = write(tmp_path / "b.gpkg", [], 名称=[])
    assert inspect([empty]).layers[0].bounds is None


def test_waived_findings_stay_listed(tmp_path):
    path, book = parcels(tmp_path), tmp_path / "waivers.csv"
    (page,) = inspect([path]).layers
    bad = page.problems[page.problems["severity"] == "error"]
    waivers.grant(
        book,
        bad,
        page.crs,
        reason="历史遗留",
        document="〔2026〕1号",
        officer="王某",
        granted_on=DAY,
        expires_on=DAY,
    )
    again = inspect([path], ledger=ledger.read(book), as_of=DAY)
    assert len(again.layers[0].problems) == len(page.problems)
    waived = again.layers[0].problems["waived"]
    assert waived.tolist() == (page.problems["severity"] == "error").tolist()
    assert len(again.lapsed) == 0
    parcels(tmp_path, SQUARE)
    mended = inspect([path], ledger=ledger.read(book), as_of=DAY)
    assert set(mended.lapsed["why"]) == {"gone"}


def test_the_demo_in_one_go(demo_folder):
    found = inspect([demo_folder / "data"]).layers
    roles = {page.name: page.suggestion.role for page in found if not page.name.endswith(".tif")}
    assert "" not in roles.values()
    assert roles["行政区.gpkg/XZQ"] == "town_boundary"
    assert all(page.error is None for page in found if not page.name.endswith(".tif"))
    assert {page.crs.to_epsg() for page in found if page.crs is not None} == {4549}
