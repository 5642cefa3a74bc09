"""The command `liangzhen greenways`: the greenway network of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang


@click.command()
@click.argument("results", type=click.Path(path_type=Path), metavar="RESULTS")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a workbook (.xlsx).")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of output."
)
def greenways(results: Path, out: Path | None, lang: str) -> None:
    """Show the greenways of RESULTS (a results folder, or a workspace: its latest): lengths, villages reached, links to build."""
    from rich.console import Console

    from layers import results as store
    from layers.errors import LayerError
    from maps.greenway_tables import render, write_workbook

    spoken = cast("Lang", lang)
    click.get_current_context().meta["lang"] = lang
    folder = store.latest(results)
    found = store.read(folder)
    if "greenway_by_town" not in found.tables:
        raise LayerError("greenways-none", path=folder)
    render(found, spoken, Console(highlight=False))
    if found.demo:
        click.echo(text("fact-demo-note", spoken))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_workbook(found, out, spoken)
        click.echo(text("compare-written", spoken, path=out))
