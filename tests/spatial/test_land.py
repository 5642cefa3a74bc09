import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from spatial.areas import legal_area
from spatial.land import area_outside_plan, at_date, measure_land, zone_kinds
from spatial.measures import Facts
from spatial.measures import land as measures
from spatial.subjects import attach, towns

CRS = "EPSG:4549"
E0, N0 = 572_000.0, 3_402_000.0
ZONES = {"permitted": ("010",), "conditional": ("020", "021"), "restricted": ("030",), "forbidden": ("04",)}


def layer(shapes, **columns):
    index = pd.Index([f"f{i}" for i in range(len(shapes))], name="id")
    data = {
        name: values if isinstance(values, list) else [values] * len(shapes)
        for name, values in columns.items()
    }
    return gpd.GeoDataFrame(
        {"layer": "L", "fid": range(len(shapes)), **data}, geometry=list(shapes), index=index, crs=CRS
    )


def at(x0, y0, x1, y1):
    return box(E0 + x0, N0 + y0, E0 + x1, N0 + y1)


def workspace(zones, codes):
    """One special town of 1 km x 1 km with two parcels of 100 m x 100 m and a strip at its edge."""
    frames = {
        "town_boundary": layer([at(-1000, -1000, 3000, 3000)], name="石桥镇"),
        "planned_area": layer([at(0, 0, 1000, 1000)], name="石桥小镇", level="city"),
        "construction_area": layer([at(0, 0, 1001, 500)], name="石桥小镇"),
        "construction_land": layer(
            [at(100, 100, 200, 200), at(450, 100, 550, 200), at(950, 100, 1050, 200)],
            land_class=["0601", "0701", "05H1"],
            registered_m2=[10_100.0, 10_000.0, 10_000.0],
        ),
    }
    if zones is not None:
        frames["expansion_boundary"] = layer(zones, zone=codes)
    subjects, _ = towns(frames)
    return attach(frames, subjects), subjects


def facts(zones, codes):
    frames, subjects = workspace(zones, codes)
    land = measure_land(frames, subjects, "2016Q4", ZONES, 0.5)
    out = area_outside_plan(frames["construction_area"], subjects, 0.5)
    return Facts(towns=subjects, frames=frames, as_of="2016Q4", crs=CRS, land=land, sticking_out=out)


def test_parcels_are_cut_at_the_planned_area_and_every_zone_is_measured():
    zones = [
        at(0, 0, 500, 1000),
        at(500, 0, 525, 1000),
        at(525, 0, 540, 1000),
        at(540, 0, 545, 1000),
        at(550, 0, 2000, 1000),
    ]
    taken = facts(zones, ["010", "020", "030", "041", "010"])
    area = measures.construction_land(taken)
    whole = legal_area([at(100, 100, 200, 200), at(450, 100, 550, 200)], CRS).sum()
    edge = legal_area([at(950, 100, 1050, 200)], CRS)[0] / 2
    assert area.loc["石桥小镇", "value"] * 1e6 == pytest.approx(whole + edge, abs=0.01)
    assert area.loc["石桥小镇", "plane"] * 1e6 == pytest.approx(25_000)
    assert area.loc["石桥小镇", "evidence"]["numbers"]["registered_m2"] == pytest.approx(25_100, abs=0.01)
    assert area.loc["石桥镇", "value"] * 1e6 == pytest.approx(whole + 2 * edge, abs=0.01)
    factor = whole / 20_000
    by_zone = {
        "outside": (15 + 5) * 100, "conditional": 25 * 100, "no_zone": 5 * 100,
    }  # fmt: skip
    for name, plane in by_zone.items():
        row = getattr(measures, f"construction_land_{name}")(taken).loc["石桥小镇"]
        assert row["plane"] == pytest.approx(plane)
        assert row["value"] == pytest.approx(plane * factor, abs=0.02)
    pieces = taken.land.pieces
    assert pieces["zone"].tolist() == ["conditional", "no_zone", "forbidden", "restricted"]
    assert pieces["width_m"].tolist() == pytest.approx([25, 5, 5, 15], rel=0.02)
    assert pieces["parcel_id"].unique().tolist() == ["f1"]


def test_a_layer_that_draws_the_boundary_alone_makes_all_else_outside():
    taken = facts([at(0, 0, 500, 1000)], ["010"])
    assert taken.land.boundary_only
    outside = measures.construction_land_outside(taken).loc["石桥小镇"]
    assert outside["plane"] == pytest.approx(5_000 + 5_000)
    assert measures.construction_land_no_zone(taken).loc["石桥小镇", "value"] == 0


def test_a_boundary_digitised_twice_gives_slivers_that_are_listed_and_not_counted():
    zones = [at(0, 0, 500.2, 1000), at(500.2, 0, 1000, 1000)]
    frames, subjects = workspace(zones, ["010", "030"])
    frames["construction_land"] = layer([at(400, 100, 500.4, 200)], land_class="0601")
    land = measure_land(frames, subjects, "2016Q4", ZONES, 0.5)
    assert land.pieces["sliver"].tolist() == [True]
    assert land.pieces["area_m2"].tolist() == pytest.approx([20], abs=0.01)
    taken = Facts(towns=subjects, frames=frames, as_of="2016Q4", crs=CRS, land=land)
    row = measures.construction_land_outside(taken).loc["石桥小镇"]
    assert row["value"] == 0
    assert row["evidence"]["numbers"]["slivers"] == 1
    assert row["evidence"]["numbers"]["widest_m"] == pytest.approx(0.2, rel=0.02)


def test_a_narrow_parcel_wholly_in_the_wrong_zone_is_judged():
    frames, subjects = workspace([at(0, 0, 1000, 1000)], ["030"])
    frames["construction_land"] = layer([at(400, 100, 400.3, 900)], land_class="1003")
    land = measure_land(frames, subjects, "2016Q4", ZONES, 0.5)
    assert land.pieces["sliver"].tolist() == [False]


def test_farm_roads_are_no_construction_land_and_an_unknown_class_is():
    frames, subjects = workspace(None, None)
    frames["construction_land"]["land_class"] = ["1006", None, "0103"]
    land = measure_land(frames, subjects, "2016Q4", ZONES, 0.5)
    assert land.totals.loc["石桥小镇", "parcels"] == 1
    assert land.totals.loc["石桥小镇", "construction_land_plane_m2"] == pytest.approx(10_000)


def test_no_zone_layer_means_no_data_not_zero():
    taken = facts(None, None)
    assert measures.construction_land_outside(taken)["value"].isna().all()
    assert measures.construction_land_conditional(taken)["value"].isna().all()
    assert measures.construction_land(taken).loc["石桥小镇", "value"] > 0


def test_planned_and_construction_area():
    taken = facts([at(0, 0, 2000, 1000)], ["010"])
    planned = measures.planned_area(taken).loc["石桥小镇"]
    assert planned["value"] * 1e6 == pytest.approx(legal_area([at(0, 0, 1000, 1000)], CRS)[0], abs=0.01)
    assert planned["plane"] == pytest.approx(1.0)
    assert planned["value"] < planned["plane"]
    assert planned["tolerance"] == pytest.approx(4000 * 0.5 / 1e6)
    assert measures.construction_area_stated(taken).loc["石桥小镇", "value"] == 1
    sticking = measures.construction_area_outside_plan(taken).loc["石桥小镇"]
    assert sticking["plane"] == pytest.approx(500)
    assert taken.sticking_out["width_m"].tolist() == pytest.approx([1.0], rel=0.02)


def test_special_towns_that_overlap_each_get_all_of_their_land():
    frames, _ = workspace(None, None)
    frames["planned_area"] = layer(
        [at(0, 0, 600, 1000), at(400, 0, 1000, 1000)], name=["甲小镇", "乙小镇"], level="city"
    )
    subjects, _ = towns(frames)
    land = measure_land(attach(frames, subjects), subjects, "2016Q4", ZONES, 0.5)
    assert land.totals.loc["甲小镇", "construction_land_plane_m2"] == pytest.approx(20_000)
    assert land.totals.loc["乙小镇", "construction_land_plane_m2"] == pytest.approx(15_000)


def test_zone_kinds_by_the_longest_prefix():
    kinds = zone_kinds(pd.Series(["010", "020", "021", "030", "040", "049", "99", None]), ZONES)
    assert kinds.where(kinds.notna(), None).tolist() == [
        "permitted", "conditional", "conditional", "restricted", "forbidden", "forbidden", None, None,
    ]  # fmt: skip


def test_the_latest_state_not_after_the_quarter():
    frame = pd.DataFrame({"date": ["2015Q4", "2016Q2", "2016Q4"]})
    assert at_date(frame, "2016Q3")[1] == "2016Q2"
    assert at_date(frame, "2014Q4")[1] is None
    assert at_date(frame, "2014Q4")[0].empty
    assert len(at_date(frame.assign(date=None), "2014Q4")[0]) == 3


def test_land_under_two_parcels_counts_once_in_every_total():
    frames, subjects = workspace([at(0, 0, 500, 1000), at(500, 0, 2000, 1000)], ["010", "041"])
    drawn = layer(
        [at(100, 100, 200, 200), at(150, 100, 250, 200), at(600, 100, 700, 200), at(620, 120, 640, 140)],
        registered_m2=[10_000.0, 10_000.0, 10_000.0, 400.0],
    )
    land = measure_land({**frames, "construction_land": drawn}, subjects, "2016Q4", ZONES, 0.5)
    joined = legal_area([at(100, 100, 250, 200), at(600, 100, 700, 200)], CRS).sum()
    total = land.totals.loc["石桥小镇"]
    assert total["construction_land_plane_m2"] == pytest.approx(25_000)
    assert total["construction_land_m2"] == pytest.approx(joined, abs=0.01)
    assert total["construction_land_registered_m2"] == pytest.approx(25_000)
    assert total["parcels"] == 3
    assert land.pieces["area_m2"].sum() == pytest.approx(joined * 10 / 25, abs=0.02)
    (told,) = land.issues[land.issues["code"] == "issue-parcels-overlap"]["params"]
    assert told == {"area_m2": pytest.approx(5_400), "count": 2}
