"""Tables: town and county indicators, register 两镇名录, exceptions, meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.demo.plan import PILOTS, SPECIAL, Pilot, Special
from layers.demo.shapes import rng

if TYPE_CHECKING:
    from layers.demo.layout import Prefecture

QUARTERS = [f"{year}Q{quarter}" for year in (2015, 2016) for quarter in (1, 2, 3, 4)]
SHARES = np.array([0.21, 0.46, 0.71, 1.0])
LEVELS = {"province": "省级", "city": "市级", "county": "县级"}
STATUS = {"created": "创建", "listed": "列入", "demonstration": "示范", "downgraded": "降档"}

NAME, PERIOD, COUNTY = "名称", "报告期", "县(市、区)"
GDP, FISCAL, FIXED = "地区生产总值(亿元)", "财政总收入(亿元)", "固定资产投资(亿元)"
HOUSING, COMPLEX, TERTIARY = "商品住宅投资(亿元)", "商业综合体投资(亿元)", "第三产业增加值(亿元)"
EMPLOYED, SECOND, THIRD = "从业人员(人)", "第二产业从业人员(人)", "第三产业从业人员(人)"
PEOPLE, BUILT_UP = "常住人口(人)", "建成区常住人口(人)"
URBAN, CONFIRMED, HOUSEHOLDS = "户籍城镇人口(人)", "已确权农户", "应确权农户"
KNOWN, PRICES = "报送日期", "价格口径"
REPORTED = {"1": "04-20", "2": "07-20", "3": "10-20", "4": "01-20"}
LATE = ("2016Q2", "2016-09-05", 0.97)
"""A quarter of the first pilot town whose GDP was reported too low at first, and the day it was put right."""
COLUMNS = {
    "gdp_yi": GDP, "fiscal_revenue_yi": FISCAL, "fixed_investment_yi": FIXED, "housing_investment_yi": HOUSING,
    "complex_investment_yi": COMPLEX, "tertiary_yi": TERTIARY, "employed": EMPLOYED,
    "employed_secondary": SECOND, "employed_tertiary": THIRD, "population": PEOPLE,
    "built_up_population": BUILT_UP, "registered_urban_population": URBAN, "rural_rights_confirmed": CONFIRMED,
    "rural_rights_total": HOUSEHOLDS, "known_on": KNOWN, "prices": PRICES,
}  # fmt: skip


def county_growth(frame: Prefecture) -> np.ndarray:
    """Growth of GDP of each county in 2016, %."""
    return np.round(rng(frame.seed, 80).uniform(6.6, 8.4, len(frame.counties)), 1)


def counties(frame: Prefecture) -> pd.DataFrame:
    """County indicators for eight quarters, cumulative from January."""
    random = rng(frame.seed, 81)
    rows = []
    for number, (county, growth) in enumerate(zip(frame.counties, county_growth(frame), strict=True)):
        gdp = random.uniform(320, 720)
        fiscal, fixed = gdp * random.uniform(0.12, 0.16), gdp * random.uniform(0.5, 0.65)
        for year, factor in ((2015, 1.0), (2016, 1 + growth / 100)):
            rows += [
                {COUNTY: county, "行政区划代码": frame.county_codes[number], PERIOD: f"{year}Q{q + 1}",
                 GDP: round(gdp * factor * share, 2), FISCAL: round(fiscal * factor * share, 2),
                 FIXED: round(fixed * (1 + (factor - 1) * 1.4) * share, 2),
                 KNOWN: _reported(f"{year}Q{q + 1}"), PRICES: "现价"}
                for q, share in enumerate(SHARES)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def towns(frame: Prefecture) -> pd.DataFrame:
    """Town indicators: pilot towns in full, special towns their investment, by quarter."""
    random = rng(frame.seed, 82)
    growth = county_growth(frame)
    rows: list[dict[str, object]] = []
    for town, pilot in zip(frame.pilots, PILOTS, strict=True):
        base = growth[frame.county[town]] if pilot.level == "city" else 0.0
        rows += _pilot(random, frame.names[town], pilot, pilot.gdp + base)
    for place in frame.places:
        rows += _special(place.name, place.plan)
    table = pd.DataFrame(rows).reindex(columns=[NAME, PERIOD, *COLUMNS.values()])
    table[KNOWN], table[PRICES] = table[PERIOD].map(_reported), "现价"
    return table


def with_first_report(table: pd.DataFrame, frame: Prefecture) -> pd.DataFrame:
    """The town indicators with the figure of `LATE` as it was reported at first."""
    first = table[(table[NAME] == frame.names[frame.pilots[0]]) & (table[PERIOD] == LATE[0])].index[0]
    at_first = table.loc[[first]].assign(**{GDP: (table.loc[[first], GDP] * LATE[2]).round(3)})
    table.loc[first, KNOWN] = LATE[1]
    return pd.concat([table, at_first], ignore_index=True)


def _reported(quarter: str) -> str:
    """Day on which the figures of a quarter are reported: the 20th of the month after it."""
    year = int(quarter[:4]) + (quarter[-1] == "4")
    return f"{year}-{REPORTED[quarter[-1]]}"


def _pilot(
    random: np.random.Generator, name: str, pilot: Pilot, gdp_growth: float
) -> list[dict[str, object]]:
    gdp = random.uniform(55, 110)
    before = {
        GDP: gdp, FISCAL: gdp * random.uniform(0.11, 0.15), FIXED: gdp * random.uniform(0.45, 0.6),
        TERTIARY: random.uniform(36, 44), EMPLOYED: random.uniform(42_000, 68_000),
        PEOPLE: random.uniform(78_000, 120_000), BUILT_UP: random.uniform(50, 60),
    }  # fmt: skip
    nonfarm = random.uniform(84, 90)
    changes = {
        2015: (0.0,) * 5,
        2016: (gdp_growth, pilot.fiscal, pilot.investment, pilot.tertiary, pilot.share),
    }
    rows: list[dict[str, object]] = []
    for year, (of_gdp, of_fiscal, of_fixed, of_tertiary, of_share) in changes.items():
        for quarter, share in enumerate(SHARES):
            so_far = before[GDP] * (1 + of_gdp / 100) * share
            employed = round(before[EMPLOYED] * (1 + 0.004 * quarter))
            third = round(employed * 0.36)
            people = round(before[PEOPLE] * (1 + 0.003 * quarter))
            row = {
                NAME: name,
                PERIOD: f"{year}Q{quarter + 1}",
                GDP: round(so_far, 3),
                FISCAL: round(before[FISCAL] * (1 + of_fiscal / 100) * share, 3),
                FIXED: round(before[FIXED] * (1 + of_fixed / 100) * share, 3),
                TERTIARY: round(so_far * (before[TERTIARY] + of_tertiary) / 100, 3),
                EMPLOYED: employed,
                SECOND: round(employed * (nonfarm + of_share) / 100) - third,
                THIRD: third,
                PEOPLE: people,
                BUILT_UP: round(people * (before[BUILT_UP] + of_share) / 100),
                URBAN: round(people * (before[BUILT_UP] - 12 + of_share) / 100),
                CONFIRMED: round(people / 7 * (0.82 + 0.02 * quarter)),
                HOUSEHOLDS: round(people / 7),
            }
            rows.append(row | {COLUMNS[column]: np.nan for column in pilot.missing})
    return rows


def _special(name: str, plan: Special) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for year, (fixed, housing, shops) in plan.investment.items():
        for quarter, share in enumerate(SHARES):
            period = f"{year}Q{quarter + 1}"
            figures = {
                FIXED: round(fixed * share, 2), HOUSING: round(housing * share, 2), COMPLEX: round(shops * share, 2)
            }  # fmt: skip
            if period in plan.missing:
                figures = dict.fromkeys(figures, np.nan)
            rows.append({NAME: name, PERIOD: period, **figures})
    return rows


def register(frame: Prefecture) -> pd.DataFrame:
    """Register of special towns and pilot towns."""
    rows = []
    for place in frame.places:
        plan, county = place.plan, int(frame.county[place.host])
        rows.append(
            {
                NAME: place.name, "类型": "特色小镇", "级别": LEVELS[plan.level], "所在镇": frame.names[place.host],
                COUNTY: frame.counties[county], "批次": plan.batch, "列入时间": plan.listed,
                "建成时间": plan.built, "状态": STATUS[plan.status],
                "景区等级": None if np.isnan(plan.scenic) else f"{plan.scenic:.0f}A", "产业": plan.industry,
                "批准规划面积(平方公里)": plan.approved_planned,
                "批准建设用地面积(平方公里)": plan.approved_construction,
            }
        )  # fmt: skip
    for town, pilot in zip(frame.pilots, PILOTS, strict=True):
        rows.append(
            {
                NAME: frame.names[town], "类型": "小城市培育试点镇", "级别": LEVELS[pilot.level],
                "行政区划代码": frame.codes[town], COUNTY: frame.counties[int(frame.county[town])],
                "轮次": pilot.round, "列入时间": pilot.listed, "状态": STATUS["listed"],
                "黄牌": pilot.yellow_cards,
            }
        )  # fmt: skip
    columns = [
        NAME, "类型", "级别", "行政区划代码", "所在镇", COUNTY, "批次", "轮次", "列入时间", "建成时间", "状态",
        "景区等级", "产业", "批准规划面积(平方公里)", "批准建设用地面积(平方公里)", "黄牌",
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=columns)


def exceptions(frame: Prefecture) -> pd.DataFrame:
    """Approved exceptions."""
    rows = [
        {
            NAME: place.name, "条款": "二(二)1", "批准文号": "云政函〔2016〕7号", "批准机关": "云漾市人民政府",
            "批准日期": "2016-02-18", "批准限值": place.plan.exception,
        }
        for place, plan in zip(frame.places, SPECIAL, strict=True)
        if not np.isnan(plan.exception)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def meetings() -> pd.DataFrame:
    """Quarterly meetings and bulletins; no meeting in 2016Q3."""
    months = {1: "03-24", 2: "06-22", 3: "09-23", 4: "12-21"}
    rows = []
    for period in QUARTERS:
        year, quarter = int(period[:4]), int(period[5])
        held = None if period == "2016Q3" else f"{year}-{months[quarter]}"
        rows.append({"季度": period, "会议日期": held, "通报日期": f"{year}-{months[quarter][:3]}28"})
    return pd.DataFrame(rows)
