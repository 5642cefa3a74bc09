"""Sheets against pictures of them that were looked at; `python -m tests.maps.test_sheet_pictures` draws them anew."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from maps import sheet_kinds
from maps.installed import ASSETS
from maps.sheet_atlas import Order, atlas, pictures
from tests.maps.results_fixture import small_results

pytestmark = [
    pytest.mark.skipif(not ASSETS.is_dir(), reason="front-end files are not installed"),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]
FOLDER = Path(__file__).parent / "sheets"
DPI, FAR, SHARE = 40, 60, 0.004
"""Dots an inch; grey levels that are another colour; share of such dots that is no more another font's rim."""
SHEETS = {
    "verdict": ("verdict", None, Order()),
    "town": ("town", "云塘光伏小镇", Order()),
    "expansion-upright": ("expansion", "云塘光伏小镇", Order(landscape=False, lang="en")),
    "projects-public": (
        "projects",
        None,
        Order(public=True, review_no="浙S(2016)12号", secrecy="公开", maker="某局"),
    ),
}


def drawn(results, name):
    kind, town, order = SHEETS[name]
    made = sheet_kinds.sheets(results, [kind], [town] if town else [], order.lang)[:1]
    (page,) = pictures(atlas(results, made, order), "png", DPI)
    return page


def dots(png):
    with rasterio.open(io.BytesIO(png)) as picture:
        return picture.read([1, 2, 3]).astype(int)


def unlike(one, other):
    """Share of dots that are of another colour."""
    assert one.shape == other.shape
    return float((np.abs(one - other).max(axis=0) > FAR).mean())


@pytest.mark.parametrize("name", SHEETS)
def test_sheets_look_as_they_did(name):
    kept = (FOLDER / f"{name}.png").read_bytes()
    assert len(kept) < 60_000
    assert unlike(dots(drawn(small_results(), name)), dots(kept)) < SHARE


def test_a_wrong_colour_is_seen():
    results = small_results()
    towns = results.towns.copy()
    towns.loc["330402101", "verdict"] = "warning"
    broken = dots(drawn(replace(results, towns=towns), "verdict"))
    assert unlike(broken, dots((FOLDER / "verdict.png").read_bytes())) > 5 * SHARE


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in SHEETS:
        (FOLDER / f"{name}.png").write_bytes(drawn(small_results(), name))
