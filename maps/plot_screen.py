"""A checked plot on the screen: what was understood, one table a plot, the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from maps.plot_words import faults, not_checked, overall, plot_name, rows, understood
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from rich.console import Console

    from maps.plot_words import Checked

_STYLES = {"pass": "green", "warning": "yellow", "fail": "bold red", "no data": "magenta"}
_FEW = 10


def render(checked: Checked, lang: Lang, console: Console) -> None:
    """Print a checked file.

    Parameters
    ----------
    checked
        What to print.
    lang
        Language.
    console
        Where to.
    """
    console.print(Text(f"{text('check-understood', lang)}  {checked.file}", style="bold"))
    for line in understood(checked, lang):
        console.print(Text(f"  · {line}"))
    for plot in checked.judged.plots.index:
        _plot(checked, plot, lang, console)
    if checked.demo:
        console.print(text("check-demo", lang), style="dim")


def _plot(checked: Checked, plot: object, lang: Lang, console: Console) -> None:
    shown = rows(checked, plot, lang)
    heads = ("line", "m2", "ha", "mu", "threshold", "verdict", "clause", "remark")
    table = Table(title=plot_name(checked, plot), title_justify="left")
    for head in heads:
        right = head in {"m2", "ha", "mu", "threshold"}
        table.add_column(
            text(f"check-head-{head}", lang), justify="right" if right else "left", no_wrap=right
        )
    for row in shown:
        mark = Text(row.shown, style=_STYLES[row.verdict])
        table.add_row(row.name, row.m2, row.ha, row.mu, row.limit, mark, row.clause, row.remark)
    console.print(table)
    for fault in faults(checked, plot, lang)[:_FEW]:
        console.print(Text(f"  · {fault}"))
    _neighbours(checked, plot, lang, console)
    verdict = str(checked.judged.plots.loc[plot, "verdict"])
    console.print(Text(overall(verdict, lang), style=f"bold {_STYLES[verdict]}"))
    if missing := not_checked(shown, lang):
        console.print(Text(missing))


def _neighbours(checked: Checked, plot: object, lang: Lang, console: Console) -> None:
    own = checked.judged.neighbours
    own = own[own["plot"] == plot]
    if not len(own):
        return
    table = Table(title=text("check-neighbour-table", lang), title_justify="left")
    for head in ("parcel", "m2", "width"):
        table.add_column(text(f"check-head-{head}", lang), justify="left" if head == "parcel" else "right")
    for row in own.head(_FEW).to_dict("records"):
        table.add_row(str(row["parcel"]), f"{row['area_m2']:,.2f}", f"{row['width_m']:,.2f}")
    console.print(table)
    if len(own) > _FEW:
        console.print(text("check-more", lang, count=len(own) - _FEW))
