"""Layers of the map that say what the greenways reach, where they are broken, and what to build next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maps import pagedata, shapes
from maps.colors import ACCESS, GAP, LINK, REACH
from maps.tree_layer import Layer, drawn_as
from spatial.greenway_lines import column, is_open, level
from spatial.messages import Lang, text

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.results import Results

BUDGET = 30_000


def classes(results: Results) -> Any:
    """Class of each greenway: its level, or ``planned`` where it is not open at the quarter judged."""
    frame = results.context["greenway"]
    found = level(column(frame, "level"))
    quarter = results.provenance.get("as_of")
    return found.mask(~is_open(frame, str(quarter)), "planned") if quarter else found


def reach_layers(results: Results, names: list[str], lang: Lang) -> list[Layer]:
    """Missing links, gaps, entrances, and places by whether they are reached; `names` collects hover texts."""
    known = results.context
    found = []
    if (frame := known.get("greenway_link")) is not None and len(frame):
        look = {**drawn_as(LINK, kind="line", weight=2), "dash": "6 5"}
        found.append(_layer("link", frame, look, _texts(_link_words(frame, lang), names), lang))
    if (frame := known.get("greenway_gap")) is not None and len(frame):
        found.append(
            _layer("gap", frame, drawn_as(GAP, kind="line", weight=6), [{"n": -1}] * len(frame), lang)
        )
    if (frame := known.get("greenway_access")) is not None and len(frame):
        found.append(_layer("access", frame, drawn_as(ACCESS, kind="point"), [{"n": -1}] * len(frame), lang))
    places = known.get("greenway_place")
    if places is None:
        return found
    for state, colors in REACH.items():
        part = places[places["state"] == state]
        if len(part):
            data = shapes.features(part, _texts(_place_words(part, lang), names), budget=BUDGET)
            label, look = text(f"map-place-{state}", lang), drawn_as(colors, kind="point")
            found.append(Layer(f"place-{state}", "greenways", label, look, False, len(part), data, "places"))  # noqa: FBT003
    return found


def _layer(
    name: str, frame: gpd.GeoDataFrame, look: dict[str, Any], keys: list[dict[str, int]], lang: Lang
) -> Layer:
    data, label = shapes.features(frame, keys, budget=BUDGET), text(f"map-greenway-{name}", lang)
    pane = "places" if look["kind"] == "point" else "greenways"
    return Layer(f"greenway-{name}", "greenways", label, look, False, len(frame), data, pane)  # noqa: FBT003


def _place_words(frame: gpd.GeoDataFrame, lang: Lang) -> list[str]:
    """Name of each place, whether it is reached, and how far it is."""
    unknown = text("no-number", lang)

    def metres(value: Any) -> str:
        return unknown if pagedata.missing(value) else f"{float(value):,.0f}"

    return [
        text(
            "map-place-hover", lang, name="" if pagedata.missing(row["name"]) else row["name"],
            state=text(f"greenways-state-{row['state']}", lang), walk=metres(row["walk_m"]), line=metres(row["line_m"]),
        )
        for row in frame.drop(columns="geometry").to_dict("records")
    ]  # fmt: skip


def _link_words(frame: gpd.GeoDataFrame, lang: Lang) -> list[str]:
    """Which link it is, how long, and what it gains."""
    return [
        text(
            "map-link-hover", lang, order=int(row["order"]), km=float(row["length_m"]) / 1000,
            places=text("map-link-none", lang) if pagedata.missing(row["places"]) else row["places"],
        )
        for row in frame.drop(columns="geometry").to_dict("records")
    ]  # fmt: skip


def _texts(words: list[str], names: list[str]) -> list[dict[str, int]]:
    """Properties that point to the hover texts."""
    first = len(names)
    names += words
    return [{"n": first + at} for at in range(len(words))]
