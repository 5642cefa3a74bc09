"""What each role of a layer asks of its features: kind of geometry, and columns that must be filled."""

from __future__ import annotations

from typing import Final

SHAPE: Final = {
    "town_boundary": "polygon", "county_boundary": "polygon", "planned_area": "polygon",
    "construction_area": "polygon", "construction_land": "polygon", "expansion_boundary": "polygon",
    "urban_plan": "polygon", "land_use_plan": "polygon",
    "inefficient_land": "polygon", "park": "polygon", "built_up": "polygon", "population": "point",
    "farmland": "polygon", "redline": "polygon", "greenway": "line", "village": "point", "project": "point",
    "greenway_access": "point", "road": "line", "path": "line", "water": "polygon", "watercourse": "line",
    "town_centre": "point",
    "renewal_project": "polygon", "street": "line", "cleanup_site": "point", "reception_hall": "point",
}  # fmt: skip
"""Kind of geometry by role."""

DIMENSION: Final = {"point": 0, "line": 1, "polygon": 2}

REQUIRED: Final = {
    "town_boundary": ("name",), "county_boundary": ("name",), "town": ("name", "programme", "level"),
    "planned_area": ("name",), "construction_area": ("name",), "expansion_boundary": ("zone",),
    "town_indicator": ("name", "period"), "county_indicator": ("county", "period"),
    "exception": ("name", "clause", "document"), "meeting": ("period",), "project_report": ("name", "period"),
    "land_quota": ("name", "period", "quota_mu"), "population": ("persons",),
}  # fmt: skip
"""Columns that must not be empty, by role."""

_TOWN = {
    "name", "programme", "level", "town_code", "host_town", "county", "county_code", "batch", "round", "listed",
    "built", "status", "scenic_grade", "industry", "exempt_industry", "yellow_cards", "approved_planned_km2",
    "approved_construction_km2",
}  # fmt: skip

_IN_FORCE = {"plan", "in_force_from", "in_force_to"}
_KNOWN = {"known_on", "prices"}
_PLAN = {"name", "plan_kind", "land_class", "approval"} | _IN_FORCE
_SITE = {"name", "town", "kind", "state"}

COLUMNS: Final = {
    "urban_plan": _PLAN, "land_use_plan": _PLAN,
    "town_boundary": _TOWN, "town": _TOWN, "planned_area": _TOWN | _IN_FORCE,
    "county_boundary": {"name", "county_code"}, "construction_area": {"name"},
    "construction_land": {"land_class", "registered_m2", "land_use_name", "approval", "date"},
    "expansion_boundary": {"zone", "stated_ha", "approval"} | _IN_FORCE, "farmland": {"stated_m2"},
    "redline": {"name", "kind"}, "greenway": {"name", "level", "state", "opened", "grade"}, "village": {"name", "town"},
    "greenway_access": {*_SITE, "opened"}, "road": {"name", "kind", "grade"}, "path": {"name", "kind", "grade"},
    "water": {"name", "kind"}, "watercourse": {"name", "kind", "grade"}, "town_centre": {"name", "town"},
    "project": {
        "name", "town", "state", "planned_yi", "paid_yi", "kind", "start", "finish", "code", "funding_yi", "counted",
        "period",
    },
    "project_report": {"name", "town", "code", "period", "state", "paid_yi", "funding_yi"},
    "renewal_project": {*_SITE, "start", "finish"}, "street": {*_SITE, "chief", "chief_since"},
    "cleanup_site": {*_SITE, "found_on", "done_on"}, "reception_hall": {*_SITE, "opened"},
    "town_indicator": {
        "name", "county", "period", "gdp_yi", "fiscal_revenue_yi", "fixed_investment_yi", "housing_investment_yi",
        "complex_investment_yi", "tertiary_yi", "employed", "employed_secondary", "employed_tertiary", "population",
        "built_up_population", "registered_urban_population", "rural_rights_confirmed", "rural_rights_total", *_KNOWN,
    },
    "land_quota": {"name", "county", "period", "quota_mu"}, "inefficient_land": {*_SITE, "found_on", "done_on"},
    "park": {"name", "town", "kind", "state", "start", "finish"}, "built_up": {"name", "date"}, "population": {"persons"},
    "county_indicator": {
        "county", "county_code", "period", "gdp_yi", "fiscal_revenue_yi", "fixed_investment_yi", *_KNOWN,
    },
    "exception": {"name", "county", "clause", "document", "approved_by", "approved_on", "threshold"},
    "meeting": {"period", "meeting_on", "bulletin_on"},
}  # fmt: skip
"""Columns that mean something, by role; a field of the source that happens to be called so means nothing."""

SURVEY: Final = {"BSM", "QSXZ", "ZLDWDM", "ZLDWMC", "QSDWDM", "QSDWMC", "XZQDM", "XZQMC"}
"""Fields of survey databases, known by their names in any layer (TD/T 1057)."""

QUARTERS: Final[tuple[str, ...]] = ("date", "listed", "built", "start", "finish", "period", "opened")
"""Columns that hold quarters, ``2016Q2``."""

WHOLE: Final[tuple[str, ...]] = (
    "batch", "round", "scenic_grade", "yellow_cards", "employed", "employed_secondary", "employed_tertiary",
    "population", "built_up_population", "registered_urban_population", "rural_rights_confirmed", "rural_rights_total",
)  # fmt: skip
"""Columns that hold whole numbers."""

AMOUNT_SUFFIXES: Final = ("_yi", "_m2", "_km2", "_ha", "_mu", "persons")
"""Ends of the names of columns that hold amounts of money, land and people."""

IN_ORDER: Final = (("start", "finish"), ("found_on", "done_on"), ("in_force_from", "in_force_to"))
"""Columns of which the first is not later than the second."""
