from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon, box

from spatial import edits
from spatial.areas import legal_area
from spatial.edits import EditError, Tolerance
from spatial.quality.registry import INSPECTORS, Subject
from spatial.quality.run import inspect

EAST, NORTH = 572000, 3402000
NODES = 5


def frame(*shapes, **columns):
    placed = [shapely.affinity.translate(shape, EAST, NORTH) for shape in shapes]
    names = pd.Index([f"p:{place}" for place in range(len(placed))], name="id")
    columns = {"layer": "p", "fid": range(len(placed)), **columns}
    return gpd.GeoDataFrame(columns, geometry=placed, crs="EPSG:4549", index=names)


def holed(hole):
    return Polygon(box(0, 0, 300, 300).exterior, [hole.exterior.coords[::-1]])


def sole(found):
    assert len(found) == 1
    return found.iloc[0]


def corners(shape):
    return {(x - EAST, y - NORTH) for x, y in shapely.get_coordinates(shape)}


def same_bytes(one, other):
    return list(one.index) == list(other.index) and shapely.to_wkb(one.geometry).equals(
        shapely.to_wkb(other.geometry)
    )


def test_a_gap_goes_to_the_neighbour_with_most_of_its_edge():
    # gap 0.2 x 50: 50 m on the west, 50 m on the east, 0.2 m each on the north and south
    layer = frame(
        Polygon([(0, 0), (100, 0), (100, 50), (100, 100), (0, 100)]),
        Polygon([(100.2, 0), (200, 0), (200, 50), (100.2, 50)]),
        Polygon([(100, 50), (100.2, 50), (200, 50), (200, 100), (100, 100)]),
        Polygon([(100, -50), (200, -50), (200, 0), (100.2, 0), (100, 0)]),
    )
    edit = sole(edits.suggest(layer))
    assert (edit.action, edit.a) == ("give-gap", "p:0")
    assert edit.share_pct == pytest.approx(100 * 50 / 100.4)
    assert edit.area_after_m2[0] - edit.area_before_m2[0] == pytest.approx(10 * 0.99987, abs=1e-3)
    assert edit.area_after_m2[1:] == edit.area_before_m2[1:]
    mended, undo = edits.apply(layer, edits.suggest(layer))
    assert shapely.coverage_is_valid(mended.geometry)
    assert shapely.union_all(mended.geometry).area == pytest.approx(100 * 100 + 100 * 150)
    assert undo.log["done"].all()


@pytest.mark.parametrize("away", [0.012, -0.012])
def test_an_edge_that_nearly_matches_is_snapped_by_what_is_said(away):
    layer = frame(box(0, 0, 100, 100), box(100 + away, 0, 200, 100))
    edit = sole(edits.suggest(layer))
    assert edit.action == "snap"
    assert edit.distance_mm == pytest.approx(12)
    mended, _ = edits.apply(layer, edits.suggest(layer))
    assert shapely.coverage_is_valid(mended.geometry)


@pytest.mark.parametrize(("shapes", "tolerance"), [
    ((box(0, 0, 100, 100), box(100.2, 0, 200, 100)), Tolerance()),  # a way of 0.2 m, open at both ends
    ((box(0, 0, 100, 100), box(100.012, 0, 200, 100)), Tolerance(snap_m=0.01)),
    ((box(0, 0, 100, 100), box(95, 0, 200, 100)), Tolerance(snap_m=0.01, overlap_m=1)),
    ((holed(box(100, 100, 100.5, 200)),), Tolerance()),  # a hole of one feature is no gap
    ((holed(box(100, 100, 150, 200)), box(100, 100, 150, 200)), Tolerance()),  # filled
    ((box(0, 0, 100, 100), box(100, 0, 200, 100)), Tolerance()),
])  # fmt: skip
def test_what_is_not_to_be_mended_is_left(shapes, tolerance):
    found = edits.suggest(frame(*shapes), tolerance=tolerance)
    assert set(found["action"]) <= {"add-vertex"}


def test_an_overlap_is_cut_from_the_larger():
    layer = frame(box(0, 0, 100, 100), box(99.5, 0, 150, 100))
    found = edits.suggest(layer)
    cut = sole(found[found["action"] == "cut-overlap"])
    assert cut["features"] == ["p:0", "p:1"]
    assert cut.share_pct == pytest.approx(0.5)
    mended, _ = edits.apply(layer, found)
    assert mended.geometry["p:0"].area == pytest.approx(9950)
    assert mended.geometry["p:1"].area == pytest.approx(5050)
    assert shapely.coverage_is_valid(mended.geometry)


def test_a_vertex_is_added_where_only_one_neighbour_has_it():
    layer = frame(box(0, 0, 100, 100), box(100, 0, 200, 40), box(100, 40, 200, 100))
    edit = sole(edits.suggest(layer))
    assert (edit.action, edit.a) == ("add-vertex", "p:0")
    mended, _ = edits.apply(layer, edits.suggest(layer))
    assert corners(mended.geometry["p:0"]) == corners(layer.geometry["p:0"]) | {(100, 40)}


@pytest.mark.parametrize(("shape", "action", "after"), [
    (Polygon([(0, 0), (100, 0), (100, 0), (100, 100), (0, 100)]), "drop-vertex", box(0, 0, 100, 100)),
    (Polygon([(0, 0), (100, 0), (100.00005, 0), (100, 100), (0, 100)]), "drop-vertex", box(0, 0, 100, 100)),
    (Polygon([(0, 0), (100, 0), (100, 50), (110, 50), (100, 50), (100, 100), (0, 100)]), "drop-spike", box(0, 0, 100, 100)),
    (Polygon([(0, 0), (100, 0), (100, 50), (110, 50.01), (100, 50.02), (100, 100), (0, 100)]), "drop-spike", box(0, 0, 100, 100)),
    (LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0.02)]), "close-ring", box(0, 0, 100, 100)),
    (shapely.box(0, 0, 100, 100, ccw=False), "orient", box(0, 0, 100, 100)),
])  # fmt: skip
def test_one_feature_alone(shape, action, after):
    far = [box(1000, 0, 1100, 100), box(2000, 0, 2100, 100)]
    layer = frame(*far, shape)
    edit = sole(edits.suggest(layer))
    assert (edit.action, edit["features"]) == (action, ["p:2"])
    mended, undo = edits.apply(layer, edits.suggest(layer))
    now = shapely.affinity.translate(mended.geometry["p:2"], -EAST, -NORTH)
    assert now.symmetric_difference(after).area < 1e-3
    assert shapely.is_ccw(now.exterior)
    assert edits.suggest(mended).empty
    assert same_bytes(edits.revert(mended, undo), layer)


def test_a_bow_tie_of_two_large_parts_is_left_to_a_person():
    layer = frame(Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]))
    edit = sole(edits.suggest(layer))
    assert edit.action == "make-valid"
    assert not edit["apply"]
    assert edit.area_after_m2[0] == pytest.approx(5000 * 0.99987, abs=0.1)
    untouched, _ = edits.apply(layer, edits.suggest(layer))
    assert same_bytes(untouched, layer)
    mended, _ = edits.apply(layer, edits.suggest(layer), [edit.edit_id])
    assert mended.geometry.is_valid.all()


def test_a_loop_of_a_few_centimetres_is_dropped():
    loop = [(0, 0), (100, 0), (100, 100), (99.9, 100.1), (100, 100.1), (99.9, 100), (0, 100)]
    layer = frame(Polygon(loop))
    edit = sole(edits.suggest(layer))
    assert (edit.action, edit["apply"]) == ("make-valid", True)
    mended, _ = edits.apply(layer, edits.suggest(layer))
    assert mended.geometry.iloc[0].geom_type == "Polygon"


def test_a_double_goes_unless_its_attributes_differ():
    square = box(0, 0, 100, 100)
    layer = frame(
        square, square, shapely.reverse(square), box(500, 0, 600, 100), land=["0601", "0601", "0602", "x"]
    )
    found = edits.suggest(layer)
    doubles = found[found["action"] == "drop-double"]
    assert dict(zip(doubles["a"], doubles["apply"], strict=True)) == {"p:1": True, "p:2": False}
    mended, undo = edits.apply(layer, found)
    assert list(mended.index) == ["p:0", "p:2", "p:3"]
    back = edits.revert(mended, undo)
    assert same_bytes(back, layer)
    assert list(back["land"]) == list(layer["land"])


def test_z_is_kept_and_interpolated():
    low = shapely.Polygon([(0, 0, 10), (100, 0, 10), (100, 100, 30), (0, 100, 30)])
    layer = frame(low, box(100, 0, 200, 50), box(100, 50, 200, 100))
    mended, _ = edits.apply(layer, edits.suggest(layer))
    xyz = shapely.get_coordinates(mended.geometry["p:0"], include_z=True) - [EAST, NORTH, 0]
    assert (100, 50, 20) in set(map(tuple, xyz))


def test_edits_are_refused_once_a_feature_has_changed():
    layer = frame(box(0, 0, 100, 100), box(100.012, 0, 200, 100))
    found = edits.suggest(layer)
    changed = frame(box(0, 0, 100, 100.001), box(100.012, 0, 200, 100))
    with pytest.raises(EditError, match="suggested for feature p:0"):
        edits.apply(changed, found)
    with pytest.raises(EditError, match="gone"):
        edits.apply(layer.iloc[:1], found)


def test_undo_is_refused_once_a_feature_has_changed():
    layer = frame(box(0, 0, 100, 100), box(100.012, 0, 200, 100))
    mended, undo = edits.apply(layer, edits.suggest(layer))
    with pytest.raises(EditError, match="cannot be undone"):
        edits.revert(mended.translate(1).to_frame("geometry"), undo)


def test_only_what_the_findings_name():
    pair = [box(0, 0, 100, 100), box(100.012, 0, 200, 100)]
    layer = frame(*pair, *(shapely.affinity.translate(shape, 1000) for shape in pair))
    by_feature = pd.DataFrame({"id": ["p:0"], "geometry": [None]})
    by_place = pd.DataFrame({"id": [None], "geometry": [shapely.Point(EAST + 1100, NORTH)]})
    assert set(sole(edits.suggest(layer, by_feature))["features"]) == {"p:0", "p:1"}
    assert set(sole(edits.suggest(layer, by_place))["features"]) == {"p:2", "p:3"}
    assert edits.suggest(layer, by_feature.iloc[:0]).empty


@pytest.mark.parametrize(("crs", "problem"), [(None, "projected"), ("EPSG:4490", "projected")])
def test_only_in_metres(crs, problem):
    layer = gpd.GeoDataFrame(geometry=[box(120, 30, 121, 31)], crs=crs)
    with pytest.raises(EditError, match=problem):
        edits.suggest(layer)


def test_an_unfit_feature_costs_nothing():
    with np.errstate(invalid="ignore"):
        no_number = Polygon([(0, 0), (np.nan, 5), (5, 5)])
        layer = frame(box(0, 0, 100, 100), box(100.012, 0, 200, 100), no_number, Polygon())
    layer.loc["p:4"] = ["p", 4, None]
    assert sole(edits.suggest(layer)).action == "snap"
    assert edits.suggest(layer.iloc[2:]).empty


def mosaic(jitter):
    """Cells of a grid of 50 m whose nodes are shaken: rings as lists of x, y that neighbours share."""
    node = np.stack(np.meshgrid(np.arange(NODES), np.arange(NODES), indexing="ij"), axis=-1) * 50.0
    node += np.array(jitter).reshape(NODES, NODES, 2)
    return [
        [tuple(node[at]) for at in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))]
        for i in range(NODES - 1)
        for j in range(NODES - 1)
    ]


def plant(ring, kind, size):
    """Break the edge between the second and third corner of a ring (shared with the cell to the east)."""
    a, b = np.array(ring[1]), np.array(ring[2])
    along = (b - a) / np.hypot(*(b - a))
    out, middle = np.array([along[1], -along[0]]), (a + b) / 2
    new = {
        "gap": [middle - size * out],
        "overlap": [middle + size * out],
        "junction": [middle],
        "double": [middle, middle],
        "near double": [middle, middle + along * 5e-5],
        "spike": [middle - along * 0.01, middle + 10 * size * out, middle + along * 0.01],
        "corner": [],
    }[kind]
    if kind == "corner":
        ring[2] = tuple(b - along * size * 0.15)
    ring[2:2] = map(tuple, new)


def broken(jitter, faults):
    """A mosaic with faults inside; a corner on its outer edge is left, as nobody can say which is right there."""
    rings = mosaic(jitter)
    for cell, (kind, size) in faults.items():
        if kind != "corner" or cell % (NODES - 1) != NODES - 2:
            plant(rings[cell], kind, size)
    return frame(*map(Polygon, rings))


def issues(layer):
    """Code and feature of all that the inspectors of geometry and topology find."""
    codes = [one.code for one in INSPECTORS.values() if one.group in {"geometry", "topology"}]
    found = inspect(Subject(layer, "construction_land", layer.crs), codes=codes)
    return set(zip(found["code"], found["id"], strict=True))


KINDS = ("gap", "overlap", "junction", "double", "near double", "spike", "corner")
JITTER = st.lists(st.floats(-12, 12), min_size=2 * NODES**2, max_size=2 * NODES**2)
FAULTS = st.dictionaries(
    st.integers(0, (NODES - 1) * (NODES - 2) - 1),
    st.tuples(st.sampled_from(KINDS), st.floats(0.005, 0.6)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=10)
@given(JITTER, FAULTS)
@example([0.0] * 32 + [1.40625] + [0.0] * 17, {8: ("corner", 0.5), 0: ("gap", 0.5), 4: ("gap", 0.5)})
def test_the_fault_is_gone_no_other_appears_and_areas_change_as_announced(jitter, faults):
    whole = shapely.union_all([Polygon(ring) for ring in mosaic(jitter)]).area
    layer = broken(jitter, faults)
    found = edits.suggest(layer)
    mended, undo = edits.apply(layer, found)
    assert undo.log["done"].all()
    assert mended.geometry.is_valid.all()
    assert shapely.coverage_is_valid(mended.geometry)
    together = shapely.union_all(mended.geometry)
    assert together.geom_type == "Polygon"
    assert not together.interiors
    assert together.area == pytest.approx(whole, abs=1)
    assert edits.suggest(mended).empty
    assert not (issues(mended) - issues(layer))
    announced = pd.Series(legal_area(layer.geometry, layer.crs), index=layer.index)
    for edit in found.itertuples():
        announced.loc[edit.features] += np.subtract(edit.area_after_m2, edit.area_before_m2)
    np.testing.assert_allclose(legal_area(mended.geometry, mended.crs), announced, atol=0.01)
    assert same_bytes(edits.revert(mended, undo), layer)
    assert edits.suggest(layer)["edit_id"].tolist() == found["edit_id"].tolist()


@settings(max_examples=10)
@given(JITTER, FAULTS, st.data())
def test_any_choice_of_edits_leaves_valid_polygons_and_announced_areas(jitter, faults, data):
    layer = broken(jitter, faults)
    found = edits.suggest(layer)
    if found.empty:
        return
    chosen = data.draw(st.sets(st.sampled_from(found["edit_id"].tolist())))
    mended, undo = edits.apply(layer, found, chosen)
    assert set(undo.log["edit_id"]) == chosen
    done = undo.log.loc[undo.log["done"], "edit_id"]
    announced = pd.Series(legal_area(layer.geometry, layer.crs), index=layer.index)
    for edit in found[found["edit_id"].isin(done)].itertuples():
        announced.loc[edit.features] += np.subtract(edit.area_after_m2, edit.area_before_m2)
    slack = 0.01 * max(1, len(done))
    np.testing.assert_allclose(legal_area(mended.geometry, mended.crs), announced, atol=slack)
    assert same_bytes(edits.revert(mended, undo), layer)


ANY_RING = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=7)


@settings(max_examples=25)
@given(st.lists(ANY_RING, min_size=1, max_size=6))
def test_the_worst_input_is_taken_and_given_back(rings):
    layer = frame(*(Polygon(np.array(ring) / 10) for ring in rings))
    found = edits.suggest(layer)
    for chosen in (None, found["edit_id"], found["edit_id"].iloc[::2]):
        mended, undo = edits.apply(layer, found, chosen)
        assert same_bytes(edits.revert(mended, undo), layer)
