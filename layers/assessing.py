"""A run assessed for a year: its scores and what they propose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layers.errors import LayerError
from spatial.adjustment import propose
from spatial.scheme import parse
from spatial.scoring import score

if TYPE_CHECKING:
    import pandas as pd

    from layers.results import Results


def assessed(results: Results, history: pd.DataFrame, year: int) -> Results:
    """Return results with the tables of a year's assessment.

    Parameters
    ----------
    results
        A run as of the last quarter of the year.
    history
        Columns `spatial.adjustment.HISTORY`: what the register knows of earlier years.
    year
        That is assessed.

    Returns
    -------
    Results
        With the tables ``scores``, ``score_items``, ``proposals``, and ``history`` as given.

    Raises
    ------
    LayerError
        If the rulebook has no scheme of assessment.
    RuleError
        If it says something there that cannot be assessed.
    """
    rules = [rule["id"] for rule in results.rulebook["rules"]]
    source = str(results.provenance["policy"])
    scheme = parse(results.rulebook.get("assessment") or {}, rules, source)
    if not scheme.items:
        raise LayerError("assess-no-scheme", policy=source)
    scores, items = score(results.findings, results.towns, scheme)
    proposals = propose(scores, results.findings, results.towns, history, year, scheme)
    found = {"scores": scores, "score_items": items, "proposals": proposals, "history": history}
    return replace(results, tables={**results.tables, **found})
