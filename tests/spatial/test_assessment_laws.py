"""What holds of every assessment: nobody is punished for want of data, ranks follow scores, order does not matter."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.adjustment import HISTORY, propose
from spatial.scheme import Applies, Cards, Elimination, Extra, Grade, Item, Scheme
from spatial.scoring import score

PILOTS = Applies("pilot", ("city",))
SCHEME = Scheme(
    items=(Item("task", 60), Item("growth", 40, start=0.0, end=10.0)),
    grades=(Grade("good", 80), Grade("pass", 60), Grade("fail", -100)),
    rounding={"%": 0.05},
    cards=Cards(PILOTS, last=2, below=90, removal=2, lapse_years=2, clause="四(四)"),
    eliminations=(
        Elimination("investment-missed", PILOTS, ("task",), "", "四(四)"),
        Elimination("assessment-failed", PILOTS, (), "fail", "四(四)"),
    ),
    most_missing=0.7,
    extras=(Extra("late", "task", "warning", -7), Extra("done", "task", "pass", 3)),
)
PUNISHED = {"card", "second-card", "elimination"}
verdicts = st.sampled_from(["pass", "warning", "fail", "no data"])
values = st.one_of(st.none(), st.integers(-20, 120).map(lambda tenths: tenths / 10))
regions = st.lists(st.tuples(verdicts, values), min_size=1, max_size=7)


def assessed(region, history=()):
    """Scores and proposals of towns A, B, … given as (verdict of the task, growth or None)."""
    rows = []
    for place, (task, growth) in enumerate(region):
        town = "ABCDEFG"[place]
        told = "no data" if growth is None else "pass" if growth >= 10 else "fail"
        rows += [(town, "task", np.nan if task == "no data" else 1.0, "", task)]
        rows += [(town, "growth", np.nan if growth is None else growth, "%", told)]
    findings = pd.DataFrame(rows, columns=["town_id", "rule", "value", "unit", "verdict"])
    findings["finding_id"], findings["condition"] = findings["rule"] + ":" + findings["town_id"], None
    towns = pd.DataFrame({"programme": "pilot", "level": "city"}, index=list("ABCDEFG"[: len(region)]))
    scores, _ = score(findings, towns, SCHEME)
    known = pd.DataFrame(list(history), columns=HISTORY)
    return scores.set_index("town_id"), propose(scores, findings, towns, known, 2016, SCHEME)


def punished(proposals):
    return {(row.town_id, row.reason) for row in proposals.itertuples() if row.kind in PUNISHED}


@settings(max_examples=40)
@given(region=regions, filled=st.lists(st.tuples(verdicts, values), min_size=7, max_size=7))
def test_no_town_is_punished_that_missing_data_could_clear(region, filled):
    """Whatever the missing figures of any town turn out to be, what was proposed against a town stands."""
    later = [
        (new_task if task == "no data" else task, new_growth if growth is None else growth)
        for (task, growth), (new_task, new_growth) in zip(region, filled, strict=False)
    ]
    if any(task == "no data" or growth is None for task, growth in later):
        later = [("pass" if t == "no data" else t, 10.0 if g is None else g) for t, g in later]
    assert punished(assessed(region)[1]) <= punished(assessed(later)[1])


@settings(max_examples=40)
@given(region=regions)
def test_a_better_rank_is_a_better_score_and_equal_scores_share_a_rank(region):
    scores = assessed(region)[0]
    ranked = scores[scores["rank"].notna()].sort_values("score", ascending=False)
    assert ranked["rank"].is_monotonic_increasing
    assert not ranked[["score", "rank"]].drop_duplicates()["score"].duplicated().any()
    shared = ranked["rank"].duplicated(keep=False)
    assert shared.tolist() == ranked["tie"].astype(bool).tolist()


@settings(max_examples=40)
@given(region=regions)
def test_a_score_lies_between_what_missing_data_could_make_of_it(region):
    scores = assessed(region)[0].dropna(subset="score")
    assert (scores["least"] <= scores["score"] + 1e-9).all()
    assert (scores["score"] <= scores["most"] + 1e-9).all()


@settings(max_examples=40)
@given(region=regions, order=st.permutations(range(7)))
def test_the_order_of_the_towns_does_not_matter(region, order):
    kept = [place for place in order if place < len(region)]
    names = {"ABCDEFG"[new]: "ABCDEFG"[old] for new, old in enumerate(kept)}
    one, other = assessed(region), assessed([region[old] for old in kept])
    assert punished(one[1]) == {(names[town], reason) for town, reason in punished(other[1])}
    moved = other[0]["rank"].rename(names).reindex(one[0].index)
    assert moved.to_numpy(dtype=float) == pytest.approx(one[0]["rank"].to_numpy(dtype=float), nan_ok=True)


def test_a_town_whose_place_hangs_on_the_missing_data_of_another_is_undecided():
    region = [("pass", 2.0), ("pass", 4.0), ("no data", 9.0), ("pass", 10.0)]
    _, proposals = assessed(region)
    cards = proposals[proposals["reason"] == "low-score"].set_index("town_id")["kind"].to_dict()
    assert cards == {"A": "card", "B": "undecided", "C": "undecided"}


def test_a_town_that_was_removed_in_an_earlier_year_is_not_judged_again():
    _, proposals = assessed([("pass", 2.0), ("pass", 9.5)], [("A", 2015, "removed", "poor-planning")])
    assert "A" not in set(proposals["town_id"])
