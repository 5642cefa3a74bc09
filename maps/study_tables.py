"""Tables of studies as sheets: codes and numbers become words and cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from maps.cells import NOT_APPLICABLE, Cell, Column, Table, plain, quantity, records, yes_no
from maps.pagedata import missing, said
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

TOWN, TEXT, OPTIONAL, FLAG = "town", "text", "optional", "flag"
"""What stands in a column beside units (a number) and prefixes of messages (a code; they end with ``-``)."""
UNITS = {"亿元", "%", "季", "m", "m²", "km/km²", "km"}
_DECIMALS = {"share": 3, "#": 0, "km/km²": 3}


class Words(NamedTuple):
    """How cells are put into words.

    Attributes
    ----------
    prefix
        Prefix of the messages: ``<prefix>-<column>``, ``<prefix>-note-<table>``, ``<prefix>-head``.
    towns
        Names of towns by id.
    not_of_all
        Columns in which an empty cell means that there is nothing to say.
    empty_codes
        Those among the columns of codes.
    """

    prefix: str
    towns: Mapping[str, str]
    not_of_all: Collection[str] = ()
    empty_codes: Collection[str] = ()


def sheet(
    table: pd.DataFrame, code: str, columns: Sequence[tuple[str, str]], words: Words, lang: Lang, *,
    hidden: Collection[str] = (), kept: int = 1,
) -> Table:  # fmt: skip
    """One table: `columns` are names with what stands in them, `hidden` ones are not printed, `kept` stay in view."""
    return Table(
        code.replace("_", "-"),
        [Column(_head(name, kind, words, lang), printed=name not in hidden) for name, kind in columns],
        [[_cell(row.get(name), name, kind, words, lang) for name, kind in columns] for row in records(table)],
        (text(f"{words.prefix}-note-{code}", lang),),
        kept=kept,
    )


def _cell(value: Any, name: str, kind: str, words: Words, lang: Lang) -> Cell:
    empty = NOT_APPLICABLE if name in words.not_of_all or kind == OPTIONAL else None
    if kind == TOWN:
        return text("projects-no-town", lang) if missing(value) else words.towns.get(str(value), str(value))
    if kind.endswith("-"):
        return said(value, lang, kind) or (NOT_APPLICABLE if name in words.empty_codes else None)
    if missing(value):
        return empty
    if kind == FLAG:
        return yes_no(lang, yes=value)
    if kind in {TEXT, OPTIONAL}:
        return plain(value)
    return quantity(round(float(value), _DECIMALS.get(kind, 2)), "" if kind == "#" else kind)


def _head(name: str, kind: str, words: Words, lang: Lang) -> str:
    """Name of a column with the unit of its numbers."""
    head = text(f"{words.prefix}-{name}", lang)
    if kind not in UNITS:
        return head
    return text(f"{words.prefix}-head", lang, head=head, unit=said(kind, lang, "unit-"))
