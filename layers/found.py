"""Which coordinate system a layer is in, how that was told, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from layers import crs as systems
from layers import sources
from layers.errors import LayerError
from layers.workspace import LayerSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.sources import Raw

    Bounds = tuple[float, float, float, float]
    Shapes = NDArray[np.object_]

_GAIN, _FITS = 0.002, 0.5
"""By how much the best must fit better than the next, and how well at least (shared over joint area)."""
_SAME = 0.9
"""Shared over joint area from which on polygons are the same things drawn twice: less tells nothing of a shift of 500 m."""
_FIRST_ZONE, _ZONES = 4534, range(75, 136, 3)
"""EPSG code of the first three-degree zone of CGCS2000 without prefix; central meridians. Those of six degrees are among them."""
_MILLION, _METRE = 1e6, 1e-5


@dataclass(frozen=True)
class Found:
    """The CRS of a layer, or ``GCJ-02`` or ``BD-09``; ``why`` is a message code with ``params``."""

    crs: pyproj.CRS | str | None
    how: Literal["file", "numbers", "prefix", "header", "reference", "stated"]
    sure: Literal["certain", "likely", "unknown"]
    why: str
    params: Mapping[str, Any] = field(default_factory=dict)
    swapped: bool = False


def find(raw: Raw, stated: pyproj.CRS | None = None, reference: gpd.GeoDataFrame | None = None) -> Found:
    """Tell the CRS of a layer by its file, by its numbers, and by polygons that are placed rightly.

    Parameters
    ----------
    raw
        The layer.
    stated
        A plane CRS that it may be in.
    reference
        Polygons in longitude and latitude (EPSG:4490) whose place is sure.

    Returns
    -------
    Found
        ``unknown`` where file and numbers contradict each other, or nothing tells; the shift of web maps only
        where the reference fits clearly better with it undone.
    """
    shapes = np.array(raw.frame["geometry"], dtype=object)
    shapes = shapes[np.isfinite(shapely.bounds(shapes)).all(axis=1)] if len(shapes) else shapes
    if not len(shapes):
        sure = raw.crs is not None and not raw.implied_crs
        return Found(
            _flat(raw.crs),
            "file",
            "certain" if sure else "unknown",
            "found-file" if sure else "found-nothing",
        )
    bounds: Bounds = tuple(float(edge) for edge in shapely.total_bounds(shapes))  # type: ignore[assignment]
    found = (
        _of_file(raw, shapes, bounds)
        if raw.crs is not None or raw.implied_crs
        else _of_numbers(bounds, stated)
    )
    if reference is None or not len(reference):
        return found
    if isinstance(found.crs, pyproj.CRS) and found.crs.is_geographic and not found.swapped:
        return _shifted(found, shapes, reference)
    if found.crs is None and found.why == "found-nothing":
        return _of_zones(shapes, bounds, reference)
    return found


def read_reference(path: Path) -> gpd.GeoDataFrame:
    """Polygons of the first layer of a file, in longitude and latitude (EPSG:4490).

    Raises
    ------
    LayerError
        If it holds no layer, or its CRS is not sure.
    """
    source = next((one for one in sources.layers_of(path) if one.kind == "vector"), None)
    raw = None if source is None else sources.read(LayerSpec("reference", "", path, source.layer))
    if raw is None or "geometry" not in raw.frame:
        raise LayerError("found-no-reference", path=path)
    found = find(raw)
    if not isinstance(found.crs, pyproj.CRS) or found.sure == "unknown":
        raise LayerError("found-no-reference", path=path)
    shapes = np.array(raw.frame["geometry"].dropna(), dtype=object)
    base = pyproj.CRS.from_epsg(4490)
    placed = systems.place(shapes, found.crs, base, None, {"layer": "reference", "path": path})
    return gpd.GeoDataFrame(geometry=placed.shapes, crs=base)


def _flat(crs: pyproj.CRS | None) -> pyproj.CRS | None:
    if crs is None:
        return None
    return pyproj.CRS(crs.sub_crs_list[0]) if crs.is_compound else pyproj.CRS(crs)


def _turned(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    return south, west, north, east


def _of_file(raw: Raw, shapes: Shapes, bounds: Bounds) -> Found:
    """What the file says, unless the numbers cannot be that; a feature far off makes no other CRS of it."""
    middle: Bounds = tuple(float(edge) for edge in np.median(shapely.bounds(shapes), axis=0))  # type: ignore[assignment]
    own = _flat(raw.crs) or pyproj.CRS.from_epsg(4326)
    if raw.implied_crs:
        if _possible(own, bounds):
            return Found(own, "file", "likely", "found-geojson")
        return _of_numbers(bounds, None)
    if _possible(own, bounds) or _possible(own, middle):
        return Found(own, "file", "certain", "found-file")
    if _possible(own, _turned(bounds)) and _of_numbers(bounds, None).swapped:
        return Found(own, "file", "likely", "found-file-swapped", swapped=True)
    told = _of_numbers(bounds, None).crs
    numbers = told.name if isinstance(told, pyproj.CRS) else f"{bounds[0]:g}, {bounds[1]:g}"
    return Found(None, "file", "unknown", "found-contradiction", {"file": own.name, "numbers": numbers})


def _possible(crs: pyproj.CRS, bounds: Bounds) -> bool:
    """Whether numbers can be coordinates of a CRS: degrees as such, plane ones in its zone of China if it has one."""
    west, south, east, north = bounds
    if crs.is_geographic:
        return west >= -360 and east <= 360 and south >= -90 and north <= 90  # noqa: PLR2004 - degrees
    degrees = systems.from_numbers(bounds, None)
    if degrees is not None and degrees.is_geographic:
        return False
    if not systems.fit(crs) or crs.area_of_use is None or not _in_china(crs.area_of_use.bounds):
        return True
    west_of_zone = systems.false_easting(crs) - _MILLION / 2
    return 0 < (west + east) / 2 - west_of_zone < _MILLION and south < 7 * _MILLION


def _in_china(area: Bounds) -> bool:
    west, south, east, north = systems.CHINA
    return west <= area[0] and area[2] <= east and south <= area[1] and area[3] <= north


def _of_numbers(bounds: Bounds, stated: pyproj.CRS | None) -> Found:
    told = systems.from_numbers(bounds, stated)
    if told is not None:
        if bounds[0] >= _MILLION:  # a zone number in front of the easting
            return Found(told, "prefix", "likely", "found-prefix")
        return Found(told, "numbers", "likely", "found-numbers")
    swapped = systems.from_numbers(_turned(bounds), stated)
    if swapped is not None:
        return Found(swapped, "numbers", "likely", "found-swapped", swapped=True)
    return Found(None, "numbers", "unknown", "found-nothing")


def _shifted(found: Found, shapes: Shapes, reference: gpd.GeoDataFrame) -> Found:
    """As the file says, or shifted as web maps are, whichever fits the reference better."""
    areas = shapes[shapely.get_dimensions(shapes) == 2]  # noqa: PLR2004 - polygons
    if not len(areas):
        return found
    base = pyproj.CRS.from_epsg(4490)
    where = {"layer": "", "path": ""}
    ways: dict[str, Shapes] = {"": areas}
    for shift in (systems.GCJ02, systems.BD09):
        ways[shift] = systems.place(areas, shift, base, None, where).shapes
    scores = _scores(ways, reference)
    first, second = sorted(scores, key=lambda way: scores[way], reverse=True)[:2]
    params = {"before": scores[""], "after": scores[first or systems.GCJ02]}
    if scores[first] < _SAME or scores[first] <= scores[second] + _GAIN:
        if found.sure == "certain":
            return found
        return Found(found.crs, "reference", "unknown", "found-shift-ambiguous", _figures(scores))
    if not first:
        return (
            Found(found.crs, "reference", "likely", "found-not-gcj02", params)
            if found.sure != "certain"
            else found
        )
    why = "found-gcj02" if first == systems.GCJ02 else "found-bd09"
    return Found(first, "reference", "certain", why, params)


def _of_zones(shapes: Shapes, bounds: Bounds, reference: gpd.GeoDataFrame) -> Found:
    """The three-degree zone of CGCS2000, and the order of X and Y, that fit the reference best."""
    ours = tuple(float(edge) for edge in reference.total_bounds)
    ways: dict[str, Shapes] = {}
    for swapped in (False, True):
        box = _turned(bounds) if swapped else bounds
        if not (box[0] > 0 and box[2] < _MILLION and 0 < box[1] < 7 * _MILLION):
            continue
        turned = shapely.transform(shapes, lambda xy: xy[:, ::-1]) if swapped else shapes
        for number, _ in enumerate(_ZONES):
            zone = pyproj.CRS.from_epsg(_FIRST_ZONE + number)
            to_degrees = pyproj.Transformer.from_crs(zone, zone.geodetic_crs, always_xy=True)
            lon, lat = to_degrees.transform((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
            if ours[0] <= lon <= ours[2] and ours[1] <= lat <= ours[3]:
                placed = systems.moved(turned, to_degrees)
                ways[f"{_FIRST_ZONE + number}{'yx' if swapped else ''}"] = placed
    if not ways:
        return Found(None, "reference", "unknown", "found-nothing")
    scores = _inside(ways, reference)
    first, *others = sorted(scores, key=lambda way: scores[way], reverse=True)
    if scores[first] < _FITS or (others and scores[first] <= scores[others[0]] + _GAIN):
        return Found(None, "reference", "unknown", "found-ambiguous", _figures(scores))
    crs = pyproj.CRS.from_epsg(int(first.removesuffix("yx")))
    params = {"crs": crs.name, "after": scores[first]}
    return Found(crs, "reference", "likely", "found-zone", params, swapped=first.endswith("yx"))


def _figures(scores: Mapping[str, float]) -> dict[str, Any]:
    return {"figures": ", ".join(f"{way or '-'} {score:.4f}" for way, score in scores.items())}


def _scores(ways: Mapping[str, Shapes], reference: gpd.GeoDataFrame) -> dict[str, float]:
    """How well each way fits, shared over joint area: all together, or those that are the same in one of the ways.

    Taken is whichever measure fits any of the ways better.
    """
    others = shapely.make_valid(reference.geometry.dropna().to_numpy())
    ours = shapely.union_all(others)
    tree = shapely.STRtree(others)
    sound = {way: shapely.make_valid(shapes) for way, shapes in ways.items()}
    whole = {way: _agreement(shapely.union_all(shapes), ours) for way, shapes in sound.items()}
    best = {way: _piecewise(shapes, others, tree) for way, shapes in sound.items()}
    same = np.max(list(best.values()), axis=0) >= _SAME
    areas = {way: shapely.area(shapes)[same] for way, shapes in sound.items()}
    single = {
        way: float(np.average(best[way][same], weights=area)) if area.sum() else 0.0
        for way, area in areas.items()
    }
    return max((whole, single), key=lambda scores: max(scores.values()))


def _piecewise(shapes: Shapes, others: Shapes, tree: shapely.STRtree) -> NDArray[np.float64]:
    """Shared over joint area of each polygon with the one of the reference that fits it best."""
    mine, theirs = tree.query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[mine], others[theirs]))
    joint = shapely.area(shapes)[mine] + shapely.area(others[theirs]) - shared
    best = np.zeros(len(shapes))
    np.maximum.at(best, mine, np.divide(shared, joint, out=np.zeros(len(shared)), where=joint > 0))
    return best


def _inside(ways: Mapping[str, Shapes], reference: gpd.GeoDataFrame) -> dict[str, float]:
    """Share of the vertices that lie in the reference, or within a metre of it."""
    ours = shapely.union_all(shapely.make_valid(reference.geometry.dropna().to_numpy())).buffer(_METRE)
    shapely.prepare(ours)
    points = {way: shapely.get_coordinates(shapes) for way, shapes in ways.items()}
    return {way: float(shapely.contains_xy(ours, xy[:, 0], xy[:, 1]).mean()) for way, xy in points.items()}


def _agreement(one: Any, other: Any) -> float:
    """Shared area over joint area."""
    joint = shapely.area(shapely.union(one, other))
    return float(shapely.area(shapely.intersection(one, other)) / joint) if joint else 0.0
