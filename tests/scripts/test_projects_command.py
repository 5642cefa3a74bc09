"""The commands of projects and of greenways show what is planted in the demo, and write workbooks that open."""

import io
import json
import shutil
from dataclasses import replace

import openpyxl
import pytest
from click.testing import CliRunner
from rich.console import Console

from layers import results as store
from layers.errors import LayerError
from maps import greenway_tables
from scripts.evaluate import Request, evaluate, present
from scripts.greenways import greenways
from scripts.projects import projects


@pytest.fixture(scope="module")
def folder(demo_folder, tmp_path_factory):
    results = tmp_path_factory.mktemp("项 目") / "2016Q4"
    present(evaluate(Request(demo_folder)), results, "zh")
    return results


def test_projects_on_the_screen_and_as_a_workbook(demo_folder, folder, tmp_path):
    out = tmp_path / "表 格" / "项目.xlsx"
    done = CliRunner().invoke(
        projects, [str(folder), "--out", str(out)], env={"COLUMNS": "200"}, catch_exceptions=False
    )
    assert done.exit_code == 0
    truth = json.loads((demo_folder / "truth.json").read_text(encoding="utf-8"))["projects"]
    said = done.output.replace("\n", "")
    for case in ("late", "standing_still", "outside_town", "on_farmland", "unreported"):
        assert all(name in said for name in truth[case]), case
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["各镇项目", "项目", "项目与上报核对", "项目集聚区", "场所与街路"]
    cells = [str(cell.value) for row in book["项目"].iter_rows() for cell in row]
    assert truth["late"][0] in cells
    assert not {"nan", "True", "False", "<NA>"} & set(cells)
    against = [str(cell.value) for row in book["项目与上报核对"].iter_rows() for cell in row]
    assert against.count("项目合计偏多") == 1


def test_in_english(folder, tmp_path):
    out = tmp_path / "projects.xlsx"
    done = CliRunner().invoke(
        projects, [str(folder), "--lang", "en", "--out", str(out)], env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0
    assert "Projects by town" in done.output
    assert openpyxl.load_workbook(out).sheetnames[0] == "Projects by town"


def test_a_run_without_reports_and_limits_says_no_data(demo_folder, tmp_path):
    workspace = tmp_path / "bare"
    shutil.copytree(demo_folder, workspace)
    head, *layers = (workspace / "workspace.toml").read_text(encoding="utf-8").split("[[layer]]")
    left_out = ("project_report", "redline", "farmland", "construction_area", "street")
    kept = [one for one in layers if not any(f'role = "{role}"' in one for role in left_out)]
    (workspace / "workspace.toml").write_text("[[layer]]".join([head, *kept]), encoding="utf-8")
    results = workspace / "results" / "2016Q4"
    present(evaluate(Request(workspace)), results, "zh")
    out = tmp_path / "projects.xlsx"
    done = CliRunner().invoke(
        projects, [str(workspace), "--out", str(out)], env={"COLUMNS": "200"}, catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "占永久基本农田 (" not in done.output
    sheet = openpyxl.load_workbook(out)["项目"]
    rows = list(sheet.iter_rows(values_only=True))
    at = next(row for row in rows if "占永久基本农田" in row).index("占永久基本农田")
    assert {row[at] for row in rows if row[0] and row[1] and row[at] != "占永久基本农田"} == {"无数据"}


def test_without_projects_one_sentence(folder, tmp_path):
    bare = tmp_path / "2016Q4"
    bare.mkdir()
    for file in folder.iterdir():
        (bare / file.name).write_bytes(file.read_bytes())
    document = json.loads((bare / "assessment.json").read_text(encoding="utf-8"))
    document["tables"] = {}
    (bare / "assessment.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(LayerError, match="no projects"):
        CliRunner().invoke(projects, [str(bare)], catch_exceptions=False)


def test_greenways_on_the_screen_and_as_a_workbook(demo_folder, folder, tmp_path):
    out = tmp_path / "表 格" / "绿道.xlsx"
    done = CliRunner().invoke(
        greenways, [str(folder), "--out", str(out)], env={"COLUMNS": "200"}, catch_exceptions=False
    )
    assert done.exit_code == 0
    truth = json.loads((demo_folder / "truth.json").read_text(encoding="utf-8"))["greenways"]
    reached, near = len(truth["reached"]["2016Q4"]), len(truth["near"])
    assert f"{reached} 个步行可达" in done.output
    assert f"仅在缓冲区内 {near} 个" in done.output
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["按县市区", "按乡镇", "逐季通达", "通达", "待建连接线", "连通部分"]
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not {"nan", "True", "False", "<NA>"} & set(cells)
    assert {*truth["apart"], "仅达孤立段", "全部"} <= set(cells)


def test_greenways_without_any_end_in_one_sentence(folder, tmp_path):
    bare = tmp_path / "无绿道"
    shutil.copytree(folder, bare)
    document = json.loads((bare / "assessment.json").read_text(encoding="utf-8"))
    document["tables"] = {name: one for name, one in document["tables"].items() if "greenway" not in name}
    (bare / "assessment.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(LayerError, match="no greenways"):
        CliRunner().invoke(greenways, [str(bare)], catch_exceptions=False)


def test_a_county_without_villages_has_not_those_of_all(folder):
    """Of its villages nothing is known; the row of all has the others."""
    found = store.read(folder)
    table = found.tables["greenway_series"]
    county = found.tables["greenway_by_county"]["county"].iloc[0]
    known = table[~(table["name"].eq(county) & table["kind"].eq("village"))]
    console = Console(record=True, width=200, file=io.StringIO())
    greenway_tables.render(replace(found, tables={**found.tables, "greenway_series": known}), "zh", console)
    rows = [line.split("|") for line in console.export_text().splitlines() if line.startswith("|")]
    (row,) = (row for row in rows if row[1].strip() == county)
    assert [cell.strip() for cell in row[-4:-1]] == ["-", "-", "-"]
    book = [table for table in greenway_tables.tables(found, "zh") if table.code == "greenway-series"]
    assert any("百分点" in column.head for column in book[0].columns)
