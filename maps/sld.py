"""Styles as Styled Layer Descriptors (OGC SLD 1.0), which GeoServer, MapServer, QGIS and ArcGIS read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree
from lxml.etree import QName, SubElement

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from maps.styles import Part, Style, Where

_SLD, _OGC = "http://www.opengis.net/sld", "http://www.opengis.net/ogc"
_SPACES = {None: _SLD, "ogc": _OGC}
_PIXEL_MM = 0.28
"""Width of a pixel that OGC 02-070 takes where no screen is known."""
_DASHES = {"dash": "8 4"}


def sld(layer: str, style: Style) -> str:
    """Return the style of a layer as SLD 1.0.0.

    Widths are in pixels of 0.28 mm. The part that takes all others has a filter of its
    own and no ``ElseFilter``, which QGIS does not read.

    Parameters
    ----------
    layer
        Name of the layer.
    style
        How it is drawn.
    """
    root = etree.Element(QName(_SLD, "StyledLayerDescriptor"), nsmap=_SPACES, version="1.0.0")
    named = _add(root, "NamedLayer")
    _add(named, "Name", layer)
    user = _add(named, "UserStyle")
    _add(user, "Name", layer)
    kind = _add(user, "FeatureTypeStyle")
    for place, part in enumerate(style.parts):
        rule = _add(kind, "Rule")
        _add(rule, "Name", f"{layer}-{place}")
        _add(rule, "Title", part.label)
        if part.where:
            _all(_add(rule, "Filter", space=_OGC), part.where)
        elif place:
            _none(_add(rule, "Filter", space=_OGC), [other.where for other in style.parts[:place]])
        _DRAWN[style.kind](rule, part)
        if style.label:
            _text(rule, style)
    etree.indent(root)
    body: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return body.decode("utf-8") + "\n"


def _add(parent: Element, name: str, text: str | None = None, space: str = _SLD) -> Element:
    made = SubElement(parent, QName(space, name))
    made.text = text
    return made


def _all(parent: Element, where: tuple[Where, ...]) -> None:
    """Every condition holds."""
    holder = _add(parent, "And", space=_OGC) if len(where) > 1 else parent
    for column, values in where:
        inner = _add(holder, "Or", space=_OGC) if len(values) > 1 else holder
        for value in values:
            _compare(inner, "PropertyIsEqualTo", column, value)


def _none(parent: Element, others: list[tuple[Where, ...]]) -> None:
    """No other part takes the feature: of each a condition does not hold, or its column is empty."""
    holder = _add(parent, "And", space=_OGC) if len(others) > 1 else parent
    for where in others:
        either = _add(holder, "Or", space=_OGC)
        for column, values in where:
            _add(_add(either, "PropertyIsNull", space=_OGC), "PropertyName", column, _OGC)
            inner = _add(either, "And", space=_OGC) if len(values) > 1 else either
            for value in values:
                _compare(inner, "PropertyIsNotEqualTo", column, value)


def _compare(parent: Element, how: str, column: str, value: str | bool) -> None:  # noqa: FBT001 - what the column holds
    test = _add(parent, how, space=_OGC)
    _add(test, "PropertyName", column, _OGC)
    _add(test, "Literal", str(int(value)) if isinstance(value, bool) else value, _OGC)


def _fill(rule: Element, part: Part) -> None:
    drawn = _add(rule, "PolygonSymbolizer")
    if part.opacity:
        _paint(drawn, part)
    _stroke(drawn, part.look.line, part.width, part.dash)


def _line(rule: Element, part: Part) -> None:
    for colour, width in (("#ffffff", part.width + 0.6), (part.look.line, part.width)):
        _stroke(_add(rule, "LineSymbolizer"), colour, width, part.dash)


def _marker(rule: Element, part: Part) -> None:
    graphic = _add(_add(rule, "PointSymbolizer"), "Graphic")
    mark = _add(graphic, "Mark")
    _add(mark, "WellKnownName", "circle")
    _paint(mark, part)
    _stroke(mark, part.look.line, 0.3, "solid")
    _add(graphic, "Size", _pixels(part.width))


_DRAWN = {"fill": _fill, "line": _line, "marker": _marker}


def _paint(parent: Element, part: Part) -> None:
    _parameters(_add(parent, "Fill"), {"fill": part.look.fill, "fill-opacity": f"{part.opacity:g}"})


def _stroke(parent: Element, colour: str, width: float, dash: str) -> None:
    given = {"stroke": colour, "stroke-width": _pixels(width), "stroke-linejoin": "round"}
    if dash in _DASHES:
        given["stroke-dasharray"] = _DASHES[dash]
    _parameters(_add(parent, "Stroke"), given)


def _text(rule: Element, style: Style) -> None:
    """Names with a pale halo, in the middle of areas, above points."""
    drawn = _add(rule, "TextSymbolizer")
    _add(_add(drawn, "Label"), "PropertyName", style.label, _OGC)
    _parameters(_add(drawn, "Font"), {"font-family": "Noto Sans SC", "font-size": "12"})
    point = _add(_add(drawn, "LabelPlacement"), "PointPlacement")
    anchor = _add(point, "AnchorPoint")
    _add(anchor, "AnchorPointX", "0.5")
    _add(anchor, "AnchorPointY", "0.5")
    if style.kind == "marker":
        moved = _add(point, "Displacement")
        _add(moved, "DisplacementX", "0")
        _add(moved, "DisplacementY", "10")
    halo = _add(drawn, "Halo")
    _add(halo, "Radius", "2")
    _parameters(_add(halo, "Fill"), {"fill": "#ffffff", "fill-opacity": "0.9"})
    _parameters(_add(drawn, "Fill"), {"fill": "#1f2328"})


def _parameters(parent: Element, given: dict[str, str]) -> None:
    for name, value in given.items():
        _add(parent, "CssParameter", value).set("name", name)


def _pixels(millimetres: float) -> str:
    return f"{millimetres / _PIXEL_MM:.2f}"
