from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial import periods

QUARTERS = st.builds("{}Q{}".format, st.integers(1990, 2090), st.integers(1, 4))


@pytest.mark.parametrize(
    ("cell", "quarter"),
    [
        ("2016Q2", "2016Q2"),
        ("2016q2", "2016Q2"),
        ("2016年二季度", "2016Q2"),
        ("2016年第4季度", "2016Q4"),
        ("2016-3季", "2016Q3"),
        (2016, "2016Q4"),
        (2016.0, "2016Q4"),
        ("2016年", "2016Q4"),
        ("2016年度", "2016Q4"),
        ("2016-03-10", "2016Q1"),
        ("2016年3月10日", "2016Q1"),
        ("2016.10", "2016Q4"),
        ("2016/4/1", "2016Q2"),
        (dt.date(2016, 7, 1), "2016Q3"),
        (pd.Timestamp("2016-12-31 10:00"), "2016Q4"),
        ("２０１６Ｑ２", "2016Q2"),
        ("２０１６年第３季度", "2016Q3"),
        ("2016年１－６月", "2016Q2"),
        ("2016-02-29", "2016Q1"),
        ("2016-12-31T08:00:00Z", "2016Q4"),
    ],
)
def test_parse_reads(cell: object, quarter: str) -> None:
    assert periods.parse(cell) == quarter


@pytest.mark.parametrize(
    "cell",
    [
        "", "二季度", "2016Q5", "2016-13-01", "16Q2", None, float("nan"), pd.NaT, pd.NA,
        2016.1, np.float32(2016.5), "2016-03-45", "2015-02-29", "2016-04-00", "0000-01-01",
    ],
)  # fmt: skip
def test_parse_refuses(cell: object) -> None:
    assert periods.parse(cell) is None


@given(QUARTERS, st.integers(-100, 100))
def test_shift_and_number_agree(quarter: str, quarters: int) -> None:
    moved = periods.shift(quarter, quarters)
    assert periods.number(moved) - periods.number(quarter) == quarters
    assert periods.name(periods.number(quarter)) == quarter == periods.parse(quarter)


@given(QUARTERS, QUARTERS)
def test_text_order_is_time_order(one: str, other: str) -> None:
    assert (one < other) == (periods.number(one) < periods.number(other))


def test_latest_skips_what_is_no_quarter() -> None:
    assert periods.latest(["2015Q4", None, "2016Q1", "soon", float("nan")]) == "2016Q1"
    assert periods.latest([]) is None


@pytest.mark.parametrize(
    ("cell", "quarter"),
    [
        ("2016年1-3月", "2016Q1"), ("2016年1—6月份", "2016Q2"), ("2016年上半年", "2016Q2"),
        ("2016年前三季度", "2016Q3"), ("2016年1-9月", "2016Q3"), ("2016年全年", "2016Q4"),
        ("2016年1-12月", "2016Q4"), ("2016年2-5月", None), ("2016年1-5月", None),
    ],
)  # fmt: skip
def test_spans_from_january_end_in_a_quarter(cell: str, quarter: str | None) -> None:
    assert periods.parse(cell) == quarter
