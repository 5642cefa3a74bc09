import datetime as dt
import json
import shutil

import jsonschema
import numpy as np
import pandas as pd
import pyogrio
import pytest

from layers import results as store
from layers import waivers
from layers.errors import LayerError
from maps.pagedata import open_issues
from maps.tables import issue_list
from scripts.evaluate import Request, evaluate, present
from spatial.messages import catalogue


@pytest.fixture(scope="module")
def results(demo_folder):
    return evaluate(Request(demo_folder))


@pytest.fixture(scope="module")
def written(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("结果") / "2016Q4"
    present(results, folder, "zh")
    return folder


def named(results):
    names = results.towns["name"].to_dict() | {"programme": "programme"}
    return {(names[f.town_id], f.clause, f.rule): f.verdict for f in results.findings.itertuples()}


def test_all_that_was_planted_is_found_and_nothing_else(demo_folder, results):
    truth = json.loads((demo_folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["as_of"] == results.provenance["as_of"]
    assert named(results) == {(f["town"], f["clause"], f["rule"]): f["verdict"] for f in truth["findings"]}


def test_every_verdict_and_the_slivers_are_there(results):
    assert set(results.findings["verdict"]) == {"pass", "warning", "fail", "no data"}
    slivers = results.pieces[results.pieces["sliver"]]
    assert len(slivers)
    assert slivers["width_m"].max() < 0.5


def test_pieces_add_up_to_what_was_judged(results):
    real = results.pieces[~results.pieces["sliver"]]
    sums = real.groupby(["town_id", "rule"])["area_m2"].sum()
    judged = results.findings.set_index(["town_id", "rule"])["value"].reindex(sums.index)
    assert sums.to_numpy() == pytest.approx(judged.to_numpy(), abs=1e-6)
    assert np.allclose(real["area_m2"] * 100, np.rint(real["area_m2"] * 100))


def test_every_code_that_results_carry_has_its_text(results):
    codes = set(results.issues["code"]) | set(results.findings["condition"].dropna())
    codes |= set(results.measures["basis"]) | {f"measure-{name}" for name in results.measures["measure"]}
    assert not codes - catalogue().keys()


def test_every_figure_of_land_names_its_layers(results):
    found = results.findings[results.findings["value"].notna()]
    land = found[found["measure"].str.startswith("construction")]
    assert len(land)
    assert all(row["inputs"] for row in land["evidence"])


def test_assessment_fits_its_schema(written):
    document = json.loads((written / "assessment.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, store.schema())
    assert document["demo"] is True
    assert len(document["findings"]) > 200


def test_the_schema_refuses_a_verdict_on_missing_data(written):
    document = json.loads((written / "assessment.json").read_text(encoding="utf-8"))
    document["findings"][0] |= {"value": None, "verdict": "pass"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, store.schema())


def test_results_are_read_back_as_they_were_written(results, written):
    again = store.read(written)
    pd.testing.assert_series_equal(
        again.findings["verdict"], results.findings["verdict"].reset_index(drop=True), check_dtype=False
    )
    assert again.findings["value"].to_numpy() == pytest.approx(
        results.findings["value"].to_numpy(), nan_ok=True
    )
    assert list(again.towns.index) == list(results.towns.index)
    assert again.towns.geometry.area.to_numpy() == pytest.approx(results.towns.geometry.area.to_numpy())
    assert set(again.context) == set(results.context)
    assert again.pieces["fid"].astype(float).tolist() == results.pieces["fid"].astype(float).tolist()
    assert again.crs == results.crs


def test_geopackage_holds_what_is_shown(written):
    layers = {str(name) for name, _ in pyogrio.list_layers(written / "results.gpkg")}
    assert {
        "town",
        "piece",
        "town_boundary",
        "expansion_boundary",
        "farmland",
        "redline",
        "greenway",
    } <= layers


def test_the_same_inputs_give_the_same_bytes(demo_folder, tmp_path):
    runs = []
    for number in (1, 2):
        found = evaluate(Request(demo_folder))
        found.provenance["run"]["at"] = "2016-12-31T00:00:00+00:00"
        present(found, tmp_path / str(number), "zh")
        runs.append({path.name: path.read_bytes() for path in (tmp_path / str(number)).iterdir()})
    assert runs[0].keys() == runs[1].keys()
    assert [name for name in runs[0] if runs[0][name] != runs[1][name]] == []


def without(demo_folder, tmp_path, *roles):
    folder = tmp_path / "工作区"
    shutil.copytree(demo_folder, folder)
    text = (folder / "workspace.toml").read_text(encoding="utf-8")
    head, *layers = text.split("[[layer]]")
    kept = [layer for layer in layers if not any(f'role = "{role}"' in layer for role in roles)]
    (folder / "workspace.toml").write_text("[[layer]]".join([head, *kept]), encoding="utf-8")
    return folder


def test_a_missing_optional_layer_is_no_data_for_its_clauses_alone(demo_folder, tmp_path, results):
    folder = without(demo_folder, tmp_path, "expansion_boundary")
    found = evaluate(Request(folder))
    of = found.findings["rule"].str.startswith("special-expansion")
    assert set(found.findings.loc[of, "verdict"]) == {"no data"}
    assert set(found.findings.loc[of, "condition"]) == {"condition-no-layer"}
    before = results.findings[~results.findings["rule"].str.startswith("special-expansion")]
    assert found.findings.loc[~of, "verdict"].tolist() == before["verdict"].tolist()


def test_without_tables_and_parcels_everything_left_is_no_data_and_nothing_passes_by_zero(
    demo_folder, tmp_path
):
    folder = without(
        demo_folder, tmp_path, "town_indicator", "county_indicator", "construction_land", "meeting"
    )
    found = evaluate(Request(folder, as_of="2016Q4")).findings
    land = found[found["measure"].str.startswith("construction_land")]
    growth = found[found["measure"].str.contains("growth|investment|quarters")]
    assert set(land["verdict"]) == {"no data"}
    assert set(growth["verdict"]) == {"no data"}
    assert land["value"].isna().all()


def test_a_missing_required_layer_ends_in_one_sentence(demo_folder, tmp_path):
    with pytest.raises(LayerError.__mro__[1]) as caught:
        evaluate(Request(without(demo_folder, tmp_path, "town_boundary")))
    assert caught.value.code == "role-missing"


def test_an_earlier_quarter_uses_the_parcels_of_that_time(demo_folder):
    found = evaluate(Request(demo_folder, as_of="2016年二季度"))
    assert found.provenance["as_of"] == "2016Q2"
    assert found.provenance["construction_land_date"] == "2015Q4"
    due = found.findings[found.findings["condition"].eq("condition-not-due")]
    assert set(due["verdict"]) <= {"warning"}


def test_a_quarter_without_any_figure_is_said(demo_folder, results):
    code = "issue-as-of-no-figures"
    assert not results.issues["code"].eq(code).any()
    future = evaluate(Request(demo_folder, None, "2030Q1")).issues
    (params,) = future.loc[future["code"].eq(code), "params"]
    assert params == {"quarter": "2030Q1", "latest": "2016Q4"}


def test_a_quarter_that_is_none_is_refused(demo_folder):
    with pytest.raises(LayerError) as caught:
        evaluate(Request(demo_folder, as_of="jetzt"))
    assert caught.value.code == "as-of-unknown"


def test_output_never_replaces_a_folder_that_is_no_result(results, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("x", encoding="utf-8")
    with pytest.raises(LayerError) as caught:
        present(results, tmp_path / "mine", "zh")
    assert caught.value.code == "results-folder-taken"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["diary.txt"]


def test_nothing_half_written_is_left_behind(tmp_path):
    def break_off():
        with store.replacing(tmp_path / "out") as beside:
            (beside / "half").write_text("x", encoding="utf-8")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_what_a_ledger_accepts_stays_listed_and_counts_no_more(demo_folder, results, tmp_path):
    folder = tmp_path / "w"
    shutil.copytree(demo_folder, folder)
    found = results.issues[results.issues["code"] == "issue-feature-twice"].head(1)
    waivers.grant(
        folder / "waivers.csv", found, results.crs, reason="已核", document="1号", officer="张三",
        granted_on=dt.date(2016, 12, 1), expires_on=dt.date(2099, 1, 1), tolerance_m=0.1,
    )  # fmt: skip
    again = evaluate(Request(folder))
    marked = again.issues[again.issues["waived"].astype(bool)]
    assert marked["code"].tolist() == ["issue-feature-twice"]
    assert len(open_issues(again)) == len(results.issues) - 1
    store.write(again, tmp_path)
    back = store.read(tmp_path)
    assert len(open_issues(back)) == len(open_issues(again))
    heads = [column.head for column in issue_list(back, "en").columns]
    assert heads[-1] == "Waiver"
