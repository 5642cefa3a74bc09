"""The map of a sheet as SVG in millimetres: parts cut at the neat line, names, coordinates around it, its legend."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    500, 1000, 2000, 2500, 5000, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 60_000, 75_000, 100_000,
    125_000, 150_000, 200_000, 250_000, 300_000, 400_000, 500_000, 600_000, 750_000,
)  # fmt: skip
"""Denominators of neat scales; beyond them full millions."""
GRATICULE_MM = 32.0
BAND_MM = 5.5
_FILL_SHARE = 0.94
_CORNER_MM = 20.0
_SMALL_MM = 1.9
_MILLION = 1_000_000
_SWATCH = (7.0, 4.0)
_DEFS = (
    '<defs><pattern id="hatch" width="1.6" height="1.6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="1.6" height="1.6" fill="#f2f2f2"/><rect width="0.35" height="1.6" fill="#7d8288"/></pattern>'
    '<pattern id="lines" width="1.3" height="1.3" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
    '<rect width="0.3" height="1.3" fill="#ffffff"/></pattern></defs>'
)
_CHART_MM, _CHART_STEP_MM = 1.1, 0.5
_LEAST_SYMBOL_MM = 0.5
_RING_GAP_MM, _ROUNDS = 0.3, 40


@dataclass(frozen=True)
class Style:
    """How something is drawn: fill and line as `#rrggbb` or ``none``, ``hatch`` for the pattern of no data; mm.

    `lined` areas bear white lines, so that they are told apart without colour.
    """

    fill: str = "none"
    line: str = "none"
    width: float = 0.15
    opacity: float = 1.0
    dash: str = ""
    lined: bool = False

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
        ``area``; ``edge``, an area of which the border counts; ``line``; or the symbol of points: ``dot``,
        ``square``, ``cross``.
    size
        Half-width of a symbol, mm.
    least
        Areas smaller than a dot of this radius, mm, are drawn as one; zero: as they are.
    """

    label: str
    shapes: Any
    style: Style
    mark: Literal["area", "edge", "line", "dot", "square", "cross"] = "area"
    size: float = 1.0
    least: float = 0.0


@dataclass(frozen=True)
class Chart:
    """A ring that shows how many there are of what at a place in the working CRS, and in all.

    `slices` are (number, style, label of the legend).
    """

    spot: tuple[float, float]
    slices: tuple[tuple[int, Style, str], ...]

    @property
    def total(self) -> int:
        """How many there are in all."""
        return sum(number for number, _, _ in self.slices)

    @property
    def radius(self) -> float:
        """Radius of the ring, mm: its area grows with the number."""
        return float(_CHART_MM + _CHART_STEP_MM * np.sqrt(self.total))


@dataclass(frozen=True)
class Name:
    """A name on the map: text, place in the working CRS, height in mm, rank, half-width of its symbol, colour.

    `reach` is the half-width, in metres, of an area too small to write on: then the name stands beside it;
    `area` is what it names, in the working CRS: its middle stands in there if it can.
    """

    said: str
    spot: tuple[float, float]
    size: float = 2.6
    rank: float = 0.0
    clear: float = 0.0
    fill: str = INK
    reach: float = 0.0
    area: Any = None


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
    page: Page, parts: Sequence[Part], names: Iterable[Name], crs: Any, *, band: float = BAND_MM,
    charts: Sequence[Chart] = (),
) -> Drawn:  # fmt: skip
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
    charts
        Rings on top; their names keep clear of them (`Name.clear`).
    """
    wide, high = _size(page)
    body, legend = [f'<rect width="{wide:.2f}" height="{high:.2f}" fill="#ffffff"/>'], []
    symbols: list[Box] = []
    for part in parts:
        shown = _elements(page, part)
        if shown and part.label:
            legend.append((_swatch(part), part.label))
        body += shown
        if part.mark in {"dot", "square", "cross"} and part.size >= _LEAST_SYMBOL_MM:
            r = part.size
            symbols += [(x - r, y - r, x + r, y + r) for x, y in page.spots(part.shapes)]
    if band:
        body += _crosses(page)
    apart = _apart(page, charts)
    rings, totals, kinds = _rings(charts, apart)
    legend += [(_swatch(Part(label, (), style, "dot", 1.3)), label) for label, style in kinds.items()]
    body += rings
    found = placed(
        _labels(page, names, dict(zip((chart.spot for chart in charts), apart, strict=True))),
        wide,
        high,
        avoided=symbols,
    )
    texts = [
        Text(one.label.said, one.x, one.y, one.label.size, "center", one.label.fill, halo=True)
        for one in found
    ] + totals
    frame = f'<rect width="{wide:.2f}" height="{high:.2f}" fill="none" stroke="{INK}" stroke-width="0.3"/>'
    around, said = _coordinates(page, crs, band) if band else ("", [])
    box = f"{-band:g} {-band:g} {wide + 2 * band:.2f} {high + 2 * band:.2f}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide + 2 * band:.2f}mm" height="{high + 2 * band:.2f}mm" viewBox="{box}">'
        f'{_DEFS}<clipPath id="neat"><rect width="{wide:.2f}" height="{high:.2f}"/></clipPath>'
        f'<g clip-path="url(#neat)">{"".join(body)}</g>{frame}{around}</svg>'
    )
    return Drawn(svg, texts + said, legend, page)


def _size(page: Page) -> tuple[float, float]:
    west, south, east, north = page.box
    return (east - west) * 1000 / page.scale, (north - south) * 1000 / page.scale


def _elements(page: Page, part: Part) -> list[str]:
    """SVG of a part, empty if nothing of it is in the window."""
    style = part.style.svg()
    if part.mark in {"area", "edge", "line"}:
        hollow = part.style.fill == "none"
        path = page.lines(part.shapes) if part.mark == "line" else page.areas(part.shapes, outline=hollow)
        lined = [f'<path d="{path}" fill="url(#lines)" fill-rule="evenodd"/>'] if part.style.lined else []
        return ([f'<path d="{path}" {style}/>', *lined] if path else []) + _specks(page, part)
    return [_symbol(part, x, y) for x, y in page.spots(part.shapes)]


def _specks(page: Page, part: Part) -> list[str]:
    """Dots for what would not be seen."""
    if not part.least:
        return []
    shapes = np.asarray(part.shapes, dtype=object)
    small = shapely.area(shapes) < np.pi * (part.least * page.scale / 1000) ** 2
    dot = Part("", (), part.style, "dot", part.least)
    return [
        _symbol(dot, x, y) for x, y in page.spots(shapely.centroid(shapes[small & ~shapely.is_empty(shapes)]))
    ]


def _symbol(part: Part, x: float, y: float) -> str:
    style, r = part.style.svg(), part.size
    if part.mark == "square":
        return f'<rect x="{x - r:.2f}" y="{y - r:.2f}" width="{2 * r:g}" height="{2 * r:g}" {style}/>'
    if part.mark == "cross":
        return f'<path d="M{x - r:.2f} {y - r:.2f}l{2 * r:g} {2 * r:g}m0 {-2 * r:g}l{-2 * r:g} {2 * r:g}" {style}/>'
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{r:g}" {style}/>'


def _apart(page: Page, charts: Sequence[Chart]) -> list[tuple[float, float]]:
    """Where rings stand on the page: one that would lie on another moves away from it."""
    if not charts:
        return []
    spots = page.place(np.array([chart.spot for chart in charts], dtype=float))
    radii = np.array([chart.radius for chart in charts])
    for _ in range(_ROUNDS):
        away = spots[:, None, :] - spots[None, :, :]
        far = np.hypot(away[..., 0], away[..., 1])
        lack = radii[:, None] + radii[None, :] + _RING_GAP_MM - far
        np.fill_diagonal(lack, 0)
        lack[(lack < 0) | (far == 0)] = 0
        if lack.max() < 0.01:  # noqa: PLR2004 - mm
            break
        spots = spots + (away * (lack / np.where(far == 0, 1, far) / 2)[..., None]).sum(axis=1)
    return [(float(x), float(y)) for x, y in spots]


def _rings(
    charts: Sequence[Chart], spots: Sequence[tuple[float, float]]
) -> tuple[list[str], list[Text], dict[str, Style]]:
    """SVG of the rings, their totals, and what they are made of."""
    shown, totals = [], []
    kinds: dict[str, Style] = {}
    for chart, (x, y) in zip(charts, spots, strict=True):
        r, start = chart.radius, 0.0
        for number, style, label in chart.slices:
            end = start + number / chart.total
            shown.append(_slice(x, y, r, start, end, style))
            kinds[label], start = style, end
        shown.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{0.62 * r:.2f}" fill="#ffffff" stroke="{INK}" stroke-width="0.1"/>')  # fmt: skip
        size = min(2.1, 0.8 * r)
        totals.append(Text(str(chart.total), x, y + 0.36 * size, size))
    return shown, totals, kinds


def _slice(x: float, y: float, r: float, start: float, end: float, style: Style) -> str:
    """A sector from one share of the turn to another, clockwise from above."""
    if end - start > 1 - 1e-9:
        return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{r:.2f}" {style.svg()}/>'
    (x1, y1), (x2, y2) = (
        (x + r * np.sin(2 * np.pi * at), y - r * np.cos(2 * np.pi * at)) for at in (start, end)
    )
    large = int(end - start > 0.5)  # noqa: PLR2004 - half a turn
    return f'<path d="M{x:.2f} {y:.2f}L{x1:.2f} {y1:.2f}A{r:.2f} {r:.2f} 0 {large} 1 {x2:.2f} {y2:.2f}Z" {style.svg()}/>'


def _swatch(part: Part) -> str:
    wide, high = _SWATCH
    if part.mark == "area":
        box = f'<rect x="0.4" y="0.4" width="{wide - 0.8:g}" height="{high - 0.8:g}"'
        inner = f"{box} {part.style.svg()}/>" + (f'{box} fill="url(#lines)"/>' if part.style.lined else "")
    elif part.mark in {"line", "edge"}:
        inner = f'<path d="M0.3 {high / 2:g}H{wide - 0.3:g}" {part.style.svg()}/>'
    else:
        inner = _symbol(replace(part, size=max(part.size, _LEAST_SYMBOL_MM)), wide / 2, high / 2)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}mm" height="{high:g}mm" viewBox="0 0 {wide:g} {high:g}">{_DEFS}{inner}</svg>'


def _labels(
    page: Page, names: Iterable[Name], moved: dict[tuple[float, float], tuple[float, float]]
) -> list[Label]:
    """Names inside the window as labels on the page; those of rings where the rings are."""
    given = list(names)
    if not given:
        return []
    places = page.place(np.array([name.spot for name in given], dtype=float))
    inside = shapely.contains_xy(shapely.box(*page.box), np.array([name.spot for name in given], dtype=float))
    areas = [None if name.area is None else shapely.transform(name.area, page.place) for name in given]
    return [
        Label(name.said, *moved.get(name.spot, (float(x), float(y))), name.size, name.rank, _clear(name, page), name.fill, area)
        for name, (x, y), there, area in zip(given, places, inside, areas, strict=True)
        if there
    ]  # fmt: skip


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
