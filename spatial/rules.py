"""Rulebooks: what a policy asks of whom, checked word by word before anything is judged."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from spatial import periods
from spatial.errors import RuleError
from spatial.measures import MEASURES
from spatial.messages import catalogue
from spatial.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from spatial.measures import Measure

PROGRAMMES = ("special", "pilot")
LEVELS = ("province", "city", "county")
OPERATORS = ("<=", ">=", "==", "<", ">")
HARDNESS = ("hard", "soft")
MISSES = ("fail", "warning", "no data")
ZONES = ("permitted", "conditional", "restricted", "forbidden")
AREAS = ("legal", "registered")
TOWN_LIMITS = ("approved_planned_km2", "approved_construction_km2")
DATED = ("built", "listed")
YEAR_END = "year-end"
FEW = 8
INVESTMENTS = ("housing_investment_yi", "complex_investment_yi")

Verdict = Literal["pass", "warning", "fail", "no data"]


@dataclass(frozen=True)
class Due:
    """When a target has to be met.

    A quarter, ``year-end``, or the last of so many quarters of which that in a column of the register is
    the first.
    """

    quarter: str | None = None
    column: str | None = None
    quarters: int = 1


@dataclass(frozen=True)
class Rule:
    """One thing that a clause asks; the keys of ``docs/policy.md``, with their defaults filled in."""

    id: str
    clause: str
    title: Mapping[str, str]
    text: str
    programme: str | None
    levels: tuple[str, ...]
    measure: str
    unit: str
    operator: str
    threshold: float
    tolerance: float
    town_threshold: str | None
    town_tolerance: float
    hardness: str
    miss: str
    condition: str
    due: Due | None
    prorate: bool
    first: str | None
    last: str | None
    period: Mapping[str, str]


@dataclass(frozen=True)
class Rulebook:
    """A policy as data: where it comes from, its settings, its rules."""

    id: str
    title: Mapping[str, str]
    issued: str
    source: str
    scheme: str
    as_of: str | None
    settings: Settings
    rules: tuple[Rule, ...] = field(repr=False)

    def as_data(self) -> dict[str, Any]:
        """Return the rulebook as plain data, as results keep it."""
        data = asdict(self)
        for rule in data["rules"]:
            rule["applies"] = rule["programme"] or "programme"
        return {**data, "name": self.id, "document": f"{self.source}, {self.issued}"}


def parse(data: Mapping[str, Any], source: str, measures: Mapping[str, Measure] = MEASURES) -> Rulebook:
    """Check a rulebook read from TOML and return it.

    Parameters
    ----------
    data
        The tables ``policy``, ``settings`` and ``rule`` of the file.
    source
        Name of the file, for messages.
    measures
        Measures that rules can use.

    Returns
    -------
    Rulebook
        With every default filled in.

    Raises
    ------
    RuleError
        If a key, measure, unit, level, programme, operator or value is not known or does not fit; the
        message names file, rule, key and the nearest known name.
    """
    reader = _Reader(source, "")
    reader.keys(data, required=("policy", "rule"), optional=("settings",))
    policy = _Reader(source, "[policy]")
    head = policy.table(data["policy"], "policy")
    policy.keys(head, required=("id", "title", "issued", "source"), optional=("scheme", "as_of"))
    rules = tuple(_rule(entry, place, source, measures) for place, entry in enumerate(_entries(reader, data)))
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError("rule-id-twice", source=source, rule=rule.id)
        seen.add(rule.id)
    return Rulebook(
        id=policy.text(head, "id"),
        title=policy.titles(head, "title"),
        issued=str(head["issued"]),
        source=policy.text(head, "source"),
        scheme=policy.text(head, "scheme", ""),
        as_of=policy.quarter(head, "as_of"),
        settings=_settings(data.get("settings", {}), source),
        rules=rules,
    )


def _entries(reader: _Reader, data: Mapping[str, Any]) -> Sequence[Any]:
    entries = data["rule"]
    if not isinstance(entries, list) or not entries:
        raise reader.wrong("rule", "[[rule]]", entries)
    return entries


def _settings(data: Any, source: str) -> Settings:
    reader = _Reader(source, "[settings]")
    table = reader.table(data, "settings")
    reader.keys(table, optional=[entry.name for entry in fields(Settings)])
    given: dict[str, Any] = {}
    if "area" in table:
        given["area"] = reader.choice(table, "area", AREAS)
    for key in ("sliver_width_m", "digitising_tolerance_m"):
        if key in table:
            given[key] = reader.number(table, key, least=0)
    for key in ("investment_window_quarters", "pilot_round"):
        if key in table:
            given[key] = reader.whole(table, key, least=1)
    if "zones" in table:
        given["zones"] = _lists(source, table["zones"], "[settings.zones]", ZONES)
    if "investment_excludes" in table:
        where = "[settings.investment_excludes]"
        given["investment_excludes"] = _lists(
            source, table["investment_excludes"], where, LEVELS, INVESTMENTS
        )
    return Settings(**given)


def _lists(
    source: str, data: Any, where: str, keys: Sequence[str], known: Sequence[str] | None = None
) -> dict[str, tuple[str, ...]]:
    reader = _Reader(source, where)
    table = reader.table(data, where)
    reader.keys(table, optional=keys)
    return {key: reader.texts(table, key, known) for key in table}


_REQUIRED = (
    "id",
    "clause",
    "title",
    "text",
    "applies",
    "measure",
    "unit",
    "operator",
    "threshold",
    "hardness",
)
_OPTIONAL = (
    "tolerance", "town_threshold", "town_tolerance", "miss", "condition", "due", "prorate", "from", "until",
    "period",
)  # fmt: skip


def _rule(data: Any, place: int, source: str, measures: Mapping[str, Measure]) -> Rule:
    name = data.get("id", place + 1) if isinstance(data, dict) else place + 1
    reader = _Reader(source, f"[[rule]] {name}")
    table = reader.table(data, "rule")
    reader.keys(table, _REQUIRED, _OPTIONAL)
    programme, levels = _applies(table["applies"], source, name)
    measure = measures[reader.choice(table, "measure", measures)]
    if table["unit"] != measure.unit:
        raise RuleError(
            "rule-unit", source=source, where=reader.where, unit=table["unit"], measure=measure.name,
            known=measure.unit,
        )  # fmt: skip
    subject = programme or "programme"
    if measure.scope != subject and not (measure.scope == "any" and programme):
        raise RuleError(
            "rule-scope", source=source, where=reader.where, measure=measure.name, scope=measure.scope,
            subject=subject,
        )  # fmt: skip
    operator = reader.choice(table, "operator", OPERATORS)
    hardness = reader.choice(table, "hardness", HARDNESS)
    target = hardness == "soft" and operator not in {"<=", "<"}
    miss = reader.choice(table, "miss", MISSES) if "miss" in table else ("warning" if target else "fail")
    tolerance = reader.number(table, "tolerance", 0.0, least=0)
    due = _due(table["due"], reader) if "due" in table else None
    first, prorate = reader.quarter(table, "from"), reader.flag(table, "prorate")
    if prorate and not (due and (due.quarter == YEAR_END or due.quarters > 1 or (due.quarter and first))):
        raise RuleError("rule-prorate", source=source, where=reader.where)
    return Rule(
        id=reader.text(table, "id"),
        clause=reader.text(table, "clause"),
        title=reader.titles(table, "title"),
        text=reader.text(table, "text"),
        programme=programme,
        levels=levels,
        measure=measure.name,
        unit=measure.unit,
        operator=operator,
        threshold=reader.number(table, "threshold"),
        tolerance=tolerance,
        town_threshold=reader.choice(table, "town_threshold", TOWN_LIMITS)
        if "town_threshold" in table
        else None,
        town_tolerance=reader.number(table, "town_tolerance", tolerance, least=0),
        hardness=hardness,
        miss=miss,
        condition=_condition(reader, table),
        due=due,
        prorate=prorate,
        first=first,
        last=reader.quarter(table, "until"),
        period=reader.titles(table, "period") if "period" in table else {},
    )


def _applies(data: Any, source: str, name: object) -> tuple[str | None, tuple[str, ...]]:
    """The programme (None: the whole of it) and the levels (none: all) that a rule applies to."""
    reader = _Reader(source, f"[[rule]] {name}")
    if data == "programme":
        return None, ()
    inner = _Reader(source, f"[[rule]] {name}, applies")
    table = inner.table(data, "applies") if isinstance(data, dict) else None
    if table is None:
        raise reader.wrong("applies", '{programme = "special", level = "city"} / "programme"', data)
    inner.keys(table, required=("programme",), optional=("level",))
    programme = inner.choice(table, "programme", PROGRAMMES)
    given = table.get("level", [])
    levels = {"level": given if isinstance(given, list) else [given]}
    return programme, inner.texts(levels, "level", LEVELS)


def _condition(reader: _Reader, table: Mapping[str, Any]) -> str:
    if "condition" not in table:
        return "condition-target-missed"
    return reader.choice(table, "condition", [code for code in catalogue() if code.startswith("condition-")])


def _due(data: Any, reader: _Reader) -> Due:
    if isinstance(data, dict):
        inner = _Reader(reader.source, f"{reader.where}, due")
        inner.keys(data, required=("column",), optional=("quarters",))
        quarters = inner.whole(data, "quarters", least=1) if "quarters" in data else 1
        return Due(column=inner.choice(data, "column", DATED), quarters=quarters)
    if data == YEAR_END:
        return Due(quarter=YEAR_END)
    return Due(quarter=reader.quarter({"due": data}, "due"))


@dataclass(frozen=True)
class _Reader:
    """Takes values out of a table of the rulebook, or says in one sentence what is wrong with them."""

    source: str
    where: str

    def keys(
        self, table: Mapping[str, Any], required: Collection[str] = (), optional: Collection[str] = ()
    ) -> None:
        known = [*required, *optional]
        for key in table:
            if key not in known:
                raise RuleError(
                    "rule-key", source=self.source, where=self.where, key=key, nearest=_nearest(key, known)
                )
        for key in required:
            if key not in table:
                raise RuleError("rule-key-missing", source=self.source, where=self.where, key=key)

    def wrong(self, key: str, expected: str, value: object) -> RuleError:
        return RuleError(
            "rule-value", source=self.source, where=self.where, key=key, expected=expected, value=value
        )

    def table(self, data: Any, key: str) -> Mapping[str, Any]:
        if not isinstance(data, dict):
            raise self.wrong(key, f"[{key}]", data)
        return data

    def text(self, table: Mapping[str, Any], key: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(key, '"…"', value)
        return value

    def texts(
        self, table: Mapping[str, Any], key: str, known: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        values = table[key]
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.wrong(key, '["…"]', values)
        return tuple(values if known is None else (self.choice({key: v}, key, known) for v in values))

    def titles(self, table: Mapping[str, Any], key: str) -> dict[str, str]:
        value = table[key]
        inner = _Reader(self.source, f"{self.where}, {key}")
        if not isinstance(value, dict):
            raise self.wrong(key, '{zh = "…", en = "…"}', value)
        inner.keys(value, required=("zh", "en"))
        return {lang: inner.text(value, lang) for lang in ("zh", "en")}

    def choice(self, table: Mapping[str, Any], key: str, known: Collection[str]) -> str:
        value = table[key]
        if not isinstance(value, str) or value not in known:
            raise RuleError(
                "rule-name", source=self.source, where=self.where, key=key, value=value,
                nearest=_nearest(str(value), known),
            )  # fmt: skip
        return value

    def number(
        self, table: Mapping[str, Any], key: str, default: float | None = None, least: float | None = None
    ) -> float:
        value = table.get(key, default)
        try:
            found = float(Fraction(value) if isinstance(value, str) else value)
        except (TypeError, ValueError, ZeroDivisionError):
            found = float("nan")
        if isinstance(value, bool) or not abs(found) < float("inf") or (least is not None and found < least):
            raise self.wrong(key, '3 / 0.1 / "50/3"' + ("" if least is None else f", >= {least:g}"), value)
        return found

    def whole(self, table: Mapping[str, Any], key: str, least: int = 0) -> int:
        value = table[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.wrong(key, f"12, >= {least}", value)
        return value

    def flag(self, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true / false", value)
        return value

    def quarter(self, table: Mapping[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or periods.parse(value) != value:
            raise self.wrong(key, '"2016Q2"', value)
        return value


def _nearest(word: str, known: Collection[str]) -> str:
    """The known name nearest to a word; all of them where they are signs, or few and none is near."""
    if not any(sign.isalpha() for sign in "".join(known)):
        return ", ".join(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if not near and len(known) > FEW:
        near = difflib.get_close_matches(word, known, n=3, cutoff=0.0)
    return ", ".join(near or known)
