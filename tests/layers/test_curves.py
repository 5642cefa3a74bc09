"""Arcs in GeoPackage and GML: lines within a millimetre, and said."""

from __future__ import annotations

import math
import sqlite3
import struct
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from shapely.geometry import box

from layers import sources, stream
from layers.curves import count
from layers.inspecting import inspect
from layers.load import load
from layers.workspace import LayerSpec
from scripts.cli import main

X, Y, R = 572500.0, 3402500.0, 100.0
QUARTERS = [(X - R, Y), (X, Y + R), (X + R, Y), (X, Y - R), (X - R, Y)]
CIRCLE_M2 = math.pi * R**2


def points(code, given):
    return struct.pack("<BII", 1, code, len(given)) + b"".join(struct.pack("<2d", *one) for one in given)


def parts(code, given):
    return struct.pack("<BII", 1, code, len(given)) + b"".join(given)


DISC = parts(10, [points(8, QUARTERS)])
HALF = parts(10, [parts(9, [points(8, QUARTERS[:3]), points(2, [QUARTERS[2], QUARTERS[0]])])])
SURFACES = parts(12, [DISC])
ARC = parts(9, [points(8, QUARTERS[:3])])
KINDS = {
    "CURVEPOLYGON": ([DISC, HALF], [CIRCLE_M2, CIRCLE_M2 / 2]),
    "MULTISURFACE": ([SURFACES], [CIRCLE_M2]),
    "GEOMETRY": ([DISC], [CIRCLE_M2]),
}


def geopackage(path, kind, blobs):
    """A layer whose geometries are put in as they are; GDAL has no way to write them from here."""
    straight = [box(X - R, Y - R, X + R, Y + R)] * len(blobs)
    gpd.GeoDataFrame({"BSM": ["一"] * len(blobs)}, geometry=straight, crs=4549).to_file(
        path, layer="弧", SPATIAL_INDEX="NO"
    )
    with closing(sqlite3.connect(path)) as base, base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        for fid, blob in enumerate(blobs, 1):
            base.execute(
                'UPDATE "弧" SET geom = ? WHERE fid = ?',
                (b"GP\x00\x01" + struct.pack("<i", 4549) + blob, fid),
            )
        base.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = ?", (kind,))
        (told,) = base.execute("SELECT sql FROM sqlite_master WHERE name = '弧'").fetchone()
        base.execute("PRAGMA writable_schema = ON")
        base.execute(
            "UPDATE sqlite_master SET sql = ? WHERE name = '弧'", (told.replace(" POLYGON", f" {kind}"),)
        )
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_arcs_become_lines_and_it_is_said(tmp_path, kind):
    blobs, areas = KINDS[kind]
    path = geopackage(tmp_path / "圆 弧.gpkg", kind, blobs)
    assert count(path, "弧") == len(blobs)
    raw = sources.read(LayerSpec("x", "", path))
    assert [(code, params["count"]) for code, _, _, params in raw.notes] == [("issue-curves", len(blobs))]
    shapes = raw.frame["geometry"].to_numpy()
    assert shapely.area(shapes) == pytest.approx(areas, abs=0.02)
    corners = shapely.get_coordinates(shapes[0])
    middles = (corners[1:] + corners[:-1]) / 2
    assert R - np.hypot(*(middles - [X, Y]).T).min() < 0.001


def test_a_line_of_arcs(tmp_path):
    path = geopackage(tmp_path / "a.gpkg", "COMPOUNDCURVE", [ARC])
    assert shapely.length(
        sources.read(LayerSpec("x", "", path)).frame["geometry"].to_numpy()
    ) == pytest.approx([math.pi * R], abs=1e-3)


def test_gml_with_arcs(tmp_path):
    path = tmp_path / "a.gml"
    pyogrio.raw.write(
        path, np.array([DISC], dtype=object), [np.array(["一"], dtype=object)], ["BSM"], geometry_type="Unknown",
        crs="EPSG:4549", driver="GML",
    )  # fmt: skip
    raw = sources.read(LayerSpec("x", "", path))
    assert "issue-curves" in [code for code, *_ in raw.notes]
    assert raw.frame["geometry"].iloc[0].area == pytest.approx(CIRCLE_M2, abs=0.02)


def test_inspect_convert_and_a_workspace_take_them(tmp_path):
    path = geopackage(tmp_path / "弧.gpkg", "CURVEPOLYGON", [DISC, HALF])
    (page,) = inspect([path]).layers
    assert "issue-curves" in set(page.problems["code"])
    result = CliRunner().invoke(main, ["convert", str(path), str(tmp_path / "线.gpkg")])
    assert result.exit_code == 0, result.output
    assert count(tmp_path / "线.gpkg", None) == 0
    towns = [box(X - 1000, Y - 1000, X + 1000, Y + 1000)]
    gpd.GeoDataFrame({"XZQMC": ["新塍镇"]}, geometry=towns, crs=4549).to_file(tmp_path / "镇.gpkg")
    (tmp_path / "workspace.toml").write_text(
        '[[layer]]\nrole = "town_boundary"\npath = "镇.gpkg"\n[[layer]]\nrole = "farmland"\npath = "弧.gpkg"\n',
        encoding="utf-8",
    )
    layers = load(tmp_path)
    assert "issue-curves" in set(layers.issues["code"])
    assert layers.frames["farmland"].area.tolist() == pytest.approx([CIRCLE_M2, CIRCLE_M2 / 2], abs=0.02)


@pytest.mark.parametrize("what", ["parcels", "limit"])
def test_overlay_draws_them_as_lines_and_says_so(tmp_path, what):
    arcs = geopackage(tmp_path / "弧.gpkg", "CURVEPOLYGON", [DISC, HALF])
    square = tmp_path / "方.gpkg"
    gpd.GeoDataFrame({"BSM": ["方"]}, geometry=[box(X - R, Y - R, X + R, Y)], crs=4549).to_file(square)
    parcels, limit = (arcs, square) if what == "parcels" else (square, arcs)
    out, told = tmp_path / "out.parquet", tmp_path / "told.csv"
    result = CliRunner().invoke(
        main, ["overlay", str(parcels), "--within", f"x={limit}", "--plane", "-o", str(out), "--issues", str(told)]
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    pieces = pd.read_parquet(out)
    assert pieces["x_plane_m2"].sum() == pytest.approx(CIRCLE_M2 / 2, abs=0.02)
    assert "issue-curves" in pd.read_csv(told)["code"].tolist()


def test_arcs_in_batches_are_those_in_one(tmp_path):
    path = geopackage(tmp_path / "弧.gpkg", "CURVEPOLYGON", [DISC, HALF, DISC])
    read = []
    for size in (1, 2, 100):
        with stream.batches(path, None, "BSM", size) as source:
            read.append([wkb for batch in source.batches for wkb in batch.wkb.to_pylist()])
            assert source.arcs == 3
    assert read[0] == read[1] == read[2]


def test_straight_layers_are_not_looked_through(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"BSM": ["1"]}, geometry=[box(X, Y, X + 1, Y + 1)], crs=4549).to_file(path)
    assert count(path, None) == 0
    assert sources.read(LayerSpec("x", "", path)).notes == []
