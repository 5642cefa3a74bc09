from xml.etree import ElementTree as ET

import pytest

from benchmarks import report

RUNS = {
    "liangzhen": [
        {"wall": 4.0, "peak_mb": 900},
        {"wall": 2.0, "peak_mb": 950},
        {"wall": 3.0, "peak_mb": 925},
    ],
    "postgis": [{"wall": 30.0, "peak_mb": 400, "server_mb": 1500, "difference": {"total": 3e-15}}],
    "duckdb": [{"wall": 9.0, "failed": 1}],
}


def test_rows_give_median_range_ratio_memory_and_what_failed():
    ours, postgis, duckdb = report.rows(RUNS)
    assert ours == "| liangzhen | 3.00 (2.0–4.0) | 1.0 | 950 | 3 |  |"
    assert postgis == "| PostGIS, limits subdivided | 30.00 | 10.0 | 400 + 1,500 server | 1 | 3e-15 |"
    assert "failed (1)" in duckdb


def test_without_ours_there_is_no_ratio():
    (row,) = report.rows({"geopandas": RUNS["postgis"]})
    assert row.startswith("| geopandas.overlay | 30.00 |  |")


def test_chart_is_a_picture_of_the_runs_that_ended_well():
    picture = report.chart({"machine": {}, "runs": {"1000": RUNS, "1000-same-size": RUNS}})
    root = ET.fromstring(picture)  # noqa: S314 - our own picture
    bars = root.findall("{*}rect")[1:]
    assert len(bars) == 2
    assert float(bars[1].get("width")) > float(bars[0].get("width"))


def test_sizes_come_in_order_those_of_one_size_last():
    keys = ["1000000-same-size", "1000000", "10000", "100000-same-size"]
    assert sorted(keys, key=report.order) == ["10000", "1000000", "100000-same-size", "1000000-same-size"]


def test_only_what_stands_between_the_markers_is_replaced(tmp_path):
    (tmp_path / "performance.md").write_text(
        "before\n<!-- overlay-table -->\nold\n<!-- /overlay-table -->\nafter\n", encoding="utf-8"
    )
    report.write({"machine": {}, "runs": {"1000": RUNS}}, tmp_path)
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- overlay-table -->\n")
    assert text.endswith("<!-- /overlay-table -->\nafter\n")
    assert "### 1,000 parcels" in text
    assert "old" not in text
    with pytest.raises(ValueError, match="no markers"):
        report.between(text, "gone", "")
