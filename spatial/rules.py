"""Rulebooks: what a policy asks of whom, checked word by word before anything is judged."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from spatial.errors import RuleError
from spatial.measures import MEASURES
from spatial.messages import catalogue
from spatial.quality.run import INSPECTORS
from spatial.rule_reader import Reader
from spatial.settings import GREENWAYS, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """One thing that a clause asks; the keys of ``docs/policy.md``, with their defaults filled in.

    ``origin`` names the files that say it: the one that introduces the rule first, then those that change it.
    """

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
    origin: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rulebook:
    """A policy as data: where it comes from, its settings, its rules.

    ``assessment`` is the table of that name as it is written, for who assesses; ``extends`` names the files
    that the rulebook builds on, the nearest first; ``indicators`` are measures that a clause asks for without a limit,
    by clause: they are shown and not judged.
    """

    id: str
    title: Mapping[str, str]
    issued: str
    source: str
    scheme: str
    as_of: str | None
    settings: Settings
    rules: tuple[Rule, ...] = field(repr=False)
    assessment: Mapping[str, Any] = field(default_factory=dict, repr=False)
    extends: tuple[str, ...] = ()
    indicators: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def sha256(self) -> str:
        """Hash of all that the resolved rulebook says; in which files it says so does not matter."""
        data = asdict(self)
        del data["extends"]
        for rule in data["rules"]:
            del rule["origin"]
        plain = json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(plain.encode()).hexdigest()

    def as_data(self) -> dict[str, Any]:
        """Return the rulebook as plain data, as results keep it."""
        data = asdict(self)
        for rule in data["rules"]:
            rule["applies"] = rule["programme"] or "programme"
        document = f"{self.source} {self.issued}"
        return {**data, "name": self.id, "document": document, "sha256": self.sha256}


def from_data(data: Mapping[str, Any]) -> Rulebook:
    """Return the rulebook that `Rulebook.as_data` made, also after a way through JSON.

    Keys that results of another version have beside are left aside, those that they lack get their defaults.
    """
    rules = []
    for entry in data["rules"]:
        own = {name.name: entry[name.name] for name in fields(Rule) if name.name in entry}
        due = own["due"] and Due(**own["due"])
        own |= {"due": due, "levels": tuple(own["levels"]), "origin": tuple(own.get("origin", ()))}
        rules.append(Rule(**own))
    known = {entry.name for entry in fields(Settings)}
    settings = {key: value for key, value in data["settings"].items() if key in known}
    for key in ("zones", "investment_excludes"):
        if key in settings:
            settings[key] = {name: tuple(values) for name, values in settings[key].items()}
    head = {name.name: data[name.name] for name in fields(Rulebook) if name.name in data}
    head |= {
        "rules": tuple(rules),
        "settings": Settings(**settings),
        "extends": tuple(data.get("extends", ())),
        "indicators": {clause: tuple(names) for clause, names in data.get("indicators", {}).items()},
    }
    return Rulebook(**head)


def parse(
    data: Mapping[str, Any],
    source: str,
    measures: Mapping[str, Measure] = MEASURES,
    origins: Mapping[str, tuple[str, ...]] | None = None,
) -> Rulebook:
    """Check a rulebook read from TOML and return it.

    Parameters
    ----------
    data
        The tables ``policy``, ``settings``, ``assessment`` and ``rule`` of the file; of a rulebook that
        extends another, both resolved into one by `spatial.inheritance.inherit`.
    source
        Name of the file, for messages.
    measures
        Measures that rules can use.
    origins
        Names of the files that each rule comes from, by rule id; all from `source` if None.

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
    reader = Reader(source, "")
    reader.keys(data, required=("policy", "rule"), optional=("settings", "assessment", "indicators"))
    rules = tuple(
        read_rule(entry, place, source, measures, origins or {})
        for place, entry in enumerate(_entries(reader, data))
    )
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError("rule-id-twice", source=source, rule=rule.id)
        seen.add(rule.id)
    return Rulebook(
        **read_head(data["policy"], source),
        settings=read_settings(data.get("settings", {}), source),
        rules=rules,
        assessment=reader.table(data.get("assessment", {}), "assessment"),
        indicators=read_indicators(data.get("indicators", {}), source, measures),
    )


def read_indicators(data: Any, source: str, measures: Mapping[str, Measure]) -> dict[str, tuple[str, ...]]:
    """Check the table ``indicators``: measures by clause, each known."""
    reader = Reader(source, "[indicators]")
    table = reader.table(data, "indicators")
    return {clause: reader.texts(table, clause, list(measures)) for clause in table}


def read_head(data: Any, source: str) -> dict[str, Any]:
    """Check the table ``policy``; return what it says by the names of `Rulebook`."""
    policy = Reader(source, "[policy]")
    head = policy.table(data, "policy")
    policy.keys(head, required=("id", "title", "issued", "source"), optional=("scheme", "as_of"))
    return {
        "id": policy.text(head, "id"),
        "title": policy.titles(head, "title"),
        "issued": str(head["issued"]),
        "source": policy.text(head, "source"),
        "scheme": policy.text(head, "scheme", ""),
        "as_of": policy.quarter(head, "as_of"),
    }


def _entries(reader: Reader, data: Mapping[str, Any]) -> Sequence[Any]:
    entries = data["rule"]
    if not isinstance(entries, list) or not entries:
        raise reader.wrong("rule", "[[rule]]", entries)
    return entries


def read_settings(data: Any, source: str) -> Settings:
    """Check the table ``settings``; what it leaves out keeps its default."""
    reader = Reader(source, "[settings]")
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
    inner = {"investment_targets": _targets, "quality": _tolerances, "greenways": _greenways}
    given |= {key: read(table[key], source) for key, read in inner.items() if key in table}
    if "greenways" in given:
        given["quality"] = _of_greenways(given["greenways"]) | given.get("quality", {})
    return Settings(**given)


def _targets(data: Any, source: str) -> dict[str, float]:
    """Investment that a special town has to reach, by level."""
    reader = Reader(source, "[settings.investment_targets]")
    targets = reader.table(data, "investment_targets")
    reader.keys(targets, optional=LEVELS)
    return {level: reader.number(targets, level, least=0) for level in targets}


def _greenways(data: Any, source: str) -> dict[str, float]:
    """Distances of the greenway network; what is left out keeps its default."""
    reader = Reader(source, "[settings.greenways]")
    told = reader.table(data, "greenways")
    reader.keys(told, optional=list(GREENWAYS))
    least = {"straight_factor": 1.0}
    return GREENWAYS | {name: reader.number(told, name, least=least.get(name, 0.0)) for name in told}


def _of_greenways(told: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Tolerances of the inspectors that look at the network, as the study of it has them."""
    near = {"issue-line-unsnapped": "gap_m", "issue-line-dangle": "gap_m", "issue-line-twice": "twin_m"}
    return {code: {"snap_m": told["snap_m"], "distance_m": told[name]} for code, name in near.items()}


def _tolerances(data: Any, source: str) -> dict[str, dict[str, float]]:
    """Tolerances of inspectors, each of a code and a name that there is."""
    codes = Reader(source, "[settings.quality]").table(data, "settings.quality")
    given = {}
    for code, one in codes.items():
        reader = Reader(source, f"[settings.quality.{code}]")
        names = reader.table(one, code)
        known = INSPECTORS[code].tolerance if code in INSPECTORS else {}
        if code not in INSPECTORS:
            raise RuleError("quality-code-unknown", code=code, known=", ".join(sorted(INSPECTORS)))
        reader.keys(names, optional=list(known))
        given[code] = {name: reader.number(names, name, least=0) for name in names}
    return given


def _lists(
    source: str, data: Any, where: str, keys: Sequence[str], known: Sequence[str] | None = None
) -> dict[str, tuple[str, ...]]:
    reader = Reader(source, where)
    table = reader.table(data, where)
    reader.keys(table, optional=keys)
    return {key: reader.texts(table, key, known) for key in table}


REQUIRED = (
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
OPTIONAL = (
    "tolerance", "town_threshold", "town_tolerance", "miss", "condition", "due", "prorate", "from", "until",
    "period",
)  # fmt: skip


def read_rule(
    data: Any,
    place: int,
    source: str,
    measures: Mapping[str, Measure],
    origins: Mapping[str, tuple[str, ...]],
) -> Rule:
    """Check one table ``rule``, the one at `place`, counted from 0."""
    name = data.get("id", place + 1) if isinstance(data, dict) else place + 1
    origin = origins.get(str(name), (source,))
    source = origin[-1]
    reader = Reader(source, f"[[rule]] {name}")
    table = reader.table(data, "rule")
    reader.keys(table, REQUIRED, OPTIONAL)
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
        origin=origin,
    )


def _applies(data: Any, source: str, name: object) -> tuple[str | None, tuple[str, ...]]:
    """The programme (None: the whole of it) and the levels (none: all) that a rule applies to."""
    reader = Reader(source, f"[[rule]] {name}")
    if data == "programme":
        return None, ()
    inner = Reader(source, f"[[rule]] {name}, applies")
    table = inner.table(data, "applies") if isinstance(data, dict) else None
    if table is None:
        raise reader.wrong("applies", '{programme = "special", level = "city"} / "programme"', data)
    inner.keys(table, required=("programme",), optional=("level",))
    programme = inner.choice(table, "programme", PROGRAMMES)
    given = table.get("level", [])
    levels = {"level": given if isinstance(given, list) else [given]}
    return programme, inner.texts(levels, "level", LEVELS)


def _condition(reader: Reader, table: Mapping[str, Any]) -> str:
    if "condition" not in table:
        return "condition-target-missed"
    return reader.choice(table, "condition", [code for code in catalogue() if code.startswith("condition-")])


def _due(data: Any, reader: Reader) -> Due:
    if isinstance(data, dict):
        inner = Reader(reader.source, f"{reader.where}, due")
        inner.keys(data, required=("column",), optional=("quarters",))
        quarters = inner.whole(data, "quarters", least=1) if "quarters" in data else 1
        return Due(column=inner.choice(data, "column", DATED), quarters=quarters)
    if data == YEAR_END:
        return Due(quarter=YEAR_END)
    return Due(quarter=reader.quarter({"due": data}, "due"))
