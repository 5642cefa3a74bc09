"""The issues table: every problem met, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable


def issue(
    code: str, severity: str, layer: str | None, *, fid: Any = None, feature: Any = None, geometry: Any = None,
    **params: Any,
) -> dict[str, Any]:  # fmt: skip
    """One row of the issues table.

    Parameters
    ----------
    code
        Message code, ``issue-…``.
    severity
        ``error``, ``warning`` or ``note``.
    layer
        Name of the layer in the workspace.
    fid, feature
        Feature in the source (row of a table), and its canonical id.
    geometry
        Where it is, in the working CRS.
    **params
        What the message names.
    """
    return {
        "code": code, "severity": severity, "layer": layer, "fid": fid, "id": feature, "params": params,
        "geometry": geometry,
    }  # fmt: skip


def table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows of issues as a table, also when there are none."""
    return pd.DataFrame(list(rows), columns=ISSUE_COLUMNS)


def together(parts: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    """Several issues tables as one."""
    filled = [
        part.reindex(columns=ISSUE_COLUMNS).astype(object) for part in parts if part is not None and len(part)
    ]
    return pd.concat(filled, ignore_index=True) if filled else table([])
