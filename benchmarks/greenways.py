"""Reach of a prefecture's greenways by one search for all villages against networkx, one search a village.

``python -m benchmarks.greenways [FOLDER] [--sample 50]``: the greenways, roads and villages of `benchmarks.prefecture`; seconds
of `spatial.graphs.nearest`, and of ``networkx.single_source_dijkstra_path_length`` from each of a sample of villages, scaled to all;
whether they agree. The study as a whole is timed by `benchmarks.prefecture`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import networkx as nx
import numpy as np
import shapely

from benchmarks.ground import CRS, PREFECTURE, TOWNS, facts, in_folder
from spatial.graphs import nearest
from spatial.greenway_ways import ways
from spatial.networks import build


def main() -> None:
    """Draw, search both ways, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--km", type=float, default=5000, help="length of the greenways")
    parser.add_argument("--villages", type=int, default=2000)
    parser.add_argument("--sample", type=int, default=50, help="villages that networkx searches from")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        in_folder(folder, PREFECTURE, TOWNS[PREFECTURE], km=asked.km, villages=asked.villages)
        frames = facts(folder).frames
    network = build(frames["greenway"].geometry.to_numpy(), 1.0)
    points = frames["village"].geometry.to_numpy()
    joined = ways(network, np.zeros(len(network.u)), frames, CRS, 1.0, points, shapely.points(network.xy))
    graph = joined.walking()
    doors = np.unique(joined.door_node)
    start = time.process_time()
    ours = nearest(graph, doors).distance[joined.place_node]
    middle = time.process_time()
    other = nx.Graph()
    other.add_nodes_from(range(graph.nodes))
    for u, v, weight in zip(graph.u.tolist(), graph.v.tolist(), graph.weight.tolist(), strict=True):
        if not other.has_edge(u, v) or other[u][v]["weight"] > weight:
            other.add_edge(u, v, weight=weight)
    held, theirs = set(doors.tolist()), []
    chosen = np.linspace(0, len(points) - 1, asked.sample).astype(int)
    for node in joined.place_node[chosen].tolist():
        found = nx.single_source_dijkstra_path_length(other, node)
        theirs.append(min((length for end, length in found.items() if end in held), default=np.inf))
    end = time.process_time()
    scaled = (end - middle) * len(points) / asked.sample
    same = np.allclose(ours[chosen], theirs)
    print(
        f"{graph.nodes:,} nodes, {len(graph.u):,} edges, {len(points):,} villages, {network.length.sum() / 1000:,.0f} km"
    )
    print(f"one search {middle - start:.4f} s, networkx a village {scaled:.0f} s, ratio {scaled / (middle - start):.0f}, same {same}")  # fmt: skip


if __name__ == "__main__":
    main()
