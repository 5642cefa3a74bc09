"""What was known and in force on a day: corrections keep both values, plans follow each other."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from spatial.known import figures_known, plans_in_force
from spatial.measures import Facts
from spatial.measures.growth import gdp_growth, gdp_growth_lead, tertiary_share_change
from spatial.series import series

TOWNS = pd.DataFrame({"programme": ["pilot"], "county": ["东县"]}, index=pd.Index(["a"], name="town_id"))


def figures(*rows, **more):
    table = pd.DataFrame(rows, columns=["name", "period", "gdp_yi", "tertiary_yi", "known_on"])
    table["layer"], table["fid"], table["town_id"] = "t", range(2, len(rows) + 2), "a"
    return table.assign(**more).set_axis([f"t:{n}" for n in range(2, len(rows) + 2)])


def test_a_later_row_corrects_number_by_number_and_both_values_stay():
    table = figures(
        ("甲", "2016Q2", 10.0, 4.0, "2016-07-10"), ("甲", "2016Q2", 12.0, np.nan, "2016-09-01"),
        ("甲", "2016Q1", 5.0, 2.0, None),
    )  # fmt: skip
    found = figures_known({"town_indicator": table})
    row = found.frames["town_indicator"].set_index("period").loc["2016Q2"]
    assert (row["gdp_yi"], row["tertiary_yi"], row["fid"]) == (12.0, 4.0, "2+3")
    (told,) = found.revisions.to_dict("records")
    assert told == {
        "role": "town_indicator", "place": "甲", "period": "2016Q2", "column": "gdp_yi", "before": 10.0, "after": 12.0,
        "known_before": "2016-07-10", "known_after": "2016-09-01",
    }  # fmt: skip


def test_a_day_before_the_correction_knows_the_old_figure():
    table = figures(("甲", "2016Q2", 10.0, 4.0, "2016-07-10"), ("甲", "2016Q2", 12.0, 5.0, "2016-09-01"))
    then = figures_known({"town_indicator": table}, "2016-08-01")
    assert then.frames["town_indicator"]["gdp_yi"].tolist() == [10.0]
    assert then.revisions.empty
    assert figures_known({"town_indicator": table}, "2016-01-01").frames["town_indicator"].empty


def test_two_figures_of_one_day_are_no_data_and_never_a_pick():
    table = figures(
        ("甲", "2016Q2", 10.0, 4.0, "2016-07-10"),
        ("甲", "2016Q2", 12.0, 4.0, "2016-07-10"),
        ("甲", "2015Q2", 9.0, 4.0, None),
    )
    frames = figures_known({"town_indicator": table}).frames
    assert len(frames["town_indicator"]) == 3
    assert gdp_growth(Facts(TOWNS, frames, "2016Q2"))["value"].isna().all()


def test_without_days_nothing_changes():
    table = figures(("甲", "2016Q2", 10.0, 4.0, None)).drop(columns="known_on")
    found = figures_known({"town_indicator": table, "meeting": pd.DataFrame()})
    assert found.frames["town_indicator"] is table
    assert found.revisions.empty


@given(values=st.lists(st.floats(1, 1e6), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(values, seed):
    rows = [("甲", "2016Q2", value, 1.0, f"2016-0{n + 1}-01") for n, value in enumerate(values)]
    mixed = figures(*rows).sample(frac=1, random_state=seed)
    found = figures_known({"town_indicator": mixed})
    assert found.frames["town_indicator"]["gdp_yi"].tolist() == [values[-1]]
    assert len(found.revisions) == sum(a != b for a, b in pairwise(values))


@pytest.mark.parametrize(
    ("now", "then", "there"), [("可比价", "现价", False), ("现价", "现价", True), (None, "现价", True)]
)
def test_growth_needs_the_same_prices(now, then, there):
    table = figures(("甲", "2016Q2", 11.0, 4.4, None), ("甲", "2015Q2", 10.0, 4.0, None), prices=[now, then])
    facts = Facts(TOWNS, {"town_indicator": table}, "2016Q2")
    row = gdp_growth(facts).iloc[0]
    assert np.isnan(row["value"]) == (not there)
    assert row["evidence"].get("reason") == (None if there else "condition-prices-differ")
    assert tertiary_share_change(facts)["value"].notna().all()


@pytest.mark.parametrize(
    ("own", "county", "lead"), [("现价", "现价", 5.0), ("现价", "可比价", None), ("可比价", "现价", None)]
)
def test_the_lead_over_the_county_needs_the_same_prices_of_both(own, county, lead):
    towns = figures(
        ("甲", "2016Q2", 11.0, 4.4, None), ("甲", "2015Q2", 10.0, 4.0, None), prices=[own, "现价"]
    )
    counties = pd.DataFrame(
        {"county": "东县", "period": ["2016Q2", "2015Q2"], "gdp_yi": [105.0, 100.0], "layer": "c", "fid": [2, 3],
         "prices": [county, "现价"]}
    )  # fmt: skip
    row = gdp_growth_lead(
        Facts(TOWNS, {"town_indicator": towns, "county_indicator": counties}, "2016Q2")
    ).iloc[0]
    assert row["value"] == pytest.approx(lead) if lead else np.isnan(row["value"])
    assert row["evidence"].get("reason") == (None if lead else "condition-prices-differ")


def test_a_missing_quarter_is_no_data_for_what_needs_it_and_only_that():
    table = figures(
        ("甲", "2014Q2", 8.0, 4.0, None), ("甲", "2015Q2", 10.0, 4.0, None), ("甲", "2016Q1", 5.0, 4.0, None)
    )
    found = series(
        Facts(TOWNS, {"town_indicator": table}, "2016Q4"), ["2015Q2", "2016Q1", "2016Q2"], ["gdp_growth_pct"]
    )
    assert found[["period", "value"]].to_numpy().tolist() == [["2015Q2", 25.0]]


def plan(**columns):
    shapes = [box(0, 0, 100, 100), box(50, 0, 150, 100)]
    ids = pd.Index(["z:1", "z:2"], name="id")
    return gpd.GeoDataFrame({"layer": "z", "fid": [1, 2], **columns}, index=ids, geometry=shapes, crs=4549)


def test_plans_follow_each_other():
    zones = plan(
        plan=["2010", "2016"], in_force_from=["2010-01-01", "2016-07-01"], in_force_to=["2016-07-01", None]
    )
    for day, held in (("2016-06-30", ["z:1"]), ("2016-07-01", ["z:2"]), ("2009-12-31", [])):
        found = plans_in_force({"expansion_boundary": zones}, day)
        assert found.frames["expansion_boundary"].index.tolist() == held
        assert found.issues.empty


def test_two_plans_at_once_are_a_fault():
    found = plans_in_force({"expansion_boundary": plan(plan=["2010", "2016"])}, "2016-12-31")
    (row,) = found.issues.to_dict("records")
    assert (row["code"], row["severity"], row["params"]) == (
        "issue-plans-in-force", "error", {"plan": "2010", "other": "2016", "area_m2": 5000.0},
    )  # fmt: skip
    assert plans_in_force({"expansion_boundary": plan(plan=["2016", "2016"])}, "2016-12-31").issues.empty
    assert plans_in_force({"expansion_boundary": plan()}, "2016-12-31").issues.empty
