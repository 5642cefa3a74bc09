"""Measures: one number per town, each with its unit, how it was computed, and from which rows."""

from __future__ import annotations

from spatial.measures import growth, investment, land, programme, projects, register, sites
from spatial.measures.registry import MEASURES, Facts, Measure, measure, measure_all

__all__ = [
    "MEASURES",
    "Facts",
    "Measure",
    "growth",
    "investment",
    "land",
    "measure",
    "measure_all",
    "programme",
    "projects",
    "register",
    "sites",
]
