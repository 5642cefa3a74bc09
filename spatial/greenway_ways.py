"""Greenways, roads, paths and dikes in one network, with the places and entrances on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.graphs import Graph
from spatial.greenway_lines import grade, is_dike, ordered
from spatial.networks import Network, build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

GREENWAY, ROAD, DIKE, PATH, STUB = range(5)
KINDS = ("greenway", "road", "dike", "path", "straight")
STUB_M = 300.0
"""How far a village or town centre may be from the next road or path to be on it; a convention of this program."""
DOOR_M = 100.0
"""How far an entrance may be from the next road or path, and a place from an entrance without one."""
_LEAST_M = 1e-3


@dataclass(frozen=True)
class Ways:
    """All lines that people walk, noded together.

    Attributes
    ----------
    network
        The joint network; its stops are the places, then the entrances.
    kind
        Of each edge: position in `KINDS`.
    greenway
        Edge of the greenway network that each edge is part of, -1: none.
    places
        Number of places among the stops.
    given
        Whether there are roads or paths at all.
    """

    network: Network
    kind: Ints
    greenway: Ints
    places: int
    given: bool

    @cached_property
    def on_way(self) -> Bools:
        """Which places have a road or path within `STUB_M`."""
        stubs = (self.kind == STUB) & (self.network.length <= STUB_M)
        other = (self.kind != STUB) & (self.kind != GREENWAY)
        degree = self.network.degrees(stubs | other)
        found: Bools = degree[self.place_node] > 0
        return found

    @property
    def place_node(self) -> Ints:
        """Node of each place."""
        return self.network.stop[: self.places]

    @property
    def door_node(self) -> Ints:
        """Node of each entrance."""
        return self.network.stop[self.places :]

    def walking(self) -> Graph:
        """What is walked to an entrance: roads, paths, and the short ways to them, not the greenways themselves."""
        length = self.network.length
        use = (self.kind != GREENWAY) & ~((self.kind == STUB) & (length > STUB_M))
        return Graph(
            len(self.network.xy), self.network.u[use], self.network.v[use], np.maximum(length[use], _LEAST_M)
        )


def ways(
    greenways: Network, level: Floats, frames: Mapping[str, pd.DataFrame], crs: Any, tolerance: float,
    places: Shapes, doors: Shapes,
) -> Ways:  # fmt: skip
    """Join greenways with roads and paths.

    Parameters
    ----------
    greenways
        Their network.
    level
        Grade of each of its edges.
    frames
        Canonical frames; roles ``road`` and ``path``.
    crs
        Working CRS.
    tolerance
        What is snapped, m.
    places, doors
        Points: villages and town centres; entrances. Each gets a straight line to the next road or path, an entrance
        where it is no farther than `DOOR_M`.
    """
    roads, paths = (ordered(frames, role, crs) for role in ("road", "path"))
    own = np.concatenate([roads.geometry.to_numpy(), paths.geometry.to_numpy()])
    dikes = np.where(is_dike(paths["kind"]), DIKE, PATH)
    kinds = np.concatenate([np.full(len(greenways.u), GREENWAY), np.full(len(roads), ROAD), dikes])
    own_level = np.concatenate([level, grade(roads["grade"]), grade(paths["grade"])])
    to_ways = [_stubs(places, own, None), _stubs(doors, own, DOOR_M)]
    lines = np.concatenate([greenways.shape, own, *to_ways])
    more = len(lines) - len(kinds)
    network = build(
        lines, max(tolerance, _LEAST_M), np.concatenate([own_level, np.full(more, np.nan)]),
        np.concatenate([places, doors]),
    )  # fmt: skip
    kind = np.concatenate([kinds, np.full(more, STUB)])[network.line].astype(np.int64)
    return Ways(network, kind, np.where(kind == GREENWAY, network.line, -1), len(places), given=len(own) > 0)


def _stubs(points: Shapes, lines: Shapes, reach: float | None) -> Shapes:
    """Straight line from each point to the nearest line, of those no farther than `reach`, if given."""
    if not len(points) or not len(lines):
        return np.empty(0, dtype=object)
    point, line = shapely.STRtree(lines).query_nearest(points, max_distance=reach)
    first = (
        pd.DataFrame({"point": point, "line": line}).sort_values(["point", "line"]).drop_duplicates("point")
    )
    found = shapely.shortest_line(points[first["point"]], lines[first["line"]])
    return np.asarray(found, dtype=object)
