import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from layers.rasters import ROLES as RASTERS
from layers.roles import ROLES
from spatial.errors import RuleError
from spatial.quality import expected
from spatial.quality.drawn import drawn
from spatial.quality.registry import Subject
from spatial.quality.run import inspect

CRS = pyproj.CRS.from_epsg(4549)
X, Y = 572000, 3402000


def subject(*shapes, role="farmland", **columns):
    ids = pd.Index([f"l:{n}" for n in range(len(shapes))], name="id")
    data = {**columns, "layer": "l", "fid": range(len(shapes))}
    return Subject(gpd.GeoDataFrame(data, index=ids, geometry=list(shapes), crs=CRS), role, CRS)


def codes(*args, **kwargs):
    return inspect(*args, **kwargs)["code"].tolist()


def test_tolerances_can_be_set_and_codes_chosen():
    wedge = shapely.Polygon([(X, Y), (X + 100, Y + 19.5), (X + 100, Y)])
    assert codes(subject(wedge)) == []
    assert codes(subject(wedge), {"issue-spike": {"angle_deg": 12.0, "width_m": 20.0}}) == ["issue-spike"]
    small = subject(box(X, Y, X + 2, Y + 2), stated_m2=[99.0])
    assert set(codes(small)) == {"issue-patch-small", "issue-area-stated"}
    assert codes(small, codes=["issue-area-stated"]) == ["issue-area-stated"]


@pytest.mark.parametrize("given", [{"issue-nothing": {}}, {"issue-spike": {"gap_m": 1.0}}])
def test_tolerances_that_do_not_exist_are_refused(given):
    with pytest.raises(RuleError, match=r"issue-(nothing|spike)"):
        inspect(subject(box(X, Y, X + 100, Y + 100)), given)


def test_a_field_that_happens_to_be_called_like_a_column_means_nothing():
    square = box(X, Y, X + 100, Y + 100)
    foreign = {
        "state": ["NY"],
        "status": ["open"],
        "date": ["2016-03-01"],
        "county_code": ["36"],
        "area_m2": [-9],
    }
    assert codes(subject(square, role="", **foreign)) == []
    assert codes(subject(square, role="redline", **foreign)) == []
    assert codes(subject(square, role="", QSXZ=["99"])) == ["issue-word-unknown"]


def test_what_is_no_layer_at_all_is_no_fault():
    assert inspect(subject()).empty
    assert inspect(Subject(pd.DataFrame({"layer": [], "fid": []}))).empty


WITH_FEATURES = [role for role in ROLES if role not in RASTERS]


@pytest.mark.parametrize("role", WITH_FEATURES)
def test_what_a_role_asks_is_told_alike_on_both_floors(role):
    own = ROLES[role]
    assert expected.SHAPE.get(role, "table") == own.shape
    assert expected.REQUIRED.get(role, ()) == tuple(column.name for column in own.columns if column.required)
    assert expected.COLUMNS[role] == {column.name for column in own.columns}
    for column in own.columns:
        assert (column.name in expected.QUARTERS) == (column.kind == "quarter")
        assert column.kind != "integer" or column.name in expected.WHOLE
        assert column.unit not in {"m²", "ha", "km²", "亿元"} or column.name.endswith(
            expected.AMOUNT_SUFFIXES
        )


def odd_shapes():
    with np.errstate(invalid="ignore"):
        nowhere = shapely.Polygon([(X, np.inf), (X, Y), (np.nan, Y)])
    return [
        None,
        nowhere,
        shapely.Polygon(),
        shapely.Point(X, Y),
        shapely.MultiPoint([(X, Y), (X, Y)]),
        shapely.LineString([(X, Y), (X, Y)]),
        shapely.GeometryCollection([shapely.Point(X, Y), box(X, Y, X + 1, Y + 1)]),
        shapely.Polygon([(X, Y, 1), (X, Y, 2), (X, Y, 3)]),
        shapely.MultiPolygon([box(X, Y, X + 100, Y + 100), box(X, Y, X, Y)]),
        box(1e300, -1e300, 1.1e300, 1e300),
    ]


@pytest.mark.parametrize("role", ["", *WITH_FEATURES])
def test_whatever_stands_in_a_layer_is_a_finding_and_never_an_exception(role):
    shapes = odd_shapes()
    names = [column.name for column in ROLES[role].columns] if role else []
    values = {name: -1.5 if name.endswith(expected.AMOUNT_SUFFIXES) else "?" for name in names}
    odd = subject(*shapes, role=role, **{name: [value] * len(shapes) for name, value in values.items()})
    assert {"issue-geometry-missing", "issue-coordinate-nan"} <= set(codes(odd))
    assert len(inspect(Subject(odd.frame[["layer", "fid", "geometry"]], role, CRS)))
    bare = pd.DataFrame(odd.frame.drop(columns="geometry"))
    assert ("issue-negative" in codes(Subject(bare, role))) == (-1.5 in values.values())


corner = st.tuples(st.integers(0, 20), st.integers(0, 20))
RINGS = st.lists(corner, min_size=3, max_size=8, unique=True)


@given(st.lists(RINGS, min_size=1, max_size=3))
@settings(max_examples=150)
def test_every_invalid_polygon_has_an_error_and_no_valid_one_has(rings):
    shapes = [shapely.Polygon([(X + 10 * x, Y + 10 * y) for x, y in ring]) for ring in rings]
    several = shapely.MultiPolygon(shapes)
    found = inspect(subject(several))
    blamed = set(found.loc[found["severity"] == "error", "code"])
    assert bool(blamed) == (not several.is_valid)


@given(RINGS)
def test_signed_areas_tell_the_way_a_ring_turns(ring):
    shape = shapely.Polygon([(X + x, Y + y) for x, y in ring])
    area = drawn(np.array([shape], dtype=object)).signed_areas()
    assert area[0] == pytest.approx(-drawn(np.array([shape.reverse()], dtype=object)).signed_areas()[0])
    assert abs(area[0]) == pytest.approx(shape.area)
    if shape.is_valid:
        assert (area[0] > 0) == shapely.is_ccw(shape.exterior)
