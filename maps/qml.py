"""Styles as QGIS keeps them: QML, as files, in the GeoPackage's ``layer_styles`` and inside project files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from lxml import etree
from lxml.etree import SubElement

from maps import sld, styles
from maps.sheets import FONTS
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from pathlib import Path

    from lxml.etree import _Element as Element

    from layers.results import Results
    from maps.styles import Part, Style, Where

TABLE = "layer_styles"
VERSION = "3.22.0"
"""The oldest QGIS that the files are written for; later ones read them."""
_MOMENT = "1980-01-01T00:00:00.000Z"
_CREATE = (
    f'CREATE TABLE "{TABLE}" ("id" INTEGER PRIMARY KEY NOT NULL, "f_table_catalog" TEXT(256), '
    '"f_table_schema" TEXT(256), "f_table_name" TEXT(256), "f_geometry_column" TEXT(256), "styleName" TEXT(30), '
    '"styleQML" TEXT, "styleSLD" TEXT, "useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), '
    '"ui" TEXT(30), "update_time" DATETIME)'
)
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"


def qml(layer: str, kind: styles.Kind, results: Results, lang: Lang) -> str:
    """Return the QGIS style of a layer as QML.

    Parameters
    ----------
    layer
        Name of the layer in ``results.gpkg``.
    kind
        Kind of its geometries.
    results
        What the layer is part of.
    lang
        Language of the legend.
    """
    style = styles.style(layer, kind, lang)
    root = etree.Element(
        "qgis", version=VERSION, styleCategories="Symbology|Labeling|Notes", labelsEnabled=str(int(bool(style.label)))
    )  # fmt: skip
    drawn(root, style, lang)
    SubElement(root, "userNotes", value=text("fact-demo-note", lang) if results.demo else results.title)
    etree.indent(root)
    return f"{_DOCTYPE}\n{etree.tostring(root, encoding='unicode')}\n"


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
    frames = {"town": results.towns, "piece": results.pieces, **results.context}
    with closing(sqlite3.connect(gpkg_path)) as base:
        columns = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns ORDER BY 1"))
        rows = []
        for place, (name, column) in enumerate(columns.items(), 1):
            found = styles.kinds(frames[name]) if name in frames else []
            kind = found[-1] if found else "marker" if name == "issue" else "fill"
            rows.append(
                (
                    place,
                    name,
                    column,
                    qml(name, kind, results, lang),
                    sld.sld(name, styles.style(name, kind, lang)),
                )
            )
        with base:
            base.execute(f'DROP TABLE IF EXISTS "{TABLE}"')
            base.execute(_CREATE)
            base.executemany(
                f"INSERT INTO \"{TABLE}\" VALUES (?, '', '', ?, ?, 'liangzhen', ?, ?, 1, '', '', NULL, ?)",  # noqa: S608 - a constant
                [(*row, _MOMENT) for row in rows],
            )
            base.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (TABLE,))
            base.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
                "VALUES (?, 'attributes', ?, '', ?, 0)",
                (TABLE, TABLE, _MOMENT),
            )
        base.execute("VACUUM")


def expression(where: tuple[Where, ...]) -> str:
    """Return the QGIS expression of some conditions."""
    return " AND ".join(_condition(column, values) for column, values in where)


def _condition(column: str, values: tuple[str | bool, ...]) -> str:
    if isinstance(values[0], bool):
        return f'"{column}"' if values[0] else f'NOT "{column}"'
    said = ["'" + str(value).replace("'", "''") + "'" for value in values]
    return f'"{column}" = {said[0]}' if len(said) == 1 else f'"{column}" IN ({", ".join(said)})'


def drawn(root: Element, style: Style, lang: Lang) -> None:
    """Append renderer and labels of a style to a QML document or a layer of a project."""
    if len(style.parts) == 1:
        renderer = SubElement(root, "renderer-v2", type="singleSymbol", enableorderby="0", symbollevels="0")
    else:
        renderer = SubElement(root, "renderer-v2", type="RuleRenderer", enableorderby="0", symbollevels="0")
        rules = SubElement(renderer, "rules", key="{rules}")
        for place, part in enumerate(style.parts):
            SubElement(
                rules, "rule", key=f"{{rule-{place}}}", symbol=str(place), label=part.label,
                filter=expression(part.where) or "ELSE",
            )  # fmt: skip
    symbols = SubElement(renderer, "symbols")
    for place, part in enumerate(style.parts):
        _symbol(symbols, style.kind, str(place), part)
    if style.label:
        _labels(root, style, lang)


def _symbol(parent: Element, kind: str, name: str, part: Part) -> None:
    symbol = SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    if kind == "fill":
        _layer(
            symbol, "SimpleFill", color=rgba(part.look.fill, part.opacity), style="solid" if part.opacity else "no",
            outline_color=rgba(part.look.line), outline_style=part.dash, outline_width=f"{part.width:g}",
            outline_width_unit="MM", joinstyle="round",
        )  # fmt: skip
    elif kind == "line":
        ends = {"line_width_unit": "MM", "capstyle": "round", "joinstyle": "round"}
        _layer(symbol, "SimpleLine", line_color=rgba("#ffffff"), line_width=f"{part.width + 0.6:g}", **ends)
        _layer(symbol, "SimpleLine", line_color=rgba(part.look.line), line_width=f"{part.width:g}", **ends)
    else:
        _layer(
            symbol, "SimpleMarker", name="circle", color=rgba(part.look.fill), outline_color=rgba(part.look.line),
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
        fontSizeUnit="Point", textColor=rgba("#1f2328"), textOpacity="1", isExpression="0",
    )  # fmt: skip
    SubElement(
        written, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM",
        bufferColor=rgba("#ffffff"), bufferOpacity="0.9",
    )  # fmt: skip
    SubElement(
        settings, "placement", placement="0" if style.kind == "marker" else "1", centroidInside="1", dist="1"
    )
    SubElement(settings, "rendering", obstacle="0")  # names lie on areas, not beside them


def rgba(colour: str, opacity: float = 1.0) -> str:
    """Return a colour ``#rrggbb`` as QGIS writes it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"
