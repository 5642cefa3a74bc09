from __future__ import annotations

import numpy as np
import shapely

from maps.sketch import sketch


def shapes(*given):
    return np.array(given, dtype=object)


def test_an_outline_in_letters():
    drawn = sketch(shapes(shapely.box(0, 0, 100, 100)), [], 12, 6, braille=False)
    assert len(drawn.rows) == 6
    assert {len(row) for row in drawn.rows} == {12}
    assert drawn.rows[0].strip("#") == ""
    assert drawn.rows[2].strip("#").strip() == ""  # hollow
    assert drawn.own.shape == (6, 12)


def test_the_reference_is_drawn_apart():
    drawn = sketch(
        shapes(shapely.box(0, 0, 10, 10)), shapes(shapely.box(20, 0, 30, 10)), 30, 6, braille=False
    )
    text = "".join(drawn.rows)
    assert "#" in text
    assert "+" in text
    assert all("+" not in row[:10] for row in drawn.rows)


def test_a_far_reference_does_not_shrink_the_layer():
    near = sketch(shapes(shapely.box(0, 0, 10, 10)), shapes(shapely.box(900, 0, 990, 10)), 30, 6)
    assert near.width < 100


def test_braille_dots_of_a_point_and_of_many_parcels():
    drawn = sketch(shapes(shapely.Point(5, 5), shapely.Point(6, 6)), [], 10, 5)
    assert sum((ord(cell) - 0x2800).bit_count() for row in drawn.rows for cell in row) == 2
    grid = [shapely.box(x, y, x + 1, y + 1) for x in range(30) for y in range(30)]
    filled = sketch(shapes(*grid), [], 10, 5)
    assert "⣿" in filled.rows[2]


def test_nothing_to_draw():
    assert sketch(shapes(shapely.Point(5, 5)), [], 10, 5) is None
    assert sketch(shapes(None, shapely.Polygon(), shapely.Point(np.nan, 0)), [], 10, 5) is None
