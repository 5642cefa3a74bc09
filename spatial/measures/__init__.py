"""Measures: one number per town, each with its unit, how it was computed, and from which rows."""

from __future__ import annotations

from spatial.measures import (
    greenways,
    growth,
    investment,
    land,
    land_use,
    programme,
    projects,
    rasters,
    register,
    schedule,
    sites,
)
from spatial.measures.registry import MEASURES, Facts, Measure, measure, measure_all

__all__ = [
    "MEASURES",
    "Facts",
    "Measure",
    "greenways",
    "growth",
    "investment",
    "land",
    "land_use",
    "measure",
    "measure_all",
    "programme",
    "projects",
    "rasters",
    "register",
    "schedule",
    "sites",
]
