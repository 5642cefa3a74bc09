"""Drawing on a page in millimetres at a true scale: paths cut at the frame, texts, bar and arrow, as SVG."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    Box = tuple[float, float, float, float]

FONT = "Noto Sans SC"
INK = "#22262b"
FINEST_MM = 0.02
_RIM_MM = 3.0
_STEPS = tuple(m * 10**p for p in range(6) for m in (1, 2, 2.5, 5) if m * 10**p >= 5)  # noqa: PLR2004 - metres
_KM = 1000


@dataclass(frozen=True)
class Page:
    """From metres on the ground to millimetres on the page.

    Attributes
    ----------
    box
        What is shown, in metres.
    scale
        Denominator.
    """

    box: Box
    scale: int

    def areas(self, shapes: Any, *, outline: bool = False) -> str:
        """SVG path of polygons, cut at the window; empty where nothing, or with `outline` no edge, is in it."""
        fit = self._near(shapes)
        bad = ~shapely.is_valid(fit)
        fit[bad] = shapely.make_valid(fit[bad], method="structure", keep_collapsed=False)
        parts = shapely.get_parts(self._cut(fit))
        parts = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 - polygons
        parts = parts[shapely.intersects(parts, shapely.box(*self.box))]
        if outline and not shapely.intersects(shapely.boundary(parts), shapely.box(*self.box)).any():
            return ""
        return "".join(
            self._run(shapely.get_coordinates(ring)[:-1]) + "Z" for ring in shapely.get_rings(parts)
        )

    def lines(self, shapes: Any) -> str:
        """SVG path of lines, cut at the window; empty where nothing is in it."""
        parts = shapely.get_parts(shapely.line_merge(self._cut(self._near(shapes))))
        parts = parts[shapely.get_dimensions(parts) == 1]
        parts = parts[shapely.intersects(parts, shapely.box(*self.box))]
        return "".join(self._run(shapely.get_coordinates(part)) for part in parts)

    def spots(self, points: Any) -> np.ndarray:
        """Points inside the window, in millimetres."""
        shapes = self._near(points)
        inside = shapes[shapely.intersects(shapes, shapely.box(*self.box))]
        return np.asarray(self.place(shapely.get_coordinates(inside)))

    def place(self, points: Any) -> np.ndarray:
        """Return coordinates in metres as millimetres on the page."""
        west, _, _, north = self.box
        per = 1000 / self.scale
        return np.column_stack([(points[:, 0] - west) * per, (north - points[:, 1]) * per])

    def _near(self, shapes: Any) -> np.ndarray:
        """What may be in the window."""
        given = np.asarray(shapes, dtype=object)
        west, south, east, north = self._wide()
        edges = shapely.bounds(given).reshape(-1, 4)
        near: np.ndarray = given[
            (edges[:, 0] <= east) & (edges[:, 2] >= west) & (edges[:, 1] <= north) & (edges[:, 3] >= south)
        ]
        return near

    def _cut(self, shapes: np.ndarray) -> np.ndarray:
        cut = shapely.clip_by_rect(shapes, *self._wide())
        return np.asarray(
            shapely.simplify(cut[~shapely.is_empty(cut)], self.scale / 1000 * FINEST_MM), dtype=object
        )

    def _wide(self) -> Box:
        west, south, east, north = self.box
        rim = self.scale / 1000 * _RIM_MM
        return west - rim, south - rim, east + rim, north + rim

    def _run(self, points: np.ndarray) -> str:
        return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in self.place(points))


def haloed(x: float, y: float, size: float, said: str, *, anchor: str = "middle", fill: str = INK) -> str:
    """Return a text with a white rim, so that it can be read on any ground."""
    words = html.escape(said)
    place = f'x="{x:.2f}" y="{y:.2f}" font-family="{FONT}" font-size="{size}" text-anchor="{anchor}"'
    return (
        f'<text {place} fill="none" stroke="#ffffff" stroke-width="0.7" stroke-linejoin="round">{words}</text>'
        f'<text {place} fill="{fill}">{words}</text>'
    )


def north(x: float, y: float, said: str) -> Sequence[str]:
    """Arrow with its tip at a place, and the word below it."""
    return [
        f'<path d="M{x} {y}l2.6 8l-2.6 -1.8l-2.6 1.8Z" fill="{INK}" stroke="#ffffff" stroke-width="0.3"/>',
        haloed(x, y + 12.2, 3.4, said),
    ]


def step_of(scale: int, least_mm: float) -> float:
    """Return the least round length, in metres, that is at least `least_mm` long on the page."""
    return float(next(m for m in _STEPS if 1000 * m / scale >= least_mm))


def bar(x: float, y: float, scale: int, least_mm: float) -> tuple[list[str], list[tuple[float, str]], float]:
    """Scale bar of four fields of a round length, together at least `least_mm`.

    Returns
    -------
    fields, ends, long
        SVG of the fields, each number with its place along the bar, and the length of a field on the page, mm.
    """
    step = step_of(scale, least_mm / 4)
    long = step * 1000 / scale
    fields = [
        f'<rect x="{x + n * long:.2f}" y="{y:.2f}" width="{long:.2f}" height="1.4" fill="{INK if n % 2 == 0 else "#ffffff"}" stroke="{INK}" stroke-width="0.2"/>'
        for n in range(4)
    ]
    unit, per = ("km", _KM) if 2 * step >= _KM else ("m", 1)
    ends = [(x + n * long, f"{n * step / per:g}" + end) for n, end in ((0, ""), (2, ""), (4, f" {unit}"))]
    return fields, ends, long
