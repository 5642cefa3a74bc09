"""Farmland, villages and projects: what the towns lie among."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.demo.names import village_names
from layers.demo.shapes import Warp, legal_factor, rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.demo.layout import Prefecture
    from layers.demo.parcels import Parcels
    from layers.demo.zones import Zones

STATES = {"planned": "拟建", "started": "开工", "building": "在建", "done": "竣工", "stalled": "停工"}
KINDS = {
    "产业": ("研发中心", "产业园", "中试基地", "智能工厂", "孵化器"),
    "旅游": ("游客中心", "水街", "文化园", "民宿集群"),
    "基础设施": ("污水管网", "道路提升", "综合管廊", "公交首末站"),
    "公共服务": ("小镇客厅", "实验学校", "社区医院", "文体中心"),
    "商品住宅": ("花园", "水岸人家"),
    "商业综合体": ("广场", "城市综合体"),
}


def farmland(frame: Prefecture, zones: Zones) -> gpd.GeoDataFrame:
    """Permanent basic farmland 永久基本农田: winding fields in the restricted zone, in patches."""
    random = rng(frame.seed, 40)
    side = frame.size.fields
    x0, y0, x1, y1 = shapely.total_bounds(frame.towns)
    columns, rows = int((x1 - x0) / side) + 1, int((y1 - y0) / side) + 1
    corners = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij"), -1) * side
    corners = corners + (x0, y0) + random.uniform(-0.27, 0.27, corners.shape) * side
    ring = [corners[:-1, :-1], corners[1:, :-1], corners[1:, 1:], corners[:-1, 1:]]
    squares = np.stack(ring, axis=2).reshape(-1, 4, 2)
    middles = squares.mean(axis=1)
    patches = Warp(frame.seed, 41, (22_000, 9_000, 4_000), 0.9)(middles) - middles
    some = patches[:, 0] + patches[:, 1] < np.quantile(patches.sum(axis=1), 0.72)
    squares = squares[some]
    shrink = random.uniform(0.90, 0.985, (len(squares), 1, 1))
    squares = (squares - squares.mean(axis=1, keepdims=True)) * shrink + squares.mean(axis=1, keepdims=True)
    shapes = shapely.segmentize(shapely.polygons(squares), side / 7)
    shapes = shapely.transform(shapes, Warp(frame.seed, 42, (9_000, 3_500, 1_300, 500, 160), 0.45))
    open_land = zones.shapes[np.isin(zones.codes, ["030"])]
    shapely.prepare(open_land)
    field, zone = shapely.STRtree(shapes).query(open_land, predicate="contains_properly")[::-1]
    shapes, owner = shapes[field], zones.town[np.flatnonzero(zones.codes == "030")[zone]]
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    near = np.zeros(len(shapes), dtype=bool)
    for place in frame.places:
        near |= shapely.distance(place.area, shapely.points(centres)) < side
    shapes, owner = shapes[~near], owner[~near]
    return gpd.GeoDataFrame(
        {
            "BSM": [f"JBNT{n + 1:06d}" for n in range(len(shapes))],
            "XZQMC": [frame.names[n] for n in owner],
            "YJJBNTMJ": np.round(shapely.area(shapes) * legal_factor(centres[~near, 0]), 2),
        },
        geometry=shapes,
        crs="EPSG:4549",
    )


def villages(frame: Prefecture, points: NDArray[np.float64], towns: NDArray[np.int64]) -> gpd.GeoDataFrame:
    """Villages 行政村 with their town."""
    names = village_names(rng(frame.seed, 60), len(points))
    return gpd.GeoDataFrame(
        {"村名": names, "所属乡镇": [frame.names[n] for n in towns]},
        geometry=shapely.points(np.round(points, 1)),
        crs="EPSG:4549",
    )


def projects(frame: Prefecture, parcels: Parcels) -> gpd.GeoDataFrame:
    """Projects 项目 of special towns and pilot towns, each on a lot of its town."""
    random = rng(frame.seed, 70)
    rows = []
    for place in frame.places:
        inside = np.flatnonzero(shapely.contains_properly(place.area, parcels.shapes))
        rows += _projects(random, place.name, parcels.shapes[inside], int(random.integers(7, 13)))
    for town in frame.pilots:
        inside = np.flatnonzero(parcels.town == town)
        rows += _projects(random, frame.names[town], parcels.shapes[inside], int(random.integers(3, 7)))
    table = pd.DataFrame(rows)
    return gpd.GeoDataFrame(
        table.drop(columns="point"), geometry=shapely.points(np.vstack(table["point"])), crs="EPSG:4549"
    )


def _projects(
    random: np.random.Generator, town: str, lots: NDArray[np.object_], n: int
) -> list[dict[str, object]]:
    rows = []
    for lot in random.choice(len(lots), min(n, len(lots)), replace=False):
        kind = str(random.choice(list(KINDS), p=[0.46, 0.16, 0.12, 0.12, 0.08, 0.06]))
        state = str(random.choice(list(STATES), p=[0.14, 0.16, 0.44, 0.20, 0.06]))
        planned = round(float(random.lognormal(0.6, 0.9)), 2)
        share = {"planned": 0.0, "started": 0.08, "building": 0.5, "done": 1.0, "stalled": 0.25}[state]
        paid = round(planned * min(1.0, share * float(random.uniform(0.8, 1.3))), 2)
        start = 2015 * 4 + int(random.integers(0, 8))
        point = shapely.get_coordinates(shapely.point_on_surface(lots[lot]))[0]
        rows.append(
            {
                "项目名称": f"{town[:-2] if town.endswith('小镇') else town[:-1]}{random.choice(KINDS[kind])}",
                "所属乡镇": town,
                "状态": STATES[state],
                "计划投资(亿元)": planned,
                "已完成投资(亿元)": paid,
                "类别": kind,
                "开工时间": f"{start // 4}Q{start % 4 + 1}",
                "竣工时间": f"{start // 4 + 2}Q{start % 4 + 1}",
                "point": np.round(point, 2),
            }
        )
    return rows
