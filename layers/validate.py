"""What is wrong with the data, as the inspectors of `spatial.quality` see it; nothing is repaired here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.issues import together
from spatial.quality import Subject
from spatial.quality.run import inspect

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from layers.load import Layers


def validate(layers: Layers, tolerances: Mapping[str, Mapping[str, float]] | None = None) -> pd.DataFrame:
    """Look through all canonical frames.

    Parameters
    ----------
    layers
        What was loaded.
    tolerances
        Tolerances of inspectors other than the defaults, by code and name.

    Returns
    -------
    DataFrame
        The issues table; severity ``error`` where a figure cannot be trusted, ``warning`` where it should
        be looked at, ``note`` otherwise.
    """
    found: list[pd.DataFrame] = []
    for role, frame in layers.frames.items():
        others = {name: other for name, other in layers.frames.items() if name != role}
        crs = layers.crs if "geometry" in frame else None
        found.append(inspect(Subject(frame, role, crs, others), tolerances))
    return together(found)
