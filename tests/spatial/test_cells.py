import numpy as np
import pytest

from spatial.cells import distinct


@pytest.mark.parametrize("size", [3, 1 << 24, 1 << 40])
@pytest.mark.parametrize("width", [2, 3])
def test_rows_are_those_of_unique(size, width):
    rng = np.random.default_rng(size % 97)
    columns = [rng.integers(0, 5, 500)] * (width - 2) + [
        rng.integers(-size, size, 500) // 7 for _ in range(2)
    ]
    rows, position = distinct(*columns)
    expected, inverse = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    assert np.array_equal(rows, expected)
    assert np.array_equal(position, inverse.ravel())


def test_no_rows():
    rows, position = distinct(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    assert rows.shape == (0, 2)
    assert len(position) == 0
