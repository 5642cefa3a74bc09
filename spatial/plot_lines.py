"""The lines of a plot's verdict: one question each, with figure, threshold, clause and verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spatial.areas import balance
from spatial.land import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

Parts = dict[tuple[Any, str], tuple[float, float]]
"""Judged area and slivers by plot and line."""
AREA_RELATIVE, AREA_M2 = 0.02, 20.0
"""A stated area may differ by 2 % or 20 m², whichever is more (provincial check 3401)."""
CLAUSES = {
    "area": "", "stated": "clause-stated", "town": "", "permitted": "二(二)5", "conditional": "二(二)5",
    "restricted": "二(二)5", "forbidden": "二(二)5", "no_zone": "二(二)5", "outside": "二(二)5",
    "farmland": "clause-farmland", "redline": "clause-redline", "planned_area": "二(二)1",
    "construction_area": "二(二)1", "existing": "二(二)5", "neighbours": "clause-neighbours",
    "topology": "clause-topology",
}  # fmt: skip
"""Clause that each line answers to: of the policy, or a code of the catalogue for a law or a check."""
ROLES = {
    **dict.fromkeys(("permitted", "conditional", "restricted", "forbidden", "no_zone", "outside"), "expansion_boundary"),
    "town": "town_boundary", "farmland": "farmland", "redline": "redline", "planned_area": "planned_area",
    "construction_area": "construction_area", "existing": "construction_land", "neighbours": "construction_land",
}  # fmt: skip
LINE_COLUMNS = [
    "plot", "line", "clause", "value", "operator", "threshold", "verdict", "condition", "params", "sliver_m2",
    "role",
]  # fmt: skip
WORST = ("fail", "no data", "warning", "pass")
_ESSENTIAL = ("town", "permitted", "no_zone", "outside")
_OTHER_UNITS = ((10_000.0, "m²"), (15.0, "亩"), (1e-4, "ha"), (1.5e-3, "亩"))
"""Ratio of stated to computed area where the area stands in another unit than the file says."""


def _line(
    plot: Any, line: str, value: float, verdict: str, *, threshold: float = np.nan, operator: str = "",
    condition: str | None = None, sliver_m2: float = 0.0, **params: Any,
) -> dict[str, Any]:  # fmt: skip
    return {
        "plot": plot, "line": line, "clause": CLAUSES[line], "value": value, "operator": operator,
        "threshold": threshold, "verdict": verdict, "condition": condition, "params": params,
        "sliver_m2": sliver_m2, "role": ROLES.get(line),
    }  # fmt: skip


def area_lines(plot: Any, own: pd.Series[Any]) -> list[dict[str, Any]]:
    """Legal area, and the stated area against it."""
    area, stated = float(own["area_m2"]), own.get("stated_m2", np.nan)
    rows = [_line(plot, "area", area, "pass")]
    if stated is None or not np.isfinite(stated):
        return [*rows, _line(plot, "stated", np.nan, "no data", condition="check-no-stated-area")]
    allowed = max(AREA_RELATIVE * float(stated), AREA_M2)
    off = abs(area - float(stated))
    given: dict[str, Any] = {"threshold": allowed, "operator": "±", "difference": area - float(stated)}
    if off <= allowed:
        return [*rows, _line(plot, "stated", float(stated), "pass", **given)]
    ratio = float(stated) / area if area else np.nan
    for factor, unit in _OTHER_UNITS:
        if abs(ratio / factor - 1) <= AREA_RELATIVE:
            return [
                *rows,
                _line(
                    plot, "stated", float(stated), "fail", condition="check-unit-suspect", unit=unit, **given
                ),
            ]
    return [*rows, _line(plot, "stated", float(stated), "fail", condition="check-area-off", **given)]


def town_lines(plot: Any, held: pd.DataFrame) -> list[dict[str, Any]]:
    """Which town, or towns, the plot lies in."""
    out = float(held.loc[held["town"].isna(), "area_m2"].sum())
    inside = float(held.loc[held["town"].notna(), "area_m2"].sum())
    names = "、".join(held.loc[held["town"].notna(), "name"].astype(str))
    if not inside:
        return [_line(plot, "town", 0.0, "no data", condition="check-no-town")]
    if out >= 1.0:
        return [
            _line(plot, "town", inside, "warning", condition="check-partly-no-town", towns=names, out_m2=out)
        ]
    count = int(held["town"].notna().sum())
    verdict, why = ("pass", None) if count == 1 else ("warning", "check-several-towns")
    return [_line(plot, "town", inside, verdict, condition=why, towns=names)]


def zone_lines(
    plot: Any, totals: pd.Series[Any], parts: Parts, area: float, limits: Mapping[str, Any], *,
    boundary_only: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """Area in each kind of zone and in none; they add up to the plot where zones do not overlap."""
    if "permitted" not in limits:
        return [_line(plot, "permitted", np.nan, "no data", condition="check-no-zones")]
    last = "outside" if boundary_only else "no_zone"
    names = [*[kind for kind in KINDS if kind in limits], last]
    covered = float(totals["expansion_m2" if boundary_only else "zoned_m2"])
    exact = [float(totals[f"{name}_m2"]) for name in names[:-1]] + [
        max(float(totals["area_m2"]) - covered, 0.0)
    ]
    apart = abs(sum(exact) - float(totals["area_m2"])) < 1.0
    shown = balance(exact, area) if apart else np.round(exact, 2)
    rows = []
    for name, value in zip(names, shown.tolist(), strict=True):
        if name == "permitted":
            rows.append(_line(plot, name, value, "pass"))
            continue
        judged, noise = parts.get((plot, name), (0.0, 0.0))
        bad = {"conditional": "warning", "no_zone": "no data"}.get(name, "fail")
        why = f"check-{name.replace('_', '-')}" if judged else "check-noise" if noise else None
        row = _line(
            plot,
            name,
            value,
            bad if judged else "pass",
            threshold=0.0,
            operator="≤",
            condition=why,
            sliver_m2=noise,
        )
        rows.append(row)
    return rows


def limit_lines(plot: Any, parts: Parts, near: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Area on permanent basic farmland and inside the ecological redline."""
    rows = []
    for name in ("farmland", "redline"):
        if near.get(name) is None:
            rows.append(_line(plot, name, np.nan, "no data", condition="check-no-layer"))
            continue
        judged, noise = parts.get((plot, name), (0.0, 0.0))
        why = f"check-{name}" if judged else "check-noise" if noise else None
        row = _line(
            plot, name, round(judged + noise, 2), "fail" if judged else "pass", threshold=0.0, operator="≤",
            condition=why, sliver_m2=noise,
        )  # fmt: skip
        rows.append(row)
    return rows


def special_lines(
    plot: Any, planned: pd.DataFrame, parts: Parts, near: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Of a plot in a special town: what sticks out of its planned and construction area."""
    if not len(planned):
        return []
    towns = "、".join(planned["name"].astype(str))
    rows = []
    for name in ("planned_area", "construction_area"):
        if name == "construction_area" and near.get(name) is None:
            rows.append(_line(plot, name, np.nan, "no data", condition="check-no-layer"))
            continue
        judged, noise = parts.get((plot, name), (0.0, 0.0))
        why = f"check-{name.replace('_', '-')}" if judged else "check-noise" if noise else None
        row = _line(
            plot, name, round(judged + noise, 2), "warning" if judged else "pass", threshold=0.0, operator="≤",
            condition=why, sliver_m2=noise, towns=towns,
        )  # fmt: skip
        rows.append(row)
    return rows


def parcel_lines(
    plot: Any, totals: pd.Series[Any], neighbours: pd.DataFrame, parcels: gpd.GeoDataFrame | None
) -> list[dict[str, Any]]:
    """Existing construction land, and the parcels that the plot overlaps."""
    if parcels is None:
        return [
            _line(plot, name, np.nan, "no data", condition="check-no-layer")
            for name in ("existing", "neighbours")
        ]
    sliver = neighbours["sliver"].astype(bool)
    real, noise = neighbours[~sliver], neighbours[sliver]
    why = "check-neighbours" if len(real) else "check-noise" if len(noise) else None
    return [
        _line(plot, "existing", round(float(totals["existing_m2"]), 2), "pass"),
        _line(
            plot, "neighbours", float(len(real)), "warning" if len(real) else "pass", threshold=0.0, operator="≤",
            condition=why, sliver_m2=float(noise["area_m2"].sum()), count=len(real),
        ),
    ]  # fmt: skip


def fault_lines(plot: Any, faults: pd.DataFrame) -> list[dict[str, Any]]:
    """Faults of the plot itself."""
    own = faults[faults["severity"].isin(["error", "warning"])]
    if not len(own):
        return [_line(plot, "topology", 0.0, "pass", threshold=0.0, operator="≤")]
    bad = (
        "fail"
        if own["severity"].eq("error").any() or own["code"].eq("issue-geometry-repaired").any()
        else "warning"
    )
    return [
        _line(
            plot,
            "topology",
            float(len(own)),
            bad,
            threshold=0.0,
            operator="≤",
            condition="check-topology",
            count=len(own),
        )
    ]


def part_sums(pieces: gpd.GeoDataFrame) -> Parts:
    """Area of the parts of each plot and line that are judged, and of the slivers."""
    sums: Parts = {}
    grouped = (
        pieces["area_m2"]
        .astype(float)
        .groupby([pieces["plot"], pieces["line"], pieces["sliver"].astype(bool)])
    )
    for (plot, line, sliver), area in grouped.sum().items():
        real, noise = sums.get((plot, line), (0.0, 0.0))
        sums[plot, line] = (real, round(area, 2)) if sliver else (round(area, 2), noise)
    return sums


def overall(lines: pd.DataFrame) -> str:
    """``no data`` counts where town or zone are unknown; a layer that the workspace lacks is told in its line."""
    counted = lines[(lines["verdict"] != "no data") | lines["line"].isin(_ESSENTIAL)]
    return worst(counted["verdict"]) if "area" in set(lines["line"]) else "no data"


def worst(verdicts: Any) -> str:
    """The worst of some verdicts; `no data` of none."""
    have = set(verdicts)
    return next((verdict for verdict in WORST if verdict in have), "no data")
