import dataclasses

import geopandas as gpd
import pandas as pd
import pytest

from maps import pagedata, pagetime, study_layers, webmap
from maps.land_colors import PLAN, SURVEY, land_code, land_look, land_name, land_scheme
from maps.tilepage import TilePage
from spatial.messages import catalogue
from tests.maps.dated_fixture import dated_results
from tests.maps.results_fixture import small_results


@pytest.fixture(scope="module")
def results():
    return dated_results()


@pytest.fixture(scope="module")
def earlier(results):
    return pagetime.earlier_findings(results)


def test_earlier_quarters_are_judged_from_the_series(results, earlier):
    told = pagetime.past(results, earlier, "en")
    assert pagetime.quarters(results, earlier) == ["2015Q4", "2016Q1", "2016Q2"]
    lacking = "\N{MINUS SIGN}0.8 percentage points"
    assert told["2015Q4"] == [
        [
            "330402101",
            "pilot-city-gdp-lead",
            "fail",
            "1.2 percentage points",
            "≥ 2 percentage points",
            lacking,
        ],
        ["330481102", "pilot-city-gdp-lead", "no data", "", "≥ 2 percentage points", ""],
    ]
    assert [row[2] for row in told["2016Q1"]] == ["pass", "fail"]


def test_a_quarter_without_any_figure_is_not_offered(results, earlier):
    assert "2015Q3" in set(results.tables["series"]["period"])
    assert set(earlier.loc[earlier["quarter"] == "2015Q3", "verdict"]) == {"no data"}
    assert "2015Q3" not in pagetime.quarters(results, earlier)


def test_a_town_listed_later_is_not_judged_before(results):
    towns = results.towns.assign(listed=None)
    towns.loc["330402101", "listed"] = "2016Q1"
    later = pagetime.earlier_findings(dataclasses.replace(results, towns=towns))
    assert set(later.loc[later["quarter"] == "2015Q4", "town_id"]) == {"330481102"}


def test_results_without_a_series_know_their_own_quarter_alone():
    bare = small_results()
    earlier = pagetime.earlier_findings(bare)
    assert earlier.empty
    assert pagetime.quarters(bare, earlier) == ["2016Q2"]
    assert pagetime.past(bare, earlier, "zh") == {}
    assert pagetime.lines(bare, earlier, "zh")["quarters"] == []
    assert pagetime.investment(bare)["towns"] == {}
    assert pagetime.sites(bare, "zh") == {}


def test_lines_have_a_value_or_none_for_each_quarter_and_what_was_asked(results, earlier):
    told = pagetime.lines(results, earlier, "en")
    assert told["quarters"] == ["2015Q3", "2015Q4", "2016Q1", "2016Q2"]
    towns = told["measures"]["gdp_growth_lead_pp"]["towns"]
    assert towns["330481102"]["v"] == [None, None, 1.0, None]
    assert towns["330402101"] == {"v": [None, 1.2, 2.4, 2.6], "t": [2.0, 2.0, 2.0, 2.0]}
    assert told["measures"]["investment_year_yi"]["unit"] == "10⁸ yuan"


def test_investment_is_summed_over_years_and_planned_evenly(results):
    told = pagetime.investment(results)
    assert told["quarters"] == ["2015Q3", "2015Q4", "2016Q1", "2016Q2", "2016Q3"]
    assert told["towns"]["S1"] == {
        "planned": [0.0, 2.0, 4.0, 6.0, 8.0],
        "reported": [2.0, 3.0, 4.0, 5.0, None],
    }


def test_a_year_without_its_end_leaves_out_what_comes_after(results):
    table = results.tables["series"]
    gap = table[~((table["measure"] == "investment_year_yi") & (table["period"] == "2015Q4"))]
    told = pagetime.investment(dataclasses.replace(results, tables={**results.tables, "series": gap}))
    assert told["towns"]["S1"]["reported"] == [2.0, None, None, None, None]


def test_land_by_zone_says_what_came_and_went(results):
    rows = [
        {"town_id": "330402102", "measure": f"construction_land_{zone}_km2", "value": value, "unit": "km²"}
        for zone, value in (("permitted", 1.5), ("restricted", 0.25))
    ]
    more = pd.concat([results.measures, pd.DataFrame(rows)], ignore_index=True)
    told = pagetime.land(dataclasses.replace(results, measures=more), "en")
    assert (told["dates"], told["totals"]) == (["2015Q4", "2016Q2"], [3.0, 0.5])
    assert told["towns"]["330402102"] == [
        ["permitted", 1.5, "1.5000 km²", 2.0, 0.5],
        ["restricted", 0.25, "0.2500 km²", 1.0, 0.0],
    ]


def test_sites_are_counted_by_quarter_whatever_their_kind(results):
    assert [row[1:] for row in pagetime.sites(results, "zh")["S1"]] == [
        ["2016Q1", "planned", 2],
        ["2016Q2", "done", 2],
    ]


def test_studies_have_layers_with_the_words_of_the_legend(results):
    _, drawn = webmap._data(results, "zh", TilePage())
    layers = {layer.key: layer for layer in drawn}
    assert (layers["change-new"].number, layers["change-gone"].number) == (2, 1)  # slivers are not drawn
    assert layers["change-new"].data["ids"] == [0, 1]
    assert layers["cleanup_site_state"].look["kind"] == "point"
    assert layers["raster_candidate"].number == 1
    assert layers["somebody_elses"].label["zh"] == "somebody_elses"
    items = study_layers.items(results, "en")
    assert [item["state"] for item in items["cleanup_site_state"]] == ["done", "planned"]
    assert ["Area (legal)", "250,000.00 m² = 375.000 mu"] in items["raster_candidate"][0]["lines"]


def test_land_classes_have_their_standard_colours(results):
    looks = study_layers.land_looks(results, "zh")
    assert looks["0601"]["fill"] == "#c59a8c"
    assert looks["0601"]["label"] == "0601 工业用地"
    assert land_look("0701", "plan").fill == "#ffff2d"
    assert land_look("08H2A") == SURVEY["08H2"]
    assert looks["0601"]["line"] == "#6c544d"
    assert land_look("0102") != land_look("0150") == land_look("0250")  # not in the list: agricultural land
    assert land_code("2301", "plan") == "23"
    for name, table in (("survey", SURVEY), ("plan", PLAN)):
        assert {f"land-{name}-{code}" for code in table} <= catalogue().keys()


def test_every_class_of_the_survey_has_a_name(results):
    """Codes of the working classification of the third survey, TD/T 1055-2019, annex A."""
    counts = {"01": 3, "02": 4, "03": 7, "04": 4, "06": 3, "07": 2, "10": 9, "11": 10, "12": 7}
    numbered = [f"{great}{own:02}" for great, count in counts.items() for own in range(1, count + 1)]
    codes = [*numbered, "05H1", "0508", "08H1", "08H2", "08H2A", "0809", "0810", "0810A", "09", "1104A"]
    assert [code for code in codes if land_name(code, "zh") == code or land_name(code, "en") == code] == []
    assert land_name("0508", "zh") == "0508 物流仓储用地"
    assert pagedata.pieces(results, "zh")[0]["lines"][4] == ["地类", "0601 工业用地"]


def test_classes_of_a_spatial_plan_have_its_colours_and_names(results):
    """0701 is 城镇住宅用地 in both lists, in two colours; 0601 is industry in one and a rural road in the other."""
    codes = ["070102", "1401", "0601"]
    assert land_scheme(["0701", "0601", "1207", "05H1", "0810A", "202A", "0501"]) == "survey"
    assert land_scheme(codes) == "plan"
    pieces = results.pieces.assign(land_class=(codes * len(results.pieces))[: len(results.pieces)])
    shown, _ = webmap._data(dataclasses.replace(results, pieces=pieces), "zh", TilePage())
    assert shown["zh"]["classes"]["070102"]["fill"] == "#ffff2d"
    assert shown["en"]["classes"]["1401"]["label"] == "1401 " + catalogue()["land-plan-1401"]["en"]
    assert shown["zh"]["pieces"][0]["lines"][4][1].startswith("070102 ")


def test_crossings_and_growth_of_built_up_land_are_told_in_words(results):
    points = gpd.points_from_xy([545_000, 546_000, 547_000], [3_405_000] * 3)
    crossings = gpd.GeoDataFrame(
        {"kind": ["road", "water", "road"], "level": [True, False, None]},
        geometry=points,
        crs=results.towns.crs,
    )
    grown = gpd.GeoDataFrame({"kind": ["infill"]}, geometry=points[:1].buffer(50), crs=results.towns.crs)
    more = {"greenway_crossing": crossings, "built_up_growth": grown}
    shown, drawn = webmap._data(
        dataclasses.replace(results, context={**results.context, **more}), "zh", TilePage()
    )
    layers = {layer.key: (layer.group, layer.label["zh"], layer.number) for layer in drawn}
    assert layers["crossing-road"] == ("greenways", "绿道与主要道路交叉", 2)
    assert layers["crossing-water"] == ("greenways", "绿道跨水", 1)
    assert "greenway_crossing" not in layers
    told = [item["lines"][0][1] for item in shown["en"]["items"]["greenway_crossing"]]
    assert told == ["Apart (bridge or tunnel)", "No bridge or tunnel recorded", "Unknown"]
    assert shown["zh"]["items"]["built_up_growth"][0]["lines"] == [["类型", "填充"]]
