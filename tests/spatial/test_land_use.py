"""Land use by hand: change between two states, per person and 亩, quota, inefficient land, parks, people, schedules."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from spatial.areas import M2_PER_MU, legal_area
from spatial.land import measure_land
from spatial.measures import Facts, land_use, schedule
from spatial.settings import Settings
from spatial.studies.industry import industry
from spatial.studies.land_change import land_change

X, Y = 572_000, 3_402_000
CRS = "EPSG:4549"
ZONES = Settings().zones


def square(x, y, wide=100, high=None):
    return box(X + x, Y + y, X + x + wide, Y + y + (high or wide))


def frame(shapes, **columns):
    ids = pd.Index([f"l:{n}" for n in range(1, len(shapes) + 1)], name="id")
    return gpd.GeoDataFrame(
        {"layer": "l", "fid": range(1, len(shapes) + 1), **columns}, index=ids, geometry=shapes, crs=CRS
    )


def legal(shape):
    return float(legal_area(np.array([shape]), CRS)[0])


@pytest.fixture
def towns():
    shapes = [square(0, 0, 1000), square(1000, 0, 1000), square(100, 100, 300)]
    return gpd.GeoDataFrame(
        {"name": ["甲镇", "乙镇", "丙小镇"], "programme": ["pilot", None, "special"], "level": ["city", None, "city"], "listed": [None, None, "2016Q1"]},
        index=pd.Index(["a", "b", "s"], name="town_id"), geometry=shapes, crs=CRS,
    )  # fmt: skip


@pytest.fixture
def facts(towns):
    parcels = frame(
        [
            square(200, 200),
            square(950, 0),
            square(200, 200, 200, 100),
            square(950, 0),
            square(1500, 500),
            square(200, 300, 100, 0.3),
        ],
        land_class=["0601", "0701", "0601", "0701", "0701", "0601"],
        date=["2015Q4", "2015Q4", "2016Q4", "2016Q4", "2016Q4", "2016Q4"],
    )
    zones = frame(
        [square(0, 0, 350, 1000), square(350, 0, 1650, 1000)],
        zone=["010", "030"],
        zone_kind=["permitted", "restricted"],
    )
    figures = pd.DataFrame({
        "name": ["甲镇"] * 3, "town_id": ["a"] * 3, "period": ["2015Q2", "2015Q4", "2016Q2"], "layer": "t", "fid": [2, 3, 4],
        "population": [900.0, 950, 1000], "fixed_investment_yi": [4.0, 10, 6], "fiscal_revenue_yi": [1.0, 2, 1.5],
        "registered_urban_population": [np.nan, np.nan, 400.0], "rural_rights_confirmed": [np.nan, np.nan, 90.0],
        "rural_rights_total": [np.nan, np.nan, 120.0],
    })  # fmt: skip
    return Facts(
        towns,
        {"construction_land": parcels, "expansion_boundary": zones, "town_indicator": figures},
        "2016Q4",
        CRS,
    )


def with_change(facts):
    done = land_change(facts)
    return Facts(facts.towns, facts.frames, facts.as_of, CRS, studies={"land_change": done}), done


def test_new_land_by_town_zone_and_class(facts):
    _, done = with_change(facts)
    table = done.tables["land_change"]
    got = {(r.town_id, r.kind, r.zone, r.land_class): r.area_m2 for r in table.itertuples()}
    grown, built = square(300, 200), square(1500, 500)
    assert set(got) == {
        ("a", "new", "permitted", "0601"), ("a", "new", "restricted", "0601"), ("s", "new", "permitted", "0601"),
        ("s", "new", "restricted", "0601"), ("b", "new", "restricted", "0701"),
    }  # fmt: skip
    assert got["b", "new", "restricted", "0701"] == pytest.approx(legal(built), rel=1e-9)
    assert got["a", "new", "permitted", "0601"] == pytest.approx(legal(grown) / 2, rel=1e-6)
    assert got["a", "new", "permitted", "0601"] + got["a", "new", "restricted", "0601"] == pytest.approx(
        legal(grown), rel=1e-6
    )
    assert (table["before"].unique(), table["after"].unique()) == (["2015Q4"], ["2016Q4"])


def test_a_sliver_is_drawn_and_not_counted(facts):
    measured, done = with_change(facts)
    slivers = done.layers["land_change"][done.layers["land_change"]["sliver"]]
    assert slivers["area_m2"].sum() == pytest.approx(legal(square(200, 300, 100, 0.3)), rel=1e-6)
    value = land_use.construction_land_new(measured)["value"]
    assert value["a"] == pytest.approx(legal(square(300, 200)), rel=1e-6)
    assert land_use.construction_land_gone(measured)["value"].to_dict() == {"a": 0.0, "b": 0.0, "s": 0.0}


def test_land_that_is_gone(facts):
    parcels = facts.frames["construction_land"]
    fewer = parcels[(parcels["date"] == "2015Q4") | (parcels["land_class"] == "0601")]
    measured, _ = with_change(Facts(facts.towns, {**facts.frames, "construction_land": fewer}, "2016Q4", CRS))
    value = land_use.construction_land_gone(measured)["value"]
    whole = legal(square(950, 0))
    assert value["a"] == pytest.approx(whole / 2, rel=1e-6)
    assert value["b"] == pytest.approx(whole / 2, rel=1e-6)


def test_one_state_is_no_change(facts):
    assert land_change(Facts(facts.towns, facts.frames, "2015Q4", CRS)) is None
    assert land_use.construction_land_new(facts)["value"].isna().all()


def test_quota_of_the_year(facts):
    quota = pd.DataFrame(
        {
            "name": ["甲镇", "甲镇", "乙镇"],
            "town_id": ["a", "a", "b"],
            "period": ["2016Q4", "2015Q4", "2016Q4"],
            "quota_mu": [30.0, 99.0, 0.0],
            "layer": "q",
            "fid": [2, 3, 4],
        }
    )
    measured, _ = with_change(Facts(facts.towns, {**facts.frames, "land_quota": quota}, "2016Q4", CRS))
    found = land_use.land_quota_used(measured)
    assert found["value"]["a"] == pytest.approx(legal(square(300, 200)) / M2_PER_MU / 30 * 100, rel=1e-6)
    assert np.isnan(found["value"]["b"])
    assert found["evidence"]["a"]["rows"] == ["2"]


def test_per_person_and_per_mu(facts):
    land = measure_land(facts.frames, facts.towns, "2016Q4", ZONES, 0.5)
    measured = Facts(facts.towns, facts.frames, "2016Q2", CRS, land)
    area = land.totals["construction_land_m2"]["a"]
    assert land_use.construction_land_per_person(measured)["value"]["a"] == pytest.approx(area / 1000)
    assert land_use.investment_per_mu(measured)["value"]["a"] == pytest.approx(60_000 / (area * 3 / 2000))
    assert land_use.tax_per_mu(measured)["value"]["a"] == pytest.approx(15_000 / (area * 3 / 2000))
    assert land_use.tax_per_mu(measured)["value"][["b", "s"]].isna().all()


def test_inefficient_land_found_and_redeveloped(facts):
    lots = frame(
        [square(0, 500), square(200, 500, 50), square(1200, 500), square(400, 500)],
        state=["done", "found", "done", "found"], found_on=["2015Q1", None, "2016Q1", "2017Q1"], done_on=["2016Q2", None, "2017Q1", None],
    )  # fmt: skip
    measured = Facts(facts.towns, {**facts.frames, "inefficient_land": lots}, "2016Q4", CRS)
    found = land_use.inefficient_land(measured)["value"]
    assert found["a"] == pytest.approx(legal(square(0, 500)) + legal(square(200, 500, 50)), rel=1e-8)
    assert found["s"] == 0
    share = land_use.inefficient_land_redeveloped(measured)["value"]
    assert share["a"] == pytest.approx(80, rel=1e-5)
    assert share["b"] == 0
    assert np.isnan(share["s"])


def test_industry_in_parks(facts):
    parks = frame([square(200, 200, 50, 100)], name=["园区"])
    known = Facts(facts.towns, {**facts.frames, "park": parks}, "2016Q4", CRS)
    study = industry(known)
    known = replace(known, studies={"industry": study})
    value = land_use.industrial_in_parks(known)["value"]
    assert value["a"] == pytest.approx(5000 / (20_000 + 30) * 100, rel=1e-3)
    assert np.isnan(value["b"])
    assert land_use.industrial_scattered(known)["value"]["a"] == pytest.approx(1.503, rel=1e-3)
    table = study.tables["industrial_land"].set_index(["town_id", "date"])
    assert table.loc[("a", "2016Q4"), "inside_m2"] == pytest.approx(5000, rel=1e-3)
    assert study.layers["industrial_scattered"]["town_id"].eq("a").any()


def test_inefficient_land_drawn_twice_counts_once_and_is_done_where_all_say_so(facts):
    lots = frame([square(0, 500), square(50, 500), square(50, 500)], state=["done", "found", "done"])
    whole = legal(square(0, 500, 150, 100))
    for rows in (lots, lots.iloc[::-1]):
        measured = Facts(facts.towns, {**facts.frames, "inefficient_land": rows}, "2016Q4", CRS)
        assert land_use.inefficient_land(measured)["value"]["a"] == pytest.approx(whole, rel=1e-6)
        share = land_use.inefficient_land_redeveloped(measured)["value"]["a"]
        assert share == pytest.approx(100 / 3, rel=1e-5)


def test_industry_drawn_twice_counts_once_and_a_planned_park_is_none(facts):
    parcels = facts.frames["construction_land"]
    twice = pd.concat([parcels, parcels.set_axis(parcels.index + "#2")])
    parks = frame(
        [square(200, 200, 50, 100), square(200, 200, 200, 100), square(200, 200, 200, 100)],
        state=["done", "planned", None], start=["2014Q1", None, "2017Q1"],
    )  # fmt: skip
    known = Facts(facts.towns, {**facts.frames, "construction_land": twice, "park": parks}, "2016Q4", CRS)
    table = industry(known).tables["industrial_land"].set_index(["town_id", "date"])
    assert table.loc[("a", "2016Q4"), "industrial_m2"] == pytest.approx(20_030, rel=1e-3)
    assert table.loc[("a", "2016Q4"), "inside_m2"] == pytest.approx(5000, rel=1e-3)
    parks = parks.assign(state="planned")
    none = industry(replace(known, frames={**known.frames, "park": parks})).tables["industrial_land"]
    assert none["inside_m2"].eq(0).all()


def test_people_in_the_built_up_area(facts):
    people = gpd.GeoDataFrame(
        {"persons": [300.0, 100, 50], "layer": "p", "fid": [1, 2, 3]},
        geometry=[Point(X + 50, Y + 50), Point(X + 800, Y + 800), Point(X + 1500, Y + 50)],
        crs=CRS,
    )
    built = frame([square(0, 0, 10), square(0, 0, 200)], date=["2015Q4", "2016Q4"])
    more = {**facts.frames, "population": people, "built_up": built}
    value = land_use.built_up_people_share(Facts(facts.towns, more, "2016Q4", CRS))["value"]
    assert (value["a"], value["b"]) == (75.0, 0.0)
    gap = {**more, "population": people.assign(persons=[300.0, np.nan, 50])}
    value = land_use.built_up_people_share(Facts(facts.towns, gap, "2016Q4", CRS))["value"]
    assert np.isnan(value["a"])  # not 100 %: how many live at the second point is not known
    assert value["b"] == 0.0
    assert land_use.built_up_people_share(Facts(facts.towns, more, "2015Q4", CRS))["value"]["a"] == 0.0


def test_shares_of_reported_figures(facts):
    quarter = Facts(facts.towns, facts.frames, "2016Q2", CRS)
    assert land_use.registered_urban_share(quarter)["value"]["a"] == 40.0
    assert land_use.rural_rights_confirmed(quarter)["value"]["a"] == 75.0
    assert np.isnan(land_use.rural_rights_confirmed(facts)["value"]["a"])


def test_forecast_by_last_year_or_evenly(facts):
    quarter = Facts(facts.towns, facts.frames, "2016Q2", CRS)
    assert schedule.investment_year_forecast(quarter)["value"]["a"] == pytest.approx(6 / (4 / 10))
    alone = facts.frames["town_indicator"].iloc[2:]
    even = Facts(facts.towns, {"town_indicator": alone}, "2016Q2", CRS)
    assert schedule.investment_year_forecast(even)["value"]["a"] == pytest.approx(12)
    assert np.isnan(schedule.investment_year_forecast(facts)["value"]["a"])


def test_investment_against_its_schedule(towns):
    figures = pd.DataFrame(
        {
            "name": ["丙小镇"],
            "town_id": ["s"],
            "period": ["2016Q2"],
            "fixed_investment_yi": [6.0],
            "layer": "t",
            "fid": [2],
        }
    )
    value = schedule.investment_on_schedule(Facts(towns, {"town_indicator": figures}, "2016Q2"))["value"]
    assert value["s"] == pytest.approx(6 / (30 * 2 / 12) * 100)
    assert value[["a", "b"]].isna().all()


def test_nothing_there_is_no_data(towns):
    bare = Facts(towns, {}, "2016Q4", CRS)
    for name in (
        "construction_land_new",
        "land_quota_used",
        "inefficient_land",
        "industrial_in_parks",
        "built_up_people_share",
        "tax_per_mu",
    ):
        assert getattr(land_use, name)(bare)["value"].isna().all()
