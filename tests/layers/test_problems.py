from __future__ import annotations

import json

import jsonschema
import pyogrio
import pytest

from layers.errors import LayerError
from layers.inspecting import inspect
from layers.problems import document, groups, read_findings, schema, write_gpkg, write_json
from tests.layers.inspected import BOW, SQUARE, parcels, write


def inspection(folder):
    bad = folder / "a.shp"
    bad.write_bytes(b"")
    table = folder / "b.csv"
    table.write_text("名称,数\n甲,1\n", encoding="utf-8")
    elsewhere = write(folder / "c.gpkg", [BOW], crs=25832)
    return inspect([parcels(folder), bad, table, elsewhere])


def test_the_report_keeps_to_its_schema(tmp_path):
    found = inspection(tmp_path)
    write_json(found, tmp_path / "报告.json")
    written = json.loads((tmp_path / "报告.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, schema())
    assert written == json.loads(json.dumps(document(found)))
    assert [layer["name"] for layer in written["layers"]] == ["DLTB.shp", "a.shp", "b.csv", "c.gpkg"]
    assert written["layers"][1]["error"]["code"]
    assert sum(len(layer["findings"]) for layer in written["layers"]) == sum(
        kind["count"] for layer in written["layers"] for kind in layer["problems"]
    )


def test_problems_as_layers_and_back(tmp_path):
    found, path = inspection(tmp_path), tmp_path / "问题.gpkg"
    write_gpkg(found, path, "zh")
    names = {str(name) for name, _ in pyogrio.list_layers(path)}
    assert any(name.endswith(("_polygon", "_point", "_line")) for name in names)
    assert any(name.endswith("_2") for name in names), "another CRS, another layer"
    again = {
        int(row["finding"]): row for rows, _ in read_findings(path) for row in rows.to_dict(orient="records")
    }
    wanted = [row for page in found.layers for row in page.problems.to_dict(orient="records")]
    assert sorted(again) == [row["finding"] for row in wanted]
    for row in wanted:
        assert again[row["finding"]]["code"] == row["code"]
        assert json.loads(again[row["finding"]]["params"]).keys() == row["params"].keys()


def test_problems_are_replaced_and_nothing_is_left_beside(tmp_path):
    found, path = inspection(tmp_path), tmp_path / "p.gpkg"
    before = set(tmp_path.iterdir())
    write_gpkg(found, path, "zh")
    write_gpkg(found, path, "en")
    assert set(tmp_path.iterdir()) - before == {path}


def test_no_problem_is_a_file_too(tmp_path):
    write_gpkg(inspect([write(tmp_path / "a.gpkg", [SQUARE])]), tmp_path / "p.gpkg", "zh")
    assert sum(len(rows) for rows, _ in read_findings(tmp_path / "p.gpkg")) == 0


def test_what_holds_no_findings(tmp_path):
    other = write(tmp_path / "a.gpkg", [SQUARE])
    junk = tmp_path / "b.gpkg"
    junk.write_bytes(b"junk")
    for path, code in (
        (other, "waive-findings"),
        (junk, "waive-findings"),
        (tmp_path / "c", "inspect-missing"),
    ):
        with pytest.raises(LayerError) as told:
            read_findings(path)
        assert told.value.code == code


def test_many_problems_are_few_groups(tmp_path):
    bows = [type(BOW)([(x + 300 * n, y) for x, y in BOW.exterior.coords]) for n in range(50)]
    (page,) = inspect([parcels(tmp_path, *bows)]).layers
    kinds = groups(page.problems)
    assert kinds["count"].sum() == len(page.problems)
    assert kinds["count"].max() >= 50
    assert all(len(first) <= 3 for first in kinds["first"])
    assert len(kinds) < 12
