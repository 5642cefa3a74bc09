"""QGIS styles of the problems that `inspect` writes: by severity, waived ones pale, the sentence as map tip."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from maps.qml import TABLE
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from pathlib import Path

COLOURS = {"waived": "150,150,150", "error": "200,20,40", "warning": "230,140,0", "note": "60,110,170"}
_COLUMNS = ("f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML", "useAsDefault")  # fmt: skip
_TIP = '<b>[% "finding" %]</b> [% "message" %]'


def write_problem_styles(gpkg: Path, lang: Lang) -> None:
    """Put a default style for each layer of problems into the GeoPackage.

    Parameters
    ----------
    gpkg
        What `layers.problems.write_gpkg` wrote.
    lang
        Language of the legend.
    """
    with closing(sqlite3.connect(gpkg)) as base, base:
        listed = base.execute(
            "SELECT table_name, column_name FROM gpkg_geometry_columns ORDER BY 1"
        ).fetchall()
        if not listed:
            return
        base.execute(f'DROP TABLE IF EXISTS "{TABLE}"')
        base.execute(
            f'CREATE TABLE "{TABLE}" (id INTEGER PRIMARY KEY, {" TEXT, ".join(_COLUMNS[:-1])} TEXT, '
            "useAsDefault BOOLEAN, styleSLD TEXT, description TEXT, owner TEXT, ui TEXT, update_time DATETIME)"
        )
        base.executemany(
            f"INSERT INTO \"{TABLE}\" ({', '.join(_COLUMNS)}) VALUES ('', '', ?, ?, 'liangzhen', ?, 1)",  # noqa: S608 - constants
            [(name, column, problem_qml(name, lang)) for name, column in listed],
        )
        base.execute(
            "INSERT OR REPLACE INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'attributes', ?, 0)",
            (TABLE, TABLE),
        )


def problem_qml(layer: str, lang: Lang) -> str:
    """The style of a layer by the kind of geometry in its name, as QML."""
    kind = next(kind for kind in ("polygon", "line", "point") if kind in layer)
    root = Element("qgis", version="3.22.0", styleCategories="Symbology|MapTips")
    renderer = SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0")
    rules, symbols = SubElement(renderer, "rules", key="{problems}"), SubElement(renderer, "symbols")
    for place, (name, colour) in enumerate(COLOURS.items()):
        chosen = '"waived"' if name == "waived" else f'NOT "waived" AND "severity" = \'{name}\''
        label = text("style-waived" if name == "waived" else f"severity-{name}", lang)
        SubElement(rules, "rule", key=f"{{{name}}}", symbol=str(place), label=label, filter=chosen)
        _symbol(symbols, kind, str(place), colour)
    SubElement(root, "mapTip").text = _TIP
    return (
        f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{tostring(root, encoding='unicode')}\n"
    )


def _symbol(symbols: Element, kind: str, name: str, colour: str) -> None:
    types = {
        "polygon": ("fill", "SimpleFill"),
        "line": ("line", "SimpleLine"),
        "point": ("marker", "SimpleMarker"),
    }
    options = {
        "polygon": {"color": f"{colour},70", "outline_color": f"{colour},255", "outline_width": "0.5"},
        "line": {"line_color": f"{colour},255", "line_width": "0.8"},
        "point": {
            "name": "circle",
            "color": f"{colour},160",
            "outline_color": f"{colour},255",
            "size": "2.6",
        },
    }[kind]
    symbol = SubElement(symbols, "symbol", type=types[kind][0], name=name, alpha="1")
    layer = SubElement(symbol, "layer", {"class": types[kind][1], "enabled": "1", "locked": "0", "pass": "0"})
    listed = SubElement(layer, "Option", type="Map")
    for key, value in options.items():
        SubElement(listed, "Option", type="QString", name=key, value=value)
