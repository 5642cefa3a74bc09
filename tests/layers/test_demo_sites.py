"""Projects, sites and streets of the demo: what is planted is found, and nothing else."""

import json

import pytest

from layers.load import load
from spatial import subjects
from spatial.measures import Facts, measure_all
from spatial.studies import projects, sites


@pytest.fixture(scope="module")
def facts(demo_folder):
    loaded = load(demo_folder)
    towns, _ = subjects.towns(loaded.frames)
    known = Facts(towns, subjects.attach(loaded.frames, towns), "2016Q4", crs=loaded.crs)
    done = {"projects": projects.projects(known), "sites": sites.sites(known)}
    return Facts(towns, known.frames, "2016Q4", crs=loaded.crs, studies=done)


@pytest.fixture(scope="module")
def truth(demo_folder):
    return json.loads((demo_folder / "truth.json").read_text(encoding="utf-8"))["projects"]


def test_every_planted_project_is_found_and_no_other(facts, truth):
    state = facts.studies["projects"].layers["project_state"]
    flags = {
        "outside_town": ~state["in_town"], "on_farmland": state["on_farmland"], "late": state["late"],
        "standing_still": state["stalled"], "unreported": state["missing"] > 0,
    }  # fmt: skip
    found = {
        case: sorted(state.loc[flag.fillna(value=False).astype(bool), "name"]) for case, flag in flags.items()
    }
    assert found == {case: sorted(truth[case]) for case in flags}
    assert state["name"].is_unique
    areas = state[state["area_m2"].notna()]
    assert areas["farmland_m2"].tolist() == pytest.approx([1_600, 0, 0], rel=1e-3)


def test_sums_of_projects_are_what_towns_report_save_where_planted(facts, truth):
    table = facts.studies["projects"].tables["project_reconciliation"]
    now = table[table["year"] == 2016].set_index("town_id")
    names = facts.towns["name"]
    assert names[now.index[now["verdict"] == "projects-more"]].tolist() == truth["projects_more"]
    silent = now.index[now["verdict"] == "no data"]
    assert [name[2:] for name in names[silent]] == ["渔歌小镇"]
    assert set(now["verdict"]) == {"reconciled", "projects-more", "no data"}


def test_nothing_to_complain_of_in_the_reports(facts):
    assert facts.studies["projects"].issues["code"].tolist() == []


def test_sites_are_counted(facts, truth):
    taken = measure_all(facts, ["cleanup_open_count", "reception_hall_open", "street_chief_pct"])
    named = taken.assign(town=taken["town_id"].map(facts.towns["name"]))
    values = named.set_index(["measure", "town"])["value"]
    opened = values["cleanup_open_count"].dropna()
    assert opened[opened > 0].to_dict() == truth["cleanup_open"]
    halls = values["reception_hall_open"]
    assert halls.index[halls == 0].tolist() == truth["halls_not_open"]
    streets = values["street_chief_pct"].dropna()
    assert {town for town, n in truth["streets_without_chief"].items() if n} == set(
        streets.index[streets < 100]
    )
    counts = facts.studies["sites"].tables["site_counts"]
    now = counts[counts["period"] == "2016Q4"]
    assert now.groupby("role")["count"].sum().to_dict() == {
        role: len(facts.frames[role])
        for role in ("cleanup_site", "park", "reception_hall", "renewal_project", "street")
    }
    shares = now.groupby(["town_id", "role"])["share_pct"].sum()
    assert shares.to_numpy() == pytest.approx([100] * len(shares))


def test_an_earlier_quarter_knows_no_later_report(facts):
    early = projects.projects(Facts(facts.towns, facts.frames, "2015Q4", crs=facts.crs))
    state = early.layers["project_state"]
    assert state["period"].dropna().max() <= "2015Q4"
    later = facts.studies["projects"].layers["project_state"]
    assert (state["paid_yi"] <= later["paid_yi"] + 1e-9)[state["paid_yi"].notna()].all()
    begun = state["start"] <= "2015Q4"
    assert (state["state"] == "planned")[~begun].all()
    assert state.loc[begun, "paid_yi"].notna().all()
    assert (state.loc[begun, "paid_yi"] < later.loc[begun, "paid_yi"]).any()
