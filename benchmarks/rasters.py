"""Built-up land of 73 towns at two dates on 8,000 x 8,000 cells: exact sums against masking zone by zone.

``python benchmarks/rasters.py [--side 8000]`` prints seconds of `spatial.zonal.zonal_sums`, of ``rasterio.mask`` called
for each zone (cells count whole, by their centre), their ratio, and by how much the two differ.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import rasterio
import rasterio.mask
import shapely
from rasterio import Affine

from layers.rasters import open_raster, write_cog
from spatial.pixels import is_built
from spatial.zonal import zonal_sums

CRS = pyproj.CRS("EPSG:4549")
TOWNS = 73
CELL = 10.0


def main() -> None:
    """Make two rasters, sum them both ways, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=8000, help="rows and columns")
    side = parser.parse_args().side
    with tempfile.TemporaryDirectory() as folder:
        files = [_raster(Path(folder) / f"{year}.tif", side, year) for year in (2015, 2016)]
        towns = _towns(side * CELL)
        start = time.perf_counter()
        exact = [_exact(file, towns) for file in files]
        middle = time.perf_counter()
        plain = [_masked(file, towns) for file in files]
        end = time.perf_counter()
    ours, theirs = middle - start, end - middle
    apart = max(float(np.max(np.abs(a / b - 1))) for a, b in zip(exact, plain, strict=True))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"exact {ours:.1f} s, rasterio.mask {theirs:.1f} s, ratio {theirs / ours:.2f}, largest difference {apart:.2%}"
    )
    print(f"peak {memory:.0f} MB")


def _raster(path: Path, side: int, seed: int) -> Path:
    coarse = np.random.default_rng(seed).random((side // 20, side // 20)) < 0.2
    cells = np.kron(coarse, np.ones((20, 20), dtype=bool)).astype("uint8")
    return write_cog(path, cells, Affine(CELL, 0, 5e5, 0, -CELL, 3.4e6), CRS, 255)


def _towns(extent: float) -> gpd.GeoSeries:
    """Voronoi cells of random seats, their edges given many vertices."""
    seats = np.random.default_rng(7).random((TOWNS, 2)) * extent + (5e5, 3.4e6 - extent)
    frame = shapely.box(5e5, 3.4e6 - extent, 5e5 + extent, 3.4e6)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seats), extend_to=frame))
    return gpd.GeoSeries(shapely.segmentize(shapely.intersection(cells, frame), 25), crs=CRS)


def _exact(file: Path, towns: gpd.GeoSeries) -> np.ndarray:
    raster = open_raster(file)
    found = zonal_sums(raster, towns, {"m2": lambda values, area: is_built(values) * area})
    return np.asarray(found["m2"], dtype=float)


def _masked(file: Path, towns: gpd.GeoSeries) -> np.ndarray:
    with rasterio.open(file) as opened:
        sums: np.ndarray = np.array(
            [
                (rasterio.mask.mask(opened, [town], crop=True, filled=False)[0] > 0).sum() * CELL**2
                for town in towns
            ]
        )
    return sums


if __name__ == "__main__":
    main()
