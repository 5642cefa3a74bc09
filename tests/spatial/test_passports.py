import geopandas as gpd
import pandas as pd
import shapely

from spatial.passports import passports


def test_each_parcel_has_the_town_with_most_of_it_and_adds_up():
    parcels = gpd.GeoDataFrame(
        {"layer": ["a"] * 3, "land_class": ["0601", None, "0701"], "date": ["2016Q4"] * 3},
        geometry=[shapely.box(0, 0, 10, 10)] * 3, index=["a:0", "a:1", "a:2"], crs=4549,
    )  # fmt: skip
    others = pd.DataFrame({
        "parcel": ["a:0", "a:0", "a:1"], "town": ["t2", "t1", None], "area_m2": [60.0, 40.004, 100.0],
        "plane_m2": [60.0, 40.0, 100.0], "permitted_m2": [50.0, 10.0, 0.0], "zoned_m2": [50.0, 25.0, 100.0],
    })  # fmt: skip
    special = pd.DataFrame({"parcel": ["a:0"], "town": ["S1"], "area_m2": [5.0]})
    found = passports(parcels, [(False, others), (True, special)], boundary_only=False)
    assert found.index.tolist() == ["a:0", "a:1", "a:2"]
    assert found["town_id"].tolist()[0] == "t2"
    assert found["town_id"].isna().tolist() == [False, True, True]
    assert found["special_id"].tolist()[0] == "S1"
    assert found["area_m2"].tolist()[:2] == [100.0, 100.0]
    assert found["permitted_m2"].tolist()[:2] == [60.0, 0.0]
    assert found["no_zone_m2"].tolist()[:2] == [25.0, 0.0]
    assert pd.isna(found.loc["a:2", "area_m2"])
    assert "plane_m2" not in found
    assert "outside_m2" not in found


def test_with_the_boundary_alone_what_is_in_no_zone_is_outside():
    parcels = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], index=["a:0"], crs=4549)
    cut = pd.DataFrame({"parcel": ["a:0"], "town": ["t1"], "area_m2": [100.0], "zoned_m2": [99.996], "expansion_m2": [99.996]})  # fmt: skip
    found = passports(parcels, [(False, cut)], boundary_only=True)
    assert found["outside_m2"].tolist() == [0.0]
    assert "expansion_m2" not in found
