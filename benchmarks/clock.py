"""What every measured script shares: seconds by phase, the totals to agree on, one line of JSON."""

from __future__ import annotations

import argparse
import json
import resource
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.generate import CRS, parcels_path
from layers.stream import GeoParquetWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import pyarrow as pa

MEASURES = ["area", "expansion", "outside", "farmland", "redline"]
LIMITS = ("expansion", "farmland", "redline")


class Clock:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time of a block to a phase."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0) + time.perf_counter() - start, 3)


def job() -> tuple[Path, Path, Path, int, argparse.Namespace]:
    """Folder of the layers, folder of the output, file of the parcels, their number, all options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--parcels", type=int, default=100_000)
    parser.add_argument("--same-size", action="store_true")
    parser.add_argument("--uncut", action="store_true", help="DuckDB: limits as they are")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = parcels_path(options.folder, options.parcels, same_size=options.same_size)
    return options.folder, options.out, path, options.parcels, options


def by_town(pieces: pd.DataFrame) -> pd.DataFrame:
    """Sums of the pieces (town_id and MEASURES) by town."""
    groups = pieces.groupby("town_id")
    table = groups[MEASURES].sum()
    table.insert(0, "pieces", groups.size())
    return table


def write_outside(path: Path, table: pa.Table) -> None:
    """Write pid, town_id, outside and geometry (WKB), as our own engine writes it."""
    with GeoParquetWriter(path, CRS) as out:
        for start in range(0, len(table), 65_536):
            out.write(table.slice(start, 65_536))


def report(tool: str, number: int, clock: Clock, towns: pd.DataFrame, out: Path, **more: Any) -> None:
    """Write the towns' totals and print the line."""
    towns.to_csv(out / "totals.csv")
    totals = {name: float(np.sum(towns[name])) for name in towns.columns}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = {"tool": tool, "n": number, "seconds": clock.seconds, "peak_mb": round(peak), "totals": totals}
    print(json.dumps(line | more))
