import datetime as dt
import io
import json
import re
import struct
import zlib
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdfium2
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from lxml import etree

from layers.results import read, write
from maps import sheet_atlas, sheet_kinds
from maps.errors import MapError
from maps.installed import ASSETS
from maps.public import GRID_M, PUBLIC, generalised
from maps.sheet_atlas import Order, atlas, pdf, pictures
from maps.verification import verify
from scripts.sheets import sheets as command
from tests.maps.parcels_fixture import SIDE, SOUTH, WEST, parcels
from tests.maps.results_fixture import CRS, small_results

pytestmark = pytest.mark.skipif(not ASSETS.is_dir(), reason="front-end files are not installed")
OFFICE = {"review_no": "浙S(2016)12号", "secrecy": "公开", "maker": "演示市规划局"}


@pytest.fixture(scope="module")
def results():
    return replace(small_results(), parcels=parcels().assign(layer="parcels"))


def made(results, kinds, towns=(), order=None):
    chosen = order or Order()
    return atlas(results, sheet_kinds.sheets(results, kinds, towns, chosen.lang), chosen)


def test_an_atlas_has_an_index_bookmarks_and_searchable_text(results):
    document = pypdfium2.PdfDocument(pdf(made(results, [], ["云塘光伏小镇", "望湖镇"])))
    marks = [(mark.level, mark.get_title(), mark.get_dest().get_index()) for mark in document.get_toc()]
    assert next(title for level, title, _ in marks if level == 0) == "演示市 两镇评估图集"
    assert [title for level, title, _ in marks if level == 1] == ["云塘光伏小镇", "望湖镇"]
    assert (2, "云塘光伏小镇扩展边界核查图", 2) in marks
    assert f"2 / {len(document)}" in document[1].get_textpage().get_text_range()
    index, first = (document[n].get_textpage().get_text_range() for n in (0, 1))
    assert "云塘光伏小镇规划范围与建设用地图" in index
    assert "演示数据" in index
    for said in ("云塘光伏小镇规划范围与建设用地图", "演示数据", "审图号", "盖章处", "towns.gpkg (00000000)", "2016Q2", "CGCS2000"):  # fmt: skip
        assert said in first, said


@pytest.mark.parametrize(
    ("paper", "landscape", "size"),
    [("A4", True, (297, 210)), ("A4", False, (210, 297)), ("A3", True, (420, 297)), ("A3", False, (297, 420))],
)  # fmt: skip
def test_paper_and_scale_bar_are_true(results, paper, landscape, size):
    one = made(results, ["verdict"], order=Order(paper, landscape))
    document = pypdfium2.PdfDocument(pdf(one))
    assert len(document) == 1
    assert np.array(document[0].get_size()) / 72 * 25.4 == pytest.approx(size, abs=0.01)
    bar = one.data["sheets"][0]["bar"]
    last = bar["texts"][-1]["said"].split()
    metres = float(last[0]) * (1000 if last[1] == "km" else 1)
    assert bar["length"] == pytest.approx(metres * 1000 / one.pages[0].scale, rel=1e-9)
    # the four fields as the PDF has them: paths of one height side by side
    boxes = [item.get_bounds() for item in document[0].get_objects() if item.type == 2]
    fields = sorted(box[0] for box in boxes if box[3] - box[1] == pytest.approx(5.10, abs=0.01))
    assert len(fields) == 4
    drawn = (fields[3] - fields[0]) / 3 * 4 / 72 * 25.4
    assert drawn * one.pages[0].scale / 1000 == pytest.approx(metres, rel=0.005)


def test_the_same_results_give_the_same_bytes(results):
    assert pdf(made(results, ["greenways"])) == pdf(made(results, ["greenways"]))


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_pictures_have_the_size_of_the_paper(results):
    one = made(results, ["projects"])
    (page,) = pictures(one, "png", 100)
    assert (int.from_bytes(page[16:20], "big"), int.from_bytes(page[20:24], "big")) == (1169, 827)
    at = page.index(b"pHYs")
    assert struct.unpack(">IIB", page[at + 4 : at + 13]) == (3937, 3937, 1)  # 100 dots an inch
    with rasterio.open(io.BytesIO(page)) as picture:  # the checksums are right
        assert picture.read(1).shape == (827, 1169)
    (vector,) = pictures(one, "svg")
    assert vector.startswith(b"<svg")
    assert b"data:" not in vector
    root = etree.fromstring(vector)
    names = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(names) == len(set(names))
    texts = "".join(node.text for node in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "项目进展图" in texts.replace(" ", "")
    assert all(node.get("font-family") is None for node in root.iter("{http://www.w3.org/2000/svg}text"))


def test_an_atlas_in_parts_has_one_a_county(results):
    whole = made(results, [])
    found = dict(sheet_atlas.parts(whole, "county"))
    assert [len(part.names) for part in found.values()] == [
        sum(entry["county"] == name for entry in whole.data["sheets"]) for name in found
    ]
    assert sum(len(part.names) for part in found.values()) == len(whole.names)
    assert "全域" in found
    towns = dict(sheet_atlas.parts(whole, "town"))
    assert "云塘光伏小镇" in towns
    assert len(pypdfium2.PdfDocument(pdf(towns["云塘光伏小镇"]))) == len(towns["云塘光伏小镇"].names) + 1


def test_a_changed_digit_on_a_sheet_is_found(results, tmp_path):
    order = Order(asked=sheet_kinds.Asked(("town",), ("云塘光伏小镇",)))
    path = tmp_path / "图.pdf"
    path.write_bytes(pdf(made(results, ["town"], ["云塘光伏小镇"], order)))
    whole = verify(results, path)
    assert whole.numbers > 20
    assert not whole.differences
    findings = results.findings.copy()
    findings.loc[findings["value"].eq(3.6213), "value"] = 3.6214
    found = verify(replace(results, findings=findings), path).differences
    assert [(one.shown, one.stored) for one in found] == [("3.6213", "3.6214")]
    path.write_bytes(pdf(made(results, ["town"], ["云塘光伏小镇"])))
    with pytest.raises(MapError):
        verify(results, path)


def test_only_kinds_with_layers_are_drawn(results):
    assert sheet_kinds.available(results) == ["verdict", "greenways", "projects", "town", "expansion"]
    kinds = [make().kind for make in sheet_kinds.sheets(results, [], ["望湖镇"], "zh")]
    assert "town" in kinds
    assert "expansion" not in kinds
    with pytest.raises(MapError, match="land_change"):
        sheet_kinds.sheets(results, ["land-change"], [], "zh")
    with pytest.raises(MapError, match="no kind"):
        sheet_kinds.sheets(results, ["roads"], [], "zh")
    with pytest.raises(MapError, match="named 无此镇"):
        sheet_kinds.sheets(results, [], ["无此镇"], "zh")
    with pytest.raises(MapError, match="measure rain"):
        sheet_kinds.sheets(results, ["indicator:rain"], [], "zh")


def test_construction_land_is_drawn_on_the_sheet_of_any_town_from_the_parcels_file(results, tmp_path):
    special = results.towns["programme"].eq("special").fillna(value=False)
    town = str(results.towns["name"][~special].iloc[0])
    write(results, tmp_path)
    for found in (results, read(tmp_path)):
        (sheet,) = (make() for make in sheet_kinds.sheets(found, ["town"], [town], "zh"))
        (land,) = (part for part in sheet.parts if part.label == "现状建设用地")
        assert len(land.shapes) == len(results.parcels)
    (sheet,) = (make() for make in sheet_kinds.sheets(generalised(read(tmp_path)), ["town"], [town], "zh"))
    assert not [part for part in sheet.parts if part.label == "现状建设用地"]


def test_only_files_of_which_something_is_drawn_are_named(results):
    corner = WEST + SIDE / 2, SOUTH + SIDE / 2
    inputs = [
        {"layer": layer, "role": role, "path": f"{layer}.gpkg", "sha256": "2" * 64}
        for layer, role in (("near", "farmland"), ("far", "farmland"), ("old", "construction_land"))
    ]
    farmland = gpd.GeoDataFrame(
        {"layer": ["near", "far"], "stated_m2": np.nan},
        geometry=[shapely.Point(x, corner[1]).buffer(200) for x in (corner[0], corner[0] + 500_000)],
        crs=CRS,
    )
    known = replace(
        results,
        context={**results.context, "farmland": farmland},
        provenance={**results.provenance, "inputs": [*results.provenance["inputs"], *inputs]},
    )
    town = next(name for name, shape in zip(results.towns["name"], results.towns.geometry, strict=True) if shape.contains(shapely.Point(corner)))  # fmt: skip
    said = made(known, ["town"], [town]).data["sheets"][0]["sources"]
    assert "near.gpkg" in said
    assert "jsyd.gpkg" in said
    assert "far.gpkg" not in said
    assert "old.gpkg" not in said


def test_the_expansion_sheet_numbers_the_pieces_and_leaves_slivers_to_the_legend(results):
    (make,) = sheet_kinds.sheets(results, ["expansion"], ["云塘光伏小镇"], "zh")
    sheet = make()
    assert [row[0] for row in sheet.rows] == ["1", "2"]
    one = made(results, ["expansion"], ["云塘光伏小镇"]).data["sheets"][0]
    assert {"图斑：不符合", "细碎图斑"} <= {entry["label"] for entry in one["legend"]}
    assert {"1", "2"} <= {said["said"] for said in one["texts"]}


def test_changes_and_plans_are_counted(results):
    shape = results.towns.geometry["S1"].centroid.buffer(50)
    frame = results.pieces.iloc[:1].set_geometry([shape])
    change = frame.assign(kind="new", sliver=False)
    table = pd.DataFrame([["S1", "new", None, "0601", 12_345.6, 3, "2015Q4", "2016Q2"]], columns=["town_id", "kind", "zone", "land_class", "area_m2", "count", "before", "after"])  # fmt: skip
    patches = frame.assign(type="use", area_m2=20_000.0)
    more = replace(results, context={**results.context, "land_change": change, "plan_difference": patches}, tables={"land_change": table})  # fmt: skip
    made_so = [make() for make in sheet_kinds.sheets(more, ["land-change", "plans"], [], "zh")]
    found = {sheet.kind: sheet for sheet in made_so if sheet.kind != "plans" or sheet.town is None}
    assert found["land-change"].rows == [["新增建设用地", "3", "1.23"]]
    assert found["land-change"].town == "S1"
    assert [row[1:] for row in found["plans"].rows] == [["1", "2.00"]]


def test_no_data_of_an_indicator_is_hatched_and_counted(results):
    one = made(results, ["indicator:gdp_growth_lead_pp"]).data["sheets"][0]
    assert one["rows"][-1] == ["无数据", "1"]
    (make,) = sheet_kinds.sheets(results, ["indicator:gdp_growth_lead_pp"], [], "zh")
    assert [part.style.fill for part in make().parts if part.label == "无数据"] == ["hatch"]


def grounds(svg, page):
    """Ground coordinates of the vertices inside the frame of all paths of a map."""
    found = []
    for path in re.findall(r'd="(M[-\d. MLZ]+)"', svg):
        found += [[float(n) for n in pair.split()] for pair in re.split("[MLZ]+", path) if pair.strip()]
    points = np.array(found)
    wide, high = (
        (page.box[2] - page.box[0]) * 1000 / page.scale,
        (page.box[3] - page.box[1]) * 1000 / page.scale,
    )
    inside = (points > 0.05).all(axis=1) & (points[:, 0] < wide - 0.05) & (points[:, 1] < high - 0.05)
    per = page.scale / 1000
    return np.column_stack([page.box[0] + points[inside, 0] * per, page.box[3] - points[inside, 1] * per])


def inflated(stream):
    """A stream of a PDF as it was before it was packed."""
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


def test_the_public_edition_holds_no_finer_coordinate(results):
    order = Order(public=True, **OFFICE)
    shown = generalised(results)
    one = made(shown, ["town", "expansion"], ["云塘光伏小镇"], order)
    for entry, window in zip(one.data["sheets"], one.pages, strict=True):
        ground = grounds(one.files[entry["map-file"]].decode(), window)
        assert len(ground) > 50
        coarse = np.abs(ground / GRID_M - np.round(ground / GRID_M)) * GRID_M
        assert coarse.max() <= window.scale / 1000 * 0.0051 + 1e-6
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf(one)))
    assert "°" not in text
    assert "Gauss" not in text
    for said in OFFICE.values():
        assert said in text
    frames = (results.towns, results.pieces, *results.context.values())
    fine = {
        f"{value:.2f}"
        for frame in frames
        for value in shapely.get_coordinates(frame.geometry).ravel()
        if value % 10
    }
    (picture,), (vector, *_) = (
        pictures(made(shown, ["verdict"], order=order), "png", 72),
        pictures(one, "svg"),
    )
    for content in (pdf(one), picture, vector):
        streams = [
            content,
            *(inflated(part) for part in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)),
        ]
        numbers = {
            f"{float(n):.2f}" for part in streams for n in re.findall(rb"(?<![\d.])\d{6,7}\.\d+", part)
        }
        assert not numbers & fine
    told = json.dumps(one.data, ensure_ascii=False)
    inner = json.dumps(made(results, ["town", "expansion"], ["云塘光伏小镇"]).data, ensure_ascii=False)
    assert "图斑：不符合" in inner
    assert "图斑：不符合" not in told
    assert "没有越界图斑" not in told
    assert "farmland" not in told
    assert "永久基本农田" not in told


def test_generalised_results_lie_on_the_grid_and_lose_inner_layers(results):
    shown = generalised(results)
    assert set(shown.context) == set(results.context) & PUBLIC
    assert "farmland" not in shown.context
    for frame in (shown.towns, shown.pieces, *shown.context.values()):
        points = shapely.get_coordinates(frame.geometry.to_numpy())
        assert np.array_equal(points, np.round(points / GRID_M) * GRID_M)
        assert shapely.is_valid(frame.geometry.to_numpy()).all()
    assert shown.pieces.empty
    assert "geometry" not in shown.issues
    assert shown.measures is results.measures
    again = generalised(shown)
    assert shapely.equals(again.towns.geometry.to_numpy(), shown.towns.geometry.to_numpy()).all()


def test_the_command_writes_and_the_public_edition_asks_first(results, tmp_path):
    folder = tmp_path / "结 果"
    folder.mkdir()
    write(results, folder)
    run = CliRunner().invoke(
        command, [str(folder), "--kind", "verdict", "--format", "pdf,png", "--dpi", "72"]
    )
    assert run.exit_code == 0, run.output
    assert sorted(path.name for path in (folder / "sheets").iterdir()) == ["001-两镇评估结论图.pdf", "001-两镇评估结论图.png"]  # fmt: skip
    refused = CliRunner().invoke(command, [str(folder), "--public", "--maker", "某局"])
    assert isinstance(refused.exception, MapError)
    assert "--review-no, --secrecy" in str(refused.exception)
    assert "--maker" not in str(refused.exception)


def test_no_empty_line_where_there_is_no_terminal(results, tmp_path):
    write(results, tmp_path)
    said = CliRunner().invoke(command, [str(tmp_path), "--kind", "verdict"])
    assert said.exit_code == 0
    assert all(line.strip() for line in said.output.splitlines()), said.output


def test_the_date_is_that_of_the_run(results):
    assert made(results, ["verdict"]).date == dt.date(2016, 7, 12)
    assert sheet_atlas.ATLAS == "sheets"
