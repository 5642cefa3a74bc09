"""Greenways of the demo: what is planted is found, and nothing else."""

import json

import numpy as np
import pytest
import shapely

from layers.load import load
from spatial import subjects
from spatial.measures import Facts
from spatial.quality import Subject
from spatial.quality.run import inspect
from spatial.studies.greenways import greenways


@pytest.fixture(scope="module")
def facts(demo_folder):
    loaded = load(demo_folder)
    towns, _ = subjects.towns(loaded.frames)
    return Facts(towns, subjects.attach(loaded.frames, towns), "2016Q4", crs=loaded.crs)


@pytest.fixture(scope="module")
def study(facts):
    return greenways(facts)


@pytest.fixture(scope="module")
def truth(demo_folder):
    return json.loads((demo_folder / "truth.json").read_text(encoding="utf-8"))["greenways"]


def test_villages_are_reached_as_planted(study, truth):
    table = study.tables["greenway_reach"]
    villages = table[table["kind"] == "village"]
    found = {
        state: sorted(villages.loc[villages["state"] == state, "name"])
        for state in ("reached", "apart", "near")
    }
    assert found == {"reached": truth["reached"]["2016Q4"], "apart": truth["apart"], "near": truth["near"]}
    assert set(truth["detour"]) <= set(found["near"])


def test_reach_grows_quarter_by_quarter_as_planted(study, truth):
    table = study.tables["greenway_series"]
    own = table[(table["scope"] == "all") & (table["kind"] == "village")].set_index("period")["reached"]
    assert own.to_dict() == {quarter: len(names) for quarter, names in truth["reached"].items()}


def test_faults_are_found_as_planted(facts, study, truth):
    assert sorted(study.layers["greenway_gap"]["apart_m"]) == pytest.approx(truth["gaps_m"], abs=0.05)
    parts = study.tables["greenway_parts"]
    assert (~parts["counts"].astype(bool)).sum() == truth["isolated_parts"]
    found = inspect(Subject(facts.frames["greenway"], "greenway", facts.crs))["code"].value_counts()
    assert found["issue-line-unsnapped"] == len(truth["gaps_m"])
    assert found["issue-line-dangle"] == truth["dangles"]
    assert found["issue-line-twice"] == truth["twice"]
    stray = facts.frames["greenway_access"].loc[study.issues["id"], "name"]
    assert stray.tolist() == truth["stray_entrances"]


def test_links_follow_the_planted_ways(study, facts, truth):
    links = study.tables["greenway_links"]
    for kind in ("road", "dike", "path"):
        along = links.loc[links[f"{kind}_m"] > 0.9 * links["length_m"], "places"]
        assert set(truth[kind]) <= set(along.dropna()), kind
    unreached = study.tables["greenway_reach"].query("state != 'reached'")
    towns = facts.towns.loc[unreached.loc[unreached["kind"] == "town", "town_id"]].geometry.to_numpy()
    known = np.concatenate([facts.frames[role].geometry.to_numpy() for role in ("village", "town_centre")])
    bare = set(range(len(towns))) - set(
        shapely.STRtree(known).query(towns, predicate="intersects")[0].tolist()
    )
    assert bare
    assert links["gain"].sum() == (unreached["kind"] != "town").sum() + len(bare)


def test_crossings_are_counted_as_planted(study, truth):
    whole = study.tables["greenway_by_county"].iloc[-1]
    assert whole["road_crossings"] == truth["road_crossings"]
    assert whole["road_bridges"] == truth["road_bridges"]
