"""`liangzhen whatif --proposals`: which cards and eliminations of an assessed year turn."""

import json
import shutil

import pytest
from click.testing import CliRunner

from layers import results as store
from layers.assuming import assume_proposals
from layers.errors import LayerError
from scripts.assess import assess
from scripts.evaluate import Request, evaluate, present
from scripts.whatif import whatif
from spatial.messages import text


@pytest.fixture(scope="module")
def workspace(demo_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("考核") / "工作区"
    shutil.copytree(demo_folder, folder)
    done = CliRunner().invoke(assess, [str(folder), "--year", "2016"])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def towns(workspace):
    results = store.read(workspace / "results" / "2016-assessment")
    proposals = results.tables["proposals"]
    names = results.towns["name"]
    return {(row.kind, row.reason): (row.town_id, names[row.town_id]) for row in proposals.itertuples()}


def turned(workspace, *words):
    given = [part for word in words for part in ("--set", word)]
    done = CliRunner().invoke(whatif, [str(workspace), "--proposals", "--json", *given])
    assert done.exit_code == 0, done.output
    return [(row["town_id"], row["change"], row["kind"], row["reason"]) for row in json.loads(done.output)]


def test_a_second_card_falls_away_with_a_better_lead(workspace, towns):
    town, name = towns["second-card", "low-score"]
    found = turned(workspace, f"{name}:gdp_growth_lead_pp=2.5")
    assert (town, "gone", "second-card", "low-score") in found
    assert {row[0] for row in found if row[1] == "gone"} == {town}


def test_missing_figures_that_turn_out_good_leave_nothing_undecided(workspace, towns):
    town, name = towns["undecided", "low-score"]
    found = turned(workspace, f"{name}:fiscal_growth_pct=12", f"{name}:built_up_share_change_pp=1.5")
    assert (town, "gone", "undecided", "low-score") in found
    assert not [row for row in found if row[1] == "new" and row[2] in {"card", "second-card", "elimination"}]


def test_nothing_turns_where_nothing_changes(workspace):
    assert turned(workspace, "special-planned-area.threshold=3") == []
    done = CliRunner().invoke(
        whatif, [str(workspace), "--proposals", "--set", "special-planned-area.threshold=3", "--lang", "en"]
    )
    assert "No proposal turns, of 20." in done.output


def test_a_looser_rule_clears_and_is_said_in_words(workspace):
    words = [str(workspace), "--proposals", "--set", "special-planned-area.threshold=4", "--lang", "en"]
    done = CliRunner().invoke(whatif, words)
    assert done.exit_code == 0
    lines = [line for line in done.output.splitlines() if line.startswith("  - gone")]
    assert len(lines) == 1
    assert text("proposal-elimination", "en") in lines[0]
    assert text("reason-poor-planning", "en") in lines[0]


def test_results_of_a_quarter_have_no_proposals(demo_folder, tmp_path):
    done = CliRunner().invoke(whatif, [str(tmp_path), "--proposals", "--set", "gdp_growth_pct=9"])
    assert done.exit_code != 0
    present(evaluate(Request(demo_folder)), tmp_path / "2016Q4", "zh")
    with pytest.raises(LayerError) as error:
        assume_proposals(store.read(tmp_path / "2016Q4"), ["gdp_growth_pct=9"], tmp_path)
    assert error.value.code == "whatif-no-assessment"
