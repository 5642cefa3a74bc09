"""New built-up patches: infill, edge, outlying, counted by hand."""

from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from rasterio import Affine

from spatial import patches
from spatial.measures.registry import Facts
from spatial.studies.agreement import Shift
from spatial.studies.growth import growth

X, Y = 500000.0, 3400000.0
CRS = pyproj.CRS("EPSG:4549")


@dataclass(frozen=True)
class Grid:
    values: np.ma.MaskedArray
    name: str = "r"
    date: str | None = None
    classes: tuple[float, ...] = ()
    chunk: tuple[int, int] = (1024, 1024)
    crs: pyproj.CRS = CRS
    transform: Affine = field(default_factory=lambda: Affine(20, 0, X, 0, -20, Y))

    @property
    def shape(self):
        return self.values.shape

    def read(self, window):
        row, column, height, width = window
        return self.values[row : row + height, column : column + width]


def states():
    before = np.ma.zeros((12, 12))
    before[:4, :4] = 1
    before[1:3, 1:3] = 0
    after = before.copy()
    after[1:3, 1:3] = 1  # four cells within: all twelve around were built-up
    after[4:6, 0:2] = 1  # four cells below: of the eight cells around in the raster three were
    after[8:11, 8:10] = 1  # six cells far away
    after[7, 0] = 1  # one cell, 400 m²
    return Grid(before, date="2015Q4"), Grid(after, date="2016Q4")


def found(before, after):
    towns = gpd.GeoDataFrame(
        {"programme": pd.Series([None], index=["a"], dtype=object)}, geometry=[shapely.box(X, Y - 240, X + 240, Y)],
        index=pd.Index(["a"], name="town_id"), crs=CRS,
    )  # fmt: skip
    return growth(Facts(towns, {}, "2016Q4", CRS, rasters={"built_up_raster": [before, after]}))


@pytest.mark.parametrize("chunk", [(1024, 1024), (2, 3)])
def test_the_landscape_expansion_index(chunk):
    study = found(*(replace(one, chunk=chunk) for one in states()))
    layer = study.layers["built_up_growth"].set_index("kind")
    assert layer["lei_pct"].to_dict() == pytest.approx({"outlying": 0.0, "infill": 100.0, "edge": 37.5})
    assert layer["area_m2"].div(400).to_dict() == pytest.approx(
        {"outlying": 6, "infill": 4, "edge": 4}, rel=5e-4
    )
    table = study.tables["built_up_growth"].set_index("kind")
    assert table["count"].to_dict() == {"edge": 1, "infill": 1, "outlying": 1}
    assert set(study.rasters) == {"built_up_change"}


def test_the_index_does_not_depend_on_how_many_patches_are_worked_on_at_once(monkeypatch):
    whole = found(*states()).layers["built_up_growth"]["lei_pct"].tolist()
    monkeypatch.setattr(patches, "BATCH", 1)
    assert found(*states()).layers["built_up_growth"]["lei_pct"].tolist() == whole


def test_other_grids_are_told_and_one_state_is_nothing():
    before, after = states()
    study = found(replace(before, transform=Affine(20, 0, X + 7, 0, -20, Y)), after)
    assert study.issues["code"].tolist() == ["issue-raster-grids"]
    assert not study.layers
    assert found(replace(before, date=None), after) is None


def test_a_raster_beside_the_parcels_is_noticed():
    random = np.random.default_rng(4)
    covered = np.kron(random.random((30, 30)) < 0.3, np.ones((10, 10)))
    shift = Shift()
    shift.add(np.roll(covered, (-17, 23), axis=(0, 1)) > 0, covered)
    assert shift.cells() == (17, -23)
    here = Shift()
    here.add(covered > 0, covered)
    assert here.cells() is None
    assert Shift().cells() is None


def test_two_states_without_anything_new_between_them():
    before, after = states()
    study = found(before, replace(after, values=before.values))
    assert not len(study.layers["built_up_growth"])
    table = study.tables["built_up_growth"]
    assert not len(table)
    assert "kind" in table
