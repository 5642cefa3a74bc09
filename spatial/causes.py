"""What a run found in short: verdicts by clause, and the few causes behind most failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial.verdicts import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLUMNS = ["code", "rule", "clause", "county", "count", "share", "cumulative"]
NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
LIFT = 2.0
FEWEST = 3
HALF = 0.5


def in_order(clauses: Iterable[str]) -> list[str]:
    """Clauses, each once, in the order of the document."""
    return sorted({*clauses}, key=lambda clause: clause.translate(NUMERALS))


def by_clause(findings: pd.DataFrame) -> pd.DataFrame:
    """Count verdicts by clause.

    Returns
    -------
    DataFrame
        Index ``clause`` in the order of the document, one column per verdict, worst first.
    """
    order = in_order(findings["clause"])
    counts = pd.crosstab(findings["clause"], findings["verdict"])
    return counts.reindex(index=pd.Index(order, name="clause"), columns=list(VERDICTS), fill_value=0)


def causes(
    findings: pd.DataFrame, towns: pd.DataFrame, share: float = 0.9, most: int = 3, verdict: str = "fail"
) -> pd.DataFrame:
    """Find the few causes that explain most failing findings, the largest first.

    A cause is a rule that is broken, or a county in which findings fail at least `LIFT` times as often as
    elsewhere. Each step takes the cause that explains most of what is left; a rule is preferred. Where the
    rules that fail are so many that the few largest explain less than half, whole clauses are the causes.

    Parameters
    ----------
    findings
        Table of `spatial.verdicts.judge`.
    towns
        Subjects with ``county``, index ``town_id``.
    share
        Stop once this share of the failures is explained.
    most
        Stop after this many causes.
    verdict
        Verdict to explain.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: ``code`` of the sentence (``cause-rule``, ``cause-rule-where``,
        ``cause-clause``, ``cause-county``), the ``rule`` and its ``clause`` or the ``county`` (with ``cause-rule-where``:
        where more than half of its failures lie), failures explained (``count``, ``share``) and
        ``cumulative`` share.
    """
    county = towns["county"] if "county" in towns else pd.Series(None, index=towns.index, dtype=object)
    table = pd.DataFrame(
        {
            "rule": findings["rule"].to_numpy(),
            "clause": findings["clause"].to_numpy(),
            "county": findings["town_id"].map(county.to_dict()).to_numpy(dtype=object, na_value=None),
            "bad": findings["verdict"].eq(verdict).to_numpy(dtype=bool),
        }
    )
    found = _explained(table, "rule", share, most)
    if len(found) and found["cumulative"].iloc[-1] < HALF:
        return _explained(table, "clause", share, most)
    return found


def _explained(table: pd.DataFrame, kind: str, share: float, most: int) -> pd.DataFrame:
    total = int(table["bad"].sum())
    rows: list[dict[str, Any]] = []
    for cause in _greedy(table, kind, most):
        rows.append(cause | {"share": cause["count"] / total})
        if sum(row["count"] for row in rows) >= share * total:
            break
    found = pd.DataFrame(rows, columns=COLUMNS)
    found["cumulative"] = found["share"].cumsum()
    return found


def _greedy(table: pd.DataFrame, kind: str, most: int) -> Iterator[dict[str, Any]]:
    unlucky = _unlucky(table)
    left = table[table["bad"]]
    for _ in range(most):
        if not len(left):
            return
        kinds = left[kind].value_counts(sort=False)
        counties = left.loc[left["county"].isin(unlucky), "county"].value_counts(sort=False)
        if len(counties) and counties.max() > kinds.max():
            name = counties.idxmax()
            hit = left["county"].eq(name).to_numpy(dtype=bool)
            yield {"code": "cause-county", "county": name, "count": int(hit.sum())}
        else:
            name = kinds.idxmax()
            hit = left[kind].eq(name).to_numpy(dtype=bool)
            yield _of_rule(left[hit]) if kind == "rule" else _of_clause(left[hit])
        left = left[~hit]


def _of_clause(rows: pd.DataFrame) -> dict[str, Any]:
    return {"code": "cause-clause", "clause": rows["clause"].iloc[0], "count": len(rows)}


def _of_rule(rows: pd.DataFrame) -> dict[str, Any]:
    first = rows.iloc[0]
    cause = {"code": "cause-rule", "rule": first["rule"], "clause": first["clause"], "count": len(rows)}
    where = rows["county"].value_counts()
    if len(rows) >= FEWEST and len(where) and where.iloc[0] * 2 > len(rows):
        return cause | {"code": "cause-rule-where", "county": where.index[0]}
    return cause


def _unlucky(table: pd.DataFrame) -> list[Any]:
    """Counties in which findings fail at least `LIFT` times as often as in all others."""
    known = table[table["county"].notna()]
    groups = known.groupby("county", sort=True)["bad"].agg(["sum", "size"])
    others_bad, others = len(known[known["bad"]]) - groups["sum"], len(known) - groups["size"]
    often = groups["sum"] * others >= LIFT * others_bad * groups["size"]
    return list(groups.index[often & (groups["sum"] >= FEWEST) & (others > 0)])
