"""Rasters of a prefecture and of a province: exact sums against other tools, all studies at once, peak memory.

``python benchmarks/rasters.py zonal``: built-up land of 73 towns at two dates on 8,000 x 8,000 cells, ours, exactextract, rasterstats
and ``rasterio.mask``. ``prefecture``: every study on it with 60,000 parcels and 5,000 projects. ``province``: the studies
of rasters on 40,000 x 60,000 cells, made in a process of their own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import rasterio
import rasterio.mask
import shapely
from rasterio import Affine
from rasterio.windows import Window as Slice

from layers.rasters import open_raster, write_cog, write_derived
from spatial.measures.registry import Facts
from spatial.pixels import is_built
from spatial.studies import STUDIES
from spatial.zonal import zonal_sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.rasters import Raster

CRS = pyproj.CRS("EPSG:4549")
CELL, WEST, NORTH = 10.0, 5e5, 3.4e6
BLOCK = 500
STUDIES_OF_RASTERS = ("rasters", "raster_agreement", "built_up_growth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["zonal", "prefecture", "province", "make"])
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--columns", type=int, default=0)
    parser.add_argument("--parcels", type=int, default=60_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    usual = (40_000, 60_000) if options.what == "province" else (8000, 8000)
    size = (options.rows or usual[0], options.columns or usual[1])
    if options.what == "make":
        for year in (2015, 2016):
            built(options.folder / f"{year}.tif", size, year)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        if not (folder / "2016.tif").exists():
            shape = ["--rows", str(size[0]), "--columns", str(size[1]), "--folder", str(folder)]
            subprocess.run([sys.executable, __file__, "make", *shape], check=True)
        {"zonal": zonal, "prefecture": prefecture, "province": province}[options.what](
            folder, size, options.parcels
        )
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def built(path: Path, size: tuple[int, int], year: int) -> None:
    """Squares of 20 x 20 cells, a fifth built-up, and what the later year adds; tiled, written block by block."""
    profile = {
        "driver": "GTiff", "height": size[0], "width": size[1], "count": 1, "dtype": "uint8", "nodata": 255, "crs": CRS.to_wkt(),
        "transform": Affine(CELL, 0, WEST, 0, -CELL, NORTH), "compress": "deflate", "tiled": True, "blockxsize": 512, "blockysize": 512,
        "bigtiff": "if_safer",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        for row in range(0, size[0], 5120):
            for column in range(0, size[1], 5120):
                tall, wide = min(5120, size[0] - row), min(5120, size[1] - column)
                random = np.random.default_rng([row, column]).random((tall // 20 + 1, wide // 20 + 1))
                coarse = random < (0.2 if year == 2015 else 0.22)
                cells = np.kron(coarse, np.ones((20, 20), dtype="uint8"))[:tall, :wide]
                file.write(cells, 1, window=Slice(column, row, wide, tall))


def towns(size: tuple[int, int], count: int) -> gpd.GeoDataFrame:
    """Voronoi cells of random seats, their edges given many vertices."""
    wide, tall = size[1] * CELL, size[0] * CELL
    seats = np.random.default_rng(7).random((count, 2)) * (wide, tall) + (WEST, NORTH - tall)
    frame = shapely.box(WEST, NORTH - tall, WEST + wide, NORTH)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seats), extend_to=frame))
    shapes = shapely.segmentize(shapely.intersection(cells, frame), 25)
    return gpd.GeoDataFrame(
        {"programme": pd.Series(None, index=range(len(shapes)), dtype=object), "level": None, "name": [f"t{n}" for n in range(len(shapes))]},
        geometry=shapes, crs=CRS,
    ).rename_axis("town_id")  # fmt: skip


def lots(size: tuple[int, int], count: int, date: str) -> gpd.GeoDataFrame:
    """Parcels apart from each other, of 9 vertices."""
    side = int(np.ceil(np.sqrt(count)))
    step = np.array([size[1], size[0]]) * CELL / side
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)[:count]
    centres = (at + 0.5) * step + (WEST, NORTH - size[0] * CELL)
    shapes = shapely.buffer(shapely.points(centres), min(step) * 0.35, quad_segs=2)
    index = [f"p{date}:{n}" for n in range(count)]
    return gpd.GeoDataFrame(
        {"land_class": np.where(np.arange(count) % 5, "0701", "0601"), "date": date, "layer": "lots", "fid": range(count)},
        geometry=shapes, crs=CRS, index=index,
    )  # fmt: skip


def known(folder: Path, size: tuple[int, int], parcels: int, count: int) -> Facts:
    states = [open_raster(folder / f"{year}.tif", str(year), date=f"{year}Q4") for year in (2015, 2016)]
    found = {"built_up_raster": states}
    rows, columns = (number // 10 for number in size)
    coarse = Affine(CELL * 10, 0, WEST, 0, -CELL * 10, NORTH)
    random = np.random.default_rng(5)
    for role, top in (("population_grid", 40), ("night_light", 60), ("terrain", 300)):
        path = folder / f"{role}.tif"
        write_cog(path, (random.random((rows, columns)) * top).astype("float32"), coarse, CRS, -1)
        found[role] = [open_raster(path, role, date="2016Q4")]
    both = pd.concat([lots(size, int(parcels * 0.97), "2015Q4"), lots(size, parcels, "2016Q4")])
    zones = towns(size, 300).assign(
        zone_kind=lambda rows: np.resize(["permitted", "conditional", "restricted"], len(rows))
    )
    frames = {
        "construction_land": both,
        "expansion_boundary": zones,
        "park": lots(size, 70, "2016Q4").assign(name="park", kind=None, town=None, town_id=None),
    }
    frames |= projects(size)
    return Facts(towns(size, count), frames, "2016Q4", CRS, rasters=found)


def projects(size: tuple[int, int], count: int = 5000) -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(11)
    spots = random.random((count, 2)) * np.array([size[1], size[0]]) * CELL + (WEST, NORTH - size[0] * CELL)
    frame = gpd.GeoDataFrame(
        {
            "name": [f"project {n}" for n in range(count)], "code": [f"c{n}" for n in range(count)], "town": None, "town_id": None,
            "kind": None, "state": None, "start": "2015Q1", "finish": "2017Q4", "planned_yi": random.random(count) * 9 + 1,
            "paid_yi": np.nan, "funding_yi": np.nan, "counted": None, "period": None, "layer": "projects", "fid": range(count),
        },
        geometry=shapely.points(spots), crs=CRS, index=[f"j{n}" for n in range(count)],
    )  # fmt: skip
    quarters = ["2015Q4", "2016Q1", "2016Q2", "2016Q3", "2016Q4"]
    told = pd.concat(
        [
            pd.DataFrame({"code": frame["code"], "period": one, "paid_yi": 0.5 * n, "state": "building"})
            for n, one in enumerate(quarters)
        ]
    )
    return {
        "project": frame,
        "project_report": told.assign(
            name=None, town=None, town_id=None, funding_yi=np.nan, layer="reports"
        ).reset_index(drop=True),
    }


def timed(function: Callable[[], object]) -> tuple[float, object]:
    """Seconds of processor time, which other programs on the machine do not lengthen much, and the result."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def prefecture(folder: Path, size: tuple[int, int], parcels: int) -> None:
    _studies(known(folder, size, parcels, 73), list(STUDIES), folder)


def province(folder: Path, size: tuple[int, int], parcels: int) -> None:
    _studies(known(folder, size, parcels, 1300), list(STUDIES_OF_RASTERS), folder)


def _studies(facts: Facts, names: list[str], folder: Path) -> None:
    whole, rasters = 0.0, {}
    for name in names:
        seconds, study = timed(lambda name=name: STUDIES[name](facts))
        whole += seconds
        print(
            f"{name}: {seconds:.1f} s",
            {key: len(one) for key, one in study.layers.items()} if study else "",
            flush=True,
        )
        rasters |= dict(study.rasters) if study else {}
    print(f"all studies: {whole:.1f} s", flush=True)
    seconds, _ = timed(lambda: write_derived(rasters, folder))
    print(f"GeoTIFFs: {seconds:.1f} s")


def zonal(folder: Path, size: tuple[int, int], _parcels: int) -> None:
    own = towns(size, 73).geometry
    files = [folder / f"{year}.tif" for year in (2015, 2016)]
    ways = {
        "ours": _ours,
        "exactextract": _exactextract,
        "rasterstats": _rasterstats,
        "rasterio.mask": _masked,
    }
    sums = {}
    for name, way in ways.items():
        try:
            seconds, found = timed(lambda way=way: np.array([way(file, own) for file in files]))
        except ImportError:
            print(f"{name}: not installed")
            continue
        sums[name] = (seconds, found)
        first = sums["ours"]
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
