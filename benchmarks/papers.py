"""How long the papers of a results folder take, as whole processes: map and workbook, sheets, compliance report.

    python -m benchmarks.papers RESULTS

Prints Markdown rows: wall seconds, processor seconds (user and system, of all threads), and what came out.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from subprocess import run

PRESENT = """
import sys
from pathlib import Path
from layers.results import read
from maps import webmap, workbook
found, out = read(Path(sys.argv[1])), Path(sys.argv[2])
workbook.write(found, out / "workbook.xlsx", "zh")
webmap.write(found, out / "map.html", "zh")
"""
CLI = [sys.executable, "-m", "scripts.cli"]


def measured(name: str, command: list[str], out: Path) -> tuple[float, float]:
    """Run a command; print and return its wall and processor seconds."""
    before, start = os.times(), time.perf_counter()
    run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    made = sorted(path for path in out.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in made) / 1e6
    print(f"| {name} | {wall:.1f} | {spent:.1f} | {', '.join(path.name for path in made)}, {size:.1f} MB |")
    return wall, spent


def main() -> None:
    results = Path(sys.argv[1])
    steps = {
        "map and workbook": [sys.executable, "-c", PRESENT, str(results)],
        "sheets, all kinds, an atlas": [*CLI, "sheets", str(results), "--out"],
        "compliance report": [*CLI, "report", str(results), "--kind", "compliance", "--out"],
    }
    print("| papers | seconds | processor seconds | |\n|---|---|---|---|")
    total = [0.0, 0.0]
    for name, command in steps.items():
        with tempfile.TemporaryDirectory() as folder:
            wall, spent = measured(name, [*command, folder], Path(folder))
        total = [total[0] + wall, total[1] + spent]
    print(f"| **all** | {total[0]:.1f} | {total[1]:.1f} | |")


if __name__ == "__main__":
    main()
