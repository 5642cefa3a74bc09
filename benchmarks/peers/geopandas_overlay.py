"""The job with geopandas.overlay, as its documentation shows it."""

from __future__ import annotations

import geopandas as gpd

from benchmarks.clock import LIMITS, Clock, by_town, job, report


def main() -> None:
    folder, out, path, number, _ = job()
    clock = Clock()
    with clock.phase("read"):
        parcels = gpd.read_parquet(path)
        towns = gpd.read_parquet(folder / "towns.parquet")
        limits = {name: gpd.read_parquet(folder / f"{name}.parquet")[["geometry"]] for name in LIMITS}
    with clock.phase("towns"):
        pieces = gpd.overlay(parcels, towns, how="intersection", keep_geom_type=True)
        pieces = pieces[pieces.area > 0].reset_index(drop=True)
        pieces["piece"] = pieces.index
        pieces["area"] = pieces.area
    for name in LIMITS:
        with clock.phase(name):
            parts = gpd.overlay(
                pieces[["piece", "geometry"]], limits[name], how="intersection", keep_geom_type=True
            )
            pieces[name] = parts.area.groupby(parts["piece"]).sum().reindex(pieces["piece"]).fillna(0.0)
    with clock.phase("difference"):
        outside = gpd.overlay(pieces, limits["expansion"], how="difference", keep_geom_type=True)
        outside["outside"] = outside.area
        pieces["outside"] = outside.set_index("piece")["outside"].reindex(pieces["piece"]).fillna(0.0)
    with clock.phase("write"):
        pieces.drop(columns="geometry").to_parquet(out / "pieces.parquet", compression="zstd")
        outside[["pid", "town_id", "outside", "geometry"]].to_parquet(
            out / "outside.parquet", compression="zstd"
        )
        totals = by_town(pieces)
    report("geopandas.overlay", number, clock, totals, out)


if __name__ == "__main__":
    main()
