"""Coordinate system of a file of plots: out of its header and its numbers, which must agree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from layers.raw import CONTRADICTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NORTHING = (1.8e6, 6.2e6)
EASTING = (1e5, 9.2e5)
_ZONES = {3: (25, 45), 6: (13, 23)}
_FIRST = {
    ("2000", 3, True): 4513, ("2000", 3, False): 4534, ("2000", 6, True): 4491, ("2000", 6, False): 4502,
    ("1980", 3, True): 2349, ("1980", 3, False): 2370, ("1980", 6, True): 2327, ("1980", 6, False): 2338,
    ("1954", 3, True): 2401, ("1954", 3, False): 2422, ("1954", 6, True): 21413, ("1954", 6, False): 21453,
}  # fmt: skip
"""EPSG code of the first zone, by datum, width of the zone in degrees, and whether eastings carry its number."""


@dataclass(frozen=True)
class Axes:
    """What the numbers tell.

    Attributes
    ----------
    plane
        Whether they are plane coordinates in metres.
    swapped
        Whether the easting comes first.
    zone
        Number in front of the eastings; 0 where there is none.
    """

    plane: bool
    swapped: bool
    zone: int


def axes_of(first: Floats, second: Floats) -> Axes:
    """Order of the axes and zone number, where the numbers leave no doubt; X (north) first by the standard.

    Parameters
    ----------
    first, second
        n numbers of the point lines.
    """
    north, east = (
        (_as_northing(values) for values in (first, second)),
        (_zone(values) for values in (first, second)),
    )
    first_north, second_north = north
    first_zone, second_zone = east
    if first_north and second_zone is not None:
        return Axes(plane=True, swapped=False, zone=second_zone)
    if second_north and first_zone is not None:
        return Axes(plane=True, swapped=True, zone=first_zone)
    degrees = bool(np.abs(first).max() <= 180 and np.abs(second).max() <= 180)  # noqa: PLR2004 - degrees
    return Axes(plane=not degrees, swapped=False, zone=0)


def _as_northing(values: Floats) -> bool:
    return bool((values > NORTHING[0]).all() and (values < NORTHING[1]).all())


def _zone(values: Floats) -> int | None:
    """Zone number in front of eastings, 0 if there is none; None where they are no eastings."""
    zone = np.floor(values / 1e6)
    rest = values - zone * 1e6
    fit = (rest > EASTING[0]).all() and (rest < EASTING[1]).all() and (zone == zone[0]).all()
    number = int(zone[0]) if fit else -1
    known = number == 0 or any(low <= number <= high for low, high in _ZONES.values())
    return number if fit and known else None


def crs_of(header: dict[str, str], axes: Axes, notes: list[Any]) -> pyproj.CRS | None:
    """The CRS that header and numbers agree on; None, with a note, where they do not or say too little."""
    datum = _datum(header.get("坐标系", ""))
    if not axes.plane:
        notes.append(("issue-plot-degrees", "warning", None, {}))
        return pyproj.CRS.from_epsg(4490) if datum == "2000" else None
    width = _whole(header.get("几度分带", "")) or (3 if axes.zone >= _ZONES[3][0] else 6 if axes.zone else 3)
    zone = _stated_zone(header, width)
    if axes.zone and zone and axes.zone != zone:
        notes.append((CONTRADICTION, "error", None, {"stated": zone, "found": axes.zone}))
        return None
    if zone and not axes.zone:
        notes.append(("issue-plot-no-prefix", "note", None, {"zone": zone}))
    zone = zone or axes.zone
    low, high = _ZONES.get(width, (1, 0))
    if datum is None or not low <= zone <= high:
        lacking = "坐标系" if datum is None else "带号"
        notes.append(("issue-plot-no-crs", "warning", None, {"lacking": lacking}))
        return None
    return pyproj.CRS.from_epsg(_FIRST[datum, width, axes.zone > 0] + zone - low)


def _stated_zone(header: dict[str, str], width: int) -> int:
    """Zone number of the header, or the one of its central meridian; 0 if it says neither."""
    zone = _whole(header.get("带号", ""))
    meridian = next((value for key, value in header.items() if "中央" in key), "")
    if not zone and (degrees := _whole(meridian)):
        zone = degrees // 3 if width == 3 else (degrees + 3) // 6  # noqa: PLR2004 - zones of three degrees
    return zone


def _datum(text: str) -> str | None:
    if "2000" in text:
        return "2000"
    if "80" in text or "西安" in text:
        return "1980"
    if "54" in text or "北京" in text:
        return "1954"
    return None


def _whole(text: str) -> int:
    found = re.search(r"\d+", text)
    return int(found[0]) if found and len(found[0]) < 4 else 0  # noqa: PLR2004 - zones and meridians are shorter
