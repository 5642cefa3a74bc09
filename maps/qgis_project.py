"""A QGIS project of the results: the tree of the map, each layer styled, its columns and codes in words."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
from lxml import etree
from lxml.etree import SubElement

from maps import datatree, qgis_layout, qml
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from lxml.etree import _Element as Element

    from layers.results import Results
    from maps.datatree import Entry

_SPACE = uuid.UUID("5b1d0f6e-7c0f-5d0a-9f55-2016c0de2016")
_MOMENT = (1980, 1, 1, 0, 0, 0)
_GEOMETRIES = {"fill": "Polygon", "line": "Line", "marker": "Point"}
_SUBTYPES = {"fill": "Polygon", "line": "LineString", "marker": "Point"}
_TIP_MOST = 8
_TIPS = (
    "name", "verdict", "programme", "level", "county", "town_id", "clause", "rule", "area_m2", "zone", "zone_kind",
    "land_class", "width_m", "kind", "type", "state", "planned_yi", "paid_yi", "start", "finish", "severity", "code",
)  # fmt: skip
"""Columns that a map tip shows, as far as a layer has them."""
_DECIMALS = {"_m2": 2, "_m": 1, "_yi": 2, "_km2": 4}
_MARGIN = 0.04


def qgz(
    results: Results, tables: Mapping[str, gpd.GeoDataFrame], gpkg: str, name: str, lang: Lang, note: str = ""
) -> bytes:
    """Return a project as QGIS keeps it: a zip with the ``.qgs`` in it. The same results give the same bytes.

    Parameters
    ----------
    results
        What the project shows.
    tables
        Its layers (`maps.datatree.frames`).
    gpkg
        File name of the GeoPackage, which lies in the same folder.
    name
        File name of the project without its ending.
    lang
        Language of names, columns and legends.
    note
        Stands in the metadata and on the layouts: who may see it.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        entry = zipfile.ZipInfo(f"{name}.qgs", _MOMENT)
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        file.writestr(entry, qgs(results, tables, gpkg, lang, note))
    return buffer.getvalue()


def qgs(
    results: Results, tables: Mapping[str, gpd.GeoDataFrame], gpkg: str, lang: Lang, note: str = ""
) -> str:
    """Return the document of a project.

    Paths are relative, so the folder can be moved. Layers are read only: what they show are results.

    Parameters
    ----------
    results
        What the project shows.
    tables
        Its layers (`maps.datatree.frames`).
    gpkg
        File name of the GeoPackage, which lies in the same folder.
    lang
        Language of names, columns and legends.
    note
        Stands in the metadata and on the layouts: who may see it.
    """
    found = datatree.entries(results, tables, lang)
    root = etree.Element("qgis", version=qml.VERSION, projectname=results.title)
    SubElement(root, "homePath", path="")
    SubElement(root, "title").text = results.title
    _crs(SubElement(root, "projectCrs"), results.crs)
    _tree(root, found, gpkg, lang)
    order = SubElement(root, "layerorder")
    for entry in datatree.stacked(found):
        SubElement(order, "layer", id=_id(entry))
    _canvas(root, results)
    layers = SubElement(root, "projectlayers")
    for entry in found:
        _layer(layers, entry, results, tables[entry.layer], _source(entry, gpkg), lang)
    _view(root, results)
    _properties(root, results)
    _metadata(root, results, note, lang)
    ids = [(_id(entry), entry) for entry in found]
    qgis_layout.layouts(root, results, ids, _source, gpkg, note, lang)
    etree.indent(root)
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{etree.tostring(root, encoding='unicode')}\n"


def _id(entry: Entry) -> str:
    return f"{entry.key}_{uuid.uuid5(_SPACE, entry.key).hex}".replace("-", "_")


def _source(entry: Entry, gpkg: str) -> str:
    parts = [f"./{gpkg}", f"layername={entry.layer}"]
    if not entry.rows.all() and not entry.subset:
        parts.append(f"geometrytype={_SUBTYPES[entry.kind]}")
    if entry.subset:
        parts.append(f"subset={entry.subset}")
    return "|".join(parts)


def _crs(parent: Element, crs: Any) -> None:
    """The CRS by its code where it has one, and as WKT."""
    known = pyproj.CRS.from_user_input(crs)
    authority = known.to_authority()
    system = SubElement(parent, "spatialrefsys")
    SubElement(system, "wkt").text = known.to_wkt("WKT2_2019")
    SubElement(system, "srid").text = authority[1] if authority and authority[1].isdigit() else "0"
    SubElement(system, "authid").text = ":".join(authority) if authority else ""
    SubElement(system, "description").text = known.name
    SubElement(system, "geographicflag").text = str(known.is_geographic).lower()


def _tree(root: Element, found: list[Entry], gpkg: str, lang: Lang) -> None:
    tree = SubElement(root, "layer-tree-group")
    for group in datatree.GROUPS:
        own = [entry for entry in found if entry.group == group]
        if not own:
            continue
        code = f"map-group-{group}" if group != "checks" else "export-group-checks"
        branch = SubElement(
            tree,
            "layer-tree-group",
            name=text(code, lang),
            checked="Qt::Checked",
            expanded=str(int(group != "checks")),
        )
        for entry in own:
            SubElement(
                branch, "layer-tree-layer", id=_id(entry), name=entry.label, source=_source(entry, gpkg),
                providerKey="ogr", checked="Qt::Checked" if entry.shown else "Qt::Unchecked",
                expanded=str(int(entry.shown and len(entry.style.parts) > 1)),
            )  # fmt: skip
    order = SubElement(tree, "custom-order", enabled="1")
    for entry in datatree.stacked(found):
        SubElement(order, "item").text = _id(entry)


def bounds(results: Results) -> tuple[float, float, float, float]:
    """West, south, east, north of the towns with a margin, in the working CRS."""
    west, south, east, north = (float(edge) for edge in results.towns.total_bounds)
    room = _MARGIN * max(east - west, north - south)
    return west - room, south - room, east + room, north + room


def _extent(parent: Element, box: Any) -> None:
    extent = SubElement(parent, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
        SubElement(extent, name).text = f"{float(value):.3f}"


def _canvas(root: Element, results: Results) -> None:
    canvas = SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    SubElement(canvas, "units").text = "meters"
    _extent(canvas, np.round(bounds(results)))
    SubElement(canvas, "rotation").text = "0"
    _crs(SubElement(canvas, "destinationsrs"), results.crs)


def _view(root: Element, results: Results) -> None:
    """What is seen first, and of the whole."""
    settings = SubElement(root, "ProjectViewSettings", UseProjectScales="0")
    west, south, east, north = (f"{edge:.0f}" for edge in bounds(results))
    box = {"xmin": west, "ymin": south, "xmax": east, "ymax": north}
    _crs(SubElement(settings, "DefaultViewExtent", box), results.crs)


def _layer(
    parent: Element, entry: Entry, results: Results, frame: gpd.GeoDataFrame, source: str, lang: Lang
) -> None:
    own = frame[entry.rows]
    layer = SubElement(
        parent, "maplayer", type="vector", geometry=_GEOMETRIES[entry.kind], readOnly="1", styleCategories="AllStyleCategories",
        labelsEnabled=str(int(bool(entry.style.label))), hasScaleBasedVisibilityFlag="0", simplifyDrawingHints="1",
        simplifyDrawingTol="1", simplifyMaxScale="1", simplifyLocal="1", simplifyAlgorithm="0",
    )  # fmt: skip
    SubElement(layer, "id").text = _id(entry)
    SubElement(layer, "datasource").text = source
    SubElement(layer, "layername").text = entry.label
    _extent(layer, own.total_bounds)
    _crs(SubElement(layer, "srs"), frame.crs)
    SubElement(layer, "provider", encoding="UTF-8").text = "ogr"
    qml.drawn(layer, entry.style, lang)
    names = datatree.columns(frame)
    codes = {name: datatree.coded(results, entry.layer, frame, name, lang) for name in names}
    _fields(layer, names, codes, lang)
    SubElement(layer, "editorlayout").text = "generatedlayout"
    if "name" in names:
        SubElement(layer, "previewExpression").text = '"name"'
    SubElement(layer, "mapTip").text = _tip(names, codes, lang)
    SubElement(layer, "userNotes", value=text("fact-demo-note", lang) if results.demo else results.title)


def _fields(layer: Element, names: list[str], codes: dict[str, dict[str, str]], lang: Lang) -> None:
    """What columns are called, and what their codes mean."""
    fields = SubElement(layer, "fieldConfiguration")
    aliases = SubElement(layer, "aliases")
    for place, name in enumerate(names, 1):
        field = SubElement(fields, "field", name=name, configurationFlags="None")
        widget = SubElement(field, "editWidget", type="ValueMap" if codes[name] else "TextEdit")
        config = SubElement(SubElement(widget, "config"), "Option", type="Map")
        if codes[name]:
            listed = SubElement(config, "Option", type="List", name="map")
            for code, words in codes[name].items():
                pair = SubElement(listed, "Option", type="Map")
                SubElement(pair, "Option", type="QString", name=words, value=code)
        SubElement(aliases, "alias", field=name, name=datatree.alias(name, lang), index=str(place))


def _tip(names: list[str], codes: dict[str, dict[str, str]], lang: Lang) -> str:
    """A small table of the columns that matter; empty ones are not shown."""
    lines = []
    for name in [name for name in _TIPS if name in names][:_TIP_MOST]:
        decimals = next((places for tail, places in _DECIMALS.items() if name.endswith(tail)), None)
        value = f'represent_value("{name}")' if codes[name] else f'"{name}"'
        value = f'format_number("{name}", {decimals})' if decimals is not None else value
        label = datatree.alias(name, lang)
        lines.append(
            f"[% CASE WHEN \"{name}\" IS NULL THEN '' ELSE '<tr><td>{label}</td><td>' || {value} || '</td></tr>' END %]"
        )
    return f"<table>{''.join(lines)}</table>"


def _properties(root: Element, results: Results) -> None:
    properties = SubElement(root, "properties")

    def add(group: str, **given: tuple[str, str]) -> None:
        parent = SubElement(properties, group)
        for name, (kind, value) in given.items():
            SubElement(parent, name, type=kind).text = value

    add("Paths", Absolute=("bool", "false"))
    add("SpatialRefSys", ProjectionsEnabled=("int", "1"))
    add("Measure", Ellipsoid=("QString", _ellipsoid(results.crs)))
    add("Measurement", AreaUnits=("QString", "m2"), DistanceUnits=("QString", "meters"))
    add("PositionPrecision", Automatic=("bool", "false"), DecimalPlaces=("int", "2"))


def _ellipsoid(crs: Any) -> str:
    """CGCS2000's where the CRS rests on it; otherwise that of its datum, as QGIS names it."""
    known = pyproj.CRS.from_user_input(crs)
    ellipsoid = known.ellipsoid
    code = ellipsoid.to_json_dict().get("id") if ellipsoid is not None else None
    return f"{code['authority']}:{code['code']}" if code else "EPSG:1024" if "CGCS" in known.name else "NONE"


def _metadata(root: Element, results: Results, note: str, lang: Lang) -> None:
    metadata = SubElement(root, "projectMetadata")
    made = results.provenance
    SubElement(metadata, "title").text = results.title
    facts = [note or text("fact-demo-note", lang)] if note or results.demo else []
    facts += [str(made[name]) for name in ("as_of", "policy", "program") if made.get(name)]
    SubElement(metadata, "abstract").text = " · ".join(facts)
    SubElement(metadata, "author").text = str(made.get("program") or "")
    SubElement(metadata, "language").text = "zh-CN" if lang == "zh" else "en"
