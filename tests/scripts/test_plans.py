import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner
from shapely import box

from layers.planning import kinds
from scripts.cli import main

E0, N0 = 572_000.0, 3_402_000.0


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("0601", "construction"), ("0103", "agricultural"), ("1006", "agricultural"), ("1201", "construction"),
        ("R2", "construction"), ("E2", "agricultural"), ("E1", "unused"), ("H11", "construction"), ("111", "agricultural"),
        ("2121", "construction"), ("311", "unused"), ("??", "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_codes_of_three_classifications(code, kind):
    frame = pd.DataFrame({"land_class": [code]}, dtype=object)
    assert kinds(frame).tolist() == [kind]
    assert kinds(frame.assign(plan_kind="unused")).tolist() == ["unused"]


@pytest.fixture
def workspace(tmp_path):
    square = lambda west, east: box(E0 + west, N0, E0 + east, N0 + 100)  # noqa: E731
    layers = {
        "towns": gpd.GeoDataFrame(
            {"XZQMC": ["甲镇", "乙镇"]}, geometry=[square(0, 500), square(500, 1000)], crs=4549
        ),
        "master": gpd.GeoDataFrame(
            {"GHDLBM": ["R2", "E2"]}, geometry=[square(0, 600), square(600, 1000)], crs=4549
        ),
        "landuse": gpd.GeoDataFrame(
            {"DLBM": ["2121", "111"]}, geometry=[square(0, 400), square(400, 1000)], crs=4549
        ),
    }
    roles = {"towns": "town_boundary", "master": "urban_plan", "landuse": "land_use_plan"}
    text = 'title = "两规"\n'
    for name, frame in layers.items():
        frame.to_file(tmp_path / f"{name}.gpkg")
        text += f'[[layer]]\nname = "{name}"\nrole = "{roles[name]}"\npath = "{name}.gpkg"\n'
    (tmp_path / "workspace.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_differences_by_town_with_layer_and_workbook(workspace):
    result = CliRunner().invoke(main, ["plans", str(workspace), "--out", str(workspace / "出")])
    assert result.exit_code == 0, result.output
    assert "建设与农用冲突" in result.output
    found = gpd.read_file(workspace / "出" / "plan-differences.gpkg")
    assert found.set_index("town_id")["area_m2"].round(-1).to_dict() == {"甲镇": 10000, "乙镇": 10000}
    assert set(found["gives_way"]) == {"one"}
    book = openpyxl.load_workbook(workspace / "出" / "plan-differences.xlsx")
    assert book.sheetnames == ["两规对照", "分镇汇总", "差异图斑"]


def test_a_missing_plan_is_one_sentence(workspace):
    file = workspace / "workspace.toml"
    file.write_text(
        file.read_text(encoding="utf-8").split('[[layer]]\nname = "landuse"')[0], encoding="utf-8"
    )
    result = CliRunner().invoke(main, ["plans", str(workspace), "--lang", "en"])
    assert result.exit_code == 2
    assert "land_use_plan" in result.output
    assert result.output.count("\n") == 1
