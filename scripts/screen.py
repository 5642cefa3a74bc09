"""What commands print to: as wide as it takes where no one looks, and in letters that the console has."""

from __future__ import annotations

import codecs
import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_ANY = 1_000
"""Columns where no terminal cuts a line."""
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))
_PLAIN = {"✓": "√", "✗": "×", "\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": " ", "…": "..."}


def screen() -> Console:
    """Standard output; piped, tables are as wide as what stands in them, unless ``COLUMNS`` says how wide."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _ANY
    return console


def speak_plainly() -> None:
    """Write what the console's encoding lacks, as ``²`` and ``✓`` in GBK, with letters that it has."""
    codecs.register_error("liangzhen", _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="liangzhen")


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for letters that an encoding lacks; ``10⁸`` becomes ``10^8``, ``m²`` m2, the unknown ``?``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    given, encoding = error.object, error.encoding
    said = []
    for place in range(error.start, error.end):
        letter = given[place]
        plain = _RAISED.get(letter) or _PLAIN.get(letter, "?")
        if letter in _RAISED and re.search(r"\d$", given[:place]):
            plain = f"^{plain}"
        said.append(plain.encode(encoding, "replace").decode(encoding))
    return "".join(said), error.end
