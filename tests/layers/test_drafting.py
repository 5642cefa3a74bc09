from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import load
from layers.drafting import _quoted, write_draft
from layers.errors import LayerError
from layers.inspecting import inspect
from layers.workspace import read_workspace
from tests.layers.inspected import SQUARE, parcels, write


def test_the_draft_of_the_demo_loads_as_the_demo(demo_folder, tmp_path):
    folder = tmp_path / "草 稿"
    write_draft(inspect([demo_folder / "data"]).layers, folder)
    ours, drafted = load.load(demo_folder), load.load(folder)
    assert ours.frames.keys() == drafted.frames.keys()
    for role, frame in ours.frames.items():
        assert len(frame) == len(drafted.frames[role]), role
        assert set(frame.columns) == set(drafted.frames[role].columns), role
    assert (
        ours.frames["construction_land"]["date"]
        .value_counts()
        .equals(drafted.frames["construction_land"]["date"].value_counts())
    )
    assert ours.crs == drafted.crs


def test_what_is_unsure_is_commented_out(tmp_path):
    pages = inspect([write(tmp_path / "杂.gpkg", [SQUARE]), parcels(tmp_path)]).layers
    file = write_draft(pages, tmp_path / "w", "en")
    text = file.read_text(encoding="utf-8")
    assert '# path = "../杂.gpkg"' in text
    workspace = read_workspace(file)
    assert [spec.role for spec in workspace.layers] == ["town_boundary", "construction_land"]
    assert workspace.layers[1].encoding is not None


def test_a_crs_that_was_found_is_written_down(tmp_path):
    prefixed = [SQUARE.__class__([(x + 4e7, y) for x, y in SQUARE.exterior.coords])]
    path = write(tmp_path / "DLTB.shp", prefixed, crs=None, DLBM=["0601"])
    text = write_draft(inspect([path]).layers, tmp_path / "w").read_text(encoding="utf-8")
    assert 'crs = "EPSG:4528"' in text


def test_a_workspace_is_never_overwritten(tmp_path):
    pages = inspect([parcels(tmp_path)]).layers
    write_draft(pages, tmp_path)
    with pytest.raises(LayerError) as told:
        write_draft(pages, tmp_path)
    assert told.value.code == "inspect-draft-taken"


def test_nothing_to_draft(tmp_path):
    bad = tmp_path / "a.shp"
    bad.write_bytes(b"")
    with pytest.raises(LayerError) as told:
        write_draft(inspect([bad]).layers, tmp_path / "w")
    assert told.value.code == "inspect-draft-nothing"
    assert not (tmp_path / "w").exists()


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=200)
def test_any_name_is_written_so_that_toml_reads_it(name):
    assert tomllib.loads(f"a = {_quoted(name)}")["a"] == name


def test_a_layer_whose_role_is_unknown_gets_none(tmp_path):
    page = write(tmp_path / "杂.gpkg", [SQUARE.centroid])
    text = write_draft(inspect([page]).layers, tmp_path / "w").read_text(encoding="utf-8")
    assert '# role = "…"' in text
    assert (
        text.count("town_boundary") == text.count('role = "town_boundary"') + 2
    )  # what is lacking, and its path


def test_rasters_are_drafted_with_role_and_date(demo_folder, tmp_path):
    pages = inspect(sorted((demo_folder / "data").glob("*.tif"))).layers
    assert all(page.error is None for page in pages)
    file = write_draft(pages, tmp_path / "w")
    drafted = {(spec.role, spec.path.name, spec.date) for spec in read_workspace(file).layers[1:]}
    ours = {(spec.role, spec.path.name, spec.date) for spec in read_workspace(demo_folder).layers}
    assert drafted == {one for one in ours if one[1].endswith(".tif")}
