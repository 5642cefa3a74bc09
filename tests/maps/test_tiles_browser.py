import shutil
import struct
import threading
import zlib
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from layers import results as store
from layers.basemaps import BaseMap
from layers.crs import from_gcj02, to_gcj02
from maps import archives, tilepage, webmap
from tests.maps.map_pages import IN_A_BROWSER, chromium
from tests.maps.parcels_fixture import WRONG, middle, parcels
from tests.maps.results_fixture import small_results
from tests.maps.test_tiles import mbtiles

pytestmark = IN_A_BROWSER
MAP = "window[Object.keys(window).find((key) => key.startsWith('map_'))]"


def png(red, green, blue):
    """A picture of 256 x 256 pixels of one colour."""
    row = b"\0" + bytes([red, green, blue]) * 256

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(row * 256))
        + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("瓦片 map")
    pieces = small_results().pieces.assign(parcel_id=[WRONG, "a", "b", "c"], source="construction_land")
    results = replace(small_results(demo=False), parcels=parcels(), pieces=pieces)
    store.write(results, folder)
    tiles = tilepage.parcel_tiles(results, folder / store.PARCELS, folder / store.TILES)
    webmap.write(results, folder / "inside.html", "zh", parcels=tiles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives, "INSIDE", 0)
        patch.setattr(archives, "SEGMENT", 8_000)
        webmap.write(results, folder / "beside.html", "en", parcels=tiles)
    alone = tmp_path_factory.mktemp("alone")
    shutil.copy(folder / "beside.html", alone / "alone.html")
    return {"inside": folder / "inside.html", "beside": folder / "beside.html", "alone": alone / "alone.html"}


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def show(browser):
    """Open a page; gives it, the addresses that it asked for, and what its console said."""
    opened = []

    def show(path, size=(1366, 768), *, offline=True):
        context = browser.new_context(offline=offline, viewport={"width": size[0], "height": size[1]})
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_selector("body[data-ready=yes]")
        return page, asked, said

    yield show
    for context in opened:
        context.close()


def go(page, number, zoom):
    lon, lat = middle(number)
    page.evaluate(
        f"delete document.body.dataset.tiles; {MAP}.setView([{lat}, {lon}], {zoom}, {{animate: false}})"
    )
    page.wait_for_selector("body[data-tiles]")


def click_middle(page):
    box = page.locator(".folium-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


COLORED = """() => [...document.querySelectorAll(".leaflet-parcels-pane canvas")].map((canvas) => {
          const copy = document.createElement("canvas"); copy.width = copy.height = canvas.width;
          const pen = copy.getContext("2d"); pen.drawImage(canvas, 0, 0);
          return pen.getImageData(0, 0, canvas.width, canvas.height).data.filter((v, i) => i % 4 === 3 && v > 0).length;
        }).reduce((a, b) => a + b, 0)"""
"""How many points the layer of parcels has drawn, counted on its canvases."""


def colors(page):
    return page.evaluate(COLORED)


@pytest.mark.parametrize("name", ["inside", "beside"])
def test_a_click_on_a_parcel_gives_its_figures_without_a_network(show, files, name):
    page, asked, said = show(files[name])
    go(page, 37, 17)
    assert colors(page) > 10_000
    click_middle(page)
    page.wait_for_selector(".leaflet-popup")
    text = page.locator(".leaflet-popup").inner_text()
    assert "jsyd:37" in text
    assert "9,025.37 m²" in text
    assert "9,000.25 m²" in text
    assert "清溪镇" in text
    assert "商业服务业设施用地" in text or "05H1" in text or "城镇住宅用地" in text or name == "beside"
    page.wait_for_selector(".leaflet-chosen-pane canvas")
    page.keyboard.press("Escape")
    own = [url for url in asked if not url.startswith(("data:", "blob:"))]
    assert all(url.startswith("file:") for url in own)
    assert len(own) == 1 if name == "inside" else len(own) > 2
    assert said == []


def test_where_no_parcel_is_the_click_goes_to_the_town(show, files):
    page, _, said = show(files["inside"])
    lon, lat = middle(0)
    page.evaluate(f"{MAP}.setView([{lat - 0.004}, {lon}], 16, {{animate: false}})")
    page.wait_for_timeout(300)
    click_middle(page)
    page.wait_for_selector("#lz-panel h2")
    assert "清溪镇" in page.locator("#lz-panel h2").first.inner_text()
    assert said == []


def test_parcels_are_switched_in_the_tree_and_told_in_the_legend(show, files):
    page, _, said = show(files["inside"])
    assert "全部图斑" in page.locator(".lz-layers").inner_text()
    assert page.locator("#lz-legend h3", has_text="建设用地图斑").count() == 1
    go(page, 37, 17)
    page.locator("#lz-on-parcels").uncheck()
    assert page.locator(".leaflet-parcels-pane canvas").count() == 0
    click_middle(page)
    page.wait_for_selector("#lz-panel h2")
    assert "清溪" in page.locator("#lz-panel h2").first.inner_text()
    assert said == []


def test_a_page_without_its_folder_says_so(show, files):
    page, _, _ = show(files["alone"], (390, 800))
    page.wait_for_selector("[role=alert]")
    assert "map_tiles" in page.locator("[role=alert]").inner_text()


# Base maps ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    """Serves one picture for whatever is asked, and keeps what was asked."""
    asked, picture = [], png(200, 220, 240)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(picture)))
            self.end_headers()
            self.wfile.write(picture)

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield http, asked
    http.shutdown()
    http.server_close()


def test_a_base_map_is_asked_for_the_tiles_of_the_view_and_nothing_else(show, server, tmp_path):
    http, asked = server
    asked.clear()
    address = f"http://127.0.0.1:{http.server_port}/a/{{z}}/{{x}}/{{y}}.png"
    base = BaseMap("影像", "url", (address,), attribution="测试 <b>来源</b>")
    webmap.write(small_results(), tmp_path / "base.html", "zh", bases=[base])
    page, requests, said = show(tmp_path / "base.html", offline=False)
    page.wait_for_function(
        "document.querySelectorAll('.leaflet-base-pane img.leaflet-tile-loaded').length > 5"
    )
    assert "测试" in page.locator(".leaflet-control-attribution").inner_text()
    zooms = {path.split("/")[2] for path in asked}
    assert len(zooms) == 1
    assert all(path.startswith("/a/") and path.endswith(".png") for path in asked)
    away = [url for url in requests if not url.startswith(("data:", "blob:", "file:"))]
    assert all(url.startswith(f"http://127.0.0.1:{http.server_port}/a/") for url in away)
    before = len(asked)
    page.locator("#lz-on-base-1").uncheck()
    page.evaluate(f"{MAP}.zoomIn(1, {{animate: false}})")
    page.wait_for_timeout(300)
    assert len(asked) == before
    assert said == []


def test_the_shift_of_gcj02_is_undone_for_each_tile(show, server, tmp_path):
    http, _ = server
    base = BaseMap(
        "高德", "url", (f"http://127.0.0.1:{http.server_port}/g/{{z}}/{{x}}/{{y}}.png",), gcj02=True
    )
    webmap.write(small_results(), tmp_path / "gcj.html", "zh", bases=[base])
    page, _, said = show(tmp_path / "gcj.html", offline=False)
    for lon, lat in [(120.75, 30.75), (104.1, 30.6), (87.6, 43.8)]:
        there = page.evaluate(
            f"(() => {{ const p = lzTiles.shifted({lat}, {lon}); return [p.lng, p.lat]; }})()"
        )
        assert there == pytest.approx(
            [float(v[0]) for v in to_gcj02(np.array([lon]), np.array([lat]))], abs=1e-9
        )
        back = page.evaluate(
            f"(() => {{ const p = lzTiles.unshifted({lat}, {lon}); return [p.lng, p.lat]; }})()"
        )
        assert back == pytest.approx(
            [float(v[0]) for v in from_gcj02(np.array([lon]), np.array([lat]))], abs=1e-8
        )
    lon, lat = middle(0)
    page.evaluate(f"{MAP}.setView([{lat}, {lon}], 17, {{animate: false}})")
    page.wait_for_function(
        "document.querySelectorAll('.leaflet-base-pane img.leaflet-tile-loaded').length > 5"
    )
    # The place where a tile is drawn is that of its middle with the shift undone, to a pixel.
    tiles = page.evaluate(
        f"""(() => {{ const map = {MAP}, found = [];
          map.eachLayer((layer) => {{ if (layer._tiles && layer.options.pane === "base")
            for (const {{ el, coords }} of Object.values(layer._tiles)) {{
              const box = el.getBoundingClientRect(), own = map.getContainer().getBoundingClientRect();
              const at = map.containerPointToLatLng([box.left - own.left + 128, box.top - own.top + 128]);
              found.push([coords.x, coords.y, coords.z, at.lng, at.lat]);
            }} }});
          return found; }})()"""
    )
    assert len(tiles) > 5
    for x, y, z, drawn_lon, drawn_lat in tiles:
        lon = ((x + 0.5) / 2**z - 0.5) * 360
        lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + 0.5) / 2**z))))
        true_lon, true_lat = (float(v[0]) for v in from_gcj02(np.array([lon]), np.array([lat])))
        pixel = 360 / 2**z / 256
        assert abs(drawn_lon - true_lon) < 1.5 * pixel
        assert abs(drawn_lat - true_lat) < 1.5 * pixel
        assert abs(lon - true_lon) * 90_000 > 200  # the shift itself, in metres
    assert said == []


def test_a_local_archive_is_drawn_without_a_network(show, tmp_path):
    lon, lat = middle(0)
    places = []
    for zoom in (9, 10, 11, 12):
        column = int((lon / 360 + 0.5) * 2**zoom)
        row = int((0.5 - np.arctanh(np.sin(np.radians(lat))) / (2 * np.pi)) * 2**zoom)
        places += [(zoom, column + i, row + j, png(120, 200, 140)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    mbtiles(tmp_path / "底图.mbtiles", places)
    webmap.write(
        small_results(),
        tmp_path / "held.html",
        "zh",
        bases=[BaseMap("", "file", path=tmp_path / "底图.mbtiles")],
    )
    page, asked, said = show(tmp_path / "held.html")
    page.evaluate(f"{MAP}.setView([{lat}, {lon}], 13, {{animate: false}})")
    page.wait_for_function(
        "document.querySelectorAll('.leaflet-base-pane img.leaflet-tile-loaded').length > 1"
    )
    assert (
        page.evaluate("document.querySelector('.leaflet-base-pane img.leaflet-tile-loaded').naturalWidth")
        == 256
    )
    assert [url for url in asked if not url.startswith(("data:", "blob:", "file:"))] == []
    assert "本地底图" in page.locator(".lz-layers").inner_text()
    assert said == []


def test_print_waits_for_the_parcels_and_has_the_whole_legend_beside_the_map(files, show):
    page, _, said = show(files["inside"])
    page.evaluate(
        "window.print = () => { window.printed = true; }"
    )  # no dialogue in a browser without a screen
    page.locator("#lz-print").click()
    page.wait_for_function("window.printed")
    assert page.evaluate(f"{MAP}.hasLayer(lzTiles.layers().parcels)")
    assert not page.evaluate("lzTiles.layers().parcels.isLoading()")
    drawn = page.eval_on_selector_all(
        ".leaflet-parcels-pane canvas",
        "all => all.some((one) => {"
        " const copy = new OffscreenCanvas(one.width, one.height).getContext('2d');"
        " copy.drawImage(one, 0, 0);"
        " return copy.getImageData(0, 0, one.width, one.height).data.some(Boolean); })",
    )
    assert drawn
    area, head = (page.locator(one).bounding_box() for one in (".folium-map", "#lz-head"))
    millimetre = 96 / 25.4
    assert area["y"] + area["height"] <= 194 * millimetre
    for line in page.locator("#lz-legend p").all():
        box = line.bounding_box()
        assert box["x"] >= area["x"] + area["width"] - 1
        assert box["x"] + box["width"] <= 281 * millimetre + 1
        assert box["y"] >= head["y"] + head["height"] - 1
        assert box["y"] + box["height"] <= area["y"] + area["height"] + 1
    assert len(page.pdf(prefer_css_page_size=True, print_background=True)) > 1000
    page.wait_for_function("!document.body.classList.contains('lz-printing')")
    assert page.locator(".leaflet-bottom .lz-legend").count() == 1
    assert said == []


def test_the_print_menu_of_the_browser_prints_the_parcels_of_the_screen(files, show):
    page, _, said = show(files["inside"])
    go(page, 37, 14)
    assert colors(page) > 0
    view = f"[{MAP}.getZoom(), {MAP}.getCenter().lat, {MAP}.getCenter().lng]"
    before = page.evaluate(view)
    page.evaluate(
        f"window.addEventListener('beforeprint', () => {{ window.seen = [...{view}, ({COLORED})()]; }})"
    )
    page.pdf(prefer_css_page_size=True, print_background=True)
    zoom, *_, drawn = page.evaluate("window.seen")
    assert zoom != before[0]  # the sheet is smaller than the screen
    assert drawn > 0
    page.wait_for_function("!document.body.classList.contains('lz-printing')")
    assert page.evaluate(view) == pytest.approx(before, abs=1e-9)
    assert said == []
