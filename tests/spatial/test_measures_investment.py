from __future__ import annotations

import math

import pandas as pd
import pytest

from spatial.measures import Facts, investment
from spatial.settings import Settings

TOWNS = pd.DataFrame(
    {
        "name": ["丝镇", "茶镇", "新镇"],
        "programme": "special",
        "level": ["province", "city", "city"],
        "listed": ["2014Q2", "2015Q3", None],
    },
    index=pd.Index(["p", "c", "n"], name="town_id"),
)


def table(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    names = ["town_id", "period", "fixed_investment_yi", "housing_investment_yi", "complex_investment_yi"]
    return pd.DataFrame(rows, columns=names).assign(layer="季报", fid=[str(n) for n in range(len(rows))])


FULL = table(
    ("p", "2013Q4", 99, 0, 0),
    ("p", "2014Q1", 1, 0, 0),
    ("p", "2014Q4", 10, 2, 1),
    ("p", "2015Q4", 20, 4, 1),
    ("p", "2016Q2", 9, 1.5, 0.5),
    ("c", "2015Q4", 8, 3, 3),
    ("c", "2016Q2", 5, math.nan, math.nan),
    ("n", "2016Q2", 4, 0, 0),
)


def facts(rows: pd.DataFrame = FULL, as_of: str = "2016Q2", **settings: object) -> Facts:
    return Facts(TOWNS, {"town_indicator": rows}, as_of, settings=Settings(**settings))


def test_year_without_housing_for_provincial_towns_only() -> None:
    value = investment.investment_year(facts())["value"]
    assert value.to_dict() == {"p": 7.0, "c": 5.0, "n": 4.0}


def test_exclusions_come_from_the_settings() -> None:
    value = investment.investment_year(facts(investment_excludes={}))["value"]
    assert value["p"] == 9.0


def test_housing_not_reported_is_not_zero() -> None:
    rows = FULL.drop(columns="complex_investment_yi")
    found = investment.investment_year(facts(rows))
    assert math.isnan(found["value"]["p"])
    assert found["evidence"]["p"]["missing"] == ["complex_investment_yi"]
    assert found["value"]["c"] == 5.0
    assert "missing" not in found["evidence"]["c"]


def test_total_adds_year_ends_from_the_year_of_listing() -> None:
    found = investment.investment_total(facts())
    assert found["value"]["p"] == pytest.approx((10 - 3) + (20 - 5) + (9 - 2))
    assert found["value"]["c"] == 8 + 5
    assert found["evidence"]["p"]["numbers"] == {
        "counted_yi[2014Q4]": 7.0,
        "counted_yi[2015Q4]": 15.0,
        "counted_yi[2016Q2]": 7.0,
    }
    assert found["evidence"]["p"]["rows"] == ["2", "3", "4"]


def test_total_without_listing_has_a_reason() -> None:
    found = investment.investment_total(facts())
    assert math.isnan(found["value"]["n"])
    assert found["evidence"]["n"]["reason"] == "condition-not-listed"


def test_total_before_listing_is_no_data() -> None:
    assert math.isnan(investment.investment_total(facts(as_of="2015Q2"))["value"]["c"])


def test_total_lacking_a_year_is_no_data_for_that_town_only() -> None:
    rows = FULL[~(FULL["town_id"].eq("p") & FULL["period"].eq("2015Q4"))]
    found = investment.investment_total(facts(rows))
    assert math.isnan(found["value"]["p"])
    assert found["evidence"]["p"]["missing"] == ["counted_yi[2015Q4]"]
    assert found["value"]["c"] == 13.0


def test_total_stops_where_the_window_ends() -> None:
    later = pd.concat(
        [FULL, table(("p", "2016Q4", 30, 0, 0), ("p", "2017Q1", 5, 0, 0), ("p", "2017Q3", 40, 0, 0))],
        ignore_index=True,
    )
    value = investment.investment_total(facts(later, "2017Q3"))["value"]["p"]
    assert value == pytest.approx(7 + 15 + 30 + 5)  # 2014Q2 and eleven quarters more: to 2017Q1


def test_a_listing_at_the_end_of_the_year_counts_that_year() -> None:
    towns = TOWNS.assign(listed="2015Q4")
    found = investment.investment_total(Facts(towns, {"town_indicator": FULL}, "2015Q4"))
    assert found["value"][["p", "c"]].to_list() == [15.0, 8.0]


def test_paid_share_of_projects() -> None:
    projects = pd.DataFrame(
        {
            "town_id": ["p", "p", "c", "c", None],
            "planned_yi": [4.0, 6.0, 5.0, math.nan, 1.0],
            "paid_yi": [1.0, 4.0, 1.0, 1.0, 1.0],
            "layer": "项目",
            "fid": ["1", "2", "3", "4", "5"],
        }
    )
    found = investment.project_paid_share(Facts(TOWNS, {"project": projects}, "2016Q2"))
    assert found["value"]["p"] == pytest.approx(50.0)
    assert found["evidence"]["p"]["rows"] == ["1", "2"]
    assert found["value"][["c", "n"]].isna().all()
