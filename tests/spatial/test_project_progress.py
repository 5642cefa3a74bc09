"""Projects against their schedule, by hand."""

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatial import periods
from spatial.project_progress import (
    components,
    hot_spots,
    missing_quarters,
    neighbours,
    quarter_numbers,
    schedule,
    still_quarters,
)

Q1 = periods.number("2016Q1")


def test_planned_evenly_earned_by_money_delay_by_earned_schedule():
    table = schedule([Q1, Q1, Q1 + 4, Q1], [Q1 + 3, Q1 + 3, Q1 + 7, Q1 + 1], [8.0] * 4, [1, 6, 0, 6], Q1 + 1)
    assert table["planned_value_yi"].tolist() == [4.0, 4.0, 0.0, 8.0]
    assert table["earned_value_yi"].tolist() == [1.0, 6.0, 0.0, 6.0]
    assert table["performance"].tolist()[:2] == [0.25, 1.5]
    assert table["delay_quarters"].tolist()[:2] == [1.5, -1.0]
    assert table.loc[2, ["performance", "delay_quarters"]].isna().all()
    assert table.loc[3, "delay_quarters"] == pytest.approx(0.5)


def test_after_its_finish_a_project_goes_on_falling_behind():
    late = schedule([Q1], [Q1 + 3], [8.0], [6.0], Q1 + 5)
    assert late.loc[0, ["planned_value_yi", "performance", "delay_quarters"]].tolist() == [8.0, 0.75, 3.0]


@pytest.mark.parametrize(
    ("start", "finish", "planned", "paid"),
    [
        (math.nan, Q1, 8, 1),
        (Q1, math.nan, 8, 1),
        (Q1, Q1 - 1, 8, 1),
        (Q1, Q1, math.nan, 1),
        (Q1, Q1, 8, math.nan),
    ],
)
def test_what_is_not_known_is_no_delay(start, finish, planned, paid):
    assert schedule([start], [finish], [planned], [paid], Q1)["delay_quarters"].isna().all()


def test_noise_of_the_arithmetic_decides_no_threshold():
    """Behind by exactly one quarter, however the money is divided: in every quarter but the first, of plans of 2 to 40 quarters."""
    for quarters in range(2, 41):
        for money in (0.3, 0.7, 1.1, 2.9):
            earned = [money * gone / quarters for gone in range(1, quarters)]
            at = range(Q1 + 1, Q1 + quarters)
            late = [
                schedule([Q1], [Q1 + quarters - 1], [money], [one], now)
                for one, now in zip(earned, at, strict=True)
            ]
            assert {table.loc[0, "delay_quarters"] for table in late} == {1.0}


def test_still_quarters_count_back_from_the_last_report():
    rows = [
        ("a", 0, 1.0), ("a", 1, 5.0), ("a", 2, 5.0), ("a", 3, 5.0),
        ("b", 0, 2.0), ("b", 1, 2.0), ("b", 2, 3.0),
        ("c", 0, 2.0), ("c", 1, math.nan), ("c", 2, 2.0),
        ("d", 5, 1.0),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["project", "at", "paid_yi"]).sample(frac=1, random_state=1)
    assert still_quarters(table).to_dict() == {"a": 2, "b": 0, "c": 0, "d": 0}


def test_quarters_without_a_report():
    found = missing_quarters([Q1, Q1, math.nan], [Q1 + 2, Q1 - 1, Q1], [{Q1}, set(), set()])
    assert found == [["2016Q2", "2016Q3"], [], []]
    assert quarter_numbers(pd.Series(["2016Q1", None])).tolist()[0] == Q1


def test_neighbours_link_into_parts():
    pairs = neighbours(shapely.points([[0, 0], [900, 0], [1_800, 0], [5_000, 0]]), 1_000)
    assert components(pairs, 4).tolist() == [0, 0, 0, 3]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_linked_nodes_are_in_one_part_and_parts_are_their_smallest_node(edges):
    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    label = components(pairs, 10)
    assert (label[pairs[0]] == label[pairs[1]]).all()
    assert (label <= np.arange(10)).all()
    assert (label[label] == label).all()
    distinct = len({tuple(sorted(edge)) for edge in edges if edge[0] != edge[1]})
    assert len(np.unique(label)) >= 10 - distinct


def test_hot_spot_by_hand():
    """Two near each other with 10, three alone with 0: mean 4, deviation sqrt(24).

    Of a near one (20 - 4 x 2) / (sqrt(24) x sqrt((5 x 2 - 4) / 4)) = 12 / 6 = 2; of one alone
    (0 - 4) / (sqrt(24) x 1) = -0.8165.
    """
    places = shapely.points([[0, 0], [500, 0], [9_000, 0], [19_000, 0], [29_000, 0]])
    found = hot_spots(neighbours(places, 1_000), [10, 10, 0, 0, 0])
    assert found == pytest.approx([2, 2, *[-4 / math.sqrt(24)] * 3])


def test_no_hot_spots_without_differences_or_values():
    pairs = neighbours(shapely.points([[0, 0], [5_000, 0], [9_000, 0], [19_000, 0]]), 10)
    assert np.isnan(hot_spots(pairs, [3, 3, 3, 3])).all()
    assert np.isnan(hot_spots(pairs, [3, 1, np.nan, np.nan])).all()
    assert np.isnan(hot_spots(pairs, [3, 1, 5, np.nan])).tolist() == [False, False, False, True]


QUARTERS = st.integers(0, 40)
MONEY = st.floats(0.1, 100)


@given(QUARTERS, st.integers(0, 20), MONEY, st.floats(0, 1), QUARTERS)
def test_what_is_paid_by_plan_is_never_late_and_a_quarter_more_is_a_quarter_later(
    start, length, planned, share, at
):
    finish = start + length
    due = schedule([start], [finish], [planned], [0.0], at)["planned_value_yi"][0]
    on_time = schedule([start], [finish], [planned], [due], at).loc[0]
    if at < start:
        assert math.isnan(on_time["delay_quarters"])
        return
    assert on_time["performance"] == pytest.approx(1)
    assert on_time["delay_quarters"] == pytest.approx(max(0, at - finish))
    now, then = (schedule([start], [finish], [planned], [planned * share], when) for when in (at, at + 1))
    assert then["delay_quarters"][0] == pytest.approx(now["delay_quarters"][0] + 1)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 9)), min_size=3, max_size=15),
    st.randoms(),
)
def test_hot_spots_depend_neither_on_the_order_nor_on_the_unit(places, random):
    spots, values = (
        shapely.points([place[:2] for place in places]),
        np.array([place[2] for place in places], float),
    )
    found = hot_spots(neighbours(spots, 5), values)
    order = list(range(len(places)))
    random.shuffle(order)
    assert hot_spots(neighbours(spots[order], 5), values[order]) == pytest.approx(
        found[order], nan_ok=True, abs=1e-6
    )
    assert hot_spots(neighbours(spots, 5), values * 10 + 3) == pytest.approx(found, nan_ok=True, abs=1e-6)
