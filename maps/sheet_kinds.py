"""What each kind of sheet shows of the results: which towns, which layers, which figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from maps import sheet_town, sheet_whole
from maps.errors import MapError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layers.results import Results
    from maps.sheet_whole import Sheet
    from spatial.messages import Lang

WHOLE = ("verdict", "greenways", "projects", "plans")
TOWN = ("town", "expansion", "plans", "greenways", "projects", "land-change")
KINDS = tuple(dict.fromkeys((*WHOLE, *TOWN)))
_NEEDS = {
    "expansion": "expansion_boundary", "greenways": "greenway", "projects": "project", "plans": "plan_difference",
    "land-change": "land_change",
}  # fmt: skip


class Asked(NamedTuple):
    """What an atlas was asked to hold: kinds, names of towns, borders of the classes of an indicator."""

    kinds: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    breaks: tuple[float, ...] = ()


def available(results: Results) -> list[str]:
    """Kinds that the results hold the layers for, indicators apart."""
    return [kind for kind in KINDS if _NEEDS.get(kind, "town_boundary") in results.context]


def towns_of(results: Results, names: Sequence[str] = ()) -> list[str]:
    """Ids of the towns of the programme that are drawn, county by county, or of those named, of any kind.

    Raises
    ------
    MapError
        If a name is not that of a town.
    """
    frame = results.towns[~results.towns.geometry.is_empty]
    known = {str(row): str(town) for town, row in frame["name"].items()} | {str(town): str(town) for town in frame.index}  # fmt: skip
    if unknown := [name for name in names if name not in known]:
        raise MapError(
            "sheets-town-unknown", name=unknown[0], known=", ".join(sorted(frame["name"].astype(str))[:8])
        )
    if names:
        return [known[name] for name in names]
    own = frame[frame["programme"].notna()]
    order = own.get("county_code", pd.Series("", index=own.index)).astype(str).sort_values(kind="stable")
    return [str(town) for town in order.index]


def sheets(
    results: Results, kinds: Sequence[str], names: Sequence[str], lang: Lang, breaks: Sequence[float] = ()
) -> list[Callable[[], Sheet]]:
    """Sheets to be made, in the order of the atlas: of all towns, then town by town.

    Parameters
    ----------
    results
        What is drawn.
    kinds
        Kinds as in `WHOLE`, `TOWN` or ``indicator:MEASURE``; none: all that there are layers for, indicators apart.
    names
        Towns; none: all of the programme. With towns, of kinds in `TOWN` only theirs.
    lang
        Language.
    breaks
        Borders of the classes of an indicator; none: quantiles.

    Returns
    -------
    list of functions
        Each makes its sheet; an empty list if no town has one.

    Raises
    ------
    MapError
        If a kind, a measure or a town is unknown, or the results have no layer for a kind that is asked for.
    """
    there = available(results)
    chosen = list(kinds) or [kind for kind in there if not names or kind in TOWN]
    for kind in chosen:
        _check(kind, there, results)
    found: list[Callable[[], Sheet]] = []
    for kind in chosen:
        if kind.startswith("indicator:"):
            found.append(lambda kind=kind: sheet_whole.indicator(results, kind, lang, breaks))  # type: ignore[misc]
        elif kind in WHOLE and not (names and kind in TOWN):
            found.append(lambda kind=kind: sheet_whole.KINDS[kind](results, lang))  # type: ignore[misc]
    towned = [kind for kind in TOWN if kind in chosen]
    for town in towns_of(results, names) if towned else []:
        found += [
            lambda kind=kind, town=town: sheet_town.KINDS[kind](results, town, lang)  # type: ignore[misc]
            for kind in towned
            if kind == "town" or _has(results, kind, town)
        ]
    return found


def _check(kind: str, there: Sequence[str], results: Results) -> None:
    if kind.startswith("indicator:"):
        measured = results.measures[results.measures["town_id"] != "programme"]
        if kind.removeprefix("indicator:") not in set(measured["measure"]):
            raise MapError("sheets-measure-unknown", name=kind.removeprefix("indicator:"))
    elif kind not in KINDS:
        raise MapError("sheets-kind-unknown", name=kind, known=", ".join([*KINDS, "indicator:MEASURE"]))
    elif kind not in there:
        code = "sheets-plans-missing" if kind == "plans" else "sheets-layer-missing"
        raise MapError(code, kind=kind, layer=_NEEDS.get(kind, ""))


def _has(results: Results, kind: str, town: str) -> bool:
    """Whether a town has something to show on a sheet of zones or of changes."""
    shape = results.towns.geometry[town]
    if kind == "expansion":
        return str(results.towns.loc[town, "programme"]) == "special"
    if kind == "projects":
        return bool(sheet_town.own_projects(results, town)["state"].size)
    layer = results.context[_NEEDS[kind]].geometry
    return bool(layer.intersects(shape).any())
