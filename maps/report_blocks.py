"""What a report is made of, before it is Word or PDF: headings, paragraphs, tables, pictures, numbers with an id."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from maps.cells import Cell, Formula, Number, Table, Verdict
from maps.pagedata import bracketed, number, said, verdict_labels
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_CELL_RIM = 2.5
WIDE = 8
"""Columns that fit upright."""
_BREAKS = re.compile(r"\s+|(?<=[a-z])-(?=[a-z])")
_WHOLE = 16
"""Letters up to which a Chinese text is not broken."""
_ROOM = ((7, 98.0), (WIDE, 117.0), (12, 194.0), (math.inf, 225.0))
"""Up to so many columns, so many letters fit side by side."""
Kind = Literal["compliance", "quarterly", "annual", "bulletin"]


class Figure(NamedTuple):
    """A number as it is printed, the id by which it is found again, and the verdict that colours it."""

    id: str
    shown: str
    verdict: str = ""


class Mark(NamedTuple):
    """A verdict, printed in its colour."""

    verdict: str
    shown: str


Piece = str | Figure | Mark


class Heading(NamedTuple):
    """A heading of level 1 to 3, its number in the text."""

    level: int
    text: str


class Paragraph(NamedTuple):
    """Words and numbers; `style` is ``body``, ``quote`` for the policy's own words, or ``note``."""

    parts: tuple[Piece, ...]
    style: str = "body"


class Grid(NamedTuple):
    """A numbered table: heads are repeated on each page, no row is split.

    `widths` are shares; `right` marks the columns of numbers.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Piece, ...], ...]
    widths: tuple[float, ...]
    right: tuple[bool, ...]
    notes: tuple[str, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether it stands on a page of its own across."""
        return len(self.heads) > WIDE


class Picture(NamedTuple):
    """A numbered picture."""

    caption: str
    svg: str
    width_mm: float


class Signatures(NamedTuple):
    """Lines to be signed."""

    labels: tuple[str, ...]
    seal: str


Block = Heading | Paragraph | Grid | Picture | Signatures


@dataclass(frozen=True)
class Report:
    """A report as content alone.

    Attributes
    ----------
    kind
        Which report it is.
    title, subtitle
        Of the first page.
    mark
        Of synthetic data; empty otherwise.
    date
        Day of the run, ``2016-07-12``.
    blocks
        Content in reading order.
    lang
        Language.
    """

    kind: Kind
    title: str
    subtitle: str
    mark: str
    date: str
    blocks: tuple[Block, ...]
    lang: Lang


def figures(report: Report) -> Iterator[Figure]:
    """All numbers with an id, in reading order."""
    for block in report.blocks:
        cells: Sequence[Sequence[Piece]] = ()
        if isinstance(block, Paragraph):
            cells = (block.parts,)
        elif isinstance(block, Grid):
            cells = block.rows
        for row in cells:
            yield from (piece for piece in row if isinstance(piece, Figure))


def runs(report: Report) -> list[tuple[bool, list[Block]]]:
    """The blocks in runs of one page direction: whether across, and what stands there.

    The heading of a wide table goes with it.
    """
    found: list[tuple[bool, list[Block]]] = [(False, [])]
    for block in report.blocks:
        wide = isinstance(block, Grid) and block.wide
        if wide:
            before = found[-1][1]
            cut = len(before)
            while cut and isinstance(before[cut - 1], (Heading, Paragraph)):
                cut -= 1
            found[-1:] = [(found[-1][0], before[:cut]), (True, [*before[cut:], block]), (False, [])]
        else:
            found[-1][1].append(block)
    return [(across, blocks) for across, blocks in found if blocks]


def bare(shown: str, unit: str) -> str:
    """A number without its unit, which stands in the head.

    Examples
    --------
    >>> bare("216.5 × 10⁸ yuan", "10⁸ yuan"), bare("3.5 km²", "km²"), bare("7", "")
    ('216.5', '3.5', '7')
    """
    return shown.removesuffix(unit).rstrip().removesuffix("×").rstrip() if unit else shown


def grid(table: Table, caption: str, lang: Lang, *, most: int = 0) -> Grid:
    """A table of the workbook as a table of a report: its printed columns, at most so many rows."""
    kept = [place for place, column in enumerate(table.columns) if column.printed]
    heads = tuple(
        "\n".join(part for part in (table.columns[place].group, table.columns[place].head) if part)
        for place in kept
    )
    rows = list(table.rows)[:most] if most else list(table.rows)
    printed = tuple(
        tuple(
            _piece(row[place], f"{table.code}/{line}/{place + 1}", lang, head)
            for place, head in zip(kept, heads, strict=True)
        )
        for line, row in enumerate(rows, 1)
    )
    right = tuple(any(isinstance(row[place], (Number, Formula)) for row in rows) for place in kept)
    notes = list(table.notes)
    total = table.total or len(table.rows)
    if total > len(rows):
        notes.append(text("note-more", lang, total=f"{total:,}", shown=f"{len(rows):,}"))
    return Grid(caption, heads, printed, _widths(heads, printed), right, tuple(notes))


def _piece(cell: Cell, name: str, lang: Lang, head: str) -> Piece:
    if isinstance(cell, Verdict):
        return Mark(cell.code, verdict_labels(lang)[cell.code])
    if isinstance(cell, (Number, Formula)):
        made = amount(name, cell.value, cell.unit, lang, signed=isinstance(cell, Number) and cell.signed)
        unit = said(cell.unit, lang, "unit-")
        if isinstance(made, Figure) and bracketed(unit, lang) in head:
            return made._replace(shown=bare(made.shown, unit))
        return made
    if cell is None:
        return text("no-number", lang)
    return cell if isinstance(cell, str) else "–"


def amount(name: str, value: float, unit: str, lang: Lang, *, signed: bool = False) -> Piece:
    """A number of a table: a figure, or the words for missing data."""
    if unit == "share":
        return text("no-number", lang) if value != value else Figure(name, f"{100 * value:.1f} %")  # noqa: PLR0124 - NaN
    if unit == "E":
        shown = f"{value:.3f}" if value == value else ""  # noqa: PLR0124 - NaN
    else:
        shown = number(value, unit, lang, signed=signed)
    return Figure(name, shown) if shown else text("no-number", lang)


def _widths(heads: tuple[str, ...], rows: Sequence[Sequence[Piece]]) -> tuple[float, ...]:
    """Shares by what the cells hold: long texts get more, up to a limit.

    Where there is too little room the columns of long texts give it; words, numbers and names stay whole.
    """
    shares, least = [], []
    for place, head in enumerate(heads):
        longest = max((_length(row[place]) for row in rows[:200]), default=0)
        shares.append(
            float(min(max(longest, max(map(_text_length, head.split("\n"))) / 1.1, 4) + _CELL_RIM, 38))
        )
        words = [word for row in rows[:200] for word in _words(row[place])]
        least.append(
            min(max([*map(_text_length, words), *map(_text_length, head.split())]) + _CELL_RIM, 38.0)
        )
    room = next(letters for columns, letters in _ROOM if len(heads) <= columns)
    spare = sum(shares) - sum(least)
    if sum(shares) <= room or spare <= 0:
        return tuple(shares)
    kept = max(room - sum(least), 0.0) / spare
    return tuple(
        low + (share - low) * kept if share > low else share for share, low in zip(shares, least, strict=True)
    )


def _words(piece: Piece) -> list[str]:
    """What is not broken at the end of a line: words, names, numbers; long Chinese texts break anywhere."""
    shown = piece if isinstance(piece, str) else piece.shown
    whole = _text_length(shown) <= _WHOLE and not shown.isascii()
    return [shown] if whole else [word for word in _BREAKS.split(shown) if word.isascii()] or [""]


def _length(piece: Piece) -> int:
    return _text_length(piece if isinstance(piece, str) else piece.shown)


def _text_length(said: str) -> int:
    return sum(1 if letter.isascii() else 2 for letter in said)
