"""The registry of measures, the facts they work on, and the table they fill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from spatial.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from spatial.studies.result import Study

Scope = Literal["special", "pilot", "any", "programme"]
PROGRAMME = "programme"
COLUMNS = [
    "town_id", "measure", "value", "unit", "period", "plane", "geodesic", "tolerance", "basis", "evidence",
]  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What measures are taken from.

    Attributes
    ----------
    towns
        Subjects, see `spatial.subjects.towns`; index ``town_id``.
    frames
        Canonical frames by role; ``town_indicator`` and ``project`` carry ``town_id``.
    as_of
        Quarter as of which everything is measured, e.g. ``2016Q2``.
    crs
        Working CRS of the geometries.
    land
        What the overlay of construction land gave (`spatial.land.LandUse`), if there is such a layer.
    sticking_out
        Parts of construction areas outside their planned area, if there is such a layer.
    settings
        Settings of the rulebook.
    studies
        What `spatial.studies` found, by name.
    rasters
        Rasters by role (`layers.rasters`).
    """

    towns: pd.DataFrame
    frames: Mapping[str, pd.DataFrame]
    as_of: str
    crs: Any = None
    land: Any = None
    sticking_out: pd.DataFrame | None = None
    settings: Settings = field(default_factory=Settings)
    studies: Mapping[str, Study] = field(default_factory=dict)
    rasters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """One number per town: what it is called, in which unit, of whom, and how it is computed."""

    name: str
    unit: str
    scope: Scope
    basis: str
    function: Callable[[Facts], pd.DataFrame]


MEASURES: dict[str, Measure] = {}


def measure(
    name: str, *, unit: str, scope: Scope, basis: str
) -> Callable[[Callable[[Facts], pd.DataFrame]], Callable[[Facts], pd.DataFrame]]:
    """Register a function as the measure `name`.

    Parameters
    ----------
    name
        Name in rulebooks; its label is ``measure-<name>`` in the catalogue.
    unit
        Unit of the value: ``m²``, ``km²``, ``%``, ``pp``, ``亿元``, ``A`` or empty for a count.
    scope
        Whom it is measured of; ``any``: special, pilot and other towns.
    basis
        Message code that says how it is computed.

    Returns
    -------
    callable
        Decorator for a function ``Facts -> DataFrame``, index ``town_id``, columns ``value`` and,
        where meaningful, ``plane``, ``geodesic``, ``tolerance``, ``basis``, ``evidence``.
    """

    def register(function: Callable[[Facts], pd.DataFrame]) -> Callable[[Facts], pd.DataFrame]:
        MEASURES[name] = Measure(name, unit, scope, basis, function)
        return function

    return register


def measure_all(facts: Facts, names: Iterable[str] | None = None) -> pd.DataFrame:
    """Take measures of every subject they apply to.

    Parameters
    ----------
    facts
        What to measure.
    names
        Measures to take; all that are registered if None.

    Returns
    -------
    DataFrame
        One row per subject and measure, columns `COLUMNS`; ``value`` NaN where data is missing. Towns
        without a programme have rows only for what is known of them.
    """
    tables = [_table(MEASURES[name], facts) for name in (MEASURES if names is None else names)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def nothing(facts: Facts) -> pd.DataFrame:
    """What a measure gives that lacks its layer: no value of any subject, and that reason."""
    index = facts.towns.index.append(pd.Index([PROGRAMME]))
    proof = [{"reason": "condition-no-layer"}] * len(index)
    return pd.DataFrame({"value": np.nan, "evidence": proof}, index=index)


def subjects(facts: Facts, scope: Scope) -> pd.Index[Any]:
    """Return the ids of the subjects of a scope."""
    if scope == PROGRAMME:
        return pd.Index([PROGRAMME], name="town_id")
    if scope == "any":
        return facts.towns.index
    return facts.towns.index[facts.towns["programme"].eq(scope).fillna(value=False)]


def _table(taken: Measure, facts: Facts) -> pd.DataFrame:
    ids = subjects(facts, taken.scope)
    found = taken.function(facts).reindex(ids)
    count = len(ids)
    numbers = {
        name: found[name].to_numpy(dtype=float, na_value=np.nan) if name in found else np.full(count, np.nan)
        for name in ("value", "plane", "geodesic", "tolerance")
    }
    evidence = found["evidence"].to_list() if "evidence" in found else [None] * count
    basis = found["basis"].fillna(taken.basis).to_list() if "basis" in found else [taken.basis] * count
    table = pd.DataFrame(
        {
            "town_id": ids.astype(object),
            "measure": taken.name,
            "value": np.where(np.isfinite(numbers["value"]), numbers["value"], np.nan),
            "unit": taken.unit,
            "period": facts.as_of,
            "plane": numbers["plane"],
            "geodesic": numbers["geodesic"],
            "tolerance": numbers["tolerance"],
            "basis": basis,
            "evidence": pd.Series([row if isinstance(row, dict) else {} for row in evidence], dtype=object),
        }
    )
    if taken.scope != "any":
        return table
    judged = facts.towns["programme"].reindex(ids).notna().to_numpy()
    return table[judged | table["value"].notna()]
