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
CHUNK = 50_000
MULTI_EVERY = 2


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


def _edges(
    rng: np.random.Generator, start: np.ndarray, stop: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Inner points of edges (flat) and how many each has; they bend, and are shared by two parcels."""
    count = rng.integers(1, 16, len(start))
    first = np.cumsum(count) - count
    t = (np.arange(count.sum()) - np.repeat(first, count) + 1) / np.repeat(count + 1, count)
    along = np.repeat(stop - start, count, axis=0)
    bend = np.repeat(rng.uniform(-0.09, 0.09, len(start)), count) * np.sin(np.pi * t)
    bend += np.repeat(rng.uniform(-0.04, 0.04, len(start)), count) * np.sin(2 * np.pi * t)
    bend += rng.uniform(-0.002, 0.002, len(t))
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    del size
    return np.repeat(start, count, axis=0) + t[:, None] * along + bend[:, None] * normal, count


def mosaic(number: int) -> Iterator[np.ndarray]:
    """Yield chunks of `number` parcels; the cells beyond `number` become second parts of others."""
    side = int(np.ceil(np.sqrt(number * 1.01)))
    rng = np.random.default_rng(SEED + number)
    size = SIDE / side
    corner = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1) * size
    corner[1:-1, 1:-1] += rng.uniform(-0.22, 0.22, (side - 1, side - 1, 2)) * size
    corner = np.round(corner + ORIGIN, 4)
    level, n_level = _edges(rng, corner[:, :-1].reshape(-1, 2), corner[:, 1:].reshape(-1, 2), size)
    rise, n_rise = _edges(rng, corner[:-1].reshape(-1, 2), corner[1:].reshape(-1, 2), size)
    level, rise = np.round(level, 4), np.round(rise, 4)
    at_level, at_rise = np.cumsum(n_level) - n_level, np.cumsum(n_rise) - n_rise
    holed = rng.random((side, side)) < 0.03
    extra = side * side - number
    joins = np.zeros((side, side), dtype=bool)
    free = np.arange(side * (side // 3))
    joins[free % side, free // side * 3] = np.isin(free, rng.choice(free, extra, replace=False))
    turn = np.linspace(0, 2 * np.pi, 9)[:-1]
    octagon = 0.12 * size * np.column_stack([np.cos(turn), -np.sin(turn)])

    def cell(row: int, column: int) -> shapely.Polygon:
        def piece(points: Any, first: Any, count: Any, place: int, *, back: bool = False) -> Any:
            part = points[first[place] : first[place] + count[place]]
            return part[::-1] if back else part

        south, north = row * side + column, (row + 1) * side + column
        west, east = row * (side + 1) + column, row * (side + 1) + column + 1
        shell = np.concatenate([
            corner[row, column][None], piece(level, at_level, n_level, south),
            corner[row, column + 1][None], piece(rise, at_rise, n_rise, east),
            corner[row + 1, column + 1][None], piece(level, at_level, n_level, north, back=True),
            corner[row + 1, column][None], piece(rise, at_rise, n_rise, west, back=True),
        ])  # fmt: skip
        center = corner[row : row + 2, column : column + 2].mean(axis=(0, 1))
        return shapely.Polygon(shell, [np.round(center + octagon, 4)] if holed[row, column] else [])

    shapes = []
    for row in range(side):
        for column in range(side):
            if column >= MULTI_EVERY and joins[row, column - MULTI_EVERY] and (column - MULTI_EVERY) % 3 == 0:
                continue
            shape = cell(row, column)
            if joins[row, column] and column + MULTI_EVERY < side:
                shape = shapely.MultiPolygon([shape, cell(row, column + MULTI_EVERY)])
            shapes.append(shape)
            if len(shapes) == CHUNK:
                yield sound(shapes)
                shapes = []
    if shapes:
        yield sound(shapes)


def sound(shapes: list[shapely.Geometry]) -> np.ndarray:
    array = np.array(shapes, dtype=object)
    bad = ~shapely.is_valid(array)
    array[bad] = shapely.make_valid(array[bad], method="structure", keep_collapsed=False)
    return array


def write(path: Path, chunks: Iterable[np.ndarray], prefix: str) -> int:
    done = 0
    with GeoParquetWriter(path, CRS) as out:
        for shapes in chunks:
            ids = [f"{prefix}{place:07d}" for place in range(done, done + len(shapes))]
            out.write(pa.table({"id": ids, "geometry": pa.array(shapely.to_wkb(shapes), pa.binary())}))
            done += len(shapes)
    return done


def to_gpkg(path: Path) -> None:
    import geopandas as gpd  # noqa: PLC0415 - only where asked for

    gpd.read_parquet(path).to_file(path.with_suffix(".gpkg"), driver="GPKG", layer=path.stem)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("numbers", type=int, nargs="+", help="numbers of parcels, e.g. 10000 100000 1000000")
    parser.add_argument("--gpkg", action="store_true", help="also as GeoPackage")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, make in {
        "towns": towns,
        "expansion": expansion,
        "redline": redline,
        "farmland": farmland,
    }.items():
        path = options.folder / f"{name}.parquet"
        if not path.exists():
            shapes = sound(make())
            sizes = shapely.get_num_coordinates(shapes)
            write(path, [shapes], name[0])
            print(
                name,
                len(shapes),
                sizes.min(),
                int(np.median(sizes)),
                sizes.max(),
                shapely.area(shapes).sum() / 1e6,
            )
    for number in options.numbers:
        path = options.folder / f"parcels-{number}.parquet"
        if not path.exists():
            print(path.name, write(path, mosaic(number), "p"))
        if options.gpkg:
            to_gpkg(path)


if __name__ == "__main__":
    main()
