"""Text for the console of a Chinese Windows, which has the characters of GBK alone."""

from __future__ import annotations

import re

from rich.text import Text

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = re.compile("(?<=[0-9])([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")


def in_gbk(line: str) -> str:
    """Return a line in GBK's characters: powers of numbers with ``^``, those of units as digits.

    Examples
    --------
    >>> in_gbk("45 × 10⁸ m², \N{MINUS SIGN}1")
    '45 × 10^8 m2, -1'
    """
    plain = _POWER.sub(r"^\1", line).translate(_RAISED).replace("\N{MINUS SIGN}", "-")
    return plain.encode("gbk", errors="replace").decode("gbk")


def gbk_text(line: str) -> Text:
    """A line for the console, in GBK's characters."""
    return Text(in_gbk(line))
