"""Any vector file as Arrow batches with WKB geometry, and GeoParquet written batch by batch."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj

from layers import curves
from layers.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

BATCH = 16_384
"""Features a batch at the most."""
_SHARES, _LEAST = 12, 2_048
_PARQUET = {".parquet", ".geoparquet", ".pq"}
_SINGLE = {".shp", ".geojson", ".json", ".geojsonl", ".fgb"}


@dataclass(frozen=True)
class Batch:
    """Some features of a file.

    Attributes
    ----------
    ids
        Their ids: of the id column, else the feature id, else the row number from 0.
    wkb
        Their geometries as WKB; null where there is none.
    """

    ids: pa.Array
    wkb: pa.Array


@dataclass(frozen=True)
class Source:
    """A vector layer in a file.

    Attributes
    ----------
    crs
        Its coordinate system, or None if the file does not say.
    batches
        Iterator over all features; to be read once, inside the context.
    arcs
        How many features have arcs, which come as lines, see `layers.curves`.
    count
        How many features there are, where that is known beforehand.
    """

    crs: pyproj.CRS | None
    batches: Iterator[Batch]
    arcs: int = 0
    count: int | None = None


@contextmanager
def batches(
    path: Path, layer: str | None = None, id_column: str | None = None, size: int = 0
) -> Iterator[Source]:
    """Open any vector file that GDAL knows, or GeoParquet, and read it in batches.

    Parameters
    ----------
    path
        The file.
    layer
        Layer in it; None if it has but one.
    id_column
        Column with the ids; None takes the file's feature ids or row numbers.
    size
        Features a batch; 0 takes `BATCH`, or less of a small file, so that all threads have work to the end.

    Raises
    ------
    LayerError
        If the file is missing, no vector file, has several layers and none is named, or has no such layer or column.
    """
    if not path.exists():
        raise LayerError("stream-missing", path=path)
    try:
        layer = _layer_in(path, layer)
        if path.suffix.lower() in _PARQUET:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                share = -(-file.metadata.num_rows // _SHARES)
                yield _from_parquet(file, path, id_column, size or min(max(share, _LEAST), BATCH))
        elif arcs := curves.count(path, layer):
            yield _drawn(path, layer, id_column, size or BATCH, arcs)
        else:
            with pyogrio.open_arrow(
                path, layer=layer, columns=[id_column] if id_column else [], batch_size=size or BATCH,
                use_pyarrow=True, return_fids=id_column is None,
            ) as (meta, reader):  # fmt: skip
                yield _from_ogr(meta, reader, path, layer, id_column)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowInvalid) as error:
        raise LayerError("stream-unreadable", path=path, reason=str(error)) from error


def column_names(path: Path, layer: str | None = None) -> list[str]:
    """Names of the columns of a layer of a file; none if it cannot be read."""
    if path.suffix.lower() in _PARQUET:
        try:
            return list(pq.read_schema(path).names)
        except (OSError, pa.ArrowInvalid):
            return []
    try:
        return list(pyogrio.read_info(path, layer=_layer_in(path, layer))["fields"])
    except (pyogrio.errors.DataSourceError, LayerError):
        return []


def _layer_in(path: Path, layer: str | None) -> str | None:
    """Name of the layer that is meant, None where there can be but one."""
    suffix = path.suffix.lower()
    if suffix in _PARQUET or (suffix in _SINGLE and layer is None):
        return None
    names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    if layer is None and len(names) > 1:
        raise LayerError("stream-several", path=path, layers="、".join(names))
    if layer is not None and layer not in names:
        raise LayerError("stream-no-layer", path=path, wanted=layer, layers="、".join(names))
    return layer or (names[0] if names else None)


def _from_parquet(file: pq.ParquetFile, path: Path, id_column: str | None, size: int) -> Source:
    names = file.schema_arrow.names
    name, crs = geo_column(file.schema_arrow, path)
    _known(id_column, names, path)

    def read() -> Iterator[Batch]:
        done = 0
        for rows in file.iter_batches(batch_size=size, columns=[*([id_column] if id_column else []), name]):
            wkb = rows.column(name)
            ids = rows.column(id_column) if id_column else pa.array(np.arange(done, done + len(wkb)))
            done += len(wkb)
            yield Batch(ids, _binary(wkb))

    return Source(pyproj.CRS.from_user_input(crs) if crs else None, read(), count=file.metadata.num_rows)


def geo_column(schema: pa.Schema, path: Path) -> tuple[str, Any]:
    """Name and CRS (None if it has none) of the geometry of a GeoParquet file.

    Raises
    ------
    LayerError
        If it has no geometry, or not as WKB.
    """
    stored = (schema.metadata or {}).get(b"geo")
    geo = json.loads(stored) if stored else {}
    name = geo.get("primary_column", "geometry")
    if name not in schema.names:
        raise LayerError("stream-no-geometry", path=path)
    column = geo.get("columns", {}).get(name, {})
    if column.get("encoding", "WKB") != "WKB":
        raise LayerError("stream-encoding", path=path, encoding=column["encoding"])
    return name, column.get("crs", "OGC:CRS84") if geo else None


def _from_ogr(
    meta: dict[str, Any], reader: Any, path: Path, layer: str | None, id_column: str | None
) -> Source:
    name = meta["geometry_name"] or "wkb_geometry"
    if id_column not in reader.schema.names:
        _known(id_column, column_names(path, layer), path)
    identity = id_column or meta.get("fid_column") or "OGC_FID"

    def read() -> Iterator[Batch]:
        done = 0
        for rows in reader:
            wkb = rows.column(name)
            if arcs := curves.curved(_binary(wkb)):
                raise LayerError("stream-curves", path=path, count=arcs)
            known = identity in rows.schema.names
            ids = rows.column(identity) if known else pa.array(np.arange(done, done + len(wkb)))
            done += len(wkb)
            yield Batch(ids, _binary(wkb))

    return Source(pyproj.CRS.from_user_input(meta["crs"]) if meta["crs"] else None, read())


def _drawn(path: Path, layer: str | None, id_column: str | None, size: int, arcs: int) -> Source:
    """A layer with arcs: Arrow has no way to ask GDAL for lines, so it is read the other way."""
    info = pyogrio.read_info(path, layer=layer)
    _known(id_column, list(info["fields"]), path)
    columns = [id_column] if id_column else []

    def read() -> Iterator[Batch]:
        for first in range(0, info["features"], size):
            _, fids, wkb, fields = pyogrio.raw.read(
                path, layer=layer, columns=columns, skip_features=first, max_features=size, return_fids=True
            )
            yield Batch(pa.array(fields[0] if id_column else fids), pa.array(wkb, pa.binary()))

    return Source(pyproj.CRS.from_user_input(info["crs"]) if info["crs"] else None, read(), arcs)


def _known(id_column: str | None, names: list[str], path: Path) -> None:
    if id_column and id_column not in names:
        raise LayerError("stream-no-column", path=path, column=id_column, names=", ".join(names))


def _binary(wkb: Any) -> pa.Array:
    if isinstance(wkb, pa.ExtensionArray):
        wkb = wkb.storage
    return wkb.cast(pa.binary())


class GeoParquetWriter:
    """GeoParquet 1.1 (WKB) written batch by batch, beside, and renamed when complete.

    Parameters
    ----------
    path
        The file.
    crs
        Coordinate system of its column `geometry`.
    """

    def __init__(self, path: Path, crs: Any) -> None:
        self._path, self._crs = path, pyproj.CRS.from_user_input(crs)
        self._beside = path.with_name(path.name + ".part")
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def write(self, table: pa.Table) -> None:
        """Add rows; every table has the same columns, `geometry` if any holds WKB."""
        if self._writer is None:
            geometry = {"encoding": "WKB", "geometry_types": [], "crs": self._crs.to_json_dict()}
            geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
            schema = table.schema
            if "geometry" in schema.names:
                schema = schema.with_metadata({"geo": json.dumps(geo)})
            self._path.parent.mkdir(parents=True, exist_ok=True)
            plain = [name for name in schema.names if name not in {"parcel", "geometry"}]
            repeated = [name for name in plain if pa.types.is_string(schema.field(name).type)]
            self._writer = pq.ParquetWriter(
                self._beside, schema, compression="zstd", compression_level=1, use_dictionary=repeated,
                write_statistics=plain,
            )  # fmt: skip
        if table.schema != self._writer.schema:
            table = table.cast(self._writer.schema)
        self._writer.write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; keep the file only if all went well."""
        if self._writer is None:
            return
        self._writer.close()
        if kind is None:
            self._beside.replace(self._path)
        else:
            self._beside.unlink()
