"""Layers of the overlay benchmark, the same on every machine: towns, limits, farmland, a mosaic of parcels.

Limits are drawn in a template plane (lattices, ellipses), their edges densified, and pushed through shears of
many wavelengths. A shear has an inverse whatever its amplitude: partitions stay partitions, edges that were
shared stay the same to the bit. Parcels fill a square of 70 x 70 km whatever their number.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from layers.stream import GeoParquetWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CRS = "EPSG:4549"
SIDE = 70_000.0
ORIGIN = np.array([565_000.0, 3_367_000.0])
REACH = 9_000.0
SEED = 2016
CHUNK = 65_536
LAID = 100_000
PART = 2


def warp(points: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    x, y = points[:, 0].copy(), points[:, 1].copy()
    for wavelength in (31_000, 11_000, 4_000, 1_300, 420, 140, 47):
        for _ in range(2):
            a, b = rng.uniform(0.7, 1.3, 2) * wavelength
            p, q = rng.uniform(0, 2 * np.pi, 2)
            x += a / 28 * np.sin(2 * np.pi * y / a + p)
            y += b / 28 * np.sin(2 * np.pi * x / b + q)
    return np.column_stack([x, y]) + ORIGIN


def towns() -> list[shapely.Polygon]:
    """73 towns in 8 rows, a partition that reaches beyond the parcels."""
    rng = np.random.default_rng(SEED + 1)
    low, high, step = -REACH, SIDE + REACH, 4.5
    levels = np.linspace(low, high, 9)
    breaks = [np.linspace(low, high, count + 1) for count in (9, 9, 9, 9, 9, 9, 9, 10)]
    for row in breaks:
        row[1:-1] += rng.uniform(-1500, 1500, len(row) - 2)
    lines = [
        np.unique(
            np.concatenate(
                [np.arange(low, high, step), breaks[max(i - 1, 0)], breaks[min(i, 7)]]
            )
        )
        for i in range(9)
    ]  # fmt: skip
    shapes = []
    for row in range(8):
        y = np.linspace(levels[row], levels[row + 1], int((levels[row + 1] - levels[row]) / step))
        for west, east in zip(breaks[row][:-1], breaks[row][1:], strict=True):
            south = lines[row][(lines[row] >= west) & (lines[row] <= east)]
            north = lines[row + 1][(lines[row + 1] >= west) & (lines[row + 1] <= east)]
            ring = np.concatenate([
                np.column_stack([south, np.full(len(south), y[0])])[:-1],
                np.column_stack([np.full(len(y), east), y])[:-1],
                np.column_stack([north, np.full(len(north), y[-1])])[:0:-1],
                np.column_stack([np.full(len(y), west), y])[:0:-1],
            ])  # fmt: skip
            shapes.append(shapely.Polygon(warp(ring)))
    return shapes


def ring(center: np.ndarray, radii: tuple[float, float], turn: float, count: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, y = radii[0] * np.cos(angle), radii[1] * np.sin(angle)
    return center + np.column_stack(
        [x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)]
    )


def cells(columns: int, rows: int) -> np.ndarray:
    x, y = (np.arange(columns) + 0.5) * SIDE / columns, (np.arange(rows) + 0.5) * SIDE / rows
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def expansion() -> list[shapely.Polygon]:
    """120 apart, 0 to 6 holes."""
    rng = np.random.default_rng(SEED + 2)
    shapes = []
    for center in cells(10, 12):
        radius = rng.uniform(0.45, 2.05) * 1000
        count = int(np.clip(rng.lognormal(0, 0.5) * radius * 3.6, 500, 20_000))
        shell = ring(center, (radius * 1.25, radius), 0.0, count)
        holes = [
            ring(
                center + 0.5 * radius * np.array([np.cos(a), np.sin(a)]),
                (0.12 * radius,) * 2,
                0.0,
                count // 8,
            )
            for a in np.arange(rng.integers(0, 7)) * np.pi / 3
        ]
        shapes.append(shapely.Polygon(warp(shell), [warp(hole) for hole in holes]))
    return shapes


def redline() -> list[shapely.Polygon]:
    """30 long ones of about 10,000 vertices."""
    rng = np.random.default_rng(SEED + 3)
    return [
        shapely.Polygon(
            warp(
                ring(
                    c, (4800, rng.uniform(300, 800)), rng.uniform(-0.5, 0.5), int(rng.integers(8500, 11_400))
                )
            )
        )
        for c in cells(6, 5)
    ]


def farmland() -> list[shapely.Polygon]:
    """50,000 of about 200 m."""
    rng = np.random.default_rng(SEED + 4)
    shapes = []
    for center in cells(224, 224)[:50_000]:
        count = int(rng.integers(18, 77))
        angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
        radius = 312 * rng.uniform(0.33, 0.43) * (1 + 0.15 * np.sin(3 * angle + rng.uniform(0, 6)))
        shapes.append(
            shapely.Polygon(warp(center + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])))
        )
    return shapes


def _bends(
    rng: np.random.Generator, start: np.ndarray, stop: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inner points of edges (flat), where each begins and how many it has; two parcels share them."""
    count = rng.integers(1, 16, len(start))
    first = np.cumsum(count) - count
    t = (np.arange(count.sum()) - np.repeat(first, count) + 1) / np.repeat(count + 1, count)
    along = np.repeat(stop - start, count, axis=0)
    bend = np.repeat(rng.uniform(-0.09, 0.09, len(start)), count) * np.sin(np.pi * t)
    bend += np.repeat(rng.uniform(-0.04, 0.04, len(start)), count) * np.sin(2 * np.pi * t)
    bend += rng.uniform(-0.002, 0.002, len(t))
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    points = np.repeat(start, count, axis=0) + t[:, None] * along + bend[:, None] * normal
    return np.round(points, 4), first, count


def _level(seed: tuple[int, ...], row: int, side: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Corners on a line between two rows, and the edges along it."""
    rng = np.random.default_rng([*seed, 0, row])
    size = SIDE / side
    corner = np.column_stack([np.arange(side + 1.0), np.full(side + 1, float(row))]) * size
    if 0 < row < side:
        corner[1:-1] += rng.uniform(-0.22, 0.22, (side - 1, 2)) * size
    corner = np.round(corner + ORIGIN, 4)
    return corner, _bends(rng, corner[:-1], corner[1:])


def _cells(
    south: tuple[Any, Any], north: tuple[Any, Any], rise: tuple[Any, ...], holed: np.ndarray, size: float
) -> np.ndarray:
    """One row of the mosaic."""
    (low, (low_points, low_first, low_count)), (high, (high_points, high_first, high_count)) = south, north
    rise_points, rise_first, rise_count = rise
    side = len(low) - 1
    pool = np.concatenate([low, high, low_points, high_points, rise_points])
    at_low, at_high, at_rise = np.cumsum([2 * (side + 1), len(low_points), len(high_points)])
    here, one = np.arange(side), np.ones(side, dtype=np.int64)
    east, west = rise_first[1:] + at_rise, rise_first[:-1] + at_rise
    first = np.column_stack([
        here, low_first + at_low, here + 1, east, here + side + 2,
        high_first + at_high + high_count - 1, here + side + 1, west + rise_count[:-1] - 1, here,
    ])  # fmt: skip
    count = np.column_stack([one, low_count, one, rise_count[1:], one, high_count, one, rise_count[:-1], one])
    step = np.tile([1, 1, 1, 1, 1, -1, 1, -1, 1], side)
    flat = count.ravel()
    within = np.arange(flat.sum()) - np.repeat(np.cumsum(flat) - flat, flat)
    taken = pool[np.repeat(first.ravel(), flat) + np.repeat(step, flat) * within]
    shapes = shapely.polygons(shapely.linearrings(taken, indices=np.repeat(here, count.sum(axis=1))))
    turn = np.linspace(0, 2 * np.pi, 9)
    octagon = 0.12 * size * np.column_stack([np.cos(turn), -np.sin(turn)])
    center = (low[:-1] + low[1:] + high[:-1] + high[1:])[holed] / 4
    holes = shapely.linearrings(np.round(center[:, None] + octagon, 4))
    shapes[holed] = shapely.polygons(shapely.get_exterior_ring(shapes[holed]), holes[:, None])
    return shapes


def mosaic(number: int, turn: int = 0) -> Iterator[np.ndarray]:
    """Yield `number` parcels row by row; surplus cells become second parts of others.

    Nothing but the row at hand is kept. Another `turn` gives another mosaic over the same square.
    """
    side = int(np.ceil(np.sqrt(number * 1.01)))
    surplus = side * side - number
    seed = (SEED, number, turn)
    south = _level(seed, 0, side)
    for row in range(side):
        north = _level(seed, row + 1, side)
        rng = np.random.default_rng([*seed, 1, row])
        shapes = _cells(south, north, _bends(rng, south[0], north[0]), rng.random(side) < 0.03, SIDE / side)
        pairs = surplus * (row + 1) // side - surplus * row // side
        whole = rng.choice(np.arange(0, side - PART, PART + 1), pairs, replace=False)
        for place in whole:
            shapes[place] = shapely.MultiPolygon([shapes[place], shapes[place + PART]])
        yield np.delete(shapes, whole + PART)
        south = north


def parcels(number: int, *, same_size: bool = False) -> Iterator[np.ndarray]:
    """Yield chunks of parcels; of `same_size`: as many mosaics of 100,000 one over another as it takes."""
    many = [LAID] * (number // LAID) if same_size else [number]
    rows: list[np.ndarray] = []
    for shapes in (shapes for turn, each in enumerate(many) for shapes in mosaic(each, turn)):
        rows.append(shapes)
        if sum(map(len, rows)) >= CHUNK:
            yield sound(np.concatenate(rows))
            rows = []
    if rows:
        yield sound(np.concatenate(rows))


def sound(shapes: Any) -> np.ndarray:
    """With the few that cross themselves repaired."""
    array = np.asarray(shapes, dtype=object)
    bad = ~shapely.is_valid(array)
    array[bad] = shapely.make_valid(array[bad], method="structure", keep_collapsed=False)
    return array


def write(path: Path, chunks: Iterable[np.ndarray], key: str) -> int:
    done = 0
    with GeoParquetWriter(path, CRS) as out:
        for shapes in chunks:
            ids = [f"{key[0]}{place:08d}" for place in range(done, done + len(shapes))]
            out.write(pa.table({key: ids, "geometry": pa.array(shapely.to_wkb(shapes), pa.binary())}))
            done += len(shapes)
    return done


def to_gpkg(path: Path) -> None:
    import geopandas as gpd

    target = path.with_suffix(".gpkg")
    if not target.exists():
        gpd.read_parquet(path).to_file(target, driver="GPKG", layer=path.stem)


def parcels_path(folder: Path, number: int, *, same_size: bool = False) -> Path:
    return folder / f"parcels-{number}{'-same-size' if same_size else ''}.parquet"


def generate(folder: Path, numbers: Iterable[int], *, same_size: bool = False) -> list[Path]:
    """Write what `folder` does not hold yet; the files of the parcels."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, key, make in LIMITS:
        path = folder / f"{name}.parquet"
        if not path.exists():
            shapes = sound(make())
            write(path, [shapes], key)
            sizes = shapely.get_num_coordinates(shapes)
            print(
                f"{name}: {len(shapes)}, vertices {sizes.min()} to {sizes.max()}, median "
                f"{int(np.median(sizes))}, sum {sizes.sum()}, {shapely.area(shapes).sum() / 1e6:.0f} km2",
                flush=True,
            )
    paths = [parcels_path(folder, number, same_size=same_size) for number in numbers]
    for path, number in zip(paths, numbers, strict=True):
        if not path.exists():
            print(f"{path.name}: {write(path, parcels(number, same_size=same_size), 'pid')}", flush=True)
    return paths


LIMITS = (
    ("towns", "town_id", towns),
    ("expansion", "id", expansion),
    ("redline", "id", redline),
    ("farmland", "id", farmland),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parcels", type=int, nargs="+", default=[100_000], metavar="N")
    parser.add_argument(
        "--same-size",
        action="store_true",
        help="parcels of one size whatever N: mosaics of 100,000 one over another (N a multiple of it)",
    )
    parser.add_argument("--gpkg", action="store_true", help="also as GeoPackage")
    options = parser.parse_args()
    if options.same_size and any(number % LAID for number in options.parcels):
        parser.error(f"--same-size: numbers are multiples of {LAID}")
    paths = generate(options.folder, options.parcels, same_size=options.same_size)
    if options.gpkg:
        for path in (*paths, *(options.folder / f"{name}.parquet" for name, _, _ in LIMITS)):
            to_gpkg(path)


if __name__ == "__main__":
    main()
