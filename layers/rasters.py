"""Rasters: opened with rasterio, checked, read window by window; changes written as cloud-optimised GeoTIFF."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import rasterio
import rasterio.shutil
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as Slice

from layers.errors import LayerError
from spatial.pixels import CHUNK, Window, blocks, edges, is_built

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from rasterio import Affine

    from layers.workspace import LayerSpec

ROLES = ("built_up_raster", "land_cover", "night_light", "population_grid", "terrain")
CHANGE_NODATA = -128


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
    chunk
        Rows and columns to read at once: about a million cells, whole tiles or whole strips of the file.
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
        return np.ma.masked_invalid(values) if values.dtype.kind == "f" else values


def open_raster(
    path: Path,
    name: str = "",
    *,
    date: str | None = None,
    band: int = 1,
    classes: Sequence[float] = (),
    crs: str | None = None,
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

    Raises
    ------
    LayerError
        ``raster-missing``, ``raster-unreadable``, ``raster-no-crs``, ``raster-rotated``, ``raster-band``.
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
        own = pyproj.CRS.from_wkt(file.crs.to_wkt()) if file.crs else None
        own = own or (pyproj.CRS.from_user_input(crs) if crs else None)
        if own is None:
            raise LayerError("raster-no-crs", **where)
        t = file.transform
        if t.b or t.d or t.a <= 0 or t.e >= 0:
            raise LayerError("raster-rotated", **where)
        return Raster(
            own_name, path, own, t, file.shape, file.nodatavals[band - 1], date, band, tuple(classes),
            _chunk(file.block_shapes[band - 1], file.shape),
        )  # fmt: skip


def _chunk(block: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """Whole tiles, or whole strips where the file is not tiled, of about `CHUNK`."""
    tall, wide = block
    if tall * wide > 4 * CHUNK[0] * CHUNK[1]:
        return CHUNK
    if wide >= shape[1]:
        rows = max(1, CHUNK[0] * CHUNK[1] // shape[1] // tall) * tall
        return rows, shape[1]
    return max(1, CHUNK[0] // tall) * tall, max(1, CHUNK[1] // wide) * wide


def open_all(specs: Sequence[LayerSpec]) -> dict[str, list[Raster]]:
    """Rasters of a workspace by role, the earliest first."""
    found: dict[str, list[Raster]] = {}
    for spec in specs:
        raster = open_raster(
            spec.path, spec.name, date=spec.date, band=spec.band, classes=spec.classes, crs=spec.crs
        )
        found.setdefault(spec.role, []).append(raster)
    return {role: sorted(of, key=lambda one: one.date or "") for role, of in found.items()}


def check_touches(rasters: Mapping[str, Sequence[Raster]], towns: gpd.GeoSeries) -> None:
    """Refuse a raster that does not touch the towns.

    Raises
    ------
    LayerError
        ``raster-outside``.
    """
    for one in (one for of in rasters.values() for one in of):
        bounds = towns.to_crs(one.crs).total_bounds
        if next(blocks(one, tuple(bounds)), None) is None:
            raise LayerError("raster-outside", layer=one.name, path=one.path)


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


def write_changes(rasters: Mapping[str, Sequence[Raster]], folder: Path) -> Path | None:
    """Write what became built-up between the last two states as ``built_up_change.tif`` (COG) into `folder`.

    1 became built-up, -1 is no more, 0 as before, -128 no data. None where there are not two states on one grid.
    Blocks are read one by one.
    """
    states = [one for one in rasters.get("built_up_raster", ()) if one.date][-2:]
    if len(states) < 2 or not same_grid(*states):  # noqa: PLR2004 - a change has two ends
        return None
    before, after = states
    plain, path = folder / "built_up_change.plain.tif", folder / "built_up_change.tif"
    profile = {
        "driver": "GTiff", "height": after.shape[0], "width": after.shape[1], "count": 1, "dtype": "int8",
        "transform": after.transform, "crs": after.crs.to_wkt(), "nodata": CHANGE_NODATA,
        "compress": "deflate", "tiled": True,
    }  # fmt: skip
    try:
        with rasterio.open(plain, "w", **profile) as file:
            for window in blocks(after):
                change = _state(after, window) - _state(before, window)
                slot = Slice(window.column, window.row, window.width, window.height)
                file.write(np.ma.filled(change, CHANGE_NODATA), 1, window=slot)
        _as_cog(plain, path)
    finally:
        plain.unlink(missing_ok=True)
    return path


def same_grid(one: Raster, other: Raster) -> bool:
    """Tell whether two rasters have the same cells."""
    return one.shape == other.shape and one.crs == other.crs and np.allclose(edges(one), edges(other))


def _state(raster: Raster, window: Window) -> Any:
    return is_built(raster.read(window), raster.classes).astype(np.int8)


def _as_cog(source: Any, path: Path) -> None:
    part = path.with_name(f"{path.stem}.part.tif")
    rasterio.shutil.copy(source, part, driver="COG", compress="deflate", overview_resampling="nearest")
    part.replace(path)


def _why(error: Exception) -> str:
    return str(error.__cause__ or error).splitlines()[0]
