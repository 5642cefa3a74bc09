import geopandas as gpd
import pytest
from shapely import box

from spatial.overlay import overlay

CRS = "EPSG:4549"
E0, N0 = 572_000.0, 3_402_000.0


def series(*shapes):
    return gpd.GeoSeries(list(shapes), index=[f"f{i}" for i in range(len(shapes))], crs=CRS)


@pytest.mark.parametrize("order", [1, -1])
def test_a_limit_inside_another_of_its_layer_counts_once(order):
    redlines = [box(E0 - 100, N0 - 100, E0 + 300, N0 + 300), box(E0 + 100, N0 + 100, E0 + 200, N0 + 200)][
        ::order
    ]
    result = overlay(series(box(E0, N0, E0 + 400, N0 + 400)), None, {"redline": series(*redlines)})
    assert result.pieces["redline_plane_m2"].tolist() == pytest.approx([90_000])
    assert result.issues["code"].tolist() == ["issue-limit-overlaps-itself"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_town_inside_another_doubles_nothing(order):
    towns = [box(E0 - 100, N0 - 100, E0 + 500, N0 + 500), box(E0 + 100, N0 + 100, E0 + 200, N0 + 200)][
        ::order
    ]
    result = overlay(series(box(E0, N0, E0 + 400, N0 + 400)), series(*towns), {})
    assert result.pieces["plane_m2"].sum() == pytest.approx(160_000)
