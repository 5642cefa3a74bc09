from __future__ import annotations

import pandas as pd
import pytest

from spatial.causes import by_clause, causes


def findings(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["town_id", "rule", "clause", "verdict"])


def spread(rule: str, clause: str, bad: str, good: str = "") -> list[tuple[str, str, str, str]]:
    """One finding a town: those in `bad` fail, those in `good` pass."""
    return [(town, rule, clause, "fail") for town in bad] + [(town, rule, clause, "pass") for town in good]


TOWNS = pd.DataFrame({"county": list("xxxxyyyyzz")}, index=list("abcdefghij"))


def test_by_clause_counts_each_verdict() -> None:
    table = by_clause(findings(*spread("r", "二(二)1", "ab", "c"), ("a", "s", "二(一)1", "no data")))
    assert list(table.columns) == ["fail", "warning", "no data", "pass"]
    assert table.loc["二(二)1"].to_list() == [2, 0, 0, 1]
    assert table.loc["二(一)1"].to_list() == [0, 0, 1, 0]
    assert list(table.index) == ["二(一)1", "二(二)1"]


def test_rules_that_explain_most_come_first() -> None:
    rows = (
        spread("r", "二(二)1", "aceg", "bdfhij")
        + spread("s", "二(二)5", "bf", "acdeghij")
        + spread("t", "二(二)3", "i", "a")
    )
    found = causes(findings(*rows), TOWNS)
    assert list(found["rule"]) == ["r", "s", "t"]
    assert list(found["count"]) == [4, 2, 1]
    assert found["cumulative"].iloc[-1] == pytest.approx(1.0)
    assert set(found["code"]) == {"cause-rule"}


def test_stops_once_the_share_is_explained() -> None:
    rows = spread("r", "二(二)1", "acegbdfhi") + spread("s", "二(二)5", "j")
    found = causes(findings(*rows), TOWNS, share=0.9)
    assert list(found["rule"]) == ["r"]
    assert found["cumulative"].to_list() == [pytest.approx(0.9)]


def test_says_where_most_failures_of_a_rule_lie() -> None:
    found = causes(
        findings(*spread("r", "二(二)1", "abcg", "dij"), *spread("s", "二(二)5", "", "abcdefghij")), TOWNS
    )
    assert found.loc[0, ["code", "rule", "county", "count"]].to_list() == ["cause-rule-where", "r", "x", 4]


def test_a_county_in_which_everything_fails_is_a_cause() -> None:
    rules = [spread(name, "三(一)2", "efgh", "abcdij") for name in "rstu"]
    found = causes(findings(*[row for rule in rules for row in rule]), TOWNS)
    assert found["code"].to_list() == ["cause-county"]
    assert found.loc[0, ["county", "count", "share"]].to_list() == ["y", 16, 1.0]


def test_nothing_failed_nothing_to_explain() -> None:
    found = causes(findings(*spread("r", "二(二)1", "", "ab")), TOWNS)
    assert found.empty


def test_counts_add_up_and_never_count_twice() -> None:
    rows = (
        spread("r", "二(二)1", "efgh", "ab")
        + spread("s", "二(二)5", "efgha", "b")
        + spread("t", "二(二)3", "ij", "a")
    )
    found = causes(findings(*rows), TOWNS, share=1.0, most=9)
    assert found["count"].sum() == 11
    assert found["cumulative"].iloc[-1] == pytest.approx(1.0)


def test_programme_findings_have_no_county() -> None:
    found = causes(findings(("programme", "r", "二(一)1", "fail")), TOWNS)
    assert found.loc[0, "code"] == "cause-rule"


def test_many_small_rules_are_summed_up_by_clause() -> None:
    first = [spread(f"a{n}", "二(二)1", "abcdefghij"[n], "k") for n in range(8)]
    second = [spread(f"b{n}", "三(一)1", "abcdefghij"[n], "k") for n in range(3)]
    found = causes(findings(*[row for rule in first + second for row in rule]), TOWNS)
    assert found["code"].to_list() == ["cause-clause", "cause-clause"]
    assert found[["clause", "count"]].to_numpy().tolist() == [["二(二)1", 8], ["三(一)1", 3]]
