"""The location map of a plot: an SVG in millimetres at a neat true scale, with a legend of what is shown."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.colors import LIMITS, PIECES, ZONE_KINDS
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    Box = tuple[float, float, float, float]

SCALES = (500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
WIDTH_MM, HEIGHT_MM = 134.0, 100.0
_FILL_SHARE = 0.62
_BAR_MM = 30.0
_FONT = "Noto Sans SC"
_PLOT = "#c4001d"
_PARCEL = ("#ece7e2", "#a39a92")


@dataclass(frozen=True)
class Drawn:
    """A map and its legend.

    Attributes
    ----------
    svg
        `WIDTH_MM` x `HEIGHT_MM`.
    legend
        (SVG of a swatch, label) of each class that is on the map.
    scale
        Denominator.
    """

    svg: str
    legend: list[tuple[str, str]]
    scale: int


def window(bounds: Box) -> tuple[Box, int]:
    """What the map shows, in metres, and its scale: the largest neat one that leaves room around the plot."""
    west, south, east, north = bounds
    across, up = (east - west) / WIDTH_MM, (north - south) / HEIGHT_MM
    needed = max(across, up) * 1000 / _FILL_SHARE
    scale = next((neat for neat in SCALES if neat >= needed), SCALES[-1])
    x, y = (west + east) / 2, (south + north) / 2
    wide, high = WIDTH_MM * scale / 2000, HEIGHT_MM * scale / 2000
    return (x - wide, y - high, x + wide, y + high), scale


def draw(
    plot: Any, pieces: gpd.GeoDataFrame, around: Callable[[Box], Mapping[str, gpd.GeoDataFrame]], lang: Lang
) -> Drawn:
    """Draw a plot among the control layers.

    Parameters
    ----------
    plot
        Its geometry, in a plane in metres.
    pieces
        Parts of it that break a rule.
    around
        Gives the control layers in a box, by role; zones with their ``zone_kind``.
    lang
        Language.
    """
    box, scale = window(tuple(float(edge) for edge in shapely.bounds(plot)))  # type: ignore[arg-type]
    near = around(box)
    to_mm = _Page(box, scale)
    body, legend = [f'<rect width="{WIDTH_MM}" height="{HEIGHT_MM}" fill="#ffffff"/>'], []
    for key, shapes, style in _classes(near):
        lines = 'fill="none"' in style
        if path := to_mm.path(shapes, lines=lines):
            body.append(f'<path d="{path}" {style}/>')
            legend.append((_swatch(style), _label(key, lang)))
    real = pieces[~pieces["sliver"].astype(bool)] if len(pieces) else pieces
    bad = f'fill="{PIECES["fail"].fill}" fill-opacity="0.55" stroke="none" fill-rule="evenodd"'
    own = f'fill="{_PLOT}" fill-opacity="0.08" stroke="{_PLOT}" stroke-width="0.6" stroke-linejoin="round" fill-rule="evenodd"'
    if len(real) and (path := to_mm.path([shapely.union_all(real.geometry.to_numpy())])):
        body.append(f'<path d="{path}" {bad}/>')
        legend.insert(0, (_swatch(bad), _label("piece", lang)))
    body.append(f'<path d="{to_mm.path(np.array([plot], dtype=object))}" {own}/>')
    legend.insert(0, (_swatch(own), _label("plot", lang)))
    body += _names(near, to_mm, plot)
    body += [*_north(lang), *_bar(scale)]
    body.append(
        f'<rect x="0.15" y="0.15" width="{WIDTH_MM - 0.3}" height="{HEIGHT_MM - 0.3}" fill="none" stroke="#30343a" stroke-width="0.3"/>'
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" '
        f'viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}">{"".join(body)}</svg>'
    )
    return Drawn(svg, legend, scale)


@dataclass(frozen=True)
class _Page:
    """From metres on the ground to millimetres on the page."""

    box: Box
    scale: int

    def path(self, shapes: Any, *, lines: bool = False) -> str:
        """SVG path of polygons, cut at the window; empty where nothing, or with `lines` no edge, is in it."""
        west, south, east, north = self.box
        fit = shapely.make_valid(np.asarray(shapes, dtype=object), method="structure", keep_collapsed=False)
        rim = self.scale / 1000 * 3
        cut = shapely.clip_by_rect(fit, west - rim, south - rim, east + rim, north + rim)
        cut = shapely.simplify(cut[~shapely.is_empty(cut)], self.scale / 1000 * 0.02)
        parts = shapely.get_parts(cut)
        parts = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 - polygons
        parts = parts[shapely.intersects(parts, shapely.box(*self.box))]
        if lines and not shapely.intersects(shapely.boundary(parts), shapely.box(*self.box)).any():
            return ""
        return "".join(self._ring(ring) for ring in shapely.get_rings(parts))

    def _ring(self, ring: Any) -> str:
        points = self.place(shapely.get_coordinates(ring)[:-1])
        return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "Z"

    def place(self, points: Any) -> Any:
        """Points on the page."""
        west, _, _, north = self.box
        per = 1000 / self.scale
        return np.column_stack([(points[:, 0] - west) * per, (north - points[:, 1]) * per])


def _classes(near: Mapping[str, gpd.GeoDataFrame]) -> list[tuple[str, Any, str]]:
    """What is drawn under the plot, from the ground up: key, geometries, style."""
    found: list[tuple[str, Any, str]] = []
    zones = near.get("expansion_boundary")
    if zones is not None:
        found += [
            (f"zone-{kind}", zones.geometry[zones["zone_kind"] == kind].to_numpy(), f'fill="{look.fill}" stroke="{look.line}" stroke-width="0.15" fill-rule="evenodd"')
            for kind, look in ZONE_KINDS.items()
        ]  # fmt: skip
    plain = {
        "farmland": f'fill="{LIMITS["farmland"].fill}" fill-opacity="0.75" stroke="{LIMITS["farmland"].line}" stroke-width="0.3"',
        "redline": f'fill="{LIMITS["redline"].fill}" fill-opacity="0.6" stroke="#b3261e" stroke-width="0.5" stroke-dasharray="2 0.8"',
        "construction_land": f'fill="{_PARCEL[0]}" fill-opacity="0.45" stroke="{_PARCEL[1]}" stroke-width="0.15"',
        "construction_area": f'fill="none" stroke="{LIMITS["construction_area"].line}" stroke-width="0.5" stroke-dasharray="1.4 0.7"',
        "planned_area": f'fill="none" stroke="{LIMITS["planned_area"].line}" stroke-width="0.6"',
        "town_boundary": 'fill="none" stroke="#30343a" stroke-width="0.45" stroke-dasharray="3 0.8 0.6 0.8"',
    }
    found += [
        (role, near[role].geometry.to_numpy(), f'{style} fill-rule="evenodd"')
        for role, style in plain.items()
        if role in near
    ]
    return found


def _label(key: str, lang: Lang) -> str:
    if key.startswith("zone-"):
        return text(f"check-line-{key.removeprefix('zone-')}", lang)
    return text(f"check-legend-{'parcel' if key == 'construction_land' else key}", lang)


def _swatch(style: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="7mm" height="4mm" viewBox="0 0 7 4">'
        f'<rect x="0.4" y="0.4" width="6.2" height="3.2" {style}/></svg>'
    )


def _text(
    x: float, y: float, size: float, said: str, *, anchor: str = "middle", fill: str = "#22262b"
) -> str:
    """A text with a white rim, so that it can be read on any ground."""
    words = html.escape(said)
    place = f'x="{x:.2f}" y="{y:.2f}" font-family="{_FONT}" font-size="{size}" text-anchor="{anchor}"'
    return (
        f'<text {place} fill="none" stroke="#ffffff" stroke-width="0.7" stroke-linejoin="round">{words}</text>'
        f'<text {place} fill="{fill}">{words}</text>'
    )


def _names(near: Mapping[str, gpd.GeoDataFrame], page: _Page, plot: Any) -> list[str]:
    """Names of towns and special towns, where their land on the map is, clear of the plot."""
    found = []
    room = shapely.difference(
        shapely.box(*page.box).buffer(-page.scale / 1000 * 7),
        shapely.buffer(shapely.convex_hull(plot), page.scale / 1000 * 9),
    )
    for role, size, fill in (
        ("town_boundary", 3.6, "#30343a"),
        ("planned_area", 3.0, LIMITS["planned_area"].line),
    ):
        frame = near.get(role)
        if frame is None:
            continue
        fit = shapely.make_valid(frame.geometry.to_numpy(), method="structure", keep_collapsed=False)
        shown = shapely.intersection(fit, room)
        for name, shape in zip(frame["name"], shown, strict=True):
            if isinstance(name, str) and shapely.area(shape) > (page.scale / 1000) ** 2 * 400:
                widest = max(shapely.get_parts(shape), key=shapely.area)
                at = shapely.get_coordinates(shapely.maximum_inscribed_circle(widest, page.scale / 1000))[:1]
                x, y = page.place(at)[0]
                shift = 0.0 if role == "town_boundary" else 5.0
                found.append(_text(x, y + shift, size, name, fill=fill))
                room = shapely.difference(room, shapely.Point(at[0]).buffer(page.scale / 1000 * 9))
    return found


def _north(lang: Lang) -> Sequence[str]:
    x, y = WIDTH_MM - 7.0, 4.0
    return [
        f'<path d="M{x} {y}l2.6 8l-2.6 -1.8l-2.6 1.8Z" fill="#22262b" stroke="#ffffff" stroke-width="0.3"/>',
        _text(x, y + 12.2, 3.4, text("check-north", lang)),
    ]


def _bar(scale: int) -> Sequence[str]:
    """Scale bar of about 40 mm: four fields of a round length."""
    step = next(
        m
        for m in (5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000)
        if 4000 * m / scale >= _BAR_MM
    )
    long = step * 1000 / scale
    x, y = 4.0, HEIGHT_MM - 4.5
    back = f'<rect x="1.2" y="{HEIGHT_MM - 10.2:.2f}" width="{long * 4 + 13:.2f}" height="9" fill="#ffffff" fill-opacity="0.85"/>'
    fields = [
        f'<rect x="{x + n * long:.2f}" y="{y:.2f}" width="{long:.2f}" height="1.4" fill="{"#22262b" if n % 2 == 0 else "#ffffff"}" stroke="#22262b" stroke-width="0.2"/>'
        for n in range(4)
    ]
    unit, per = ("km", 1000) if step >= 1000 else ("m", 1)  # noqa: PLR2004 - metres in a kilometre
    ends = [
        _text(x + n * long, y - 1.2, 2.6, f"{n * step / per:g}" + end)
        for n, end in ((0, ""), (2, ""), (4, f" {unit}"))
    ]
    return [back, *fields, *ends]
