"""How a verdict came about, out of the results alone: clause, formula, numbers and where each came from."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.padding import Padding
from rich.text import Text

from maps.console import gbk_text, in_gbk
from maps.errors import MapError
from maps.pagedata import findings, missing, number, pieces, verdict_labels
from maps.wording import evidence_text, town_names
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from layers.results import Results

_COLOURS = {
    "fail": "bold red",
    "warning": "bold yellow",
    "no data": "bold bright_black",
    "pass": "bold green",
}
_FEW = 5


@dataclass(frozen=True)
class Explanation:
    """How one verdict came about.

    Attributes
    ----------
    finding, town, clause, title, verdict
        What was judged: id, town's name, clause, title of the rule, verdict.
    lines
        Label and text of everything behind it, in reading order.
    sources
        Layers that numbers came from: ``layer``, ``role``, ``path``, ``source_layer``, ``sha256``, ``fields``.
    rows
        Features, or rows of tables as Excel counts them.
    pieces
        Label and text of the largest pieces of land behind it.
    """

    finding: str
    town: str
    clause: str
    title: str
    verdict: str
    lines: list[list[str]]
    sources: list[dict[str, Any]]
    rows: list[str]
    pieces: list[list[list[str]]]


def explain(results: Results, town: str, clause: str | None, lang: Lang) -> list[Explanation]:
    """Explain the verdicts of a town.

    Parameters
    ----------
    results
        Results of a run.
    town
        Name or id of a town; ``programme`` for the targets of the whole.
    clause
        Clause, or id of a rule; None explains all.
    lang
        Language.

    Raises
    ------
    MapError
        If there is no such town, or nothing of that clause; with the nearest.
    """
    names = town_names(results, lang)
    wanted = _who(results, town, names)
    of_town = results.findings[results.findings["town_id"].isin(wanted)]
    fits = of_town if clause is None else of_town[of_town[["clause", "rule"]].eq(clause).any(axis=1)]
    figures = _figures(results, wanted, clause, names, lang)
    if not len(fits) and not figures:
        known = sorted({*of_town["clause"].astype(str), *results.rulebook.get("indicators", {})}) or ["-"]
        near = text("map-and", lang).join(known)
        raise MapError("explain-clause", town=town, clause=clause or "", near=near)
    shown = findings(results, lang)
    bases = results.measures.set_index(["town_id", "measure"])["basis"].to_dict()
    land = pieces(results, lang)
    judged = [
        _explained(results, int(place), shown[place], (names, bases, land), lang)
        for place in np.flatnonzero(results.findings.index.isin(fits.index))
    ]
    return judged + figures


def _figures(
    results: Results, towns: list[str], clause: str | None, names: Mapping[str, str], lang: Lang
) -> list[Explanation]:
    """Figures of clauses that set no limit: shown, not judged."""
    asked = {
        name: of
        for of, known in results.rulebook.get("indicators", {}).items()
        for name in known
        if clause in {None, of}
    }
    rows = results.measures[results.measures["measure"].isin(asked) & results.measures["town_id"].isin(towns)]
    found = []
    for row in rows.to_dict(orient="records"):
        proof = row["evidence"] if isinstance(row["evidence"], dict) else {}
        told = {key: value for key, value in proof.items() if key != "rows"}
        lines = [
            ("value", number(row["value"], row["unit"], lang) or text("no-number", lang)),
            ("how", evidence_text(told, row["basis"], str(row["unit"]), names, lang, most=99)),
            ("formula", str(proof.get("formula") or "")),
        ]
        inputs = [str(name) for name in proof.get("inputs") or []]
        used = proof.get("rows")
        found.append(
            Explanation(
                finding=f"{row['measure']}:{row['town_id']}",
                town=names.get(str(row["town_id"]), str(row["town_id"])),
                clause=asked[row["measure"]],
                title=text(f"measure-{row['measure']}", lang),
                verdict="shown",
                lines=[[text(f"explain-{code}", lang), value] for code, value in lines if value],
                sources=[_used(one, proof) for one in results.provenance["inputs"] if one["layer"] in inputs],
                rows=[names.get(str(one), str(one)) for one in used] if isinstance(used, list) else [],
                pieces=[],
            )
        )
    return found


def _who(results: Results, town: str, names: Mapping[str, str]) -> list[str]:
    """Ids that a name or an id stands for."""
    found = [key for key, name in names.items() if town in {key, name}]
    if not found:
        near = difflib.get_close_matches(town, [*names.values()], n=1, cutoff=0.0)
        raise MapError("explain-town", town=town, near=near[0] if near else "-")
    judged = set(results.findings["town_id"])
    return [key for key in found if key in judged] or found


def _explained(
    results: Results, place: int, shown: dict[str, Any], known: tuple[Any, Any, Any], lang: Lang
) -> Explanation:
    names, bases, land = known
    row = results.findings.iloc[place].to_dict()
    proof = row["evidence"] if isinstance(row["evidence"], dict) else {}
    basis = bases.get((row["town_id"], row["measure"]))
    told = {key: value for key, value in proof.items() if key != "rows"}
    lines = [
        ("text", shown["text"]),
        ("asked", shown["threshold"]),
        ("value", shown["value"] or text("no-number", lang)),
        ("margin", shown["margin"]),
        ("how", evidence_text(told, basis, str(row["unit"]), names, lang, most=99)),
        ("formula", str(proof.get("formula") or "")),
    ]
    of_rule = [
        (place, piece)
        for place, piece in enumerate(land)
        if piece["town"] == row["town_id"] and piece["rule"] == row["rule"] and not piece["sliver"]
    ]
    largest = sorted(of_rule, key=lambda item: -_area(results, item[0]))[:_FEW]
    rows = proof.get("rows")
    inputs = [str(name) for name in proof.get("inputs") or []]
    return Explanation(
        finding=str(row["finding_id"]),
        town=names.get(str(row["town_id"]), str(row["town_id"])),
        clause=str(row["clause"]),
        title=shown["title"],
        verdict=str(row["verdict"]),
        lines=[[text(f"explain-{code}", lang), value] for code, value in lines if value] + shown["more"],
        sources=[_used(one, proof) for one in results.provenance["inputs"] if one["layer"] in inputs],
        rows=[names.get(str(one), str(one)) for one in rows] if isinstance(rows, list) else [],
        pieces=[piece["lines"] for _, piece in largest],
    )


def _used(source: Mapping[str, Any], proof: Mapping[str, Any]) -> dict[str, Any]:
    """A source with the fields that the numbers came from alone."""
    told = " ".join([str(proof.get("formula") or ""), *map(str, proof.get("numbers") or {})])
    words = set(re.findall(r"\w+", told))
    fields = {column: field for column, field in (source.get("fields") or {}).items() if column in words}
    return {**source, "fields": fields}


def _area(results: Results, place: int) -> float:
    area = results.pieces["area_m2"].iloc[place]
    return 0.0 if missing(area) else float(area)


def render(found: list[Explanation], lang: Lang, console: Console) -> None:
    """Print explanations, only with characters that a Chinese Windows console has."""
    labels = verdict_labels(lang)
    for one in found:
        head = gbk_text(f"{one.town}  {one.clause}  {one.title}  ")
        shown = labels.get(one.verdict) or text("explain-shown", lang)
        head.append(f"[{shown}]", style=_COLOURS.get(one.verdict, "cyan"))
        console.print(head)
        for label, value in one.lines:
            _say(console, label, value, lang)
        for source in one.sources:
            _say(console, text("explain-source", lang), _source(source, one.rows, lang), lang)
        if one.rows and not one.sources:
            _say(console, text("explain-rows", lang), text("map-and", lang).join(one.rows), lang)
        for lines in one.pieces:
            phrase = text("stop-comma", lang).join(f"{label} {value}" for label, value in lines[1:])
            _say(console, text("explain-piece", lang), phrase, lang)
        console.print()


def _source(source: dict[str, Any], rows: list[str], lang: Lang) -> str:
    sheet = f" [{source['source_layer']}]" if source.get("source_layer") else ""
    where = f"{source['layer']}: {source['path']}{sheet}"
    parts = [where]
    if rows and source["role"] in _TABLES:
        parts.append(text("evidence-rows", lang, rows=text("map-and", lang).join(rows)))
    fields = source.get("fields") or {}
    if fields and source["role"] in _TABLES:
        pairs = ", ".join(f"{column} = {field}" for column, field in fields.items())
        parts.append(text("explain-fields", lang, fields=pairs))
    parts.append(f"sha256 {source['sha256'][:12]}")
    return text("stop-comma", lang).join(parts)


_TABLES = {"town", "town_indicator", "county_indicator", "exception", "meeting", "project"}


def _say(console: Console, label: str, value: str, lang: Lang) -> None:
    colon = text("stop-colon", lang)
    line = Text.assemble((in_gbk(label) + colon, "dim"), gbk_text(value))
    console.print(Padding(line, (0, 0, 0, 2)))
