"""The command `liangzhen whatif`: which verdicts turn under an assumption."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import lang_option
from scripts.screen import screen

if TYPE_CHECKING:
    from spatial.messages import Lang


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="RESULTS")
@click.option(
    "--set", "assumptions", multiple=True, required=True, metavar="EXPR",
    help="gdp_growth_pct=9.5 of all towns, TOWN:gdp_growth_pct=9.5 of one, or RULE.threshold=3.5; repeatable.",
)  # fmt: skip
@click.option(
    "--proposals", is_flag=True, help="Of an assessed year: which cards, eliminations and honours turn."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@lang_option()
def whatif(folder: Path, assumptions: tuple[str, ...], lang: str, *, proposals: bool, as_json: bool) -> None:
    """Judge RESULTS again with other figures or thresholds, and show which verdicts turn.

    RESULTS is a results folder, or a workspace of which the latest is taken; nothing in it changes. Figures
    that are computed from a changed one do not follow it.
    """
    from layers import results as store
    from layers.assuming import assume, assume_proposals
    from maps.assumptions import render, render_proposals

    spoken = cast("Lang", lang)
    wanted = ("*-assessment", "whatif-no-assessment") if proposals else ()
    path = store.latest(folder, *wanted)
    results = store.read(path)
    turned = (assume_proposals if proposals else assume)(results, assumptions, path)
    if as_json:
        rows = turned.astype(object).where(turned.notna(), None).to_dict("records")
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        show = render_proposals if proposals else render
        show(turned, results, assumptions, spoken, screen())
