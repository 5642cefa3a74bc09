"""Bad and odd input, from file to frames: one clear sentence, or an issue and the rest."""

from __future__ import annotations

import sqlite3

import geopandas as gpd
import numpy as np
import openpyxl
import pyproj
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from layers.crs import to_gcj02
from layers.errors import LayerError
from layers.load import load
from spatial import messages

X, Y = 572000.0, 3402000.0


def square(x=0, y=0, side=1000):
    return box(X + x, Y + y, X + x + side, Y + y + side)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "两镇 评估"
    path.mkdir()
    write(path, "towns.gpkg", [square(), square(1000)], XZQMC=["新塍镇", "王店镇"])
    return path


def write(folder, name, shapes, crs="EPSG:4549", encoding=None, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
    frame.to_file(folder / name, **({"encoding": encoding} if encoding else {}))
    return folder / name


def layer(role, path, more=""):
    return f'[[layer]]\nrole = "{role}"\npath = "{path}"\n{more}\n'


def read(folder, *layers, top="", towns=""):
    text = top + "\n" + layer("town_boundary", "towns.gpkg", towns) + "".join(layers)
    (folder / "workspace.toml").write_text(text, encoding="utf-8")
    layers = load(folder)
    for row in layers.issues.to_dict("records"):
        assert all(messages.text(row["code"], lang, **row["params"]) for lang in ("zh", "en"))
    return layers


def refused(folder, *layers, **more):
    with pytest.raises(LayerError) as caught:
        read(folder, *layers, **more)
    assert "\n" not in str(caught.value)
    assert caught.value.text("zh") != str(caught.value)
    return caught.value


def issues(layers, code):
    return layers.issues[layers.issues["code"] == code].to_dict("records")


def excel(path, rows, merge=None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    book.save(path)


# files


def test_a_file_that_is_not_there(folder):
    error = refused(folder, layer("farmland", "农 田.shp"))
    assert error.code == "source-missing"
    assert "农 田.shp" in str(error)


def test_a_geopackage_cut_short(folder):
    whole = (folder / "towns.gpkg").read_bytes()
    (folder / "f.gpkg").write_bytes(whole[:5000])
    assert refused(folder, layer("farmland", "f.gpkg")).code == "source-unreadable"


def test_a_shapefile_without_its_table(folder):
    write(folder, "f.shp", [square()], TBMJ=[1.0]).with_suffix(".dbf").unlink()
    frame = read(folder, layer("farmland", "f.shp")).frames["farmland"]
    assert len(frame) == 1
    assert "stated_m2" not in frame


def test_a_shapefile_without_its_index(folder):
    write(folder, "f.shp", [square()], JBNTMJ=[1.0]).with_suffix(".shx").unlink()
    error = refused(folder, layer("farmland", "f.shp"))
    assert error.code == "source-unreadable"
    assert ".shx" in str(error)


def test_a_shapefile_whose_table_is_cut_short_loses_the_last_feature(folder):
    shapes = [square(), square(1000), square(2000)]
    table = write(folder, "v.shp", shapes, LHLX=["x" * 50] * 3).with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-60])
    layers = read(folder, layer("redline", "v.shp"))
    assert layers.frames["redline"]["fid"].tolist() == [0, 1]
    (lost,) = issues(layers, "issue-feature-unreadable")
    assert (lost["severity"], lost["fid"]) == ("error", 2)


def test_a_geojson_cut_short(folder):
    path = write(folder, "f.geojson", [box(120.5, 30.5, 120.6, 30.6)], "EPSG:4490")
    path.write_bytes(path.read_bytes()[:-40])
    assert refused(folder, layer("farmland", "f.geojson")).code == "source-unreadable"


def test_a_zip_that_is_called_excel(folder):
    (folder / "t.xlsx").write_bytes(b"PK\x03\x04 broken")
    error = refused(folder, layer("meeting", "t.xlsx"))
    assert error.code == "table-unreadable"


@pytest.mark.parametrize(("role", "code"), [("farmland", "layer-no-geometry")])
def test_a_table_for_a_layer_of_polygons(folder, role, code):
    excel(folder / "t.xlsx", [["a", "b"], [1, 2]])
    assert refused(folder, layer(role, "t.xlsx")).code == code


def test_one_of_several_layers_by_name(folder):
    frame = gpd.GeoDataFrame({"GZQLXDM": ["010"]}, geometry=[square()], crs=4549)
    for name in ("管制区", "other"):
        frame.to_file(folder / "z.gpkg", layer=name)
    assert refused(folder, layer("expansion_boundary", "z.gpkg")).code == "source-layer-needed"
    error = refused(folder, layer("expansion_boundary", "z.gpkg", 'layer = "zones"'))
    assert error.code == "source-layer"
    assert "管制区" in str(error)
    layers = read(folder, layer("expansion_boundary", "z.gpkg", 'layer = "管制区"'))
    assert layers.inputs[1]["source_layer"] == "管制区"


# encodings


@pytest.mark.parametrize("cpg", ["GBK", "936", "GB18030", None])
def test_gbk_shapefiles(folder, cpg):
    path = write(folder, "村.shp", [Point(X, Y)], encoding="GBK", 村名=["濮院村"], 所在镇=["王店"])
    path.with_suffix(".cpg").unlink()
    if cpg:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    layers = read(folder, layer("village", "村.shp"))
    assert layers.frames["village"][["name", "town"]].to_numpy().tolist() == [["濮院村", "王店镇"]]
    assert bool(issues(layers, "issue-encoding-found")) == (cpg is None)


def test_a_cpg_that_lies(folder):
    path = write(folder, "v.shp", [Point(X, Y)], encoding="GBK", NAME=["濮院村"])
    path.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
    layers = read(folder, layer("village", "v.shp"))
    assert layers.frames["village"]["name"].tolist() == ["濮院村"]
    (told,) = issues(layers, "issue-encoding-lie")
    assert told["params"] == {"said": "UTF-8", "encoding": "GB18030"}
    said = read(folder, layer("village", "v.shp", 'encoding = "GBK"'))
    assert said.frames["village"]["name"].tolist() == ["濮院村"]


def test_an_encoding_that_does_not_exist(folder):
    (folder / "t.csv").write_text("季度\n2016Q1\n", encoding="utf-8")
    assert refused(folder, layer("meeting", "t.csv", 'encoding = "klingon"')).code == "table-encoding"
    write(folder, "v.shp", [Point(X, Y)], NAME=["a"])
    error = refused(folder, layer("village", "v.shp", 'encoding = "klingon"'))
    assert error.code == "source-encoding"


# tables


def test_an_office_table(folder):
    excel(
        folder / "指标.xlsx",
        [
            ["2016年二季度小城市培育试点镇指标", None, None, None, None],
            ["填报单位:市发改委", None, None, None, None],
            ["乡镇名称", "报告期", "固定资产投资\n(万元)", "地区生产总值(亿元)", "常住人口(万人)"],
            ["新塍", "2016年二季度", "12,345.6", "\uff11\uff12.5", "3.2"],
            [None, None, None, None, None],
            ["王店镇", "2016年第2季度", "—", " 7 ", "/"],
        ],
        "A1:E1",
    )
    layers = read(folder, layer("town_indicator", "指标.xlsx"))
    frame = layers.frames["town_indicator"]
    assert frame["name"].tolist() == ["新塍镇", "王店镇"]
    assert frame["period"].tolist() == ["2016Q2", "2016Q2"]
    assert frame["fixed_investment_yi"].tolist() == pytest.approx([1.23456, np.nan], nan_ok=True)
    assert frame["gdp_yi"].tolist() == [12.5, 7]
    assert frame["population"].tolist() == pytest.approx([32_000, np.nan], nan_ok=True)
    assert frame["fid"].tolist() == [4, 6]
    assert frame.index.tolist() == ["town_indicator:4", "town_indicator:6"]
    assert not issues(layers, "issue-value-unread")


def test_a_merged_cell_of_names_reaches_down(folder):
    excel(
        folder / "t.xlsx",
        [["镇名", "季度", "GDP(亿元)"], ["新塍镇", "2016Q1", 1], [None, "2016Q2", 2]],
        "A2:A3",
    )
    frame = read(folder, layer("town_indicator", "t.xlsx")).frames["town_indicator"]
    assert frame["name"].tolist() == ["新塍镇", "新塍镇"]


def test_a_header_given_twice(folder):
    excel(folder / "t.xlsx", [["镇名", "镇名", "季度"], ["新塍镇", "王店镇", "2016Q1"]])
    error = refused(folder, layer("town_indicator", "t.xlsx"))
    assert error.code == "field-twice"
    mapped = layer("town_indicator", "t.xlsx", "[layer.fields]\nname = '镇名'")
    assert refused(folder, mapped).code == "field-twice"


@pytest.mark.parametrize(
    "written",
    [
        "2016年二季度",
        "2016年第二季度",
        "二〇一六年二季度",
        "2016二季度",
        "2016年1-6月",
        "2016年上半年",
        "16Q2",
    ],
)
def test_quarters_in_words_are_read_or_told(folder, written):
    excel(folder / "t.xlsx", [["季度", "会议日期"], [written, "2016年4月8日"]])
    layers = read(folder, layer("meeting", "t.xlsx"))
    (period,) = layers.frames["meeting"]["period"]
    assert period == "2016Q2" or len(issues(layers, "issue-value-unread")) == 1
    assert layers.frames["meeting"]["meeting_on"].tolist() == ["2016-04-08"]


def test_a_constant_is_read_like_a_cell(folder):
    excel(folder / "t.xlsx", [["镇名", "GDP(亿元)"], ["新塍镇", 1]])
    fields = "[layer.fields]\nperiod = {value = '2016年二季度'}\npopulation = {value = '1,200'}"
    frame = read(folder, layer("town_indicator", "t.xlsx", fields)).frames["town_indicator"]
    assert frame["period"].tolist() == ["2016Q2"]
    assert frame["population"].tolist() == [1200.0]


def test_an_unknown_unit(folder):
    excel(folder / "t.xlsx", [["镇名", "季度", "产值"], ["新塍镇", "2016Q1", 1]])
    fields = "[layer.fields]\ngdp_yi = {field = '产值', unit = '两'}"
    assert refused(folder, layer("town_indicator", "t.xlsx", fields)).code == "field-unit-unknown"


# names and fields


def test_a_name_that_two_towns_share(folder):
    write(folder, "towns.gpkg", [square(), square(1000)], XZQMC=["新塍镇", "新塍街道"])
    excel(folder / "t.xlsx", [["镇名", "季度"], ["新塍", "2016Q1"]])
    layers = read(folder, layer("town_indicator", "t.xlsx"))
    (told,) = issues(layers, "issue-name-ambiguous")
    assert told["params"]["towns"] == "新塍街道、新塍镇"
    assert told["fid"] == 2
    assert layers.frames["town_indicator"]["name"].tolist() == ["新塍"]


def test_recoded_constant_and_chosen_features(folder):
    write(
        folder, "z.shp", [square(), square(1000), square(2000)], KIND=["核心", "允许", "废"],
        SFJS=[1, 1, 0], encoding="GBK",
    )  # fmt: skip
    more = (
        'where = {field = "SFJS", in = [1]}\n[layer.fields]\n'
        'zone = {field = "kind", map = {"核心" = "041", "允许" = "010"}}\napproval = {value = "浙土字2016"}'
    )
    frame = read(folder, layer("expansion_boundary", "z.shp", more)).frames["expansion_boundary"]
    assert frame[["zone", "approval"]].to_numpy().tolist() == [["041", "浙土字2016"], ["010", "浙土字2016"]]
    assert frame["fid"].tolist() == [0, 1]


def test_where_asks_for_a_field_that_is_not_there(folder):
    error = refused(folder, layer("farmland", "towns.gpkg", 'where = {field = "SFJS", in = ["1"]}'))
    assert error.code == "field-mapped-missing"
    assert "XZQMC" in str(error)


def test_where_that_leaves_nothing(folder):
    more = 'where = {field = "XZQMC", in = ["无"]}'
    assert "farmland" not in read(folder, layer("farmland", "towns.gpkg", more)).frames
    assert refused(folder, towns=more).code == "layer-empty"


def test_a_field_named_geometry(folder):
    frame = gpd.GeoDataFrame(
        {"XZQMC": ["新塍镇"], "geometry": ["odd"], "geom": [square()]}, geometry="geom", crs=4549
    )
    frame.to_file(folder / "towns.gpkg")
    layers = read(folder)
    assert layers.frames["town_boundary"].area.tolist() == [1e6]


def test_two_layers_of_one_role_have_their_own_ids(folder):
    write(folder, "a.gpkg", [square()], DLBM=["0601"])
    write(folder, "b.gpkg", [square(1000)], TBMJ=[5.0])
    layers = read(
        folder,
        layer("construction_land", "a.gpkg", 'name = "甲"'),
        layer("construction_land", "b.gpkg", 'name = "乙"'),
    )
    frame = layers.frames["construction_land"]
    assert frame.index.tolist() == ["甲:1", "乙:1"]
    assert frame["land_class"].isna().tolist() == [False, True]
    assert frame["registered_m2"].isna().tolist() == [True, False]


# geometry


def test_lines_and_points_for_polygons_cost_themselves(folder):
    shapes = [
        square(), LineString([(X, Y), (X + 1, Y)]), Point(X, Y), None, Polygon(), MultiPolygon([square(2000)]),
        shapely.GeometryCollection([square(), Point(X, Y)]),
    ]  # fmt: skip
    gpd.GeoDataFrame({"n": range(7)}, geometry=shapes, crs=4549).to_file(folder / "f.gpkg")
    layers = read(folder, layer("farmland", "f.gpkg"))
    frame = layers.frames["farmland"]
    assert frame["fid"].tolist() == [1, 6, 7]
    assert set(frame.geom_type) == {"Polygon", "MultiPolygon"}
    assert frame.area.tolist() == [1e6] * 3
    assert [row["fid"] for row in issues(layers, "issue-geometry-mixed")] == [7]
    assert [row["fid"] for row in issues(layers, "issue-geometry-kind")] == [2, 3]
    assert [row["fid"] for row in issues(layers, "issue-geometry-missing")] == [4, 5]


def test_a_layer_of_lines_alone_is_empty_and_told(folder):
    write(folder, "f.shp", [LineString([(X, Y), (X + 1, Y)])] * 2, n=[1, 2])
    layers = read(folder, layer("farmland", "f.shp"))
    assert "farmland" not in layers.frames
    assert [row["fid"] for row in issues(layers, "issue-geometry-kind")] == [0, 1]


def test_measured_and_high_coordinates_are_flat(folder):
    write(folder, "f.shp", [shapely.force_3d(square(), 7.0)], n=[1])
    frame = read(folder, layer("farmland", "f.shp")).frames["farmland"]
    assert frame.area.tolist() == [1e6]


def test_a_corrupt_blob_costs_its_feature(folder):
    write(folder, "f.gpkg", [square(), square(1000), square(2000)], JBNTMJ=[1.0, 2.0, 3.0])
    with sqlite3.connect(folder / "f.gpkg") as base:
        base.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("MinX", "MaxX", "MinY", "MaxY"):
            base.create_function(f"ST_{name}", 1, lambda _: 0.0)
        base.execute("update f set geom = x'4750000121000000' where fid = 2")
    layers = read(folder, layer("farmland", "f.gpkg"))
    assert layers.frames["farmland"]["fid"].tolist() == [1, 3]
    assert layers.frames["farmland"]["stated_m2"].tolist() == [1, 3]
    told = layers.issues[layers.issues["layer"] == "farmland"]
    assert 2 in told["fid"].tolist()


def test_a_polygon_of_one_point_costs_itself(folder):
    path = write(folder, "f.geojson", [box(120.75, 30.72, 120.76, 30.73)] * 2, "EPSG:4326")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[ [ [ ", '[ [ [ 1.0, 2.0 ] ] ], "x": [ [ [ ', 1), encoding="utf-8")
    layers = read(folder, layer("farmland", "f.geojson"))
    assert len(layers.frames["farmland"]) == 1


# coordinates


@pytest.mark.parametrize("code", [2364, 2385, 2416, 2437, 4610])
def test_old_datums_are_one_sentence(folder, code):
    shape = box(120.5, 30.5, 120.6, 30.6) if code == 4610 else square(x=40e6 if code in {2364, 2416} else 0)
    write(folder, "f.shp", [shape], f"EPSG:{code}", n=[1])
    error = refused(folder, layer("farmland", "f.shp"))
    assert error.code == "crs-ballpark"
    assert "transformation" in str(error)


def test_wgs84_and_cgcs2000_are_taken_as_equal_and_told(folder):
    lon, lat = pyproj.Transformer.from_crs(4549, 4490, always_xy=True).transform(X, Y)
    write(folder, "v.gpkg", [Point(lon, lat)], "EPSG:4326", NAME=["a"])
    layers = read(folder, layer("village", "v.gpkg"))
    assert layers.frames["village"].geometry.iloc[0].distance(Point(X, Y)) < 1e-6
    (told,) = issues(layers, "issue-datum-equal")
    assert (told["severity"], told["params"]["source"]) == ("note", "WGS 84")


def test_the_zone_prefix_is_taken_off(folder):
    shape = shapely.transform(square(), lambda xy: xy + np.array([40e6, 0]))
    write(folder, "f.gpkg", [shape], "EPSG:4528", n=[1])
    frame = read(folder, layer("farmland", "f.gpkg")).frames["farmland"]
    assert frame.total_bounds == pytest.approx([X, Y, X + 1000, Y + 1000], abs=1e-6)


def test_gcj02_is_undone_to_a_centimetre(folder):
    back = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
    lon, lat = back.transform(*np.array([[X, Y], [X + 900, Y + 700], [X - 5000, Y + 9000]]).T)
    write(folder, "v.geojson", list(map(Point, *to_gcj02(lon, lat))), "EPSG:4326", NAME=list("abc"))
    told = read(folder, layer("village", "v.geojson"))
    off = told.frames["village"].geometry.iloc[0].distance(Point(X, Y))
    assert 300 < off < 600
    assert issues(told, "issue-possibly-gcj02")
    layers = read(folder, layer("village", "v.geojson", 'crs = "GCJ-02"'))
    true = [Point(X, Y), Point(X + 900, Y + 700), Point(X - 5000, Y + 9000)]
    assert (
        max(
            layers.frames["village"].distance(
                gpd.GeoSeries(true, index=layers.frames["village"].index, crs=4549)
            )
        )
        < 0.01
    )


def test_coordinates_that_no_plane_can_hold(folder):
    write(folder, "f.gpkg", [box(120.5, 95, 120.6, 99)], "EPSG:4490", n=[1])
    assert refused(folder, layer("farmland", "f.gpkg")).code == "crs-out-of-range"


@pytest.mark.parametrize(
    ("top", "towns", "code"),
    [
        ('crs = "Peking"', "", "crs-unknown"),
        ('crs = "EPSG:3857"', "", "crs-not-working"),
        ("", 'crs = "EPSG:999999"', "crs-unknown"),
        ("", 'crs = "EPSG:4528"', "crs-contradiction"),
        ("", 'transformation = "+proj=nonsense"', "transformation-bad"),
    ],
)
def test_a_wrong_crs_is_one_sentence(folder, top, towns, code):
    assert refused(folder, top=top, towns=towns).code == code


def test_an_empty_layer_needs_no_crs(folder):
    write(folder, "f.shp", [square()], n=[1])
    (folder / "f.prj").unlink()
    more = 'where = {field = "n", in = [2]}'
    layers = read(folder, layer("farmland", "f.shp", f"{more}\nnone = true"))
    assert len(layers.frames["farmland"]) == 0
