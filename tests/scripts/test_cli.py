import shutil

import pytest
from click.testing import CliRunner

from scripts.cli import main


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture
def workspace(demo_folder, tmp_path):
    folder = tmp_path / "一个 工作区"
    shutil.copytree(demo_folder, folder)
    return folder


def test_new_writes_a_workspace_that_says_what_it_lacks(tmp_path):
    folder = tmp_path / "新 区"
    assert run("new", folder).exit_code == 0
    again = run("new", folder)
    assert again.exit_code == 2
    assert "workspace.toml" in again.stderr
    evaluated = run("evaluate", folder)
    assert evaluated.exit_code == 2
    assert "town_boundary" in evaluated.stderr
    assert "Traceback" not in evaluated.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_evaluate_writes_its_files_and_says_where(workspace, lang):
    result = run("evaluate", workspace, "--lang", lang)
    assert result.exit_code == 0, result.output
    folder = workspace / "results" / "2016Q4"
    assert sorted(path.name for path in folder.iterdir()) == [
        "assessment.json", "built_up_change.tif", "map.html", "parcels.parquet", "parcels.pmtiles",
        "raster_agreement.tif", "results.gpkg", "workbook.xlsx",
    ]  # fmt: skip
    assert all(str(path) in result.output for path in folder.iterdir())
    assert ("演示数据" if lang == "zh" else "demo data") in result.output.replace("Demo", "demo")


def test_failing_towns_end_zero_unless_asked(workspace, tmp_path):
    assert run("evaluate", workspace, "--out", tmp_path / "a").exit_code == 0
    assert run("evaluate", workspace, "--out", tmp_path / "b", "--fail-on", "fail").exit_code == 1
    assert (tmp_path / "b" / "map.html").is_file()


def test_bad_input_is_one_sentence_and_leaves_nothing(workspace):
    file = workspace / "workspace.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('role = "redline"', 'role = "redlin"'), encoding="utf-8"
    )
    result = run("evaluate", workspace)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "redline" in result.stderr
    assert not (workspace / "results").exists()


def test_an_unknown_policy_names_the_nearest(workspace):
    result = run("evaluate", workspace, "--policy", "jiaxing-2061", "--lang", "en")
    assert result.exit_code == 2
    assert "jiaxing-2016" in result.stderr


def test_demo_writes_and_judges(tmp_path):
    result = run("demo", tmp_path / "演 示", "--size", "small", "--lang", "en")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "演 示" / "truth.json").is_file()
    assert (tmp_path / "演 示" / "results" / "2016Q4" / "map.html").is_file()


def test_help_and_version():
    assert "evaluate" in run("--help").output
    assert run("--version").exit_code == 0
