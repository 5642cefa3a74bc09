"""What each role of a layer asks of its features: kind of geometry, and columns that must be filled."""

from __future__ import annotations

from typing import Final

SHAPE: Final = {
    "town_boundary": "polygon", "county_boundary": "polygon", "planned_area": "polygon",
    "construction_area": "polygon", "construction_land": "polygon", "expansion_boundary": "polygon",
    "farmland": "polygon", "redline": "polygon", "greenway": "line", "village": "point", "project": "point",
}  # fmt: skip
"""Kind of geometry by role."""

DIMENSION: Final = {"point": 0, "line": 1, "polygon": 2}

REQUIRED: Final = {
    "town_boundary": ("name",), "county_boundary": ("name",), "town": ("name", "programme", "level"),
    "planned_area": ("name",), "construction_area": ("name",), "expansion_boundary": ("zone",),
    "town_indicator": ("name", "period"), "county_indicator": ("county", "period"),
    "exception": ("name", "clause", "document"), "meeting": ("period",),
}  # fmt: skip
"""Columns that must not be empty, by role."""

QUARTERS: Final = ("date", "listed", "built", "start", "finish", "period")
"""Columns that hold quarters, ``2016Q2``."""

WHOLE: Final = (
    "batch", "round", "scenic_grade", "yellow_cards", "employed", "employed_secondary", "employed_tertiary",
    "population", "built_up_population",
)  # fmt: skip
"""Columns that hold whole numbers."""

AMOUNT_SUFFIXES: Final = ("_yi", "_m2", "_km2", "_ha")
"""Ends of the names of columns that hold amounts of money and land."""
