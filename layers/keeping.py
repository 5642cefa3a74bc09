"""Results of an earlier run, found again by the content of each parcel."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from spatial import binary, kernels
from spatial.flat import raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

METHOD = "digest" if kernels.COMPILED else "pandas"
"""How the keys are made: part of the stamp."""
_SALTS = ("liangzhen-kept-1", "liangzhen-kept-2")
_STAMP, _ISSUES = b"liangzhen", b"liangzhen-issues"
_RUN = 64
"""Runs of rows that are shorter than this on the average are copied row by row."""


def content_keys(wkb: pa.Array) -> NDArray[np.uint64]:
    """(n, 2) numbers, 128 bits, from the bytes of each geometry; those of `METHOD` only compare with each other."""
    if kernels.COMPILED:
        keys = np.zeros((len(wkb), 2), dtype=np.uint64)
        binary.digest(*raw(wkb), keys)
        return keys
    values = wkb.to_numpy(zero_copy_only=False)
    return np.column_stack(
        [pd.util.hash_array(values, hash_key=salt, categorize=False) for salt in _SALTS]
    ).reshape(-1, 2)


def fingerprint(parts: Iterable[Any]) -> str:
    """One hash of texts and Arrow arrays: everything that a result depends on beside the parcel."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, pa.Array):
            for buffer in part.buffers():
                digest.update(b"\0" if buffer is None else memoryview(buffer))
        digest.update(f"|{len(part)}|".encode() if isinstance(part, pa.Array) else f"|{part!r}".encode())
    return digest.hexdigest()


def gathered(tables: Sequence[pa.Table], which: Ints, row: Ints) -> pa.Table:
    """Rows of several tables of one schema, in the order asked for; long runs of them are not copied.

    Parameters
    ----------
    tables
        At least one.
    which, row
        For each row wanted its table and its place there.
    """
    new = np.flatnonzero((np.diff(which) != 0) | (np.diff(row) != 1)) + 1
    if len(new) <= len(row) / _RUN:
        edges = [0, *new.tolist(), len(row)]
        runs = [(tables[which[a]], row[a], b - a) for a, b in pairwise(edges) if b > a]
        return pa.concat_tables(
            [tables[0].slice(0, 0), *(table.slice(at, count) for table, at, count in runs)]
        )
    start = _starts(np.array([len(table) for table in tables]))
    return pa.concat_tables(tables).take(pa.array(start[which] + row))


@dataclass(frozen=True)
class Found:
    """Which of some parcels were met before, and their place in the earlier run."""

    known: NDArray[np.bool_]
    place: Ints


class Kept:
    """The files of an earlier run and the list of its parcels.

    Parameters
    ----------
    path
        The list.
    files
        The files of that run by name.
    stamp
        `fingerprint` that it must have been made under, else nothing is found.

    Attributes
    ----------
    issues
        What that run said of the layers.
    """

    def __init__(self, path: Path, files: Mapping[str, Path], stamp: str) -> None:
        self._files: dict[str, pq.ParquetFile] = {}
        self._lock = Lock()
        self._groups: OrderedDict[tuple[str, int], pa.Table] = OrderedDict()
        self._keys = np.empty((0, 2), dtype=np.uint64)
        self.issues = ""
        if not path.exists() or not all(file.exists() for file in files.values()):
            return
        table = pq.read_table(path)
        told = (table.schema.metadata or {}).get(_STAMP, b"").decode()
        if told != _told(stamp, files):
            return
        self.issues = table.schema.metadata.get(_ISSUES, b"").decode()
        self._files = {name: pq.ParquetFile(file, pre_buffer=False) for name, file in files.items()}
        keys = np.column_stack([table["a"].to_numpy(), table["b"].to_numpy()])
        self._order = np.argsort(keys[:, 0])
        self._keys = keys[self._order]
        self._rows = {name: _starts(table[name].to_numpy()) for name in files}
        self._bounds = {
            name: _starts(np.array([file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]))
            for name, file in self._files.items()
        }

    def find(self, keys: NDArray[np.uint64]) -> Found:
        """Parcels met before."""
        place = np.zeros(len(keys), dtype=np.int64)
        if not len(self._keys):
            return Found(np.zeros(len(keys), dtype=bool), place)
        at = np.minimum(np.searchsorted(self._keys[:, 0], keys[:, 0]), len(self._keys) - 1)
        known = (self._keys[at] == keys).all(axis=1) & (keys[:, 0] > 0)
        place[known] = self._order[at[known]]
        return Found(known, place)

    def rows(self, name: str, place: Ints) -> tuple[pa.Table, Ints]:
        """Rows of a file that belong to parcels, and for each its number among `place`."""
        starts = self._rows[name]
        counts = starts[place + 1] - starts[place]
        of = np.repeat(np.arange(len(place)), counts)
        row = (
            np.arange(len(of))
            - np.repeat(np.cumsum(counts) - counts, counts)
            + np.repeat(starts[place], counts)
        )
        bounds = self._bounds[name]
        group = np.searchsorted(bounds, row, side="right") - 1
        wanted = np.unique(group)
        with self._lock:
            read = [self._group(name, int(k)) for k in wanted]
        tables = read or [self._files[name].schema_arrow.empty_table()]
        return gathered(tables, np.searchsorted(wanted, group), row - bounds[group]), of

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()
        self._groups.clear()

    def _group(self, name: str, number: int) -> pa.Table:
        key = (name, number)
        if key not in self._groups:
            self._groups[key] = self._files[name].read_row_group(number)
            while len(self._groups) > 4 * len(self._files):
                self._groups.popitem(last=False)
        return self._groups[key]


class Keeper:
    """Writes the list for the next run.

    Parameters
    ----------
    path
        The list.
    files, stamp
        As for `Kept`.
    """

    def __init__(self, path: Path, files: Mapping[str, Path], stamp: str) -> None:
        self._path, self._files, self._stamp = path, files, stamp
        self._columns: dict[str, list[NDArray[Any]]] = {name: [] for name in ("a", "b", *files)}

    def add(self, keys: NDArray[np.uint64], counts: Mapping[str, Ints]) -> None:
        """Parcels in order, with how many rows each has in each file; key 0 is never found again."""
        for name, values in {"a": keys[:, 0], "b": keys[:, 1], **counts}.items():
            self._columns[name].append(values)

    def write(self, issues: str) -> None:
        """Write, when the files are complete; `issues` is what the next run is to know about the layers."""
        columns = {name: np.concatenate(values) for name, values in self._columns.items() if values}
        table = pa.table(columns).replace_schema_metadata(
            {_STAMP: _told(self._stamp, self._files), _ISSUES: issues}
        )
        beside = self._path.with_name(self._path.name + ".part")
        pq.write_table(table, beside, compression="zstd")
        beside.replace(self._path)


def _told(stamp: str, files: Mapping[str, Path]) -> str:
    """The stamp, and the state of each file: one changed by others is not used."""
    states = [(name, file.stat().st_size, file.stat().st_mtime_ns) for name, file in sorted(files.items())]
    return f"{stamp} {states!r}"


def _starts(counts: NDArray[Any]) -> Ints:
    result = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=result[1:])
    return result
