"""The prefecture's frame: outline, towns, counties, seats, and where the special towns lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.demo.names import COUNTIES, town_names
from layers.demo.plan import PILOTS, SPECIAL, Special
from layers.demo.shapes import Warp, blob, partition, relaxed, rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

CENTRE = (575_000.0, 3_405_000.0)
TOWN_M2 = 57.5e6
STRETCH = 1.45
CLEAR_M = 120.0


@dataclass(frozen=True)
class Size:
    """How much of everything.

    Attributes
    ----------
    step
        Distance between the vertices of town boundaries, m.
    centre_radius
        Mean radius of a town's built-up centre, m.
    spacing
        Distance between villages, m.
    village_radius
        Mean radius of a village, m.
    """

    counties: int
    towns: int
    step: float
    centre_radius: float
    centre_lot: tuple[float, float]
    spacing: float
    village_radius: float
    village_lot: tuple[float, float]
    special_lot: tuple[float, float]
    fields: float
    fill: float = 0.97


SIZES = {
    "small": Size(2, 14, 60, 130, (60, 70), 3_800, 55, (30, 34), (92, 108), 1_500),
    "normal": Size(7, 70, 12, 740, (60, 72), 2_250, 160, (37, 43), (78, 92), 640),
    "large": Size(7, 70, 8, 1_280, (23, 29), 1_150, 250, (22, 26), (42, 56), 320),
}


@dataclass(frozen=True)
class Place:
    """A special town on the ground."""

    plan: Special
    name: str
    host: int
    centre: tuple[float, float]
    angle: float
    area: shapely.Polygon


@dataclass(frozen=True)
class Prefecture:
    """The frame that everything else is drawn into; towns and counties by position."""

    size: Size
    seed: int
    towns: NDArray[np.object_]
    names: list[str]
    codes: list[str]
    county: NDArray[np.int64]
    counties: list[str]
    county_codes: list[str]
    county_shapes: NDArray[np.object_]
    seats: NDArray[np.float64]
    places: list[Place]
    pilots: list[int]
    reserves: list[shapely.Polygon]


def prefecture(size: Size, seed: int) -> Prefecture:
    """Draw the frame of the prefecture, the same for the same seed."""
    random = rng(seed, 1)
    outline = blob(random, CENTRE, size.towns * TOWN_M2, stretch=1.12, angle=0.3, rough=0.16, vertices=120)
    seeds = relaxed(random, size.towns, outline)
    warp = Warp(seed, 2, (17_000, 7_000, 2_900, 1_200, 480, 200), 0.72)
    towns = np.array(partition(seeds, outline, warp, size.step))
    county = _counties(random, seeds, size.counties)
    order = np.lexsort((seeds[:, 0], county))
    towns, county = towns[order], county[order]
    names = [f"{stem}镇" for stem in town_names(random, size.towns)]
    county_codes = [f"3399{n + 1:02d}" for n in range(size.counties)]
    within = np.arange(size.towns) - np.searchsorted(county, county)
    codes = [f"{county_codes[c]}{100 + n}" for c, n in zip(county, within, strict=True)]
    shapes = np.array([shapely.coverage_union_all(towns[county == c]) for c in range(size.counties)])
    hosts = _Hosts(towns)
    places = _places(random, hosts, names)
    seats = hosts.seats()
    return Prefecture(
        size, seed, towns, names, codes, county, list(COUNTIES[: size.counties]), county_codes, shapes,
        seats, places, _pilots(random, size.towns),
        _reserves(rng(seed, 4), towns, seats, places, size.centre_radius),
    )  # fmt: skip


def _counties(random: np.random.Generator, seeds: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Group towns into n compact counties (k-means), numbered from west to east."""
    centres = seeds[random.choice(len(seeds), n, replace=False)]
    for _ in range(25):
        nearest = np.argmin(np.hypot(*(seeds[:, None] - centres).transpose(2, 0, 1)), axis=1)
        centres = np.array(
            [seeds[nearest == c].mean(axis=0) if (nearest == c).any() else centres[c] for c in range(n)]
        )
    _, dense = np.unique(np.argsort(np.argsort(centres[:, 0]))[nearest], return_inverse=True)
    return dense.astype(np.int64)


def _pilots(random: np.random.Generator, towns: int) -> list[int]:
    return [int(n) for n in random.permutation(towns)[: len(PILOTS)]]


class _Hosts:
    """Room inside the towns: candidate points with their town and distance to its border."""

    def __init__(self, towns: NDArray[np.object_]) -> None:
        self.towns = towns
        points, town, depth = [], [], []
        for number, shape in enumerate(towns):
            x0, y0, x1, y1 = shape.bounds
            grid = np.stack(np.meshgrid(np.arange(x0, x1, 260), np.arange(y0, y1, 260)), axis=-1).reshape(
                -1, 2
            )
            rough = shapely.simplify(shape, 40)
            shapely.prepare(rough)
            grid = grid[shapely.contains_xy(rough, grid[:, 0], grid[:, 1])]
            border = shapely.boundary(rough)
            shapely.prepare(border)
            points.append(grid)
            town.append(np.full(len(grid), number))
            depth.append(shapely.distance(border, shapely.points(grid)))
        self.points = np.concatenate(points)
        self.town = np.concatenate(town)
        self.depth = np.concatenate(depth)
        self.taken: list[tuple[float, float, float]] = []
        self.used = np.zeros(len(towns), dtype=int)

    def room(self) -> NDArray[np.float64]:
        """Distance of each candidate to its border or the nearest place taken, whichever is less."""
        room = self.depth.copy()
        for x, y, radius in self.taken:
            room = np.minimum(room, np.hypot(self.points[:, 0] - x, self.points[:, 1] - y) - radius)
        return room

    def place(self, radius: float, turn: float) -> tuple[int, tuple[float, float]]:
        """Take the roomiest point, in a town as little used and as far round the prefecture as may be."""
        room = self.room()
        around = np.arctan2(self.points[:, 1] - CENTRE[1], self.points[:, 0] - CENTRE[0])
        score = np.minimum(room, radius + 500) - 2_000 * self.used[self.town] + 700 * np.cos(around - turn)
        score[room < radius + 60] = -np.inf
        best = int(np.argmax(score))
        x, y = self.points[best]
        self.taken.append((float(x), float(y), radius))
        self.used[self.town[best]] += 1
        return int(self.town[best]), (float(x), float(y))

    def seats(self) -> NDArray[np.float64]:
        """Return one point a town for its seat: well inside and clear of the special towns."""
        room = self.room()
        return np.array(
            [
                self.points[np.flatnonzero(self.town == n)[np.argmax(room[self.town == n])]]
                for n in range(len(self.towns))
            ]
        )


def _places(random: np.random.Generator, hosts: _Hosts, names: list[str]) -> list[Place]:
    """Put each special town where there is room, the largest first."""
    angles = random.uniform(0, np.pi, len(SPECIAL))
    seeds = random.integers(0, 2**31, len(SPECIAL))
    turns = random.permutation(len(SPECIAL)) * 2.4
    found: dict[int, Place] = {}
    for n in sorted(range(len(SPECIAL)), key=lambda i: -SPECIAL[i].planned):
        plan = SPECIAL[n]

        def draw(centre: tuple[float, float], n: int = n, plan: Special = plan) -> shapely.Polygon:
            return blob(
                rng(int(seeds[n])), centre, plan.planned * 1e6, stretch=STRETCH, angle=angles[n],
                rough=0.035, sides=6,
            )  # fmt: skip

        trial = draw(CENTRE)
        radius = float(np.hypot(*(shapely.get_coordinates(trial) - CENTRE).T).max()) + CLEAR_M
        host, centre = hosts.place(radius, float(turns[n]))
        name = f"{names[host][:-1]}{plan.key}小镇"
        found[n] = Place(plan, name, host, centre, float(angles[n]), draw(centre))
    return [found[n] for n in range(len(SPECIAL))]


def _reserves(
    random: np.random.Generator,
    towns: NDArray[np.object_],
    seats: NDArray[np.float64],
    places: list[Place],
    seat_radius: float,
) -> list[shapely.Polygon]:
    """Lakes and wetlands away from seats and special towns."""
    n = max(2, len(towns) // 6)
    found: list[shapely.Polygon] = []
    whole = shapely.buffer(shapely.simplify(shapely.coverage_union_all(towns), 60), -900)
    busy = [shapely.Point(seat).buffer(2 * seat_radius + 300) for seat in seats]
    busy += [shapely.buffer(place.area, 350) for place in places]
    x0, y0, x1, y1 = whole.bounds
    for _ in range(60 * n):
        x, y = random.uniform((x0, y0), (x1, y1))
        shape = blob(
            random, (x, y), float(random.uniform(2.5e6, 1.1e7)), stretch=float(random.uniform(1, 2.2)),
            angle=float(random.uniform(0, 3)), rough=0.22, vertices=900,
        )  # fmt: skip
        if whole.contains(shape) and not shapely.intersects(shape, [*busy, *found]).any():
            found.append(shape)
        if len(found) == n:
            break
    return found
