"""A results folder judged again, as stored and under assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import LayerError
from spatial.rules import from_data
from spatial.verdicts import judge
from spatial.whatif import read_change, what_if

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from layers.results import Results


def judge_again(results: Results) -> pd.DataFrame:
    """Return the findings of a run, judged anew from its measures, towns, rulebook and exceptions."""
    rulebook, as_of = from_data(results.rulebook), str(results.provenance["as_of"])
    return judge(results.measures, results.towns, rulebook, as_of, results.exceptions)


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
    again = judge_again(results)[["finding_id", "verdict"]]
    stored = results.findings.reindex(columns=["finding_id", "verdict"])
    both = stored.merge(again, on="finding_id", how="outer", suffixes=("", "_again"))
    if other := int(both["verdict"].ne(both["verdict_again"]).sum()):
        raise LayerError("whatif-stale", path=path, count=other)
    rulebook = from_data(results.rulebook)
    names = results.measures["measure"].astype(str)
    changes = [read_change(words, rulebook, names, results.towns) for words in assumptions]
    as_of = str(results.provenance["as_of"])
    return what_if(results.measures, results.towns, rulebook, as_of, changes, results.exceptions)
