"""A year confirmed again, and the register beside the column of the town table."""

import datetime as dt

import pandas as pd
import pytest

from layers import register


@pytest.fixture
def path(tmp_path):
    return tmp_path / "登 记 册" / "register.csv"


def entry(town, kind, value):
    return {
        "town": town, "county": "岚汀区", "year": 2016, "kind": kind, "value": value,
        "evidence": "assessment 2016", "corrects": "",
    }  # fmt: skip


def towns(cards):
    return pd.DataFrame(
        {"name": ["霁桥镇"], "county": ["岚汀区"], "programme": ["pilot"], "yellow_cards": [cards]},
        index=["A"],
    )


def test_cards_of_the_column_stay_when_the_register_knows_only_grades_of_a_town(path):
    register.confirm(path, [entry("霁桥镇", "grade", "good")], "张三", "1号", dt.date(2017, 1, 5))
    held = register.history(register.read(path), towns(1), 2017)
    assert held["kind"].tolist().count("card") == 1


def test_a_card_that_is_no_longer_proposed_when_the_year_is_confirmed_again_is_taken_back(path):
    first = [entry("霁桥镇", "grade", "pass"), entry("霁桥镇", "card", "low-score")]
    register.confirm(path, first, "张三", "1号", dt.date(2017, 1, 5))
    before = path.read_bytes()
    register.confirm(path, [entry("霁桥镇", "grade", "good")], "李四", "2号", dt.date(2017, 2, 5))
    assert path.read_bytes().startswith(before)
    entries = register.read(path)
    assert register.history(entries, towns(0), 2017)["kind"].tolist() == ["grade"]
    then = register.history(entries, towns(0), 2017, dt.date(2017, 1, 31))
    assert sorted(then["kind"]) == ["card", "grade"]


def test_what_people_put_on_record_outlasts_an_assessment_and_they_do_not_void_it(path):
    by_hand = {**entry("霁桥镇", "removed", "asked for it"), "evidence": ""}
    register.confirm(path, [entry("霁桥镇", "card", "low-score")], "张三", "1号", dt.date(2017, 1, 5))
    register.confirm(path, [by_hand], "王五", "2号", dt.date(2017, 1, 6))
    assert sorted(register.known(register.read(path))["kind"]) == ["card", "removed"]
    register.confirm(path, [entry("霁桥镇", "grade", "good")], "张三", "3号", dt.date(2017, 2, 5))
    assert sorted(register.known(register.read(path))["kind"]) == ["grade", "removed"]
    assert register.confirm(path, [entry("霁桥镇", "grade", "good")], "张三", "3号", dt.date(2017, 2, 6)) == 0
