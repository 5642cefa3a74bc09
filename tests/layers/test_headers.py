"""Tables as offices write them: two rows of heads, units above, sums, remarks, errors, hidden sheets."""

from __future__ import annotations

import contextlib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layers import headers
from layers.tables import dates, numbers, read_table
from spatial.errors import LiangzhenError


def written(path, rows, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path


def codes(notes):
    return [code for code, *_ in notes]


GROUPED = [
    ["2016年各镇指标", None, None, None, None],
    ["镇名", "GDP(亿元)", None, "投资", None],
    [None, "2016年一季度", "2016年二季度", "亿元", "增幅"],
    ["甲镇", 1, 2, 3, "5%"],
    ["乙镇", 4, 5, 6, "6%"],
]
JOINED = ["镇名", "GDP(亿元)/2016年一季度", "GDP(亿元)/2016年二季度", "投资(亿元)", "投资/增幅"]


@pytest.mark.parametrize("header_row", [None, 2, 3])
def test_two_rows_of_heads_are_joined(tmp_path, header_row):
    path = written(tmp_path / "t.xlsx", GROUPED, ["A1:E1", "A2:A3", "B2:C2", "D2:E2"])
    table, _ = read_table(path, header_row=header_row)
    assert list(table.columns) == JOINED
    assert list(table.index) == [4, 5]
    assert table["投资(亿元)"].tolist() == [3, 6]


def test_two_rows_of_heads_without_merged_cells(tmp_path):
    rows = [",".join("" if cell is None else str(cell) for cell in row) for row in GROUPED]
    (tmp_path / "t.csv").write_text("\n".join(rows), encoding="gb18030")
    table, _ = read_table(tmp_path / "t.csv")
    assert list(table.columns) == JOINED
    assert table["镇名"].tolist() == ["甲镇", "乙镇"]


def test_a_row_of_text_below_the_header_is_data(tmp_path):
    path = written(
        tmp_path / "t.xlsx", [["镇名", "地址", None, "批次"], ["甲镇", "东路", "1号", "一"]], ["B1:C1"]
    )
    assert read_table(path)[0]["镇名"].tolist() == ["甲镇"]
    (tmp_path / "t.csv").write_text("镇名,备注,电话,\n甲镇,,无,x\n", encoding="utf-8")
    assert read_table(tmp_path / "t.csv")[0]["镇名"].tolist() == ["甲镇"]


def test_the_unit_above_goes_to_columns_of_its_kind_alone(tmp_path):
    rows = [
        ["2016年指标", None, None, None],
        [None, None, None, "单位:万元"],
        ["镇名", "GDP", "财政总收入(亿元)", "从业人员"],
        ["甲镇", 12345, 1, 99],
    ]
    notes = []
    table, _ = read_table(written(tmp_path / "t.xlsx", rows, ["A1:D1"]), notes=notes)
    assert list(table.columns) == ["镇名", "GDP(万元)", "财政总收入(亿元)", "从业人员"]
    assert notes == [("issue-table-unit", "note", None, {"unit": "万元", "fields": "GDP"})]
    table, _ = read_table(tmp_path / "t.xlsx", mapped=["GDP"])
    assert "GDP" in table


def test_sums_remarks_and_errors_are_no_data(tmp_path):
    rows = [
        ["序号", "镇名", "GDP"],
        [1, "甲镇", "12,3"],
        [2, "乙镇", "#REF!"],
        [None, "小 计", 9],
        [None, "合计", 9],
        ["注:含乡。", None, None],
        ["制表人:某某", None, None],
    ]
    notes = []
    table, _ = read_table(written(tmp_path / "t.xlsx", rows), notes=notes)
    assert table["镇名"].tolist() == ["甲镇", "乙镇"]
    assert table["GDP"].isna().tolist() == [False, True]
    assert codes(notes) == [
        "issue-table-remark",
        "issue-table-total",
        "issue-table-total",
        "issue-table-error",
    ]
    assert [row for _, _, row, _ in notes] == [None, 4, 5, 3]


def test_a_town_called_like_a_remark_stays(tmp_path):
    (tmp_path / "t.csv").write_text("镇名,GDP\n合计桥镇,1\n注溪镇,2\n", encoding="utf-8")
    assert read_table(tmp_path / "t.csv")[0]["镇名"].tolist() == ["合计桥镇", "注溪镇"]


def test_formulas_without_result_are_told(tmp_path):
    notes = []
    path = written(tmp_path / "t.xlsx", [["镇名", "GDP"], ["甲镇", "=1+2"]])
    table, _ = read_table(path, notes=notes)
    assert table["GDP"].isna().all()
    assert notes == [("issue-table-formula", "warning", None, {"count": 1, "cells": "B2"})]


def test_a_hidden_sheet_is_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["旧", "表"])
    book.active.sheet_state = "hidden"
    book.create_sheet("现").append(["镇名", "GDP"])
    book.save(tmp_path / "t.xlsx")
    notes = []
    table, sheet = read_table(tmp_path / "t.xlsx", notes=notes)
    assert (sheet, list(table.columns)) == ("现", ["镇名", "GDP"])
    assert codes(notes) == ["issue-table-hidden"]


def test_unicode_text_of_excel(tmp_path):
    (tmp_path / "t.csv").write_text("镇名\tGDP\n甲镇\t1,000\n", encoding="utf-16")
    table, used = read_table(tmp_path / "t.csv")
    assert table.to_dict("records") == [{"镇名": "甲镇", "GDP": "1,000"}]
    assert used == "utf-16"


def test_dates_that_lost_their_format():
    values, unread = dates(pd.Series([42439, "42439", "20160310", 42439.5, "12"], dtype=object))
    assert values.tolist()[:4] == ["2016-03-10"] * 4
    assert unread.tolist() == ["12"]
    assert numbers(pd.Series(["12,345.6"], dtype=object))[0].tolist() == [12345.6]


CELLS = st.one_of(
    st.none(), st.sampled_from(["镇名", "GDP", "合计", "注:", "单位:万元", "2016", "#REF!", "亿元", "1,2"]),
    st.integers(-9, 2100),
)  # fmt: skip


@settings(max_examples=150)
@example(rows=[[None, None]], across=[], header_row=None)
@given(
    rows=st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), max_size=7)),
    across=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 2)), max_size=3),
    header_row=st.one_of(st.none(), st.integers(-1, 8)),
)
def test_any_grid_is_a_table_or_one_sentence(rows, across, header_row):
    width = len(rows[0]) if rows else 0
    fitting = [(at, a, a + b) for at, a, b in across if at < len(rows) and a + b < width]
    grid = headers.Grid([list(row) for row in rows], fitting)
    with contextlib.suppress(LiangzhenError):
        header = headers.find(grid, header_row, Path("t.csv"))
        assert header.bottom - header.top in {0, 1}
        assert len(header.names) == width
        names, _ = headers.with_unit_above(grid, header)
        kept, _ = headers.body(grid, header)
        assert len(names) == width
        assert all(number > header.bottom for number in kept)


@settings(max_examples=60)
@given(cut=st.floats(0, 1))
@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_a_table_cut_short_is_a_result_or_one_sentence(tmp_path_factory, name, cut):
    path = tmp_path_factory.mktemp("cut") / name
    if name == "t.xlsx":
        written(path, GROUPED)
    else:
        path.write_text("镇名,GDP\n甲镇,1\n", encoding="gb18030")
    path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])
    with contextlib.suppress(LiangzhenError):
        read_table(path)


@settings(max_examples=100)
@given(data=st.binary(max_size=80))
@example(data=b"a,\x00\n1,2")
@example(data=b"\xff\xfea")
@example(data=b'"')
def test_any_bytes_called_csv_are_a_result_or_one_sentence(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "t.csv"
    path.write_bytes(data)
    with contextlib.suppress(LiangzhenError):
        read_table(path)
