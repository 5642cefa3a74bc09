"""Sheets drawn and typeset: an atlas as PDF with index and bookmarks, single sheets as PNG or SVG."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from maps import sheet_map, typesetting
from maps.drawing import INK, Page, bar
from maps.pagedata import bilingual, missing, said
from maps.public import PUBLIC, generalised
from maps.sheet_files import page_texts, whole, with_density
from maps.sheet_frame import layout
from maps.sheet_kinds import Asked, sheets
from maps.sheet_map import Part, Style, Text
from maps.sheet_parts import boundaries
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layers.results import Results
    from maps.sheet_frame import Layout, Paper
    from maps.sheet_whole import Sheet

Format = Literal["pdf", "png", "svg"]
ATLAS, KEYWORD = "sheets", "liangzhen-sheets"
_BAR_MM, _BAR_ROOM = 28.0, 9.0
_LOCATOR_MM = {"A4": (36.0, 30.0), "A3": (52.0, 46.0)}
_WINDOW = "#c4001d"
_LEAST_WINDOW_MM = 2.0
_ONE_COLUMN, _LOCATOR_LINES = 16, 8
_NORTH = f'<svg xmlns="http://www.w3.org/2000/svg" width="6mm" height="9mm" viewBox="-3 0 6 9"><path d="M0 0.2l2.7 8.4l-2.7 -1.9l-2.7 1.9Z" fill="{INK}"/></svg>'


@dataclass(frozen=True)
class Order:
    """How sheets are to be printed.

    Attributes
    ----------
    paper, landscape
        Paper and which way it lies.
    public
        Without coordinates.
    review_no, secrecy, maker
        审图号, 密级, 制图单位; empty: a line to be filled in.
    lang
        Language.
    asked
        What was asked for; stands in the PDF, so that it can be made again to be verified.
    """

    paper: Paper = "A4"
    landscape: bool = True
    public: bool = False
    review_no: str = ""
    secrecy: str = ""
    maker: str = ""
    lang: Lang = "zh"
    asked: Asked | None = None


@dataclass(frozen=True)
class Atlas:
    """Sheets that are ready to be typeset.

    Attributes
    ----------
    data
        What the typesetting reads.
    files
        Maps, swatches, bars by name.
    names
        File name of each sheet without suffix.
    pages
        Window and scale of each sheet's map.
    date
        That the documents bear.
    """

    data: dict[str, Any]
    files: dict[str, bytes]
    names: list[str]
    pages: list[Page]
    date: dt.date


def atlas(
    results: Results, made: Sequence[Callable[[], Sheet]], order: Order, progress: Callable[[], None] = lambda: None
) -> Atlas:  # fmt: skip
    """Draw sheets.

    Parameters
    ----------
    results
        What is drawn; for the public the `maps.public.generalised` ones.
    made
        As `maps.sheet_kinds.sheets` gives them.
    order
        How they are printed.
    progress
        Called after each sheet.
    """
    given: dict[str, bytes] = {"north.svg": _NORTH.encode("utf-8")}
    entries: list[dict[str, Any]] = []
    names: list[str] = []
    pages: list[Page] = []
    ground = _locator_ground(results, order)
    for make in made:
        sheet = make()
        entry, page = _entry(results, sheet, order, given, ground)
        entries.append(entry)
        pages.append(page)
        names.append(_file_name(len(names) + 1, sheet.title))
        progress()
    at = str(results.provenance.get("run", {}).get("at", ""))[:10]
    data = {**_common(results, order), "sheets": entries, "index": len(entries) > 1}
    return Atlas(data, given, names, pages, dt.date.fromisoformat(at) if at else dt.date(2016, 1, 1))


def parts(made: Atlas, by: Literal["county", "town"]) -> list[tuple[str, Atlas]]:
    """The atlas in parts, each with its name: one a county or town; what shows all towns is a part of its own."""
    groups: dict[str, list[int]] = {}
    for place, entry in enumerate(made.data["sheets"]):
        groups.setdefault((entry["town"] and entry[by]) or entry["county"], []).append(place)
    found = []
    for name, places in groups.items():
        entries = [made.data["sheets"][place] for place in places]
        title = made.data["title"] if len(groups) == 1 else f"{made.data['title']} {name}"
        data = {**made.data, "title": title, "sheets": entries, "index": len(entries) > 1}
        own = replace(
            made, data=data, names=[made.names[n] for n in places], pages=[made.pages[n] for n in places]
        )
        found.append((name, own))
    return found


def pdf(made: Atlas) -> bytes:
    """All sheets as one PDF, more than one with an index page and bookmarks."""
    return typesetting.pdf(_source(), _files(made, made.data), made.date)


def pictures(made: Atlas, kind: Literal["png", "svg"], dpi: float = 300.0) -> list[bytes]:
    """Each sheet as PNG that knows its dots an inch, or as one plain SVG.

    Letters in an SVG are outlines, so that no machine needs the font, with the text unseen above them, to be found.
    """
    given = _files(made, {**made.data, "index": False})
    if kind == "png":
        return [with_density(page, dpi) for page in typesetting.png(_source(), given, dpi)]
    words = page_texts(typesetting.pdf(_source(), given, made.date))
    return [whole(page, said) for page, said in zip(typesetting.svg(_source(), given), words, strict=True)]


def _source() -> str:
    return (files("maps") / "sheet.typ").read_text(encoding="utf-8")


def _files(made: Atlas, data: dict[str, Any]) -> dict[str, bytes]:
    """The files that these sheets read; in an atlas a county and a town are bookmarks where they begin."""
    entries, before = [], ("", "")
    for entry in data["sheets"]:
        here = (entry["county"], entry["town"])
        marks = [mark if here[: place + 1] != before[: place + 1] else "" for place, mark in enumerate(here)]
        level = 2 + bool(entry["town"]) if data["index"] else 0
        entries.append({**entry, "marks": marks if data["index"] else [], "level": level})
        before = here
    data = {**data, "sheets": entries}
    used = {"north.svg"}
    for entry in data["sheets"]:
        used |= {entry["map-file"], entry["bar"]["file"], *(it["swatch"] for it in entry["legend"])}
        used |= {entry["locator"]["file"]} if entry["locator"] else set()
    encoded = json.dumps(data, ensure_ascii=False).encode("utf-8")
    return {**{name: made.files[name] for name in sorted(used)}, "data.json": encoded}


def _entry(
    results: Results, sheet: Sheet, order: Order, given: dict[str, bytes], ground: tuple[Page, str]
) -> tuple[dict[str, Any], Page]:
    """What the typesetting reads of one sheet; its pictures go into `given`."""
    place = layout(order.paper, landscape=order.landscape, coordinates=not order.public)
    page = sheet_map.fitted(sheet.extent, place.map.width, place.map.height)
    drawn = _drawn(results, sheet, page, place)
    if not order.landscape:
        shown, said = len(drawn.legend), len(sheet.rows) + len(sheet.notes) + 3
        inset = _LOCATOR_LINES * (sheet.town is not None)
        rough = max(shown + inset, said) if shown + said > _ONE_COLUMN else shown + said
        place = layout(order.paper, landscape=False, coordinates=not order.public, lines=rough)
        page = sheet_map.fitted(sheet.extent, place.map.width, place.map.height)
        drawn = _drawn(results, sheet, page, place)
    legend = [{"swatch": _kept(given, "swatch", swatch), "label": label} for swatch, label in drawn.legend]
    entry = {
        **place.data(),
        "kind": sheet.kind,
        "title": sheet.title,
        "town": "" if sheet.town is None else _name(results, sheet.town),
        "county": _county(results, sheet.town, order.lang),
        "map-file": _kept(given, "map", drawn.svg),
        "texts": [one._asdict() for one in drawn.texts],
        "legend": legend,
        "heads": list(sheet.heads),
        "rows": [list(row) for row in sheet.rows],
        "notes": list(sheet.notes),
        "wide": sheet.wide,
        "left": list(sheet.left),
        "split": len(legend) + len(sheet.rows) + len(sheet.notes) + 3 > _ONE_COLUMN,
        "scale": text("check-scale", order.lang, scale=f"{page.scale:,}"),
        "ratio": f"1:{page.scale:,}",
        "bar": _bar(page, given),
        "locator": None if sheet.town is None else _locator(page, ground, given),
        "meta": _meta(results, order),
        "sources": _sources(results, sheet, order, page),
    }
    return entry, page


def _drawn(results: Results, sheet: Sheet, page: Page, place: Layout) -> sheet_map.Drawn:
    return sheet_map.draw(page, sheet.parts, sheet.names, results.crs, band=place.band, charts=sheet.charts)


def _kept(given: dict[str, bytes], stem: str, svg: str) -> str:
    """Name under which a picture stands in `given`; equal ones once."""
    content = svg.encode("utf-8")
    name = f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}.svg"
    given[name] = content
    return name


def _bar(page: Page, given: dict[str, bytes]) -> dict[str, Any]:
    fields, ends, long = bar(1.0, 3.4, page.scale, _BAR_MM)
    wide = 4 * long + _BAR_ROOM
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.2f}mm" height="5mm" viewBox="0 0 {wide:.2f} 5">{"".join(fields)}</svg>'
    texts = [Text(said, at, 2.4, 2.3)._asdict() for at, said in ends]
    return {"file": _kept(given, "bar", svg), "width": round(wide, 2), "texts": texts, "length": 4 * long}


def _locator_ground(results: Results, order: Order) -> tuple[Page, str]:
    """All towns, small; in what every inset of the atlas has."""
    wide, high = _LOCATOR_MM[order.paper]
    towns = results.towns
    rest = towns[towns["programme"].astype(object) != "special"]
    west, south, east, north = shapely.total_bounds(towns.geometry.to_numpy()).tolist()
    shape = (east - west) / (north - south)
    wide, high = min(wide, high * shape), min(high, wide / shape)
    scale = int(max((east - west) / wide, (north - south) / high) * 1040)
    x, y, across, up = (west + east) / 2, (south + north) / 2, wide * scale / 2000, high * scale / 2000
    small = Page((x - across, y - up, x + across, y + up), scale)
    parts = [Part("", rest.geometry.to_numpy(), Style("#eef0f2", "#a4abb3", 0.12))]
    parts += boundaries(results, order.lang, plain=True)
    return small, sheet_map.draw(small, parts, [], results.crs, band=0.0).svg


def _locator(page: Page, ground: tuple[Page, str], given: dict[str, bytes]) -> dict[str, Any]:
    """Where the window lies."""
    small, svg = ground
    window: Any = shapely.box(*page.box)
    if (page.box[2] - page.box[0]) / small.scale * 1000 < _LEAST_WINDOW_MM:
        window = shapely.centroid(window).buffer(_LEAST_WINDOW_MM * small.scale / 2000, quad_segs=1).envelope
    path = f'<path d="{small.areas(np.array([window], dtype=object))}" {Style("none", _WINDOW, 0.5).svg()}/>'
    wide = (small.box[2] - small.box[0]) * 1000 / small.scale
    return {"file": _kept(given, "locator", svg.replace("</svg>", f"{path}</svg>")), "width": round(wide, 2)}


def _name(results: Results, town: str) -> str:
    name = results.towns.loc[town, "name"]
    return town if missing(name) else str(name)


def _county(results: Results, town: str | None, lang: Lang) -> str:
    """Where a sheet stands in the atlas: the county of its town."""
    if town is None:
        return text("sheets-group-whole", lang)
    county = results.towns.loc[town].get("county")
    return text("sheets-group-other", lang) if missing(county) else str(county)


def _keywords(order: Order) -> list[str]:
    """What a file says it is, by which it is made again to be verified; without what was asked for, nothing."""
    if order.asked is None:
        return []
    told = {**asdict(order), "asked": order.asked._asdict()}
    return [f"{KEYWORD} {json.dumps(told, ensure_ascii=True)}"]


def again(results: Results, told: str) -> bytes | None:
    """The PDF that such a file should be; none if that cannot be read.

    Parameters
    ----------
    results
        What it was made from.
    told
        Its keywords.
    """
    try:
        options, _ = json.JSONDecoder().raw_decode(told.partition(KEYWORD)[2].lstrip())
        asked = Asked(*(tuple(one) for one in options.pop("asked").values()))
        order = Order(**options, asked=asked)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    shown = generalised(results) if order.public else results
    made = sheets(shown, asked.kinds, asked.towns, order.lang, asked.breaks)
    return pdf(atlas(shown, made, order))


def safe(name: str) -> str:
    """A name without what a file system refuses."""
    return "".join("-" if letter in '\\/:*?"<>|' or letter < " " else letter for letter in name)


def _file_name(number: int, title: str) -> str:
    """File name of a sheet: its number and title, without what a file system refuses."""
    return f"{number:03d}-{safe(title)}"


def _common(results: Results, order: Order) -> dict[str, Any]:
    """What all sheets say."""
    lang, origin = order.lang, results.provenance
    words = {code: text(f"sheets-{code}", lang) for code in ("legend", "stamp", "north")}
    index = [text(f"sheets-index-{code}", lang) for code in ("number", "title", "scale", "page")]
    return {
        "lang": lang,
        "title": text("sheets-atlas", lang, title=results.title),
        "subtitle": f"{results.title}  {origin.get('as_of', '')}",
        "secrecy": order.secrecy,
        "mark": text("map-demo", lang) if results.demo else "",
        "keywords": _keywords(order),
        "words": {**words, "index": index, "frame": "" if order.public else text("sheets-frame-unit", lang)},
        "office": [[text(f"sheets-{code}", lang), said] for code, said in (("review-no", order.review_no), ("maker", order.maker))],
    }  # fmt: skip


def _meta(results: Results, order: Order) -> list[list[str]]:
    """Quarter, rulebook, coordinate system, day."""
    lang, origin = order.lang, results.provenance
    known = {
        "quarter": str(origin.get("as_of", "")),
        "rulebook": bilingual(results.rulebook.get("title"), lang),
        "scheme": said(results.rulebook.get("scheme"), lang, "sheets-scheme-"),
        "edition": text("sheets-generalised", lang) if order.public else "",
        "crs": "" if order.public else crs_words(results.crs, lang),
        "drawn": str(origin.get("run", {}).get("at", ""))[:10],
    }
    return [[text(f"sheets-meta-{code}", lang), words] for code, words in known.items() if words]


def crs_words(crs: Any, lang: Lang) -> str:
    """A projected CRS in words; its own name where it is not one of CGCS2000 in Gauss-Kruger zones."""
    name = str(crs.name)
    zone = re.match(r"CGCS2000 / (3)-degree Gauss-Kruger|CGCS2000 / Gauss-Kruger", name)
    middle = {one.name: one.value for one in crs.coordinate_operation.params}.get(
        "Longitude of natural origin"
    )
    if zone is None or middle is None:
        return name
    return text("sheets-crs", lang, width=zone[1] or "6", middle=f"{middle:g}")


def _sources(results: Results, sheet: Sheet, order: Order, page: Page) -> str:
    """Files of which something is drawn, with the start of their hash; for the public only of what is published."""
    lang = order.lang
    roles = [role for role in sheet.roles if not order.public or role in PUBLIC or role == "town_indicator"]
    seen: dict[str, str] = {}
    for role in roles:
        layers = _drawn_layers(results, role, page)
        for entry in results.provenance.get("inputs", []):
            if entry["role"] == role and (layers is None or entry["layer"] in layers):
                seen.setdefault(PurePosixPath(entry["path"]).name, str(entry.get("sha256", ""))[:8])
    listed = text("map-and", lang).join(f"{name} ({digest})" for name, digest in seen.items())
    program = str(results.provenance.get("program", ""))
    return text("sheets-sources", lang, listed=listed, program=program)


def _drawn_layers(results: Results, role: str, page: Page) -> set[str] | None:
    """Layers of a role of which something lies in the window; None where what is drawn was worked out of them all."""
    known = {"project": results.projects, "construction_land": results.parcel_shapes}
    frame = known.get(role, results.context.get(role))
    if frame is None:
        return set() if role in known else None
    if "layer" not in frame:
        return None
    return set(frame["layer"][frame.intersects(shapely.box(*page.box))].dropna().astype(str))
