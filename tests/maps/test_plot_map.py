import re

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from maps.plot_map import HEIGHT_MM, SCALES, WIDTH_MM, draw, window

NONE = gpd.GeoDataFrame(pd.DataFrame(columns=["line", "sliver"]), geometry=[], crs=4549)


@pytest.mark.parametrize(
    ("side", "scale"),
    [(1, 500), (30, 500), (32, 1000), (100, 2000), (1000, 20_000), (9_000, 200_000), (1e9, 500_000)],
)
def test_neat_scale_leaves_room(side, scale):
    box_, found = window((0, 0, side, side))
    assert found == scale
    assert found in SCALES
    assert box_[2] - box_[0] == pytest.approx(WIDTH_MM * scale / 1000)
    assert box_[3] - box_[1] == pytest.approx(HEIGHT_MM * scale / 1000)


def layer(shape, **columns):
    return gpd.GeoDataFrame({key: [value] for key, value in columns.items()}, geometry=[shape], crs=4549)


def test_lengths_are_true_and_only_what_is_shown_is_in_the_legend():
    near = {
        "farmland": layer(box(60, 0, 90, 30)),
        "redline": layer(box(900, 900, 990, 990)),
        "town_boundary": layer(box(-5000, -5000, 5000, 5000), name="甲镇"),
    }
    drawn = draw(box(0, 0, 100, 100), NONE, lambda _: near, "zh")
    assert drawn.scale == 2000
    assert [label for _, label in drawn.legend] == ["申报地块", "永久基本农田"]
    last = re.findall(r'<path d="(M[^"]+)"', drawn.svg)[1]
    xs = [float(part.split()[0]) for part in re.split("[ML]", last.rstrip("Z"))[1:]]
    assert max(xs) - min(xs) == pytest.approx(50.0)  # 100 m at 1:2,000
    assert "甲镇" in drawn.svg


def test_names_are_escaped():
    near = {"town_boundary": layer(box(-5000, -5000, 5000, 5000), name="<甲&乙>")}
    assert "&lt;甲&amp;乙&gt;" in draw(box(0, 0, 100, 100), NONE, lambda _: near, "en").svg
