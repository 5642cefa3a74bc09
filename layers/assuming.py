"""A results folder judged again, as stored and under assumptions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.assessing import assessed
from layers.errors import LayerError
from spatial.rules import from_data
from spatial.verdicts import COLUMNS, judge
from spatial.whatif import assumed, read_change, what_if

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.results import Results
    from spatial.rules import Rulebook
    from spatial.whatif import Change

TURNED = ["town_id", "change", "kind", "reason", "clause", "score"]


def judge_again(results: Results) -> pd.DataFrame:
    """Return the findings of a run, judged anew from its measures, towns, rulebook and exceptions."""
    rulebook, as_of = from_data(results.rulebook), str(results.provenance["as_of"])
    return judge(results.measures, results.towns, rulebook, as_of, results.exceptions)


def judge_quarters(results: Results) -> pd.DataFrame:
    """Return the findings of the quarters before a run's own, as far as its series of indicators goes.

    Only clauses whose measure the table ``series`` holds are judged: what was not measured then is left out, and
    what has no figure in a quarter is ``no data``. Register, thresholds and exceptions are those of the run.

    Returns
    -------
    DataFrame
        Columns of `spatial.verdicts.judge` and ``quarter``, in the order of the quarters.
    """
    table, as_of = results.tables.get("series"), str(results.provenance.get("as_of"))
    if table is None or table.empty or not results.rulebook.get("rules"):
        return pd.DataFrame(columns=[*COLUMNS, "quarter"])
    whole, measured = from_data(results.rulebook), set(table["measure"])
    rulebook = replace(whole, rules=tuple(rule for rule in whole.rules if rule.measure in measured))
    empty = {"plane": np.nan, "geodesic": np.nan, "tolerance": np.nan, "evidence": None}
    parts = [
        judge(rows.assign(**empty), results.towns, rulebook, str(quarter), results.exceptions).assign(
            quarter=str(quarter)
        )
        for quarter, rows in table.groupby(table["period"].astype(str), sort=True)
        if str(quarter) < as_of
    ]
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*COLUMNS, "quarter"])


def assume(results: Results, assumptions: Sequence[str], path: Path) -> pd.DataFrame:
    """Return the findings whose verdict turns under assumptions, columns `spatial.whatif.COLUMNS`.

    Parameters
    ----------
    results
        What a run found.
    assumptions
        As `spatial.whatif.read_change` reads them.
    path
        Where the results lie, for messages.

    Raises
    ------
    LayerError
        If the results, judged again, have other verdicts than they had: another version made them.
    RuleError
        If an assumption names what is not there.
    """
    rulebook, changes = _read(results, assumptions, path)
    as_of = str(results.provenance["as_of"])
    return what_if(results.measures, results.towns, rulebook, as_of, changes, results.exceptions)


def assume_proposals(results: Results, assumptions: Sequence[str], path: Path) -> pd.DataFrame:
    """Return the proposals of a year's assessment that turn under assumptions.

    Parameters
    ----------
    results, assumptions, path
        As for `assume`; results of `layers.assessing.assessed`.

    Returns
    -------
    DataFrame
        Columns `TURNED`: ``change`` is ``gone`` or ``new``, by town.

    Raises
    ------
    LayerError
        If the results hold no assessment, or as for `assume`.
    RuleError
        As for `assume`.
    """
    if "history" not in results.tables:
        raise LayerError("whatif-no-assessment", path=path)
    rulebook, changes = _read(results, assumptions, path)
    measures, towns, ruled = assumed(results.measures, results.towns, rulebook, changes)
    as_of = str(results.provenance["as_of"])
    findings = judge(measures, towns, ruled, as_of, results.exceptions)
    history = results.tables["history"]
    runs = {
        "gone": assessed(results, history, int(as_of[:4])),
        "new": assessed(replace(results, findings=findings), history, int(as_of[:4])),
    }
    told = {name: run.tables["proposals"].assign(change=name) for name, run in runs.items()}
    both = pd.concat([table.astype(object) for table in told.values()], ignore_index=True)
    turned = both[~both.duplicated(["town_id", "kind", "reason"], keep=False)]
    return turned.sort_values(["town_id", "change"], kind="stable")[TURNED].reset_index(drop=True)


def _read(results: Results, assumptions: Sequence[str], path: Path) -> tuple[Rulebook, list[Change]]:
    """The rulebook and the changes, after making sure that the results can be judged again."""
    again = judge_again(results)[["finding_id", "verdict"]]
    stored = results.findings.reindex(columns=["finding_id", "verdict"])
    both = stored.merge(again, on="finding_id", how="outer", suffixes=("", "_again"))
    if other := int(both["verdict"].ne(both["verdict_again"]).sum()):
        raise LayerError("whatif-stale", path=path, count=other)
    rulebook = from_data(results.rulebook)
    names = results.measures["measure"].astype(str)
    return rulebook, [read_change(words, rulebook, names, results.towns) for words in assumptions]
