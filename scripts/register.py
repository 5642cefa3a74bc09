"""The command `liangzhen register`: what is on record of the dynamic adjustment, and one entry more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import lang_option, today
from scripts.screen import screen
from spatial.messages import text

if TYPE_CHECKING:
    import datetime as dt

    from spatial.messages import Lang

_WHOLE = {"entry", "recorded_on", "town", "year"}
"""Columns that no narrow terminal breaks."""
_WORKSPACE = click.argument("workspace", type=click.Path(path_type=Path), metavar="WORKSPACE")


@click.group()
def register() -> None:
    """List what is on record of cards, grades and lists, and put something on record."""


@register.command("list")
@_WORKSPACE
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="As known on that day; default: today."
)
@click.option("--all", "every", is_flag=True, help="Corrected entries too.")
@lang_option()
def listing(workspace: Path, as_of: dt.datetime | None, lang: str, *, every: bool) -> None:
    """Print the entries that hold."""
    from rich import box
    from rich.table import Table

    from layers import register as store

    spoken = cast("Lang", lang)
    entries = store.read(_path(workspace))
    day = as_of.date() if as_of else None
    shown = entries if every else store.known(entries, day)
    table = Table(box=box.SIMPLE_HEAD)
    columns = ("entry", "recorded_on", "town", "year", "kind", "value", "by", "document", "corrects")
    for name in columns:
        table.add_column(text(f"register-{name}", spoken), no_wrap=name in _WHOLE, overflow="fold")
    for row in shown.itertuples(index=False):
        cells = [str(getattr(row, name)) for name in columns]
        cells[4] = text(f"register-kind-{row.kind}", spoken)
        table.add_row(*cells)
    screen().print(table)


@register.command("add")
@_WORKSPACE
@click.argument("town")
@click.option("--county", default="", help="Where two towns have the name.")
@click.option("--year", type=click.IntRange(1990, 2100), required=True, help="Year that it is about.")
@click.option(
    "--kind",
    type=click.Choice(["card", "lapsed", "removed", "promoted", "grade", "unfit", "void"]),
    required=True,
    help="What is put on record.",
)
@click.option("--value", default="", help="Grade, reason or level.")
@click.option("--corrects", default="", metavar="ENTRY", help="Entry that this one takes the place of.")
@click.option("--by", required=True, help="Who.")
@click.option("--document", required=True, help="By which document.")
@lang_option()
def add(
    workspace: Path, town: str, county: str, year: int, kind: str, value: str, corrects: str, by: str, document: str,
    lang: str,
) -> None:  # fmt: skip
    """Put one entry on record; a mistake is corrected by an entry that names it, never overwritten."""
    from layers import register as store
    from layers.errors import LayerError
    from spatial.scheme import REASONS

    path = _path(workspace)
    if corrects and corrects not in set(store.read(path)["entry"]):
        raise LayerError("register-no-entry", path=path, entry=corrects)
    if kind == "void" and not corrects:
        raise LayerError("register-void-what")
    if (kind == "unfit" and value not in REASONS) or (kind == "grade" and not value.strip()):
        known = ", ".join(REASONS) if kind == "unfit" else text("register-kind-grade", cast("Lang", lang))
        raise LayerError("register-value-needed", kind=kind, value=value, known=known)
    row = {
        "town": town,
        "county": county,
        "year": year,
        "kind": kind,
        "value": value,
        "evidence": "",
        "corrects": corrects,
    }
    made = store.confirm(path, [row], by, document, today())
    click.echo(text("assess-confirmed", cast("Lang", lang), count=made, path=path))


def _path(workspace: Path) -> Path:
    from layers.register import NAME

    return (workspace if workspace.is_dir() else workspace.parent) / NAME
