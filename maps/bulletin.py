"""The quarterly bulletin 季度通报 of 四(三), 四(四): figures with ranks, investment, projects, land, what changed, who did not report."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from maps.pagedata import bracketed, missing, number, said, verdict_labels
from maps.report_blocks import Block, Figure, Grid, Mark, Paragraph, Piece, Report, Signatures
from maps.report_content import head
from maps.wording import policy_title, rule_titles, town_names, towns_judged
from spatial.messages import Lang, text
from spatial.rules import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.results import Results
    from spatial.compare import Comparison

GROWTH = (
    "gdp_growth_pct", "gdp_growth_lead_pp", "fiscal_growth_pct", "investment_growth_pct", "tertiary_share_change_pp",
    "built_up_share_change_pp",
)  # fmt: skip
INVESTMENT = (
    "investment_year_yi",
    "investment_total_yi",
    "investment_on_schedule_pct",
    "investment_year_forecast_yi",
)
LAND = (
    "construction_land_km2",
    "construction_land_new_m2",
    "land_quota_used_pct",
    "inefficient_land_redeveloped_pct",
)
_STATES = ("planned", "started", "building", "done", "stalled")
_CHANGES = ("new", "gone", "worse", "better")


def content(results: Results, changed: Comparison | None, lang: Lang) -> Report:
    """What the bulletin says.

    Parameters
    ----------
    results
        Of the quarter.
    changed
        Against the quarter before; None where it was not judged.
    lang
        Language.
    """
    numbers = count(1)
    quarter = str(results.provenance["as_of"])
    blocks: list[Block] = [head(text("bulletin-overall", lang), numbers, lang), _overall(results, lang)]
    for kind, measures in (("pilot", GROWTH), ("special", INVESTMENT)):
        table = _ranked(results, kind, measures, lang)
        if table is not None:
            blocks += [head(table.caption, numbers, lang), table]
    land = _ranked(results, "", LAND, lang)
    for table in (land, _projects(results, lang)):
        if table is not None:
            blocks += [head(table.caption, numbers, lang), table]
    blocks.append(head(text("bulletin-changes", lang), numbers, lang))
    blocks += _changes(results, changed, lang)
    blocks += [head(text("bulletin-missing", lang), numbers, lang), *_missing(results, lang)]
    labels = tuple(text(f"report-sign-{name}", lang) for name in ("made", "checked", "approved", "date"))
    blocks.append(Signatures(labels, text("report-seal", lang)))
    return Report(
        kind="bulletin",
        title=text("bulletin-title", lang, quarter=quarter),
        subtitle=results.title,
        mark=text("fact-demo-note", lang) if results.demo else "",
        date=str((results.provenance.get("run") or {}).get("at") or "")[:10],
        blocks=tuple(blocks),
        lang=lang,
    )


def _overall(results: Results, lang: Lang) -> Paragraph:
    counts = results.findings["verdict"].value_counts()
    labels = verdict_labels(lang)
    parts: list[Piece] = [
        text("bulletin-basis", lang, policy=policy_title(results, lang), quarter=results.provenance["as_of"],
             towns=towns_judged(results, lang))
    ]  # fmt: skip
    for code, label in labels.items():
        parts += [
            f"{label} ",
            Figure(f"count/{code}", f"{int(counts.get(code, 0)):,}"),
            text("stop-comma", lang),
        ]
    return Paragraph((*parts[:-1], text("report-stop", lang)))


def _ranked(results: Results, programme: str, measures: Sequence[str], lang: Lang) -> Grid | None:
    """A row a town with the rank in its group after each value; groups by level, best first where there is an order."""
    towns = results.towns[
        results.towns["programme"].eq(programme) if programme else results.towns["programme"].notna()
    ]
    table = results.measures[
        results.measures["measure"].isin(measures) & results.measures["town_id"].isin(towns.index)
    ]
    values = table.pivot_table(
        index="town_id", columns="measure", values="value", aggfunc="first", dropna=False
    )
    order = [name for name in measures if name in values and values[name].notna().any()]
    if not order:
        return None
    values = values.reindex(towns.index)[order].astype(float)
    ranks = values.groupby(towns["level"].fillna("").to_numpy()).rank(ascending=False, method="min")
    units = table.drop_duplicates("measure").set_index("measure")["unit"]
    names = town_names(results, lang)
    none = text("no-number", lang)
    rows: list[tuple[Piece, ...]] = []
    first = ranks[order[0]] if programme else 0
    listed = towns.assign(_level=_level(towns), _first=first).sort_values(["_level", "_first"], kind="stable")
    for town in listed.index:
        cells: list[Piece] = [names[str(town)], said(towns.loc[town, "level"], lang, "level-") or "–"]
        for name in order:
            value = values.loc[town, name]
            shown = (
                number(value, "", lang)
                if units[name] not in {"m²", "km²"}
                else number(value, units[name], lang).split(" ")[0]
            )
            rank = "" if np.isnan(value) or not programme else f" ({ranks.loc[town, name]:g})"
            cells.append(Figure(f"{town}.{name}", shown + rank) if shown else none)
        rows.append(tuple(cells))
    heads = (
        text("head-town", lang), text("head-level", lang),
        *(said(name, lang, "measure-") + _unit(units[name], lang) for name in order),
    )  # fmt: skip
    notes = (text("bulletin-rank-note", lang),) if programme else ()
    caption = text(f"bulletin-{programme}", lang) if programme else _land(results, lang)
    return Grid(
        caption,
        heads,
        tuple(rows),
        (14.0, 8.0, *([11.0] * len(order))),
        (False, False, *([True] * len(order))),
        notes,
    )


def _level(towns: pd.DataFrame) -> pd.Series[Any]:
    """Place of each town's level in the order of the policy; none comes last."""
    return towns["level"].map({level: place for place, level in enumerate(LEVELS)})


def _land(results: Results, lang: Lang) -> str:
    """The heading of the land figures, with the date of the parcels that they were measured from."""
    date = results.provenance.get("construction_land_date")
    return text("bulletin-land", lang) if missing(date) else text("bulletin-land-of", lang, date=date)


def _unit(unit: Any, lang: Lang) -> str:
    shown = said(unit, lang, "unit-")
    return f"\n{bracketed(shown, lang)}" if shown else ""


def _projects(results: Results, lang: Lang) -> Grid | None:
    """Projects by town and state, with the money planned and paid."""
    frame = results.projects
    if frame is None or not len(frame) or "state" not in frame or "town" not in frame:
        return None
    table = pd.DataFrame(frame.drop(columns="geometry"))
    counts = pd.crosstab(table["town"].fillna(text("no-number", lang)), table["state"]).reindex(
        columns=list(_STATES), fill_value=0
    )
    sums = table.groupby(table["town"].fillna(text("no-number", lang)))[["planned_yi", "paid_yi"]].sum(
        min_count=1
    )
    towns = results.towns.assign(_level=_level(results.towns)).sort_values("_level", kind="stable")
    place = {name: at for at, name in reversed([*enumerate(towns["name"])])}
    counts = counts.sort_index(key=lambda names: names.map(place), kind="stable")
    rows: list[tuple[Piece, ...]] = []
    for town, line in counts.iterrows():
        money = [sums.loc[town, name] for name in ("planned_yi", "paid_yi")]
        cells: list[Piece] = [
            str(town),
            *(Figure(f"project/{town}/{state}", f"{int(line[state])}") for state in _STATES),
        ]
        cells += [
            text("no-number", lang)
            if missing(value)
            else Figure(f"project/{town}/{place}", number(value, "", lang))
            for place, value in enumerate(money)
        ]
        rows.append(tuple(cells))
    heads = (
        text("head-town", lang), *(said(state, lang, "map-state-") for state in _STATES),
        text("map-planned", lang) + _unit("亿元", lang), text("map-paid", lang) + _unit("亿元", lang),
    )  # fmt: skip
    return Grid(
        text("bulletin-projects", lang),
        heads,
        tuple(rows),
        (16.0, *([8.0] * 5), 10.0, 10.0),
        (False, *([True] * 7)),
    )


def _changes(results: Results, changed: Comparison | None, lang: Lang) -> list[Block]:
    """Findings that are new, gone, worse or better than in the quarter before."""
    if changed is None:
        return [Paragraph((text("bulletin-no-quarter-before", lang),))]
    rows = changed.findings[changed.findings["change"].isin(_CHANGES)]
    if not len(rows):
        return [Paragraph((text("bulletin-no-changes", lang),))]
    names, titles, labels = town_names(results, lang), rule_titles(results, lang), verdict_labels(lang)
    cells: list[tuple[Piece, ...]] = [
        (
            text(f"change-{row.change}", lang), names.get(str(row.town_id), str(row.town_id)),
            titles.get(row.rule, str(row.rule)), _mark(row.verdict_before, labels), _mark(row.verdict_after, labels),
        )
        for row in rows.sort_values("change", key=lambda change: change.map(_CHANGES.index), kind="stable").itertuples()
    ]  # fmt: skip
    heads = tuple(
        text(code, lang)
        for code in ("bulletin-change", "head-town", "head-rule-title", "bulletin-before", "bulletin-now")
    )
    return [Grid(text("bulletin-changes", lang), heads, tuple(cells), (8, 16, 26, 9, 9), (False,) * 5)]


def _mark(verdict: Any, labels: dict[str, str]) -> Piece:
    return "–" if missing(verdict) else Mark(str(verdict), labels[str(verdict)])


def _missing(results: Results, lang: Lang) -> list[Block]:
    """Towns of which findings lack data, and of what."""
    lacking = results.findings[results.findings["verdict"] == "no data"]
    if not len(lacking):
        return [Paragraph((text("bulletin-none-missing", lang),))]
    names, titles = town_names(results, lang), rule_titles(results, lang)
    rows: list[tuple[Piece, ...]] = [
        (
            names.get(str(town), str(town)),
            text("map-and", lang).join(titles.get(rule, str(rule)) for rule in own["rule"]),
        )
        for town, own in lacking.groupby("town_id", sort=False)
    ]
    heads = (text("head-town", lang), text("bulletin-lacks", lang))
    return [Grid(text("bulletin-missing", lang), heads, tuple(rows), (16, 60), (False, False))]
