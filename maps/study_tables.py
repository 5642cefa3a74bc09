"""Tables of studies as tables to be shown: what stands in each column is named beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maps.cells import NOT_APPLICABLE, Cell, Column, Table, plain, quantity, records, yes_no
from maps.pagedata import missing, said
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from layers.results import Results

TOWN, TEXT, OPTIONAL, FLAG = "town", "text", "optional", "flag"
"""What may stand in a column besides: a unit, ``#`` for a count, or the prefix of what a code is called."""
UNITS = {"亿元", "%", "季", "m", "m²", "km/km²", "km", "pp"}
_DECIMALS = {"share": 3, "#": 0, "km/km²": 3}


def listed(
    results: Results,
    frames: Mapping[str, pd.DataFrame],
    sheets: Mapping[str, tuple[tuple[str, str], ...]],
    family: str,
    lang: Lang,
    *,
    unprinted: Collection[str] = (),
    not_of_all: Collection[str] = (),
) -> list[Table]:
    """Tables of a study, those that there are.

    Parameters
    ----------
    results
        Names of the towns.
    frames
        Tables by name.
    sheets
        Columns of each, and what stands in them.
    family
        Messages are ``{family}-{column}`` and ``{family}-note-{table}``.
    lang
        Language.
    unprinted, not_of_all
        Columns that are not printed, and those in which nothing is no gap.
    """
    names = {str(town): str(name) for town, name in results.towns["name"].items()}
    return [
        Table(
            code.replace("_", "-"),
            [
                Column(_head(name, kind, family, lang), printed=name not in unprinted)
                for name, kind in columns
            ],
            [
                [_cell(row.get(name), name, kind, names, lang, not_of_all) for name, kind in columns]
                for row in records(frames[code])
            ],
            (text(f"{family}-note-{code}", lang),),
            kept=2 if any(name == "name" for name, _ in columns) else 1,
        )
        for code, columns in sheets.items()
        if code in frames
    ]


def _cell(
    value: Any, name: str, kind: str, names: Mapping[str, str], lang: Lang, not_of_all: Collection[str]
) -> Cell:
    empty = NOT_APPLICABLE if name in not_of_all or kind == OPTIONAL else None
    if kind == TOWN:
        return text("projects-no-town", lang) if missing(value) else names.get(str(value), str(value))
    if kind.endswith("-"):
        return said(value, lang, kind) or empty
    if missing(value):
        return empty
    if kind == FLAG:
        return yes_no(lang, yes=value)
    if kind in {TEXT, OPTIONAL}:
        return plain(value)
    return quantity(round(float(value), _DECIMALS.get(kind, 2)), "" if kind == "#" else kind)


def _head(name: str, kind: str, family: str, lang: Lang) -> str:
    """Name of a column with the unit of its numbers."""
    head = text(f"{family}-{name}", lang)
    if kind not in UNITS:
        return head
    return text("projects-head", lang, head=head, unit=said(kind, lang, "unit-"))
