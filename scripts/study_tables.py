"""What the commands that show one study of a results folder have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

import click

from scripts.screen import screen
from spatial.messages import text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from layers.results import Results
    from spatial.messages import Lang


class Shown(Protocol):
    """A module of `maps` that shows a study."""

    def render(self, results: Results, lang: Lang, console: Console) -> None:
        """Print it."""

    def write_workbook(self, results: Results, path: Path, lang: Lang) -> None:
        """Write it as a workbook."""


def show(shown: Shown, table: str, none: str, results: Path, out: Path | None, lang: str) -> None:
    """Print a study and write its workbook, if asked for; where the results lack `table`, refuse with the message `none`.

    Raises
    ------
    LayerError
        If the results have no such study.
    """
    from layers import results as store
    from layers.errors import LayerError

    spoken = cast("Lang", lang)
    folder = store.latest(results)
    found = store.read(folder)
    if table not in found.tables:
        raise LayerError(none, path=folder)
    shown.render(found, spoken, screen())
    if found.demo:
        click.echo(text("fact-demo-note", spoken))
    if out is not None:
        shown.write_workbook(found, out, spoken)
        click.echo(text("compare-written", spoken, path=out))
