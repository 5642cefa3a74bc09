"""How a GeoPackage of edits opens in QGIS: ticked ones red, others grey, with their sentences from close by."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from spatial.messages import Lang, text

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "layer_styles"
_MOMENT = "1980-01-01T00:00:00.000Z"
_CREATE = (
    f'CREATE TABLE "{_TABLE}" ("id" INTEGER PRIMARY KEY NOT NULL, "f_table_catalog" TEXT(256), '
    '"f_table_schema" TEXT(256), "f_table_name" TEXT(256), "f_geometry_column" TEXT(256), "styleName" TEXT(30), '
    '"styleQML" TEXT, "styleSLD" TEXT, "useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), '
    '"ui" TEXT(30), "update_time" DATETIME)'
)
_LOOKS = (("ticked", '"apply"', "200,30,30"), ("unticked", "ELSE", "140,140,140"))
_SYMBOLS = {
    "marker": ("SimpleMarker", {"name": "circle", "color": "255,255,255,0", "outline_color": "{},255", "outline_width": "0.6", "size": "4"}),
    "line": ("SimpleLine", {"line_color": "{},255", "line_width": "1.4", "capstyle": "round"}),
    "fill": ("SimpleFill", {"color": "{},90", "outline_color": "{},255", "outline_width": "0.6", "style": "solid"}),
}  # fmt: skip
_CLOSE = 5000
"""Scale from which on the sentences are written beside the edits."""


def write_styles(path: Path, kinds: dict[str, str], lang: Lang) -> None:
    """Put a style for each layer into a GeoPackage, as its default.

    Parameters
    ----------
    path
        The GeoPackage.
    kinds
        ``marker``, ``line`` or ``fill`` by layer.
    lang
        Language of the legend.
    """
    with closing(sqlite3.connect(path)) as base, base:
        columns = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns ORDER BY 1"))
        base.execute(_CREATE)
        base.executemany(
            f"INSERT INTO \"{_TABLE}\" VALUES (?, '', '', ?, ?, 'liangzhen', ?, '', 1, '', '', NULL, ?)",  # noqa: S608 - a constant
            [
                (place, name, column, _document(kinds[name], lang), _MOMENT)
                for place, (name, column) in enumerate(columns.items(), 1)
            ],
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
            "VALUES (?, 'attributes', ?, '', ?, 0)",
            (_TABLE, _TABLE, _MOMENT),
        )


def _document(kind: str, lang: Lang) -> str:
    root = Element("qgis", version="3.22.0", styleCategories="Symbology|Labeling", labelsEnabled="1")
    renderer = SubElement(root, "renderer-v2", type="RuleRenderer", enableorderby="0", symbollevels="0")
    rules = SubElement(renderer, "rules", key="{rules}")
    symbols = SubElement(renderer, "symbols")
    for name, condition, colour in _LOOKS:
        SubElement(
            rules, "rule", key=f"{{{name}}}", symbol=name, label=text(f"edits-{name}", lang), filter=condition
        )
        symbol = SubElement(
            symbols, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
        )
        drawn, options = _SYMBOLS[kind]
        layer = SubElement(symbol, "layer", {"class": drawn, "enabled": "1", "locked": "0", "pass": "0"})
        listed = SubElement(layer, "Option", type="Map")
        for key, value in options.items():
            SubElement(listed, "Option", type="QString", name=key, value=value.format(colour))
    settings = SubElement(SubElement(root, "labeling", type="simple"), "settings")
    written = SubElement(
        settings, "text-style", fieldName="label", fontSize="9", fontSizeUnit="Point", textColor="31,35,40,255",
        textOpacity="1", isExpression="0",
    )  # fmt: skip
    SubElement(
        written, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM",
        bufferColor="255,255,255,255", bufferOpacity="0.9",
    )  # fmt: skip
    SubElement(
        settings, "placement", placement="0" if kind == "marker" else "1", centroidInside="1", dist="1"
    )
    SubElement(settings, "rendering", scaleVisibility="1", scaleMin=str(_CLOSE), scaleMax="0")
    indent(root)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        + tostring(root, encoding="unicode")
        + "\n"
    )
