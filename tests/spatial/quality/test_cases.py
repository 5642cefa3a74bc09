"""Every inspector against its folder of tiny cases: some that break its rule alone, some that nearly do."""

from __future__ import annotations

import json
import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from spatial.messages import text
from spatial.quality.registry import INSPECTORS, Subject
from spatial.quality.run import inspect

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*/*.json"))
CRS = pyproj.CRS.from_epsg(4549)


def frame_of(features, layer):
    index = pd.Index([one["id"] for one in features], name="id", dtype=object)
    frame = pd.DataFrame([one.get("props", {}) for one in features], index=index)
    frame["layer"] = [one.get("layer", layer) for one in features]
    frame["fid"] = range(1, len(features) + 1)
    if not any("wkt" in one for one in features):
        return frame
    with np.errstate(invalid="ignore"):
        shapes = [one["wkt"] and shapely.from_wkt(one["wkt"]) for one in features]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


def subject_of(case):
    role = case["role"]
    frame = frame_of(case["features"], role or "layer")
    others = {name: frame_of(features, name) for name, features in case.get("others", {}).items()}
    return Subject(frame, role, CRS if "geometry" in frame else None, others)


def fits(row, wanted):
    def same(mine, asked):
        if isinstance(asked, float) and isinstance(mine, int | float):
            return math.isclose(mine, asked, rel_tol=1e-6, abs_tol=1e-6)
        return mine == asked

    told = {**row["params"], "id": row["id"]}
    return all(name in told and same(told[name], value) for name, value in wanted.items())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path):
    case = json.loads(path.read_text(encoding="utf-8"))
    code = path.parent.name
    found = inspect(subject_of(case), case.get("tolerances")).to_dict("records")
    mine = [row for row in found if row["code"] == code]
    for row in mine:
        assert all(text(code, lang, **row["params"]) for lang in ("zh", "en"))
        assert row["severity"] == INSPECTORS[code].severity
    wanted = [] if path.stem.startswith("near-") else case["expect"]
    left = list(mine)
    for one in wanted:
        hit = next((row for row in left if fits(row, one)), None)
        assert hit is not None, f"{one} not among {left}"
        left.remove(hit)
    assert not left
    if path.stem.startswith("breaks-"):
        assert {row["code"] for row in found} - {code} == set(case.get("also", []))


@pytest.mark.parametrize("code", sorted(INSPECTORS))
def test_every_inspector_has_cases(code):
    assert code.startswith("issue-")
    assert list((CASES / code).glob("breaks-*.json")), "no case that breaks it"
    assert list((CASES / code).glob("near-*.json")), "no near miss"
    assert INSPECTORS[code].source
    assert INSPECTORS[code].function.__doc__


def test_cases_belong_to_inspectors_and_are_named_for_what_they_are():
    assert {path.parent.name for path in FILES} <= set(INSPECTORS)
    assert all(path.stem.startswith(("breaks-", "near-")) for path in FILES)
