"""Reports on projects: whose they are, what they last said, money of a year."""

import math

import pandas as pd
import pytest

from spatial import periods
from spatial.project_reports import done_at, latest, matched, paid_in

Q = periods.number


def projects(**more):
    table = pd.DataFrame(
        {
            "name": ["园", "园", "路"],
            "town_id": ["A", "A", "B"],
            "code": ["1", "2", None],
            "layer": "项目",
            "fid": "0",
        },
        index=["p1", "p2", "p3"],
    )
    return table.assign(state="building", paid_yi=[9.0, 8.0, 7.0], funding_yi=math.nan, **more)


def reports(rows):
    return pd.DataFrame(rows, columns=["name", "town_id", "code", "period", "state", "paid_yi"]).assign(
        layer="季报", fid=[str(n + 2) for n in range(len(rows))]
    )


def told(found):
    return {(row.project, periods.name(int(row.at))): row.paid_yi for row in found.itertuples()}


def test_by_code_else_by_town_and_name_and_never_by_a_name_that_two_bear():
    table = reports(
        [
            ("园", "A", "2", "2016Q1", "building", 3.0),
            ("园", "A", None, "2016Q1", "building", 4.0),
            ("路", "B", None, "2016Q1", "building", 5.0),
            ("路", None, None, "2016Q2", "building", 6.0),
            ("桥", "B", None, "2016Q1", "building", 1.0),
        ]
    )
    found, issues = matched(projects(), table, "2016Q2")
    assert told(found) == {
        ("p1", "2016Q2"): 9.0,
        ("p2", "2016Q1"): 3.0,
        ("p3", "2016Q1"): 5.0,
        ("p3", "2016Q2"): 6.0,
    }
    assert issues["fid"].tolist() == ["3", "6"]
    assert set(issues["code"]) == {"issue-project-report-unmatched"}


def test_the_layer_speaks_for_its_quarter_where_no_report_does():
    table = reports([("园", "A", "2", "2016Q1", "building", 3.0)])
    layer = projects(period=["2016Q2", "2016Q1", "2016Q3"])
    found, _ = matched(layer, table, "2016Q2")
    assert told(found) == {("p1", "2016Q2"): 9.0, ("p2", "2016Q1"): 3.0}


def test_a_report_to_come_tells_nothing_and_the_layer_then_neither():
    table = reports([("园", "A", "2", "2016Q4", "building", 3.0)])
    found, _ = matched(projects(), table, "2016Q2")
    assert told(found) == {("p1", "2016Q2"): 9.0, ("p3", "2016Q2"): 7.0}


def test_two_reports_of_a_quarter_that_disagree_are_no_figure():
    rows = [("园", "A", "2", "2016Q1", "building", paid) for paid in (3.0, 4.0)]
    rows += [("园", "A", "1", "2016Q1", "building", 3.0)] * 2
    found, _ = matched(projects(), reports(rows), "2016Q1")
    assert math.isnan(told(found)["p2", "2016Q1"])
    assert told(found)["p1", "2016Q1"] == 3.0


def series(project, *rows):
    table = pd.DataFrame(rows, columns=["period", "state", "paid_yi"])
    return table.assign(project=project, at=table["period"].map(Q).astype(float), funding_yi=math.nan)


TOLD = pd.concat(
    [
        series("a", ("2015Q4", "building", 2.0), ("2016Q1", "building", math.nan), ("2016Q2", "done", 5.0)),
        series("b", ("2016Q2", "building", 4.0)),
        series("c", ("2015Q2", "done", 6.0)),
        series("d", ("2015Q3", "building", 1.0), ("2016Q2", "building", 3.0)),
    ]
)


def test_the_last_figure_known():
    last = latest(TOLD[TOLD["at"] < Q("2016Q2")], pd.Index(["a", "e"]))
    assert last.loc["a", ["at", "paid_yi"]].tolist() == [Q("2016Q1"), 2.0]
    assert last.loc["e"].isna().all()
    ends = done_at(TOLD, pd.Index(["a", "b", "c"]))
    assert ends.fillna(-1).tolist() == [Q("2016Q2"), -1, -1]


def test_money_of_the_year():
    """Of a 5 - 2; b began in the year: all; c was done before: none; of d the year's end is not reported."""
    start = pd.Series([Q("2015Q1"), Q("2016Q1"), Q("2015Q1"), Q("2015Q1"), Q("2016Q3")], index=list("abcde"))
    paid = paid_in(TOLD, start.astype(float), 2016, Q("2016Q2"))
    assert paid[["a", "b", "c", "e"]].tolist() == pytest.approx([3, 4, 0, 0])
    assert math.isnan(paid["d"])
