"""Classes of a number by town, as colours of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from maps.colors import NEUTRAL, SEQUENCE
from maps.pagedata import number, said
from maps.sheet_map import Part, Style
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.results import Results

_CLASSES = 5


def classes(values: np.ndarray, breaks: Sequence[float] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Class of each value, -1 for no data, and the borders of the classes (one more than there are classes).

    Parameters
    ----------
    values
        Numbers, NaN for no data.
    breaks
        Inner borders, a value on one belongs to the class above; none: quintiles, equal ones once.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(len(values), -1), np.empty(0)
    inner = (
        np.unique(breaks) if len(breaks) else np.unique(np.quantile(known, np.arange(1, _CLASSES) / _CLASSES))
    )
    inner = inner[(inner > known.min()) & (inner <= known.max())]
    edges = np.concatenate([[known.min()], inner, [known.max()]])
    return np.where(np.isfinite(values), np.searchsorted(inner, values, side="right"), -1), edges


def choropleth(
    results: Results, measure: str, lang: Lang, breaks: Sequence[float] = ()
) -> tuple[list[Part], list[list[str]], str]:
    """Towns in classes of a measure: parts, rows of (class, number of towns), unit in words.

    Towns without the measure are neutral ground, those where it is no data are hatched.
    """
    own = results.measures[results.measures["measure"] == measure].drop_duplicates("town_id", keep="last")
    values = own.set_index("town_id")["value"].astype(float)
    unit = str(own["unit"].iloc[0])
    towns = results.towns
    asked = towns.index.isin(values.index)
    worth = values.reindex(towns.index).to_numpy(dtype=float)
    place, edges = classes(worth, breaks)
    shapes = towns.geometry.to_numpy()
    line = "#5b6167"
    parts = [Part(text("sheets-not-measured", lang), shapes[~asked], Style(NEUTRAL.fill, NEUTRAL.line))]
    rows = []
    count = max(len(edges) - 1, 0)
    steps = np.linspace(0, len(SEQUENCE) - 1, max(count, 2)).round().astype(int)
    for at in range(count):
        label = f"{_said(edges[at], lang)} – {_said(edges[at + 1], lang)}"
        colour = SEQUENCE[int(steps[at]) if count <= len(SEQUENCE) else at * len(SEQUENCE) // count]
        parts.append(Part(label, shapes[asked & (place == at)], Style(colour, line, 0.2)))
        rows.append([label, str(int((asked & (place == at)).sum()))])
    unknown = asked & (place < 0)
    if unknown.any():
        label = said("no data", lang, "verdict-")
        parts.append(Part(label, shapes[unknown], Style("hatch", line, 0.2)))
        rows.append([label, str(int(unknown.sum()))])
    return parts, rows, said(unit, lang, "unit-")


def _said(value: float, lang: Lang) -> str:
    return number(float(f"{value:.4g}"), "", lang)
