import re
import tomllib
from importlib.resources import files
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from scripts import speech
from scripts.cli import main
from scripts.speech import Formatter, language, paragraphs, speak

HAN = re.compile("[\u4e00-\u9fff]")
CHINESE = tomllib.loads(files("scripts").joinpath("chinese.toml").read_text(encoding="utf-8"))


def run(*args, **more):
    return CliRunner().invoke(main, list(args), **more)


def below(command, path=()):
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from below(one, (*path, name))


def helps():
    """All sentences that commands and options say of themselves, in the code's English."""
    speak(main, "en")
    for path, command in below(main):
        name = " ".join(path)
        yield from ((name, part) for part in paragraphs(command.help))
        for param in command.params:
            if isinstance(param, click.Option):
                yield from ((f"{name} {param.opts[0]}", part) for part in paragraphs(param.help) or [""])


def test_every_command_and_option_says_what_it_is_in_both_languages():
    assert [(where, said) for where, said in helps() if not said or said not in CHINESE] == []
    assert [said for said in CHINESE.values() if not HAN.search(said)] == []


def test_nothing_is_translated_that_no_one_says():
    code = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in speech._SPEAKING)
    code = re.sub(r'"\s*\n\s*"', "", code)
    own = {said for _, said in helps()} | {"[OPTIONS]"}
    clicks = {said for said in CHINESE if said not in own}
    assert [said for said in clicks if said.replace("\n\t", "\\n\\t") not in code] == []


def test_fields_are_the_same_in_both_languages():
    fields = re.compile(r"\{\w+(?:!r)?\}|%\(\w+\)s")
    for english, chinese in CHINESE.items():
        assert set(fields.findall(chinese)) <= set(fields.findall(english)), english
        if "name} {filename" not in english:
            assert len(fields.findall(chinese)) == len(fields.findall(english)), english


@pytest.mark.parametrize("path", [path for path, _ in below(main)], ids=" ".join)
def test_help_is_in_the_language_asked_for(path):
    chinese = run(*path, "--help").stdout
    english = " ".join(run(*path, "--help", env={"LIANGZHEN_LANG": "en"}).stdout.split())
    assert "用法：" in chinese
    assert "Usage:" not in chinese
    assert "Show this message" not in chinese
    assert english.startswith("Usage:")
    assert not HAN.search(re.sub(r"审图号|密级|制图单位|两镇|例外 ?台账|二\(二\)5", "", english))
    assert max(map(cell_len, chinese.splitlines())) <= 80


def test_what_is_wrong_with_arguments_is_told_in_the_language_asked_for():
    asked = run("evaluate", "--nix")
    assert asked.exit_code == 2
    assert "没有选项 '--nix'" in asked.stderr
    assert "No such option" in run("evaluate", "--nix", "--lang", "en").stderr
    assert "没有命令 'evaluat'" in run("evaluat").stderr
    assert "缺少参数 'DIR'" in run("evaluate").stderr
    assert "1990<=x<=2100" in run("assess", "x", "--year", "3").stderr
    assert "不在范围" in run("assess", "x", "--year", "3").stderr
    said = run("overlay", "a.shp", "--within", "b", "-o", "c.parquet").stderr
    assert "应写成 名称=文件" in said
    said = run("overlay", "a.shp", "--outside", "x", "-o", "c.parquet", "--lang=en").stderr
    assert "--outside x needs --within x=FILE" in said
    assert "三者须选其一" in run("repair", "a.shp").stderr


def test_option_is_stronger_than_environment_and_the_last_one_counts(monkeypatch):
    monkeypatch.delenv("LIANGZHEN_LANG", raising=False)
    assert language([]) == "zh"
    assert language(["--lang", "en", "--nix"]) == "en"
    assert language(["--lang=en", "--lang", "zh"]) == "zh"
    monkeypatch.setenv("LIANGZHEN_LANG", "en")
    assert language(["--lang", "zh"]) == "zh"
    assert language([]) == "en"
    assert "Show the rules" in run("policy", "--help").stdout
    assert "'fr' 不在 'zh', 'en' 之中" in run("new", "x", env={"LIANGZHEN_LANG": "fr"}).stderr


@given(st.text("字ab 。,()（，", max_size=80), st.integers(12, 40))
def test_lines_hold_all_letters_and_are_no_wider_than_asked(said, width):
    lines = list(speech._lines(said, width))
    assert "".join("".join(lines).split()) == "".join(said.split())
    for line in lines:
        longest = max(map(cell_len, speech._UNIT.findall(line)), default=0)
        assert cell_len(line) <= max(width, longest)
        assert line == line.strip()


def test_terms_stand_above_when_they_are_too_long():
    formatter = Formatter(width=60)
    formatter.write_dl([("-a", "一" * 30), ("--very-long-option [with|many|choices]", "二")])
    assert formatter.getvalue() == (
        f"-a                              {'一' * 14}\n{' ' * 32}{'一' * 14}\n{' ' * 32}一一\n"
        f"--very-long-option [with|many|choices]\n{' ' * 32}二\n"
    )
