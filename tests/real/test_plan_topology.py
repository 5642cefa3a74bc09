"""A real land-use plan: its designations close the planning area, its protected areas overlap; both in figures."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import pytest

from spatial.quality import Subject
from spatial.quality.run import inspect

PLAN = Path(__file__).parents[3] / "shared" / "data" / "municipal-plan.gpkg"
DESIGNATIONS = (
    "FP_BebauungsFlaeche", "FP_Gemeinbedarf", "FP_VerEntsorgung", "FP_Strassenverkehr", "SO_Strassenverkehrsrecht",
    "FP_Landwirtschaft", "FP_WaldFlaeche", "FP_Gruen", "FP_Gewaesser",
)  # fmt: skip
OTHERS = ("SO_Schienenverkehrsrecht", "FP_Abgrabung", "FP_GenerischesObjekt")
PLAN_M2 = 45_347_719.0605
"""By PostGIS, see second_way.sql."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PLAN.exists(), reason="no real plan beside the checkout"),
]


def layer(names):
    parts = []
    for name in names:
        read = gpd.read_file(PLAN, layer=name)
        ids = [f"{name}:{n}" for n in range(1, len(read) + 1)]
        columns = {"layer": name, "fid": range(1, len(read) + 1), "name": name}
        parts.append(gpd.GeoDataFrame(columns, index=ids, geometry=read.geometry.to_numpy(), crs=read.crs))
    return pd.concat(parts)


def inspected(names, role, codes):
    towns = layer(["FP_Plan"])
    subject = Subject(layer(names), role, pyproj.CRS.from_epsg(25832), {"town_boundary": towns})
    found = inspect(subject, codes=codes)
    return found.assign(area_m2=[params["area_m2"] for params in found["params"]])


def test_designations_leave_out_railways_pits_and_others():
    found = inspected(DESIGNATIONS, "land_use_plan", ["issue-town-uncovered", "issue-overlap", "issue-gap"])
    (uncovered,) = found.loc[found["code"] == "issue-town-uncovered", "area_m2"]
    assert uncovered == pytest.approx(315_664.7344, abs=0.01)
    (overlap,) = found.loc[found["code"] == "issue-overlap", "area_m2"]
    assert overlap == pytest.approx(131.9229, abs=0.001)
    sums = layer(DESIGNATIONS).geometry.area.sum()
    assert sums - overlap + uncovered == pytest.approx(PLAN_M2, abs=2)


def test_all_of_them_close_the_planning_area_to_a_square_metre():
    found = inspected(
        DESIGNATIONS + OTHERS, "land_use_plan", ["issue-town-uncovered", "issue-overlap", "issue-gap"]
    )
    assert set(found["code"]) == {"issue-overlap"}
    assert len(found) == 20
    sums = layer(DESIGNATIONS + OTHERS).geometry.area.sum()
    assert sums - found["area_m2"].sum() == pytest.approx(PLAN_M2, abs=1)


def test_protected_areas_overlap_and_no_fault_is_made_of_it():
    found = inspected(["SO_SchutzgebietNaturschutzrecht"], "redline", ["issue-overlap", "issue-gap"])
    assert found.empty
    found = inspected(["SO_SchutzgebietNaturschutzrecht"], "farmland", ["issue-overlap"])
    assert found["area_m2"].sum() >= 57_743_603.6627 - 44_718_058.6763
