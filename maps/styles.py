"""QGIS styles: each layer of ``results.gpkg`` opens in the colours of the map, in its legend's words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from maps.colors import (
    ACCESS,
    GAP,
    GREENWAYS,
    LIMITS,
    LINK,
    NEUTRAL,
    PIECES,
    PROJECT_STATES,
    REACH,
    VERDICTS,
    ZONE_KINDS,
    Look,
)
from maps.pagedata import verdict_labels
from maps.sheets import FONTS
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.results import Results

TABLE = "layer_styles"
_MOMENT = "1980-01-01T00:00:00.000Z"
_CREATE = (
    f'CREATE TABLE "{TABLE}" ("id" INTEGER PRIMARY KEY NOT NULL, "f_table_catalog" TEXT(256), '
    '"f_table_schema" TEXT(256), "f_table_name" TEXT(256), "f_geometry_column" TEXT(256), "styleName" TEXT(30), '
    '"styleQML" TEXT, "styleSLD" TEXT, "useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), '
    '"ui" TEXT(30), "update_time" DATETIME)'
)


class Part(NamedTuple):
    """One entry of a legend: which features (a QGIS filter; empty: all others), how drawn, and its words."""

    filter: str
    look: Look
    label: str
    opacity: float = 1.0
    width: float = 0.3
    dash: str = "solid"


class Style(NamedTuple):
    """How a layer is drawn: geometry kind, legend, and the column of its labels."""

    kind: str
    parts: tuple[Part, ...]
    label: str = ""


def qml(layer: str, results: Results, lang: Lang) -> str | None:
    """Return the QGIS style of a layer as QML, or None for a layer that has none.

    Parameters
    ----------
    layer
        Name of the layer in ``results.gpkg``.
    results
        What the layer is part of.
    lang
        Language of the legend.
    """
    style = _style(layer, lang)
    return None if style is None else _document(style, lang, results)


def write_styles(gpkg_path: Path, results: Results, lang: Lang) -> None:
    """Put a style for each layer into the GeoPackage, as its default; earlier ones are replaced.

    The same layers give the same bytes.

    Parameters
    ----------
    gpkg_path
        ``results.gpkg``.
    results
        What it holds.
    lang
        Language of the legends.
    """
    with closing(sqlite3.connect(gpkg_path)) as base:
        columns = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns ORDER BY 1"))
        rows = [
            (place, name, columns[name], style)
            for place, name in enumerate(columns, 1)
            if (style := qml(name, results, lang)) is not None
        ]
        with base:
            base.execute(f'DROP TABLE IF EXISTS "{TABLE}"')
            base.execute(_CREATE)
            base.executemany(
                f"INSERT INTO \"{TABLE}\" VALUES (?, '', '', ?, ?, 'liangzhen', ?, '', 1, '', '', NULL, ?)",  # noqa: S608 - a constant
                [(*row, _MOMENT) for row in rows],
            )
            base.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (TABLE,))
            base.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
                "VALUES (?, 'attributes', ?, '', ?, 0)",
                (TABLE, TABLE, _MOMENT),
            )
        base.execute("VACUUM")


def _style(layer: str, lang: Lang) -> Style | None:
    """The style of a layer by its name."""
    issue = Part("", Look("#ffffff", "#b00020"), text("style-issue", lang), width=2.6)
    styles = {
        "town": Style("fill", _verdicts(lang), "name"),
        "piece": Style("fill", _pieces(lang)),
        "expansion_boundary": Style("fill", _kinds(ZONE_KINDS, "zone_kind", "map-zone", lang, opacity=0.6)),
        "project": Style("marker", _kinds(PROJECT_STATES, "state", "map-state", lang, width=3.0)),
        "greenway_edge": Style("line", _kinds(GREENWAYS, "level", "map-greenway", lang, width=0.9)),
        "greenway_link": Style("line", (Part("", LINK, text("map-greenway-link", lang), width=0.6),)),
        "greenway_gap": Style("line", (Part("", GAP, text("map-greenway-gap", lang), width=1.4),)),
        "greenway_access": Style("marker", (Part("", ACCESS, text("map-greenway-access", lang), width=2.0),)),
        "greenway_place": Style("marker", _kinds(REACH, "state", "map-place", lang, width=2.2)),
        "greenway": Style("line", _kinds(GREENWAYS, "level", "map-greenway", lang, width=0.9)),
        "issue": Style("marker", (issue,)),
    }
    return styles.get(layer) or _limit(layer, lang)


def _limit(layer: str, lang: Lang) -> Style | None:
    """Boundaries and limits: one symbol each."""
    if layer not in LIMITS:
        return None
    look, label = LIMITS[layer], text(f"map-layer-{layer}", lang)
    if layer == "village":
        return Style("marker", (Part("", look, label, width=1.8),), "name")
    opacity = {"farmland": 0.5, "redline": 0.5, "construction_area": 0.5}.get(layer, 0.0)
    width = {"county_boundary": 0.8, "planned_area": 0.7, "town_boundary": 0.3}.get(layer, 0.4)
    dash = "dash" if layer == "planned_area" else "solid"
    return Style("fill", (Part("", look, label, opacity, width, dash),))


def _verdicts(lang: Lang) -> tuple[Part, ...]:
    labels = verdict_labels(lang)
    known = [
        Part(f"\"verdict\" = '{verdict}'", look, f"{look.sign} {labels[verdict]}", 0.75)
        for verdict, look in VERDICTS.items()
    ]
    return (*known, Part("", NEUTRAL, text("style-none", lang), 0.4))


def _pieces(lang: Lang) -> tuple[Part, ...]:
    """Pieces by zone, slivers apart: no zone and the conditional zone are not held against a town like the rest."""
    real = 'NOT "sliver" AND "zone"'
    return (
        Part('"sliver"', PIECES["sliver"], text("style-sliver", lang), 0.9),
        Part(f"{real} IN ('conditional', '020', '021')", PIECES["warning"], text("style-piece-conditional", lang), 0.85),
        Part(f"{real} = 'no_zone'", PIECES["no data"], text("style-piece-no-zone", lang), 0.85),
        Part("", PIECES["fail"], text("style-piece", lang), 0.85),
    )  # fmt: skip


def _kinds(
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
        chosen = "" if rest else f"\"{column}\" = '{value}'"
        parts.append(Part(chosen, look, text(f"{prefix}-{value}", lang), opacity, width))
    if all(part.filter for part in parts):
        parts.append(Part("", NEUTRAL, text("style-other", lang), opacity, width))
    return tuple(parts)


def _document(style: Style, lang: Lang, results: Results) -> str:
    root = Element(
        "qgis",
        version="3.22.0",
        styleCategories="Symbology|Labeling|Notes",
        labelsEnabled=str(int(bool(style.label))),
    )
    if len(style.parts) == 1:
        renderer = SubElement(root, "renderer-v2", type="singleSymbol", enableorderby="0", symbollevels="0")
    else:
        renderer = SubElement(root, "renderer-v2", type="RuleRenderer", enableorderby="0", symbollevels="0")
        rules = SubElement(renderer, "rules", key="{rules}")
        for place, part in enumerate(style.parts):
            SubElement(
                rules, "rule", key=f"{{rule-{place}}}", symbol=str(place), label=part.label,
                filter=part.filter or "ELSE",
            )  # fmt: skip
    symbols = SubElement(renderer, "symbols")
    for place, part in enumerate(style.parts):
        _symbol(symbols, style.kind, str(place), part)
    if style.label:
        _labels(root, style, lang)
    note = text("fact-demo-note", lang) if results.demo else results.title
    SubElement(root, "userNotes", value=note)
    indent(root)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        + tostring(root, encoding="unicode")
        + "\n"
    )


def _symbol(parent: Element, kind: str, name: str, part: Part) -> None:
    symbol = SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    if kind == "fill":
        brush = "solid" if part.opacity else "no"
        _layer(
            symbol, "SimpleFill", color=_rgba(part.look.fill, part.opacity), style=brush,
            outline_color=_rgba(part.look.line), outline_style=part.dash, outline_width=f"{part.width:g}",
            outline_width_unit="MM", joinstyle="round",
        )  # fmt: skip
    elif kind == "line":
        _layer(
            symbol,
            "SimpleLine",
            line_color=_rgba("#ffffff"),
            line_width=f"{part.width + 0.6:g}",
            capstyle="round",
            joinstyle="round",
        )
        _layer(
            symbol,
            "SimpleLine",
            line_color=_rgba(part.look.line),
            line_width=f"{part.width:g}",
            capstyle="round",
            joinstyle="round",
        )
    else:
        _layer(
            symbol, "SimpleMarker", name="circle", color=_rgba(part.look.fill), outline_color=_rgba(part.look.line),
            outline_width="0.3", size=f"{part.width:g}", size_unit="MM",
        )  # fmt: skip


def _layer(symbol: Element, kind: str, **options: str) -> None:
    layer = SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    listed = SubElement(layer, "Option", type="Map")
    for key, value in options.items():
        SubElement(listed, "Option", type="QString", name=key, value=value)


def _labels(root: Element, style: Style, lang: Lang) -> None:
    """Names with a pale halo, in the middle of areas, beside points."""
    labeling = SubElement(root, "labeling", type="simple")
    settings = SubElement(labeling, "settings")
    written = SubElement(
        settings, "text-style", fieldName=style.label, fontFamily=FONTS[lang], fontSize="9",
        fontSizeUnit="Point", textColor=_rgba("#1f2328"), textOpacity="1", isExpression="0",
    )  # fmt: skip
    SubElement(
        written, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM",
        bufferColor=_rgba("#ffffff"), bufferOpacity="0.9",
    )  # fmt: skip
    SubElement(
        settings, "placement", placement="0" if style.kind == "marker" else "1", centroidInside="1", dist="1"
    )


def _rgba(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"
