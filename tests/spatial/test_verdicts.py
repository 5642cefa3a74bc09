from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.measures import Measure
from spatial.rules import Rule, Rulebook, parse
from spatial.verdicts import COLUMNS, judge, worst

NAN = math.nan
MEASURES = {
    name: Measure(name, unit, scope, "basis-register", lambda _: pd.DataFrame())
    for name, unit, scope in (
        ("area", "km²", "special"),
        ("outside", "m²", "special"),
        ("money", "亿元", "any"),
    )
}
BOOK = parse(
    {
        "policy": {"id": "p", "title": {"zh": "策", "en": "P"}, "issued": "2016-03-10", "source": "市政府"},
        "rule": [
            {
                "id": name,
                "clause": clause,
                "title": {"zh": name, "en": name},
                "text": name,
                "applies": {"programme": "special"},
                "measure": name,
                "unit": MEASURES[name].unit,
                "operator": operator,
                "threshold": threshold,
                "hardness": "hard",
            }
            for name, clause, operator, threshold in (
                ("area", "二(二)1", "<=", 3),
                ("outside", "二(一)2、二(二)5", "<=", 0),
                ("money", "二(二)3", ">=", 30),
            )
        ],
    },
    "p.toml",
    MEASURES,
)
AREA, OUTSIDE, MONEY = BOOK.rules
TOWNS = pd.DataFrame(
    {
        "name": ["甲镇", "乙镇", "丙镇"],
        "programme": ["special", "pilot", "special"],
        "level": ["city", "city", "province"],
        "listed": ["2015Q1", "2015Q1", "2016Q2"],
        "status": "listed",
    },
    index=pd.Index(["a", "b", "c"], name="town_id"),
)
DEFAULTS = {"plane": NAN, "geodesic": NAN, "tolerance": NAN, "period": "2016Q2", "evidence": {}}


def measured(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame([DEFAULTS | row for row in rows])


def one(
    rule: Rule, value: float, *, as_of: str = "2016Q2", exceptions=None, towns=TOWNS, **row: object
) -> pd.Series:
    """The finding for town a alone."""
    book = replace(BOOK, rules=(rule,))
    table = measured({"town_id": "a", "measure": rule.measure, "value": value, **row})
    return judge(table, towns.loc[["a"]], book, as_of, exceptions).iloc[0]


def approved(**entry: object) -> pd.DataFrame:
    basic = {"town_id": "a", "clause": "二(二)1", "document": "嘉政函1号", "approved_by": "市政府"}
    return pd.DataFrame([basic | {"approved_on": "2016-05-01", "threshold": NAN} | entry])


def test_one_row_for_each_rule_and_town_it_applies_to() -> None:
    findings = judge(measured({"town_id": "a", "measure": "area", "value": 2.0}), TOWNS, BOOK, "2016Q2")
    assert list(findings.columns) == COLUMNS
    assert list(findings["finding_id"]) == [
        "area:a",
        "area:c",
        "outside:a",
        "outside:c",
        "money:a",
        "money:c",
    ]
    assert list(findings["verdict"]) == ["pass"] + ["no data"] * 5
    assert findings["finding_id"].is_unique


def test_a_town_not_yet_listed_or_removed_is_not_judged() -> None:
    table = measured({"town_id": "a", "measure": "area", "value": 2.0})
    assert set(judge(table, TOWNS, BOOK, "2016Q1")["town_id"]) == {"a"}
    gone = TOWNS.assign(status=["removed", "listed", "listed"])
    assert set(judge(table, gone, BOOK, "2016Q2")["town_id"]) == {"c"}


def test_no_town_no_findings() -> None:
    table = measured({"town_id": "a", "measure": "area", "value": 2.0})
    findings = judge(table, TOWNS.iloc[:0], BOOK, "2016Q2")
    assert list(findings.columns) == COLUMNS
    assert findings.empty
    assert worst(findings).empty


@pytest.mark.parametrize(
    ("operator", "value", "verdict", "margin"),
    [
        ("<=", 2.5, "pass", 0.5),
        ("<=", 3.0, "pass", 0.0),
        ("<=", 3.5, "fail", -0.5),
        (">=", 3.5, "pass", 0.5),
        (">=", 3.0, "pass", 0.0),
        (">=", 2.5, "fail", -0.5),
        ("<", 3.0, "fail", 0.0),
        ("<", 2.9, "pass", 0.1),
        (">", 3.0, "fail", 0.0),
        (">", 3.1, "pass", 0.1),
        ("==", 3.0, "pass", 0.0),
        ("==", 3.5, "fail", -0.5),
        ("==", 2.5, "fail", -0.5),
    ],
)
def test_operators(operator: str, value: float, verdict: str, margin: float) -> None:
    found = one(replace(AREA, operator=operator), value)
    assert found["verdict"] == verdict
    assert found["margin"] == pytest.approx(margin)


@pytest.mark.parametrize(
    ("rule", "value", "verdict"),
    [
        (AREA, 3.000000004, "pass"),  # less than half of 0.01 m²
        (AREA, 3.000000006, "fail"),
        (OUTSIDE, 0.004, "pass"),
        (OUTSIDE, 0.006, "fail"),
        (MONEY, 29.999999999999996, "pass"),
        (MONEY, 29.999999, "fail"),
    ],
)
def test_the_limit_is_met_to_the_precision_of_the_unit(rule: Rule, value: float, verdict: str) -> None:
    found = one(rule, value)
    assert found["verdict"] == verdict
    assert (found["margin"] == 0) == (verdict == "pass")


def test_within_tolerance_passes_and_shows_the_excess() -> None:
    rule = replace(AREA, tolerance=0.1, hardness="soft")
    found = one(rule, 3.3)
    assert (found["verdict"], found["condition"]) == ("pass", "condition-within-tolerance")
    assert found["margin"] == pytest.approx(-0.3)
    assert one(rule, 3.3001)["verdict"] == "fail"
    assert pd.isna(one(rule, 2.9)["condition"])
    assert one(replace(rule, operator=">="), 2.7)["verdict"] == "pass"
    assert one(replace(rule, operator=">="), 2.69)["verdict"] == "fail"


def test_missing_is_no_data_with_a_reason() -> None:
    assert one(AREA, NAN)["condition"] == "condition-no-value"
    assert one(AREA, NAN, evidence={"reason": "condition-not-listed"})["condition"] == "condition-not-listed"
    assert one(AREA, NAN, exceptions=approved())["verdict"] == "no data"
    assert pd.isna(one(AREA, NAN)["margin"])


def test_what_a_miss_is_can_be_chosen() -> None:
    rule = replace(OUTSIDE, miss="warning", condition="condition-conditional-zone")
    assert tuple(one(rule, 5.0)[["verdict", "condition"]]) == ("warning", "condition-conditional-zone")
    rule = replace(OUTSIDE, miss="no data", condition="condition-no-zone")
    assert tuple(one(rule, 5.0)[["verdict", "condition"]]) == ("no data", "condition-no-zone")


def test_the_towns_own_limit_comes_first() -> None:
    rule = replace(AREA, town_threshold="approved_planned_km2", tolerance=0.1, town_tolerance=0.01)
    towns = TOWNS.assign(approved_planned_km2=[3.5, NAN, NAN])
    found = one(rule, 3.535, towns=towns)
    assert tuple(found[["verdict", "threshold", "threshold_source", "tolerance"]]) == (
        "pass",
        3.5,
        "town",
        0.01,
    )
    assert one(rule, 3.5351, towns=towns)["verdict"] == "fail"
    none = one(rule, 3.2, towns=towns.assign(approved_planned_km2=NAN))
    assert tuple(none[["verdict", "threshold", "threshold_source"]]) == ("pass", 3.0, "rulebook")


def test_turned_by_names_what_would_turn_the_verdict() -> None:
    assert one(AREA, 2.9999, plane=3.0001, geodesic=2.9999)["turned_by"] == "plane"
    assert (
        one(AREA, 2.9999, plane=3.0001, geodesic=3.00005, tolerance=0.001)["turned_by"]
        == "plane,geodesic,digitising"
    )
    assert one(AREA, 3.0005, tolerance=0.001)["turned_by"] == "digitising"
    assert pd.isna(one(AREA, 2.5, plane=2.6, geodesic=2.5, tolerance=0.1)["turned_by"])
    assert pd.isna(one(AREA, NAN, plane=3.5)["turned_by"])


@pytest.mark.parametrize(
    ("value", "share", "verdict"),
    [(10.0, 4 / 12, "pass"), (9.9, 4 / 12, "warning"), (29.0, 4 / 12, "pass")],
)
def test_sums_are_asked_in_proportion_to_time(value: float, share: float, verdict: str) -> None:
    rule = _due({"column": "listed", "quarters": 12})
    found = one(rule, value, as_of="2015Q4")
    assert found["verdict"] == verdict
    assert found["threshold"] == pytest.approx(30 * share)
    assert found["threshold_source"] == "rulebook-prorated"
    assert found["due"] == "2017Q4"
    assert found["evidence"]["prorated"] == {"full": 30.0, "share": pytest.approx(share)}


def test_once_due_the_whole_sum_is_asked() -> None:
    rule = _due({"column": "listed", "quarters": 12})
    assert tuple(one(rule, 29.0, as_of="2017Q4")[["verdict", "threshold"]]) == ("fail", 30.0)
    assert one(rule, 29.0, as_of="2017Q3")["verdict"] == "pass"
    assert one(rule, 29.0, as_of="2019Q1")["verdict"] == "fail"


def test_a_count_not_due_is_not_held_against_the_town() -> None:
    rule = _due("2018Q4", prorate=False)
    found = one(rule, 5.0)
    assert tuple(found[["verdict", "condition", "threshold"]]) == ("warning", "condition-not-due", 30.0)
    assert one(rule, 5.0, as_of="2018Q4")["verdict"] == "fail"
    assert one(rule, NAN)["verdict"] == "no data"


def test_a_due_that_is_not_known_is_not_yet() -> None:
    rule = _due({"column": "built"}, prorate=False)
    assert one(rule, 5.0)["condition"] == "condition-not-due"
    built = TOWNS.assign(built="2016Q1")
    assert one(rule, 5.0, towns=built)["verdict"] == "fail"


def test_the_year_end_starts_anew_every_year() -> None:
    rule = _due("year-end")
    assert one(rule, 7.5, as_of="2016Q1")["verdict"] == "pass"
    assert one(rule, 7.5, as_of="2016Q2")["verdict"] == "warning"
    assert one(rule, 7.5, as_of="2016Q4")["verdict"] == "fail"


def test_an_exception_turns_a_fail_into_a_warning_that_names_it() -> None:
    found = one(AREA, 3.87, exceptions=approved())
    assert tuple(found[["verdict", "condition"]]) == ("warning", "condition-exception")
    assert found["exception"] == "嘉政函1号 市政府 2016-05-01"
    assert found["margin"] == pytest.approx(-0.87)
    assert one(AREA, 2.9, exceptions=approved())["verdict"] == "pass"


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        ({"approved_on": "2016-06-30"}, "warning"),
        ({"approved_on": "2016-07-01"}, "fail"),
        ({"approved_on": None}, "warning"),
        ({"document": None}, "fail"),
        ({"town_id": "c"}, "fail"),
        ({"clause": "二(二)3"}, "fail"),
        ({"clause": "二（二）1"}, "warning"),
        ({"clause": "area"}, "warning"),
        ({"threshold": 3.87}, "warning"),
        ({"threshold": 3.86}, "fail"),
        ({"threshold": 2.0}, "fail"),
    ],
)
def test_which_exceptions_stand(entry: dict, verdict: str) -> None:
    assert one(AREA, 3.87, exceptions=approved(**entry))["verdict"] == verdict


def test_an_own_threshold_is_judged_against_and_shown() -> None:
    found = one(AREA, 4.0, exceptions=approved(threshold=3.9))
    assert tuple(found[["verdict", "threshold", "threshold_source"]]) == ("fail", 3.9, "exception")
    assert found["margin"] == pytest.approx(-0.1)


def test_an_own_threshold_belongs_to_the_rule_it_relaxes_least() -> None:
    small = replace(AREA, id="small", threshold=1.0)
    book = replace(BOOK, rules=(AREA, small))
    table = measured({"town_id": "a", "measure": "area", "value": 3.5})
    large = judge(table, TOWNS.loc[["a"]], book, "2016Q2", approved(threshold=3.5))
    assert list(large["verdict"]) == ["warning", "fail"]
    named = judge(table, TOWNS.loc[["a"]], book, "2016Q2", approved(threshold=3.5, clause="small"))
    assert list(named["verdict"]) == ["fail", "warning"]


def test_an_exception_names_one_clause_of_several_and_a_town_by_name() -> None:
    by_name = approved(clause="二(二)5", name="甲镇").drop(columns="town_id")
    assert one(OUTSIDE, 40.0, exceptions=by_name)["verdict"] == "warning"


def test_rules_are_asked_only_in_their_time() -> None:
    rule = replace(AREA, first="2016Q1", last="2016Q4")
    table = measured({"town_id": "a", "measure": "area", "value": 2.0})
    asked = [
        len(judge(table, TOWNS.loc[["a"]], replace(BOOK, rules=(rule,)), q))
        for q in ("2015Q4", "2016Q1", "2016Q4", "2017Q1")
    ]
    assert asked == [0, 1, 1, 0]


def test_worst_first_is_fail_then_warning_then_no_data() -> None:
    verdicts = {
        "a": ["pass", "no data"],
        "b": ["no data", "warning"],
        "c": ["warning", "fail"],
        "d": ["pass"],
    }
    findings = pd.DataFrame([{"town_id": t, "verdict": v} for t, vs in verdicts.items() for v in vs])
    assert worst(findings).to_dict() == {"a": "no data", "b": "warning", "c": "fail", "d": "pass"}


@settings(max_examples=25)
@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 0.5))
def test_less_area_never_worsens_a_limit(one_value: float, other: float, tolerance: float) -> None:
    rule = replace(AREA, tolerance=tolerance)
    low, high = sorted((one_value, other))
    assert not (one(rule, high)["verdict"] == "pass" and one(rule, low)["verdict"] == "fail")


@settings(max_examples=25)
@given(st.floats(0, 10), st.floats(0, 10))
def test_shares_of_towns_do_not_touch_each_other(first: float, second: float) -> None:
    rows = [
        {"town_id": "a", "measure": "area", "value": first},
        {"town_id": "c", "measure": "area", "value": second},
    ]
    together = judge(measured(*rows), TOWNS, BOOK, "2016Q2")
    reverse = judge(measured(*rows[::-1]), TOWNS.iloc[::-1], BOOK, "2016Q2")
    columns = ["verdict", "margin"]
    left, right = together.set_index("finding_id")[columns], reverse.set_index("finding_id")[columns]
    pd.testing.assert_frame_equal(left.sort_index(), right.sort_index())


def _due(due: object, *, prorate: bool = True) -> Rule:
    base = {
        "id": "money", "clause": "二(二)3", "title": {"zh": "钱", "en": "money"}, "text": "钱",
        "applies": {"programme": "special"}, "measure": "money", "unit": "亿元", "operator": ">=",
        "threshold": 30, "hardness": "hard", "due": due,
    }  # fmt: skip
    base["prorate"] = prorate
    head = {"id": "p", "title": {"zh": "策", "en": "P"}, "issued": "2016", "source": "市政府"}
    book: Rulebook = parse({"policy": head, "rule": [base]}, "p.toml", MEASURES)
    return book.rules[0]
