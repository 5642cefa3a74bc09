"""Shapefiles as they come: code pages, names cut in half, parts missing or cut off, fields of odd names."""

from __future__ import annotations

import contextlib
import shutil

import geopandas as gpd
import pyogrio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from layers import shapefiles, sources
from layers.workspace import LayerSpec
from spatial.errors import LiangzhenError

SHAPES = [box(0, 0, 1, 1), box(1, 0, 2, 1)]


def spec(path, **more):
    return LayerSpec("l", "", path, **more)


def written(path, encoding="GB18030", cpg=None, language=None, **columns):
    frame = gpd.GeoDataFrame(columns or {"名称": ["新塍镇", "王店镇"]}, geometry=SHAPES, crs=4549)
    pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding=encoding)
    path.with_suffix(".cpg").unlink()
    if cpg:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    if language is not None:
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[29] = language
        path.with_suffix(".dbf").write_bytes(table)
    return path


@pytest.mark.parametrize(
    ("encoding", "cpg", "language", "code"),
    [
        ("GB18030", None, 0x4D, "issue-encoding-found"),
        ("GB18030", None, 0, "issue-encoding-found"),
        ("GB18030", None, 0x57, "issue-encoding-found"),
        ("GB18030", "UTF-8", 0x4D, "issue-encoding-lie"),
        ("UTF-8", "UTF-8", 0x4D, None),
        ("UTF-8", None, 0x4D, "issue-encoding-found"),
        ("GB18030", "GBK", 0, None),
    ],
)
def test_cpg_then_language_byte_then_bytes(tmp_path, encoding, cpg, language, code):
    raw = sources.read(spec(written(tmp_path / "图 斑.shp", encoding, cpg, language)))
    assert raw.frame["名称"].tolist() == ["新塍镇", "王店镇"]
    assert [note[0] for note in raw.notes] == ([code] if code else [])


def test_big5_is_known_by_the_language_byte(tmp_path):
    path = written(tmp_path / "t.shp", "BIG5", None, 0x4F, name=["國土", "區劃"])
    assert sources.read(spec(path)).frame["name"].tolist() == ["國土", "區劃"]


def test_field_names_cut_in_the_middle_of_a_character(tmp_path):
    path = written(tmp_path / "t.shp", "GB18030", 名称="甲", 土地用途=["耕地", "林地"])
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    at = data.index("土地用途".encode("gb18030"))
    data[at : at + 11] = "A土地用途分".encode("gb18030")[:10] + b"\0"
    table.write_bytes(data)
    raw = sources.read(spec(path))
    (cut,) = [name for name in raw.frame if name.startswith("A土地用途")]
    assert raw.frame[cut].tolist() == ["耕地", "林地"]


def test_fields_called_like_what_programs_call_theirs(tmp_path):
    path = written(tmp_path / "t.shp", fid=[7, 8], ogc_fid=[1, 2], geometry_=["a", "b"], name=["x", "y"])
    table = path.with_suffix(".dbf")
    data = (
        table.read_bytes().replace(b"geometry_\0", b"geometry\0\0").replace(b"name\0\0\0\0", b"fid\0\0\0\0\0")
    )
    table.write_bytes(data)
    raw = sources.read(spec(path))
    assert raw.frame["ogc_fid"].tolist() == [1, 2]
    assert raw.frame["geometry"].map(lambda shape: shape.area).tolist() == [1, 1]
    assert raw.frame.index.tolist() == [0, 1]


def test_a_part_that_is_missing_or_cut_off_is_told(tmp_path):
    path = written(tmp_path / "t.shp")
    path.write_bytes(path.read_bytes()[:-10])
    whole = 100 + 2 * (8 + 44 + 4 + 5 * 16)  # header; record header, parts, points of each square
    told = {"file": "t.shp", "size": whole - 10, "stated": whole}
    assert ("issue-shp-cut", "warning", None, told) in sources.read(spec(path)).notes
    path.with_suffix(".dbf").unlink()
    assert "issue-dbf-missing" in [note[0] for note in sources.read(spec(path)).notes]


def test_beyond_two_gigabytes(tmp_path):
    path = written(tmp_path / "t.shp")
    with path.with_suffix(".dbf").open("r+b") as file:
        file.truncate(2**31 + 5)  # sparse: takes no room on the disk
    _, notes = shapefiles.encoding(spec(path))
    assert ("issue-shp-large", "warning", None, {"file": "t.dbf", "size": 2**31 + 5}) in notes


def test_parts_in_capital_letters(tmp_path):
    path = written(tmp_path / "t.shp")
    for ending in (".shp", ".shx", ".dbf", ".prj"):
        path.with_suffix(ending).rename(tmp_path / f"T{ending.upper()}")
    raw = sources.read(spec(tmp_path / "T.SHP"))
    assert raw.frame["名称"].tolist() == ["新塍镇", "王店镇"]


def test_an_empty_layer(tmp_path):
    frame = gpd.GeoDataFrame({"名称": []}, geometry=[], crs=4549)
    pyogrio.write_dataframe(frame, tmp_path / "t.gpkg", geometry_type="Polygon")
    assert sources.read(spec(tmp_path / "t.gpkg")).frame.empty


@settings(max_examples=60)
@given(shares=st.fixed_dictionaries({ending: st.floats(0, 1) for ending in (".shp", ".shx", ".dbf")}))
@example(shares={".shp": 1.0, ".shx": 1.0, ".dbf": 0.0})
def test_parts_cut_short_are_a_result_or_one_sentence(tmp_path_factory, shares):
    path = written(tmp_path_factory.mktemp("cut") / "t.shp")
    for ending, share in shares.items():
        part = path.with_suffix(ending)
        part.write_bytes(part.read_bytes()[: int(share * part.stat().st_size)])
    with contextlib.suppress(LiangzhenError):
        sources.read(spec(path))
    shutil.rmtree(path.parent)


@settings(max_examples=150)
@example(data=b"", start=128)
@given(data=st.binary(max_size=200), start=st.integers(0, 0xFFFF))
def test_any_bytes_called_dbf_give_an_encoding(tmp_path_factory, data, start):
    path = tmp_path_factory.mktemp("dbf") / "t.shp"
    path.write_bytes(data)
    head = data[:8] + start.to_bytes(2, "little") + data[10:]
    path.with_suffix(".dbf").write_bytes(head)
    used, _ = shapefiles.encoding(spec(path))
    assert used in {None, "UTF-8", "GB18030", "BIG5"}
