"""Rasters of the demo: the patches planted in them are what the study finds, and nothing else."""

import geopandas as gpd
import pandas as pd
import pytest

from layers.demo.layout import SIZES, prefecture
from layers.demo.parcels import settle
from layers.demo.rasters import CRS, LAYERS, write
from layers.rasters import open_raster
from spatial.land import construction
from spatial.measures import rasters as measures
from spatial.measures.registry import Facts
from spatial.studies.agreement import agreement
from spatial.studies.rasters import rasters


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("栅 格")
    frame = prefecture(SIZES["small"], 2016)
    parcels = settle(frame)[0]
    truth = write(folder, frame, parcels)
    opened = {}
    for name, role, path, more in LAYERS:
        opened.setdefault(role, []).append(open_raster(folder / path, name, **more))
    towns = gpd.GeoDataFrame(
        {"programme": pd.Series([None] * len(frame.names), index=frame.names, dtype=object)},
        geometry=list(frame.towns), index=pd.Index(frame.names, name="town_id"), crs=CRS,
    )  # fmt: skip
    land = gpd.GeoDataFrame({"land_class": parcels.classes}, geometry=list(parcels.shapes), crs=CRS)
    known = Facts(towns, {"construction_land": land}, "2016Q4", CRS, rasters=opened)
    studies = {"rasters": rasters(known), "raster_agreement": agreement(known)}
    return (
        truth,
        studies["raster_agreement"],
        Facts(towns, known.frames, "2016Q4", CRS, rasters=opened, studies=studies),
    )


def test_exactly_the_planted_patches_are_candidates(made):
    truth, study, _ = made
    assert len(truth["candidates"]) == 5
    found = study.layers["raster_candidate"].set_index("town_id")["area_m2"]
    assert found.to_dict() == pytest.approx(truth["candidates"], rel=1e-3)


def test_exactly_the_planted_lots_are_not_built(made):
    truth, study, _ = made
    assert len(truth["vacant"]) == 3
    layer = study.layers["parcel_candidate"]
    assert set(layer["town_id"]) == set(truth["vacant"])
    assert len(layer) == 3


def test_built_up_land_is_that_of_the_parcels(made):
    _, _, facts = made
    drawn = construction(facts.frames["construction_land"]).area.sum() + 5 * 80**2
    assert measures.built_up(facts)["value"].sum() * 1e6 == pytest.approx(drawn, rel=0.01)
    assert (measures.kappa(facts)["value"] > 0.85).all()
    assert (measures.built_up_change(facts)["value"] >= 0).all()
    assert measures.population_share(facts)["value"].between(5, 95).all()
    assert (measures.steep(facts)["value"] == 0).all()
    assert measures.consumption(facts)["value"].between(0.5, 15).all()
