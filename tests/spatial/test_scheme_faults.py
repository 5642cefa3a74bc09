"""What is wrong with a scheme of assessment is found with the other faults of its rulebook."""

from layers.rulebooks import find, read_toml
from spatial import scheme
from spatial.rule_faults import faults

RULES = ("growth", "money")
SCHEME = {
    "grade": [{"id": "good", "at_least": 80}, {"id": "fail", "at_least": 0}],
    "item": [{"rule": "growth", "points": 60}, {"rule": "money", "points": 40}],
    "elimination": [{"reason": "assessment-failed", "applies": {}, "grade": "fail", "clause": "四(四)"}],
    "veto": ["money"],
}


def codes(**changes):
    return [error.code for error in scheme.faults(SCHEME | changes, RULES, "x.toml")]


def test_a_sound_scheme_has_no_faults():
    assert codes() == []
    assert scheme.faults({}, RULES, "x.toml") == []


def test_each_key_tells_its_fault():
    grade = [{"id": "good", "at_leats": 80}]
    item = [{"rule": "growht", "points": 60}]
    assert codes(item=item, veto=["line"], missing="guess") == ["rule-name", "rule-name", "rule-name"]
    assert codes(grade=grade) == ["rule-key"]
    assert codes(itme=[]) == ["rule-key"]
    assert [error.code for error in scheme.faults([], RULES, "x.toml")] == ["rule-value"]


def test_a_rule_gives_points_once():
    item = [{"rule": "growth", "points": 60}, {"rule": "growth", "points": 4, "start": 10, "end": 20}]
    assert codes(item=item) == ["assess-item-twice"]


def test_dropping_a_rule_that_the_scheme_names_is_a_fault_of_the_rulebook():
    tables = read_toml(find("jiaxing-2016"))
    assert faults(tables, "jiaxing-2016.toml") == []
    tables["rule"] = [rule for rule in tables["rule"] if rule["id"] != "special-city-investment-total"]
    found = faults(tables, "jiaxing-2016.toml")
    assert [error.code for error in found] == ["rule-name", "rule-name"]
    assert all("special-city-investment-total" in error.text("en") for error in found)
