"""Sentences of commands point to what there is."""

import pytest
from click.testing import CliRunner

from scripts.cli import main


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.mark.parametrize(("command", "known"), [("export", "geoparquet"), ("sheets", "svg")])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_format_that_is_unknown_is_answered_with_those_that_are_known(tmp_path, command, known, lang):
    result = run(command, tmp_path, "--format", "foo,pdf", "--lang", lang)
    assert result.exit_code == 2
    assert "foo" in result.stderr
    assert known in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_proposals_need_an_assessment_and_not_another_evaluation(tmp_path):
    quarter = tmp_path / "results" / "2016Q4"
    quarter.mkdir(parents=True)
    (quarter / "assessment.json").touch()
    result = run("whatif", tmp_path, "--proposals", "--set", "gdp_growth_pct=9.5")
    assert result.exit_code == 2
    assert "liangzhen assess" in result.stderr
    assert "--in" not in result.stderr


def test_a_file_that_is_not_there_is_not_looked_for_in_a_workspace(tmp_path):
    result = run("convert", tmp_path / "nope.shp", tmp_path / "o.gpkg")
    assert result.exit_code == 2
    assert "nope.shp" in result.stderr
    assert "workspace.toml" not in result.stderr
