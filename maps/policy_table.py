"""A rulebook on the screen: all rules as a table, or one with everything that it says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from maps.console import gbk_text
from maps.pagedata import number
from spatial.errors import RuleError
from spatial.messages import text
from spatial.rule_reader import nearest

if TYPE_CHECKING:
    from rich.console import Console

    from spatial.messages import Lang
    from spatial.rules import Due, Rule, Rulebook

HEADS = ("clause", "rule-head", "who", "measure", "threshold", "tolerance", "hardness", "period", "source")
_NARROW = ("clause", "rule-head", "threshold")
_WHOLE = {"clause", "threshold"}
_WIDE = 160
"""Columns of a terminal that hold all heads; what a narrower one leaves out, ``--rule`` tells."""


def chosen(rulebook: Rulebook, rule_id: str | None) -> Rulebook:
    """Return the rulebook with one rule alone, or as it is if None.

    Raises
    ------
    RuleError
        If there is no such rule.
    """
    if rule_id is None:
        return rulebook
    rules = {rule.id: rule for rule in rulebook.rules}
    if rule_id not in rules:
        raise RuleError("policy-rule", policy=rulebook.id, rule=rule_id, nearest=nearest(rule_id, rules))
    return replace(rulebook, rules=(rules[rule_id],))


def render(rulebook: Rulebook, lang: Lang, console: Console, *, whole: bool = True) -> None:
    """Print the rules as a table, or if not `whole`, each with everything that it says."""
    if not whole:
        for rule in rulebook.rules:
            _one(rule, lang, console)
        return
    console.print(gbk_text(f"{rulebook.id}  {rulebook.title[lang]}"))
    extends = "".join(f" ← {name}" for name in rulebook.extends)
    console.print(gbk_text(f"{rulebook.source}, {rulebook.issued}{extends}  sha256 {rulebook.sha256[:12]}"))
    table = Table(box=box.ASCII)
    heads = HEADS if console.width >= _WIDE else _NARROW
    for head in heads:
        table.add_column(gbk_text(text(f"policy-{head}", lang)), no_wrap=head in _WHOLE, overflow="fold")
    for rule in rulebook.rules:
        said = dict(zip(HEADS, cells(rule, lang), strict=True))
        table.add_row(*(gbk_text(said[head].replace(".toml", "")) for head in heads))
    console.print(table)


def cells(rule: Rule, lang: Lang) -> list[str]:
    """Return what the table shows of a rule, in the order of `HEADS`."""
    tolerance = f"{100 * rule.tolerance:g} %" if rule.tolerance else ""
    threshold = f"{rule.operator} {number(rule.threshold, rule.unit, lang)}"
    return [
        rule.clause, f"{rule.title[lang]}\n{rule.id}", _who(rule, lang), text(f"measure-{rule.measure}", lang), threshold,
        tolerance, text(f"policy-{rule.hardness}", lang), rule.period.get(lang, ""), " → ".join(rule.origin),
    ]  # fmt: skip


def _one(rule: Rule, lang: Lang, console: Console) -> None:
    console.print(gbk_text(f"{rule.id}  {rule.title[lang]}"))
    lines = list(zip(HEADS[:1] + HEADS[2:], (cells(rule, lang)[:1] + cells(rule, lang)[2:]), strict=True))
    own = ""
    if rule.town_threshold:
        own = f"{rule.town_threshold}, {100 * rule.town_tolerance:g} %"
    span = "" if not (rule.first or rule.last) else f"{rule.first or '…'} – {rule.last or '…'}"
    miss = {"no data": "verdict-no-data"}.get(rule.miss, f"verdict-{rule.miss}")
    condition = f", {text(rule.condition, lang)}" if rule.miss != "fail" else ""
    lines += [
        ("text", rule.text), ("own", own), ("due", _due(rule.due, lang)),
        ("prorate", text("policy-prorated", lang) if rule.prorate else ""), ("span", span),
        ("miss", text(miss, lang) + condition), ("name", rule.measure),
    ]  # fmt: skip
    colon = text("stop-colon", lang)
    for head, value in lines:
        if value:
            line = Text.assemble((text(f"policy-{head}", lang) + colon, "dim"), gbk_text(value))
            console.print(Padding(line, (0, 0, 0, 2)))


def _who(rule: Rule, lang: Lang) -> str:
    if not rule.programme:
        return text("programme-programme", lang)
    levels = text("map-and", lang).join(text(f"level-{level}", lang) for level in rule.levels)
    return f"{text(f'programme-{rule.programme}', lang)}{f' ({levels})' if levels else ''}"


def _due(due: Due | None, lang: Lang) -> str:
    if due is None:
        return ""
    if due.column:
        return text(f"policy-due-{due.column}", lang, quarters=due.quarters)
    return text("policy-year-end", lang) if due.quarter == "year-end" else str(due.quarter)
