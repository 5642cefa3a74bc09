import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

from spatial.subjects import attach, towns

CRS = "EPSG:4549"


def frames(**extra):
    boundary = gpd.GeoDataFrame(
        {
            "name": ["东浦镇", "西塘街道", "云溪镇"],
            "town_code": ["330901001", "330901002", "330902001"],
            "county": ["甲县", "甲县", "乙县"],
            "layer": "towns",
            "fid": [1, 2, 3],
        },
        geometry=[box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000), box(0, 1000, 2000, 2000)],
        index=pd.Index(["t1", "t2", "t3"], name="id"),
        crs=CRS,
    )
    planned = gpd.GeoDataFrame(
        {"name": ["芯谷小镇", "无名小镇"], "layer": "planned", "fid": [1, 2]},
        geometry=[box(900, 100, 1500, 600), box(100, 1100, 300, 1300)],
        index=pd.Index(["p1", "p2"], name="id"),
        crs=CRS,
    )
    register = pd.DataFrame(
        {
            "name": ["芯谷小镇", "东浦镇", "幽灵小镇"],
            "programme": ["special", "pilot", "special"],
            "level": ["province", "city", "city"],
            "batch": [1, None, 2],
            "layer": "register",
            "fid": [3, 4, 5],
        },
        index=pd.Index(["r1", "r2", "r3"], name="id"),
    )
    return {"town_boundary": boundary, "planned_area": planned, "town": register} | extra


def test_each_town_is_one_row_with_the_geometry_that_is_judged():
    table, _ = towns(frames())
    assert list(table.index) == [
        "330901001", "330901002", "330902001", "芯谷小镇", "无名小镇", "幽灵小镇",
    ]  # fmt: skip
    assert table.loc["330901001", "programme"] == "pilot"
    assert pd.isna(table.loc["330901002", "programme"])
    assert table.loc["芯谷小镇", "level"] == "province"
    assert table.loc["芯谷小镇"].geometry.area == pytest.approx(300_000)
    assert table.loc["幽灵小镇"].geometry.is_empty


def test_the_host_is_the_town_that_holds_most_and_lends_its_county():
    table, _ = towns(frames())
    assert table.loc["芯谷小镇", "host_town_id"] == "330901002"
    assert table.loc["芯谷小镇", "county"] == "甲县"
    assert table.loc["无名小镇", "county"] == "乙县"


def test_what_does_not_match_becomes_an_issue():
    _, issues = towns(frames())
    assert dict(zip(issues["code"], [p["town"] for p in issues["params"]], strict=True)) == {
        "issue-town-not-drawn": "幽灵小镇",
        "issue-planned-area-unregistered": "无名小镇",
    }


def test_a_town_drawn_in_two_parts_is_one_town():
    parts = frames()
    parts["town_boundary"]["town_code"] = ["330901001", "330901001", "330902001"]
    parts["town_boundary"]["name"] = ["东浦镇", "东浦镇", "云溪镇"]
    table, _ = towns(parts)
    assert table.loc["330901001"].geometry.area == pytest.approx(2_000_000)
    assert (table["name"] == "东浦镇").sum() == 1


def test_boundaries_alone_can_carry_the_programme():
    boundary = frames()["town_boundary"].assign(programme="special", level="city")
    table, issues = towns({"town_boundary": boundary})
    assert table["programme"].eq("special").all()
    assert issues.empty


def test_a_special_town_drawn_as_boundary_and_as_planned_area_is_judged_once():
    boundary = frames()["town_boundary"].iloc[:1].assign(programme="special", level="city")
    planned = gpd.GeoDataFrame(
        {"name": ["东浦镇"], "layer": "p", "fid": [1]}, geometry=[box(0, 0, 10, 10)],
        index=pd.Index(["p"], name="id"), crs=CRS,
    )  # fmt: skip
    table, _ = towns({"town_boundary": boundary, "planned_area": planned})
    judged = table[table["programme"].eq("special")]
    assert len(judged) == 1
    assert judged.iloc[0].geometry.area == pytest.approx(100)
    assert judged.iloc[0]["level"] == "city"


def test_tables_find_their_town_by_name_and_county():
    twins = frames()["town_boundary"]
    twins["name"] = ["东浦镇", "西塘街道", "东浦镇"]
    table, _ = towns({"town_boundary": twins})
    indicator = pd.DataFrame(
        {"name": ["东浦镇", "东浦镇", "西塘街道", "别处"], "county": ["乙县", None, None, None]}
    )
    found = attach({"town_indicator": indicator}, table)["town_indicator"]["town_id"]
    assert found.where(found.notna(), None).tolist() == ["330902001", None, "330901002", None]


def test_ids_stay_unique_when_names_and_codes_repeat():
    boundary = frames()["town_boundary"].drop(columns="town_code")
    boundary["name"] = ["同名镇", "同名镇", "同名镇"]
    boundary["county"] = ["甲县", "乙县", "丙县"]
    boundary["geometry"] = [Polygon(), box(0, 0, 1, 1), box(1, 0, 2, 1)]
    table, _ = towns({"town_boundary": boundary})
    assert table.index.is_unique
