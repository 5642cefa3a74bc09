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
_FEW, _MANY, _LONG = 10, 5, 40
_HEADS = ("line", "m2", "ha", "mu", "threshold", "verdict", "clause", "remark")
_NARROW = ("line", "m2", "verdict", "clause", "remark")
_WIDE = 120


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
    plots = checked.judged.plots
    if len(plots) > _MANY:
        _list(checked, lang, console)
    else:
        for plot in plots.index:
            _plot(checked, plot, lang, console)
    if len(plots) > 1:
        verdict = checked.judged.verdict
        line = text("check-together", lang, count=len(plots), verdict=overall(verdict, lang))
        console.print(Text(line, style=f"bold {_STYLES[verdict]}"))
    if checked.demo:
        console.print(text("check-demo", lang), style="dim")


def _list(checked: Checked, lang: Lang, console: Console) -> None:
    """Many plots: a line each, those that comply counted alone."""
    table = Table(*(text(f"check-head-{head}", lang) for head in ("plot", "m2", "verdict", "remark")))
    table.columns[-1].overflow = "fold"
    plots, lines = checked.judged.plots, checked.judged.lines
    worse = plots[plots["verdict"] != "pass"]
    for plot in worse.head(_LONG).index:
        verdict = str(plots.loc[plot, "verdict"])
        own = lines[(lines["plot"] == plot) & (lines["verdict"] == verdict)]["line"]
        why = text("map-and", lang).join(text(f"check-line-{line}", lang) for line in own)
        mark = Text(overall(verdict, lang), style=_STYLES[verdict])
        table.add_row(plot_name(checked, plot), f"{plots.loc[plot, 'area_m2']:,.2f}", mark, why)
    if len(worse):
        console.print(table)
    if len(worse) > _LONG:
        console.print(text("check-more-json", lang, count=len(worse) - _LONG))
    for verdict, count in plots["verdict"].value_counts().items():
        console.print(Text(f"  {overall(str(verdict), lang)} {count}"))


def _plot(checked: Checked, plot: object, lang: Lang, console: Console) -> None:
    shown = rows(checked, plot, lang)
    heads = _HEADS if console.width >= _WIDE else _NARROW
    table = Table(title=plot_name(checked, plot), title_justify="left")
    for head in heads:
        right = head in {"m2", "ha", "mu", "threshold"}
        title = text(f"check-head-{head}", lang)
        table.add_column(title, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in shown:
        mark = Text(row.shown, style=_STYLES[row.verdict])
        cells: tuple[str | Text, ...] = (
            row.name,
            row.m2,
            row.ha,
            row.mu,
            row.limit,
            mark,
            row.clause,
            row.remark,
        )
        table.add_row(*(cell for head, cell in zip(_HEADS, cells, strict=True) if head in heads))
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
        console.print(text("check-more-json", lang, count=len(own) - _FEW))
