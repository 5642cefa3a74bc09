import json
import shutil
import subprocess

import docx
import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner

from layers import plot_text
from maps.installed import ASSETS
from scripts.check import check
from spatial.errors import LiangzhenError
from tests import plot_workspace as hand

needs_fonts = pytest.mark.skipif(not ASSETS.is_dir(), reason="front-end files are not installed")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return hand.write(tmp_path_factory.mktemp("柜 台") / "工作区")


def run(*arguments):
    return CliRunner().invoke(check, [str(argument) for argument in arguments], env={"COLUMNS": "160"})


@pytest.mark.parametrize(
    ("corners", "code", "said"),
    [
        ((0, 0, 100, 100), 0, "符合要求"),
        ((450, 0, 550, 100), 0, "符合要求，但有提示事项"),
        ((150, 0, 250, 100), 1, "不符合要求"),
        ((2500, 0, 2600, 100), 2, "无法判定"),
    ],
)
def test_exit_status(tmp_path, workspace, corners, code, said):
    result = run(hand.plot(tmp_path / "地块.gpkg", *corners, stated_ha=0.9999), "--against", workspace)
    assert result.exit_code == code, result.output
    assert said in result.output.splitlines()
    assert "2016-1 一号地块" in result.output


def test_in_english_with_figures_in_three_units(tmp_path, workspace):
    path = hand.plot(tmp_path / "plot.gpkg", 0, 0, 100, 100)
    result = run(path, "--against", workspace, "--lang", "en")
    assert result.exit_code == 0, result.output
    assert "Complies" in result.output.splitlines()
    for figure in ("9,998.72", "0.9999", "14.9981"):
        assert figure in result.output


def test_what_cannot_be_judged_is_one_sentence(tmp_path, workspace):
    missing = run(tmp_path / "none.gpkg", "--against", workspace)
    assert isinstance(missing.exception, LiangzhenError)
    assert missing.exception.code == "check-missing"
    nowhere = run(hand.plot(tmp_path / "a.gpkg", 0, 0, 1, 1), "--against", tmp_path / "nowhere")
    assert isinstance(nowhere.exception, LiangzhenError)


def test_a_layer_that_is_not_there_is_said(tmp_path):
    bare = hand.write(tmp_path / "w", leave_out=("farmland", "redline"))
    result = run(hand.plot(tmp_path / "a.gpkg", 0, 0, 100, 100), "--against", bare)
    assert "未核查：占永久基本农田、在生态保护红线内" in result.output


def test_a_layer_that_lost_features_is_no_clean_pass(tmp_path):
    torn = hand.write(tmp_path / "w")
    farmland = hand.frame("bh", hand.FARMLAND)
    pd.concat([farmland, farmland.assign(geometry=None)]).to_parquet(torn / "farmland.parquet")
    result = run(hand.plot(tmp_path / "a.gpkg", 0, 0, 100, 100), "--against", torn, "--lang", "en")
    assert result.exit_code == 0, result.output
    assert "Complies, with remarks" in result.output
    assert "1 features" in result.output


def test_zones_of_another_scheme_are_refused(tmp_path, monkeypatch):
    other = {"S1": (-1000, -1000, 500, 1000), "S2": (500, -1000, 2000, 1000)}
    monkeypatch.setitem(hand.LAYERS, "expansion_boundary", ("zone", other))
    result = run(hand.plot(tmp_path / "a.gpkg", 0, 0, 100, 100), "--against", hand.write(tmp_path / "w"))
    assert isinstance(result.exception, LiangzhenError)
    assert result.exception.code == "rule-zones"
    assert "S1, S2" in result.exception.text("zh")


def test_figures_as_json(tmp_path, workspace):
    file = tmp_path / "v.json"
    path = hand.plot(tmp_path / "a.gpkg", 150, 0, 250, 100, stated_ha=1.0)
    assert run(path, "--against", workspace, "--json", file).exit_code == 1
    data = json.loads(file.read_text(encoding="utf-8"))
    lines = {line["line"]: line for line in data["lines"]}
    assert data["verdict"] == "fail"
    assert lines["farmland"]["value"] == pytest.approx(4999.36, abs=0.02)
    assert lines["stated"]["value"] == 10_000
    assert data["sources"]["farmland"] == "farmland (farmland.parquet)"
    assert len(data["sha256"]) == 64


def test_many_plots_are_a_line_each(tmp_path, workspace):
    shapes = [hand.at(x, 0, x + 10, 10) for x in (0, 20, 40, 210, 60, 80)]
    path = tmp_path / "many.gpkg"
    gpd.GeoDataFrame({"DKBH": list("abcdef")}, geometry=shapes, crs=4549).to_file(path)
    result = run(path, "--against", workspace)
    assert result.exit_code == 1, result.output
    assert "  符合要求 5" in result.output.splitlines()
    assert "占永久基本农田" in result.output
    assert result.output.splitlines()[-2] == "共 6 个地块：不符合要求"


def test_a_narrow_terminal_shows_figure_verdict_and_clause(tmp_path, workspace):
    path = hand.plot(tmp_path / "a.gpkg", 150, 0, 250, 100)
    result = CliRunner().invoke(check, [str(path), "--against", str(workspace)], env={"COLUMNS": "80"})
    assert "9,998.7" in result.output
    assert "不符合" in result.output
    assert "未引条文" in result.output
    assert max(len(line) for line in result.output.splitlines()) <= 80


@needs_fonts
class TestOut:
    @pytest.fixture(scope="class")
    @staticmethod
    def out(tmp_path_factory, workspace):
        folder = tmp_path_factory.mktemp("结 论")
        path = hand.plot(folder / "地块.gpkg", 150, 0, 250, 100, stated_ha=1.0)
        for name in ("one", "two"):
            result = run(path, "--against", workspace, "--out", folder / name)
            assert result.exit_code == 1, result.output
        return folder

    def test_same_bytes_again(self, out):
        for name in ("verdict.pdf", "verdict.docx"):
            assert (out / "one" / name).read_bytes() == (out / "two" / name).read_bytes()

    def test_nothing_is_left_half_written(self, out):
        names = {file.name for file in (out / "one").iterdir()}
        assert {"verdict.pdf", "verdict.docx", "pieces.gpkg", "pieces.shp", "pieces.txt"} <= names
        assert not [name for name in names if name.endswith(".part") or name.startswith("liangzhen-")]

    @pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is not installed")
    def test_page_says_verdict_clause_and_demo(self, out):
        pdf = out / "one" / "verdict.pdf"
        said = subprocess.run(
            ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True, encoding="utf-8"
        ).stdout
        for words in (
            "地块合规性核查结论",
            "不符合要求",
            "占永久基本农田",
            "未引条文",
            "演示数据",
            "1:2,000",
            "核查人",
            "图例",
        ):
            assert words in said, words
        assert said.count("\f") == 1

    def test_document_has_styles_table_and_map(self, out):
        doc = docx.Document(str(out / "one" / "verdict.docx"))
        assert doc.paragraphs[0].style.name == "Title"
        assert "不符合要求" in doc.paragraphs[2].text
        cells = [[cell.text for cell in row.cells] for row in doc.tables[0].rows]
        assert cells[0][0] == "核查内容"
        farmland = next(row for row in cells if row[0] == "占永久基本农田")
        assert farmland[5:7] == ["× 不符合", "未引条文"]
        assert len(doc.inline_shapes) == 1

    def test_pieces_are_layers(self, out):
        pieces = gpd.read_file(out / "one" / "pieces.gpkg", layer="pieces")
        assert list(pieces["title"]) == ["占永久基本农田"]
        assert pieces.geometry.iloc[0].symmetric_difference(hand.at(200, 0, 250, 100)).area < 1e-3
        assert len(gpd.read_file(out / "one" / "pieces.shp")) == 1
        assert len(gpd.read_file(out / "one" / "pieces.gpkg", layer="plots")) == 1
        (shape,) = plot_text.read(out / "one" / "pieces.txt").plots.geometry
        assert shape.symmetric_difference(pieces.geometry.iloc[0]).area < 1e-2
