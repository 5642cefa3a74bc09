"""The study of projects on a small map, counted by hand.

Town A (special, province) is the square from 0 to 1,000 m, its construction area its western half; town B (pilot)
the square beside it. North of 900 m lies farmland; the zone is permitted up to 800 m, forbidden from there on.
"""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from spatial import periods
from spatial.areas import legal_area
from spatial.measures import Facts
from spatial.studies.projects import projects, reconciliation

CRS = "EPSG:4549"
X, Y = 500_000, 3_400_000


def box(x0, y0, x1, y1):
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def spot(x, y):
    return shapely.Point(X + x, Y + y)


def frame(rows, **more):
    table = gpd.GeoDataFrame(rows, crs=CRS)
    table.index = [f"p{number}" for number in range(len(table))]
    return table.assign(layer="项目", fid=[str(number) for number in range(len(table))], **more)


TOWNS = gpd.GeoDataFrame(
    {"name": ["甲小镇", "乙镇"], "programme": ["special", "pilot"], "level": ["province", "city"]},
    index=pd.Index(["A", "B"], name="town_id"),
    geometry=[box(0, 0, 1_000, 1_000), box(1_000, 0, 2_000, 1_000)],
    crs=CRS,
)
OF_A = {"town": "甲小镇", "town_id": "A", "kind": "产业", "start": "2015Q1", "finish": "2016Q4"}
PROJECTS = frame(
    [
        {"name": "准点", "state": "building", "planned_yi": 8.0, "paid_yi": 6.0, "funding_yi": 9.0, "geometry": spot(100, 100)},
        {"name": "拖后", "state": "building", "planned_yi": 8.0, "paid_yi": 2.0, "funding_yi": 5.0, "geometry": spot(700, 850)},
        {"name": "楼盘", "state": "done", "planned_yi": 3.0, "paid_yi": 3.0, "kind": "商品住宅", "geometry": spot(150, 100)},
        {"name": "跑偏", "state": "planned", "planned_yi": 5.0, "paid_yi": 0.0, "start": "2017Q1", "finish": "2017Q4", "geometry": spot(1_500, 100)},
        {"name": "大院", "state": "stalled", "planned_yi": 4.0, "paid_yi": 1.0, "geometry": box(400, 880, 440, 920)},
        {"name": "乙园", "town": "乙镇", "town_id": "B", "state": "started", "planned_yi": 2.0, "paid_yi": None, "kind": "商品住宅", "geometry": box(980, 100, 1_080, 140)},
    ]
)  # fmt: skip
for _name, _value in OF_A.items():
    PROJECTS[_name] = PROJECTS[_name].where(PROJECTS[_name].notna(), _value)
LAYERS = {
    "construction_area": frame([{"name": "甲小镇", "town_id": "A", "geometry": box(0, 0, 500, 1_000)}]),
    "expansion_boundary": frame(
        [
            {"zone": "010", "geometry": box(0, 0, 2_000, 800)},
            {"zone": "040", "geometry": box(0, 800, 2_000, 1_000)},
        ]
    ),
    "farmland": frame([{"geometry": box(0, 900, 2_000, 1_000)}]),
    "construction_land": frame([{"land_class": "0601", "geometry": box(0, 0, 200, 200)}]),
}


def state(as_of="2016Q2", **frames):
    study = projects(Facts(TOWNS, {"project": PROJECTS, **LAYERS, **frames}, as_of, crs=CRS))
    return study, study.layers["project_state"].set_index("name")


def test_in_the_own_town_or_where_else():
    _, found = state()
    assert found["in_town"].tolist() == [True, True, True, False, True, False]
    assert found["town_found"].tolist() == ["A", "A", "A", "B", "A", "B"]
    assert found["in_construction_area"].tolist()[:5] == [True, False, True, False, True]
    assert pd.isna(found.loc["乙园", "in_construction_area"])
    whole = legal_area([PROJECTS.geometry.iloc[5]], CRS)[0]
    assert found.loc["乙园", "outside_town_m2"] == pytest.approx(whole * 0.2)
    assert pd.isna(found.loc["准点", "area_m2"])


def test_on_zone_land_and_farmland():
    _, found = state()
    assert found["zone"].tolist() == [
        "permitted",
        "forbidden",
        "permitted",
        "permitted",
        "forbidden",
        "permitted",
    ]
    assert found["land_class"].fillna("").tolist()[:2] == ["0601", ""]
    assert found["on_farmland"].tolist() == [False, False, False, False, True, False]
    half = legal_area([PROJECTS.geometry.iloc[4]], CRS)[0] / 2
    assert found.loc["大院", "farmland_m2"] == pytest.approx(half, rel=1e-5)
    assert found.loc["大院", "barred_zone_m2"] == pytest.approx(2 * half, rel=1e-5)
    assert found["in_barred_zone"].tolist() == [False, True, False, False, True, False]
    assert found["on_redline"].isna().all()


def test_schedule_as_of_the_quarter():
    _, found = state()
    assert found["planned_value_yi"].tolist() == [6.0, 6.0, 2.25, 0.0, 3.0, 1.5]
    assert found.loc["准点", "performance"] == 1.0
    assert found["delay_quarters"].tolist()[:2] == [0.0, 4.0]
    assert found.loc[["楼盘", "跑偏", "乙园"], "delay_quarters"].isna().all()
    assert found["stalled"].tolist() == [False, False, False, False, True, False]


def test_housing_counts_for_the_levels_that_do_not_leave_it_out():
    _, found = state()
    assert found.loc["楼盘", ["excluded_because", "counted_yi", "excluded_yi"]].tolist() == [
        "housing",
        0.0,
        3.0,
    ]
    assert pd.isna(found.loc["乙园", "excluded_because"])
    assert pd.isna(found.loc["乙园", "counted_yi"])
    said = PROJECTS.assign(counted=["no", "housing", "yes", None, None, None])
    _, found = state(project=said)
    assert found["excluded_because"].fillna("").tolist()[:4] == ["stated", "housing", "", ""]
    assert found["funding_gap_yi"].tolist()[:2] == [0.0, 3.0]


def test_sums_by_town():
    study, _ = state()
    table = study.tables["project_by_town"].set_index("town_id")
    a = table.loc["A"]
    assert a[["projects", "building", "done", "planned", "stalled"]].tolist() == [5, 2, 1, 1, 1]
    assert a[["planned_yi", "paid_yi", "counted_yi", "excluded_yi"]].tolist() == [28.0, 12.0, 9.0, 3.0]
    assert a[["late", "outside_town", "on_farmland", "in_barred_zone"]].tolist() == [2, 1, 1, 2]
    assert table.loc["B", ["projects", "started"]].tolist() == [1, 1]
    assert pd.isna(table.loc["B", "paid_yi"])
    assert pd.isna(a["with_missing_quarters"])


def reports(*rows):
    names = ["name", "period", "state", "paid_yi"]
    table = pd.DataFrame(rows, columns=names).assign(layer="季报", fid=[str(n + 2) for n in range(len(rows))])
    return table.assign(town="甲小镇", town_id="A")


TOLD = reports(
    ("准点", "2015Q4", "building", 3.0), ("准点", "2016Q1", "building", 5.0), ("准点", "2016Q2", "building", 6.0),
    ("准点", "2016Q3", "building", 7.0),
    ("拖后", "2015Q4", "building", 2.0), ("拖后", "2016Q1", "building", 2.0), ("拖后", "2016Q2", "building", 2.0),
    ("楼盘", "2015Q4", "building", 2.0), ("楼盘", "2016Q1", "done", 3.0),
    ("大院", "2015Q4", "building", 1.5), ("大院", "2016Q2", "stalled", 1.0),
    ("无名", "2016Q2", "building", 1.0),
)  # fmt: skip


def test_reports_up_to_the_quarter_tell_standstill_gaps_and_the_end():
    study, found = state(project_report=TOLD)
    assert found.loc["准点", ["period", "paid_yi"]].tolist() == ["2016Q2", 6.0]
    assert found["stalled"].tolist() == [False, True, False, False, True, False]
    assert found.loc["大院", "missing_quarters"] == "2016Q1"
    assert found["missing"].tolist()[:5] == [0, 0, 0, 0, 1]
    assert found.loc["楼盘", "delay_quarters"] == -3.0
    codes = study.issues["code"].tolist()
    assert sorted(codes) == ["issue-project-paid-falls", "issue-project-report-unmatched"]
    _, later = state("2016Q3", project_report=TOLD)
    assert later.loc["准点", ["period", "paid_yi"]].tolist() == ["2016Q3", 7.0]


def test_money_of_the_year_against_the_report():
    """Of 2016 up to June: 6 - 3, 2 - 2, 3 - 2, not begun 0, 1 - 1.5: 3.5 together."""
    study, found = state(project_report=TOLD)
    told = pd.DataFrame(
        {"town_id": "A", "period": ["2015Q4", "2016Q2"], "fixed_investment_yi": [8.5, 3.0], "fid": ["1", "2"]}
    )
    facts = Facts(TOWNS, {"town_indicator": told}, "2016Q2", crs=CRS)
    rows = [row for row in study.tables["project_reconciliation"].to_dict("records") if row["town_id"] == "A"]
    assert [row["projects_yi"] for row in rows] == [8.5, 3.5]
    assert [row["verdict"] for row in rows] == ["no data", "no data"]
    again = state(project_report=TOLD, town_indicator=told)[0].tables["project_reconciliation"]
    a = again[again["town_id"] == "A"]
    assert a["verdict"].tolist() == ["reconciled", "projects-more"]
    assert a["difference_pct"].tolist() == pytest.approx([0, 50 / 3])
    assert len(found) == 6
    assert not len(reconciliation(found.iloc[:0], study_reports(), facts))


@pytest.mark.parametrize(
    ("paid", "reported", "verdict"),
    [
        (1.05, 1.0, "reconciled"), (0.95, 1.0, "reconciled"), (1.0501, 1.0, "projects-more"),
        (1.0, 0.0, "projects-more"), (0.0, 0.0, "reconciled"), (1.0, None, "no data"),
    ],
)  # fmt: skip
def test_reconciled_up_to_the_limit_and_against_nothing_reported(paid, reported, verdict):
    """(1.05 - 1) / 1 is a little over 0.05 in binary; that a town reports 0 is a figure, no want of one."""
    known = pd.DataFrame({"town_id": ["A"], "start": ["2016Q1"]}, index=["p"])
    reports = pd.DataFrame(
        {
            "project": ["p"],
            "at": [periods.number("2016Q2")],
            "state": ["building"],
            "paid_yi": [paid],
            "funding_yi": [None],
        }
    )
    told = pd.DataFrame(
        {"town_id": ["A"], "period": ["2016Q2"], "fixed_investment_yi": [reported], "fid": ["1"]}
    )
    found = reconciliation(known, reports, Facts(TOWNS, {"town_indicator": told}, "2016Q2", crs=CRS))
    assert found["verdict"].tolist() == [verdict]


@pytest.mark.filterwarnings("error")
def test_reports_of_no_quarter_tell_nothing_of_missing_ones():
    _, found = state(project_report=TOLD.assign(period=None))
    assert found["missing"].isna().all()


def study_reports():
    return pd.DataFrame({"project": [], "at": [], "state": [], "paid_yi": [], "funding_yi": []})


def test_clusters_of_three_and_more():
    study, found = state()
    assert found["cluster"].tolist() == [1] * 6
    far = PROJECTS.set_geometry(
        [*PROJECTS.geometry[:3], spot(9_000, 0), spot(9_500, 0), spot(30_000, 0)], crs=CRS
    )
    study, found = state(project=far)
    assert found["cluster"].tolist()[:3] == [1, 1, 1]
    assert found["cluster"].isna().tolist()[3:] == [True, True, True]
    table = study.tables["project_clusters"]
    assert table[["cluster", "projects", "towns", "paid_yi"]].to_numpy().tolist() == [[1, 3, 1, 11.0]]
    assert table.loc[0, "x"] == pytest.approx(X + (100 + 700 + 150) / 3)


def test_a_project_that_names_no_town_belongs_to_the_one_it_lies_in():
    silent = PROJECTS.drop(columns=["town", "town_id"])
    _, found = state(project=silent)
    assert found["town_id"].tolist() == ["A", "A", "A", "B", "A", "B"]
    unknown = PROJECTS.assign(town="别镇", town_id=None)
    _, found = state(project=unknown)
    assert found["town_id"].isna().all()
    assert found["in_town"].isna().all()
    assert found["town_found"].tolist() == ["A", "A", "A", "B", "A", "B"]


def test_without_projects_there_is_no_study():
    assert projects(Facts(TOWNS, LAYERS, "2016Q2", crs=CRS)) is None
