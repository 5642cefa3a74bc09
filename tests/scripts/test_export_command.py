import json

import pytest
from click.testing import CliRunner

from layers import results as store
from scripts.cli import main
from tests.maps.results_fixture import small_results
from tests.maps.test_webmap import installed

STATED = ["--review-no", "浙S(2016)1号", "--secrecy", "公开", "--maker", "演示市自然资源局"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("工作 区")
    results = folder / "results" / "2016Q2"
    results.mkdir(parents=True)
    store.write(small_results(), results)
    return folder


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_workspace_stands_for_its_latest_results(workspace):
    done = run("export", workspace, "--format", "qgis, sld")
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    folder = workspace / "results" / "2016Q2" / "export"
    assert (folder / "qgis" / "两镇评估.qgz").is_file()
    assert str(folder / "qgis" / "两镇评估.qgz") in done.output
    assert json.loads((folder / "export.json").read_text(encoding="utf-8"))["formats"] == ["qgis", "sld"]
    assert run("verify", workspace, folder / "export.json").exit_code == 0


def test_english_names(workspace, tmp_path):
    done = run("export", workspace, "--format", "qgis", "--lang", "en", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file()) == [
        "README.txt", "export.json", "liangzhen.qgz", "results.gpkg",
    ]  # fmt: skip


def test_unknown_formats_and_folders_are_named(workspace, tmp_path):
    assert run("export", workspace, "--format", "dwg").exit_code == 2
    assert "dwg" in run("export", workspace, "--format", "dwg").output
    done = run("export", tmp_path)
    assert (done.exit_code, str(tmp_path) in done.output) == (2, True)


@pytest.mark.parametrize("command", ["export", "map"])
def test_nothing_is_published_without_its_number(workspace, tmp_path, command):
    done = run(command, workspace, "--public", *STATED[2:], "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "--review-no" in done.output
    assert "--maker" not in done.output
    assert not list(tmp_path.iterdir())


def test_formats_that_are_not_published(workspace, tmp_path):
    done = run("export", workspace, "--public", *STATED, "--format", "json", "--out", tmp_path / "out")
    assert (done.exit_code, "json" in done.output) == (2, True)
    assert not list(tmp_path.iterdir())


@installed
def test_the_map_of_a_workspace(workspace, tmp_path):
    done = run("map", workspace, "--out", tmp_path / "图" / "map.html", "--lang", "en")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "图" / "map.html").read_text(encoding="utf-8")
    assert '<html lang="en' in page
    assert [path.name for path in (tmp_path / "图").iterdir()] == ["map.html"]
