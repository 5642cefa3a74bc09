"""Tables of a real PostGIS as sources of workspace, inspect and convert."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from shapely.geometry import box

from layers import postgis, sources
from layers.errors import LayerError
from layers.load import load
from layers.workspace import LayerSpec
from scripts.cli import main

psycopg = pytest.importorskip("psycopg")
INSTALLED = bool(shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb")))
pytestmark = [pytest.mark.real, pytest.mark.skipif(not INSTALLED, reason="PostgreSQL is not installed")]
TOWNS = [box(572000, 3402000, 573000, 3403000), box(573000, 3402000, 574000, 3403000)]
PLOT = box(572100, 3402100, 572200, 3402150)
TABLES = """
create schema "规划";
create table "规划"."乡镇" (gid serial primary key, "XZQMC" text, "备注" text, geom geometry(MultiPolygon, 4549));
create table public.farmland (gid serial, "BSM" text, area numeric(12, 2), made date, geom geometry(Polygon, 4549));
create table public.round (gid serial, geom geometry(CurvePolygon, 4549));
insert into public.round (geom) values (st_geomfromtext(
  'CURVEPOLYGON(CIRCULARSTRING(572400 3402500, 572500 3402600, 572600 3402500, 572500 3402400, 572400 3402500))', 4549));
create view public.large as select * from public.farmland where area > 100;
"""


@pytest.fixture(scope="module")
def address():
    server = importlib.import_module("benchmarks.peers.postgis").server
    with server() as (database, _):
        database.execute(TABLES)
        for name, one in zip(("新塍镇", "王店镇"), TOWNS, strict=True):
            shape = shapely.multipolygons([one])
            database.execute(
                'insert into "规划"."乡镇" ("XZQMC", geom) values (%s, st_geomfromewkb(%s))',
                (name, shapely.to_wkb(shapely.set_srid(shape, 4549), include_srid=True)),
            )
        database.execute(
            "insert into farmland (\"BSM\", area, made, geom) values ('1', 5000.25, '2016-03-31', st_geomfromewkb(%s)),"
            " ('2', 1, null, null)",
            (shapely.to_wkb(shapely.set_srid(PLOT, 4549), include_srid=True),),
        )
        told = database.info
        yield f"postgresql://bench@/postgres?host={told.host}&port={told.port}"


def test_a_table_is_read_with_its_types_and_crs(address):
    raw = sources.read(LayerSpec("f", "", Path(address), "public.farmland"))
    assert raw.crs.to_epsg() == 4549
    first, second = raw.frame.to_dict("records")
    assert (first["BSM"], first["area"], first["made"]) == ("1", 5000.25, dt.date(2016, 3, 31))
    assert first["geometry"].equals_exact(PLOT)
    assert second["geometry"] is None


def test_tables_and_views_with_a_geometry_are_listed(address):
    assert [one.layer for one in sources.layers_of(Path(address))] == [
        "public.farmland",
        "public.large",
        "public.round",
        "规划.乡镇",
    ]


def test_a_workspace_reads_from_it_and_names_no_user(address, tmp_path):
    (tmp_path / "workspace.toml").write_text(
        f'[[layer]]\nrole = "town_boundary"\npath = "{address}"\nlayer = "规划.乡镇"\n'
        f'[[layer]]\nrole = "farmland"\npath = "{address}"\nlayer = "public.farmland"\n',
        encoding="utf-8",
    )
    layers = load(tmp_path)
    assert layers.frames["town_boundary"]["name"].tolist() == ["新塍镇", "王店镇"]
    assert layers.frames["farmland"].geometry.iloc[0].equals_exact(PLOT)
    assert set(layers.issues["code"]) >= {"issue-geometry-missing"}
    assert "bench" not in json.dumps(layers.inputs)


def test_inspect_looks_at_all_tables(address, tmp_path):
    report = tmp_path / "报告.json"
    run("inspect", address, "--json", report, "--draft", tmp_path / "草稿")
    pages = json.loads(report.read_text(encoding="utf-8"))["layers"]
    assert [page["layer"] for page in pages] == [
        "public.farmland",
        "public.large",
        "public.round",
        "规划.乡镇",
    ]
    draft = (tmp_path / "草稿" / "workspace.toml").read_text(encoding="utf-8")
    assert f'path = "{address}"\nlayer = "规划.乡镇"' in draft


def test_arcs_come_as_lines_within_a_millimetre(address):
    raw = sources.read(LayerSpec("r", "", Path(address), "public.round"))
    assert [code for code, *_ in raw.notes] == ["issue-curves-database"]
    circle = raw.frame["geometry"].iloc[0]
    middles = shapely.get_coordinates(circle)[:-1] + np.diff(shapely.get_coordinates(circle), axis=0) / 2
    assert 100 - np.hypot(*(middles - [572500, 3402500]).T).min() < 0.00101


def test_convert_writes_a_file_from_it(address, tmp_path):
    run("convert", address, tmp_path / "农田.gpkg", "--layer", "public.large")
    raw = sources.read(LayerSpec("x", "", tmp_path / "农田.gpkg"))
    assert len(raw.frame) == 1
    assert raw.frame["geometry"].iloc[0].equals_exact(PLOT)
    assert raw.crs.to_epsg() == 4549


@pytest.mark.parametrize(
    "given", ["//bench:geheim@/postgres?host={host}", "//bench@/postgres?host={host}&password=geheim"]
)
@pytest.mark.parametrize("command", ["inspect", "convert"])
def test_a_password_in_the_address_is_refused_and_not_shown(tmp_path, given, command):
    address = "postgresql:" + given.format(host=tmp_path)
    more = [tmp_path / "x.gpkg", "--layer", "public.farmland"] if command == "convert" else []
    result = CliRunner().invoke(main, [command, address, *map(str, more)])
    assert result.exit_code == 2
    assert "geheim" not in result.output
    assert "PGPASSWORD" in result.output


@pytest.mark.parametrize("layer", ["public.none", "none.farmland"])
def test_a_table_that_is_not_there_is_one_sentence(address, layer):
    with pytest.raises(LayerError) as caught:
        postgis.read(LayerSpec("f", "", Path(address), layer))
    assert caught.value.code == "source-postgis"
    assert layer in caught.value.text("zh")


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path):
    with pytest.raises(LayerError) as caught:
        postgis.layers_of(Path(f"postgresql://bench@/postgres?host={tmp_path}"))
    assert caught.value.code == "source-postgis"


def run(*arguments):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
