"""The command `liangzhen projects`: projects, sites and streets of a run."""

from __future__ import annotations

from pathlib import Path

import click

from scripts.options import FILE, lang_option
from scripts.study_tables import show


@click.command()
@click.argument("results", type=click.Path(path_type=Path), metavar="RESULTS")
@click.option("--out", type=FILE, help="Write a workbook (.xlsx).")
@lang_option()
def projects(results: Path, out: Path | None, lang: str) -> None:
    """Show the projects of RESULTS (a results folder, or a workspace: its latest): late, standing still, out of place."""
    from maps import project_tables

    show(project_tables, "project_state", "projects-none", results, out, lang)
