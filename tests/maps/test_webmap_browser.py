import json

import pytest
from pyproj import Geod
from shapely.geometry import Polygon

from maps import webmap
from spatial.areas import legal_area
from tests.maps.map_pages import IN_A_BROWSER, SIZES, chromium, count, pages
from tests.maps.results_fixture import small_results
from tests.maps.test_webmap import HOSTILE, hostile

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("网页 map")
    made = {lang: folder / f"map-{lang}.html" for lang in ("zh", "en")}
    for lang, path in made.items():
        webmap.write(small_results(), path, lang)
    made["public"] = folder / "map-public.html"
    webmap.write(
        small_results(),
        made["public"],
        "zh",
        {"review_no": "浙S(2016)1号", "secrecy": "公开", "maker": "某局"},
    )
    made["hostile"] = folder / "hostile.html"
    webmap.write(hostile(small_results()), made["hostile"])
    return made


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def show(browser, files):
    with pages(browser) as opened:
        yield lambda name, *how, **more: opened(files[name], *how, **more)


@pytest.mark.parametrize("size", ["wide", "laptop"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everything_is_in_view(show, lang, size):
    page = show(lang, size)
    width, height = SIZES[size]
    for part in ("#lz-side", ".lz-layers", ".lz-legend", ".lz-bar", ".leaflet-control-scale"):
        box = page.locator(part).first.bounding_box()
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    layers, legend = (page.locator(f".lz-{name}").bounding_box() for name in ("layers", "legend"))
    assert layers["y"] + layers["height"] <= legend["y"]
    assert (count(page, "towns"), count(page, "pilots"), count(page, "others")) == (3, 2, 4)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.fonts].every((font) => font.status === 'loaded')")
    assert page.locator(".lz-demo").inner_text().startswith({"zh": "演示数据", "en": "Demo data"}[lang])


def test_towns_are_filled_by_verdict(show):
    page = show("zh")
    fills = page.eval_on_selector_all(
        ".leaflet-towns-pane path, .leaflet-pilots-pane path",
        "paths => paths.map((path) => path.getAttribute('fill')).sort()",
    )
    assert fills == [
        "url(#lz-fail)",
        "url(#lz-no-data)",
        "url(#lz-pass)",
        "url(#lz-pass)",
        "url(#lz-warning)",
    ]


def test_a_click_on_a_town_opens_its_page(show):
    page = show("zh")
    page.locator(".leaflet-pilots-pane path").first.click()
    panel = page.locator("#lz-panel")
    assert "望湖镇" in panel.inner_text()
    assert "2.6 个百分点" in panel.inner_text()
    panel.locator("summary").first.click()
    assert "地区生产总值增速高于所在县" in panel.locator("blockquote").inner_text()
    page.keyboard.press("Escape")
    assert not panel.is_visible()


def test_search_finds_a_town_by_keyboard(show):
    page = show("zh")
    page.keyboard.press("/")
    page.keyboard.type("丝绸")
    assert page.get_by_role("option").all_inner_texts()[0].startswith("石桥丝绸小镇")
    page.keyboard.press("Enter")
    assert page.locator("#lz-panel > h2").inner_text() == "石桥丝绸小镇"
    assert page.evaluate("document.activeElement.tagName") == "H2"


def test_search_finds_a_project_and_opens_it_on_the_map(show):
    page = show("en")
    page.keyboard.press("/")
    project = page.evaluate("LZ.projects[0].name")
    page.keyboard.type(project)
    assert page.get_by_role("option").all_inner_texts()[0].startswith(project)
    assert "Projects" in page.get_by_role("option").first.inner_text()
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup h2").inner_text() == project
    page.keyboard.press("/")
    page.keyboard.type("nowhere")
    assert page.locator("#lz-hits").inner_text() == "Nothing of this name"


def names(page):
    return page.locator(".lz-town b").all_inner_texts()


def test_the_league_table_is_worst_first_and_is_filtered(show):
    page = show("zh")
    assert names(page)[0] == "云塘光伏小镇"
    assert page.locator(".lz-league tbody tr").first.locator("td").all_inner_texts() == ["2", "·", "1", "1"]
    page.locator(".lz-counts button", has_text="无数据").click()
    assert names(page) == ["梅泾镇"]
    assert page.locator(".lz-status").inner_text() == "2016Q2：列出 1 个镇，共 5 个"
    page.locator(".lz-counts button", has_text="无数据").click()
    page.get_by_label("全部类别").select_option("pilot")
    assert names(page) == ["梅泾镇", "望湖镇"]
    page.get_by_label("全部类别").select_option("")
    page.get_by_label("全部级别").select_option("province")
    assert names(page) == ["云塘光伏小镇"]
    page.get_by_label("全部级别").select_option("")
    page.get_by_label("全部县").select_option("秀水区")
    assert set(names(page)) == {"石桥丝绸小镇", "清溪茶香小镇", "望湖镇"}


def test_the_league_table_is_sorted_by_its_heads(show):
    page = show("zh")
    for verdict in ("不符合", "预警", "无数据", "符合"):
        head = page.get_by_role("button", name=f"按“{verdict}”排序")
        head.click()
        column = ["不符合", "预警", "无数据", "符合"].index(verdict)
        cells = page.locator(f".lz-league tbody tr td:nth-child({column + 2})").all_inner_texts()
        numbers = [0 if cell == "·" else int(cell) for cell in cells]
        assert numbers == sorted(numbers, reverse=True)
        assert head.locator("xpath=..").get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="按“符合”排序").click()
    assert page.locator(".lz-league thead th").nth(4).get_attribute("aria-sort") == "ascending"
    assert names(page)[-1] in {"石桥丝绸小镇", "清溪茶香小镇"}


def test_a_click_in_the_table_flies_there(show):
    page = show("zh")
    before = page.evaluate("location.hash")
    page.locator("[data-town=S2]").click()
    page.wait_for_function("location.hash.includes('town=S2')")
    assert page.evaluate("location.hash.split('&')[0]") != before.split("&")[0]
    box, own = (page.locator(one).first.bounding_box() for one in (".folium-map", ".lz-chosen"))
    assert own["width"] > box["width"] / 5
    assert box["x"] < own["x"] < own["x"] + own["width"] < box["x"] + box["width"]


def test_an_area_is_measured_as_the_land_bureau_does(show):
    page = show("en")
    corners = [(120.70, 30.70), (120.73, 30.701), (120.725, 30.73), (120.705, 30.72)]
    points = json.dumps([{"lng": x, "lat": y} for x, y in corners])
    area = page.evaluate(f"lzTools.legalArea({points}, LZ.ellipsoid)")
    assert area == pytest.approx(legal_area([Polygon(corners)], "EPSG:4490")[0], rel=1e-9)
    length = page.evaluate(f"lzTools.length({points}, LZ.ellipsoid)")
    assert length == pytest.approx(Geod(ellps="GRS80").line_length(*zip(*corners, strict=True)), rel=1e-6)


def test_measuring_by_clicks(show):
    page = show("en")
    page.get_by_role("button", name="Measure").click()
    box = page.locator(".folium-map").bounding_box()
    for x, y in ((0.4, 0.4), (0.6, 0.4), (0.5, 0.7)):
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    said = page.locator(".lz-measure").inner_text()
    assert " m² = " in said
    assert " ha = " in said
    assert page.locator(".leaflet-popup").count() == 0
    page.keyboard.press("Backspace")
    assert "m²" not in page.locator(".lz-measure").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator(".lz-measure").is_visible()


def test_layers_come_and_go_and_the_legend_with_them(show):
    page = show("zh")
    assert count(page, "pieces") == 3
    page.get_by_label("细碎图斑").check()
    assert count(page, "pieces") == 4
    assert "细碎图斑" in page.locator("#lz-legend").inner_text()
    page.get_by_role("group", name="违规图斑").locator(".lz-group input[type=checkbox]").uncheck()
    assert count(page, "pieces") == 0
    assert "违规图斑" not in page.locator("#lz-legend").inner_text()


def test_projects_are_clustered_and_switched_by_state(show):
    page = show("zh")

    def shown():
        singles = page.locator(".leaflet-marker-pane .lz-project").count()
        return singles + sum(int(n) for n in page.locator(".lz-cluster").all_inner_texts())

    assert shown() == 0
    projects = page.get_by_role("group", name="项目")
    projects.locator(".lz-group input[type=checkbox]").check()
    assert shown() == 18
    projects.get_by_label("停滞").uncheck()
    assert shown() == 15


def test_from_a_finding_to_its_pieces(show):
    page = show("en")
    page.locator("[data-town=S1]").click()
    page.get_by_role("button", name="Show the 2 pieces").click()
    page.locator(".leaflet-pieces-pane path").nth(1).click()
    text = page.locator(".leaflet-popup").inner_text()
    assert "m² = " in text
    assert "二(二)5" in text
    assert page.locator("#lz-on-zone-conditional").is_checked()
    page.keyboard.press("Escape")
    page.wait_for_selector(".leaflet-popup", state="detached")
    assert page.locator("#lz-panel").is_visible()


def labels(page):
    """Boxes of the labels shown, of which none lies on another."""
    boxes = page.eval_on_selector_all(
        ".lz-label:not(.lz-off) > span",
        "spans => spans.map((span) => { const b = span.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })",
    )
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return boxes


def test_labels_do_not_lie_on_each_other(show):
    assert len(labels(show("zh"))) >= 5


def test_a_judged_town_whose_label_has_no_room_has_it_beside_or_its_sign_alone(show):
    page = show("zh", address="#map=10/30.76/120.55")
    assert labels(page)
    assert page.locator(".lz-special.lz-off, .lz-pilot.lz-off").count() == 0
    assert page.locator(".lz-label:not(.lz-off) > .lz-bare svg").count() == 1


def test_hostile_names_stay_text(show):
    page = show("hostile")
    assert page.locator("#lz-head h1").inner_text() == HOSTILE[0]
    page.locator("[data-town=S1]").click()
    assert page.locator("#lz-panel > h2").inner_text() == HOSTILE[0]
    page.get_by_role("group", name="项目").locator(".lz-group input[type=checkbox]").check()
    page.locator("#lz-on-village").check()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


def test_a_public_map_says_by_whom_and_measures_no_finer_than_its_grid(show):
    page = show("public")
    assert page.inner_text(".lz-public").splitlines() == [
        "审图号：浙S(2016)1号 密级：公开 制图单位：某局", "公开版，图形已按 10 米概括",
    ]  # fmt: skip
    page.click("#lz-measure")
    for x, y in ((500, 300), (707, 311), (640, 503)):
        page.mouse.click(x, y)
    shown = page.inner_text(".lz-measure").replace(",", "")
    numbers = [int(word) for word in shown.split() if word.isdigit()]
    assert len(numbers) == 2
    assert numbers[0] % 10 == 0
    assert numbers[1] % 100 == 0
    assert numbers[0] > 0
    page.mouse.move(600, 400)
    cursor = page.inner_text(".lz-cursor").split()
    assert [len(word.partition(".")[2]) for word in cursor if "." in word] == [4, 4]
    page.keyboard.press("Escape")
    page.mouse.wheel(0, -300)
    page.wait_for_function("location.hash.includes('map=')")
    place = page.evaluate("new URLSearchParams(location.hash.slice(1)).get('map')").split("/")
    assert all(len(word.partition(".")[2]) <= 4 for word in place)
