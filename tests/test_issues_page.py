import importlib.util
from pathlib import Path

import pytest

from spatial.messages import catalogue

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def writer():
    spec = importlib.util.spec_from_file_location("write_issues", ROOT / "docs" / "write_issues.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_code_stands_on_the_page_once(writer):
    lines = writer.page().splitlines()
    for code in (code for code in catalogue() if code.startswith("issue-")):
        assert sum(line.startswith(f"| `{code}` |") for line in lines) == 1


def test_rows_of_inspectors_tell_tolerance_source_and_roles(writer):
    row = next(line for line in writer.page().splitlines() if "`issue-area-stated`" in line)
    assert "`relative` 0.02<br>`area_m2` 20" in row
    assert "3401" in row
    assert "`farmland`" in row
    assert "{stated_m2}" in row


def test_the_check_says_when_the_page_is_old(writer, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "PAGE", tmp_path / "issues.md")
    assert len(writer.stale()) == 1
    (tmp_path / "issues.md").write_text(writer.page(), encoding="utf-8", newline="\n")
    assert writer.stale() == []
