"""Scores of a year: points by rule, ranks within each group with ties, grades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial.measures.registry import PROGRAMME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.scheme import Applies, Item, Scheme

    Floats = NDArray[np.float64]

NOT_DUE = "condition-not-due"
SCORES = [
    "town_id", "group", "score", "reached", "of", "extra", "missing", "least", "most", "width", "doubt", "rank", "tie",
    "grade", "vetoes",
]  # fmt: skip
ITEMS = ["town_id", "rule", "verdict", "value", "points", "of", "why", "finding_id"]
_EXACT = 1e-9


def score(findings: pd.DataFrame, towns: pd.DataFrame, scheme: Scheme) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every judged town.

    The score is 100 times the points reached over those that could be, plus what is added or taken off. Points of
    what is not due yet are left out; those of no data as the scheme says. A town with more than ``most_missing`` of
    its points without data has no grade.

    Parameters
    ----------
    findings
        Table of `spatial.verdicts.judge` for the last quarter of the year.
    towns
        Subjects, index ``town_id``.
    scheme
        Points, groups and grades.

    Returns
    -------
    scores
        Columns `SCORES`: ``least`` and ``most`` are the scores if all missing data were bad or good; ``width`` is
        what the rounding of the data makes of the score, ``doubt`` what it could make of the missing ones; ``tie`` marks ranks that hang on less than that.
    items
        Columns `ITEMS`, one row a town and rule.
    """
    items = _items(findings, scheme)
    if not len(items):
        return pd.DataFrame(columns=SCORES), items.reindex(columns=ITEMS)
    extra = _extras(findings, scheme)
    sums = items.groupby("town_id", sort=False)[["points", "of", "lacking", "width", "doubt"]].sum()
    sums["extra"] = extra.reindex(sums.index).fillna(0.0)
    perhaps = _perhaps(findings, scheme).reindex(sums.index).fillna(0.0)
    whole = sums["of"] + (sums["lacking"] if scheme.missing == "zero" else 0.0)
    full = sums["of"] + sums["lacking"]
    scores = pd.DataFrame(index=sums.index)
    scores["group"] = _groups(towns, scheme).reindex(sums.index)
    scores["score"] = 100 * sums["points"] / whole.where(whole > 0) + sums["extra"]
    scores["reached"], scores["of"], scores["extra"] = sums["points"], whole, sums["extra"]
    scores["missing"] = sums["lacking"] / full.where(full > 0)
    scores["least"] = 100 * sums["points"] / full.where(full > 0) + sums["extra"] + perhaps["least"]
    most = 100 * (sums["points"] + sums["lacking"]) / full.where(full > 0)
    scores["most"] = most + sums["extra"] + perhaps["most"]
    scores["width"] = (100 * sums["width"] / whole.where(whole > 0)).fillna(0.0)
    scores["doubt"] = 100 * sums["doubt"] / full.where(full > 0)
    scores["vetoes"] = _vetoes(findings, scheme).reindex(sums.index).fillna("")
    scores["grade"] = _grades(scores, scheme)
    ranked = _ranked(scores)
    return ranked.reset_index(names="town_id")[SCORES], items[ITEMS].reset_index(drop=True)


def chosen(towns: pd.DataFrame, applies: Applies) -> pd.Series[Any]:
    """Which towns something applies to."""
    fits = pd.Series(data=True, index=towns.index)
    if applies.programme:
        fits &= towns["programme"].eq(applies.programme).fillna(value=False)
    if applies.level:
        fits &= towns["level"].isin(applies.level)
    return fits.astype(bool)


def _items(findings: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    """Points of each finding that has an item: reached, reachable, lacking for want of data, and their width."""
    by_rule = {item.rule: item for item in scheme.items}
    rows = findings[findings["rule"].isin(by_rule) & findings["town_id"].ne(PROGRAMME)].copy()
    if not len(rows):
        return rows.reindex(columns=[*ITEMS, "lacking", "width", "doubt"])
    items: list[Item] = [by_rule[rule] for rule in rows["rule"]]
    of = np.array([item.points for item in items])
    share = rows["verdict"].map({"pass": 1.0, "fail": 0.0}).to_numpy(dtype=float)
    warning = np.array([item.warning for item in items])
    share = np.where(rows["verdict"] == "warning", warning, share)
    start = np.array([np.nan if item.start is None else item.start for item in items])
    end = np.array([np.nan if item.end is None else item.end for item in items])
    value = pd.to_numeric(rows["value"]).to_numpy(dtype=float)
    linear = ~np.isnan(start) & ~np.isnan(value)
    along = np.clip((value - start) / np.where(linear, end - start, 1.0), 0.0, 1.0)
    share = np.where(linear, along, share)
    later = rows["condition"].eq(NOT_DUE).to_numpy()
    lacking = rows["verdict"].eq("no data").to_numpy()
    counts = ~later & ~lacking
    rounding = rows["unit"].map(dict(scheme.rounding)).fillna(0.0).to_numpy(dtype=float)
    moves = linear & (along > 0) & (along < 1) & counts
    wide = of * rounding / np.abs(np.where(np.isnan(start), 1.0, end - start))
    rows["width"] = np.where(moves, wide, 0.0)
    rows["doubt"] = np.where(lacking & ~later & ~np.isnan(start), wide, 0.0)
    rows["points"] = np.where(counts, of * share, 0.0)
    rows["of"] = np.where(counts, of, 0.0)
    rows["lacking"] = np.where(lacking & ~later, of, 0.0)
    rows["why"] = np.select([later, lacking, linear], ["not-due", "no-data", "linear"], "verdict")
    return rows


def _extras(findings: pd.DataFrame, scheme: Scheme) -> pd.Series[Any]:
    """Points added or taken off, by town."""
    table = pd.DataFrame(
        [(one.rule, one.verdict, one.points) for one in scheme.extras], columns=["rule", "verdict", "plus"]
    )
    joined = findings[["town_id", "rule", "verdict"]].merge(table, on=["rule", "verdict"])
    return joined.groupby("town_id")["plus"].sum()


def _perhaps(findings: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    """What extras could take off at least and add at most where the verdict is not known, by town."""
    by_rule: dict[str, list[float]] = {}
    for one in scheme.extras:
        by_rule.setdefault(one.rule, [0.0]).append(one.points)
    unknown = findings[findings["verdict"].eq("no data") & findings["rule"].isin(by_rule)]
    ends = pd.DataFrame(
        {
            "town_id": unknown["town_id"],
            "least": [min(by_rule[rule]) for rule in unknown["rule"]],
            "most": [max(by_rule[rule]) for rule in unknown["rule"]],
        }
    )
    return ends.groupby("town_id")[["least", "most"]].sum()


def _vetoes(findings: pd.DataFrame, scheme: Scheme) -> pd.Series[Any]:
    """Rules that fail the whole assessment, by town, as one text."""
    failed = findings[findings["rule"].isin(scheme.vetoes) & findings["verdict"].eq("fail")]
    return failed.groupby("town_id", sort=False)["rule"].agg(",".join)


def _groups(towns: pd.DataFrame, scheme: Scheme) -> pd.Series[Any]:
    parts = [towns[name].astype("str").fillna("-") for name in scheme.groups if name in towns]
    group = pd.Series("", index=towns.index) if not parts else parts[0]
    for part in parts[1:]:
        group = group + "/" + part
    return group


def _grades(scores: pd.DataFrame, scheme: Scheme) -> pd.Series[Any]:
    """Grade by score; the worst after a veto, none where too much is missing."""
    grade = pd.Series(None, index=scores.index, dtype=object)
    for one in reversed(scheme.grades):
        grade = grade.mask(scores["score"] >= one.at_least - _EXACT, one.id)
    if scheme.grades:
        grade = grade.mask(scores["missing"] > scheme.most_missing, None)
        grade = grade.mask(scores["vetoes"] != "", scheme.grades[-1].id)
    return grade.where(grade.notna(), None)


def _ranked(scores: pd.DataFrame) -> pd.DataFrame:
    """Ranks within each group, 1 the best, none without a grade; scores that rounding could turn round share one."""
    parts = []
    for _, own in scores.groupby("group", sort=False):
        value = own["score"].where(own["grade"].notna())
        ordered = own.assign(ranked=value).sort_values(["ranked", "score"], ascending=False, kind="stable")
        rank = _shared(ordered["ranked"].to_numpy(dtype=float), ordered["width"].to_numpy(dtype=float))
        parts.append(
            ordered.assign(rank=rank, tie=pd.Series(rank).duplicated(keep=False).to_numpy() & ~np.isnan(rank))
        )
    return pd.concat(parts)


def _shared(values: Floats, widths: Floats) -> Floats:
    """Ranks of falling scores; a score within both widths of the first of a rank has that rank."""
    rank = np.full(len(values), np.nan)
    first = 0
    for at in range(int((~np.isnan(values)).sum())):
        if values[first] - values[at] > widths[first] + widths[at] + _EXACT:
            first = at
        rank[at] = first + 1
    return rank
