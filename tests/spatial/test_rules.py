from __future__ import annotations

import copy
import json
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from spatial import rules
from spatial.errors import RuleError
from spatial.measures import Measure
from spatial.rules import Due, from_data, parse
from spatial.settings import Settings

MEASURES = {
    name: Measure(name, unit, scope, "basis-register", lambda _: pd.DataFrame())
    for name, unit, scope in (
        ("planned_area_km2", "km²", "special"),
        ("gdp_growth_pct", "%", "any"),
        ("yellow_cards", "", "pilot"),
        ("city_pilot_count", "", "programme"),
    )
}
RULE = {
    "id": "area",
    "clause": "二(二)1",
    "title": {"zh": "面积", "en": "Area"},
    "text": "严格控制规划面积",
    "applies": {"programme": "special", "level": "city"},
    "measure": "planned_area_km2",
    "unit": "km²",
    "operator": "<=",
    "threshold": 3,
    "hardness": "soft",
}
BOOK = {
    "policy": {"id": "p", "title": {"zh": "策", "en": "P"}, "issued": "2016-03-10", "source": "市政府"},
    "rule": [RULE],
}


def book(settings: dict | None = None, **changes: object) -> dict:
    data = copy.deepcopy(BOOK)
    data["rule"][0] |= changes
    return data if settings is None else {**data, "settings": settings}


def read(data: dict):
    return parse(data, "mine.toml", MEASURES)


def complaint(data: dict) -> str:
    with pytest.raises(RuleError) as caught:
        read(data)
    assert caught.value.text("zh") != str(caught.value)
    assert str(caught.value).startswith("mine.toml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_filled_in() -> None:
    rule = read(book()).rules[0]
    assert (rule.programme, rule.levels) == ("special", ("city",))
    assert (rule.threshold, rule.tolerance, rule.miss, rule.prorate, rule.due) == (
        3.0,
        0.0,
        "fail",
        False,
        None,
    )


@pytest.mark.parametrize(
    ("operator", "hardness", "miss"),
    [("<=", "soft", "fail"), (">=", "soft", "warning"), (">=", "hard", "fail"), ("==", "soft", "warning")],
)
def test_what_a_miss_is_by_default(operator: str, hardness: str, miss: str) -> None:
    assert read(book(operator=operator, hardness=hardness)).rules[0].miss == miss


def test_a_threshold_can_be_a_fraction() -> None:
    assert read(book(threshold="50/3")).rules[0].threshold == 50 / 3


def test_dues() -> None:
    assert read(book(due="2016Q4")).rules[0].due == Due(quarter="2016Q4")
    assert read(book(due={"column": "listed", "quarters": 12})).rules[0].due == Due(
        column="listed", quarters=12
    )
    assert read(book(due="year-end", prorate=True)).rules[0].due == Due(quarter="year-end")


def test_a_rule_of_the_programme_and_of_all_levels() -> None:
    programme = read(book(applies="programme", measure="city_pilot_count", unit="")).rules[0]
    assert (programme.programme, programme.levels) == (None, ())
    both = read(book(applies={"programme": "special", "level": ["province", "city"]})).rules[0]
    assert both.levels == ("province", "city")
    assert read(book(applies={"programme": "special"})).rules[0].levels == ()


def test_settings_change_only_what_they_name() -> None:
    settings = read(book({"sliver_width_m": 1.0, "zones": {"permitted": ["01"]}})).settings
    assert settings.sliver_width_m == 1.0
    assert settings.zones == {"permitted": ("01",)}
    assert settings.investment_window_quarters == 12


def test_tolerances_of_inspectors_are_settings() -> None:
    rulebook = read(book({"quality": {"issue-overlap": {"area_m2": 20}}}))
    assert rulebook.settings.quality == {"issue-overlap": {"area_m2": 20.0}}
    assert from_data(json.loads(json.dumps(rulebook.as_data()))).settings == rulebook.settings
    with pytest.raises(RuleError, match="no quality rule issue-overlaps"):
        read(book({"quality": {"issue-overlaps": {"area_m2": 20}}}))
    with pytest.raises(RuleError, match="nearest: area_m2"):
        read(book({"quality": {"issue-overlap": {"area": 20}}}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"treshold": 3}, ["treshold", "nearest: threshold"]),
        ({"measure": "planed_area_km2"}, ["[[rule]] area", "planed_area_km2", "nearest: planned_area_km2"]),
        ({"unit": "m²"}, ["m²", "km²", "planned_area_km2"]),
        ({"operator": "=<"}, ["operator", "=<", "<="]),
        ({"hardness": "herd"}, ["nearest: hard"]),
        ({"miss": "warn"}, ["nearest: warning"]),
        ({"condition": "condition-conditional"}, ["nearest: condition-conditional-zone"]),
        ({"town_threshold": "approved_planed_km2"}, ["nearest: approved_planned_km2"]),
        ({"applies": {"programme": "specials"}}, ["programme", "nearest: special"]),
        ({"applies": {"programme": "special", "level": "town"}}, ["level", "town", "county"]),
        ({"applies": {"programme": "special", "levle": "city"}}, ["levle", "nearest: level"]),
        ({"applies": "special"}, ["applies", "programme"]),
        ({"measure": "yellow_cards", "unit": ""}, ["yellow_cards", "pilot", "special"]),
        ({"applies": "programme"}, ["planned_area_km2", "special", "programme"]),
        ({"threshold": "three"}, ["threshold", "three", "50/3"]),
        ({"threshold": True}, ["threshold", "True"]),
        ({"threshold": float("inf")}, ["threshold", "inf"]),
        ({"tolerance": -0.1}, ["tolerance", ">= 0"]),
        ({"due": "2016"}, ["due", "2016Q2"]),
        ({"due": {"column": "lsited"}}, ["nearest: listed"]),
        ({"due": {"column": "listed", "quarters": 0}}, ["quarters", "0"]),
        ({"prorate": "yes"}, ["prorate", "true / false"]),
        ({"prorate": True}, ["prorate", "due"]),
        ({"prorate": True, "due": "2016Q4"}, ["prorate", "from"]),
        ({"from": "2016Q5"}, ["from", "2016Q5"]),
        ({"title": "面积"}, ["title", "zh"]),
        ({"title": {"zh": "面积"}}, ["title", "en", "missing"]),
        ({"clause": " "}, ["clause"]),
    ],
)
def test_a_slip_in_a_rule_is_one_sentence(changes: dict, words: list[str]) -> None:
    said = complaint(book(**changes))
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sliver_width": 0.5}, ["[settings]", "nearest: sliver_width_m"]),
        ({"sliver_width_m": -1}, ["sliver_width_m", ">= 0"]),
        ({"area": "plane"}, ["legal, registered"]),
        ({"zones": {"permited": ["010"]}}, ["[settings.zones]", "nearest: permitted"]),
        ({"zones": {"permitted": "010"}}, ["permitted", "010"]),
        ({"investment_excludes": {"province": ["housing"]}}, ["housing_investment_yi"]),
        ({"investment_window_quarters": 0}, ["investment_window_quarters", "0"]),
    ],
)
def test_a_slip_in_the_settings_is_one_sentence(settings: dict, words: list[str]) -> None:
    said = complaint(book(settings))
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    "key", ["id", "clause", "text", "measure", "unit", "operator", "threshold", "hardness"]
)
def test_a_missing_key_is_named(key: str) -> None:
    data = book()
    del data["rule"][0][key]
    assert f"`{key}` is missing" in complaint(data)


def test_slips_outside_rules() -> None:
    assert "nearest: rule" in complaint({**BOOK, "rules": []})
    assert "[[rule]]" in complaint({**BOOK, "rule": []})
    assert "`issued` is missing" in complaint(
        {**BOOK, "policy": {k: v for k, v in BOOK["policy"].items() if k != "issued"}}
    )
    with pytest.raises(RuleError, match="two rules have the id `area`"):
        read({**BOOK, "rule": [RULE, RULE]})


def test_as_data_is_plain() -> None:
    data = json.loads(json.dumps(read(book({"area": "registered"})).as_data(), ensure_ascii=False))
    assert data["id"] == data["name"] == "p"
    assert data["settings"]["area"] == "registered"
    assert data["rules"][0]["applies"] == "special"
    assert data["rules"][0]["threshold"] == 3.0


def test_the_manual_names_every_key() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    keys = {*rules.REQUIRED, *rules.OPTIONAL, *(entry.name for entry in fields(Settings))}
    assert {key for key in keys if key not in manual} == set()


def test_indicators_are_measures_by_clause() -> None:
    data = book() | {"indicators": {"三(二)3": ["planned_area_km2"]}}
    rulebook = read(data)
    assert rulebook.indicators == {"三(二)3": ("planned_area_km2",)}
    assert from_data(json.loads(json.dumps(rulebook.as_data()))).indicators == rulebook.indicators
    with pytest.raises(RuleError, match="nearest: planned_area_km2"):
        read(book() | {"indicators": {"三(二)3": ["planned_area"]}})
