"""A submitted file checked against a workspace: index, plots, what lies around them, verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyproj

from layers.indexing import ROLES, TOWNS, Index, open_index
from layers.issues import together
from layers.rulebooks import read_rulebook
from layers.submitted import Submitted, read_plots
from layers.waiving import read_ledger, waived
from spatial.land import known_zones, zone_kinds
from spatial.plot_lines import LINE_COLUMNS, fault_lines, overall
from spatial.plots import Judged, judge_plots

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

    from spatial.rules import Rulebook

    Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Outcome:
    """What a check gave, and what it stands on.

    Attributes
    ----------
    judged
        Plots, lines, pieces and the rest.
    submitted
        The file as it was understood.
    index
        The workspace's layers, for what is drawn around a plot.
    rulebook
        By which it was judged.
    """

    judged: Judged
    submitted: Submitted
    index: Index
    rulebook: Rulebook

    def sources(self) -> dict[str, str]:
        """Names of layer and file by role."""
        named: dict[str, list[str]] = {}
        for row in self.index.manifest["inputs"]:
            where = row["path"] if not row["source_layer"] else f"{row['path']}/{row['source_layer']}"
            named.setdefault(row["role"], []).append(f"{row['layer']} ({where})")
        return {role: "、".join(names) for role, names in named.items()}

    def lost(self) -> dict[str, int]:
        """Features of each role's layers that could not be read."""
        return _lost(self.index)

    def notes(self) -> pd.DataFrame:
        """What was met while reading, and the waivers that no longer hold."""
        issues = self.judged.issues
        return together([self.submitted.issues, issues[issues["code"].str.startswith("issue-waiver-")]])

    def around(self, box: Box) -> dict[str, gpd.GeoDataFrame]:
        """Control layers in a box of the working CRS, by role; zones with their ``zone_kind``."""
        near = {role: frame for role in ROLES if (frame := self.index.near(role, box)) is not None}
        if "expansion_boundary" in near:
            zones = near["expansion_boundary"]
            near["expansion_boundary"] = zones.assign(
                zone_kind=zone_kinds(zones["zone"], self.rulebook.settings.zones)
            )
        return near


def check(
    path: Path, workspace: Path, *, layer: str | None = None, crs: str | None = None,
    transformation: str | None = None, policy: str | None = None,
    ledger: pd.DataFrame | None = None, as_of: date | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Outcome:  # fmt: skip
    """Check a submitted file against a workspace.

    Parameters
    ----------
    path
        The file with one plot or several.
    workspace
        Folder or ``workspace.toml``; its layers are indexed where they are not yet.
    layer, crs, transformation
        As for `layers.submitted.read_plots`.
    policy
        Rulebook; the workspace's own if None.
    ledger, as_of
        Waivers, and the day on which they must hold; without them those of the workspace, without a day none.
    progress
        Called with the name of each layer while the index is made.

    Raises
    ------
    LiangzhenError
        If file, workspace or rulebook are wrong, or the rulebook knows none of the zone codes of the workspace; one
        sentence.
    """
    index = open_index(workspace, progress)
    rulebook = read_rulebook(policy or index.manifest["policy"])
    known_zones(pd.Series(index.manifest["zones"], dtype=object), rulebook.settings.zones, rulebook.id)
    submitted = read_plots(
        path, pyproj.CRS(index.manifest["crs"]), layer=layer, crs=crs, transformation=transformation
    )
    west, south, east, north = (float(edge) for edge in submitted.plots.total_bounds)
    box = (west - 1, south - 1, east + 1, north + 1)
    near = {role: index.near(role, box) for role in ROLES}
    towns: Any = index.near(TOWNS, box)
    settings = rulebook.settings
    judged = judge_plots(
        submitted.plots, near, towns, settings,
        boundary_only=_boundary_only(index, settings.zones), lost=_lost(index),
    )  # fmt: skip
    if as_of is not None:
        book = read_ledger(workspace) if ledger is None else ledger
        judged = _accepted(judged, book, as_of, path.name)
    return Outcome(judged, submitted, index, rulebook)


def _accepted(judged: Judged, ledger: pd.DataFrame | None, as_of: date, name: str) -> Judged:
    """Faults of the plots that a ledger waives count no more, but stay listed: such a line is a warning at best."""
    told = waived(judged.issues.assign(layer=name), ledger, as_of, judged.plots.crs)
    issues = told.assign(layer=told["layer"].mask(told["id"].notna(), "plot"))
    lines, plots = judged.lines.copy(), judged.plots.copy()
    for plot, own in issues[issues["severity"].isin(["error", "warning"])].groupby("id"):
        accepted = own["waived"].astype(bool)
        if not accepted.any():
            continue
        (line,) = fault_lines(plot, own[~accepted])
        line["value"], line["condition"] = float(len(own)), "check-topology-waived"
        line["verdict"] = "warning" if line["verdict"] == "pass" else line["verdict"]
        names = ", ".join(sorted(own.loc[accepted, "waiver"]))
        line["params"] = {"count": len(own), "waived": int(accepted.sum()), "waivers": names}
        at = lines.index[(lines["plot"] == plot) & (lines["line"] == "topology")][0]
        for column in LINE_COLUMNS:
            lines.at[at, column] = line[column]  # noqa: PD008 - a cell that may hold a dict
        plots.loc[plot, "verdict"] = overall(lines[lines["plot"] == plot])
    return replace(judged, lines=lines, plots=plots, issues=issues)


def _lost(index: Index) -> dict[str, int]:
    lost, counts = index.manifest["lost"], dict[str, int]()
    for row in index.manifest["inputs"]:
        counts[row["role"]] = counts.get(row["role"], 0) + int(lost.get(row["layer"], 0))
    return {role: count for role, count in counts.items() if count}


def _boundary_only(index: Index, zones: Any) -> bool:
    """Whether the whole zone layer has permitted and conditional zones alone."""
    codes = index.manifest["zones"]
    closed = tuple(prefix for kind in ("restricted", "forbidden") for prefix in zones.get(kind, ()))
    return bool(codes) and not any(code.startswith(closed) for code in codes)
