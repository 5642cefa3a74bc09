"""The demo is the same each time, holds together on the map, and tells the whole truth."""

import hashlib
import json
import tomllib
from collections import Counter

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from layers import demo
from layers.demo import indicators, names, plan
from layers.fields import match
from layers.rasters import ROLES as RASTERS
from layers.roles import ROLES
from layers.rulebooks import read_rulebook
from layers.workspace import read_workspace
from spatial.areas import legal_area
from spatial.measures import land  # noqa: F401 - the rulebook names its measures

CRS = "EPSG:4549"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return demo.write(tmp_path_factory.mktemp("演示 demo") / "small", "small")


def layer(folder, name, table=None):
    return gpd.read_file(folder / "data" / name, **({"layer": table} if table else {}))


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(folder, tmp_path):
    again = hashes(demo.write(tmp_path / "again", "small"))
    assert again == hashes(folder)
    other = hashes(demo.write(tmp_path / "other", "small", seed=7))
    assert other.keys() == again.keys()
    assert other["data/建设用地图斑.gpkg"] != again["data/建设用地图斑.gpkg"]


def test_towns_are_a_true_partition_and_make_up_the_counties(folder):
    towns, counties = layer(folder, "行政区.gpkg", "XZQ"), layer(folder, "行政区.gpkg", "XZQ_X")
    assert (len(towns), len(counties)) == (14, 2)
    assert towns.is_valid.all()
    assert counties.is_valid.all()
    assert shapely.coverage_is_valid(towns.geometry.to_numpy())
    whole = shapely.union_all(towns.geometry.to_numpy())
    assert shapely.get_num_interior_rings(whole) == 0
    assert towns.area.sum() == pytest.approx(whole.area, rel=1e-12)
    by_county = towns.dissolve("县代码", method="coverage").geometry
    for code, shape in zip(counties["XZQDM"], counties.geometry, strict=True):
        assert shape.symmetric_difference(by_county[code]).area == pytest.approx(0, abs=1e-6)
    assert shapely.get_num_coordinates(towns.geometry.to_numpy()).min() > 200


def test_zones_cover_all_towns_save_one_hole(folder):
    zones, towns = layer(folder, "建设用地管制区.shp"), layer(folder, "行政区.gpkg", "XZQ")
    assert not (folder / "data/建设用地管制区.cpg").exists()
    assert zones.is_valid.all()
    assert shapely.coverage_is_valid(zones.geometry.to_numpy())
    assert set(zones["GZQLXDM"]) >= {"010", "020", "030", "041"}
    hole = shapely.difference(shapely.union_all(towns.geometry), shapely.union_all(zones.geometry))
    parts = shapely.get_parts(hole)
    assert (shapely.area(parts) > 1).sum() == 1
    gap = layer(folder, "特色小镇.gpkg", "GHFW").set_index("名称").geometry.filter(like="数港").iloc[0]
    assert gap.contains(parts[np.argmax(shapely.area(parts))])


def test_parcels_are_valid_do_not_overlap_and_grow_with_time(folder):
    before = layer(folder, "建设用地图斑.gpkg", "DLTB_2015")
    now = layer(folder, "建设用地图斑.gpkg", "DLTB_2016")
    assert 1_500 < len(before) < len(now) < 2_500
    assert set(before["BSM"]) < set(now["BSM"])
    assert now["BSM"].is_unique
    shapes = now.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), rel=1e-9)
    assert (shapely.area(shapes) > 200).all()
    vertices = shapely.get_num_coordinates(shapes)
    assert 5 <= vertices.min() < vertices.max() <= 21
    assert now["TBMJ"].to_numpy() == pytest.approx(legal_area(shapes, CRS), abs=0.007)
    assert (now["ZLDWDM"].str.len() == 12).all()


def test_areas_of_special_towns_are_as_planned(folder):
    areas = layer(folder, "特色小镇.gpkg", "GHFW")
    built = layer(folder, "特色小镇.gpkg", "JSQY").set_index("名称").geometry
    legal = legal_area(areas.geometry.to_numpy(), CRS) / 1e6
    assert legal == pytest.approx([town.planned for town in plan.SPECIAL], abs=2e-5)
    for name, shape, town in zip(areas["名称"], areas.geometry, plan.SPECIAL, strict=True):
        assert (name in built.index) == (town.area is not None)
        if town.area is not None:
            assert legal_area(np.array([built[name]]), CRS)[0] / 1e6 == pytest.approx(town.area, abs=1e-4)
            assert (built[name].difference(shape).area > 1e4) == town.sticks_out


def test_one_planned_area_is_over_its_limit_on_the_plane_alone(folder):
    areas = layer(folder, "特色小镇.gpkg", "GHFW")
    trap = areas[areas["名称"].str.contains("竹艺")].geometry
    assert legal_area(trap.to_numpy(), CRS)[0] < 2.04e6 * 1.01 < trap.area.iloc[0]


def test_slivers_of_the_boundary_drawn_twice_are_narrow(folder):
    town = layer(folder, "特色小镇.gpkg", "GHFW").set_index("名称").geometry.filter(like="电驱").iloc[0]
    zones, parcels = layer(folder, "建设用地管制区.shp"), layer(folder, "建设用地图斑.gpkg", "DLTB_2016")
    lots = shapely.union_all(parcels.geometry[parcels.within(town)])
    outside = shapely.union_all(zones.geometry[~zones["GZQLXDM"].eq("010")])
    slivers = shapely.get_parts(shapely.intersection(lots, outside))
    assert len(slivers) > 3
    assert shapely.area(slivers).sum() > 0.5
    assert shapely.buffer(shapely.multipolygons(list(slivers)), -0.15).is_empty


def test_truth_covers_every_rule_and_town_once(folder):
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["as_of"] == "2016Q4"
    findings = pd.DataFrame(truth["findings"])
    assert not findings.duplicated(["town", "rule"]).any()
    assert set(findings["verdict"]) == {"pass", "warning", "fail", "no data"}
    rules = {rule.id: rule for rule in read_rulebook("jiaxing-2016").rules}
    assert set(findings["rule"]) == set(rules)
    assert {(f.rule, f.clause) for f in findings.itertuples()} == {(r.id, r.clause) for r in rules.values()}
    expected = Counter(
        rule.id
        for rule in rules.values()
        for programme, towns in (("special", plan.SPECIAL), ("pilot", plan.PILOTS))
        for town in towns
        if rule.programme == programme and (not rule.levels or town.level in rule.levels)
    ) + Counter(rule.id for rule in rules.values() if not rule.programme)
    assert Counter(findings["rule"]) == expected


def test_every_known_column_is_understood_by_name(folder):
    workspace = read_workspace(folder)
    assert workspace.demo
    assert "演示数据" in workspace.title
    apart = {
        "urban_plan",
        "land_use_plan",
        "land_cover",
        "night_light",
    }  # of `plans`, and pixels of other kinds
    assert {spec.role for spec in workspace.layers} == set(ROLES) - apart
    for spec in (spec for spec in workspace.layers if spec.role not in RASTERS):
        found = {
            use.column for use in match(columns(spec), ROLES[spec.role], spec.fields, spec.name, spec.path)
        }
        left = {"exempt_industry", "approval", "date", "plan", "in_force_from", "in_force_to"} | (
            {c.name for c in ROLES["town"].columns} - {"name", "county"} if spec.role != "town" else set()
        )
        optional = {"county_code", "county", "level"}
        if spec.role == "park":
            optional |= {"town", "state", "start", "finish"}
        if spec.role in {"project_report", "street", "cleanup_site", "reception_hall"}:
            optional |= {"name", "funding_yi", "kind", "state", "opened"}
        missing = {column.name for column in ROLES[spec.role].columns} - found - left - optional
        assert not missing, (spec.name, missing)


def columns(spec):
    if spec.path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(spec.path)[spec.layer]
        return [cell.value for cell in sheet[spec.header_row]]
    if spec.path.suffix == ".csv":
        return list(pd.read_csv(spec.path, encoding="utf-8-sig").columns)
    if spec.path.suffix == ".parquet":
        return list(pd.read_parquet(spec.path).columns)
    return list(pyogrio.read_info(spec.path, layer=spec.layer)["fields"])


def test_quarters_are_complete_and_cumulative(folder):
    book = pd.read_excel(folder / "data/季度指标.xlsx", sheet_name="镇", header=1)
    assert set(book[indicators.PERIOD]) >= set(indicators.QUARTERS)
    pilots = book[book[indicators.GDP].notna()].drop_duplicates([indicators.NAME, indicators.PERIOD])
    assert (pilots.groupby(indicators.NAME).size() == 8).all()
    for _, year in pilots.groupby([indicators.NAME, pilots[indicators.PERIOD].str[:4]]):
        assert year[indicators.GDP].is_monotonic_increasing


def test_layers_lie_where_they_should(folder):
    town = shapely.union_all(layer(folder, "行政区.gpkg", "XZQ").geometry)
    farmland = gpd.read_parquet(folder / "data/永久基本农田.parquet")
    assert len(farmland) > 30
    assert farmland.is_valid.all()
    assert farmland.within(town.buffer(1)).all()
    greenways = layer(folder, "绿道.geojson")
    assert greenways.crs == "EPSG:4490"
    west, south, east, north = greenways.total_bounds
    assert 119.5 < west < east < 122
    assert 30 < south < north < 31.5
    projects = layer(folder, "项目.gpkg", "XM")
    assert len(projects) > 100
    assert projects.within(town).all()


REAL = """
七星 大桥 余新 凤桥 新丰 王江泾 油车港 新塍 王店 洪合 西塘 姚庄 陶庄 天凝 干窑 大云 惠民 罗星 魏塘 武原 望海 秦山 澉浦 通元
于城 沈荡 百步 许村 长安 周王庙 盐官 斜桥 丁桥 袁花 黄湾 马桥 海昌 海洲 硖石 尖山 当湖 钟埭 曹桥 乍浦 独山 新埭 广陈 新仓
林埭 梧桐 凤鸣 濮院 屠甸 石门 河山 洲泉 大麻 崇福 高桥 乌镇 嘉北 塘汇 高照 新嘉 南湖 秀洲 嘉善 海盐 海宁 平湖 桐乡 嘉兴
马家浜 九龙山 归谷
"""


def test_no_real_name_of_the_region_is_used(folder):
    possible = {a + b for a in names.HEADS for b in names.TAILS} | {c[:-1] for c in names.COUNTIES}
    assert not possible & set(REAL.split())
    used = (
        layer(folder, "行政区.gpkg", "XZQ")["XZQMC"].tolist()
        + layer(folder, "特色小镇.gpkg", "GHFW")["名称"].tolist()
    )
    assert not [name for name in used for real in REAL.split() if real in name]


def test_an_earlier_demo_is_replaced_and_other_folders_are_left_alone(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(demo.DemoError, match="holds something other"):
        demo.write(folder, "small")
    assert [path.name for path in folder.iterdir()] == ["note.txt"]
    with pytest.raises(demo.DemoError, match="no demo of size huge"):
        demo.write(tmp_path / "new", "huge")
    target = demo.write(tmp_path / "new", "small", seed=3)
    demo.write(target, "small")
    assert tomllib.loads((target / "workspace.toml").read_text(encoding="utf-8"))["demo"] is True
    assert not (tmp_path / "new.part").exists()


def test_progress_counts_the_steps(tmp_path):
    seen = []
    demo.write(tmp_path / "d", "small", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(n, 5) for n in range(6)]
