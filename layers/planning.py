"""The two plans of a workspace compared, and their differences as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from layers.errors import LayerError
from layers.load import load
from spatial import subjects
from spatial.land_classes import group
from spatial.plans import KINDS, Differences, differences

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.load import Layers
    from spatial.plans import Tolerance

ROLES = ("urban_plan", "land_use_plan")
_LETTERS = {"R": 0, "A": 0, "B": 0, "M": 0, "W": 0, "S": 0, "U": 0, "G": 0, "H": 0, "E1": 2, "E2": 1, "E9": 2}
"""Codes of town planning (GB 50137-2011, CJJ/T 97): which of `KINDS`; E1 water, E2 farmland and forest, E9 other."""
_NATIONAL = {"2": 0, "1": 1, "3": 2}
"""First digit of land-use planning codes (TD/T 1023-2010: 111 to 312, 2111 to 2323): which of `KINDS`."""


def kinds(frame: pd.DataFrame) -> pd.Series:
    """What each feature of a plan is planned for: by ``plan_kind``, else by ``land_class``; else ``unknown``.

    Classes are read as those of the third survey (``0601``, ``1006``), as letters of town planning (``R2``, ``E2``), or as
    numbers of land-use planning (``111``, ``2121``).
    """
    empty = pd.Series(None, index=frame.index, dtype=object)
    stated = frame["plan_kind"].astype(object) if "plan_kind" in frame else empty
    codes = frame["land_class"].astype(object) if "land_class" in frame else empty
    text = codes.where(codes.notna(), "").astype(str).str.strip().str.upper()
    long = text.str.fullmatch(r"[123]\d{2}|[23]\d{3}")
    survey = group(codes.where(~long, None))
    letters = text.str[:2].map(_LETTERS).fillna(text.str[:1].map(_LETTERS))
    numbers = text.str[:1].map(_NATIONAL).where(long)
    place = letters.fillna(numbers)
    by_code = survey.where(survey.notna(), place.map(dict(enumerate(KINDS)), na_action="ignore"))
    found = stated.where(stated.isin(KINDS), by_code)
    return found.where(found.isin(KINDS), "unknown")


def compare_plans(
    workspace: Path, tolerance: Tolerance | None = None, progress: Callable[[str], None] = lambda _: None
) -> tuple[Differences, gpd.GeoDataFrame, Layers]:
    """Overlay the two plans of a workspace.

    Parameters
    ----------
    workspace
        Its folder or ``workspace.toml``.
    tolerance
        What of a difference is only drawing.
    progress
        Called with the code of each step.

    Returns
    -------
    differences, towns, layers
        Differences by administrative town, those towns, and what was loaded.

    Raises
    ------
    LayerError
        If a plan is missing.
    """
    progress("progress-load")
    loaded = load(workspace)
    for role in ROLES:
        if role not in loaded.frames:
            raise LayerError("plans-missing", role=role)
    progress("progress-measure")
    towns, _ = subjects.towns(loaded.frames)
    drawn = towns[~towns["programme"].eq("special").fillna(value=False)]
    one, other = (gpd.GeoDataFrame(loaded.frames[role]) for role in ROLES)
    found = differences(one.assign(kind=kinds(one)), other.assign(kind=kinds(other)), drawn, tolerance)
    return found, drawn, loaded


def write_gpkg(found: Differences, path: Path) -> None:
    """Write the patches as a layer; beside, then renamed."""
    patches = found.patches.copy()
    for name in patches.columns.drop("geometry"):
        if patches[name].dtype == object:
            patches[name] = patches[name].map(_text)
    beside = path.with_name(f".{path.name}.part.gpkg")
    beside.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        pyogrio.write_dataframe(
            patches, beside, layer="plan_difference", driver="GPKG", promote_to_multi=True
        )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _text(value: Any) -> str | None:
    return None if value is None or (isinstance(value, float) and np.isnan(value)) else str(value)
