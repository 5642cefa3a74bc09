"""Rulebooks are found by name and by file, and errors name the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layers.rulebooks import builtin, find, read_rulebook
from spatial.errors import RuleError

if TYPE_CHECKING:
    from pathlib import Path


def test_fixtures_are_no_rulebooks() -> None:
    assert builtin() == ["jiaxing-2016", "national-2019"]


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


HEAD = '[policy]\nid = "{id}"\nissued = "2017-02-01"\nextends = "{base}"\n'


def write(folder: Path, name: str, base: str, rest: str = "") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(HEAD.format(id=name, base=base) + rest, encoding="utf-8")
    return path


def test_a_yearly_version_changes_drops_and_adds(tmp_path: Path) -> None:
    before = read_rulebook("jiaxing-2016")
    middle = write(
        tmp_path, "县 2017", "jiaxing-2016", 'drop = ["programme-meetings"]\n[settings]\nsliver_width_m = 1\n'
    )
    added = """
[[rule]]
id = "special-planned-area"
threshold = 3.5
[[rule]]
id = "cap"
clause = "一"
title = { zh = "上限", en = "Cap" }
text = "控制"
applies = { programme = "special" }
measure = "construction_land_km2"
unit = "km²"
operator = "<="
threshold = 2
hardness = "hard"
"""
    after = read_rulebook(write(tmp_path, "2018", middle.name, added))
    assert (after.id, after.issued, after.source) == ("2018", "2017-02-01", before.source)
    assert after.extends == ("县 2017.toml", "jiaxing-2016.toml")
    assert after.settings.sliver_width_m == 1
    assert after.settings.zones == before.settings.zones
    kept = [rule.id for rule in before.rules if rule.id != "programme-meetings"]
    assert [rule.id for rule in after.rules] == [*kept, "cap"]
    changed, cap = after.rules[0], after.rules[-1]
    assert (changed.threshold, changed.tolerance, before.rules[0].threshold) == (3.5, 0.1, 3)
    assert changed.origin == ("jiaxing-2016.toml", "2018.toml")
    assert cap.origin == ("2018.toml",)
    assert after.rules[1].origin == ("jiaxing-2016.toml",)


def test_a_dropped_rule_can_be_written_anew(tmp_path: Path) -> None:
    path = write(tmp_path, "anew", "jiaxing-2016", 'drop = ["special-planned-area"]\n')
    path.write_text(
        path.read_text(encoding="utf-8") + '[[rule]]\nid = "special-planned-area"\n', encoding="utf-8"
    )
    with pytest.raises(RuleError, match=r"anew\.toml.*special-planned-area.*lacks clause, title"):
        read_rulebook(path)


def test_the_hash_is_of_what_is_said_not_of_where(tmp_path: Path) -> None:
    one = read_rulebook(write(tmp_path, "same", "jiaxing-2016"))
    middle = write(tmp_path, "middle", "jiaxing-2016")
    (tmp_path / "sub").mkdir()
    two = read_rulebook(write(tmp_path / "sub", "same", f"../{middle.name}"))
    assert one.sha256 == two.sha256
    less = read_rulebook(write(tmp_path, "same", "jiaxing-2016", 'drop = ["programme-meetings"]\n'))
    assert less.sha256 != one.sha256


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ('drop = ["programme-meeting"]', r"drop = `programme-meeting`.*nearest: programme-meetings"),
        ('drop = "programme-meetings"', r"drop = 'programme-meetings' cannot be used"),
        ('[[rule]]\nid = "special-planed-area"\nthreshold = 4', r"special-planed-area.*special-planned-area"),
        ('[[rule]]\nid = "special-planned-area"\n' * 2, r"two rules have the id"),
        (
            '[[rule]]\nid = "special-planned-area"\nmeasure = "gdp"',
            r"mine\.toml, \[\[rule\]\] special-planned",
        ),
        ("[settings]\nsliver = 1", r"\[settings\]: there is no key `sliver`"),
        ("[rules]\nx = 1", r"no key `rules`; nearest: rule"),
    ],
)
def test_a_slip_in_a_version_is_one_sentence(tmp_path: Path, rest: str, words: str) -> None:
    with pytest.raises(RuleError, match=r"mine\.toml") as caught:
        read_rulebook(write(tmp_path, "mine", "jiaxing-2016", rest + "\n"))
    assert "\n" not in str(caught.value)
    caught.match(words)


def test_a_version_has_an_id_and_a_date_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[policy]\nid = "mine"\nextends = "jiaxing-2016"\n', encoding="utf-8")
    with pytest.raises(RuleError, match="`issued` is missing"):
        read_rulebook(path)


def test_circles_and_unknown_bases_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a", "b.toml")
    write(tmp_path, "b", "a.toml")
    with pytest.raises(RuleError, match=r"circle: a\.toml → b\.toml → a\.toml"):
        read_rulebook(tmp_path / "a.toml")
    with pytest.raises(RuleError, match=r"jiaxing-2015.*nearest is jiaxing-2016"):
        read_rulebook(write(tmp_path, "c", "jiaxing-2015"))
    with pytest.raises(RuleError, match=r"none\.toml does not exist"):
        read_rulebook(write(tmp_path, "d", "none.toml"))
