"""Pages of the map in a real browser that has no network."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest

from tests.maps.test_webmap import installed

CHROMIUM = shutil.which("chromium")
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"wide": (1920, 1080), "laptop": (1366, 768), "small": (1024, 768), "phone": (390, 800)}
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
    installed,
]


@contextmanager
def chromium():
    """A running Chromium."""
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield started
        started.close()


@contextmanager
def pages(browser):
    """A way to open pages without a network; at the end, nothing was asked for and nothing went wrong."""
    opened, asked, said, own = [], [], [], set()

    def show(path, size="laptop", address=""):
        width, height = SIZES[size]
        context = browser.new_context(
            offline=True, viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        opened.append(context)
        own.add(path.as_uri())
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri() + address)
        page.wait_for_selector("body[data-ready=yes]")
        return page

    yield show
    for context in opened:
        context.close()
    assert {url.partition("#")[0] for url in asked if not url.startswith(("data:", "blob:"))} <= own
    assert said == []


def count(page, pane):
    """How many shapes a pane of the map holds."""
    return page.locator(f".leaflet-{pane}-pane path").count()
