"""The documentation's own check, on the documentation and on faults."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("docs_check", ROOT / "docs" / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_documentation_is_sound(check, capsys) -> None:
    status = check.main()
    assert capsys.readouterr().out == ""
    assert status == 0


def test_finds_links_that_lead_nowhere(check, tmp_path) -> None:
    (tmp_path / "there.md").write_text("# A heading, 标题\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#a-heading-标题) [c](https://example.org/x) ![d](gone.png) [e](there.md#gone)\n"
        "```\n[not a link](nowhere.md)\n```\n",
        encoding="utf-8",
    )
    assert check.broken_links(page) == [
        "page.md: gone.png leads nowhere",
        "page.md: there.md#gone leads nowhere",
    ]


def test_twins_differ_by_headings_and_by_code(check) -> None:
    text = "# One\n\n```sh\nmake demo\n```\n"
    assert check.differences(text, text.replace("One", "一")) == []
    assert len(check.differences(text, "# 一\n\n## 二\n\n```sh\nmake test\n```\n")) == 2
