"""Legal areas of a million parcels against pyproj.Geod one by one, timed on a sample and scaled."""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pyproj
import shapely

from benchmarks.generate import CRS, generate
from benchmarks.report import between
from spatial.areas import legal_area

if TYPE_CHECKING:
    import numpy as np

ROOT = Path(__file__).resolve().parent.parent


def one_by_one(shapes: np.ndarray) -> float:
    """Seconds of Geod on shapes; they are in degrees already when the clock starts."""
    own = pyproj.CRS(CRS)
    degrees = gpd.GeoSeries(shapes, crs=own).to_crs(own.geodetic_crs).to_numpy()
    geod = pyproj.Geod(a=own.ellipsoid.semi_major_metre, rf=own.ellipsoid.inverse_flattening)
    start = time.perf_counter()
    for shape in degrees:
        geod.geometry_area_perimeter(shape)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    shapes = gpd.read_parquet(*generate(options.folder, [options.parcels])).geometry.to_numpy()
    vertices = int(shapely.get_num_coordinates(shapes).sum())
    sample = shapes[:: max(1, len(shapes) // options.sample)][: options.sample]
    ours, geod = [], []
    for _ in range(options.repeat):
        start = time.perf_counter()
        legal_area(shapes, CRS)
        ours.append(time.perf_counter() - start)
        geod.append(one_by_one(sample) * len(shapes) / len(sample))
    a, b = statistics.median(ours), statistics.median(geod)
    table = (
        "| | seconds | |\n|---|---|---|\n"
        f"| `legal_area`, plane coordinates | {a:.2f} | {len(shapes):,} parcels, {vertices:,} vertices |\n"
        f"| `Geod` one by one, degrees | {b:.1f} | timed on {len(sample):,}, scaled |\n"
        f"| ratio | {b / a:.1f} | median of {options.repeat} |"
    )
    print(table)
    if options.write:
        page = ROOT / "docs" / "performance.md"
        text = between(page.read_text(encoding="utf-8"), "areas-table", table)
        page.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
