"""Lines as a network: ends snapped, noded where they meet and cross; the order and direction of the lines do not matter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.project_progress import components

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

ON_LINE_M = 1e-6
"""Below it a vertex and a cut are one place."""
_BEND = 4.0
"""Tolerances of line between two cuts of one node from which the line is a loop, not a wrinkle."""
CUT, END, STOP = 0, 1, 2


@dataclass(frozen=True)
class Network:
    """Edges between nodes, both in an order that coordinates alone decide.

    Attributes
    ----------
    xy
        (n, 2) nodes, in the CRS of the lines.
    u, v
        Nodes at the ends of each of m edges.
    line
        Position of the line each edge is part of.
    shape
        m lines from `u` to `v`.
    stop
        Node of each stop that was given.
    """

    xy: Floats
    u: Ints
    v: Ints
    line: Ints
    shape: Shapes
    stop: Ints

    @cached_property
    def length(self) -> Floats:
        """Length of each edge in the plane, m."""
        return np.asarray(shapely.length(self.shape), dtype=float)

    def degrees(self, use: NDArray[np.bool_] | None = None) -> Ints:
        """Ends of edges (of those in `use`) at each node; a loop has both its ends there."""
        ends = np.concatenate([self.u, self.v] if use is None else [self.u[use], self.v[use]])
        return np.bincount(ends, minlength=len(self.xy)).astype(np.int64)

    def parts(self, use: NDArray[np.bool_] | None = None) -> Ints:
        """Connected part of each node over the edges (of those in `use`): the smallest node it is linked with."""
        pairs = np.stack([self.u, self.v] if use is None else [self.u[use], self.v[use]])
        return components(pairs, len(self.xy))

    def loops(self, use: NDArray[np.bool_] | None = None) -> int:
        """Independent loops (cyclomatic number: edges - nodes + parts) of the edges (of those in `use`)."""
        chosen = np.ones(len(self.u), dtype=bool) if use is None else use
        met = np.unique(np.concatenate([self.u[chosen], self.v[chosen]]))
        return int(chosen.sum()) - len(met) + len(np.unique(self.parts(chosen)[met]))


def build(
    lines: ArrayLike, tolerance: float, grade: ArrayLike | None = None, stops: ArrayLike | None = None
) -> Network:
    """Make a network of lines.

    Ends, crossings and stops within `tolerance` of each other become one node (single linkage, so a chain of them
    may be longer); an end within `tolerance` of a line joins it there. Lines of different `grade` that cross do not
    meet, but an end always meets what it touches, as a bridge meets its road.

    Parameters
    ----------
    lines
        n lines or multilines in a plane CRS in metres; others and missing ones are left out.
    tolerance
        Metres; 0 joins only what touches.
    grade
        Level of each line: 0 on the ground, 1 a bridge, -1 a tunnel; NaN meets others at its ends alone.
    stops
        Points that become nodes, each on every line within `tolerance`.

    Returns
    -------
    Network
        The same for lines in any order and direction, where no two lines are equal.

    Examples
    --------
    >>> cross = build(shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 -5, 5 5)"]), 0.1)
    >>> len(cross.xy), len(cross.u), cross.length.tolist()
    (5, 4, [5.0, 5.0, 5.0, 5.0])
    """
    shapes = np.asarray(lines, dtype=object)
    level = np.zeros(len(shapes)) if grade is None else np.asarray(grade, dtype=float)
    parts, of = _parts(shapes)
    points = np.asarray([] if stops is None else stops, dtype=object)
    cuts = _cuts(parts, level[of], tolerance, points)
    cuts["node"], xy = _nodes(cuts, tolerance)
    stop = cuts.loc[cuts["line"] < 0, "node"].to_numpy()
    own = cuts[cuts["line"] >= 0].sort_values(["line", "pos", "node"], kind="stable")
    return _edges(parts, of, own, tolerance, xy, stop.astype(np.int64))


def _parts(shapes: Shapes) -> tuple[Shapes, Ints]:
    """Simple lines without repeated points, in the order of their coordinates, and the line each is of."""
    parts, of = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    good = (shapely.get_dimensions(parts) == 1) & (shapely.length(parts) > 0)
    parts, of = shapely.remove_repeated_points(parts[good]), of[good]
    crossing = ~shapely.is_simple(parts)
    if crossing.any():
        noded, at = shapely.get_parts(shapely.node(parts[crossing]), return_index=True)
        parts = np.concatenate([parts[~crossing], noded])
        of = np.concatenate([of[~crossing], of[crossing][at]])
    parts = np.asarray(shapely.normalize(parts), dtype=object)
    keys = shapely.to_wkb(parts)
    order = np.array(sorted(range(len(parts)), key=lambda at: (keys[at], of[at])), dtype=np.int64)
    return parts[order], np.asarray(of[order], dtype=np.int64)


def _cuts(parts: Shapes, level: Floats, tolerance: float, stops: Shapes) -> pd.DataFrame:
    """Where lines are cut: line (stops: -1 - their number), position along it, place, and what it is."""
    tree = shapely.STRtree(parts)
    count = np.arange(len(parts))
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    own, at_end = np.tile(count, 2), np.concatenate([np.zeros(len(parts)), shapely.length(parts)])
    tables = [_table(own, at_end, ends, END)]
    if len(stops):
        tables.append(_table(-1 - np.arange(len(stops)), np.zeros(len(stops)), stops, STOP))
    near = np.concatenate([ends, stops])
    point, line = tree.query(near, predicate="dwithin", distance=tolerance)
    where = shapely.line_locate_point(parts[line], near[point])
    of_own = point < len(ends)
    of_own[of_own] = own[point[of_own]] == line[of_own]
    wrinkle = of_own & (np.abs(where - at_end[np.minimum(point, len(ends) - 1)]) <= _BEND * tolerance)
    point, line, where = point[~wrinkle], line[~wrinkle], where[~wrinkle]
    tables.append(_table(line, where, shapely.line_interpolate_point(parts[line], where), CUT))
    tables += _crossings(parts, level, tolerance, tree)
    return pd.concat(tables, ignore_index=True)


def _crossings(parts: Shapes, level: Floats, tolerance: float, tree: shapely.STRtree) -> list[pd.DataFrame]:
    one, other = tree.query(parts, predicate="intersects")
    one, other = one[one < other], other[one < other]
    order = np.lexsort([other, one])
    one, other = one[order], other[order]
    found, pair = shapely.get_parts(shapely.intersection(parts[one], parts[other]), return_index=True)
    spots = shapely.get_dimensions(found) == 0
    runs, of = found[~spots], pair[~spots]
    if len(runs):
        owners, of = np.unique(of, return_inverse=True)
        merged, at = shapely.get_parts(
            shapely.line_merge(shapely.multilinestrings(runs, indices=of)), return_index=True
        )
        ends = np.concatenate([shapely.get_point(merged, 0), shapely.get_point(merged, -1)])
        found = np.concatenate([found[spots], ends])
        pair = np.concatenate([pair[spots], np.tile(owners[at], 2)])
    one, other = one[pair], other[pair]
    apart = level[one] != level[other]
    if apart.any():
        tips = [shapely.get_point(parts[line], end) for line in (one, other) for end in (0, -1)]
        reach = np.min([shapely.distance(found, tip) for tip in tips], axis=0)
        kept = ~apart | (reach <= tolerance)
        found, one, other = found[kept], one[kept], other[kept]
    return [_table(line, shapely.line_locate_point(parts[line], found), found, CUT) for line in (one, other)]


def _table(line: Ints, pos: Floats, points: Any, kind: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"line": line, "pos": pos, "x": shapely.get_x(points), "y": shapely.get_y(points), "kind": kind}
    )


def _nodes(cuts: pd.DataFrame, tolerance: float) -> tuple[Ints, Floats]:
    """Node of each cut, and where the nodes are: on a line that goes on there, else at an end, else at a stop."""
    spots = cuts[["x", "y", "kind"]].drop_duplicates(["x", "y", "kind"])
    spots = spots.sort_values(["kind", "x", "y"], kind="stable").drop_duplicates(["x", "y"])
    points = shapely.points(spots[["x", "y"]].to_numpy())
    pairs = shapely.STRtree(points).query(points, predicate="dwithin", distance=tolerance)
    label = components(pairs, len(points))
    heads, place = np.unique(label, return_inverse=True)
    xy = spots[["x", "y"]].to_numpy(dtype=float)[heads]
    order = np.lexsort([xy[:, 1], xy[:, 0]])
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    known = pd.Series(number[place], index=pd.MultiIndex.from_frame(spots[["x", "y"]]))
    return known.reindex(pd.MultiIndex.from_frame(cuts[["x", "y"]])).to_numpy(dtype=np.int64), xy[order]


def _edges(parts: Shapes, of: Ints, cuts: pd.DataFrame, tolerance: float, xy: Floats, stop: Ints) -> Network:
    """Lines cut into edges, their ends moved to the nodes."""
    line, pos, node = (cuts[name].to_numpy() for name in ("line", "pos", "node"))
    first = np.flatnonzero(line[:-1] == line[1:]) if len(line) else np.empty(0, dtype=np.int64)
    wrinkle = (node[first] == node[first + 1]) & (
        pos[first + 1] - pos[first] <= max(_BEND * tolerance, ON_LINE_M)
    )
    first = first[~wrinkle]
    u, v, own = node[first], node[first + 1], line[first]
    vertices, vertex_line = shapely.get_coordinates(parts, return_index=True)
    along = _along(vertices, vertex_line)
    offset = np.concatenate([[0.0], np.cumsum(shapely.length(parts) + 1.0)])
    start, end, at = offset[own] + pos[first], offset[own] + pos[first + 1], offset[vertex_line] + along
    edge = np.searchsorted(start, at, side="right") - 1
    inner = edge >= 0
    inner[inner] = (at[inner] > start[edge[inner]] + ON_LINE_M) & (at[inner] < end[edge[inner]] - ON_LINE_M)
    number = np.arange(len(first))
    owner = np.concatenate([number, edge[inner], number])
    rank = np.concatenate([start - 1.0, at[inner], end + 1.0])
    order = np.lexsort([rank, owner])
    points = np.concatenate([xy[u], vertices[inner], xy[v]])[order]
    shape = shapely.linestrings(points, indices=owner[order]) if len(first) else np.empty(0, dtype=object)
    shape = np.asarray(shape, dtype=object)
    real = np.asarray(shapely.length(shape) > 0)
    order = np.lexsort([pos[first], own, np.maximum(u, v), np.minimum(u, v)])
    order = order[real[order]]
    return Network(xy, u[order], v[order], of[own[order]], shape[order], stop)


def _along(vertices: Floats, line: Ints) -> Floats:
    """Distance of each vertex from the start of its line."""
    steps = np.hypot(*np.diff(vertices, axis=0).T)
    total = np.concatenate([[0.0], np.cumsum(np.where(line[:-1] == line[1:], steps, 0.0))])
    starts = (
        np.concatenate([[0], np.flatnonzero(line[:-1] != line[1:]) + 1])
        if len(line)
        else np.empty(0, dtype=int)
    )
    sizes = np.diff(np.concatenate([starts, [len(line)]])) if len(line) else np.empty(0, dtype=int)
    found: Floats = total[: len(line)] - np.repeat(total[starts], sizes)
    return found
