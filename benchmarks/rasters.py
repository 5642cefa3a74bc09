"""Rasters: exact sums against other tools, and the studies of a whole province, its memory above all.

``python -m benchmarks.rasters zonal [FOLDER]``: built-up land of 73 towns at two dates on 8,000 x 8,000 cells, ours, exactextract,
rasterstats and ``rasterio.mask``. ``province``: the studies of rasters on 40,000 x 60,000 cells with 1,300 towns, and what they
found written; a quarter of it with ``--rows 20000 --columns 30000``. What is made stays in FOLDER if one is given.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import rasterio
import rasterio.mask

from benchmarks.ground import CELL, PREFECTURE, PROVINCE, TOWNS, facts, in_folder
from benchmarks.prefecture import measured
from layers.rasters import open_raster
from spatial.pixels import is_built
from spatial.zonal import zonal_sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.rasters import Raster

STUDIES_OF_RASTERS = ("rasters", "raster_agreement", "built_up_growth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["zonal", "province"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--columns", type=int, default=0)
    parser.add_argument("--parcels", type=int, default=60_000)
    parser.add_argument("--only", nargs="*", choices=STUDIES_OF_RASTERS, default=STUDIES_OF_RASTERS)
    parser.add_argument("--sums", type=Path)
    asked = parser.parse_args()
    usual = PROVINCE if asked.what == "province" else PREFECTURE
    size = (asked.rows or usual[0], asked.columns or usual[1])
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        in_folder(folder, size, TOWNS[usual], asked.parcels)
        if asked.what == "province":
            measured(facts(folder), asked.only, folder, asked.sums)
        else:
            zonal(folder, facts(folder).towns.geometry)


def zonal(folder: Path, own: gpd.GeoSeries) -> None:
    """Print seconds of processor time, which other programs do not lengthen much, ratios and differences."""
    files = [folder / f"{year}.tif" for year in (2015, 2016)]
    ways: dict[str, Callable[[Path, gpd.GeoSeries], np.ndarray]] = {
        "ours": _ours,
        "exactextract": _exactextract,
        "rasterstats": _rasterstats,
        "rasterio.mask": _masked,
    }
    _ours(files[0], own)  # once before, so that compiling is not among what is measured
    sums = {}
    for name, way in ways.items():
        start = time.process_time()
        try:
            found = np.array([way(file, own) for file in files])
        except ImportError:
            print(f"{name}: not installed")
            continue
        sums[name] = (time.process_time() - start, found)
        seconds, first = sums[name][0], sums["ours"]
        apart = float(np.max(np.abs(found / first[1] - 1)))
        print(
            f"{name}: {seconds:.1f} s, x {seconds / first[0]:.1f}, largest difference {apart:.1e}", flush=True
        )


def _ours(file: Path, own: gpd.GeoSeries) -> np.ndarray:
    raster: Raster = open_raster(file)
    plane = CELL**2
    found = zonal_sums(raster, own, {"m2": lambda values, _: is_built(values) * plane})
    return np.asarray(found["m2"], dtype=float)


def _exactextract(file: Path, own: gpd.GeoSeries) -> np.ndarray:
    from exactextract import exact_extract

    frame = gpd.GeoDataFrame(geometry=own)
    return exact_extract(str(file), frame, ["sum"], output="pandas")["sum"].to_numpy() * CELL**2


def _rasterstats(file: Path, own: gpd.GeoSeries) -> np.ndarray:
    from rasterstats import zonal_stats

    return np.array([one["sum"] for one in zonal_stats(list(own), str(file), stats=["sum"])]) * CELL**2


def _masked(file: Path, own: gpd.GeoSeries) -> np.ndarray:
    with rasterio.open(file) as opened:
        cut = [rasterio.mask.mask(opened, [town], crop=True, filled=False)[0] for town in own]
    return np.array([(one > 0).sum() * CELL**2 for one in cut])


if __name__ == "__main__":
    main()
