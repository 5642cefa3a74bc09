"""PMTiles archives: joined, cut to a place, and put into a page or beside it so that a page opened from disk can read them.

A browser lets a page from disk (`file:`) load scripts that lie beside it, and nothing else. So an archive is cut into
segments of `SEGMENT` bytes, each a script of one line that hands over its bytes as base64; the page asks for those
segments only that it needs. Up to `INSIDE` bytes the archive lies in the page itself, which stays one file.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from layers.read_only import read_only
from maps.errors import MapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SEGMENT = 1 << 18
INSIDE = 8 << 20
FOLDER = "map_tiles"
_SIDES = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")


@dataclass(frozen=True)
class Placed:
    """An archive in a page or beside it.

    Attributes
    ----------
    facts
        What the page's script must know: ``name``, ``size``, ``segment``, ``files`` (their names up to the number;
        None if the bytes are in the page), ``raster``, ``zooms``.
    element
        Element of the page that holds the bytes; empty if they lie beside it.
    """

    facts: dict[str, Any]
    element: str


def join(parts: Iterable[Path], target: Path, metadata: dict[str, Any]) -> None:
    """Put the tiles of archives that share no tile into one; written beside and renamed."""
    headers, boxes = [], []
    with _writing(target) as writer:
        for part in parts:
            with _open(part) as (source, header):
                headers.append(header)
                boxes.append([header[side] for side in _SIDES])
                for place, data in all_tiles(source):
                    writer.write_tile(zxy_to_tileid(*place), data)
        box = [(min, max)[side > 1](one[side] for one in boxes) for side in range(4)]
        writer.finalize(_header(headers[0], box), metadata)


def cut(source: Path, target: Path, box: tuple[float, float, float, float], most: int) -> None:
    """Write the tiles of an MBTiles or PMTiles file that touch `box` into a PMTiles archive.

    Parameters
    ----------
    source, target
        The file, and the archive to write.
    box
        West, south, east, north in degrees of the file's own datum.
    most
        Bytes that the tiles may have together.

    Raises
    ------
    MapError
        If the file is no such archive, has no tile there, or too many bytes of them.
    """
    tiles = _mbtiles(source, box) if source.suffix.lower() == ".mbtiles" else _pmtiles(source, box)
    total, last = 0, {}
    with _writing(target) as writer:
        for place, data, header in tiles:
            total, last = total + len(data), header
            if total > most:
                raise MapError("basemap-too-large", path=source, most=most >> 20)
            writer.write_tile(place, data)
        if not total:
            raise MapError("basemap-elsewhere", path=source)
        writer.finalize(_header(last, [round(side * 1e7) for side in box]), {})


def place(archive: Path, name: str, page: Path) -> Placed:
    """Put an archive into a page, or beside `page` into `FOLDER` where it is large."""
    size = archive.stat().st_size
    with _open(archive) as (_, header):
        facts: dict[str, Any] = {
            "name": name, "size": size, "segment": SEGMENT, "files": None,
            "raster": header["tile_type"] != TileType.MVT, "zooms": [header["min_zoom"], header["max_zoom"]],
        }  # fmt: skip
    if size <= INSIDE:
        held = base64.b64encode(archive.read_bytes()).decode("ascii")
        return Placed(facts, f'<script type="text/plain" id="lz-archive-{html.escape(name)}">{held}</script>')
    facts["files"] = f"{FOLDER}/{name}-{_mark(archive)}-"
    folder = page.parent / FOLDER
    folder.mkdir(exist_ok=True)
    written = set()
    with archive.open("rb") as file:
        for number, part in enumerate(iter(lambda: file.read(SEGMENT), b"")):
            said = f'lzSegment({json.dumps(name)},{number},"{base64.b64encode(part).decode("ascii")}")\n'
            target = page.parent / f"{facts['files']}{number}.js"
            beside = target.with_suffix(".part")
            beside.write_text(said, encoding="ascii", newline="\n")
            beside.replace(target)
            written.add(target)
    for old in set(folder.glob(f"{name}-*")) - written:
        old.unlink()
    return Placed(facts, "")


def metadata(archive: Path) -> dict[str, Any]:
    """What an archive says of itself."""
    with archive.open("rb") as file:
        said: dict[str, Any] = Reader(MmapSource(file)).metadata()
    return said


def _mark(archive: Path) -> str:
    with archive.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:8]


@contextmanager
def _writing(target: Path) -> Iterator[Writer]:
    """A writer into a file beside, which takes the place of `target` only if all went well."""
    beside = target.with_name(target.name + ".part")
    try:
        with beside.open("wb") as file:
            writer = Writer(file)
            try:
                yield writer
            finally:
                writer.tile_f.close()
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _open(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    with path.open("rb") as file:
        source = MmapSource(file)
        yield source, Reader(source).header()


def _header(of: dict[str, Any], box: list[int]) -> dict[str, Any]:
    return {
        "tile_type": of["tile_type"], "tile_compression": of["tile_compression"],
        **dict(zip(_SIDES, box, strict=True)),
        "center_zoom": of.get("center_zoom", 0),
        "center_lon_e7": (box[0] + box[2]) // 2, "center_lat_e7": (box[1] + box[3]) // 2,
    }  # fmt: skip


def _pmtiles(path: Path, box: tuple[float, ...]) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    try:
        with _open(path) as (source, header):
            for tile, data in all_tiles(source):
                if touches(tile, box):
                    yield zxy_to_tileid(*tile), data, header
    except (OSError, ValueError, KeyError, IndexError, AssertionError) as error:
        raise MapError("basemap-unreadable", path=path) from error
    except Exception as error:
        if type(error).__module__.startswith("pmtiles"):
            raise MapError("basemap-unreadable", path=path) from error
        raise


def _mbtiles(path: Path, box: tuple[float, ...]) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    kinds = {"pbf": TileType.MVT, "png": TileType.PNG, "jpg": TileType.JPEG, "jpeg": TileType.JPEG, "webp": TileType.WEBP}  # fmt: skip
    try:
        with closing(read_only(path)) as base:
            said = dict(base.execute("SELECT name, value FROM metadata"))
            kind = kinds.get(str(said.get("format", "png")).lower(), TileType.PNG)
            header = {"tile_type": kind}
            places = base.execute("SELECT zoom_level, tile_column, tile_row FROM tiles").fetchall()
            flipped = [(zoom, column, (1 << zoom) - 1 - row) for zoom, column, row in places]
            for tile in sorted(
                (one for one in flipped if touches(one, box)), key=lambda one: zxy_to_tileid(*one)
            ):
                asked = (tile[0], tile[1], (1 << tile[0]) - 1 - tile[2])
                ask = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
                data = base.execute(ask, asked).fetchone()[0]
                packed = bytes(data[:2]) == b"\x1f\x8b"
                yield zxy_to_tileid(*tile), data, {**header, "tile_compression": _compression(packed=packed)}
    except sqlite3.Error as error:
        raise MapError("basemap-unreadable", path=path) from error


def _compression(*, packed: bool) -> Any:
    return Compression.GZIP if packed else Compression.NONE


def touches(tile: tuple[int, int, int], box: tuple[float, ...]) -> bool:
    """Whether a tile (zoom, column, row) of Web Mercator touches a box in degrees."""
    across = 1 << tile[0]

    def column(lon: float) -> float:
        return (lon / 360 + 0.5) * across

    def row(lat: float) -> float:
        return (0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * across

    return (
        tile[1] <= column(box[2]) and tile[1] + 1 >= column(box[0])
        and tile[2] <= row(box[1]) and tile[2] + 1 >= row(box[3])
    )  # fmt: skip
