"""Shapes that look grown: folding-free noise, blobs of a wanted area, partitions, lots along streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EARTH_RADIUS_M = 6_367_930.0  # mean radius of curvature of CGCS2000 at 30.8 degrees north
FALSE_EASTING_M = 500_000.0


def rng(seed: int, *stream: int) -> np.random.Generator:
    """Return the generator of one stream: adding a stream leaves the others as they are."""
    return np.random.default_rng([seed, *stream])


def legal_factor(easting: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Ratio of the area on the ellipsoid to the plane area at an easting (m), good to 1e-7."""
    x2 = ((np.asarray(easting, dtype=float) - FALSE_EASTING_M) / EARTH_RADIUS_M) ** 2
    factor: NDArray[np.float64] = (1 + x2 / 2 + x2**2 / 24) ** -2
    return factor


@dataclass(frozen=True)
class Warp:
    """A composition of small sine shifts, each a contraction: lines that do not cross never come to cross.

    Attributes
    ----------
    seed, stream
        Where the phases come from.
    wavelengths
        From long to short, m.
    slope
        Largest slope of one shift, below 1.
    """

    seed: int
    stream: int
    wavelengths: tuple[float, ...]
    slope: float = 0.5

    def __call__(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move coordinates of shape (n, 2), in m, and round them to the millimetre."""
        random = rng(self.seed, self.stream)
        out = xy.astype(float)
        waves = 3
        for length in self.wavelengths:
            amplitude = self.slope * length / (2 * np.pi * waves)
            turn = random.uniform(0, 2 * np.pi, (waves, 3))
            shift = np.zeros_like(out)
            for along, across, phase in turn:
                angle = (out[:, 0] * np.cos(along) + out[:, 1] * np.sin(along)) * (2 * np.pi / length)
                wave = np.sin(angle + phase) * amplitude
                shift[:, 0] += wave * np.cos(across)
                shift[:, 1] += wave * np.sin(across)
            out = out + shift
        return np.round(out, 3)


def blob(
    random: np.random.Generator,
    centre: tuple[float, float],
    legal_m2: float,
    *,
    stretch: float = 1.0,
    angle: float = 0.0,
    rough: float = 0.10,
    vertices: int = 360,
    sides: int = 0,
) -> shapely.Polygon:
    """Star-shaped polygon of a wanted legal area (m²) around `centre`, stretched along `angle`.

    With `sides`, it has about so many winding sides, like land between roads and rivers.
    """
    theta = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    order = np.arange(2, min(40, vertices // 6))
    weights = rough / (order - 1) ** 1.15 * random.uniform(0.4, 1.0, order.size)
    phases = random.uniform(0, 2 * np.pi, order.size)
    radius = np.exp((weights[:, None] * np.cos(order[:, None] * theta + phases[:, None])).sum(axis=0))
    if sides:
        facing = (np.arange(sides) + random.uniform(-0.25, 0.25, sides)) * (2 * np.pi / sides)
        away = random.uniform(0.88, 1.12, sides)
        ahead = np.cos(theta[:, None] - facing)
        radius *= np.min(np.where(ahead > 0.2, away / np.maximum(ahead, 0.2), np.inf), axis=1)  # noqa: PLR2004
    x, y = radius * np.cos(theta) * np.sqrt(stretch), radius * np.sin(theta) / np.sqrt(stretch)
    unit = np.column_stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)])
    wanted = legal_m2 / float(legal_factor(centre[0]))
    for _ in range(2):
        shape = shapely.Polygon(np.round(unit + np.asarray(centre), 3))
        unit *= np.sqrt(wanted / shape.area) if shape.area else 1.0
        wanted = legal_m2 / float(legal_factor(shape.centroid.x))
        unit *= np.sqrt(wanted / shapely.Polygon(unit).area)
    return shapely.Polygon(np.round(unit + np.asarray(centre), 3))


def partition(
    seeds: NDArray[np.float64], outline: shapely.Polygon, warp: Warp, step: float
) -> list[shapely.Polygon]:
    """Cut `outline` into one cell for each seed, with winding borders whose vertices neighbours share.

    Parameters
    ----------
    seeds
        Shape (n, 2), inside `outline`, m.
    step
        Distance between vertices before the warp, m.

    Returns
    -------
    list of Polygon
        In the order of `seeds`.
    """
    edges = shapely.voronoi_polygons(shapely.MultiPoint(seeds), only_edges=True, extend_to=outline)
    lines = shapely.segmentize(shapely.union_all([edges, outline.exterior]), step)
    cells = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))))
    tree = shapely.STRtree(cells)
    seed, cell = tree.query(shapely.points(seeds), predicate="intersects")
    straight = cells[cell[np.argsort(seed)]]
    return list(shapely.transform(straight, warp))


def relaxed(random: np.random.Generator, n: int, outline: shapely.Polygon) -> NDArray[np.float64]:
    """Return n points spread evenly and irregularly over `outline` (Lloyd's relaxation), shape (n, 2)."""
    box = outline.bounds
    points = random.uniform(box[:2], box[2:], (40 * n, 2))
    points = points[shapely.contains_xy(outline, points)][:n]
    for _ in range(4):
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=outline))
        points = shapely.get_coordinates(shapely.centroid(shapely.intersection(cells, outline)))
    return points


@dataclass(frozen=True)
class Lots:
    """Lots before they are polygons: flat coordinates and the number of vertices of each."""

    xy: NDArray[np.float64]
    counts: NDArray[np.int64]

    @staticmethod
    def join(parts: Sequence[Lots]) -> Lots:
        """Put lots one behind the other."""
        return Lots(np.concatenate([p.xy for p in parts]), np.concatenate([p.counts for p in parts]))

    def polygons(self, warp: Warp) -> NDArray[np.object_]:
        """Return the warped lots as polygons."""
        rings = np.repeat(np.arange(self.counts.size), self.counts)
        shapes: NDArray[np.object_] = np.asarray(
            shapely.polygons(shapely.linearrings(warp(self.xy), indices=rings))
        )
        return shapes


def street_grid(
    random: np.random.Generator,
    centre: tuple[float, float],
    radius: float,
    lot: tuple[float, float],
    *,
    stretch: float = 1.0,
    angle: float | None = None,
    street: float = 12.0,
    ragged: float = 0.25,
    fill: float = 0.97,
) -> Lots:
    """Lots in blocks two deep between streets, kept where they fall in a ragged ellipse around `centre`.

    Parameters
    ----------
    radius
        Mean radius of the ellipse, m.
    lot
        Mean width and depth of a lot, m.
    street
        Width of a street, m.
    fill
        Share of the lots that are built on.
    """
    angle = random.uniform(0, np.pi) if angle is None else angle
    long, short = radius * np.sqrt(stretch), radius / np.sqrt(stretch)
    width, depth = lot
    blocks = int(np.ceil(2 * short * (1 + ragged) / (2 * depth + street)))
    bottom = -0.5 * blocks * (2 * depth + street)
    phases = random.uniform(0, 2 * np.pi, 4)
    parts = []
    for block in range(blocks):
        x0, x1 = _columns(random, long * (1 + ragged), width, street)
        y0 = bottom + block * (2 * depth + street)
        along = int(random.integers(0, 5))
        rows = [(y0, y0 + depth), (y0 + depth, y0 + 2 * depth)]
        for low, high in rows:
            middle = np.column_stack([(x0 + x1) / 2 / long, np.full(x0.size, (low + high) / 2 / short)])
            theta = np.arctan2(middle[:, 1], middle[:, 0])
            wave = np.cos(theta[:, None] * np.arange(2, 6) + phases) / np.arange(2, 6)
            keep = np.hypot(*middle.T) < 1 + ragged * wave.sum(axis=1)
            keep &= random.random(x0.size) < fill
            if keep.any():
                parts.append(_row(x0[keep], x1[keep], low, high, 1 + block % 2, along))
    if not parts:
        parts.append(_row(np.array([-width / 2]), np.array([width / 2]), -depth / 2, depth / 2, 1, 1))
    return _turned(Lots.join(parts), centre, angle)


def four_lots(centre: tuple[float, float], side: float, angle: float) -> Lots:
    """Four lots that touch in the middle, each about `side` m wide and deep."""
    west, east = np.array([-side, 0.0]), np.array([0.0, side])
    lots = Lots.join([_row(west, east, -side, 0.0, 1, 2), _row(west, east, 0.0, side, 1, 2)])
    return _turned(lots, centre, angle)


def _turned(lots: Lots, centre: tuple[float, float], angle: float) -> Lots:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return Lots(lots.xy @ turn + np.asarray(centre), lots.counts)


def _columns(
    random: np.random.Generator, half: float, width: float, street: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """West and east sides of the lots of one block row: uneven lots, a cross street every few of them."""
    n = int(np.ceil(2 * half / width)) + 1
    sizes = width * random.uniform(0.7, 1.3, n)
    gaps = np.where(np.arange(n) % 6 == 0, street, 0.0)
    east = np.cumsum(sizes + gaps)
    shift = half + random.uniform(0, 3 * width)
    west = np.concatenate([[0.0], east[:-1]])
    west = np.where(gaps > 0, west + gaps, west)
    return west - shift, east - shift


def _row(
    x0: NDArray[np.float64], x1: NDArray[np.float64], low: float, high: float, across: int, along: int
) -> Lots:
    """Rectangles between two parallels with `along` and `across` further vertices on their sides."""
    n = x0.size
    ones = np.ones((n, 1))
    t = np.linspace(0, 1, along + 2)[:-1]
    u = np.linspace(0, 1, across + 2)
    x_up = np.column_stack([x0, x0[:, None] + (x1 - x0)[:, None] * t[1:]])
    x_all = np.column_stack([x_up, x1])
    y_all = low + (high - low) * u
    ring_x = np.hstack(
        [x_up, x1[:, None] * np.ones(across + 1), x_all[:, :0:-1], x0[:, None] * np.ones(across + 2)]
    )
    ring_y = np.hstack(
        [
            ones * np.full(along + 1, low),
            ones * y_all[:-1],
            ones * np.full(along + 1, high),
            ones * y_all[::-1],
        ]
    )
    xy = np.stack([ring_x, ring_y], axis=2).reshape(-1, 2)
    return Lots(xy, np.full(n, ring_x.shape[1], dtype=np.int64))
