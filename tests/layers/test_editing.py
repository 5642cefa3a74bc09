from __future__ import annotations

import sqlite3
from contextlib import closing
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from shapely.geometry import box

from layers import editing
from layers.errors import LayerError
from spatial.edits import EditError

EAST, NORTH = 572000, 3402000


def parcels(**columns):
    shapes = [
        box(0, 0, 100, 100),
        box(100.012, 0, 200, 100),
        box(300, 0, 400, 100),
        box(399.5, 0, 450, 100),
        box(0, 500, 100, 600),
        box(0, 500, 100, 600),
        shapely.Polygon([(600, 0), (700, 0), (700, 0), (700, 100), (600, 100)]),
    ]
    placed = [shapely.affinity.translate(shape, EAST, NORTH) for shape in shapes]
    names = ["甲", "乙", "丙", "丁", "戊", "戊", None]
    return gpd.GeoDataFrame({"名称": names, "n": range(7), **columns}, geometry=placed, crs="EPSG:4549")


def stored(path):
    return editing.read(path).frame


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "修补 of plots"
    made.mkdir()
    return made


@pytest.fixture
def plots(folder):
    path = folder / "地块 1.gpkg"
    parcels(fid=[2, 3, 5, 8, 13, 21, 34]).to_file(path, layer="地块")
    return path


def untick(path, layer, where):
    with closing(sqlite3.connect(path)) as base, base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (layer,)).fetchall():  # fmt: skip
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute(f'UPDATE "{layer}" SET apply = 0 WHERE {where}')  # noqa: S608


def test_suggested_applied_undone(plots, folder):
    before, kept = stored(plots), plots.read_bytes()
    found = editing.suggest_file(plots, folder / "edits.gpkg")
    assert found["action"].tolist() == ["drop-vertex", "drop-double", "snap", "cut-overlap"]
    done = editing.apply_file(plots, folder / "edits.gpkg", folder / "out.gpkg")
    assert done.log["done"].all()
    assert done.undo == folder / "out.gpkg.undo.gpkg"
    after = stored(done.output)
    assert list(after.index) == ["2", "3", "5", "8", "13", "34"]
    assert list(after.columns) == list(before.columns)
    assert after.geometry["2"].equals(before.geometry["2"])
    assert after.geometry["3"].area == pytest.approx(100 * 100)
    assert editing.suggest_file(done.output, folder / "again.gpkg").empty
    assert not (folder / "again.gpkg").exists()
    count = editing.undo_file(done.output, done.undo, folder / "back.gpkg")
    assert count == 4  # 3 snapped, 5 cut, 21 dropped, 34 without its double vertex
    back = stored(folder / "back.gpkg")
    assert (
        shapely.to_wkb(back.geometry.to_numpy()).tolist()
        == shapely.to_wkb(before.geometry.to_numpy()).tolist()
    )
    assert back["名称"].fillna("").tolist() == before["名称"].fillna("").tolist()
    assert list(back.index) == list(before.index)
    assert back["n"].tolist() == before["n"].tolist()
    assert plots.read_bytes() == kept
    assert not list(folder.glob(".liangzhen-*"))


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "fgb", "parquet"])
def test_any_format_there_and_back(folder, ending):
    path, out = folder / f"地块.{ending}", folder / f"out.{ending}"
    frame = parcels()
    if ending == "parquet":
        frame.to_parquet(path)
    else:
        told = {"SPATIAL_INDEX": "NO"} if ending == "fgb" else {}
        frame.to_file(path, **told)
    crs = None if ending != "geojson" else "EPSG:4549"
    before = editing.read(path, crs=crs).frame
    editing.suggest_file(path, folder / "edits.gpkg", crs=crs)
    done = editing.apply_file(path, folder / "edits.gpkg", out, crs=crs)
    assert done.log["done"].all()
    editing.undo_file(out, done.undo, folder / f"back.{ending}", crs=crs)
    back = editing.read(folder / f"back.{ending}", crs=crs).frame
    assert (
        shapely.to_wkb(back.geometry.to_numpy()).tolist()
        == shapely.to_wkb(before.geometry.to_numpy()).tolist()
    )
    assert back["名称"].fillna("").tolist() == before["名称"].fillna("").tolist()


def test_what_is_unticked_or_deleted_is_not_done(plots, folder):
    edits = folder / "edits.gpkg"
    editing.suggest_file(plots, edits)
    untick(edits, "edits_area", "action = 'drop-double'")
    with closing(sqlite3.connect(edits)) as base, base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("DELETE FROM edits_line")
    done = editing.apply_file(plots, edits, folder / "out.gpkg")
    assert len(done.log) == 2
    after = stored(done.output)
    assert len(after) == 7
    assert after.geometry["3"].equals_exact(stored(plots).geometry["3"])


def test_none_ticked(plots, folder):
    edits = folder / "edits.gpkg"
    editing.suggest_file(plots, edits)
    for layer in editing.KINDS.values():
        untick(edits, layer, "1")
    with pytest.raises(LayerError, match="No edit is ticked"):
        editing.apply_file(plots, edits, folder / "out.gpkg")
    assert not (folder / "out.gpkg").exists()


def test_layers_open_as_points_lines_and_areas_with_a_sentence(plots, folder):
    editing.suggest_file(plots, folder / "edits.gpkg", lang="zh")
    layers = dict(pyogrio.list_layers(folder / "edits.gpkg"))
    assert layers.pop("layer_styles") is None
    assert layers == {
        "edits_point": "MultiPoint",
        "edits_line": "MultiLineString",
        "edits_area": "MultiPolygon",
    }
    lines = pyogrio.read_dataframe(folder / "edits.gpkg", layer="edits_line")
    assert lines["label"].tolist() == ["把要素 3 贴合到要素 2，最多移动 12 mm，面积 +1.20 m²"]
    assert lines.crs == "EPSG:4549"


def test_each_layer_has_its_style(plots, folder):
    editing.suggest_file(plots, folder / "edits.gpkg", lang="en")
    styles = pyogrio.read_dataframe(folder / "edits.gpkg", layer="layer_styles").set_index("f_table_name")
    assert set(styles.index) == set(editing.KINDS.values())
    for layer, kind in (("edits_point", "marker"), ("edits_line", "line"), ("edits_area", "fill")):
        root = ET.fromstring(styles.loc[layer, "styleQML"])  # noqa: S314 - our own
        assert [rule.get("filter") for rule in root.iter("rule")] == ['"apply"', "ELSE"]
        assert {symbol.get("type") for symbol in root.iter("symbol")} == {kind}
        assert {symbol.get("name") for symbol in root.iter("symbol")} == {
            rule.get("symbol") for rule in root.iter("rule")
        }


def test_nothing_is_overwritten(plots, folder):
    edits = folder / "edits.gpkg"
    editing.suggest_file(plots, edits)
    with pytest.raises(LayerError, match="not overwritten"):
        editing.suggest_file(plots, edits)
    with pytest.raises(LayerError, match="not overwritten"):
        editing.apply_file(plots, edits, plots)
    (folder / "out.gpkg.undo.gpkg").write_text("mine", encoding="utf-8")
    with pytest.raises(LayerError, match="not overwritten"):
        editing.apply_file(plots, edits, folder / "out.gpkg")
    with pytest.raises(LayerError, match="does not exist; make it first"):
        editing.suggest_file(plots, folder / "none" / "edits.gpkg")


def test_a_file_that_changed_is_refused_and_nothing_written(plots, folder):
    editing.suggest_file(plots, folder / "edits.gpkg")
    changed = folder / "changed.gpkg"
    frame = parcels(fid=[2, 3, 5, 8, 13, 21, 34])
    frame.loc[1, "geometry"] = box(EAST + 100.02, NORTH, EAST + 200, NORTH + 100)
    frame.to_file(changed, layer="地块")
    with pytest.raises(EditError, match="suggested for feature 3"):
        editing.apply_file(changed, folder / "edits.gpkg", folder / "out.gpkg")
    assert not list(folder.glob("out*"))


def test_an_undo_file_of_another_file_is_refused(plots, folder):
    editing.suggest_file(plots, folder / "edits.gpkg")
    done = editing.apply_file(plots, folder / "edits.gpkg", folder / "out.gpkg")
    with pytest.raises(LayerError, match="number of features"):
        editing.undo_file(plots, done.undo, folder / "back.gpkg")
    six = folder / "six.gpkg"
    parcels().iloc[:6].to_file(six)
    with pytest.raises(EditError, match="cannot be undone"):
        editing.undo_file(six, done.undo, folder / "back.gpkg")


@pytest.mark.parametrize(
    ("name", "content"), [("none.gpkg", None), ("bad.gpkg", "no"), ("other.gpkg", parcels())]
)
def test_what_is_no_file_of_edits(plots, folder, name, content):
    path = folder / name
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif content is not None:
        content.to_file(path)
    with pytest.raises(LayerError, match=r"do not exist|no GeoPackage of edits"):
        editing.apply_file(plots, path, folder / "out.gpkg")
    with pytest.raises(LayerError, match=r"does not exist|no undo file"):
        editing.undo_file(plots, path, folder / "back.gpkg")


def test_formats_and_crs_that_do_not_fit(plots, folder):
    editing.suggest_file(plots, folder / "edits.gpkg")
    with pytest.raises(LayerError, match=r"ends in one of \.fgb"):
        editing.apply_file(plots, folder / "edits.gpkg", folder / "out.docx")
    degrees = folder / "degrees.gpkg"
    parcels().to_crs(4490).to_file(degrees)
    with pytest.raises(EditError, match="convert it first"):
        editing.suggest_file(degrees, folder / "e.gpkg")
    table = folder / "table.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(LayerError, match="no geometries"):
        editing.suggest_file(table, folder / "e.gpkg")


def test_the_zone_prefix_tells_the_crs(folder):
    path = folder / "bare.shp"
    frame = parcels()
    frame.set_geometry(frame.translate(40_000_000)).to_file(path)
    path.with_suffix(".prj").unlink()
    found = editing.suggest_file(path, folder / "edits.gpkg")
    editing.apply_file(path, folder / "edits.gpkg", folder / "out.shp")
    assert not (folder / "out.prj").exists()
    assert found.crs.to_epsg() == 4528
    assert np.isfinite(found["area_after_m2"].iloc[0]).all()


def test_what_the_format_would_lose_stops_the_edit(folder):
    path = folder / "a.gpkg"
    parcels(a_field_of_long_name=range(7), a_field_of_long_names=range(7)).to_file(path)
    editing.suggest_file(path, folder / "edits.gpkg")
    with pytest.raises(LayerError, match="take another format") as caught:
        editing.apply_file(path, folder / "edits.gpkg", folder / "out.shp")
    assert caught.value.code == "repair-loses"
    assert not list(folder.glob("out.*"))
