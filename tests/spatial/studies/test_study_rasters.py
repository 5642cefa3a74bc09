"""The study of rasters and its measures on two towns of 10 x 10 cells each."""

from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from rasterio import Affine

from spatial.measures import rasters as measures
from spatial.measures.registry import Facts
from spatial.studies.rasters import candidates, consumption_rate, rasters

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


def facts(**found):
    zones = gpd.GeoDataFrame(
        {"zone_kind": ["permitted"]}, geometry=[box(0, 0, 100, 50)], index=["z"], crs=CRS
    )
    known = Facts(
        TOWNS, {"construction_land": PARCELS, "expansion_boundary": zones}, "2016Q4", CRS, rasters=found
    )
    study = rasters(known)
    return replace(known, studies={} if study is None else {"rasters": study})


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
    layer = candidates(AFTER, PARCELS, TOWNS)
    assert len(layer) == 1
    assert layer["area_m2"][0] == pytest.approx(2400, rel=5e-4)
    assert layer.geometry[0].equals(box(60, 40, 140, 70))
    assert candidates(AFTER, PARCELS, TOWNS, 2500.0).empty
    far = PARCELS.set_geometry([box(300, 0, 310, 10)])
    assert sorted(candidates(AFTER, far, TOWNS, 500.0)["area_m2"].round(-1)) == [600, 2400]


def test_people_on_built_up_land_also_of_a_coarser_grid():
    known = facts(built_up_raster=[BEFORE, AFTER], population_grid=[PEOPLE])
    assert values(measures.population_share, known) == pytest.approx([18.0, 12.0], rel=1e-5)
    coarse = Grid(np.ma.ones((2, 4)), date="2016Q4", transform=Affine(50, 0, X, 0, -50, Y))
    known = facts(built_up_raster=[AFTER], population_grid=[coarse])
    assert values(measures.population_share, known) == pytest.approx([18.0, 12.0], rel=1e-5)


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
    flat = replace(hill, values=hill.values * 0.4)
    assert values(measures.steep, facts(terrain=[flat]))[0] == 0.0


def test_night_light_and_nothing_at_all():
    light = facts(night_light=[Grid(cells((0, 0, 1, 1), value=7.0), date="2016Q4")])
    table = light.studies["rasters"].tables["raster_light"].set_index("town_id")
    assert table["light"].to_dict() == pytest.approx({"a": 7.0, "b": 0.0})
    bare = facts()
    assert not bare.studies
    for name in ("built_up", "built_up_change", "population_share", "candidates", "consumption", "steep"):
        assert np.isnan(values(getattr(measures, name), bare)).all()
