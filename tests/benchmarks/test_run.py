import json
import shutil
import sys
from argparse import Namespace
from pathlib import Path

import geopandas as gpd
import pytest

from benchmarks import run

EXPECTED = {
    "t0": {"pieces": 2, "area": 600, "expansion": 400, "outside": 200, "farmland": 0, "redline": 0},
    "t1": {"pieces": 2, "area": 600, "expansion": 0, "outside": 600, "farmland": 50, "redline": 100},
}


def absent(name):
    if run.missing(run.TOOLS[name]):
        return True
    servers = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return name == "postgis" and not (shutil.which("initdb") or any(servers))


@pytest.mark.parametrize("name", [name for name in run.TOOLS if name != "floor"])
def test_every_tool_finds_the_areas_counted_by_hand(name, layers, tmp_path):
    if absent(name):
        pytest.skip(f"{name} is not installed")
    call = run.command(run.TOOLS[name], layers, tmp_path, 3, same_size=False)
    result = run.measure(run.TOOLS[name], call, tmp_path, 300)
    assert "failed" not in result, result["error"]
    for measure, by_town in result["totals"].items():
        assert by_town == pytest.approx({town: row[measure] for town, row in EXPECTED.items()}, abs=1e-6)
    outside = gpd.read_parquet(next(tmp_path.glob("*outside.parquet")))
    assert outside.area.sum() == pytest.approx(800, abs=1e-6)
    assert outside.crs == "EPSG:4549"


def trial(layers, store, monkeypatch, *more):
    arguments = ["run", str(layers), "--sizes", "3", "--tools", "floor", "--store", str(store), *more]
    monkeypatch.setattr(sys, "argv", arguments)
    run.main()
    return json.loads(store.read_text(encoding="utf-8"))["runs"]["3"]["floor"]


def test_started_again_only_what_is_missing_is_run(layers, tmp_path, monkeypatch, capsys):
    store = tmp_path / "store.json"
    first = trial(layers, store, monkeypatch, "--repeat", "1")
    again = trial(layers, store, monkeypatch, "--repeat", "2")
    assert again[:1] == first
    assert len(again) == 2
    assert trial(layers, store, monkeypatch, "--repeat", "2") == again
    assert "### 3 parcels" in capsys.readouterr().out


def test_failed_runs_are_kept_until_told_to_retry(layers, tmp_path, monkeypatch):
    store = tmp_path / "store.json"
    failed = {"machine": {}, "totals": {}, "runs": {"3": {"floor": [{"failed": 1, "wall": 2.0}]}}}
    store.write_text(json.dumps(failed), encoding="utf-8")
    assert trial(layers, store, monkeypatch) == [{"failed": 1, "wall": 2.0}]
    assert all("failed" not in one for one in trial(layers, store, monkeypatch, "--retry"))


def test_a_process_that_fails_or_takes_too_long_is_told_apart(tmp_path):
    tool = run.TOOLS["floor"]
    crash = run.measure(tool, [sys.executable, "-c", "raise SystemExit('no such layer')"], tmp_path, 60)
    assert crash["failed"]
    assert "no such layer" in crash["error"]
    slow = run.measure(tool, [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, 0.2)
    assert slow["failed"] == run.TIMES_OUT
    assert slow["wall"] < 30


def test_slow_and_failed_tools_are_run_less_often():
    options = Namespace(slow_minutes=5, repeat_slow=1)
    assert run.due([{"wall": 299}], 1, options)
    assert not run.due([{"wall": 301}], 1, options)
    assert not run.due([{"wall": 1, "failed": 1}], 1, options)
    assert not run.due([{"wall": 299}], 0, options)


def test_differences_are_of_totals_of_towns_and_of_pieces():
    names = ("area", "expansion", "outside", "farmland", "redline")
    one = {"pieces": {"a": 2, "b": 1}} | {name: {"a": 80.0, "b": 20.0} for name in names}
    other = one | {"farmland": {"a": 84.0, "b": 16.0}, "redline": {"a": 75.0, "b": 20.0}}
    assert run.worst(one, one) == {"total": 0, "town": 0, "pieces": 0}
    assert run.worst(other, one) == {"total": 0.05, "town": 0.0625, "pieces": 0}
    assert run.worst(one | {"pieces": {"a": 2}}, one)["pieces"] == 1


@pytest.mark.parametrize(
    ("text", "number"), [("10k", 10_000), ("1M", 1_000_000), ("0.5M", 500_000), ("7", 7)]
)
def test_sizes(text, number):
    assert run.size(text) == number
