"""The dynamic adjustment by hand: every path, and none for want of data."""

import pandas as pd
import pytest

from spatial.adjustment import HISTORY, propose, standing
from spatial.errors import RuleError
from spatial.scheme import parse
from spatial.scoring import score

DATA = {
    "most_missing": 0.5,
    "item": [{"rule": "growth", "points": 60, "start": 0, "end": 10}, {"rule": "money", "points": 40}],
    "grade": [{"id": "good", "at_least": 80}, {"id": "fail", "at_least": -1}],
    "cards": {"applies": {"programme": "pilot"}, "below": 70, "clause": "四(四)"},
    "elimination": [
        {"reason": "investment-missed", "applies": {"programme": "special"}, "rules": ["money"], "clause": "四(四)"},
        {"reason": "assessment-failed", "applies": {"programme": "special"}, "grade": "fail", "clause": "四(四)"},
        {"reason": "not-a-special-town", "applies": {"programme": "special"}, "clause": "四(四)"},
    ],
    "award": [
        {"id": "promotion", "applies": {"level": "county"}, "to": "city", "grade": "good", "years": 2, "clause": "四(二)"},
        {"id": "excellent", "applies": {"programme": "pilot"}, "grade": "good", "top": 1, "clause": "四(四)"},
    ],
}  # fmt: skip
RULES = ("growth", "money")


def run(values, money=None, history=(), programme="pilot", level="city", data=DATA, year=2016):
    """Proposals for towns a, b, … with these growths (None: no data) and verdicts of the money rule."""
    names = list("abcdef")[: len(values)]
    towns = pd.DataFrame(
        {"name": names, "programme": programme, "level": level}, index=pd.Index(names, name="town_id")
    )
    rows = [
        (town, "growth", "no data" if value is None else "fail", value)
        for town, value in zip(names, values, strict=True)
    ]
    rows += [
        (town, "money", verdict, 1.0)
        for town, verdict in zip(names, money or ["pass"] * len(names), strict=True)
    ]
    findings = pd.DataFrame(rows, columns=["town_id", "rule", "verdict", "value"]).assign(
        unit="%", condition=None
    )
    findings["finding_id"] = findings["rule"] + ":" + findings["town_id"]
    scheme = parse(data, RULES, "test.toml")
    scores, _ = score(findings, towns, scheme)
    found = propose(scores, findings, towns, pd.DataFrame(list(history), columns=HISTORY), year, scheme)
    return [(row.town_id, row.kind, row.reason) for row in found.itertuples()]


def test_first_card():
    assert run([2.0, 9.0]) == [("a", "card", "low-score"), ("b", "excellent", "good")]


def test_second_card():
    assert run([2.0], history=[("a", 2015, "card", "")]) == [("a", "second-card", "low-score")]


def test_two_cards_that_stand_are_too_many_also_in_a_good_year():
    assert run([9.0], history=[("a", 2014, "card", ""), ("a", 2015, "card", "")]) == [
        ("a", "second-card", "cards-standing")
    ]


def test_a_card_lapses_after_two_years_without():
    assert ("a", "card-lapsed", "years-without") in run([9.0], history=[("a", 2014, "card", "")])
    assert run([9.0], history=[("a", 2015, "card", "")]) == [("a", "excellent", "good")]


def test_a_lapsed_card_counts_no_more():
    history = [("a", 2013, "card", ""), ("a", 2015, "lapsed", "")]
    assert run([2.0], history=history) == [("a", "card", "low-score")]
    assert standing(pd.DataFrame(history, columns=HISTORY), "a", 2016) == []


def test_missing_data_gets_nobody_a_card():
    assert run([None]) == [("a", "undecided", "low-score")]
    assert run([None], money=["fail"]) == [("a", "card", "low-score")]  # low even if the growth were full


def test_places_at_the_back():
    data = DATA | {"cards": DATA["cards"] | {"last": 1}, "award": []}
    assert run([2.0, 3.0, 9.0], data=data) == [("a", "card", "low-score")]
    assert run([4.0, 4.0, 9.0], data=data) == []


def test_eliminations_for_each_reason():
    assert run([9.0], ["fail"], programme="special") == [
        ("a", "elimination", "investment-missed"),
        ("a", "elimination", "assessment-failed"),
    ]
    assert run([1.0], programme="special") == [("a", "elimination", "assessment-failed")]
    assert run([9.0], programme="special", history=[("a", 2016, "unfit", "not-a-special-town")]) == [
        ("a", "elimination", "not-a-special-town")
    ]
    assert run([9.0], programme="special", history=[("a", 2015, "unfit", "not-a-special-town")]) == []


def test_missing_data_eliminates_nobody():
    assert run([9.0], ["no data"], programme="special") == [("a", "undecided", "investment-missed")]


def test_promotion_needs_all_the_years():
    assert run([9.0], programme="special", level="county") == []
    history = [("a", 2015, "grade", "good")]
    assert run([9.0], programme="special", level="county", history=history) == [("a", "promotion", "city")]
    assert run([1.0], programme="special", level="county", history=history) == [
        ("a", "elimination", "assessment-failed")
    ]


def test_ties_at_the_top_are_all_named():
    assert run([9.0, 9.0, 8.0]) == [("a", "excellent", "good"), ("b", "excellent", "good")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"items": []}, "nearest: item"),
        ({"item": [{"rule": "growht", "points": 1}]}, "nearest: growth"),
        ({"item": [{"rule": "growth"}]}, "points"),
        ({"item": [{"rule": "growth", "points": 1, "start": 2}]}, "start = 0, end = 2"),
        ({"grade": [{"id": "a", "at_least": "many"}]}, "at_least"),
        ({"cards": {"applies": {"programme": "towns"}, "below": 1, "clause": "x"}}, "programme"),
        ({"elimination": [{"reason": "ugly", "applies": {}, "clause": "x"}]}, "reason"),
        ({"award": [{"id": "promotion", "applies": {}, "grade": "best", "clause": "x"}]}, "grade"),
        ({"missing": "guess"}, "leave-out"),
        ({"veto": ["line"]}, "veto"),
    ],
)
def test_a_wrong_scheme_is_one_sentence(change, words):
    with pytest.raises(RuleError, match=words):
        parse(DATA | change, RULES, "test.toml")
