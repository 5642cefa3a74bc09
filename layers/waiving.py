"""Waivers over the issues of a run: what is accepted stays listed as such, what lapsed is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from layers import ledger as books
from layers.issues import issue, table
from layers.waivers import apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

LEDGER = "waivers.csv"
"""Name of the ledger of a workspace, beside its ``workspace.toml``."""


def read_ledger(workspace: Path) -> pd.DataFrame | None:
    """The ledger of a workspace; None where it has none.

    Parameters
    ----------
    workspace
        Workspace folder or ``workspace.toml``.

    Raises
    ------
    LayerError
        If it cannot be read, or an entry has been altered.
    """
    path = (workspace if workspace.is_dir() else workspace.parent) / LEDGER
    return books.read(path) if path.is_file() else None


def waived(
    issues: pd.DataFrame, ledger: pd.DataFrame | None, as_of: date, crs: Any,
    inputs: Iterable[Mapping[str, Any]] = (),
) -> pd.DataFrame:  # fmt: skip
    """Mark the issues that a ledger waives; severities stay.

    A waiver granted on what `inspect` found names the layer by its file; `inputs` says which layer of the
    workspace that is.

    Parameters
    ----------
    issues
        Issues table.
    ledger
        As `read_ledger` gives it; None waives nothing.
    as_of
        The day to judge.
    crs
        CRS of the geometries.
    inputs
        Rows with ``layer``, ``path`` and ``source_layer``, see `layers.load.Layers`.

    Returns
    -------
    DataFrame
        The issues with ``waived`` (bool) and ``waiver`` (id or None); after them one ``issue-waiver-…`` for each
        waiver of these layers that no longer holds.
    """
    if ledger is None:
        return issues.assign(waived=False, waiver=pd.Series(None, issues.index, dtype=object))
    known = list(inputs)
    ours = {str(row["layer"]): _full(row) for row in known}
    names = {
        entry: next((_full(row) for row in known if _is(entry, row)), entry) for entry in set(ledger["layer"])
    }
    told = issues.assign(layer=issues["layer"].astype(object).map(lambda name: ours.get(name, name)))
    looked_at = {*ours.values(), *told["layer"].dropna()}
    found = apply(told, ledger.assign(layer=ledger["layer"].map(names)), as_of, crs, looked_at)
    marked = found.issues.assign(layer=issues["layer"])
    back = {name: layer for layer, name in reversed(ours.items())}
    gone = table(_lapse(row, back) for row in found.lapsed.to_dict("records"))
    if not len(gone):
        return marked
    return pd.concat([marked, gone.assign(waived=False, waiver=None).astype(object)], ignore_index=True)


def _full(row: Mapping[str, Any]) -> str:
    return f"{row['path']}/{row['source_layer']}" if row.get("source_layer") else str(row["path"])


def _is(entry: str, row: Mapping[str, Any]) -> bool:
    """Whether a ledger means a layer: by its name, or by its file with or without folders and the file's layer."""
    if entry == row["layer"]:
        return True
    given = "/" + entry.replace("\\", "/")
    for name in (str(row["path"]), _full(row)):
        own = "/" + name
        if own.endswith(given) or given.endswith(own):
            return True
    return False


def _lapse(row: Mapping[str, Any], layers: Mapping[str, str]) -> dict[str, Any]:
    """One issue on a waiver that no longer holds; that a finding is gone is good news."""
    severity = "note" if row["why"] == "gone" else "warning"
    told = {"waiver": row["waiver"], "waived_code": row["code"], "expires": str(row["expires_on"])}
    figures = {name: row[name] for name in ("distance_m", "tolerance_m", "before", "after")}
    return issue(
        f"issue-waiver-{row['why']}", severity, layers.get(row["layer"], row["layer"]), **told, **figures
    )
