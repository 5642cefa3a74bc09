"""Waivers over the issues of a run, and at the counter."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pytest
from click.testing import CliRunner
from shapely.geometry import Polygon, box

from layers.inspecting import inspect
from layers.load import load
from layers.validate import validate
from layers.waivers import grant
from layers.waiving import LEDGER, read_ledger, waived
from scripts.check import check
from tests import plot_workspace as hand

DAY = date(2026, 5, 1)
BOWTIE = Polygon([(572100, 3402100), (572200, 3402200), (572200, 3402100), (572100, 3402200)])
GIVEN = {"reason": "历史遗留", "document": "〔2026〕1号", "officer": "王某", "granted_on": DAY}


def farmland(folder, *shapes):
    gpd.GeoDataFrame({"BSM": [str(n) for n in range(len(shapes))]}, geometry=list(shapes), crs=4549).to_file(
        folder / "数 据" / "农田.gpkg"
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "数 据").mkdir()
    towns = [box(572000, 3402000, 573000, 3403000)]
    gpd.GeoDataFrame({"XZQMC": ["新塍镇"]}, geometry=towns, crs=4549).to_file(tmp_path / "数 据" / "镇.gpkg")
    farmland(tmp_path, BOWTIE)
    (tmp_path / "workspace.toml").write_text(
        '[[layer]]\nrole = "town_boundary"\npath = "数 据/镇.gpkg"\n'
        '[[layer]]\nname = "基本农田"\nrole = "farmland"\npath = "数 据/农田.gpkg"\n',
        encoding="utf-8",
    )
    return tmp_path


def issues_of(folder, day):
    layers = load(folder)
    return waived(validate(layers), read_ledger(folder), day, layers.crs, layers.inputs)


def granted(folder, role="farmland", until=date(2026, 12, 31)):
    (page,) = inspect([folder / "数 据" / "农田.gpkg"], role=role).layers
    bad = page.problems[page.problems["severity"] == "error"]
    grant(folder / LEDGER, bad, page.crs, **GIVEN, expires_on=until)
    return set(bad["code"])


def test_what_inspect_found_and_an_officer_accepted_is_waived_in_a_run_too(folder):
    before = issues_of(folder, DAY)
    assert not before["waived"].any()
    codes = granted(folder)
    after = issues_of(folder, DAY)
    assert set(after.loc[after["waived"].astype(bool), "code"]) == codes
    assert after["severity"].tolist() == before["severity"].tolist()
    assert set(after.loc[after["waived"].astype(bool), "layer"]) == {"基本农田"}


def test_a_waiver_that_lapsed_is_said_in_the_layer_it_stood_for(folder):
    granted(folder)
    late = issues_of(folder, date(2027, 1, 1))
    assert not late["waived"].any()
    assert set(late.loc[late["code"] == "issue-waiver-expired", "layer"]) == {"基本农田"}
    farmland(folder, box(572100, 3402100, 572200, 3402200))
    mended = issues_of(folder, DAY)
    assert set(mended.loc[mended["code"].str.startswith("issue-waiver"), "severity"]) == {"note"}


def test_at_the_counter_an_accepted_fault_is_a_remark(tmp_path):
    workspace = hand.write(tmp_path / "w")
    plot = tmp_path / "a.gpkg"
    shape = Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50, 160), (50, 100), (0, 100)])
    there = shape.exterior.coords
    moved = Polygon([(x + hand.EAST, y + hand.NORTH) for x, y in there])
    gpd.GeoDataFrame({"DKBH": ["1"]}, geometry=[moved], crs=4549).to_file(plot)
    before = run(plot, workspace)
    assert before.exit_code == 1, before.output
    (page,) = inspect([plot]).layers
    bad = page.problems[page.problems["severity"].isin(["error", "warning"])]
    grant(
        workspace / LEDGER,
        bad,
        page.crs,
        **GIVEN | {"granted_on": date(2020, 1, 1)},
        expires_on=date(2999, 1, 1),
    )
    after = run(plot, workspace)
    assert after.exit_code == 0, after.output
    assert "W0001" in after.output


def test_a_waiver_that_lapsed_is_said_at_the_counter(tmp_path):
    workspace, plot = hand.write(tmp_path / "w"), tmp_path / "a.gpkg"
    bow = [(0, 0), (100, 100), (100, 0), (0, 100)]
    shape = Polygon([(x + hand.EAST, y + hand.NORTH) for x, y in bow])
    gpd.GeoDataFrame({"DKBH": ["1"]}, geometry=[shape], crs=4549).to_file(plot)
    (page,) = inspect([plot]).layers
    bad = page.problems[page.problems["severity"] == "error"]
    past = date(2020, 1, 1)
    grant(workspace / LEDGER, bad, page.crs, **GIVEN | {"granted_on": past}, expires_on=past)
    told = run(plot, workspace)
    assert told.exit_code == 1, told.output
    assert "已于 2020-01-01 到期" in told.output


def run(plot, workspace):
    return CliRunner().invoke(check, [str(plot), "--against", str(workspace)], env={"COLUMNS": "160"})
