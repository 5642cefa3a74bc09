from __future__ import annotations

import math

import pandas as pd
import pytest

from spatial.measures import Facts, programme

ROWS = [
    ("A", "special", "province", "2015Q2", "demonstration", 1),
    ("B", "special", "province", "2016Q1", "created", 2),
    ("C", "special", "province", "2016Q4", "listed", 2),
    ("D", "special", "province", "2015Q2", "downgraded", 1),
    ("E", "special", "province", "2015Q2", "removed", 1),
    ("F", "special", "city", "2015Q3", "cultivated", 1),
    ("G", "special", "city", "2016Q1", "created", 2),
    ("H", "pilot", "province", "2011Q1", "listed", None),
    ("I", "pilot", "city", "2014Q1", "listed", None),
    ("J", None, None, None, None, None),
]
TOWNS = pd.DataFrame(ROWS, columns=["town_id", "programme", "level", "listed", "status", "batch"]).set_index(
    "town_id"
)
TOWNS["round"] = [math.nan] * 7 + [3.0, 1.0, math.nan]


def facts(towns: pd.DataFrame = TOWNS, as_of: str = "2016Q2", **frames: pd.DataFrame) -> Facts:
    return Facts(towns, frames, as_of)


def value(found: pd.DataFrame) -> float:
    return float(found["value"]["programme"])


@pytest.mark.parametrize(
    ("function", "count", "at_year_end"),
    [
        (programme.province_special_count, 2, 3),
        (programme.province_special_new_count, 1, 2),
        (programme.province_demonstration_count, 1, 1),
        (programme.city_special_count, 2, 2),
        (programme.province_pilot_count, 1, 1),
        (programme.province_pilot_new_count, 1, 1),
        (programme.city_pilot_count, 1, 1),
    ],
)
def test_counts_as_of_a_quarter(function, count: int, at_year_end: int) -> None:
    assert value(function(facts())) == count
    assert value(function(facts(as_of="2016Q4"))) == at_year_end


def test_counting_names_the_towns() -> None:
    proof = programme.province_special_count(facts())["evidence"]["programme"]
    assert proof["rows"] == ["A", "B"]


def test_an_unknown_date_of_listing_leaves_that_count_open() -> None:
    towns = TOWNS.assign(listed=TOWNS["listed"].where(TOWNS.index != "B"))
    assert math.isnan(value(programme.province_special_count(facts(towns))))
    assert value(programme.city_special_count(facts(towns))) == 2


def test_an_unknown_status_leaves_demonstration_open() -> None:
    towns = TOWNS.assign(status=TOWNS["status"].where(TOWNS.index != "B"))
    assert math.isnan(value(programme.province_demonstration_count(facts(towns))))
    assert value(programme.province_special_count(facts(towns))) == 2


def test_no_register_is_no_data_and_an_empty_one_is_none() -> None:
    nobody = TOWNS[TOWNS["programme"].isna()]
    assert math.isnan(value(programme.city_pilot_count(facts(nobody))))
    assert value(programme.city_pilot_count(facts(nobody, town=pd.DataFrame({"name": []})))) == 0


def test_investment_adds_up_or_names_who_is_missing() -> None:
    rows = pd.DataFrame(
        {
            "town_id": list("ABDFG"),
            "period": "2016Q2",
            "fixed_investment_yi": [20.0, 30.0, 5.0, 12.0, 7.0],
            "housing_investment_yi": [2.0, 3.0, 0.0, 1.0, 1.0],
            "complex_investment_yi": [1.0, 0.0, 0.0, 1.0, 1.0],
        }
    )
    assert value(programme.province_special_investment(facts(town_indicator=rows))) == 17 + 27 + 5
    assert value(programme.city_first_batch_investment(facts(town_indicator=rows))) == 12
    gap = programme.province_special_investment(facts(town_indicator=rows[rows["town_id"] != "B"]))
    assert math.isnan(value(gap))
    assert gap["evidence"]["programme"]["missing"] == ["B"]


def test_quarters_without_a_record() -> None:
    meetings = pd.DataFrame(
        {
            "period": ["2015Q4", "2016Q1", "2016Q2", "2016Q3"],
            "meeting_on": ["2015-12-20", "2016-03-24", None, "2016-09-01"],
            "bulletin_on": ["2016-01-20", "2016-04-24", "2016-07-20", None],
        }
    )
    found = programme.quarters_without_meeting(facts(as_of="2016Q4", meeting=meetings))
    assert value(found) == 2
    assert found["evidence"]["programme"]["rows"] == ["2016Q2", "2016Q4"]
    assert value(programme.quarters_without_bulletin(facts(as_of="2016Q2", meeting=meetings))) == 0
    assert math.isnan(value(programme.quarters_without_meeting(facts())))


def test_on_the_list_leaves_out_later_and_removed_towns() -> None:
    listed = programme.on_the_list(TOWNS, "2016Q2")
    assert list(listed.index[listed]) == list("ABDFGHI")
