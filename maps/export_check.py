"""Exports read again: every figure and shape of their data files held against the results."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from layers.plan_file import with_plans
from maps import export
from maps.errors import MapError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.results import Results

_DATA = {".gpkg", ".parquet", ".geojson"}


class Unlike(NamedTuple):
    """What is not as in the results: file and place in it, what it says, what the results say."""

    place: str
    shown: str
    stored: str


def compare(results: Results, manifest: Path, source: Path) -> tuple[int, list[Unlike]]:
    """Make an export anew as its manifest says and hold it against the folder.

    Layers are compared cell by cell and vertex by vertex; all other files byte by byte.

    Parameters
    ----------
    results
        What the export was made from.
    manifest
        Its ``export.json``.
    source
        The results folder they were read from.

    Returns
    -------
    tuple
        How many numbers the layers hold, and what is not as in the results.

    Raises
    ------
    MapError
        If the manifest is none of this program.
    """
    try:
        told = json.loads(manifest.read_text(encoding="utf-8"))
        order = export.Order(tuple(told["formats"]), told["lang"], told["public"])
        names = [entry["path"] for entry in told["files"]]
    except (KeyError, TypeError, ValueError) as error:
        raise MapError("verify-unreadable", path=manifest, problem=str(error)) from error
    if unknown := {*order.formats} - {*export.FORMATS} | {order.lang} - {"zh", "en"}:
        raise MapError("verify-unreadable", path=manifest, problem=", ".join(sorted(map(str, unknown))))
    count, wrong = 0, []
    folder = manifest.parent
    with tempfile.TemporaryDirectory() as beside:
        fresh = Path(beside) / "export"
        written = export.export(with_plans(results, source), source, fresh, order)
        known = {path.relative_to(fresh).as_posix() for path in written}
        for name in sorted({*names, *known} - {export.MANIFEST}):
            own, made = folder / name, fresh / name
            if not own.is_file() or not made.is_file():
                wrong.append(Unlike(name, *("" if not path.is_file() else path.name for path in (own, made))))
            elif own.suffix in _DATA:
                numbers, found = _layers(own, made)
                count += numbers
                wrong += [one._replace(place=f"{name} {one.place}") for one in found]
            elif own.suffix != ".xlsx" and own.read_bytes() != made.read_bytes():
                wrong.append(Unlike(name, "", ""))
    return count, wrong


def books(manifest: Path) -> list[Path]:
    """The workbooks of an export, which are compared cell by cell like those beside the results."""
    return sorted(manifest.parent.glob("*.xlsx"))


def _layers(own: Path, made: Path) -> tuple[int, list[Unlike]]:
    if own.suffix == ".parquet":
        return _frames(gpd.read_parquet(own), gpd.read_parquet(made))
    count, wrong = 0, []
    names = [
        [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None] for path in (own, made)
    ]
    for name in sorted({*names[0], *names[1]}):
        if name not in names[0] or name not in names[1]:
            wrong.append(Unlike(name, *("" if name not in listed else name for listed in names)))
            continue
        numbers, found = _frames(*(gpd.read_file(path, layer=name, engine="pyogrio") for path in (own, made)))
        count += numbers
        wrong += [one._replace(place=f"{name} {one.place}") for one in found]
    return count, wrong


def _frames(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> tuple[int, list[Unlike]]:
    """Numbers in a layer, and cells and shapes that differ from those of another."""
    numbers = sum(
        int(one[name].notna().sum()) for name in one.columns if pd.api.types.is_numeric_dtype(one[name].dtype)
    )
    if len(one) != len(other) or list(one.columns) != list(other.columns):
        return numbers, [
            Unlike("", f"{len(one)} x {len(one.columns)}", f"{len(other)} x {len(other.columns)}")
        ]
    return numbers, list(_cells(one, other))


def _cells(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> Iterator[Unlike]:
    for name in one.columns.drop("geometry"):
        for row, (shown, stored) in enumerate(
            zip(one[name].astype(object), other[name].astype(object), strict=True), 1
        ):
            if not _same(shown, stored):
                yield Unlike(f"#{row} {name}", str(shown), str(stored))
    left, right = (shapely.normalize(frame.geometry.to_numpy()) for frame in (one, other))
    same = shapely.equals_exact(left, right, tolerance=1e-9) | (
        shapely.is_missing(left) & shapely.is_missing(right)
    )
    for place in np.flatnonzero(~same):
        yield Unlike(f"#{place + 1} geometry", _short(left[place]), _short(right[place]))


def _same(one: Any, other: Any) -> bool:
    empty = [
        value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
        for value in (one, other)
    ]
    return bool(empty[0] and empty[1]) or (not any(empty) and bool(one == other))


def _short(shape: Any) -> str:
    return "" if shape is None else str(shapely.to_wkt(shape, rounding_precision=3))[:80]
