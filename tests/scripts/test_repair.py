from __future__ import annotations

import geopandas as gpd
import pytest
from click.testing import CliRunner
from shapely.geometry import box

from scripts.repair import repair

EAST, NORTH = 572000, 3402000


@pytest.fixture
def plots(tmp_path):
    path = tmp_path / "地块 1.gpkg"
    shapes = [
        box(EAST, NORTH, EAST + 100, NORTH + 100),
        box(EAST + 100.012, NORTH, EAST + 200, NORTH + 100),
    ]
    gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4549").to_file(path)
    return path


def run(*words):
    return CliRunner().invoke(repair, list(map(str, words)), catch_exceptions=False)


def test_suggest_apply_undo(plots, tmp_path):
    edits, out = tmp_path / "edits.gpkg", tmp_path / "out.gpkg"
    told = run(plots, "--suggest", edits)
    assert told.exit_code == 0
    assert "1 处修补建议（其中 1 处已勾选）" in told.output
    told = run(plots, "--apply", edits, "-o", out, "--lang", "en")
    assert told.output.startswith("1 edits done, written to ")
    told = run(out, "--undo", f"{out}.undo.gpkg", "-o", tmp_path / "back.gpkg", "--lang", "en")
    assert told.output.startswith("1 features put back")
    assert run(out, "--suggest", tmp_path / "again.gpkg").output.endswith("没有可自动修补之处。\n")


def test_the_tolerance_is_heeded(plots, tmp_path):
    told = run(plots, "--suggest", tmp_path / "edits.gpkg", "--snap", "0.01", "--lang", "en")
    assert "nothing that could be mended" in told.output
    assert not (tmp_path / "edits.gpkg").exists()


@pytest.mark.parametrize("words", [[], ["--suggest", "a.gpkg", "--undo", "b.gpkg"], ["--apply", "a.gpkg"]])
def test_wrong_words(plots, words):
    assert run(plots, *words).exit_code == 2
