import io
import re

import pypdfium2
import pytest

from maps import webmap
from tests.maps.dated_fixture import dated_results
from tests.maps.map_pages import IN_A_BROWSER, chromium, count, pages

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = tmp_path_factory.mktemp("时间 map") / "地图 1.html"
    webmap.write(dated_results(), made)
    return made


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def show(browser, path):
    with pages(browser) as opened:
        yield lambda *how, **more: opened(path, *how, **more)


def fills(page, pane="pilots"):
    """Fill of the pilot towns 望湖镇 and 梅泾镇."""
    return page.eval_on_selector_all(
        f".leaflet-{pane}-pane path", "paths => paths.map((path) => path.getAttribute('fill'))"
    )


def verdict(page, town):
    return page.locator(f"[data-town='{town}']").get_attribute("aria-label").split(", ")[1]


def test_the_slider_goes_through_the_quarters(show):
    page = show()
    assert page.locator(".lz-now").inner_text() == "2016Q2"
    assert fills(page) == ["url(#lz-pass)", "url(#lz-no-data)"]
    page.locator("#lz-quarter").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".lz-now").inner_text() == "2016Q1"
    assert fills(page) == ["url(#lz-pass)", "url(#lz-fail)"]
    assert verdict(page, "330481102") == "不符合"
    page.keyboard.press("ArrowLeft")
    assert fills(page) == ["url(#lz-fail)", "url(#lz-no-data)"]
    assert verdict(page, "S1") == "本季未评估"
    assert page.locator(".lz-status").inner_text().startswith("2015Q4")
    assert "只评估有季度数据的条款" in page.locator(".lz-time").inner_text()
    assert count(page, "pieces") == 0  # land is known for the quarter of the run alone
    page.keyboard.press("End")
    assert fills(page) == ["url(#lz-pass)", "url(#lz-no-data)"]
    assert count(page, "pieces") == 3


def test_buttons_and_keys_step_and_play(show):
    page = show()
    page.get_by_role("button", name="上一季度").click()
    assert page.locator(".lz-now").inner_text() == "2016Q1"
    page.get_by_role("button", name="下一季度").click()
    page.keyboard.press("[")
    page.keyboard.press("[")
    assert page.locator(".lz-now").inner_text() == "2015Q4"
    page.get_by_role("button", name="播放各季度").click()
    page.wait_for_function("document.querySelector('.lz-now').textContent === '2016Q1'")
    page.get_by_role("button", name="暂停").click()
    page.get_by_role("button", name="播放各季度").press("Enter")
    page.wait_for_function("document.querySelector('.lz-now').textContent === '2016Q2'")
    page.get_by_role("button", name="播放各季度").wait_for()


def test_the_page_of_a_town_follows_the_quarter(show):
    page = show()
    page.locator("[data-town='330402101']").click()
    panel = page.locator("#lz-panel")
    assert "2.6 个百分点" in panel.inner_text()
    page.keyboard.press("[")
    page.keyboard.press("[")
    text = panel.inner_text()
    assert "各条款结论 · 2015Q4" in text
    assert "1.2 个百分点" in text
    assert "≥ 2 个百分点" in text
    assert "−0.8 个百分点" in text
    assert panel.locator("> h2 svg").count() == 1


def test_charts_say_in_words_and_figures_what_they_show(show):
    page = show()
    page.locator("[data-town='330402101']").click()
    chart = page.get_by_role("img", name=re.compile("GDP增速高于所在县"))
    assert "2015Q4 1.2, 2016Q1 2.4, 2016Q2 2.6" in chart.get_attribute("aria-label")
    assert chart.locator("path title").all_text_contents()[0].endswith("2015Q4: 1.2 个百分点")
    page.locator(".lz-figures-table summary").first.click()
    rows = page.locator(".lz-figures-table").first.locator("tr").all_inner_texts()
    assert rows[1].split() == ["2015Q4", "1.2", "2"]


def test_investment_sites_and_projects_of_a_town(show):
    page = show()
    page.locator("[data-town=S1]").click()
    panel = page.locator("#lz-panel").inner_text()
    assert "2016Q2：完成 5 亿元，计划 6 亿元，为计划的 83 %。" in panel
    assert "已完成 2" in panel
    page.locator(".lz-projects button", has_text="项目0").click()
    popup = page.locator(".leaflet-popup")
    assert "2015Q4" in popup.inner_text()
    assert page.locator("#lz-on-state-planned").is_checked()


def test_projects_in_an_earlier_quarter_are_known_by_their_dates(show):
    page = show()
    states = page.evaluate(
        "LZ.quarters.map((quarter) => lzTimes.state({state: 'done', from: '2016Q1', till: '2016Q2'}, quarter))"
    )
    assert states == ["planned", "building", "done"]
    assert page.evaluate("lzTimes.state({state: 'done', from: null, till: null}, '2015Q4')") == "unknown"


def test_towns_are_coloured_by_an_indicator(show):
    page = show()
    page.get_by_label("各镇着色").select_option("gdp_growth_lead_pp")
    assert page.evaluate("lzTimes.classes('gdp_growth_lead_pp').limits") == [1, 1.2, 2.4]
    assert fills(page) == [page.evaluate("LZ.looks.sequence[4]"), "url(#lz-no-data)"]
    assert page.locator(".lz-league tbody tr").first.locator("td").inner_text() == "2.6"
    assert "GDP增速高于所在县（市、区）（个百分点）" in page.locator("#lz-legend").inner_text()
    page.keyboard.press("[")
    assert page.locator(".lz-league td.lz-value").all_inner_texts()[:2] == ["2.4", "1"]
    page.get_by_role("button", name="按“GDP增速高于所在县（市、区）”排序").click()
    assert page.locator(".lz-league td.lz-value").all_inner_texts()[:2] == ["1", "2.4"]


def test_two_quarters_side_by_side(show):
    page = show()
    page.get_by_role("button", name="两期对比").click()
    assert page.locator(".lz-tags span").all_inner_texts() == ["2016Q1", "2016Q2"]
    page.get_by_label("对比的较早季度").select_option("2015Q4")
    assert fills(page, "pilots-then") == ["url(#lz-fail)", "url(#lz-no-data)"]
    assert fills(page) == ["url(#lz-pass)", "url(#lz-no-data)"]
    changes = page.locator("#lz-changes").inner_text()
    assert "1 个镇可比，1 个镇、1 项结论有变化。" in changes
    assert "1.2 个百分点 → 2.6 个百分点" in changes
    assert "新增 3 公顷，减少 0.5 公顷" in changes
    page.locator("[data-changed='330402101']").click()
    assert page.locator("#lz-panel > h2").inner_text() == "望湖镇"
    page.keyboard.press("Escape")
    page.locator("#lz-compare-close").click()
    assert count(page, "pilots-then") == 0
    assert page.locator(".lz-divider").is_hidden()


def test_the_line_between_is_dragged_and_moved_by_keys(show):
    page = show()
    page.get_by_role("button", name="两期对比").click()
    line, area = page.locator(".lz-divider"), page.locator(".folium-map").bounding_box()
    grip = line.bounding_box()
    page.mouse.move(grip["x"] + 15, area["y"] + 200)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.25, area["y"] + 220, steps=4)
    page.mouse.up()
    assert line.get_attribute("aria-valuenow") == "25"
    left, right = (page.evaluate(
        "name => lz.state && getComputedStyle(document.querySelector(`.leaflet-${name}-pane`)).clipPath", name
    ) for name in ("pilots-then", "pilots"))  # fmt: skip
    cut = [float(number) for number in re.findall(r"-?[\d.]+(?=px)", left)]
    other = [float(number) for number in re.findall(r"-?[\d.]+(?=px)", right)]
    assert cut[2] == pytest.approx(other[0])  # the one ends where the other begins
    for run in ("pieces", "parcels"):  # land of the run's own quarter
        own = page.evaluate("name => document.querySelector(`.leaflet-${name}-pane`).style.clipPath", run)
        assert [float(number) for number in re.findall(r"-?[\d.]+(?=px)", own)] == pytest.approx(
            other, abs=0.1
        )
    page.keyboard.press("ArrowRight")
    assert line.get_attribute("aria-valuenow") == "27"
    page.keyboard.press("End")
    assert line.get_attribute("aria-valuenow") == "98"


def test_land_that_came_and_went(show):
    page = show()
    for key in ("new", "gone"):
        page.locator(f"#lz-on-change-{key}").check()
    assert (count(page, "change"), count(page, "change-then")) == (2, 1)
    page.keyboard.press("[")
    assert (count(page, "change"), count(page, "change-then")) == (0, 1)  # what came is not there yet
    page.keyboard.press("]")
    page.get_by_label("图斑按地类着色").check()
    assert sorted(fills(page, "change")) == ["#c59a8c", "#e56766"]
    assert "0601 工业用地" in page.locator("#lz-legend").inner_text()


def test_layers_of_studies_open_with_their_words(show):
    page = show()
    for key in ("cleanup_site_state", "raster_candidate", "somebody_elses"):
        page.locator(f"#lz-on-{key}").check()
    legend = page.locator("#lz-legend").inner_text()
    assert "somebody_elses" in legend
    assert count(page, "sites") == 2
    page.locator(".leaflet-studies-pane path").first.click()
    assert "250,000.00 平方米 = 375.000 亩" in page.locator(".leaflet-popup").inner_text()


def test_opacity_of_a_group(show):
    page = show()
    page.get_by_label("违规图斑 不透明度").fill("40")
    assert page.evaluate("getComputedStyle(document.querySelector('.leaflet-pieces-pane')).opacity") == "0.4"
    assert "opacity=pieces%3A40" in page.evaluate("location.hash")


def test_a_link_restores_everything(show):
    page = show()
    page.locator(".lz-counts button", has_text="不符合").click()
    page.get_by_label("全部类别").select_option("pilot")
    page.get_by_role("button", name="按“符合”排序").click()
    page.get_by_label("细碎图斑").check()
    page.locator("#lz-on-change-new").check()
    page.get_by_label("图斑按地类着色").check()
    page.get_by_label("各镇着色").select_option("investment_year_yi")
    page.get_by_label("违规图斑 不透明度").fill("60")
    page.get_by_role("button", name="两期对比").click()
    page.locator(".lz-divider").focus()
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    page.get_by_role("button", name="放大").click()
    page.wait_for_timeout(400)
    address = page.evaluate("location.hash")
    again = show(address=address)
    assert again.evaluate("location.hash") == address
    for part in (
        "q=",
        "then=2016Q1%2F0.120",
        "by=investment_year_yi",
        "f.kind=pilot",
        "f.verdict=fail",
        "opacity=pieces",
        "land=1",
    ):
        assert (part in address) == (part != "q="), part
    assert again.locator("#lz-on-sliver").is_checked()
    assert again.get_by_label("全部类别").input_value() == "pilot"
    assert again.locator(".lz-tags span").all_inner_texts() == ["2016Q1", "2016Q2"]
    assert again.evaluate("JSON.stringify(lz.state)") == page.evaluate("JSON.stringify(lz.state)")
    assert again.locator(".lz-counts button", has_text="不符合").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="复制当前视图的链接").click()
    page.get_by_text("链接已复制").wait_for()


def test_a_link_to_a_town_at_a_quarter(show):
    page = show(address="#q=2015Q4&town=330402101")
    assert page.locator("#lz-panel > h2").inner_text() == "望湖镇"
    assert "1.2 个百分点" in page.locator("#lz-panel").inner_text()
    nonsense = show(
        address="#q=1999Q9&town=nobody&then=x/y&by=nothing&map=a/b/c&opacity=a:b&on=nothing&sort=nothing"
    )
    assert nonsense.locator(".lz-now").inner_text() == "2016Q2"


def test_the_language_is_switched_and_everything_else_stays(show):
    page = show(address="#q=2015Q4&town=330402101")
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en] body[data-ready=yes]")
    assert page.locator(".lz-now").inner_text() == "2015Q4"
    panel = page.locator("#lz-panel").inner_text()
    assert "Verdicts by clause · 2015Q4" in panel
    assert "1.2 percentage points" in panel
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector("html[lang=zh-CN] body[data-ready=yes]")
    assert "各条款结论 · 2015Q4" in page.locator("#lz-panel").inner_text()


def test_a_tour_by_keyboard_alone(show):
    page = show()

    def focused(script="node => node.id || node.dataset.town || node.tagName"):
        return page.evaluate(f"({script})(document.activeElement)")

    page.keyboard.press("Tab")
    assert focused() == "lz-skip-list"
    assert page.locator("#lz-skip-list").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert focused() == "S1"
    page.keyboard.press("ArrowDown")
    assert focused() == "S2"
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    outline = focused("node => getComputedStyle(node).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert page.locator("#lz-panel > h2").inner_text() == "石桥丝绸小镇"
    page.keyboard.press("Escape")
    assert focused() == "S2"
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(focused("node => node.id || node.title || node.dataset.sort || node.tagName"))
    wanted = {"lz-quarter", "lz-play", "lz-by", "lz-compare", "lz-fold", "lz-measure", "lz-link", "lz-print", "lz-lang", "lz-input",
              "lz-on-special", "lz-opacity-towns", "lz-land", "lz-group-towns", "放大", "上一季度", "SUMMARY"}  # fmt: skip
    assert wanted <= reached
    page.locator(".folium-map").focus()
    before = page.evaluate("location.hash")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => location.hash !== before", arg=before)


def test_every_control_has_a_name(show):
    page = show()
    page.get_by_role("button", name="两期对比").click()
    nameless = page.eval_on_selector_all(
        "button, select, input, [role=slider]",
        """nodes => nodes.filter((node) => !(node.getAttribute('aria-label') || node.textContent.trim()
            || (node.labels && [...node.labels].some((label) => label.textContent.trim())))).map((node) => node.outerHTML)""",
    )
    assert nameless == []


def test_measuring_by_keyboard(show):
    page = show()
    page.locator("#lz-measure").focus()
    page.keyboard.press("Enter")
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    assert " m² = " in page.locator(".lz-measure").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#lz-measure").get_attribute("aria-pressed") == "false"


def test_on_paper_the_map_comes_first_and_the_table_after_it(show):
    page = show()
    page.get_by_role("button", name="回到全图").click()
    page.get_by_role("button", name="放大").click()
    page.wait_for_function("location.hash.startsWith('#map=13')")
    before = page.evaluate("location.hash.split('&')[0]")
    document = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    assert document[0].get_size() == pytest.approx((842, 595), abs=1)
    texts = [re.sub(r"\s", "", sheet.get_textpage().get_text_range()) for sheet in document]
    assert "演示数据" in texts[0]
    assert "图例" in texts[0]
    assert "云塘光伏小镇" in texts[1]
    page.wait_for_function("!document.body.classList.contains('lz-printing')")
    assert page.evaluate("location.hash.split('&')[0]") == before


def test_what_is_measured_stands_clear_of_the_time_line_and_a_click_leaves_no_frame(show):
    page = show()
    area = page.locator(".folium-map").bounding_box()
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    page.mouse.click(x, y)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert (outline, page.evaluate("getComputedStyle(document.activeElement).outlineStyle")) == (
        "none",
        "none",
    )
    page.locator("#lz-measure").click()
    for dx, dy in ((-150, -60), (150, -60), (100, 60)):
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(400)
    told, bar = (page.locator(one).bounding_box() for one in (".lz-measure", ".lz-time"))
    assert told["y"] + told["height"] < bar["y"] or told["x"] + told["width"] < bar["x"]


@pytest.mark.parametrize("size", ["wide", "laptop", "small"])
def test_nothing_covers_the_time_line(show, size):
    page = show(size)
    page.locator("#lz-quarter").hover()
    page.get_by_role("button", name="下一季度").hover(timeout=2000)
    page.get_by_role("button", name="两期对比").click(timeout=2000)
    page.get_by_label("对比的较早季度").select_option("2015Q4")
    bar = page.locator(".lz-time").bounding_box()
    for other in (".lz-legend", ".lz-layers", ".leaflet-control-scale"):
        box = page.locator(other).first.bounding_box()
        apart = box["x"] + box["width"] <= bar["x"] or box["x"] >= bar["x"] + bar["width"]
        assert apart or box["y"] + box["height"] <= bar["y"], other


def test_on_a_telephone_everything_is_in_reach(show):
    page = show("phone")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    middle = page.evaluate(
        "[...document.querySelectorAll('.leaflet-towns-pane path, .leaflet-pilots-pane path')].map((one) => one.getBoundingClientRect())"
        ".reduce((found, box) => [Math.min(found[0], box.top), Math.max(found[1], box.bottom)], [1e9, 0])"
        ".reduce((one, other) => one + other) / 2"
    )
    area, bar = (page.locator(one).bounding_box() for one in (".folium-map", ".lz-time"))
    assert middle == pytest.approx((area["y"] + bar["y"]) / 2, abs=30)
    page.locator("#lz-input").fill("镇")
    hits = page.locator("#lz-hits").bounding_box()
    assert hits["height"] > 100
    assert hits["y"] >= 0
    assert hits["y"] + hits["height"] <= 800
    page.keyboard.press("Escape")
    page.locator("#lz-fold").click()
    page.locator("[data-town='330402101']").click()
    panel, area = (page.locator(one).bounding_box() for one in ("#lz-panel", ".folium-map"))
    assert area["height"] > 300
    assert area["y"] + area["height"] <= panel["y"] + 1
    assert panel["x"] + panel["width"] <= 390
    page.locator(".lz-back").click()
    page.locator(".lz-layers > summary").click()
    page.get_by_label("细碎图斑").check()
    page.locator(".lz-layers > summary").click()
    page.get_by_role("button", name="上一季度").click()
    page.get_by_role("button", name="两期对比").click()
    assert page.locator(".lz-tags span").all_inner_texts() == ["2015Q4", "2016Q1"]
    for one in page.locator(".lz-time button, .lz-bar button").all():
        if one.is_visible():
            box = one.bounding_box()
            assert min(box["width"], box["height"]) >= 24
            assert 0 <= box["x"] <= 390 - box["width"]
