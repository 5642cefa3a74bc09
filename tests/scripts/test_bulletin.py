"""`liangzhen bulletin`: tables of a quarter as Word, PDF and workbook, with what changed since the quarter before."""

import io
import shutil

import openpyxl
import pypdfium2
import pytest
from click.testing import CliRunner
from docx import Document

from layers import results as store
from layers.comparing import compare
from maps.bulletin import content
from maps.report_blocks import Figure, Grid, Paragraph, figures
from scripts.cli import main


@pytest.fixture(scope="module")
def workspace(demo_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("通报 1") / "w"
    shutil.copytree(demo_folder, folder)
    for quarter in ("2016Q3", "2016年4季度"):
        done = CliRunner().invoke(main, ["bulletin", str(folder), "--quarter", quarter])
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def quarters(workspace):
    return [store.read(workspace / "results" / quarter) for quarter in ("2016Q3", "2016Q4")]


def grids(report):
    return {block.caption: block for block in report.blocks if isinstance(block, Grid)}


def test_growth_and_rank_are_those_of_the_measures(quarters):
    report = content(quarters[1], None, "zh")
    table = quarters[1].measures
    growth = table[table["measure"] == "gdp_growth_pct"].set_index("town_id")["value"]
    pilots = quarters[1].towns.query("programme == 'pilot' and level == 'city'").index
    ranks = growth.reindex(pilots).rank(ascending=False, method="min")
    shown = {figure.id: figure.shown for figure in figures(report)}
    for town in pilots:
        assert shown[f"{town}.gdp_growth_pct"].endswith(f"({ranks[town]:g})")
        assert float(shown[f"{town}.gdp_growth_pct"].split()[0]) == pytest.approx(growth[town], abs=0.005)


def test_projects_are_counted_by_state(quarters):
    projects = quarters[1].context["project"]
    table = grids(content(quarters[1], None, "zh"))["项目进展"]
    counted = sum(int(cell.shown) for row in table.rows for cell in row[1:6] if isinstance(cell, Figure))
    assert counted == len(projects)


def test_towns_stand_by_level_as_the_policy_has_them_and_land_is_dated(quarters):
    towns = quarters[1].towns
    level = dict(zip(towns["name"], towns["level"], strict=True))
    order = ["province", "city", "county"]
    tables = grids(content(quarters[1], None, "zh"))
    dated = f"建设用地\uff08图斑时点 {quarters[1].provenance['construction_land_date']}\uff09"
    for caption in ("小城市培育试点镇主要指标", "特色小镇投资", dated, "项目进展"):
        found = next(table for name, table in tables.items() if name.startswith(caption))
        places = [order.index(level[row[0]]) for row in found.rows if row[0] in level]
        assert places == sorted(places), caption
        assert len(set(places)) > 1
    by_town = towns[towns["name"].isin([row[0] for row in tables[dated].rows])]
    assert [row[0] for row in tables[dated].rows] == [
        name for key in order for name in by_town["name"][by_town["level"] == key]
    ]


def test_changes_since_the_quarter_before(quarters):
    changed = compare(*quarters)
    told = grids(content(quarters[1], changed, "zh"))["与上季度相比"]
    assert (
        len(told.rows) == int(changed.findings["change"].isin(["new", "gone", "worse", "better"]).sum()) > 0
    )
    alone = content(quarters[0], None, "zh")
    assert any(isinstance(block, Paragraph) and "上季度未评估" in block.parts[0] for block in alone.blocks)


def test_who_did_not_report(quarters):
    lacking = quarters[1].findings.query("verdict == 'no data'")["town_id"].nunique()
    assert len(grids(content(quarters[1], None, "zh"))["未报送或缺数据的镇"].rows) == lacking


def test_files_hold_the_same(workspace, quarters):
    folder = workspace / "results" / "2016Q4"
    report = content(quarters[1], compare(*quarters), "zh")
    document = Document(folder / "bulletin-2016Q4.docx")
    assert len(document.tables) == len(grids(report))
    pdf = pypdfium2.PdfDocument(io.BytesIO((folder / "bulletin-2016Q4.pdf").read_bytes()))
    words = "".join(page.get_textpage().get_text_range() for page in pdf)
    pdf.close()
    assert "两镇建设季度通报" in words
    book = openpyxl.load_workbook(folder / "bulletin-2016Q4.xlsx")
    assert len(book.sheetnames) == len(grids(report))
    cells = [cell for row in book.worksheets[0].iter_rows(min_row=5) for cell in row]
    numbers = [cell for cell in cells if isinstance(cell.value, (int, float))]
    assert numbers
    assert any('" (1)"' in cell.number_format for cell in numbers)


def test_it_is_verified_to_the_digit(workspace, tmp_path):
    folder = workspace / "results" / "2016Q4"
    files = sorted(folder.glob("bulletin-*"))
    whole = CliRunner().invoke(main, ["verify", str(folder), *map(str, files)])
    assert whole.exit_code == 0, whole.output
    assert whole.output.count("全部与结果一致") == len(files) == 3
    book = openpyxl.load_workbook(folder / "bulletin-2016Q4.xlsx")
    cell = next(
        cell
        for row in book.worksheets[0].iter_rows(min_row=5)
        for cell in row
        if cell.data_type == "n" and cell.value
    )
    cell.value += 1
    book.save(tmp_path / "changed.xlsx")
    changed = CliRunner().invoke(main, ["verify", str(folder), str(tmp_path / "changed.xlsx")])
    assert changed.exit_code == 1
    assert cell.coordinate in changed.output
