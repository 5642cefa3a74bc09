"""Greenways of a prefecture: the whole study, and reach by one search for all villages against networkx, one a village.

``python benchmarks/greenways.py [--km 5000] [--villages 2000] [--sample 50]`` draws wiggling greenways on a grid, village
roads, villages and 73 towns; prints seconds of `spatial.studies.greenways`, of `spatial.graphs.nearest`, and of
``networkx.single_source_dijkstra_path_length`` from each of a sample of villages, scaled to all; and whether they agree.
"""

from __future__ import annotations

import argparse
import resource
import time

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyproj
import shapely

from spatial.graphs import nearest
from spatial.greenway_ways import ways
from spatial.measures.registry import Facts
from spatial.networks import build
from spatial.studies.greenways import greenways

CRS = pyproj.CRS("EPSG:4549")
TOWNS = 73
SIDE_M = 64_000.0
CORNER = (545_000.0, 3_370_000.0)
STEP_M = 25.0


def main() -> None:
    """Draw, run both ways, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--km", type=float, default=5000, help="length of the greenways")
    parser.add_argument("--villages", type=int, default=2000)
    parser.add_argument("--sample", type=int, default=50, help="villages that networkx searches from")
    asked = parser.parse_args()
    random = np.random.default_rng(7)
    frames = {"greenway": _greenways(random, asked.km), "village": _villages(random, asked.villages)}
    frames["road"] = _roads(random, frames["village"])
    facts = Facts(_towns(), frames, "2016Q4", crs=CRS)
    start = time.perf_counter()
    study = greenways(facts)
    whole = time.perf_counter() - start
    counts = study.tables["greenway_reach"].query("kind == 'village'")["state"].value_counts().to_dict()
    km = study.tables["greenway_by_county"]["length_m"].iloc[-1] / 1000
    print(f"{km:,.0f} km, {asked.villages} villages {counts}, {len(study.tables['greenway_links'])} links")
    print(f"whole study {whole:.1f} s")
    _compare(frames, asked.sample)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _compare(frames: dict[str, gpd.GeoDataFrame], sample: int) -> None:
    """Distance of villages to the nearest node where a road meets a greenway, both ways."""
    network = build(frames["greenway"].geometry.to_numpy(), 1.0)
    points = frames["village"].geometry.to_numpy()
    joined = ways(network, np.zeros(len(network.u)), frames, CRS, 1.0, points, shapely.points(network.xy))
    graph = joined.walking()
    doors = np.unique(joined.door_node)
    start = time.perf_counter()
    ours = nearest(graph, doors).distance[joined.place_node]
    middle = time.perf_counter()
    other = nx.Graph()
    other.add_nodes_from(range(graph.nodes))
    for u, v, weight in zip(graph.u.tolist(), graph.v.tolist(), graph.weight.tolist(), strict=True):
        if not other.has_edge(u, v) or other[u][v]["weight"] > weight:
            other.add_edge(u, v, weight=weight)
    held, theirs = set(doors.tolist()), []
    chosen = np.linspace(0, len(points) - 1, sample).astype(int)
    for node in joined.place_node[chosen].tolist():
        found = nx.single_source_dijkstra_path_length(other, node)
        theirs.append(min((length for end, length in found.items() if end in held), default=np.inf))
    end = time.perf_counter()
    scaled = (end - middle) * len(points) / sample
    same = np.allclose(ours[chosen], theirs)
    print(f"{graph.nodes:,} nodes, {len(graph.u):,} edges")
    print(
        f"one search {middle - start:.2f} s, networkx a village {scaled:.0f} s, ratio {scaled / (middle - start):.0f}, same {same}"
    )


def _frame(rows: dict[str, object], shapes: object) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)
    table.index = pd.Index([f"x:{n}" for n in range(len(table))], name="id")
    return table.assign(layer="x", fid=range(len(table)))


def _greenways(random: np.random.Generator, km: float) -> gpd.GeoDataFrame:
    """Lines on a grid whose mesh gives the length, every tenth missing, opened over two years."""
    mesh = 2 * SIDE_M**2 / (km * 1000) * 0.9
    ticks = np.arange(int(SIDE_M / mesh) + 1) * mesh
    corners = np.array([(x, y) for x in ticks for y in ticks])
    ends = [
        (at, at + step) for step in ((mesh, 0), (0, mesh)) for at in corners if (at + step < SIDE_M).all()
    ]
    ends = [pair for pair in ends if random.random() > 0.1]
    lines = [_wiggle(random, start, end) for start, end in ends]
    quarters = random.choice([None, "2015Q3", "2016Q1", "2016Q2", "2016Q4"], len(lines))
    levels = random.choice(["province", "city", "county"], len(lines))
    return _frame({"name": None, "level": levels, "state": None, "opened": quarters, "grade": None}, lines)


def _wiggle(random: np.random.Generator, start: np.ndarray, end: np.ndarray) -> shapely.LineString:
    count = max(int(np.hypot(*(end - start)) / STEP_M), 2)
    share = np.linspace(0, 1, count)[:, None]
    points = start + share * (end - start)
    points[1:-1] += np.cumsum(random.normal(0, 1.0, (count - 2, 2)), axis=0) * np.sin(np.pi * share[1:-1])
    return shapely.LineString(np.round(points + CORNER, 2))


def _villages(random: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    points = shapely.points(np.round(random.uniform(0, SIDE_M, (count, 2)) + CORNER, 1))
    return _frame({"name": [f"{n}村" for n in range(count)], "town": None, "town_id": None}, points)


def _roads(random: np.random.Generator, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Roads between neighbouring villages."""
    xy = villages.geometry.get_coordinates().to_numpy() - CORNER
    edges = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(xy), only_edges=True))
    ends = shapely.get_coordinates(edges).reshape(-1, 2, 2)
    kept = random.random(len(ends)) < 0.6
    lines = [_wiggle(random, start, end) for start, end in ends[kept]]
    return _frame({"name": None, "kind": random.choice(["县道", "乡道"], len(lines)), "grade": None}, lines)


def _towns() -> gpd.GeoDataFrame:
    columns = 9
    width = SIDE_M / columns
    boxes = [
        shapely.box(*(np.array([x, y, x + 1, y + 1]) * width + [*CORNER, *CORNER]))
        for x in range(columns)
        for y in range(columns)
    ]
    shapes = [*boxes[: TOWNS - 1], shapely.union_all(boxes[TOWNS - 1 :])]
    rows = {
        "name": [f"{n}镇" for n in range(TOWNS)],
        "programme": None,
        "county": [f"{n % 7}县" for n in range(TOWNS)],
    }
    table = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)
    return table.set_index(pd.Index([f"T{n:02}" for n in range(TOWNS)], name="town_id"))


if __name__ == "__main__":
    main()
