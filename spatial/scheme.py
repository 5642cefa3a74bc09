"""How a rulebook assesses a year: points, groups, grades, cards, eliminations, awards; checked word by word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spatial.errors import RuleError
from spatial.rule_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MISSING = ("leave-out", "zero")
REASONS = ("assessment-failed", "not-a-special-town", "poor-planning", "investment-missed")
"""Why a city special town is eliminated, 四(四)."""
PROGRAMMES, LEVELS = ("special", "pilot"), ("province", "city", "county")
VERDICTS = ("fail", "warning", "pass")


@dataclass(frozen=True)
class Applies:
    """To whom something applies; empty: to all."""

    programme: str = ""
    level: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """Points that a rule gives: all for a pass, a share for a warning; or growing with the value, linearly.

    `start` and `end` are the values that give none and all points; both None: by verdict.
    """

    rule: str
    points: float
    warning: float = 0.5
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Extra:
    """Points added (bonus) or taken off (malus) for a verdict."""

    id: str
    rule: str
    verdict: str
    points: float


@dataclass(frozen=True)
class Grade:
    """A grade and the lowest score that has it."""

    id: str
    at_least: float


@dataclass(frozen=True)
class Cards:
    """Yellow cards: for the last so many of a group, if below a score; how many are too many; when they lapse.

    得分靠后 is a place at the back of a ranking. `last` 0: whoever is below the score.
    """

    applies: Applies
    last: int
    below: float
    removal: int
    lapse_years: int
    clause: str


@dataclass(frozen=True)
class Elimination:
    """A reason to leave the list: rules whose failure proves it, or a grade; the register may state it too."""

    reason: str
    applies: Applies
    rules: tuple[str, ...]
    grade: str
    clause: str


@dataclass(frozen=True)
class Award:
    """A promotion or an honour: who, with which grade, for how many years running, how many of a group at most."""

    id: str
    applies: Applies
    grade: str
    years: int
    top: int
    to: str
    clause: str


@dataclass(frozen=True)
class Scheme:
    """How a year is assessed.

    Attributes
    ----------
    groups
        Columns of the towns table; ranks are within each group.
    missing
        What is done with points of no data: ``leave-out`` of what could be reached, or ``zero``.
    most_missing
        Share of points without data above which there is no grade.
    rounding
        Half of the last digit of the data, by unit: ranks that hang on less are ties.
    items, extras, vetoes
        Points by rule; additions; rules whose failure fails the whole assessment.
    grades
        Best first.
    cards, eliminations, awards
        The dynamic adjustment, 四(四).
    """

    groups: tuple[str, ...] = ("programme", "level")
    missing: str = "leave-out"
    most_missing: float = 0.3
    rounding: Mapping[str, float] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    extras: tuple[Extra, ...] = ()
    vetoes: tuple[str, ...] = ()
    grades: tuple[Grade, ...] = ()
    cards: Cards | None = None
    eliminations: tuple[Elimination, ...] = ()
    awards: tuple[Award, ...] = ()


def parse(data: Mapping[str, Any], rules: Collection[str], source: str) -> Scheme:
    """Read the table ``assessment`` of a rulebook.

    Parameters
    ----------
    data
        As TOML gives it.
    rules
        Ids of the rules there are.
    source
        Name of the file, for messages.

    Raises
    ------
    RuleError
        If a key, a rule, a grade or a number is wrong; one sentence.
    """
    read = Reader(source, "[assessment]")
    optional = (
        "groups", "missing", "most_missing", "rounding", "veto", "item", "extra", "grade", "cards", "elimination",
        "award",
    )  # fmt: skip
    read.keys(data, optional=optional)
    given: dict[str, Any] = {}
    if "groups" in data:
        given["groups"] = read.texts(data, "groups", ("programme", "level", "county", "batch", "round"))
    if "missing" in data:
        given["missing"] = read.choice(data, "missing", MISSING)
    if "most_missing" in data:
        given["most_missing"] = read.number(data, "most_missing", least=0)
    if "rounding" in data:
        table = read.table(data["rounding"], "assessment.rounding")
        given["rounding"] = {unit: read.number(table, unit, least=0) for unit in table}
    if "veto" in data:
        given["vetoes"] = read.texts(data, "veto", list(rules))
    grades = tuple(_grade(one, reader) for one, reader in _tables(data, "grade", source))
    names = [one.id for one in grades]
    given["grades"] = tuple(sorted(grades, key=lambda one: -one.at_least))
    given["items"] = tuple(_item(one, reader, rules) for one, reader in _tables(data, "item", source))
    asked = [one.rule for one in given["items"]]
    if twice := next((rule for place, rule in enumerate(asked) if rule in asked[:place]), None):
        raise RuleError("assess-item-twice", source=source, rule=twice)
    given["extras"] = tuple(_extra(one, reader, rules) for one, reader in _tables(data, "extra", source))
    given["eliminations"] = tuple(
        _elimination(one, reader, rules, names) for one, reader in _tables(data, "elimination", source)
    )
    given["awards"] = tuple(_award(one, reader, names) for one, reader in _tables(data, "award", source))
    if "cards" in data:
        given["cards"] = _cards(data["cards"], Reader(source, "[assessment.cards]"))
    return Scheme(**given)


def faults(data: Any, rules: Collection[str], source: str) -> list[RuleError]:
    """Return what is wrong with the table ``assessment``: of each of its keys the first fault.

    Parameters are those of `parse`. What names grades is left aside where the grades are wrong.
    """
    found: list[RuleError] = []
    try:
        table = Reader(source, "[assessment]").table(data, "assessment")
    except RuleError as error:
        return [error]
    grades = {"grade": table["grade"]} if "grade" in table else {}
    wrong: set[str] = set()
    for key in sorted(table, key="grade".__ne__):
        names_grades = key in {"elimination", "award"}
        if names_grades and "grade" in wrong:
            continue
        try:
            parse({**(grades if names_grades else {}), key: table[key]}, rules, source)
        except RuleError as error:
            found.append(error)
            wrong.add(key)
    return found


def _tables(data: Mapping[str, Any], key: str, source: str) -> list[tuple[Mapping[str, Any], Reader]]:
    """The tables ``[[assessment.<key>]]``, each with a reader that names it by its place."""
    tables = data.get(key, [])
    if not isinstance(tables, list):
        raise Reader(source, "[assessment]").wrong(key, f"[[assessment.{key}]]", tables)
    readers = [Reader(source, f"[[assessment.{key}]] {place}") for place in range(1, len(tables) + 1)]
    return [(reader.table(one, key), reader) for one, reader in zip(tables, readers, strict=True)]


def _grade(table: Mapping[str, Any], read: Reader) -> Grade:
    read.keys(table, required=("id", "at_least"))
    return Grade(read.text(table, "id"), read.number(table, "at_least"))


def _item(table: Mapping[str, Any], read: Reader, rules: Collection[str]) -> Item:
    read.keys(table, required=("rule", "points"), optional=("warning", "start", "end"))
    ends = [read.number(table, key) if key in table else None for key in ("start", "end")]
    if (ends[0] is None) != (ends[1] is None) or (ends[0] is not None and ends[0] == ends[1]):
        raise read.wrong("start", "start = 0, end = 2", table.get("start"))
    return Item(
        read.choice(table, "rule", rules), read.number(table, "points", least=0),
        read.number(table, "warning", 0.5, least=0), *ends,
    )  # fmt: skip


def _extra(table: Mapping[str, Any], read: Reader, rules: Collection[str]) -> Extra:
    read.keys(table, required=("id", "rule", "verdict", "points"))
    return Extra(
        read.text(table, "id"), read.choice(table, "rule", rules), read.choice(table, "verdict", VERDICTS),
        read.number(table, "points"),
    )  # fmt: skip


def _cards(data: Any, read: Reader) -> Cards:
    table = read.table(data, "assessment.cards")
    read.keys(table, required=("applies", "below", "clause"), optional=("last", "removal", "lapse_years"))
    whole = {
        key: read.whole(table, key, least=1) for key in ("last", "removal", "lapse_years") if key in table
    }
    return Cards(
        _applies(table, read), whole.get("last", 0), read.number(table, "below"), whole.get("removal", 2), whole.get("lapse_years", 2),
        read.text(table, "clause"),
    )  # fmt: skip


def _elimination(
    table: Mapping[str, Any], read: Reader, rules: Collection[str], grades: Collection[str]
) -> Elimination:
    read.keys(table, required=("reason", "applies", "clause"), optional=("rules", "grade"))
    return Elimination(
        read.choice(table, "reason", REASONS), _applies(table, read),
        read.texts(table, "rules", list(rules)) if "rules" in table else (),
        read.choice(table, "grade", grades) if "grade" in table else "", read.text(table, "clause"),
    )  # fmt: skip


def _award(table: Mapping[str, Any], read: Reader, grades: Collection[str]) -> Award:
    read.keys(table, required=("id", "applies", "grade", "clause"), optional=("years", "top", "to"))
    return Award(
        read.choice(table, "id", ("promotion", "demonstration", "excellent")), _applies(table, read),
        read.choice(table, "grade", grades), read.whole(table, "years", least=1) if "years" in table else 1,
        read.whole(table, "top", least=1) if "top" in table else 0,
        read.choice(table, "to", LEVELS) if "to" in table else "", read.text(table, "clause"),
    )  # fmt: skip


def _applies(table: Mapping[str, Any], read: Reader) -> Applies:
    inner = read.table(table["applies"], "applies")
    read.keys(inner, optional=("programme", "level"))
    level = inner.get("level", [])
    levels = {"level": [level] if isinstance(level, str) else level}
    programme = read.choice(inner, "programme", PROGRAMMES) if "programme" in inner else ""
    return Applies(programme, read.texts(levels, "level", LEVELS))
