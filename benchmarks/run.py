"""Our engine and its peers side by side: every run a process of its own, interleaved, medians, table and chart.

Each finished run is stored at once; started again, only what is missing is run. Before the first measured run ours
runs once unmeasured, so that numba compiles then.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely

from benchmarks import report
from benchmarks.generate import generate, parcels_path

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "benchmarks" / "results" / "overlay.json"
FOLDER = ROOT / "build" / "benchmark"
WARM = 10_000
AGREE = 1e-9
NAMES = {"k": 1_000, "M": 1_000_000}
TIMES_OUT = -9


@dataclass(frozen=True)
class Tool:
    """A program to measure: module and arguments; `ours` writes its own totals; `needs`: other modules."""

    module: str
    arguments: tuple[str, ...] = ()
    ours: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


DUCKDB = ("duckdb", "duckdb_extension_spatial")
TOOLS = {
    "liangzhen": Tool("scripts.cli", ours=True),
    "liangzhen-nonumba": Tool("scripts.cli", ours=True, environment={"LIANGZHEN_NUMBA": "0"}),
    "floor": Tool("benchmarks.peers.floor"),
    "postgis": Tool("benchmarks.peers.postgis", needs=("psycopg",)),
    "duckdb": Tool("benchmarks.peers.duckdb_spatial", needs=DUCKDB),
    "duckdb-uncut": Tool("benchmarks.peers.duckdb_spatial", ("--uncut",), needs=DUCKDB),
    "geopandas": Tool("benchmarks.peers.geopandas_overlay"),
}


def size(text: str) -> int:
    return int(float(text[:-1]) * NAMES[text[-1]]) if text[-1] in NAMES else int(text)


def command(tool: Tool, folder: Path, out: Path, number: int, *, same_size: bool) -> list[str]:
    start = [sys.executable, "-W", "ignore", "-m", tool.module]
    if not tool.ours:
        more = ["--same-size"] if same_size else []
        return [*start, str(folder), str(out), "--parcels", str(number), *more, *tool.arguments]
    within = [
        part
        for name in ("expansion", "farmland", "redline")
        for part in ("--within", f"{name}={folder / name}.parquet")
    ]
    parcels = parcels_path(folder, number, same_size=same_size)
    return [
        *start, "overlay", str(parcels), "--id", "pid", "--split", str(folder / "towns.parquet"),
        "--split-id", "town_id", *within, "--outside", "expansion", "--plane", "--lang", "en",
        "-o", str(out / "pieces.parquet"), "--totals", str(out / "totals.csv"),
    ]  # fmt: skip


def measure(tool: Tool, call: list[str], out: Path, limit: float) -> dict[str, Any]:
    """Run it; wall seconds and peak memory of the process and what it waited for."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.*"):
        old.unlink()
    log = out / "log.txt"
    with log.open("w", encoding="utf-8") as errors, (out / "line.json").open("w", encoding="utf-8") as line:
        start = time.perf_counter()
        process = subprocess.Popen(
            call, cwd=ROOT, stdout=line, stderr=errors, env=os.environ | tool.environment
        )
        try:
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid or time.perf_counter() - start > limit:
                    break
                time.sleep(0.01)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - start
        if not pid:
            process.terminate()
            _, _, usage = os.wait4(process.pid, 0)
            status = TIMES_OUT
        process.returncode = status
    result = {
        "wall": round(wall, 3),
        "cpu": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mb": round(usage.ru_maxrss / 1024),
        "at": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "load": os.getloadavg()[0],
    }
    if status:
        return result | {"failed": status, "error": log.read_text(encoding="utf-8")[-500:]}
    if not tool.ours:
        own = json.loads((out / "line.json").read_text(encoding="utf-8").splitlines()[-1])
        result |= {key: value for key, value in own.items() if key not in {"tool", "n", "totals", "peak_mb"}}
    return result | {"totals": (own_totals if tool.ours else peer_totals)(out)}


def own_totals(out: Path) -> dict[str, dict[str, float]]:
    """Plane totals by town from the files that our engine wrote; outside by GEOS from the geometries themselves."""
    limits = ("expansion", "farmland", "redline")
    names = ["town", "plane_m2", *(f"{name}_plane_m2" for name in limits)]
    pieces = pd.read_parquet(out / "pieces.parquet", columns=names)
    table = pieces.rename(columns=lambda name: name.removesuffix("_plane_m2")).rename(
        columns={"plane_m2": "area"}
    )
    groups = table.groupby("town")
    sums = groups.sum()
    sums.insert(0, "pieces", groups.size())
    outside = []
    with pq.ParquetFile(out / "pieces.outside.parquet", pre_buffer=False) as file:
        for batch in file.iter_batches(columns=["town", "geometry"]):
            areas = shapely.area(shapely.from_wkb(np.asarray(batch.column(1), dtype=object)))
            outside.append(pd.Series(areas).groupby(batch.column(0).to_pylist()).sum())
    sums["outside"] = pd.concat(outside).groupby(level=0).sum()
    return sums.fillna(0.0).astype(float).to_dict()


def peer_totals(out: Path) -> dict[str, dict[str, float]]:
    return pd.read_csv(out / "totals.csv", index_col="town_id").astype(float).to_dict()


def worst(one: dict[str, dict[str, float]], other: dict[str, dict[str, float]]) -> dict[str, float]:
    """Difference of a total (relative), of a town's (to the largest town), and of the number of pieces."""
    names = ("area", "expansion", "outside", "farmland", "redline")
    a, b = pd.DataFrame(one).fillna(0.0), pd.DataFrame(other).fillna(0.0)
    a, b = a.align(b, join="outer", fill_value=0.0)
    apart = {
        "total": max(abs(a[name].sum() - b[name].sum()) / b[name].sum() for name in names),
        "town": max((a[name] - b[name]).abs().max() for name in names) / b["area"].max(),
        "pieces": abs(a["pieces"].sum() - b["pieces"].sum()),
    }
    return {name: float(value) for name, value in apart.items()}


def load(path: Path) -> dict[str, Any]:
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    return {"machine": {}, "runs": {}, "totals": {}}


def save(store: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(store, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    beside.replace(path)


def machine() -> dict[str, Any]:
    names = ("numpy", "shapely", "geopandas", "pyarrow", "numba", "duckdb")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except ModuleNotFoundError:
            continue
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": found,
    }


def due(runs: list[dict[str, Any]], turn: int, options: argparse.Namespace) -> bool:
    """Whether a tool is to be run in this round."""
    slow = bool(runs) and ("failed" in runs[0] or runs[0]["wall"] > options.slow_minutes * 60)
    return len(runs) <= turn and not (slow and len(runs) >= options.repeat_slow)


def missing(tool: Tool) -> list[str]:
    """Modules that a tool needs and this Python does not find."""
    return [name for name in tool.needs if find_spec(name) is None]


def warm(options: argparse.Namespace) -> None:
    """One small run of ours, not measured: numba compiles, and keeps what it compiled."""
    name = report.OURS
    generate(options.folder, [WARM])
    out = options.folder / "out" / name
    measure(TOOLS[name], command(TOOLS[name], options.folder, out, WARM, same_size=False), out, 600)


def run(options: argparse.Namespace, store: dict[str, Any]) -> None:
    """Rounds of all tools, so that a noisy minute hits all alike."""
    if report.OURS in options.tools:
        warm(options)
    for number in options.sizes:
        key = f"{number}{'-same-size' if options.same_size else ''}"
        generate(options.folder, [number], same_size=options.same_size)
        runs = store["runs"].setdefault(key, {})
        for turn in range(options.repeat):
            for name in options.tools:
                done = runs.setdefault(name, [])
                if not due(done, turn, options):
                    continue
                out = options.folder / "out" / name
                call = command(TOOLS[name], options.folder, out, number, same_size=options.same_size)
                result = measure(TOOLS[name], call, out, options.limit_minutes * 60)
                totals = result.pop("totals", None)
                if totals and name != "floor":
                    result["difference"] = worst(totals, store["totals"].setdefault(key, totals))
                    agrees = result["difference"]["total"] <= AGREE and not result["difference"]["pieces"]
                    result |= {} if agrees else {"failed": "totals differ"}
                done.append(result)
                save(store, options.store)
                print(key, name, *(f"{k}={v}" for k, v in result.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=FOLDER,
        help="where layers are kept and results written; fast disk",
    )
    parser.add_argument(
        "--sizes", type=lambda text: [size(part) for part in text.split(",")], default=[10_000]
    )
    parser.add_argument("--tools", type=lambda text: text.split(","), default=list(TOOLS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--repeat-slow", type=int, default=1, help="runs of a tool that takes long")
    parser.add_argument("--slow-minutes", type=float, default=5)
    parser.add_argument("--limit-minutes", type=float, default=60, help="stop a run after that long")
    parser.add_argument("--same-size", action="store_true", help="parcels of one size whatever their number")
    parser.add_argument("--retry", action="store_true", help="run again what failed")
    parser.add_argument("--report", action="store_true", help="only write table and chart of what is stored")
    parser.add_argument(
        "--store", type=Path, default=STORE, help="another one: a trial, the docs stay as they are"
    )
    options = parser.parse_args()
    unknown = set(options.tools) - set(TOOLS)
    if unknown:
        parser.error(f"no such tool: {', '.join(sorted(unknown))}; there are {', '.join(TOOLS)}")
    for name in [name for name in options.tools if missing(TOOLS[name])]:
        print(f"{name} is left out, not installed: {', '.join(missing(TOOLS[name]))}")
        options.tools.remove(name)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    store = load(options.store)
    if options.retry:
        for runs in store["runs"].values():
            runs.update({name: [one for one in done if "failed" not in one] for name, done in runs.items()})
    if not options.report:
        store["machine"] = machine()
        run(options, store)
    if options.store == STORE:
        report.write(store, ROOT / "docs")
    else:
        print(report.table(store))


if __name__ == "__main__":
    main()
