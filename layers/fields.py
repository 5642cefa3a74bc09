"""Field names as offices write them, and which canonical column each of them is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from layers.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from layers.roles import Role

ALIASES: dict[str, str] = {
    "name": "XZQMC 名称 镇名 乡镇 乡镇名称 街道名称 小镇名称 特色小镇 特色小镇名称 试点镇 镇(街道) 镇街 镇 单位名称 村名 项目名称 绿道名称 县名 红线名称 道路名称 路名 河流名称 水系名称 出入口名称 驿站名称 中心名称 点位名称 小镇客厅名称",
    "town_code": "XZQDM 行政区划代码 行政区代码 乡镇代码 镇代码",
    "county": "县(市、区) 县市区 县 区县 所在县 所属县 所在县(市、区) 所属县市区 县名称",
    "county_code": "县代码 县级代码 县区代码 XZQDM 行政区划代码",
    "programme": "类型 两镇类型 类别 试点类型",
    "level": "级别 层级 等级 绿道级别",
    "host_town": "所在镇 所属镇 所在乡镇 所属乡镇 所在镇街",
    "batch": "批次",
    "round": "轮次",
    "listed": "列入时间 入围时间 列入季度 公布时间",
    "built": "建成时间 建成季度",
    "status": "状态 创建状态",
    "scenic_grade": "景区等级 景区级别 A级景区",
    "industry": "产业 特色产业 产业类型",
    "exempt_industry": "放宽产业",
    "yellow_cards": "黄牌 黄牌数 黄牌次数",
    "approved_planned_km2": "批准规划面积 核定规划面积 批复规划面积",
    "approved_construction_km2": "批准建设用地面积 核定建设用地面积 批准建设面积 批复建设面积",
    "land_class": "DLBM 地类编码 地类代码 GHDLBM 规划地类编码 用地代码",
    "land_use_name": "DLMC 地类名称",
    "registered_m2": "TBMJ 图斑面积 登记面积",
    "plan_kind": "规划类型 规划用地性质 用地性质 用地类型 建设类型",
    "approval": "PZWH 批准文号 批文号",
    "date": "时点 数据时点",
    "zone": "GZQLXDM 管制区类型代码 管制分区代码 管制区代码 GHFQMC GHFQDM 规划分区名称 规划分区代码",
    "stated_ha": "GZQMJ 管制区面积",
    "stated_m2": "JBNTMJ YJJBNTMJ YJJBNTTBMJ 基本农田面积 面积",
    "kind": "类别 类型 红线类型 项目类别 道路等级 技术等级 公路等级 路径类型 highway waterway LHLX 改造类型 整治类型",
    "town": "所属乡镇 所在镇 所属镇 所在乡镇 小镇 所在小镇 乡镇",
    "state": "状态 建设状态 项目状态 进展 整治状态",
    "planned_yi": "计划投资 计划总投资 总投资",
    "paid_yi": "完成投资 已完成投资 累计完成投资",
    "start": "开工时间 开工季度 开工日期",
    "finish": "竣工时间 竣工季度 计划竣工时间 完工时间",
    "code": "项目代码 项目编码 项目编号 编号",
    "funding_yi": "到位资金 已到位资金 落实资金 资金到位",
    "counted": "是否计入 计入投资 计入统计",
    "chief": "路长 路长姓名",
    "chief_since": "到岗日期 路长到岗日期 任命日期 路长任命日期",
    "found_on": "发现日期 排查日期 发现时间",
    "done_on": "整治日期 完成日期 销号日期 完成时间",
    "opened": "开放时间 开放季度 开馆时间 建成时间 建成季度 建成日期 贯通时间",
    "grade": "桥隧 立体层次 层次 高程层",
    "period": "报告期 季度 时期 期间 统计时期 年季 时间",
    "gdp_yi": "地区生产总值 生产总值 GDP",
    "fiscal_revenue_yi": "财政总收入",
    "fixed_investment_yi": "固定资产投资 固定资产投资额 完成固定资产投资",
    "housing_investment_yi": "商品住宅投资 住宅投资",
    "complex_investment_yi": "商业综合体投资",
    "tertiary_yi": "第三产业增加值 三产增加值",
    "employed": "从业人员 全部从业人员",
    "employed_secondary": "第二产业从业人员 二产从业人员",
    "employed_tertiary": "第三产业从业人员 三产从业人员",
    "population": "常住人口",
    "built_up_population": "建成区常住人口 建成区人口",
    "clause": "条款",
    "document": "批准文号 文号 批文号",
    "approved_by": "批准机关 批准单位",
    "approved_on": "批准日期 批准时间",
    "quota_mu": "新增建设用地指标 用地指标 计划指标",
    "persons": "人数 人口数 人口",
    "registered_urban_population": "户籍城镇人口 城镇户籍人口",
    "rural_rights_confirmed": "已确权农户 已确权户数",
    "rural_rights_total": "应确权农户 应确权 农户总数 应确权户数",
    "plan": "规划名称 规划方案",
    "in_force_from": "施行日期 生效日期 实施日期",
    "in_force_to": "废止日期 失效日期",
    "known_on": "报送日期 发布日期 订正日期",
    "prices": "价格口径 计价方式",
    "threshold": "批准限值 限值",
    "meeting_on": "会议日期 专题会议日期",
    "bulletin_on": "通报日期 公布日期",
}
"""Source names of each canonical column, apart by spaces; within a role only its own columns count."""

UNITS: dict[str, tuple[str, float]] = {
    "亿元": ("亿元", 1.0), "万元": ("亿元", 1e-4), "元": ("亿元", 1e-8), "千元": ("亿元", 1e-5),
    "人": ("人", 1.0), "万人": ("人", 1e4),
    "平方米": ("m²", 1.0), "m2": ("m²", 1.0), "m²": ("m²", 1.0),
    "公顷": ("ha", 1.0), "ha": ("ha", 1.0), "hm2": ("ha", 1.0), "hm²": ("ha", 1.0),
    "平方公里": ("km²", 1.0), "km2": ("km²", 1.0), "km²": ("km²", 1.0), "平方千米": ("km²", 1.0),
    "亩": ("mu", 1.0),
}  # fmt: skip
"""Unit as written -> (unit, factor)."""

_AREA = {"m²": 1.0, "ha": 1e4, "km²": 1e6, "mu": 2000 / 3}
_UNIT_IN_HEADER = re.compile(r"^(.*?)[(\[【]\s*(?:单位[::])?\s*([^()\[\]【】]+?)\s*[)\]】]$", re.DOTALL)

RECODES: dict[str, dict[str, str]] = {
    "programme": {"特色小镇": "special", "小城市培育试点镇": "pilot", "小城市培育试点": "pilot", "试点镇": "pilot", "小城市": "pilot"},
    "level": {"省级": "province", "省": "province", "市级": "city", "市": "city", "县级": "county", "县": "county", "区级": "county", "县(市、区)级": "county"},
    "status": {"创建": "created", "培育": "cultivated", "列入": "listed", "入围": "listed", "示范": "demonstration", "降档": "downgraded", "降格": "downgraded", "淘汰": "removed", "退出": "removed"},
    "state": {"未开工": "planned", "计划": "planned", "前期": "planned", "拟建": "planned", "已开工": "started", "开工": "started", "新开工": "started", "在建": "building", "建设中": "building", "续建": "building", "竣工": "done", "建成": "done", "已竣工": "done", "完工": "done", "停工": "stalled", "停滞": "stalled", "停建": "stalled", "未整治": "planned", "待整治": "planned", "整治中": "building", "实施中": "building", "已整治": "done", "已销号": "done", "已完成": "done", "已开放": "done", "开放": "done", "已建成": "done", "建成投用": "done", "贯通": "done", "已贯通": "done", "规划": "planned", "规划建设": "planned", "达标": "done"},
    "counted": {"是": "yes", "计入": "yes", "否": "no", "不计入": "no", "商品住宅": "housing", "商业综合体": "complex"},
    "plan_kind": {"建设用地": "construction", "城镇建设用地": "construction", "农用地": "agricultural", "耕地": "agricultural", "农田": "agricultural", "林地": "agricultural", "未利用地": "unused", "其他用地": "unused", "水域": "unused"},
    "scenic_grade": {"A": "1", "AA": "2", "AAA": "3", "AAAA": "4", "AAAAA": "5", **{f"{n}A": str(n) for n in range(1, 6)}, **{f"{n}A级": str(n) for n in range(1, 6)}},
}  # fmt: skip
"""Words that offices write for the codes of a column."""


@dataclass(frozen=True)
class FieldUse:
    """Where a canonical column comes from: a source field with a factor, or a constant."""

    column: str
    field: str | None = None
    constant: Any = None
    recode: tuple[tuple[str, Any], ...] = ()
    factor: float = 1.0
    unit: str = ""


def normal(name: object) -> str:
    """A field name without width, case and white space: ``XZQMC ``, ``xzqmc`` and ``XZQMC`` are one."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(name))).casefold()


def same_town(name: object) -> str:
    """A town name without its suffix 镇, 乡, 街道 or 小镇, for comparing tables with layers."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(name)))
    for suffix in ("特色小镇", "小镇", "街道办事处", "街道", "镇", "乡"):
        if text.endswith(suffix) and len(text) > len(suffix) + 1:
            return text.removesuffix(suffix)
    return text


def match(
    fields: Sequence[str], role: Role, given: Mapping[str, Any], layer: str, path: object
) -> list[FieldUse]:
    """Find for each column of a role its field: by the workspace's mapping first, else by the known names.

    Parameters
    ----------
    fields
        Field names of the source.
    role
        Role that the layer plays.
    given
        ``[layer.fields]`` of the workspace: a field name, or a table with ``field``, ``value``, ``map``, ``unit``.
    layer, path
        For messages.

    Returns
    -------
    list of FieldUse
        One for each column found.

    Raises
    ------
    LayerError
        If a required column is not found, a mapped field does not exist, or two fields fit one column.
    """
    uses: list[FieldUse] = []
    known = {normal(field): field for field in fields}
    where = {"layer": layer, "path": path, "fields": ", ".join(map(str, fields))}
    for column in role.columns:
        if column.name in given:
            uses.append(_given(column, given[column.name], known, where))
            continue
        taken = {use.field for use in uses}
        hits = [hit for hit in _hits(column.name, fields) if hit not in taken]
        if len(set(hits)) < len(hits):
            raise LayerError("field-twice", column=column.name, hits=hits[0], **where)
        if len(hits) > 1:
            raise LayerError("field-ambiguous", column=column.name, hits=", ".join(hits), **where)
        if hits:
            unit = split_unit(hits[0])[1]
            uses.append(
                FieldUse(column.name, hits[0], unit=unit, factor=factor(unit, column.unit, hits[0], where))
            )
        elif column.required:
            raise LayerError("field-missing", column=column.name, role=role.name, **where)
    return uses


def split_unit(header: str) -> tuple[str, str]:
    """``固定资产投资(万元)`` -> ``固定资产投资``, ``万元``; no unit where what stands in brackets is none."""
    found = _UNIT_IN_HEADER.match(unicodedata.normalize("NFKC", str(header)).strip())
    if found and normal(found[2]) in {normal(unit) for unit in UNITS}:
        return found[1], next(unit for unit in UNITS if normal(unit) == normal(found[2]))
    return str(header), ""


def factor(unit: str, wanted: str, field: str, where: Mapping[str, object]) -> float:
    """Factor from a unit as written to the column's own; a unit of another kind is an error."""
    if not unit or not wanted:
        return 1.0
    kind, scale = UNITS[unit]
    if kind == wanted:
        return scale
    if kind in _AREA and wanted in _AREA:
        return scale * _AREA[kind] / _AREA[wanted]
    raise LayerError("field-unit", field=field, unit=unit, wanted=wanted, **where)


def recode(values: pd.Series, column: str) -> pd.Series:
    """Words of offices as the codes of the column; what is not known stays as it is."""
    words = {normal(word): code for word, code in RECODES.get(column, {}).items()}
    if not words:
        return values
    return values.map(lambda value: words.get(normal(value), value), na_action="ignore")


def _hits(column: str, fields: Sequence[str]) -> list[str]:
    names = [normal(alias) for alias in [column, *ALIASES.get(column, "").split()]]
    places: dict[str, list[str]] = {}
    for field in fields:
        for form in {normal(field), normal(split_unit(field)[0])}:
            if form in names:
                places.setdefault(form, []).append(field)
    if not places:
        return []
    return places[min(places, key=names.index)]


def _given(column: Any, entry: Any, known: Mapping[str, str], where: Mapping[str, object]) -> FieldUse:
    table = entry if isinstance(entry, dict) else {"field": entry}
    if "value" in table:
        return FieldUse(column.name, constant=table["value"])
    if normal(table["field"]) not in known:
        raise LayerError("field-mapped-missing", column=column.name, field=table["field"], **where)
    field = known[normal(table["field"])]
    if str(where["fields"]).split(", ").count(field) > 1:
        raise LayerError("field-twice", column=column.name, hits=field, **where)
    unit = table.get("unit") or split_unit(field)[1]
    if unit and unit not in UNITS:
        raise LayerError("field-unit-unknown", unit=unit, units="、".join(UNITS), **where)
    recoding = tuple((normal(word), code) for word, code in table.get("map", {}).items())
    return FieldUse(
        column.name, field, recode=recoding, unit=unit, factor=factor(unit, column.unit, field, where)
    )
