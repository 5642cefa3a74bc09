"""Rasters of the demo: built-up land at two dates, people and heights, drawn from the parcels, with planted patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from rasterio import Affine, features

from layers.demo.shapes import rng
from layers.rasters import write_cog
from spatial.land_classes import group as land_group

if TYPE_CHECKING:
    from pathlib import Path

    from layers.demo.layout import Prefecture
    from layers.demo.parcels import Parcels

CRS = "EPSG:4549"
CELL = 20.0
COARSE = 5
PATCHES = 5
SIDE = 4
APART_M = 120.0
VACANT, VACANT_M2 = 3, 8000.0
PERSONS = (0.8, 2.0)
"""People on each built-up cell, and on each cell of the people's grid besides."""
LAYERS: tuple[tuple[str, str, str, dict[str, str | int]], ...] = (
    ("built-2015", "built_up_raster", "建成区2015.tif", {"date": "2015Q4"}),
    ("built-2016", "built_up_raster", "建成区2016.tif", {"date": "2016Q4"}),
    ("people-2015", "population_grid", "人口格网2015.tif", {"date": "2015Q4"}),
    ("people-2016", "population_grid", "人口格网2016.tif", {"date": "2016Q4"}),
    ("heights", "terrain", "高程.tif", {}),
)


def write(data: Path, frame: Prefecture, parcels: Parcels) -> dict[str, Any]:
    """Write the rasters; return what was planted.

    A cell is built-up where its centre lies in a parcel of construction land. `PATCHES` squares of `SIDE` x `SIDE` cells are built-up in
    2016 on land without parcels, one in each of the first towns. The largest new lot of each of the last `VACANT` towns
    that have one of `VACANT_M2` or more is not built-up.

    Returns
    -------
    dict
        ``candidates``: town to planted area in m² (plane). ``vacant``: town to the number of the lot that is not built.
    """
    west, south, east, north = shapely.total_bounds(frame.towns)
    step = CELL * COARSE
    west, north = np.floor(west / step) * step, np.ceil(north / step) * step
    rows, columns = (int(np.ceil(size / step)) * COARSE for size in (north - south, east - west))
    grid = Affine(CELL, 0, west, 0, -CELL, north)
    built = land_group(pd.Series(parcels.classes)).eq("construction").to_numpy(dtype=bool)
    before = _cells(parcels.shapes[built & ~parcels.new], (rows, columns), grid)
    after = _cells(parcels.shapes[built], (rows, columns), grid)
    planted = _patches(frame, parcels, grid)
    for row, column in planted.values():
        after[row : row + SIDE, column : column + SIDE] = 1
    vacant = _vacant(frame, parcels, built)
    after[_cells(parcels.shapes[list(vacant.values())], (rows, columns), grid) == 1] = 0
    crs = pyproj.CRS(CRS)
    coarse = Affine(step, 0, west, 0, -step, north)
    for year, cells in (("2015", before), ("2016", after)):
        write_cog(data / f"建成区{year}.tif", cells, grid, crs, 255)
        people = cells.reshape(rows // COARSE, COARSE, columns // COARSE, COARSE).sum(axis=(1, 3))
        write_cog(
            data / f"人口格网{year}.tif",
            (people * PERSONS[0] + PERSONS[1]).astype("float32"),
            coarse,
            crs,
            -1,
        )
    write_cog(data / "高程.tif", _heights(frame.seed, rows // COARSE, columns // COARSE), coarse, crs, -9999)
    return {
        "candidates": {frame.names[town]: (SIDE * CELL) ** 2 for town in planted},
        "vacant": {frame.names[town]: int(lot) + 1 for town, lot in vacant.items()},
    }


def _cells(shapes: Any, size: tuple[int, int], grid: Affine) -> Any:
    return features.rasterize(shapes, size, transform=grid, dtype="uint8")


def _patches(frame: Prefecture, parcels: Parcels, grid: Affine) -> dict[int, tuple[int, int]]:
    """First cell of each patch by town: inside the town, and away from every parcel."""
    random = rng(frame.seed, 97)
    tree = shapely.STRtree(parcels.shapes)
    found: dict[int, tuple[int, int]] = {}
    for town, shape in enumerate(frame.towns):
        if len(found) == PATCHES:
            break
        west, south, east, north = shape.bounds
        for _ in range(400):
            column, row = (
                int(one)
                for one in ~grid @ (float(random.uniform(west, east)), float(random.uniform(south, north)))
            )
            x, y = grid @ (column, row)
            patch = shapely.box(x, y - SIDE * CELL, x + SIDE * CELL, y)
            if shape.buffer(-APART_M).contains(patch) and not len(
                tree.query(patch, predicate="dwithin", distance=APART_M)
            ):
                found[town] = (row, column)
                break
    return found


def _vacant(frame: Prefecture, parcels: Parcels, built: Any) -> dict[int, int]:
    """Lots on which nothing stands yet, by town: the largest new ones, seen from the last town."""
    area = np.where(built & parcels.new, shapely.area(parcels.shapes), 0.0)
    spots = shapely.point_on_surface(parcels.shapes)
    found: dict[int, int] = {}
    for town in reversed(range(len(frame.towns))):
        own = np.flatnonzero((area >= VACANT_M2) & shapely.contains(frame.towns[town], spots))
        if len(own) and len(found) < VACANT:
            found[town] = int(own[np.argmax(area[own])])
    return found


def _heights(seed: int, rows: int, columns: int) -> Any:
    """A plain with low swells, in metres."""
    phase = rng(seed, 98).uniform(0, 2 * np.pi, 2)
    down, right = np.mgrid[:rows, :columns]
    return (5 + 4 * np.sin(right / 40 + phase[0]) * np.cos(down / 55 + phase[1])).astype("float32")
