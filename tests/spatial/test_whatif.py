from __future__ import annotations

import math

import pandas as pd
import pytest

from spatial.errors import RuleError
from spatial.measures import Measure
from spatial.rules import parse
from spatial.whatif import Change, read_change, what_if

MEASURES = {
    name: Measure(name, unit, scope, "basis-register", lambda _: pd.DataFrame())
    for name, unit, scope in (("area", "km²", "special"), ("growth", "%", "any"))
}
BASIC = {"clause": "二", "title": {"zh": "规", "en": "R"}, "text": "规", "applies": {"programme": "special"}}
BOOK = parse(
    {
        "policy": {"id": "p", "title": {"zh": "策", "en": "P"}, "issued": "2016-03-10", "source": "市"},
        "rule": [
            BASIC
            | {"id": "limit", "measure": "area", "unit": "km²", "operator": "<=", "threshold": 3}
            | {"tolerance": 0.1, "town_threshold": "approved_planned_km2", "hardness": "soft"},
            BASIC
            | {"id": "fast", "measure": "growth", "unit": "%", "operator": ">=", "threshold": 10}
            | {"hardness": "hard"},
        ],
    },
    "p.toml",
    MEASURES,
)
TOWNS = pd.DataFrame(
    {
        "name": ["甲镇", "乙镇", "乙镇"],
        "programme": "special",
        "level": "city",
        "listed": "2015Q1",
        "status": "listed",
        "approved_planned_km2": [math.nan, math.nan, 2.0],
    },
    index=pd.Index(["a", "b", "c"], name="town_id"),
)
VALUES = {("area", "a"): 3.2, ("area", "b"): 3.4, ("area", "c"): 2.1}
VALUES |= {("growth", "a"): 10.0, ("growth", "b"): 9.0, ("growth", "c"): math.nan}
TABLE = pd.DataFrame(
    [{"measure": name, "town_id": town, "value": value} for (name, town), value in VALUES.items()]
).assign(plane=math.nan, geodesic=math.nan, tolerance=math.nan, period="2016Q4", evidence=None)
EXCEPTIONS = pd.DataFrame(
    [{"town_id": "b", "clause": "limit", "document": "文1", "approved_on": None, "threshold": 3.5}]
)


def turned(*words: str, exceptions: pd.DataFrame | None = None) -> dict[str, tuple[str, str]]:
    changes = [read_change(one, BOOK, MEASURES, TOWNS) for one in words]
    found = what_if(TABLE, TOWNS, BOOK, "2016Q4", changes, exceptions)
    return {row["finding_id"]: (row["verdict_before"], row["verdict"]) for row in found.to_dict("records")}


def test_nothing_assumed_turns_nothing() -> None:
    assert turned() == {}
    assert turned("a:area=3.2", "limit.threshold=3") == {}


def test_a_threshold_for_all_spares_the_town_with_its_own() -> None:
    # 3.1 × 1.1 = 3.41 holds 3.4; c is held against its own 2.0 × 1.1 = 2.2
    assert turned("limit.threshold=3.1") == {"limit:b": ("fail", "pass")}
    # 3.2 > 3, no tolerance; the town's own tolerance is another key
    assert turned("limit.tolerance=0") == {"limit:a": ("pass", "fail")}
    assert turned("limit.town_tolerance=0") == {"limit:c": ("pass", "fail")}


def test_a_figure_of_one_town_and_of_all() -> None:
    assert turned("a:growth=9.5") == {"fast:a": ("pass", "fail")}
    assert turned("甲镇:growth = 19/2") == {"fast:a": ("pass", "fail")}
    assert turned("growth=9.5") == {"fast:a": ("pass", "fail"), "fast:c": ("no data", "fail")}
    assert turned("growth=nan") == {"fast:a": ("pass", "no data"), "fast:b": ("fail", "no data")}
    assert turned("growth=9.5", "a:growth=21/2") == {"fast:c": ("no data", "fail")}


def test_a_limit_of_a_town() -> None:
    # 2.1 > 1.9 × 1.1 = 2.09
    assert turned("c:approved_planned_km2=1.9") == {"limit:c": ("pass", "fail")}
    assert turned("c:approved_planned_km2=nan") == {}


def test_an_exception_stands_under_an_assumption_too() -> None:
    assert turned("b:area=3.6", exceptions=EXCEPTIONS) == {}  # 3.5 × 1.1 = 3.85
    assert turned("b:area=3.9", exceptions=EXCEPTIONS) == {"limit:b": ("warning", "fail")}


def test_before_and_after_stand_side_by_side() -> None:
    row = what_if(TABLE, TOWNS, BOOK, "2016Q4", [Change("growth", 10.5, town="b")]).iloc[0]
    assert (row["value_before"], row["value"], row["threshold"]) == (9.0, 10.5, 10.0)
    assert (row["margin_before"], row["margin"]) == (-1.0, 0.5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("growth", "write MEASURE=NUMBER"),
        ("growth=", "write MEASURE=NUMBER"),
        ("growth=fast", "write MEASURE=NUMBER"),
        ("growht=9", "nearest: growth"),
        ("丙镇:growth=9", "no town `丙镇`"),
        ("乙镇:growth=9", "give the id: b, c"),
        ("limt.threshold=4", "nearest rule: limit"),
        ("limit.operator=4", "threshold, tolerance, town_tolerance"),
        ("a:limit.threshold=4", "a:limit.threshold.*TOWN:approved_planned_km2"),
        ("limit.tolerance=-1", "tolerance >= 0"),
    ],
)
def test_what_cannot_be_assumed_is_one_sentence(words: str, said: str) -> None:
    with pytest.raises(RuleError, match=said) as caught:
        read_change(words, BOOK, MEASURES, TOWNS)
    assert "\n" not in str(caught.value)


def test_what_is_not_measured_of_a_town() -> None:
    with pytest.raises(RuleError, match="no growth of programme"):
        turned("programme:growth=9")
