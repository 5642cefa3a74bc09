import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from shapely import box

from layers.errors import LayerError
from layers.stream import GeoParquetWriter, batches, column_names

CRS = "EPSG:4549"
SHAPES = np.array([box(i, 0, i + 1, 1) for i in range(10)], dtype=object)
FRAME = gpd.GeoDataFrame({"BSM": [f"b{i}" for i in range(10)]}, geometry=SHAPES, crs=CRS)


def read(path, **options):
    with batches(path, size=4, **options) as source:
        found = list(source.batches)
        crs = source.crs
    ids = [value for batch in found for value in batch.ids.to_pylist()]
    wkb = [value for batch in found for value in batch.wkb.to_pylist()]
    return crs, [len(batch.ids) for batch in found], ids, shapely.from_wkb(np.array(wkb, dtype=object))


@pytest.mark.parametrize("name", ["图 斑.gpkg", "图 斑.shp", "图 斑.geojson", "图 斑.parquet", "图 斑.fgb"])
def test_any_format_in_batches(tmp_path, name):
    path = tmp_path / name
    frame = FRAME.to_crs(4326) if name.endswith("geojson") else FRAME
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_file(path)
    crs, sizes, ids, shapes = read(path, id_column="BSM")
    assert crs == frame.crs
    assert sizes == [4, 4, 2]
    order = np.argsort(ids)
    assert [ids[k] for k in order] == list(FRAME["BSM"])
    assert shapely.equals_exact(
        shapely.normalize(shapes[order]), shapely.normalize(frame.geometry.to_numpy()), 1e-9
    ).all()


def test_feature_ids_where_no_column_is_named(tmp_path):
    FRAME.to_file(tmp_path / "a.gpkg")
    assert read(tmp_path / "a.gpkg")[2] == list(range(1, 11))
    FRAME.to_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet")[2] == list(range(10))


def test_what_was_written_is_geoparquet_that_others_read(tmp_path):
    path = tmp_path / "out put.parquet"
    with GeoParquetWriter(path, CRS) as out:
        for part in (SHAPES[:3], SHAPES[3:]):
            wkb = pa.array(shapely.to_wkb(part), pa.binary())
            out.write(pa.table({"parcel": [str(k) for k in range(len(part))], "geometry": wkb}))
        assert not path.exists()
    frame = gpd.read_parquet(path)
    assert frame.crs == CRS
    assert frame.geometry.geom_equals(FRAME.geometry).all()


def test_nothing_is_left_of_a_file_that_failed(tmp_path):
    table = pa.table({"geometry": pa.array(shapely.to_wkb(SHAPES), pa.binary())})

    def fail():
        with GeoParquetWriter(tmp_path / "a.parquet", CRS) as out:
            out.write(table)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.gpkg", None, "stream-missing"),
        ("text.gpkg", b"no such thing", "stream-unreadable"),
        ("text.parquet", b"no such thing", "stream-unreadable"),
    ],
)
def test_bad_files_are_one_sentence(tmp_path, name, content, code):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(LayerError) as caught:
        read(tmp_path / name)
    assert caught.value.code == code
    assert column_names(tmp_path / name) == []


def test_a_column_that_is_not_there(tmp_path):
    FRAME.to_file(tmp_path / "a.gpkg")
    FRAME.to_parquet(tmp_path / "a.parquet")
    for name in ("a.gpkg", "a.parquet"):
        with pytest.raises(LayerError, match="has no field NAME"):
            read(tmp_path / name, id_column="NAME")
