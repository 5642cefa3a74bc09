"""Evidence, issues, zones and causes in words, as tables and the screen show them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maps.pagedata import bilingual, bracketed, missing, number, said
from spatial.causes import causes
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.results import Results

FEW = 6
_UNITS = {"_yi": "亿元", "_m2": "m²", "_m": "m", "_mu": "亩", "_pct": "%"}
_NAMED = re.compile(r"^(?P<county>county )?(?P<name>\w+?)(?:\[(?P<period>-?\w+)\])?$")


def town_names(results: Results, lang: Lang) -> dict[str, str]:
    """Name of each town by its id; the programme has one too."""
    names = {
        str(town): str(town) if missing(name) else str(name) for town, name in results.towns["name"].items()
    }
    return names | {"programme": text("programme-programme", lang)}


def rule_titles(results: Results, lang: Lang) -> dict[str, str]:
    """Title of each rule by its id."""
    rules = results.rulebook.get("rules", [])
    return {rule["id"]: bilingual(rule.get("title"), lang) or rule["id"] for rule in rules}


def issue_text(code: Any, params: Any, lang: Lang) -> str:
    """Return the sentence of an issue; the code and its parameters where the catalogue does not know them."""
    known = next((name for name in (str(code), f"issue-{code}") if name in catalogue()), None)
    given = params if isinstance(params, dict) else {}
    if known is None:
        return " ".join([str(code), *(f"{key}={value}" for key, value in given.items())])
    return text(known, lang, **given)


def listed(items: Sequence[Any], lang: Lang) -> str:
    """Return items as one phrase; of many, the first few and how many there are."""
    shown = text("map-and", lang).join(str(item) for item in items[:FEW])
    if len(items) <= FEW:
        return shown
    return text("evidence-more", lang, shown=shown, count=len(items))


def evidence_text(
    evidence: Any, basis: Any, unit: str, names: Mapping[str, str], lang: Lang, most: int = 12
) -> str:
    """Return the evidence of a finding in words: how it was computed, from which numbers, what is missing.

    Parameters
    ----------
    evidence
        Mapping as in ``docs/architecture.md``.
    basis
        Message code of how the measure is computed.
    unit
        Unit of the measure.
    names
        Names of towns by id.
    lang
        Language.
    most
        Numbers shown at most.
    """
    proof = evidence if isinstance(evidence, dict) else {}
    numbers = list((proof.get("numbers") or {}).items())
    phrases = [_number(key, value, names, lang) for key, value in numbers[:most]]
    if len(numbers) > most:
        phrases.append(f"… {bracketed(len(numbers), lang)}")
    if proof.get("missing"):
        gaps = [_name(gap, names, lang) for gap in proof["missing"]]
        phrases.append(text("evidence-missing", lang, names=listed(gaps, lang)))
    if part := proof.get("prorated"):
        full, share = number(part["full"], unit, lang), f"{100 * part['share']:.0f}"
        phrases.append(text("evidence-prorated", lang, full=full, share=share))
    rows = proof.get("rows")
    if isinstance(rows, list) and rows:
        where = listed([names.get(str(row), str(row)) for row in rows], lang)
        phrases.append(text("evidence-rows", lang, rows=where))
    stop, comma = text("stop-semicolon", lang), text("stop-comma", lang)
    return stop.join(part for part in (said(basis, lang), comma.join(phrases)) if part)


def inputs_text(evidence: Any, lang: Lang) -> str:
    """Return the names of the layers that a finding was made from."""
    inputs = evidence.get("inputs") if isinstance(evidence, dict) else None
    return text("map-and", lang).join(str(name) for name in inputs or [])


def cause_lines(results: Results, lang: Lang) -> tuple[str, list[tuple[str, int, float, float]]]:
    """Return the few causes of most failures: a headline, and (sentence, failures, share, cumulative share).

    Without failures the headline says so and there are no lines.
    """
    failures = int(results.findings["verdict"].eq("fail").sum()) if len(results.findings) else 0
    if not failures:
        return text("no-failures", lang), []
    found = causes(results.findings, results.towns)
    titles = rule_titles(results, lang)
    lines = []
    for row in found.to_dict(orient="records"):
        sentence = text(
            row["code"], lang,
            clause=row["clause"], county=row["county"], count=row["count"],
            title=titles.get(str(row["rule"]), str(row["rule"])), share=f"{100 * row['share']:.0f}",
        )  # fmt: skip
        lines.append((sentence, int(row["count"]), float(row["share"]), float(row["cumulative"])))
    share = f"{100 * lines[-1][3]:.0f}"
    return text("causes-headline", lang, count=len(lines), failures=failures, share=share), lines


def policy_title(results: Results, lang: Lang) -> str:
    """Return the title of the policy, or the name of its rulebook."""
    title = bilingual(results.rulebook.get("title"), lang)
    return title or str(results.provenance.get("policy") or results.rulebook.get("id") or "")


def towns_judged(results: Results, lang: Lang) -> str:
    """Return how many special and pilot towns have findings."""
    judged = results.findings["town_id"] if len(results.findings) else []
    kinds = results.towns.loc[results.towns.index.isin(judged), "programme"].value_counts()
    return text("towns-judged", lang, special=int(kinds.get("special", 0)), pilot=int(kinds.get("pilot", 0)))


def _name(key: Any, names: Mapping[str, str], lang: Lang) -> str:
    found = _NAMED.match(str(key))
    if str(key) in names or found is None or f"number-{found['name']}" not in catalogue():
        return names.get(str(key), str(key))
    said_so = text(f"number-{found['name']}", lang)
    if found["county"]:
        said_so = text("evidence-county", lang, name=said_so)
    if found["period"] == "-1":
        return text("evidence-year-before", lang, name=said_so)
    return f"{said_so} {found['period']}" if found["period"] else said_so


def _number(key: str, value: Any, names: Mapping[str, str], lang: Lang) -> str:
    """One number with its name and unit; the unit stands at the end of its key."""
    bare = key.partition("[")[0]
    unit = next((unit for tail, unit in _UNITS.items() if bare.endswith(tail)), "")
    if missing(value):
        shown = text("no-number", lang)
    else:
        shown = value if isinstance(value, str) else number(value, unit, lang)
    return f"{_name(key, names, lang)} {shown}"
