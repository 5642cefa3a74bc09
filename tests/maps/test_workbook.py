import dataclasses
import datetime as dt
import re
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import range_boundaries

from layers import results as store
from maps import charts, sheets, tables, wording, workbook
from maps.cells import Column, Number, Table
from maps.colors import VERDICTS
from tests.maps.results_fixture import small_results

MISSING = "无数据"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("a folder 空格") / "工作簿.xlsx"
    workbook.write(small_results(), path)
    return path


@pytest.fixture(scope="module")
def book(path):
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def values(path):
    return openpyxl.load_workbook(path, data_only=True)


def written(results, folder, lang="zh", **options):
    workbook.write(results, folder / "book.xlsx", lang)
    return openpyxl.load_workbook(folder / "book.xlsx", **options)


def head(sheet):
    """Row of the column heads, and the column of each head."""
    row = int(re.search(r"\d+", sheet.auto_filter.ref)[0])
    return row, {cell.value: cell.column for cell in sheet[row] if cell.value}


def rows(sheet):
    row, columns = head(sheet)
    return [
        {name: sheet.cell(line, column) for name, column in columns.items()}
        for line in range(row + 1, sheet.max_row + 1)
    ]


def cells(book, reference):
    name, _, area = reference.replace("$", "").rpartition("!")
    left, top, right, bottom = range_boundaries(area)
    grid = book[name.strip("'")].iter_rows(top, bottom, left, right, values_only=True)
    return [value for row in grid for value in row]


def computed(formula, sheet, book):
    """COUNTIFS, SUMIFS, SUM and SUBTOTAL(109), worked out from the cells' values."""
    if "(" not in formula:
        return cells(book, formula.removeprefix("="))[0]
    name, inside = re.fullmatch(r"=(\w+)\((.*)\)", formula).groups()
    parts = [part if "!" in part or '"' in part else f"'{sheet}'!{part}" for part in inside.split(",")]
    if name == "COUNTIFS":
        pairs = zip(cells(book, parts[0]), cells(book, parts[2]), strict=True)
        asked = cells(book, parts[1])[0], cells(book, parts[3])[0]
        return sum(pair == asked for pair in pairs)
    if name == "SUMIFS":
        kept = [True] * len(cells(book, parts[0]))
        for area, asked in zip(parts[1::2], parts[2::2], strict=True):
            words = asked.strip('"')
            kept = [
                keep and (mark != words[2:] if words.startswith("<>") else mark == words)
                for keep, mark in zip(kept, cells(book, area), strict=True)
            ]
        numbers = zip(cells(book, parts[0]), kept, strict=True)
        return sum(value for value, keep in numbers if keep and isinstance(value, (int, float)))
    assert name in {"SUM", "SUBTOTAL"}
    return sum(value for value in cells(book, parts[-1]) if isinstance(value, (int, float)))


def test_every_formula_carries_the_value_that_it_works_out_to(book, values):
    found = [
        (sheet.title, cell)
        for sheet in book
        for line in sheet.iter_rows()
        for cell in line
        if cell.data_type == "f"
    ]
    assert {cell.value.partition("(")[0].removeprefix("=") for _, cell in found if "(" in cell.value} == {
        "COUNTIFS",
        "SUM",
        "SUMIFS",
        "SUBTOTAL",
    }
    for sheet, cell in found:
        kept = values[sheet][cell.coordinate].value
        if isinstance(kept, str):
            assert computed(cell.value, sheet, values) == kept
        else:
            assert computed(cell.value, sheet, values) == pytest.approx(kept, abs=1e-8), (
                sheet,
                cell.coordinate,
            )


def test_summary_counts_add_up_to_all_findings(values):
    sheet = values["总览"]
    total = next(row for row in sheet.iter_rows() if row[0].value == "合计")
    assert [cell.value for cell in total[2:7]] == [2, 2, 2, 6, 12]
    labels = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "演示数据：所有地名、边界和数字均为虚构" in labels
    assert any("2 个原因解释了 2 项不符合中的 100 %" in str(label) for label in labels)


def test_sheets_stand_in_order_and_are_linked(book):
    assert book.sheetnames == [
        "总览", "图表", "各镇", "结论", "规划与建设面积", "扩展边界", "增长指标", "其他条款", "市级目标",
        "界外图斑", "数据质量", "质量明细", "数据来源",
    ]  # fmt: skip
    links = {cell.hyperlink.location for row in book["总览"].iter_rows() for cell in row if cell.hyperlink}
    assert links == {f"'{name}'!A1" for name in book.sheetnames[1:]}


def test_findings_have_numbers_as_numbers_and_formats_of_their_units(book):
    found = {(row["镇"].value, row["事项"].value): row for row in rows(book["结论"])}
    assert len(found) == 12
    area = found["云塘光伏小镇", "规划面积"]
    assert (area["数值"].value, area["数值"].number_format) == (3.6213, "#,##0.0000")
    assert (area["要求"].value, area["比较"].value, area["单位"].value) == (3.0, "≤", "平方公里")
    assert (area["余量"].value, area["余量"].number_format) == (-0.6213, "+#,##0.0000;-#,##0.0000;0.0000")
    outside = found["云塘光伏小镇", "扩展边界外的建设用地"]
    assert (outside["数值"].value, outside["数值"].number_format) == (15_432.18, "#,##0.00")
    assert found["全市", "市级特色小镇创建数"]["说明"].value == "期限未到，进度落后"
    assert found["石桥丝绸小镇", "规划面积"]["会改变结论的算法"].value == "平面面积、数字化误差"


def test_missing_numbers_say_so_and_are_never_zero_or_empty(book):
    found = [row for row in rows(book["结论"]) if row["结论"].value == MISSING]
    assert [(row["数值"].value, row["余量"].value) for row in found] == [(MISSING, MISSING)] * 2
    for name in book.sheetnames[2:-1]:
        row, columns = head(book[name])
        for line in book[name].iter_rows(row + 1, max_col=len(columns)):
            assert None not in [cell.value for cell in line], name


def test_verdicts_have_their_colour_and_sign(book):
    looks = {
        row["结论"].value: (row["结论"].fill.fgColor.rgb, row["结论"].number_format)
        for row in rows(book["结论"])
    }
    assert len(looks) == 4
    assert looks["不符合"] == ("FF" + VERDICTS["fail"].fill[1:].upper(), '"× "@')
    assert looks["无数据"][1] == '"? "@'


def test_tables_keep_heads_in_sight_filter_and_print_on_a4(book):
    for name in book.sheetnames[2:-1]:
        sheet = book[name]
        row, columns = head(sheet)
        assert sheet.freeze_panes == f"{'ABC'[tables_kept(name)]}{row + 1}", name
        assert sheet.auto_filter.ref.startswith(f"A{row}:")
        assert str(row) in sheet.print_title_rows
        assert columns, name
    for sheet in book:
        upright = sheet.title == "图表"
        assert sheet.page_setup.orientation == ("portrait" if upright else "landscape"), sheet.title
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToWidth in {None, 1}
        assert sheet.title == "图表" or sheet.sheet_properties.pageSetUpPr.fitToPage
        assert "演示数据" in sheet.oddHeader.right.text
        assert (
            sheet.oddFooter.center.text.endswith("第 &[Page] 页 共 &[Pages] 页")
            or "&P" in sheet.oddFooter.center.text
        )


def test_long_tables_stand_upright_unless_they_would_become_small():
    columns = [Column("镇"), Column("面积（亩）")]
    rows = [["澜渡电驱小镇", Number(1.5, "亩")]] * 40
    assert sheets.tall(Table("zones", columns, rows), "zh")
    assert not sheets.tall(Table("zones", columns, rows[:30]), "zh")
    wide = [["澜渡电驱小镇" * 5, Number(1.5, "亩")] * 4] * 40
    assert not sheets.tall(Table("zones", columns * 4, wide), "zh")


def tables_kept(name):
    return 2 if name in {"结论", "市级目标", "界外图斑"} else 1


def test_pieces_in_three_units_with_totals_above(values):
    sheet = values["界外图斑"]
    row, columns = head(sheet)
    place = columns["面积（平方米）"]
    totals = {sheet.cell(line, place - 1).value: line for line in range(row - 3, row)}
    judged = [12_000 * 0.99995, 3_420 * 0.99995, 8_210 * 0.99995]
    judged = [round(area, 2) for area in judged]
    line = totals["合计（不含碎屑）"]
    assert sheet.cell(line, place).value == pytest.approx(sum(judged), abs=1e-6)
    assert sheet.cell(line, place + 1).value == pytest.approx(sum(judged) / 10_000, abs=1e-8)
    assert sheet.cell(line, place + 2).value == pytest.approx(sum(judged) * 3 / 2_000, abs=1e-6)
    assert sheet.cell(totals["其中碎屑（不计入）"], place).value == pytest.approx(30.0, abs=0.01)
    assert sheet.cell(totals["当前筛选合计"], place).value == pytest.approx(sum(judged) + 30.0, abs=0.01)
    found = rows(sheet)
    assert [found[0][name].value for name in ("图斑", "地类", "区域", "碎屑")] == [
        "parcels:101",
        "0601",
        "030 限制建设区",
        "否",
    ]
    assert found[-1]["碎屑"].value == "是"
    assert found[0]["面积（公顷）"].number_format == "#,##0.0000"
    assert found[0]["面积（亩）"].number_format == "#,##0.00"
    assert found[0]["中心东坐标（米）"].value == pytest.approx(540_000 + 3_300 + 560)


def test_a_check_has_one_row_a_town_and_what_is_asked_in_the_head(book):
    sheet = book["扩展边界"]
    row, _ = head(sheet)
    groups = [cell.value for cell in sheet[row - 1] if cell.value]
    assert "扩展边界外的建设用地（平方米） ≤ 0" in groups
    lines = [[cell.value for cell in line] for line in sheet.iter_rows(row + 1)]
    assert lines[0] == ["云塘光伏小镇", "省级", "盐亭市", 15_432.18, "不符合", 0, "符合"]
    assert lines[2] == ["清溪茶香小镇", "市级", "秀水区", 0, "符合", "—", "—"]


def with_land(results):
    kinds = {"construction_land_km2": 1.2, "construction_land_permitted_km2": 0.9,
             "construction_land_conditional_km2": 0.2, "construction_land_farmland_km2": 0.05}  # fmt: skip
    land = pd.DataFrame(
        {
            "town_id": "S1", "measure": list(kinds), "value": list(kinds.values()), "unit": "km²",
            "period": "2016Q2", "evidence": None, "basis": "basis-zone-area",
        }
    )  # fmt: skip
    return dataclasses.replace(results, measures=pd.concat([results.measures, land], ignore_index=True))


def test_land_by_zone_in_three_units_with_the_rest(tmp_path):
    sheet = written(with_land(small_results()), tmp_path)["分区建设用地"]
    found = {row["区域"].value: row for row in rows(sheet)}
    assert found["建设用地合计"]["面积（平方米）"].value == 1_200_000
    assert found["允许建设区"]["面积（公顷）"].value == 90
    assert found["允许建设区"]["面积（亩）"].value == pytest.approx(1_350)
    assert found["允许建设区"]["占比"].value == pytest.approx(0.75)
    assert found["其余（未落入以上各区）"]["面积（平方米）"].value == pytest.approx(100_000)
    assert found["禁止建设区"]["面积（平方米）"].value == MISSING
    assert found["其中：永久基本农田内"]["面积（平方米）"].value == 50_000


def test_zones_and_checks_are_summed_up_by_formulas(tmp_path):
    results = with_land(small_results())
    land = results.measures.iloc[-4:].assign(town_id="330402101", value=[0.5, 0.4, 0.1, 0.0])
    results = dataclasses.replace(results, measures=pd.concat([results.measures, land], ignore_index=True))
    workbook.write(results, tmp_path / "book.xlsx")
    book, values = (openpyxl.load_workbook(tmp_path / "book.xlsx", data_only=kept) for kept in (False, True))
    sheet = values["分区建设用地"]
    row, columns = head(sheet)
    place = columns["面积（平方米）"]
    sums = {sheet.cell(line, place - 1).value: sheet.cell(line, place).value for line in range(row - 8, row)}
    assert (sums["建设用地合计"], sums["允许建设区"]) == (
        500_000,
        400_000,
    )  # S1 lies in a town that is counted
    for name in ("分区建设用地", "扩展边界", "规划与建设面积"):
        for line in book[name].iter_rows():
            for cell in line:
                if cell.data_type == "f":
                    kept = values[name][cell.coordinate].value
                    assert computed(cell.value, name, values) == pytest.approx(kept), (name, cell.coordinate)
    sheet = values["扩展边界"]
    row, _ = head(sheet)
    assert sheet.cell(row - 2, 4).value == pytest.approx(15_432.18)


def test_charts_are_drawn_from_cells_that_say_what_they_show(path, values):
    with zipfile.ZipFile(path) as file:
        parts = [file.read(name) for name in file.namelist() if name.startswith("xl/charts/chart")]
    shown = charts.cached(parts)
    assert shown
    for asked, kept in shown.items():
        own = cells(values, asked)
        assert None not in own, asked
        assert MISSING not in own or len(own) == 1, asked
        if all(isinstance(value, (int, float)) for value in own):
            assert [float(value) for value in kept] == pytest.approx(own), asked
        else:
            assert kept == own, asked


def test_every_sheet_has_its_print_area(book):
    for sheet in book:
        assert sheet.print_area, sheet.title


@pytest.mark.parametrize(
    "evil", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1"]
)
def test_texts_of_the_input_never_become_formulas(tmp_path, evil):
    results = small_results()
    towns = results.towns.copy()
    towns.loc["S1", "name"] = evil
    towns.loc["S1", "county"] = evil
    pieces = results.pieces.assign(parcel_id=evil, land_class=evil)
    issues = results.issues.assign(layer=evil, params=[{"reason": evil}, {"layer": evil}])
    changed = dataclasses.replace(results, title=evil, towns=towns, pieces=pieces, issues=issues)
    book = written(changed, tmp_path)
    found = [
        cell
        for sheet in book
        for line in sheet.iter_rows()
        for cell in line
        if str(cell.value).strip() == evil.strip()
    ]
    assert len(found) > 10
    assert {cell.data_type for cell in found} == {"s"}
    assert any(cell.quotePrefix for cell in found)


def test_codes_stay_texts(book):
    town = next(row for row in rows(book["各镇"]) if row["镇"].value == "望湖镇")
    assert (town["代码"].value, town["代码"].data_type, town["代码"].number_format) == ("330402101", "s", "@")


def test_same_results_same_bytes_and_no_current_time(tmp_path):
    for name in ("one.xlsx", "two.xlsx"):
        workbook.write(small_results(), tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    made = openpyxl.load_workbook(tmp_path / "one.xlsx").properties.created
    assert made == dt.datetime(2016, 7, 12, 9, 0, 0)  # noqa: DTZ001 - openpyxl gives it naive
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.xlsx", "two.xlsx"]


def test_no_demo_no_mark(tmp_path):
    book = written(small_results(demo=False), tmp_path)
    assert not [
        cell for sheet in book for line in sheet.iter_rows() for cell in line if "虚构" in str(cell.value)
    ]
    assert not any(sheet.oddHeader.right.text for sheet in book)


def test_english(tmp_path):
    book = written(small_results(), tmp_path, "en")
    assert book.sheetnames[:3] == ["Summary", "Charts", "Towns"]
    found = rows(book["Findings"])
    assert (found[0]["Verdict"].value, found[0]["Unit"].value) == ("Fail", "km²")
    assert found[3]["Value"].value == "no data"


def test_results_read_back_give_the_same_workbook(tmp_path):
    results = small_results()
    numbered = results.pieces.assign(layer="parcels", fid=[101, 205, 206, 330])
    results = dataclasses.replace(
        results, pieces=numbered, issues=results.issues.assign(fid=[17, None], severity="note")
    )
    store.write(results, tmp_path)
    direct, again = written(results, tmp_path), written(store.read(tmp_path), tmp_path)
    for sheet in direct:
        for line in sheet.iter_rows():
            for cell in line:
                assert again[sheet.title][cell.coordinate].value == cell.value, (sheet.title, cell.coordinate)


def test_empty_results_still_make_a_workbook(tmp_path):
    results = small_results()
    bare = dataclasses.replace(
        results, findings=results.findings.iloc[:0], measures=results.measures.iloc[:0], issues=pd.DataFrame(),
        pieces=gpd.GeoDataFrame(pd.DataFrame(columns=["town_id", "rule", "sliver"]), geometry=[], crs=results.crs),
        towns=results.towns.assign(verdict=None), provenance={}, rulebook={},
    )  # fmt: skip
    book = written(bare, tmp_path)
    assert "结论" in book.sheetnames
    assert "没有不符合的结论" in str([cell.value for line in book["总览"].iter_rows() for cell in line])


def test_long_lists_are_cut_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MOST", 2)
    book = written(small_results(), tmp_path)
    assert len(rows(book["界外图斑"])) == 2
    assert "共 4 条，此处列前 2 条" in book["界外图斑"]["A2"].value


def test_columns_fit_what_they_hold(book):
    sheet = book["结论"]
    _, columns = head(sheet)
    letters = {name: openpyxl.utils.get_column_letter(column) for name, column in columns.items()}
    for row in rows(sheet):
        for name in ("镇", "结论", "数值", "要求", "余量", "单位"):
            cell = row[name]
            number = isinstance(cell.value, (int, float))
            words = f"{cell.value:,.4f}" if number and "km" in str(cell.value) else str(cell.value)
            assert sheet.column_dimensions[letters[name]].width >= sheets.display_width(words), (
                name,
                cell.value,
            )


def test_evidence_in_words():
    evidence = {
        "inputs": ["tables"], "rows": ["90", "86"],
        "numbers": {"gdp_yi[2016Q4]": 101.879, "county gdp_yi[2015Q4]": np.nan, "S1": 14.0},
        "missing": ["county gdp_yi[2015Q4]"], "prorated": {"full": 50.0, "share": 7 / 12},
    }  # fmt: skip
    said = wording.evidence_text(evidence, "basis-lead", "亿元", {"S1": "云塘光伏小镇"}, "zh")
    assert said == (
        "本镇GDP增速减所在县（市、区）GDP增速；GDP 2016Q4 101.88 亿元，所在县GDP 2015Q4 无数据，云塘光伏小镇 14，"
        "缺少：所在县GDP 2015Q4，全额要求 50 亿元，时间进度 58 %，数据行 90、86"
    )
    assert wording.evidence_text(None, None, "", {}, "zh") == ""
