"""The commands `liangzhen policy check` and `liangzhen policy show`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, cast

import click

from scripts.options import lang_option
from scripts.screen import screen
from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang


@click.group()
def policy() -> None:
    """Check and show rulebooks."""


@policy.command()
@click.argument("name", metavar="NAME|FILE")
@lang_option()
def check(name: str, lang: str) -> None:
    """Say all that is wrong with a rulebook, one sentence each; exit 1 if there is anything.

    The cases of FILE's fixtures (NAME.fixtures.toml beside it), if any, are judged.
    """
    from layers.policy_check import check as checked
    from layers.policy_check import counts

    spoken = cast("Lang", lang)
    found = checked(name)
    for error in found:
        click.echo(error.text(spoken))
    if found:
        click.echo(text("policy-faults", spoken, name=name, count=len(found)), err=True)
        sys.exit(1)
    rules, cases = counts(name)
    click.echo(text("policy-sound", spoken, name=name, rules=rules, cases=cases))


@policy.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--rule", "rule_id", metavar="ID", help="Show one rule, with all that it says.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@lang_option()
def show(name: str, rule_id: str | None, lang: str, *, as_json: bool) -> None:
    """Show the rules of a rulebook, with all that it extends."""
    from layers.rulebooks import read_rulebook
    from maps.policy_table import chosen, render

    rulebook = chosen(read_rulebook(name), rule_id)
    if as_json:
        data = rulebook.as_data()
        click.echo(json.dumps(data["rules"][0] if rule_id else data, ensure_ascii=False, indent=1))
    else:
        render(rulebook, cast("Lang", lang), screen(), whole=rule_id is None)
