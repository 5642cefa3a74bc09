"""Projects, sites and streets of a run: by town, one by one, against the reports, in clusters; as tables and a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from rich import box
from rich.table import Table as Screen

from maps import workbook
from maps.cells import Table, plain, records
from maps.pagedata import missing
from maps.study_tables import FLAG, OPTIONAL, TEXT, TOWN, listed
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from layers.results import Results

SHEETS: dict[str, tuple[tuple[str, str], ...]] = {
    "project_by_town": (
        ("town_id", TOWN), ("projects", "#"), ("planned", "#"), ("started", "#"), ("building", "#"), ("done", "#"),
        ("stalled", "#"), ("late", "#"), ("standing_still", "#"), ("outside_town", "#"),
        ("outside_construction_area", "#"), ("on_farmland", "#"), ("on_redline", "#"), ("in_barred_zone", "#"),
        ("with_missing_quarters", "#"), ("planned_yi", "亿元"), ("paid_yi", "亿元"), ("counted_yi", "亿元"),
        ("excluded_yi", "亿元"), ("funding_gap_yi", "亿元"), ("planned_value_yi", "亿元"), ("earned_value_yi", "亿元"),
    ),
    "project_state": (
        ("town_id", TOWN), ("name", TEXT), ("kind", TEXT), ("state", "map-state-"), ("period", TEXT),
        ("planned_yi", "亿元"), ("paid_yi", "亿元"), ("delay_quarters", "季"), ("stalled", FLAG),
        ("missing_quarters", OPTIONAL), ("in_town", FLAG), ("in_construction_area", FLAG), ("zone", "map-zone-"),
        ("on_farmland", FLAG), ("on_redline", FLAG), ("in_barred_zone", FLAG), ("code", OPTIONAL), ("start", TEXT),
        ("finish", TEXT), ("funding_gap_yi", "亿元"), ("excluded_because", "projects-why-"), ("performance", "share"),
        ("town_found", TOWN), ("land_class", TEXT), ("farmland_m2", "m²"), ("cluster", "#"), ("gi_z", ""),
        ("layer", OPTIONAL), ("fid", OPTIONAL),
    ),
    "project_reconciliation": (
        ("town_id", TOWN), ("period", TEXT), ("projects_yi", "亿元"), ("reported_yi", "亿元"),
        ("difference_yi", "亿元"), ("difference_pct", "%"), ("unknown", "#"), ("verdict", "projects-verdict-"),
    ),
    "project_clusters": (
        ("cluster", "#"), ("projects", "#"), ("towns", "#"), ("hot", "#"), ("planned_yi", "亿元"), ("paid_yi", "亿元"),
        ("reach_m", "m"), ("x", "m"), ("y", "m"),
    ),
    "site_counts": (
        ("town_id", TOWN), ("role", "role-"), ("kind", OPTIONAL), ("state", "map-state-"), ("period", TEXT),
        ("count", "#"), ("share_pct", "%"), ("area_m2", "m²"), ("length_m", "m"),
    ),
}  # fmt: skip
"""Columns of each table and what stands in them: a unit, or the prefix of what a code is called."""
_ON_SCREEN = {
    "started", "building", "planned_value_yi", "earned_value_yi", "code", "start", "finish", "performance", "town_found", "land_class", "farmland_m2", "cluster", "gi_z", "layer", "fid",
    "excluded_because", "funding_gap_yi",
}  # fmt: skip
"""Columns that are not printed."""
_SHOWN = (
    "town_id",
    "projects",
    "done",
    "late",
    "standing_still",
    "outside_town",
    "on_farmland",
    "planned_yi",
    "paid_yi",
)
_NOT_OF_ALL = {
    "farmland_m2",
    "area_m2",
    "length_m",
    "cluster",
    "performance",
    "delay_quarters",
    "in_construction_area",
    "excluded_because",
    "outside_construction_area",
}


def tables(results: Results, lang: Lang) -> list[Table]:
    """Tables of projects and of sites, those that the run has."""
    return listed(
        results, results.tables, SHEETS, "projects", lang, unprinted=_ON_SCREEN, not_of_all=_NOT_OF_ALL
    )  # fmt: skip


def write_workbook(results: Results, path: Path, lang: Lang) -> None:
    """Write all tables as a workbook."""
    title = text("projects-title", lang, title=results.title)
    workbook.write_tables(tables(results, lang), path, title, lang, demo=results.demo)


def render(results: Results, lang: Lang, console: Console) -> None:
    """Print the sums by town, and which projects are late, at a standstill, or lie where they must not."""
    names = {str(town): str(name) for town, name in results.towns["name"].items()}
    sums = Screen(box=box.ASCII, title=text("projects-by-town", lang), title_justify="left")
    for name in _SHOWN:
        whole = name in {"town_id", "planned_yi", "paid_yi"}
        side: Literal["left", "right"] = "left" if name == "town_id" else "right"
        sums.add_column(text(f"projects-{name}", lang), justify=side, no_wrap=whole, overflow="fold")
    for row in records(results.tables["project_by_town"]):
        sums.add_row(*(_printed(row[name], name, names) for name in _SHOWN))
    console.print(sums)
    for name, which in _remarks(results.tables["project_state"]).items():
        if len(which):
            listed = text("map-and", lang).join(plain(one) for one in which["name"])
            console.print(f"{text(f'projects-{name}', lang)} ({len(which)}): {listed}")


def _remarks(state: pd.DataFrame) -> dict[str, pd.DataFrame]:
    flags = {
        "late": state["late"], "stalled": state["stalled"], "outside_town": ~state["in_town"].astype("boolean"),
        "on_farmland": state["on_farmland"], "on_redline": state["on_redline"],
        "with_missing_quarters": pd.to_numeric(state["missing"]) > 0,
    }  # fmt: skip
    return {
        name: state[flag.astype("boolean").fillna(value=False).astype(bool)] for name, flag in flags.items()
    }


def _printed(value: Any, name: str, names: Mapping[str, str]) -> str:
    if name == "town_id":
        return names.get(str(value), str(value))
    if missing(value):
        return "-"
    return f"{value:,.2f}" if name.endswith("_yi") else f"{value:,.0f}"
