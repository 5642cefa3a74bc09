import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from spatial.measures import MEASURES

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def writer():
    spec = importlib.util.spec_from_file_location("write_measures", ROOT / "docs" / "write_measures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_measure_stands_on_the_page_once(writer):
    lines = writer.page().splitlines()
    for name in MEASURES:
        assert sum(line.startswith(f"| `{name}` |") for line in lines) == 1, name


def test_a_row_tells_unit_whom_formula_and_rules(writer):
    row = next(
        line for line in writer.page().splitlines() if line.startswith("| `construction_land_outside_m2`")
    )
    for words in (
        "| m² | special |",
        "扩展边界外",
        "slivers left aside",
        "jiaxing-2016: `special-expansion-outside`",
    ):
        assert words in row
    assert "national-2019: `boundary-outside`" in row


def test_every_measure_says_what_it_is(writer):
    rows = {line.split("`")[1]: line for line in writer.page().splitlines() if line.startswith("| `")}
    assert [name for name in MEASURES if rows[name].split(" | ")[3].count("<br>") < 1] == []


def test_the_check_says_when_the_page_is_old(writer, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "PAGE", tmp_path / "measures.md")
    assert len(writer.stale()) == 1
    (tmp_path / "measures.md").write_text(writer.page(), encoding="utf-8", newline="\n")
    assert writer.stale() == []


def test_the_page_is_up_to_date():
    command = [sys.executable, str(ROOT / "docs" / "write_measures.py"), "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (found.returncode, found.stdout) == (0, ""), found.stdout + found.stderr
