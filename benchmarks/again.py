"""A second run of `liangzhen overlay --keep` after a few parcels changed, beside a whole run; each a process of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from benchmarks.generate import generate, parcels_path
from benchmarks.report import between
from benchmarks.run import FOLDER, ROOT, size

CHANGED = 100
PAGE = ROOT / "docs" / "performance.md"


def overlay(folder: Path, parcels: Path, *more: str) -> float:
    """Seconds of one run."""
    out = folder / "out" / "again"
    out.mkdir(parents=True, exist_ok=True)
    within = [
        part
        for name in ("expansion", "farmland", "redline")
        for part in ("--within", f"{name}={folder / name}.parquet")
    ]
    call = [
        sys.executable, "-W", "ignore", "-m", "scripts.cli", "overlay", str(parcels), "--id", "pid", "--split",
        str(folder / "towns.parquet"), "--split-id", "town_id", *within, "--outside", "expansion", "--plane",
        "-o", str(out / "pieces.parquet"), *more,
    ]  # fmt: skip
    start = time.perf_counter()
    subprocess.run(call, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=os.environ)
    return time.perf_counter() - start


def moved(path: Path, to: Path) -> None:
    """The same parcels, `CHANGED` of them, far apart, moved by 3 m."""
    table = pq.read_table(path)
    shapes = table["geometry"].to_numpy(zero_copy_only=False).copy()
    which = np.linspace(0, len(shapes) - 1, CHANGED).astype(int)
    shapes[which] = shapely.to_wkb(shapely.transform(shapely.from_wkb(shapes[which]), lambda xy: xy + 3.0))
    column = table.schema.get_field_index("geometry")
    field = table.schema.field(column)
    rows = pq.ParquetFile(path).metadata.row_group(0).num_rows
    pq.write_table(table.set_column(column, field, pa.array(shapes, field.type)), to, row_group_size=rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument(
        "--sizes", type=lambda text: [size(part) for part in text.split(",")], default=[100_000]
    )
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--same-size", action="store_true", help="parcels of one size whatever their number")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    rows = [
        "| parcels | whole run, s | first with `--keep`, s | second, nothing changed, s | second, 100 changed, s |"
    ]
    rows.append("|---|---|---|---|---|")
    for number in options.sizes:
        parcels = parcels_path(options.folder, number, same_size=options.same_size)
        generate(options.folder, [number], same_size=options.same_size)
        other = parcels.with_name(f"moved-{parcels.name}")
        moved(parcels, other)
        seconds = []
        for _ in range(options.repeat):
            for old in (options.folder / "out" / "again").glob("*.parquet"):
                old.unlink()
            whole = overlay(options.folder, parcels)
            runs = [overlay(options.folder, file, "--keep") for file in (parcels, parcels, other)]
            seconds.append([whole, *runs])
            print(number, *(f"{value:.2f}" for value in seconds[-1]), flush=True)
        rows.append(
            f"| {number:,} | " + " | ".join(f"{value:.1f}" for value in np.median(seconds, axis=0)) + " |"
        )
    print(*rows, sep="\n")
    if options.write:
        page = between(PAGE.read_text(encoding="utf-8"), "again-table", "\n".join(rows))
        PAGE.write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
