"""Print layouts of the QGIS project: the whole, and atlases of the towns that were judged."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from lxml.etree import SubElement

from maps import qml
from maps.sheets import FONTS
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element as Element

    from layers.results import Results
    from maps.datatree import Entry

_SPACE = uuid.UUID("5b1d0f6e-7c0f-5d0a-9f55-2016c0de2017")
_PAGE, _LABEL, _MAP, _LEGEND, _SCALE, _PICTURE = 65638, 65641, 65639, 65642, 65646, 65640
_WIDE, _HIGH = 297.0, 210.0
_MAP_BOX = (10.0, 24.0, 210.0, 160.0)
_SIDE_X, _SIDE_WIDTH = 224.0, 63.0


def layouts(
    root: Element,
    results: Results,
    found: list[tuple[str, Entry]],
    source: Callable[[Entry, str], str],
    gpkg: str,
    note: str,
    lang: Lang,
) -> None:
    """Append the layouts to a project: an overview, and an atlas each of special and pilot towns.

    Parameters
    ----------
    root
        The project.
    results
        What it shows.
    found
        Layers with their ids in the project.
    source
        Says where a layer lies.
    gpkg
        Name of the GeoPackage.
    note
        Who may see it.
    lang
        Language.
    """
    holder = SubElement(root, "Layouts")
    box = tuple(float(edge) for edge in results.towns.total_bounds)
    _layout(holder, text("export-layout-overview", lang), results, box, results.title, note, lang)
    for name, entry in found:
        if entry.key not in {"special", "pilot"}:
            continue
        words = text("export-layout-atlas", lang, layer=entry.label)
        layout = _layout(holder, words, results, box, '[% "name" %]', note, lang, driven=True)
        SubElement(
            layout, "Atlas", enabled="1", coverageLayer=name, coverageLayerName=entry.label, coverageLayerProvider="ogr",
            coverageLayerSource=source(entry, gpkg), pageNameExpression='"name"', filenamePattern='"name"', hideCoverage="0",
            sortFeatures="0", filterFeatures="0",
        )  # fmt: skip


def _layout(
    holder: Element,
    code: str,
    results: Results,
    box: Any,
    heading: str,
    note: str,
    lang: Lang,
    *,
    driven: bool = False,
) -> Element:
    layout = SubElement(holder, "Layout", name=code, units="mm", printResolution="300")
    pages = SubElement(layout, "PageCollection")
    _item(pages, code, "page", _PAGE, (0, 0, _WIDE, _HIGH))
    drawn = _item(
        layout, code, "map", _MAP, _MAP_BOX, frame="true", drawCanvasItems="true", keepLayerSet="false"
    )
    _extent(drawn, box)
    if driven:
        SubElement(drawn, "AtlasMap", atlasDriven="1", scalingMode="2", margin="0.15")
    _label(layout, code, "title", heading, (10, 8, 277, 12), lang, size=18, middle=True)
    legend = _item(
        layout, code, "legend", _LEGEND, (_SIDE_X, 24, _SIDE_WIDTH, 176), map_uuid=_uuid(code, "map"), title="",
        resizeToContents="1", columnCount="1", legendFilterByAtlas=str(int(driven)), legendFilterByMap="1", symbolWidth="6", symbolHeight="3", boxSpace="1",
    )  # fmt: skip
    styles = SubElement(legend, "styles")
    for name, size in (("title", 10), ("group", 9), ("subgroup", 8), ("symbolLabel", 7.5)):
        style = SubElement(
            styles,
            "style",
            name=name,
            marginTop="1.2",
            marginLeft="2" if name == "symbolLabel" else "0",
            alignment="1",
        )
        _font(style, lang, size, "styleFont")
    _bar(layout, code, box, lang, driven=driven)
    _label(layout, code, "facts", _facts(results, note, lang), (95, 187, 125, 20), lang, size=7)
    return layout


def _uuid(code: str, name: str) -> str:
    return f"{{{uuid.uuid5(_SPACE, f'{code}/{name}')}}}"


def _item(parent: Element, code: str, name: str, kind: int, rect: tuple[float, ...], **given: str) -> Element:
    left, top, width, height = rect
    identity = _uuid(code, name)
    place = f"{left:g},{top:g},mm"
    shared = {
        "type": str(kind), "uuid": identity, "templateUuid": identity, "position": place, "positionOnPage": place,
        "size": f"{width:g},{height:g},mm", "referencePoint": "0", "visibility": "1", "opacity": "1", "itemRotation": "0",
        "frame": "false", "background": "true" if name in {"page", "map"} else "false", "id": name, "outlineWidthM": "0.3,mm",
    }  # fmt: skip
    return SubElement(parent, "LayoutItem", {**shared, **given})


def _extent(item: Element, box: Any) -> None:
    """The box, widened to the shape of the map."""
    west, south, east, north = box
    _, _, width, height = _MAP_BOX
    scale = 1.06 * max((east - west) / width, (north - south) / height, 1e-9)
    x, y = (west + east) / 2, (south + north) / 2
    SubElement(
        item, "Extent", xmin=f"{x - scale * width / 2:.0f}", xmax=f"{x + scale * width / 2:.0f}",
        ymin=f"{y - scale * height / 2:.0f}", ymax=f"{y + scale * height / 2:.0f}",
    )  # fmt: skip


def _label(
    layout: Element,
    code: str,
    name: str,
    words: str,
    rect: tuple[float, ...],
    lang: Lang,
    *,
    size: float,
    middle: bool = False,
) -> None:
    item = _item(
        layout, code, name, _LABEL, rect, labelText=words, halign="4" if middle else "1", valign="128" if middle else "32",
        marginX="0", marginY="0", htmlState="0",
    )  # fmt: skip
    _font(item, lang, size, "LabelFont")


def _font(parent: Element, lang: Lang, size: float, older: str = "") -> None:
    """The letters of an item; `older` is the element that QGIS before 3.24 reads them from."""
    if older:
        SubElement(parent, older, description=f"{FONTS[lang]},{size:g},-1,5,50,0,0,0,0,0", style="")
    SubElement(
        parent, "text-style", fontFamily=FONTS[lang], fontSize=f"{size:g}", fontSizeUnit="Point", textOpacity="1",
        textColor=qml.rgba("#1f2328"),
    )  # fmt: skip


def _bar(layout: Element, code: str, box: Any, lang: Lang, *, driven: bool) -> None:
    """A scale bar in kilometres, or of a page that fits a town, of a width that fits any scale."""
    reach = max(box[2] - box[0], box[3] - box[1]) / 1000
    step = next((size for size in (50, 20, 10, 5, 2, 1, 0.5, 0.2) if size * 8 <= reach), 0.1)
    item = _item(
        layout, code, "scale", _SCALE, (10, 187, 80, 12), mapUuid=_uuid(code, "map"), style="Single Box",
        numSegments="2", numSegmentsLeft="0", numUnitsPerSegment=f"{step:g}", numMapUnitsPerScaleBarUnit="1", unitType="km",
        unitLabel=text("unit-km", lang), height="2.5", labelBarSpace="1.5", boxContentSpace="0", outlineWidth="0.3",
        segmentSizeMode="1" if driven else "0", minBarWidth="20", maxBarWidth="50",
    )  # fmt: skip
    _font(item, lang, 7)


def _facts(results: Results, note: str, lang: Lang) -> str:
    made = results.provenance
    pairs = [("map-as-of", made.get("as_of")), ("map-crs", made.get("crs")), ("map-by", made.get("program"))]
    lines = [f"{text(code, lang)} {value}" for code, value in pairs if value]
    return "\n".join([*([note or text("fact-demo", lang)] if note or results.demo else []), *lines])
