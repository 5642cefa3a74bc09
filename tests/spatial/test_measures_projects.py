"""Measures of projects from the tables of the study, by hand."""

import math

import pandas as pd
import pytest

from spatial.measures import MEASURES, Facts, measure_all, projects
from spatial.studies import Study

TOWNS = pd.DataFrame(
    {"programme": ["special", "pilot", "pilot"]}, index=pd.Index(["A", "B", "C"], name="town_id")
)
STATE = pd.DataFrame(
    [
        ("A", "building", 6.0, 4.0, False, True, 100.0, 10.0, 5.0),
        ("A", "building", 2.0, -1.0, False, False, 200.0, 30.0, 8.0),
        ("A", "done", 9.0, 3.0, False, False, math.nan, math.nan, math.nan),
        ("A", "planned", 5.0, math.nan, False, False, math.nan, math.nan, math.nan),
        ("B", "started", 1.0, math.nan, None, None, 50.0, 0.0, 4.0),
        ("B", "building", 1.0, 2.0, True, None, 50.0, 0.0, 4.0),
    ],
    columns=[
        "town_id",
        "state",
        "planned_yi",
        "delay_quarters",
        "late",
        "flag",
        "area_m2",
        "farmland_m2",
        "tolerance_m2",
    ],
).astype({"late": "boolean"})
STATE["fid"] = range(6)  # fmt: skip
BY_TOWN = pd.DataFrame(
    {
        "town_id": ["A", "B"], "projects": [4, 2], "done": [1, 0], "paid_yi": [12.0, math.nan],
        "earned_value_yi": [3.0, 1.0], "planned_value_yi": [4.0, 0.0],
    }
)  # fmt: skip
AGAINST = pd.DataFrame(
    {
        "town_id": ["A", "A", "B"], "period": ["2015Q4", "2016Q2", "2016Q2"], "projects_yi": [1.0, 9.0, 2.0],
        "reported_yi": [1.0, 10.0, math.nan], "difference_pct": [0.0, -10.0, math.nan],
    }
)  # fmt: skip
LAYER = pd.DataFrame({"town_id": ["A", "B"], "fid": [7, 8], "layer": "项目"})
FACTS = Facts(
    TOWNS,
    {"project": LAYER, "farmland": pd.DataFrame({"layer": ["农田"]})},
    "2016Q2",
    studies={
        "projects": Study(
            tables={"project_state": STATE, "project_by_town": BY_TOWN, "project_reconciliation": AGAINST}
        )
    },
)


def taken(name):
    return MEASURES[name].function(FACTS).reindex(TOWNS.index)


def test_counts_and_sums_of_a_town():
    assert taken("project_count")["value"].tolist()[:2] == [4, 2]
    assert taken("project_done_count")["value"].tolist()[:2] == [1, 0]
    paid = taken("project_paid_yi")
    assert paid["value"]["A"] == 12
    assert math.isnan(paid["value"]["B"])
    assert paid["evidence"]["B"]["missing"] == ["paid_yi"]
    assert paid["evidence"]["A"]["rows"] == ["0", "1", "2", "3"]


def test_delay_is_weighted_by_money_and_those_ahead_are_on_time():
    """Of A (6 x 4 + 2 x 0) / 8 = 3, what is done or not due counting nothing; of B one is not known."""
    value = projects.delay(FACTS)["value"]
    assert value["A"] == 3
    assert math.isnan(value["B"])


def test_performance_and_overlap():
    found = projects.performance(FACTS)["value"]
    assert found["A"] == 75
    assert math.isnan(found["B"])
    over = projects.overlap_farmland(FACTS)
    assert over["value"].to_dict() == {"A": 40.0, "B": 0.0}
    assert over["tolerance"].to_dict() == {"A": 13.0, "B": 0.0}


def test_difference_to_the_report_of_the_quarter_without_sign():
    found = projects.reconciliation(FACTS)
    assert found["value"]["A"] == 10
    assert math.isnan(found["value"]["B"])


@pytest.mark.parametrize(
    "name", [name for name, one in MEASURES.items() if one.function.__module__ == projects.__name__]
)
def test_without_a_layer_there_is_no_data(name):
    found = measure_all(Facts(TOWNS, {}, "2016Q2"), [name])
    assert found["value"].isna().all()
    assert [row["reason"] for row in found["evidence"]] == ["condition-no-layer"] * 3


def test_redline_not_drawn_is_no_data_not_nothing():
    assert measure_all(FACTS, ["project_overlap_redline_m2"])["value"].isna().all()
