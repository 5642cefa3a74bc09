"""Fixtures of a rulebook: the cases by which each rule proves that it can pass and be missed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial import periods
from spatial.errors import RuleError
from spatial.rule_reader import nearest
from spatial.verdicts import judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spatial.rules import Rule, Rulebook

NEEDED = ("pass", "limit", "miss", "no-data")
KEYS = ("value", "verdict", "condition", "as_of", "town", "exception")
_EXPECTED = {"miss": "fail", "no-data": "no data"}
_TOWN = {"name": "case", "listed": "2016Q1", "status": "listed", "built": None}


def fixture_faults(rulebook: Rulebook, fixtures: Mapping[str, Any], source: str) -> list[RuleError]:
    """Judge every case of a rulebook's fixtures; return what is wrong with them.

    Parameters
    ----------
    rulebook
        The rules.
    fixtures
        Cases by rule id, see ``docs/policy.md``. A rule that the rulebook takes over from another as it is
        needs none.
    source
        Name of the file of fixtures, for messages.
    """
    rules = {rule.id: rule for rule in rulebook.rules}
    found = [
        RuleError("fixture-rule", source=source, rule=name, nearest=nearest(name, rules))
        for name in fixtures
        if name not in rules
    ]
    own = source.replace(".fixtures.toml", ".toml")
    for name, rule in rules.items():
        given = fixtures.get(name, {})
        if name in fixtures or own in rule.origin:
            found += [
                RuleError("fixture-missing", source=source, rule=name, case=case)
                for case in NEEDED
                if not isinstance(given, dict) or case not in given
            ]
        for case, said in given.items() if isinstance(given, dict) else ():
            found += _case(rulebook, rule, case, said, source)
    return found


def _case(rulebook: Rulebook, rule: Rule, case: str, given: Any, source: str) -> list[RuleError]:
    where = {"source": source, "where": f"[{rule.id}] {case}"}
    if not isinstance(given, dict):
        return [RuleError("rule-value", **where, key=case, expected="{ value = 3 }", value=given)]
    unknown = [key for key in given if key not in KEYS]
    if unknown:
        return [RuleError("rule-key", **where, key=key, nearest=nearest(key, KEYS)) for key in unknown]
    expected = given.get("verdict", _EXPECTED.get(case, "pass"))
    verdict, condition = outcome(rulebook, rule, given)
    if verdict != expected:
        return [RuleError("fixture-verdict", **where, expected=expected, verdict=verdict)]
    if "condition" in given and condition != given["condition"]:
        return [RuleError("fixture-verdict", **where, expected=given["condition"], verdict=condition)]
    return []


def outcome(rulebook: Rulebook, rule: Rule, case: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return verdict and condition of one case of a rule; ``not asked`` where there is no finding."""
    as_of = case.get("as_of") or rulebook.as_of or periods.parse(rulebook.issued) or "2016Q4"
    level = rule.levels[0] if rule.levels else "city"
    town = {**_TOWN, "programme": rule.programme, "level": level, **case.get("town", {})}
    subject = "case" if rule.programme else "programme"
    row = {"town_id": subject, "measure": rule.measure, "value": case.get("value", math.nan), "period": as_of}
    unknown = {"plane": math.nan, "geodesic": math.nan, "tolerance": math.nan}
    exceptions = [{**case["exception"], "town_id": subject}] if "exception" in case else []
    findings = judge(
        pd.DataFrame([{**row, **unknown, "evidence": {}}]),
        pd.DataFrame([town], index=pd.Index(["case"], name="town_id")),
        replace(rulebook, rules=(rule,)),
        str(as_of),
        pd.DataFrame(exceptions),
    )
    if not len(findings):
        return "not asked", None
    condition = findings["condition"].iloc[0]
    return str(findings["verdict"].iloc[0]), condition if isinstance(condition, str) else None
