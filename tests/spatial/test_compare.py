import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from spatial.areas import legal_area
from spatial.compare import compare_findings, compare_land, compare_measures, compare_projects

CRS = "EPSG:4549"
E0, N0 = 572_000.0, 3_402_000.0


def findings(**verdicts):
    rows = [
        {
            "town_id": "a", "rule": rule, "clause": "二(二)1", "measure": "m", "unit": "km²", "value": 1.0,
            "verdict": verdict.split("+")[0], "exception": "文1" if verdict.endswith("+") else None,
        }
        for rule, verdict in verdicts.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_each_kind_of_change():
    before = findings(a="pass", b="fail", c="fail", d="warning", e="fail", f="fail", g="no data", h="pass")
    after = findings(a="fail", b="pass", c="fail", d="fail", e="warning", f="pass+", g="pass", h="pass")
    found = compare_findings(before, after).set_index("rule")["change"].to_dict()
    assert found == {
        "a": "new", "b": "gone", "c": "still", "d": "worse", "e": "better", "f": "waived", "g": "turned", "h": "same",
    }  # fmt: skip


def test_a_rule_that_one_run_lacks():
    found = compare_findings(findings(a="fail"), findings(b="fail")).set_index("rule")
    assert found["change"].to_dict() == {"a": "gone", "b": "new"}
    assert pd.isna(found.loc["b", "verdict_before"])


def test_missing_figures_have_no_difference():
    before = pd.DataFrame(
        {"town_id": ["a", "a", "a"], "measure": list("xyz"), "unit": "", "value": [1.0, np.nan, 3]}
    )
    after = pd.DataFrame(
        {"town_id": ["a", "a", "a"], "measure": list("xyz"), "unit": "", "value": [1.0, 2, 5]}
    )
    found = compare_measures(before, after).set_index("measure")
    assert found["changed"].to_dict() == {"x": False, "y": True, "z": True}
    assert np.isnan(found.loc["y", "difference"])
    assert found.loc["z", "difference"] == 2


def pieces(*boxes):
    return gpd.GeoDataFrame(
        {"town_id": "a", "rule": "r", "clause": "二(二)5", "sliver": False}, index=range(len(boxes)),
        geometry=[box(E0 + w, N0, E0 + e, N0 + 10) for w, e in boxes], crs=CRS,
    )  # fmt: skip


def test_land_adds_up_whatever_its_cuts():
    before, after = pieces((0, 30), (30, 50)), pieces((20, 60))
    found = compare_land(before, after).set_index("change")["area_m2"]
    assert found.to_dict() == pytest.approx({"new": 100, "gone": 200, "still": 300}, rel=1e-3)
    whole = legal_area(after.geometry.to_numpy(), CRS).sum()
    assert found["new"] + found["still"] == pytest.approx(whole, abs=1e-4)


def test_land_only_drawn_anew_is_still_the_same():
    found = compare_land(pieces((0, 50)), pieces((0, 10), (10, 50)))
    assert found["change"].tolist() == ["still"]
    assert compare_land(pieces(), pieces()).empty


def projects(**rows):
    return gpd.GeoDataFrame(
        [{"town_id": "a", "name": name, "state": state, "paid_yi": paid} for name, (state, paid, _) in rows.items()],
        geometry=[Point(E0 + x, N0) for _, _, x in rows.values()], crs=CRS,
    )  # fmt: skip


def test_projects():
    before = projects(
        a=("building", 1, 0), b=("building", 1, 0), c=("building", 1, 0), d=("planned", 0, 0), e=("planned", 0, 0),
        f=("done", 2, 0), g=("building", 1, 0), x=("building", 1, 0),
    )  # fmt: skip
    after = projects(
        a=("building", 2, 0), b=("building", 1, 0), c=("done", 3, 0), d=("planned", 0, 50), e=("planned", 0, 5),
        f=("done", 2, 0), g=("stalled", 2, 0), y=("planned", 0, 0),
    )  # fmt: skip
    found = compare_projects(before, after).set_index("name")["change"].to_dict()
    assert found == {
        "a": "advanced", "b": "stalled", "c": "finished", "d": "moved", "e": "same", "f": "same", "g": "stalled",
        "x": "gone", "y": "new",
    }  # fmt: skip


def test_paid_that_is_not_reported_stalls_nothing():
    found = compare_projects(projects(a=("building", 1, 0)), projects(a=("building", np.nan, 0)))
    assert found["change"].tolist() == ["same"]


def test_by_quarterly_reports_only_what_was_reported_again_stalls():
    states = projects(
        silent=("building", 1, 0), idle=("building", 1, 0), still=("building", 1, 0), fast=("building", 1, 0)
    )
    before = states.assign(period="2016Q2", still_quarters=0.0)
    after = states.assign(
        period=["2016Q4", "2016Q4", "2016Q2", "2016Q3"],
        still_quarters=[0.0, 2, 2, 0],
        paid_yi=[1.0, 1, 1, 3],
    )
    found = compare_projects(before, after, reported=True).set_index("name")["change"].to_dict()
    assert found == {"silent": "same", "idle": "stalled", "still": "same", "fast": "advanced"}


def test_a_state_that_is_not_known_is_no_advance():
    found = compare_projects(projects(a=("building", 1, 0)), projects(a=(None, np.nan, 0)))
    assert found["change"].tolist() == ["same"]
