"""The location map of a plot: an SVG in millimetres at a neat true scale, with a legend of what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.colors import LIMITS, PIECES, ZONE_KINDS
from maps.drawing import Page, bar, haloed, north
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from maps.drawing import Box

SCALES = (500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
WIDTH_MM, HEIGHT_MM = 134.0, 100.0
_FILL_SHARE = 0.62
_BAR_MM = 30.0
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
    to_mm = Page(box, scale)
    body, legend = [f'<rect width="{WIDTH_MM}" height="{HEIGHT_MM}" fill="#ffffff"/>'], []
    for key, shapes, style in _classes(near):
        lines = 'fill="none"' in style
        if path := to_mm.areas(shapes, outline=lines):
            body.append(f'<path d="{path}" {style}/>')
            legend.append((_swatch(style), _label(key, lang)))
    real = pieces[~pieces["sliver"].astype(bool)] if len(pieces) else pieces
    bad = f'fill="{PIECES["fail"].fill}" fill-opacity="0.55" stroke="none" fill-rule="evenodd"'
    own = f'fill="{_PLOT}" fill-opacity="0.08" stroke="{_PLOT}" stroke-width="0.6" stroke-linejoin="round" fill-rule="evenodd"'
    if len(real) and (path := to_mm.areas([shapely.union_all(real.geometry.to_numpy())])):
        body.append(f'<path d="{path}" {bad}/>')
        legend.insert(0, (_swatch(bad), _label("piece", lang)))
    body.append(f'<path d="{to_mm.areas(np.array([plot], dtype=object))}" {own}/>')
    legend.insert(0, (_swatch(own), _label("plot", lang)))
    body += _names(near, to_mm, plot)
    body += [*north(WIDTH_MM - 7.0, 4.0, text("check-north", lang)), *_bar(scale)]
    body.append(
        f'<rect x="0.15" y="0.15" width="{WIDTH_MM - 0.3}" height="{HEIGHT_MM - 0.3}" fill="none" stroke="#30343a" stroke-width="0.3"/>'
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" '
        f'viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}">{"".join(body)}</svg>'
    )
    return Drawn(svg, legend, scale)


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


def _names(near: Mapping[str, gpd.GeoDataFrame], page: Page, plot: Any) -> list[str]:
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
                found.append(haloed(x, y + shift, size, name, fill=fill))
                room = shapely.difference(room, shapely.Point(at[0]).buffer(page.scale / 1000 * 9))
    return found


def _bar(scale: int) -> Sequence[str]:
    """Scale bar of about 40 mm on a white ground."""
    x, y = 4.0, HEIGHT_MM - 4.5
    fields, ends, long = bar(x, y, scale, _BAR_MM)
    back = f'<rect x="1.2" y="{HEIGHT_MM - 10.2:.2f}" width="{long * 4 + 13:.2f}" height="9" fill="#ffffff" fill-opacity="0.85"/>'
    return [back, *fields, *(haloed(at, y - 1.2, 2.6, said) for at, said in ends)]
