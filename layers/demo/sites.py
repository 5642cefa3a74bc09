"""Projects with their money by quarter, and sites and streets, with planted cases and the truth of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.demo import files, indicators
from layers.demo.backdrop import STATES
from layers.demo.plan import SPECIAL
from layers.demo.shapes import rng

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.demo.layout import Prefecture
    from layers.demo.parcels import Parcels

    Floats = NDArray[np.float64]

CRS = "EPSG:4549"
QUARTERS = indicators.QUARTERS
FIRST, LAST = 2015 * 4, 2016 * 4 + 3
PLANTED = {
    "outside": "芯谷", "late": "光机", "standstill": "泵阀", "unreported": "新材", "more": "云仓", "undone_hall": "茶市",
}  # fmt: skip
"""Which special town holds which planted case; farmland lies under projects of two pilot towns."""
MORE_YI = 6.0
APART = ("商品住宅", "商业综合体")
LAYERS: tuple[tuple[str, str, str, dict[str, str | int]], ...] = (
    ("project-areas", "project", "项目.gpkg", {"layer": "XMFW"}),
    ("project-reports", "project_report", "项目季报.xlsx", {"sheet": "项目", "header_row": 2}),
    ("renewal", "renewal_project", "更新改造.gpkg", {"layer": "GXGZ"}),
    ("streets", "street", "更新改造.gpkg", {"layer": "JL"}),
    ("cleanup", "cleanup_site", "环境整治点.geojson", {}),
    ("halls", "reception_hall", "小镇客厅.geojson", {}),
)
LOTS = 4
RENEWALS = ("三改一拆", "两退两进", "农房改造集聚", "集镇有机更新")
CLEANUPS = ("道路", "河道", "城中村", "老旧小区", "背街小巷", "集贸市场", "城乡结合部", "卫生死角")
STREETS = ("人民路", "中山路", "建设路", "环城路")
CHIEFS = ("沈建国", "陆明", "钱小芳", "朱永强", "徐丽华", "吴志伟")


def write(
    data: Path, frame: Prefecture, parcels: Parcels, points: gpd.GeoDataFrame, farmland: gpd.GeoDataFrame
) -> dict[str, object]:
    """Write projects, their reports, and sites and streets; return what was planted.

    Parameters
    ----------
    data
        Folder of the files.
    frame, parcels
        The prefecture and its lots.
    points
        Projects as `layers.demo.backdrop.projects` draws them; their money and dates are drawn anew, so that
        the sums of the projects are the investment that the towns report.
    farmland
        Permanent basic farmland.
    """
    projects, reports, truth = _projects(frame, points, farmland)
    areas = _areas(frame, parcels, farmland, len(projects))
    truth["on_farmland"] = [*truth["on_farmland"], areas["项目名称"].iloc[0]]
    files.geopackage(data / "项目.gpkg", {"XM": projects, "XMFW": areas})
    files.excel(data / "项目季报.xlsx", {"项目": ("项目季报（开工以来累计，演示数据）", reports)})
    random = rng(frame.seed, 95)
    renewal, streets = _renewal(random, frame, parcels), _streets(random, frame)
    files.geopackage(data / "更新改造.gpkg", {"GXGZ": renewal, "JL": streets})
    cleanup, halls = _cleanup(random, frame, parcels), _halls(random, frame, parcels)
    files.geojson(data / "环境整治点.geojson", cleanup)
    files.geojson(data / "小镇客厅.geojson", halls)
    still_open = cleanup[cleanup["整治日期"].isna()].groupby("所属乡镇").size()
    return truth | {
        "streets_without_chief": streets["路长"]
        .isna()
        .groupby(streets["所属乡镇"])
        .sum()
        .astype(int)
        .to_dict(),
        "cleanup_open": {town: int(n) for town, n in still_open.items()},
        "halls_not_open": halls.loc[halls["状态"] != "已开放", "小镇"].tolist(),
    }


def _projects(
    frame: Prefecture, points: gpd.GeoDataFrame, farmland: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, dict[str, list[str]]]:
    random = rng(frame.seed, 96)
    table = points.copy()
    table["项目名称"] = _apart(table["项目名称"])
    table["项目代码"] = [f"XM{number + 1:04d}" for number in range(len(table))]
    table["是否计入"] = table["类别"].where(table["类别"].isin(APART), "是")
    table["报告期"] = QUARTERS[-1]
    spent = _spent(frame)
    chosen = {
        case: table.index[table["所属乡镇"] == _name(frame, key)][0]
        for case, key in PLANTED.items()
        if case != "undone_hall"
    }
    parts, reports = [], []
    for town, rows in table.groupby("所属乡镇", sort=False):
        money, told = _town(random, rows, spent[str(town)], chosen)
        parts.append(money)
        reports.append(told)
    table = table.drop(columns=["状态", "计划投资(亿元)", "已完成投资(亿元)", "开工时间", "竣工时间"]).join(
        pd.concat(parts)
    )
    told = pd.concat(reports, ignore_index=True)
    gone = (told["项目代码"] == table.loc[chosen["unreported"], "项目代码"]) & (told["报告期"] == "2016Q2")
    table.loc[chosen["outside"], "geometry"] = shapely.Point(_elsewhere(frame, PLANTED["outside"]))
    town, field = _field(frame, farmland, 0)
    on_field = table.index[table["所属乡镇"] == frame.names[town]][1]
    table.loc[on_field, "geometry"] = field
    names = table["项目名称"]
    stopped = names[table["状态"] == STATES["stalled"]].tolist()
    return (
        table,
        told[~gone],
        {
            "outside_town": [names[chosen["outside"]]],
            "on_farmland": [names[on_field]],
            "late": sorted([names[chosen["late"]], names[chosen["standstill"]], *stopped]),
            "standing_still": sorted([names[chosen["standstill"]], *stopped]),
            "unreported": [names[chosen["unreported"]]],
            "projects_more": [_name(frame, PLANTED["more"])],
        },
    )


def _apart(names: pd.Series) -> pd.Series:
    """Number the second and later projects of one name."""
    again = names.groupby(names).cumcount()
    return names.where(again == 0, names + (again + 1).map(lambda n: "一二三四五六七八九十"[n - 1] + "期"))


def _name(frame: Prefecture, key: str) -> str:
    return next(place.name for place in frame.places if place.plan.key == key)


def _spent(frame: Prefecture) -> dict[str, Floats]:
    """Investment of each town in each of the eight quarters, 10^8 yuan; the plan's where none is reported."""
    table = indicators.towns(frame)
    table = table[table[indicators.PERIOD].isin(QUARTERS)]
    found = {}
    for town, rows in table.groupby(indicators.NAME, sort=False):
        cumulative = (
            rows.set_index(indicators.PERIOD)[indicators.FIXED].reindex(QUARTERS).to_numpy(dtype=float)
        )
        found[str(town)] = cumulative.copy()
    for place, plan in zip(frame.places, SPECIAL, strict=True):
        for year, (fixed, _, _) in plan.investment.items():
            if year >= FIRST // 4:
                at = 4 * (year - FIRST // 4)
                found[place.name][at : at + 4] = np.round(fixed * indicators.SHARES, 2)
    for town, cumulative in found.items():
        years = np.nan_to_num(cumulative).reshape(-1, 4)
        found[town] = np.diff(years, axis=1, prepend=0.0).ravel()
    return found


def _town(
    random: np.random.Generator, rows: gpd.GeoDataFrame, spent: Floats, chosen: dict[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Money, dates and reports of the projects of one town, which add up to what the town spent."""
    codes = {word: code for code, word in STATES.items()}
    state = [codes[word] for word in rows["状态"]]
    for case in chosen.values():
        if case in rows.index:
            state[rows.index.get_loc(case)] = "building"
    if "building" not in state or chosen["standstill"] in rows.index:
        state[-1] = "building"
    first = int(np.flatnonzero(spent)[0])
    spans = np.array([_span(random, one, first) for one in state])
    lead = [place for place, one in enumerate(state) if one == "building"][-1]
    spans[lead, 0] = first
    for place, key in enumerate(rows.index):
        if key == chosen["standstill"]:
            spans[place] = first, first + 1, first + 9
    quarters = np.arange(len(QUARTERS))
    active = (quarters >= spans[:, [0]]) & (quarters <= spans[:, [1]])
    weights = random.lognormal(0, 0.5, len(rows))[:, None] * active
    paid = np.cumsum(weights / np.maximum(weights.sum(axis=0), 1e-12) * spent, axis=1)
    if chosen["more"] in rows.index:
        paid[rows.index.get_loc(chosen["more"]), -1] += MORE_YI
    paid = np.round(paid, 4)
    slow = [key in {chosen["late"], chosen["standstill"]} for key in rows.index]
    planned = [_planned(random, one, paid[n, -1], spans[n], late=slow[n]) for n, one in enumerate(state)]
    money = pd.DataFrame(
        {
            "状态": [STATES[one] for one in state],
            "计划投资(亿元)": planned,
            "已完成投资(亿元)": paid[:, -1],
            "到位资金(亿元)": [round(sum_ * (0.6 if one == "planned" else 1.0), 4) for sum_, one in zip(planned, state, strict=True)],
            "开工时间": [_quarter(span[0]) for span in spans],
            "竣工时间": [_quarter(span[2]) for span in spans],
        },
        index=rows.index,
    )  # fmt: skip
    return money, _reports(rows, state, spans, paid)


def _span(random: np.random.Generator, state: str, first: int) -> tuple[int, int, int]:
    """Quarters, counted from 2015Q1, of the start, the last payment, and the planned finish."""
    if state == "planned":
        start = int(random.integers(8, 12))
        return start, start + 7, start + 7
    if state == "started":
        return int(random.integers(6, 8)), 15, int(random.integers(13, 17))
    if state == "done":
        end = int(random.integers(max(first + 1, 4), 7))
        return first, end, end
    if state == "stalled":
        return first, first + 1, first + 9
    return first + int(random.integers(0, min(4, 7 - first))), 15, int(random.integers(9, 15))


def _planned(random: np.random.Generator, state: str, paid: float, span: Floats, *, late: bool) -> float:
    """Money planned, so that the project is on time, or not."""
    if state == "planned":
        return round(float(random.lognormal(0.6, 0.9)), 4)
    if state == "done":
        return float(paid)
    share = (len(QUARTERS) - span[0]) / (span[2] - span[0] + 1)
    pace = 0.25 if late or state == "stalled" else float(random.uniform(0.93, 1.0))
    return round(float(paid / (share * pace)), 4)


def _reports(rows: gpd.GeoDataFrame, state: list[str], spans: Floats, paid: Floats) -> pd.DataFrame:
    """Reports of every quarter from the start (at the latest the last one) to the end."""
    told = []
    for place, (key, one) in enumerate(zip(rows.index, state, strict=True)):
        start, end = int(spans[place, 0]), int(spans[place, 1])
        for quarter in range(min(start, len(QUARTERS) - 1), len(QUARTERS)):
            now = one if one not in {"done", "stalled"} or quarter >= end else "building"
            told.append(
                {
                    "项目名称": rows.loc[key, "项目名称"], "项目代码": rows.loc[key, "项目代码"],
                    "所属乡镇": rows.loc[key, "所属乡镇"], "报告期": QUARTERS[quarter],
                    "状态": STATES[now], "累计完成投资(亿元)": paid[place, quarter],
                }
            )  # fmt: skip
    return pd.DataFrame(told)


def _quarter(count: int) -> str:
    return f"{2015 + int(count) // 4}Q{int(count) % 4 + 1}"


def _elsewhere(frame: Prefecture, key: str) -> Floats:
    """Seat of a town that is not the host of the special town."""
    place = next(place for place in frame.places if place.plan.key == key)
    seat: Floats = np.round(frame.seats[(place.host + 1) % len(frame.seats)], 2)
    return seat


def _field(frame: Prefecture, farmland: gpd.GeoDataFrame, nth: int) -> tuple[int, shapely.Point]:
    """The nth pilot town with fields, and a point inside its largest one."""
    fields = farmland.geometry.to_numpy()
    inside = {town: fields[shapely.contains_properly(frame.towns[town], fields)] for town in frame.pilots}
    town = [town for town, own in inside.items() if len(own)][nth]
    largest = inside[town][np.argmax(shapely.area(inside[town]))]
    x, y = shapely.get_coordinates(shapely.point_on_surface(largest))[0]
    return town, shapely.Point(round(x, 2), round(y, 2))


def _areas(frame: Prefecture, parcels: Parcels, farmland: gpd.GeoDataFrame, known: int) -> gpd.GeoDataFrame:
    """Projects drawn as areas, not begun: one of 40 m by 40 m on farmland, others on lots of their town."""
    first, field = _field(frame, farmland, 1)
    shapes = [shapely.box(field.x - 20, field.y - 20, field.x + 20, field.y + 20)]
    towns = [frame.names[first]]
    for pilot in [town for town in frame.pilots if town != first][:2]:
        lots = np.flatnonzero(parcels.town == pilot)
        shapes.append(parcels.shapes[lots[np.argmax(shapely.area(parcels.shapes[lots]))]])
        towns.append(frame.names[pilot])
    count = len(shapes)
    return gpd.GeoDataFrame(
        {
            "项目名称": [
                f"{town[:-1]}{word}"
                for town, word in zip(towns, ("冷链基地", "实训中心", "公交枢纽"), strict=True)
            ],
            "所属乡镇": towns,
            "状态": STATES["planned"],
            "计划投资(亿元)": [1.2, 0.8, 0.5],
            "已完成投资(亿元)": 0.0,
            "类别": ["产业", "公共服务", "基础设施"],
            "开工时间": "2017Q2",
            "竣工时间": "2018Q2",
            "到位资金(亿元)": [0.6, 0.8, 0.5],
            "是否计入": "是",
            "报告期": QUARTERS[-1],
            "项目代码": [f"XM{known + number + 1:04d}" for number in range(count)],
        },
        geometry=shapes,
        crs=CRS,
    )


def _renewal(random: np.random.Generator, frame: Prefecture, parcels: Parcels) -> gpd.GeoDataFrame:
    """Renewal areas of each pilot town: lots near one another, one of each kind, some done, some under way."""
    rows: list[tuple[object, ...]] = []
    shapes = []
    for town in frame.pilots:
        lots = parcels.shapes[parcels.town == town]
        away = np.hypot(*(shapely.get_coordinates(shapely.centroid(lots)) - frame.seats[town]).T)
        groups = lots[np.argsort(away, kind="stable")][: LOTS * len(RENEWALS)].reshape(len(RENEWALS), LOTS)
        for kind, group in zip(RENEWALS, groups, strict=True):
            start = int(random.integers(0, 8))
            finish = start + int(random.integers(2, 6))
            state = "已完成" if finish < len(QUARTERS) else "实施中"
            name = frame.names[town]
            rows.append((f"{name[:-1]}{kind}项目", name, kind, state, _quarter(start), _quarter(finish)))
            shapes.append(shapely.multipolygons(shapely.get_parts(shapely.union_all(group))))
    names = ["项目名称", "所属乡镇", "改造类型", "状态", "开工时间", "竣工时间"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=names), geometry=shapes, crs=CRS)


def _streets(random: np.random.Generator, frame: Prefecture) -> gpd.GeoDataFrame:
    """Streets through the centre of each pilot town; each third town has one without a chief."""
    rows, lines = [], []
    reach = frame.size.centre_radius * 0.8
    for place, town in enumerate(frame.pilots):
        angle = float(random.uniform(0, np.pi))
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        for number, name in enumerate(STREETS):
            way = along if number % 2 == 0 else across
            middle = frame.seats[town] + (across if number % 2 == 0 else along) * reach * (
                0.3 if number > 1 else -0.2
            )
            lines.append(
                shapely.LineString(np.round([middle - way * reach, middle, middle + way * reach], 2))
            )
            chief = None if place % 3 == 0 and name == STREETS[-1] else str(random.choice(CHIEFS))
            since = None if chief is None else f"{2015 + number % 2}-{3 + place % 9:02d}-01"
            rows.append((name, frame.names[town], chief, since))
    table = pd.DataFrame(rows, columns=["道路名称", "所属乡镇", "路长", "到岗日期"])
    return gpd.GeoDataFrame(table, geometry=lines, crs=CRS)


def _cleanup(random: np.random.Generator, frame: Prefecture, parcels: Parcels) -> gpd.GeoDataFrame:
    """Clean-up sites of each pilot town, found in 2016, one in seven still open."""
    rows: list[tuple[object, ...]] = []
    points = []
    for town in frame.pilots:
        lots = parcels.shapes[parcels.town == town]
        for lot in random.choice(len(lots), len(CLEANUPS), replace=False):
            month = int(random.integers(1, 9))
            done = None if random.random() < 1 / 7 else f"2016-{month + int(random.integers(1, 4)):02d}-20"
            kind = CLEANUPS[len(rows) % len(CLEANUPS)]
            rows.append((frame.names[town], kind, f"2016-{month:02d}-05", done))
            points.append(shapely.point_on_surface(lots[lot]))
    table = pd.DataFrame(rows, columns=["所属乡镇", "整治类型", "发现日期", "整治日期"])
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS)


def _halls(random: np.random.Generator, frame: Prefecture, parcels: Parcels) -> gpd.GeoDataFrame:
    """A reception hall 小镇客厅 in each special town, all open but one."""
    rows, points = [], []
    for place in frame.places:
        lots = parcels.shapes[shapely.contains_properly(place.area, parcels.shapes)]
        shut = place.plan.key == PLANTED["undone_hall"]
        rows.append(
            (
                f"{place.name}客厅",
                place.name,
                "在建" if shut else "已开放",
                None if shut else f"2016Q{random.integers(1, 5)}",
            )
        )
        points.append(shapely.point_on_surface(lots[int(random.integers(0, len(lots)))]))
    table = pd.DataFrame(rows, columns=["小镇客厅名称", "小镇", "状态", "开放时间"])
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS)
