"""Greenways 绿道 with entrances, ways and water around them, and planted: gaps, an isolated part, villages just missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.demo import files
from layers.demo.shapes import Warp, rng

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.demo.layout import Prefecture

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

CRS = "EPSG:4549"
NAME, OPENED, STATE, GRADE = "名称", "建成季度", "状态", "桥隧"
EXTRA = 0.16
QUARTERS = ("2015Q4", "2016Q1", "2016Q2", "2016Q3", "2016Q4")
LATER = "2017Q2"
REACH_M = 1_000.0
PLANTED = ("gap", "gap", "dangle", "twice", "round")
"""What is wrong with the first branches, in their order."""
GAPS_M = (8.0, 15.0)
OVER_M, BESIDE_M = 12.0, 2.0
SHORT_M, ROUND_M = 60.0, 600.0
"""How far before a village its branch ends; the road from one of them goes round."""
CLEAR_M = 350.0
"""How far planted ways stay from villages that they are not meant for."""
LAYERS: tuple[tuple[str, str, str, dict[str, str | int]], ...] = (
    ("greenways", "greenway", "绿道.geojson", {}),
    ("entrances", "greenway_access", "绿道出入口.geojson", {}),
    ("centres", "town_centre", "镇区中心.geojson", {}),
    ("roads", "road", "公路.gpkg", {"layer": "DL"}),
    ("paths", "path", "机耕路.gpkg", {"layer": "XL"}),
    ("rivers", "watercourse", "水系.gpkg", {"layer": "HDZXX"}),
    ("lakes", "water", "水系.gpkg", {"layer": "SM"}),
)


def write(data: Path, frame: Prefecture, villages: gpd.GeoDataFrame) -> dict[str, Any]:
    """Write greenways and what belongs to them; return what was planted.

    Main lines join the seats of the towns. Branches lead to villages and open quarter by quarter; some are drawn badly.
    A few roads, paths and dikes lead from villages to a greenway where it has no entrance. What is reached is found
    here by measuring every village against every entrance.
    """
    random = rng(frame.seed, 98)
    main = _main(frame)
    spots = villages.geometry.to_numpy()
    branches, doors, rounds = _branches(random, main, villages)
    lines = pd.concat(
        [main.assign(**{OPENED: None, STATE: "建成", GRADE: None}), branches], ignore_index=True
    )
    lines["长度(公里)"] = np.round(shapely.length(lines.geometry) / 1000, 2)
    doors = pd.concat([_seats(frame, main), doors], ignore_index=True)
    roads, paths, planted = _ways(random, lines, doors, villages, rounds)
    files.geojson(data / "绿道.geojson", lines)
    files.geojson(data / "绿道出入口.geojson", doors.drop(columns="network"))
    centres = {"名称": [f"{name}镇区" for name in frame.names], "所属乡镇": frame.names}
    files.geojson(
        data / "镇区中心.geojson", gpd.GeoDataFrame(centres, geometry=shapely.points(frame.seats), crs=CRS)
    )
    files.geopackage(data / "公路.gpkg", {"DL": roads})
    files.geopackage(data / "机耕路.gpkg", {"XL": paths})
    files.geopackage(data / "水系.gpkg", {"HDZXX": _rivers(frame), "SM": _lakes(frame)})
    open_ = lines[lines[STATE] == "建成"]
    return planted | _truth(spots, villages["村名"].to_numpy(), doors, open_, rounds)


def _main(frame: Prefecture) -> gpd.GeoDataFrame:
    """Greenways 绿道: a provincial line through the counties, city lines, county lines between towns."""
    random = rng(frame.seed, 50)
    edges = _links(frame.seats)
    length = np.hypot(*(frame.seats[edges[:, 0]] - frame.seats[edges[:, 1]]).T)
    tree = _spanning(edges, length, len(frame.seats))
    extra = ~tree & (random.random(len(edges)) < EXTRA) & (length < np.quantile(length, 0.7))
    heads = [int(np.flatnonzero(frame.county == c)[0]) for c in range(len(frame.counties))]
    trunk = _trunk(edges[tree], heads, len(frame.seats))
    rows = []
    for (a, b), on_tree, more in zip(edges.tolist(), tree, extra, strict=True):
        if on_tree or more:
            crossing = frame.county[a] != frame.county[b]
            level = "省级" if (a, b) in trunk else "市级" if crossing else "县级"
            rows.append((f"{frame.names[a][:-1]}—{frame.names[b][:-1]}绿道", level, frame.seats[[a, b]]))
    lines = shapely.segmentize(shapely.linestrings([xy for *_, xy in rows]), 60)
    lines = shapely.transform(lines, Warp(frame.seed, 51, (9_000, 3_200, 1_200, 450), 0.5))
    return gpd.GeoDataFrame(
        {NAME: [r[0] for r in rows], "级别": [r[1] for r in rows]}, geometry=lines, crs=CRS
    )


def _links(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Pairs of neighbours (Delaunay), shape (n, 2), the smaller first."""
    lines = shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(points), only_edges=True))
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    pairs = np.argmin(np.hypot(*(ends[:, :, None] - points).transpose(3, 0, 1, 2)), axis=2)
    return np.unique(np.sort(pairs, axis=1), axis=0)


def _spanning(edges: NDArray[np.int64], length: NDArray[np.float64], n: int) -> NDArray[np.bool_]:
    """Mark the edges of the shortest spanning tree (Kruskal)."""
    root = np.arange(n)
    mark = np.zeros(len(edges), dtype=bool)
    for place in np.argsort(length, kind="stable"):
        a, b = root[edges[place]]
        if a != b:
            root[root == b] = a
            mark[place] = True
    return mark


def _trunk(tree: NDArray[np.int64], heads: list[int], n: int) -> set[tuple[int, int]]:
    """Edges of the tree on the ways between county seats: leaves that are no seat are cut back."""
    kept = {(int(a), int(b)) for a, b in tree}
    while True:
        degree = np.bincount([town for edge in kept for town in edge], minlength=n)
        loose = {e for e in kept if any(degree[t] == 1 and t not in heads for t in e)}
        if not loose:
            return kept
        kept -= loose


def _branches(
    random: np.random.Generator, main: gpd.GeoDataFrame, villages: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[int]]:
    """Branches from the main lines to villages with an entrance at their end, an isolated part, and a stray entrance."""
    net, spots = shapely.union_all(main.geometry.to_numpy()), villages.geometry.to_numpy()
    seats = shapely.union_all(shapely.points(_ends(main)))
    away, from_seat = shapely.distance(spots, net), shapely.distance(spots, seats)
    wanted = np.flatnonzero((away > 600) & (away < 1_700) & (from_seat > 1_400))  # noqa: PLR2004
    rows: list[dict[str, Any]] = []
    doors: list[dict[str, Any]] = []
    taken: list[Any] = []
    rounds: list[int] = []
    most = max(len(PLANTED) + 6, len(spots) // 8)
    for at in random.permutation(wanted).tolist():
        base = shapely.shortest_line(net, spots[at])
        number = len(taken)
        case = PLANTED[number] if number < len(PLANTED) else ""
        end = shapely.length(base) - (ROUND_M if case == "round" else SHORT_M)
        if end < 0.5 * ROUND_M:
            continue
        line = shapely.linestrings(shapely.get_coordinates(shapely.line_interpolate_point(base, [0.0, end])))
        if (taken and shapely.distance(line, shapely.union_all(taken)) < 2 * CLEAR_M) or len(taken) == most:
            continue
        name, town = villages["村名"].iloc[at], villages["所属乡镇"].iloc[at]
        if case == "round":
            rounds.append(at)
        built = number % 9 != 8  # noqa: PLR2004 - every ninth is not there yet
        quarter = QUARTERS[number % len(QUARTERS)] if built else LATER
        common = {"级别": "县级", OPENED: quarter, STATE: "建成" if built else "在建", GRADE: None}
        taken.append(line)
        rows += [{NAME: f"{name}支线", **common, "geometry": part} for part in _drawn(line, case, number)]
        end = shapely.get_point(line, -1)
        doors.append(_door(f"{name}出入口", town, quarter, end, network=built and case != "gap"))
    rest = shapely.union_all([net, *taken])
    alone = int(np.argmax(shapely.distance(spots, rest)))
    x, y = shapely.get_coordinates(spots[alone])[0]
    line = shapely.LineString([(x - 600, y + 150), (x, y + 170), (x + 600, y + 150)])
    common = {"级别": "县级", OPENED: QUARTERS[0], STATE: "建成", GRADE: None}
    rows.append({NAME: f"{villages['村名'].iloc[alone]}环线", **common, "geometry": line})
    town = villages["所属乡镇"].iloc[alone]
    for side, place in (("西", 0), ("东", -1)):
        name, tip = f"{villages['村名'].iloc[alone]}{side}口", shapely.get_point(line, place)
        doors.append(_door(name, town, QUARTERS[0], tip, network=False))
    stray = shapely.Point(x, y - 400)
    doors.append(_door("错位出入口", town, QUARTERS[0], stray, network=False))
    return gpd.GeoDataFrame(rows, crs=CRS), gpd.GeoDataFrame(doors, crs=CRS), rounds


def _drawn(line: Any, case: str, number: int) -> list[Any]:
    """A branch as it is drawn: broken, over the main line, or twice."""
    (x, y), (end_x, end_y) = shapely.get_coordinates(line)
    along = np.array([end_x - x, end_y - y]) / shapely.length(line)
    if case == "gap":
        middle = shapely.length(line) / 2
        tips = shapely.get_coordinates(
            shapely.line_interpolate_point(line, [middle, middle + GAPS_M[number]])
        )
        return [shapely.LineString([(x, y), tips[0]]), shapely.LineString([tips[1], (end_x, end_y)])]
    if case == "dangle":
        return [shapely.LineString([np.array([x, y]) - OVER_M * along, (end_x, end_y)])]
    if case == "twice":
        beside = BESIDE_M * np.array([-along[1], along[0]])
        return [line, shapely.LineString(shapely.get_coordinates(line) + beside)]
    return [line]


def _door(name: str, town: str, quarter: str | None, point: Any, *, network: bool) -> dict[str, Any]:
    state = "在建" if quarter == LATER else "已开放"
    return {
        NAME: name, "所属乡镇": town, "类型": "出入口", STATE: state, OPENED: quarter, "network": network, "geometry": point,
    }  # fmt: skip


def _ends(main: gpd.GeoDataFrame) -> Floats:
    """Where the main lines begin and end, each place once."""
    lines = main.geometry.to_numpy()
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    return np.unique(np.round(shapely.get_coordinates(ends), 3), axis=0)


def _seats(frame: Prefecture, main: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """An entrance at every town seat that the main lines join."""
    points = _ends(main)
    near = np.argmin(np.hypot(*(points[:, None] - frame.seats).transpose(2, 0, 1)), axis=1)
    rows = [
        _door(f"{frame.names[town]}驿站", frame.names[town], None, shapely.Point(xy), network=True)
        for town, xy in zip(near, points, strict=True)
    ]
    return gpd.GeoDataFrame(rows, crs=CRS).assign(类型="驿站")


def _ways(
    random: np.random.Generator,
    lines: gpd.GeoDataFrame,
    doors: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    rounds: list[int],
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, dict[str, Any]]:
    """Roads, dikes and paths from villages to a greenway without entrance, a road that goes round, county roads across."""
    spots, names = villages.geometry.to_numpy(), villages["村名"].to_numpy()
    net = shapely.union_all(lines.geometry[lines[STATE] == "建成"].to_numpy())
    entrances = shapely.union_all(doors.geometry.to_numpy())
    away, from_door = shapely.distance(spots, net), shapely.distance(spots, entrances)
    rows: dict[str, list[dict[str, Any]]] = {"DL": [], "XL": []}
    planted: dict[str, Any] = {"road": [], "dike": [], "path": [], "detour": []}
    taken: list[Any] = []
    kinds = ("road", "dike", "road", "dike", "path")
    candidates = np.flatnonzero((away > 700) & (away < 3_500) & (from_door > 1_700))  # noqa: PLR2004
    for at in random.permutation(candidates).tolist():
        count = len(taken)
        if count == len(kinds):
            break
        line = _bent(shapely.shortest_line(spots[at], net), 0.03)
        if (
            not _clear(line, np.delete(spots, at), entrances, taken)
            or shapely.distance(spots[at], net) < away[at]
        ):
            continue
        taken.append(line)
        kind = kinds[count]
        words = {"road": "乡道", "dike": "堤顶路", "path": "机耕路"}[kind]
        rows["DL" if kind == "road" else "XL"].append(_way(f"{names[at]}{words}", words, line))
        planted[kind].append(str(names[at]))
    for at in rounds:
        base = shapely.shortest_line(spots[at], entrances)
        ways = [_bent(base, side) for side in (1.5, -1.5)]
        line = max(ways, key=lambda way: float(shapely.distance(np.delete(spots, at), way).min()))
        rows["DL"].append(_way(f"{names[at]}环路", "村道", line))
        planted["detour"].append(str(names[at]))
        taken.append(line)
    across = _across(lines, spots, entrances, taken)
    rows["DL"] += [
        _way(f"县道{n + 1}线", "县道", line, "桥" if n == 0 else None) for n, line in enumerate(across)
    ]
    planted |= {"road_crossings": len(across), "road_bridges": min(1, len(across))}
    roads, paths = (gpd.GeoDataFrame(rows[name], crs=CRS) for name in ("DL", "XL"))
    return roads, paths, planted


def _way(name: str, kind: str, line: Any, grade: str | None = None) -> dict[str, Any]:
    return {"道路名称": name, "道路等级": kind, GRADE: grade, "geometry": line}


def _bent(line: Any, share: float) -> Any:
    """A line with a corner beside its middle, `share` of its length away."""
    start, end = shapely.get_coordinates(line)
    side = np.array([start[1] - end[1], end[0] - start[0]])
    return shapely.LineString([start, (start + end) / 2 + share * side, end])


def _clear(line: Any, villages: Shapes, entrances: Any, taken: list[Any]) -> bool:
    """Whether a way passes no other village, entrance or planted way."""
    others = [entrances, *taken]
    return bool(
        shapely.distance(villages, line).min() > CLEAR_M and shapely.distance(others, line).min() > CLEAR_M
    )


def _across(lines: gpd.GeoDataFrame, villages: Shapes, entrances: Any, taken: list[Any]) -> list[Any]:
    """County roads that cross a main line once, at right angles, away from everything else."""
    net = shapely.union_all(lines.geometry.to_numpy())
    found: list[Any] = []
    for line in lines.geometry[lines[OPENED].isna()]:
        middle = shapely.line_interpolate_point(line, [0.36, 0.36 + 1e-3], normalized=True)
        (x, y), (next_x, next_y) = shapely.get_coordinates(middle)
        side = 500 * np.array([y - next_y, next_x - x]) / np.hypot(next_x - x, next_y - y)
        road = shapely.LineString(np.array([x, y]) + np.stack([-side, side]))
        if shapely.get_num_geometries(shapely.intersection(road, net)) == 1 and _clear(
            road, villages, entrances, [*taken, *found]
        ):
            found.append(road)
        if len(found) == 5:  # noqa: PLR2004 - enough
            break
    return found


def _rivers(frame: Prefecture) -> gpd.GeoDataFrame:
    """Rivers from west to east."""
    west, south, east, north = shapely.total_bounds(frame.towns)
    heights = np.linspace(south, north, 5)[1:-1]
    lines = shapely.linestrings([[(west, y), (east, y)] for y in heights])
    lines = shapely.transform(
        shapely.segmentize(lines, 120), Warp(frame.seed, 52, (14_000, 5_000, 1_800), 0.8)
    )
    names = [f"{word}塘" for word in ("北", "中", "南")]
    return gpd.GeoDataFrame({"河流名称": names, "类型": "河道", GRADE: None}, geometry=lines, crs=CRS)


def _lakes(frame: Prefecture) -> gpd.GeoDataFrame:
    """Lakes: the reserves."""
    names = [f"第{n + 1}号湖" for n in range(len(frame.reserves))]
    return gpd.GeoDataFrame({"水系名称": names, "类型": "湖泊"}, geometry=list(frame.reserves), crs=CRS)


def _truth(
    spots: Shapes, names: Any, doors: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, rounds: list[int]
) -> dict[str, Any]:
    """What is reached, measured from every village to every entrance and line."""
    points, on_net = doors.geometry.to_numpy(), doors["network"].to_numpy(dtype=bool)
    since = doors[OPENED].fillna("").to_numpy(dtype=str)
    stray = (doors[NAME] == "错位出入口").to_numpy()
    apart = shapely.distance(spots[:, None], points[None, :])
    walks = ~np.isin(np.arange(len(spots)), rounds)

    def within(use: Any) -> Any:
        return (apart[:, use] <= REACH_M).any(axis=1) & walks

    reached = {quarter: within(on_net & (since <= quarter)) for quarter in QUARTERS}
    now = reached[QUARTERS[-1]]
    any_part = within((since <= QUARTERS[-1]) & ~stray) & ~now
    beside = shapely.distance(spots, shapely.union_all(lines.geometry.to_numpy())) <= REACH_M
    return {
        "reached": {quarter: sorted(names[held].tolist()) for quarter, held in reached.items()},
        "apart": sorted(names[any_part].tolist()),
        "near": sorted(names[beside & ~now & ~any_part].tolist()),
        "gaps_m": list(GAPS_M), "dangles": 1, "twice": 1, "isolated_parts": 3, "stray_entrances": ["错位出入口"],
    }  # fmt: skip
