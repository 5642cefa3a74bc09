"""Measures of a town's projects 项目, 二(二)3: counts, delay, what lies where it must not, money (`spatial.studies.projects`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial.measures.quarters import layers
from spatial.measures.registry import measure, nothing
from spatial.project_progress import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from spatial.measures.registry import Facts

_COUNTS = {
    "project_late_count": ("late", "Projects at least one quarter behind schedule, of a town, 二(二)3."),
    "project_standstill_count": (
        "standing_still",
        "Projects at a standstill: said so, or nothing paid in two reported quarters, 二(二)3.",
    ),
    "project_outside_town_count": (
        "outside_town",
        "Projects that lie outside the town they are reported for, 二(二)3.",
    ),
    "project_outside_construction_area_count": (
        "outside_construction_area",
        "Projects of a special town outside its construction area 建设区域, 二(二)3.",
    ),
    "project_on_farmland_count": (
        "on_farmland",
        "Projects on permanent basic farmland 永久基本农田, 二(二)3.",
    ),
    "project_on_redline_count": ("on_redline", "Projects in the ecological redline 生态保护红线, 二(二)3."),
    "project_barred_zone_count": ("in_barred_zone", "Projects in restricted or forbidden zones, 二(二)5."),
    "project_unreported_count": ("with_missing_quarters", "Projects with quarters without a report, 四(四)."),
}
_SUMS = {
    "project_planned_yi": ("planned_yi", "Money planned for a town's projects, 10^8 yuan, 二(二)3."),
    "project_paid_yi": ("paid_yi", "Money paid for a town's projects since their start, 10^8 yuan, 二(二)3."),
    "project_counted_yi": ("counted_yi", "Money paid for projects that count by the town's level, 二(二)3."),
    "project_excluded_yi": ("excluded_yi", "Money paid for projects that do not count, 二(二)3."),
    "project_funding_gap_yi": ("funding_gap_yi", "Money planned that is not secured yet, project by project, 二(二)3."),
}  # fmt: skip
_BASES = dict.fromkeys(_COUNTS, "basis-project-count") | dict.fromkeys(_SUMS, "basis-project-sum")


def _of_town(column: str, text: str) -> Callable[[Facts], pd.DataFrame]:
    def taken(facts: Facts) -> pd.DataFrame:
        table = _table(facts, "project_by_town")
        if table is None:
            return nothing(facts)
        known = table.set_index("town_id")
        formula = f"sum({column})" if column.endswith("_yi") else f"count({column})"
        numbers = known[list(dict.fromkeys(["projects", column]))]
        return _measured(known[column].astype(float), formula, numbers, facts)

    taken.__doc__ = text
    return taken


measure("project_count", unit="", scope="any", basis="basis-project-count")(
    _of_town("projects", "Projects 项目 of a town, 二(二)3.")
)
for _state in STATES:
    measure(f"project_{_state}_count", unit="", scope="any", basis="basis-project-count")(
        _of_town(_state, f"Projects of a town in the state {_state}, 二(二)3.")
    )
for _name, (_column, _text) in (_COUNTS | _SUMS).items():
    _unit = "亿元" if _name.endswith("_yi") else ""
    measure(_name, unit=_unit, scope="any", basis=_BASES[_name])(_of_town(_column, _text))


@measure("project_performance_pct", unit="%", scope="any", basis="basis-project-performance")
def performance(facts: Facts) -> pd.DataFrame:
    """Earned value out of planned value of a town's projects in %, 二(二)3: ``earned / planned value x 100``.

    No value where one of the projects lacks money, start or finish, or nothing is planned yet.
    """
    table = _table(facts, "project_by_town")
    if table is None:
        return nothing(facts)
    known = table.set_index("town_id")[["earned_value_yi", "planned_value_yi"]]
    due = known["planned_value_yi"].where(known["planned_value_yi"] > 0)
    return _measured(
        known["earned_value_yi"] / due * 100, "earned_value_yi / planned_value_yi × 100", known, facts
    )


@measure("project_delay_quarters", unit="季", scope="any", basis="basis-project-delay")
def delay(facts: Facts) -> pd.DataFrame:
    """Quarters that a town's unfinished projects are behind schedule, 二(二)3: mean, weighted by money planned.

    Those ahead count as on time. 0 where all are done or not due to begin; no value where the delay of one
    is not known.
    """
    table = _table(facts, "project_state")
    if table is None:
        return nothing(facts)
    rows = table[table["town_id"].notna()]
    idle = rows["late"].eq(other=False).fillna(value=False) & rows["delay_quarters"].isna()
    done = rows["state"].eq("done").fillna(value=False)
    money = rows["planned_yi"].where(~(idle | done), 0.0)
    behind = rows["delay_quarters"].clip(lower=0).where(money.ne(0) | money.isna(), 0.0)
    numbers = pd.DataFrame({"town_id": rows["town_id"], "weighted": money * behind, "planned_yi": money})
    sums = numbers.groupby("town_id").agg(lambda column: column.sum(skipna=False))
    value = (sums["weighted"] / sums["planned_yi"].where(sums["planned_yi"] > 0)).mask(
        sums["planned_yi"].eq(0), 0.0
    )
    formula = "sum(planned_yi × max(delay_quarters, 0)) / sum(planned_yi)"
    return _measured(value, formula, sums, facts)


@measure("project_overlap_farmland_m2", unit="m²", scope="any", basis="basis-project-overlap")
def overlap_farmland(facts: Facts) -> pd.DataFrame:
    """Area of a town's projects on permanent basic farmland 永久基本农田 in m² (legal), 二(二)3, of those drawn as areas."""
    return _overlap(facts, "farmland")


@measure("project_overlap_redline_m2", unit="m²", scope="any", basis="basis-project-overlap")
def overlap_redline(facts: Facts) -> pd.DataFrame:
    """Area of a town's projects in the ecological redline 生态保护红线 in m² (legal), 二(二)3, of those drawn as areas."""
    return _overlap(facts, "redline")


@measure("project_reconciliation_pct", unit="%", scope="any", basis="basis-project-reconciliation")
def reconciliation(facts: Facts) -> pd.DataFrame:
    """How far the year's money of a town's projects is from the investment reported, in %, 二(二)3.

    ``|projects - reported| / reported x 100``; ``numbers`` in the evidence tell which is more. No value where
    the money of one project is not known for the year.
    """
    table = _table(facts, "project_reconciliation")
    if table is None:
        return nothing(facts)
    own = table[table["period"].eq(facts.as_of)].set_index("town_id")
    numbers = own[["projects_yi", "reported_yi", "difference_pct"]].astype(float)
    formula = "|projects_yi - reported_yi| / reported_yi × 100"
    return _measured(numbers["difference_pct"].abs(), formula, numbers, facts, "town_indicator")


def _overlap(facts: Facts, limit: str) -> pd.DataFrame:
    table = _table(facts, "project_state")
    if table is None or limit not in facts.frames:
        return nothing(facts)
    rows = table[table["town_id"].notna()]
    area = rows[f"{limit}_m2"].where(rows["area_m2"].notna(), 0.0)
    numbers = pd.DataFrame(
        {"overlap_m2": area, "areas": rows["area_m2"].notna().astype(float), "projects": 1.0}
    )
    sums = numbers.groupby(rows["town_id"]).sum()
    slack = rows["tolerance_m2"].where(area > 0, 0.0).groupby(rows["town_id"]).sum()
    return _measured(sums["overlap_m2"], "sum(overlap_m2)", sums, facts, limit).assign(tolerance=slack)


def _table(facts: Facts, name: str) -> pd.DataFrame | None:
    found = facts.studies.get("projects")
    return None if found is None else found.tables[name]


def _measured(
    value: pd.Series[Any], formula: str, numbers: pd.DataFrame, facts: Facts, *roles: str
) -> pd.DataFrame:
    inputs = [name for role in ("project", "project_report", *roles) for name in layers(facts, role)]
    state = facts.studies["projects"].tables["project_state"]
    rows = state.groupby("town_id")["fid"].agg(lambda ids: [str(one) for one in ids])
    proof = [
        {
            "inputs": inputs,
            "rows": rows.get(town, []),
            "formula": formula,
            "numbers": {str(name): float(number) for name, number in line.items() if not pd.isna(number)},
        }
        | (
            {"missing": gaps}
            if (gaps := [str(name) for name, number in line.items() if pd.isna(number)])
            else {}
        )
        for town, line in zip(numbers.index, numbers.to_dict("records"), strict=True)
    ]
    return pd.DataFrame({"value": value, "evidence": pd.Series(proof, index=numbers.index, dtype=object)})
