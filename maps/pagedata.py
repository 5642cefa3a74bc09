"""What the page of the map says: towns, findings, pieces and projects as plain data, texts rendered."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from maps.colors import PIECES, VERDICTS
from maps.land_colors import land_name
from spatial import periods
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from layers.results import Results
    from maps.land_colors import Scheme

PROGRAMME = "programme"
M2_PER_MU = 2000 / 3
_SIGNS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">", "==": "=", "=": "=", "!=": "≠"}
_DECIMALS = {"km²": 4, "ha": 4, "公顷": 4, "m²": 2, "亩": 2, "%": 2, "pp": 2, "亿元": 2}
_FIXED = {"m²", "km²", "ha", "亩"}
_ROUNDING = 1e-9
FLAGS = ("late", "stalled", "on_farmland", "on_redline", "in_barred_zone")
"""What the study of projects warns of, by column."""


def said(code: Any, lang: Lang, prefix: str = "") -> str:
    """Return the text of `prefix` + `code`, or the code itself where the catalogue has none."""
    if missing(code):
        return ""
    known = prefix + str(code).replace(" ", "-")
    return text(known, lang) if known in catalogue() else str(code)


def bracketed(words: object, lang: Lang) -> str:
    """Return words in the brackets of a language: behind a name, as its unit."""
    return (
        f"\N{FULLWIDTH LEFT PARENTHESIS}{words}\N{FULLWIDTH RIGHT PARENTHESIS}"
        if lang == "zh"
        else f"({words})"
    )


def missing(value: Any) -> bool:
    """Whether a cell says nothing."""
    unknown = value is None or value is pd.NA or value is pd.NaT
    return unknown or (isinstance(value, float) and math.isnan(value)) or value == ""


def number(
    value: Any, unit: Any, lang: Lang, *, signed: bool = False, exact: bool = True, apart: Any = None
) -> str:
    """Return a number with its unit, or an empty text where there is none.

    Measured areas keep the decimals of their unit; what is not `exact`, such as a threshold, is cut short; but all
    have as many decimals as tell them from a number that is `apart` from them. A unit that begins with a power of
    ten is multiplied: 45 × 10⁸ yuan.
    """
    if missing(value):
        return ""
    value, unit = float(value), "" if missing(unit) else str(unit)
    decimals = _DECIMALS.get(unit, 0 if value.is_integer() else 2)
    decimals = max(decimals, _telling(apart))
    some = bool(round(value, decimals))
    shown = f"{value if some else abs(value):{'+' if signed and some else ''},.{decimals}f}"
    if decimals and (not exact or unit not in _FIXED or value == 0):
        shown = shown.rstrip("0").rstrip(".")
    words = said(unit, lang, "unit-")
    times = "× " if words.startswith("10") else ""
    return f"{shown} {times}{words}".rstrip().replace("-", "\N{MINUS SIGN}")


def _telling(apart: Any) -> int:
    """Decimals that show a difference; none for one of mere rounding."""
    if missing(apart) or abs(apart) < _ROUNDING:
        return 0
    return max(0, math.ceil(-math.log10(abs(apart))))


def area(value: Any, lang: Lang) -> str:
    """Return an area in m² and 亩, or an empty text where there is none."""
    if missing(value):
        return ""
    return f"{number(value, 'm²', lang)} = {float(value) / M2_PER_MU:,.3f} {text('map-mu', lang)}"


def bilingual(value: Any, lang: Lang) -> str:
    """Return a rulebook's text in `lang`; texts that stand in one language only stay as they are."""
    if isinstance(value, dict):
        return str(value.get(lang) or value.get("zh") or next(iter(value.values()), ""))
    return "" if missing(value) else str(value)


def findings(results: Results, lang: Lang) -> list[dict[str, Any]]:
    """All findings as the page shows them, in the order of the findings table."""
    rules = {rule["id"]: rule for rule in results.rulebook.get("rules", [])}
    counts = pieces_by_finding(results)
    rows = []
    for row in results.findings.to_dict(orient="records"):
        rule = rules.get(row["rule"], {})
        key = (row["town_id"], row["rule"])
        rows.append(
            {
                "id": str(row["finding_id"]),
                "town": row["town_id"],
                "rule": row["rule"],
                "measure": row["measure"],
                "verdict": row["verdict"],
                "clause": row["clause"],
                "title": bilingual(rule.get("title"), lang) or said(row["measure"], lang, "measure-"),
                "text": bilingual(rule.get("text"), lang),
                "value": number(row["value"], row["unit"], lang, apart=row["margin"]),
                "threshold": _threshold(row, lang),
                "margin": number(row["margin"], row["unit"], lang, signed=True, apart=row["margin"]),
                "more": _more(row, lang),
                "pieces": counts.get(key, 0),
            }
        )
    return rows


def _threshold(row: Mapping[str, Any], lang: Lang) -> str:
    limit = number(row["threshold"], row["unit"], lang, exact=False, apart=row["margin"])
    return f"{_SIGNS.get(str(row['operator']), row['operator'])} {limit}" if limit else ""


def _more(row: Mapping[str, Any], lang: Lang) -> list[list[str]]:
    """Label and text of what stands behind a verdict, as far as there is something to say."""
    turned = [] if missing(row["turned_by"]) else str(row["turned_by"]).split(",")
    allowance = 0.0 if missing(row["tolerance"]) else float(row["tolerance"])
    pairs = [
        ("condition", said(row["condition"], lang)),
        ("turned", text("map-and", lang).join(said(way.strip(), lang, "map-turned-") for way in turned)),
        ("exception", "" if missing(row["exception"]) else str(row["exception"])),
        ("hardness", said(row["hardness"], lang, "map-hardness-")),
        ("source", said(row["threshold_source"], lang, "threshold-")),
        ("allowance", f"{100 * allowance:g} %" if allowance else ""),
        ("period", "" if missing(row["period"]) else str(row["period"])),
        ("due", "" if missing(row["due"]) else str(row["due"])),
    ]
    return [[text(f"map-{code}", lang), value] for code, value in pairs if value]


def towns(results: Results, rows: list[dict[str, Any]], lang: Lang) -> list[dict[str, Any]]:
    """All towns in the order of the towns table, with the places of their findings in `rows`."""
    frame = results.towns
    drawn = (~(frame.geometry.is_empty | frame.geometry.isna())).to_numpy()
    degrees = frame.geometry
    if frame.crs is not None and frame.crs.is_projected:
        degrees = degrees.to_crs(frame.crs.geodetic_crs)
    spots = shapely.point_on_surface(degrees.to_numpy())
    boxes = shapely.bounds(degrees.to_numpy())
    own: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        own.setdefault(row["town"], []).append(place)
    worst = worst_verdicts(results)
    shown = []
    for place, (town_id, row) in enumerate(zip(frame.index, frame.to_dict(orient="records"), strict=True)):
        kind = row["programme"] if row["programme"] in {"special", "pilot"} else "other"
        facts = [
            _capital(text("map-kind-other", lang) if kind == "other" else said(kind, lang, "programme-")),
            said(row.get("level"), lang, "level-"),
            *(str(row[name]) for name in ("county",) if not missing(row.get(name))),
            said(row.get("status"), lang, "map-status-"),
        ]
        shown.append(
            {
                "id": str(town_id),
                "name": str(town_id) if missing(row["name"]) else str(row["name"]),
                "kind": kind,
                "facts": [fact for fact in facts if fact],
                "level": "" if missing(row.get("level")) else str(row["level"]),
                "levelName": said(row.get("level"), lang, "level-"),
                "county": "" if missing(row.get("county")) else str(row["county"]),
                "verdict": worst.get(town_id) if kind != "other" else None,
                "findings": own.get(town_id, []),
                "box": _box(boxes[place]) if drawn[place] else None,
                "spot": _spot(spots[place]) if drawn[place] else None,
            }
        )
    return shown


def worst_verdicts(results: Results) -> dict[str, str]:
    """The verdict each town is coloured by: its worst, as the towns table gives it."""
    if "verdict" in results.towns:
        column = results.towns["verdict"]
        return {town: str(verdict) for town, verdict in column.items() if not missing(verdict)}
    order = {verdict: place for place, verdict in enumerate(VERDICTS)}
    ranked = results.findings.assign(rank=results.findings["verdict"].map(order)).sort_values("rank")
    return dict(ranked.groupby("town_id", sort=False)["verdict"].first())


def pieces(results: Results, lang: Lang, scheme: Scheme = "survey") -> list[dict[str, Any]]:
    """Violating pieces as the page shows them, in the order of the pieces table."""
    if results.pieces.empty:
        return []
    rules = {rule["id"]: rule for rule in results.rulebook.get("rules", [])}
    verdicts = {
        (row["town_id"], row["rule"]): row["verdict"] for row in results.findings.to_dict(orient="records")
    }
    names = results.towns["name"].to_dict()
    rows = []
    for row in results.pieces.drop(columns="geometry").to_dict(orient="records"):
        sliver = bool(row["sliver"])
        verdict = verdicts.get((row["town_id"], row["rule"]))
        rows.append(
            {
                "town": None if missing(row["town_id"]) else str(row["town_id"]),
                "rule": row["rule"],
                "sliver": sliver,
                "land": None if missing(row["land_class"]) else str(row["land_class"]),
                "look": "sliver" if sliver else verdict if verdict in PIECES else "fail",
                "clause": row["clause"],
                "title": bilingual(rules.get(row["rule"], {}).get("title"), lang) or row["rule"],
                "lines": _piece_lines(row, names, lang, scheme),
            }
        )
    return rows


def _piece_lines(
    row: Mapping[str, Any], names: Mapping[str, Any], lang: Lang, scheme: Scheme
) -> list[list[str]]:
    pairs = [
        ("town", str(names.get(row["town_id"], ""))),
        ("area", area(row["area_m2"], lang)),
        ("zone", zone_name(row["zone"], lang)),
        ("parcel", "" if missing(row["parcel_id"]) else str(row["parcel_id"])),
        ("land-class", "" if missing(row["land_class"]) else land_name(str(row["land_class"]), lang, scheme)),
        ("width", number(round(float(row["width_m"]), 1), "m", lang) if not missing(row["width_m"]) else ""),
    ]
    return [[text(f"map-{code}", lang), value] for code, value in pairs if value]


def zone_name(code: Any, lang: Lang) -> str:
    """Return a zone in words: by its kind, or by its code, 010 to 049, with the name of its kind."""
    if missing(code):
        return ""
    if f"zone-{code}" in catalogue():
        return text(f"zone-{code}", lang)
    kinds = {"01": "permitted", "02": "conditional", "03": "restricted", "04": "forbidden"}
    kind = kinds.get(str(code)[:2])
    return f"{code} {text(f'map-zone-{kind}', lang)}" if kind else str(code)


def pieces_by_finding(results: Results) -> dict[tuple[str, str], int]:
    """Number of pieces, slivers apart, that stand behind each finding (town, rule)."""
    if results.pieces.empty:
        return {}
    real = results.pieces[~results.pieces["sliver"].astype(bool)]
    return {
        (str(town), str(rule)): int(n) for (town, rule), n in real.groupby(["town_id", "rule"]).size().items()
    }


def projects(frame: gpd.GeoDataFrame, states: list[str], lang: Lang) -> list[dict[str, Any]]:
    """Project points with their state's place in `states` and what a popup says."""
    degrees = frame.geometry.to_crs(frame.crs.geodetic_crs) if frame.crs.is_projected else frame.geometry
    rows = []
    for row, point in zip(frame.drop(columns="geometry").to_dict(orient="records"), degrees, strict=True):
        if point is None or point.is_empty:
            continue
        pairs = [
            ("town", "" if missing(row.get("town")) else str(row["town"])),
            ("state", said(state_of(row.get("state"), states), lang, "map-state-")),
            ("kind", "" if missing(row.get("kind")) else str(row["kind"])),
            ("planned", number(row.get("planned_yi"), "亿元", lang)),
            ("paid", number(row.get("paid_yi"), "亿元", lang)),
            ("start", _when(row.get("start"))),
            ("finish", _when(row.get("finish"))),
            ("performance", _percent(row.get("performance"))),
            ("delay", _quarters(row.get("delay_quarters"), lang)),
            (
                "warnings",
                text("map-and", lang).join(
                    text(f"map-project-{flag}", lang) for flag in FLAGS if _true(row.get(flag))
                ),
            ),
        ]
        rows.append(
            {
                "name": "" if missing(row.get("name")) else str(row["name"]),
                "town": None if missing(row.get("town_id")) else str(row["town_id"]),
                "from": periods.parse(row.get("start")),
                "till": periods.parse(row.get("finish")),
                "state": state_of(row.get("state"), states),
                "spot": _spot(point.representative_point()),
                "lines": [[text(f"map-{code}", lang), value] for code, value in pairs if value],
            }
        )
    return rows


def _true(value: Any) -> bool:
    return not missing(value) and str(value) in {"True", "true", "1", "1.0"}


def _percent(share: Any) -> str:
    return "" if missing(share) else f"{100 * float(share):.0f} %"


def _quarters(delay: Any, lang: Lang) -> str:
    if missing(delay) or abs(float(delay)) < 0.05:  # noqa: PLR2004 - half of the last decimal shown
        return ""
    late = float(delay) > 0
    return text(
        "map-quarters-late" if late else "map-quarters-ahead", lang, quarters=f"{abs(float(delay)):.1f}"
    )


def state_of(value: Any, states: list[str]) -> str:
    """Return a project's state, `unknown` where it is none of `states`."""
    return str(value) if not missing(value) and str(value) in states else "unknown"


def open_issues(results: Results) -> pd.DataFrame:
    """Issues that no waiver accepts."""
    frame = results.issues
    return frame[~frame["waived"].astype(bool)] if "waived" in frame else frame


def verdict_labels(lang: Lang) -> dict[str, str]:
    """Verdicts and what they are called, worst first."""
    return {verdict: _capital(said(verdict, lang, "verdict-")) for verdict in VERDICTS}


def _when(value: Any) -> str:
    """A quarter as it is written, a date without its hour."""
    if missing(value):
        return ""
    return str(value)[:10] if isinstance(value, dt.date) else str(value)


def _capital(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def _box(bounds: np.ndarray) -> list[list[float]]:
    west, south, east, north = np.round(bounds, 5).tolist()
    return [[south, west], [north, east]]


def _spot(point: shapely.Point) -> list[float]:
    return [round(point.y, 6), round(point.x, 6)]
