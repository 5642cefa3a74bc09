"""Rulebooks by name or file: those that come with the program, and the user's own."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

from spatial.errors import RuleError
from spatial.rules import Rulebook, parse

# A wheel holds them beside this module; a checkout in `policies/`, where people edit them.
_FOLDERS = (Path(__file__).parent / "policies", Path(__file__).parents[1] / "policies")


def builtin() -> list[str]:
    """Return the names of the rulebooks that come with the program, in order."""
    return sorted(_builtin())


def find(name_or_path: str | Path) -> Path:
    """Return the file of a rulebook.

    Parameters
    ----------
    name_or_path
        Name of a rulebook that comes with the program (``jiaxing-2016``), or a TOML file. What ends in
        ``.toml`` or names a folder is a file.

    Raises
    ------
    RuleError
        If there is no such file, or no such name; the message says the nearest one.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.name != str(name_or_path):
        if not path.is_file():
            raise RuleError("rulebook-file-missing", path=path)
        return path
    known = _builtin()
    if path.name not in known:
        near = difflib.get_close_matches(path.name, known, n=1, cutoff=0.0)
        raise RuleError("rulebook-unknown", name=path.name, near=", ".join(near))
    return known[path.name]


def read_rulebook(name_or_path: str | Path) -> Rulebook:
    """Read and check a rulebook.

    Parameters
    ----------
    name_or_path
        As for `find`.

    Raises
    ------
    RuleError
        If it is not found, is not TOML in UTF-8, or says something that cannot be judged.
    """
    path = find(name_or_path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RuleError("rulebook-not-toml", path=path, problem=error) from error
    return parse(data, path.name)


def _builtin() -> dict[str, Path]:
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])
    return {path.stem: path for path in folder.glob("*.toml") if path.suffixes == [".toml"]}
