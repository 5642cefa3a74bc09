"""The year's assessment on the screen and as a workbook: ranks, grades, proposals, points by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table as Screen
from rich.text import Text

from layers.outputs import put_down
from maps import workbook
from maps.cells import NOT_APPLICABLE, Cell, Column, Number, Table, Verdict, plain, records
from maps.pagedata import missing, number, said, verdict_labels
from maps.wording import rule_titles, town_names
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from layers.results import Results

_COLOURS = {
    "elimination": "bold red", "second-card": "bold red", "card": "bold yellow", "undecided": "bold bright_black",
    "promotion": "bold green", "demonstration": "bold green", "excellent": "green", "card-lapsed": "cyan",
}  # fmt: skip


def write_workbook(results: Results, year: int, path: Path, lang: Lang) -> None:
    """Write ranks, proposals and points as a workbook of three sheets."""
    put_down(path, made(results, year, lang))


def made(results: Results, year: int, lang: Lang) -> bytes:
    """The workbook that `write_workbook` writes."""
    title = text("assess-title", lang, title=results.title, year=year)
    kind = f"liangzhen-assessment {year} {lang}"
    return workbook.made_of(tables(results, lang), title, lang, demo=results.demo, kind=kind)


def tables(results: Results, lang: Lang) -> list[Table]:
    """The tables of the assessment that the results hold: ranks, proposals, points by rule."""
    names = town_names(results, lang)
    return [_scores(results, names, lang), _proposals(results, names, lang), _items(results, names, lang)]


def group_name(group: Any, lang: Lang) -> str:
    """Name of a group, ``pilot/city``.

    Examples
    --------
    >>> group_name("pilot/city", "en")
    'pilot town, city'
    """
    parts = [
        said(part, lang, "programme-")
        if said(part, lang, "programme-") != part
        else said(part, lang, "level-")
        for part in str(group).split("/")
    ]
    return (", " if lang == "en" else "").join(parts)


def _scores(results: Results, names: Mapping[str, str], lang: Lang) -> Table:
    heads = (
        "assess-group",
        "assess-rank",
        "head-town",
        "assess-score",
        "assess-grade",
        "assess-missing",
        "assess-least",
        "assess-most",
        "assess-veto",
    )
    titles = rule_titles(results, lang)
    rows: list[list[Cell]] = [
        [
            group_name(row["group"], lang), _rank(row, lang), names.get(row["town_id"], row["town_id"]),
            None if missing(row["score"]) or missing(row["grade"]) else Number(round(float(row["score"]), 2)),
            said(row["grade"], lang, "grade-") or text("no-number", lang), Number(float(row["missing"]), "share"),
            Number(round(float(row["least"]), 2)), Number(round(float(row["most"]), 2)),
            "; ".join(titles.get(rule, rule) for rule in str(row["vetoes"]).split(",") if rule) or NOT_APPLICABLE,
        ]
        for row in records(results.tables["scores"])
    ]  # fmt: skip
    return Table("scores", [Column(text(code, lang)) for code in heads], rows, (text("assess-note", lang),))


def _rank(row: Mapping[str, Any], lang: Lang) -> str:
    if missing(row["rank"]):
        return text("no-number", lang)
    return f"{row['rank']:g}" + (text("assess-tie", lang) if row["tie"] else "")


def _proposals(results: Results, names: Mapping[str, str], lang: Lang) -> Table:
    heads = ("assess-kind", "head-town", "assess-reason", "head-clause", "assess-score", "assess-evidence")
    scores = results.tables["scores"]
    graded = set(scores.loc[scores["grade"].notna(), "town_id"])
    rows: list[list[Cell]] = [
        [
            text(f"proposal-{row['kind']}", lang), names.get(row["town_id"], row["town_id"]), reason(row, lang),
            str(row["clause"]),
            Number(round(float(row["score"]), 2)) if row["town_id"] in graded else None,
            evidence(row["evidence"], results, lang),
        ]
        for row in records(results.tables["proposals"])
    ]  # fmt: skip
    return Table("proposals", [Column(text(code, lang)) for code in heads], rows)


def reason(row: Mapping[str, Any], lang: Lang) -> str:
    """Why something is proposed, in words."""
    if row["kind"] == "promotion":
        return text("reason-promotion", lang, level=said(row["reason"], lang, "level-"))
    return said(row["reason"], lang, "reason-")


def evidence(items: Any, results: Results, lang: Lang) -> str:
    """What a proposal rests on: rules with their verdicts, years, the register."""
    titles, labels = rule_titles(results, lang), verdict_labels(lang)
    verdicts = dict(zip(results.findings["finding_id"].astype(str), results.findings["verdict"], strict=True))
    shown = []
    for item in items if isinstance(items, (list, tuple)) else []:
        rule = str(item).partition(":")[0]
        if str(item) in verdicts:
            shown.append(f"{titles.get(rule, rule)} {labels[verdicts[str(item)]]}")
        elif f"evidence-{item}" in {"evidence-grade", "evidence-score", "evidence-register"}:
            shown.append(text(f"assess-evidence-{item}", lang))
        else:
            shown.append(plain(item))
    return text("map-and", lang).join(shown)


def _items(results: Results, names: Mapping[str, str], lang: Lang) -> Table:
    heads = (
        "head-town",
        "head-rule-title",
        "head-verdict",
        "head-value",
        "assess-points",
        "assess-of",
        "assess-why",
    )
    titles = rule_titles(results, lang)
    units = dict(zip(results.findings["finding_id"].astype(str), results.findings["unit"], strict=True))
    rows: list[list[Cell]] = [
        [
            names.get(row["town_id"], row["town_id"]), titles.get(row["rule"], row["rule"]), Verdict(row["verdict"]),
            number(row["value"], units.get(row["finding_id"]), lang) or None, Number(round(float(row["points"]), 2)),
            Number(float(row["of"])), text(f"assess-why-{row['why']}", lang),
        ]
        for row in records(results.tables["score_items"])
    ]  # fmt: skip
    return Table("score-items", [Column(text(code, lang)) for code in heads], rows)


def render(results: Results, year: int, lang: Lang, console: Console) -> None:
    """Print ranks by group, then what is proposed."""
    names = town_names(results, lang)
    console.print(Text(text("assess-title", lang, title=results.title, year=year), style="bold"))
    for group, rows in results.tables["scores"].groupby("group", sort=False):
        table = Screen(title=group_name(group, lang), title_justify="left", box=box.SIMPLE_HEAD)
        for code in ("assess-rank", "head-town", "assess-score", "assess-grade"):
            table.add_column(
                text(code, lang), justify="right" if code.endswith(("rank", "score")) else "left"
            )
        for row in records(rows):
            shown = f"{row['score']:.1f}"
            if missing(row["grade"]):
                shown = f"{row['least']:.1f}-{row['most']:.1f}"
            grade = said(row["grade"], lang, "grade-") or text("no-number", lang)
            table.add_row(_rank(row, lang), names.get(row["town_id"], row["town_id"]), shown, grade)
        console.print(table)
    proposals = records(results.tables["proposals"])
    console.print(Text(text("assess-proposals", lang, count=len(proposals)), style="bold"))
    for row in proposals:
        line = Text(f"  {text('proposal-' + row['kind'], lang)} ", style=_COLOURS[row["kind"]])
        words = f"{names.get(row['town_id'], row['town_id'])}  {reason(row, lang)}  [{row['clause']}]  "
        line.append(words + evidence(row["evidence"], results, lang), style="default")
        console.print(line)
    console.print(Text(text("assess-note", lang), style="dim"))
