"""The map with many parcels: building the tiles, sizes, first view, frame times; a table.

    python -m benchmarks.tiles FOLDER --parcels 100000 1000000

Parcels are those of `benchmarks.generate`, their classes and verdicts made up. The page is opened from disk in headless
Chromium with the network cut off, and dragged at several zooms, 10 pixels a frame: a frame is the time between two calls of
requestAnimationFrame, a long task one of more than 100 ms in the page's own thread.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from benchmarks.generate import CRS, generate
from layers.stream import GeoParquetWriter, batches
from maps import tiles, webmap
from tests.maps.results_fixture import small_results

CLASSES = np.array(["0601", "0701", "05H1", "0702", "1003"])
ZOOMS = (11, 12, 13, 14, 15, 16, 17)
MAP = "window[Object.keys(window).find((key) => key.startsWith('map_'))]"
DRAG = """async () => {
  const long = [], frames = [], watch = new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => e.duration)));
  watch.observe({ entryTypes: ["longtask"] });
  const target = document.querySelector(".leaflet-parcels-pane canvas"), next = () => new Promise((done) => requestAnimationFrame(done));
  const say = (on, kind, x, y) => on.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, clientX: x, clientY: y, button: 0, buttons: 1, view: window }));
  let last = await next();
  for (const [across, down] of [[-600, 200], [500, -260], [-300, -300]]) {
    say(target.isConnected ? target : document.querySelector(".folium-map"), "mousedown", 1100, 540);
    for (let step = 1; step <= 60; step++) {
      say(document, "mousemove", 1100 + (across * step) / 60, 540 + (down * step) / 60);
      const now = await next();
      frames.push(now - last);
      last = now;
    }
    say(document, "mouseup", 1100 + across, 540 + down);
    for (let rest = 0; rest < 20; rest++) { const now = await next(); frames.push(now - last); last = now; }
  }
  return [frames, long];
}"""


def parcels(source: Path, target: Path) -> None:
    """Generated parcels as a results folder keeps them."""
    with GeoParquetWriter(target, CRS) as out, batches(source, id_column="pid", size=1 << 16) as file:
        done = 0
        for batch in file.batches:
            count = len(batch.ids)
            number = np.arange(done, done + count)
            done += count
            area = np.round(shapely.area(shapely.from_wkb(batch.wkb.to_numpy(zero_copy_only=False))), 2)
            inside = np.where(number % 3 == 0, area, 0.0)
            out.write(pa.table({
                "id": batch.ids, "land_class": CLASSES[number * 7919 % 5], "town_id": [f"t{n % 70}" for n in number // 9000],
                "special_id": pa.nulls(count, pa.string()), "area_m2": area, "permitted_m2": inside,
                "outside_m2": np.round(area - inside, 2), "geometry": batch.wkb,
            }))  # fmt: skip


def build(source: Path, folder: Path, number: int) -> None:
    """Tiles and page; run in a process of its own, whose memory is measured."""
    names = {f"t{n}": f"示例镇{n}" for n in range(70)}
    looks = {f"p{n:08d}": "fail" for n in range(0, number, 50)}
    start = time.perf_counter()
    made = tiles.build(source, folder / "parcels.pmtiles", names, looks)
    wall = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF)
    if made is None:
        raise SystemExit(f"{source}: no parcels to draw")
    start = time.perf_counter()
    webmap.write(_results(folder.parent), folder / "map.html", "zh", parcels=made)
    beside = sum(file.stat().st_size for file in (folder / "map_tiles").glob("*.js"))
    print(
        f"build {wall:.0f} s, CPU {own.ru_utime + own.ru_stime:.0f} s, {own.ru_maxrss / 1000:.0f} MB; archive "
        f"{made.path.stat().st_size / 1e6:.0f} MB; page {(folder / 'map.html').stat().st_size / 1e6:.1f} MB and "
        f"{beside / 1e6:.0f} MB beside, written in {time.perf_counter() - start:.0f} s"
    )
    print("drawn by zoom: " + ", ".join(f"{zoom}: {count}" for zoom, count in made.drawn.items()))


def _results(folder: Path) -> Any:
    import geopandas as gpd
    import pandas as pd

    results = small_results()
    shapes = gpd.read_parquet(folder / "towns.parquet").geometry
    blank = dict.fromkeys(results.towns.columns.drop("geometry"))
    index = pd.Index([f"t{n}" for n in range(len(shapes))], name="town_id")
    towns = gpd.GeoDataFrame(
        {**{name: [None] * len(shapes) for name in blank}, "name": [f"示例镇{n}" for n in range(len(shapes))]},
        geometry=shapes.to_numpy(), index=index, crs=CRS,
    )  # fmt: skip
    empty = {"pieces": results.pieces.iloc[:0], "findings": results.findings.iloc[:0], "context": {}}
    return replace(results, title="演示市 百万图斑", towns=towns, **empty)


def look(page_file: Path, picture: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_context(offline=True, viewport={"width": 1920, "height": 1080}).new_page()
        page.set_default_timeout(120_000)
        page.goto(page_file.as_uri(), wait_until="commit")
        page.wait_for_selector("body[data-tiles]")
        ready = page.evaluate("performance.timing.domInteractive - performance.timing.navigationStart")
        print(
            f"page {ready / 1000:.1f} s, all tiles of the first view {int(page.evaluate('document.body.dataset.tiles')) / 1000:.1f} s; load {os.getloadavg()[0]:.0f}"
        )
        page.evaluate(f"window.middle = {MAP}.getCenter()")  # drags add up to more than the land
        for zoom in ZOOMS:
            page.evaluate(
                f"delete document.body.dataset.tiles; {MAP}.setView(middle, {zoom}, {{animate: false}})"
            )
            page.wait_for_selector("body[data-tiles]")
            frames, long = page.evaluate(DRAG)
            frames = np.array(frames)
            p50, p95 = np.percentile(frames, [50, 95])
            print(
                f"zoom {zoom}: {len(frames)} frames, p50 {p50:.0f} ms, p95 {p95:.0f} ms, longest {frames.max():.0f} ms; tasks over 100 ms: {sum(one > 100 for one in long)}; load {os.getloadavg()[0]:.0f}"
            )
            if zoom == ZOOMS[-2]:
                page.wait_for_timeout(3000)
                page.mouse.click(1000, 600)
                page.wait_for_selector(".leaflet-popup")
                page.wait_for_timeout(1500)
                page.screenshot(path=picture)
        chromium.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parcels", type=int, nargs="+", default=[100_000], metavar="N")
    parser.add_argument("--build", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder: Path = options.folder
    if options.build:
        room = folder / f"map-{options.build}"
        build(room / "parcels.parquet", room, options.build)
        return
    for number, source in zip(options.parcels, generate(folder, options.parcels), strict=True):
        room = folder / f"map-{number}"
        room.mkdir(exist_ok=True)
        if not (room / "parcels.parquet").exists():
            parcels(source, room / "parcels.parquet")
        print(f"{number} parcels", flush=True)
        subprocess.run(
            [sys.executable, "-m", "benchmarks.tiles", str(folder), "--build", str(number)], check=True
        )
        look(room / "map.html", room / "map.png")


if __name__ == "__main__":
    main()
