"""Rasters on disk: read by window, refused where they cannot be measured, what is worked out as COG."""

import struct

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from rasterio import Affine

from layers import rasters
from layers.errors import LayerError, WorkspaceError
from layers.load import load
from layers.rasters import checked, open_raster, write_cog, write_derived
from spatial.derived import Agreement, Change
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


def test_what_cannot_be_is_no_data_where_the_file_names_none(tmp_path):
    people = tif(tmp_path / "p.tif", np.array([[-99999, 0, 2.5]], dtype="float32"), nodata=None)
    heights = tif(tmp_path / "h.tif", np.array([[-32768, -9999, -3, 8]], dtype="int16"), nodata=None)
    workspace = "\n".join(
        f"[[layer]]\nname = '{role}'\nrole = '{role}'\npath = '{path.name}'"
        for role, path in (("population_grid", people), ("terrain", heights))
    )
    (tmp_path / "workspace.toml").write_text(
        f"title = 't'\npolicy = 'jiaxing-2016'\n[[layer]]\nname = 'towns'\nrole = 'town_boundary'\npath = 't.gpkg'\n{workspace}",
        encoding="utf-8",
    )
    towns = gpd.GeoDataFrame(
        {"name": ["甲镇"]}, geometry=[shapely.box(500000, 3399990, 500040, 3400000)], crs="EPSG:4549"
    )
    towns.to_file(tmp_path / "t.gpkg")
    found = load(tmp_path).rasters
    assert found["population_grid"][0].read(Window(0, 0, 1, 3)).tolist() == [[None, 0, 2.5]]
    assert found["terrain"][0].read(Window(0, 0, 1, 4)).tolist() == [[None, None, -3, 8]]


def test_values_are_scaled_as_the_file_says(tmp_path):
    path = tif(tmp_path / "s.tif", np.array([[0, 5, 255]], dtype="uint8"))
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = [0.5], [1.0]
    assert open_raster(path).read(Window(0, 0, 1, 3)).tolist() == [[1.0, 3.5, None]]


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


def test_a_raster_elsewhere_is_refused_and_half_a_raster_told(tmp_path):
    raster = open_raster(tif(tmp_path / "a.tif", bytes_of([[1]])))
    near = gpd.GeoSeries([shapely.box(500000, 3399990, 500005, 3399999)], crs=4549)
    assert checked({"built_up_raster": [raster]}, near) == []
    wider = gpd.GeoSeries([shapely.box(499000, 3399990, 500005, 3399999)], crs=4549)
    assert [row["code"] for row in checked({"built_up_raster": [raster]}, wider)] == ["issue-raster-partial"]
    with pytest.raises(LayerError) as caught:
        checked({"built_up_raster": [raster]}, near.translate(5000))
    assert caught.value.code == "raster-outside"


def test_two_states_of_one_date_are_refused(tmp_path):
    one, other = (open_raster(tif(tmp_path / name, bytes_of([[1]]))) for name in ("a.tif", "b.tif"))
    town = gpd.GeoSeries([shapely.box(500000, 3399990, 500005, 3399999)], crs=4549)
    with pytest.raises(LayerError) as caught:
        checked({"built_up_raster": [one, other]}, town)
    assert caught.value.code == "raster-twice"
    assert "a.tif" in str(caught.value)
    assert "b.tif" in str(caught.value)


def test_several_bands_are_told(tmp_path):
    path = tmp_path / "rgb.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=1, width=2, count=3, dtype="uint8", transform=GRID, crs="EPSG:4549"
    ) as file:
        file.write(np.arange(6, dtype="uint8").reshape(3, 1, 2))
    raster = open_raster(path, "rgb", band=3)
    assert raster.read(Window(0, 0, 1, 2)).tolist() == [[4, 5]]
    town = gpd.GeoSeries([shapely.box(500000, 3399990, 500020, 3400000)], crs=4549)
    assert [(row["code"], row["params"]) for row in checked({"night_light": [raster]}, town)] == [
        ("issue-raster-bands", {"bands": 3, "band": 3})
    ]


def test_datums_and_shifts_that_nothing_undoes_are_refused(tmp_path):
    plain = tif(tmp_path / "plain.tif", bytes_of([[1]]), crs=None)
    for stated in ("GCJ-02", "bd09"):
        with pytest.raises(LayerError) as caught:
            open_raster(plain, crs=stated)
        assert caught.value.code == "raster-shifted"
    with pytest.raises(LayerError) as caught:
        open_raster(tif(tmp_path / "told.tif", bytes_of([[1]])), crs="EPSG:4548")
    assert caught.value.code == "crs-contradiction"
    with pytest.raises(LayerError) as caught:
        open_raster(plain, crs="EPSG:no")
    assert caught.value.code == "crs-unknown"
    old = open_raster(plain, crs="EPSG:2385")  # Xian 1980
    town = gpd.GeoSeries([shapely.box(500000, 3399990, 500020, 3400000)], crs=4549)
    with pytest.raises(LayerError) as caught:
        checked({"built_up_raster": [old]}, town)
    assert caught.value.code == "raster-datum"


@pytest.mark.parametrize(
    ("block", "shape", "chunk"),
    [((512, 512), (9000, 9000), (512, 1024)), ((256, 256), (9000, 9000), (512, 1024)), ((1, 60000), (9, 60000), (8, 60000)), ((5000, 5000), (5000, 5000), (512, 1024)), ((700, 700), (9000, 9000), (700, 700))],
)  # fmt: skip
def test_files_are_read_by_whole_tiles_or_strips(block, shape, chunk):
    assert rasters._chunk(block, shape) == chunk


def ifds(path):
    """Directories of a classic TIFF in file order: where each stands, its size, tile size, and where its tiles are."""
    data = path.read_bytes()
    assert data[:4] == b"II*\0"
    at, found = struct.unpack("<I", data[4:8])[0], []
    while at:
        count = struct.unpack("<H", data[at : at + 2])[0]
        tags = {}
        for entry in range(count):
            tag, kind, many, value = struct.unpack("<HHII", data[at + 2 + 12 * entry : at + 14 + 12 * entry])
            wide = {3: 2, 4: 4}.get(kind, 1)
            raw = data[value : value + wide * many] if wide * many > 4 else struct.pack("<I", value)
            tags[tag] = (
                struct.unpack(f"<{many}{ {2: 'H', 4: 'I', 1: 'B'}[wide] }", raw[: wide * many])
                if kind in (3, 4)
                else ()
            )
        found.append((at, tags[256][0], tags.get(322, (0,))[0], [one for one in tags.get(324, ()) if one]))
        at = struct.unpack("<I", data[at + 2 + 12 * count : at + 6 + 12 * count])[0]
    return found


def test_what_studies_work_out_is_a_valid_cog(tmp_path):
    random = np.random.default_rng(2)
    before, after = (
        open_raster(
            tif(tmp_path / f"{year}.tif", random.integers(0, 2, (1100, 600)).astype("uint8")),
            date=f"{year}Q4",
        )
        for year in (2015, 2016)
    )
    out = tmp_path / "结果"
    out.mkdir()
    [path] = write_derived({"built_up_change": Change(before, after)}, out)
    assert [one.name for one in out.iterdir()] == ["built_up_change.tif"]
    with rasterio.open(path) as file:
        whole = Window(0, 0, 1100, 600)
        expected = after.read(whole).astype(int) - before.read(whole).astype(int)
        assert (file.read(1) == expected).all()
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (file.nodata, file.dtypes[0], file.overviews(1)) == (-128, "int8", [2, 4])
    found = ifds(path)
    # all directories come first, the full one before its overviews; tiles of the smallest picture come first
    assert [wide for _, wide, _, _ in found] == [600, 300, 150]
    assert all(tile == 512 for _, _, tile, _ in found)
    places = [at for at, *_ in found]
    assert places == sorted(places)
    assert max(places) < min(min(tiles) for *_, tiles in found)
    assert min(found[0][3]) > max(found[1][3]) > max(found[2][3])


def test_changes_by_hand(tmp_path):
    before = open_raster(tif(tmp_path / "1.tif", bytes_of([[0, 1, 1, 255]])), date="2015Q4")
    after = open_raster(tif(tmp_path / "2.tif", bytes_of([[1, 0, 1, 1]])), date="2016Q4")
    assert Change(before, after).read(Window(0, 0, 1, 4)).tolist() == [[1, -1, 0, None]]
    land = gpd.GeoSeries([shapely.box(500005, 3399990, 500014, 3400000)], crs=4549)
    assert Agreement(after, land).read(Window(0, 0, 1, 4)).tolist() == [[1, 0, 2, 2]]
    assert Agreement(before, land).read(Window(0, 0, 1, 4)).tolist() == [[3, 2, 2, None]]


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
