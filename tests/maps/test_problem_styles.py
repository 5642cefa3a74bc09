from __future__ import annotations

import sqlite3
from contextlib import closing
from xml.etree.ElementTree import fromstring

import pyogrio

from layers.inspecting import inspect
from layers.problems import read_findings, write_gpkg
from maps.problem_styles import COLOURS, write_problem_styles
from tests.layers.inspected import SQUARE, parcels, write


def test_every_layer_has_its_style(tmp_path):
    path = tmp_path / "问题.gpkg"
    write_gpkg(inspect([parcels(tmp_path)]), path, "zh")
    before = sum(len(rows) for rows, _ in read_findings(path))
    write_problem_styles(path, "zh")
    write_problem_styles(path, "en")
    with closing(sqlite3.connect(path)) as base:
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert set(styles) == {str(name) for name, kind in pyogrio.list_layers(path) if kind}
    for layer, written in styles.items():
        root = fromstring(written.split("\n", 1)[1])  # noqa: S314 - our own
        assert next(rule.get("label") for rule in root.iter("rule")) == "waived"
        assert len(list(root.iter("symbol"))) == len(COLOURS)
        assert {symbol.get("type") for symbol in root.iter("symbol")} <= {"fill", "line", "marker"}, layer
    assert sum(len(rows) for rows, _ in read_findings(path)) == before


def test_nothing_to_style(tmp_path):
    path = tmp_path / "p.gpkg"
    write_gpkg(inspect([write(tmp_path / "a.gpkg", [SQUARE])]), path, "zh")
    write_problem_styles(path, "zh")
    assert [str(name) for name, _ in pyogrio.list_layers(path)] == ["no_geometry"]
