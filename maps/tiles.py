"""Vector tiles of parcels: a PMTiles archive in which every parcel is there at high zooms, and said what is not at low.

Up to `DETAIL` - 1, of the parcels whose centres share a cell of `CELL_PX` × `CELL_PX` pixels one is drawn: one that
breaks a rule before others, then the largest. At `DETAIL`, which the map also stretches for closer views, every parcel is
there with all its vertices and figures. Tiles are meant for 512 pixels of the screen.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from layers.stream import GeoParquetWriter, geo_column
from maps import archives

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIRST, DETAIL = 8, 14
TILE_PX = 512
CELL_PX = 2
LAYER = "parcel"
LOOKS = ("fail", "warning", "no data", "pass", "sliver")
SIMPLE_M = 2.4
_BATCH = 1 << 16
_METRES_A_DEGREE = 111_320.0
_TEXTS = ("id", "land_class", "land_use_name")


@dataclass(frozen=True)
class Tiles:
    """An archive of parcels.

    Attributes
    ----------
    path
        The PMTiles file.
    parcels
        Number of parcels that have a geometry.
    drawn
        Parcels drawn by zoom.
    classes
        Land classes (codes) that occur, in order.
    looks
        Verdicts that occur, of `LOOKS`.
    """

    path: Path
    parcels: int
    drawn: Mapping[int, int]
    classes: tuple[str, ...]
    looks: tuple[str, ...]


def build(
    source: Path,
    target: Path,
    names: Mapping[str, str],
    looks: Mapping[str, str],
    progress: Callable[[str], None] = lambda _: None,
) -> Tiles | None:
    """Build the tiles of ``parcels.parquet`` of a results folder; the same file gives the same bytes.

    Memory grows by some 50 bytes a parcel beside what a batch needs.

    Parameters
    ----------
    source
        GeoParquet of `spatial.passports`, in a projected CRS.
    target
        The archive to write; written beside and renamed.
    names
        Names of the towns by ``town_id``.
    looks
        One of `LOOKS` for each parcel id that breaks a rule; the others are ``pass`` in a special town, else nothing.
    progress
        Called with the code of each step.

    Returns
    -------
    Tiles or None
        None if no parcel has a geometry.
    """
    with tempfile.TemporaryDirectory(
        prefix=".tiles-", dir=target.parent, ignore_cleanup_errors=True
    ) as folder:
        room = Path(folder)
        progress("progress-tiles-read")
        places = _to_degrees(source, room, names, looks)
        if not len(places["area"]):
            return None
        since = first_zoom(places["x"], places["y"], places["look"], places["area"])
        ranks = _ranked(room, since)
        progress("progress-tiles-write")
        _export(room, "detail", zooms=(DETAIL, DETAIL), extent=8192)
        parts = [room / "detail.pmtiles"]
        if len(ranks):
            _export(room, "overview", zooms=(FIRST, DETAIL - 1), extent=4096, magnitude_ladder="rank")
            parts.insert(0, room / "overview.pmtiles")
        drawn = {zoom: int((ranks <= zoom - FIRST).sum()) for zoom in range(FIRST, DETAIL)}
        known = {
            "parcels": len(since), "drawn": {str(zoom): count for zoom, count in drawn.items()} | {str(DETAIL): len(since)},
            "classes": sorted(places["classes"]),
            "looks": [look for place, look in enumerate(LOOKS) if (places["look"] == place).any()],
        }  # fmt: skip
        archives.join(
            parts, target, {"name": LAYER, "vector_layers": [{"id": LAYER, "fields": {}}], LAYER: known}
        )
    return read(target)


def read(path: Path) -> Tiles | None:
    """Tiles that `build` left, e.g. in a results folder; None if there are none."""
    if not path.is_file():
        return None
    known = archives.metadata(path)[LAYER]
    drawn = {int(zoom): count for zoom, count in known["drawn"].items()}
    return Tiles(path, known["parcels"], drawn, tuple(known["classes"]), tuple(known["looks"]))


def first_zoom(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], look: np.ndarray[Any, Any], area: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """The zoom from which each parcel is drawn, `FIRST` to `DETAIL`.

    Parameters
    ----------
    x, y
        Centres in Web Mercator, the world being 0 to 1.
    look
        Places in `LOOKS`; the smaller wins a cell.
    area
        Areas; the larger wins among equals, then the first.
    """
    since = np.full(len(x), DETAIL, dtype=np.int8)
    order = np.lexsort((np.arange(len(x)), -area, look))
    for zoom in range(DETAIL - 1, FIRST - 1, -1):
        across = 2**zoom * TILE_PX // CELL_PX
        cell = np.floor(y * across).astype(np.int64) * across + np.floor(x * across).astype(np.int64)
        _, winners = np.unique(cell[order], return_index=True)
        since[order[winners]] = zoom
    return since


def _to_degrees(
    source: Path, room: Path, names: Mapping[str, str], looks: Mapping[str, str]
) -> dict[str, Any]:
    """Write all parcels, and simplified ones, in degrees; collect what the thinning needs."""
    found: dict[str, list[Any]] = {"x": [], "y": [], "look": [], "area": []}
    classes: set[str] = set()
    done = 0
    with (
        pq.ParquetFile(source, pre_buffer=False) as file,
        GeoParquetWriter(room / "detail.parquet", "OGC:CRS84") as detail,
        GeoParquetWriter(room / "simple.parquet", "OGC:CRS84") as simple,
    ):
        name, stated = geo_column(file.schema_arrow, source)
        crs = pyproj.CRS.from_user_input(stated)
        degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        for batch in file.iter_batches(batch_size=_BATCH):
            rows = pa.table(batch)
            shapes = shapely.from_wkb(rows[name].to_numpy(zero_copy_only=False))
            keep = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
            rows, shapes = rows.filter(pa.array(keep)), shapely.force_2d(shapes[keep])
            if not len(shapes):
                continue
            lon, lat = degrees.transform(*shapely.get_coordinates(shapes).T)
            shapes = shapely.set_coordinates(shapes, np.column_stack([lon, lat]))
            columns = _columns(rows, names, looks)
            number = pa.array(np.arange(done, done + len(shapes)))
            done += len(shapes)
            look = np.array(
                [LOOKS.index(one) if one else len(LOOKS) for one in columns["look"].to_pylist()],
                dtype=np.int8,
            )
            for key, values in zip(
                found, (*_centres(shapes), look, columns["area_m2"].to_numpy()), strict=True
            ):
                found[key].append(values)
            classes |= {code for code in columns["land_class"].unique().to_pylist() if code}
            detail.write(pa.table({"n": number, **columns, "geometry": shapely.to_wkb(shapes)}))
            thin = shapely.simplify(shapes, SIMPLE_M / _METRES_A_DEGREE, preserve_topology=False)
            thin = np.where(shapely.is_empty(thin), shapes, thin)
            few = {key: columns[key] for key in ("land_class", "look")}
            simple.write(pa.table({"n": number, **few, "geometry": shapely.to_wkb(thin)}))
    return {key: np.concatenate(parts) if parts else np.empty(0) for key, parts in found.items()} | {
        "classes": classes
    }


def _centres(shapes: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Middles of the boxes in Web Mercator, the world being 0 to 1."""
    west, south, east, north = shapely.bounds(shapes).T
    lat = np.radians((south + north) / 2)
    return (west + east) / 720 + 0.5, 0.5 - np.arctanh(np.sin(lat)) / (2 * np.pi)


def _columns(rows: pa.Table, names: Mapping[str, str], looks: Mapping[str, str]) -> dict[str, pa.Array]:
    """What a tile says of its parcels: texts, and areas above zero."""
    columns = {}
    for key in _TEXTS:
        columns[key] = (
            rows[key].cast(pa.string()) if key in rows.column_names else pa.nulls(len(rows), pa.string())
        )
    towns = rows["town_id"].to_pylist()
    specials = rows["special_id"].to_pylist()
    columns["town"] = pa.array([names.get(town) for town in towns], pa.string())
    columns["special"] = pa.array([names.get(town) for town in specials], pa.string())
    ids = rows["id"].to_pylist()
    said = [looks.get(one, "pass" if town else None) for one, town in zip(ids, specials, strict=True)]
    columns["look"] = pa.array(said, pa.string())
    for key in rows.column_names:
        if key.endswith("_m2"):
            values = np.asarray(rows[key].to_numpy(zero_copy_only=False), dtype=float)
            known = values >= 0 if key == "area_m2" else values > 0
            columns[key] = pa.array(np.round(values, 2), pa.float64(), mask=~known)
    return {**columns, "area_m2": columns["area_m2"].fill_null(0.0)}


def _ranked(room: Path, since: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Write the simplified parcels that are drawn below `DETAIL` with their rank; those ranks, 0 from `FIRST` on."""
    shown = since < DETAIL
    ranks = np.unique(since[shown], return_inverse=True)[1]
    values = np.full(len(since), -1, dtype=np.int64)
    values[shown] = DETAIL - ranks  # the ladder begins with the largest
    done = 0
    with (
        pq.ParquetFile(room / "simple.parquet", pre_buffer=False) as file,
        GeoParquetWriter(room / "overview.parquet", "OGC:CRS84") as out,
    ):
        for batch in file.iter_batches(batch_size=_BATCH):
            own = values[done : done + len(batch)]
            done += len(batch)
            rows = pa.table(batch).append_column("rank", pa.array(own)).filter(pa.array(own >= 0))
            out.write(rows.replace_schema_metadata(None))
    return np.asarray(ranks)


def _export(room: Path, name: str, *, zooms: tuple[int, int], extent: int, **options: Any) -> None:
    """Tiles of ``name.parquet`` as ``name.pmtiles``."""
    import tylertoo  # noqa: PLC0415 - a large library that only tiles need

    levels = str(room / f"{name}-levels.parquet")
    tylertoo.overview(
        str(room / f"{name}.parquet"), levels, min_zoom=zooms[0], max_zoom=zooms[1], gsd_base=float(TILE_PX),
        simplify_factor=0.5, density_drop=False, polygon_visibility=0.0, polygon_thinning=0.001, no_auto_rank=True,
        collapse=True, profile="bounded", **options,
    )  # fmt: skip
    tylertoo.export_pmtiles(
        levels, str(room / f"{name}.pmtiles"), layer_name=LAYER, extent=extent, tile_size_limit=None,
        simple_clip_fastpath=False, feature_id="n", tile_buffer=4, spill_dir=str(room),
    )  # fmt: skip
