"""Workspaces loaded from files that the tests write."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon, box

from layers.errors import LayerError
from layers.load import load


def towns(folder, name="towns.gpkg", crs="EPSG:4549", shapes=None, **columns):
    shapes = shapes or [box(572000, 3402000, 573000, 3403000), box(573000, 3402000, 574000, 3403000)]
    data = columns or {"XZQMC": ["新塍镇", "王店镇"]}
    gpd.GeoDataFrame(data, geometry=shapes, crs=crs or 4549).to_file(folder / name)
    if crs is None:
        (folder / name).with_suffix(".prj").unlink()


def workspace(folder, text="", towns_path="towns.gpkg", towns_more="", top=""):
    (folder / "workspace.toml").write_text(
        f'{top}\n[[layer]]\nrole = "town_boundary"\npath = "{towns_path}"\n{towns_more}\n{text}',
        encoding="utf-8",
    )
    return folder


def codes(layers):
    return set(layers.issues["code"])


def test_frames_are_canonical_and_traced(tmp_path):
    folder = tmp_path / "工作 区"
    folder.mkdir()
    towns(folder)
    layers = load(workspace(folder))
    frame = layers.frames["town_boundary"]
    assert list(frame["name"]) == ["新塍镇", "王店镇"]
    assert list(frame["layer"]) == ["town_boundary"] * 2
    assert list(frame["fid"]) == [1, 2]
    assert frame.index.name == "id"
    assert frame.index.is_unique
    assert layers.crs.to_epsg() == 4549
    assert set(layers.frames) == {"town_boundary"}
    assert layers.inputs[0]["path"] == "towns.gpkg"
    assert len(layers.inputs[0]["sha256"]) == 64


def test_two_layers_of_one_role_are_joined_with_their_dates(tmp_path):
    towns(tmp_path)
    parcel = box(572100, 3402100, 572200, 3402200)
    for year in (2015, 2016):
        gpd.GeoDataFrame({"DLBM": ["0601"]}, geometry=[parcel], crs=4549).to_file(tmp_path / f"{year}.gpkg")
    text = "".join(
        f'[[layer]]\nname = "l{y}"\nrole = "construction_land"\npath = "{y}.gpkg"\ndate = "{y}Q4"\n'
        for y in (2015, 2016)
    )
    frame = load(workspace(tmp_path, text)).frames["construction_land"]
    assert list(frame["date"]) == ["2015Q4", "2016Q4"]
    assert list(frame["land_class"]) == ["0601", "0601"]
    assert frame.index.is_unique


def test_longitude_latitude_towns_are_measured_in_their_three_degree_zone(tmp_path):
    towns(tmp_path, crs="EPSG:4490", shapes=[box(120.5, 30.5, 120.6, 30.6), box(120.6, 30.5, 120.7, 30.6)])
    layers = load(workspace(tmp_path))
    assert layers.crs.to_epsg() == 4549
    west = layers.frames["town_boundary"].total_bounds[0]
    assert 540_000 < west < 550_000


def test_a_missing_crs_is_found_from_the_zone_prefix_and_said_so(tmp_path):
    towns(tmp_path, "t.shp", None, [box(40572000, 3402000, 40573000, 3403000)], XZQMC=["A"])
    layers = load(workspace(tmp_path, towns_path="t.shp"))
    assert layers.crs.to_epsg() == 4528
    assert "issue-crs-found" in codes(layers)


def test_a_missing_crs_that_the_numbers_do_not_tell_asks_for_it(tmp_path):
    towns(tmp_path, "t.shp", None, XZQMC=["A", "B"])
    with pytest.raises(LayerError, match="state `crs`"):
        load(workspace(tmp_path, towns_path="t.shp"))


def test_the_workspace_crs_settles_an_easting_without_prefix(tmp_path):
    towns(tmp_path, "t.shp", None, XZQMC=["A", "B"])
    layers = load(workspace(tmp_path, towns_path="t.shp", top='crs = "EPSG:4549"'))
    assert layers.crs.to_epsg() == 4549
    assert "issue-crs-found" in codes(layers)


def test_a_crs_that_contradicts_the_file_is_an_error(tmp_path):
    towns(tmp_path)
    with pytest.raises(LayerError, match="find out which is right"):
        load(workspace(tmp_path, towns_more='crs = "EPSG:4528"'))


def test_xian_1980_is_not_moved_by_a_ballpark(tmp_path):
    towns(tmp_path)
    towns(tmp_path, "old.gpkg", "EPSG:2385")
    text = '[[layer]]\nrole = "county_boundary"\npath = "old.gpkg"\n'
    with pytest.raises(LayerError) as caught:
        load(workspace(tmp_path, text))
    assert caught.value.code == "crs-ballpark"


def test_a_transformation_of_the_user_is_applied_and_recorded(tmp_path):
    towns(tmp_path)
    towns(tmp_path, "old.gpkg", "EPSG:2385")
    text = (
        '[[layer]]\nrole = "county_boundary"\npath = "old.gpkg"\n'
        'transformation = "+proj=affine +xoff=100 +yoff=-50"\n'
    )
    layers = load(workspace(tmp_path, text))
    assert layers.frames["county_boundary"].total_bounds[:2] == pytest.approx([572100, 3401950])
    assert "issue-transformed" in codes(layers)


def test_features_without_or_with_other_geometry_cost_themselves(tmp_path):
    towns(tmp_path)
    shapes = [box(0, 0, 1, 1), None, Polygon(), LineString([(0, 0), (1, 1)])]
    gpd.GeoDataFrame({"DLBM": list("abcd")}, geometry=shapes, crs=4549).to_file(tmp_path / "p.gpkg")
    layers = load(workspace(tmp_path, '[[layer]]\nrole = "construction_land"\npath = "p.gpkg"\n'))
    assert list(layers.frames["construction_land"]["land_class"]) == ["a"]
    found = layers.issues.set_index("fid")["code"]
    assert found[2] == found[3] == "issue-geometry-missing"
    assert found[4] == "issue-geometry-kind"


def test_heights_are_dropped_and_noted(tmp_path):
    towns(tmp_path, shapes=[shapely.force_3d(box(572000, 3402000, 573000, 3403000), 5.0)], XZQMC=["A"])
    layers = load(workspace(tmp_path))
    assert not layers.frames["town_boundary"].has_z.any()
    assert "issue-z-dropped" in codes(layers)


def test_table_names_find_their_towns_with_or_without_suffix(tmp_path):
    towns(tmp_path)
    table = pd.DataFrame(
        {
            "镇名": ["新塍", "无此", "王店镇"],
            "报告期": ["2016年二季度"] * 3,
            "固定资产投资(万元)": ["12,000", "—", "x"],
        }
    )
    table.to_excel(tmp_path / "t.xlsx", index=False)
    layers = load(workspace(tmp_path, '[[layer]]\nrole = "town_indicator"\npath = "t.xlsx"\n'))
    frame = layers.frames["town_indicator"]
    assert list(frame["name"]) == ["新塍镇", "无此", "王店镇"]
    assert list(frame["period"]) == ["2016Q2"] * 3
    assert frame["fixed_investment_yi"].iloc[0] == pytest.approx(1.2)
    assert frame["fixed_investment_yi"].iloc[1:].isna().all()
    assert list(frame["fid"]) == [2, 3, 4]
    assert {
        "issue-name-matched",
        "issue-name-unknown",
        "issue-unit-converted",
        "issue-value-unread",
    } <= codes(layers)


def test_a_missing_required_column_names_the_line_to_write(tmp_path):
    towns(tmp_path, KIND=["a", "b"])
    with pytest.raises(LayerError, match=r"Write name = .* in \[layer.fields\]"):
        load(workspace(tmp_path))


def test_projects_may_be_points(tmp_path):
    towns(tmp_path)
    gpd.GeoDataFrame(
        {"项目名称": ["甲"], "建设状态": ["在建"], "所在镇": ["王店"]},
        geometry=[Point(572500, 3402500)],
        crs=4549,
    ).to_file(tmp_path / "p.geojson")
    layers = load(workspace(tmp_path, '[[layer]]\nrole = "project"\npath = "p.geojson"\n'))
    row = layers.frames["project"].iloc[0]
    assert (row["state"], row["town"]) == ("building", "王店镇")


def test_an_empty_layer_is_no_data_unless_it_is_said_that_there_is_none(tmp_path):
    towns(tmp_path)
    nothing = gpd.GeoDataFrame({"a": []}, geometry=gpd.GeoSeries([], crs="EPSG:4549"))
    nothing.to_parquet(tmp_path / "none.parquet")
    (tmp_path / "quota.csv").write_text("name,period,quota_mu\n", encoding="utf-8")
    farmland = '[[layer]]\nrole = "farmland"\npath = "none.parquet"\n'
    quota = '[[layer]]\nrole = "land_quota"\npath = "quota.csv"\n'
    silent = load(workspace(tmp_path, farmland + quota))
    assert {"farmland", "land_quota"}.isdisjoint(silent.frames)
    told = silent.issues[silent.issues["code"] == "issue-layer-empty"]
    assert set(told["layer"]) == {"farmland", "land_quota"}
    assert set(told["severity"]) == {"warning"}
    meant = load(workspace(tmp_path, farmland + "none = true\n"))
    assert len(meant.frames["farmland"]) == 0
    assert "issue-layer-none" in codes(meant)
    assert "issue-layer-empty" not in codes(meant)


def test_one_empty_layer_of_two_is_told_and_the_other_counts(tmp_path):
    towns(tmp_path)
    full = gpd.GeoDataFrame({"a": [1]}, geometry=[box(572000, 3402000, 572100, 3402100)], crs="EPSG:4549")
    full.to_parquet(tmp_path / "full.parquet")
    full.iloc[:0].to_parquet(tmp_path / "none.parquet")
    layers = load(
        workspace(
            tmp_path,
            "\n".join(
                f'[[layer]]\nname = "{name}"\nrole = "redline"\npath = "{name}.parquet"'
                for name in ("full", "none")
            ),
        )
    )
    assert len(layers.frames["redline"]) == 1
    assert layers.issues.loc[layers.issues["code"] == "issue-layer-empty", "layer"].tolist() == ["none"]
