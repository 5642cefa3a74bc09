"""Greenways of a run: by town and county, quarter by quarter, place by place, and what to build; tables and a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table as Screen

from maps import workbook
from maps.cells import plain, records
from maps.pagedata import missing
from maps.study_tables import FLAG, OPTIONAL, TEXT, TOWN, listed
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from rich.console import Console

    from layers.results import Results
    from maps.cells import Table

_LENGTHS = (
    ("length_m", "m"), ("province_m", "m"), ("city_m", "m"), ("county_m", "m"), ("other_m", "m"), ("km_per_km2", "km/km²"),
    ("km_per_10000", "km"), ("parts", "#"), ("loops", "#"), ("road_crossings", "#"), ("road_bridges", "#"),
    ("water_crossings", "#"), ("water_m", "m"), ("redline_m", "m"), ("persons", "#"),
)  # fmt: skip
SHEETS: dict[str, tuple[tuple[str, str], ...]] = {
    "greenway_by_county": (("county", TEXT), *_LENGTHS),
    "greenway_by_town": (
        ("town_id", TOWN), *_LENGTHS, ("people_500_pct", "%"), ("people_1000_pct", "%"), ("built_500_pct", "%"),
        ("built_1000_pct", "%"), ("links_m", "m"), ("county", TEXT), ("people_from", "role-"), ("built_from", "role-"),
    ),
    "greenway_series": (
        ("period", TEXT), ("scope", "greenways-scope-"), ("name", TEXT), ("kind", "greenways-kind-"), ("total", "#"),
        ("reached", "#"), ("apart", "#"), ("near", "#"), ("unreached", "#"), ("share_pct", "%"), ("change_pp", "pp"),
    ),
    "greenway_reach": (
        ("kind", "greenways-kind-"), ("name", TEXT), ("town_id", TOWN), ("state", "greenways-state-"), ("walk_m", "m"),
        ("line_m", "m"), ("since", OPTIONAL), ("along", FLAG), ("walk_any_m", "m"), ("layer", OPTIONAL),
        ("fid", OPTIONAL),
    ),
    "greenway_links": (
        ("order", "#"), ("stage", "#"), ("places", OPTIONAL), ("gain", "#"), ("length_m", "m"), ("town_id", TOWN),
        ("places_per_km", ""), ("road_m", "m"), ("dike_m", "m"), ("path_m", "m"), ("straight_m", "m"),
        ("total_places", "#"), ("total_m", "m"), ("stage_places", "#"), ("stage_m", "m"), ("above", "#"),
        ("over_water_m", "m"), ("in_redline_m", "m"),
    ),
    "greenway_parts": (("part", "#"), ("length_m", "m"), ("counts", FLAG), ("edges", "#"), ("loops", "#")),
}  # fmt: skip
"""Columns of each table and what stands in them (`maps.study_tables`)."""
_HIDDEN = {
    "other_m", "county", "people_from", "built_from", "along", "walk_any_m", "layer", "fid", "stage_places", "stage_m",
    "above", "over_water_m", "in_redline_m", "persons", "water_m", "change_pp",
}  # fmt: skip
_NOT_OF_ALL = {"walk_m", "line_m", "walk_any_m", "along", "links_m", "change_pp"}
_SHOWN = ("county", "length_m", "parts", "loops")
_MOST = 12


def tables(results: Results, lang: Lang) -> list[Table]:
    """Tables of greenways, those that the run has."""
    frames = {code: _said(results, code, lang) for code in SHEETS if len(results.tables.get(code, ()))}
    counties = {code for code in frames if code == "greenway_by_county"}
    made = []
    for codes, hidden in ((counties, _HIDDEN - {"county"}), (frames.keys() - counties, _HIDDEN)):
        columns = {code: SHEETS[code] for code in SHEETS if code in codes}
        made += listed(results, frames, columns, "greenways", lang, unprinted=hidden, not_of_all=_NOT_OF_ALL)
    return made


def _said(results: Results, code: str, lang: Lang) -> pd.DataFrame:
    """A table with towns of the series by name, and the sum over all called so."""
    table = results.tables[code]
    if code == "greenway_by_county":
        return table.assign(
            county=table["county"].astype(object).where(table["county"].notna(), text("greenways-all", lang))
        )
    if code != "greenway_series":
        return table
    names = table["name"].map(results.towns["name"].to_dict())
    names = names.where(names.notna(), table["name"])
    return table.assign(name=names.astype(object).where(names.notna(), text("greenways-all", lang)))


def write_workbook(results: Results, path: Path, lang: Lang) -> None:
    """Write all tables as a workbook."""
    title = text("greenways-title", lang, title=results.title)
    workbook.write_tables(tables(results, lang), path, title, lang, demo=results.demo)


def render(results: Results, lang: Lang, console: Console) -> None:
    """Print lengths and reach by county, and what to build first."""
    screen = Screen(box=box.ASCII, title=text("greenways-by-county", lang), title_justify="left")
    for name in (*_SHOWN, "villages", "reached", "near"):
        head = text("greenways-kind-village" if name == "villages" else f"greenways-{name}", lang)
        head += " (km)" if name.endswith("_m") else ""
        screen.add_column(head, justify="left" if name == "county" else "right")
    reach = _villages(results)
    counties = results.tables["greenway_by_county"]["county"]
    for county, row in zip(counties, records(_said(results, "greenway_by_county", lang)), strict=True):
        told = reach.get("" if missing(county) else str(county), {})
        cells = [_printed(row[name], name) for name in _SHOWN]
        screen.add_row(*cells, *(_printed(told.get(name), name) for name in ("total", "reached", "near")))
    console.print(screen)
    console.print(_summary(results, reach.get(""), lang))
    if first := _first(results, lang):
        console.print(first)


def _villages(results: Results) -> dict[str, dict[str, Any]]:
    """Villages of the last quarter by county; of all under an empty name."""
    table = results.tables["greenway_series"]
    if not len(table):
        return {}
    own = table[
        (table["kind"] == "village") & (table["period"] == table["period"].max()) & (table["scope"] != "town")
    ]
    return {"" if missing(row["name"]) else str(row["name"]): row for row in records(own)}


def _summary(results: Results, told: dict[str, Any] | None, lang: Lang) -> str:
    whole = results.tables["greenway_by_county"].iloc[-1]
    common = {
        "km": float(whole["length_m"]) / 1000, "parts": int(whole["parts"]), "loops": int(whole["loops"]),
    }  # fmt: skip
    if told is None:
        return text("greenways-no-villages", lang, **common)
    return text(
        "greenways-summary", lang, **common, villages=int(told["total"]), reached=int(told["reached"]),
        near=int(told["near"]), share=float(told["share_pct"]),
    )  # fmt: skip


def _first(results: Results, lang: Lang) -> str | None:
    """What to build first."""
    links = results.tables["greenway_links"]
    if not len(links):
        return None
    stage = links[links["stage"] == 1]
    names = [plain(one) for one in stage["places"] if not missing(one)]
    return text(
        "greenways-next", lang, count=len(links), km=float(links["length_m"].sum()) / 1000,
        first_km=float(stage["length_m"].sum()) / 1000, gain=int(stage["gain"].sum()),
        places=text("map-and", lang).join(names[:_MOST]),
    )  # fmt: skip


def _printed(value: Any, name: str) -> str:
    if missing(value):
        return "-"
    if name == "county":
        return str(value)
    return f"{float(value) / 1000:,.1f}" if name.endswith("_m") else f"{float(value):,.0f}"
