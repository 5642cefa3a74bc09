"""The summary on the screen: verdicts by clause, the causes of most failures, problems of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from maps.cells import records
from maps.console import in_gbk
from maps.pagedata import open_issues, verdict_labels
from maps.wording import cause_lines, issue_text, policy_title, towns_judged
from spatial.causes import by_clause
from spatial.messages import Lang, text

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from layers.results import Results

_COLOURS = {"fail": "red", "warning": "yellow", "no data": "bright_black", "pass": "green"}
_SEVERITIES = ("error", "warning", "note")
_MOST_ISSUES = 5
_FIRST = {"issue-as-of-no-figures"}
"""Issues of all that is judged, told before it."""


def render(results: Results, lang: Lang, console: Console) -> None:
    """Print what a run found.

    Only characters that GBK has are used, so that any Chinese Windows console shows them.

    Parameters
    ----------
    results
        What to summarise.
    lang
        Language.
    console
        Where to print; without colour where it is no terminal.
    """
    _say(console, results.title, "bold")
    if results.demo:
        _say(console, text("fact-demo-note", lang), "bold magenta")
    _say(
        console,
        text(
            "summary-towns", lang,
            policy=policy_title(results, lang), as_of=results.provenance.get("as_of") or "",
            towns=towns_judged(results, lang), findings=len(results.findings),
        ),
    )  # fmt: skip
    first = [row for row in records(results.issues) if row["code"] in _FIRST]
    for row in first:
        _say(console, issue_text(row["code"], row["params"], lang), "yellow")
    console.print()
    if len(results.findings):
        console.print(_clauses(results, lang))
    headline, lines = cause_lines(results, lang)
    _say(console, headline, "bold")
    for place, (sentence, *_) in enumerate(lines, 1):
        _say(console, f"  {place}. {sentence}")
    console.print()
    _issues(results, lang, console)


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(Text(in_gbk(line), style=style), soft_wrap=True)


def _clauses(results: Results, lang: Lang) -> Table:
    counts = by_clause(results.findings)
    table = Table(
        box=box.ASCII, title=text("summary-by-clause", lang), title_justify="left", show_footer=True
    )
    table.add_column(text("head-clause", lang), footer=text("head-total", lang), no_wrap=True)
    for verdict, label in verdict_labels(lang).items():
        total = str(counts[verdict].sum())
        table.add_column(label, footer=total, justify="right", style=_COLOURS[verdict], no_wrap=True)
    table.add_column(
        text("head-total", lang), footer=str(int(counts.to_numpy().sum())), justify="right", no_wrap=True
    )
    for clause, row in counts.iterrows():
        numbers = [str(count) if count else "-" for count in row]
        table.add_row(Text(str(clause)), *numbers, str(row.sum()))
    return table


def _issues(results: Results, lang: Lang, console: Console) -> None:
    issues = open_issues(results)
    if accepted := len(results.issues) - len(issues):
        _say(console, text("summary-issues-waived", lang, count=accepted))
    if not len(issues):
        _say(console, text("summary-issues-none", lang))
        return
    severities = issues["severity"].value_counts()
    counted = text("map-and", lang).join(
        text("summary-severity", lang, severity=text(f"severity-{name}", lang), count=severities[name])
        for name in _SEVERITIES
        if name in severities
    )
    _say(console, text("summary-issues", lang, counted=counted), "bold")
    rank = issues["severity"].map({name: place for place, name in enumerate(_SEVERITIES)})
    groups = issues.assign(rank=rank).groupby("code", sort=False)
    kinds = groups.agg(
        rank=("rank", "min"), count=("code", "size"), params=("params", "first"), differ=("params", _differ)
    )
    kinds = kinds.sort_values(["rank", "count"], ascending=[True, False], kind="stable").head(_MOST_ISSUES)
    for issue, kind in kinds.iterrows():
        sentence = issue_text(issue, kind["params"], lang)
        code = "summary-issue-first" if kind["differ"] else "summary-issue"
        _say(console, "  " + text(code, lang, count=kind["count"], text=sentence))


def _differ(params: pd.Series[Any]) -> bool:
    """Whether not all issues of a kind say the same."""
    return any(one != params.iloc[0] for one in params)
