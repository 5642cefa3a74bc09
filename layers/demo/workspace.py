"""Write the demo workspace: draw the prefecture, lay it down in files, say what is in them."""

from __future__ import annotations

import json
import shutil
import tomllib
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from layers.demo import assessments, backdrop, files, greenways, indicators, land, rasters, sites
from layers.demo.layout import SIZES, STRETCH, Place, Prefecture, prefecture
from layers.demo.names import PREFECTURE
from layers.demo.parcels import Parcels, settle
from layers.demo.plan import truth
from layers.demo.shapes import blob, rng
from layers.demo.zones import Zones, zones
from spatial.areas import legal_area
from spatial.errors import LiangzhenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CRS = "EPSG:4549"
TITLE = f"{PREFECTURE}两镇评估（演示数据）"
CLASS_NAMES = {
    "0508": "物流仓储用地", "05H1": "商业服务业设施用地", "0601": "工业用地", "0701": "城镇住宅用地",
    "0702": "农村宅基地", "0809": "公用设施用地", "0810": "公园与绿地", "08H1": "机关团体新闻出版用地",
    "08H2": "科教文卫用地", "09": "特殊用地", "1005": "交通服务场站用地", "1006": "农村道路",
}  # fmt: skip
STEPS = 5


class DemoError(LiangzhenError):
    """The demo cannot be written there, or not in that size."""


def write(
    folder: Path, size: str = "normal", seed: int = 2016, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Write the demo workspace into `folder`.

    Parameters
    ----------
    folder
        New, empty, or one that holds an earlier demo, which is replaced.
    size
        ``small`` (2 counties, 14 towns, about 2,000 parcels), ``normal`` (7 counties, 70 towns, about
        60,000 parcels) or ``large`` (about a million parcels).
    seed
        The same seed gives the same files.
    progress
        Called with the steps done and the number of steps.

    Returns
    -------
    Path
        `folder`, holding ``workspace.toml``, ``truth.json`` and ``data/``.

    Raises
    ------
    DemoError
        ``demo-size-unknown``, or ``demo-folder-taken`` if `folder` holds anything but a demo.
    """
    if size not in SIZES:
        raise DemoError("demo-size-unknown", size=size, sizes=", ".join(SIZES))
    if not _free(folder):
        raise DemoError("demo-folder-taken", path=folder)
    report = progress or _silent
    report(0, STEPS)
    frame = prefecture(SIZES[size], seed)
    parcels, built, village_points, village_towns = settle(frame)
    report(1, STEPS)
    areas = zones(frame, built)
    report(2, STEPS)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    data = part / "data"
    data.mkdir(parents=True)
    _frame_files(data, frame, areas)
    report(3, STEPS)
    files.geopackage(data / "建设用地图斑.gpkg", _parcel_layers(frame, parcels))
    report(4, STEPS)
    fields = backdrop.farmland(frame, areas)
    files.geoparquet(data / "永久基本农田.parquet", fields)
    villages = backdrop.villages(frame, village_points, village_towns)
    files.geojson(data / "村.geojson", villages)
    walks = greenways.write(data, frame, villages)
    land.write(data, frame, parcels)
    planted = sites.write(data, frame, parcels, backdrop.projects(frame, parcels), fields)
    _tables(data, frame)
    special = {place.plan.key: place.name for place in frame.places}
    pilots = [frame.names[n] for n in frame.pilots]
    county_of = {frame.names[n]: frame.counties[frame.county[n]] for n in frame.pilots}
    assessments.write_register(part, special, pilots, county_of)
    facts = truth([p.name for p in frame.places], pilots)
    facts["projects"] = planted
    facts["greenways"] = walks
    facts["rasters"] = rasters.write(data, frame, parcels)
    facts["proposals"] = assessments.proposals(special, pilots)
    text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    (part / "truth.json").write_text(text, encoding="utf-8", newline="\n")
    (part / "workspace.toml").write_text(_toml(), encoding="utf-8", newline="\n")
    _move(part, folder)
    report(5, STEPS)
    return folder


def _silent(done: int, total: int) -> None:
    """Report nothing."""


def _free(folder: Path) -> bool:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return True
    try:
        return tomllib.loads((folder / "workspace.toml").read_text(encoding="utf-8")).get("demo") is True
    except (OSError, ValueError):
        return False


def _move(part: Path, folder: Path) -> None:
    """Put the finished demo in place of an earlier one; other files of the folder stay."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "data").exists():
        shutil.rmtree(folder / "data")
    for item in sorted(part.iterdir()):
        item.replace(folder / item.name)
    part.rmdir()


def _frame_files(data: Path, frame: Prefecture, areas: Zones) -> None:
    county = [frame.counties[n] for n in frame.county]
    towns = gpd.GeoDataFrame(
        {
            "BSM": [f"XZQ{n + 1:05d}" for n in range(len(frame.names))],
            "XZQDM": frame.codes,
            "XZQMC": frame.names,
            "县(市、区)": county,
            "县代码": [frame.county_codes[n] for n in frame.county],
        },
        geometry=frame.towns,
        crs=CRS,
    )
    counties = gpd.GeoDataFrame(
        {"XZQDM": frame.county_codes, "XZQMC": frame.counties}, geometry=frame.county_shapes, crs=CRS
    )
    planned = gpd.GeoDataFrame(
        {
            "名称": [p.name for p in frame.places],
            "面积(公顷)": np.round(legal_area(_areas(frame), CRS) / 1e4, 2),
        },
        geometry=_areas(frame),
        crs=CRS,
    )
    drawn = [(p.name, shape) for p, shape in zip(frame.places, _construction(frame), strict=True) if shape]
    construction = gpd.GeoDataFrame(
        {"名称": [name for name, _ in drawn]}, geometry=[shape for _, shape in drawn], crs=CRS
    )
    files.geopackage(data / "行政区.gpkg", {"XZQ": towns, "XZQ_X": counties})
    files.geopackage(data / "特色小镇.gpkg", {"GHFW": planned, "JSQY": construction})
    control = gpd.GeoDataFrame(
        {
            "BSM": [f"GZQ{n + 1:06d}" for n in range(len(areas.shapes))],
            "XZQDM": [frame.codes[n] for n in areas.town],
            "XZQMC": [frame.names[n] for n in areas.town],
            "GZQLXDM": areas.codes,
            "GZQMJ": np.round(legal_area(areas.shapes, CRS) / 1e4, 2),
        },
        geometry=areas.shapes,
        crs=CRS,
    )
    files.shapefile(data / "建设用地管制区.shp", control)
    redline = gpd.GeoDataFrame(
        {
            "名称": [f"第{n + 1}号红线区" for n in range(len(areas.redline))],
            "类型": [("水源涵养", "生物多样性维护")[n % 2] for n in range(len(areas.redline))],
        },
        geometry=areas.redline,
        crs=CRS,
    )
    files.geopackage(data / "生态保护红线.gpkg", {"STBHHX": redline})


def _areas(frame: Prefecture) -> np.ndarray:
    return np.array([place.area for place in frame.places])


def _construction(frame: Prefecture) -> list[shapely.Polygon | None]:
    """Stated construction areas 建设区域; one is left out, one sticks out of its planned area."""
    return [
        None if place.plan.area is None else _stated(rng(frame.seed, 90, number), place, place.plan.area)
        for number, place in enumerate(frame.places)
    ]


def _stated(random: np.random.Generator, place: Place, km2: float) -> shapely.Polygon:
    """Construction area that lies clear inside the planned area, or well across its border where planned."""
    x, y = place.centre
    if place.plan.sticks_out:
        reach = 0.55 * np.sqrt(place.plan.planned * 1e6 / np.pi)
        x, y = x - reach * np.sin(place.angle), y + reach * np.cos(place.angle)
    inner = shapely.buffer(place.area, -10)
    for _ in range(30):
        shape = blob(random, (x, y), km2 * 1e6, stretch=STRETCH, angle=place.angle, rough=0.02, sides=7)
        if place.plan.sticks_out or inner.contains(shape):
            return shape
    share = np.sqrt(km2 / place.plan.planned)
    return shapely.transform(place.area, lambda xy: np.round((xy - place.centre) * share + place.centre, 3))


def _parcel_layers(frame: Prefecture, parcels: Parcels) -> dict[str, gpd.GeoDataFrame]:
    """Parcels as of 2015Q4 (without the new ones) and as of 2016Q4."""
    order = np.argsort(parcels.town, kind="stable")
    shapes, town = parcels.shapes[order], parcels.town[order]
    classes, new = parcels.classes[order], parcels.new[order]
    within = np.arange(len(town)) - np.searchsorted(town, town)
    village = within // 400
    codes, names = np.array(frame.codes), np.array(frame.names)
    later = gpd.GeoDataFrame(
        {
            "BSM": np.char.add("3399", np.char.zfill((np.arange(len(town)) + 1).astype(str), 10)),
            "YSDM": np.full(len(town), "2001010100"),
            "TBBH": np.char.zfill((within + 1).astype(str), 5),
            "DLBM": classes,
            "DLMC": np.vectorize(CLASS_NAMES.get)(classes),
            "ZLDWDM": np.char.add(codes[town], np.char.zfill(village.astype(str), 3)),
            "ZLDWMC": names[town],
            "TBMJ": np.round(legal_area(shapes, CRS), 2),
        },
        geometry=shapes,
        crs=CRS,
    )
    return {"DLTB_2015": later[~new], "DLTB_2016": later}


def _tables(data: Path, frame: Prefecture) -> None:
    files.excel(
        data / "两镇名录.xlsx",
        {
            "名录": (f"{PREFECTURE}特色小镇和小城市培育试点镇名录（演示数据）", indicators.register(frame)),
            "例外": ("批准的例外（演示数据）", indicators.exceptions(frame)),
        },
    )
    files.excel(
        data / "季度指标.xlsx",
        {
            "镇": (
                f"{PREFECTURE}两镇季度指标（1月起累计，演示数据）",
                indicators.with_first_report(indicators.towns(frame), frame),
            ),
            "县": (f"{PREFECTURE}县（市、区）季度指标（1月起累计，演示数据）", indicators.counties(frame)),
        },
    )
    files.csv(data / "季度会议.csv", indicators.meetings())


LAYERS: tuple[tuple[str, str, str, dict[str, str | int]], ...] = (
    ("towns", "town_boundary", "行政区.gpkg", {"layer": "XZQ"}),
    ("counties", "county_boundary", "行政区.gpkg", {"layer": "XZQ_X"}),
    ("register", "town", "两镇名录.xlsx", {"sheet": "名录", "header_row": 2}),
    ("planned", "planned_area", "特色小镇.gpkg", {"layer": "GHFW"}),
    ("construction-areas", "construction_area", "特色小镇.gpkg", {"layer": "JSQY"}),
    ("parcels-2015", "construction_land", "建设用地图斑.gpkg", {"layer": "DLTB_2015", "date": "2015Q4"}),
    ("parcels-2016", "construction_land", "建设用地图斑.gpkg", {"layer": "DLTB_2016", "date": "2016Q4"}),
    ("zones", "expansion_boundary", "建设用地管制区.shp", {}),
    ("farmland", "farmland", "永久基本农田.parquet", {}),
    ("redline", "redline", "生态保护红线.gpkg", {"layer": "STBHHX"}),
    ("villages", "village", "村.geojson", {}),
    ("projects", "project", "项目.gpkg", {"layer": "XM"}),
    ("town-indicators", "town_indicator", "季度指标.xlsx", {"sheet": "镇", "header_row": 2}),
    ("county-indicators", "county_indicator", "季度指标.xlsx", {"sheet": "县", "header_row": 2}),
    ("exceptions", "exception", "两镇名录.xlsx", {"sheet": "例外", "header_row": 2}),
    ("meetings", "meeting", "季度会议.csv", {}),
    *greenways.LAYERS, *land.LAYERS, *sites.LAYERS,
    *rasters.LAYERS,
)  # fmt: skip


def _toml() -> str:
    lines = [
        "# 演示数据：合成的市，地名、边界和数字都是虚构的。",
        f'title = "{TITLE}"',
        f'crs = "{CRS}"',
        'policy = "jiaxing-2016"',
        "demo = true",
    ]
    for name, role, path, more in LAYERS:
        lines += ["", "[[layer]]", f'name = "{name}"', f'role = "{role}"', f'path = "data/{path}"']
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in more.items()]
    return "\n".join(lines) + "\n"
