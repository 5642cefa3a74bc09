"""The tables of the workbook as plain data: columns, rows, and cells that know what they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from maps.pagedata import M2_PER_MU, bilingual, missing, said, worst_verdicts
from maps.wording import (
    evidence_text,
    inputs_text,
    issue_text,
    rule_titles,
    town_names,
    zone_name,
)
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layers.results import Results

PROGRAMME = "programme"
MOST = 100_000
WIDEST = {"condition": 30.0, "exception": 24.0, "rule-title": 30.0, "evidence": 70.0, "text": 60.0}
M2_PER_HA = 10_000.0
OPERATORS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">", "==": "="}
ZONES = ("permitted", "conditional", "restricted", "forbidden")
WITHIN = ("farmland", "redline")
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


class Number(NamedTuple):
    """A number with its unit; missing if NaN."""

    value: float
    unit: str = ""
    signed: bool = False


class Verdict(NamedTuple):
    """A verdict, shown in its colour."""

    code: str


class Formula(NamedTuple):
    """A formula with its value, for readers that do not calculate."""

    expression: str
    value: float
    unit: str = ""


class Absent(NamedTuple):
    """A cell that does not apply: neither missing nor empty."""


NOT_APPLICABLE = Absent()
Cell = str | Number | Formula | Verdict | Absent | None


class Column(NamedTuple):
    """Head of a column, the head of its group if it has one, whether it is printed, and its greatest width."""

    head: str
    group: str = ""
    printed: bool = True
    widest: float = 46.0


@dataclass(frozen=True)
class Table:
    """One table on one sheet.

    Attributes
    ----------
    code
        Code of the sheet: its name is ``sheet-<code>``.
    columns, rows
        Heads and cells; None is missing data.
    notes
        Sentences above the table.
    kept
        Columns that stay in sight when scrolled sideways.
    total
        Rows there are in all, where more than those listed.
    areas
        Column places of areas in m², ha and mu that are summed up above the table, and of the sliver mark.
    """

    code: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    kept: int = 1
    total: int = 0
    areas: Mapping[str, int] = field(default_factory=dict)


def tables(results: Results, lang: Lang) -> list[Table]:
    """All tables of the workbook in the order of its sheets; checks that no rule asks for are left out."""
    found = [towns(results, lang), findings(results, lang)]
    checks = [check(results, code, lang) for code in (*CHECKS, "other")]
    by_code = {table.code: table for table in checks if table.rows}
    for code in ("areas", "expansion"):
        if code in by_code:
            found.append(by_code[code])
    if results.measures["measure"].astype(str).eq("construction_land_km2").any():
        found.append(zones(results, lang))
    found += [by_code[code] for code in ("investment", "growth", "other") if code in by_code]
    targets = programme(results, lang)
    if targets.rows:
        found.append(targets)
    return [*found, pieces(results, lang), issues(results, lang), issue_list(results, lang)]


def towns(results: Results, lang: Lang) -> Table:
    """One row a judged town: who it is, its worst verdict."""
    worst = worst_verdicts(results)
    ids = [town for town in results.towns.index if town in worst]
    columns = [
        Column(text(f"head-{name}", lang)) for name in ("town", "code", "programme", "level", "county")
    ]
    rows = [[*_who(results, town, lang), Verdict(worst[town])] for town in ids]
    return Table("towns", [*columns, Column(text("head-worst", lang))], rows)


def findings(results: Results, lang: Lang) -> Table:
    """All findings, one row each."""
    heads = (
        "number", "town", "clause", "rule-title", "verdict", "value", "unit", "operator", "threshold",
        "margin", "condition", "exception", "due",
    )  # fmt: skip
    beside = (
        "programme", "level", "county", "tolerance", "hardness", "source", "turned", "period", "evidence",
        "inputs", "text", "code", "id",
    )  # fmt: skip
    columns = [
        *(Column(text(f"head-{name}", lang), widest=WIDEST.get(name, 46.0)) for name in heads),
        *(
            Column(text(f"head-{name}", lang), printed=False, widest=WIDEST.get(name, 46.0))
            for name in beside
        ),
    ]
    names, titles = town_names(results, lang), rule_titles(results, lang)
    quoted = {
        rule["id"]: bilingual(rule.get("text"), lang) or None for rule in results.rulebook.get("rules", [])
    }
    bases = _bases(results)
    rows: list[list[Cell]] = []
    for place, row in enumerate(_records(results.findings), 1):
        town, unit = str(row["town_id"]), _text(row["unit"])
        who = _who(results, town, lang)
        basis = bases.get((town, row["measure"]))
        turned = [] if missing(row["turned_by"]) else str(row["turned_by"]).split(",")
        slack = 0.0 if missing(row["tolerance"]) else float(row["tolerance"])
        rows.append([
            Number(place), names.get(town, town), str(row["clause"]),
            titles.get(row["rule"], str(row["rule"])), Verdict(row["verdict"]), _number(row["value"], unit),
            said(unit, lang, "unit-") or NOT_APPLICABLE, OPERATORS.get(row["operator"], str(row["operator"])),
            _number(row["threshold"], unit), _number(row["margin"], unit, signed=True),
            said(row["condition"], lang) or NOT_APPLICABLE, _text(row["exception"]) or NOT_APPLICABLE,
            _text(row["due"]) or NOT_APPLICABLE, *who[2:],
            Number(slack, "share") if slack else NOT_APPLICABLE, said(row["hardness"], lang, "map-hardness-"),
            said(row["threshold_source"], lang, "threshold-"),
            text("map-and", lang).join(said(way.strip(), lang, "map-turned-") for way in turned)
            or NOT_APPLICABLE,
            _text(row["period"]) or None, evidence_text(row["evidence"], basis, unit, names, lang) or None,
            inputs_text(row["evidence"], lang) or None, quoted.get(row["rule"]), town, str(row["finding_id"]),
        ])  # fmt: skip
    return Table("findings", columns, rows, (text("note-missing", lang),), kept=2)


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
    rows = [row for row in _records(results.findings) if row["town_id"] != PROGRAMME]
    known = [name for group in CHECKS.values() for name in group]
    wanted = CHECKS.get(code) or tuple(
        dict.fromkeys(row["measure"] for row in rows if row["measure"] not in known)
    )
    slots = _slots([row for row in rows if row["measure"] in wanted], wanted)
    columns = [Column(text(f"head-{name}", lang)) for name in ("town", "level", "county")]
    ids = dict.fromkeys(town for slot in slots for town in slot)
    body: list[list[Cell]] = [[who[0], who[3], who[4]] for who in (_who(results, town, lang) for town in ids)]
    names = _slot_names(slots, rule_titles(results, lang), lang)
    for slot, name in zip(slots, names, strict=True):
        parts = _slot_parts(slot)
        columns += [Column(text(f"head-{part}", lang), name) for part in parts]
        for row, town in zip(body, ids, strict=True):
            row += _slot_cells(slot.get(town), parts)
    notes = [text("note-missing", lang)]
    if code in {"areas", "expansion"}:
        notes.append(text("note-areas", lang))
        if results.rulebook.get("settings", {}).get("area") == "registered":
            notes.append(text("note-registered", lang))
    return Table(code, columns, body, notes)


def zones(results: Results, lang: Lang) -> Table:
    """Construction land of each town by zone, in m², ha and mu: a row for each town and zone."""
    land = results.measures[results.measures["measure"].astype(str).str.startswith("construction_land_")]
    km2 = land.pivot_table(
        index="town_id", columns="measure", values="value", aggfunc="first", sort=False, dropna=False
    )
    parts = {name: f"construction_land_{name}_km2" for name in (*ZONES, *WITHIN)}
    table = km2.reindex(columns=["construction_land_km2", *parts.values()]).astype(float) * 1e6
    table.columns = pd.Index(["total", *parts])
    inner = table[list(ZONES)]
    rest = (table["total"] - inner.sum(axis=1)).round(2).clip(lower=0.0)
    table["rest"] = rest.where(inner.notna().any(axis=1))
    order = ("total", *ZONES, "rest", *WITHIN)
    rows: list[list[Cell]] = []
    for town in results.towns.index.intersection(table.index, sort=False):
        who = _who(results, town, lang)
        whole = float(table.at[town, "total"])
        for name in order:
            area = float(table.at[town, name])
            share = area / whole if whole > 0 else np.nan
            rows.append(
                [who[0], who[2], who[4], text(f"zone-{name}", lang), *_area(area), Number(share, "share")]
            )
    heads = ("town", "programme", "county", "zone", "area-m2", "area-ha", "area-mu", "share")
    columns = [Column(text(f"head-{name}", lang)) for name in heads]
    return Table("zones", columns, rows, (text("note-zones", lang),), kept=1)


def programme(results: Results, lang: Lang) -> Table:
    """Targets of the whole programme, one row each."""
    heads = (
        "clause", "rule-title", "value", "unit", "operator", "threshold", "full", "margin", "verdict",
        "condition", "due", "period", "evidence",
    )  # fmt: skip
    names, titles, bases = town_names(results, lang), rule_titles(results, lang), _bases(results)
    rows: list[list[Cell]] = []
    for row in _records(results.findings):
        if row["town_id"] != PROGRAMME:
            continue
        unit, proof = _text(row["unit"]), row["evidence"] if isinstance(row["evidence"], dict) else {}
        full = proof.get("prorated", {}).get("full", row["threshold"])
        basis = bases.get((PROGRAMME, row["measure"]))
        rows.append([
            str(row["clause"]), titles.get(row["rule"], str(row["rule"])), _number(row["value"], unit),
            said(unit, lang, "unit-") or NOT_APPLICABLE, OPERATORS.get(row["operator"], str(row["operator"])),
            _number(row["threshold"], unit), _number(full, unit), _number(row["margin"], unit, signed=True),
            Verdict(row["verdict"]), said(row["condition"], lang) or NOT_APPLICABLE,
            _text(row["due"]) or NOT_APPLICABLE, _text(row["period"]) or None,
            evidence_text(proof, basis, unit, names, lang) or None,
        ])  # fmt: skip
    columns = [Column(text(f"head-{name}", lang)) for name in heads]
    return Table("programme", columns, rows, (text("note-missing", lang),), kept=2)


def pieces(results: Results, lang: Lang) -> Table:
    """Pieces that break a rule, largest first within each town and clause, slivers last."""
    heads = (
        "number", "town", "clause", "rule-title", "zone", "parcel", "layer", "fid", "land-class", "area-m2",
        "area-ha", "area-mu", "width", "sliver", "east", "north",
    )  # fmt: skip
    columns = [Column(text(f"head-{name}", lang)) for name in heads]
    width = results.rulebook.get("settings", {}).get("sliver_width_m")
    notes = [text("note-areas", lang)]
    if width is not None:
        notes.append(text("note-pieces", lang, width=width))
    places = {heads[place]: place for place in (9, 10, 11, 13)}
    if not len(results.pieces):
        return Table("pieces", columns, [], notes, kept=2, areas=places)
    wanted = [
        "town_id",
        "clause",
        "rule",
        "zone",
        "parcel_id",
        "layer",
        "fid",
        "land_class",
        "area_m2",
        "width_m",
        "sliver",
    ]
    frame = pd.DataFrame(results.pieces.drop(columns="geometry")).reindex(columns=wanted)
    middle = results.pieces.geometry.centroid
    frame["east"], frame["north"] = middle.x.to_numpy(), middle.y.to_numpy()
    frame["sliver"] = frame["sliver"].astype(bool)
    frame = frame.sort_values(["sliver", "area_m2"], ascending=[True, False], kind="stable")
    order = {town: place for place, town in enumerate(results.towns.index)}
    frame = frame.sort_values(
        ["sliver", "town_id", "clause", "rule"], kind="stable",
        key=lambda column: column.map(order) if column.name == "town_id" else column,
    )  # fmt: skip
    names, titles = town_names(results, lang), rule_titles(results, lang)
    rows: list[list[Cell]] = [
        [
            Number(place), names.get(row["town_id"], _text(row["town_id"])) or None, _text(row["clause"]) or None,
            titles.get(row["rule"], _text(row["rule"])) or None, zone_name(row["zone"], lang) or None,
            _text(row["parcel_id"]) or None, _text(row["layer"]) or None, _text(row["fid"]) or None,
            _text(row["land_class"]) or None, *_area(row["area_m2"]), _number(row["width_m"], "m"),
            _yes(lang, yes=row["sliver"]), _number(row["east"], "E"), _number(row["north"], "E"),
        ]
        for place, row in enumerate(_records(frame.head(MOST)), 1)
    ]  # fmt: skip
    return Table("pieces", columns, rows, notes, kept=2, total=len(frame), areas=places)


def issues(results: Results, lang: Lang) -> Table:
    """Problems of the data, counted by severity, kind and layer."""
    heads = ("severity", "example", "layer", "count", "code")
    columns = [Column(text(f"head-{name}", lang)) for name in heads]
    if not len(results.issues):
        return Table("issues", columns, [])
    frame = _by_severity(results.issues)
    groups = frame.groupby(["severity", "code", "layer"], sort=False, dropna=False)
    rows: list[list[Cell]] = [
        [
            text(f"severity-{severity}", lang), issue_text(code, part["params"].iloc[0], lang),
            _text(layer) or NOT_APPLICABLE, Number(len(part)), str(code).removeprefix("issue-"),
        ]
        for (severity, code, layer), part in groups
    ]  # fmt: skip
    return Table("issues", columns, rows)


def issue_list(results: Results, lang: Lang) -> Table:
    """Problems of the data, one row each, errors first."""
    columns = [
        Column(text(f"head-{name}", lang)) for name in ("number", "severity", "layer", "fid", "issue", "code")
    ]
    if not len(results.issues):
        return Table("issue-list", columns, [])
    frame = _by_severity(results.issues)
    rows: list[list[Cell]] = [
        [
            Number(place), text(f"severity-{row['severity']}", lang), _text(row["layer"]) or NOT_APPLICABLE,
            _text(row["fid"]) or NOT_APPLICABLE, issue_text(row["code"], row["params"], lang),
            str(row["code"]).removeprefix("issue-"),
        ]
        for place, row in enumerate(_records(frame.head(MOST)), 1)
    ]  # fmt: skip
    return Table("issue-list", columns, rows, total=len(frame))


def inputs(results: Results, lang: Lang) -> Table:
    """The files a run was made from."""
    heads = ("layer", "role", "path", "source-layer", "features", "crs", "encoding", "sha256")
    keys = ("layer", "role", "path", "source_layer", "features", "crs", "encoding", "sha256")
    rows: list[list[Cell]] = []
    for entry in results.provenance.get("inputs", []):
        row: list[Cell] = [_text(entry.get(key)) or NOT_APPLICABLE for key in keys]
        row[1] = said(entry.get("role"), lang, "role-") or NOT_APPLICABLE
        if not missing(entry.get("features")):
            row[4] = Number(entry["features"])
        rows.append(row)
    return Table("provenance", [Column(text(f"head-{name}", lang)) for name in heads], rows)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(row) for row in frame.astype(object).to_dict(orient="records")]


def _text(value: Any) -> str:
    return "" if missing(value) else str(value)


def _number(value: Any, unit: str, *, signed: bool = False) -> Number:
    return Number(np.nan if missing(value) else float(value), unit, signed)


def _area(area_m2: Any) -> list[Cell]:
    """Area in m² to the hundredth, and the same in ha and mu."""
    area = np.nan if missing(area_m2) else round(float(area_m2), 2)
    return [Number(area, "m²"), Number(area / M2_PER_HA, "ha"), Number(area / M2_PER_MU, "亩")]


def _yes(lang: Lang, *, yes: Any) -> str:
    return text("answer-yes" if yes else "answer-no", lang)


def _who(results: Results, town: str, lang: Lang) -> list[Cell]:
    """Name, id, programme, level and county of a subject."""
    if town not in results.towns.index:
        known = town == PROGRAMME
        name = text("programme-programme", lang) if known else str(town)
        return [name, str(town), name if known else NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE]
    row = results.towns.loc[town]
    programme_of = said(row.get("programme"), lang, "programme-")
    return [
        _text(row.get("name")) or str(town), str(town), programme_of or text("map-kind-other", lang),
        said(row.get("level"), lang, "level-") or (None if programme_of else NOT_APPLICABLE),
        _text(row.get("county")) or None,
    ]  # fmt: skip


def _bases(results: Results) -> dict[tuple[str, str], str]:
    frame = results.measures
    return dict(zip(zip(frame["town_id"], frame["measure"], strict=True), frame["basis"], strict=True))


def _by_severity(frame: pd.DataFrame) -> pd.DataFrame:
    rank = frame["severity"].map({"error": 0, "warning": 1, "note": 2})
    return frame.assign(rank=rank).sort_values(["rank", "code"], kind="stable").reset_index(drop=True)


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
        names.append(" ".join(part for part in (name, f"({unit})" if unit else "", limit) if part))
    return names


def _slot_cells(row: Mapping[str, Any] | None, parts: Sequence[str]) -> list[Cell]:
    if row is None:
        return [NOT_APPLICABLE] * len(parts)
    unit = _text(row["unit"])
    cells: dict[str, Cell] = {
        "value": _number(row["value"], unit),
        "threshold": _number(row["threshold"], unit),
        "margin": _number(row["margin"], unit, signed=True),
        "verdict": Verdict(row["verdict"]),
    }
    return [cells[part] for part in parts]
