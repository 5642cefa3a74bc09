"""The file of the waivers 例外台账: a CSV that is only added to, and that Excel opens."""

from __future__ import annotations

import csv
import io
import json
import os
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from layers.errors import LayerError
from layers.tables import dates
from spatial import fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

COLUMNS = (
    "entry", "waiver", "action", "code", "layer", "params", "value_m2", "tolerance_m", "reason", "document",
    "officer", "granted_on", "expires_on", "hash", "geometry",
)  # fmt: skip
"""Of ``waivers.csv``: an entry a row, the geometry as WKT in longitude and latitude, its hash beside it."""
_FORMULA = ("=", "+", "-", "@", "'")


def read(path: Path) -> pd.DataFrame:
    """Read a ledger, one row an entry, columns `COLUMNS`; dates as `date`, ``geometry`` as shapes.

    Read as leniently as Excel writes: UTF-8 or GBK, dates in its own form. A geometry that does not fit its hash
    is refused.

    Raises
    ------
    LayerError
        If it does not exist, cannot be read, lacks a column, or an entry has been altered.
    """
    if not path.exists():
        raise LayerError("waivers-missing", path=path)
    try:
        table = pd.read_csv(io.StringIO(decoded(path)), dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise LayerError("waivers-unreadable", path=path, problem=error) from error
    if missing := [name for name in COLUMNS if name not in table]:
        raise LayerError("waivers-columns", path=path, missing=", ".join(missing))
    table = table.loc[:, list(COLUMNS)].astype(object)
    for name in COLUMNS:
        cells = [value.removeprefix("'") if value[1:2] in _FORMULA else value for value in table[name]]
        table[name] = pd.Series(cells, index=table.index, dtype=object)
    for name in ("granted_on", "expires_on"):
        table[name] = _dates(table, name, path)
    for name in ("value_m2", "tolerance_m"):
        table[name] = _numbers(table, name, path)
    table["params"] = _params(table, path)
    table["geometry"] = _shapes(table, path)
    granted = table.loc[table["action"] == "grant", "waiver"]
    if granted.duplicated().any():
        raise LayerError("waivers-twice", path=path, waiver=granted[granted.duplicated()].iloc[0])
    return table


@contextmanager
def locked(path: Path, code: str = "waivers-locked") -> Iterator[None]:
    """Only one writer at a time.

    Raises
    ------
    LayerError
        `code`, if there is another.
    """
    lock = path.with_name(path.name + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    except FileExistsError as error:
        raise LayerError(code, path=path, lock=lock) from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def append(path: Path, rows: list[dict[str, Any]], columns: Sequence[str] = COLUMNS) -> None:
    """Add rows at the end; what stands stays as it is. Written beside, then renamed."""
    before = decoded(path) if path.exists() else ""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    if not before:
        writer.writeheader()
    elif not before.endswith("\n"):
        text.write("\r\n")
    for row in rows:
        writer.writerow({name: _safe(value) for name, value in row.items()})
    beside = path.with_name(path.name + ".part")
    beside.write_bytes((before + text.getvalue()).encode("utf-8-sig"))
    beside.replace(path)


def _safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def decoded(path: Path) -> str:
    """Text of a CSV, as this program or Excel wrote it."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _dates(table: pd.DataFrame, name: str, path: Path) -> list[date | None]:
    found, _ = dates(table[name])
    wrong = found.isna() & ((table["action"] == "grant") | (name == "granted_on"))
    if wrong.any():
        row = table[wrong].iloc[0]
        raise LayerError("waivers-value", path=path, entry=row["entry"], column=name, value=row[name])
    return [date.fromisoformat(value) if isinstance(value, str) else None for value in found]


def _numbers(table: pd.DataFrame, name: str, path: Path) -> pd.Series:
    found = pd.to_numeric(table[name], errors="coerce").astype(float)
    grants = table["action"] == "grant"
    wrong = found.isna() & ((table[name] != "") | (grants & (name == "tolerance_m")))
    if wrong.any():
        row = table[wrong].iloc[0]
        raise LayerError("waivers-value", path=path, entry=row["entry"], column=name, value=row[name])
    return found


def _params(table: pd.DataFrame, path: Path) -> pd.Series:
    told = []
    for row in table.itertuples(index=False):
        try:
            params = json.loads(row.params or "{}")
        except json.JSONDecodeError:
            params = None
        if not isinstance(params, dict):
            raise LayerError("waivers-value", path=path, entry=row.entry, column="params", value=row.params)
        told.append(params)
    return pd.Series(told, index=table.index, dtype=object)


def _shapes(table: pd.DataFrame, path: Path) -> pd.Series:
    written = table["geometry"].to_numpy(dtype=object)
    shapes = shapely.from_wkt(np.where(written == "", None, written), on_invalid="ignore")
    hashes = fingerprints.digests(shapes)
    for row, found in zip(table.itertuples(index=False), hashes, strict=True):
        if row.hash != found:
            raise LayerError("waivers-altered", path=path, entry=row.entry, waiver=row.waiver)
    return pd.Series(list(shapes), index=table.index, dtype=object)
