"""Layers of a workspace placed by the evidence of file, numbers and towns."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from shapely.geometry import box

from layers.crs import to_bd09, to_gcj02
from layers.errors import LayerError
from layers.load import load

TOWNS = np.array([box(572000, 3402000, 573000, 3403000), box(573000, 3402000, 574000, 3403000)])


PREFIX = np.array([4e7, 0.0])


def write(folder, name, shapes, crs, *, said=True):
    gpd.GeoDataFrame({"NAME": [f"n{i}" for i in range(len(shapes))]}, geometry=shapes, crs=crs).to_file(
        folder / name
    )
    if not said:
        (folder / name).with_suffix(".prj").unlink()


def read(folder, name="", more="", role="farmland"):
    write(folder, "towns.gpkg", TOWNS, "EPSG:4549")
    text = '[[layer]]\nrole = "town_boundary"\npath = "towns.gpkg"\nfields = { name = "NAME" }\n'
    if name:
        text += f'[[layer]]\nname = "x"\nrole = "{role}"\npath = "{name}"\n{more}\n'
    (folder / "workspace.toml").write_text(text, encoding="utf-8")
    return load(folder)


def codes(layers):
    return set(layers.issues.loc[layers.issues["layer"] == "x", "code"])


def turned(shapes):
    return shapely.transform(np.array(shapes), lambda xy: xy[:, ::-1])


def degrees(shapes, shift=None):
    to = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
    placed = shapely.transform(shapes, to.transform, interleaved=False)
    return placed if shift is None else shapely.transform(placed, shift, interleaved=False)


@pytest.mark.parametrize(
    ("shapes", "crs", "said", "more", "code"),
    [
        (turned(degrees(TOWNS)), "EPSG:4490", False, "", "issue-crs-swapped"),
        (turned(shapely.transform(TOWNS, lambda xy: xy + PREFIX)), "EPSG:4528", True, "", "issue-crs-file-swapped"),
        (turned(shapely.transform(TOWNS, lambda xy: xy + PREFIX)), "EPSG:4528", False, 'crs = "EPSG:4528"', "issue-crs-file-swapped"),
    ],
)  # fmt: skip
def test_swapped_axes_are_swapped_back_and_said(tmp_path, shapes, crs, said, more, code):
    write(tmp_path, "x.shp", shapes, crs, said=said)
    layers = read(tmp_path, "x.shp", more)
    assert code in codes(layers)
    assert layers.frames["farmland"].total_bounds == pytest.approx(
        [572000, 3402000, 574000, 3403000], abs=1e-3
    )


@pytest.mark.parametrize(
    ("crs", "said", "more"),
    [("EPSG:4528", True, ""), ("EPSG:4528", False, 'crs = "EPSG:4528"'), ("EPSG:4549", True, "")],
)
def test_numbers_that_cannot_be_what_is_said_stop_in_one_sentence(tmp_path, crs, said, more):
    shapes = degrees(TOWNS) if crs == "EPSG:4549" else TOWNS
    write(tmp_path, "x.shp", shapes, crs, said=said)
    with pytest.raises(LayerError) as caught:
        read(tmp_path, "x.shp", more)
    assert caught.value.code == "crs-numbers"
    assert "x.shp" in caught.value.text("zh")


def test_one_feature_far_off_does_not_condemn_the_layer(tmp_path):
    there = shapely.transform(TOWNS, lambda xy: xy + PREFIX)
    write(tmp_path, "x.gpkg", [*there, there[0], box(39_000_000, 3402000, 39_000_001, 3402001)], "EPSG:4528")
    assert len(read(tmp_path, "x.gpkg").frames["farmland"]) == 4


@pytest.mark.parametrize(
    ("shift", "code"),
    [(to_gcj02, "issue-gcj02-found"), (to_bd09, "issue-bd09-found"), (None, "issue-not-gcj02")],
)
def test_the_towns_tell_the_shift_of_web_maps(tmp_path, shift, code):
    write(tmp_path, "x.geojson", degrees(TOWNS, shift), "EPSG:4326")
    layers = read(tmp_path, "x.geojson")
    assert codes(layers) & {
        "issue-gcj02-found",
        "issue-bd09-found",
        "issue-not-gcj02",
        "issue-possibly-gcj02",
    } == {code}
    if shift is not None:
        layers = read(
            tmp_path, "x.geojson", 'crs = "GCJ-02"' if shift is to_gcj02 else 'crs = "BD-09"', "farmland"
        )
        off = shapely.hausdorff_distance(layers.frames["farmland"].geometry.to_numpy(), TOWNS)
        assert off.max() < 0.01
