"""The tables of the workbook, one function each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from maps import raster_tables
from maps.cells import (
    NOT_APPLICABLE,
    OPERATORS,
    PROGRAMME,
    Cell,
    Column,
    Number,
    Table,
    Verdict,
    areas,
    plain,
    quantity,
    records,
    who_is,
    yes_no,
)
from maps.checks import CHECKS, check
from maps.pagedata import bilingual, missing, open_issues, said, worst_verdicts, zone_name
from maps.wording import evidence_text, inputs_text, issue_text, rule_titles, town_names
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from layers.results import Results

MOST = 100_000
WIDEST = {
    "condition": 38.0,
    "exception": 24.0,
    "rule-title": 30.0,
    "evidence": 70.0,
    "text": 60.0,
    "sha256": 70.0,
}
ZONES = ("permitted", "conditional", "restricted", "forbidden")
WITHIN = ("farmland", "redline")


def tables(results: Results, lang: Lang) -> list[Table]:
    """All tables of the workbook in the order of its sheets; checks that no rule asks for are left out."""
    found = [towns(results, lang), findings(results, lang)]
    checks = [check(results, code, lang) for code in (*CHECKS, "other")]
    by_code = {table.code: table for table in checks if table.rows}
    found += [by_code[code] for code in ("areas", "expansion") if code in by_code]
    if results.measures["measure"].astype(str).eq("construction_land_km2").any():
        found.append(zones(results, lang))
    found += [by_code[code] for code in ("investment", "growth", "other") if code in by_code]
    targets = programme(results, lang)
    if targets.rows:
        found.append(targets)
    found.append(pieces(results, lang))
    return [*found, *raster_tables.tables(results, lang), issues(results, lang), issue_list(results, lang)]


def towns(results: Results, lang: Lang) -> Table:
    """One row a judged town: who it is, its worst verdict."""
    worst = worst_verdicts(results)
    ids = [town for town in results.towns.index if town in worst]
    columns = [
        Column(text(f"head-{name}", lang)) for name in ("town", "code", "programme", "level", "county")
    ]
    rows = [[*who_is(results, town, lang), Verdict(worst[town])] for town in ids]
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
    for place, row in enumerate(records(results.findings), 1):
        town, unit = str(row["town_id"]), plain(row["unit"])
        who = who_is(results, town, lang)
        basis = bases.get((town, row["measure"]))
        turned = [] if missing(row["turned_by"]) else str(row["turned_by"]).split(",")
        slack = 0.0 if missing(row["tolerance"]) else float(row["tolerance"])
        rows.append([
            Number(place), names.get(town, town), str(row["clause"]),
            titles.get(row["rule"], str(row["rule"])), Verdict(row["verdict"]), quantity(row["value"], unit),
            said(unit, lang, "unit-") or NOT_APPLICABLE, OPERATORS.get(row["operator"], str(row["operator"])),
            quantity(row["threshold"], unit), quantity(row["margin"], unit, signed=True),
            said(row["condition"], lang) or NOT_APPLICABLE, plain(row["exception"]) or NOT_APPLICABLE,
            plain(row["due"]) or NOT_APPLICABLE, *who[2:],
            Number(slack, "share") if slack else NOT_APPLICABLE, said(row["hardness"], lang, "map-hardness-"),
            said(row["threshold_source"], lang, "threshold-"),
            text("map-and", lang).join(said(way.strip(), lang, "map-turned-") for way in turned)
            or NOT_APPLICABLE,
            plain(row["period"]) or None, evidence_text(row["evidence"], basis, unit, names, lang) or None,
            inputs_text(row["evidence"], lang) or None, quoted.get(row["rule"]), town, str(row["finding_id"]),
        ])  # fmt: skip
    return Table("findings", columns, rows, (text("note-missing", lang),), kept=2)


def zones(results: Results, lang: Lang) -> Table:
    """Construction land of each town by zone, in m², ha and mu: a row for each town and zone."""
    parts = {name: f"construction_land_{name}_km2" for name in (*ZONES, *WITHIN)}
    wanted = ["construction_land_km2", *parts.values()]
    land = results.measures[results.measures["measure"].isin(wanted)]
    km2 = land.pivot_table(
        index="town_id", columns="measure", values="value", aggfunc="first", sort=False, dropna=False
    )
    table = km2.reindex(columns=wanted).astype(float) * 1e6
    table.columns = pd.Index(["total", *parts])
    inner = table[list(ZONES)]
    rest = (table["total"] - inner.sum(axis=1)).round(2).clip(lower=0.0)
    table["rest"] = rest.where(inner.notna().any(axis=1))
    order = ("total", *ZONES, "rest", *WITHIN)
    rows: list[list[Cell]] = []
    for town in results.towns.index.intersection(table.index, sort=False):
        who = who_is(results, town, lang)
        whole = float(table.loc[town, "total"])
        for name in order:
            area = float(table.loc[town, name])
            share = area / whole if whole > 0 else np.nan
            rows.append(
                [who[0], who[2], who[4], text(f"zone-{name}", lang), *areas(area), Number(share, "share")]
            )
    heads = ("town", "programme", "county", "zone", "area-m2", "area-ha", "area-mu", "share")
    columns = [Column(text(f"head-{name}", lang)) for name in heads]
    names = tuple(text(f"zone-{name}", lang) for name in order)
    places = {name: heads.index(name) for name in ("area-m2", "area-ha", "area-mu")}
    special = (1, said("special", lang, "programme-"))
    return Table(
        "zones", columns, rows, (text("note-zones", lang),), kept=1, areas=places, kinds=(3, names), apart=special
    )  # fmt: skip


def programme(results: Results, lang: Lang) -> Table:
    """Targets of the whole programme, one row each."""
    heads = (
        "clause", "rule-title", "value", "unit", "operator", "threshold", "full", "margin", "verdict",
        "condition", "due", "period", "evidence",
    )  # fmt: skip
    names, titles, bases = town_names(results, lang), rule_titles(results, lang), _bases(results)
    rows: list[list[Cell]] = []
    for row in records(results.findings):
        if row["town_id"] != PROGRAMME:
            continue
        unit, proof = plain(row["unit"]), row["evidence"] if isinstance(row["evidence"], dict) else {}
        full = proof.get("prorated", {}).get("full", row["threshold"])
        basis = bases.get((PROGRAMME, row["measure"]))
        rows.append([
            str(row["clause"]), titles.get(row["rule"], str(row["rule"])), quantity(row["value"], unit),
            said(unit, lang, "unit-") or NOT_APPLICABLE, OPERATORS.get(row["operator"], str(row["operator"])),
            quantity(row["threshold"], unit), quantity(full, unit), quantity(row["margin"], unit, signed=True),
            Verdict(row["verdict"]), said(row["condition"], lang) or NOT_APPLICABLE,
            plain(row["due"]) or NOT_APPLICABLE, plain(row["period"]) or None,
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
    frame = pd.DataFrame(results.pieces.drop(columns="geometry"))
    frame = frame.reindex(columns=wanted)
    middle = results.pieces.geometry.centroid
    frame["east"], frame["north"] = middle.x.to_numpy(), middle.y.to_numpy()
    frame["sliver"] = frame["sliver"].astype(bool)
    frame = frame.iloc[piece_order(results)]
    names, titles = town_names(results, lang), rule_titles(results, lang)
    rows: list[list[Cell]] = [
        [
            Number(place), names.get(row["town_id"], plain(row["town_id"])) or None, plain(row["clause"]) or None,
            titles.get(row["rule"], plain(row["rule"])) or None, zone_name(row["zone"], lang) or None,
            plain(row["parcel_id"]) or None, plain(row["layer"]) or None, plain(row["fid"]) or None,
            plain(row["land_class"]) or None, *areas(row["area_m2"]), quantity(row["width_m"], "m"),
            yes_no(lang, yes=row["sliver"]), quantity(row["east"], "E"), quantity(row["north"], "E"),
        ]
        for place, row in enumerate(records(frame.head(MOST)), 1)
    ]  # fmt: skip
    return Table("pieces", columns, rows, notes, kept=2, total=len(frame), areas=places)


def piece_order(results: Results) -> list[int]:
    """Positions of the pieces in the order in which they are listed."""
    order = {town: place for place, town in enumerate(results.towns.index)}
    frame = pd.DataFrame(results.pieces[["town_id", "clause", "rule", "area_m2", "sliver"]]).reset_index(
        drop=True
    )
    frame["sliver"] = frame["sliver"].astype(bool)
    frame = frame.sort_values(["sliver", "area_m2"], ascending=[True, False], kind="stable")
    frame = frame.sort_values(
        ["sliver", "town_id", "clause", "rule"], kind="stable",
        key=lambda column: column.map(order) if column.name == "town_id" else column,
    )  # fmt: skip
    return [int(place) for place in frame.index]


def issues(results: Results, lang: Lang) -> Table:
    """Problems of the data, counted by severity, kind and layer."""
    heads = ("severity", "example", "layer", "count", "code")
    columns = [Column(text(f"head-{name}", lang)) for name in heads]
    known = open_issues(results)
    if not len(known):
        return Table("issues", columns, [])
    frame = _by_severity(known)
    groups = frame.groupby(["severity", "code", "layer"], sort=False, dropna=False)
    rows: list[list[Cell]] = [
        [
            text(f"severity-{severity}", lang), issue_text(code, part["params"].iloc[0], lang),
            plain(layer) or NOT_APPLICABLE, Number(len(part)), str(code).removeprefix("issue-"),
        ]
        for (severity, code, layer), part in groups
    ]  # fmt: skip
    return Table("issues", columns, rows, summed=(3,))


def issue_list(results: Results, lang: Lang) -> Table:
    """Problems of the data, one row each, errors first."""
    heads = ["number", "severity", "layer", "fid", "issue", "code"]
    heads += ["waiver"] if "waiver" in results.issues else []
    columns = [Column(text(f"head-{name}", lang)) for name in heads]
    if not len(results.issues):
        return Table("issue-list", columns, [])
    frame = _by_severity(results.issues)
    rows: list[list[Cell]] = [
        [
            Number(place), text(f"severity-{row['severity']}", lang), plain(row["layer"]) or NOT_APPLICABLE,
            plain(row["fid"]) or NOT_APPLICABLE, issue_text(row["code"], row["params"], lang),
            str(row["code"]).removeprefix("issue-"),
            *([plain(row["waiver"]) or NOT_APPLICABLE] if "waiver" in row else []),
        ]
        for place, row in enumerate(records(frame.head(MOST)), 1)
    ]  # fmt: skip
    return Table("issue-list", columns, rows, total=len(frame))


def inputs(results: Results, lang: Lang) -> Table:
    """The files a run was made from."""
    heads = ("layer", "role", "path", "source-layer", "features", "crs", "encoding", "sha256")
    keys = ("layer", "role", "path", "source_layer", "features", "crs", "encoding", "sha256")
    rows: list[list[Cell]] = []
    for entry in results.provenance.get("inputs", []):
        row: list[Cell] = [plain(entry.get(key)) or NOT_APPLICABLE for key in keys]
        row[1] = said(entry.get("role"), lang, "role-") or NOT_APPLICABLE
        if not missing(entry.get("features")):
            row[4] = Number(entry["features"])
        rows.append(row)
    columns = [Column(text(f"head-{name}", lang), widest=WIDEST.get(name, 46.0)) for name in heads]
    return Table("provenance", columns, rows)


def _bases(results: Results) -> dict[tuple[str, str], str]:
    frame = results.measures
    return dict(zip(zip(frame["town_id"], frame["measure"], strict=True), frame["basis"], strict=True))


def _by_severity(frame: pd.DataFrame) -> pd.DataFrame:
    rank = frame["severity"].map({"error": 0, "warning": 1, "note": 2})
    return frame.assign(rank=rank).sort_values(["rank", "code"], kind="stable").reset_index(drop=True)
