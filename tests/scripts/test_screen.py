"""What commands print where no terminal is, and on a console of GBK."""

import datetime as dt
import subprocess
import sys
import time

import pytest

from layers import register
from scripts.options import today
from tests import plot_workspace

TOWN = "很长很长很长很长的名字特色小镇"


def spoken(*args, **more):
    told = {"PATH": "", "PYTHONIOENCODING": "utf-8"} | more
    command = [sys.executable, "-m", "scripts.cli", *map(str, args)]
    done = subprocess.run(command, env=told, capture_output=True, check=False)
    return done.stdout.decode(told["PYTHONIOENCODING"])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("台账")
    row = {"town": TOWN, "county": "", "year": 2016, "kind": "card", "value": "a reason of many words and more",
           "evidence": "", "corrects": ""}  # fmt: skip
    (folder / "workspace.toml").touch()
    args = ("两镇工作协调小组办公室", "市政府办公室文件〔2016〕123号", dt.date(2016, 12, 1))
    register.confirm(folder / register.NAME, [row], *args)
    return folder


def test_a_table_that_is_piped_is_as_wide_as_what_stands_in_it(recorded):
    line = next(line for line in spoken("register", "list", recorded).splitlines() if TOWN in line)
    for words in ("2016-12-01", "a reason of many words and more", "市政府办公室文件〔2016〕123号"):
        assert words in line
    assert "…" not in line


def test_a_narrow_terminal_cuts_no_town_and_no_day(recorded):
    said = spoken("register", "list", recorded, COLUMNS="80")
    assert max(map(len, said.splitlines())) <= 80
    assert TOWN in said
    assert "2016-12-01" in said
    assert "…" not in said


def test_policy_show_breaks_no_word():
    for columns in ({}, {"COLUMNS": "80"}):
        said = spoken("policy", "show", "jiaxing-2016", **columns)
        assert "special-planned-area " in said
        assert "<= 3.0000 平方公里" in said


def test_on_a_console_of_gbk_no_sign_becomes_the_one_for_no_data(tmp_path):
    work = plot_workspace.write(tmp_path / "work")
    plot = plot_workspace.plot(tmp_path / "plot.gpkg", 0, 0, 100, 100)
    said = spoken("check", plot, "--against", work, PYTHONIOENCODING="gbk")
    assert "√" in said
    assert "?" not in said.replace("? 无数据", "")
    assert "m2" in spoken("check", plot, "--against", work, "--lang", "en", PYTHONIOENCODING="gbk")


def test_powers_are_no_digits_of_the_number():
    code = "from scripts.screen import speak_plainly; speak_plainly(); print('45 × 10⁸ m², 10¹² − 1 ✓ ⚑')"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONIOENCODING": "gbk"}, capture_output=True, check=True
    )
    assert done.stdout.decode("gbk").strip() == "45 × 10^8 m2, 10^12 - 1 √ ?"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="no time zones to set on Windows")
@pytest.mark.parametrize("zone", ["<+14>-14", "<-12>+12"])
def test_today_is_the_day_where_one_is(monkeypatch, zone):
    """One of the two zones has at any time another day than UTC."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert today() == dt.datetime.now().date()  # noqa: DTZ005 - what the clock on the wall shows
    finally:
        monkeypatch.undo()
        time.tzset()
