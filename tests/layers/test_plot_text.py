from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from layers import sources
from layers.convert import Wish, convert
from layers.errors import LayerError
from layers.plot_text import read
from layers.plot_text_write import write, write_text
from layers.submitted import read_plots
from layers.workspace import LayerSpec
from spatial.errors import LiangzhenError
from spatial.messages import text

HEAD = """[属性描述]
格式版本号=1.01版本
数据产生单位=某某单位
数据产生日期=2016-3-10
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=40
精度=0.001
转换参数=0,0,0,0,0,0,0
[地块坐标]
"""
PLOT = "5,0.8100,1,一号地块,面,,工业用地,0601,@\n"
RING = """J1,1,3401000.000,40500000.000
J2,1,3401000.000,40500090.000
J3,1,3400910.000,40500090.000
J4,1,3400910.000,40500000.000
J1,1,3401000.000,40500000.000
"""
STANDARD = HEAD + PLOT + RING
HOLE = """J5,2,3400980.000,40500020.000
J6,2,3400980.000,40500040.000
J7,2,3400960.000,40500040.000
J8,2,3400960.000,40500020.000
J5,2,3400980.000,40500020.000
"""
SHELL = HOLE.replace("40500", "40501")
SQUARE = box(40500000, 3400910, 40500090, 3401000)


def put(tmp_path, content, encoding="gb18030"):
    path = tmp_path / "地 块.txt"
    path.write_bytes(content.replace("\n", "\r\n").encode(encoding) if isinstance(content, str) else content)
    return path


def codes(found):
    return {code for code, *_ in found.notes}


def test_the_standard_form_has_no_note_and_comes_back_byte_by_byte(tmp_path):
    path = put(tmp_path, STANDARD)
    found = read(path)
    assert found.notes == []
    assert found.crs.to_epsg() == 4528
    assert found.encoding == "GBK"
    row = found.plots.iloc[0]
    assert (row["number"], row["name"], row["use"], row["land_class"]) == (
        "1",
        "一号地块",
        "工业用地",
        "0601",
    )
    assert row["stated_ha"] == 0.81
    assert row["geometry"].equals(SQUARE)
    assert found.header["数据产生日期"] == "2016-3-10"
    write_text(found, tmp_path / "again.txt")
    assert (tmp_path / "again.txt").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({",面,": "\uff0c面\uff0c", "坐标系=": "坐标系\uff1d"}, "issue-plot-full-width"),
        ({PLOT: "\n" + PLOT}, "issue-plot-blank"),
        ({"40500090.000\n": "40500090.000,\n"}, "issue-plot-point-fields"),
        ({"J4,1,3400910.000,40500000.000\nJ1,1,3401000.000,40500000.000\n": "J4,1,3400910.000,40500000.000\n",
          "5,0.81": "4,0.81"}, "issue-plot-unclosed"),
        ({"0.8100": "12.15"}, "issue-plot-area-mu"),
        ({"0.8100": "8100"}, "issue-plot-area-m2"),
        ({"0.8100": "3.3"}, "issue-plot-area-doubt"),
        ({"40500": "500"}, "issue-plot-no-prefix"),
        ({"5,0.81": "7,0.81"}, "issue-plot-count"),
        ({",@": ",001@"}, None),
        ({",0601,@": ",0601,a,b,c,@"}, "issue-plot-fields"),
        ({"精度=0.001": "精度=3"}, "issue-plot-precision"),
        ({"0,0,0,0,0,0,0": "-12.1,3,4,0,0,0,0"}, "issue-plot-parameters"),
        ({"J2,1,": "J2,1,3401000.000,40500000.000\nJ2,1,", "5,0.81": "6,0.81"}, "issue-plot-repeated"),
        ({PLOT: ""}, "issue-plot-no-line"),
        ({HEAD: ""}, "issue-plot-no-header"),
        ({"[属性描述]": "\u3010属性描述\u3011"}, "issue-plot-full-width"),
        ({"J3": "界址点三号在此\nJ3"}, "issue-plot-line-unread"),
        ({"带号=40": "带号="}, None),
        ({"计量单位=米": "计量单位=千米"}, "issue-plot-unit"),
    ],
)  # fmt: skip
def test_each_deviation_is_read_and_named(tmp_path, change, code):
    content = STANDARD
    for old, new in change.items():
        assert old in content
        content = content.replace(old, new)
    found = read(put(tmp_path, content))
    assert code is None or code in codes(found)
    (shape,) = found.plots.geometry
    plain = shapely.transform(shape, lambda xy: xy - [[40e6, 0]] if xy[:, 0].min() > 40e6 else xy)
    assert shapely.remove_repeated_points(plain).equals(box(500000, 3400910, 500090, 3401000))
    for told, _, _, params in found.notes:
        assert text(told, "zh", **params)
        assert text(told, "en", **params)


def test_swapped_axes(tmp_path):
    lines = [line.split(",") for line in RING.splitlines()]
    content = HEAD + PLOT + "".join(f"{name},{ring},{y},{x}\n" for name, ring, x, y in lines)
    found = read(put(tmp_path, content))
    assert codes(found) == {"issue-plot-swapped"}
    assert found.plots.geometry.iloc[0].equals(SQUARE)
    write_text(found, tmp_path / "mended.txt")
    assert read(tmp_path / "mended.txt").notes == []


@pytest.mark.parametrize(
    ("head", "ring", "epsg", "code"),
    [
        ({}, {}, 4528, None),
        ({}, {"40500": "500"}, 4549, "issue-plot-no-prefix"),
        ({"2000国家大地坐标系": "1980西安坐标系"}, {}, 2364, None),
        ({"2000国家大地坐标系": "80"}, {"40500": "500"}, 2385, "issue-plot-no-prefix"),
        ({"2000国家大地坐标系": "北京54"}, {}, 2416, None),
        ({"几度分带=3": "几度分带=6", "带号=40": "带号=21"}, {"40500": "21500"}, 4499, None),
        ({"带号=40": "中央子午线=120"}, {"40500": "500"}, 4549, "issue-plot-no-prefix"),
        ({"带号=40": "带号=39"}, {}, None, "issue-plot-zone-contradiction"),
        ({"坐标系=2000国家大地坐标系": "坐标系="}, {}, None, "issue-plot-no-crs"),
        ({"带号=40": "带号="}, {"40500": "500"}, None, "issue-plot-no-crs"),
    ],
)
def test_coordinate_system(tmp_path, head, ring, epsg, code):
    header, points = HEAD, RING
    for old, new in head.items():
        assert old in header
        header = header.replace(old, new)
    for old, new in ring.items():
        points = points.replace(old, new)
    found = read(put(tmp_path, header + PLOT + points))
    assert (None if found.crs is None else found.crs.to_epsg()) == epsg
    assert code is None or code in codes(found)


def test_holes_and_further_shells_are_told_by_where_they_lie(tmp_path):
    plot = PLOT.replace("5,", "15,")
    found = read(put(tmp_path, HEAD + plot + RING + HOLE + SHELL.replace(",2,", ",3,")))
    (shape,) = found.plots.geometry
    assert shape.geom_type == "MultiPolygon"
    assert shape.area == pytest.approx(8100 - 400 + 400)
    assert sum(len(part.interiors) for part in shape.geoms) == 1
    assert "issue-plot-further-shell" in codes(found)
    same_number = read(
        put(tmp_path, HEAD + plot + RING + HOLE.replace(",2,", ",1,") + SHELL.replace(",2,", ",1,"))
    )
    assert same_number.plots.geometry.iloc[0].equals(shape)
    assert "issue-plot-same-ring" in codes(same_number)


def test_several_plots_lines_and_points(tmp_path):
    line = PLOT.replace("面", "线").replace("0.8100", "").replace(",1,一号", ",2,二号")
    point = PLOT.replace("面", "点").replace("0.8100", "").replace(",1,一号", ",3,三号").replace("5,", "1,")
    content = HEAD + PLOT + RING + line + RING + point + RING.splitlines()[0]
    found = read(put(tmp_path, content))
    assert found.plots.geometry.geom_type.tolist() == ["Polygon", "LineString", "MultiPoint"]
    assert found.plots["number"].tolist() == ["1", "2", "3"]
    assert np.isnan(found.plots["stated_ha"].iloc[1])
    assert found.notes == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path, encoding):
    found = read(put(tmp_path, STANDARD, encoding))
    assert found.plots["name"].tolist() == ["一号地块"]
    assert "issue-plot-encoding" in codes(found)


def test_as_a_layer(tmp_path):
    raw = sources.read(LayerSpec("plots", "", put(tmp_path, STANDARD)))
    assert raw.frame["地块名称"].tolist() == ["一号地块"]
    assert raw.frame["面积(公顷)"].tolist() == [0.81]
    assert raw.crs.to_epsg() == 4528


def test_nothing_in_it(tmp_path):
    for content in (HEAD, "", "hello\nworld", HEAD + PLOT):
        with pytest.raises(LayerError) as told:
            read(put(tmp_path, content))
        assert told.value.code == "plot-text-empty"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (gpd.GeoDataFrame(geometry=[box(120, 30, 121, 31)], crs=4490), "plot-text-plane"),
        (gpd.GeoDataFrame({"name": ["甲,乙"]}, geometry=[SQUARE], crs=4528), "plot-text-word"),
        (gpd.GeoDataFrame({"name": ["\U0001f600"]}, geometry=[SQUARE], crs=4528), None),
        (gpd.GeoDataFrame(geometry=[shapely.GeometryCollection([SQUARE])], crs=4528), "plot-text-kind"),
        (gpd.GeoDataFrame(geometry=[], crs=4528), "plot-text-nothing"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path, frame, code):
    path = tmp_path / "out.txt"
    if code is None:
        write(frame, path)
        assert read(path).plots["name"].tolist() == ["\U0001f600"]
        return
    with pytest.raises(LayerError) as told:
        write(frame, path)
    assert told.value.code == code
    assert not path.exists()
    assert not list(tmp_path.iterdir())


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6), parts=st.integers(1, 3), holes=st.booleans(), epsg=st.sampled_from([4528, 4549, 4499, 2364]),
    encoding=st.sampled_from(["gbk", "utf-8"]),
)  # fmt: skip
def test_what_is_written_is_read(tmp_path_factory, seed, parts, holes, epsg, encoding):
    rng = np.random.default_rng(seed)
    east = {4528: 40500000, 4549: 500000, 4499: 21500000, 2364: 40500000}[epsg]
    shapes = []
    for k in range(parts):
        x, y = np.round(rng.uniform(0, 900, 2), 3) + np.array([east + 1000 * k, 3400000])
        shell = Polygon([(x, y), (x + 50.125, y + 1.5), (x + 60, y + 70.001), (x - 3.002, y + 80)])
        shapes.append(shell.difference(box(x + 10, y + 10, x + 20, y + 20)) if holes else shell)
    frame = gpd.GeoDataFrame(
        {"name": ["甲", "乙"], "land_class": ["0601", None], "stated_ha": [1.25, np.nan]},
        geometry=[shapely.multipolygons(shapes) if parts > 1 else shapes[0], shapes[0]], crs=epsg,
    )  # fmt: skip
    path = tmp_path_factory.getbasetemp() / "往返.txt"
    write(frame, path, encoding=encoding)
    found = read(path)
    for was, now in zip(frame.geometry, found.plots.geometry, strict=True):
        wanted = shapely.transform(was, lambda xy: np.round(xy, 3))
        assert shapely.normalize(now) == shapely.normalize(wanted)
    assert found.plots["name"].tolist() == ["甲", "乙"]
    assert found.plots["land_class"].tolist() == ["0601", None]
    assert found.plots["stated_ha"].iloc[0] == 1.25
    assert found.crs.to_epsg() == epsg
    data = path.read_bytes()
    write_text(found, path, encoding=encoding)
    assert path.read_bytes() == data


@settings(max_examples=150)
@given(
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 12)), max_size=6),
    encoding=st.sampled_from(["gb18030", "utf-8"]),
)
def test_a_damaged_file_is_a_result_or_one_sentence(tmp_path_factory, edits, encoding):
    data = (HEAD + PLOT.replace("5,", "10,") + RING + HOLE).encode(encoding)
    for place, new, cut in edits:
        at = int(place * len(data))
        data = data[:at] + new + data[at + cut :]
    _either(tmp_path_factory, data)


@settings(max_examples=100)
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda words: (HEAD + words).encode("utf-8", "ignore")),
    )
)
def test_any_bytes_are_a_result_or_one_sentence(tmp_path_factory, content):
    _either(tmp_path_factory, content)


def _either(factory, data):
    path = factory.getbasetemp() / "fuzz.txt"
    path.write_bytes(data)
    try:
        found = read(path)
    except LiangzhenError as error:
        told = str(error)
    else:
        told = ""
    if told:
        assert "\n" not in told
        return
    assert len(found.plots) >= 1
    for code, _, _, params in found.notes:
        assert text(code, "zh", **params)


CASES = sorted((Path(__file__).parent / "cases" / "plot_text").glob("*.txt"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_files_that_once_broke_the_reader(path, tmp_path_factory):
    _either(tmp_path_factory, path.read_bytes())


def test_a_file_that_names_two_zones_is_refused_until_someone_says_which(tmp_path):
    path = put(tmp_path, STANDARD.replace("带号=40", "带号=39"))
    working = pyproj.CRS.from_epsg(4549)
    for refused in (lambda: read_plots(path, working), lambda: convert(path, tmp_path / "a.gpkg")):
        with pytest.raises(LayerError) as caught:
            refused()
        assert caught.value.code == "plot-text-zone"
        assert caught.value.params["stated"] == 39
        assert caught.value.params["found"] == 40
    assert read_plots(path, working, crs="EPSG:4528").plots.total_bounds[0] == pytest.approx(500000)
    assert convert(path, tmp_path / "a.gpkg", Wish(from_crs="EPSG:4528")).features == 1


def test_converted_into_its_own_format_it_is_as_it_was(tmp_path):
    path = put(tmp_path, STANDARD)
    done = convert(path, tmp_path / "again.txt")
    assert done.lost == []
    assert (tmp_path / "again.txt").read_bytes() == path.read_bytes()
    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "again.txt").stat().st_mode == plain.stat().st_mode


def test_in_another_zone_it_keeps_who_made_it_and_when(tmp_path):
    convert(put(tmp_path, STANDARD), tmp_path / "moved.txt", Wish(prefix=False))
    moved = read(tmp_path / "moved.txt")
    assert moved.encoding == "GBK"
    assert moved.crs.to_epsg() == 4549
    assert moved.header["数据产生单位"] == "某某单位"
    assert moved.header["数据产生日期"] == "2016-3-10"


def test_in_another_format_what_the_header_said_is_named(tmp_path):
    done = convert(put(tmp_path, STANDARD), tmp_path / "a.gpkg")
    (lost,) = done.lost
    assert lost.code == "loss-plot-header"
    assert "数据产生单位=某某单位" in lost.params["lines"]
    assert "数据产生日期=2016-3-10" in lost.params["lines"]


def test_a_layer_that_it_cannot_have_is_refused(tmp_path):
    with pytest.raises(LayerError) as caught:
        read_plots(put(tmp_path, STANDARD), pyproj.CRS.from_epsg(4549), layer="foo")
    assert caught.value.code == "source-no-layers"


@pytest.mark.parametrize(("field", "zh", "en"), [("0.8100", "", ""), ("12.15", "按亩理解", "read in mu")])
def test_units_are_words_of_the_language(tmp_path, field, zh, en):
    found = read(put(tmp_path, STANDARD.replace("0.8100", field)))
    said = {lang: [text(code, lang, **params) for code, _, _, params in found.notes] for lang in ("zh", "en")}
    assert zh in "".join(said["zh"])
    assert en in "".join(said["en"])
