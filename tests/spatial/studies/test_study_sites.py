"""The study of sites on a small map, counted by hand: town B is a square of 2 km, special town A a corner of it."""

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely

from spatial.areas import legal_area
from spatial.lengths import lengths
from spatial.measures import Facts, sites
from spatial.studies.sites import sites as study_sites

CRS = "EPSG:4549"
X, Y = 500_000, 3_400_000
TOWNS = gpd.GeoDataFrame(
    {"name": ["乙镇", "甲小镇"], "programme": ["pilot", "special"]},
    index=pd.Index(["B", "A"], name="town_id"),
    geometry=[shapely.box(X, Y, X + 2_000, Y + 2_000), shapely.box(X, Y, X + 500, Y + 500)],
    crs=CRS,
)


def frame(rows):
    table = gpd.GeoDataFrame(rows, crs=CRS)
    table.index = [f"s{number}" for number in range(len(table))]
    return table.assign(layer="层", fid=[str(number) for number in range(len(table))])


def box(x, y, side):
    return shapely.box(X + x, Y + y, X + x + side, Y + y + side)


def spot(x, y):
    return shapely.Point(X + x, Y + y)


RENEWAL = frame(
    [
        {"name": "旧厂", "kind": "三改一拆", "state": None, "start": "2015Q3", "finish": "2016Q1", "geometry": box(0, 0, 100)},
        {"name": "老街", "kind": "集镇有机更新", "state": "building", "start": "2016Q1", "finish": "2016Q2", "geometry": box(900, 900, 200)},
        {"name": "新村", "kind": "三改一拆", "state": None, "start": "2017Q1", "finish": "2017Q4", "geometry": box(900, 0, 100)},
        {"name": "外面", "kind": "三改一拆", "state": "done", "start": None, "finish": None, "geometry": box(9_000, 0, 100)},
    ]
)  # fmt: skip
STREETS = frame(
    [
        {"name": "人民路", "town": "乙镇", "town_id": "B", "chief": "张三", "geometry": shapely.LineString([(X, Y), (X + 300, Y)])},
        {"name": "河西街", "chief": None, "geometry": shapely.LineString([(X + 900, Y + 9), (X + 1_000, Y + 9)])},
        {"name": "小镇路", "chief": " ", "geometry": shapely.LineString([(X + 10, Y + 9), (X + 110, Y + 9)])},
    ]
)  # fmt: skip
CLEANUPS = frame(
    [
        {"kind": "城中村", "found_on": "2016-01-20", "done_on": "2016-05-02", "geometry": spot(10, 10)},
        {"kind": "城中村", "found_on": "2015-06-30", "done_on": "2016-08-01", "geometry": spot(20, 10)},
        {"kind": "卫生死角", "found_on": "2016-09-01", "done_on": None, "geometry": spot(30, 10)},
        {"kind": "卫生死角", "found_on": "2016-04-01", "done_on": None, "geometry": spot(30, 20)},
    ]
)  # fmt: skip
HALLS = frame(
    [
        {"name": "客厅", "state": "done", "opened": "2016Q2", "geometry": spot(100, 100)},
        {"name": "新厅", "state": "done", "opened": "2016Q4", "geometry": spot(1_100, 100)},
    ]
)
FRAMES = {"renewal_project": RENEWAL, "street": STREETS, "cleanup_site": CLEANUPS, "reception_hall": HALLS}


def facts(**frames):
    known = Facts(TOWNS, {**FRAMES, **frames}, "2016Q2", crs=CRS)
    return Facts(TOWNS, known.frames, "2016Q2", crs=CRS, studies={"sites": study_sites(known)})


def counts(table, role):
    rows = table[table["role"] == role].dropna(subset="town_id")
    found = rows.groupby(["period", "state"])["count"].sum()
    return {f"{period} {state}": count for (period, state), count in found.items()}


def test_named_town_first_else_where_it_lies():
    layers = facts().studies["sites"].layers
    assert layers["renewal_project_state"]["town_id"].fillna("").tolist() == ["B", "B", "B", ""]
    assert layers["street_state"]["town_id"].tolist() == ["B"] * 3
    assert layers["reception_hall_state"]["town_id"].tolist() == ["A", "B"]


def test_states_by_quarter():
    table = facts().studies["sites"].tables["site_counts"]
    assert counts(table, "renewal_project") == {
        "2015Q2 planned": 3,
        "2015Q3 building": 1,
        "2015Q3 planned": 2,
        "2015Q4 building": 1,
        "2015Q4 planned": 2,
        "2016Q1 done": 1,
        "2016Q1 building": 1,
        "2016Q1 planned": 1,
        "2016Q2 done": 1,
        "2016Q2 building": 1,
        "2016Q2 planned": 1,
    }
    cleanups = counts(table, "cleanup_site")
    assert cleanups["2015Q2 planned"] == 1
    assert cleanups["2016Q1 planned"] == 2
    assert (cleanups["2016Q2 planned"], cleanups["2016Q2 done"]) == (2, 1)
    halls = counts(table, "reception_hall")
    assert (halls["2016Q2 done"], halls["2016Q2 planned"]) == (1, 1)
    now = table[
        (table["period"] == "2016Q2") & (table["town_id"] == "B") & (table["role"] == "renewal_project")
    ]
    assert now["share_pct"].tolist() == pytest.approx([100 / 3] * 3)
    whole = legal_area(RENEWAL.geometry.to_numpy()[:3], CRS)
    assert now["area_m2"].sum() == pytest.approx(whole.sum())


def test_streets_by_quarter_once_it_is_told_since_when_their_chiefs_serve():
    dated = STREETS.assign(chief=["张三", "李四", None], chief_since=["2015-11-01", "2016-07-01", None])
    known = facts(street=dated)
    table = known.studies["sites"].tables["site_counts"]
    assert counts(table, "street") == {
        "2015Q2 planned": 3,
        "2015Q3 planned": 3,
        "2015Q4 done": 1,
        "2015Q4 planned": 2,
        "2016Q1 done": 1,
        "2016Q1 planned": 2,
        "2016Q2 done": 1,
        "2016Q2 planned": 2,
    }
    now = table[(table["role"] == "street") & (table["period"] == "2016Q2") & (table["state"] == "done")]
    assert now["length_m"].tolist() == pytest.approx(lengths(STREETS.geometry.to_numpy()[:1], CRS))
    assert sites.chief_share(known)["value"]["B"] == pytest.approx(60, rel=1e-3)
    undated = facts().studies["sites"].tables["site_counts"]
    assert counts(undated, "street") == {
        "2015Q2 planned": 2, "2015Q3 planned": 2, "2015Q4 planned": 2, "2016Q1 planned": 2,
        "2016Q2 done": 1, "2016Q2 planned": 2,
    }  # fmt: skip
    silent = facts(street=STREETS.assign(chief=None)).studies["sites"].tables["site_counts"]
    assert counts(silent, "street") == {}


def test_renewal_done_by_area():
    found = sites.renewal_done(facts())["value"]
    assert found["B"] == pytest.approx(100 * 1 / 6, rel=1e-6)
    assert sites.renewal_area(facts())["value"]["B"] == pytest.approx(6, rel=1e-3)
    unknown = RENEWAL.assign(state=None, start=None)
    assert pd.isna(sites.renewal_done(facts(renewal_project=unknown))["value"]["B"])


def test_land_of_two_renewal_projects_counts_once():
    """The second square of 1 ha lies half on the first: 1.5 ha, a third of it done."""
    twice = RENEWAL.iloc[[0, 2]].assign(state=["building", "done"], start=None, finish=None)
    twice = twice.set_geometry([box(0, 0, 100), box(50, 0, 100)], crs=CRS)
    known = facts(renewal_project=twice)
    assert sites.renewal_area(known)["value"]["B"] == pytest.approx(1.5, rel=1e-3)
    assert sites.renewal_done(known)["value"]["B"] == pytest.approx(100 / 3, rel=1e-3)
    assert known.studies["sites"].issues["code"].tolist() == ["issue-renewal-overlap"]
    layer = known.studies["sites"].layers["renewal_project_state"]
    assert layer["area_m2"].sum() == pytest.approx(20_000, rel=1e-3)


def test_streets_with_a_chief_by_length():
    assert sites.chief_share(facts())["value"]["B"] == pytest.approx(60, rel=1e-6)
    assert sites.chief_length(facts())["value"]["B"] == pytest.approx(0.3, rel=1e-3)
    silent = STREETS.drop(columns="chief")
    assert sites.chief_share(facts(street=silent))["value"].isna().all()


def test_cleanups_done_of_those_found():
    assert sites.cleanup_done(facts())["value"]["B"] == pytest.approx(100 / 3)
    assert sites.cleanup_open(facts())["value"]["B"] == 2


def test_hall_open_or_not_yet_or_not_known():
    found = sites.hall_open(facts())["value"]
    assert found.to_dict() == {"A": 1.0}
    unknown = HALLS.assign(state=None, opened=None)
    assert pd.isna(sites.hall_open(facts(reception_hall=unknown))["value"]["A"])
    assert sites.hall_open(facts(reception_hall=HALLS.iloc[1:]))["value"].to_dict() == {"A": 0.0}
    bare = Facts(TOWNS, {}, "2016Q2", crs=CRS)
    assert sites.hall_open(bare)["value"].isna().all()
    assert study_sites(bare) is None


def test_lengths_are_geodesic():
    lines = [
        STREETS.geometry.iloc[0],
        shapely.MultiLineString([[(X, Y), (X, Y + 50)], [(X, Y), (X + 50, Y)]]),
    ]
    geod = pyproj.Geod(ellps="GRS80")
    degrees = gpd.GeoSeries(lines, crs=CRS).to_crs("EPSG:4490")
    assert lengths(lines, CRS) == pytest.approx([geod.geometry_length(line) for line in degrees], rel=1e-7)
    assert lengths([spot(0, 0)], CRS).tolist() == [0.0]


def test_parks_count_once_where_they_overlap():
    parks = frame(
        [
            {"name": "东区", "kind": "工业园区", "state": "done", "geometry": box(1_000, 0, 200)},
            {"name": "扩区", "kind": "工业园区", "state": None, "start": "2016Q3", "finish": "2018Q4", "geometry": box(1_100, 0, 200)},
        ]
    )  # fmt: skip
    known = facts(park=parks)
    study = known.studies["sites"]
    table = study.tables["site_counts"]
    now = table[(table["role"] == "park") & (table["period"] == known.as_of)].set_index("state")
    assert now["town_id"].tolist() == ["B", "B"]
    assert now["count"].sum() == 2
    assert study.layers["park_state"]["own_m2"].sum() == pytest.approx(60_000, rel=1e-3)
    assert "issue-park-overlap" in study.issues["code"].tolist()
    assert sites.park_area(known)["value"]["B"] == pytest.approx(6.0, rel=1e-3)
