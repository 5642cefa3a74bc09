"""The command `liangzhen greenways`: the greenway network of a run."""

from __future__ import annotations

from pathlib import Path

import click

from scripts.options import FILE, lang_option
from scripts.study_tables import show


@click.command()
@click.argument("results", type=click.Path(path_type=Path), metavar="RESULTS")
@click.option("--out", type=FILE, help="Write a workbook (.xlsx).")
@lang_option()
def greenways(results: Path, out: Path | None, lang: str) -> None:
    """Show the greenways of RESULTS (a results folder, or a workspace: its latest): lengths, villages reached, links to build."""
    from maps import greenway_tables

    show(greenway_tables, "greenway_by_town", "greenways-none", results, out, lang)
