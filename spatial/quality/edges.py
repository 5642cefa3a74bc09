"""Edges of the polygons of a layer, and which of them no neighbour shares: where gaps and mismatches can be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from spatial.quality.drawn import drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spatial.quality.drawn import Drawn

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

MISMATCH_M = 0.001
"""Below it two places are one: the cluster tolerance of the older provincial check 4101."""
_PARALLEL = 0.01
"""Share of its length that two edges must run beside each other to be compared."""


@dataclass(frozen=True)
class Edges:
    """Edges with land of the layer on one side alone.

    Attributes
    ----------
    start, end
        (e, 2) ends of each edge.
    shape
        Position of the feature of each.
    """

    start: Floats
    end: Floats
    shape: Ints

    @cached_property
    def lines(self) -> Shapes:
        """The edges as e lines."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Where they lie."""
        return shapely.STRtree(self.lines)


def single(taken: Drawn) -> Edges:
    """Edges that no polygon has on the other side, in the same two points.

    A hole is seen from its land. An edge that only polygons on one side have stays, however often it is taken.
    """
    first = np.ones(len(taken.xy), dtype=bool)
    first[taken.offsets[1:] - 1] = False
    first = np.flatnonzero(first)
    point, _ = pd.factorize(taken.xy[:, 0] + 1j * taken.xy[:, 1])
    one, other = point[first].astype(np.int64), point[first + 1].astype(np.int64)
    turned: NDArray[np.bool_] = taken.signed_areas() > 0
    left = (turned == taken.shell)[taken.ring_of_vertex[first]]
    forward = (one < other) == left
    key = np.minimum(one, other) * np.int64(len(point)) + np.maximum(one, other)
    number, _ = pd.factorize(key)
    sides = np.zeros((number.max(initial=-1) + 1, 2), dtype=bool)
    sides[number, forward.astype(np.int64)] = True
    both = np.asarray(sides.all(axis=1))
    at = first[(one != other) & ~both[number]]
    return Edges(taken.xy[at], taken.xy[at + 1], taken.shape_of_ring[taken.ring_of_vertex[at]])


def faces(lines: Shapes) -> Shapes:
    """Polygons that lines enclose, whatever lies in them; the lines may cross, and lie on each other."""
    if not len(lines):
        return np.array([], dtype=object)
    noded = shapely.get_parts(shapely.union_all(lines))
    return np.asarray(shapely.get_parts(shapely.polygonize(noded)), dtype=object)


def gaps(shapes: Shapes, edges: Edges) -> Shapes:
    """Land that the polygons enclose and none of them holds, of any width.

    The rim of a gap is made of single edges alone, so these are all that need be noded.
    """
    pieces = faces(edges.lines)
    return np.asarray(shapely.get_parts(shapely.union_all(pieces[_free(shapes, pieces)])), dtype=object)


def uncovered(shapes: Shapes, areas: Shapes) -> tuple[Shapes, Ints]:
    """Land of areas that no polygon holds: its pieces, and the position of the area of each."""
    rims = shapely.get_parts(shapely.boundary(areas))
    pieces = faces(np.concatenate([single(drawn(shapes)).lines, rims]))
    pieces = pieces[_free(shapes, pieces)]
    piece, area = shapely.STRtree(areas).query(shapely.point_on_surface(pieces), predicate="intersects")
    return pieces[piece], area


def _free(shapes: Shapes, pieces: Shapes) -> NDArray[np.bool_]:
    """Which pieces, each of them wholly in or out, no polygon holds."""
    held, _ = shapely.STRtree(shapes).query(shapely.point_on_surface(pieces), predicate="intersects")
    free = np.ones(len(pieces), dtype=bool)
    free[held] = False
    return free


def one_sided(edges: Edges) -> tuple[Ints, Floats]:
    """Vertices on an edge of another feature that has none there.

    Returns
    -------
    shape, place
        Position of the feature that lacks the vertex, and (m, 2) places.
    """
    places = np.unique(np.concatenate([edges.start, edges.end]), axis=0)
    place, edge = edges.tree.query(shapely.points(places), predicate="dwithin", distance=MISMATCH_M)
    xy = places[place]
    away = np.minimum(np.hypot(*(xy - edges.start[edge]).T), np.hypot(*(xy - edges.end[edge]).T))
    hit = pd.DataFrame({"shape": edges.shape[edge], "place": place})[away > MISMATCH_M].drop_duplicates()
    return hit["shape"].to_numpy(), places[hit["place"].to_numpy()]


def beside(edges: Edges, distance_m: float, length_m: float) -> pd.DataFrame:
    """Stretches of single edges of two features that run beside each other and do not meet.

    Parameters
    ----------
    edges
        Single edges of a layer.
    distance_m
        Farthest apart that they may be, over the whole stretch.
    length_m
        Shortest stretch.

    Returns
    -------
    DataFrame
        ``shape``, ``other`` (positions of features, the smaller first), ``length_m``, ``apart_m`` (farthest) and
        ``geometry``, one row a stretch.
    """
    one, other = edges.tree.query(edges.lines, predicate="dwithin", distance=distance_m)
    kept = (one != other) & (edges.shape[one] < edges.shape[other])
    one, other = one[kept], other[kept]
    start, along = edges.start[one], edges.end[one] - edges.start[one]
    length = np.hypot(*along.T)
    unit = along / length[:, None]
    across = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
    ends = [edges.start[other] - start, edges.end[other] - start]
    at = np.stack([(end * unit).sum(axis=1) for end in ends])
    off = np.stack([(end * across).sum(axis=1) for end in ends])
    low = np.clip(at.min(axis=0), 0, length)
    high = np.clip(at.max(axis=0), 0, length)
    span = np.where(np.abs(at[1] - at[0]) > 0, at[1] - at[0], np.nan)
    slope = (off[1] - off[0]) / span
    apart = np.abs(np.stack([off[0] + slope * (edge - at[0]) for edge in (low, high)]))
    far = np.nanmax(np.where(np.isnan(apart), np.inf, apart), axis=0, initial=0.0)
    fits = (high - low >= np.maximum(length_m, _PARALLEL * length)) & (far <= distance_m) & (far > MISMATCH_M)
    low, high, unit, start = low[fits], high[fits], unit[fits], start[fits]
    stretch = np.stack([start + unit * low[:, None], start + unit * high[:, None]], axis=1)
    return pd.DataFrame(
        {
            "shape": edges.shape[one[fits]],
            "other": edges.shape[other[fits]],
            "length_m": high - low,
            "apart_m": far[fits],
            "geometry": np.asarray(shapely.linestrings(stretch), dtype=object),
        }
    )
