"""Rasters: opened with rasterio, checked, read window by window; changes written as cloud-optimised GeoTIFF."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import rasterio
import rasterio.shutil
import shapely
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as Slice

from layers import crs as systems
from layers.errors import LayerError
from layers.issues import issue
from spatial.derived import NOTHING
from spatial.memory import give_back
from spatial.pixels import CHUNK, Window, blocks, edges
from spatial.side_by_side import in_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from rasterio import Affine

    from layers.workspace import LayerSpec
    from spatial.pixels import Pixels

ROLES = ("built_up_raster", "land_cover", "night_light", "population_grid", "terrain")
LEAST = {"population_grid": 0.0, "terrain": -1000.0}
"""Below it a value of a role is no data that the file does not name as such: fewer people than none; no land lies so low."""
TILE = 512
CACHE_BYTES = 1 << 26
"""What GDAL may hold of files that are written; by itself it takes a twentieth of the machine's memory."""


@dataclass(frozen=True)
class Raster:
    """One band of a raster file, north up (`spatial.pixels.Pixels`).

    Attributes
    ----------
    name
        Name of the layer in the workspace.
    shape
        Rows and columns.
    date
        Quarter of the state it shows, if known.
    classes
        Values that count as built-up; every value above 0 if empty.
    bands
        Bands of the file; `band` is read.
    scale, offset
        The file's own: its values times the one plus the other are what is read.
    least
        Values below it are no data.
    chunk
        Rows and columns to read at once: about half a million cells, whole tiles or whole strips of the file.
    """

    name: str
    path: Path
    crs: pyproj.CRS
    transform: Affine
    shape: tuple[int, int]
    nodata: float | None
    date: str | None = None
    band: int = 1
    classes: tuple[float, ...] = ()
    chunk: tuple[int, int] = CHUNK
    bands: int = 1
    scale: float = 1.0
    offset: float = 0.0
    least: float = -np.inf

    def read(self, window: Window) -> np.ma.MaskedArray[Any, Any]:
        """Values of a window; no-data and NaN are masked.

        Raises
        ------
        LayerError
            ``raster-unreadable`` if the file breaks off.
        """
        row, column, height, width = window
        try:
            with rasterio.open(self.path) as file:
                values = file.read(self.band, window=Slice(column, row, width, height), masked=True)
        except (RasterioError, OSError) as error:
            raise LayerError(
                "raster-unreadable", layer=self.name, path=self.path, problem=_why(error)
            ) from error
        if (self.scale, self.offset) != (1.0, 0.0):
            values = values * self.scale + self.offset
        if values.dtype.kind == "f":
            values = np.ma.masked_invalid(values)
        return values if np.isinf(self.least) else np.ma.masked_less(values, self.least)


def open_raster(
    path: Path,
    name: str = "",
    *,
    date: str | None = None,
    band: int = 1,
    classes: Sequence[float] = (),
    crs: str | None = None,
    least: float = -np.inf,
) -> Raster:
    """Open a raster and check that it can be measured.

    Parameters
    ----------
    path
        Any file that GDAL reads.
    name
        For messages; the file's name if empty.
    crs
        CRS to use where the file names none.
    least
        Values below it are no data.

    Raises
    ------
    LayerError
        ``raster-missing``, ``raster-unreadable``, ``raster-no-crs``, ``raster-shifted`` (GCJ-02, BD-09),
        ``crs-contradiction``, ``crs-unknown``, ``raster-rotated``, ``raster-band``.
    """
    own_name = name or path.stem
    where: dict[str, Any] = {"layer": own_name, "path": path}
    if not path.is_file():
        raise LayerError("raster-missing", **where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            file = rasterio.open(path)
    except (RasterioError, OSError) as error:
        raise LayerError("raster-unreadable", problem=_why(error), **where) from error
    with file:
        if not 1 <= band <= file.count:
            raise LayerError("raster-band", band=band, count=file.count, **where)
        own = _own_crs(pyproj.CRS.from_wkt(file.crs.to_wkt()) if file.crs else None, crs, where)
        t = file.transform
        if t.b or t.d or t.a <= 0 or t.e >= 0:
            raise LayerError("raster-rotated", **where)
        return Raster(
            own_name, path, own, t, file.shape, file.nodatavals[band - 1], date, band, tuple(classes),
            _chunk(file.block_shapes[band - 1], file.shape), file.count, file.scales[band - 1], file.offsets[band - 1],
            least,
        )  # fmt: skip


def _own_crs(in_file: pyproj.CRS | None, stated: str | None, where: dict[str, Any]) -> pyproj.CRS:
    if shifted := systems.web_shift(stated):
        raise LayerError("raster-shifted", crs=shifted, **where)
    told = systems.parse(stated) if stated else None
    if told and in_file and not told.equals(in_file, ignore_axis_order=True):
        raise LayerError("crs-contradiction", stated=told.name, file=in_file.name, **where)
    own = in_file or told
    if own is None or not (own.is_projected or own.is_geographic):
        raise LayerError("raster-no-crs", **where)
    return own


def _chunk(block: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """Whole tiles, or whole strips where the file is not tiled, together about as large as `CHUNK`."""
    tall, wide = block
    if tall * wide > 4 * CHUNK[0] * CHUNK[1]:
        return CHUNK
    if wide >= shape[1]:
        rows = max(1, CHUNK[0] * CHUNK[1] // shape[1] // tall) * tall
        return rows, shape[1]
    rows = max(1, CHUNK[0] // tall) * tall
    return rows, max(1, CHUNK[0] * CHUNK[1] // rows // wide) * wide


def open_all(specs: Sequence[LayerSpec]) -> dict[str, list[Raster]]:
    """Rasters of a workspace by role, the earliest first."""
    found: dict[str, list[Raster]] = {}
    for spec in specs:
        raster = open_raster(
            spec.path, spec.name, date=spec.date, band=spec.band, classes=spec.classes, crs=spec.crs,
            least=LEAST.get(spec.role, -np.inf),
        )  # fmt: skip
        found.setdefault(spec.role, []).append(raster)
    return {role: sorted(of, key=lambda one: one.date or "") for role, of in found.items()}


def checked(rasters: Mapping[str, Sequence[Raster]], towns: gpd.GeoSeries) -> list[dict[str, Any]]:
    """Refuse rasters that cannot be laid over the towns; issues of those that can.

    Returns
    -------
    list of dict
        Rows of the issues table: ``issue-raster-partial`` where a raster ends within the towns' box,
        ``issue-raster-bands`` where a file has several bands.

    Raises
    ------
    LayerError
        ``raster-outside`` if it does not touch the towns, ``raster-datum`` if no real transformation to its datum is known,
        ``raster-twice`` if two of one role are of one date.
    """
    found = []
    for role, of in rasters.items():
        for one, other in itertools.combinations(of, 2):
            if one.date == other.date and role != "terrain":
                raise LayerError(
                    "raster-twice",
                    layer=other.name,
                    path=other.path,
                    role=role,
                    date=one.date or "-",
                    other=one.path,
                )
    for one in (one for of in rasters.values() for one in of):
        where: dict[str, Any] = {"layer": one.name, "path": one.path}
        box = np.array([shapely.box(*towns.total_bounds)], dtype=object)
        try:
            systems.place(box, pyproj.CRS(towns.crs), one.crs, None, where)
        except LayerError as error:
            raise LayerError("raster-datum", crs=one.crs.name, **where) from error
        bounds = tuple(towns.to_crs(one.crs).total_bounds)
        if next(blocks(one, bounds), None) is None:
            raise LayerError("raster-outside", **where)
        west, south, east, north = edges(one)
        if bounds[0] < west or bounds[1] < south or bounds[2] > east or bounds[3] > north:
            found.append(issue("issue-raster-partial", "note", one.name))
        if one.bands > 1:
            found.append(issue("issue-raster-bands", "note", one.name, bands=one.bands, band=one.band))
    return found


def write_cog(path: Path, array: Any, transform: Affine, crs: pyproj.CRS, nodata: float | None) -> Path:
    """Write an array as cloud-optimised GeoTIFF, beside and then renamed.

    Parameters
    ----------
    array
        Shape (rows, columns).
    """
    memory = rasterio.MemoryFile()
    profile = {
        "driver": "GTiff", "height": array.shape[0], "width": array.shape[1], "count": 1, "dtype": array.dtype,
        "transform": transform, "crs": crs.to_wkt(), "nodata": nodata, "compress": "deflate", "tiled": True,
    }  # fmt: skip
    with memory:
        with memory.open(**profile) as file:
            file.write(array, 1)
        _as_cog(memory.name, path)
    return path


def write_derived(rasters: Mapping[str, Pixels], folder: Path) -> list[Path]:
    """Write what studies worked out as cloud-optimised GeoTIFF, one file a raster, window by window."""
    give_back()
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        return [_streamed(raster, folder / f"{name}.tif") for name, raster in rasters.items()]


def _streamed(raster: Pixels, path: Path) -> Path:
    plain = path.with_name(f"{path.stem}.plain.tif")
    profile = {
        "driver": "GTiff", "height": raster.shape[0], "width": raster.shape[1], "count": 1, "dtype": "int8",
        "transform": raster.transform, "crs": raster.crs.to_wkt(), "nodata": NOTHING, "sparse_ok": True,
        "compress": "deflate", "tiled": True, "blockxsize": TILE, "blockysize": TILE, "bigtiff": "if_safer",
    }  # fmt: skip
    try:
        with rasterio.open(plain, "w", **profile) as file:
            for window, values in in_order(lambda window: (window, raster.read(window)), blocks(raster)):
                slot = Slice(window.column, window.row, window.width, window.height)
                file.write(np.ma.filled(values, NOTHING), 1, window=slot)
        _as_cog(plain, path)
    finally:
        plain.unlink(missing_ok=True)
    return path


def _as_cog(source: Any, path: Path) -> None:
    part = path.with_name(f"{path.stem}.part.tif")
    rasterio.shutil.copy(
        source, part, driver="COG", compress="deflate", blocksize=TILE, overviews="ignore_existing",
        overview_resampling="nearest", bigtiff="if_safer",
    )  # fmt: skip
    part.replace(path)


def _why(error: Exception) -> str:
    return str(error.__cause__ or error).splitlines()[0]
