"""The floor: parcels read as geometries, one pass of a prepared predicate, the same parcels written."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from benchmarks.clock import MEASURES, Clock, job, report


def main() -> None:
    folder, out, path, number, _ = job()
    clock = Clock()
    with clock.phase("read"):
        parcels = gpd.read_parquet(path)
        towns = gpd.read_parquet(folder / "towns.parquet")
    with clock.phase("predicate"):
        tree = shapely.STRtree(parcels.geometry.to_numpy())
        town, _ = tree.query(towns.geometry.to_numpy(), predicate="intersects")
    with clock.phase("write"):
        parcels.to_parquet(out / "outside.parquet", compression="zstd", compression_level=1)
    pieces = pd.Series(towns["town_id"].to_numpy()[town]).value_counts().sort_index()
    totals = pieces.rename("pieces").rename_axis("town_id").to_frame().assign(**dict.fromkeys(MEASURES, 0.0))
    report("floor", number, clock, totals, out)


if __name__ == "__main__":
    main()
