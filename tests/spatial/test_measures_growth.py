from __future__ import annotations

import math

import pandas as pd
import pytest

from spatial.measures import Facts, growth, measure_all

TOWNS = pd.DataFrame(
    {"name": ["青镇", "白镇"], "programme": ["pilot", "pilot"], "county": ["甲县", "乙县"]},
    index=pd.Index(["a", "b"], name="town_id"),
)
TABLE = pd.DataFrame(
    {
        "town_id": ["a", "a", "b"],
        "period": ["2015Q2", "2016Q2", "2016Q2"],
        "gdp_yi": [40.0, 45.0, 30.0],
        "fiscal_revenue_yi": [4.0, 4.4, 3.0],
        "fixed_investment_yi": [20.0, 23.6, 9.0],
        "tertiary_yi": [14.0, 16.2, 9.0],
        "employed": [50_000.0, 52_000.0, math.nan],
        "employed_secondary": [24_000.0, 25_000.0, math.nan],
        "employed_tertiary": [20_000.0, 22_000.0, math.nan],
        "population": [80_000.0, 80_000.0, 70_000.0],
        "built_up_population": [40_000.0, 41_000.0, 30_000.0],
        "layer": "季报",
        "fid": ["2", "6", "7"],
    }
)
COUNTIES = pd.DataFrame(
    {
        "county": ["甲县", "甲县"],
        "period": ["2015Q2", "2016Q2"],
        "gdp_yi": [400.0, 432.0],
        "layer": "县季报",
        "fid": ["2", "3"],
    }
)


def facts(table: pd.DataFrame = TABLE, as_of: str = "2016Q2", **frames: pd.DataFrame) -> Facts:
    return Facts(TOWNS, {"town_indicator": table, **frames}, as_of)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (growth.gdp_growth, 12.5),
        (growth.fiscal_growth, 10.0),
        (growth.investment_growth, 18.0),
        (growth.tertiary_share_change, 1.0),  # 16.2/45 = 36 %, 14/40 = 35 %
        (growth.nonfarm_employment_share_change, (47 / 52 - 44 / 50) * 100),
        (growth.built_up_share_change, 1.25),
    ],
)
def test_year_on_year(function, expected: float) -> None:
    value = function(facts())["value"]
    assert value["a"] == pytest.approx(expected, abs=1e-9)
    assert math.isnan(value["b"])


def test_lead_over_own_county() -> None:
    found = growth.gdp_growth_lead(facts(county_indicator=COUNTIES))
    assert found["value"]["a"] == pytest.approx(12.5 - 8.0, abs=1e-9)
    assert found["evidence"]["a"]["inputs"] == ["季报", "县季报"]
    assert found["evidence"]["a"]["numbers"]["county gdp_yi[2016Q2]"] == 432.0


def test_lead_needs_the_county_table() -> None:
    assert growth.gdp_growth_lead(facts())["value"].isna().all()


def test_evidence_names_rows_numbers_and_what_is_missing() -> None:
    found = growth.gdp_growth(facts())["evidence"]
    assert found["a"] == {
        "inputs": ["季报"],
        "rows": ["6", "2"],
        "formula": "(gdp_yi[2016Q2] / gdp_yi[2015Q2] - 1) × 100",
        "numbers": {"gdp_yi[2016Q2]": 45.0, "gdp_yi[2015Q2]": 40.0},
    }
    assert found["b"]["missing"] == ["gdp_yi[2015Q2]"]


def test_rows_that_disagree_give_no_value_and_rows_that_agree_do() -> None:
    again = TABLE[TABLE["town_id"].eq("a") & TABLE["period"].eq("2016Q2")].assign(fid="9")
    same = pd.concat([TABLE, again], ignore_index=True)
    assert growth.gdp_growth(facts(same))["value"]["a"] == pytest.approx(12.5)
    assert growth.gdp_growth(facts(same))["evidence"]["a"]["rows"] == ["6", "9", "2"]
    other = pd.concat([TABLE, again.assign(gdp_yi=46.0)], ignore_index=True)
    assert math.isnan(growth.gdp_growth(facts(other))["value"]["a"])
    assert growth.fiscal_growth(facts(other))["value"]["a"] == pytest.approx(10.0)


def test_no_growth_from_nothing() -> None:
    table = TABLE.assign(gdp_yi=TABLE["gdp_yi"].where(TABLE["period"].ne("2015Q2"), 0.0))
    assert growth.gdp_growth(facts(table))["value"].isna().all()


def test_no_table_is_no_data() -> None:
    table = measure_all(Facts(TOWNS, {}, "2016Q2"), ["gdp_growth_pct", "built_up_share_change_pp"])
    assert len(table) == 4
    assert table["value"].isna().all()


def test_order_of_rows_does_not_matter() -> None:
    shuffled = TABLE.sample(frac=1, random_state=3)
    pd.testing.assert_series_equal(
        growth.gdp_growth(facts(shuffled))["value"], growth.gdp_growth(facts())["value"]
    )
