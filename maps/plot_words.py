"""A checked plot in words and figures, the same for screen, page and document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maps.colors import VERDICTS
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from spatial.plots import Judged

_COUNTS = ("neighbours", "topology")
_FIGURES = ("area", "existing")


@dataclass(frozen=True)
class Checked:
    """All that is told of a submitted file.

    Attributes
    ----------
    judged
        Plots, lines, towns, neighbours, pieces, issues.
    understood
        (message code, params), see `layers.submitted.Submitted`.
    notes
        Issues met while reading.
    sources
        Names of layer and file by role.
    lost
        Features of each role's layers that could not be read.
    title, policy, date, file, sha256, crs, land_date, demo
        Workspace, rulebook, day of the check, name and hash of the file, working CRS, state of the parcels, demo
        data or not.
    """

    judged: Judged
    understood: Sequence[tuple[str, Mapping[str, Any]]]
    notes: pd.DataFrame
    sources: Mapping[str, str]
    lost: Mapping[str, int]
    title: str
    policy: Mapping[str, str]
    date: str
    file: str
    sha256: str
    crs: str = ""
    land_date: str | None = None
    demo: bool = False


@dataclass(frozen=True)
class Row:
    """One line as it is shown; empty texts where there is nothing to say."""

    line: str
    name: str
    m2: str
    ha: str
    mu: str
    limit: str
    verdict: str
    shown: str
    clause: str
    remark: str
    source: str


def rows(checked: Checked, plot: Any, lang: Lang) -> list[Row]:
    """The lines of one plot in words."""
    lines = checked.judged.lines
    return [_row(checked, line, lang) for line in lines[lines["plot"] == plot].to_dict("records")]


def _row(checked: Checked, line: dict[str, Any], lang: Lang) -> Row:
    name, value = line["line"], line["value"]
    known = value == value  # noqa: PLR0124 - NaN is not itself
    area = known and name not in _COUNTS
    threshold = line["threshold"]
    limit = ""
    if threshold == threshold:  # noqa: PLR0124 - same
        shown = f"{threshold:,.2f}".rstrip("0").rstrip(".")
        limit = f"{line['operator']} {shown}" + ("" if name in _COUNTS else " m²")
    return Row(
        line=name,
        name=text(f"check-line-{name}", lang),
        m2=f"{value:,.2f}" if area else text("check-count", lang, count=value) if known else "—",
        ha=f"{value / 1e4:,.4f}" if area else "",
        mu=f"{value * 3 / 2000:,.4f}" if area else "",
        limit=limit,
        verdict=line["verdict"],
        shown=""
        if name in _FIGURES
        else f"{VERDICTS[line['verdict']].sign} {verdict(line['verdict'], lang)}",
        clause=text(line["clause"], lang) if line["clause"] in catalogue() else line["clause"],
        remark=_remark(checked, line, lang),
        source=checked.sources.get(line["role"] or "", ""),
    )


def _remark(checked: Checked, line: dict[str, Any], lang: Lang) -> str:
    params, code = line["params"], line["condition"]
    if code is None:
        code = {"stated": "check-area-near", "town": "check-in-town"}.get(line["line"])
        if line["line"] in {"planned_area", "construction_area"}:
            code = "check-special-inside"
    said = [text(code, lang, **params)] if code and code != "check-noise" else []
    if line["sliver_m2"]:
        said.append(text("check-slivers", lang, area=line["sliver_m2"]))
    if lost := checked.lost.get(line["role"] or "", 0):
        said.append(text("check-layer-lost", lang, count=lost))
    return text("stop-semicolon", lang).join(said)


def verdict(code: str, lang: Lang) -> str:
    """A line's verdict as one word."""
    return text(f"check-verdict-{code.replace(' ', '-')}", lang)


def overall(code: str, lang: Lang) -> str:
    """The verdict on a plot or file as one phrase."""
    return text(f"check-overall-{code.replace(' ', '-')}", lang)


def not_checked(shown: Sequence[Row], lang: Lang) -> str:
    """What could not be checked, as one sentence; empty where all was."""
    names = [row.name for row in shown if row.verdict == "no data" and row.line != "stated"]
    return text("check-not-checked", lang, lines=text("map-and", lang).join(names)) if names else ""


def understood(checked: Checked, lang: Lang) -> list[str]:
    """How the file was understood, and what was met while reading it."""
    said = [text(code, lang, **params) for code, params in checked.understood]
    met = [row for row in checked.notes.to_dict("records") if row["code"] in catalogue()]
    said += [text(row["code"], lang, **_filled(row)) for row in met]
    return list(dict.fromkeys(said))


def faults(checked: Checked, plot: Any, lang: Lang) -> list[str]:
    """Faults of a plot's geometry."""
    issues = checked.judged.issues
    own = (
        issues[issues["id"].eq(plot) & issues["severity"].isin(["error", "warning"])]
        if len(issues)
        else issues
    )
    return [_fault(row, lang) for row in own.to_dict("records")]


def _fault(row: Mapping[str, Any], lang: Lang) -> str:
    said = text(row["code"], lang, **_filled(row)) if row["code"] in catalogue() else str(row["code"])
    return text("check-fault-waived", lang, fault=said, waiver=row["waiver"]) if row.get("waived") else said


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"fid": row["fid"], "layer": row["layer"], **(row["params"] or {})}


def plot_name(checked: Checked, plot: Any) -> str:
    """Number and name of a plot."""
    own = checked.judged.plots.loc[plot]
    words = [str(part) for part in (own["number"], own["name"]) if isinstance(part, str) and part]
    return " ".join(dict.fromkeys(words)) or str(plot)


def details(checked: Checked, plot: Any, lang: Lang, most: int = 4) -> list[str]:
    """Faults, and the parcels overlapped, as a few short lines."""
    said = faults(checked, plot, lang)
    lines = [f"· {one}" for one in said[:most]]
    if len(said) > most:
        lines.append(text("check-more", lang, count=len(said) - most))
    own = checked.judged.neighbours
    own = own[own["plot"] == plot]
    if len(own):
        shown = [
            text("check-neighbour", lang, parcel=row["parcel"], area=row["area_m2"], width=row["width_m"])
            for row in own.head(most).to_dict("records")
        ]
        more = [text("check-more", lang, count=len(own) - most)] if len(own) > most else []
        joined = text("stop-semicolon", lang).join([*shown, *more])
        lines.append(f"{text('check-neighbour-table', lang)}{':' if lang == 'zh' else ': '}{joined}")
    return lines


def sources_text(shown: Sequence[Row], lang: Lang) -> str:
    """Layers and files that the lines were taken from."""
    named = list(dict.fromkeys(row.source for row in shown if row.source))
    return f"{text('check-head-source', lang)}{text('stop-colon', lang)}{text('stop-semicolon', lang).join(named)}"
