"""Scores by hand: points, linear items, missing data, extras, vetoes, ranks and ties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.scheme import Applies, Extra, Grade, Item, Scheme
from spatial.scoring import chosen, score

TOWNS = pd.DataFrame(
    {"name": list("甲乙丙丁"), "programme": ["pilot"] * 3 + ["special"], "level": ["city"] * 4},
    index=pd.Index(list("abcd"), name="town_id"),
)
GRADES = (Grade("good", 80), Grade("pass", 60), Grade("fail", -100))
SCHEME = Scheme(
    rounding={"%": 0.05},
    items=(Item("growth", 40, start=0, end=10), Item("land", 60)),
    extras=(Extra("prize", "land", "warning", 5),),
    vetoes=("line",),
    grades=GRADES,
)


def findings(*rows):
    columns = ["town_id", "rule", "verdict", "value", "unit", "condition"]
    table = pd.DataFrame(rows, columns=columns[: len(rows[0])]).reindex(columns=columns)
    return table.assign(finding_id=table["rule"] + ":" + table["town_id"])


def scored(*rows, scheme=SCHEME):
    scores, items = score(findings(*rows), TOWNS, scheme)
    return scores.set_index("town_id"), items


def test_points_by_verdict_and_value():
    scores, items = scored(
        ("a", "growth", "fail", 5.0, "%"), ("a", "land", "pass", 1.0, "km²"),
        ("b", "growth", "pass", 12.0, "%"), ("b", "land", "warning", 1.0, "km²"),
    )  # fmt: skip
    assert scores.loc["a", "score"] == pytest.approx(20 + 60)
    assert scores.loc["b", "score"] == pytest.approx(40 + 30 + 5)
    assert scores.loc["b", "extra"] == 5
    assert scores["grade"].to_dict() == {"a": "good", "b": "pass"}
    assert scores["rank"].to_dict() == {"a": 1.0, "b": 2.0}
    assert items["why"].tolist() == ["linear", "verdict", "linear", "verdict"]


def test_missing_data_is_left_out_or_lost_as_the_scheme_says():
    rows = [("a", "growth", "no data", np.nan, "%"), ("a", "land", "pass", 1.0, "km²")]
    lenient = Scheme(items=SCHEME.items, grades=GRADES, most_missing=0.5)
    scores, _ = scored(*rows, scheme=lenient)
    assert scores.loc["a", ["score", "missing", "least", "most", "grade"]].tolist() == [
        100,
        0.4,
        60,
        100,
        "good",
    ]
    scores, _ = scored(
        *rows, scheme=Scheme(items=SCHEME.items, grades=GRADES, most_missing=0.5, missing="zero")
    )
    assert scores.loc["a", "score"] == pytest.approx(60)
    scores, _ = scored(*rows, scheme=SCHEME)
    assert scores.loc["a", "grade"] is None
    assert np.isnan(scores.loc["a", "rank"])


def test_what_is_not_due_counts_neither_way():
    scores, _ = scored(
        ("a", "growth", "warning", 1.0, "%", "condition-not-due"), ("a", "land", "pass", 1.0, "km²", None)
    )
    assert scores.loc["a", ["score", "missing"]].tolist() == [100, 0]


def test_a_veto_fails_whatever_the_score():
    scores, _ = scored(("a", "land", "pass", 1.0, "km²"), ("a", "line", "fail", 1.0, "m²"))
    assert scores.loc["a", ["score", "grade", "vetoes"]].tolist() == [100, "fail", "line"]


def test_ranks_within_groups_and_ties_within_rounding():
    rows = [
        (town, "growth", "fail", value, "%")
        for town, value in zip("abcd", (5.0, 5.09, 5.2, 1.0), strict=True)
    ]
    scores, _ = scored(*rows, scheme=Scheme(items=SCHEME.items, rounding={"%": 0.05}, grades=GRADES))
    assert scores["rank"].to_dict() == {"c": 1.0, "b": 2.0, "a": 2.0, "d": 1.0}
    assert scores["tie"].to_dict() == {"c": False, "b": True, "a": True, "d": False}
    assert scores.loc["a", "width"] == pytest.approx(0.5)
    exact, _ = scored(*rows, scheme=Scheme(items=SCHEME.items, grades=GRADES))
    assert exact["rank"].to_dict() == {"c": 1.0, "b": 2.0, "a": 3.0, "d": 1.0}


@given(values=st.lists(st.floats(0, 10), min_size=4, max_size=4))
def test_more_is_never_worse(values):
    scores, _ = scored(
        *[(town, "growth", "fail", value, "%") for town, value in zip("abcd", values, strict=True)]
    )
    order = scores.sort_values("rank").query("group == 'pilot/city'")
    assert (np.diff(order.groupby("rank")["score"].max()) < 0).all()
    assert scores["score"].between(0, 100).all()


def test_nothing_to_score():
    scores, items = score(findings(("a", "other", "pass", 1.0, "")), TOWNS, SCHEME)
    assert len(scores) == len(items) == 0


def test_to_whom_something_applies():
    assert chosen(TOWNS, Applies("pilot")).tolist() == [True, True, True, False]
    assert chosen(TOWNS, Applies("special", ("city",))).tolist() == [False, False, False, True]
    assert not chosen(TOWNS, Applies("", ("county",))).any()
