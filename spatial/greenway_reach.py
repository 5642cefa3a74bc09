"""Which places a greenway network reaches: on foot from its entrances, and as the crow flies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from spatial.graphs import nearest
from spatial.greenway_ways import DOOR_M, GREENWAY, STUB

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.greenway_ways import Ways
    from spatial.networks import Network

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

ACCESS_M = 50.0
"""How far an entrance may be drawn from the greenway; a convention of this program."""
STATES = ("reached", "apart", "near", "unreached")
"""Reached from the network; only from a part too short to count; near a line, but far from any entrance; none of it."""


@dataclass(frozen=True)
class Greenways:
    """The network of greenways, and what of it is open.

    Attributes
    ----------
    network
        Its nodes and edges.
    length
        Geodesic length of each edge, m; 0 for one that is drawn twice.
    part_m
        Length from which a connected part counts as the network.
    """

    network: Network
    length: Floats
    part_m: float

    def counted(self, is_open: Bools) -> tuple[Ints, Bools]:
        """Part of each edge (the smallest node in it; -1: not open), and whether the part is long enough to count."""
        part = self.network.parts(is_open)[self.network.u]
        sums = np.bincount(part, np.where(is_open, self.length, 0.0), minlength=len(self.network.xy))
        return np.where(is_open, part, -1), is_open & (sums[part] >= self.part_m)


class Doors(NamedTuple):
    """Entrances that are there at a quarter: node in the joint network, point, part of the greenways, whether that counts, kind."""

    node: Ints
    point: Shapes
    edge: Ints
    counts: Bools
    kind: NDArray[np.object_]


def given_doors(
    ways: Ways, network: Network, points: Shapes, there: Bools, is_open: Bools, counts: Bools
) -> Doors:
    """Entrances of a layer that are `there`, each on the nearest open greenway within `ACCESS_M`, one that counts first."""
    edges = np.flatnonzero(is_open)
    at, edge = shapely.STRtree(network.shape[edges]).query(points, predicate="dwithin", distance=ACCESS_M)
    table = pd.DataFrame({"door": at, "edge": edges[edge]})
    table = table[there[table["door"]]]
    table["apart"] = shapely.distance(points[table["door"]], network.shape[table["edge"]])
    table["short"] = ~counts[table["edge"]]
    table = table.sort_values(["door", "short", "apart", "edge"], kind="stable").drop_duplicates("door")
    door, on = table["door"].to_numpy(), table["edge"].to_numpy()
    kind = np.full(len(door), "given", dtype=object)
    return Doors(ways.door_node[door], points[door], on, counts[on], kind)


def found_doors(ways: Ways, is_open: Bools, counts: Bools) -> Doors:
    """Where no layer says: loose ends, junctions, and where a road or path meets a greenway."""
    network = ways.network
    green = ways.greenway >= 0
    use = green.copy()
    use[green] = is_open[ways.greenway[green]]
    degree = network.degrees(use)
    other = network.degrees(ways.kind != GREENWAY)
    stubs = network.degrees(ways.kind == STUB)
    met = (degree > 0) & ((degree != 2) | (other > stubs))  # noqa: PLR2004 - a line goes on
    node = np.flatnonzero(met)
    on = np.tile(ways.greenway[use], 2)
    ends = pd.DataFrame(
        {"node": np.concatenate([network.u[use], network.v[use]]), "edge": on, "short": ~counts[on]}
    )
    ends = ends.sort_values(["node", "short", "edge"], kind="stable").drop_duplicates("node")
    edge = ends.set_index("node")["edge"].reindex(node).to_numpy(dtype=np.int64)
    kind = np.select([other[node] > stubs[node], degree[node] == 1], ["crossing", "end"], "junction").astype(
        object
    )
    points = np.asarray(shapely.points(network.xy[node]), dtype=object)
    return Doors(node, points, edge, counts[edge], kind)


def reach(
    greenways: Greenways, ways: Ways, points: Shapes, doors: Doors, is_open: Bools, limit: float
) -> pd.DataFrame:
    """Reach of each place.

    Parameters
    ----------
    greenways, ways
        The networks.
    points
        n places, as in `ways`.
    doors
        Entrances.
    is_open
        Which edges of the greenways are open.
    limit
        Distance up to which a place is reached, m.

    Returns
    -------
    DataFrame
        n rows: ``walk_m`` (to the nearest entrance of a part that counts), ``along`` (it is along roads and paths;
        else straight: there are none, none within `spatial.greenway_ways.STUB_M`, or the entrance is within
        `spatial.greenway_ways.DOOR_M`), ``door`` (position of the entrance, -1: none), ``walk_any_m`` (of any part),
        ``line_m`` (straight to the nearest line), ``state`` (of `STATES`). No way there is NaN.
    """
    table = pd.DataFrame(index=range(len(points)))
    table["walk_m"], table["door"], table["along"] = _walked(
        ways, points, doors, np.flatnonzero(doors.counts)
    )
    table["walk_any_m"] = _walked(ways, points, doors, np.arange(len(doors.node)))[0]
    table["line_m"] = _straight(points, greenways.network.shape[is_open])[0]
    near = [table[name] <= limit for name in ("walk_m", "walk_any_m", "line_m")]
    table["state"] = np.select(near, STATES[:3], STATES[3]).astype(object)
    return table


def _walked(ways: Ways, points: Shapes, doors: Doors, use: Ints) -> tuple[Floats, Ints, Bools]:
    """Distance of each place to the nearest of some entrances, which it is, and whether it is along ways."""
    direct, near = _straight(points, doors.point[use])
    door = np.append(use, -1)[near]
    if not ways.given or not len(use):
        return direct, door, np.zeros(len(points), dtype=bool)
    node, first = np.unique(doors.node[use], return_index=True)
    forest = nearest(ways.walking(), node)
    walked, source = forest.distance[ways.place_node], forest.source[ways.place_node]
    straight = ~ways.on_way | ((direct <= DOOR_M) & ~(walked <= direct))
    distance = np.where(straight, direct, np.where(np.isfinite(walked), walked, np.nan))
    return distance, np.where(straight, door, np.append(use[first], -1)[source]), ~straight


def _straight(points: Shapes, shapes: Shapes) -> tuple[Floats, Ints]:
    """Distance of each point to the nearest shape (NaN: there is none) and which it is, the first of equal ones."""
    distance, which = np.full(len(points), np.nan), np.full(len(points), -1, dtype=np.int64)
    if not len(shapes) or not len(points):
        return distance, which
    (at, shape), apart = shapely.STRtree(shapes).query_nearest(points, return_distance=True)
    order = np.lexsort([-shape, at])
    distance[at[order]], which[at[order]] = apart[order], shape[order]
    return distance, which
