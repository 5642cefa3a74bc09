"""The one catalogue of texts that users see, Chinese first, English to choose."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

Lang = Literal["zh", "en"]


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All messages by code, from the TOML files beside this module.

    Raises
    ------
    ValueError
        If two files define the same code.
    """
    merged: dict[str, dict[str, str]] = {}
    for path in sorted(files(__package__).iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            messages = tomllib.loads(path.read_text(encoding="utf-8"))
            if twice := merged.keys() & messages.keys():
                msg = f"{path.name} defines again: {', '.join(sorted(twice))}"
                raise ValueError(msg)
            merged |= messages
    return merged


def text(code: str, lang: Lang = "zh", /, **params: object) -> str:
    """Render the message `code` in `lang` with `params` filled in.

    Raises
    ------
    KeyError
        If the code or a parameter of its text is unknown: a bug, not a user's fault.
    """
    return catalogue()[code][lang].format(**params)
