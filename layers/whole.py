"""Whether all features of a file were read, where its driver says nothing of a file cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyogrio

if TYPE_CHECKING:
    from pathlib import Path


def missing(path: Path, count: int) -> list[tuple[str, str, Any, dict[str, Any]]]:
    """An error where a file announces more features than the `count` that were read.

    A FlatGeobuf has their number in its header, a MapInfo interchange file a line for each in its .mid, and of features
    a line each, each line is one.
    """
    announced = _announced(path)
    if announced <= count:
        return []
    return [("issue-features-lost", "error", None, {"announced": announced, "count": count})]


def _announced(path: Path) -> int:
    suffix = path.suffix.lower()
    if suffix == ".fgb":
        return int(pyogrio.read_info(path)["features"])
    table = path.with_suffix(".MID" if path.suffix.isupper() else ".mid")
    lines = {".mif": table, ".geojsonl": path}.get(suffix)
    if lines is None or not lines.exists():
        return 0
    with lines.open("rb") as file:
        return sum(bool(line.strip(b" \t\r\n\x1e")) for line in file)
