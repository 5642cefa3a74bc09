import json

import pytest
from click.testing import CliRunner

from layers.rulebooks import builtin
from scripts.policy import policy
from spatial.errors import LiangzhenError


def ask(*words):
    return CliRunner().invoke(policy, list(map(str, words)))


@pytest.fixture
def version(tmp_path):
    def write(rest: str):
        path = tmp_path / "我的 2017.toml"
        head = '[policy]\nid = "mine"\nissued = "2017-01-01"\nextends = "jiaxing-2016"\n'
        path.write_text(head + rest, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("name", builtin())
def test_the_built_in_rulebooks_are_sound(name):
    result = ask("check", name, "--lang", "en")
    assert (result.exit_code, "no fault" in result.output) == (0, True), result.output


def test_all_faults_of_a_version_are_listed(version):
    path = version(
        'drop = ["programme-meeting"]\n[settings]\nsliver = 1\n'
        '[[rule]]\nid = "special-planned-area"\nthreshhold = 4\n'
        '[[rule]]\nid = "special-planed"\nthreshold = 4\n'
    )
    result = ask("check", path, "--lang", "en")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert len(lines) == 4
    for word in ("programme-meetings", "sliver_width_m", "nearest: threshold", "special-planned-area"):
        assert sum(word in line for line in lines) >= 1, word
    assert "4 处错误" in ask("check", path).stderr


def test_fixtures_beside_a_rulebook_are_judged(version):
    path = version('[[rule]]\nid = "special-planned-area"\nthreshold = 4\n')
    beside = path.with_name(f"{path.stem}.fixtures.toml")
    cases = "[special-planned-area]\npass = {value = 1}\nlimit = {value = 4.4}\nno-data = {}\nmiss = {value = %s}\n"
    beside.write_text(cases % 4.41, encoding="utf-8")
    assert ask("check", path, "--lang", "en").output.rstrip().endswith("4 cases, no fault.")
    beside.write_text(cases % 4.39, encoding="utf-8")
    result = ask("check", path, "--lang", "en")
    assert result.exit_code == 1
    assert "[special-planned-area] miss: expected `fail`, judged `pass`" in result.output
    beside.write_text("[special", encoding="utf-8")
    assert "not TOML" in ask("check", path, "--lang", "en").output


@pytest.mark.parametrize("content", ["[policy", "", "policy = 1\nrule = 1\n"])
def test_what_is_no_rulebook_at_all_is_said(tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_text(content, encoding="utf-8")
    result = ask("check", path, "--lang", "en")
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert "x.toml" in result.output


def test_show_names_the_files_a_rule_comes_from(version):
    path = version('[[rule]]\nid = "special-planned-area"\nthreshold = 4\n')
    data = json.loads(ask("show", path, "--json").output)
    assert data["rules"][0]["origin"] == ["jiaxing-2016.toml", "我的 2017.toml"]
    assert data["extends"] == ["jiaxing-2016.toml"]
    one = json.loads(ask("show", path, "--rule", "special-planned-area", "--json").output)
    assert one["threshold"] == 4.0
    shown = ask("show", path, "--rule", "special-planned-area").output
    assert "jiaxing-2016.toml → 我的 2017.toml" in shown
    assert "approved_planned_km2, 1 %" in shown


def test_show_has_a_row_for_each_rule():
    for lang, word in (("zh", "条款"), ("en", "Clause")):
        result = ask("show", "jiaxing-2016", "--lang", lang)
        assert result.exit_code == 0
        assert word in result.output


def test_an_unknown_rule_says_the_nearest():
    result = ask("show", "jiaxing-2016", "--rule", "special-planed-area")
    assert isinstance(result.exception, LiangzhenError)
    assert "special-planned-area" in str(result.exception)
