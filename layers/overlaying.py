"""The overlay of files: parcels stream through the engine, pieces and parts are written as they come."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely

from layers.crs import fit, place, working_crs
from layers.errors import LayerError
from layers.stream import BATCH, Batch, GeoParquetWriter, batches, column_names
from spatial.engine import Engine, Pieces, to_shapes, to_wkb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

_IDS = ("id", "BSM", "TBBH", "name", "XZQMC", "XZQDM")
_MICRO = 1e6


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
    parcel_id, split_id
        Columns with ids; None takes a usual one, else the feature id.
    threads, size
        Batches at work at once, and parcels in a batch: no result depends on either.
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
    threads: int = 0
    size: int = BATCH


@dataclass(frozen=True)
class Outcome:
    """Totals by town (town missing: in none), m²; issues; and where the parts outside lie by limit."""

    totals: pd.DataFrame
    issues: pd.DataFrame
    outside: dict[str, Path]
    parcels: int
    pieces: int


def overlay_files(job: Job) -> Outcome:
    """Run a job.

    Raises
    ------
    LayerError
        If a file cannot be read, or has no coordinate system or one that cannot be reconciled.
    """
    split = None if job.split is None else _read(job.split, job.split_id)
    limits = {name: _read(path, None) for name, path in job.within.items()}
    identity = job.parcel_id or _usual(job.parcels)
    with batches(job.parcels, None, identity, job.size) as source:
        if source.crs is None:
            raise LayerError("stream-no-crs", path=job.parcels)
        crs = _working(split, source.crs, limits.values(), job.parcels)
        engine = Engine(
            crs,
            None if split is None else _placed(split, crs, job.split),
            {name: _placed(series, crs, job.within[name]) for name, series in limits.items()},
            outside=job.outside,
        )
        names = pa.array([] if split is None else split.index.astype(str), pa.string())
        del split, limits
        writers = _Writers(job, crs, names)
        with writers:
            for batch, pieces in _run(engine, source.batches, source.crs, job):
                writers.write(batch, pieces)
    return writers.outcome(engine.issues)


def outside_path(output: Path, name: str, names: tuple[str, ...]) -> Path:
    """Where the parts outside a limit are written."""
    middle = "outside" if len(names) == 1 else f"outside-{name}"
    return output.with_name(f"{output.stem}.{middle}.parquet")


def _run(
    engine: Engine, source: Iterator[Batch], crs: pyproj.CRS, job: Job
) -> Iterator[tuple[Batch, Pieces]]:
    """Batches with their pieces, in order, a few at work at once."""
    target = engine.lattice.crs
    threads = job.threads or min(os.cpu_count() or 1, 8)

    def work(batch: Batch) -> tuple[Batch, Pieces]:
        wkb = batch.wkb
        if crs != target:
            where = {"layer": job.parcels.stem, "path": job.parcels}
            wkb = to_wkb(place(to_shapes(wkb), crs, target, None, where).shapes)
        return batch, engine.run(wkb, batch.ids, job.parcels.stem)

    if threads == 1:
        yield from map(work, source)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[tuple[Batch, Pieces]]] = deque()
        for batch in source:
            waiting.append(pool.submit(work, batch))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Writers:
    """The files of a job, and the totals and issues on the way."""

    def __init__(self, job: Job, crs: pyproj.CRS, names: pa.Array) -> None:
        self._job, self._names = job, names
        self._paths = {name: outside_path(job.output, name, job.outside) for name in job.outside}
        self._pieces = GeoParquetWriter(job.output, crs)
        self._outside = {name: GeoParquetWriter(path, crs) for name, path in self._paths.items()}
        columns = ["area_m2", *(f"{name}_m2" for name in job.within)]
        if job.plane:
            columns += ["plane_m2", *(f"{name}_plane_m2" for name in job.within)]
        self._sums = {column: np.zeros(len(names) + 1, dtype=np.int64) for column in ["pieces", *columns]}
        self._issues: list[pd.DataFrame] = []
        self._counts = [0, 0]

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in (self._pieces, *self._outside.values()):
            writer.__exit__(kind, error, trace)

    def write(self, batch: Batch, pieces: Pieces) -> None:
        """Add the pieces of a batch."""
        parcel = batch.ids.take(pa.array(pieces.parcel))
        town = self._names.take(pa.array(np.where(pieces.town < 0, 0, pieces.town), mask=pieces.town < 0))
        columns = {"area_m2": pieces.area}
        columns |= {f"{name}_m2": area for name, (area, _) in pieces.within.items()}
        if self._job.plane:
            columns |= {"plane_m2": pieces.plane}
            columns |= {f"{name}_plane_m2": plane for name, (_, plane) in pieces.within.items()}
        shape = {"geometry": pieces.wkb()} if self._job.geometry else {}
        self._pieces.write(pa.table({"parcel": parcel, "town": town, **columns, **shape}))
        for name, part in pieces.outside.items():
            at = pa.array(part.piece)
            plane = {"plane_m2": part.plane} if self._job.plane else {}
            self._outside[name].write(
                pa.table(
                    {
                        "parcel": parcel.take(at),
                        "town": town.take(at),
                        "area_m2": part.area,
                        **plane,
                        "geometry": part.wkb,
                    }
                )
            )
        place = np.where(pieces.town < 0, len(self._names), pieces.town)
        for column, values in columns.items():
            self._sums[column] += _exact(place, values, len(self._names) + 1)
        self._sums["pieces"] += np.bincount(place, minlength=len(self._names) + 1)
        self._issues.append(pieces.issues)
        self._counts[0] += len(batch.ids)
        self._counts[1] += len(place)

    def outcome(self, issues: pd.DataFrame) -> Outcome:
        """What came out."""
        town = pd.Series([*self._names.to_pylist(), None], dtype="str", name="town")
        totals = pd.DataFrame({"town": town, "pieces": self._sums["pieces"]})
        for column, sums in self._sums.items():
            if column != "pieces":
                totals[column] = sums / _MICRO
        totals = totals[(totals["pieces"] > 0) | totals["town"].notna()].reset_index(drop=True)
        found = [table for table in (issues, *self._issues) if len(table)]
        return Outcome(
            totals, pd.concat(found, ignore_index=True) if found else issues, self._paths, *self._counts
        )


def _exact(place: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Sums in whole millionths of a m²: whole numbers add up to the same in any order."""
    sums = np.bincount(place, np.rint(values * _MICRO), count)
    return np.rint(sums).astype(np.int64)


def _usual(path: Path) -> str | None:
    names = column_names(path)
    return next((name for name in _IDS if name in names), None)


def _read(path: Path, identity: str | None) -> gpd.GeoSeries:
    """A limit layer, indexed by its ids."""
    with batches(path, None, identity or _usual(path)) as source:
        if source.crs is None:
            raise LayerError("stream-no-crs", path=path)
        parts = [(batch.ids.to_pandas(), to_shapes(batch.wkb)) for batch in source.batches]
    ids = pd.Index(np.concatenate([np.asarray(ids, dtype=object) for ids, _ in parts])) if parts else None
    shapes = np.concatenate([np.empty(0, dtype=object), *(shapes for _, shapes in parts)])
    return gpd.GeoSeries(shapes, index=ids, crs=source.crs)


def _placed(series: gpd.GeoSeries, crs: pyproj.CRS, path: Path | None) -> gpd.GeoSeries:
    if series.crs == crs:
        return series
    where = {"layer": path.stem if path else "", "path": path}
    return gpd.GeoSeries(
        place(series.to_numpy(), series.crs, crs, None, where).shapes, index=series.index, crs=crs
    )


def _working(
    split: gpd.GeoSeries | None, parcels: pyproj.CRS, limits: Iterable[gpd.GeoSeries], path: Path
) -> pyproj.CRS:
    """The plane the overlay is made in: the parcels' own if it is fit, else another layer's, else one found."""
    layers = [series for series in (split, *limits) if series is not None]
    for crs in (parcels, *(series.crs for series in layers)):
        if fit(crs):
            return pyproj.CRS(crs)
    for series in layers:
        if len(series):
            west, south, east, north = shapely.total_bounds(series.to_numpy()).tolist()
            return working_crs(None, series.crs, (west, south, east, north))
    raise LayerError("stream-no-plane", path=path)
