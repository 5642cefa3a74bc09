"""Inspectors: one named function for each rule of data quality, with its tolerances, by code."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from spatial.greenway_lines import grade
from spatial.networks import Network, build
from spatial.quality.drawn import Drawn, drawn, finite
from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

Group = Literal["geometry", "topology", "between", "attributes", "tables"]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Subject:
    """What an inspector looks at.

    Attributes
    ----------
    frame
        A canonical frame: index ``id``, columns ``layer`` and ``fid``; in a plane CRS in metres where it has geometry.
    role
        Role it plays, such as ``construction_land``; empty where none is known.
    crs
        CRS of the frame; None for tables.
    others
        The other canonical frames by role, for inspectors between layers.
    """

    frame: gpd.GeoDataFrame | pd.DataFrame
    role: str = ""
    crs: pyproj.CRS | None = None
    others: Mapping[str, gpd.GeoDataFrame | pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """Geometries by position, None where one is missing, empty or at no place; not to be changed."""
        return finite(self.frame)

    @cached_property
    def drawn(self) -> Drawn:
        """Their polygons as parts, rings and vertices."""
        return drawn(self.shapes)

    @cached_property
    def _networks(self) -> dict[float, Network]:
        return {}

    def network(self, snap_m: float) -> Network:
        """Their lines as a network, what is at most `snap_m` apart snapped."""
        if snap_m not in self._networks:
            level = grade(self.frame["grade"]) if "grade" in self.frame else None
            self._networks[snap_m] = build(self.shapes, snap_m, level)
        return self._networks[snap_m]


@dataclass(frozen=True)
class Inspector:
    """One rule of data quality.

    Attributes
    ----------
    code
        Message code of its findings, ``issue-…``.
    group
        Which kind of rule it is.
    severity
        Of its findings.
    roles
        Roles it looks at; empty: all of its kind.
    tolerance
        Default tolerances by name, the unit in the name (``gap_m``, ``area_m2``).
    source
        Where rule and tolerance come from (provincial check number, standard, clause).
    function
        ``(Subject, tolerance) -> issues table``.
    """

    code: str
    group: Group
    severity: Severity
    roles: tuple[str, ...]
    tolerance: Mapping[str, float]
    source: str
    function: Callable[[Subject, Mapping[str, float]], pd.DataFrame]


INSPECTORS: dict[str, Inspector] = {}
"""All inspectors by code; filled when the modules of this package are imported."""


def inspector(
    code: str, *, group: Group, severity: Severity, source: str, roles: Iterable[str] = (), **tolerance: float
) -> Callable[[Any], Any]:
    """Register a function as the inspector `code`.

    Raises
    ------
    ValueError
        If the code is taken.
    """

    def register(function: Any) -> Any:
        if code in INSPECTORS:
            msg = f"two inspectors {code}"
            raise ValueError(msg)
        INSPECTORS[code] = Inspector(code, group, severity, tuple(roles), tolerance, source, function)
        return function

    return register


def found(code: str, frame: pd.DataFrame, at: Any, geometry: Any = None, **params: Any) -> pd.DataFrame:
    """Issues of the inspector `code`, one for each position in `at`.

    Parameters
    ----------
    frame
        Canonical frame that was looked at.
    at
        m positions (rows) in it.
    geometry
        m geometries of where the fault is; the feature's own if None.
    **params
        What the message names: arrays of m, or one value for all.
    """
    at = np.asarray(at, dtype=np.int64)
    if geometry is None:
        geometry = frame["geometry"].to_numpy()[at] if "geometry" in frame else [None] * len(at)
    columns = {
        name: np.asarray(value).tolist()
        if isinstance(value, (list, tuple, np.ndarray, pd.Series))
        else [value] * len(at)
        for name, value in params.items()
    }
    told = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return pd.DataFrame(
        {
            "code": [code] * len(at),
            "severity": [INSPECTORS[code].severity] * len(at),
            "layer": frame["layer"].to_numpy()[at],
            "fid": frame["fid"].to_numpy()[at],
            "id": frame.index.to_numpy()[at],
            "params": told if columns else [{} for _ in at],
            "geometry": list(geometry),
        },
        columns=ISSUE_COLUMNS,
    ).astype(object)
