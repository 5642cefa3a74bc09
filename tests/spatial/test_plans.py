from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from spatial.areas import legal_area
from spatial.plans import NONE, Tolerance, differences

CRS = "EPSG:4549"
E0, N0 = 572_000.0, 3_402_000.0


def plan(*rows):
    return gpd.GeoDataFrame(
        {"kind": [kind for kind, _ in rows], "fid": [str(n) for n in range(1, len(rows) + 1)]},
        geometry=[shapely.affinity.translate(shape, E0, N0) for _, shape in rows], crs=CRS,
    )  # fmt: skip


def towns(*shapes):
    index = [f"t{n}" for n in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame(
        index=index, geometry=[shapely.affinity.translate(shape, E0, N0) for shape in shapes], crs=CRS
    )


WHOLE = towns(box(-1000, -1000, 5000, 5000))


def test_each_type_of_difference():
    one = plan(("construction", box(0, 0, 500, 100)), ("agricultural", box(500, 0, 1000, 100)))
    other = plan(
        ("construction", box(0, 0, 300, 100)),  # 300 to 500: built by one, kept by the other
        ("agricultural", box(300, 0, 600, 100)), ("construction", box(600, 0, 603, 100)),  # 3 m: a shift
        ("agricultural", box(603, 0, 700, 100)), ("construction", box(700, 0, 715, 15)),  # 225 m²: scale
        ("agricultural", box(700, 15, 715, 100)), ("agricultural", box(715, 0, 800, 100)),
        ("construction", box(800, 0, 800.2, 100)), ("agricultural", box(800.2, 0, 900, 100)),  # a sliver
    )  # fmt: skip
    found = differences(one, other, WHOLE).patches
    got = {(row.type, round(row.area_m2, -1)) for row in found.itertuples()}
    assert got == {
        ("construction-farmland", 20000), ("shift", 300), ("scale", 220), ("sliver", 20), ("unplanned", 10000),
    }  # fmt: skip
    judged = found[found["judged"]].set_index("type")
    assert judged["gives_way"].to_dict() == {"construction-farmland": "one", "unplanned": "other"}
    assert judged.loc["construction-farmland", ["one_fid", "other_fid"]].tolist() == ["1", "2"]


def test_patches_are_cut_at_towns_and_joined_across_features():
    one = plan(("construction", box(0, 0, 100, 100)), ("construction", box(100, 0, 200, 100)))
    other = plan(("agricultural", box(0, 0, 200, 100)))
    found = differences(one, other, towns(box(0, 0, 150, 100), box(150, 0, 200, 100))).patches
    assert found.groupby("town_id")["area_m2"].sum().round(-1).to_dict() == {"t1": 15000, "t2": 5000}
    assert len(found) == 2


def test_plans_that_agree_have_no_patch_but_a_matrix():
    one = plan(("construction", box(0, 0, 100, 100)), ("agricultural", box(100, 0, 200, 100)))
    other = plan(
        ("agricultural", box(100, 0, 200, 100)),
        ("construction", box(0, 0, 60, 100)),
        ("construction", box(60, 0, 100, 100)),
    )
    found = differences(one, other, WHOLE)
    assert found.patches.empty
    assert found.matrix.loc["construction", "construction"] == pytest.approx(10_000, rel=1e-3)


def test_an_empty_plan_says_nothing():
    one, other = plan(("construction", box(0, 0, 100, 100))), plan()
    other = gpd.GeoDataFrame({"kind": [], "fid": []}, geometry=[], crs=CRS)
    found = differences(one, other, WHOLE)
    assert found.patches["type"].tolist() == ["unplanned"]
    assert found.matrix.loc["construction", NONE] == pytest.approx(10_000, rel=1e-3)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_the_matrix_adds_up_and_swaps_with_the_plans(seed):
    rng = np.random.default_rng(seed)
    kinds = ["construction", "agricultural", "unused"]

    def mosaic():
        cuts = np.sort(rng.uniform(0, 1000, 5))
        edges = [0, *cuts, 1000]
        return plan(*((kinds[rng.integers(3)], box(a, 0, b, 200)) for a, b in pairwise(edges)))

    one, other = mosaic(), mosaic()
    found, back = differences(one, other, WHOLE), differences(other, one, WHOLE)
    whole = legal_area(one.geometry.to_numpy(), CRS).sum()
    assert found.matrix.to_numpy().sum() == pytest.approx(whole, abs=0.05)
    for row in found.matrix.index:
        for column in found.matrix.columns:
            mirrored = (
                back.matrix.loc[column, row]
                if row in back.matrix.columns and column in back.matrix.index
                else 0
            )
            assert found.matrix.loc[row, column] == pytest.approx(mirrored, abs=0.05)
    assert found.patches["area_m2"].sum() == pytest.approx(
        found.matrix.to_numpy().sum()
        - sum(found.matrix.loc[k, k] for k in found.matrix.index if k in found.matrix),
        abs=0.1,
    )


def test_tolerances_are_the_callers():
    one, other = plan(("construction", box(0, 0, 3, 1000))), plan(("agricultural", box(0, 0, 3, 1000)))
    assert differences(one, other, WHOLE).patches["type"].tolist() == ["shift"]
    strict = Tolerance(shift_width_m=1.0)
    assert differences(one, other, WHOLE, strict).patches["type"].tolist() == ["construction-farmland"]
