"""The overlay of files: parcels stream through the engine, pieces and parts are written as they come."""

from __future__ import annotations

import json
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from layers.crs import fit, place, working_crs
from layers.curves import STEP_DEG
from layers.errors import LayerError
from layers.keeping import METHOD, Keeper, Kept, content_keys, fingerprint, gathered
from layers.stream import Batch, GeoParquetWriter, batches, column_names
from spatial.engine import VERSION, Engine, Limit, Pieces, join_issues, to_shapes, to_wkb, wake
from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

_IDS = ("id", "BSM", "TBBH", "name", "XZQMC", "XZQDM")
_MICRO = 1e6
_READERS = 2
PIECES = ""
"""Name of the output among the files."""


@dataclass(frozen=True)
class Job:
    """What is to be overlaid.

    Attributes
    ----------
    parcels
        File of the parcels.
    output
        GeoParquet of the pieces; parts outside of limits go beside it, ``.outside.parquet`` before its end.
    split
        File that parcels are cut at.
    within
        Files of limits by name.
    outside
        Names of the limits of which the parts outside are wanted.
    plane, geometry
        Whether the pieces get plane areas, and geometries.
    layer, layers
        Names of layers in files that have several: of `parcels`; of limits by name, of `split` by "".
    parcel_id, split_id
        Columns with ids; None takes a usual one, else the feature id.
    keep
        Whether a list is written beside the output, by which the next run takes over the results of all
        parcels that did not change, as long as the layers did not.
    threads, size
        Batches at work at once, and parcels in a batch (0: what suits); no result depends on either.
    """

    parcels: Path
    output: Path
    split: Path | None = None
    within: dict[str, Path] = field(default_factory=dict)
    outside: tuple[str, ...] = ()
    plane: bool = False
    geometry: bool = False
    parcel_id: str | None = None
    split_id: str | None = None
    keep: bool = False
    threads: int = 0
    size: int = 0
    layer: str | None = None
    layers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """Totals by town (town missing: in none), m²; issues; and where the parts outside lie by limit."""

    totals: pd.DataFrame
    issues: pd.DataFrame
    outside: dict[str, Path]
    parcels: int
    pieces: int


def overlay_files(job: Job, progress: Callable[[int, int | None], None] = lambda *_: None) -> Outcome:
    """Run a job.

    Parameters
    ----------
    job
        What is to be done.
    progress
        Called with the number of parcels done, and of all where that is known.

    Raises
    ------
    LayerError
        If a file cannot be read, or has no coordinate system or one that cannot be reconciled.
    """
    paths = {**({} if job.split is None else {"": job.split}), **job.within}
    with ThreadPoolExecutor(_READERS) as pool:
        found = {
            name: pool.submit(_read, path, job.layers.get(name), None if name else job.split_id)
            for name, path in paths.items()
        }
        if not job.keep:
            wake()
    read = {name: layer.result() for name, layer in found.items()}
    identity = job.parcel_id or _usual(job.parcels, job.layer)
    with batches(job.parcels, job.layer, identity, job.size) as source:
        if source.crs is None:
            raise LayerError("stream-no-crs", path=job.parcels)
        crs = _working(read.values(), source.crs, job.parcels)
        files = {PIECES: job.output} | {
            name: outside_path(job.output, name, job.outside) for name in job.outside
        }
        names = pa.array(read[""].limit.ids.astype(str) if "" in read else [], pa.string())
        stamp = _stamp(job, crs, source.crs, read) if job.keep else ""

        def engine() -> Engine:
            layers = {name: _placed(layer, crs, paths[name]) for name, layer in read.items()}
            read.clear()
            return Engine(crs, layers.pop("", None), layers, outside=job.outside)

        arcs = {job.parcels: source.arcs} | {paths[name]: layer.arcs for name, layer in read.items()}
        kept = Kept(_list(job.output), files if job.keep else {}, stamp)
        worker = _Worker(job, crs, source.crs, names, kept, engine)
        with _Writers(job, crs, names, files, stamp) as writers:
            for done in _run(worker, source.batches, job.threads):
                writers.write(done)
                progress(writers.parcels, source.count)
            about = worker.issues
            writers.about_layers = about.drop(columns="geometry").to_json(orient="records")
            kept.close()
    return writers.outcome([_arcs(arcs), about])


class _Read(NamedTuple):
    """A limit as its file has it."""

    limit: Limit
    crs: pyproj.CRS
    arcs: int


def _arcs(counts: Mapping[Path, int]) -> pd.DataFrame:
    """Issues that say which files have arcs, and how many features."""
    rows = [
        ["issue-curves", "note", path.stem, None, None, {"count": count, "step": STEP_DEG}, None]
        for path, count in counts.items()
        if count
    ]
    return pd.DataFrame(rows, columns=ISSUE_COLUMNS)


def _stamp(job: Job, crs: pyproj.CRS, own: pyproj.CRS, read: Mapping[str, _Read]) -> str:
    layers = [
        part
        for name, layer in sorted(read.items())
        for part in (name, layer.crs.to_wkt(), list(layer.limit.ids), layer.limit.wkb)
    ]
    options = (VERSION, METHOD, crs.to_wkt(), own.to_wkt(), sorted(job.outside), job.plane, job.geometry)
    return fingerprint([*options, *layers])


def _list(output: Path) -> Path:
    return output.with_name(f"{output.stem}.kept.parquet")


def outside_path(output: Path, name: str, names: tuple[str, ...]) -> Path:
    """Where the parts outside a limit are written."""
    middle = "outside" if len(names) == 1 else f"outside-{name}"
    return output.with_name(f"{output.stem}.{middle}.parquet")


class _Done(NamedTuple):
    """A batch that is done: rows of each file, how many each parcel has there, keys, issues."""

    tables: dict[str, pa.Table]
    counts: dict[str, NDArray[np.int64]]
    keys: NDArray[np.uint64] | None
    issues: pd.DataFrame
    parcels: int


class _Worker:
    """Turns batches into rows; what was met in an earlier run is taken from there."""

    def __init__(
        self, job: Job, crs: pyproj.CRS, own: pyproj.CRS, names: pa.Array, kept: Kept,
        engine: Callable[[], Engine],
    ) -> None:  # fmt: skip
        self._job, self._crs, self._own, self._names = job, crs, own, names
        self._kept, self._make, self._lock = kept, engine, Lock()
        self._engine: Engine | None = None

    @property
    def issues(self) -> pd.DataFrame:
        """About the layers, as far as they were looked at."""
        if self._engine is None and self._kept.issues:
            return pd.DataFrame(json.loads(self._kept.issues), columns=ISSUE_COLUMNS)
        return self._ready().issues

    def _ready(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._make()
            return self._engine

    def __call__(self, batch: Batch) -> _Done:
        """Rows of a batch."""
        count = len(batch.ids)
        keys = content_keys(batch.wkb) if self._job.keep else None
        known = np.zeros(count, dtype=bool)
        tables: dict[str, list[tuple[pa.Table, NDArray[np.int64]]]] = {}
        if keys is not None:
            found = self._kept.find(keys)
            known, old = found.known, np.flatnonzero(found.known)
            if len(old):
                for name in (PIECES, *self._job.outside):
                    table, of = self._kept.rows(name, found.place[old])
                    tables[name] = [(table.drop_columns("parcel"), old[of])]
        issues = pd.DataFrame()
        new = np.flatnonzero(~known)
        if len(new) or not count:
            pieces = self._pieces(batch, new)
            issues = pieces.issues
            for name, (table, at) in self._tables(pieces).items():
                tables.setdefault(name, []).append((table, new[at]))
        if keys is not None and len(issues):
            keys[
                pc.is_in(batch.ids, pa.array(issues["id"], batch.ids.type)).to_numpy(zero_copy_only=False)
            ] = 0
        merged, counts = {}, {}
        for name, parts in tables.items():
            at = np.concatenate([part[1] for part in parts])
            order = np.argsort(at, kind="stable")
            which = np.repeat(np.arange(len(parts)), [len(part[1]) for part in parts])
            row = np.concatenate([np.arange(len(part[1])) for part in parts])
            at, rows = at[order], gathered([part[0] for part in parts], which[order], row[order])
            merged[name] = rows.add_column(0, "parcel", batch.ids.take(pa.array(at)))
            counts[name] = np.bincount(at, minlength=count)
        return _Done(merged, counts, keys, issues, count)

    def _pieces(self, batch: Batch, new: NDArray[np.int64]) -> Pieces:
        engine = self._ready()
        wkb, ids = batch.wkb, batch.ids
        if len(new) < len(ids):
            wkb, ids = wkb.take(pa.array(new)), ids.take(pa.array(new))
        if self._own != self._crs:
            where = {"layer": self._job.parcels.stem, "path": self._job.parcels}
            wkb = to_wkb(place(to_shapes(wkb), self._own, self._crs, None, where).shapes)
        return engine.run(wkb, ids, self._job.parcels.stem)

    def _tables(self, pieces: Pieces) -> dict[str, tuple[pa.Table, NDArray[np.int64]]]:
        """Rows of each file without ids, and the parcel of each."""
        lost = pieces.town < 0
        town = self._names.take(pa.array(np.where(lost, 0, pieces.town), mask=lost))
        columns = {"area_m2": pieces.area}
        columns |= {f"{name}_m2": area for name, (area, _) in pieces.within.items()}
        if self._job.plane:
            columns |= {"plane_m2": pieces.plane}
            columns |= {f"{name}_plane_m2": plane for name, (_, plane) in pieces.within.items()}
        shape = {"geometry": pieces.wkb()} if self._job.geometry else {}
        result = {PIECES: (pa.table({"town": town, **columns, **shape}), pieces.parcel)}
        for name, part in pieces.outside.items():
            plane = {"plane_m2": part.plane} if self._job.plane else {}
            areas = {"area_m2": part.area, **plane}
            table = pa.table({"town": town.take(pa.array(part.piece)), **areas, "geometry": part.wkb})
            result[name] = table, pieces.parcel[part.piece]
        return result


def _run(worker: _Worker, source: Iterator[Batch], threads: int) -> Iterator[_Done]:
    """Batches that are done, in order, a few at work at once and one read ahead; an empty one if there is none."""
    threads = threads or min(os.cpu_count() or 1, 8)
    first = next(source, None)
    if first is None:
        yield worker(Batch(pa.array([], pa.string()), pa.array([], pa.binary())))
        return
    with ThreadPoolExecutor(threads) as pool, ThreadPoolExecutor(1) as reader:
        waiting = deque([pool.submit(worker, first)])
        ahead = reader.submit(next, source, None)
        while (batch := ahead.result()) is not None:
            ahead = reader.submit(next, source, None)
            waiting.append(pool.submit(worker, batch))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Writers:
    """The files of a job, and the totals and issues on the way."""

    def __init__(
        self, job: Job, crs: pyproj.CRS, names: pa.Array, files: Mapping[str, Path], stamp: str
    ) -> None:
        self._files, self._names = files, names
        self._writers = {name: GeoParquetWriter(path, crs) for name, path in files.items()}
        self._keeper = Keeper(_list(job.output), files, stamp) if job.keep else None
        self._sums: dict[str, NDArray[np.int64]] = {"pieces": np.zeros(len(names) + 1, dtype=np.int64)}
        self._issues: list[pd.DataFrame] = []
        self.about_layers = ""
        self.parcels = self._pieces = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; keep the files only if all went well."""
        for writer in self._writers.values():
            writer.__exit__(kind, error, trace)
        if self._keeper is not None and kind is None:
            self._keeper.write(self.about_layers)

    def write(self, done: _Done) -> None:
        """Add a batch."""
        for name, table in done.tables.items():
            self._writers[name].write(table)
        if self._keeper is not None and done.keys is not None:
            self._keeper.add(done.keys, done.counts)
        pieces = done.tables[PIECES]
        town = pc.index_in(pieces["town"], self._names).combine_chunks().to_numpy(zero_copy_only=False)
        place = np.where(np.isnan(town), len(self._names), town).astype(np.int64)
        count = len(self._names) + 1
        for column in pieces.column_names:
            if column.endswith("_m2"):
                sums = self._sums.setdefault(column, np.zeros(count, dtype=np.int64))
                sums += _exact(place, pieces[column].to_numpy(), count)
        self._sums["pieces"] += np.bincount(place, minlength=count)
        self._issues.append(done.issues)
        self.parcels += done.parcels
        self._pieces += len(place)

    def outcome(self, issues: list[pd.DataFrame]) -> Outcome:
        """What came out."""
        town = pd.Series([*self._names.to_pylist(), None], dtype="str", name="town")
        totals = pd.DataFrame({"town": town, "pieces": self._sums["pieces"]})
        for column, sums in self._sums.items():
            if column != "pieces":
                totals[column] = sums / _MICRO
        totals = totals[(totals["pieces"] > 0) | totals["town"].notna()].reset_index(drop=True)
        found = [*issues, *self._issues]
        return Outcome(
            totals,
            join_issues(found),
            {name: path for name, path in self._files.items() if name != PIECES},
            self.parcels,
            self._pieces,
        )


def _exact(place: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Sums in whole millionths of a m²: whole numbers add up to the same in any order."""
    sums = np.bincount(place, np.rint(values * _MICRO), count)
    return np.rint(sums).astype(np.int64)


def _usual(path: Path, layer: str | None) -> str | None:
    names = column_names(path, layer)
    return next((name for name in _IDS if name in names), None)


def _read(path: Path, layer: str | None, identity: str | None) -> _Read:
    with batches(path, layer, identity or _usual(path, layer)) as source:
        if source.crs is None:
            raise LayerError("stream-no-crs", path=path)
        parts = list(source.batches)
    ids = pd.Index(np.concatenate([np.empty(0, dtype=object), *(np.asarray(part.ids) for part in parts)]))
    wkb = pa.concat_arrays([pa.array([], pa.binary()), *(part.wkb for part in parts)])
    if wkb.null_count == len(wkb):
        raise LayerError("stream-empty", path=path)
    return _Read(Limit(wkb, ids), source.crs, source.arcs)


def _placed(layer: _Read, crs: pyproj.CRS, path: Path | None) -> Limit:
    if layer.crs == crs:
        return layer.limit
    where = {"layer": path.stem if path else "", "path": path}
    placed = place(to_shapes(layer.limit.wkb), layer.crs, crs, None, where)
    return Limit(to_wkb(placed.shapes), layer.limit.ids)


def _working(others: Iterable[_Read], parcels: pyproj.CRS, path: Path) -> pyproj.CRS:
    """The plane the overlay is made in: the parcels' own if it is fit, else another layer's, else one found."""
    layers = list(others)
    for crs in (parcels, *(layer.crs for layer in layers)):
        if fit(crs):
            return pyproj.CRS(crs)
    for layer in layers:
        if len(layer.limit.wkb):
            west, south, east, north = shapely.total_bounds(to_shapes(layer.limit.wkb)).tolist()
            return working_crs(None, layer.crs, (west, south, east, north))
    raise LayerError("stream-no-plane", path=path)
