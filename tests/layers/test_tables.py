"""Tables of offices: headers, numbers as text, quarters."""

from __future__ import annotations

import math

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import LayerError
from layers.tables import dates, numbers, quarters, read_table


def test_a_title_above_the_header_is_passed_over(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["2016年指标"],
        ["镇名", "报告期", "GDP(亿元)"],
        ["甲", "2016Q1", 3],
        [],
        ["乙", "2016Q1", "4"],
    ):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.save(tmp_path / "t.xlsx")
    table, _ = read_table(tmp_path / "t.xlsx")
    assert list(table.columns) == ["镇名", "报告期", "GDP(亿元)"]
    assert list(table.index) == [3, 5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_usual_encodings(tmp_path, encoding):
    (tmp_path / "t.csv").write_text("镇名,季度\n新塍镇,2016Q1\n", encoding=encoding)
    table, _ = read_table(tmp_path / "t.csv")
    assert table.to_dict("records") == [{"镇名": "新塍镇", "季度": "2016Q1"}]
    assert list(table.index) == [2]


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_an_empty_or_broken_table_is_one_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(LayerError, match=name):
        read_table(tmp_path / name)


def test_a_sheet_that_is_not_there(tmp_path):
    openpyxl.Workbook().save(tmp_path / "t.xlsx")
    with pytest.raises(LayerError, match="no sheet X"):
        read_table(tmp_path / "t.xlsx", "X")


def test_a_header_row_below_the_table(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(LayerError, match="header_row"):
        read_table(tmp_path / "t.csv", header_row=9)


def test_numbers_as_text():
    cells = pd.Series(["1,234.5", "12", "—", "/", "", None, "约3", 7, "12%", "1 000", "-3.5", "-", "inf"])
    values, unread = numbers(cells)
    expected = [1234.5, 12, math.nan, math.nan, math.nan, math.nan, math.nan, 7, 12, 1000, -3.5, math.nan]
    assert values.tolist()[:12] == pytest.approx(expected, nan_ok=True)
    assert math.isnan(values.iloc[12])
    assert unread.tolist() == ["约3", "inf"]


@given(st.floats(-1e12, 1e12))
def test_a_number_written_with_separators_reads_as_itself(number):
    values, unread = numbers(pd.Series([f"{number:,.6f}"], dtype=object))
    assert values.iloc[0] == pytest.approx(number, abs=1e-6)
    assert unread.empty


def test_quarters_as_written():
    cells = pd.Series(["2016年二季度", "2016年第2季度", "2016-Q2", "2016Q2", "2016", None, "夏天"])
    values, unread = quarters(cells)
    assert values.tolist()[:5] == ["2016Q2"] * 4 + ["2016Q4"]
    assert values.isna().tolist()[5:] == [True, True]
    assert unread.tolist() == ["夏天"]


def test_quarters_as_sheets_keep_them():
    """A number of a month is not one month alone: 2016.10 and 2016.1 are the same number."""
    cells = pd.Series([2016.1, "2016.10", 20160310, 42644, "２０１６Ｑ２", 2016.0, "—"], dtype=object)
    values, unread = quarters(cells)
    assert values.tolist()[1:6] == ["2016Q4", "2016Q1", "2016Q4", "2016Q2", "2016Q4"]
    assert unread.tolist() == ["2016.1"]
    assert values.isna().tolist() == [True, *[False] * 5, True]


def test_dates_as_written():
    cells = pd.Series(
        ["2016-03-10", "2016.3.10", "2016年3月10日", pd.Timestamp("2016-03-10"), "—", "2016-13-01"]
    )
    values, unread = dates(cells)
    assert values.tolist()[:4] == ["2016-03-10"] * 4
    assert unread.tolist() == ["2016-13-01"]
