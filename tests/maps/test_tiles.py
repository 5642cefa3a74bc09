import gzip
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid

from layers import results as store
from maps import archives, tilepage, tiles, webmap
from maps.errors import MapError
from maps.public import generalised
from tests.maps.parcels_fixture import WRONG, middle, parcels
from tests.maps.results_fixture import small_results


def own_results():
    results = small_results()
    pieces = results.pieces.assign(
        parcel_id=[WRONG, "jsyd:7", "jsyd:7", "elsewhere"], source="construction_land"
    )
    return replace(results, parcels=parcels(), pieces=pieces)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("图 斑")
    store.write(own_results(), folder)
    found = tilepage.parcel_tiles(own_results(), folder / store.PARCELS, folder / store.TILES)
    return folder, found


def tiles_of(path):
    with path.open("rb") as file:
        return {place: bytes(data) for place, data in all_tiles(MmapSource(file))}


def test_of_parcels_in_one_cell_the_violating_then_the_largest_is_drawn_and_all_in_the_end():
    x = np.array([0.5, 0.5 + 2e-9, 0.5 + 4e-9, 0.9])
    look = np.array([5, 5, 0, 5])
    since = tiles.first_zoom(x, np.full(4, 0.3), look, np.array([10.0, 900.0, 1.0, 5.0]))
    assert since.tolist() == [tiles.DETAIL, tiles.DETAIL, tiles.FIRST, tiles.FIRST]
    since = tiles.first_zoom(x[:2], np.full(2, 0.3), look[:2], np.array([10.0, 900.0]))
    assert since.tolist() == [tiles.DETAIL, tiles.FIRST]


def test_parcels_apart_by_a_cell_are_both_drawn():
    cell = tiles.CELL_PX / tiles.TILE_PX / 2**10
    since = tiles.first_zoom(np.array([0.5, 0.5 + cell]), np.full(2, 0.3), np.full(2, 5), np.ones(2))
    assert since.max() <= 10


def test_every_parcel_is_in_the_detailed_tiles_with_its_figures(made):
    folder, found = made
    drawn = b"".join(
        gzip.decompress(data) for place, data in tiles_of(folder / store.TILES).items() if place[0] == 14
    )
    assert found.parcels == 400
    assert found.drawn[14] == 400
    assert found.drawn[8] < found.drawn[12] <= 400
    assert all(f"jsyd:{number}".encode() in drawn for number in range(400))
    assert np.float64(9025.37).tobytes() in drawn
    assert "清溪镇".encode() in drawn
    assert found.classes == ("05H1", "0601", "0701")
    assert found.looks == ("fail",)


def test_equal_parcels_give_equal_bytes(made, tmp_path):
    folder, found = made
    again = tilepage.parcel_tiles(own_results(), folder / store.PARCELS, tmp_path / "again.pmtiles")
    assert again.path.read_bytes() == found.path.read_bytes()
    assert tiles.read(found.path) == found
    assert tiles.read(tmp_path / "none.pmtiles") is None


def test_no_tiles_without_parcels(tmp_path):
    assert tilepage.parcel_tiles(small_results(), tmp_path / store.PARCELS, tmp_path / "x.pmtiles") is None
    empty = parcels()
    empty.geometry = [shapely.Polygon()] * len(empty)
    store.write(replace(small_results(), parcels=empty), tmp_path)
    assert tilepage.parcel_tiles(small_results(), tmp_path / store.PARCELS, tmp_path / "x.pmtiles") is None
    assert not (tmp_path / "x.pmtiles").exists()


def test_the_public_gets_no_parcel(tmp_path):
    shown = generalised(own_results())
    assert shown.parcels is None
    store.write(shown, tmp_path)
    assert not (tmp_path / store.PARCELS).exists()
    page = webmap.render(shown)
    assert "jsyd:37" not in page
    assert 'id="lz-archive' not in page


def test_an_archive_inside_a_page_or_beside_it_is_whole(made, tmp_path, monkeypatch):
    _, found = made
    inside = archives.place(found.path, "parcels", tmp_path / "map.html")
    assert 'id="lz-archive-parcels"' in inside.element
    assert inside.facts["files"] is None
    monkeypatch.setattr(archives, "INSIDE", 0)
    monkeypatch.setattr(archives, "SEGMENT", 10_000)
    beside = archives.place(found.path, "parcels", tmp_path / "map.html")
    assert beside.element == ""
    parts = sorted((tmp_path / archives.FOLDER).iterdir(), key=lambda path: int(path.stem.split("-")[-1]))
    assert len(parts) == -(-found.path.stat().st_size // 10_000)
    assert parts[0].name.startswith(beside.facts["files"].split("/")[1])
    held = b"".join(archives.base64.b64decode(part.read_text().split('"')[3]) for part in parts)
    assert held == found.path.read_bytes()


def mbtiles(path, places, kind="png"):
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        base.execute("INSERT INTO metadata VALUES ('format', ?)", (kind,))
        base.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        for zoom, column, row, data in places:
            base.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (zoom, column, (1 << zoom) - 1 - row, data))
    base.close()


def test_a_local_archive_is_cut_to_the_towns(tmp_path):
    lon, lat = middle(0)
    column, row = (
        int((lon / 360 + 0.5) * 256),
        int((0.5 - np.arctanh(np.sin(np.radians(lat))) / (2 * np.pi)) * 256),
    )
    mbtiles(tmp_path / "底 图.mbtiles", [(0, 0, 0, b"world"), (8, column, row, b"here"), (8, 3, 3, b"far")])
    box = (lon - 0.001, lat - 0.001, lon + 0.001, lat + 0.001)
    archives.cut(tmp_path / "底 图.mbtiles", tmp_path / "own.pmtiles", box, 100)
    assert sorted(tiles_of(tmp_path / "own.pmtiles").values()) == [b"here", b"world"]
    archives.cut(tmp_path / "own.pmtiles", tmp_path / "again.pmtiles", box, 100)
    with (tmp_path / "again.pmtiles").open("rb") as file:
        assert Reader(MmapSource(file)).get(8, column, row) == b"here"
    with pytest.raises(MapError, match="more than 0 MB"):
        archives.cut(tmp_path / "own.pmtiles", tmp_path / "small.pmtiles", box, 5)
    mbtiles(tmp_path / "elsewhere.mbtiles", [(8, 3, 3, b"far")])
    with pytest.raises(MapError, match="no tile where the towns are"):
        archives.cut(tmp_path / "elsewhere.mbtiles", tmp_path / "none.pmtiles", box, 100)
    (tmp_path / "broken.pmtiles").write_bytes(b"PMTiles no more" * 20)
    (tmp_path / "broken.mbtiles").write_bytes(b"no database")
    for name in ("broken.pmtiles", "broken.mbtiles"):
        with pytest.raises(MapError, match="no sound"):
            archives.cut(tmp_path / name, tmp_path / "none.pmtiles", box, 100)
    assert not list(tmp_path.glob("*.part"))


def test_tiles_touch_their_own_place():
    assert archives.touches((0, 0, 0), (120.0, 30.0, 121.0, 31.0))
    assert not archives.touches((1, 0, 0), (120.0, 30.0, 121.0, 31.0))
    assert archives.touches((1, 1, 0), (120.0, 30.0, 121.0, 31.0))
    assert zxy_to_tileid(1, 1, 0) > 0
