"""The command `liangzhen assess`: the year's assessment and what it proposes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FOLDER, lang_option, today
from scripts.screen import screen
from spatial.messages import text

if TYPE_CHECKING:
    import datetime as dt

    from spatial.messages import Lang


@click.command()
@click.argument("workspace", type=click.Path(path_type=Path), metavar="WORKSPACE")
@click.option("--year", type=click.IntRange(1990, 2100), required=True, help="Year that is assessed.")
@click.option("--policy", metavar="NAME|FILE", help="Rulebook; default: the workspace's own.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="With the register, the figures and the plans of that day; default: today.",
)
@click.option("--confirm", is_flag=True, help="Put grades and proposals on record in WORKSPACE/register.csv.")
@click.option("--by", default="", help="Who confirms.")
@click.option("--document", default="", help="Document by which it is confirmed.")
@click.option(
    "--out",
    type=FOLDER,
    help="Default: WORKSPACE/results/YEAR-assessment.",
)
@lang_option("all output")
def assess(
    workspace: Path, year: int, policy: str | None, as_of: dt.datetime | None, by: str, document: str,
    out: Path | None, lang: str, *, confirm: bool,
) -> None:  # fmt: skip
    """Score the towns of WORKSPACE for a year and propose cards, eliminations, promotions and honours.

    The verdicts are those of the year's fourth quarter. What earlier years decided stands in register.csv beside
    workspace.toml; nothing in it is overwritten.
    """
    from layers import register
    from layers.assessing import assessed
    from layers.errors import LayerError
    from layers.issues import together
    from layers.results import ASSESSMENT, require_replaceable
    from maps import assessment
    from scripts.evaluate import Request, evaluate, present

    spoken = cast("Lang", lang)
    if confirm and not (by.strip() and document.strip()):
        raise LayerError("assess-confirm-who")
    base = workspace if workspace.is_dir() else workspace.parent
    path = base / register.NAME
    entries = register.read(path)
    day = as_of.date() if as_of else None
    folder = out or base / "results" / f"{year}-assessment"
    require_replaceable(folder)
    results = evaluate(Request(workspace, policy, f"{year}Q4", day.isoformat() if day else None))
    lost = register.without_effect(entries, results.towns, day)
    results = assessed(
        replace(results, issues=together([results.issues, lost])),
        register.history(entries, results.towns, year, day),
        year,
    )
    present(results, folder, spoken)
    assessment.write_workbook(results, year, folder / "assessment.xlsx", spoken)
    assessment.render(results, year, spoken, screen())
    for row in lost.itertuples(index=False):
        click.echo(text(row.code, spoken, **row.params), err=True)
    click.echo(text("report-written", spoken, path=folder))
    if confirm:
        proposals, scores = results.tables["proposals"], results.tables["scores"]
        rows = register.entries_of(proposals, scores, results.towns, year, folder / ASSESSMENT)
        made = register.confirm(path, rows, by.strip(), document.strip(), today())
        click.echo(text("assess-confirmed", spoken, count=made, path=path))
