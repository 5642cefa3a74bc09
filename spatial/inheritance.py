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
    base: Mapping[str, Any], origins: Mapping[str, tuple[str, ...]], own: Mapping[str, Any], source: str
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
            raise RuleError("rule-key-missing", source=source, where="[policy]", key=key)
    head.pop("extends", None)
    rules = {rule["id"]: rule for rule in base["rule"]}
    for name in _dropped(head.pop("drop", []), rules, source):
        del rules[name]
    origin: Origins = {name: tuple(origins[name]) for name in rules}
    rest: list[Any] = []
    changed: set[str] = set()
    for rule in _listed(own.get("rule", []), source):
        rule_id: Any = rule.get("id") if isinstance(rule, dict) else None
        if isinstance(rule_id, str) and rule_id in changed:
            raise RuleError("rule-id-twice", source=source, rule=rule_id)
        if isinstance(rule_id, str) and rule_id in rules:
            changed.add(rule_id)
            rules[rule_id] = {**rules[rule_id], **rule}
            origin[rule_id] = (*origin[rule_id], source)
        else:
            _whole(rule, rules, source)
            rest.append(rule)
            if isinstance(rule_id, str):
                changed.add(rule_id)
                origin[rule_id] = (source,)
    resolved = {"policy": {**base["policy"], **head}, "rule": [*rules.values(), *rest]}
    if "settings" in base or "settings" in own:
        resolved["settings"] = _over(base.get("settings", {}), own.get("settings", {}))
    if "assessment" in base or "assessment" in own:
        resolved["assessment"] = _deep(base.get("assessment", {}), own.get("assessment", {}))
    known = {"policy", "rule", "settings", "assessment"}
    return resolved | {key: value for key, value in own.items() if key not in known}, origin


def _dropped(names: Any, rules: Mapping[str, Any], source: str) -> list[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RuleError(
            "rule-value", source=source, where="[policy]", key="drop", expected='["rule-id"]', value=names
        )
    for name in names:
        if name not in rules:
            raise RuleError(
                "rule-name", source=source, where="[policy]", key="drop", value=name,
                nearest=nearest(name, rules),
            )  # fmt: skip
    return list(dict.fromkeys(names))


def _listed(rules: Any, source: str) -> list[Any]:
    if not isinstance(rules, list):
        raise RuleError("rule-value", source=source, where="", key="rule", expected="[[rule]]", value=rules)
    return rules


def _whole(rule: Any, rules: Mapping[str, Any], source: str) -> None:
    """Refuse a rule that looks like the change of one that is not there."""
    if not isinstance(rule, dict) or not isinstance(rule.get("id"), str):
        return
    lacking = [key for key in REQUIRED if key not in rule]
    if lacking:
        raise RuleError(
            "rule-change-unknown", source=source, rule=rule["id"], nearest=nearest(rule["id"], rules),
            lacking=", ".join(lacking),
        )  # fmt: skip


def _over(base: Any, own: Any) -> Any:
    return {**base, **own} if isinstance(base, dict) and isinstance(own, dict) else own


def _deep(base: Any, own: Any) -> Any:
    """Tables laid over each other at every depth; lists and values are replaced."""
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    return {**base, **{key: _deep(base[key], value) if key in base else value for key, value in own.items()}}
