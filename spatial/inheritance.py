"""A rulebook that extends another: both laid together, rule by rule, into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spatial.errors import RuleError
from spatial.rule_reader import nearest
from spatial.rules import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Mapping

Origins = dict[str, tuple[str, ...]]
OWN = ("id", "issued")


def inherit(
    base: Mapping[str, Any],
    origins: Mapping[str, tuple[str, ...]],
    own: Mapping[str, Any],
    source: str,
    found: list[RuleError] | None = None,
) -> tuple[dict[str, Any], Origins]:
    """Lay a rulebook over the one that it extends.

    Parameters
    ----------
    base
        Tables of the rulebook that is extended, itself resolved.
    origins
        Names of the files that each rule of `base` comes from.
    own
        Tables of the file that extends: ``policy`` (``id`` and ``issued`` of its own, ``drop``, and whatever
        else changes), and optionally ``settings``, ``assessment`` and ``rule``. A rule with an id of `base`
        changes the keys that it names and keeps its place; any other is added at the end. An id under
        ``drop`` goes, and a rule of that id is then a new one.
    source
        Name of that file.
    found
        If given, what is wrong is added here and left aside, instead of being raised.

    Returns
    -------
    tuple
        Tables of the resolved rulebook, without ``extends`` and ``drop``, and the origins of its rules.

    Raises
    ------
    RuleError
        If ``drop`` names a rule that is not there, ``id`` or ``issued`` is missing, or a rule neither changes
        one of `base` nor is whole.
    """
    head = dict(own["policy"])
    for key in OWN:
        if key not in head:
            _say(RuleError("rule-key-missing", source=source, where="[policy]", key=key), found)
    head.pop("extends", None)
    rules = {rule["id"]: rule for rule in base["rule"]}
    for name in _dropped(head.pop("drop", []), rules, source, found):
        del rules[name]
    origin: Origins = {name: tuple(origins[name]) for name in rules}
    added = _changed(rules, origin, own.get("rule", []), source, found)
    resolved = {"policy": {**base["policy"], **head}, "rule": [*rules.values(), *added]}
    if "settings" in base or "settings" in own:
        resolved["settings"] = _over(base.get("settings", {}), own.get("settings", {}))
    if "assessment" in base or "assessment" in own:
        resolved["assessment"] = _deep(base.get("assessment", {}), own.get("assessment", {}))
    if "indicators" in base or "indicators" in own:
        resolved["indicators"] = {**base.get("indicators", {}), **own.get("indicators", {})}
    known = {"policy", "rule", "settings", "assessment", "indicators"}
    return resolved | {key: value for key, value in own.items() if key not in known}, origin


def _say(error: RuleError, found: list[RuleError] | None) -> None:
    if found is None:
        raise error
    found.append(error)


def _changed(
    rules: dict[str, Any], origin: Origins, own: Any, source: str, found: list[RuleError] | None
) -> list[Any]:
    """Change the rules that `own` names; return those that it adds."""
    rest: list[Any] = []
    changed: set[str] = set()
    for rule in _listed(own, source):
        rule_id: Any = rule.get("id") if isinstance(rule, dict) else None
        if isinstance(rule_id, str) and rule_id in changed:
            _say(RuleError("rule-id-twice", source=source, rule=rule_id), found)
        elif isinstance(rule_id, str) and rule_id in rules:
            changed.add(rule_id)
            rules[rule_id] = {**rules[rule_id], **rule}
            origin[rule_id] = (*origin[rule_id], source)
        elif _whole(rule, rules, source, found):
            rest.append(rule)
            if isinstance(rule_id, str):
                changed.add(rule_id)
                origin[rule_id] = (source,)
    return rest


def _dropped(names: Any, rules: Mapping[str, Any], source: str, found: list[RuleError] | None) -> list[str]:
    where = {"source": source, "where": "[policy]", "key": "drop"}
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        _say(RuleError("rule-value", **where, expected='["rule-id"]', value=names), found)
        return []
    for name in names:
        if name not in rules:
            _say(RuleError("rule-name", **where, value=name, nearest=nearest(name, rules)), found)
    return [name for name in dict.fromkeys(names) if name in rules]


def _listed(rules: Any, source: str) -> list[Any]:
    if not isinstance(rules, list):
        raise RuleError("rule-value", source=source, where="", key="rule", expected="[[rule]]", value=rules)
    return rules


def _whole(rule: Any, rules: Mapping[str, Any], source: str, found: list[RuleError] | None) -> bool:
    """Refuse a rule that looks like the change of one that is not there."""
    if not isinstance(rule, dict) or not isinstance(rule.get("id"), str):
        return True
    lacking = [key for key in REQUIRED if key not in rule]
    if lacking:
        near = nearest(rule["id"], rules)
        params = {"source": source, "rule": rule["id"], "nearest": near, "lacking": ", ".join(lacking)}
        _say(RuleError("rule-change-unknown", **params), found)
    return not lacking


def _over(base: Any, own: Any) -> Any:
    return {**base, **own} if isinstance(base, dict) and isinstance(own, dict) else own


def _deep(base: Any, own: Any) -> Any:
    """Tables laid over each other at every depth; lists and values are replaced."""
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    return {**base, **{key: _deep(base[key], value) if key in base else value for key, value in own.items()}}
