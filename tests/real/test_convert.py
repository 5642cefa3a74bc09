"""Real layers through every format and back; counties from a web map put in their place."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from layers import sources
from layers.convert import Wish, convert
from layers.crs import from_gcj02
from layers.workspace import LayerSpec
from layers.writing import LossError, losses

DATA = Path(__file__).parents[3] / "shared/data"
COUNTIES, PLAN = DATA / "jiaxing-counties-gcj02.geojson", DATA / "municipal-plan.gpkg"
ENDINGS = [".shp", ".gpkg", ".geojson", ".parquet", ".gdb", ".fgb", ".kml"]
EXACT = {".shp", ".gpkg", ".parquet", ".fgb"}

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PLAN.exists(), reason="no real data beside the checkout"),
]
LAYERS = [name for name, kind in pyogrio.list_layers(PLAN) if kind] if PLAN.exists() else []


def shapes_of(path, layer=None):
    raw = sources.read(LayerSpec("x", "", path, layer))
    return raw, gpd.GeoSeries(raw.frame["geometry"].to_numpy(), crs=raw.crs)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_layer_of_the_plan_through_a_format_and_back(tmp_path, layer, ending):
    first, wanted = shapes_of(PLAN, layer)
    middle = tmp_path / f"规划 图层{ending}"
    lost = [
        one.code for one in losses(gpd.GeoDataFrame(first.frame, geometry="geometry", crs=first.crs), middle)
    ]
    if lost:
        assert ending in {".shp", ".kml", ".gdb"}
        with pytest.raises(LossError):
            convert(PLAN, middle, Wish(layer=layer))
    done = convert(PLAN, middle, Wish(layer=layer, lossy=bool(lost)))
    assert [one.code for one in done.lost] == lost
    assert done.features == len(wanted)
    convert(middle, tmp_path / "back.gpkg", Wish(to_crs=wanted.crs.to_string()))
    second, found = shapes_of(tmp_path / "back.gpkg")
    assert len(found) == len(wanted)
    one, other = (shapely.normalize(shapely.force_2d(shapes.to_numpy())) for shapes in (wanted, found))
    one, other = (np.array([_plain(shape) for shape in shapes]) for shapes in (one, other))
    if ending in EXACT:
        assert shapely.equals(one, other).all()
    assert max(shapely.hausdorff_distance(one, other), default=0) < 1e-5
    if not done.lost:
        assert set(first.frame.columns) <= set(second.frame.columns)


def _plain(shape):
    """The one part of a geometry of one part."""
    return shapely.get_geometry(shape, 0) if shapely.get_num_geometries(shape) == 1 else shape


def test_the_counties_are_put_in_their_place_by_a_reference(tmp_path):
    told = gpd.read_file(COUNTIES)
    true = shapely.transform(told.geometry.to_numpy(), from_gcj02, interleaved=False)
    gpd.GeoDataFrame(geometry=true[2:5], crs=4490).to_file(tmp_path / "参照.gpkg")
    done = convert(COUNTIES, tmp_path / "县.gpkg", Wish(to_crs="EPSG:4549", reference=tmp_path / "参照.gpkg"))
    assert done.moved == "GCJ-02"
    _, found = shapes_of(tmp_path / "县.gpkg")
    wanted = gpd.GeoSeries(true, crs=4490).to_crs(4549)
    assert shapely.hausdorff_distance(found.to_numpy(), wanted.to_numpy()).max() < 0.01
