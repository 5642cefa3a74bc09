"""Files of every format; broken ones cost what is broken."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import box

from layers.errors import LayerError
from layers.sources import read, sha256
from layers.workspace import LayerSpec

FRAME = gpd.GeoDataFrame(
    {"XZQMC": ["新塍镇", "王店镇"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:4549"
)


def spec(path, **more):
    return LayerSpec("l", "town_boundary", path, **more)


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "parquet"])
def test_every_format_gives_the_same_names(tmp_path, ending):
    path = tmp_path / f"乡 镇.{ending}"
    frame = FRAME.to_crs(4490) if ending == "geojson" else FRAME
    frame.to_parquet(path) if ending == "parquet" else frame.to_file(path)
    raw = read(spec(path))
    assert raw.frame["XZQMC"].tolist() == ["新塍镇", "王店镇"]
    assert len(raw.frame["geometry"]) == 2


def test_gbk_with_cpg_and_without(tmp_path):
    path = tmp_path / "t.shp"
    FRAME.to_file(path, encoding="GBK")
    assert read(spec(path)).frame["XZQMC"].tolist() == ["新塍镇", "王店镇"]
    path.with_suffix(".cpg").unlink()
    raw = read(spec(path))
    assert raw.frame["XZQMC"].tolist() == ["新塍镇", "王店镇"]
    assert [note[0] for note in raw.notes] == ["issue-encoding-found"]
    assert read(spec(path, encoding="GBK")).notes == []


def test_a_file_with_several_layers_asks_which(tmp_path):
    path = tmp_path / "t.gpkg"
    FRAME.to_file(path, layer="a")
    FRAME.to_file(path, layer="b")
    with pytest.raises(LayerError, match="several layers"):
        read(spec(path))
    with pytest.raises(LayerError, match="no layer c"):
        read(spec(path, layer="c"))
    assert len(read(spec(path, layer="b")).frame) == 2


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "parquet", "xlsx"])
def test_rubbish_is_one_sentence(tmp_path, ending):
    path = tmp_path / f"t.{ending}"
    with pytest.raises(LayerError, match="does not exist"):
        read(spec(path))
    path.write_bytes(b"\x00rubbish")
    with pytest.raises(LayerError, match=r"cannot be (read|opened)"):
        read(spec(path))


def test_a_truncated_shapefile_keeps_what_is_left(tmp_path):
    path = tmp_path / "t.shp"
    FRAME.to_file(path)
    path.write_bytes(path.read_bytes()[:-40])
    raw = read(spec(path))
    assert raw.frame["XZQMC"].iloc[0] == "新塍镇"
    assert raw.frame["geometry"].notna().tolist() == [True, False]


def test_the_hash_of_a_shapefile_covers_its_parts(tmp_path):
    path = tmp_path / "t.shp"
    FRAME.to_file(path)
    before = sha256(path)
    path.with_suffix(".dbf").write_bytes(path.with_suffix(".dbf").read_bytes() + b" ")
    assert sha256(path) != before
