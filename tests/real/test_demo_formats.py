"""Layers of the demo through the formats of an office by `liangzhen convert`, read back and compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from layers import sources
from layers.workspace import LayerSpec
from scripts.cli import main
from spatial.areas import legal_area

CRS = "EPSG:4549"
LAYERS = [("行政区.gpkg", "XZQ"), ("特色小镇.gpkg", "GHFW"), ("建设用地图斑.gpkg", "DLTB_2016")]
WAYS = {
    "GBK 图斑.shp": (["--encoding", "gbk"], 0.0),
    "图斑.gdb": ([], 1e-6),
    "报盘.txt": (["--decimals", "4"], 0.5e-4 * 2**0.5 + 1e-9),
    "图斑.fgb": ([], 0.0),
    "图斑.kml": ([], 1e-5),
    "图斑.dxf": ([], 1e-6),
}
"""Options, and by how much a vertex may move in the format, m."""
BARE = {".dxf", ".txt"}
"""Formats that hold no fields of a layer's own."""


def run(*arguments):
    result = CliRunner().invoke(main, ["convert", *(str(argument) for argument in arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def read(path, layer=None):
    raw = sources.read(LayerSpec("x", "", path, layer))
    return raw.frame, shapely.force_2d(np.array(raw.frame["geometry"], dtype=object))


def corners(shape):
    """Rings of a geometry, each from its smallest corner, in a fixed order: formats turn and nest them their own way."""
    return shapely.get_coordinates(shapely.normalize(shape))


@pytest.mark.parametrize(("file", "layer"), LAYERS)
@pytest.mark.parametrize("name", WAYS)
def test_there_and_back(demo_folder, tmp_path, file, layer, name):
    source, middle, end = demo_folder / "data" / file, tmp_path / name, tmp_path / "回.gpkg"
    options, off = WAYS[name]
    lossless = [] if middle.suffix == ".fgb" else ["--lossy"]
    said = run(source, middle, "--layer", layer, *options, *lossless)
    run(middle, end, "--from-crs", "EPSG:4326" if middle.suffix == ".kml" else CRS, "--to-crs", CRS)
    first, before = read(source, layer)
    second, after = read(end)
    assert len(after) == len(before)
    for one, other in zip(before, after, strict=True):
        wanted, found = corners(one), corners(other)
        assert len(wanted) == len(found)
        assert np.abs(wanted - found).max() <= off
    perimeter = shapely.length(before)
    allowed = perimeter * off + 0.011
    assert (np.abs(legal_area(before, CRS) - legal_area(after, CRS)) <= allowed).all()
    if middle.suffix in BARE:
        return
    fields = [column for column in first if column != "geometry"]
    kept = [column for column in second if column != "geometry"]
    for field, name_there in zip(fields, kept[-len(fields) :], strict=True):
        assert plain(first[field]) == plain(second[name_there]), (field, said)


def plain(values):
    """Values as text, whole numbers and dates the same in every format's type."""
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().sum() == values.notna().sum():
        return [None if np.isnan(number) else f"{number:.9g}" for number in numbers.astype(float)]
    return [None if pd.isna(value) or value == "" else str(value) for value in values]
