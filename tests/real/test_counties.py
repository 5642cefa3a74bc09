"""Counties from a web map: GCJ-02, although the file says nothing."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.crs import from_gcj02
from layers.load import load

COUNTIES = Path(__file__).parents[3] / "shared/data/jiaxing-counties-gcj02.geojson"
LAYER = '[[layer]]\nrole = "county_boundary"\npath = "县 界.geojson"\n'

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not COUNTIES.exists(), reason="no county file beside the checkout"),
]


def workspace(folder, layer, towns):
    (folder / "县 界.geojson").write_bytes(COUNTIES.read_bytes())
    towns.to_file(folder / "towns.gpkg")
    text = '[[layer]]\nrole = "town_boundary"\npath = "towns.gpkg"\n' + layer
    (folder / "workspace.toml").write_text(text, encoding="utf-8")
    return load(folder)


@pytest.fixture
def true_towns():
    told = gpd.read_file(COUNTIES)
    shapes = shapely.transform(told.geometry.to_numpy(), from_gcj02, interleaved=False)
    return gpd.GeoDataFrame({"XZQMC": told["name"]}, geometry=shapes, crs=4490)


def test_they_are_loaded_and_not_believed_where_the_towns_say_otherwise(tmp_path, true_towns):
    layers = workspace(tmp_path, LAYER + 'fields = {county_code = "code"}\n', true_towns)
    counties = layers.frames["county_boundary"]
    assert len(counties) == 7
    assert "嘉善县" in set(counties["name"])
    assert counties["county_code"].str.fullmatch(r"3304\d\d").all()
    (found,) = layers.issues[layers.issues["code"] == "issue-gcj02-found"].to_dict("records")
    assert (found["severity"], found["layer"]) == ("error", "county_boundary")
    assert found["params"]["before"] < 0.99
    assert found["params"]["after"] > 0.9999


def test_they_are_doubted_where_nothing_can_be_compared(tmp_path):
    town = gpd.GeoDataFrame({"XZQMC": ["甲镇"]}, geometry=[shapely.box(120.7, 30.7, 120.75, 30.75)], crs=4490)
    assert "issue-possibly-gcj02" in set(workspace(tmp_path, LAYER, town).issues["code"])


def test_as_gcj02_they_lie_where_they_are(tmp_path, true_towns):
    layers = workspace(tmp_path, LAYER + 'crs = "gcj02"\n', true_towns)
    codes = set(layers.issues["code"])
    assert "issue-gcj02-undone" in codes
    assert not codes & {"issue-gcj02-found", "issue-possibly-gcj02"}
    apart = layers.frames["county_boundary"].total_bounds - layers.frames["town_boundary"].total_bounds
    assert np.abs(apart).max() < 0.01
