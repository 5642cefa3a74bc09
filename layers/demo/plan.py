"""What the demo plants: a scenario for each special town and pilot town, and the truth that follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

AS_OF = "2016Q4"


@dataclass(frozen=True)
class Special:
    """A planned special town 特色小镇; areas in km² (legal), investment in 亿元 a year.

    Attributes
    ----------
    key
        Stem of the name.
    annex
        Lots apart from the rest: ``outside``, ``forbidden``, ``conditional``, ``gap``, ``sliver``, ``road``.
    investment
        Year -> (fixed investment, of which housing, of which commercial complexes).
    missing
        Quarters without figures.
    turns
        Verdicts other than pass, by rule without the prefix ``special-``.
    """

    key: str
    industry: str
    level: str
    batch: int
    listed: str
    status: str = "created"
    planned: float = 2.8
    area: float | None = 0.92
    land: float = 0.66
    annex: str = ""
    sticks_out: bool = False
    scenic: float = 3
    built: str | None = None
    approved_planned: float = nan
    approved_construction: float = nan
    exception: float = nan
    investment: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    turns: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Pilot:
    """A planned pilot town 小城市培育试点镇; growth in %, changes of shares in percentage points.

    `lead` is the growth of GDP minus that of the county; `turns` as for `Special`, prefix ``pilot-<level>-``.
    """

    level: str
    round: int
    listed: str
    gdp: float
    fiscal: float
    investment: float
    tertiary: float
    share: float
    missing: tuple[str, ...] = ()
    yellow_cards: int = 0
    turns: dict[str, str] = field(default_factory=dict)
    note: str = ""


PLANE_TRAP = 2.04 * 1.01 - 5e-5

SPECIAL = (
    Special("光机", "高端装备", "province", 1, "2015Q2", "demonstration", 2.85, 0.95, 0.70, built="2016Q2",
            investment={2015: (24, 1, 0), 2016: (62, 2, 1)}, note="样样达标"),
    Special("丝艺", "时尚", "province", 1, "2015Q2", planned=3.18, area=0.93, land=0.68,
            investment={2015: (18, 7, 2), 2016: (24, 9, 3)},
            turns={"province-investment-year": "fail", "province-investment-total": "warning"},
            note="规划面积超3平方公里但在容差内；扣除商品住宅和商业综合体后投资不足"),
    Special("泵阀", "高端装备", "province", 1, "2015Q2", "downgraded", 2.6, 0.88, 0.60, scenic=2,
            investment={2015: (6, 0, 0), 2016: (8, 0.5, 0)},
            turns={"province-investment-year": "fail", "province-investment-total": "warning",
                   "province-no-downgrade": "fail", "scenic-grade": "warning"},
            note="降档；投资不足；景区等级未到时限"),
    Special("花海", "旅游", "province", 2, "2016Q1", planned=3.87, area=0.97, land=0.70, exception=4.0,
            investment={2016: (48, 3, 1)}, turns={"planned-area": "warning"},
            note="规划面积超限，有批准的例外"),
    Special("芯谷", "信息经济", "province", 2, "2016Q1", planned=3.5, area=1.93, land=1.42,
            approved_planned=3.5, approved_construction=1.99, investment={2016: (56, 4, 2)},
            note="规划面积恰等于批准面积"),
    Special("药镇", "健康", "province", 2, "2016Q1", planned=2.9, area=0.94, land=0.64, annex="outside",
            investment={2016: (45, 1, 0)}, turns={"expansion-outside": "fail"},
            note="扩展边界外（限制建设区）有建设用地"),
    Special("竹艺", "历史经典", "city", 1, "2015Q3", planned=PLANE_TRAP, area=0.80, land=0.55,
            approved_planned=2.04, approved_construction=0.85,
            investment={2015: (8, 0, 0), 2016: (14, 1, 0)},
            note="平面面积超批准面积的1%，椭球面积不超"),
    Special("新材", "新材料", "city", 1, "2015Q3", planned=2.7, area=0.90, land=0.62, annex="forbidden",
            investment={2015: (8, 0, 0), 2016: (16, 1, 0)}, turns={"expansion-outside": "fail"},
            note="禁止建设区内有建设用地"),
    Special("云仓", "现代物流", "city", 1, "2015Q3", planned=3.6, area=0.95, land=0.66, annex="conditional",
            investment={2015: (8, 0, 0), 2016: (15, 1, 0)},
            turns={"planned-area": "fail", "expansion-conditional": "warning"},
            note="规划面积超限；有条件建设区内有建设用地"),
    Special("电驱", "高端装备", "city", 1, "2015Q3", planned=2.95, area=1.75, land=1.32, annex="sliver",
            investment={2015: (9, 0, 0), 2016: (13, 0, 0)},
            turns={"construction-area": "fail", "construction-land": "fail"},
            note="建设用地超限；管制区边界重复数字化产生的细条不计"),
    Special("陶坊", "历史经典", "city", 1, "2013Q4", planned=2.5, area=1.30, land=0.70, scenic=nan,
            built="2015Q4",
            investment={2013: (1, 0, 0), 2014: (8, 0, 0), 2015: (7, 0, 0), 2016: (6, 0, 0)},
            turns={"construction-area": "fail", "scenic-grade": "no data",
                   "city-investment-year": "fail", "city-investment-total": "fail"},
            note="建设区域超限；已建成而无景区等级；三年投资到期未完成"),
    Special("渔歌", "旅游", "city", 2, "2016Q1", planned=2.4, area=None, land=0.50,
            investment={2016: (13, 1, 0)}, missing=("2016Q3", "2016Q4"),
            turns={"construction-area-stated": "fail", "construction-area": "no data",
                   "construction-area-inside": "no data", "city-investment-year": "no data",
                   "city-investment-total": "no data"},
            note="未明确建设区域；缺下半年报表"),
    Special("数港", "信息经济", "city", 2, "2016Q1", planned=2.6, area=0.90, land=0.58, annex="gap",
            sticks_out=True, scenic=2, built="2016Q3", investment={2016: (14, 0, 0)},
            turns={"construction-area-inside": "fail", "expansion-no-zone": "no data", "scenic-grade": "fail"},
            note="建设区域伸出规划范围；部分用地没有管制区；已建成仅2A"),
    Special("茶市", "历史经典", "county", 2, "2016Q1", planned=2.2, area=0.85, land=0.60, annex="road",
            investment={2016: (5, 0, 0)}, note="限制建设区内的农村道路不是建设用地"),
)  # fmt: skip

PILOTS = (
    Pilot("province", 1, "2011Q1", 12.5, 13.0, 21.0, 1.8, 1.7, note="样样达标"),
    Pilot("province", 1, "2011Q1", 8.2, 7.5, 20.5, 1.6, 1.6, note="生产总值和财政增幅不足",
          turns={"gdp-growth": "fail", "fiscal-growth": "fail"}),
    Pilot("province", 2, "2014Q1", 11.8, 12.4, 19.8, 0.4, 0.3, note="三产占比和就业占比提升不足",
          turns={"tertiary-share": "fail", "employment-share": "fail"}),
    Pilot("province", 3, "2016Q4", 12.1, 12.9, 14.0, 1.9, 1.5, missing=("employed",),
          note="投资增幅不足；缺从业人员数",
          turns={"employment-share": "no data", "investment-growth": "fail"}),
    Pilot("city", 1, "2014Q1", 3.4, 12.8, 19.0, 1.7, 1.8, note="样样达标"),
    Pilot("city", 1, "2014Q1", 0.8, 12.2, 18.6, 1.5, 1.6, note="生产总值增幅未高出本县2个百分点",
          turns={"gdp-lead": "fail"}),
    Pilot("city", 1, "2014Q1", 3.1, 6.9, 18.9, 1.6, 1.9, note="财政增幅不足", turns={"fiscal-growth": "fail"}),
    Pilot("city", 1, "2014Q1", 3.6, 13.1, 11.2, 1.8, 1.5, note="投资增幅不足",
          turns={"investment-growth": "fail"}),
    Pilot("city", 1, "2014Q1", 3.2, 12.6, 19.4, 0.2, 0.1, note="三产占比和集聚率提升不足",
          turns={"tertiary-share": "fail", "built-up-share": "fail"}),
    Pilot("city", 2, "2016Q1", 3.3, 12.1, 18.8, 1.6, 1.6, yellow_cards=1, note="一张黄牌",
          turns={"yellow-card": "warning"}),
    Pilot("city", 2, "2016Q1", 3.5, 12.7, 19.2, 1.9, 1.7, yellow_cards=2, note="两张黄牌",
          turns={"yellow-card": "warning", "second-card": "fail"}),
    Pilot("city", 2, "2016Q1", 3.0, 12.3, 18.7, 1.5, 1.5, missing=("fiscal_revenue_yi", "built_up_population"),
          note="缺财政收入和建成区人口",
          turns={"fiscal-growth": "no data", "built-up-share": "no data"}),
)  # fmt: skip

SPECIAL_RULES = {
    "planned-area": "二(二)1",
    "construction-area-stated": "二(二)1",
    "construction-area": "二(二)1",
    "construction-area-inside": "二(二)1",
    "construction-land": "二(二)1",
    "expansion-outside": "二(二)5",
    "expansion-conditional": "二(二)5",
    "expansion-no-zone": "二(二)5",
    "scenic-grade": "二(一)2、二(二)4",
}
LEVEL_RULES = {
    "province": {
        "province-investment-year": "二(二)3",
        "province-investment-total": "二(二)3",
        "province-no-downgrade": "二(一)1",
    },
    "city": {"city-investment-year": "二(二)3", "city-investment-total": "二(二)3"},
    "county": {},
}
PILOT_RULES = {
    "province": dict.fromkeys(
        ("gdp-growth", "fiscal-growth", "tertiary-share", "employment-share", "investment-growth"), "三(一)1"
    ),
    "city": dict.fromkeys(
        ("gdp-lead", "fiscal-growth", "investment-growth", "tertiary-share", "built-up-share"), "三(一)2"
    )
    | dict.fromkeys(("yellow-card", "second-card"), "四(四)"),
}
PROGRAMME = (
    ("programme-province-created", "二(一)1", "warning", "5个（降档的不计），2018年底才到期"),
    ("programme-province-new", "二(一)1", "pass", "2016年新列3个"),
    ("programme-province-demonstration", "二(一)1", "pass", "示范1个"),
    ("programme-province-investment", "二(一)1", "pass", "合计超过200亿元"),
    ("programme-city-created", "二(一)2", "warning", "7个，2018年底才到期"),
    ("programme-city-first-batch-investment", "二(一)2", "fail", "首批合计不到200亿元"),
    ("programme-pilot-province", "三(一)1", "pass", "4个"),
    ("programme-pilot-new", "三(一)1", "warning", "第三轮新列1个"),
    ("programme-pilot-city", "三(一)2", "warning", "8个，2018年底才到期"),
    ("programme-meetings", "四(三)", "fail", "2016年三季度没有开会"),
    ("programme-bulletins", "四(四)", "pass", "每季度都有通报"),
)


def truth(special: list[str], pilots: list[str]) -> dict[str, object]:
    """Every finding that the planned scenarios lead to.

    Parameters
    ----------
    special, pilots
        Names of the towns in the order of `SPECIAL` and `PILOTS`.
    """
    rows: list[dict[str, str]] = []
    for name, town in zip(special, SPECIAL, strict=True):
        rules = {**SPECIAL_RULES, **LEVEL_RULES[town.level]}
        rows += _rows(name, "special-", rules, town.turns, town.note)
    for name, pilot in zip(pilots, PILOTS, strict=True):
        rows += _rows(name, f"pilot-{pilot.level}-", PILOT_RULES[pilot.level], pilot.turns, pilot.note)
    rows += [
        {"town": "programme", "clause": clause, "rule": rule, "verdict": verdict, "note": note}
        for rule, clause, verdict, note in PROGRAMME
    ]
    return {"as_of": AS_OF, "findings": rows}


def _rows(
    name: str, prefix: str, rules: dict[str, str], turns: dict[str, str], note: str
) -> list[dict[str, str]]:
    if unknown := turns.keys() - rules.keys():
        msg = f"{name}: no such rule {unknown}"
        raise KeyError(msg)
    return [
        {
            "town": name,
            "clause": clause,
            "rule": prefix + rule,
            "verdict": turns.get(rule, "pass"),
            "note": note,
        }
        for rule, clause in rules.items()
    ]
