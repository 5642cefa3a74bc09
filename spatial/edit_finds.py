"""Where edits are due: proposals an action, each from the polygons as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.edit_steps import NODE_M, dots, parts, strokes, welded
from spatial.widths import is_sliver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

_AREA_M2 = 1e-6
_NUMERIC_M = 1e-6
_POLYGONS, _LINES = (3, 6), (1, 2)


@dataclass(frozen=True)
class Tolerance:
    """How far an edit may go.

    Attributes
    ----------
    snap_m
        Farthest that a vertex or edge is moved: the accuracy of a boundary point (0.1 m).
    gap_m, overlap_m
        Widest gap that is given away, widest overlap that is cut, as the diameter of the largest circle in it:
        below 1 m it is a sliver, above it may be land.
    spike_m, spike_deg
        Widest base and widest angle of a spike; sharper than 10° is an acute angle in the provincial check.
    """

    snap_m: float = 0.1
    gap_m: float = 1.0
    overlap_m: float = 1.0
    spike_m: float = 0.1
    spike_deg: float = 10.0


@dataclass(frozen=True)
class Proposal:
    """An edit that may be due: positions of the features (the edited one first), what is done, where, or else what."""

    action: str
    features: tuple[int, ...]
    params: dict[str, Any]
    place: Any
    distance: float = np.nan
    share: float = np.nan
    apply: bool = True
    otherwise: Proposal | None = None


@dataclass
class State:
    """The geometries as they stand after the edits so far, and which features are still there."""

    shapes: Shapes
    frame: pd.DataFrame
    tolerance: Tolerance
    sound: Ints = field(init=False)
    tree: shapely.STRtree = field(init=False)

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Look again which polygons are valid, and where they lie."""
        kind = shapely.get_type_id(self.shapes)
        fit = np.isin(kind, _POLYGONS) & ~shapely.is_empty(self.shapes) & shapely.is_valid(self.shapes)
        self.sound = np.flatnonzero(fit)
        self.tree = shapely.STRtree(self.shapes[self.sound])

    def near(self, shape: Any, reach: float) -> Ints:
        """Positions of the polygons within `reach` metres as they stand now, in order."""
        likely = self.tree.query(shape, predicate="dwithin", distance=reach + self.tolerance.snap_m)
        at = np.sort(self.sound[likely])
        result: Ints = at[shapely.dwithin(self.shapes[at], shape, reach)]
        return result


def open_rings(state: State) -> Iterator[Proposal]:
    """Lines in a layer of polygons whose ends lie within the snapping tolerance of each other."""
    kind = shapely.get_type_id(state.shapes)
    if np.isin(kind, _POLYGONS).sum() < np.isin(kind, _LINES).sum():
        return
    for at in np.flatnonzero((kind == 1) & (shapely.get_num_points(state.shapes) > 3)):  # noqa: PLR2004 - a ring
        ends = shapely.get_coordinates(state.shapes[at])[[0, -1]]
        apart = float(np.hypot(*(ends[1] - ends[0])))
        if apart <= state.tolerance.snap_m:
            yield Proposal("close-ring", (int(at),), {}, shapely.linestrings(ends), apart)


def double_vertices(state: State) -> Iterator[Proposal]:
    """Vertices that repeat the one before, or lie within `NODE_M` of it; in every feature that has them."""
    table = _vertices(state, np.flatnonzero(_polygonal(state)))
    xy, ring = table[["x", "y"]].to_numpy(), table["ring"].to_numpy()
    off = np.hypot(*(xy[1:] - xy[:-1]).T)
    first = np.flatnonzero((ring[1:] == ring[:-1]) & (off <= NODE_M + _NUMERIC_M))
    owner = table["feature"].to_numpy()
    at_point: dict[tuple[float, float], list[int]] = {}
    for at in first[off[first] > 0]:
        at_point.setdefault((xy[at + 1, 0], xy[at + 1, 1]), [])
    for feature, x, y in zip(owner, *xy.T, strict=True):
        if (x, y) in at_point and feature not in at_point[x, y]:
            at_point[x, y].append(feature)
    for feature in np.unique(owner[first[off[first] == 0]]):
        same = first[(owner[first] == feature) & (off[first] == 0)]
        yield Proposal(
            "drop-vertex", (int(feature),), {"moves": np.hstack([xy[same], xy[same]]).tolist()},
            shapely.multipoints(np.unique(xy[same], axis=0)), 0.0,
        )  # fmt: skip
    for at in first[off[first] > 0]:
        gone, kept = xy[at + 1], xy[at]
        others = [other for other in at_point[gone[0], gone[1]] if other != owner[at]]
        moves = [[*gone.tolist(), *kept.tolist()]]
        yield Proposal(
            "drop-vertex", (int(owner[at]), *map(int, others)), {"moves": moves},
            shapely.multipoints(gone[None]), float(off[at]),
        )  # fmt: skip


def spikes(state: State) -> Iterator[Proposal]:
    """Vertices of an angle and a base so small that they enclose no land (or none but noise)."""
    table = _vertices(state, np.flatnonzero(_polygonal(state)))
    xy, ring = table[["x", "y"]].to_numpy(), table["ring"].to_numpy()
    size = np.bincount(ring, minlength=int(ring.max(initial=-1)) + 1)
    start = np.cumsum(size) - size
    index = np.arange(len(xy))
    body = index != start[ring] + size[ring] - 1
    index = index[body & (size[ring] > 4)]  # noqa: PLR2004 - a triangle has no spike to lose
    before = np.where(index == start[ring[index]], start[ring[index]] + size[ring[index]] - 2, index - 1)
    to_before, to_after = xy[before] - xy[index], xy[index + 1] - xy[index]
    reach = np.minimum(np.hypot(*to_before.T), np.hypot(*to_after.T))
    turn = np.abs(to_before[:, 0] * to_after[:, 1] - to_before[:, 1] * to_after[:, 0])
    angle = np.arctan2(turn, np.einsum("ij,ij->i", to_before, to_after))
    base = reach * np.sin(angle)
    sharp = (
        (angle < np.radians(state.tolerance.spike_deg)) & (base <= state.tolerance.spike_m) & (reach > NODE_M)
    )
    for at, wide in zip(index[sharp], base[sharp], strict=True):
        points = xy[at][None]
        feature = int(table["feature"].to_numpy()[at])
        yield Proposal(
            "drop-spike", (feature,), {"points": points.tolist()}, shapely.multipoints(points), float(wide)
        )


def invalid(state: State) -> Iterator[Proposal]:
    """Polygons that are not valid; ticked only if as many parts come out as there were."""
    for at in np.flatnonzero(_polygonal(state) & ~shapely.is_valid(state.shapes)):
        place = shapely.make_valid(state.shapes[at], method="structure")
        yield Proposal("make-valid", (int(at),), {"tolerance_m": state.tolerance.overlap_m}, place)


def turned(state: State) -> Iterator[Proposal]:
    """Polygons whose shells or holes do not turn as most shells of the layer do."""
    shapes = state.shapes[state.sound]
    shells = shapely.get_exterior_ring(shapely.get_parts(shapes))
    if not len(shells):
        return
    clockwise = bool(shapely.is_ccw(shells).mean() < 0.5)  # noqa: PLR2004 - the majority
    right = shapely.orient_polygons(shapes, exterior_cw=clockwise)
    rings, whose = _rings(shapes)
    odd = np.unique(whose[shapely.is_ccw(rings) != shapely.is_ccw(_rings(right)[0])])
    for at in state.sound[odd]:
        yield Proposal("orient", (int(at),), {"clockwise": clockwise}, state.shapes[at])


def doubles(state: State) -> Iterator[Proposal]:
    """Features drawn twice; the later one goes, ticked only if its attributes say the same."""
    shapes = shapely.normalize(shapely.set_precision(state.shapes[state.sound], NODE_M, mode="pointwise"))
    first: dict[bytes, int] = {}
    told = state.frame.drop(columns=["geometry", "layer", "fid"], errors="ignore").astype(str)
    told = told.loc[:, told.nunique() < max(len(told), 2)]
    for at, written in zip(state.sound, shapely.to_wkb(shapes), strict=True):
        kept = first.setdefault(written, int(at))
        if kept != at:
            alike = bool((told.iloc[kept] == told.iloc[at]).all())
            yield Proposal("drop-double", (int(at), kept), {}, state.shapes[at], 0.0, 100.0, alike)


def near_vertices(state: State) -> Iterator[Proposal]:
    """Vertices within the snapping tolerance of a neighbour's; the one that more features share stays."""
    snap = state.tolerance.snap_m
    xy, owners = _owners(state)
    tree = shapely.STRtree(dots(xy))
    one, other = tree.query(dots(xy), predicate="dwithin", distance=snap)
    one, other = one[one < other], other[one < other]
    off = np.hypot(*(xy[one] - xy[other]).T)
    moved: set[int] = set()
    fixed: set[int] = set()
    groups: dict[tuple[int, int], list[tuple[int, int, float]]] = {}
    for place in np.lexsort([other, one, off]):
        a, b = int(one[place]), int(other[place])
        if set(owners[a]) & set(owners[b]):
            continue
        if (len(owners[a]), -owners[a][0]) > (len(owners[b]), -owners[b][0]):
            a, b = b, a
        if a in fixed:
            a, b = b, a
        if a in fixed or a in moved or b in moved:
            continue
        moved.add(a)
        fixed.add(b)
        groups.setdefault((owners[a][0], owners[b][0]), []).append((a, b, float(off[place])))
    for (first, second), pairs in sorted(groups.items()):
        here, there = xy[[a for a, _, _ in pairs]], xy[[b for _, b, _ in pairs]]
        touched = dict.fromkeys([first, second, *(f for a, b, _ in pairs for f in (*owners[a], *owners[b]))])
        yield Proposal(
            "snap", tuple(touched), {"moves": np.hstack([here, there]).tolist(), "tolerance_m": snap},
            shapely.multilinestrings(strokes(here, there)),
            max(apart for *_, apart in pairs),
        )  # fmt: skip


def near_edges(state: State) -> Iterator[Proposal]:
    """Edges within the snapping tolerance of a neighbour's vertex: bent to it."""
    found, xy, edges = _beside_edges(state, state.tolerance.snap_m)
    for (a, b), rows in found[found["off"] > NODE_M].groupby(["a", "b"], sort=True):
        at, to = xy[rows["point"]], edges[rows["edge"].to_numpy()]
        foot = shapely.line_interpolate_point(to, shapely.line_locate_point(to, dots(at)))
        place = shapely.multilinestrings(strokes(shapely.get_coordinates(foot), at))
        params = {"tolerance_m": state.tolerance.snap_m}
        yield Proposal("snap", (int(a), int(b)), params, place, float(rows["off"].max()))


def on_edges(state: State) -> Iterator[Proposal]:
    """Vertices on a neighbour's edge that has none there."""
    found, xy, _ = _beside_edges(state, NODE_M)
    for (a, b), rows in found.groupby(["a", "b"], sort=True):
        place = shapely.multipoints(xy[rows["point"]])
        yield Proposal(
            "add-vertex", (int(a), int(b)), {"tolerance_m": NODE_M}, place, float(rows["off"].max())
        )


def overlaps(state: State) -> Iterator[Proposal]:
    """Land of two polygons, no wider than the tolerance; cut from the larger, else from the smaller."""
    shapes = state.shapes[state.sound]
    one, other = state.tree.query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    real = shapely.area(shapely.intersection(shapes[one], shapes[other])) > _AREA_M2
    for a, b in sorted(zip(state.sound[one[real]], state.sound[other[real]], strict=True)):
        members = parts(shapely.intersection(state.shapes[a], state.shapes[b]))
        members = members[shapely.area(members) > _AREA_M2]
        members = members[is_sliver(members, state.tolerance.overlap_m)]
        if not len(members):
            continue
        large, small = (a, b) if state.shapes[a].area >= state.shapes[b].area else (b, a)
        part = shapely.union_all(members)
        around = [int(at) for at in state.near(part, NODE_M) if at not in (a, b)]
        choices = []
        for cut, kept in ((large, small), (small, large)):
            features = (int(cut), int(kept), *around)
            ready = shapely.to_wkb(welded(part, list(state.shapes[list(features)])), hex=True)
            share = 100 * part.area / state.shapes[cut].area
            choices.append(Proposal("cut-overlap", features, {"part": ready}, part, share=share))
        yield _first(choices)


def gaps(state: State) -> Iterator[Proposal]:
    """Holes between polygons, no wider than the tolerance; to the neighbour with most of the edge, else the next."""
    whole = shapely.union_all(state.shapes[state.sound])
    rings = shapely.get_rings(shapely.get_parts(whole))
    members: Any = shapely.polygons(rings)
    inner = ~np.isin(
        shapely.to_wkb(rings), shapely.to_wkb(shapely.get_exterior_ring(shapely.get_parts(whole)))
    )
    members = members[inner & (shapely.area(members) > _AREA_M2)]
    for part in members[is_sliver(members, state.tolerance.gap_m)]:
        around = state.near(part, NODE_M)
        if len(around) < 2:  # noqa: PLR2004 - the hole of one feature is no gap
            continue
        ready = welded(part, list(state.shapes[around]))
        if ready.area <= _AREA_M2:
            continue
        share, hexed = _shares(ready, state.shapes[around]), shapely.to_wkb(ready, hex=True)
        choices = [
            Proposal(
                "give-gap", (int(around[best]), *(int(at) for at in np.delete(around, best))), {"part": hexed},
                part, share=float(share[best]),
            )
            for best in np.lexsort([around, -share]) if share[best] > 0
        ]  # fmt: skip
        if choices:
            yield _first(choices)


FINDERS: dict[str, tuple[Callable[[State], Iterator[Proposal]], int]] = {
    "close-ring": (open_rings, 1),
    "drop-vertex": (double_vertices, 2),
    "drop-spike": (spikes, 2),
    "make-valid": (invalid, 1),
    "orient": (turned, 1),
    "drop-double": (doubles, 1),
    "snap vertices": (near_vertices, 3),
    "snap edges": (near_edges, 3),
    "cut-overlap": (overlaps, 2),
    "add-vertex": (on_edges, 2),
    "give-gap": (gaps, 2),
}
"""Who proposes, in which order, and how often at most: an edit may make another one due."""


def _first(choices: list[Proposal]) -> Proposal:
    """The first choice, with the others behind it."""
    chosen = choices[-1]
    for choice in choices[-2::-1]:
        chosen = replace(choice, otherwise=chosen)
    return chosen


def _polygonal(state: State) -> NDArray[np.bool_]:
    kind = shapely.get_type_id(state.shapes)
    return np.isin(kind, _POLYGONS) & ~shapely.is_empty(state.shapes)


def _vertices(state: State, at: Ints) -> pd.DataFrame:
    """All vertices of some polygons, ring by ring, the closing ones too: ``x, y, ring, feature``."""
    rings, whose = _rings(state.shapes[at])
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    return pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "ring": ring, "feature": at[whose[ring]]})


def _rings(shapes: Shapes) -> tuple[Shapes, Ints]:
    """All rings of polygons, and whose each is."""
    members, whose = shapely.get_parts(shapes, return_index=True)
    rings, member = shapely.get_rings(members, return_index=True)
    return rings, whose[member]


def _owners(state: State) -> tuple[Floats, list[tuple[int, ...]]]:
    """Different vertices (n × 2) and the features that have each."""
    table = _vertices(state, state.sound)[["x", "y", "feature"]].drop_duplicates()
    table = table.sort_values(["x", "y", "feature"], ignore_index=True)
    xy = table[["x", "y"]].to_numpy()
    starts = np.flatnonzero(np.append(True, (xy[1:] != xy[:-1]).any(axis=1))) if len(xy) else np.empty(0, int)
    owners = (
        [tuple(map(int, some)) for some in np.split(table["feature"].to_numpy(), starts[1:])]
        if len(xy)
        else []
    )
    return xy[starts], owners


def _beside_edges(state: State, reach: float) -> tuple[pd.DataFrame, Floats, Any]:
    """Vertices within `reach` of an edge of a polygon that does not have them: ``point, edge, a, b, off``.

    ``a`` is the polygon of the edge, ``b`` the first that has the vertex; with all vertices and edges.
    """
    xy, owners = _owners(state)
    table = _vertices(state, state.sound)
    ends, ring, feature = table[["x", "y"]].to_numpy(), table["ring"].to_numpy(), table["feature"].to_numpy()
    start = np.flatnonzero(ring[1:] == ring[:-1])
    edges, points = strokes(ends[start], ends[start + 1]), dots(xy)
    point, edge = shapely.STRtree(edges).query(points, predicate="dwithin", distance=reach)
    whose = feature[start[edge]]
    strange = np.fromiter((w not in owners[p] for p, w in zip(point, whose, strict=True)), bool, len(point))
    off = shapely.distance(points[point], edges[edge])
    found = pd.DataFrame({"point": point, "edge": edge, "a": whose, "off": off})[strange]
    found["b"] = [owners[p][0] for p in found["point"]]
    return found.sort_values(["off", "edge"]).drop_duplicates(["point", "a"]), xy, edges


def _shares(part: Any, neighbours: Shapes) -> Floats:
    """Which share of a polygon's edge each neighbour has, in per cent."""
    ring = shapely.get_coordinates(part.exterior)
    length = np.hypot(*(ring[1:] - ring[:-1]).T)
    middles = dots((ring[1:] + ring[:-1]) / 2)
    touching = shapely.distance(middles[None, :], neighbours[:, None]) <= NODE_M
    result: Floats = 100 * (touching * length).sum(axis=1) / length.sum()
    return result
