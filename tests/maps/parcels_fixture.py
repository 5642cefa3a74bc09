"""Parcels of the hand-made results: a grid of 20 x 20 squares of 100 m, one of them in violation."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tests.maps.results_fixture import CRS, X0, Y0

WEST, SOUTH, COUNT, SIDE = X0 + 1_000, Y0 + 1_000, 20, 100.0
WRONG = "jsyd:205"


def parcels() -> gpd.GeoDataFrame:
    places = [(i, j) for j in range(COUNT) for i in range(COUNT)]
    shapes = [
        shapely.box(WEST + i * SIDE, SOUTH + j * SIDE, WEST + i * SIDE + 95, SOUTH + j * SIDE + 95)
        for i, j in places
    ]
    number = np.arange(len(places))
    return gpd.GeoDataFrame(
        {
            "layer": "jsyd",
            "land_class": np.array(["0601", "0701", "05H1"])[number % 3],
            "town_id": "330402100",
            "special_id": [None] * len(places),
            "area_m2": 9025.0 + number / 100,
            "permitted_m2": np.where(number % 2, 9000.25, 0.0),
        },
        geometry=shapes,
        index=pd.Index([f"jsyd:{n}" for n in number], name="id"),
        crs=CRS,
    )


def middle(number: int) -> tuple[float, float]:
    """Longitude and latitude of the middle of a parcel."""
    j, i = divmod(number, COUNT)
    point = gpd.GeoSeries([shapely.Point(WEST + i * SIDE + 47, SOUTH + j * SIDE + 47)], crs=CRS).to_crs(4490)
    return float(point.x.iloc[0]), float(point.y.iloc[0])
