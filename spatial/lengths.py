"""Lengths of lines on the ellipsoid, and lines cut at towns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from spatial.ellipsoid import semi_minor

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

LINE = 1
NOTHING_M = 1e-6


def lengths(lines: NDArray[np.object_], crs: Any) -> NDArray[np.float64]:
    """Length of lines on the ellipsoid of their CRS, m (geodesic between vertices); other shapes have 0.

    Parameters
    ----------
    lines
        n lines in a projected CRS.
    crs
        Their CRS.
    """
    own = pyproj.CRS.from_user_input(crs)
    ellipsoid: Any = own.ellipsoid
    geod = pyproj.Geod(a=ellipsoid.semi_major_metre, b=semi_minor(ellipsoid))
    parts, at = shapely.get_parts(lines, return_index=True)
    strings = shapely.get_dimensions(parts) == LINE
    xy, line = shapely.get_coordinates(parts[strings], return_index=True)
    if len(xy) == 0:
        return np.zeros(len(lines))
    lon, lat = pyproj.Transformer.from_crs(own, own.geodetic_crs, always_xy=True).transform(*xy.T)
    steps = geod.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    same = line[:-1] == line[1:]
    owner = at[strings][line[:-1][same]]
    return np.bincount(owner, np.asarray(steps)[same], minlength=len(lines)).astype(float)


def cut_lines(lines: NDArray[np.object_], towns: gpd.GeoDataFrame) -> pd.DataFrame:
    """Cut lines at towns: a special town has what runs in it, and so has the administrative town around it.

    Every stretch is of one administrative town alone, of the first by the order of the towns where two draw the same
    land or it runs along their border, so that lengths add up. What runs outside all of them has no ``town_id``.

    Parameters
    ----------
    lines
        n lines in the working CRS.
    towns
        Subjects, index ``town_id``.

    Returns
    -------
    DataFrame
        ``at`` (position of the line), ``town_id``, ``special``, ``geometry``, ``length_m`` (geodesic).
    """
    drawn = towns[~(towns.geometry.is_empty | towns.geometry.isna())].sort_index(kind="stable")
    special = drawn["programme"].eq("special").fillna(value=False).astype(bool)
    tables = []
    for group, is_special in ((drawn[~special], False), (drawn[special], True)):
        at, town, shapes = apart(lines, group.geometry.to_numpy())
        names = np.array([*group.index, None], dtype=object)[town]
        found = pd.DataFrame({"at": at, "town_id": names, "special": is_special, "geometry": shapes})
        tables.append(found[found["town_id"].notna()] if is_special else found)
    table = pd.concat(tables, ignore_index=True)
    table["length_m"] = lengths(table["geometry"].to_numpy(), towns.crs)
    return table


def apart(lines: Any, areas: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Stretches of lines by the first area they lie in (-1: none): position of the line, of the area, geometry."""
    tree = shapely.STRtree(lines)
    town, line = tree.query(areas, predicate="intersects") if len(areas) else np.empty((2, 0), dtype=np.int64)
    order = np.lexsort([town, line])
    town, line = town[order], line[order]
    inside_town, inside = (
        tree.query(areas, predicate="contains_properly") if len(areas) else (town[:0], line[:0])
    )
    count = np.bincount(line, minlength=len(lines))
    alone = np.full(len(lines), -1, dtype=np.int64)
    alone[inside] = inside_town
    whole = (alone >= 0) & (count == 1)
    at, of, shapes = [np.flatnonzero(whole)], [alone[whole]], [lines[whole]]
    rest = np.array(lines, dtype=object)
    turn = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    for number in range(int(turn.max(initial=-1)) + 1):
        now = (turn == number) & ~whole[line]
        who, where = line[now], town[now]
        at.append(who)
        of.append(where)
        shapes.append(shapely.intersection(rest[who], areas[where]))
        rest[who] = shapely.difference(rest[who], areas[where])
    left = np.flatnonzero(~whole)
    at.append(left)
    of.append(np.full(len(left), -1))
    shapes.append(rest[left])
    found = _lines_alone(np.concatenate(shapes))
    some = shapely.length(found) > NOTHING_M
    return np.concatenate(at)[some], np.concatenate(of)[some], found[some]


def _lines_alone(shapes: Any) -> NDArray[np.object_]:
    """Shapes without the points that an intersection leaves where a line only touches."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    for place in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[place])
        shapes[place] = shapely.multilinestrings(parts[shapely.get_dimensions(parts) == LINE])
    return np.asarray(shapes, dtype=object)
