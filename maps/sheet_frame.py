"""Where things stand on a sheet: paper, frame, title, map and the panel beside or below it, in millimetres."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from maps.sheet_map import BAND_MM

Paper = Literal["A4", "A3"]

PAPERS: dict[Paper, tuple[float, float]] = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
"""Width and height upright (ISO 216)."""
_SIDE, _TOP, _FOOT, _GAP = 8.0, 7.0, 12.0, 3.0
_LINE_MM = {"A4": 4.6, "A3": 5.7}
_DEEP_MM = {"A4": (78.0, 112.0), "A3": (100.0, 150.0)}


class Rect(NamedTuple):
    """A rectangle on the page: left, top, width, height, mm."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """Places on a sheet.

    Attributes
    ----------
    width, height
        Of the paper.
    flipped
        Whether it lies on its long side: the panel stands beside the map, otherwise below.
    frame, strip, panel, map
        Frame, title strip, panel; the map's neat line.
    band
        Width of the band of coordinates around the map.
    size
        Size of the letters, pt.
    stamp
        Height of the field for a stamp.
    """

    width: float
    height: float
    flipped: bool
    frame: Rect
    strip: Rect
    panel: Rect
    map: Rect
    band: float
    size: float
    stamp: float

    def data(self) -> dict[str, Any]:
        """As the typesetting reads it."""
        given = asdict(self)
        for name in ("frame", "strip", "panel", "map"):
            given[name] = getattr(self, name)._asdict()
        given["map"]["band"] = self.band
        return given


def layout(paper: Paper, *, landscape: bool, coordinates: bool = True, lines: int = 14) -> Layout:
    """Return the places on a sheet.

    Parameters
    ----------
    paper
        ``A4`` or ``A3``.
    landscape
        On its long side.
    coordinates
        Whether the map has a band of coordinates.
    lines
        Of legend or table, whichever is longer: as high is the panel of an upright sheet, within limits.
    """
    upright = PAPERS[paper]
    wide, high = upright[::-1] if landscape else upright
    large = paper == "A3"
    strip_high, size, stamp = (14.0, 10.0, 30.0) if large else (11.0, 7.6, 22.0)
    frame = Rect(_SIDE, _TOP, wide - 2 * _SIDE, high - _TOP - _FOOT)
    strip = Rect(frame.x + _GAP, frame.y + 1.5, frame.width - 2 * _GAP, strip_high)
    top, bottom = strip.y + strip.height + 1.0, frame.y + frame.height - _GAP
    left, right = frame.x + _GAP, frame.x + frame.width - _GAP
    if landscape:
        side = 92.0 if large else 68.0
        panel = Rect(right - side, top, side, bottom - top)
        outer = Rect(left, top, right - side - 4.0 - left, bottom - top)
    else:
        least, most = _DEEP_MM[paper]
        deep = min(max(8.0 + _LINE_MM[paper] * lines, least), most)
        panel = Rect(left, bottom - deep, right - left, deep)
        outer = Rect(left, top, right - left, bottom - deep - 3.0 - top)
    band = BAND_MM if coordinates else 0.0
    inner = Rect(outer.x + band, outer.y + band, outer.width - 2 * band, outer.height - 2 * band)
    return Layout(wide, high, landscape, frame, strip, panel, inner, band, size, stamp)
