"""Inspectors of tables of figures by place and quarter: units, sums, parts, periods, jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spatial import periods
from spatial.quality.expected import AMOUNT_SUFFIXES, COLUMNS, WHOLE
from spatial.quality.registry import Subject, found, inspector
from spatial.repair import ISSUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLACE = {"town_indicator": "name", "county_indicator": "county"}
"""Column that names the place, by role."""
PARTS = (
    (("tertiary_yi",), "gdp_yi"),
    (("housing_investment_yi", "complex_investment_yi"), "fixed_investment_yi"),
    (("employed_secondary", "employed_tertiary"), "employed"),
    (("employed",), "population"),
    (("built_up_population",), "population"),
)
"""Columns that are parts of a whole."""
_SHARED = ("gdp_yi", "fiscal_revenue_yi", "fixed_investment_yi")
_INVESTMENT = ("fixed_investment_yi", "housing_investment_yi", "complex_investment_yi")
_ENOUGH = 3
_YEAR = 4
_STATISTICS = "自定"


@inspector("issue-negative", group="tables", severity="error", source="公开质检代码 3401（值域）")
def negative(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Amounts below zero: money, land, people."""
    frame = subject.frame
    parts = []
    for name in sorted(COLUMNS.get(subject.role, set()) & set(frame.columns)):
        if name.endswith(AMOUNT_SUFFIXES) or name in WHOLE:
            value = _number(frame[name]).to_numpy()
            at = np.flatnonzero(value < 0)
            parts.append(found("issue-negative", frame, at, column=name, value=value[at].tolist()))
    return _joined(parts)


@inspector(
    "issue-period-twice", group="tables", severity="error", source="浙江省质检 3302（唯一）", roles=PLACE
)
def period_twice(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Two rows for one place and quarter, of one day: a row of a later day (``known_on``) corrects an earlier one."""
    frame = subject.frame
    keys = _keys(subject)
    day = ["known_on"] if "known_on" in frame else []
    twice = frame.duplicated([*keys, "period", *day], keep=False) & frame["period"].notna()
    at = np.flatnonzero(twice)
    name, period = (frame[column].astype(str).to_numpy()[at].tolist() for column in (keys[0], "period"))
    return found("issue-period-twice", frame, at, name=name, period=period)


@inspector("issue-period-missing", group="tables", severity="note", source="自定：两镇按季报送", roles=PLACE)
def period_missing(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Quarters of the table after the first of a place that it has no row for."""
    keys = _keys(subject)
    frame = subject.frame
    rows = frame.assign(at=np.arange(len(frame))).dropna(subset=[keys[0], "period"])
    known = sorted(rows["period"].unique())
    at, names, lacking = [], [], []
    for key, part in rows.groupby(keys, dropna=False):
        own = set(part["period"])
        absent = [period for period in known if period > min(own) and period not in own]
        if absent:
            at.append(part["at"].iloc[0])
            names.append(str(key[0]))
            lacking.append("、".join(absent))
    return found("issue-period-missing", frame, at, name=names, periods=lacking)


@inspector("issue-period-gap", group="tables", severity="warning", source="自定：两镇按季报送", roles=PLACE)
def period_gap(subject: Subject, _: Mapping[str, float]) -> pd.DataFrame:
    """Quarters, or years of a table of years, between the first and the last of a table that no place has a row for."""
    frame = subject.frame
    told = [count for value in frame["period"] if (count := _count(value)) is not None]
    if not told:
        return found("issue-period-gap", frame, [])
    step = _YEAR if all(count % _YEAR == _YEAR - 1 for count in told) else 1
    absent = [periods.name(count) for count in range(min(told), max(told), step) if count not in set(told)]
    at = [0] if absent else []
    return found("issue-period-gap", frame, at, periods=["、".join(absent)] * len(at))


@inspector(
    "issue-part-exceeds",
    group="tables",
    severity="error",
    source=_STATISTICS + "：部分不大于总体",
    roles=PLACE,
    relative=0.0001,
)
def part_exceeds(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Parts that are more than their whole: tertiary than GDP, built-up population than population, and so on."""
    frame = subject.frame
    parts = []
    for columns, whole in PARTS:
        own = [name for name in columns if name in frame]
        if not own or whole not in frame:
            continue
        total = pd.concat([_number(frame[name]) for name in own], axis=1).sum(axis=1, min_count=1).to_numpy()
        limit = _number(frame[whole]).to_numpy()
        at = np.flatnonzero(total > limit * (1 + tolerance["relative"]))
        values = {"value": total[at].tolist(), "limit": limit[at].tolist()}
        parts.append(found("issue-part-exceeds", frame, at, column=" + ".join(own), whole=whole, **values))
    return _joined(parts)


@inspector(
    "issue-unit-suspicious", group="tables", severity="warning", source="自定：万元与亿元、人与万人相差 10⁴", roles=PLACE,
    factor=10_000.0, off=5.0,
)  # fmt: skip
def unit_suspicious(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Figures a factor (give or take `off` times) above or below those of the same place; or a place among places."""
    frame, keys = subject.frame, _keys(subject)
    far, off = np.log10(tolerance["factor"]), np.log10(tolerance["off"])
    parts = []
    for name in _figures(frame):
        value = _number(frame[name]).to_numpy()
        size = pd.Series(np.log10(np.where(value > 0, value, np.nan)), index=frame.index)
        own = size.groupby([frame[key] for key in keys], dropna=False)
        usual = own.transform("median").where(own.transform("count") >= _ENOUGH)
        medians = own.median()
        among = medians.median() if medians.count() >= _ENOUGH else np.nan
        alone = usual.isna() | _far(usual - among, far, off)
        shift = (size - usual).where(~alone, size - among)
        at = np.flatnonzero(_far(shift, far, off))
        told = {"value": value[at].tolist(), "usual": (10 ** (size - shift)).to_numpy()[at].tolist()}
        parts.append(found("issue-unit-suspicious", frame, at, column=name, **told))
    return _joined(parts)


def _far(shift: pd.Series, far: float, off: float) -> pd.Series:
    return (shift.abs() - far).abs() <= off


@inspector(
    "issue-cumulative-falls", group="tables", severity="warning", source=_STATISTICS + "：累计数不应减少", roles=PLACE,
    relative=0.0001,
)  # fmt: skip
def cumulative_falls(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Sums since January that are less than a quarter before."""
    rows = _in_order(subject)
    parts = []
    for name in [name for name in _figures(subject.frame) if name.endswith("_yi")]:
        filled = _last_known(rows[rows[name].notna()])
        before = filled.groupby(["place", filled["count"] // _YEAR])[name].shift()
        falls = filled[filled[name] < before * (1 - tolerance["relative"])]
        told = {
            "value": falls[name].tolist(),
            "before": before[falls.index].tolist(),
        }
        at = falls["at"].to_numpy()
        parts.append(
            found(
                "issue-cumulative-falls",
                subject.frame,
                at,
                column=name,
                name=falls["named"].tolist(),
                period=falls["period"].tolist(),
                **told,
            )
        )
    return _joined(parts)


def _last_known(rows: pd.DataFrame) -> pd.DataFrame:
    """Of figures that were corrected on a later day, the last."""
    if "known_on" not in rows:
        return rows
    ordered = rows.sort_values(["place", "count", "known_on"], kind="stable", na_position="first")
    return ordered.drop_duplicates(["place", "count"], keep="last")


@inspector(
    "issue-jump", group="tables", severity="warning", source=_STATISTICS + "：同比波动", roles=PLACE,
    ratio=2.0, investment_ratio=20.0,
)  # fmt: skip
def jump(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Figures that are many times, or a small part of, those of the same quarter a year before."""
    rows = _in_order(subject)
    parts = []
    for name in _figures(subject.frame):
        ratio = tolerance["investment_ratio" if name in _INVESTMENT else "ratio"]
        own = rows[(rows[name] > 0)].drop_duplicates(["place", "count"])
        before = own.assign(count=own["count"] + _YEAR)[["place", "count", name]]
        pairs = own.merge(before, on=["place", "count"], suffixes=("", "_before"))
        times = pairs[name] / pairs[f"{name}_before"]
        odd = pairs[(times > ratio) | (times < 1 / ratio)]
        told = {
            "value": odd[name].tolist(),
            "before": odd[f"{name}_before"].tolist(),
        }
        parts.append(
            found(
                "issue-jump",
                subject.frame,
                odd["at"].to_numpy(),
                column=name,
                name=odd["named"].tolist(),
                period=odd["period"].tolist(),
                **told,
            )
        )
    return _joined(parts)


@inspector(
    "issue-sum-county", group="tables", severity="warning", source="浙江省质检 6201（汇总一致）",
    roles=("county_indicator",), relative=0.0005,
)  # fmt: skip
def sum_county(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Towns that add up to more than their county, or, where all of them are there, to something else."""
    frame = subject.frame
    rows, known = _towns(subject)
    parts = []
    for name in [name for name in _SHARED if name in frame and name in rows]:
        rows = rows.assign(**{name: _number(rows[name])})
        filled = rows[rows[name].notna()].drop_duplicates(["name", "county", "period"])
        sums = filled.groupby(["county", "period"])[name].agg(["sum", "count"])
        own = frame[["county", "period", name]].reset_index(drop=True).join(sums, on=["county", "period"])
        total, value = own["sum"].to_numpy(dtype=float), _number(own[name]).to_numpy()
        whole = (own["count"] == own["county"].map(known)).to_numpy()
        slack = np.abs(value) * tolerance["relative"]
        at = np.flatnonzero((total > value + slack) | (whole & (total < value - slack)))
        said = {"county": own["county"].tolist(), "period": own["period"].tolist()}
        told = {key: [values[place] for place in at] for key, values in said.items()}
        parts.append(
            found(
                "issue-sum-county",
                frame,
                at,
                column=name,
                sum=total[at].tolist(),
                value=value[at].tolist(),
                **told,
            )
        )
    return _joined(parts)


def _towns(subject: Subject) -> tuple[pd.DataFrame, dict[str, int]]:
    """Rows of administrative towns with their county, and how many towns each county has."""
    others = subject.others
    rows, drawn, register = (others.get(role) for role in ("town_indicator", "town_boundary", "town"))
    if rows is None:
        return pd.DataFrame(), {}
    counties: dict[str, str] = {}
    known: dict[str, int] = {}
    if drawn is not None and "county" in drawn:
        own = drawn[["name", "county"]].dropna().drop_duplicates()
        known = own.groupby("county").size().to_dict()
        own = own[~own["name"].duplicated(keep=False)]
        counties = dict(zip(own["name"], own["county"], strict=True))
    if register is not None and "programme" in register:
        special = register.loc[register["programme"] == "special", "name"]
        rows = rows[~rows["name"].isin(special)]
    county = rows["name"].map(counties)
    return rows.assign(county=rows["county"].fillna(county) if "county" in rows else county).dropna(
        subset=["county"]
    ), known


def _keys(subject: Subject) -> list[str]:
    """Columns that tell one place from another."""
    place = PLACE[subject.role]
    return [place, *(["county"] if place == "name" and "county" in subject.frame else [])]


def _figures(frame: pd.DataFrame) -> list[str]:
    people = {name for name in WHOLE if name.startswith(("employed", "population", "built"))}
    names = sorted(set().union(*COLUMNS.values()) & set(frame.columns))
    return [
        name
        for name in names
        if (name.endswith("_yi") or name in people) and _number(frame[name]).notna().any()
    ]


def _in_order(subject: Subject) -> pd.DataFrame:
    """Rows by place and quarter, with ``at``, ``count`` (of quarters), ``place`` and ``named``."""
    frame, keys = subject.frame, _keys(subject)
    count = frame["period"].map(_count)
    figures = {name: _number(frame[name]) for name in _figures(frame)}
    rows = frame.assign(at=np.arange(len(frame)), count=count, named=frame[keys[0]].astype(object), **figures)
    rows = rows.assign(place=rows.groupby(keys, dropna=False).ngroup())
    rows = rows[count.notna() & frame[keys[0]].notna()].sort_values(["place", "count"], kind="stable")
    return rows.astype({"count": "int64"})


def _number(values: pd.Series) -> pd.Series:
    """Cells as numbers; NaN where there is none."""
    return pd.to_numeric(values, errors="coerce").astype(float)


def _count(period: object) -> int | None:
    quarter = periods.parse(period) if isinstance(period, str) else None
    return None if quarter is None else periods.number(quarter)


def _joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    filled = list(parts)
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=ISSUE_COLUMNS)
