"""The command `liangzhen compare`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FILE, lang_option
from scripts.screen import screen
from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("before", type=_PATH, metavar="RUN_A")
@click.argument("after", type=_PATH, metavar="RUN_B")
@click.option("--xlsx", type=FILE, metavar="FILE", help="Write all tables as a workbook.")
@click.option("--gpkg", type=FILE, metavar="FILE", help="Write what changed as layers.")
@lang_option()
def compare(before: Path, after: Path, xlsx: Path | None, gpkg: Path | None, lang: str) -> None:
    """Say what changed from the results RUN_A to the results RUN_B."""
    from layers import results as store
    from layers.comparing import compare as compared
    from layers.comparing import write_gpkg
    from maps.comparison import render, write_workbook

    spoken = cast("Lang", lang)
    old, new = (store.read(store.latest(folder)) for folder in (before, after))
    found = compared(old, new)
    render(found, old, new, spoken, screen())
    if xlsx is not None:
        write_workbook(found, old, new, xlsx, spoken)
        click.echo(text("compare-written", spoken, path=xlsx))
    if gpkg is not None:
        write_gpkg(found, new, gpkg)
        click.echo(text("compare-written", spoken, path=gpkg))
