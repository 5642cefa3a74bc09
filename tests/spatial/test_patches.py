"""Patches of cells: the same however the windows are cut."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyproj
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine, features

from spatial.outlines import CellLayer, joined, outlines
from spatial.patches import Patches, around
from spatial.pixels import Window, blocks


@dataclass
class Grid:
    shape: tuple[int, int]
    chunk: tuple[int, int] = (1024, 1024)
    transform = Affine(10, 0, 500, 0, -10, 900)


def found(cells, chunk, least=1):
    collected = Patches(least)
    for window in blocks(Grid(cells.shape, chunk)):
        row, column, height, width = window
        collected.add(window, cells[row : row + height, column : column + width])
    return collected.finish()


def drawn(runs):
    return outlines(runs).shapes(Grid.transform)


def vectorised(cells):
    grid = Grid(cells.shape).transform
    shapes = features.shapes(cells.astype("uint8"), mask=cells, transform=grid)
    return [shapely.geometry.shape(shape) for shape, _ in shapes]


def same(some, others):
    return sorted(shapely.to_wkt(shapely.normalize(some))) == sorted(
        shapely.to_wkt(shapely.normalize(others))
    )


@given(
    st.integers(1, 12).flatmap(lambda w: st.lists(st.lists(st.booleans(), min_size=w, max_size=w), min_size=1, max_size=14)),
    st.integers(1, 14), st.integers(1, 12), st.integers(1, 6),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_patches_are_the_same_however_windows_are_cut(rows, tall, wide, least):
    cells = np.array(rows, dtype=bool)
    whole = found(cells, (1024, 1024), least)
    cut = found(cells, (tall, wide), least)
    assert [column.tolist() for column in cut] == [column.tolist() for column in whole]
    expected = [shape for shape in vectorised(cells) if shape.area >= least * 100]
    assert same(drawn(cut), expected)


def test_a_spiral_through_many_windows_is_one_patch():
    cells = np.zeros((41, 41), dtype=bool)
    for ring in range(0, 20, 2):
        cells[ring, ring : 41 - ring] = cells[40 - ring, ring : 41 - ring] = True
        cells[ring : 41 - ring, ring] = cells[ring : 41 - ring, 40 - ring] = True
        cells[ring + 1, ring] = False
        cells[ring + 2, ring : ring + 2] = True
    assert found(cells, (1024, 1024)).number == 1
    assert found(cells, (3, 5)).number == 1


def test_windows_left_out_do_not_join_what_lies_apart():
    collected = Patches()
    collected.add(Window(0, 0, 2, 2), np.ones((2, 2), dtype=bool))
    collected.add(Window(4, 0, 2, 2), np.ones((2, 2), dtype=bool))
    assert collected.take().number == 0
    collected.add(Window(9, 0, 1, 2), np.zeros((1, 2), dtype=bool))
    assert collected.take().rows.tolist() == [0, 1]
    assert collected.finish().cells().tolist() == [4]
    assert Patches().finish().number == 0


@given(st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=1, max_size=9))
@settings(max_examples=200, deadline=None)
def test_around_are_the_cells_that_touch(rows):
    cells = np.array(rows, dtype=bool)
    some = found(cells, (4, 4))
    if not some.number:
        return
    of, lines, starts, ends = around(some)
    for number in range(some.number):
        near = {
            (row + down, column + right)
            for patch, row, start, end in zip(*some, strict=True)
            if patch == number
            for column in range(start, end)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
        }
        own = [
            (row, column)
            for row, start, end in zip(
                lines[of == number], starts[of == number], ends[of == number], strict=True
            )
            for column in range(start, end)
        ]
        assert sorted(own) == sorted(near)


def test_outlines_turn_left_and_may_be_taken_in_any_order():
    cells = np.random.default_rng(3).random((40, 40)) < 0.55
    own = outlines(found(cells, (7, 7)))
    plain = own.shapes(Grid.transform)
    assert shapely.is_valid(plain).all()
    assert shapely.is_ccw(shapely.get_exterior_ring(plain)).all()
    assert same(plain, vectorised(cells))
    order = np.random.default_rng(4).permutation(own.number)
    some = own.taken(order).shapes(Grid.transform)
    assert all(one.equals_exact(other) for one, other in zip(plain[order], some, strict=True))
    again = joined([own.taken(order[:5]), own.taken(order[5:])]).shapes(Grid.transform)
    assert all(one.equals_exact(other) for one, other in zip(some, again, strict=True))
    assert len(joined([]).shapes(Grid.transform)) == 0


def test_a_layer_of_outlines_comes_whole_or_in_parts():
    cells = np.random.default_rng(5).random((30, 30)) < 0.4
    own = outlines(found(cells, (7, 7)))
    order = np.random.default_rng(6).permutation(own.number)
    raster = Grid(cells.shape)
    raster.crs = pyproj.CRS("EPSG:4549")
    layer = CellLayer(pd.DataFrame({"n": order}), own, order, raster, pyproj.CRS("EPSG:4490"))
    whole, parts = layer.frame(), list(layer.parts(40))
    assert len(parts) > 5
    assert whole.crs == pyproj.CRS("EPSG:4490")
    pd.testing.assert_frame_equal(pd.concat(parts), whole)
    none = CellLayer(pd.DataFrame({"n": []}), joined([]), order[:0], raster, raster.crs)
    assert [len(part) for part in none.parts()] == [0]
    assert none.frame().empty
