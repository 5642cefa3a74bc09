"""What greenways meet: main roads, water, the ecological redline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.greenway_lines import grade, main_road, ordered
from spatial.lengths import apart
from spatial.project_progress import components

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from spatial.networks import Network

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

_ONE_M = 1.0
"""Crossings of one road or water this near each other are one."""
_TOUCH_M = 0.01


def crossings(network: Network, level: Floats, frames: Mapping[str, pd.DataFrame], crs: Any) -> pd.DataFrame:
    """Where greenways cross main roads and water.

    A greenway that only ends at a road does not cross it. Over a water area a crossing is a stretch, over a watercourse
    a point. Water areas that touch are one.

    Parameters
    ----------
    network
        Greenways.
    level
        Grade of each edge.
    frames
        Canonical frames; roles ``road`` (main ones: `spatial.greenway_lines.main_road`), ``water``, ``watercourse``.
    crs
        Working CRS.

    Returns
    -------
    DataFrame
        ``kind`` (``road``, ``water``), ``level`` (a bridge or tunnel: the two are not on one level), ``geometry``
        (points and lines).
    """
    tables = [pd.DataFrame(columns=["kind", "level", "geometry"])]
    roads = ordered(frames, "road", crs)
    roads = roads[main_road(roads["kind"])] if len(roads) else roads
    streams = ordered(frames, "watercourse", crs)
    for kind, lines in (("road", roads), ("water", streams)):
        if len(lines):
            tables.append(_points(network, level, lines.geometry.to_numpy(), grade(lines["grade"]), kind))
    water = ordered(frames, "water", crs).geometry.to_numpy()
    if len(water):
        tables.append(_stretches(network, water))
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def _points(network: Network, level: Floats, lines: Shapes, own_level: Floats, kind: str) -> pd.DataFrame:
    edge, line = shapely.STRtree(lines).query(network.shape, predicate="intersects")
    found, pair = shapely.get_parts(shapely.intersection(network.shape[edge], lines[line]), return_index=True)
    spots = shapely.get_dimensions(found) == 0
    table = pd.DataFrame({"geometry": found[spots], "line": line[pair[spots]]})
    table["level"] = level[edge[pair[spots]]] != own_level[table["line"]]
    table["x"], table["y"] = shapely.get_x(table["geometry"]), shapely.get_y(table["geometry"])
    table = table.sort_values(["x", "y", "line", "level"], kind="stable").reset_index(drop=True)
    shapes = table["geometry"].to_numpy()
    loose = shapely.points(network.xy[network.degrees() == 1])
    if len(loose) and len(shapes):
        ending, _ = shapely.STRtree(loose).query(shapes, predicate="dwithin", distance=_ONE_M)
        table = table.drop(index=np.unique(ending)).reset_index(drop=True)
        shapes = table["geometry"].to_numpy()
    if not len(shapes):
        return pd.DataFrame(columns=["kind", "level", "geometry"])
    near = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_ONE_M)
    first = components(near, len(shapes)) == np.arange(len(shapes))
    return table.loc[first, ["level", "geometry"]].assign(kind=kind)


def _stretches(network: Network, water: Shapes) -> pd.DataFrame:
    over = inside(network.shape, water)
    parts = shapely.get_parts(over)
    if not len(parts):
        return pd.DataFrame(columns=["kind", "level", "geometry"])
    near = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=_TOUCH_M)
    _, number = np.unique(components(near, len(parts)), return_inverse=True)
    order = np.argsort(number, kind="stable")
    joined = shapely.line_merge(shapely.multilinestrings(parts[order], indices=number[order]))
    return pd.DataFrame({"kind": "water", "level": True, "geometry": np.asarray(joined, dtype=object)})


def inside(lines: Shapes, areas: Shapes) -> Shapes:
    """Stretches of lines in areas, each once however many areas it lies in, in the order of the lines."""
    valid = shapely.make_valid(areas)
    at, area, shapes = apart(lines, valid)
    use = area >= 0
    order = np.lexsort([area[use], at[use]])
    found: Shapes = shapes[use][order]
    return found
