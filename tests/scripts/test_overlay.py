import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from shapely import Polygon, box

from layers import overlaying
from layers.errors import LayerError
from scripts.overlay import overlay
from spatial.areas import legal_area

CRS = "EPSG:4549"
E0, N0 = 600_000.0, 3_402_000.0


@pytest.fixture
def folder(tmp_path):
    def write(name, shapes, crs=CRS, **columns):
        gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_crs(crs).to_file(tmp_path / name)

    bowtie = Polygon([(E0, N0), (E0 + 10, N0 + 10), (E0 + 10, N0), (E0, N0 + 10)])
    parcels = [box(E0 + 100 * k, N0, E0 + 100 * k + 100, N0 + 100) for k in range(10)]
    write("图 斑.gpkg", [*parcels, bowtie], BSM=[f"p{k}" for k in range(11)])
    towns = [box(E0 - 10, N0 - 10, E0 + 450, N0 + 200), box(E0 + 450, N0 - 10, E0 + 950, N0 + 200)]
    write("towns.shp", towns, XZQMC=["甲镇", "乙镇"], crs="EPSG:4490")
    write("zone.geojson", [box(E0 + 50, N0 - 10, E0 + 720, N0 + 50)], crs="EPSG:4490")
    return tmp_path


def run(folder, *options):
    arguments = [
        str(folder / "图 斑.gpkg"), "--split", str(folder / "towns.shp"), "--within",
        f"zone={folder / 'zone.geojson'}", "--outside", "zone", "-o", str(folder / "out.parquet"), *options,
    ]  # fmt: skip
    return CliRunner().invoke(overlay, arguments, catch_exceptions=False)


def test_pieces_parts_and_totals(folder):
    result = run(
        folder,
        "--plane",
        "--totals",
        str(folder / "t.csv"),
        "--issues",
        str(folder / "i.csv"),
        "--lang",
        "en",
    )
    assert result.exit_code == 0, result.output
    assert "11 parcels, 13 pieces" in result.output
    pieces = pd.read_parquet(folder / "out.parquet")
    assert list(pieces) == ["parcel", "town", "area_m2", "zone_m2", "plane_m2", "zone_plane_m2"]
    town = pieces.loc[pieces["parcel"].isin(["p4", "p9"]), "town"]
    assert town.fillna("").tolist() == ["甲镇", "乙镇", "乙镇", ""]
    assert pieces["plane_m2"].sum() == pytest.approx(100_050, rel=1e-7)
    assert pieces["zone_plane_m2"].sum() == pytest.approx(670 * 50, abs=0.1)
    whole = legal_area(gpd.read_file(folder / "图 斑.gpkg").geometry[:10], CRS)
    assert pieces.groupby("parcel")["area_m2"].sum()[
        [f"p{k}" for k in range(10)]
    ].to_numpy() == pytest.approx(whole)
    outside = gpd.read_parquet(folder / "out.outside.parquet")
    assert outside.crs == CRS
    both = outside["area_m2"].sum() + pieces["zone_m2"].sum()
    assert both == pytest.approx(pieces["area_m2"].sum(), rel=1e-12)
    assert outside.area.to_numpy() == pytest.approx(outside["plane_m2"].to_numpy(), abs=1e-5)
    totals = pd.read_csv(folder / "t.csv")
    assert totals["town"].fillna("").tolist() == ["甲镇", "乙镇", ""]
    assert totals["area_m2"].sum() == pytest.approx(pieces["area_m2"].sum(), abs=1e-4)
    assert pd.read_csv(folder / "i.csv")[["code", "id"]].to_numpy().tolist() == [
        ["issue-geometry-repaired", "p10"]
    ]


def test_threads_give_the_same_bytes(folder):
    run(folder, "--threads", "1")
    one = (folder / "out.outside.parquet").read_bytes()
    run(folder, "--threads", "3")
    assert (folder / "out.outside.parquet").read_bytes() == one


def test_geometries_where_asked(folder):
    run(folder, "--geometry")
    pieces = gpd.read_parquet(folder / "out.parquet")
    assert np.count_nonzero(pieces.geometry.is_valid) == 13


def test_a_limit_that_is_not_named(folder):
    result = run(folder, "--outside", "redline")
    assert result.exit_code == 2
    assert "--within redline=" in result.output


def kept_run(folder):
    result = run(folder, "--keep", "--plane", "--totals", str(folder / "t.csv"))
    assert result.exit_code == 0, result.output
    return [
        pd.read_parquet(folder / "out.parquet"),
        gpd.read_parquet(folder / "out.outside.parquet"),
        pd.read_csv(folder / "t.csv"),
    ]


def test_a_second_run_redoes_only_what_changed(folder, monkeypatch):
    asked = []
    run_engine = overlaying.Engine.run
    monkeypatch.setattr(
        overlaying.Engine,
        "run",
        lambda self, wkb, ids, layer: (asked.append(ids.to_pylist()), run_engine(self, wkb, ids, layer))[1],
    )
    first = kept_run(folder)
    again = kept_run(folder)
    assert asked[1:] == [["p10"]]
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    frame = gpd.read_file(folder / "图 斑.gpkg")
    frame.loc[4, "geometry"] = frame.geometry[4].buffer(-10)
    frame = frame.iloc[::-1]
    frame["BSM"] = "new " + frame["BSM"]
    frame.to_file(folder / "图 斑.gpkg")
    changed = kept_run(folder)
    assert asked[2] == ["new p10", "new p4"]
    (folder / "out.kept.parquet").unlink()
    fresh = kept_run(folder)
    assert len(asked[3]) == 11
    for one, other in zip(fresh, changed, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_nothing_is_taken_over_when_a_limit_or_a_file_changed(folder):
    first = kept_run(folder)[0]
    zone = gpd.read_file(folder / "zone.geojson")
    zone.translate(0.0001).to_file(folder / "zone.geojson")
    second = kept_run(folder)[0]
    assert abs(second["zone_m2"] - first["zone_m2"]).max() > 1
    pd.DataFrame({"town": []}).to_parquet(folder / "out.parquet")
    third = kept_run(folder)[0]
    pd.testing.assert_frame_equal(second, third)


def test_a_second_run_tells_of_the_layers_again(folder):
    twice = [box(E0, N0, E0 + 300, N0 + 50), box(E0 + 200, N0, E0 + 500, N0 + 50)]
    gpd.GeoDataFrame(geometry=twice, crs=CRS).to_crs(4490).to_file(folder / "zone.geojson")
    told = []
    for _ in range(2):
        assert run(folder, "--keep", "--issues", str(folder / "i.csv")).exit_code == 0
        told.append(sorted(pd.read_csv(folder / "i.csv")["code"]))
    assert told[0] == told[1] == ["issue-geometry-repaired", "issue-limit-overlaps-itself"]


def test_no_parcels(folder):
    gpd.read_file(folder / "图 斑.gpkg").iloc[:0].to_parquet(folder / "none.parquet")
    arguments = [
        str(folder / "none.parquet"),
        "--split",
        str(folder / "towns.shp"),
        "-o",
        str(folder / "o.parquet"),
    ]
    assert CliRunner().invoke(overlay, arguments, catch_exceptions=False).exit_code == 0
    assert pd.read_parquet(folder / "o.parquet").empty


def test_a_file_of_several_layers_wants_one_named(folder):
    both = folder / "both.gpkg"
    towns = gpd.read_file(folder / "towns.shp")
    gpd.GeoDataFrame(geometry=[box(119, 29, 119.1, 29.1)], crs="EPSG:4490").to_file(both, layer="old")
    towns.to_file(both, layer="now")
    with pytest.raises(LayerError, match=r"holds several layers \(old、now\)"):
        run(folder, "--split", str(both))
    named = run(folder, "--split", f"{both}::now", "--lang", "en")
    assert named.exit_code == 0
    assert "甲镇" in named.output
    with pytest.raises(LayerError, match="has no layer new; it has old、now"):
        run(folder, "--split", f"{both}::new")


def test_layers_apart_are_told_and_empty_ones_refused(folder):
    apart = gpd.GeoDataFrame({"name": ["far"]}, geometry=[box(9, 52, 9.1, 52.1)], crs="EPSG:4490")
    apart.to_file(folder / "far.gpkg")
    result = run(
        folder, "--split", str(folder / "far.gpkg"), "--within", f"far={folder / 'far.gpkg'}", "--lang", "en"
    )
    assert result.exit_code == 0
    assert "no parcel lies in any town" in result.output
    assert "no parcel lies in far;" in result.output
    apart.iloc[:0].to_file(folder / "none.gpkg")
    with pytest.raises(LayerError, match=r"none.gpkg holds no shape at all"):
        run(folder, "--within", f"none={folder / 'none.gpkg'}")
    assert not (folder / "out.parquet.part").exists()


def test_output_is_parquet_and_says_so(folder):
    result = run(folder, "-o", str(folder / "out.csv"))
    assert result.exit_code == 2
    assert ".parquet" in result.output
    assert not (folder / "out.csv").exists()
