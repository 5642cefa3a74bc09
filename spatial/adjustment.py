"""The dynamic adjustment 四(四): cards, eliminations, promotions and honours that a year's scores propose.

Nothing is proposed against a town for want of data: such a case is ``undecided`` and says what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial.scoring import chosen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spatial.scheme import Award, Cards, Elimination, Grade, Scheme

PROPOSALS = ["town_id", "kind", "reason", "clause", "score", "threshold", "evidence"]
"""``kind``: card, second-card, card-lapsed, elimination, promotion, demonstration, excellent, undecided."""
AGAINST = ("card", "second-card", "elimination")
"""Proposals beside which a town is neither promoted nor honoured."""
HISTORY = ["town_id", "year", "kind", "value"]
"""What the register knows of earlier years: ``card``, ``lapsed``, ``removed``, ``grade`` (with its value), ``unfit``."""


def propose(
    scores: pd.DataFrame,
    findings: pd.DataFrame,
    towns: pd.DataFrame,
    history: pd.DataFrame,
    year: int,
    scheme: Scheme,
) -> pd.DataFrame:
    """What follows from the scores of a year.

    Parameters
    ----------
    scores
        Table of `spatial.scoring.score`.
    findings
        Table of `spatial.verdicts.judge`.
    towns
        Subjects, index ``town_id``.
    history
        Columns `HISTORY`: what was in force on the day asked for.
    year
        That is assessed.
    scheme
        Cards, eliminations, awards.

    Returns
    -------
    DataFrame
        Columns `PROPOSALS`, in the order of the scheme; ``evidence`` is a list of finding ids and of years.
    """
    by_town = scores.set_index("town_id")
    left = removed(history, towns, year)
    known = towns.loc[[town for town in towns.index if town in by_town.index and town not in left]]
    rows: list[dict[str, Any]] = []
    if scheme.cards is not None:
        rows += _cards(by_town, known, history, year, scheme.cards)
    for one in scheme.eliminations:
        rows += _eliminations(by_town, findings, known, history, year, one, scheme.grades)
    order = [one.id for one in scheme.grades]
    blamed = {row["town_id"] for row in rows if row["kind"] in AGAINST}
    worthy = known[~known.index.isin(blamed)]
    for award in scheme.awards:
        enough = set(order[: order.index(award.grade) + 1])
        rows += _awards(by_town, worthy, history, year, award, enough)
    return pd.DataFrame(rows, columns=PROPOSALS)


def standing(history: pd.DataFrame, town: str, year: int) -> list[int]:
    """Years of the cards that a town holds before `year`: since the last one lapsed, or it was removed."""
    own = history[(history["town_id"] == town) & (history["year"] < year)].sort_values("year", kind="stable")
    held: list[int] = []
    for row in own.itertuples(index=False):
        if row.kind == "card":
            held.append(int(row.year))
        elif row.kind in {"lapsed", "removed"}:
            held = []
    return held


def removed(history: pd.DataFrame, towns: pd.DataFrame, year: int) -> set[str]:
    """Towns that left the list before `year` and were not listed again after that."""
    gone = history[(history["kind"] == "removed") & (history["year"] < year)].groupby("town_id")["year"].max()
    listed = towns["listed"] if "listed" in towns else pd.Series(index=towns.index, dtype=object)
    again = {
        town for town, quarter in listed.dropna().items() if str(quarter)[:4] > str(gone.get(town, year))
    }
    return {str(town) for town in gone.index} - again


def _row(town: str, kind: str, reason: str, clause: str, **more: Any) -> dict[str, Any]:
    return {"town_id": town, "kind": kind, "reason": reason, "clause": clause, "score": None, "threshold": None, "evidence": [], **more}  # fmt: skip


def _cards(
    scores: pd.DataFrame, towns: pd.DataFrame, history: pd.DataFrame, year: int, cards: Cards
) -> Iterator[dict[str, Any]]:
    """A card for a low score; the last one too many; cards that lapse after years without another."""
    ids = towns.index[chosen(towns, cards.applies)]
    ranked = scores.loc[ids]
    surely, perhaps = _low(ranked, cards, "most", "least"), _low(ranked, cards, "least", "most")
    by_town = dict(list(history.groupby("town_id", sort=False)))
    for town in ids:
        row = ranked.loc[town]
        held = standing(by_town[town], town, year) if town in by_town else []
        told = {"score": row["score"], "threshold": cards.below}
        if surely[town]:
            kind = "second-card" if len(held) + 1 >= cards.removal else "card"
            yield _row(town, kind, "low-score", cards.clause, evidence=[*held, year], **told)
        elif perhaps[town]:
            yield _row(town, "undecided", "low-score", cards.clause, evidence=["score"], **told)
        elif len(held) >= cards.removal:
            yield _row(town, "second-card", "cards-standing", cards.clause, evidence=held, **told)
        elif held and year - held[-1] >= cards.lapse_years:
            yield _row(town, "card-lapsed", "years-without", cards.clause, evidence=held, **told)


def _low(scores: pd.DataFrame, cards: Cards, own: str, theirs: str) -> pd.Series[Any]:
    """Which scores are below the mark and, where places count, among the last ones of their group.

    `own` and `theirs` are what missing data is taken for: ``most`` and ``least`` for what is sure, the other way
    round for what could be. A score that rounding could put among the last is not there: ties are resolved for
    the town.
    """
    low = scores[own] < cards.below
    if not cards.last:
        return low
    wide = scores["width"] + (scores["doubt"] if own == "most" else 0.0)
    for _, group in scores.groupby("group", sort=False):
        mine, others = (group[name].to_numpy(dtype=float) for name in (own, theirs))
        width = wide[group.index].to_numpy(dtype=float)
        worse = others[None, :] <= mine[:, None] + width[:, None] + width[None, :]
        np.fill_diagonal(worse, val=False)
        low[group.index] &= worse.sum(axis=1) < cards.last
    return low


def _eliminations(
    scores: pd.DataFrame,
    findings: pd.DataFrame,
    towns: pd.DataFrame,
    history: pd.DataFrame,
    year: int,
    one: Elimination,
    grades: Sequence[Grade],
) -> Iterator[dict[str, Any]]:
    """Towns that a reason holds of: by failed rules, by grade, or as the office put on record.

    A grade that missing data could lift is no reason yet.
    """
    lifted = min((two.at_least for two in _better(one.grade, grades)), default=float("inf"))
    ids = towns.index[chosen(towns, one.applies)]
    asked = findings[findings["rule"].isin(one.rules) & findings["town_id"].isin(ids)]
    unfit = history[
        (history["kind"] == "unfit") & (history["year"] == year) & (history["value"] == one.reason)
    ]
    by_verdict = asked.groupby(["town_id", "verdict"])["finding_id"].agg(list).to_dict()
    on_file = set(unfit["town_id"])
    for town in ids:
        row = scores.loc[town]
        failed, lacking = by_verdict.get((town, "fail"), []), by_verdict.get((town, "no data"), [])
        graded = bool(one.grade) and row["grade"] == one.grade
        by_grade = graded and (row["vetoes"] != "" or row["most"] < lifted)
        on_record = town in on_file
        evidence = [*failed, *(["grade"] if by_grade else []), *(["register"] if on_record else [])]
        if by_grade and row["vetoes"]:
            evidence += [f"{rule}:{town}" for rule in str(row["vetoes"]).split(",")]
        if evidence:
            yield _row(town, "elimination", one.reason, one.clause, score=row["score"], evidence=evidence)
        elif lacking or graded or (one.grade and row["grade"] is None):
            yield _row(
                town, "undecided", one.reason, one.clause, score=row["score"], evidence=lacking or ["grade"]
            )


def _better(grade: str, grades: Sequence[Grade]) -> list[Grade]:
    """The grades above one; they stand best first."""
    names = [one.id for one in grades]
    return list(grades[: names.index(grade)]) if grade else []


def _awards(
    scores: pd.DataFrame,
    towns: pd.DataFrame,
    history: pd.DataFrame,
    year: int,
    award: Award,
    enough: set[str],
) -> Iterator[dict[str, Any]]:
    """Towns of a grade or better, this year and in the years before that are asked for; of each group the first."""
    graded = history[history["kind"] == "grade"]
    grades = {(row.town_id, int(row.year)): row.value for row in graded.itertuples(index=False)}
    own = scores.loc[towns.index[chosen(towns, award.applies)]]
    fits = own[own["grade"].isin(enough) & ((own["rank"] <= award.top) | (award.top == 0))]
    for town, row in fits.sort_values(["group", "rank"], kind="stable").iterrows():
        if all(grades.get((town, year - back)) in enough for back in range(1, award.years)):
            years = list(range(year - award.years + 1, year + 1))
            reason = award.to or award.grade
            yield _row(str(town), award.id, reason, award.clause, score=row["score"], evidence=years)
