"""The map of a sheet as SVG in millimetres: parts cut at the neat line, names, coordinates around it, its legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import shapely
from pyproj import Transformer

from maps.drawing import INK, Page, step_of
from maps.sheet_labels import Label, placed, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from maps.drawing import Box

SCALES = (
    500, 1000, 2000, 2500, 5000, 10_000, 15_000, 20_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 250_000,
    300_000, 400_000, 500_000, 750_000,
)  # fmt: skip
"""Denominators of neat scales; beyond them full millions."""
GRATICULE_MM = 32.0
BAND_MM = 5.5
_FILL_SHARE = 0.94
_CORNER_MM = 20.0
_SMALL_MM = 1.9
_MILLION = 1_000_000
_SWATCH = (7.0, 4.0)
_HATCH = (
    '<defs><pattern id="hatch" width="1.6" height="1.6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="1.6" height="1.6" fill="#f2f2f2"/><rect width="0.35" height="1.6" fill="#7d8288"/></pattern></defs>'
)


@dataclass(frozen=True)
class Style:
    """How something is drawn: fill and line as `#rrggbb` or ``none``, ``hatch`` for the pattern of no data; mm."""

    fill: str = "none"
    line: str = "none"
    width: float = 0.15
    opacity: float = 1.0
    dash: str = ""

    def svg(self) -> str:
        """Attributes of an SVG element."""
        fill = "url(#hatch)" if self.fill == "hatch" else self.fill
        dash = f' stroke-dasharray="{self.dash}"' if self.dash else ""
        return (
            f'fill="{fill}" fill-opacity="{self.opacity:g}" stroke="{self.line}" stroke-width="{self.width:g}" '
            f'stroke-linejoin="round" fill-rule="evenodd"{dash}'
        )


@dataclass(frozen=True)
class Part:
    """One class of what is drawn.

    Attributes
    ----------
    label
        Its words in the legend; empty: none.
    shapes
        Geometries in the working CRS.
    style
        How.
    mark
        ``area``, ``line``, or the symbol of points: ``dot``, ``square``, ``cross``.
    size
        Half-width of a symbol, mm.
    """

    label: str
    shapes: Any
    style: Style
    mark: Literal["area", "line", "dot", "square", "cross"] = "area"
    size: float = 1.0


@dataclass(frozen=True)
class Name:
    """A name on the map: text, place in the working CRS, height in mm, rank, half-width of its symbol, colour.

    `reach` is the half-width, in metres, of an area too small to write on: then the name stands beside it.
    """

    said: str
    spot: tuple[float, float]
    size: float = 2.6
    rank: float = 0.0
    clear: float = 0.0
    fill: str = INK
    reach: float = 0.0


class Text(NamedTuple):
    """What is written: the place of its base line's middle, start or end on the map (mm), height of the letters, colour."""

    said: str
    x: float
    y: float
    size: float
    anchor: Literal["center", "left", "right"] = "center"
    fill: str = INK
    halo: bool = False
    turned: bool = False


@dataclass(frozen=True)
class Drawn:
    """A map.

    Attributes
    ----------
    svg
        Map with its band of coordinates, without texts.
    texts
        What is written on it and around it.
    legend
        (SVG of a swatch, label) of each class that is on the map.
    page
        Window and scale.
    """

    svg: str
    texts: list[Text]
    legend: list[tuple[str, str]]
    page: Page


def fitted(bounds: Box, wide: float, high: float) -> Page:
    """Return the window of a map of `wide` x `high` mm around `bounds` (metres), at the largest neat scale that shows it all."""
    west, south, east, north = bounds
    needed = max((east - west) / wide, (north - south) / high) * 1000 / _FILL_SHARE
    millions = int(-(-needed // _MILLION)) * _MILLION
    scale = next((neat for neat in SCALES if neat >= needed), millions)
    x, y = (west + east) / 2, (south + north) / 2
    across, up = wide * scale / 2000, high * scale / 2000
    return Page((x - across, y - up, x + across, y + up), scale)


def draw(
    page: Page, parts: Sequence[Part], names: Iterable[Name], crs: Any, *, band: float = BAND_MM
) -> Drawn:
    """Draw a map.

    Parameters
    ----------
    page
        Window and scale.
    parts
        What is drawn, from the ground up.
    names
        Names, placed where there is room; what finds none is left out.
    crs
        Projected CRS of the window.
    band
        Width of the band around the neat line that bears the coordinates, mm; zero: no coordinates.
    """
    wide, high = _size(page)
    body, legend, spots = [f'<rect width="{wide:.2f}" height="{high:.2f}" fill="#ffffff"/>'], [], []
    for part in parts:
        shown = _elements(page, part)
        if shown and part.label:
            legend.append((_swatch(part), part.label))
        body += shown
        if part.mark not in {"area", "line"}:
            spots += [tuple(spot) for spot in page.spots(part.shapes)]
    if band:
        body += _crosses(page)
    found = placed(_labels(page, names), wide, high)
    texts = [
        Text(one.label.said, one.x, one.y, one.label.size, "center", one.label.fill, halo=True)
        for one in found
    ]
    frame = f'<rect width="{wide:.2f}" height="{high:.2f}" fill="none" stroke="{INK}" stroke-width="0.3"/>'
    around, said = _coordinates(page, crs, band) if band else ("", [])
    box = f"{-band:g} {-band:g} {wide + 2 * band:.2f} {high + 2 * band:.2f}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide + 2 * band:.2f}mm" height="{high + 2 * band:.2f}mm" viewBox="{box}">'
        f'{_HATCH}<clipPath id="neat"><rect width="{wide:.2f}" height="{high:.2f}"/></clipPath>'
        f'<g clip-path="url(#neat)">{"".join(body)}</g>{frame}{around}</svg>'
    )
    return Drawn(svg, texts + said, legend, page)


def _size(page: Page) -> tuple[float, float]:
    west, south, east, north = page.box
    return (east - west) * 1000 / page.scale, (north - south) * 1000 / page.scale


def _elements(page: Page, part: Part) -> list[str]:
    """SVG of a part, empty if nothing of it is in the window."""
    style = part.style.svg()
    if part.mark in {"area", "line"}:
        hollow = part.style.fill == "none"
        path = page.areas(part.shapes, outline=hollow) if part.mark == "area" else page.lines(part.shapes)
        return [f'<path d="{path}" {style}/>'] if path else []
    return [_symbol(part, x, y) for x, y in page.spots(part.shapes)]


def _symbol(part: Part, x: float, y: float) -> str:
    style, r = part.style.svg(), part.size
    if part.mark == "square":
        return f'<rect x="{x - r:.2f}" y="{y - r:.2f}" width="{2 * r:g}" height="{2 * r:g}" {style}/>'
    if part.mark == "cross":
        return f'<path d="M{x - r:.2f} {y - r:.2f}l{2 * r:g} {2 * r:g}m0 {-2 * r:g}l{-2 * r:g} {2 * r:g}" {style}/>'
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{r:g}" {style}/>'


def _swatch(part: Part) -> str:
    wide, high = _SWATCH
    if part.mark == "area":
        inner = f'<rect x="0.4" y="0.4" width="{wide - 0.8:g}" height="{high - 0.8:g}" {part.style.svg()}/>'
    elif part.mark == "line":
        inner = f'<path d="M0.3 {high / 2:g}H{wide - 0.3:g}" {part.style.svg()}/>'
    else:
        inner = _symbol(part, wide / 2, high / 2)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}mm" height="{high:g}mm" viewBox="0 0 {wide:g} {high:g}">{_HATCH}{inner}</svg>'


def _labels(page: Page, names: Iterable[Name]) -> list[Label]:
    """Names inside the window as labels on the page."""
    given = list(names)
    if not given:
        return []
    places = page.place(np.array([name.spot for name in given], dtype=float))
    inside = shapely.contains_xy(shapely.box(*page.box), np.array([name.spot for name in given], dtype=float))
    return [
        Label(name.said, float(x), float(y), name.size, name.rank, _clear(name, page), name.fill)
        for name, (x, y), there in zip(given, places, inside, strict=True)
        if there
    ]


def _clear(name: Name, page: Page) -> float:
    half = name.reach * 1000 / page.scale
    return half if 0 < half < width(name.said, name.size) / 2 else name.clear


def ticks(low: float, high: float, step: float) -> list[float]:
    """Multiples of `step` between two coordinates."""
    return [float(step * n) for n in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def _crosses(page: Page) -> list[str]:
    """Small crosses where the lines of full coordinates meet."""
    west, south, east, north = page.box
    step = step_of(page.scale, GRATICULE_MM)
    grid = np.array([(x, y) for x in ticks(west, east, step) for y in ticks(south, north, step)])
    if not len(grid):
        return []
    path = "".join(f"M{x - 1.2:.2f} {y:.2f}h2.4m-1.2 -1.2v2.4" for x, y in page.place(grid))
    return [f'<path d="{path}" fill="none" stroke="#5b6167" stroke-width="0.12"/>']


def _coordinates(page: Page, crs: Any, band: float) -> tuple[str, list[Text]]:
    """Outer frame, ticks of full coordinates with their kilometres, and the corners in degrees."""
    west, south, east, north = page.box
    wide, high = _size(page)
    step = step_of(page.scale, GRATICULE_MM)
    outer, before, after = band - 0.25, -1.9, 3.2
    marks, said = [], []
    for x in ticks(west, east, step):
        at = (x - west) * 1000 / page.scale
        marks.append(f"M{at:.2f} 0v-1.4M{at:.2f} {high:.2f}v1.4")
        if _CORNER_MM < at < wide - _CORNER_MM:
            said += [Text(f"{x / 1000:g}", at, y, _SMALL_MM) for y in (before, high + after)]
    for y in ticks(south, north, step):
        at = (north - y) * 1000 / page.scale
        marks.append(f"M0 {at:.2f}h-1.4M{wide:.2f} {at:.2f}h1.4")
        if _CORNER_MM < at < high - _CORNER_MM:
            said += [Text(f"{y / 1000:g}", x, at, _SMALL_MM, turned=True) for x in (before, wide + after)]
    frame = (
        f'<rect x="{-outer:g}" y="{-outer:g}" width="{wide + 2 * outer:.2f}" height="{high + 2 * outer:.2f}" fill="none" stroke="{INK}" stroke-width="0.5"/>'
        f'<path d="{"".join(marks)}" fill="none" stroke="{INK}" stroke-width="0.2"/>'
    )
    return frame, said + _corners(page, crs, before, after)


def _corners(page: Page, crs: Any, before: float, after: float) -> list[Text]:
    """Longitude and latitude of the corners of the neat line."""
    west, south, east, north = page.box
    wide, high = _size(page)
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    found = []
    for x, y in ((west, north), (east, north), (west, south), (east, south)):
        lon, lat = to_degrees.transform(x, y)
        right, low = x == east, y == south
        along = Text(degrees(lon, "E"), wide if right else 0.0, high + after if low else before, _SMALL_MM, "right" if right else "left")  # fmt: skip
        beside = Text(degrees(lat, "N"), wide + after if right else before, high - _CORNER_MM / 2 if low else _CORNER_MM / 2, _SMALL_MM, turned=True)  # fmt: skip
        found += [along, beside]
    return found


def degrees(value: float, side: str) -> str:
    """Return an angle in degrees as degrees, minutes and seconds: ``120°30′07″E``."""
    seconds = round(abs(value) * 3600)
    return f"{seconds // 3600}°{seconds // 60 % 60:02d}′{seconds % 60:02d}″{side}"
