"""The command `liangzhen waive`: findings accepted, listed and revoked in a ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from scripts.options import lang_option, today
from spatial.messages import Lang, text

if TYPE_CHECKING:
    import pandas as pd

_FILE = click.Path(path_type=Path)


@click.group()
def waive() -> None:
    """Accept findings in a ledger of waivers (例外台账)."""


@waive.command()
@click.argument("ledger", type=_FILE)
@click.option("--from", "findings", type=_FILE, required=True, help="GeoPackage of inspect --gpkg.")
@click.option(
    "--finding", "numbers", type=int, multiple=True, required=True, help="Its number; may be repeated."
)
@click.option("--reason", required=True, help="Why it is accepted.")
@click.option("--document", required=True, help="Number of the document that allows it.")
@click.option("--officer", required=True, help="Who accepts it.")
@click.option("--until", required=True, metavar="DATE", help="Last day on which it holds.")
@click.option("--on", metavar="DATE", help="First day on which it holds; default: today.")
@click.option("--tolerance", type=float, default=0.1, show_default=True, help="Metres it may move.")
@lang_option()
def add(
    ledger: Path, findings: Path, numbers: tuple[int, ...], reason: str, document: str, officer: str,
    until: str, on: str | None, tolerance: float, lang: str,
) -> None:  # fmt: skip
    """Enter a waiver for findings into LEDGER."""
    from layers.waivers import grant

    granted, expires = _day(on), _day(until)
    for rows, crs in _chosen(findings, numbers):
        names = grant(
            ledger, rows, crs, reason=reason, document=document, officer=officer, granted_on=granted,
            expires_on=expires, tolerance_m=tolerance,
        )  # fmt: skip
        for name, row in zip(names, rows.to_dict(orient="records"), strict=True):
            value = row["message"]
            click.echo(
                text(
                    "waive-added",
                    cast("Lang", lang),
                    waiver=name,
                    layer=row["layer"],
                    code=row["code"],
                    value=value,
                )
            )


@waive.command(name="list")
@click.argument("ledger", type=_FILE)
@click.option("--as-of", metavar="DATE", help="Day to judge; default: today.")
@lang_option()
def list_(ledger: Path, as_of: str | None, lang: str) -> None:
    """List the waivers of LEDGER and how they stand."""
    from layers.ledger import read
    from layers.waivers import states

    spoken = cast("Lang", lang)
    entries = states(read(ledger), _day(as_of))
    if not len(entries):
        click.echo(text("waive-none", spoken, path=ledger))
    for row in entries.to_dict(orient="records"):
        area = "" if row["value_m2"] != row["value_m2"] else f"{row['value_m2']:,.2f} m2"
        shown = {name: row[name] for name in ("waiver", "layer", "code", "officer", "document", "reason")}
        state = text(f"waive-state-{row['state']}", spoken)
        click.echo(
            text(
                "waive-line", spoken, **shown, state=state, area=area,
                granted=row["granted_on"].isoformat(), expires=row["expires_on"].isoformat(),
            )
        )  # fmt: skip


@waive.command()
@click.argument("ledger", type=_FILE)
@click.argument("waiver")
@click.option("--reason", required=True, help="Why it is revoked.")
@click.option("--officer", required=True, help="Who revokes it.")
@click.option("--document", default="", help="Number of the document, if there is one.")
@click.option("--on", metavar="DATE", help="First day without it; default: today.")
@lang_option()
def revoke(
    ledger: Path, waiver: str, reason: str, officer: str, document: str, on: str | None, lang: str
) -> None:
    """Revoke WAIVER in LEDGER; its entry stays."""
    from layers import waivers

    spoken = cast("Lang", lang)
    day = _day(on)
    waivers.revoke(ledger, waiver, reason=reason, officer=officer, on=day, document=document)
    click.echo(text("waive-revoked", spoken, waiver=waiver, on=day.isoformat()))


def _day(value: str | None) -> date:
    """A day as a user writes it; today if None."""
    import pandas as pd

    from layers.errors import LayerError
    from layers.tables import dates

    if value is None:
        return today()
    found = dates(pd.Series([value], dtype=object))[0].iloc[0]
    if not isinstance(found, str):
        raise LayerError("waiver-date", value=value)
    return date.fromisoformat(found)


def _chosen(path: Path, numbers: tuple[int, ...]) -> list[tuple[pd.DataFrame, Any]]:
    """The findings of these numbers, each part with its CRS."""
    from layers.errors import LayerError
    from layers.problems import read_findings

    parts = [(rows[rows["finding"].isin(numbers)], crs) for rows, crs in read_findings(path)]
    known = {int(number) for rows, _ in parts for number in rows["finding"]}
    for number in numbers:
        if number not in known:
            raise LayerError("waive-finding", path=path, finding=number)
    return [(rows, crs) for rows, crs in parts if len(rows)]
