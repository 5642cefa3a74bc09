"""Greenways on a small map, counted by hand: towns A and B are squares of 5 km side by side, S a special town in A."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.measures import Facts, measure_all
from spatial.settings import GREENWAYS, Settings
from spatial.studies.greenways import greenways

CRS = "EPSG:4549"
X, Y = 500_000, 3_400_000
TOWNS = gpd.GeoDataFrame(
    {
        "name": ["甲镇", "乙镇", "小镇"],
        "programme": ["pilot", None, "special"],
        "county": ["一县", "二县", "一县"],
    },
    index=pd.Index(["A", "B", "S"], name="town_id"),
    geometry=[
        shapely.box(X, Y, X + 5_000, Y + 5_000),
        shapely.box(X + 5_000, Y, X + 10_000, Y + 5_000),
        shapely.box(X + 1_000, Y + 1_000, X + 2_000, Y + 3_000),
    ],
    crs=CRS,
)


def line(*points):
    return shapely.LineString(np.add(points, (X, Y)))


def spot(x, y):
    return shapely.Point(X + x, Y + y)


def frame(rows):
    table = gpd.GeoDataFrame(rows, crs=CRS)
    table.index = [f"s{number}" for number in range(len(table))]
    return table.assign(layer="层", fid=[str(number) for number in range(len(table))])


MAIN = [
    {"name": "主线", "level": "province", "geometry": line((0, 2_000), (4_000, 2_000), (9_000, 2_000))},
    {"name": "支线", "level": "county", "opened": "2016Q1", "geometry": line((4_000, 2_000), (4_000, 4_000))},
    {"name": "断线", "level": "市级", "geometry": line((4_000, 4_010), (4_000, 4_800))},
    {"name": "孤线", "level": "国家级", "geometry": line((7_000, 4_000), (8_000, 4_000))},
    {"name": "规划线", "level": "county", "state": "planned", "geometry": line((0, 100), (4_000, 100))},
    {"name": "明年线", "level": "county", "opened": "2017Q1", "geometry": line((0, 200), (4_000, 200))},
]
VILLAGES = [
    {"name": "一村", "geometry": spot(500, 2_300)},
    {"name": "二村", "geometry": spot(4_200, 3_900)},
    {"name": "三村", "geometry": spot(2_500, 2_100)},
    {"name": "四村", "geometry": spot(7_100, 4_100)},
    {"name": "五村", "geometry": spot(9_000, 500)},
]
ROADS = [
    {"name": "县道", "kind": "县道", "geometry": line((500, 1_000), (500, 3_000))},
    {"name": "乡道", "kind": "乡道", "geometry": line((9_000, 0), (9_000, 1_900))},
]
DOORS = [
    {"name": "西口", "state": "done", "geometry": spot(0, 2_020)},
    {"name": "远口", "geometry": spot(0, 3_000)},
]


def facts(more=None, towns=TOWNS, **frames):
    held = {"greenway": frame(MAIN), "village": frame(VILLAGES), "road": frame(ROADS)}
    known = {role: one for role, one in {**held, **frames}.items() if one is not None}
    return Facts(towns, known, "2016Q4", crs=CRS, settings=Settings(greenways=GREENWAYS | (more or {})))


def states(study, kind="village"):
    table = study.tables["greenway_reach"]
    return table[table["kind"] == kind].set_index("name")["state"].to_dict()


def test_lengths_are_cut_at_towns_and_by_level():
    table = greenways(facts()).tables["greenway_by_town"].set_index("town_id")
    assert table["length_m"].to_dict() == pytest.approx({"A": 7_790, "B": 5_000, "S": 1_000}, rel=1e-5)
    assert table.loc["A", ["province_m", "city_m", "county_m", "other_m"]].tolist() == pytest.approx(
        [5_000, 790, 2_000, 0], rel=1e-5
    )
    assert table.loc["B", "other_m"] == pytest.approx(1_000, rel=1e-5)
    assert table["km_per_km2"].to_dict() == pytest.approx({"A": 0.3116, "B": 0.2, "S": 0.5}, rel=1e-4)
    assert table["parts"].to_dict() == {"A": 2, "B": 2, "S": 1}
    assert table["redline_m"].isna().all()


def test_counties_are_sums_and_the_last_row_is_of_all():
    table = greenways(facts()).tables["greenway_by_county"]
    assert table["county"].tolist()[:2] == sorted(["一县", "二县"])
    assert pd.isna(table["county"].iloc[-1])
    assert table["length_m"].iloc[-1] == pytest.approx(table["length_m"].iloc[:-1].sum())
    assert table["parts"].tolist()[-1] == 3


def test_villages_are_reached_along_roads_from_entrances_of_the_network_alone():
    study = greenways(facts())
    assert states(study) == {
        "一村": "reached",
        "二村": "reached",
        "三村": "near",
        "四村": "apart",
        "五村": "unreached",
    }
    table = study.tables["greenway_reach"].set_index("name")
    assert table.loc["一村", ["walk_m", "line_m"]].tolist() == pytest.approx([300, 300])
    assert table.loc["二村", "walk_m"] == pytest.approx(np.hypot(200, 100))
    assert table.loc["三村", ["walk_m", "line_m"]].tolist() == pytest.approx([np.hypot(1_500, 100), 100])
    assert table.loc["四村", "walk_any_m"] == pytest.approx(np.hypot(100, 100))
    assert table["along"].to_dict()["五村"]
    assert not table["along"].to_dict()["二村"]


def test_entrances_of_a_layer_come_before_ends_and_junctions():
    study = greenways(facts(greenway_access=frame(DOORS), road=None))
    assert study.layers["greenway_access"]["kind"].tolist() == ["given"]
    assert states(study)["一村"] == "reached"
    assert states(study)["二村"] == "near"
    assert study.issues["code"].tolist() == ["issue-access-off-network"]
    assert states(study, "town") == {"甲镇": "reached", "乙镇": "near", "小镇": "near"}


def test_a_road_that_goes_round_reaches_later_than_the_crow():
    round_about = frame(
        [
            {
                "name": "环路",
                "kind": "村道",
                "geometry": line((0, 2_400), (900, 2_400), (900, 2_010), (0, 2_010)),
            }
        ]
    )
    village = frame([{"name": "绕村", "geometry": spot(0, 2_400)}])
    door = frame([{"name": "口", "geometry": spot(0, 2_000)}])
    far = greenways(facts(village=village, road=round_about, greenway_access=door))
    assert states(far) == {"绕村": "near"}
    assert far.tables["greenway_reach"].set_index("name").loc["绕村", "walk_m"] == pytest.approx(
        2_200, abs=15
    )
    assert states(greenways(facts(village=village, road=None, greenway_access=door))) == {"绕村": "reached"}


def test_a_series_tells_since_when():
    table = greenways(facts()).tables["greenway_series"]
    own = table[(table["scope"] == "all") & (table["kind"] == "village")].set_index("period")
    assert own["reached"].to_dict() == {"2015Q4": 1, "2016Q1": 2, "2016Q2": 2, "2016Q3": 2, "2016Q4": 2}
    assert own.loc["2016Q4", "change_pp"] == pytest.approx(100 / own.loc["2016Q4", "total"])
    assert own["change_pp"].isna().tolist() == [True, True, True, True, False]
    reach = greenways(facts()).tables["greenway_reach"].set_index("name")
    assert reach.loc[["一村", "二村"], "since"].tolist() == ["2015Q4", "2016Q1"]


def test_links_follow_roads_and_gain_most_per_km_first():
    links = greenways(facts()).tables["greenway_links"]
    assert links["places"].tolist() == ["三村", "五村", "四村"]
    assert links["length_m"].tolist() == pytest.approx([100, 1_500, 2_100], rel=1e-5)
    assert links["road_m"].tolist() == pytest.approx([0, 1_400, 0], abs=0.02)
    assert links["total_places"].tolist() == [1, 2, 3]
    assert links["places_per_km"].is_monotonic_decreasing


def test_a_dike_is_worth_a_detour_and_a_field_is_not():
    village = frame([{"name": "堤村", "geometry": spot(6_000, 500)}])
    dike = frame([{"kind": "防洪堤", "geometry": line((6_000, 500), (7_000, 1_200), (6_500, 2_000))}])
    links = greenways(facts(village=village, road=None, path=dike)).tables["greenway_links"]
    length = np.hypot(1_000, 700) + np.hypot(500, 800)
    assert links["dike_m"].tolist() == pytest.approx([length], rel=1e-4)
    plain = greenways(facts({"straight_factor": 1.0}, village=village, road=None, path=dike))
    assert plain.tables["greenway_links"]["straight_m"].tolist() == pytest.approx([1_500], rel=1e-4)


def test_links_lead_to_towns_without_any_place_too():
    bare = TOWNS.iloc[[0, 0]].assign(name=["丙镇", "丁镇"], programme=None)
    bare = bare.set_geometry(
        [
            shapely.box(X, Y + 7_000, X + 2_000, Y + 9_000),
            shapely.box(X + 8_500, Y + 1_900, X + 9_500, Y + 2_100),
        ]
    )
    towns = pd.concat([TOWNS, bare.set_axis(["C", "D"])]).rename_axis("town_id")
    links = greenways(facts(towns=towns)).tables["greenway_links"]
    assert links["places"].tolist() == ["三村", "五村", "四村", "丙镇"]
    one = links.iloc[3]
    assert one["town_id"] is None or one["town_id"] in {"A", "C"}
    assert one["length_m"] == pytest.approx(10 + np.hypot(3_000, 3_200), rel=1e-4)
    centre = frame([{"name": "丙镇政府", "geometry": spot(1_000, 8_000)}])
    held = greenways(facts(towns=towns, town_centre=centre)).tables["greenway_links"]
    assert held["places"].tolist() == ["三村", "五村", "四村", "丙镇政府"]


def test_a_short_part_counts_once_it_is_long_enough():
    assert states(greenways(facts({"part_m": 900.0})))["四村"] == "reached"


def test_crossings_water_and_redline():
    water = frame([{"geometry": shapely.box(X + 3_000, Y, X + 3_100, Y + 5_000)}])
    stream = frame([{"grade": None, "geometry": line((0, 3_000), (5_000, 3_000))}])
    redline = frame(
        [
            {"geometry": shapely.box(X, Y, X + 400, Y + 5_000)},
            {"geometry": shapely.box(X + 300, Y, X + 600, Y + 5_000)},
        ]
    )
    study = greenways(facts(water=water, watercourse=stream, redline=redline))
    table = study.tables["greenway_by_town"].set_index("town_id")
    assert table.loc["A", ["road_crossings", "road_bridges", "water_crossings"]].tolist() == [1, 0, 2]
    assert table.loc["A", ["water_m", "redline_m"]].tolist() == pytest.approx([100, 600], rel=1e-4)
    assert table.loc["B", ["road_crossings", "water_crossings", "water_m"]].tolist() == [0, 0, 0]


def test_people_and_built_up_land_near():
    people = frame(
        [{"persons": 100, "geometry": spot(100, 2_400)}, {"persons": 300, "geometry": spot(100, 4_000)}]
    )
    built = frame([{"date": None, "geometry": shapely.box(X + 5_500, Y + 1_500, X + 5_600, Y + 4_000)}])
    table = (
        greenways(facts(population=people, built_up=built)).tables["greenway_by_town"].set_index("town_id")
    )
    assert table.loc["A", ["persons", "people_500_pct", "people_1000_pct"]].tolist() == [400, 25, 25]
    assert table.loc["A", "km_per_10000"] == pytest.approx(194.75, rel=1e-4)
    assert table.loc["B", ["built_500_pct", "built_1000_pct"]].tolist() == pytest.approx([40, 60], rel=1e-3)
    assert np.isnan(table.loc["B", "people_500_pct"])


def test_people_that_are_not_counted_are_not_none():
    people = frame(
        [{"persons": 100, "geometry": spot(100, 2_400)}, {"persons": None, "geometry": spot(100, 4_000)}]
    )
    table = greenways(facts(population=people)).tables["greenway_by_town"].set_index("town_id")
    assert table.loc["A", ["persons", "people_500_pct", "km_per_10000"]].isna().all()


def test_gaps_and_lines_drawn_twice():
    doubled = frame(
        [*MAIN, {"name": "重", "level": "province", "geometry": line((4_500, 2_003), (8_500, 2_003))}]
    )
    study = greenways(facts(greenway=doubled))
    assert study.layers["greenway_gap"]["apart_m"].tolist() == pytest.approx([10])
    assert study.layers["greenway_edge"]["twice"].sum() == 1
    assert study.tables["greenway_by_county"]["length_m"].iloc[-1] == pytest.approx(12_790, rel=1e-5)


def measured(known, *names):
    done = greenways(known)
    held = Facts(
        known.towns,
        known.frames,
        known.as_of,
        crs=CRS,
        settings=known.settings,
        studies={"greenways": done} if done else {},
    )
    return measure_all(held, names).set_index(["measure", "town_id"])["value"]


def test_measures():
    values = measured(
        facts(), "greenway_km", "greenway_villages_reached_pct", "greenway_villages_near_pct", "greenway_villages_change_pp",
        "greenway_reached", "greenway_all_villages_reached_pct", "greenway_all_villages_change_pp",
        "greenway_towns_reached_pct", "greenway_missing_km", "greenway_centre_reached_pct",
    )  # fmt: skip
    assert values["greenway_km"]["A"] == pytest.approx(7.79, rel=1e-5)
    assert values["greenway_villages_reached_pct"]["A"] == pytest.approx(200 / 3)
    assert values["greenway_villages_reached_pct"]["B"] == 0
    assert np.isnan(values["greenway_villages_reached_pct"]["S"])
    assert values["greenway_villages_near_pct"]["A"] == 100
    assert values["greenway_villages_change_pp"]["A"] == pytest.approx(100 / 3)
    assert values["greenway_reached"]["A"] == 1
    assert values["greenway_all_villages_reached_pct"]["programme"] == pytest.approx(40)
    assert values["greenway_all_villages_change_pp"]["programme"] == pytest.approx(20)
    assert values["greenway_towns_reached_pct"]["programme"] == 100
    assert values["greenway_missing_km"]["A"] == pytest.approx(0.1, rel=1e-4)
    assert values["greenway_centre_reached_pct"].isna().all()


def test_without_lines_or_villages_there_is_no_data():
    names = "greenway_villages_reached_pct", "greenway_all_villages_reached_pct", "greenway_missing_km"
    planned = frame([MAIN[4]])
    for known in (facts(greenway=None), facts(greenway=planned), facts(village=None)):
        assert measured(known, *names).isna().all()
    assert greenways(facts(greenway=planned)) is None
    assert measured(facts(village=None), "greenway_km")["greenway_km"]["A"] > 7


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_and_direction_of_features_do_not_matter(random):
    def mixed(rows):
        turned = [
            {
                **one,
                "geometry": shapely.reverse(one["geometry"]) if random.random() < 0.5 else one["geometry"],
            }
            for one in rows
        ]
        return frame(random.sample(turned, len(turned))).drop(columns="fid").assign(fid="1")

    def told(known):
        study = greenways(known)
        tables = [table.drop(columns=["fid"], errors="ignore") for table in study.tables.values()]
        edges = shapely.normalize(study.layers["greenway_edge"].geometry.to_numpy())
        return [table.round(6).astype(object).fillna("-").to_numpy().tolist() for table in tables], sorted(
            shapely.to_wkt(edges)
        )

    same = facts(greenway=frame(MAIN), village=frame(VILLAGES), road=frame(ROADS))
    other = facts(greenway=mixed(MAIN), village=mixed(VILLAGES), road=mixed(ROADS))
    assert told(same) == told(other)
