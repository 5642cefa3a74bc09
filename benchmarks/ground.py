"""Layers that the studies read: a prefecture or a province of squares of built-up land, parcels, projects, greenways.

Made in a process of their own (`in_folder`), so that making them counts neither as time nor as memory of what is measured.
"""

from __future__ import annotations

import argparse
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import rasterio
import shapely
from rasterio import Affine
from rasterio.windows import Window as Slice

from layers.rasters import open_raster, write_cog
from spatial.measures.registry import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

CRS = pyproj.CRS("EPSG:4549")
CELL, WEST, NORTH = 10.0, 5e5, 3.4e6
STEP_M = 25.0
PREFECTURE, PROVINCE = (8000, 8000), (40_000, 60_000)
TOWNS = {PREFECTURE: 73, PROVINCE: 1300}
COARSE = {"population_grid": 40, "night_light": 60, "terrain": 300}
ROOT = Path(__file__).resolve().parents[1]


def in_folder(
    folder: Path, size: tuple[int, int], towns: int, parcels: int = 60_000, km: float = 0.0, villages: int = 0
) -> None:
    """Make what `facts` reads, unless it is there: rasters of 10 m at two dates, of 100 m, and all features."""
    if (folder / "frames.pickle").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [str(number) for number in (*size, towns, parcels, km, villages)]
    subprocess.run([sys.executable, "-m", "benchmarks.ground", str(folder), *numbers], check=True, cwd=ROOT)


def facts(folder: Path) -> Facts:
    """What a run knows when its studies begin."""
    with (folder / "frames.pickle").open("rb") as file:
        towns, frames = pickle.load(file)
    found = {
        "built_up_raster": [
            open_raster(folder / f"{year}.tif", str(year), date=f"{year}Q4") for year in (2015, 2016)
        ]
    }
    for role in COARSE:
        found[role] = [open_raster(folder / f"{role}.tif", role, date="2016Q4")]
    return Facts(towns, frames, "2016Q4", CRS, rasters=found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for name, kind in {
        "rows": int, "columns": int, "towns": int, "parcels": int, "km": float, "villages": int,
    }.items():  # fmt: skip
        parser.add_argument(name, type=kind)
    asked = parser.parse_args()
    folder, size = asked.folder, (asked.rows, asked.columns)
    for year in (2015, 2016):
        built(folder / f"{year}.tif", size, year)
    coarse = Affine(CELL * 10, 0, WEST, 0, -CELL * 10, NORTH)
    random = np.random.default_rng(5)
    for role, top in COARSE.items():
        cells = (random.random((size[0] // 10, size[1] // 10)) * top).astype("float32")
        write_cog(folder / f"{role}.tif", cells, coarse, CRS, -1)
    made = (towns(size, asked.towns), frames(size, asked.parcels, asked.km, asked.villages))
    with (folder / "frames.pickle").open("wb") as file:
        pickle.dump(made, file)


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
    shapes = shapely.segmentize(shapely.intersection(cells, frame), STEP_M)
    return gpd.GeoDataFrame(
        {
            "programme": pd.Series(None, index=range(len(shapes)), dtype=object), "level": None,
            "name": [f"t{n}" for n in range(len(shapes))], "county": [f"{n % 7}县" for n in range(len(shapes))],
        },
        geometry=shapes, crs=CRS,
    ).rename_axis("town_id")  # fmt: skip


def frames(size: tuple[int, int], parcels: int, km: float, villages: int) -> dict[str, pd.DataFrame]:
    """Parcels at two dates, zones, parks, projects, and where asked for greenways with all that is about them."""
    zones = towns(size, 300).assign(
        zone_kind=lambda rows: np.resize(["permitted", "conditional", "restricted"], len(rows))
    )
    found: dict[str, pd.DataFrame] = {
        "construction_land": pd.concat(
            [lots(size, int(parcels * 0.97), "2015Q4"), lots(size, parcels, "2016Q4")]
        ),
        "expansion_boundary": zones,
        "park": lots(size, 70, "2016Q4").assign(name="park", kind=None, town=None, town_id=None),
    }
    found |= projects(size)
    return found | (_around_greenways(size, km, villages) if km else {})


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


def projects(size: tuple[int, int], count: int = 5000) -> dict[str, pd.DataFrame]:
    """Projects as points with reports of five quarters."""
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


def _around_greenways(size: tuple[int, int], km: float, villages: int) -> dict[str, pd.DataFrame]:
    """Greenways of that length, villages with roads between them, and a redline."""
    random = np.random.default_rng(7)
    side = min(size) * CELL
    found = {"greenway": _greenways(random, side, km), "village": _villages(random, side, villages)}
    found["road"] = _roads(random, found["village"])
    return found | {"redline": lots(size, 100, "2016Q4")}


def _corner(side: float) -> np.ndarray:
    return np.array([WEST, NORTH - side])


def _frame(rows: dict[str, Any], shapes: Sequence[Any]) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)
    table.index = pd.Index([f"x:{n}" for n in range(len(table))], name="id")
    return table.assign(layer="x", fid=range(len(table)))


def _greenways(random: np.random.Generator, side: float, km: float) -> gpd.GeoDataFrame:
    """Lines on a grid whose mesh gives the length, every tenth missing, opened over two years."""
    mesh = 2 * side**2 / (km * 1000) * 0.9
    ticks = np.arange(int(side / mesh) + 1) * mesh
    corners = np.array([(x, y) for x in ticks for y in ticks])
    ends = [(at, at + step) for step in ((mesh, 0), (0, mesh)) for at in corners if (at + step < side).all()]
    ends = [pair for pair in ends if random.random() > 0.1]
    lines = [_wiggle(random, start + _corner(side), end + _corner(side)) for start, end in ends]
    quarters = random.choice([None, "2015Q3", "2016Q1", "2016Q2", "2016Q4"], len(lines))
    levels = random.choice(["province", "city", "county"], len(lines))
    return _frame({"name": None, "level": levels, "state": None, "opened": quarters, "grade": None}, lines)


def _wiggle(random: np.random.Generator, start: np.ndarray, end: np.ndarray) -> shapely.LineString:
    count = max(int(np.hypot(*(end - start)) / STEP_M), 2)
    share = np.linspace(0, 1, count)[:, None]
    points = start + share * (end - start)
    points[1:-1] += np.cumsum(random.normal(0, 1.0, (count - 2, 2)), axis=0) * np.sin(np.pi * share[1:-1])
    return shapely.LineString(np.round(points, 2))


def _villages(random: np.random.Generator, side: float, count: int) -> gpd.GeoDataFrame:
    points = shapely.points(np.round(random.uniform(0, side, (count, 2)) + _corner(side), 1))
    return _frame({"name": [f"{n}村" for n in range(count)], "town": None, "town_id": None}, points)


def _roads(random: np.random.Generator, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Roads between neighbouring villages."""
    xy = villages.geometry.get_coordinates().to_numpy()
    edges = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(xy), only_edges=True))
    ends = shapely.get_coordinates(edges).reshape(-1, 2, 2)
    kept = random.random(len(ends)) < 0.6
    lines = [_wiggle(random, start, end) for start, end in ends[kept]]
    return _frame({"name": None, "kind": random.choice(["县道", "乡道"], len(lines)), "grade": None}, lines)


if __name__ == "__main__":
    main()
