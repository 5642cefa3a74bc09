from __future__ import annotations

import math

import pandas as pd

from spatial.measures import MEASURES, Facts, measure_all, register
from spatial.messages import catalogue

TOWNS = pd.DataFrame(
    {
        "name": ["甲", "乙", "丙"],
        "programme": ["special", "special", None],
        "scenic_grade": [3.0, math.nan, math.nan],
        "status": ["downgraded", None, None],
    },
    index=pd.Index(["a", "b", "c"], name="town_id"),
)
REGISTER = pd.DataFrame({"name": ["甲", "乙"], "layer": "名录", "fid": ["3", "4"]})


def test_scenic_grade_is_as_stated() -> None:
    found = register.scenic_grade(Facts(TOWNS, {"town": REGISTER}, "2016Q2"))
    assert found["value"]["a"] == 3.0
    assert math.isnan(found["value"]["b"])
    assert found["evidence"]["a"]["rows"] == ["3"]
    assert found["evidence"]["a"]["inputs"] == ["名录"]


def test_downgraded_needs_a_status() -> None:
    value = register.downgraded(Facts(TOWNS, {}, "2016Q2"))["value"]
    assert value["a"] == 1.0
    assert math.isnan(value["b"])


def test_no_column_is_no_data() -> None:
    assert register.yellow_cards(Facts(TOWNS, {}, "2016Q2"))["value"].isna().all()


def test_measure_all_keeps_to_the_scope() -> None:
    table = measure_all(Facts(TOWNS, {}, "2016Q2"), ["scenic_grade", "yellow_cards", "gdp_growth_pct"])
    assert table.groupby("measure")["town_id"].agg(list).to_dict() == {
        "gdp_growth_pct": ["a", "b"],  # of a town without programme only what is known
        "scenic_grade": ["a", "b"],
    }
    assert set(table["unit"]) == {"A", "%"}
    assert table["evidence"].map(type).eq(dict).all()


def test_every_measure_has_its_texts() -> None:
    texts = catalogue()
    wanted = {f"measure-{name}" for name in MEASURES} | {taken.basis for taken in MEASURES.values()}
    wanted |= {f"unit-{taken.unit}" for taken in MEASURES.values()}
    assert wanted <= texts.keys()
