"""`liangzhen assess` on the demo: every planted path is found and nothing else; confirming, and a past year again."""

import hashlib
import json
import shutil

import pytest
from click.testing import CliRunner

from layers import register
from layers import results as store
from layers.rulebooks import find
from maps import assessment
from scripts.cli import main


@pytest.fixture(scope="module")
def workspace(demo_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("两 镇") / "w"
    shutil.copytree(demo_folder, folder)
    return folder


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def assessed(workspace):
    done = run("assess", workspace, "--year", "2016")
    assert done.exit_code == 0, done.output
    return done.output


def proposals(folder):
    results = store.read(folder)
    names = results.towns["name"]
    return sorted(
        (names[row.town_id], row.kind, row.reason) for row in results.tables["proposals"].itertuples()
    )


def test_all_that_was_planted_and_nothing_else(workspace, assessed):
    truth = json.loads((workspace / "truth.json").read_text(encoding="utf-8"))["proposals"]
    planted = sorted((one["town"], one["kind"], one["reason"]) for one in truth)
    found = proposals(workspace / "results" / "2016-assessment")
    assert found == planted
    kinds = {kind for _, kind, _ in found}
    assert kinds == {
        "card",
        "second-card",
        "card-lapsed",
        "elimination",
        "promotion",
        "demonstration",
        "excellent",
        "undecided",
    }
    reasons = {reason for _, kind, reason in found if kind == "elimination"}
    assert reasons == {"assessment-failed", "not-a-special-town", "poor-planning", "investment-missed"}
    assert "（并列）" in assessed


def test_as_known_on_a_day_before_the_correction(workspace, assessed, tmp_path):
    assert assessed
    done = run("assess", workspace, "--year", "2016", "--as-of", "2016-03-01", "--out", tmp_path / "march")
    assert done.exit_code == 0, done.output
    before = register.known(register.read(workspace / "register.csv"), None)
    then = [row for row in proposals(tmp_path / "march") if row[2] == "not-a-special-town"]
    assert then == []
    assert len(before)


def test_confirming_needs_a_name_and_a_document(workspace, assessed):
    assert assessed
    done = run("assess", workspace, "--year", "2016", "--confirm")
    assert done.exit_code == 2
    assert "--by" in done.output
    assert len(register.read(workspace / "register.csv")) == 10


def test_confirmed_once_and_the_past_year_gives_the_same(workspace, assessed, tmp_path):
    assert assessed
    before = proposals(workspace / "results" / "2016-assessment")
    old = (workspace / "register.csv").read_bytes()
    arguments = (
        "assess",
        workspace,
        "--year",
        "2016",
        "--confirm",
        "--by",
        "李四",
        "--document",
        "2号",
        "--out",
        tmp_path / "a",
    )
    assert run(*arguments).exit_code == 0
    entries = register.read(workspace / "register.csv")
    assert (workspace / "register.csv").read_bytes().startswith(old)
    digest = hashlib.sha256((tmp_path / "a" / "assessment.json").read_bytes()).hexdigest()
    assert all(digest in evidence for evidence in entries["evidence"][10:])
    assert {"grade", "card", "second-card", "lapsed", "removed", "promoted"} <= set(entries["kind"][10:])
    assert run(*arguments).exit_code == 0
    assert len(register.read(workspace / "register.csv")) == len(entries)
    assert proposals(tmp_path / "a") == before


def test_the_annual_report_has_the_assessment(workspace, assessed, tmp_path):
    assert assessed
    done = run("report", workspace, "--kind", "annual", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert run("verify", workspace / "results" / "2016-assessment", *tmp_path.glob("annual-*")).exit_code == 0
    done = run("verify", workspace / "results" / "2016-assessment")
    assert done.exit_code == 0, done.output
    told = next(line for line in done.output.splitlines() if "assessment.xlsx" in line)
    assert "全部与结果一致" in told


def test_one_entry_by_hand(workspace):
    shutil.copy(workspace / "register.csv", workspace / "kept.csv")
    done = run(
        "register",
        "add",
        workspace,
        "某镇",
        "--year",
        "2015",
        "--kind",
        "unfit",
        "--value",
        "poor-planning",
        "--by",
        "王五",
        "--document",
        "3号",
        "--lang",
        "en",
    )
    assert done.exit_code == 0, done.output
    assert "某镇" in run("register", "list", workspace).output
    done = run(
        "register",
        "add",
        workspace,
        "某镇",
        "--year",
        "2015",
        "--kind",
        "void",
        "--corrects",
        "R99",
        "--by",
        "王五",
        "--document",
        "3号",
    )
    assert done.exit_code == 2
    (workspace / "kept.csv").replace(workspace / "register.csv")


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("unfit", ("--value", "规划不力"), "poor-planning"), ("unfit", (), "poor-planning"), ("grade", (), "--value"),
        ("void", (), "--corrects"),
    ],
)  # fmt: skip
def test_an_entry_that_would_have_no_effect_is_refused(workspace, kind, more, told):
    before = (workspace / "register.csv").read_bytes()
    who = ("--by", "王五", "--document", "3号")
    done = run("register", "add", workspace, "某镇", "--year", "2015", "--kind", kind, *more, *who)
    assert done.exit_code == 2
    assert told in done.output
    assert (workspace / "register.csv").read_bytes() == before


def test_a_rulebook_without_assessment_is_one_sentence(workspace, tmp_path):
    whole = find("jiaxing-2016").read_text(encoding="utf-8")
    (tmp_path / "short.toml").write_text(whole.partition("[assessment]")[0], encoding="utf-8")
    done = run("assess", workspace, "--year", "2016", "--policy", tmp_path / "short.toml", "--lang", "en")
    assert done.exit_code == 2
    assert "[assessment]" in done.output


def test_a_town_without_a_grade_shows_no_score(workspace, assessed):
    assert "60.0-100.0" in assessed
    results = store.read(workspace / "results" / "2016-assessment")
    scores = results.tables["scores"]
    lacking = set(scores.loc[scores["grade"].isna(), "town_id"])
    ranks, proposals, _ = assessment.tables(results, "zh")
    names = {results.towns["name"][town] for town in lacking}
    assert names
    assert all((row[3] is None) == (row[2] in names) for row in ranks.rows)
    assert all((row[4] is None) == (row[1] in names) for row in proposals.rows)
