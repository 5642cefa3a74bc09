import base64
import dataclasses
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from fontTools.ttLib import TTFont

from layers import results as store
from maps import installed as frontend
from maps import layertree, offline, pagedata, shapes, webmap
from maps.errors import MapError
from spatial.messages import catalogue
from tests.maps.results_fixture import CRS, X0, Y0, small_results

HOSTILE = [
    "</script><img src=x onerror=window.hacked=1>",
    "{{ 7 * 7 }}{% raw %}{# no #}",
    "`${window.hacked=1}` ' \" \\ \u2028 <!-- <script>",
]
installed = pytest.mark.skipif(
    not (frontend.ASSETS.is_dir() and list(frontend.ASSETS.rglob("leaflet.js"))),
    reason="front-end files are not installed",
)


class Page(HTMLParser):
    """What a page refers to, and its scripts and styles."""

    def __init__(self, source):
        super().__init__()
        self.links, self.scripts, self.styles, self.tags, self._inside = [], [], [], [], None
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [
            value for name, value in attrs if name in {"src", "href", "srcset", "data", "action", "poster"}
        ]
        self._inside = {"script": self.scripts, "style": self.styles}.get(tag)
        if self._inside is not None:
            self._inside.append("")

    def handle_endtag(self, tag):
        if tag in {"script", "style"}:
            self._inside = None

    def handle_data(self, data):
        if self._inside is not None:
            self._inside[-1] += data

    def data(self):
        """What the page says in the language that it opens in."""
        whole = self.constant("LZ_DATA")
        return {**whole["shared"], **whole[whole["lang"]]}

    def constant(self, name):
        source = next(script for script in self.scripts if script.startswith(f"const {name} = "))
        return json.loads(source.removeprefix(f"const {name} = ").removesuffix(";"))


@pytest.fixture(scope="module")
def page():
    return Page(webmap.render(small_results()))


def hostile(results):
    """`results` with names that try to break out of the page."""
    towns = results.towns.copy()
    towns.loc["S1", "name"], towns.loc["S2", "name"], towns.loc["S3", "name"] = HOSTILE
    context = dict(results.context)
    context["project"] = context["project"].assign(name=HOSTILE[0], kind=HOSTILE[1])
    context["village"] = context["village"].assign(name=HOSTILE[0])
    context["greenway"] = context["greenway"].assign(name=HOSTILE[2])
    pieces = results.pieces.assign(parcel_id=HOSTILE[0], zone=HOSTILE[1])
    return dataclasses.replace(results, towns=towns, context=context, pieces=pieces, title=HOSTILE[0])


@installed
def test_the_page_refers_to_nothing_outside(page):
    assert [link for link in page.links if not link.startswith(("#", "data:"))] == []
    for style in page.styles:
        urls = re.findall(r"url\(\s*['\"]?([^)'\"]{0,5})", style)
        assert [url for url in urls if not url.startswith(("data:", "#"))] == []
        assert "@import" not in style
    for script in page.scripts:
        assert not re.search(r"sourceMappingURL|importScripts|\bfetch\(|XMLHttpRequest", script)


@installed
def test_names_cannot_break_out_of_the_page(page):
    evil = Page(webmap.render(hostile(small_results())))
    assert evil.tags == page.tags
    names = {town["id"]: town["name"] for town in evil.data()["towns"]}
    assert [names["S1"], names["S2"], names["S3"]] == HOSTILE
    assert evil.data()["title"] == HOSTILE[0]


@installed
def test_the_same_results_give_the_same_bytes():
    assert webmap.render(small_results()) == webmap.render(small_results())


@installed
def test_the_map_is_drawn_from_the_results_folder_alone(tmp_path):
    store.write(small_results(), tmp_path)
    assert webmap.render(store.read(tmp_path)) == webmap.render(small_results())


@installed
def test_the_font_holds_every_character_of_the_page(page):
    font = re.search(r"base64,([^)]+)\)", next(style for style in page.styles if "@font-face" in style))
    held = TTFont(io.BytesIO(base64.b64decode(font.group(1)))).getBestCmap().keys()
    data = json.dumps(page.constant("LZ_DATA"), ensure_ascii=False)
    assert {c for c in data if "\u4e00" <= c <= "\u9fff"} <= {chr(code) for code in held}
    assert len(font.group(1)) < 600_000


@installed
def test_the_demo_mark_is_there_for_a_demo_alone(page):
    assert page.data()["demo"] is True
    source = webmap.render(small_results(demo=False))
    assert Page(source).data()["demo"] is False
    assert "<title>演示市 两镇评估</title>" in source


@installed
def test_write_replaces_the_file_whole(tmp_path):
    folder = tmp_path / "结果 a b"
    folder.mkdir()
    path = folder / "地图 1.html"
    path.write_text("old", encoding="utf-8")
    webmap.write(small_results(), path, "en")
    assert path.read_text(encoding="utf-8").startswith('<!DOCTYPE html>\n<html lang="en">')
    assert [entry.name for entry in folder.iterdir()] == [path.name]


@installed
def test_results_with_nothing_but_towns_are_drawn():
    results = small_results()
    towns = results.towns.copy()
    towns.loc["S3", "geometry"] = shapely.Polygon()
    bare = dataclasses.replace(
        results,
        towns=towns,
        context={},
        pieces=results.pieces[:0],
        findings=results.findings[:0],
        rulebook={},
    )
    data = Page(webmap.render(bare)).data()
    assert [layer["key"] for layer in data["layers"]] == ["special", "pilot", "other", "labels"]
    undrawn = next(town for town in data["towns"] if town["id"] == "S3")
    assert undrawn["box"] is None
    assert undrawn["findings"] == []


def test_a_missing_component_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(frontend, "ASSETS", tmp_path)
    with pytest.raises(MapError, match=r"leaflet\.js"):
        offline.script("leaflet.js")


def test_every_text_of_the_scripts_is_in_the_catalogue():
    folder = Path(webmap.__file__).parent / "templates"
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("webmap*.js")))
    used = set(re.findall(r"\bT\.([a-z]+)\b", source)) | set(re.findall(r"\bT\[\"([a-z-]+)\"\]", source))
    assert len(used) > 50
    assert {f"map-{code}" for code in used} <= catalogue().keys()
    assert {path.stem.removeprefix("webmap_") for path in folder.glob("webmap_*.js")} >= set(
        webmap.OWN_SCRIPTS
    )


@installed
def test_both_languages_are_inside(page):
    whole = page.constant("LZ_DATA")
    assert whole["zh"]["verdicts"]["fail"] == "不符合"
    assert whole["en"]["verdicts"]["fail"] == "Fail"
    assert [len(whole[lang]["findings"]) for lang in ("zh", "en")] == [12, 12]
    assert Page(webmap.render(small_results(), "en")).constant("LZ_DATA")["lang"] == "en"


def test_each_town_has_its_findings_and_its_verdict():
    results = small_results()
    rows = pagedata.findings(results, "zh")
    towns = {town["id"]: town for town in pagedata.towns(results, rows, "zh")}
    assert [rows[place]["verdict"] for place in towns["S1"]["findings"]] == [
        "fail",
        "fail",
        "pass",
        "no data",
    ]
    assert towns["S1"]["verdict"] == "fail"
    assert towns["330402100"]["verdict"] is None
    assert towns["S1"]["facts"] == ["特色小镇", "省级", "盐亭市", "创建"]
    assert [row["pieces"] for row in rows[:3]] == [0, 2, 0]


def test_projects_are_listed_by_their_state_as_of_the_quarter():
    results = small_results()
    now = results.context["project"].assign(state="done", town_id="330402101")
    known = dataclasses.replace(results, context={**results.context, "project_state": now})
    found = {
        layer.key: layer.number
        for layer in layertree.layers(known, pagedata.towns(known, [], "zh"), [])
        if layer.group == "projects"
    }
    assert found == {"state-done": len(now)}


def test_a_finding_says_its_figures():
    rows = pagedata.findings(small_results(), "en")
    assert (rows[0]["value"], rows[0]["threshold"], rows[0]["margin"]) == (
        "3.6213 km²", "≤ 3 km²", "\N{MINUS SIGN}0.6213 km²",
    )  # fmt: skip
    assert (rows[3]["value"], rows[3]["margin"]) == ("", "")
    assert ["Verdict would turn by", "plane area, digitising tolerance"] in rows[4]["more"]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1_234_567.5, "m²", "1,234,567.50 m²"),
        (0.0, "m²", "0 m²"),
        (2.5, "%", "2.5 %"),
        (12.0, "", "12"),
        (float("nan"), "km²", ""),
        (None, "km²", ""),
    ],
)
def test_number(value, unit, expected):
    assert pagedata.number(value, unit, "en") == expected


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, pd.NaT, "", np.float64("nan")])
def test_what_is_missing_is_never_shown(value):
    frame = (
        small_results().context["project"].iloc[:1].assign(start=[value], planned_yi=[value], kind=[value])
    )
    assert [label for label, _ in pagedata.projects(frame, ["planned"], "en")[0]["lines"]] == [
        "Town",
        "State",
    ]


def test_a_piece_tells_its_area_in_both_units():
    piece = pagedata.pieces(small_results(), "en")[0]
    assert ["Area (legal)", "11,999.40 m² = 17.999 mu"] in piece["lines"]
    assert ["Zone", "030 Restricted zone"] in piece["lines"]
    assert [row["look"] for row in pagedata.pieces(small_results(), "en")] == [
        "fail", "fail", "sliver", "warning",
    ]  # fmt: skip


def unpacked(data):
    """What the page's script makes of a packed layer: dimension and parts of each geometry."""

    def numbers(text):
        value = shift = 0
        for character in text:
            digit = ord(character) - 63
            value |= (digit & 31) << shift
            shift += 5
            if not digit & 32:
                yield value
                value = shift = 0

    counts, steps, spot = numbers(data["shape"]), numbers(data["points"]), [0, 0]

    def point():
        for axis in (0, 1):
            step = next(steps)
            spot[axis] += -((step + 1) // 2) if step & 1 else step // 2
        return spot[0] / 10 ** data["digits"], spot[1] / 10 ** data["digits"]

    def ring():
        return [point() for _ in range(next(counts))]

    found = []
    for dimension in counts:
        parts = [
            point() if dimension == 0 else ring() if dimension == 1 else [ring() for _ in range(next(counts))]
            for _ in range(next(counts))
        ]
        found.append((dimension, parts))
    return found


def test_shapes_lie_where_they_are():
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(X0, Y0), None, shapely.Point()], crs=CRS)
    drawn = shapes.packed(frame, "n", [7, 8, 9], budget=10)
    expected = frame.to_crs(4490).geometry[0]
    assert (drawn["key"], drawn["ids"]) == ("n", [7])
    ((dimension, (point,)),) = unpacked(drawn)
    assert dimension == 0
    assert point == pytest.approx((expected.x, expected.y), abs=1e-6)


def test_what_is_packed_is_unpacked():
    hole = shapely.box(X0, Y0, X0 + 300, Y0 + 300).difference(
        shapely.box(X0 + 100, Y0 + 100, X0 + 200, Y0 + 200)
    )
    two = shapely.MultiPolygon([shapely.box(X0 - 900, Y0, X0 - 800, Y0 + 50), hole])
    line = shapely.LineString([(X0, Y0), (X0 + 10, Y0 - 20), (X0 - 30, Y0)])
    frame = gpd.GeoDataFrame(geometry=[two, line, shapely.MultiPoint([(X0, Y0), (X0 + 1, Y0)])], crs=CRS)
    expected = frame.to_crs(4490).geometry
    (area, parts), (length, (points,)), (spot, both) = unpacked(
        shapes.packed(frame, "n", [0, 1, 2], budget=100)
    )
    assert (area, length, spot) == (2, 1, 0)
    made = shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in parts])
    assert made.equals_exact(expected[0], 1e-6) or made.symmetric_difference(expected[0]).area < 1e-11
    assert points == pytest.approx(np.array(expected[1].coords), abs=1e-6)
    assert both == pytest.approx(shapely.get_coordinates(expected[2]), abs=1e-6)


def test_coarser_shapes_hold_no_finer_coordinate():
    frame = gpd.GeoDataFrame(geometry=[shapely.box(X0, Y0, X0 + 3000, Y0 + 2000)], crs=CRS)
    fine = shapes.packed(frame, "n", [0], budget=100)
    rough = shapes.coarser(fine, 4)
    one, other = (np.array(unpacked(data)[0][1][0][0]) for data in (fine, rough))
    assert (rough["shape"], rough["ids"]) == (fine["shape"], fine["ids"])
    assert other == pytest.approx(np.round(one, 4), abs=1e-9)
    assert len(rough["points"]) < len(fine["points"])
    assert shapes.coarser(fine, 6) == fine


def test_a_thinned_partition_stays_a_partition():
    towns = small_results().towns.geometry[:6]
    thin = shapes.thinned(towns.to_numpy(), 700, partition=True)
    assert shapely.get_num_coordinates(thin).sum() <= 700
    assert shapely.coverage_is_valid(thin)
    assert np.isclose(shapely.area(thin).sum(), shapely.union_all(thin).area)


def test_the_outline_of_zones_has_no_line_between_them():
    zones = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), None], crs=CRS)
    assert shapes.outline(zones).length.tolist() == [60.0]


def test_shapes_within_the_budget_are_left_alone():
    towns = small_results().towns.geometry[:6].to_numpy()
    assert shapes.thinned(towns, 10**6, partition=True) is towns


def test_a_script_cannot_end_the_element_that_holds_it():
    assert offline.script_safe('a = "</SCRIPT><!--"') == r'a = "\x3c/SCRIPT>\x3c!--"'
    assert "<" not in offline.data_script("LZ", {"<b>": "</script>"})
