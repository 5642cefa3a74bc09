"""The register: only added to, corrections as entries, the state of any day, bad files in one sentence."""

from datetime import date

import pandas as pd
import pytest

from layers import register
from layers.errors import LayerError

TOWNS = pd.DataFrame(
    {
        "name": ["甲镇", "乙镇", "甲镇"],
        "county": ["东县", "东县", "西县"],
        "programme": ["pilot"] * 3,
        "yellow_cards": [1, 2, 0],
    },
    index=["a", "b", "c"],
)


def row(town, kind, value="low-score", year=2015, county="东县", **more):
    return {
        "town": town,
        "county": county,
        "year": year,
        "kind": kind,
        "value": value,
        "evidence": "",
        "corrects": "",
        **more,
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "台账 一.csv"


def put(path, *rows, day=date(2016, 2, 1)):
    return register.confirm(path, list(rows), "张三", "1号", day)


def test_what_stands_stays(path):
    assert put(path, row("甲镇", "card")) == 1
    before = path.read_bytes()
    assert put(path, row("乙镇", "card"), day=date(2017, 1, 1)) == 1
    assert path.read_bytes().startswith(before)
    assert before.startswith(b"\xef\xbb\xbf")
    assert register.read(path)["entry"].tolist() == ["R00001", "R00002"]


def test_the_same_is_not_put_down_twice_and_another_value_corrects(path):
    put(path, row("甲镇", "grade", "pass"))
    assert put(path, row("甲镇", "grade", "pass")) == 0
    assert put(path, row("甲镇", "grade", "good"), day=date(2016, 6, 1)) == 1
    entries = register.read(path)
    assert entries["corrects"].tolist() == ["", "R00001"]
    assert register.known(entries)["value"].tolist() == ["good"]
    assert register.known(entries, date(2016, 3, 1))["value"].tolist() == ["pass"]
    assert register.known(entries, date(2016, 1, 1)).empty


def test_a_void_takes_back(path):
    put(path, row("甲镇", "card"))
    put(path, row("甲镇", "void", corrects="R00001"), day=date(2016, 6, 1))
    entries = register.read(path)
    assert register.known(entries).empty
    assert len(register.known(entries, date(2016, 5, 31))) == 1


def test_history_by_town_year_and_day(path):
    put(
        path,
        row("甲镇", "card", year=2014),
        row("甲镇", "card", county="西县"),
        row("甲镇", "unfit", "x", year=2016),
        row("甲镇", "grade", "good", year=2016),
    )
    found = register.history(register.read(path), TOWNS, 2016)
    kept = [(one.town_id, one.year, one.kind) for one in found.itertuples()]
    assert kept == [
        ("a", 2014, "card"),
        ("c", 2015, "card"),
        ("a", 2016, "unfit"),
        ("b", 2015, "card"),
        ("b", 2015, "card"),
    ]
    assert register.history(register.read(path), TOWNS, 2016, date(2015, 1, 1))["town_id"].tolist() == [
        "a",
        "b",
        "b",
    ]


def test_entries_without_effect_are_told(path):
    """A name that is none, one that two towns have, a reason that is none; not a town that left the list."""
    towns = pd.DataFrame(
        {"name": ["甲镇", "乙镇", "乙镇"], "county": ["东县", "东县", "西县"], "programme": "pilot"},
        index=["a", "b", "c"],
    )
    put(
        path, row("甲镇", "card"), row("甲真", "card"), row("乙镇", "card", county=""), row("乙镇", "card"), row("丙镇", "removed"),
        row("丙镇", "card"), row("甲镇", "unfit", "规划不力", year=2016),
    )  # fmt: skip
    found = register.without_effect(register.read(path), towns)
    assert [(one["fid"], one["code"]) for one in found.to_dict("records")] == [
        ("R00002", "issue-register-town"), ("R00003", "issue-register-town"), ("R00007", "issue-register-reason"),
    ]  # fmt: skip
    assert not len(register.without_effect(register.read(path), towns, date(2016, 1, 1)))


def test_no_register_is_an_empty_one(path):
    assert register.read(path).empty
    assert register.known(register.read(path)).empty


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("entry,by\nR1,x\n", "lacks the columns"),
        (",".join(register.COLUMNS) + "\nR1,someday,x,y,甲镇,,2015,card,,,\n", "someday"),
        (",".join(register.COLUMNS) + "\nR1,2016-01-01,x,y,甲镇,,2015,crad,,,\n", "crad"),
        (",".join(register.COLUMNS) + "\nR1,2016-01-01,x,y,甲镇,,2015,card,,,R9\n", "R9"),
        (",".join(register.COLUMNS) + "\nR1,2016-01-01,x,y,甲镇,,this,card,,,\n", "this"),
    ],
)
def test_a_wrong_register_is_one_sentence(path, content, words):
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LayerError, match=words):
        register.read(path)


def test_excel_in_gbk_is_read(path):
    put(path, row("甲镇", "card"))
    path.write_bytes(path.read_bytes().decode("utf-8-sig").encode("gb18030"))
    assert register.read(path)["town"].tolist() == ["甲镇"]


def test_two_writers(path):
    lock = path.with_name(path.name + ".lock")
    lock.touch()
    with pytest.raises(LayerError, match="someone else"):
        put(path, row("甲镇", "card"))
    assert not path.exists()
