"""Verdicts: every rule against every town it applies to, as one table of findings."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spatial import periods
from spatial.measures.programme import on_the_list
from spatial.measures.quarters import column
from spatial.measures.registry import PROGRAMME
from spatial.rules import YEAR_END, Due, Rule, Rulebook

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERDICTS = ("fail", "warning", "no data", "pass")
COLUMNS = [
    "finding_id", "town_id", "clause", "rule", "measure", "value", "unit", "operator", "threshold",
    "threshold_source", "tolerance", "hardness", "margin", "verdict", "condition", "turned_by", "exception",
    "due", "period", "evidence",
]  # fmt: skip
PRECISION = {"m²": 0.01, "km²": 1e-8, "亩": 1e-4}
OTHERWISE = 1e-9
_MEASURED = ("value", "plane", "geodesic", "wide")
_RULED = (
    "clause", "measure", "unit", "operator", "threshold", "tolerance", "hardness", "miss", "condition", "prorate",
)  # fmt: skip


def judge(
    measures: pd.DataFrame,
    towns: pd.DataFrame,
    rulebook: Rulebook,
    as_of: str,
    exceptions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Judge every rule of a rulebook for every town that it applies to.

    A value is compared with its threshold after rounding both to the unit's reporting precision
    (`PRECISION`; 1e-9 elsewhere), so that a value at the limit is at the limit. A miss within the
    relative `tolerance` is a ``pass`` with a negative margin. A miss before the due quarter is a
    ``warning``. A ``fail`` for which an approved exception stands is a ``warning`` that names it.

    Parameters
    ----------
    measures
        Table of `spatial.measures.measure_all`.
    towns
        Subjects, index ``town_id``. Towns listed later than `as_of`, and removed ones, are not judged.
    rulebook
        What is asked.
    as_of
        Quarter, e.g. ``2016Q2``.
    exceptions
        Canonical frame of the role ``exception`` with ``town_id``.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row per rule and town, in the order of the rulebook and of `towns`.
    """
    rows = _pairs(towns, rulebook, as_of)
    if not len(rows):
        return pd.DataFrame(columns=COLUMNS)
    rows = _measured(rows, measures, as_of)
    rows = _limited(rows, towns, rulebook, as_of)
    rows = _excepted(rows, towns, rulebook, exceptions, as_of)
    verdict, own = _verdicts(rows, rows["value"].to_numpy())
    rows["verdict"] = verdict
    rows["turned_by"] = _turned_by(rows, verdict)
    rows["condition"] = _conditions(rows, verdict)
    rows.loc[own, "threshold_source"] = "exception"
    rows["threshold"] = np.where(own, rows["own_limit"], rows["limit"])
    rows["margin"] = _margin(rows, rows["value"].to_numpy(), rows["threshold"].to_numpy())
    rows["finding_id"] = rows["rule"] + ":" + rows["town_id"]
    return rows[COLUMNS]


def worst(findings: pd.DataFrame) -> pd.Series[Any]:
    """Return the worst verdict of each town: fail, warning, no data, pass, in this order."""
    rank = findings["verdict"].map({name: place for place, name in enumerate(VERDICTS)})
    worst_rank = rank.groupby(findings["town_id"], sort=False).min()
    return worst_rank.map(dict(enumerate(VERDICTS))).rename("verdict")


def _pairs(towns: pd.DataFrame, rulebook: Rulebook, as_of: str) -> pd.DataFrame:
    """One row for each rule and each subject it applies to."""
    judged, levels = on_the_list(towns, as_of), column(towns, "level")
    parts = []
    for place, rule in enumerate(rulebook.rules):
        if (rule.first and as_of < rule.first) or (rule.last and as_of > rule.last):
            continue
        ids = [PROGRAMME]
        if rule.programme:
            chosen = judged & towns["programme"].eq(rule.programme).fillna(value=False).astype(bool)
            ids = towns.index[chosen & levels.isin(rule.levels)] if rule.levels else towns.index[chosen]
        parts.append(pd.DataFrame({"town_id": pd.Series(ids, dtype=object), "place": place}))
    if not parts:
        return pd.DataFrame(columns=["town_id", "place"])
    rows = pd.concat(parts, ignore_index=True)
    place = rows["place"].to_numpy(dtype=int)
    rows["rule"] = np.array([rule.id for rule in rulebook.rules], dtype=object)[place]
    for name in _RULED:
        values = np.array([getattr(rule, name) for rule in rulebook.rules])
        rows[name] = (values.astype(object) if values.dtype.kind == "U" else values)[place]
    rows["precision"] = rows["unit"].map(PRECISION).fillna(OTHERWISE)
    return rows


def _measured(rows: pd.DataFrame, measures: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Lay the measured values beside the rules; NaN where nothing was measured."""
    keys = pd.MultiIndex.from_arrays([measures["measure"].astype(object), measures["town_id"].astype(object)])
    wanted = pd.MultiIndex.from_arrays([rows["measure"], rows["town_id"]])
    at = keys.get_indexer(wanted)
    found = measures.reset_index(drop=True).rename(columns={"tolerance": "wide"}).reindex(at)
    for name in _MEASURED:
        rows[name] = found[name].to_numpy(dtype=float, na_value=np.nan)
    rows["period"] = [value if isinstance(value, str) else as_of for value in found["period"]]
    rows["evidence"] = [value if isinstance(value, dict) else {} for value in found["evidence"]]
    return rows


def _limited(rows: pd.DataFrame, towns: pd.DataFrame, rulebook: Rulebook, as_of: str) -> pd.DataFrame:
    """The threshold in force for each row: the town's own first, in proportion to time where due later."""
    rows["asked"], rows["threshold_source"] = rows["threshold"].astype(float), "rulebook"
    rows["due"], rows["share"], rows["early"] = None, 1.0, False
    rows["own_tolerance"] = np.array([rule.town_tolerance for rule in rulebook.rules])[rows["place"]]
    now = periods.number(as_of)
    for place, group in rows.groupby("place", sort=False):
        rule, at, ids = rulebook.rules[int(str(place))], group.index, group["town_id"]
        if rule.town_threshold and rule.town_threshold in towns:
            own = pd.to_numeric(towns[rule.town_threshold]).astype(float).reindex(ids).to_numpy()
            stated = at[own > 0]
            rows.loc[stated, "asked"] = own[own > 0]
            rows.loc[stated, "tolerance"] = rule.town_tolerance
            rows.loc[stated, "threshold_source"] = "town"
        if rule.due:
            start, end = _span(rule, rule.due, towns, ids, now)
            rows.loc[at, "due"] = np.array(
                [None if np.isnan(q) else periods.name(int(q)) for q in end], dtype=object
            )
            rows.loc[at, "early"] = ~(now >= end)
            if rule.prorate:
                share = (now - start) / np.where(end > start, end - start, np.nan)
                rows.loc[at, "share"] = np.where(np.isnan(share), 1.0, np.clip(share, 0.0, 1.0))
    rows["limit"] = rows["asked"] * rows["share"]
    part = rows["share"] < 1
    rows.loc[part, "threshold_source"] += "-prorated"
    rows.loc[part, "evidence"] = pd.Series(
        [
            {**proof, "prorated": {"full": full, "share": share}}
            for proof, full, share in rows.loc[part, ["evidence", "asked", "share"]].itertuples(index=False)
        ],
        index=rows.index[part],
        dtype=object,
    )
    return rows


def _span(
    rule: Rule, due: Due, towns: pd.DataFrame, ids: pd.Series[Any], now: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The end of the quarter before a target's time, and its last quarter, as counts of quarters."""
    if due.column:
        dated = column(towns, due.column).reindex(ids)
        start = dated.map(periods.number, na_action="ignore").astype(float).to_numpy() - 1
        return start, start + due.quarters
    if due.quarter == YEAR_END:
        start, end = now // 4 * 4 - 1.0, now // 4 * 4 + 3.0
    else:
        end = float(periods.number(str(due.quarter)))
        start = periods.number(rule.first) - 1.0 if rule.first else np.nan
    return np.full(len(ids), start), np.full(len(ids), end)


def _excepted(
    rows: pd.DataFrame,
    towns: pd.DataFrame,
    rulebook: Rulebook,
    exceptions: pd.DataFrame | None,
    as_of: str,
) -> pd.DataFrame:
    """The approved exception that stands for each row: its document, and its own threshold if it has one."""
    standing: dict[tuple[str, str], tuple[str, float]] = {}
    for entry in _standing(exceptions, towns, as_of):
        for rule in _covered(entry, rulebook.rules):
            standing[rule.id, entry["town_id"]] = (entry["named"], entry["threshold"])
    found = [standing.get(key, (None, np.nan)) for key in zip(rows["rule"], rows["town_id"], strict=True)]
    rows["exception"] = np.array([document for document, _ in found], dtype=object)
    rows["own_limit"] = np.array([threshold for _, threshold in found], dtype=float) * rows["share"]
    return rows


def _standing(exceptions: pd.DataFrame | None, towns: pd.DataFrame, as_of: str) -> list[dict[str, Any]]:
    """Exceptions with a document, approved by the end of the quarter (or undated), earliest first."""
    if exceptions is None or not len(exceptions):
        return []
    table = exceptions.reindex(
        columns=["town_id", "name", "clause", "document", "approved_by", "approved_on", "threshold"]
    ).astype(object)
    if "town_id" not in exceptions and "name" in towns:
        names = towns["name"].drop_duplicates(keep=False)
        table["town_id"] = table["name"].map({name: town for town, name in names.items()})
    table = table.where(table.notna(), None)
    entries = [
        {
            **entry,
            "on": periods.parse(entry["approved_on"]) or "",
            "threshold": np.nan if entry["threshold"] is None else float(entry["threshold"]),
            "named": " ".join(
                str(entry[key])[:10] if key == "approved_on" else str(entry[key])
                for key in ("document", "approved_by", "approved_on")
                if entry[key]
            ),
        }
        for entry in table.to_dict("records")
        if entry["town_id"] and entry["clause"] and entry["document"]
    ]
    return sorted((entry for entry in entries if entry["on"] <= as_of), key=lambda entry: entry["on"])


def _covered(entry: dict[str, Any], rules: tuple[Rule, ...]) -> list[Rule]:
    """The rules that an exception speaks of: by rule id, else by clause.

    An own threshold under a clause of several rules belongs to those whose threshold it relaxes least.
    """
    spoken = _plain(str(entry["clause"]))
    if named := [rule for rule in rules if rule.id == spoken]:
        return named
    covered = [rule for rule in rules if spoken in {_plain(rule.clause), *_plain(rule.clause).split("、")}]
    if np.isnan(entry["threshold"]):
        return covered
    eased = {
        rule.id: (entry["threshold"] - rule.threshold) * (1 if rule.operator in {"<=", "<"} else -1)
        for rule in covered
    }
    least = min((by for by in eased.values() if by >= 0), default=None)
    return [rule for rule in covered if eased[rule.id] == least]


def _plain(clause: str) -> str:
    return unicodedata.normalize("NFKC", clause).replace(" ", "")


def _verdicts(rows: pd.DataFrame, value: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The verdict of each row for the given values, and where an exception's own threshold decides."""
    met = _met(rows, value, rows["limit"].to_numpy(), rows["tolerance"].to_numpy())
    verdict = np.where(rows["early"], "warning", rows["miss"]).astype(object)
    excused = rows["exception"].notna().to_numpy() & (verdict == "fail")
    own_limit = rows["own_limit"].to_numpy()
    own = excused & ~np.isnan(own_limit) & ~met & ~np.isnan(value)
    within = _met(rows, value, own_limit, rows["own_tolerance"].to_numpy())
    verdict[excused & (~own | within)] = "warning"
    verdict[met] = "pass"
    verdict[np.isnan(value)] = "no data"
    return verdict, own


def _met(
    rows: pd.DataFrame, value: NDArray[Any], limit: NDArray[Any], tolerance: NDArray[Any]
) -> NDArray[np.bool_]:
    step, operator = rows["precision"].to_numpy(), rows["operator"].to_numpy()
    slack = np.abs(limit) * tolerance
    steps = np.round(value / step)
    low, high = np.round((limit - slack) / step), np.round((limit + slack) / step)
    return np.select(
        [operator == "<=", operator == "<", operator == ">=", operator == ">"],
        [steps <= high, steps < high, steps >= low, steps > low],
        (steps >= low) & (steps <= high),
    )


def _margin(rows: pd.DataFrame, value: NDArray[Any], limit: NDArray[Any]) -> NDArray[Any]:
    """Distance to the threshold in the unit, positive on the good side, tolerance left aside."""
    operator = rows["operator"].to_numpy()
    over = value - limit
    sign = np.where(np.isin(operator, ["<=", "<"]), -1.0, 1.0)
    margin = np.where(operator == "==", -np.abs(over), sign * over)
    step = rows["precision"].to_numpy()
    return np.where(np.abs(margin) < step / 2, 0.0, margin)


def _turned_by(rows: pd.DataFrame, verdict: NDArray[Any]) -> NDArray[Any]:
    """Under which other area, or by which digitising error, the verdict would be another."""
    value, wide = rows["value"].to_numpy(), rows["wide"].to_numpy()
    tries = {
        "plane": [rows["plane"].to_numpy()],
        "geodesic": [rows["geodesic"].to_numpy()],
        "digitising": [value - wide, value + wide],
    }
    turned = np.full(len(rows), "", dtype=object)
    for name, alternatives in tries.items():
        hit = np.zeros(len(rows), dtype=bool)
        for other in alternatives:
            hit |= ~np.isnan(other) & ~np.isnan(value) & (_verdicts(rows, other)[0] != verdict)
        turned[hit] += np.where(turned[hit] == "", name, "," + name).astype(object)
    turned[turned == ""] = None
    return turned


def _conditions(rows: pd.DataFrame, verdict: NDArray[Any]) -> NDArray[Any]:
    """The named condition of a warning, the reason of no data, the note on a pass within tolerance."""
    value = rows["value"].to_numpy()
    met = _met(rows, value, rows["limit"].to_numpy(), np.zeros(len(rows)))
    early, known = rows["early"].to_numpy(dtype=bool), ~np.isnan(value)
    excused = (verdict == "warning") & (rows["miss"] == "fail").to_numpy() & ~early
    reasons = np.array(
        [proof.get("reason", "condition-no-value") for proof in rows["evidence"]], dtype=object
    )
    return np.select(
        [
            ~known,
            (verdict == "pass") & ~met,
            (verdict == "warning") & early,
            excused,
            (verdict == "warning") | (verdict == "no data"),
        ],
        [
            reasons,
            np.full(len(rows), "condition-within-tolerance", dtype=object),
            np.full(len(rows), "condition-not-due", dtype=object),
            np.full(len(rows), "condition-exception", dtype=object),
            rows["condition"].to_numpy(),
        ],
        np.full(len(rows), None, dtype=object),
    )
