from __future__ import annotations

import copy
from typing import Any

import pytest

from spatial.rule_faults import faults
from spatial.rule_fixtures import fixture_faults
from spatial.rules import parse

RULE: dict[str, Any] = {
    "id": "area", "clause": "二", "title": {"zh": "面积", "en": "Area"}, "text": "控制",
    "applies": {"programme": "special"}, "measure": "planned_area_km2", "unit": "km²", "operator": "<=",
    "threshold": 3, "hardness": "hard",
}  # fmt: skip
BOOK: dict[str, Any] = {
    "policy": {"id": "p", "title": {"zh": "策", "en": "P"}, "issued": "2016-03-10", "source": "市"},
    "rule": [RULE],
}


def book(*rules: dict[str, Any], **tables: Any) -> dict[str, Any]:
    return copy.deepcopy({**BOOK, "rule": [{**RULE, **rule} for rule in rules or ({},)], **tables})


def said(data: dict[str, Any]) -> list[str]:
    return [str(error) for error in faults(data, "mine.toml")]


def test_a_sound_rulebook_has_none() -> None:
    assert said(BOOK) == []


def test_all_faults_at_once_each_a_sentence_of_its_own() -> None:
    data = book(
        {"operator": "=<", "hardness": "herd", "tolerence": 0.1, "threshold": "three"},
        {
            "id": "two",
            "measure": "planed_area_km2",
            "unit": "km2",
            "due": {"column": "lsited", "quarters": 0},
        },
        {"id": "three", "unit": "m²", "title": {"zh": "三"}, "prorate": True},
        settings={"sliver_width": 1, "area": "plane", "zones": {"permited": ["010"]}},
        policy={**BOOK["policy"], "isued": "2016", "as_of": "2016"},
        rules=1,
    )
    words = [
        "no key `rules`", "[policy]: there is no key `isued`", "[policy]: as_of",
        "[settings]: there is no key `sliver_width`", "area = `plane`", "no key `permited`; nearest: permitted",
        "area: there is no key `tolerence`; nearest: tolerance", "operator = `=<`", "nearest: hard",
        "threshold = 'three'", "nearest: planned_area_km2", "nearest: listed", "quarters = 0",
        "three, title: the key `en` is missing", "unit = `m²`", "prorate",
    ]  # fmt: skip
    found = said(data)
    assert len(found) == len(words)
    for word in words:
        assert sum(word in sentence for sentence in found) == 1, word
    assert all(sentence.startswith("mine.toml") and "\n" not in sentence for sentence in found)


@pytest.mark.parametrize("key", RULE)
def test_a_missing_key_is_one_fault(key: str) -> None:
    data = book()
    del data["rule"][0][key]
    assert [f"`{key}` is missing" in sentence for sentence in said(data)] == [True]


@pytest.mark.parametrize("key", RULE)
@pytest.mark.parametrize("value", [None, [], {}, 1.5, "nonsense", True])
def test_any_value_ends_in_sentences(key: str, value: object) -> None:
    assert len(said(book({key: value}))) <= 2


def test_ids_twice_scopes_and_no_rules() -> None:
    assert ["two rules have the id" in one for one in said(book({}, {}))] == [True]
    assert ["programme" in one for one in said(book({"applies": "programme"}))] == [True]
    assert len(said({**BOOK, "rule": ["area", 3]})) == 2
    assert len(said({**BOOK, "rule": []})) == 1


CASES = {"pass": {"value": 2}, "limit": {"value": 3}, "miss": {"value": 3.01}, "no-data": {}}


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        ({}, []),
        ({"limit": {"value": 3.1}}, ["[area] limit: expected `pass`, judged `fail`"]),
        ({"miss": {"value": 3.1, "condition": "condition-exception"}}, ["expected `condition-exception`"]),
        ({"pass": {"valeu": 3}}, ["no key `valeu`; nearest: value"]),
        ({"pass": 3}, ["pass = 3 cannot be used"]),
    ],
)
def test_fixtures_are_judged(cases: dict, words: list[str]) -> None:
    found = fixture_faults(parse(BOOK, "mine.toml"), {"area": CASES | cases}, "mine.fixtures.toml")
    assert [word in str(error) for word, error in zip(words, found, strict=True)] == [True] * len(words)


def test_fixtures_that_are_missing_or_of_no_rule() -> None:
    found = fixture_faults(parse(BOOK, "mine.toml"), {"aera": CASES}, "mine.fixtures.toml")
    sentences = [str(error) for error in found]
    assert "nearest: area" in sentences[0]
    assert [case in sentence for case, sentence in zip(CASES, sentences[1:], strict=True)] == [True] * 4
