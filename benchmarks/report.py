"""Table and chart of the stored runs, put between markers of the performance page."""

from __future__ import annotations

import statistics
from html import escape
from math import log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

OURS = "liangzhen"
LABELS = {
    OURS: "liangzhen",
    "liangzhen-nonumba": "liangzhen without numba",
    "floor": "floor: read, one predicate pass, write",
    "postgis": "PostGIS, limits subdivided",
    "duckdb": "DuckDB spatial, limits cut to a grid",
    "duckdb-uncut": "DuckDB spatial, limits as they are",
    "geopandas": "geopandas.overlay",
}
COLOURS = {OURS: "#1b7f5c", "liangzhen-nonumba": "#7fc4a8", "floor": "#9a9a9a"}
PEER = "#4c6fa5"
SAME = "-same-size"


def median(runs: list[dict[str, Any]]) -> float | None:
    """Median wall time of the runs that ended well."""
    walls = [run["wall"] for run in runs if "failed" not in run]
    return statistics.median(walls) if walls else None


def order(key: str) -> tuple[bool, int]:
    return key.endswith(SAME), int(key.removesuffix(SAME))


def rows(runs: dict[str, Any]) -> list[str]:
    own = median(runs.get(OURS, []))
    lines = []
    for name, label in LABELS.items():
        done = runs.get(name, [])
        if not done:
            continue
        wall = median(done)
        if wall is None:
            lines.append(f"| {label} | failed ({done[0]['failed']}) | | | {len(done)} | |")
            continue
        good = [run for run in done if "failed" not in run]
        seconds = [run["wall"] for run in good]
        spread = f" ({min(seconds):.1f}–{max(seconds):.1f})" if len(seconds) > 1 else ""
        memory = max(run["peak_mb"] for run in good)
        made = f" ({good[0]['version']})" if good[0].get("version") else ""
        server = max(run.get("server_mb", 0) for run in good)
        apart = [run["difference"]["total"] for run in good if "difference" in run]
        lines.append(
            f"| {label}{made} | {wall:.2f}{spread} | {f'{wall / own:.1f}' if own else ''} "
            f"| {memory:,}{f' + {server:,} server' if server else ''} | {len(seconds)} "
            f"| {f'{max(apart):.0e}' if apart else ''} |"
        )
    return lines


def table(store: dict[str, Any]) -> str:
    """Markdown of all sizes."""
    machine = store["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine.get("versions", {}).items())
    parts = [
        (
            f"{machine.get('cores')} cores, {machine.get('memory_gb')} GB, {machine.get('system')}, "
            f"Python {machine.get('python')}; {versions}."
        )
    ]
    for key in sorted(store["runs"], key=order):
        kind = ", of one size" if key.endswith(SAME) else ""
        parts += [
            "",
            f"### {order(key)[1]:,} parcels{kind}",
            "",
            "| | seconds, median (range) | × ours | peak MB | runs | totals differ by |",
            "|---|---|---|---|---|---|",
            *rows(store["runs"][key]),
        ]
    return "\n".join(parts)


def chart(store: dict[str, Any]) -> str:
    """SVG: bars of seconds on a logarithmic axis, one group a number of parcels."""
    keys = sorted((key for key in store["runs"] if not key.endswith(SAME)), key=order)
    bars, y = [], 10
    for key in keys:
        y += 22
        bars.append(f'<text x="10" y="{y}" class="h">{order(key)[1]:,} parcels</text>')
        y += 8
        for name, label in LABELS.items():
            wall = median(store["runs"][key].get(name, []))
            if wall is None:
                continue
            width = 110 * _log(wall)
            bars.append(
                f'<text x="250" y="{y + 13}" text-anchor="end">{escape(label)}</text>'
                f'<rect x="258" y="{y}" width="{width:.1f}" height="17" fill="{COLOURS.get(name, PEER)}"/>'
                f'<text x="{264 + width:.1f}" y="{y + 13}">{wall:.1f} s</text>'
            )
            y += 21
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {y + 30}" font-family="sans-serif" '
        f'font-size="12"><style>.h{{font-weight:bold;font-size:14px}}</style>'
        f'<rect width="800" height="{y + 30}" fill="#fff"/>{"".join(bars)}'
        f'<text x="258" y="{y + 16}" fill="#666">seconds, logarithmic</text></svg>\n'
    )


def _log(seconds: float) -> float:

    return max(0.05, log10(max(seconds, 0.1)) + 1)


def between(text: str, name: str, content: str) -> str:
    """Text with what stands between the markers of `name` replaced."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, _, rest = text.partition(begin)
    _, found, tail = rest.partition(end)
    if not found:
        raise ValueError(f"no markers {begin} {end}")
    return f"{head}{begin}\n{content}\n{end}{tail}"


def write(store: dict[str, Any], docs: Path) -> None:
    """Bring page and picture up to date."""
    page = docs / "performance.md"
    text = between(page.read_text(encoding="utf-8"), "overlay-table", table(store))
    page.write_text(text, encoding="utf-8", newline="\n")
    (docs / "images").mkdir(exist_ok=True)
    (docs / "images" / "performance.svg").write_text(chart(store), encoding="utf-8", newline="\n")
