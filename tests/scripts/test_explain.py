import json

import pytest
from click.testing import CliRunner

from layers import demo
from layers import results as store
from layers.tables import read_table
from scripts.cli import main
from spatial.messages import catalogue


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    demo.write(folder, size="small", seed=2016)
    result = CliRunner().invoke(main, ["evaluate", str(folder), "--lang", "en"])
    assert result.exit_code == 0, result.output
    return folder


def ask(workspace, *words):
    return CliRunner().invoke(main, ["explain", *words, "--in", str(workspace)])


def test_every_number_names_file_sheet_row_and_field(workspace):
    findings = store.read(store.latest(workspace)).findings
    town = findings.loc[findings["rule"].eq("pilot-province-gdp-growth"), "town_id"].iloc[0]
    (found,) = json.loads(ask(workspace, town, "pilot-province-gdp-growth", "--json").output)
    assert found["clause"] == "三(一)1"
    (source,) = found["sources"]
    assert source["path"].startswith("data/")
    assert len(source["sha256"]) == 64
    assert source["fields"].keys() == {"gdp_yi"}
    table, _ = read_table(workspace / source["path"], source["source_layer"])
    assert len(found["rows"]) == 2
    assert set(map(int, found["rows"])) <= set(table.index)
    assert source["fields"]["gdp_yi"] in table


def test_a_town_by_name_and_clause_with_its_land(workspace):
    whole = json.loads(ask(workspace, "菱墩药镇小镇", "--json").output)
    one = json.loads(ask(workspace, "菱墩药镇小镇", "special-expansion-outside", "--json").output)
    assert len(whole) > len(one) == 1
    assert one[0]["verdict"] == "fail"
    assert one[0]["pieces"]
    shown = ask(workspace, "菱墩药镇小镇", "二(二)5").output
    assert "不符合" in shown or "不通过" in shown
    assert "sha256" in shown


def test_all_that_a_number_is_called_is_said_in_words(workspace):
    found = store.read(store.latest(workspace))
    towns = {*found.towns.index, *found.towns["name"].dropna()}
    silent = set()
    for proof in [*found.findings["evidence"], *found.measures["evidence"]]:
        for key in (*(proof.get("numbers") or {}), *(proof.get("missing") or [])):
            bare = str(key).removeprefix("county ").partition("[")[0]
            if key not in towns and f"number-{bare}" not in catalogue():
                silent.add(bare)
    assert not silent
    shown = "".join(ask(workspace, "漱亭新材小镇").output.split())
    assert "管制区禁止建设区" in shown
    assert "上年同季已到达" in shown


def test_unknown_town_and_clause_are_one_sentence(workspace, tmp_path):
    for words, part in (
        (["菱墩药镇小"], "菱墩药镇小镇"),
        (["菱墩药镇小镇", "九(九)9"], "二(二)5"),
    ):
        result = ask(workspace, *words)
        assert result.exit_code == 2
        assert part in result.output
        assert result.output.count("\n") == 1
    assert ask(tmp_path, "x").exit_code == 2


def test_a_clause_without_a_limit_shows_its_figures(workspace):
    results = store.read(store.latest(workspace))
    town = results.towns.query("programme == 'pilot'").index[0]
    found = json.loads(ask(workspace, town, "二(二)5", "--lang", "en", "--json").output)
    shown = {
        one["finding"].partition(":")[0]: dict(one["lines"]) for one in found if one["verdict"] == "shown"
    }
    assert {"construction_land_new_m2", "tax_per_mu_wan"} <= set(shown)
    value = next(iter(shown["construction_land_new_m2"].values()))
    assert value.endswith("m²")
    assert "figure, no limit" in ask(workspace, town, "二(二)5", "--lang", "en").output
