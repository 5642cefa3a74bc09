"""The small results with quarters: a series, land that changed, sites over time, projects with dates."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from tests.maps.results_fixture import CRS, RULES, SIDE, X0, Y0, small_results

if TYPE_CHECKING:
    from layers.results import Results

DEFAULTS: dict[str, Any] = {
    "levels": [], "tolerance": 0.0, "town_threshold": None, "town_tolerance": 0.0, "miss": "fail",
    "condition": "condition-target-missed", "due": None, "prorate": False, "first": None, "last": None,
    "period": {"zh": "", "en": ""},
}  # fmt: skip
LEAD = {
    "330402101": {"2015Q4": 1.2, "2016Q1": 2.4, "2016Q2": 2.6},
    "330481102": {"2016Q1": 1.0},
}
INVESTED = {"2015Q3": 2.0, "2015Q4": 3.0, "2016Q1": 1.0, "2016Q2": 2.0}


def dated_results() -> Results:
    """Results as of 2016Q2 whose indicators go back to 2015Q4 (the lead in growth) and 2015Q3 (investment of S1)."""
    base = small_results()
    rules = [
        {**DEFAULTS, **rule, "programme": None if rule["applies"] == "programme" else rule["applies"]}
        for rule in RULES
    ]
    head = {"issued": "2016-03-10", "source": "演示", "scheme": "made", "as_of": None, "settings": {}}
    project = base.context["project"].assign(town_id="S1", start=None, finish=None)
    first = project.index[0]
    project.loc[first, ["start", "finish", "planned_yi"]] = ["2015Q4", "2016Q3", 8.0]
    corner = (X0 + 1.2 * SIDE, Y0 + 0.3 * SIDE)
    return dataclasses.replace(
        base,
        rulebook={**base.rulebook, **head, "rules": rules},
        context={
            **base.context,
            "project": project,
            "land_change": _land(*corner),
            "cleanup_site_state": _points(*corner),
            "raster_candidate": _squares(["330402101"], *corner),
            "somebody_elses": _squares([None], X0 + 1.6 * SIDE, Y0 + 0.6 * SIDE),
        },
        tables={"series": _series(), "land_change": _moved(), "site_counts": _counted()},
    )


def _series() -> pd.DataFrame:
    rows = [
        {"town_id": town, "measure": "gdp_growth_lead_pp", "period": quarter, "value": value, "unit": "pp"}
        for town, values in LEAD.items()
        for quarter, value in values.items()
    ]
    rows += [
        {"town_id": "S1", "measure": "investment_year_yi", "period": quarter, "value": value, "unit": "亿元"}
        for quarter, value in INVESTED.items()
    ]
    return pd.DataFrame(rows)


def _land(x: float, y: float) -> gpd.GeoDataFrame:
    boxes = [shapely.box(x, y, x + 200, y + 100), shapely.box(x + 400, y, x + 500, y + 100)]
    boxes += [shapely.box(x, y + 300, x + 100, y + 350), shapely.box(x, y + 400, x + 90, y + 400.3)]
    return gpd.GeoDataFrame(
        {
            "kind": ["new", "new", "gone", "gone"],
            "land_class": ["0601", "0701", "0702", "0702"],
            "area_m2": [20_000.0, 10_000.0, 5_000.0, 27.0],
            "width_m": [100.0, 100.0, 50.0, 0.3],
            "sliver": [False, False, False, True],
        },
        geometry=boxes,
        crs=CRS,
    )


def _moved() -> pd.DataFrame:
    rows = [
        ("330402102", "new", "permitted", "0601", 20_000.0, 1, "2015Q4", "2016Q2"),
        ("330402102", "new", "restricted", "0701", 10_000.0, 1, "2015Q4", "2016Q2"),
        ("330402102", "gone", "permitted", "0702", 5_000.0, 1, "2015Q4", "2016Q2"),
    ]
    columns = ["town_id", "kind", "zone", "land_class", "area_m2", "count", "before", "after"]
    return pd.DataFrame(rows, columns=columns)


def _counted() -> pd.DataFrame:
    rows = [
        ("S1", "cleanup_site", "河道", "planned", "2016Q1", 2),
        ("S1", "cleanup_site", "河道", "done", "2016Q2", 1),
        ("S1", "cleanup_site", "道路", "done", "2016Q2", 1),
    ]
    return pd.DataFrame(rows, columns=["town_id", "role", "kind", "state", "period", "count"])


def _points(x: float, y: float) -> gpd.GeoDataFrame:
    columns = {"town_id": ["330402102"] * 2, "kind": ["河道", "道路"], "state": ["done", "planned"]}
    return gpd.GeoDataFrame(
        columns, geometry=[shapely.Point(x, y + 900), shapely.Point(x + 500, y + 900)], crs=CRS
    )


def _squares(towns: list[Any], x: float, y: float) -> gpd.GeoDataFrame:
    columns = {"town_id": towns, "area_m2": [250_000.0] * len(towns)}
    return gpd.GeoDataFrame(
        columns, geometry=[shapely.box(x, y + 1200, x + 500, y + 1700)] * len(towns), crs=CRS
    )
