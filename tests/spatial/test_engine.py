import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from shapely import Polygon, box

from spatial import kernels
from spatial.areas import legal_area
from spatial.engine import Engine, Limit, to_shapes, to_wkb
from spatial.flat import flatten, measure, sure
from spatial.grid import NOWHERE, OPEN, Grid
from spatial.lattice import Lattice

CRS = "EPSG:4549"
E0, N0 = 600_000.0, 3_402_000.0
ORIGIN = np.array([E0, N0])
compiled = pytest.mark.skipif(not kernels.COMPILED, reason="numba is not installed")


def wave(center, radius, count, lobes, depth=0.2):
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    r = radius * (1 + depth * np.sin(lobes * angle))
    return Polygon(np.column_stack([center[0] + r * np.cos(angle), center[1] + r * np.sin(angle)]))


def scene(seed=0, count=400):
    """Parcels with holes and several parts, two towns, one limit of many vertices, one of small polygons."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(0, 3000, (count, 2)) + ORIGIN
    parcels = np.array([wave(c, rng.uniform(10, 120), rng.integers(8, 60), 5) for c in centers], dtype=object)
    parcels[::7] = [
        p.difference(box(*(np.array(p.centroid.coords[0])[[0, 1, 0, 1]] + (-3, -3, 3, 3))))
        for p in parcels[::7]
    ]
    parcels[::11] = [p.union(shapely.affinity.translate(p, 300, 20)) for p in parcels[::11]]
    towns = [box(E0 - 900, N0 - 900, E0 + 1500, N0 + 5000), box(E0 + 1500, N0 - 900, E0 + 5000, N0 + 5000)]
    zone = wave((E0 + 1500, N0 + 1500), 900, 4000, 23).difference(wave((E0 + 1400, N0 + 1500), 300, 900, 7))
    fields = [
        box(x, y, x + 130, y + 90)
        for x in np.arange(E0, E0 + 3000, 200)
        for y in np.arange(N0, N0 + 3000, 170)
    ]
    limits = {"zone": gpd.GeoSeries([zone], crs=CRS), "fields": gpd.GeoSeries(fields, crs=CRS)}
    return parcels, gpd.GeoSeries(towns, crs=CRS), limits


def limit(series):
    return Limit(to_wkb(series.to_numpy()), series.index)


def run(parcels, towns, limits, size=None):
    limits = {name: limit(series) for name, series in limits.items()}
    engine = Engine(CRS, limit(towns), limits, inside=["fields"], outside=["zone"])
    size = size or len(parcels)
    results = []
    for start in range(0, len(parcels), size):
        found = engine.run(to_wkb(parcels[start : start + size]), np.arange(start, start + size))
        keys = np.column_stack([found.parcel + start, found.town])
        numbers = np.column_stack(
            [found.area, found.plane, *(v for pair in found.within.values() for v in pair)]
        )
        parts = [
            (keys[part.piece], part.area, part.plane, part.wkb.to_pylist())
            for part in (found.inside["fields"], found.outside["zone"])
        ]
        results.append((keys, numbers, parts))
    keys, numbers = (np.concatenate([result[k] for result in results]) for k in (0, 1))
    parts = [
        [
            np.concatenate([result[2][side][column] for result in results]) if column < 3
            else [wkb for result in results for wkb in result[2][side][column]]
            for column in range(4)
        ]
        for side in (0, 1)
    ]  # fmt: skip
    return keys, numbers, parts


@pytest.mark.parametrize("path", [pytest.param(True, marks=compiled), False])
def test_batches_do_not_matter_to_the_last_bit(monkeypatch, path):
    monkeypatch.setattr(kernels, "COMPILED", path)
    parcels, towns, limits = scene()
    one, many = run(parcels, towns, limits), run(parcels, towns, limits, 37)
    assert np.array_equal(one[0], many[0])
    assert np.array_equal(one[1], many[1])
    for left, right in zip(one[2], many[2], strict=True):
        assert all(np.array_equal(left[k], right[k]) for k in range(3))
        assert left[3] == right[3]


@compiled
def test_both_paths_give_the_same(monkeypatch):
    parcels, towns, limits = scene(1)
    fast = run(parcels, towns, limits)
    monkeypatch.setattr(kernels, "COMPILED", False)
    plain = run(parcels, towns, limits)
    assert np.array_equal(fast[0], plain[0])
    assert fast[1] == pytest.approx(plain[1], rel=1e-9, abs=2e-6)
    for left, right in zip(fast[2], plain[2], strict=True):
        assert np.array_equal(left[0], right[0])
        assert left[1] == pytest.approx(right[1], rel=1e-9, abs=2e-6)


def test_plane_areas_are_those_of_geos():
    parcels, towns, limits = scene(2)
    keys, numbers, (inside, outside) = run(parcels, towns, limits)
    pieces = shapely.intersection(parcels[keys[:, 0]], towns.to_numpy()[keys[:, 1]])
    zone, fields = limits["zone"].to_numpy()[0], shapely.union_all(limits["fields"].to_numpy())
    expected = [pieces, shapely.intersection(pieces, zone), shapely.intersection(pieces, fields)]
    for column, shapes in zip((1, 3, 5), expected, strict=True):
        assert numbers[:, column] == pytest.approx(shapely.area(shapes), rel=1e-9, abs=1e-6)
    assert outside[2].sum() == pytest.approx(shapely.area(shapely.difference(pieces, zone)).sum(), rel=1e-9)
    for part in (inside, outside):
        shapes = to_shapes(pa.array(part[3], pa.binary()))
        assert shapely.is_valid(shapes).all()
        assert shapely.area(shapes) == pytest.approx(part[2], rel=1e-8, abs=1e-5)


def test_parcels_of_all_sizes_in_one_batch_find_what_is_near():
    rng = np.random.default_rng(3)
    side = 30 * 2.0 ** rng.uniform(0, 9, 300)
    low = rng.uniform(-9000, 9000, (300, 2)) + ORIGIN
    parcels = shapely.box(*low.T, *(low + side[:, None]).T)
    zone = wave((E0, N0), 7000, 20_000, 61).difference(wave((E0, N0), 3000, 5000, 31))
    engine = Engine(CRS, None, {"zone": limit(gpd.GeoSeries([zone], crs=CRS))}, outside=["zone"])
    found = engine.run(to_wkb(parcels), np.arange(300))
    shared = shapely.area(shapely.intersection(parcels, zone))
    assert found.within["zone"][1] == pytest.approx(shared, rel=1e-9, abs=1e-5)
    beyond = shapely.area(to_shapes(found.outside["zone"].wkb)).sum()
    assert beyond == pytest.approx(shapely.area(parcels).sum() - shared.sum(), rel=1e-9)
    assert not len(found.issues)


@compiled
@pytest.mark.parametrize("side", [30, 220, 700, 1900])
def test_legal_areas_of_the_lattice_are_those_of_the_formula(side):
    rng = np.random.default_rng(side)
    shapes = np.array([wave(c, side / 2.5, 40, 3) for c in rng.uniform(-60_000, 60_000, (200, 2)) + ORIGIN])
    flat, lattice = flatten(to_wkb(shapes)), Lattice(CRS)
    found = measure(flat, lattice, lattice.places(flat.box))
    assert found.legal == pytest.approx(legal_area(shapes, CRS), rel=1e-10)
    assert found.plane == pytest.approx(shapely.area(shapes), rel=1e-13)
    assert (found.legal < found.plane).all()


@pytest.mark.parametrize("path", [pytest.param(True, marks=compiled), False])
def test_area_on_the_ellipsoid_adds_up_and_is_that_of_fine_edges(monkeypatch, path):
    monkeypatch.setattr(kernels, "COMPILED", path)
    whole = box(E0 + 30_000, N0, E0 + 30_700, N0 + 700)
    halves = [box(E0 + 30_000, N0, E0 + 30_123, N0 + 700), box(E0 + 30_123, N0, E0 + 30_700, N0 + 700)]
    shapes = np.array([whole, *halves], dtype=object)
    flat, lattice = flatten(to_wkb(shapes)), Lattice(CRS)
    ground = measure(flat, lattice, lattice.places(flat.box)).ground
    assert ground[1] + ground[2] == pytest.approx(ground[0], abs=1e-4)
    assert ground == pytest.approx(legal_area(shapely.segmentize(shapes, 1.0), CRS), abs=1e-3)


@compiled
def test_what_is_sure_is_valid():
    rng = np.random.default_rng(4)
    shapes = np.array([Polygon(rng.integers(0, 12, (rng.integers(3, 9), 2))) for _ in range(4000)])
    doubtless = sure(flatten(to_wkb(shapes)))
    valid = shapely.is_valid(shapes)
    assert valid[doubtless].all()
    assert doubtless.sum() > 0.8 * valid.sum()


@compiled
def test_what_is_sure_of_several_rings_is_valid():
    rng = np.random.default_rng(5)

    def rings(count):
        corners = rng.integers(0, 7, (count, 2))
        return [
            [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
            for (x, y), w, h in zip(
                corners, rng.integers(1, 5, count), rng.integers(1, 5, count), strict=True
            )
        ]

    shells = [(0, 0), (9, 0), (9, 9), (0, 9)], [(0, 0), (9, 0), (4, 9)]
    holed = [Polygon(shells[k % 2], rings(rng.integers(1, 3))) for k in range(3000)]
    several = [
        shapely.MultiPolygon([Polygon(ring) for ring in rings(rng.integers(2, 4))]) for _ in range(3000)
    ]
    both = [
        shapely.MultiPolygon([a, shapely.affinity.translate(a, *rng.integers(8, 12, 2))]) for a in holed[:999]
    ]
    for shapes in (holed, several, both):
        doubtless = sure(flatten(to_wkb(np.array(shapes, dtype=object))))
        valid = shapely.is_valid(shapes)
        assert valid[doubtless].all()
        assert doubtless.sum() > 0.3 * valid.sum()
        assert not valid.all()


@pytest.mark.parametrize("path", [pytest.param(True, marks=compiled), False])
def test_the_grid_settles_only_what_is_clear(monkeypatch, path):
    monkeypatch.setattr(kernels, "COMPILED", path)
    monkeypatch.setattr("spatial.grid._BLOCK", 2000)
    shapes = np.array([wave((E0, N0), 1500, 3000, 9), wave((E0 + 4000, N0), 900, 2000, 5)])
    flat, lattice = flatten(to_wkb(shapes)), Lattice(CRS)
    grid = Grid(flat, measure(flat, lattice, lattice.places(flat.box)).turn)
    low = np.random.default_rng(6).uniform((-3000, -3000), (6000, 3000), (5000, 2)) + ORIGIN
    boxes = np.column_stack([low, low + 40])
    found = grid.classify(boxes)
    squares = shapely.box(*boxes.T)
    for number, shape in enumerate(shapes):
        shapely.prepare(shape)
        assert shapely.contains_properly(shape, squares[found == number]).all()
        assert not shapely.intersects(shape, squares[found == NOWHERE]).any()
    assert 0 < (found == OPEN).mean() < 0.25
    assert {0, 1, NOWHERE, OPEN} == set(found.tolist())


@compiled
@pytest.mark.parametrize("jitter", [0, 1e-12, 1e-9, 1e-6, 1e-3])
def test_areas_of_near_coincident_edges(jitter):
    rng = np.random.default_rng(8)
    side = np.linspace(0, 100, 21)
    ring = np.concatenate([
        np.column_stack([side, 0 * side])[:-1], np.column_stack([0 * side + 100, side])[:-1],
        np.column_stack([side, 0 * side + 100])[:0:-1], np.column_stack([0 * side, side])[:0:-1],
    ])  # fmt: skip
    shapes = np.array([Polygon(ring + ORIGIN + rng.normal(0, jitter, ring.shape)) for _ in range(50)])
    zone = gpd.GeoSeries([Polygon(ring + ORIGIN)], crs=CRS)
    found = Engine(CRS, None, {"zone": limit(zone)}).run(to_wkb(shapes), np.arange(50))
    expected = shapely.area(shapely.intersection(shapes, zone[0]))
    assert found.within["zone"][1] == pytest.approx(expected, abs=2e-6)


def test_z_and_other_byte_order_are_read():
    solid = shapely.force_3d(box(E0, N0, E0 + 10, N0 + 10), 5.0)
    plain = box(E0 + 20, N0, E0 + 30, N0 + 10)
    raw = [shapely.to_wkb(solid), shapely.to_wkb(plain, byte_order=0), b"\x01\x02", None]
    found = Engine(CRS, None, {}).run(pa.array(raw, pa.binary()), ["a", "b", "c", "d"])
    assert found.plane.tolist() == pytest.approx([100, 100])
    assert found.issues[["code", "id"]].to_numpy().tolist() == [["issue-geometry-set-aside", "c"]]
    assert not shapely.has_z(to_shapes(found.wkb())).any()
