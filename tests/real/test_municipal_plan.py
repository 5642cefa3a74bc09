"""A real land-use plan, judged without a change of code, against figures worked out in PostGIS (second_way.sql).

Run on PostGIS 3.3.2 with GEOS 3.11.1; areas in m². In the plane the two agree to 0.01 m². On the ellipsoid the
statutory formula takes the given vertices: on the long edges of this plan it gives 10.9 m² more than geodesics between
them for the plan (0.24 ppm), 5.4 m² for the construction land (1.1 ppm), 1.9 m² for its part in no zone (2.9 ppm).
With a vertex every metre the formula and PostGIS agree to 0.001 m².
"""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from layers.load import load
from scripts.evaluate import Request, evaluate
from spatial.areas import legal_area
from spatial.once import once

WORKSPACE = Path(__file__).parent / "municipal-plan"
PLAN = WORKSPACE / "../../../../shared/data/municipal-plan.gpkg"
TOWN = "FNP Grasleben (Zusammenzeichnung)"
EDGES = 1.2e-6
"""The most that the edges' model makes of an area here."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PLAN.exists(), reason="no real plan beside the checkout"),
]


@pytest.fixture(scope="module")
def results():
    return evaluate(Request(WORKSPACE))


@pytest.fixture(scope="module")
def layers():
    return load(WORKSPACE)


def measured(results, name):
    rows = results.measures[(results.measures["town_id"] == TOWN) & (results.measures["measure"] == name)]
    return rows.iloc[0]


def test_it_loads_as_it_is(layers):
    assert layers.crs.to_epsg() == 25832
    assert {role: len(frame) for role, frame in layers.frames.items()} == {
        "town_boundary": 1,
        "planned_area": 1,
        "construction_land": 213,
        "expansion_boundary": 272,
        "farmland": 41,
        "redline": 10,
    }
    names = set(layers.frames["construction_land"]["land_use_name"].dropna())
    assert names <= {"Wohnen", "Gemischt", "Gewerbe", "Sonder"}


@pytest.mark.parametrize(
    ("measure", "plane", "geodesic"),
    [
        ("planned_area_km2", 45_347_719.0605, 45_364_177.9623),
        ("construction_land_km2", 4_985_478.9705, 4_987_227.7000),
    ],
)
def test_areas_are_those_of_postgis(results, measure, plane, geodesic):
    row = measured(results, measure)
    assert row["plane"] * 1e6 == pytest.approx(plane, abs=0.01)
    assert row["geodesic"] * 1e6 == pytest.approx(geodesic, rel=1e-8)
    assert row["value"] * 1e6 == pytest.approx(geodesic, rel=EDGES)


@pytest.mark.parametrize(
    ("zone", "geodesic"),
    [
        ("permitted", 3_715_539.0947),
        ("conditional", 0.0),
        ("restricted", 0.0),
        ("forbidden", 598_302.5524),
        ("farmland", 0.0),
        ("redline", 4_946_052.8759),
    ],
)
def test_construction_land_in_each_zone(results, zone, geodesic):
    value = measured(results, f"construction_land_{zone}_km2")["value"] * 1e6
    assert value == pytest.approx(geodesic, rel=EDGES, abs=0.01)


@pytest.mark.parametrize(
    ("zone", "plane", "geodesic", "places"),
    [("forbidden", 598_089.4683, 598_302.5524, 14), ("no_zone", 673_143.1872, 673_386.0710, 15)],
)
def test_the_pieces_are_all_of_it(results, zone, plane, geodesic, places):
    pieces = results.pieces[results.pieces["zone"] == zone]
    assert pieces["plane_m2"].sum() == pytest.approx(plane, abs=0.01)
    assert pieces["area_m2"].sum() == pytest.approx(geodesic, rel=5 * EDGES)
    joined = shapely.get_parts(shapely.union_all(pieces.geometry.to_numpy(), grid_size=1e-6))
    assert (shapely.area(joined) > 1).sum() == places


def test_verdicts_follow(results):
    verdicts = results.findings[results.findings["town_id"] == TOWN].set_index("rule")["verdict"]
    assert verdicts["special-planned-area"] == "fail"
    assert verdicts["special-construction-land"] == "fail"
    assert verdicts["special-expansion-outside"] == "fail"
    assert verdicts["special-expansion-conditional"] == "pass"
    assert verdicts["special-expansion-no-zone"] == "no data"


def test_protected_areas_overlap_and_count_once(layers):
    redline = layers.frames["redline"].geometry
    assert redline.area.sum() == pytest.approx(57_743_603.6627, abs=0.01)
    assert shapely.area(shapely.union_all(redline.to_numpy())) == pytest.approx(44_718_058.6763, abs=0.01)
    farmland = layers.frames["farmland"].geometry
    assert farmland.area.sum() == pytest.approx(33_838_395.9187, abs=0.01)


def test_parcels_that_overlap_are_told_and_count_once(layers, results):
    drawn = layers.frames["construction_land"].area.sum()
    assert drawn == pytest.approx(4_985_610.9614, abs=0.01)
    (told,) = results.issues[results.issues["code"] == "issue-parcels-overlap"]["params"]
    assert told == {"area_m2": pytest.approx(131.9229, abs=1e-3), "count": 1}


def test_with_a_vertex_every_metre_the_formula_is_the_geodesic_area(layers):
    plan = layers.frames["planned_area"].geometry.to_numpy()
    assert legal_area(plan, layers.crs)[0] == pytest.approx(45_364_188.87, abs=0.01)
    assert legal_area(shapely.segmentize(plan, 1.0), layers.crs)[0] == pytest.approx(
        45_364_178.0442, abs=0.002
    )
    land, _ = once(layers.frames["construction_land"])
    inside = shapely.intersection(land.geometry.to_numpy(), plan[0])
    dense = legal_area(shapely.segmentize(inside, 1.0), layers.crs).sum()
    assert dense == pytest.approx(4_987_227.7180, abs=0.002)
