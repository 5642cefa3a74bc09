"""Growth year on year: sums, shares, and the lead of a town over its own county.

The quarterly reports give cumulative figures from January on, so a quarter is compared with the same
quarter of the year before (三(一)1, 三(一)2). Figures are taken as reported: current prices unless the
table says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial.measures.quarters import column, evidence, figures, joined, layers
from spatial.measures.registry import measure
from spatial.periods import shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spatial.measures.registry import Facts


@measure("gdp_growth_pct", unit="%", scope="any", basis="basis-growth")
def gdp_growth(facts: Facts) -> pd.DataFrame:
    """Growth of GDP 地区生产总值 on the year before in %, 三(一)1: ``(now / then - 1) x 100``.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.measures import Facts
    >>> table = pd.DataFrame({"town_id": ["a", "a"], "period": ["2015Q2", "2016Q2"], "gdp_yi": [20.0, 22.5]})
    >>> towns = pd.DataFrame({"programme": ["pilot"]}, index=["a"])
    >>> gdp_growth(Facts(towns, {"town_indicator": table}, "2016Q2"))["value"].to_list()
    [12.5]
    """
    return _growth(facts, "gdp_yi")


@measure("fiscal_growth_pct", unit="%", scope="any", basis="basis-growth")
def fiscal_growth(facts: Facts) -> pd.DataFrame:
    """Growth of total fiscal revenue 财政总收入 on the year before in %, 三(一)1, 三(一)2."""
    return _growth(facts, "fiscal_revenue_yi")


@measure("investment_growth_pct", unit="%", scope="any", basis="basis-growth")
def investment_growth(facts: Facts) -> pd.DataFrame:
    """Growth of fixed-asset investment 固定资产投资 on the year before in %, 三(一)1, 三(一)2."""
    return _growth(facts, "fixed_investment_yi")


@measure("tertiary_share_change_pp", unit="pp", scope="any", basis="basis-share-change")
def tertiary_share_change(facts: Facts) -> pd.DataFrame:
    """Change of the tertiary sector's share of GDP 第三产业增加值占比 on the year before in points, 三(一)1."""
    return _share_change(facts, ["tertiary_yi"], "gdp_yi")


@measure("nonfarm_employment_share_change_pp", unit="pp", scope="any", basis="basis-share-change")
def nonfarm_employment_share_change(facts: Facts) -> pd.DataFrame:
    """Change of the share of secondary and tertiary employment 二三产业从业人员比重 in points, 三(一)1."""
    return _share_change(facts, ["employed_secondary", "employed_tertiary"], "employed")


@measure("built_up_share_change_pp", unit="pp", scope="any", basis="basis-share-change")
def built_up_share_change(facts: Facts) -> pd.DataFrame:
    """Change of the share of people in the built-up area 建成区人口集聚率 in points, 三(一)2."""
    return _share_change(facts, ["built_up_population"], "population")


@measure("gdp_growth_lead_pp", unit="pp", scope="any", basis="basis-lead")
def gdp_growth_lead(facts: Facts) -> pd.DataFrame:
    """Growth of a town's GDP minus that of its own county 所在县(市、区) in points, 三(一)2."""
    towns, then = facts.towns, shift(facts.as_of, -4)
    numbers = _two_years(facts, ["gdp_yi"])
    now_of, then_of = f"county gdp_yi[{facts.as_of}]", f"county gdp_yi[{then}]"
    for quarter, name in ((facts.as_of, now_of), (then, then_of)):
        county = figures(facts, ["gdp_yi"], quarter, "county_indicator", "county")["gdp_yi"]
        numbers[name] = column(towns, "county").map(county.to_dict()).astype(float)
    rows = numbers.pop("rows")
    unlike = _unlike_prices(facts, "county_indicator", "county")
    apart = {*_unlike_prices(facts), *towns.index[column(towns, "county").isin(unlike)]}
    town = _ratio(numbers[f"gdp_yi[{facts.as_of}]"], numbers[f"gdp_yi[{then}]"])
    lead = (town - _ratio(numbers[now_of], numbers[then_of])) * 100
    formula = f"(gdp_yi[{facts.as_of}] / gdp_yi[{then}] - {now_of} / {then_of}) × 100"
    inputs = [*layers(facts, "town_indicator"), *layers(facts, "county_indicator")]
    reasons = dict.fromkeys(apart, "condition-prices-differ")
    proof = evidence(formula, inputs, numbers, rows, reasons=reasons)
    return pd.DataFrame({"value": lead.mask(lead.index.isin(apart)), "evidence": proof})


def _growth(facts: Facts, name: str) -> pd.DataFrame:
    now, then = f"{name}[{facts.as_of}]", f"{name}[{shift(facts.as_of, -4)}]"
    numbers = _two_years(facts, [name])
    rows = numbers.pop("rows")
    value = (_ratio(numbers[now], numbers[then]) - 1) * 100
    apart = _unlike_prices(facts)
    reasons = dict.fromkeys(apart, "condition-prices-differ")
    inputs = layers(facts, "town_indicator")
    proof = evidence(f"({now} / {then} - 1) × 100", inputs, numbers, rows, reasons=reasons)
    return pd.DataFrame({"value": value.mask(value.index.isin(apart)), "evidence": proof})


def _unlike_prices(facts: Facts, role: str = "town_indicator", key: str = "town_id") -> list[Any]:
    """Places whose figures of the two years are stated in different prices."""
    frame = facts.frames.get(role)
    if frame is None or "prices" not in frame or key not in frame:
        return []
    rows = frame[frame["period"].isin([facts.as_of, shift(facts.as_of, -4)]) & frame["prices"].notna()]
    kinds = rows.groupby(key)["prices"].nunique()
    return list(kinds.index[kinds > 1])


def _share_change(facts: Facts, parts: Sequence[str], whole: str) -> pd.DataFrame:
    quarters = (facts.as_of, shift(facts.as_of, -4))
    numbers = _two_years(facts, [*parts, whole])
    rows = numbers.pop("rows")
    now, then = (
        _ratio(numbers[[f"{part}[{quarter}]" for part in parts]].sum(axis=1, skipna=False),
               numbers[f"{whole}[{quarter}]"])
        for quarter in quarters
    )  # fmt: skip
    sums = [" + ".join(f"{part}[{quarter}]" for part in parts) for quarter in quarters]
    shares = [f"({total}) / {whole}[{quarter}]" for total, quarter in zip(sums, quarters, strict=True)]
    proof = evidence(f"({shares[0]} - {shares[1]}) × 100", layers(facts, "town_indicator"), numbers, rows)
    return pd.DataFrame({"value": (now - then) * 100, "evidence": proof})


def _two_years(facts: Facts, columns: Sequence[str]) -> pd.DataFrame:
    """Figures of the quarter and of the same quarter of the year before, named ``name[quarter]``."""
    ids = facts.towns.index
    quarters = (facts.as_of, shift(facts.as_of, -4))
    tables = [figures(facts, columns, quarter).reindex(ids) for quarter in quarters]
    named = [
        table[list(columns)].rename(columns=lambda name, q=quarter: f"{name}[{q}]")
        for table, quarter in zip(tables, quarters, strict=True)
    ]
    return pd.concat(named, axis=1).assign(rows=joined(*(table["rows"] for table in tables)))


def _ratio(part: pd.Series[Any], whole: pd.Series[Any]) -> pd.Series[Any]:
    """`part` / `whole`; no value where `whole` is not positive."""
    return part / whole.where(whole > 0)
