"""How each layer of the results is drawn by other programs: one table for QGIS styles, QGIS projects and SLD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from maps.colors import (
    ACCESS,
    CHANGES,
    GAP,
    GREENWAYS,
    GROWTH,
    LIMITS,
    LINK,
    NEUTRAL,
    PIECES,
    PLAN_DIFFERENCES,
    PROJECT_STATES,
    REACH,
    STUDIES,
    VERDICTS,
    ZONE_KINDS,
    Look,
)
from maps.pagedata import verdict_labels
from spatial.greenway_lines import LEVEL_WORDS
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np

Kind = Literal["fill", "line", "marker"]

KINDS: Final[dict[str, Kind]] = {
    "Point": "marker", "MultiPoint": "marker", "LineString": "line", "MultiLineString": "line", "LinearRing": "line",
    "Polygon": "fill", "MultiPolygon": "fill",
}  # fmt: skip
"""How geometries are drawn, by their type."""
STATED: Final = (
    "project", "project_state", "renewal_project_state", "street_state", "cleanup_site_state", "reception_hall_state",
)  # fmt: skip
"""Layers that are drawn by the state that a project or site is in."""
_GREENWAYS: Final = {"greenway_link": LINK, "greenway_gap": GAP, "greenway_access": ACCESS}


class Where(NamedTuple):
    """Features whose `column` holds one of `values`."""

    column: str
    values: tuple[str | bool, ...]


class Part(NamedTuple):
    """One entry of a legend: which features (all of `where`; of none: all others), how drawn, and its words."""

    where: tuple[Where, ...]
    look: Look
    label: str
    opacity: float = 1.0
    width: float = 0.3
    dash: str = "solid"


class Style(NamedTuple):
    """How a layer is drawn: geometry kind, legend, and the column of its labels."""

    kind: Kind
    parts: tuple[Part, ...]
    label: str = ""


def drawn(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Which features of a layer have a geometry."""
    there: np.ndarray = ~(frame.geometry.is_empty | frame.geometry.isna()).to_numpy()
    return there


def kinds(frame: gpd.GeoDataFrame) -> list[Kind]:
    """The kinds of geometry in a layer, areas first; none where nothing is drawn."""
    found = {KINDS[name] for name in frame.geom_type[drawn(frame)].unique() if name in KINDS}
    order: tuple[Kind, ...] = ("fill", "line", "marker")
    return [kind for kind in order if kind in found]


def layer_name(layer: str, lang: Lang) -> str:
    """What a layer of the results is called."""
    known = (f"export-layer-{layer}", f"map-layer-{layer}", f"role-{layer}")
    return next((text(code, lang) for code in known if code in catalogue()), layer)


def style(layer: str, kind: Kind, lang: Lang) -> Style:
    """Return how a layer is drawn; one without a style of its own in grey.

    Parameters
    ----------
    layer
        Name of the layer in ``results.gpkg``.
    kind
        Kind of the geometries to be drawn.
    lang
        Language of the legend.
    """
    if layer in STATED:
        width = 3.0 if kind == "marker" else 0.3 if kind == "fill" else 0.7
        opacity = 0.6 if kind == "fill" else 1.0
        return Style(kind, _classes(PROJECT_STATES, "state", "map-state", lang, opacity=opacity, width=width))
    styles = {
        "town": lambda: Style("fill", _verdicts(lang), "name"),
        "piece": lambda: Style("fill", _pieces(lang)),
        "expansion_boundary": lambda: Style(
            "fill", _classes(ZONE_KINDS, "zone_kind", "map-zone", lang, opacity=0.6)
        ),
        "greenway": lambda: Style("line", _greenways(lang)),
        "greenway_edge": lambda: Style("line", _greenways(lang)),
        "greenway_place": lambda: Style(
            "marker", _classes(REACH, "state", "map-place", lang, width=2.2), "name"
        ),
        "land_change": lambda: Style("fill", _changes(lang)),
        "built_up_growth": lambda: Style("fill", _classes(GROWTH, "kind", "map-growth", lang, opacity=0.8)),
        "plan_difference": lambda: Style(
            "fill", _classes(PLAN_DIFFERENCES, "type", "plans-type", lang, opacity=0.75)
        ),
    }
    made = styles[layer]() if layer in styles else _single(layer, kind, lang)
    return made if made.kind == kind else made._replace(kind=kind)


def _single(layer: str, kind: Kind, lang: Lang) -> Style:
    """Boundaries, limits and whatever has no classes: one symbol each."""
    label = layer_name(layer, lang)
    if layer == "issue":
        width = 2.6 if kind == "marker" else 0.6
        return Style(
            kind,
            (
                Part(
                    (), Look("#ffffff", "#b00020"), text("style-issue", lang), float(kind == "marker"), width
                ),
            ),
        )
    look = LIMITS.get(layer) or _GREENWAYS.get(layer) or STUDIES.get(layer, NEUTRAL)
    if kind == "marker":
        return Style(kind, (Part((), look, label, width=1.8),), "name" if layer == "village" else "")
    opacity = {"farmland": 0.5, "redline": 0.5, "construction_area": 0.5}.get(
        layer, 0.0 if layer in LIMITS else 0.6
    )
    width = {"county_boundary": 0.8, "planned_area": 0.7, "town_boundary": 0.3}.get(layer, 0.4)
    dash = "dash" if layer == "planned_area" else "solid"
    return Style(kind, (Part((), look, label, opacity, width, dash),))


def _verdicts(lang: Lang) -> tuple[Part, ...]:
    labels = verdict_labels(lang)
    known = [
        Part((Where("verdict", (verdict,)),), look, f"{look.sign} {labels[verdict]}", 0.75)
        for verdict, look in VERDICTS.items()
    ]
    return (*known, Part((), NEUTRAL, text("style-none", lang), 0.4))


def _pieces(lang: Lang) -> tuple[Part, ...]:
    """Pieces by zone, slivers apart: no zone and the conditional zone are not held against a town like the rest."""
    real = Where("sliver", (False,))
    conditional = Where("zone", ("conditional", "020", "021"))
    return (
        Part((Where("sliver", (True,)),), PIECES["sliver"], text("style-sliver", lang), 0.9),
        Part((real, conditional), PIECES["warning"], text("style-piece-conditional", lang), 0.85),
        Part((real, Where("zone", ("no_zone",))), PIECES["no data"], text("style-piece-no-zone", lang), 0.85),
        Part((), PIECES["fail"], text("style-piece", lang), 0.85),
    )


def _greenways(lang: Lang) -> tuple[Part, ...]:
    """Greenways by level, as a layer writes it or as its Chinese name."""
    parts = _classes(GREENWAYS, "level", "map-greenway", lang, width=0.9)
    return tuple(
        part._replace(
            where=tuple(
                Where(
                    column,
                    (
                        *values,
                        *(word for word, level in LEVEL_WORDS.items() if level in values and word != level),
                    ),
                )
                for column, values in part.where
            )
        )
        for part in parts
    )


def _changes(lang: Lang) -> tuple[Part, ...]:
    parts = _classes(CHANGES, "kind", "sheets-change", lang, opacity=0.85)
    sliver, solid = (Where("sliver", (value,)) for value in (True, False))
    return (
        Part((sliver,), PIECES["sliver"], text("style-sliver", lang), 0.9),
        *(part._replace(where=(solid, *part.where)) if part.where else part for part in parts),
    )


def _classes(
    looks: Mapping[str, Look],
    column: str,
    prefix: str,
    lang: Lang,
    *,
    opacity: float = 1.0,
    width: float = 0.3,
) -> tuple[Part, ...]:
    """One entry for each value of a column; the last of `looks` (other, unknown) takes the rest."""
    parts = []
    for value, look in looks.items():
        rest = value in {"other", "unknown"}
        chosen = () if rest else (Where(column, (value,)),)
        parts.append(Part(chosen, look, text(f"{prefix}-{value}", lang), opacity, width))
    if all(part.where for part in parts):
        parts.append(Part((), NEUTRAL, text("style-other", lang), opacity, width))
    return tuple(parts)
