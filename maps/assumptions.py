"""Findings that turn under an assumption, on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from maps.assessment import reason
from maps.console import gbk_text
from maps.pagedata import number, verdict_labels
from maps.wording import rule_titles, town_names
from spatial.messages import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import Console

    from layers.results import Results
    from spatial.messages import Lang


def render(
    turned: pd.DataFrame, results: Results, assumptions: Sequence[str], lang: Lang, console: Console
) -> None:
    """Print what was assumed, and before and after of each finding that turns."""
    if results.demo:
        console.print(gbk_text(text("fact-demo-note", lang)), style="bold magenta")
    console.print(gbk_text(text("whatif-assumed", lang, words=", ".join(assumptions))))
    count = len(results.findings)
    if not len(turned):
        console.print(gbk_text(text("whatif-none", lang, count=count)))
        return
    console.print(gbk_text(text("whatif-turned", lang, turned=len(turned), count=count)))
    table = Table(box=box.ASCII)
    for head in ("town-head", "clause", "rule-head", "value", "threshold", "verdict"):
        table.add_column(gbk_text(text(f"whatif-{head}", lang)), overflow="fold")
    names, titles, labels = town_names(results, lang), rule_titles(results, lang), verdict_labels(lang)
    for row in turned.to_dict("records"):
        value, threshold = (
            _changed(number(row[f"{name}_before"], row["unit"], lang), number(row[name], row["unit"], lang))
            for name in ("value", "threshold")
        )
        cells = (
            names.get(str(row["town_id"]), str(row["town_id"])), row["clause"],
            titles.get(row["rule"], row["rule"]), value, f"{row['operator']} {threshold}",
            _changed(labels[row["verdict_before"]], labels[row["verdict"]]),
        )  # fmt: skip
        table.add_row(*(gbk_text(str(cell)) for cell in cells))
    console.print(table)


def render_proposals(
    turned: pd.DataFrame, results: Results, assumptions: Sequence[str], lang: Lang, console: Console
) -> None:
    """Print what was assumed, and the proposals of the assessment that fall away or come."""
    if results.demo:
        console.print(gbk_text(text("fact-demo-note", lang)), style="bold magenta")
    console.print(gbk_text(text("whatif-assumed", lang, words=", ".join(assumptions))))
    count = len(results.tables["proposals"])
    code = "whatif-proposals" if len(turned) else "whatif-no-proposals"
    console.print(gbk_text(text(code, lang, turned=len(turned), count=count)))
    names = town_names(results, lang)
    for row in turned.to_dict("records"):
        words = [
            text(f"whatif-{row['change']}", lang), text(f"proposal-{row['kind']}", lang),
            names.get(str(row["town_id"]), str(row["town_id"])), reason(row, lang), f"[{row['clause']}]",
        ]  # fmt: skip
        console.print(gbk_text("  ".join(["", *words])), style="red" if row["change"] == "gone" else "green")


def _changed(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"
