"""The ledger of waivers 例外台账: findings that an officer has accepted, for how long, and whether they still hold."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from layers.errors import LayerError
from layers.ledger import COLUMNS, append, locked, read
from spatial import fingerprints
from spatial.areas import legal_area
from spatial.repair import repair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

LAPSED = (
    "waiver",
    "code",
    "layer",
    "why",
    "row",
    "distance_m",
    "tolerance_m",
    "before",
    "after",
    "expires_on",
)
GROWTH = 0.05
"""By what share a waived number may grow before the waiver lapses."""
_GROWTH_M = 0.001
"""And by this much times the perimeter: what rounding and re-projection make of an area."""
_MOST_TOLERANCE_M = 100.0
_REACH_M = 10.0
_NAMING = (
    "field", "column", "value", "number", "zone", "name", "town", "county", "period", "rule", "role",
)  # fmt: skip
_FEATURES = re.compile(r"(^|_)(fid|fids|id|ids|row|rows|line|feature|features|other|others|neighbour)$")
_MEASURED = re.compile(r"_(m|mm|m2|ha|km2|mu|pct|yi|deg)$")


@dataclass(frozen=True)
class Applied:
    """What the ledger says of a run.

    Attributes
    ----------
    issues
        As given, with ``waived`` (bool) and ``waiver`` (id or None).
    lapsed
        Entries that no longer hold: `LAPSED`; ``why`` is ``expired``, ``moved``, ``grown`` or ``gone``, ``row`` the
        index label of the finding that stands there now, if one does.
    """

    issues: pd.DataFrame
    lapsed: pd.DataFrame


def grant(
    path: Path, findings: pd.DataFrame, crs: Any, *, reason: str, document: str, officer: str, granted_on: date,
    expires_on: date, tolerance_m: float = fingerprints.TOLERANCE_M,
) -> list[str]:  # fmt: skip
    """Enter a waiver for each finding; the ledger is made if there is none.

    Parameters
    ----------
    path
        ``waivers.csv``.
    findings
        Rows of an issues table (or of findings or pieces with ``rule``, ``town_id`` and ``geometry``).
    crs
        CRS of their geometries.
    reason, document, officer
        Why, by which document, who.
    granted_on, expires_on
        First and last day on which it holds.
    tolerance_m
        By how much the geometry may move.

    Returns
    -------
    list of str
        Ids of the new waivers.

    Raises
    ------
    LayerError
        If something is missing, the dates do not fit, or someone else is writing.
    """
    _needed(reason=reason, document=document, officer=officer)
    if expires_on < granted_on:
        raise LayerError("waiver-dates", granted=granted_on.isoformat(), expires=expires_on.isoformat())
    if not 0 < tolerance_m <= _MOST_TOLERANCE_M:
        raise LayerError("waiver-tolerance", value=tolerance_m)
    told = _told(findings, crs)
    with locked(path):
        old = read(path) if path.exists() else pd.DataFrame(columns=list(COLUMNS))
        taken = [int(name[1:]) for name in old["waiver"] if re.fullmatch(r"W\d+", name)]
        first = max(taken, default=0) + 1
        rows = [
            {
                "entry": len(old) + place + 1, "waiver": f"W{first + place:04d}", "action": "grant",
                "code": one.code, "layer": one.layer, "params": _json(one.params),
                "value_m2": "" if math.isnan(one.value) else f"{one.value:.2f}", "tolerance_m": f"{tolerance_m:g}",
                "reason": reason, "document": document, "officer": officer, "granted_on": granted_on.isoformat(),
                "expires_on": expires_on.isoformat(), "hash": one.hash, "geometry": one.wkt or "",
            }
            for place, one in enumerate(told.itertuples(index=False))
        ]  # fmt: skip
        append(path, rows)
    return [str(row["waiver"]) for row in rows]


def revoke(path: Path, waiver: str, *, reason: str, officer: str, on: date, document: str = "") -> None:
    """Enter that a waiver no longer holds from the day `on`; its first entry stays.

    Raises
    ------
    LayerError
        If the ledger has no such waiver, or it is revoked already.
    """
    _needed(reason=reason, officer=officer)
    with locked(path):
        old = read(path)
        own = old[old["waiver"] == waiver]
        if not len(own):
            raise LayerError("waiver-unknown", path=path, waiver=waiver)
        gone = own[own["action"] == "revoke"]
        if len(gone):
            raise LayerError("waiver-revoked", path=path, waiver=waiver, on=gone["granted_on"].iloc[0])
        row = dict.fromkeys(COLUMNS, "") | {
            "entry": len(old) + 1, "waiver": waiver, "action": "revoke", "code": own["code"].iloc[0],
            "layer": own["layer"].iloc[0], "reason": reason, "document": document, "officer": officer,
            "granted_on": on.isoformat(),
        }  # fmt: skip
        append(path, [row])


def states(ledger: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The waivers granted, each with its ``state`` on a day: ``standing``, ``expired``, ``revoked`` or ``future``."""
    gone = ledger[(ledger["action"] == "revoke") & (ledger["granted_on"] <= as_of)]["waiver"]
    granted = ledger[ledger["action"] == "grant"].reset_index(drop=True)
    state = np.select(
        [
            granted["waiver"].isin(gone).to_numpy(dtype=bool),
            (granted["granted_on"] > as_of).to_numpy(dtype=bool),
            (granted["expires_on"] < as_of).to_numpy(dtype=bool),
        ],
        ["revoked", "future", "expired"],
        "standing",
    )
    return granted.assign(state=state)


def apply(
    issues: pd.DataFrame, ledger: pd.DataFrame, as_of: date, crs: Any, layers: Iterable[str] | None = None
) -> Applied:
    """Say of each finding whether it is waived, and of each waiver whether it still holds.

    A finding with a geometry is known again by code, layer, the field it names, and its fingerprint within the
    tolerance; one without by code, layer and what it names. A waiver covers one finding. It lapses when the
    geometry has moved, or an area or another measured number has grown by more than `GROWTH`.

    Parameters
    ----------
    issues
        Issues table, or findings with ``rule``, ``town_id`` and ``geometry``.
    ledger
        As `read` gives it.
    as_of
        The day to judge.
    crs
        CRS of the geometries.
    layers
        Names of the layers that were looked at; waivers of other layers are let be. None: all.
    """
    told = _told(issues, crs)
    entries = states(ledger, as_of)
    if layers is not None:
        entries = entries[entries["layer"].isin(list(layers))]
    standing = entries[entries["state"] == "standing"].reset_index(drop=True)
    lapsed = [_lapse(entry, why="expired") for entry in entries[entries["state"] == "expired"].itertuples()]
    waivers: list[str | None] = [None] * len(told)
    for entry, own, same in _candidates(standing, told):
        free = [place for place in same if waivers[place] is None]
        at, why = _holds(entry, told, own, free or same)
        if why is not None:
            lapsed.append(_lapse(entry, **why, row=None if at is None else issues.index[at]))
        elif at is not None:
            waivers[at] = waivers[at] or entry.waiver
    marked = issues.assign(
        waived=[waiver is not None for waiver in waivers],
        waiver=pd.Series(waivers, issues.index, dtype=object),
    )
    return Applied(marked, pd.DataFrame(lapsed, columns=list(LAPSED)))


def _candidates(standing: pd.DataFrame, told: pd.DataFrame) -> Iterator[tuple[Any, Any, list[int]]]:
    """Each waiver with the findings of its kind, and those of them that are at its place, nearest first."""
    keys = [
        _key(params, placed=shape is not None)
        for params, shape in zip(standing["params"], standing["geometry"], strict=True)
    ]
    kinds = told.groupby(["code", "layer", "key"]).indices
    for kind, entries in standing.assign(key=keys).groupby(["code", "layer", "key"], sort=False):
        own = kinds.get(kind, np.array([], dtype=np.int64))
        prints = told["print"].to_numpy()[own]
        pairs = fingerprints.same(entries["geometry"].to_numpy(), prints, entries["tolerance_m"])
        at_place = pairs.groupby("kept")["now"].agg(list).to_dict()
        bare = own[told["hash"].to_numpy()[own] == ""]
        for place, entry in enumerate(entries.itertuples(index=False)):
            same = bare if entry.geometry is None else own[at_place.get(place, [])]
            yield entry, own, [int(position) for position in same]


def _holds(
    entry: Any, told: pd.DataFrame, own: Any, same: list[int]
) -> tuple[int | None, dict[str, Any] | None]:
    """Which finding a waiver stands for (its position), or why it lapsed."""
    if same:
        grown = _grown(entry, told.iloc[same[0]])
        return same[0], None if grown is None else {"why": "grown", **grown}
    if entry.geometry is not None and len(own):
        near = fingerprints.nearest(entry.geometry, told["print"].to_numpy()[own], _REACH_M)
        if near is not None:
            after = told["value"].iloc[own[near[0]]]
            why = "grown" if after > _allowed(entry) else "moved"
            return int(own[near[0]]), {
                "why": why,
                "distance_m": near[1],
                "before": entry.value_m2,
                "after": after,
            }
    return None, {"why": "gone"}


def _grown(entry: Any, now: Any) -> dict[str, Any] | None:
    """The first number that has grown out of what was waived."""
    if now["value"] > _allowed(entry):
        return {"before": entry.value_m2, "after": now["value"]}
    placed = entry.geometry is not None
    for name, before in entry.params.items():
        after = now["params"].get(name)
        if not (_number(before) and _number(after)) or _FEATURES.search(name):
            continue
        stated = name.startswith("stated") or not placed
        if not stated and not _MEASURED.search(name):
            continue
        more = abs(after - before) if stated else abs(after) - abs(before)
        if more > max(GROWTH * abs(before), _GROWTH_M):
            return {"before": float(before), "after": float(after)}
    return None


def _allowed(entry: Any) -> float:
    """The area up to which a waiver holds, m²; infinite where none was waived."""
    if math.isnan(entry.value_m2):
        return math.inf
    perimeter = float(shapely.length(entry.geometry)) * 111_320.0
    return float(entry.value_m2 + max(GROWTH * entry.value_m2, _GROWTH_M * perimeter, 0.01))


def _lapse(entry: Any, **said: Any) -> dict[str, Any]:
    """One row of the lapsed ones; what is not said stays empty."""
    row: dict[str, Any] = {"row": None, "distance_m": math.nan, "before": math.nan, "after": math.nan}
    return row | {name: getattr(entry, name) for name in LAPSED if hasattr(entry, name)} | said


def _told(findings: pd.DataFrame, crs: Any) -> pd.DataFrame:
    """What is known again of each finding: code, layer, key, params, fingerprint with WKT and hash, area."""
    code = findings["code"] if "code" in findings else findings["rule"]
    layer = findings["layer"] if "layer" in findings else findings["town_id"]
    params = [_plain(value) for value in findings["params"]] if "params" in findings else [{}] * len(findings)
    shapes = np.full(len(findings), None, dtype=object)
    if "geometry" in findings:
        shapes[:] = [shape if isinstance(shape, shapely.Geometry) else None for shape in findings["geometry"]]
    prints, value = shapes, np.full(len(findings), np.nan)
    if not shapely.is_missing(shapes).all():
        prints = fingerprints.fingerprint(shapes, crs)
        areas = shapely.get_dimensions(prints) == 2  # noqa: PLR2004 - polygons
        value[areas] = legal_area(repair(shapes[areas], np.flatnonzero(areas), "")[0], crs)
    fid = findings["fid"] if "fid" in findings else [None] * len(findings)
    placed = [shape is not None for shape in prints]
    known = [
        own if there or any(isinstance(value, str) for value in own.values()) else {**own, "fid": str(number)}
        for own, there, number in zip(params, placed, fid, strict=True)
    ]
    return pd.DataFrame(
        {
            "code": code.astype(str).to_numpy(), "layer": layer.astype(str).to_numpy(),
            "key": [_key(own, placed=there) for own, there in zip(known, placed, strict=True)],
            "params": pd.Series(known, dtype=object), "print": pd.Series(list(prints), dtype=object),
            "wkt": pd.Series(fingerprints.wkt(prints), dtype=object), "hash": fingerprints.digests(prints),
            "value": value,
        }
    )  # fmt: skip


def _key(params: dict[str, Any], *, placed: bool) -> str:
    """What a finding names, as text: of one with a geometry only fields and the like, of others every word."""
    if placed:
        return _json({name: params[name] for name in _NAMING if isinstance(params.get(name), str)})
    named = {name: value for name, value in params.items() if isinstance(value, str)}
    bare = {name: value for name, value in named.items() if not _FEATURES.search(name)}
    return _json(bare or named)


def _plain(params: Any) -> dict[str, Any]:
    """Params as JSON keeps them."""
    if isinstance(params, str):
        params = json.loads(params or "{}")
    result: dict[str, Any] = json.loads(json.dumps(params or {}, default=_native, ensure_ascii=False))
    return result


def _native(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _needed(**given: str) -> None:
    for what, value in given.items():
        if not value.strip():
            raise LayerError("waiver-needs", what=what)
