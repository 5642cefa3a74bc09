"""All inspectors that fit a layer or table, run on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spatial.errors import RuleError
from spatial.quality import attributes, between, geometry, lines, tables, topology
from spatial.quality.expected import REQUIRED
from spatial.quality.registry import INSPECTORS, Inspector, Subject
from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["INSPECTORS", "MODULES", "fits", "inspect"]

MODULES = (geometry, topology, lines, between, attributes, tables)
"""Modules whose import fills the registry."""
_NEED_SHAPES = {"geometry", "topology", "between"}


def inspect(
    subject: Subject,
    tolerances: Mapping[str, Mapping[str, float]] | None = None,
    codes: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Run every inspector that fits what `subject` is.

    Parameters
    ----------
    subject
        Canonical frame with role and CRS.
    tolerances
        Tolerances other than the defaults, by code and name.
    codes
        Run these alone; None: all that fit.

    Returns
    -------
    DataFrame
        The issues table, in the order of the registry.

    Raises
    ------
    RuleError
        If `tolerances` names a code or a tolerance that there is not.
    """
    set_to = {code: _tolerance(code, given) for code, given in (tolerances or {}).items()}
    asked = None if codes is None else set(codes)
    parts = [
        one.function(subject, set_to.get(one.code, one.tolerance))
        for one in INSPECTORS.values()
        if fits(one, subject) and (asked is None or one.code in asked)
    ]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=ISSUE_COLUMNS)


def fits(one: Inspector, subject: Subject) -> bool:
    """Whether an inspector has something to look at in `subject`: shapes, its role, the columns of that role."""
    columns = set(subject.frame.columns)
    if one.group in _NEED_SHAPES and "geometry" not in columns:
        return False
    if one.group == "tables" and one.roles and not columns.issuperset(REQUIRED.get(subject.role, ())):
        return False
    return not one.roles or subject.role in one.roles


def _tolerance(code: str, given: Mapping[str, float]) -> Mapping[str, float]:
    if code not in INSPECTORS:
        raise RuleError("quality-code-unknown", code=code, known=", ".join(sorted(INSPECTORS)))
    known = INSPECTORS[code].tolerance
    for name in given:
        if name not in known:
            raise RuleError("quality-tolerance-unknown", code=code, name=name, known=", ".join(known) or "-")
    return {**known, **given}
