"""Lines cut at towns: parts add up, borders are of one town."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.lengths import cut_lines, lengths

CRS = "EPSG:4549"
X, Y = 500_000, 3_400_000
TOWNS = gpd.GeoDataFrame(
    {"programme": [None, "pilot", "special"]},
    index=pd.Index(["A", "B", "S"], name="town_id"),
    geometry=[
        shapely.box(X, Y, X + 1_000, Y + 1_000),
        shapely.box(X + 1_000, Y, X + 2_000, Y + 1_000),
        shapely.box(X + 900, Y + 400, X + 1_100, Y + 600),
    ],
    crs=CRS,
)


def by_town(*lines):
    return cut_lines(
        np.array([shapely.LineString(np.add(one, (X, Y))) for one in lines], dtype=object), TOWNS
    )


def test_a_line_is_cut_at_the_border_and_the_special_town_has_its_own():
    found = by_town([(500, 500), (2_300, 500)])
    told = found.set_index(found["town_id"].fillna("-"))["length_m"]
    assert told.to_dict() == pytest.approx({"A": 500, "B": 1_000, "-": 300, "S": 200}, rel=1e-6)


def test_a_line_along_the_border_is_of_the_first_town():
    found = by_town([(1_000, 0), (1_000, 300)])
    assert found["town_id"].tolist() == ["A"]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(-5, 25), st.integers(-3, 13)), min_size=2, max_size=6, unique=True),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_lengths_add_up_over_towns(lines):
    shapes = [[(x * 100, y * 100) for x, y in one] for one in lines]
    found = by_town(*shapes)
    own = found[~found["special"].astype(bool)].groupby("at")["length_m"].sum()
    drawn = np.array([shapely.LineString(np.add(one, (X, Y))) for one in shapes], dtype=object)
    simple = shapely.is_simple(drawn)
    assert own.reindex(range(len(drawn))).to_numpy()[simple] == pytest.approx(
        lengths(drawn, CRS)[simple], rel=1e-6, abs=1e-3
    )
