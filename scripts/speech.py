"""What the command line says of itself: in English in the code, as click has it, in Chinese from ``chinese.toml``."""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spatial.messages import Lang

_HAN = "\u2e80-\u9fff\uff00-\uffef"
_STOPS = r",.;:!?)\]\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f"
_UNIT = re.compile(
    rf"\s*(?:[{_HAN}]\([{_HAN}]\)\d*|[(\[\uff08]*[{_HAN}]|[^\s{_HAN}]+)[{_STOPS}]*|\s*[{_STOPS}]+"
)
"""What a line is never broken within: a clause as 二(二)5, a Chinese letter or a word, with brackets and stops."""
VARIABLE = "LIANGZHEN_LANG"
"""Environment variable that stands in for ``--lang``."""
_SPEAKING = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types)


def language(args: Sequence[str]) -> Lang:
    """The language that arguments ask for, whatever else is wrong with them; else the environment's; else Chinese."""
    asked = [arg.removeprefix("--lang=") for arg in args if arg.startswith("--lang=")]
    asked += [after for before, after in pairwise(args) if before == "--lang"]
    return "en" if [os.environ.get(VARIABLE), *asked][-1] == "en" else "zh"


def speak(command: click.Command, lang: Lang) -> None:
    """Set the help of a command, and of all below it, and click's own sentences into a language."""
    words = _chinese() if lang == "zh" else {}

    def said(english: str) -> str:
        return words.get(english, english)

    for module in _SPEAKING:  # they ask `gettext`, of which catalogues would have to be compiled
        vars(module).update(_=said, ngettext=lambda one, many, count: said(one if count == 1 else many))
    click.Context.formatter_class = Formatter
    for thing, english in _helps(command):
        thing.help = "\n\n".join(said(paragraph) for paragraph in english) or None
        if isinstance(thing, click.Command):
            thing.short_help = said(english[0]) if english else None
            thing.options_metavar = said("[OPTIONS]")
            thing._help_option = None  # noqa: SLF001 - click keeps it in the language of the first call


def paragraphs(text: str | None) -> list[str]:
    """Paragraphs of a help text, each in one line."""
    return [" ".join(part.split()) for part in cleandoc(text or "").split("\n\n") if part.strip()]


@cache
def _chinese() -> dict[str, str]:
    return tomllib.loads(files("scripts").joinpath("chinese.toml").read_text(encoding="utf-8"))


@cache
def _helps(command: click.Command) -> list[tuple[click.Command | click.Option, list[str]]]:
    """Commands and options with the paragraphs of their help as the code has it."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    own = [param for param in command.params if isinstance(param, click.Option)]
    return [
        (command, paragraphs(command.help)),
        *((option, paragraphs(option.help)) for option in own),
        *chain.from_iterable(map(_helps, below)),
    ]


class Formatter(click.HelpFormatter):
    """Help in lines that are measured as the screen shows them: a Chinese letter takes two columns."""

    def write_heading(self, heading: str) -> None:
        """A heading and its colon."""
        colon = "\N{FULLWIDTH COLON}" if re.search(f"[{_HAN}]", heading) else ":"
        self.write(f"{' ' * self.current_indent}{heading}{colon}\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, indented."""
        indent, width = " " * self.current_indent, self.width - self.current_indent
        written = ["".join(f"{indent}{line}\n" for line in _lines(part, width)) for part in paragraphs(text)]
        self.write("\n".join(written))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Terms, and beside each what it means."""
        rows = list(rows)
        first = min(max(_columns(term) for term, _ in rows), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in rows:
            lines = list(_lines(meaning, max(self.width - first - self.current_indent, 10)))
            gap = first - _columns(term)
            beside = lines.pop(0) if lines and gap >= col_spacing else ""
            self.write(f"{indent}{term}{' ' * gap}{beside}".rstrip() + "\n")
            self.write("".join(f"{indent}{' ' * first}{line}\n" for line in lines))


def _columns(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _lines(text: str, width: int) -> Iterator[str]:
    """Lines no wider than `width` columns, broken at spaces and between Chinese letters; none begins with a stop."""
    line = ""
    for unit in _UNIT.findall(text):
        if line and _columns(line + unit.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += unit if line else unit.lstrip()
    if line.strip():
        yield line.rstrip()
