"""The command `liangzhen explain`: how a verdict came about."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import lang_option
from scripts.screen import screen

if TYPE_CHECKING:
    from spatial.messages import Lang


@click.command()
@click.argument("town")
@click.argument("clause", required=False)
@click.option(
    "--in", "folder", type=click.Path(path_type=Path), default=Path(), metavar="DIR",
    help="Results, or a workspace of which the latest results are taken; default: this folder.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@lang_option()
def explain(town: str, clause: str | None, folder: Path, lang: str, *, as_json: bool) -> None:
    """Show how the verdicts of TOWN came about: of CLAUSE (such as 二(二)5), or of a rule; default: all.

    TOWN is a name or an id, or `programme` for the targets of the whole.
    """
    from layers import results as store
    from maps.explanation import explain as explained
    from maps.explanation import render

    spoken = cast("Lang", lang)
    found = explained(store.read(store.latest(folder)), town, clause, spoken)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
    else:
        render(found, spoken, screen())
