from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from layers.errors import LayerError
from layers.workspace import read_workspace
from scripts.inspect import inspect
from tests.layers.inspected import SQUARE, parcels, write


def run(*options):
    return CliRunner().invoke(inspect, [str(option) for option in options], catch_exceptions=True)


def test_all_that_it_writes(tmp_path):
    files = {name: tmp_path / f"出 {name}" for name in ("r.json", "p.gpkg", "draft")}
    done = run(
        parcels(tmp_path), "--json", files["r.json"], "--gpkg", files["p.gpkg"], "--draft", files["draft"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(files["r.json"].read_text(encoding="utf-8"))["layers"][0]["name"] == "DLTB.shp"
    assert files["p.gpkg"].is_file()
    assert read_workspace(files["draft"]).layers
    assert all(path.name in done.output for path in files.values())


@pytest.mark.parametrize(
    ("sound", "level", "code"), [(False, "error", 1), (True, "error", 0), (False, None, 0)]
)
def test_exit_status(tmp_path, sound, level, code):
    path = parcels(tmp_path, SQUARE) if sound else parcels(tmp_path)
    assert run(path, *(["--fail-on", level] if level else [])).exit_code == code


def test_a_layer_that_cannot_be_read_fails(tmp_path):
    bad = tmp_path / "a.shp"
    bad.write_bytes(b"")
    assert run(bad).exit_code == 0
    assert run(bad, "--fail-on", "error").exit_code == 1


def test_a_role_that_is_not_known(tmp_path):
    done = run(parcels(tmp_path), "--role", "farmlan")
    assert isinstance(done.exception, LayerError)
    assert "farmland" in done.exception.text("zh")


def test_english(tmp_path):
    assert "vertices" in run(write(tmp_path / "a.gpkg", [SQUARE]), "--lang", "en").output


def test_a_raster_is_a_raster_and_not_unreadable(demo_folder):
    done = run(
        demo_folder / "data" / "高程.tif", demo_folder / "data" / "建成区2016.tif", "--fail-on", "error"
    )
    assert done.exit_code == 0, done.output
    assert "无法读取" not in done.output
    assert "GeoTIFF" in done.output
    assert "built_up_raster" in done.output
    assert "1 个波段" in done.output
