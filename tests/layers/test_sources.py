"""Files of every format; broken ones cost what is broken."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import box

from layers.errors import LayerError
from layers.sources import _carefully, read, sha256
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


def test_bytes_that_are_no_text_cost_their_cell_and_are_told(tmp_path):
    path = tmp_path / "t.shp"
    FRAME.to_file(path, encoding="UTF-8")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace("新塍镇".encode(), b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff"))
    raw = read(spec(path))
    assert raw.frame["XZQMC"].isna().tolist() == [True, False]
    assert len(raw.frame["geometry"].dropna()) == 2
    assert [note[0] for note in raw.notes] == ["issue-reader-warning"]


def test_the_careful_reader_reads_what_the_quick_one_does(tmp_path):
    path = tmp_path / "t.gpkg"
    FRAME.to_file(path)
    frame, notes = _carefully(spec(path), "t", None)
    assert frame.index.tolist() == [1, 2]
    assert frame.geometry.geom_equals(FRAME.set_axis([1, 2]).geometry).all()
    assert notes == []


def test_a_broken_geometry_costs_itself(tmp_path):
    path = tmp_path / "t.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Polygon","coordinates":[[[0,0]]]}},'
        '{"type":"Feature","properties":{"a":2},"geometry":'
        '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}',
        encoding="utf-8",
    )
    assert read(spec(path)).frame["geometry"].notna().tolist() == [False, True]


def test_the_hash_of_a_shapefile_covers_its_parts(tmp_path):
    path = tmp_path / "t.shp"
    FRAME.to_file(path)
    before = sha256(path)
    path.with_suffix(".dbf").write_bytes(path.with_suffix(".dbf").read_bytes() + b" ")
    assert sha256(path) != before
