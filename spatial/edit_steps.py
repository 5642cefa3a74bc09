"""What an edit does to geometries: one pure function an action, so that it can be done again to the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from spatial.widths import width

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Params = Mapping[str, Any]

NODE_M = 1e-4
"""Points nearer than this are one: the cluster tolerance of the provincial check (rules 4101, 1401)."""
_RING = 4
_LINE = 2


def perform(action: str, shapes: Sequence[Any], params: Params) -> list[Any]:
    """The geometries after an edit.

    Parameters
    ----------
    action
        One of `ACTIONS`.
    shapes
        Geometries of the features that the edit names, in its order; the first is the one that is edited.
    params
        Of the edit: ``moves`` (k × [x, y, x, y]), ``points`` (k × [x, y]), ``part`` (WKB in hex), ``tolerance_m``.

    Returns
    -------
    list
        As many geometries; an empty polygon for a feature that goes. Shells turn as they did before.
    """
    return _STEPS[action](list(shapes), params)


def vertices(shape: Any) -> Floats:
    """The k different vertices of a geometry: k × 2, sorted."""
    result: Floats = np.unique(shapely.get_coordinates(shape), axis=0)
    return result


def noded(shapes: Sequence[Any], tolerance: float) -> list[Any]:
    """Geometries with each other's vertices wherever these lie on, or within `tolerance` metres of, an edge."""
    array = np.asarray(shapes, dtype=object)
    members, owner = shapely.get_parts(array, return_index=True)
    xy, member = shapely.get_coordinates(members, return_index=True)
    points = np.unique(xy, axis=0)
    joined = np.flatnonzero(member[1:] == member[:-1])  # the few that lead from shell to hole do no harm
    edges = strokes(xy[joined], xy[joined + 1])
    point, edge = shapely.STRtree(edges).query(dots(points), predicate="dwithin", distance=tolerance)
    whose = owner[member[joined[edge]]]
    return [
        inserted(shape, points[np.unique(point[whose == place])], tolerance)
        for place, shape in enumerate(shapes)
    ]


def inserted(shape: Any, points: Floats, tolerance: float) -> Any:
    """A geometry whose edges pass through the points that lie within `tolerance` metres of them.

    A point as near as that to a vertex is left out, unless it lies on the edge itself (within `NODE_M`), and
    one within `NODE_M` of a vertex always.
    """
    if not len(points):
        return shape
    return _each_line(shape, lambda line: _through(line, points, tolerance))


def moved(shape: Any, moves: Floats) -> Any:
    """A geometry with vertices put elsewhere (k × [from x, from y, to x, to y]); what falls together is one vertex."""
    target = {(x, y): (to_x, to_y) for x, y, to_x, to_y in moves.tolist()}

    def change(line: Floats) -> Floats:
        result = line.copy()
        for place, (x, y) in enumerate(line[:, :2].tolist()):
            if (x, y) in target:
                result[place, :2] = target[x, y]
        return _once(result)

    return _each_line(shape, change)


def without(shape: Any, points: Floats) -> Any:
    """A geometry without its vertices at the points; neighbours that fall together are one."""
    gone = set(map(tuple, points.tolist()))

    def change(line: Floats) -> Floats:
        keep = np.array([tuple(at) not in gone for at in line[:, :2].tolist()])
        kept = line[keep]
        closed = len(line) > 1 and bool((line[0, :2] == line[-1, :2]).all())
        if closed and not keep[0] and len(kept):
            kept = np.vstack([kept, kept[:1]])
        return _once(kept)

    return _each_line(shape, change)


def welded(part: Any, others: Sequence[Any], tolerance: float = NODE_M) -> Any:
    """A polygon whose vertices are those of the others where they are as near as that, with theirs on its edges."""
    own, theirs = vertices(part), np.unique(np.vstack([vertices(other) for other in others]), axis=0)
    tree = shapely.STRtree(dots(theirs))
    here, there = tree.query_nearest(dots(own), max_distance=tolerance, all_matches=False)
    moves = np.hstack([own[here], theirs[there]])
    return inserted(moved(part, moves), theirs, tolerance)


def turned_like(shape: Any, model: Any) -> Any:
    """A polygon whose shells turn as the model's first one does, holes the other way."""
    shells = shapely.get_exterior_ring(shapely.get_parts(model))
    return shapely.orient_polygons(shape, exterior_cw=not bool(shapely.is_ccw(shells[0])))


def parts(shape: Any) -> NDArray[np.object_]:
    """The polygons of a geometry that have an area."""
    all_of: NDArray[np.object_] = shapely.get_parts(shapely.get_parts(shape))
    return all_of[shapely.area(all_of) > 0]


def dots(xy: Floats) -> Any:
    """Points of n × 2 coordinates."""
    return shapely.points(xy)


def strokes(start: Floats, end: Floats) -> Any:
    """Lines of two vertices each, from n × 2 to n × 2."""
    return shapely.linestrings(np.stack([start, end], axis=1))


def _each_line(shape: Any, change: Callable[[Floats], Floats]) -> Any:
    """A geometry each of whose rings or lines went through `change`; the same object if none did."""
    if shape.geom_type in {"MultiPolygon", "MultiLineString"}:
        members = [_each_line(member, change) for member in shape.geoms]
        if all(new is old for new, old in zip(members, shape.geoms, strict=True)):
            return shape
        return type(shape)([member for member in members if not member.is_empty])
    if shape.geom_type not in {"Polygon", "LineString"} or shape.is_empty:
        return shape
    solid = bool(shapely.has_z(shape))
    lines = [shape.exterior, *shape.interiors] if shape.geom_type == "Polygon" else [shape]
    before = [shapely.get_coordinates(line, include_z=solid) for line in lines]
    after = [change(line) for line in before]
    if all(np.array_equal(new, old, equal_nan=True) for new, old in zip(after, before, strict=True)):
        return shape
    if len(after[0]) < (_LINE if shape.geom_type == "LineString" else _RING):
        return type(shape)()
    holes = [ring for ring in after[1:] if len(ring) >= _RING]
    return (
        shapely.LineString(after[0]) if shape.geom_type == "LineString" else shapely.Polygon(after[0], holes)
    )


def _once(line: Floats) -> Floats:
    """A line without vertices that repeat the one before."""
    if len(line) < _LINE:
        return line
    result: Floats = line[np.append(True, (line[1:, :2] != line[:-1, :2]).any(axis=1))]
    return result


def _through(line: Floats, points: Floats, tolerance: float) -> Floats:
    """A line with points inserted into its nearest edges."""
    edges = strokes(line[:-1, :2], line[1:, :2])
    which, edge = shapely.STRtree(edges).query_nearest(
        dots(points), max_distance=tolerance, all_matches=False
    )
    start, end, at = line[edge, :2], line[edge + 1, :2], points[which]
    along = end - start
    length = np.einsum("ij,ij->i", along, along)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.einsum("ij,ij->i", at - start, along) / length
    off = np.hypot(*(at - start - np.clip(share, 0, 1)[:, None] * along).T)
    nearest = np.minimum(np.hypot(*(at - start).T), np.hypot(*(at - end).T))
    fits = (share > 0) & (share < 1) & (nearest > np.where(off <= NODE_M, NODE_M, tolerance))
    order = np.lexsort([share[fits], edge[fits]])
    edge, share, at = edge[fits][order], share[fits][order], at[fits][order]
    if line.shape[1] > _LINE:
        height = line[edge, 2] + share * (line[edge + 1, 2] - line[edge, 2])
        at = np.column_stack([at, height])
    return np.insert(line, edge + 1, at, axis=0)


def _array(params: Params, name: str, columns: int) -> Floats:
    return np.asarray(params.get(name, []), dtype=float).reshape(-1, columns)


def _close(shapes: list[Any], _params: Params) -> list[Any]:
    line = shapely.get_coordinates(shapes[0], include_z=bool(shapely.has_z(shapes[0])))
    line[-1] = line[0]
    return [shapely.polygons(line), *shapes[1:]]


def _valid(shapes: list[Any], params: Params) -> list[Any]:
    """Rings keep their roles; parts no wider than the tolerance are left out, if a wider one remains."""
    members = parts(shapely.make_valid(shapes[0], method="structure", keep_collapsed=False))
    wide = width(members) > params["tolerance_m"] if len(members) > 1 else np.ones(len(members), dtype=bool)
    members = members[wide] if wide.any() else members
    if not len(members):
        return [shapely.Polygon(), *shapes[1:]]
    result = members[0] if len(members) == 1 else shapely.MultiPolygon(list(members))
    return [turned_like(result, shapes[0]), *shapes[1:]]


def _orient(shapes: list[Any], params: Params) -> list[Any]:
    return [shapely.orient_polygons(shapes[0], exterior_cw=params["clockwise"]), *shapes[1:]]


def _drop_vertex(shapes: list[Any], params: Params) -> list[Any]:
    moves = _array(params, "moves", 4)
    return [moved(shape, moves) for shape in shapes]


def _drop_spike(shapes: list[Any], params: Params) -> list[Any]:
    return [without(shapes[0], _array(params, "points", 2)), *shapes[1:]]


def _drop_double(shapes: list[Any], _params: Params) -> list[Any]:
    return [shapely.Polygon(), *shapes[1:]]


def _snap(shapes: list[Any], params: Params) -> list[Any]:
    moves = _array(params, "moves", 4)
    return noded([moved(shape, moves) for shape in shapes], params["tolerance_m"])


def _cut(shapes: list[Any], params: Params) -> list[Any]:
    """The first geometry less a polygon; the others get the vertices that this gives it."""
    part = shapely.from_wkb(params["part"])
    cut = _whole(shapely.difference(inserted(shapes[0], vertices(part), NODE_M), part), shapes[0])
    return [cut, *(inserted(shape, vertices(cut), NODE_M) for shape in shapes[1:])]


def _give(shapes: list[Any], params: Params) -> list[Any]:
    """The first geometry and a polygon; the others get the polygon's vertices that lie on their edges."""
    part = shapely.from_wkb(params["part"])
    ready = [inserted(shape, vertices(part), NODE_M) for shape in shapes]
    return [_whole(shapely.union(ready[0], part), shapes[0]), *ready[1:]]


def _whole(shape: Any, model: Any) -> Any:
    """The polygons of an overlay, turned as the model is."""
    members = parts(shape)
    if not len(members):
        return shapely.Polygon()
    multi = model.geom_type == "MultiPolygon" or len(members) > 1
    return turned_like(shapely.MultiPolygon(list(members)) if multi else members[0], model)


_STEPS: dict[str, Callable[[list[Any], Params], list[Any]]] = {
    "close-ring": _close,
    "drop-vertex": _drop_vertex,
    "drop-spike": _drop_spike,
    "make-valid": _valid,
    "orient": _orient,
    "drop-double": _drop_double,
    "snap": _snap,
    "cut-overlap": _cut,
    "add-vertex": _snap,
    "give-gap": _give,
}
ACTIONS = tuple(_STEPS)
"""All actions, in the order in which they are suggested and done."""
