import json
from dataclasses import replace

import pandas as pd
import pytest
from click.testing import CliRunner

from layers import results as store
from layers.assuming import judge_again, judge_quarters
from scripts.evaluate import Request, evaluate, present
from scripts.whatif import whatif
from spatial.errors import LiangzhenError
from spatial.rules import from_data


@pytest.fixture(scope="module")
def run(demo_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("what if") / "结果"
    results = evaluate(Request(demo_folder))
    present(results, folder, "zh")
    return results, folder


def ask(folder, *words, lang="en"):
    given = [part for word in words for part in ("--set", word)]
    return CliRunner().invoke(whatif, [str(folder), *given, "--json", "--lang", lang])


def test_the_unchanged_run_gives_the_stored_findings_exactly(run):
    results, folder = run
    stored = store.read(folder)
    again = judge_again(stored)
    assert len(again)
    for name in ("finding_id", "verdict", "condition", "turned_by", "exception", "due", "threshold_source"):
        left, right = (
            one[name].astype(object).where(one[name].notna(), None) for one in (again, stored.findings)
        )
        assert left.tolist() == right.tolist(), name
    for name in ("value", "threshold", "margin"):
        pd.testing.assert_series_equal(again[name].astype(float), stored.findings[name].astype(float))
    assert results.findings["exception"].notna().any()


def test_a_quarter_judged_from_the_series_has_the_verdicts_of_its_own_run(run):
    results, _ = run
    as_of = results.provenance["as_of"]
    later = replace(results, provenance={**results.provenance, "as_of": "9999Q4"})
    again = judge_quarters(later)
    own = again[again["quarter"] == as_of].set_index("finding_id")["verdict"]
    assert len(own) > 20
    assert own.to_dict() == results.findings.set_index("finding_id")["verdict"].reindex(own.index).to_dict()
    assert set(again["quarter"]) > {as_of}
    assert set(judge_quarters(results)["quarter"]) < set(again["quarter"])


def test_the_stored_rulebook_is_the_rulebook(run):
    results, folder = run
    again = from_data(store.read(folder).rulebook)
    assert again.sha256 == results.provenance["policy_sha256"] == again.as_data()["sha256"]
    assert again.as_data() == results.rulebook


def test_a_threshold_turns_what_lies_between(run):
    _, folder = run
    findings = store.read(folder).findings
    rows = findings[
        findings["rule"].eq("pilot-province-gdp-growth") & findings["verdict"].isin(["pass", "fail"])
    ]
    expected = sorted(rows.loc[rows["verdict"].eq("pass"), "finding_id"])
    result = ask(folder, "pilot-province-gdp-growth.threshold=1000")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert expected
    assert sorted(row["finding_id"] for row in found) == expected
    assert {row["threshold"] for row in found} == {1000.0}


def test_on_the_screen_in_both_languages(run):
    _, folder = run
    for lang, word in (("zh", "结论改变"), ("en", "verdicts turn")):
        words = [str(folder), "--set", "pilot-province-gdp-growth.threshold=1000", "--lang", lang]
        result = CliRunner().invoke(whatif, words)
        assert result.exit_code == 0, result.output
        assert word in result.output
    nothing = CliRunner().invoke(whatif, [str(folder), "--set", "special-planned-area.threshold=3"])
    assert "没有结论改变" in nothing.output


def test_an_unknown_measure_is_one_sentence(run):
    _, folder = run
    result = ask(folder, "gdp_grwth_pct=9")
    assert isinstance(result.exception, LiangzhenError)
    assert "gdp_growth_pct" in str(result.exception)


def test_results_of_another_version_are_refused(run, tmp_path):
    _, folder = run
    other = tmp_path / "old"
    other.mkdir()
    for name in (store.GPKG, store.ASSESSMENT):
        (other / name).write_bytes((folder / name).read_bytes())
    document = json.loads((other / store.ASSESSMENT).read_text(encoding="utf-8"))
    first = next(row for row in document["findings"] if row["verdict"] == "pass")
    first["verdict"] = "fail"
    (other / store.ASSESSMENT).write_text(json.dumps(document), encoding="utf-8")
    result = ask(other, "gdp_growth_pct=9")
    assert "judged again, 1 of its verdicts differ" in str(result.exception)
