import contextlib
import stat
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from layers import postgis, sources, zips
from layers.errors import LayerError
from layers.workspace import LayerSpec
from spatial.errors import LiangzhenError

E0, N0 = 572_000.0, 3_402_000.0


def plots():
    shapes = [box(E0, N0, E0 + 100, N0 + 80), box(E0 + 200, N0, E0 + 260, N0 + 50)]
    return gpd.GeoDataFrame(
        {"地块名": ["一号", "二号地块"], "面积": [8000.0, 3000.0]}, geometry=shapes, crs=4549
    )


def read(path, layer=None):
    return sources.read(LayerSpec("plots", "", Path(path), layer))


def same(raw):
    found, wanted = raw.frame["geometry"].to_numpy(), plots().geometry.to_numpy()
    assert shapely.equals(shapely.normalize(shapely.force_2d(found)), shapely.normalize(wanted)).all()


@pytest.mark.parametrize("name", ["图 斑.gdb", "图斑.fgb", "图斑.gml", "图斑.gpkg"])
def test_vector_formats(tmp_path, name):
    driver = {
        ".gdb": "OpenFileGDB",
        ".fgb": "FlatGeobuf",
        ".mif": "MapInfo File",
        ".gml": "GML",
        ".gpkg": "GPKG",
    }
    path = tmp_path / name
    options = {"layer": "plots"} if path.suffix == ".gdb" else {}
    frame = plots()
    pyogrio.write_dataframe(frame, path, driver=driver[path.suffix], **options)
    raw = read(path)
    found = shapely.area(shapely.union_all(raw.frame["geometry"].to_numpy()))
    assert found == pytest.approx(11_000, rel=1e-6)
    assert "二号地块" in raw.frame["地块名"].tolist()
    (one,) = sources.layers_of(path)
    assert one.kind == "vector"


def test_mapinfo(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=plots().geometry)
    pyogrio.write_dataframe(frame, tmp_path / "a.mif", driver="MapInfo File", encoding="UTF-8")
    assert read(tmp_path / "a.mif").frame["name"].tolist() == ["a", "b"]


def test_gbk_shapefile_in_a_zip_with_gbk_names(tmp_path):
    folder = tmp_path / "源"
    folder.mkdir()
    pyogrio.write_dataframe(plots(), folder / "地块.shp", driver="ESRI Shapefile", encoding="GB18030")
    (folder / "地块.cpg").unlink()
    path = packed(
        tmp_path / "报件.zip", {f"QQQQ/RRRR{file.suffix}": file.read_bytes() for file in folder.iterdir()}
    )
    data = path.read_bytes()
    for plain, name in ((b"QQQQ", "项目"), (b"RRRR", "地块")):  # as programs on Chinese Windows write names
        data = data.replace(plain, name.encode("gb18030"))
    path.write_bytes(data)
    same(read(path))
    assert [one.layer for one in sources.layers_of(path)] == ["项目/地块.shp"]


def packed(path, names):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return path


def test_zip_with_one_layer_and_with_two(tmp_path):
    plots().to_file(tmp_path / "a.gpkg", layer="a")
    data = (tmp_path / "a.gpkg").read_bytes()
    same(read(packed(tmp_path / "one.zip", {"d/a.gpkg": data})))
    two = packed(tmp_path / "two.zip", {"d/a.gpkg": data, "d/b.gpkg": data})
    with pytest.raises(LayerError, match=r"d/a\.gpkg"):
        read(two)
    names = [one.layer for one in sources.layers_of(two)]
    assert names == ["d/a.gpkg:a", "d/b.gpkg:a"]
    same(read(two, names[1]))


@pytest.mark.parametrize("name", ["../out.gpkg", "/etc/out.gpkg", "a/../../out.gpkg", "C:\\out.gpkg"])
def test_nothing_leaves_the_folder(tmp_path, name):
    with pytest.raises(LayerError) as told:
        read(packed(tmp_path / "bad.zip", {name: b"x"}))
    assert told.value.code == "zip-outside"
    assert not list(tmp_path.glob("out*"))


def test_links_bombs_passwords_and_stumps(tmp_path, monkeypatch):
    link = zipfile.ZipInfo("link.gpkg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(LayerError) as told:
        read(packed(tmp_path / "link.zip", {link: b"/etc/passwd"}))
    assert told.value.code == "zip-outside"
    monkeypatch.setattr(zips, "FREE", 1 << 20)
    with pytest.raises(LayerError) as told:
        read(packed(tmp_path / "bomb.zip", {"a.gpkg": bytes(1 << 28)}))
    assert told.value.code == "zip-swells"
    with pytest.raises(LayerError) as told:
        read(packed(tmp_path / "nothing.zip", {"readme.doc": b"x"}))
    assert told.value.code == "zip-nothing"


@settings(max_examples=40)
@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=5))
def test_a_damaged_zip_is_a_result_or_one_sentence(tmp_path_factory, cut, flips):
    folder = tmp_path_factory.mktemp("zip")
    pd.DataFrame({"镇名": ["甲镇"], "GDP": [1]}).to_csv(folder / "a.csv", index=False)
    path = packed(folder / "a.zip", {"a.csv": (folder / "a.csv").read_bytes()})
    data = bytearray(path.read_bytes())
    for place, value in flips:
        data[int(place * len(data))] = value
    path.write_bytes(bytes(data[: max(1, int(cut * len(data)))]))
    with contextlib.suppress(LiangzhenError):
        read(path)


def test_drawings_close_their_lines(tmp_path):
    frame = plots()
    lines = gpd.GeoDataFrame(geometry=[*frame.geometry.exterior, Point(E0, N0)], crs=4549)
    pyogrio.write_dataframe(lines, tmp_path / "图.dxf", driver="DXF")
    raw = read(tmp_path / "图.dxf")
    same(raw)
    assert {code for code, *_ in raw.notes} == {"issue-dxf-closed", "issue-dxf-text"}


def test_kml_and_kmz(tmp_path):
    frame = plots().to_crs(4326)
    pyogrio.write_dataframe(frame.rename(columns={"地块名": "Name"}), tmp_path / "图.kml", driver="KML")
    for path in (
        tmp_path / "图.kml",
        packed(tmp_path / "图.kmz", {"doc.kml": (tmp_path / "图.kml").read_bytes()}),
    ):
        raw = read(path)
        assert raw.crs.to_epsg() == 4326
        assert len(raw.frame) == 2


def test_folders_list_everything_known(tmp_path):
    plots().to_file(tmp_path / "a.gpkg", layer="a")
    plots().to_file(tmp_path / "b.shp", encoding="UTF-8")
    with pd.ExcelWriter(tmp_path / "表.xlsx") as book:
        for sheet in ("一", "二"):
            pd.DataFrame({"x": [1]}).to_excel(book, sheet_name=sheet)
    (tmp_path / "说明.doc").write_bytes(b"x")
    found = [(one.path.name, one.layer, one.format, one.kind) for one in sources.layers_of(tmp_path)]
    assert found == [
        ("a.gpkg", "a", "GPKG", "vector"), ("b.shp", None, "SHP", "vector"), ("表.xlsx", "一", "Excel", "table"),
        ("表.xlsx", "二", "Excel", "table"),
    ]  # fmt: skip


def test_a_folder_an_old_workbook_and_a_database(tmp_path):
    (tmp_path / "old.xls").write_bytes(b"x")
    for path, code in ((tmp_path, "source-folder"), (tmp_path / "old.xls", "source-excel-old")):
        with pytest.raises(LayerError) as told:
            read(path)
        assert told.value.code == code
    address = tmp_path / "postgresql://office@host:5433/land"
    assert postgis.is_address(address)
    assert postgis.shown(address) == "host:5433/land"
    with pytest.raises(LayerError) as told:
        read(tmp_path / "postgresql://office:secret@host/land")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.dxf", "a.kml", "a.fgb"])
def test_files_cut_short_are_a_result_or_one_sentence(tmp_path, name):
    driver = {"dxf": "DXF", "kml": "KML", "fgb": "FlatGeobuf"}.get(name[2:])
    frame = plots()[["geometry"]] if driver == "DXF" else plots()
    pyogrio.write_dataframe(frame, tmp_path / name, **({"driver": driver} if driver else {}))
    whole = (tmp_path / name).read_bytes()
    for share in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        (tmp_path / name).write_bytes(whole[: int(share * len(whole))])
        try:
            read(tmp_path / name)
        except LiangzhenError:
            continue


def test_a_drawing_of_text_alone_is_one_sentence(tmp_path):
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=4549), tmp_path / "t.dxf", driver="DXF"
    )
    with pytest.raises(LayerError) as told:
        read(tmp_path / "t.dxf")
    assert told.value.code == "source-dxf-nothing"


def test_a_geodatabase_cut_short_never_reads_as_empty(tmp_path):
    path = tmp_path / "t.gdb"
    pyogrio.write_dataframe(plots(), path, driver="OpenFileGDB", layer="图斑")
    for file in sorted(path.glob("*.gdbtabl*")):
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        with contextlib.suppress(LiangzhenError):
            assert len(read(path).frame) == 2
        file.write_bytes(whole)


def test_geodatabase_reads_back_as_written(tmp_path):
    pyogrio.write_dataframe(plots(), tmp_path / "t.gdb", driver="OpenFileGDB", layer="图斑")
    raw = read(tmp_path / "t.gdb", "图斑")
    same(raw)
    assert raw.frame["地块名"].tolist() == ["一号", "二号地块"]
    assert raw.crs.to_epsg() == 4549


def test_a_nest_of_zips_has_an_end(tmp_path):
    path = packed(tmp_path / "0.zip", {"a.csv": b"a,b\n1,2\n"})
    (within,) = sources.layers_of(packed(tmp_path / "1.zip", {"0.zip": path.read_bytes()}))
    assert within.layer == "0.zip:a.csv"
    assert read(tmp_path / "1.zip").frame["b"].tolist() == ["2"]
    packed(tmp_path / "2.zip", {"1.zip": (tmp_path / "1.zip").read_bytes()})
    assert sources.layers_of(tmp_path / "2.zip") == []
    with pytest.raises(LayerError) as told:
        read(tmp_path / "2.zip")
    assert told.value.code == "zip-nothing"


def test_folders_that_lead_in_circles(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "t.csv").write_bytes(b"a,b\n1,2\n")
    try:
        (tmp_path / "a" / "round").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert [one.path.name for one in sources.layers_of(tmp_path)] == ["t.csv"]


def test_a_feature_a_line(tmp_path):
    (tmp_path / "t.geojsonl").write_text(
        '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[120,30]}}\n',
        encoding="utf-8",
    )
    raw = read(tmp_path / "t.geojsonl")
    assert raw.implied_crs
    assert raw.frame["a"].tolist() == [1]


@pytest.mark.parametrize("name", ["a.fgb", "a.mif", "a.geojsonl"])
def test_features_lost_in_silence_are_told(tmp_path, name):
    driver = {"a.fgb": "FlatGeobuf", "a.mif": "MapInfo File", "a.geojsonl": "GeoJSONSeq"}[name]
    shapes = [box(place, 0, place + 1, 1) for place in range(50)]
    frame = gpd.GeoDataFrame({"n": [f"p{place}" for place in range(50)]}, geometry=shapes, crs=4326)
    pyogrio.write_dataframe(frame, tmp_path / name, driver=driver)
    whole = (tmp_path / name).read_bytes()
    assert read(tmp_path / name).notes == []
    for share in range(20):
        (tmp_path / name).write_bytes(whole[: len(whole) * share // 20])
        try:
            raw = read(tmp_path / name)
        except LiangzhenError:
            continue
        lost = {code for code, severity, *_ in raw.notes if severity == "error"}
        assert lost & {"issue-features-lost", "issue-feature-unreadable"}


def test_a_zip_with_a_password_is_one_sentence(tmp_path):
    path = packed(tmp_path / "t.zip", {"a.csv": b"a,b\n1,2\n"})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(LayerError) as told:
        read(path)
    assert told.value.code == "zip-encrypted"
