"""Rasters on disk: read by window, refused where they cannot be measured, changes as COG."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from rasterio import Affine

from layers.errors import LayerError, WorkspaceError
from layers.load import load
from layers.rasters import check_touches, open_raster, write_changes, write_cog
from spatial.pixels import Window

GRID = Affine(10, 0, 500000, 0, -10, 3400000)


def tif(path, values, transform=GRID, crs="EPSG:4549", nodata=255):
    values = np.array(values)
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=values.dtype,
        transform=transform, crs=crs, nodata=nodata,
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


def bytes_of(rows):
    return np.array(rows, dtype="uint8")


def test_a_window_with_its_no_data(tmp_path):
    raster = open_raster(tif(tmp_path / "建成 区.tif", bytes_of([[1, 2, 3], [4, 255, 6]])))
    assert raster.shape == (2, 3)
    assert raster.read(Window(0, 1, 2, 2)).tolist() == [[2, 3], [None, 6]]


def test_what_cannot_be_measured_is_one_sentence(tmp_path):
    noise = np.random.default_rng(1).integers(0, 200, (200, 200)).astype("uint8")
    whole = tif(tmp_path / "whole.tif", noise)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[:20000])
    text = tmp_path / "text.tif"
    text.write_text("no raster", encoding="utf-8")
    turned = Affine(10, 1, 500000, 1, -10, 3400000)
    cases = {
        "raster-missing": (tmp_path / "none.tif", {}),
        "raster-unreadable": (text, {}),
        "raster-no-crs": (tif(tmp_path / "nocrs.tif", noise, crs=None), {}),
        "raster-rotated": (tif(tmp_path / "turned.tif", noise, turned), {}),
        "raster-band": (whole, {"band": 2}),
    }
    for code, (path, more) in cases.items():
        with pytest.raises(LayerError) as caught:
            open_raster(path, "r", **more)
        assert caught.value.code == code
        assert path.name in caught.value.text("zh")
    with pytest.raises(LayerError, match="copy the whole file"):
        open_raster(cut, "r").read(Window(0, 0, 200, 200))


def test_a_raster_elsewhere_is_refused(tmp_path):
    raster = open_raster(tif(tmp_path / "a.tif", bytes_of([[1]])))
    near = gpd.GeoSeries([shapely.box(500000, 3399990, 500005, 3399999)], crs=4549)
    check_touches({"built_up_raster": [raster]}, near)
    with pytest.raises(LayerError) as caught:
        check_touches({"built_up_raster": [raster]}, near.translate(5000))
    assert caught.value.code == "raster-outside"


def test_what_changed_is_a_cloud_optimised_geotiff(tmp_path):
    before = open_raster(tif(tmp_path / "1.tif", bytes_of([[0, 1, 1, 255]])), date="2015Q4")
    after = open_raster(tif(tmp_path / "2.tif", bytes_of([[1, 0, 1, 1]])), date="2016Q4")
    out = tmp_path / "结果"
    out.mkdir()
    path = write_changes({"built_up_raster": [before, after]}, out)
    with rasterio.open(path) as file:
        assert file.read(1).tolist() == [[1, -1, 0, -128]]
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.nodata == -128
    assert [one.name for one in out.iterdir()] == ["built_up_change.tif"]
    assert write_changes({"built_up_raster": [after]}, out) is None


def test_an_array_as_cog(tmp_path):
    path = write_cog(tmp_path / "a.tif", np.eye(3, dtype="float32"), GRID, pyproj.CRS("EPSG:4549"), None)
    with rasterio.open(path) as file:
        assert file.read(1).sum() == 3
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def workspace(folder, more):
    towns = gpd.GeoDataFrame(
        {"name": ["A"]}, geometry=[shapely.box(500000, 3399980, 500020, 3400000)], crs=4549
    )
    towns.to_file(folder / "towns.gpkg")
    text = '[[layer]]\nrole = "town_boundary"\npath = "towns.gpkg"\n' + more
    (folder / "workspace.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_workspace_holds_rasters_by_role_and_date(tmp_path):
    for year in (2015, 2016):
        tif(tmp_path / f"{year}.tif", bytes_of([[1, 3]]))
    layers = "".join(
        f'[[layer]]\nname = "b{year}"\nrole = "built_up_raster"\npath = "{year}.tif"\ndate = "{year}Q4"\nclasses = [3]\n'
        for year in (2016, 2015)
    )
    loaded = load(workspace(tmp_path, layers))
    assert [one.date for one in loaded.rasters["built_up_raster"]] == ["2015Q4", "2016Q4"]
    assert loaded.rasters["built_up_raster"][0].classes == (3.0,)
    assert set(loaded.frames) == {"town_boundary"}
    noted = {entry["layer"]: entry["path"] for entry in loaded.inputs}
    assert noted == {"town_boundary": "towns.gpkg", "b2015": "2015.tif", "b2016": "2016.tif"}


def test_classes_are_numbers(tmp_path):
    layer = '[[layer]]\nrole = "land_cover"\npath = "a.tif"\nclasses = ["built"]\n'
    with pytest.raises(WorkspaceError, match="classes"):
        load(workspace(tmp_path, layer))
