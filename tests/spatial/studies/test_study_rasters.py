"""The study of rasters and its measures on two towns of 10 x 10 cells each."""

from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine

from spatial.measures import rasters as measures
from spatial.measures.registry import Facts
from spatial.studies.agreement import agreement, compared
from spatial.studies.rasters import consumption_rate, rasters

X, Y = 500000.0, 3400000.0
CRS = pyproj.CRS("EPSG:4549")
CELL = 100.0


def box(west, north, east, south):
    return shapely.box(X + west, Y - south, X + east, Y - north)


@dataclass(frozen=True)
class Grid:
    values: np.ma.MaskedArray
    name: str = "r"
    date: str | None = None
    classes: tuple[float, ...] = ()
    chunk: tuple[int, int] = (1024, 1024)
    crs: pyproj.CRS = CRS
    transform: Affine = field(default_factory=lambda: Affine(10, 0, X, 0, -10, Y))

    @property
    def shape(self):
        return self.values.shape

    def read(self, window):
        row, column, height, width = window
        return self.values[row : row + height, column : column + width]


def cells(*blocks, value=1.0):
    values = np.ma.zeros((10, 20))
    for top, left, height, width in blocks:
        values[top : top + height, left : left + width] = value
    return values


TOWNS = gpd.GeoDataFrame(
    {"programme": pd.Series([None, "pilot"], index=["a", "b"], dtype=object)},
    geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100)],
    index=pd.Index(["a", "b"], name="town_id"),
    crs=CRS,
)
PARCELS = gpd.GeoDataFrame({"land_class": ["0701"]}, geometry=[box(0, 0, 30, 20)], index=["p"], crs=CRS)
BEFORE = Grid(cells((0, 0, 2, 3)), date="2015Q4")
AFTER = Grid(cells((0, 0, 2, 3), (4, 6, 3, 8)), date="2016Q4")
PEOPLE = Grid(np.ma.ones((10, 20)), date="2016Q4")


def facts(*, parcels=PARCELS, **found):
    zones = gpd.GeoDataFrame(
        {"zone_kind": ["permitted"]}, geometry=[box(0, 0, 100, 50)], index=["z"], crs=CRS
    )
    known = Facts(
        TOWNS, {"construction_land": parcels, "expansion_boundary": zones}, "2016Q4", CRS, rasters=found
    )
    studies = {"rasters": rasters(known), "raster_agreement": agreement(known)}
    return replace(known, studies={name: study for name, study in studies.items() if study is not None})


def values(function, known):
    return function(known)["value"].reindex(["a", "b"]).tolist()


def test_built_up_land_and_its_change():
    known = facts(built_up_raster=[BEFORE, AFTER])
    table = known.studies["rasters"].tables["built_up_raster"]
    area = table[table["date"] == "2016Q4"].set_index(["town_id", "zone"])["area_m2"] / CELL
    assert area[("a", "all")] == pytest.approx(6 + 12, rel=5e-4)
    assert area[("a", "permitted")] == pytest.approx(6 + 4, rel=5e-4)
    assert area[("b", "all")] == pytest.approx(12, rel=5e-4)
    assert values(measures.built_up, known) == pytest.approx([0.0018, 0.0012], rel=5e-4)
    assert values(measures.built_up_change, known) == pytest.approx([0.12, 0.12], rel=5e-4)


def test_no_data_is_no_value():
    holed = replace(AFTER, values=np.ma.masked_array(AFTER.values, mask=np.arange(20) < np.full((10, 1), 2)))
    known = facts(built_up_raster=[BEFORE, holed])
    found = measures.built_up(known)
    assert np.isnan(found["value"]["a"])
    assert found["evidence"]["a"]["reason"] == "condition-raster-no-data"
    assert found["value"]["b"] == pytest.approx(0.0012, rel=5e-4)
    assert np.isnan(values(measures.candidates, known)[0])


def test_built_land_without_parcel_is_a_candidate():
    layer = visits(AFTER, PARCELS)
    assert len(layer) == 1
    assert layer["area_m2"][0] == pytest.approx(2400, rel=5e-4)
    assert layer.geometry[0].equals(box(60, 40, 140, 70))
    assert visits(AFTER, PARCELS, 2500.0).empty
    far = PARCELS.set_geometry([box(300, 0, 310, 10)])
    assert sorted(visits(AFTER, far, 500.0)["area_m2"].round(-1)) == [600, 2400]


def visits(raster, parcels, smallest=1000.0, name="raster_candidate"):
    return compared(raster, parcels, TOWNS, smallest)[1][name].frame()


def test_parcels_without_built_up_pixels_are_candidates_too():
    wide = PARCELS.set_geometry([box(25, 0, 95, 95)]).assign(layer="parcels", fid="7")
    layer = visits(AFTER, wide, name="parcel_candidate")
    # whole cells in the parcel: columns 3-8, rows 0-8; 3 x 3 of them are built-up
    assert layer["area_m2"].tolist() == pytest.approx([(54 - 9) * CELL], rel=5e-4)
    known = facts(built_up_raster=[BEFORE, AFTER], parcels=wide)
    drawn = known.studies["raster_agreement"].layers["parcel_candidate"]
    assert drawn[["town_id", "layer", "fid"]].to_numpy().tolist() == [["a", "parcels", "7"]]
    assert values(measures.parcel_candidates, known) == pytest.approx([0.45, 0.0], rel=5e-4)


def test_how_far_parcels_and_pixels_agree():
    known = facts(built_up_raster=[BEFORE, AFTER])
    table = known.studies["raster_agreement"].tables["raster_agreement"].set_index("town_id")
    areas = table[["both_m2", "raster_only_m2", "parcel_only_m2", "neither_m2"]] / CELL
    assert areas.loc["a"].tolist() == pytest.approx([6, 12, 0, 82], rel=5e-4, abs=1e-6)
    assert areas.loc["b"].tolist() == pytest.approx([0, 12, 0, 88], rel=5e-4, abs=1e-6)
    assert values(measures.agreement, known) == pytest.approx([88, 88], rel=1e-6)
    chance = 0.18 * 0.06 + 0.82 * 0.94
    assert values(measures.kappa, known) == pytest.approx(
        [(0.88 - chance) / (1 - chance), 0.0], rel=1e-4, abs=1e-9
    )
    assert table["nodata_share"].tolist() == pytest.approx([0, 0], abs=1e-9)
    half = facts(built_up_raster=[AFTER], parcels=PARCELS.set_geometry([box(55, 40, 65, 70)]))
    table = (
        half.studies["raster_agreement"]
        .tables["raster_agreement"]
        .set_index("town_id")[["both_m2", "parcel_only_m2"]]
        / CELL
    )
    assert table.loc["a", "both_m2"] == pytest.approx(1.5, rel=5e-4)
    assert table.loc["a", "parcel_only_m2"] == pytest.approx(1.5, rel=5e-4)


@given(st.integers(1, 11), st.integers(1, 21), st.integers(0, 99))
@settings(max_examples=12, deadline=None)
def test_the_comparison_does_not_depend_on_the_windows(tall, wide, seed):
    random = np.random.default_rng(seed)
    raster = Grid(np.ma.masked_equal(random.integers(0, 9, (10, 20)) // 3, 3), date="2016Q4")
    x, y = random.random((2, 6)) * [[160], [70]]
    land = PARCELS.iloc[[0] * 3].set_geometry([box(x[n], y[n], x[n] + 35, y[n] + 28) for n in range(3)])
    land.index = ["p", "q", "r"]
    one = compared(raster, land, TOWNS, 150.0)
    other = compared(replace(raster, chunk=(tall, wide)), land, TOWNS, 150.0)
    pd.testing.assert_frame_equal(one[0], other[0], rtol=1e-9)
    for name in one[1]:
        layer, cut = one[1][name].frame(), other[1][name].frame()
        assert cut["area_m2"].tolist() == pytest.approx(layer["area_m2"].tolist(), rel=1e-12)
        assert set(shapely.to_wkb(shapely.normalize(cut.geometry.to_numpy()))) == set(
            shapely.to_wkb(shapely.normalize(layer.geometry.to_numpy()))
        )


def test_people_on_built_up_land_also_of_a_coarser_grid():
    known = facts(built_up_raster=[BEFORE, AFTER], population_grid=[PEOPLE])
    assert values(measures.population_share, known) == pytest.approx([18.0, 12.0], rel=1e-5)
    coarse = Grid(np.ma.ones((2, 4)), date="2016Q4", transform=Affine(50, 0, X, 0, -50, Y))
    known = facts(built_up_raster=[AFTER], population_grid=[coarse])
    assert values(measures.population_share, known) == pytest.approx([18.0, 12.0], rel=1e-5)
    shifted = Grid(np.ma.ones((4, 6)) * 2, date="2016Q4", transform=Affine(35, 0, X - 4, 0, -35, Y + 7))
    known = facts(built_up_raster=[AFTER], population_grid=[shifted])
    found = known.studies["rasters"].tables["raster_population"]["built_up_persons"]
    assert found.tolist() == pytest.approx([1800 * 2 / 35**2, 1200 * 2 / 35**2], rel=1e-5)


def test_people_of_a_grid_in_degrees():
    centre = gpd.GeoSeries([shapely.Point(X + 100, Y - 50)], crs=CRS).to_crs(4490)[0]
    step = 0.0004
    degrees = Grid(
        np.ma.ones((20, 20)), date="2016Q4", crs=pyproj.CRS("EPSG:4490"),
        transform=Affine(step, 0, centre.x - 10 * step, 0, -step, centre.y + 10 * step),
    )  # fmt: skip
    known = facts(built_up_raster=[AFTER], population_grid=[degrees])
    found = known.studies["rasters"].tables["raster_population"].set_index("town_id")
    # the same density everywhere: people go by area
    assert found["share_pct"].tolist() == pytest.approx([18.0, 12.0], rel=2e-3)


def test_built_up_land_by_the_expansion_boundary():
    known = facts(built_up_raster=[BEFORE, AFTER])
    change = known.studies["rasters"].tables["built_up_change"].set_index(["town_id", "zone"])
    assert change["change_m2"].div(CELL).round(2).to_dict() == {
        ("a", "all"): 12, ("b", "all"): 12, ("a", "permitted"): 4, ("a", "expansion"): 4, ("a", "outside"): 8,
    }  # fmt: skip
    assert change.loc[("a", "all"), "change_pct"] == pytest.approx(200)
    assert values(measures.built_up_outside, known) == pytest.approx([0.08, np.nan], rel=5e-4, nan_ok=True)
    assert values(measures.built_up_outside_change, known) == pytest.approx(
        [0.08, np.nan], rel=5e-4, nan_ok=True
    )


def test_land_consumption_against_population_growth():
    earlier = replace(PEOPLE, values=PEOPLE.values * 0.5, date="2015Q4")
    known = facts(built_up_raster=[BEFORE, AFTER], population_grid=[earlier, PEOPLE])
    ratio, none = values(measures.consumption, known)
    assert ratio == pytest.approx(np.log(18 / 6) / np.log(2), rel=1e-6)
    assert np.isnan(none)  # b had no built-up land before
    rate = consumption_rate(pd.Series([1.0, 0.0]), pd.Series([np.e, 1.0]), 2)
    assert rate[0] == pytest.approx(0.5)
    assert np.isnan(rate[1])


def test_steep_construction_land():
    hill = Grid(
        np.ma.array(np.tile(np.arange(-5, 15) * 10.0, (12, 1))),
        transform=Affine(10, 0, X - 50, 0, -10, Y + 10),
    )
    assert values(measures.steep, facts(terrain=[hill])) == pytest.approx(
        [0.06, np.nan], rel=5e-4, nan_ok=True
    )
    table = facts(terrain=[hill]).studies["rasters"].tables["raster_slope"]
    assert table["to_deg"].tolist() == [2, 6, 15, 25, 90]
    assert table["area_m2"].div(CELL).tolist() == pytest.approx([0, 0, 0, 0, 6], rel=5e-4, abs=1e-9)
    flat = replace(hill, values=hill.values * 0.4)
    assert values(measures.steep, facts(terrain=[flat]))[0] == 0.0


def test_night_light_and_nothing_at_all():
    light = facts(night_light=[Grid(cells((0, 0, 1, 1), value=7.0), date="2016Q4")])
    table = light.studies["rasters"].tables["raster_light"].set_index("town_id")
    assert table["light"].to_dict() == pytest.approx({"a": 7.0, "b": 0.0})
    assert np.isnan(values(measures.night_light_change, light)).all()
    brighter = Grid(cells((0, 0, 1, 20), value=7.0), date="2016Q4")
    two = facts(night_light=[Grid(cells((0, 0, 1, 1), value=7.0), date="2015Q4"), brighter])
    assert values(measures.night_light_change, two) == pytest.approx([900.0, np.nan], nan_ok=True)


def test_heights_where_no_parcels_are_known_yet():
    """Parcels of a later date than the quarter that is judged: no slopes, no fault."""
    later = PARCELS.assign(date="2017Q4")
    known = facts(parcels=later, terrain=[Grid(np.ma.ones((10, 20)))])
    assert not len(known.studies["rasters"].tables["raster_slope"])
    assert np.isnan(values(measures.steep, known)).all()


def test_the_light_of_larger_cells_is_not_compared():
    """The same light on every side: cells of 10 m have four times as many of them as cells of 20 m."""
    fine = Grid(np.ma.ones((10, 20)), date="2015Q4")
    coarse = Grid(np.ma.ones((5, 10)), date="2016Q4", transform=Affine(20, 0, X, 0, -20, Y))
    assert np.isnan(values(measures.night_light_change, facts(night_light=[fine, coarse]))).all()
    moved = replace(fine, date="2016Q4", transform=Affine(10, 0, X - 10, 0, -10, Y))
    assert values(measures.night_light_change, facts(night_light=[fine, moved]))[0] == pytest.approx(0)
    bare = facts()
    assert not bare.studies
    for name in ("built_up", "built_up_change", "population_share", "candidates", "consumption", "steep"):
        assert np.isnan(values(getattr(measures, name), bare)).all()


@pytest.mark.parametrize("aside", range(10))
def test_nothing_in_a_zone_is_zero_and_grows_by_no_share(aside):
    """A ring around built-up land: what rounding leaves of a cell that it only passes by is no land."""
    middle = shapely.Point(X + 49 + aside / 7, Y - 51 + aside / 9)
    ring = middle.buffer(45).difference(middle.buffer(25))
    ring = shapely.set_precision(ring, 0.001)
    zones = gpd.GeoDataFrame({"zone_kind": ["permitted"]}, geometry=[ring], index=["w"], crs=CRS)
    states = [Grid(cells((4, 4, 2, 2)), date="2015Q4"), Grid(cells((0, 0, 10, 10)), date="2016Q4")]
    known = Facts(TOWNS, {"expansion_boundary": zones}, "2016Q4", CRS, rasters={"built_up_raster": states})
    tables = rasters(known).tables
    areas = tables["built_up_raster"].set_index(["town_id", "date", "zone"])["area_m2"]
    assert areas["a", "2015Q4", "permitted"] == areas["a", "2015Q4", "expansion"] == 0
    change = tables["built_up_change"].set_index(["town_id", "zone"])
    assert np.isnan(change.loc[("a", "permitted"), "change_pct"])
    assert change.loc[("a", "permitted"), "change_m2"] > 1000
