import json

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
from click.testing import CliRunner

from layers import demo
from scripts.cli import main


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("两 次")
    demo.write(folder, size="small", seed=2016)
    for quarter in ("2016Q2", "2016Q4"):
        result = CliRunner().invoke(main, ["evaluate", str(folder), "--as-of", quarter])
        assert result.exit_code == 0, result.output
    return folder / "results" / "2016Q2", folder / "results" / "2016Q4"


def test_what_changed_on_screen_as_workbook_and_layers(runs, tmp_path):
    xlsx, gpkg = tmp_path / "变化.xlsx", tmp_path / "变化.gpkg"
    words = [*map(str, runs), "--xlsx", str(xlsx), "--gpkg", str(gpkg)]
    result = CliRunner().invoke(main, ["compare", *words])
    assert result.exit_code == 0, result.output
    before, after = (
        {
            (row["town_id"], row["rule"]): row["verdict"]
            for row in json.loads((run / "assessment.json").read_text("utf-8"))["findings"]
        }
        for run in runs
    )
    new = [
        key
        for key, now in after.items()
        if now in {"fail", "warning"} and before.get(key) not in {"fail", "warning"}
    ]
    assert f"新增 {len(new)}" in result.output
    assert "项目：停滞 9、竣工 10、推进 119" in result.output
    sheet = openpyxl.load_workbook(xlsx)["判定变化"]
    changes = [row[0].value for row in sheet.iter_rows()]
    assert changes.count("新增") == len(new)
    assert {name for name, _ in pyogrio.list_layers(gpkg)} >= {"changed_land", "changed_town"}
    projects = openpyxl.load_workbook(xlsx)["项目变化"]
    done = [[cell.value for cell in row] for row in projects.iter_rows() if row[0].value == "竣工"]
    assert len(done) == 10
    assert {row[4] for row in done} == {"已完成"}
    assert all(row[6] > row[5] for row in done)
    drawn = gpd.read_file(gpkg, layer="changed_project")
    assert (drawn["change"] == "advanced").sum() == 119
    land = gpd.read_file(gpkg, layer="changed_land")
    assert set(land["change"]) <= {"new", "gone", "still"}
    assert land["area_m2"].min() > 0


def test_a_run_against_itself_changes_nothing(runs):
    result = CliRunner().invoke(main, ["compare", str(runs[0]), str(runs[0]), "--lang", "en"])
    assert "Findings: still there" in result.output
    assert "new " not in result.output
    assert "advanced" not in result.output


def test_no_results_is_one_sentence(tmp_path, runs):
    result = CliRunner().invoke(main, ["compare", str(tmp_path), str(runs[0])])
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
