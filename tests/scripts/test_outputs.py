"""Places that cannot be written are refused in one sentence, before the work."""

import errno

import click
import pytest
from click.testing import CliRunner
from pyogrio.errors import DataSourceError

from scripts.cli import Commands, main
from scripts.options import lang_option
from tests import plot_workspace

PLACE = "{file}/x"
COMMANDS = {
    "evaluate": ("evaluate", "{work}", "--out", PLACE),
    "bulletin": ("bulletin", "{work}", "--quarter", "2016Q2", "--out", PLACE),
    "assess": ("assess", "{work}", "--year", "2016", "--out", PLACE),
    "report": ("report", "{work}", "--out", PLACE),
    "sheets": ("sheets", "{work}", "--out", PLACE),
    "export": ("export", "{work}", "--out", PLACE),
    "map": ("map", "{work}", "--out", PLACE),
    "greenways": ("greenways", "{work}", "--out", PLACE),
    "projects": ("projects", "{work}", "--out", PLACE),
    "plans": ("plans", "{work}", "--out", PLACE),
    "check": ("check", "{plot}", "--against", "{work}", "--out", PLACE),
    "check json": ("check", "{plot}", "--against", "{work}", "--json", PLACE),
    "compare": ("compare", "{work}", "{work}", "--xlsx", PLACE),
    "compare gpkg": ("compare", "{work}", "{work}", "--gpkg", PLACE),
    "overlay": ("overlay", "{plot}", "-o", PLACE),
    "overlay totals": ("overlay", "{plot}", "-o", "{work}/o.parquet", "--totals", PLACE),
    "inspect gpkg": ("inspect", "{plot}", "--gpkg", PLACE),
    "inspect draft": ("inspect", "{plot}", "--draft", PLACE),
    "inspect json": ("inspect", "{plot}", "--json", PLACE),
    "convert": ("convert", "{plot}", f"{PLACE}.shp"),
    "convert report": ("convert", "{plot}", "{work}/o.shp", "--report", PLACE),
    "repair": ("repair", "{plot}", "--suggest", PLACE),
    "new": ("new", PLACE),
    "demo": ("demo", PLACE, "--size", "small"),
    "waive": ("waive", "revoke", PLACE, "W1", "--reason", "r", "--officer", "o"),
}  # fmt: skip


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("出 口")
    work = plot_workspace.write(folder / "工作区")
    plot = plot_workspace.plot(folder / "plot.gpkg", 0, 0, 100, 100)
    file = folder / "一个文件"
    file.write_text("here", encoding="utf-8")
    return {"work": work, "plot": plot, "file": file}


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_place_that_cannot_be_written_is_one_sentence_and_status_2(words, places):
    before = sorted(places["work"].rglob("*"))
    result = run(*(word.format(**places) for word in words), "--lang", "en")
    assert result.exit_code == 2, result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert str(places["file"]) in result.stderr
    assert result.stdout == ""
    assert "choose another folder" in result.stderr
    assert sorted(places["work"].rglob("*")) == before
    assert places["file"].read_text(encoding="utf-8") == "here"


def test_a_folder_is_no_file_to_write(places):
    result = run("check", places["plot"], "--against", places["work"], "--json", places["work"])
    assert result.exit_code == 2
    assert "是文件夹" in result.stderr


def test_a_folder_of_something_else_is_refused_before_the_work(places):
    result = run("evaluate", places["work"], "--out", places["work"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "装的是别的东西" in result.stderr


def test_the_folder_that_nobody_named_is_looked_at_before_the_work_too(tmp_path):
    work = plot_workspace.write(tmp_path / "work")
    (work / "results").write_text("", encoding="utf-8")
    for words in (("evaluate", work), ("assess", work, "--year", "2016"), ("bulletin", work, "--quarter", "2016Q2")):  # fmt: skip
        result = run(*words)
        assert result.exit_code == 2, words
        assert str(work / "results") in result.stderr
        assert "不是文件夹" in result.stderr


def fails(error):
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    @lang_option()
    def work(**_said) -> None:
        raise error

    return CliRunner().invoke(group, ["work", "--lang", "en"])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "no", "book.xlsx"), "book.xlsx cannot be opened or written"),
        (FileNotFoundError(errno.ENOENT, "no", "a.part", None, "gone/a.xlsx"), "gone/a.xlsx does not exist"),
        (OSError(errno.ENOSPC, "no"), "The disk is full"),
        (OSError("a library's own words"), "a library's own words"),
        (DataSourceError("GDAL's own words"), "GDAL's own words"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(error, words):
    result = fails(error)
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_who_stops_it_is_told_so_in_the_language_with_a_status_of_its_own():
    result = fails(KeyboardInterrupt())
    assert result.exit_code == 130
    assert result.stderr.startswith("Stopped")


def test_bugs_keep_their_traceback():
    assert isinstance(fails(RuntimeError("a bug")).exception, RuntimeError)
