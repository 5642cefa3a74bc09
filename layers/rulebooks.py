"""Rulebooks by name or file: those that come with the program, and the user's own."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from spatial.errors import RuleError
from spatial.inheritance import Origins, inherit
from spatial.rule_reader import Reader
from spatial.rules import Rulebook, parse

# A wheel holds them beside this module; a checkout in `policies/`, where people edit them.
_FOLDERS = (Path(__file__).parent / "policies", Path(__file__).parents[1] / "policies")


def builtin() -> list[str]:
    """Return the names of the rulebooks that come with the program, in order."""
    return sorted(_builtin())


def find(name_or_path: str | Path, folder: Path | None = None) -> Path:
    """Return the file of a rulebook.

    Parameters
    ----------
    name_or_path
        Name of a rulebook that comes with the program (``jiaxing-2016``), or a TOML file. What ends in
        ``.toml`` or names a folder is a file.
    folder
        Folder that a relative path starts from; the current one if None.

    Raises
    ------
    RuleError
        If there is no such file, or no such name; the message says the nearest one.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.name != str(name_or_path):
        path = path if folder is None else folder / path
        if not path.is_file():
            raise RuleError("rulebook-file-missing", path=path)
        return path
    known = _builtin()
    if path.name not in known:
        near = difflib.get_close_matches(path.name, known, n=1, cutoff=0.0)
        raise RuleError("rulebook-unknown", name=path.name, near=", ".join(near))
    return known[path.name]


def read_rulebook(name_or_path: str | Path) -> Rulebook:
    """Read and check a rulebook; one that extends another is resolved.

    Parameters
    ----------
    name_or_path
        As for `find`.

    Raises
    ------
    RuleError
        If it is not found, is not TOML in UTF-8, extends itself by way of others, or says something that
        cannot be judged.
    """
    path = find(name_or_path)
    tables, origins, chain = resolved(path)
    return replace(parse(tables, path.name, origins=origins), extends=tuple(base.name for base in chain[1:]))


def resolved(path: Path, found: list[RuleError] | None = None) -> tuple[dict[str, Any], Origins, list[Path]]:
    """Return the tables of a rulebook with all that it extends, the origins of its rules, and its files.

    What is wrong in extending is added to `found`, if given, instead of being raised.

    Raises
    ------
    RuleError
        As for `read_rulebook`; the tables themselves are not checked.
    """
    chain = [path]
    tables = [read_toml(path)]
    while (base := _extends(tables[-1], chain[-1].name)) is not None:
        chain.append(find(base, chain[-1].parent))
        if chain[-1].resolve() in {earlier.resolve() for earlier in chain[:-1]}:
            raise RuleError("rulebook-circle", chain=" → ".join(file.name for file in chain))
        tables.append(read_toml(chain[-1]))
    whole, origins = tables[-1], _ids(tables[-1], chain[-1].name)
    for own, file in zip(tables[-2::-1], chain[-2::-1], strict=True):
        whole, origins = inherit(whole, origins, own, file.name, found)
    return whole, origins, chain


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file of TOML in UTF-8, with or without a byte order mark; `RuleError` if it is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RuleError("rulebook-not-toml", path=path, problem=error) from error


def _extends(tables: dict[str, Any], source: str) -> str | None:
    head = tables.get("policy")
    if not isinstance(head, dict) or "extends" not in head:
        return None
    return Reader(source, "[policy]").text(head, "extends")


def _ids(tables: dict[str, Any], source: str) -> Origins:
    rules = tables.get("rule")
    entries = rules if isinstance(rules, list) else []
    return {str(rule["id"]): (source,) for rule in entries if isinstance(rule, dict) and "id" in rule}


def _builtin() -> dict[str, Path]:
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])
    return {path.stem: path for path in folder.glob("*.toml") if path.suffixes == [".toml"]}
