"""A sheet for each check: one row a town, its measures side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maps.cells import (
    NOT_APPLICABLE,
    OPERATORS,
    PROGRAMME,
    Cell,
    Column,
    Table,
    Verdict,
    plain,
    quantity,
    records,
    who_is,
)
from maps.pagedata import said
from maps.wording import rule_titles
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layers.results import Results

CHECKS: dict[str, tuple[str, ...]] = {
    "areas": (
        "planned_area_km2", "construction_area_stated", "construction_area_km2",
        "construction_area_outside_plan_m2", "construction_land_km2",
    ),
    "expansion": (
        "construction_land_outside_m2", "construction_land_conditional_m2", "construction_land_no_zone_m2",
    ),
    "investment": ("investment_year_yi", "investment_total_yi", "project_paid_share_pct"),
    "growth": (
        "gdp_growth_pct", "gdp_growth_lead_pp", "fiscal_growth_pct", "investment_growth_pct",
        "tertiary_share_change_pp", "nonfarm_employment_share_change_pp", "built_up_share_change_pp",
    ),
}  # fmt: skip
"""Measures of each check that has a sheet; all others come under ``other``."""


SUMMED = frozenset({"亿元", "m²", "km²"})
"""Units of which a sum over special towns means something; checks of other measures mix towns that lie in each other."""


def check(results: Results, code: str, lang: Lang) -> Table:
    """One row a town, for each measure of the check its value, what is asked, the margin and the verdict.

    Parameters
    ----------
    results
        What to show.
    code
        Key of `CHECKS`, or ``other`` for the measures of none.
    lang
        Language.
    """
    rows = [row for row in records(results.findings) if row["town_id"] != PROGRAMME]
    known = [name for group in CHECKS.values() for name in group]
    wanted = CHECKS.get(code) or tuple(
        dict.fromkeys(row["measure"] for row in rows if row["measure"] not in known)
    )
    slots = _slots([row for row in rows if row["measure"] in wanted], wanted)
    columns = [Column(text(f"head-{name}", lang)) for name in ("town", "level", "county")]
    ids = dict.fromkeys(town for slot in slots for town in slot)
    body: list[list[Cell]] = [
        [who[0], who[3], who[4]] for who in (who_is(results, town, lang) for town in ids)
    ]
    names = _slot_names(slots, rule_titles(results, lang), lang)
    summed = []
    for slot, name in zip(slots, names, strict=True):
        parts = _slot_parts(slot)
        if code in CHECKS and str(next(iter(slot.values()))["unit"]) in SUMMED:
            summed.append(len(columns) + parts.index("value"))
        columns += [Column(text(f"head-{part}", lang), name) for part in parts]
        for row, town in zip(body, ids, strict=True):
            row.extend(_slot_cells(slot.get(town), parts))
    notes = [text("note-missing", lang)]
    if code in {"areas", "expansion"}:
        notes.append(text("note-areas", lang))
        if results.rulebook.get("settings", {}).get("area") == "registered":
            notes.append(text("note-registered", lang))
    return Table(code, columns, body, notes, summed=summed)


def _slots(rows: Iterable[Mapping[str, Any]], order: Sequence[str]) -> list[dict[str, Mapping[str, Any]]]:
    """Findings by town, a mapping for each measure; of two rules on one measure of a town each has its own."""
    slots: dict[tuple[str, int], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        turn = 0
        while row["town_id"] in slots.setdefault((row["measure"], turn), {}):
            turn += 1
        slots[row["measure"], turn][row["town_id"]] = row
    return [slots[key] for key in sorted(slots, key=lambda key: (order.index(key[0]), key[1]))]


def _asked(slot: Mapping[str, Mapping[str, Any]]) -> tuple[str, float] | None:
    """What is asked, where it is the same of all towns."""
    asked = {(str(row["operator"]), float(row["threshold"])) for row in slot.values()}
    return asked.pop() if len(asked) == 1 else None


def _slot_parts(slot: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Columns of a measure: what is asked stands in the head where it is the same of all."""
    return ["value", "threshold", "margin", "verdict"] if _asked(slot) is None else ["value", "verdict"]


def _slot_names(
    slots: Sequence[Mapping[str, Mapping[str, Any]]], titles: Mapping[str, str], lang: Lang
) -> list[str]:
    """Heads of the measures with unit and what is asked; rules that share a measure go by their titles."""
    firsts = [next(iter(slot.values())) for slot in slots]
    measures = [row["measure"] for row in firsts]
    names = []
    for slot, row in zip(slots, firsts, strict=True):
        alone = measures.count(row["measure"]) == 1
        name = said(row["measure"], lang, "measure-") if alone else titles.get(row["rule"], str(row["rule"]))
        unit, asked = said(row["unit"], lang, "unit-"), _asked(slot)
        limit = f"{OPERATORS.get(asked[0], asked[0])} {asked[1]:,.6g}" if asked else ""
        shown = text("map-with-unit", lang, name=name, unit=unit) if unit else name
        names.append(f"{shown} {limit}".rstrip())
    return names


def _slot_cells(row: Mapping[str, Any] | None, parts: Sequence[str]) -> list[Cell]:
    if row is None:
        return [NOT_APPLICABLE] * len(parts)
    unit = plain(row["unit"])
    cells: dict[str, Cell] = {
        "value": quantity(row["value"], unit),
        "threshold": quantity(row["threshold"], unit),
        "margin": quantity(row["margin"], unit, signed=True),
        "verdict": Verdict(row["verdict"]),
    }
    return [cells[part] for part in parts]
