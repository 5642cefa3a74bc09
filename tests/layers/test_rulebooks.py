"""Rulebooks are found by name and by file, and errors name the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layers.rulebooks import builtin, find, read_rulebook
from spatial.errors import RuleError

if TYPE_CHECKING:
    from pathlib import Path


def test_fixtures_are_no_rulebooks() -> None:
    assert builtin() == ["jiaxing-2016"]


def test_finds_by_name_and_by_file(tmp_path: Path) -> None:
    own = tmp_path / "我的 规则.toml"
    own.write_bytes(find("jiaxing-2016").read_bytes())
    assert find(own) == own
    assert find(str(own)) == own


def test_reads_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes(b"\xef\xbb\xbf" + find("jiaxing-2016").read_bytes())
    assert read_rulebook(own).id == "jiaxing-2016"


def test_unknown_name_says_the_nearest() -> None:
    with pytest.raises(RuleError, match=r"jiaxing-2106.*nearest is jiaxing-2016"):
        find("jiaxing-2106")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"none\.toml does not exist"):
        find(tmp_path / "none.toml")


@pytest.mark.parametrize("content", [b"rule = [", "title = '特色小镇'".encode("gbk")])
def test_what_is_no_toml_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes(content)
    with pytest.raises(RuleError, match=r"own\.toml is not TOML in UTF-8"):
        read_rulebook(own)
