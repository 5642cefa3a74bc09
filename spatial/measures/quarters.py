"""Figures of the indicator tables at a quarter, and the evidence of what was computed from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spatial.measures.registry import Facts


def figures(
    facts: Facts, columns: Sequence[str], quarter: str, role: str = "town_indicator", key: str = "town_id"
) -> pd.DataFrame:
    """Return figures reported for one quarter.

    Parameters
    ----------
    facts
        What to measure.
    columns
        Columns of the table.
    quarter
        Quarter, e.g. ``2016Q2``.
    role
        Role of the table: ``town_indicator`` or ``county_indicator``.
    key
        Column that names the town (``town_id``) or the county (``county``).

    Returns
    -------
    DataFrame
        Index `key`; `columns` as float, ``rows`` (tuple of feature ids). A figure is NaN where none is
        reported, or where two rows of the same quarter disagree.
    """
    names = list(columns)
    frame = facts.frames.get(role)
    if frame is None or key not in frame:
        return pd.DataFrame(columns=[*names, "rows"], index=pd.Index([], name=key), dtype=float)
    rows = frame[frame["period"].eq(quarter).fillna(value=False) & frame[key].notna()]
    keys = pd.Index(rows[key].astype(object), name=key)
    found = rows.reindex(columns=names).astype(float).set_axis(keys)
    fids = rows["fid"].astype(str).to_list() if "fid" in rows else rows.index.astype(str).to_list()
    if keys.is_unique:
        return found.assign(rows=[(fid,) for fid in fids])
    groups = found.groupby(level=0, sort=False)
    low, high = groups.min(), groups.max()
    merged = low.where(low == high)
    merged["rows"] = pd.Series(fids, index=keys).groupby(level=0, sort=False).agg(tuple)
    return merged


def layers(facts: Facts, role: str) -> list[str]:
    """Return the names of the workspace's layers that fill `role`."""
    frame = facts.frames.get(role)
    if frame is None or "layer" not in frame:
        return []
    return sorted({str(name) for name in frame["layer"].dropna().unique()})


def evidence(
    formula: str,
    inputs: Sequence[str],
    numbers: pd.DataFrame,
    rows: pd.Series[Any] | None = None,
    asked: pd.DataFrame | None = None,
    reasons: Mapping[Any, str] | None = None,
) -> pd.Series[Any]:
    """Return the evidence of each row as a dict that JSON can hold.

    Parameters
    ----------
    formula
        How the value comes from the numbers, in their names.
    inputs
        Names of the layers used.
    numbers
        The numbers used, one row per subject, named as in the formula.
    rows
        Feature ids used, a tuple per subject.
    asked
        Which of the numbers concern each subject, shape of `numbers`; all if None.
    reasons
        Message code of why there is no value, by subject, where it is not merely a missing number.
    """
    names = [str(name) for name in numbers.columns]
    values = numbers.to_numpy(dtype=float, na_value=np.nan)
    wanted = np.ones(values.shape, dtype=bool) if asked is None else asked.to_numpy(dtype=bool)
    used = [()] * len(numbers) if rows is None else rows.reindex(numbers.index).to_list()
    found: list[dict[str, Any]] = []
    for subject, line, want, fids in zip(numbers.index, values.tolist(), wanted.tolist(), used, strict=True):
        named = {name: value for name, value, ask in zip(names, line, want, strict=True) if ask}
        entry: dict[str, Any] = {
            "inputs": list(inputs),
            "rows": list(fids) if isinstance(fids, tuple) else [],
            "formula": formula,
            "numbers": named,
        }
        if gaps := [name for name, value in named.items() if math.isnan(value)]:
            entry["missing"] = gaps
        if reasons and subject in reasons:
            entry["reason"] = reasons[subject]
        found.append(entry)
    return pd.Series(found, index=numbers.index, dtype=object)


def joined(*rows: pd.Series[Any]) -> pd.Series[Any]:
    """Join feature ids of several quarters, subject by subject."""
    parts = [[ids if isinstance(ids, tuple) else () for ids in series] for series in rows]
    return pd.Series([sum(ids, ()) for ids in zip(*parts, strict=True)], index=rows[0].index, dtype=object)


def column(towns: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return a column of the subjects, all missing where there is none of that name."""
    return towns[name] if name in towns else pd.Series(None, index=towns.index, dtype=object)
