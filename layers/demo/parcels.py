"""Construction-land parcels 建设用地图斑: town centres, villages, and special towns with areas by design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.demo.layout import CLEAR_M, STRETCH, Place, Prefecture
from layers.demo.shapes import Lots, Warp, four_lots, legal_factor, rng, street_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOWN_CLASSES = (("0701", "0601", "05H1", "0508", "08H1", "08H2", "0809", "0810", "1005", "09"),
                (0.42, 0.24, 0.12, 0.05, 0.04, 0.05, 0.03, 0.03, 0.01, 0.01))  # fmt: skip
VILLAGE_CLASSES = (("0702", "0601", "08H2", "0809"), (0.90, 0.06, 0.02, 0.02))
SPECIAL_CLASSES = (("0601", "05H1", "08H2", "0701", "0508", "0810"), (0.44, 0.22, 0.16, 0.10, 0.04, 0.04))
NEW_SHARE = 0.05
ANNEX_CLASS = {"road": "1006"}
ANNEX_SIDE_M = 56.0
APART_M = 190.0


@dataclass(frozen=True)
class Parcels:
    """Parcels by position: shape, class, town, special town (or -1), and whether they are new in 2016."""

    shapes: NDArray[np.object_]
    classes: NDArray[np.str_]
    town: NDArray[np.int64]
    new: NDArray[np.bool_]


@dataclass(frozen=True)
class Built:
    """What was built of a settlement: the outline of the zone that permits it follows it."""

    hull: shapely.Polygon
    kind: str
    town: int


def lot_warp(seed: int) -> Warp:
    """Return the shift that makes streets and lots irregular."""
    return Warp(seed, 3, (700, 240, 90), 0.30)


def settle(frame: Prefecture) -> tuple[Parcels, list[Built], NDArray[np.float64], NDArray[np.int64]]:
    """Build every town centre, village and special town.

    Returns
    -------
    parcels
        All parcels.
    built
        Settlements and special towns, with the annexes as kinds of their own.
    villages
        Points of the villages, shape (n, 2), m.
    village_towns
        Their towns.
    """
    warp = lot_warp(frame.seed)
    villages, village_towns = _villages(frame)
    groups = [_special(frame, number, place, warp) for number, place in enumerate(frame.places)]
    centres = _settlements(frame, frame.seats, np.arange(len(frame.towns)), warp, [])
    hulls = [settlement.hull for settlement in centres[1]]
    groups += [centres, _settlements(frame, villages, village_towns, warp, hulls)]
    parcels = [parcels for parcels, _ in groups]
    joined = Parcels(
        np.concatenate([p.shapes for p in parcels]),
        np.concatenate([p.classes for p in parcels]),
        np.concatenate([p.town for p in parcels]),
        np.concatenate([p.new for p in parcels]),
    )
    return joined, [b for _, built in groups for b in built], villages, village_towns


def _villages(frame: Prefecture) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points on a shaken grid, clear of seats, special towns and each other."""
    random = rng(frame.seed, 10)
    size = frame.size
    x0, y0, x1, y1 = shapely.total_bounds(frame.towns)
    grid = np.stack(np.meshgrid(np.arange(x0, x1, size.spacing), np.arange(y0, y1, size.spacing)), -1)
    slack = max(0.0, size.spacing - 2 * 1.7 * size.village_radius - 60) / 2
    points = grid.reshape(-1, 2) + random.uniform(-slack, slack, (grid.size // 2, 2))
    clear = 1.6 * (size.centre_radius + size.village_radius) + 60
    keep = np.ones(len(points), dtype=bool)
    for seat in frame.seats:
        keep &= np.hypot(*(points - seat).T) > clear
    keep &= random.random(len(points)) < 0.93  # noqa: PLR2004 - a few empty spots
    points = points[keep]
    tree = shapely.STRtree(frame.towns)
    point, town = tree.query(shapely.points(points), predicate="within")
    return points[point], town


def _settlements(
    frame: Prefecture,
    points: NDArray[np.float64],
    towns: NDArray[np.int64],
    warp: Warp,
    taken: list[shapely.Polygon],
) -> tuple[Parcels, list[Built]]:
    """Build town centres, or villages where `taken` holds the hulls of the centres."""
    size, centre = frame.size, not taken
    random = rng(frame.seed, 11 if centre else 12)
    radius = size.centre_radius if centre else size.village_radius
    scale = np.exp(random.normal(0, 0.16 if centre else 0.34, len(points))).clip(0.5, 1.7)
    stretch = random.uniform(1.0, 1.5, len(points)) if centre else random.uniform(1.2, 3.2, len(points))
    grids = [
        street_grid(
            random, (x, y), radius * s, size.centre_lot if centre else size.village_lot, stretch=t,
            street=14 if centre else 6, ragged=0.34, fill=size.fill,
        )
        for (x, y), s, t in zip(points, scale, stretch, strict=True)
    ]  # fmt: skip
    of = np.repeat(np.arange(len(points)), [grid.counts.size for grid in grids])
    shapes = Lots.join(grids).polygons(warp)
    keep = _clear(frame, shapes, towns[of])
    shapes, of = shapes[keep], of[keep]
    numbers, hulls = _hulls(shapes, of)
    apart = _apart(hulls, taken)
    keep = np.isin(of, numbers[apart])
    shapes, of = shapes[keep], of[keep]
    classes = _classes(random, TOWN_CLASSES if centre else VILLAGE_CLASSES, len(shapes))
    new = _new(random, shapes, points[of])
    kind = "centre" if centre else "village"
    built = [Built(hulls[n], kind, int(towns[numbers[n]])) for n in np.flatnonzero(apart)]
    return Parcels(shapes, classes, towns[of], new), built


def _apart(hulls: NDArray[np.object_], taken: list[shapely.Polygon]) -> NDArray[np.bool_]:
    """True for hulls that touch neither a hull taken nor an earlier one."""
    apart = np.ones(len(hulls), dtype=bool)
    if taken:
        apart[shapely.STRtree(taken).query(hulls, predicate="intersects")[0]] = False
    one, other = shapely.STRtree(hulls).query(hulls, predicate="intersects")
    apart[one[one > other]] = False
    return apart


def _clear(frame: Prefecture, shapes: NDArray[np.object_], towns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True for lots wholly in their town and clear of every special town and reserve."""
    keep = np.zeros(len(shapes), dtype=bool)
    order = np.argsort(towns, kind="stable")
    cuts = np.searchsorted(towns[order], np.arange(len(frame.towns) + 1))
    for number, town in enumerate(frame.towns):
        rows = order[cuts[number] : cuts[number + 1]]
        shapely.prepare(town)
        keep[rows] = shapely.contains_properly(town, shapes[rows])
    for area in [*(place.area for place in frame.places), *frame.reserves]:
        near = shapely.buffer(area, CLEAR_M / 2)
        shapely.prepare(near)
        keep &= ~shapely.intersects(near, shapes)
    return keep


def _classes(
    random: np.random.Generator, classes: tuple[tuple[str, ...], tuple[float, ...]], n: int
) -> NDArray[np.str_]:
    codes, weights = classes
    return np.array(codes)[random.choice(len(codes), n, p=np.array(weights) / sum(weights))]


def _new(
    random: np.random.Generator, shapes: NDArray[np.object_], centres: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Lots far from the middle are the likelier to be new."""
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    far = np.hypot(*(middle - centres).T)
    far /= far.max() if far.size else 1.0
    new: NDArray[np.bool_] = random.random(len(shapes)) < 2 * NEW_SHARE * far / max(far.mean() * 2, 1e-9)
    return new


def _hulls(
    shapes: NDArray[np.object_], of: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Numbers of the settlements that have lots, and the hull of each, a little wider than the lots."""
    order = np.argsort(of, kind="stable")
    numbers, starts = np.unique(of[order], return_index=True)
    groups = shapely.multipolygons(shapes[order], indices=np.repeat(
        np.arange(len(numbers)), np.diff(np.append(starts, len(of)))
    ))  # fmt: skip
    hulls: NDArray[np.object_] = np.asarray(shapely.buffer(shapely.convex_hull(groups), 4.0))
    return numbers, hulls


def _special(frame: Prefecture, number: int, place: Place, warp: Warp) -> tuple[Parcels, list[Built]]:
    """Lots of a special town: the nearest to its centre until the planned area of land is reached."""
    random = rng(frame.seed, 20, number)
    plan = place.plan
    radius = np.sqrt(plan.land * 1e6 / np.pi) * 1.35
    lots = street_grid(
        random, place.centre, radius, frame.size.special_lot, stretch=STRETCH, angle=place.angle,
        street=16, ragged=0.0, fill=1.0,
    ).polygons(warp)  # fmt: skip
    lots = lots[shapely.contains_properly(shapely.buffer(place.area, -60), lots)]
    legal = shapely.area(lots) * legal_factor(place.centre[0])
    order = np.argsort(_away(lots, place), kind="stable")
    apart = 4 * ANNEX_SIDE_M**2 if plan.annex and plan.annex not in ANNEX_CLASS else 0.0
    enough = int(np.searchsorted(np.cumsum(legal[order]), plan.land * 1e6 - apart)) + 1
    lots = lots[order[:enough]]
    core = shapely.convex_hull(shapely.multipolygons(list(lots)))
    annex = _annex(place, core, warp) if plan.annex else np.array([], dtype=object)
    old = np.full(len(annex), fill_value=plan.annex == "sliver")
    parcels = Parcels(
        np.concatenate([lots, annex]),
        np.concatenate(
            [
                _classes(random, SPECIAL_CLASSES, len(lots)),
                np.full(len(annex), ANNEX_CLASS.get(plan.annex, "0601")),
            ]
        ),
        np.full(len(lots) + len(annex), place.host),
        np.concatenate([np.arange(len(lots)) > 0.88 * len(lots), ~old]),
    )
    built = [Built(core, "special", place.host)]
    if len(annex):
        outline = shapely.Polygon(shapely.get_exterior_ring(shapely.union_all(annex)))
        built.append(Built(outline, plan.annex, place.host))
    return parcels, built


def _away(shapes: NDArray[np.object_], place: Place) -> NDArray[np.float64]:
    """Distance of shapes from the centre in the town's own stretched measure, m."""
    d = shapely.get_coordinates(shapely.centroid(shapes)) - place.centre
    cos, sin = np.cos(place.angle), np.sin(place.angle)
    along, across = d[:, 0] * cos + d[:, 1] * sin, d[:, 1] * cos - d[:, 0] * sin
    away: NDArray[np.float64] = np.hypot(along / np.sqrt(STRETCH), across * np.sqrt(STRETCH))
    return away


def _annex(place: Place, core: shapely.Polygon, warp: Warp) -> NDArray[np.object_]:
    """Four lots inside the planned area, as far from the rest of the town as may be."""
    inner = shapely.buffer(place.area, -40)
    x0, y0, x1, y1 = inner.bounds
    grid = np.stack(np.meshgrid(np.arange(x0, x1, 50), np.arange(y0, y1, 50)), -1).reshape(-1, 2)
    room = shapely.distance(shapely.points(grid), shapely.boundary(inner))
    fits = shapely.contains_xy(inner, grid) & (room > 2.2 * ANNEX_SIDE_M)
    apart = np.where(fits, shapely.distance(shapely.points(grid), core), 0.0)
    best = int(np.argmax(apart))
    if apart[best] < APART_M:
        msg = f"no room for the annex of {place.name}"
        raise RuntimeError(msg)
    x, y = grid[best]
    return four_lots((float(x), float(y)), ANNEX_SIDE_M, place.angle).polygons(warp)
