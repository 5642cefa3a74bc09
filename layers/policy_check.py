"""A rulebook checked as a whole: its file, what it extends, its rules, its fixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.rulebooks import find, read_rulebook, read_toml, resolved
from spatial.errors import RuleError
from spatial.rule_faults import faults
from spatial.rule_fixtures import fixture_faults

if TYPE_CHECKING:
    from pathlib import Path


def check(name_or_path: str | Path) -> list[RuleError]:
    """Return all that is wrong with a rulebook; nothing if it can be used.

    Parameters
    ----------
    name_or_path
        As for `layers.rulebooks.find`. The cases in ``NAME.fixtures.toml`` beside it are judged, if it is
        there and the rules are sound.

    Raises
    ------
    RuleError
        If there is no such rulebook.
    """
    path = find(name_or_path)
    found: list[RuleError] = []
    try:
        tables, origins, _ = resolved(path, found)
    except RuleError as error:
        return [*found, error]
    found += faults(tables, path.name, origins=origins)
    fixtures = path.with_name(f"{path.stem}.fixtures.toml")
    if not found and fixtures.is_file():
        try:
            found += fixture_faults(read_rulebook(path), read_toml(fixtures), fixtures.name)
        except RuleError as error:
            found.append(error)
    return found


def counts(name_or_path: str | Path) -> tuple[int, int]:
    """Return how many rules a sound rulebook has, and how many cases stand in its fixtures."""
    path = find(name_or_path)
    fixtures = path.with_name(f"{path.stem}.fixtures.toml")
    cases = read_toml(fixtures) if fixtures.is_file() else {}
    return len(read_rulebook(path).rules), sum(len(given) for given in cases.values())
