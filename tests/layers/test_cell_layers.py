"""Layers of outlines of cells in the GeoPackage: the same rows and shapes as those of geometries, some at a time."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from rasterio import Affine

from layers.results import as_written, write_layers
from spatial import outlines
from spatial.outlines import CellLayer
from spatial.patches import Patches
from spatial.pixels import Window
from spatial.studies.result import HeldLayers

CRS = pyproj.CRS("EPSG:4549")


class Grid:
    transform, crs = Affine(10, 0, 500_000, 0, -10, 3_400_000), CRS


def layer(crs=CRS):
    found = Patches()
    found.add(Window(0, 0, 25, 25), np.random.default_rng(2).random((25, 25)) < 0.4)
    own = outlines.outlines(found.finish())
    order = np.arange(own.number)[::-1]
    rows = pd.DataFrame({"town_id": "甲", "n": order, "fid": [str(n) for n in order]})
    return CellLayer(rows, own, order, Grid(), crs)


def test_outlines_are_written_as_the_geometries_they_make(tmp_path, monkeypatch):
    monkeypatch.setattr(CellLayer.parts, "__defaults__", (60,))
    held = HeldLayers({"visit": layer(), "plain": layer().frame()})
    assert len(list(held.parts("visit"))) > 3
    assert isinstance(held["visit"], gpd.GeoDataFrame)
    path = tmp_path / "结果.gpkg"
    write_layers(as_written(held), path)
    visit, plain = (gpd.read_file(path, layer=name) for name in ("visit", "plain"))
    pd.testing.assert_frame_equal(visit, plain)
    assert visit["source_fid"].tolist() == [str(n) for n in visit["n"]]
    assert visit["id"].astype(int).tolist() == list(range(len(visit)))
    again = tmp_path / "again.gpkg"
    write_layers(as_written(held), again)
    assert again.read_bytes() == path.read_bytes()


def test_layers_are_joined_and_give_their_rows():
    held = HeldLayers({"a": layer()}) | {"b": layer().frame()} | HeldLayers({"c": layer("EPSG:4490")})
    assert list(held) == ["a", "b", "c"]
    assert len(held) == 3
    pd.testing.assert_frame_equal(held.rows("a"), held.rows("b"))
    turned = gpd.GeoSeries(held["c"].geometry).to_crs(CRS).to_numpy()
    assert shapely.equals_exact(turned, held["a"].geometry.to_numpy(), 1e-6).all()
