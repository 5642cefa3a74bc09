"""The layers of the results as other programs show them: the groups of the map, names, order, what shows at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from layers.results import layers
from maps import styles
from maps.colors import NEUTRAL, PIECES
from maps.pagedata import missing, said, zone_name
from maps.wording import rule_titles, town_names
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from layers.results import Results
    from maps.styles import Kind, Style

GROUPS: Final = ("towns", "pieces", "limits", "projects", "greenways", "places", "checks")
"""Groups in the order of the tree; all but the last are those of ``map.html``."""
_GROUP: Final = {
    "town": "towns", "piece": "pieces", "expansion_boundary": "limits", "farmland": "limits", "redline": "limits",
    "construction_area": "places", "county_boundary": "places", "town_boundary": "places", "planned_area": "places",
    "village": "places",
}  # fmt: skip
_HIDDEN: Final = frozenset({
    "farmland", "expansion_boundary", "village", "town_boundary", "planned_area", "project", "project_state", "renewal_project_state",
    "street_state", "cleanup_site_state", "reception_hall_state",
})  # fmt: skip
_STACK: Final = (
    "town_boundary", "other", "pilot", "expansion_boundary", "farmland", "town", "special", "redline", "planned_area",
    "construction_area", "county_boundary",
)  # fmt: skip
"""Layers of areas from the lowest up; other areas lie on these, then lines, then points."""
_CODES: Final = {
    "verdict": ("verdict-",), "programme": ("programme-",), "level": ("level-", "map-greenway-"),
    "status": ("map-status-",), "state": ("map-state-",), "zone_kind": ("map-zone-",), "type": ("plans-type-",),
    "severity": ("severity-",), "measure": ("measure-",), "excluded_because": ("projects-why-",),
    "counted": ("export-counted-",), "role": ("role-",),
}  # fmt: skip
"""Columns that hold codes, and what the catalogue calls these by."""
_TOWN_IDS: Final = ("town_id", "host_town_id", "town_found")


class Entry(NamedTuple):
    """One layer of a tree.

    Attributes
    ----------
    key
        Its name, unique, ASCII.
    group
        One of `GROUPS`.
    layer
        The layer of ``results.gpkg`` that it shows.
    kind
        The kind of geometry that it shows of it.
    label
        What it is called.
    shown
        Whether it shows at first.
    style
        How it is drawn, with the parts that there are features for.
    rows
        Which features of the layer it shows.
    subset
        The same as a condition of SQL; empty for all.
    """

    key: str
    group: str
    layer: str
    kind: Kind
    label: str
    shown: bool
    style: Style
    rows: np.ndarray
    subset: str = ""


def frames(results: Results) -> dict[str, gpd.GeoDataFrame]:
    """The layers of results by their names in ``results.gpkg``, as `layers.results.layers` gives them; no empty ones."""
    return {name: frame for name, frame in layers(results).items() if len(frame)}


def entries(results: Results, tables: Mapping[str, gpd.GeoDataFrame], lang: Lang) -> list[Entry]:
    """Return the layers in the order of the tree.

    Towns are split into special, pilot and other ones, pieces by rule, and layers of several kinds of geometry by
    kind.

    Parameters
    ----------
    results
        What is shown.
    tables
        Its `frames`.
    lang
        Language of names and legends.
    """
    found: list[Entry] = []
    for name, frame in tables.items():
        kinds = styles.kinds(frame)
        if name == "town":
            found += _towns(frame, lang)
        elif name == "piece":
            found += _pieces(frame, rule_titles(results, lang), lang)
        else:
            found += [_entry(name, frame, kind, lang, several=len(kinds) > 1) for kind in kinds]
    order = {group: place for place, group in enumerate(GROUPS)}
    return sorted(found, key=lambda entry: order[entry.group])


def stacked(found: list[Entry]) -> list[Entry]:
    """Return the layers as they lie on each other, the topmost first."""
    kinds = {"marker": 0, "line": 1, "fill": 2}

    def height(entry: Entry) -> tuple[int, int]:
        name = entry.key if entry.key in _STACK else entry.layer
        return kinds[entry.kind], -_STACK.index(name) if name in _STACK else -len(_STACK)

    return sorted(found, key=height)


def alias(column: str, lang: Lang) -> str:
    """What a column is called; its own name where nothing is known."""
    known = (f"export-column-{column}", f"projects-{column}")
    return next((text(code, lang) for code in known if code in catalogue()), column)


def coded(results: Results, layer: str, frame: gpd.GeoDataFrame, column: str, lang: Lang) -> dict[str, str]:
    """What the codes in a column of a layer are called, in the order of the column; none where it holds no codes."""
    if frame[column].dtype == bool:
        return {}
    values = [str(value) for value in pd.unique(frame[column].astype(object)) if not missing(value)]
    names: Mapping[str, str] = {}
    if column in _TOWN_IDS:
        names = town_names(results, lang)
    elif column == "rule":
        names = rule_titles(results, lang)
    elif column == "zone":
        names = {value: zone_name(value, lang) for value in values}
    elif column == "kind" and layer == "land_change":
        names = {value: said(value, lang, "sheets-change-") for value in values}
    else:
        for prefix in _CODES.get(column, ()):
            known = {value: said(value, lang, prefix) for value in values}
            names = {**known, **{value: name for value, name in names.items() if name != value}}
    return {value: names.get(value, value) for value in values} if names else {}


def columns(frame: gpd.GeoDataFrame) -> list[str]:
    """Names of the attributes of a layer, as ``results.gpkg`` has them."""
    return [str(name) for name in frame.columns if name != "geometry"]


def _group(layer: str) -> str:
    if layer in styles.STATED or layer.startswith("project"):
        return "projects"
    if layer.startswith("greenway"):
        return "greenways"
    return _GROUP.get(layer, "checks")


def _entry(name: str, frame: gpd.GeoDataFrame, kind: Kind, lang: Lang, *, several: bool) -> Entry:
    rows = frame.geom_type.map(styles.KINDS).eq(kind).to_numpy()
    label = styles.layer_name(name, lang)
    key = name
    if several:
        key, label = f"{name}_{kind}", text(f"export-kind-{kind}", lang, layer=label)
    group = _group(name)
    return Entry(
        key, group, name, kind, label, name not in _HIDDEN and group != "checks",
        _present(styles.style(name, kind, lang), frame[rows]), rows,
    )  # fmt: skip


def _towns(frame: gpd.GeoDataFrame, lang: Lang) -> list[Entry]:
    programme = frame["programme"].astype(object)
    found = []
    for kind in ("special", "pilot", "other"):
        rows = (programme.isna() if kind == "other" else programme.eq(kind)).to_numpy()
        rows = rows & styles.drawn(frame)
        if not rows.any():
            continue
        subset = '"programme" IS NULL' if kind == "other" else f"\"programme\" = '{kind}'"
        style = _present(styles.style("town", "fill", lang), frame[rows])
        if kind == "other":
            label = text("map-layer-other", lang)
            style = style._replace(parts=(style.parts[-1]._replace(look=NEUTRAL, label=label),))
        found.append(
            Entry(kind, "towns", "town", "fill", text(f"map-layer-{kind}", lang), shown=True, style=style, rows=rows,
                  subset=subset)
        )  # fmt: skip
    return found


def _pieces(frame: gpd.GeoDataFrame, titles: Mapping[str, str], lang: Lang) -> list[Entry]:
    """Pieces of each rule, then slivers of all."""
    slivers = frame["sliver"].astype(bool).to_numpy()
    found = []
    for rule in frame["rule"][~slivers].unique():
        rows = (frame["rule"] == rule).to_numpy() & ~slivers
        clause = str(frame["clause"][rows].iloc[0])
        said_rule = str(rule).replace("'", "''")
        subset = f'"rule" = \'{said_rule}\' AND NOT "sliver"'
        style = _present(styles.style("piece", "fill", lang), frame[rows])
        found.append(
            Entry(f"piece-{rule}", "pieces", "piece", "fill", f"{clause} {titles.get(rule, rule)}", shown=True,
                  style=style, rows=rows, subset=subset)
        )  # fmt: skip
    if slivers.any():
        label = text("map-layer-sliver", lang)
        part = styles.Part((), PIECES["sliver"], label, 0.9)
        found.append(
            Entry("piece-sliver", "pieces", "piece", "fill", label, shown=False, style=styles.Style("fill", (part,)),
                  rows=slivers, subset='"sliver"')
        )  # fmt: skip
    return found


def _present(style: Style, frame: gpd.GeoDataFrame) -> Style:
    """The style with those parts alone that there are features for; one that takes all others stays if any are left."""
    left = np.ones(len(frame), dtype=bool)
    parts = []
    for part in style.parts:
        here = left.copy()
        for column, values in part.where:
            cells: Any = (
                frame[column].astype(object) if column in frame else pd.Series(None, index=frame.index)
            )
            here &= cells.isin(list(values)).to_numpy()
        if here.any():
            parts.append(part)
        left &= ~here
    return style._replace(parts=tuple(parts) or style.parts[-1:])
