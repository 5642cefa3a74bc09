import geopandas as gpd
import pytest
from shapely import box
from shapely.affinity import translate

from benchmarks.generate import CRS, ORIGIN

LAYERS = {
    "towns": ("town_id", [box(0, 0, 100, 100), box(100, 0, 200, 100)]),
    "parcels-3": ("pid", [box(10, 10, 30, 30), box(90, 40, 110, 60), box(150, 10, 170, 30)]),
    "expansion": ("id", [box(20, 0, 100, 100)]),
    "farmland": ("id", [box(105, 40, 120, 50)]),
    "redline": ("id", [box(140, 0, 160, 20)]),
}


@pytest.fixture(scope="session")
def layers(tmp_path_factory):
    """Two towns, three parcels, one of them on the common edge, which is the expansion boundary's edge, too."""
    folder = tmp_path_factory.mktemp("图层 layers")
    for name, (key, shapes) in LAYERS.items():
        moved = [translate(shape, *ORIGIN) for shape in shapes]
        frame = gpd.GeoDataFrame({key: [f"{key[0]}{i}" for i in range(len(moved))]}, geometry=moved, crs=CRS)
        frame.to_parquet(folder / f"{name}.parquet")
    return folder
