"""All that is wrong in a rulebook at once: what is wrong is noted, mended, and reading goes on."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from spatial import scheme
from spatial.errors import RuleError
from spatial.measures import MEASURES
from spatial.rule_reader import Reader
from spatial.rules import PROGRAMMES, read_head, read_indicators, read_rule, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spatial.measures import Measure

MOST = 60
_BOTH = {"zh": "…", "en": "…"}
_FILL = {
    "id": "…", "clause": "…", "text": "…", "title": _BOTH, "period": _BOTH, "zh": "…", "en": "…", "source": "…",
    "issued": "…", "operator": "<=", "threshold": 0, "hardness": "hard", "programme": "special",
    "column": "built", "applies": {"programme": "special"},
}  # fmt: skip


def faults(
    data: Mapping[str, Any],
    source: str,
    measures: Mapping[str, Measure] = MEASURES,
    origins: Mapping[str, tuple[str, ...]] | None = None,
) -> list[RuleError]:
    """Return every fault of a rulebook, in the order of the file; parameters as for `spatial.rules.parse`.

    A fault that only another one brings about (a unit, where the measure is not known) is not listed.
    """
    found: list[RuleError] = []
    names = ("policy", "rule", "settings", "assessment", "indicators")
    try:
        Reader(source, "").keys({"policy": 0, "rule": 0, **data}, optional=names)
    except RuleError as error:
        found.append(error)
    _read(lambda table: read_head(table, source), data.get("policy", {}), measures, found)
    _read(lambda table: read_settings(table, source), data.get("settings", {}), measures, found)
    _read(lambda table: read_indicators(table, source, measures), data.get("indicators", {}), measures, found)
    entries = data.get("rule")
    if not isinstance(entries, list) or not entries:
        found.append(Reader(source, "").wrong("rule", "[[rule]]", entries))
        return found
    seen: set[str] = set()
    for place, entry in enumerate(entries):
        name = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(name, str) and name in seen:
            found.append(RuleError("rule-id-twice", source=source, rule=name))
        seen |= {name} if isinstance(name, str) else set()
        _read(_rule_reader(place, source, measures, origins or {}), entry, measures, found)
    return found + scheme.faults(data.get("assessment", {}), seen, source)


def _rule_reader(
    place: int, source: str, measures: Mapping[str, Measure], origins: Mapping[str, tuple[str, ...]]
) -> Callable[[Any], Any]:
    return lambda table: read_rule(table, place, source, measures, origins)


def _read(
    read: Callable[[Any], Any], table: Any, measures: Mapping[str, Measure], found: list[RuleError]
) -> None:
    """Read a table until nothing is wrong with it any more."""
    for _ in range(MOST):
        try:
            read(table)
        except RuleError as error:
            found.append(error)
            table = _mended(table, error, measures)
            if table is None:
                return
        else:
            return


def _mended(table: Any, error: RuleError, measures: Mapping[str, Measure]) -> Any:
    """The table without the fault, or None where it cannot be mended."""
    if not isinstance(table, dict):
        return None
    table, key = copy.deepcopy(table), str(error.params.get("key", ""))
    inner = _inner(str(error.params.get("where", "")))
    target = table.get(inner) if inner else table
    if error.code == "rule-unit":
        table["unit"] = error.params["known"]
    elif error.code == "rule-scope":
        table["applies"] = _subject(str(error.params["scope"]))
    elif error.code == "rule-prorate":
        del table["prorate"]
    elif not isinstance(target, dict):
        table.pop(inner, None)
    elif key in {"measure", "unit"}:
        _measured(table, measures)
    elif error.code != "rule-key" and key in _FILL:
        known = measures.get(str(table.get("measure")))
        target[key] = _subject(known.scope) if key == "applies" and known else copy.deepcopy(_FILL[key])
    elif key in target:
        del target[key]
    else:
        return None
    return table


def _inner(where: str) -> str:
    """The key of the inner table that a place names: ``[[rule]] area, due`` or ``[settings.zones]``."""
    if where.startswith("[settings."):
        return where.removeprefix("[settings.").rstrip("]")
    return where.rpartition(", ")[2] if ", " in where else ""


def _subject(scope: str) -> Any:
    if scope == "programme":
        return scope
    return {"programme": scope if scope in PROGRAMMES else PROGRAMMES[0]}


def _measured(table: dict[str, Any], measures: Mapping[str, Measure]) -> None:
    """Give a rule a measure that fits the rest of it, as far as there is one."""
    applies = table.get("applies")
    subject = applies.get("programme") if isinstance(applies, dict) else applies
    known = measures.get(str(table.get("measure")))
    if known is None:
        fits = [
            one for one in measures.values() if one.scope in {subject, "any" if subject in PROGRAMMES else ""}
        ]
        same = [one for one in fits if one.unit == table.get("unit")]
        known = (same or fits or list(measures.values()))[0]
    table["measure"], table["unit"] = known.name, known.unit
