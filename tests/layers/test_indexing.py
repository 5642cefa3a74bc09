import os

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers import indexing
from layers.indexing import FOLDER, TOWNS, open_index
from tests import plot_workspace as hand


@pytest.fixture
def workspace(tmp_path):
    return hand.write(tmp_path / "工作区 一")


def test_is_made_once_and_then_opened(workspace):
    seen = []
    assert open_index(workspace, seen.append).built
    assert seen[0] == "town_boundary"
    assert not open_index(workspace / "workspace.toml").built


def test_new_time_but_same_content_costs_a_hash_only(workspace):
    open_index(workspace)
    path = workspace / "farmland.parquet"
    os.utime(path, ns=(1, 1))
    again = open_index(workspace)
    assert not again.built
    assert not open_index(workspace).built


def test_changed_layer_is_indexed_again(workspace):
    open_index(workspace)
    hand.frame("bh", {"f": (0, 0, 10, 10), "g": (20, 0, 30, 10)}).to_parquet(workspace / "farmland.parquet")
    again = open_index(workspace)
    assert again.built
    assert len(again.near("farmland", (0, 0, 1e7, 1e7))) == 2


def test_changed_workspace_file_is_indexed_again(workspace):
    open_index(workspace)
    file = workspace / "workspace.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("手算", "新"), encoding="utf-8")
    assert open_index(workspace).manifest["title"] == "新工作区"


@pytest.mark.parametrize("harm", ["manifest", "table", "folder"])
def test_damage_is_mended(workspace, harm):
    index = open_index(workspace)
    if harm == "manifest":
        (index.folder / "index.json").write_text('{"program": ', encoding="utf-8")
    elif harm == "table":
        (index.folder / "redline.parquet").unlink()
    else:
        for file in (workspace / FOLDER).iterdir():
            file.unlink()
    assert open_index(workspace).built


def test_of_another_version_is_indexed_again(workspace, monkeypatch):
    open_index(workspace)
    monkeypatch.setattr(indexing, "_FORM", -1)
    assert open_index(workspace).built


def test_near_gives_what_a_box_meets_in_the_order_of_the_source(tmp_path, monkeypatch):
    monkeypatch.setattr(indexing, "_GROUP", 16)
    workspace = hand.write(tmp_path / "w")
    corners = np.random.default_rng(7).integers(-900, 900, (300, 2))
    shapes = [hand.at(x, y, x + 15, y + 15) for x, y in corners.tolist()]
    parcels = gpd.GeoDataFrame({"land_class": "0601", "n": range(300)}, geometry=shapes, crs=4549)
    parcels.to_parquet(workspace / "construction_land.parquet")
    index = open_index(workspace)
    assert len(index.manifest["groups"]["construction_land"]) == 19
    for x, y in ((0, 0), (-500, 300), (5000, 5000)):
        window = hand.at(x, y, x + 200, y + 150)
        expected = [f"construction_land:{n}" for n in np.flatnonzero(shapely.intersects(shapes, window))]
        found = index.near("construction_land", window.bounds)
        assert list(found.index) == expected
        assert found.crs == index.manifest["crs"]


def test_a_role_without_layer_is_none(tmp_path):
    index = open_index(hand.write(tmp_path / "w", leave_out=("redline",)))
    assert index.near("redline", (0, 0, 1, 1)) is None
    assert not index.has("redline")
    assert index.sources("farmland")[0]["path"] == "farmland.parquet"


def test_towns_are_subjects(workspace):
    towns = open_index(workspace).near(TOWNS, (0, 0, 1e7, 1e7))
    special = towns[towns["programme"].eq("special").to_numpy()]
    assert list(special["name"]) == ["光谷小镇"]
    assert set(towns["name"]) == {"甲镇", "乙镇", "光谷小镇"}


def test_only_the_latest_parcels_are_kept(tmp_path):
    workspace = hand.write(tmp_path / "w")
    hand.frame("land_class", {"0701": (0, 0, 10, 10)}).to_parquet(workspace / "old.parquet")
    file = workspace / "workspace.toml"
    text = file.read_text(encoding="utf-8")
    text += '\ndate = "2016Q4"\n[[layer]]\nname = "old"\nrole = "construction_land"\npath = "old.parquet"\ndate = "2015Q4"\n'
    file.write_text(text, encoding="utf-8")
    index = open_index(workspace)
    assert index.manifest["date"] == "2016Q4"
    assert list(index.near("construction_land", (0, 0, 1e7, 1e7))["land_class"]) == ["0601"]
    assert [row["layer"] for row in index.sources("construction_land")] == ["construction_land"]
