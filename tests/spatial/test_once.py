"""Land that several parcels cover counts once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from spatial.once import once, overlapping


def parcels(*shapes, **columns):
    ids = [f"p:{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame(columns, geometry=list(shapes), index=ids, crs="EPSG:4549")


def test_parcels_side_by_side_stay_as_they_are():
    given_ = parcels(box(0, 0, 10, 10), box(10, 2, 20, 8), box(10, 8, 20, 10))
    apart, issues = once(given_)
    assert apart.geometry.geom_equals_exact(given_.geometry, 0).all()
    assert issues.empty


def test_the_later_parcel_gives_way_and_keeps_its_share_of_the_registered_area():
    given_ = parcels(
        box(0, 0, 10, 10), box(5, 0, 15, 10), box(8, 0, 18, 10), registered_m2=[100.0, 110.0, np.nan]
    )
    apart, issues = once(given_)
    assert apart.area.tolist() == [100, 50, 30]
    assert apart["registered_m2"].tolist()[:2] == [100, 55]
    assert issues["code"].tolist() == ["issue-parcels-overlap"]
    assert issues["params"].iloc[0] == {"area_m2": 120.0, "count": 2}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_parcel_inside_another_without_touching_it(order):
    shapes = [box(0, 0, 10, 10), box(2, 2, 3, 3)]
    apart, issues = once(parcels(*(shapes[n] for n in order)))
    assert apart.area.sum() == pytest.approx(100)
    assert issues["params"].iloc[0]["area_m2"] == pytest.approx(1)


def test_the_same_parcel_drawn_three_times_is_one():
    apart, _ = once(parcels(*[box(0, 0, 10, 10)] * 3, registered_m2=[100.0] * 3))
    assert apart.geometry.isna().tolist() == [False, True, True]
    assert apart["registered_m2"].tolist() == [100, 0, 0]


def test_missing_and_broken_parcels_cost_themselves():
    bow = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    apart, issues = once(parcels(None, bow, box(0, 0, 4, 4)))
    assert apart.geometry.isna().tolist() == [True, False, False]
    assert apart.area.fillna(0).tolist() == pytest.approx([0, 8, 8])
    assert issues["code"].tolist() == ["issue-geometry-repaired", "issue-parcels-overlap"]


def test_pairs_that_touch_are_no_overlap():
    left, right = overlapping(np.array([box(0, 0, 1, 1), box(1, 0, 2, 1), box(0.5, 0.5, 1.5, 1.5)]))
    assert list(zip(left, right, strict=True)) == [(0, 2), (1, 2)]


squares = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 8)).map(
    lambda s: box(s[0], s[1], s[0] + s[2], s[1] + s[2])
)


@given(st.lists(squares, min_size=1, max_size=12))
def test_nothing_is_lost_and_nothing_doubled(shapes):
    apart, issues = once(parcels(*shapes))
    kept = apart.geometry.to_numpy()
    union = shapely.area(shapely.union_all(shapes))
    assert np.nansum(shapely.area(kept)) == pytest.approx(union)
    told = sum(row["area_m2"] for row in issues["params"])
    assert told == pytest.approx(shapely.area(shapes).sum() - union, abs=1e-6)
    assert not len(overlapping(kept)[0])
