"""What changed between two runs, on the screen and as a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table as Screen
from rich.text import Text

from maps import workbook
from maps.cells import NOT_APPLICABLE, Cell, Column, Table, Verdict, plain, quantity, records
from maps.console import gbk_text, in_gbk
from maps.pagedata import missing, number, said, verdict_labels
from maps.wording import rule_titles, town_names
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from layers.results import Results
    from spatial.compare import Comparison

_ORDER = ("new", "worse", "still", "better", "waived", "gone", "turned")
_PROJECTS = ("stalled", "new", "finished", "advanced", "moved", "gone")
_MOST = 12


def tables(found: Comparison, before: Results, after: Results, lang: Lang) -> list[Table]:
    """The tables of a comparison: findings, land, figures, projects; without what did not change."""
    names = town_names(before, lang) | town_names(after, lang)
    titles = rule_titles(before, lang) | rule_titles(after, lang)
    return [
        _findings(found, names, titles, lang),
        _land(found, names, titles, lang),
        _figures(found, names, lang),
        _projects(found, names, lang),
    ]


def _findings(found: Comparison, names: dict[str, str], titles: dict[str, str], lang: Lang) -> Table:
    heads = (
        "change",
        "town",
        "clause",
        "rule",
        "verdict-before",
        "verdict-after",
        "before",
        "after",
        "exception",
    )
    changed = found.findings[found.findings["change"] != "same"]
    rank = changed["change"].map({name: place for place, name in enumerate(_ORDER)})
    rows: list[list[Cell]] = [
        [
            text(f"change-{row['change']}", lang), names.get(row["town_id"], row["town_id"]), row["clause"],
            titles.get(row["rule"], row["rule"]), _verdict(row["verdict_before"]), _verdict(row["verdict_after"]),
            quantity(row["value_before"], plain(row["unit"])), quantity(row["value_after"], plain(row["unit"])),
            plain(row["exception"]) or NOT_APPLICABLE,
        ]
        for row in records(changed.assign(rank=rank).sort_values(["rank", "town_id", "clause"], kind="stable"))
    ]  # fmt: skip
    return Table("changed-findings", _columns(heads, lang), rows, kept=2)


def _verdict(value: Any) -> Cell:
    return None if missing(value) else Verdict(str(value))


def _land(found: Comparison, names: dict[str, str], titles: dict[str, str], lang: Lang) -> Table:
    rows: list[list[Cell]] = [
        [
            text(f"change-{row['change']}", lang), names.get(row["town_id"], row["town_id"]), row["clause"],
            titles.get(row["rule"], row["rule"]), quantity(round(row["area_m2"], 2), "m²"),
            quantity(row["area_m2"] / 1e4, "ha"), quantity(row["area_m2"] * 3 / 2000, "亩"),
        ]
        for row in records(found.land.drop(columns="geometry"))
    ]  # fmt: skip
    heads = ("change", "town", "clause", "rule", "area-m2", "area-ha", "area-mu")
    return Table("changed-land", _columns(heads, lang), rows, kept=2)


def _figures(found: Comparison, names: dict[str, str], lang: Lang) -> Table:
    changed = found.measures[found.measures["changed"]]
    rows: list[list[Cell]] = [
        [
            names.get(row["town_id"], row["town_id"]), said(row["measure"], lang, "measure-"),
            said(row["unit"], lang, "unit-") or None, quantity(row["before"], plain(row["unit"])),
            quantity(row["after"], plain(row["unit"])), quantity(row["difference"], plain(row["unit"]), signed=True),
        ]
        for row in records(changed.sort_values(["measure", "town_id"], kind="stable"))
    ]  # fmt: skip
    heads = ("town", "measure", "unit", "before", "after", "difference")
    return Table("changed-figures", _columns(heads, lang), rows, kept=2)


def _projects(found: Comparison, names: dict[str, str], lang: Lang) -> Table:
    changed = found.projects[found.projects["change"] != "same"]
    rank = changed["change"].map({name: place for place, name in enumerate(_PROJECTS)})
    rows: list[list[Cell]] = [
        [
            text(f"change-{row['change']}", lang), names.get(row["town_id"], plain(row["town_id"])) or None,
            plain(row["name"]) or None, said(row["state_before"], lang, "map-state-") or None,
            said(row["state_after"], lang, "map-state-") or None, quantity(row["paid_yi_before"], "亿元"),
            quantity(row["paid_yi_after"], "亿元"), quantity(row["moved_m"], "m"),
        ]
        for row in records(changed.assign(rank=rank).sort_values(["rank", "town_id", "name"], kind="stable"))
    ]  # fmt: skip
    heads = ("change", "town", "project", "state-before", "state-after", "paid-before", "paid-after", "moved")
    return Table("changed-projects", _columns(heads, lang), rows, kept=3)


def _columns(heads: tuple[str, ...], lang: Lang) -> list[Column]:
    return [Column(text(f"compare-{head}", lang)) for head in heads]


def write_workbook(found: Comparison, before: Results, after: Results, path: Path, lang: Lang) -> None:
    """Write all tables of a comparison as a workbook."""
    workbook.write_tables(
        tables(found, before, after, lang), path, heading(before, after, lang), lang, demo=after.demo
    )


def heading(before: Results, after: Results, lang: Lang) -> str:
    """What was compared."""
    quarters = (results.provenance["as_of"] for results in (before, after))
    return text("compare-heading", lang, title=after.title, before=next(quarters), after=next(quarters))


def render(found: Comparison, before: Results, after: Results, lang: Lang, console: Console) -> None:
    """Print a comparison: counts first, then what turned for the worse, land, and projects that stall."""
    _say(console, heading(before, after, lang), "bold")
    if after.demo:
        _say(console, text("fact-demo-note", lang), "bold magenta")
    _say(console, _counted(found.findings["change"], _ORDER, "compare-findings", lang))
    names, titles = town_names(after, lang), rule_titles(after, lang)
    worse = found.findings[found.findings["change"].isin(["new", "worse", "gone", "better"])]
    if len(worse):
        console.print(_turned(worse, names, titles, lang))
    for change, rows in found.land.groupby("change", sort=False):
        area = number(round(rows["area_m2"].sum(), 2), "m²", lang)
        _say(console, text(f"compare-land-{change}", lang, area=area, towns=rows["town_id"].nunique()))
    if len(found.projects):
        _say(console, _counted(found.projects["change"], _PROJECTS, "compare-projects", lang))
    else:
        _say(console, text("compare-projects-unknown", lang))


def _turned(rows: Any, names: dict[str, str], titles: dict[str, str], lang: Lang) -> Screen:
    table = Screen(box=box.ASCII)
    for head in ("change", "town", "clause", "rule", "before", "after"):
        table.add_column(text(f"compare-{head}", lang), overflow="fold")
    labels = verdict_labels(lang)
    rank = rows["change"].map({name: place for place, name in enumerate(_ORDER)})
    for row in records(rows.assign(rank=rank).sort_values(["rank", "town_id"], kind="stable").head(_MOST)):
        sides = [
            f"{labels.get(row[f'verdict_{side}'], '-')} {number(row[f'value_{side}'], row['unit'], lang)}"
            for side in ("before", "after")
        ]
        cells = [
            text(f"change-{row['change']}", lang), names.get(row["town_id"], row["town_id"]), row["clause"],
            titles.get(row["rule"], row["rule"]), *sides,
        ]  # fmt: skip
        table.add_row(*(gbk_text(str(cell)) for cell in cells))
    if len(rows) > _MOST:
        table.caption = text("compare-more", lang, count=len(rows) - _MOST)
    return table


def _counted(changes: Any, order: tuple[str, ...], code: str, lang: Lang) -> str:
    counts = changes.value_counts()
    parts = [f"{text(f'change-{name}', lang)} {counts[name]}" for name in order if name in counts]
    return text(code, lang, counted=text("map-and", lang).join(parts) or text("compare-none", lang))


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(Text(in_gbk(line), style=style), soft_wrap=True)
