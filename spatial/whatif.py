"""What if a figure or a threshold were another: which verdicts turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial.errors import RuleError
from spatial.measures.registry import PROGRAMME
from spatial.rule_reader import nearest
from spatial.rules import TOWN_LIMITS
from spatial.verdicts import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spatial.rules import Rulebook

RULE_KEYS = ("threshold", "tolerance", "town_tolerance")
COLUMNS = [
    "finding_id", "town_id", "clause", "rule", "measure", "unit", "operator", "verdict_before", "verdict",
    "value_before", "value", "threshold_before", "threshold", "margin_before", "margin", "condition",
]  # fmt: skip
_COMPARED = ("verdict", "value", "threshold", "margin")


@dataclass(frozen=True)
class Change:
    """One assumption: `name` is a measure, a town's own limit, or with `key` a rule; `town` None is all."""

    name: str
    value: float
    key: str | None = None
    town: str | None = None


def read_change(words: str, rulebook: Rulebook, measures: Iterable[str], towns: pd.DataFrame) -> Change:
    """Read an assumption such as ``gdp_growth_pct=9.5``, ``霖塘镇:gdp_growth_pct=9.5``, ``area.threshold=3.5``.

    Parameters
    ----------
    words
        ``[TOWN:]NAME=NUMBER``. TOWN is a name or an id, or ``programme``. NAME is a measure in the unit of
        the measure, a limit that the register gives of a town (``approved_planned_km2``), or
        ``RULE.threshold``, ``RULE.tolerance``, ``RULE.town_tolerance``; a rule is everybody's. NUMBER can be
        a fraction; ``nan`` is no data.
    rulebook, measures, towns
        What there is to be changed: rules, names of measures, subjects.

    Raises
    ------
    RuleError
        If it is not written like that, or names what is not there; the message says the nearest name.
    """
    left, sign, number = words.partition("=")
    town, _, name = (part.strip() for part in left.replace("\N{FULLWIDTH COLON}", ":").rpartition(":"))
    value = _number(number.strip())
    if not sign or not name or value is None:
        raise RuleError("whatif-written", words=words)
    rule, _, key = name.partition(".")
    if key:
        known = [one.id for one in rulebook.rules]
        if rule not in known or key not in RULE_KEYS:
            near = nearest(rule, known) if rule not in known else rule
            raise RuleError("whatif-rule", words=words, nearest=near, keys=", ".join(RULE_KEYS))
        if town or np.isnan(value) or (key != "threshold" and value < 0):
            raise RuleError("whatif-rule-value", words=words)
        return Change(rule, value, key)
    names = [*dict.fromkeys(measures), *TOWN_LIMITS]
    if name not in names:
        raise RuleError("whatif-name", words=words, name=name, nearest=nearest(name, names))
    return Change(name, value, town=_town(town, towns, words) if town else None)


def what_if(
    measures: pd.DataFrame,
    towns: pd.DataFrame,
    rulebook: Rulebook,
    as_of: str,
    changes: Sequence[Change],
    exceptions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Judge twice, as measured and as assumed; return the findings whose verdict turns.

    What is measured from a changed figure does not follow it: with another growth of GDP, the lead on the
    county stays as it is, unless it is changed as well. The other areas (plane, geodesic) of a changed value
    are no longer known.

    Parameters
    ----------
    measures, towns, rulebook, as_of, exceptions
        As for `spatial.verdicts.judge`.
    changes
        What is assumed, in order; a later one wins.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row a finding that turns, in the order of the rulebook.
    """
    before = judge(measures, towns, rulebook, as_of, exceptions)
    after = judge(*assumed(measures, towns, rulebook, changes), as_of, exceptions)
    both = after.merge(
        before[["finding_id", *_COMPARED]], on="finding_id", suffixes=("", "_before"), validate="one_to_one"
    )
    return both.loc[both["verdict"] != both["verdict_before"], COLUMNS].reset_index(drop=True)


def assumed(
    measures: pd.DataFrame, towns: pd.DataFrame, rulebook: Rulebook, changes: Sequence[Change]
) -> tuple[pd.DataFrame, pd.DataFrame, Rulebook]:
    """Return measures, towns and rulebook with the changes made.

    Raises
    ------
    RuleError
        If a measure is not taken of the town that a change names.
    """
    measures, towns = measures.copy(), towns.copy()
    for change in changes:
        if change.key:
            made: dict[str, Any] = {change.key: change.value}
            rules = [replace(rule, **made) if rule.id == change.name else rule for rule in rulebook.rules]
            rulebook = replace(rulebook, rules=tuple(rules))
        elif change.name in TOWN_LIMITS:
            whom = towns.index == change.town if change.town else np.ones(len(towns), dtype=bool)
            limits = towns.get(change.name, pd.Series(np.nan, towns.index))
            towns[change.name] = pd.to_numeric(limits).astype(float).mask(whom, change.value)
        else:
            rows = measures["measure"].eq(change.name)
            if change.town:
                rows &= measures["town_id"].eq(change.town)
            if not rows.any():
                raise RuleError("whatif-not-measured", measure=change.name, town=change.town or "")
            for name, value in {"value": change.value, "plane": np.nan, "geodesic": np.nan}.items():
                measures[name] = pd.to_numeric(measures[name]).astype(float).mask(rows, value)
    return measures, towns, rulebook


def _number(words: str) -> float | None:
    try:
        value = float(words) if words == "nan" else float(Fraction(words))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value


def _town(words: str, towns: pd.DataFrame, expression: str) -> str:
    """The id of a town by id or name; one name of several towns is not clear enough."""
    if words == PROGRAMME or words in towns.index:
        return words
    found = towns.index[towns["name"].eq(words).fillna(value=False).astype(bool)]
    if len(found) == 1:
        return str(found[0])
    if len(found):
        raise RuleError("whatif-town-twice", words=expression, town=words, ids=", ".join(map(str, found)))
    names = [str(name) for name in towns["name"].dropna()]
    raise RuleError("whatif-town", words=expression, town=words, nearest=nearest(words, names))
