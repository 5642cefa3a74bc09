"""Every check of the data, each with tiny data that breaks exactly it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
from shapely.geometry import box

from layers.issues import table
from layers.load import Layers
from layers.validate import validate
from spatial.messages import text

X, Y = 572000, 3402000


def square(x=0, y=0, side=100):
    return box(X + x, Y + y, X + x + side, Y + y + side)


def shapes(geometry, **columns):
    ids = [f"l:{n}" for n in range(1, len(geometry) + 1)]
    data = {**columns, "layer": "l", "fid": range(1, len(geometry) + 1)}
    return gpd.GeoDataFrame(data, index=pd.Index(ids, name="id"), geometry=geometry, crs=4549)


def rows(**columns):
    frame = pd.DataFrame(columns)
    return frame.assign(layer="t", fid=range(2, len(frame) + 2)).set_axis(
        [f"t:{n}" for n in range(2, len(frame) + 2)]
    )


def issues(tolerances=None, **frames):
    crs = pyproj.CRS.from_epsg(4549)
    found = validate(Layers(frames, table([]), [], crs, "", "jiaxing-2016", demo=False), tolerances)
    for row in found.to_dict("records"):
        assert all(text(row["code"], lang, **row["params"]) for lang in ("zh", "en"))
    return found


def test_clean_data_has_no_issues():
    found = issues(
        town_boundary=shapes([square(), square(100)], name=["甲镇", "乙镇"]),
        construction_land=shapes([square()], land_class=["0601"], registered_m2=[9998.72], date=["2016Q2"]),
        expansion_boundary=shapes([square(), square(100)], zone=["010", "042"]),
        town_indicator=rows(name=["甲镇", "乙镇"], period=["2016Q1"] * 2),
        greenway=shapes([square().exterior], level=["国家级"]),
    )
    assert found.empty


@pytest.mark.parametrize(
    ("role", "columns", "code", "severity"),
    [
        ("town_boundary", {"name": [None]}, "issue-required-empty", "error"),
        ("town_boundary", {"name": ["甲"], "programme": ["town"]}, "issue-word-unknown", "error"),
        ("expansion_boundary", {"zone": ["051"]}, "issue-word-unknown", "error"),
        ("expansion_boundary", {"zone": [None]}, "issue-required-empty", "error"),
        ("construction_land", {"land_class": ["XX"]}, "issue-class-unknown", "warning"),
        ("construction_land", {"land_class": ["0101"]}, "issue-class-not-construction", "note"),
        ("construction_land", {"registered_m2": [9700.0]}, "issue-area-stated", "warning"),
        ("farmland", {"stated_m2": [15.0]}, "issue-area-stated", "warning"),
        ("expansion_boundary", {"zone": ["010"], "stated_ha": [2.0]}, "issue-area-stated", "warning"),
    ],
)
def test_one_thing_is_wrong(role, columns, code, severity):
    (row,) = issues(**{role: shapes([square()], **columns)}).to_dict("records")
    assert (row["code"], row["severity"], row["layer"]) == (code, severity, "l")


@pytest.mark.parametrize(("stated", "count"), [(9998.72 / 1.0201, 1), (9998.72 / 1.0199, 0), (9990.0, 0)])
def test_a_stated_area_may_be_two_percent_off(stated, count):
    assert len(issues(farmland=shapes([square()], stated_m2=[stated]))) == count


def test_the_tolerance_of_a_stated_area_can_be_set():
    layer = shapes([square()], stated_m2=[9803.0])
    assert issues(farmland=layer).empty
    found = issues({"issue-area-stated": {"relative": 0.01}}, farmland=layer)
    assert found["code"].tolist() == ["issue-area-stated"]


def test_small_parcels_may_be_twenty_square_metres_off():
    stated = [100.0 - 19.9, 100.0 - 20.5]
    found = issues(farmland=shapes([square(side=10), square(200, side=10)], stated_m2=stated))
    assert found.loc[found["code"] == "issue-area-stated", "fid"].tolist() == [2]


def test_overlap_of_parcels_counts_within_one_date_alone():
    twice = [square(), square(50)]
    assert issues(construction_land=shapes(twice, date=["2015Q4", "2016Q4"])).empty
    (row,) = issues(construction_land=shapes(twice, date=["2016Q4"] * 2)).to_dict("records")
    assert row["code"] == "issue-overlap"
    assert row["params"]["area_m2"] == pytest.approx(5000)
    assert row["params"]["other"] == "l:2"


def test_towns_that_overlap_or_leave_a_gap():
    ring = square(side=300).difference(square(100, 100))
    found = issues(town_boundary=shapes([ring, square(100, 100, side=90)], name=["甲", "乙"]))
    assert found["code"].tolist() == ["issue-town-gap", "issue-vertex-one-sided"]
    assert found["params"].iloc[0]["area_m2"] == pytest.approx(10000 - 8100)
    found = issues(town_boundary=shapes([square(), square(90)], name=["甲", "乙"]))
    assert found["code"].tolist() == ["issue-overlap", "issue-vertex-one-sided", "issue-vertex-one-sided"]


@pytest.mark.parametrize("role", ["project", "village"])
def test_points_outside_every_town(role):
    points = shapes([square(50, 50).centroid, square(100).centroid, square(500).centroid], name=list("abc"))
    found = issues(town_boundary=shapes([square(), square(100)], name=["甲", "乙"]), **{role: points})
    assert found[["code", "fid"]].to_numpy().tolist() == [["issue-outside-towns", 3]]


def test_the_same_feature_twice_is_said():
    assert "issue-feature-twice" in set(issues(farmland=shapes([square(), square()]))["code"])


def test_features_far_from_the_area_of_use():
    far = issues(farmland=shapes([box(0, 0, 100, 100), square()]))
    assert far["code"].tolist() == ["issue-outside-crs"]
    assert far["fid"].tolist() == [1]


def test_periods_missing_and_doubled():
    found = issues(
        town_indicator=rows(
            name=["甲", "甲", "乙", "乙", "乙"], period=["2016Q1", "2016Q2", "2016Q1", "2016Q1", None]
        )
    )
    doubled = found[found["code"] == "issue-period-twice"]
    missing = found[found["code"] == "issue-period-missing"]
    assert doubled["fid"].tolist() == [4, 5]
    assert [(row["name"], row["periods"]) for row in missing["params"]] == [("乙", "2016Q2")]
    late = issues(town_indicator=rows(name=["甲", "甲", "乙"], period=["2015Q4", "2016Q1", "2016Q1"]))
    assert late.empty
    assert found[found["code"] == "issue-required-empty"]["fid"].tolist() == [6]
