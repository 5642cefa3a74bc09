import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from spatial import kernels
from spatial.areas import balance_groups, legal_area
from spatial.overlay import overlay

CRS = "EPSG:4549"
E0, N0 = 600_000.0, 3_402_000.0


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def path(request, monkeypatch):
    """Every test on both paths of the engine: with numba's kernels, and with GEOS alone."""
    if request.param == "compiled" and not kernels.COMPILED:
        pytest.skip("numba is not installed")
    if request.param == "plain":
        monkeypatch.setattr(kernels, "COMPILED", False)
    return request.param


def series(shapes, prefix="p"):
    return gpd.GeoSeries(list(shapes), index=[f"{prefix}{i}" for i in range(len(shapes))], crs=CRS)


def blob(rng, size):
    angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 30)))
    radius = size * rng.uniform(0.3, 1, len(angle))
    center = rng.uniform(0, 3000, 2) + np.array([E0, N0])
    shape = Polygon(np.column_stack([center[0] + radius * np.cos(angle), center[1] + radius * np.sin(angle)]))
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)


def grid(rng, cells, jitter):
    """A partition of 3 x 3 km with shared, jittered corners."""
    side = 3000 / cells
    corners = np.stack(np.meshgrid(np.arange(cells + 1), np.arange(cells + 1), indexing="ij"), axis=-1) * side
    corners[1:-1, 1:-1] += rng.uniform(-jitter, jitter, (cells - 1, cells - 1, 2)) * side
    corners += (E0, N0)
    return [
        Polygon([corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]])
        for i in range(cells)
        for j in range(cells)
    ]


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(1, 4), st.booleans())
def test_nothing_is_lost_and_nothing_is_doubled(seed, towns, snapped):
    rng = np.random.default_rng(seed)
    parcels = series(grid(rng, 9, 0.3) if snapped else [blob(rng, 400) for _ in range(30)])
    split = series(grid(rng, towns, 0.2), "t")
    limit = series(
        [shapely.union_all(grid(rng, 9, 0.3)[:20])] if snapped else [blob(rng, 900) for _ in range(4)], "l"
    )
    result = overlay(parcels, split, {"zone": limit}, inside=["zone"], outside=["zone"])
    pieces = result.pieces
    plane = pieces.groupby("parcel")["plane_m2"].sum().reindex(parcels.index)
    assert plane.to_numpy() == pytest.approx(parcels.area.to_numpy(), rel=1e-9, abs=1e-6)
    legal = pieces.groupby("parcel")["area_m2"].sum().reindex(parcels.index)
    assert legal.to_numpy() == pytest.approx(legal_area(parcels, CRS), rel=1e-10, abs=1e-5)
    rounded = balance_groups(pieces["area_m2"], pieces["parcel"].factorize()[0])
    sums = pd.Series(rounded).groupby(pieces["parcel"]).sum()
    assert np.rint(sums * 100).tolist() == np.rint(legal.reindex(sums.index) * 100).tolist()
    assert (pieces["zone_m2"] <= pieces["area_m2"]).all()
    key = ["parcel", "town"]
    inside = result.inside["zone"].fillna({"town": ""}).groupby(key)["area_m2"].sum()
    outside = result.outside["zone"].fillna({"town": ""}).groupby(key)["area_m2"].sum()
    whole = pieces.fillna({"town": ""}).groupby(key)["area_m2"].sum()
    both = inside.add(outside, fill_value=0).reindex(whole.index, fill_value=0)
    assert both.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-9, abs=1e-5)
    expected = shapely.area(
        shapely.intersection(parcels.to_numpy(), shapely.union_all(limit.to_numpy()))
    ).sum()
    assert pieces["zone_plane_m2"].sum() == pytest.approx(
        shapely.area(shapely.intersection(
            shapely.intersection(parcels.to_numpy(), shapely.union_all(limit.to_numpy())),
            shapely.union_all(limit.to_numpy()),
        )).sum(), rel=1e-9, abs=1e-5,
    )  # fmt: skip
    assert expected == pytest.approx(pieces["zone_plane_m2"].sum(), rel=1e-9, abs=1e-5)


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_neither_order_nor_company_matters(seed):
    rng = np.random.default_rng(seed)
    parcels = series([blob(rng, 400) for _ in range(20)])
    split, limit = series(grid(rng, 3, 0.2), "t"), series([blob(rng, 900) for _ in range(3)], "l")
    key = ["parcel", "town"]
    together = overlay(parcels, split, {"zone": limit}).pieces.set_index(key).sort_index()
    shuffled = overlay(parcels.sample(frac=1, random_state=1), split, {"zone": limit}).pieces.set_index(key)
    alone = pd.concat(
        [overlay(parcels.iloc[[i]], split, {"zone": limit}).pieces for i in range(len(parcels))]
    )
    pd.testing.assert_frame_equal(together, shuffled.reindex(together.index), check_exact=False, rtol=1e-9)
    pd.testing.assert_frame_equal(
        together, alone.set_index(key).reindex(together.index), check_exact=False, rtol=1e-7
    )


def test_hand_worked_cut():
    parcels = series([box(E0, N0, E0 + 700, N0 + 700), box(E0 + 5000, N0, E0 + 5100, N0 + 100)])
    towns = series(
        [box(E0 - 1000, N0 - 1000, E0 + 300, N0 + 1000), box(E0 + 300, N0 - 1000, E0 + 2000, N0 + 1000)], "t"
    )
    zone = series([box(E0 + 100, N0 + 100, E0 + 500, N0 + 600)], "z")
    result = overlay(parcels, towns, {"zone": zone}, keep_geometry=True)
    table = result.pieces.fillna({"town": "none"}).set_index(["parcel", "town"])
    assert list(table.index) == [("p0", "t0"), ("p0", "t1"), ("p1", "none")]
    assert table["plane_m2"].tolist() == pytest.approx([210_000, 280_000, 10_000])
    assert table["zone_plane_m2"].tolist() == pytest.approx([100_000, 100_000, 0])
    whole = legal_area(parcels, CRS)
    assert table.loc["p0", "area_m2"].sum() == pytest.approx(whole[0], rel=1e-12)
    assert table["area_m2"].tolist() == pytest.approx([209_947.9, 279_930.5, whole[1]], abs=1)
    assert result.issues.empty


def test_a_piece_is_close_to_its_own_formula():
    parcels = series([box(E0, N0, E0 + 220, N0 + 220)])
    towns = series([box(E0 - 10, N0 - 10, E0 + 97, N0 + 500), box(E0 + 97, N0 - 10, E0 + 500, N0 + 500)], "t")
    pieces = overlay(parcels, towns, {}, keep_geometry=True).pieces
    assert pieces["area_m2"].to_numpy() == pytest.approx(legal_area(pieces["geometry"], CRS), abs=0.005)


def test_a_town_of_several_polygons_is_one_town():
    parcels = series([box(E0, N0, E0 + 300, N0 + 100)])
    town = MultiPolygon(
        [box(E0 - 10, N0 - 10, E0 + 100, N0 + 200), box(E0 + 200, N0 - 10, E0 + 400, N0 + 200)]
    )
    pieces = overlay(parcels, series([town], "t"), {}).pieces
    assert pieces["town"].fillna("none").tolist() == ["t0", "none"]
    assert pieces["plane_m2"].tolist() == pytest.approx([20_000, 10_000])


def test_land_drawn_twice_in_a_limit_counts_once_and_is_told():
    parcels = series([box(E0, N0, E0 + 100, N0 + 100)])
    twice = series([box(E0, N0, E0 + 60, N0 + 100), box(E0 + 40, N0, E0 + 80, N0 + 100)], "z")
    result = overlay(parcels, None, {"zone": twice})
    assert result.pieces["zone_plane_m2"].tolist() == pytest.approx([8_000])
    assert result.issues["code"].tolist() == ["issue-limit-overlaps-itself"]
    assert result.issues["params"][0]["area_m2"] == pytest.approx(2_000)


BOWTIE = Polygon([(E0, N0), (E0 + 10, N0 + 10), (E0 + 10, N0), (E0, N0 + 10)])
TWICE = Polygon([(E0, N0), (E0 + 10, N0), (E0 + 10, N0 + 10), (E0, N0 + 10)] * 2)
HOLE_OUTSIDE = Polygon(box(E0, N0, E0 + 10, N0 + 10).exterior, [box(E0 + 20, N0, E0 + 22, N0 + 2).exterior])
SAME_PARTS = MultiPolygon([box(E0, N0, E0 + 10, N0 + 10)] * 2)
NAN = shapely.transform(box(E0, N0, E0 + 10, N0 + 10), lambda c: np.where(c == E0 + 10, np.inf, c))


@pytest.mark.parametrize(
    ("shape", "area", "code"),
    [
        (BOWTIE, 50, "issue-geometry-repaired"),
        (TWICE, 100, "issue-geometry-repaired"),
        (HOLE_OUTSIDE, 104, "issue-geometry-repaired"),
        (SAME_PARTS, 100, "issue-geometry-repaired"),
        (NAN, 0, "issue-geometry-set-aside"),
        (Polygon([(E0, N0), (E0 + 10, N0), (E0, N0)]), 0, "issue-geometry-set-aside"),
        (shapely.LineString([(E0, N0), (E0 + 10, N0)]), 0, "issue-geometry-set-aside"),
        (Polygon(), 0, None),
        (None, 0, None),
        (shapely.force_3d(box(E0, N0, E0 + 10, N0 + 10), 5.0), 100, None),
    ],
)
def test_one_bad_geometry_costs_only_itself(shape, area, code):
    good = box(E0 + 50, N0, E0 + 60, N0 + 10)
    zone = series([box(E0 - 5, N0 - 5, E0 + 55, N0 + 15)], "z")
    result = overlay(series([shape, good]), zone, {"zone": zone}, outside=["zone"])
    plane = result.pieces.groupby("parcel")["plane_m2"].sum().reindex(["p0", "p1"], fill_value=0)
    assert plane.tolist() == pytest.approx([area, 100])
    assert result.issues["code"].tolist() == ([code] if code else [])
    assert result.outside["zone"]["plane_m2"].tolist() == pytest.approx([50])


def test_a_bad_limit_is_repaired_and_told():
    bowtie = shapely.affinity.scale(BOWTIE, 10, 10, origin=(E0, N0))
    result = overlay(series([box(E0, N0, E0 + 100, N0 + 100)]), None, {"zone": series([bowtie], "z")})
    assert result.pieces["zone_plane_m2"].tolist() == pytest.approx([5_000])
    assert result.issues.loc[0, ["code", "layer", "id"]].tolist() == ["issue-geometry-repaired", "zone", "z0"]


def test_towns_that_overlap_give_the_land_to_the_first():
    towns = series([box(E0, N0, E0 + 60, N0 + 100), box(E0 + 40, N0, E0 + 100, N0 + 100)], "t")
    result = overlay(series([box(E0, N0, E0 + 100, N0 + 100)]), towns, {})
    assert result.pieces["plane_m2"].tolist() == pytest.approx([6_000, 4_000])
    assert result.issues["code"].tolist() == ["issue-limit-overlaps-itself"]


@pytest.mark.parametrize("jitter", [0, 1e-12, 1e-9, 1e-6, 1e-3])
def test_coincident_edges_drawn_twice_do_not_disturb(jitter):
    rng = np.random.default_rng(5)
    parcels = grid(rng, 12, 0.3)
    moved = [Polygon(np.array(p.exterior.coords)[:-1] + rng.normal(0, jitter, (4, 2))) for p in parcels]
    limit = series([shapely.union_all(parcels[:70])], "z")
    result = overlay(series(moved), None, {"zone": limit}, outside=["zone"])
    both = result.pieces["zone_plane_m2"].sum() + result.outside["zone"]["plane_m2"].sum()
    assert both == pytest.approx(sum(p.area for p in moved), rel=1e-9)


def test_no_parcels_at_all():
    result = overlay(
        series([]), series([box(E0, N0, E0 + 1, N0 + 1)], "t"), {"zone": series([])}, outside=["zone"]
    )
    assert result.pieces.empty
    assert result.outside["zone"].empty


def test_a_large_limit_is_cut_locally_with_the_same_result():
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 1500 + 40 * np.sin(97 * angle) + 15 * np.sin(1031 * angle)
    ring = Polygon(np.column_stack([E0 + 1500 + radius * np.cos(angle), N0 + 1500 + radius * np.sin(angle)]))
    parcels = np.array([*grid(np.random.default_rng(3), 30, 0.3), box(E0, N0, E0 + 3000, N0 + 1700)])
    pieces = overlay(series(parcels), None, {"zone": series([ring], "z")}).pieces
    assert pieces["zone_plane_m2"].to_numpy() == pytest.approx(
        shapely.area(shapely.intersection(parcels, ring)), rel=1e-9, abs=1e-6
    )
