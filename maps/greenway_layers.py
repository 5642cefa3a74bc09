"""Layers of the map that say what the greenways reach, where they are broken, and what to build next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from maps import pagedata, shapes
from maps.colors import ACCESS, CROSSING, GAP, LINK, REACH
from maps.drawn_layer import BUDGET, NO_NAME, Layer, both, look
from spatial.greenway_lines import column, is_open, level
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from layers.results import Results
    from maps.colors import Look

LINKS, PLACES, CROSSINGS = "greenway_link", "greenway_place", "greenway_crossing"
ITEMS = (LINKS, PLACES, CROSSINGS)
"""Layers of which the page says something for each feature."""
DRAWN = (*ITEMS, "greenway_edge", "greenway_gap", "greenway_access")
"""All layers of the study of greenways; the edges are the greenways themselves, in pieces."""


def classes(results: Results) -> Any:
    """Class of each greenway: its level, or ``planned`` where it is not open at the quarter judged."""
    frame = results.context["greenway"]
    found = level(column(frame, "level"))
    quarter = results.provenance.get("as_of")
    return found.mask(~is_open(frame, str(quarter)), "planned") if quarter else found


def reach_layers(results: Results) -> list[Layer]:
    """Missing links, gaps, entrances, places by whether they are reached, and crossings by what is crossed."""
    known = results.context
    looks = {
        LINKS: {**look(LINK, kind="line", weight=2), "dash": "6 5", "items": LINKS},
        "greenway_gap": look(GAP, kind="line", weight=6),
        "greenway_access": look(ACCESS, kind="point"),
    }
    found = [
        _layer(known[name], name.replace("_", "-"), both(f"map-{name.replace('_', '-')}"), own)
        for name, own in looks.items()
        if name in known and len(known[name])
    ]
    return [
        *found,
        *_by(results, PLACES, "state", REACH, "place"),
        *_by(results, CROSSINGS, "kind", CROSSING, "crossing"),
    ]


def _by(results: Results, role: str, what: str, looks: Mapping[str, Look], key: str) -> list[Layer]:
    """Layers of the points of a role, one for each value of a column."""
    frame = results.context.get(role)
    if frame is None:
        return []
    found = []
    for value, colors in looks.items():
        here = np.flatnonzero((frame[what] == value).to_numpy()).tolist()
        if here:
            own = {**look(colors, kind="point"), "items": role}
            found.append(_layer(frame.iloc[here], f"{key}-{value}", both(f"map-{key}-{value}"), own, here))
    return found


def items(frame: gpd.GeoDataFrame, role: str, lang: Lang) -> list[dict[str, Any]]:
    """What the page says of each link, place or crossing."""
    told = {PLACES: _place, LINKS: _link, CROSSINGS: _crossing}[role]
    rows = []
    for row in frame.drop(columns="geometry").to_dict(orient="records"):
        name = row.get("name")
        said = {"lines": told(row, lang)}
        rows.append(said if pagedata.missing(name) else {**said, "name": str(name)})
    return rows


def _layer(
    frame: gpd.GeoDataFrame, key: str, label: dict[Lang, str], own: dict[str, Any], places: list[int] | None = None
) -> Layer:  # fmt: skip
    named = "items" in own
    numbers = (list(range(len(frame))) if places is None else places) if named else [NO_NAME] * len(frame)
    data = shapes.packed(frame, "i" if named else "n", numbers, budget=BUDGET)
    pane = "places" if own["kind"] == "point" else "greenways"
    return Layer(key, "greenways", label, own, shown=False, number=len(frame), data=data, pane=pane)


def _place(row: dict[str, Any], lang: Lang) -> list[list[str]]:
    """Whether a place is reached, and how far it is."""
    unknown = text("no-number", lang)
    far = [(name, pagedata.number(row[name], "m", lang) or unknown) for name in ("walk_m", "line_m")]
    told = [
        ("kind", text(f"greenways-kind-{row['kind']}", lang)),
        ("state", text(f"greenways-state-{row['state']}", lang)),
        *far,
    ]
    return [[text(f"greenways-{name}", lang), value] for name, value in told]


def _link(row: dict[str, Any], lang: Lang) -> list[list[str]]:
    """Which link it is, how long, and what it gains."""
    places = text("map-link-none", lang) if pagedata.missing(row["places"]) else str(row["places"])
    told = (
        ("order", str(int(row["order"]))),
        ("length_m", pagedata.number(row["length_m"], "m", lang)),
        ("places", places),
    )
    return [[text(f"greenways-{name}", lang), value] for name, value in told]


def _crossing(row: dict[str, Any], lang: Lang) -> list[list[str]]:
    """Whether the two are on one level."""
    level = "unknown" if pagedata.missing(row["level"]) else "apart" if row["level"] else "same"
    return [[text("map-crossing-level", lang), text(f"map-crossing-{level}", lang)]]
