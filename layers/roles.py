"""Roles that a layer can play, and the columns that each role has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "integer", "quarter", "date"]
Shape = Literal["polygon", "line", "point", "table", "raster"]


@dataclass(frozen=True)
class Column:
    """One canonical column; `unit` is what its numbers are in."""

    name: str
    kind: Kind = "text"
    required: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Role:
    """One role: what kind of layer plays it, and its columns."""

    name: str
    shape: Shape
    columns: tuple[Column, ...]
    required: bool = False

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


NAME = Column("name", required=True)
_TOWN = (
    Column("programme"),
    Column("level"),
    Column("town_code"),
    Column("host_town"),
    Column("county"),
    Column("county_code"),
    Column("batch", "integer"),
    Column("round", "integer"),
    Column("listed", "quarter"),
    Column("built", "quarter"),
    Column("status"),
    Column("scenic_grade", "integer"),
    Column("industry"),
    Column("exempt_industry"),
    Column("yellow_cards", "integer"),
    Column("approved_planned_km2", "number", unit="km²"),
    Column("approved_construction_km2", "number", unit="km²"),
)
_REGISTER = tuple(
    Column(c.name, c.kind, required=c.name in {"programme", "level"}, unit=c.unit) for c in _TOWN
)


_IN_FORCE = (Column("plan"), Column("in_force_from", "date"), Column("in_force_to", "date"))
_KNOWN = (Column("known_on", "date"), Column("prices"))
_PLAN = (
    Column("name"),
    Column("plan_kind"),
    Column("land_class"),
    Column("approval"),
    *_IN_FORCE,
)
_SITE = (Column("name"), Column("town"), Column("kind"), Column("state"))
_PROJECT = (
    Column("code"),
    Column("funding_yi", "number", unit="亿元"),
    Column("counted"),
    Column("period", "quarter"),
)


def _numbers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "number", unit="亿元" if name.endswith("_yi") else "人") for name in names)


ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role("town_boundary", "polygon", (NAME, *_TOWN), required=True),
        Role("county_boundary", "polygon", (NAME, Column("county_code"))),
        Role("town", "table", (NAME, *_REGISTER)),
        Role("planned_area", "polygon", (NAME, *_TOWN, *_IN_FORCE)),
        Role("construction_area", "polygon", (NAME,)),
        Role(
            "construction_land",
            "polygon",
            (
                Column("land_class"),
                Column("registered_m2", "number", unit="m²"),
                Column("land_use_name"),
                Column("approval"),
                Column("date", "quarter"),
            ),
        ),
        Role(
            "expansion_boundary",
            "polygon",
            (
                Column("zone", required=True),
                Column("stated_ha", "number", unit="ha"),
                Column("approval"),
                *_IN_FORCE,
            ),
        ),
        Role(
            "land_quota",
            "table",
            (
                NAME,
                Column("county"),
                Column("period", "quarter", required=True),
                Column("quota_mu", "number", required=True, unit="mu"),
            ),
        ),
        Role(
            "inefficient_land",
            "polygon",
            (*_SITE, Column("found_on", "date"), Column("done_on", "date")),
        ),
        Role(
            "park",
            "polygon",
            (*_SITE, Column("start", "quarter"), Column("finish", "quarter")),
        ),
        Role("built_up", "polygon", (Column("name"), Column("date", "quarter"))),
        Role("population", "point", (Column("persons", "number", required=True, unit="人"),)),
        Role("urban_plan", "polygon", _PLAN),
        Role("land_use_plan", "polygon", _PLAN),
        Role("farmland", "polygon", (Column("stated_m2", "number", unit="m²"),)),
        Role("redline", "polygon", (Column("name"), Column("kind"))),
        Role(
            "greenway",
            "line",
            (Column("name"), Column("level"), Column("state"), Column("opened", "quarter"), Column("grade")),
        ),
        Role("greenway_access", "point", (*_SITE, Column("opened", "quarter"))),
        Role("road", "line", (Column("name"), Column("kind"), Column("grade"))),
        Role("path", "line", (Column("name"), Column("kind"), Column("grade"))),
        Role("water", "polygon", (Column("name"), Column("kind"))),
        Role("watercourse", "line", (Column("name"), Column("kind"), Column("grade"))),
        Role("town_centre", "point", (Column("name"), Column("town"))),
        Role("village", "point", (Column("name"), Column("town"))),
        Role(
            "project",
            "point",
            (
                Column("name"),
                Column("town"),
                Column("state"),
                Column("planned_yi", "number", unit="亿元"),
                Column("paid_yi", "number", unit="亿元"),
                Column("kind"),
                Column("start", "quarter"),
                Column("finish", "quarter"),
                *_PROJECT,
            ),
        ),
        Role(
            "project_report",
            "table",
            (
                NAME,
                Column("town"),
                Column("code"),
                Column("period", "quarter", required=True),
                Column("state"),
                Column("paid_yi", "number", unit="亿元"),
                Column("funding_yi", "number", unit="亿元"),
            ),
        ),
        Role("renewal_project", "polygon", (*_SITE, Column("start", "quarter"), Column("finish", "quarter"))),
        Role("street", "line", (*_SITE, Column("chief"), Column("chief_since", "date"))),
        Role("cleanup_site", "point", (*_SITE, Column("found_on", "date"), Column("done_on", "date"))),
        Role("reception_hall", "point", (*_SITE, Column("opened", "quarter"))),
        Role("built_up_raster", "raster", ()),
        Role("land_cover", "raster", ()),
        Role("night_light", "raster", ()),
        Role("population_grid", "raster", ()),
        Role("terrain", "raster", ()),
        Role(
            "town_indicator",
            "table",
            (
                NAME,
                Column("county"),
                Column("period", "quarter", required=True),
                *_numbers(
                    "gdp_yi",
                    "fiscal_revenue_yi",
                    "fixed_investment_yi",
                    "housing_investment_yi",
                    "complex_investment_yi",
                    "tertiary_yi",
                    "employed",
                    "employed_secondary",
                    "employed_tertiary",
                    "population",
                    "built_up_population",
                    "registered_urban_population",
                    "rural_rights_confirmed",
                    "rural_rights_total",
                ),
                *_KNOWN,
            ),
        ),
        Role(
            "county_indicator",
            "table",
            (
                Column("county", required=True),
                Column("county_code"),
                Column("period", "quarter", required=True),
                *_numbers("gdp_yi", "fiscal_revenue_yi", "fixed_investment_yi"),
                *_KNOWN,
            ),
        ),
        Role(
            "exception",
            "table",
            (
                NAME,
                Column("county"),
                Column("clause", required=True),
                Column("document", required=True),
                Column("approved_by"),
                Column("approved_on", "date"),
                Column("threshold", "number"),
            ),
        ),
        Role(
            "meeting",
            "table",
            (
                Column("period", "quarter", required=True),
                Column("meeting_on", "date"),
                Column("bulletin_on", "date"),
            ),
        ),
    )
}
