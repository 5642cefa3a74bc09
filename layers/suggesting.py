"""Which role a layer could play, and which of its fields are which column: suggestions, each with how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from layers.errors import LayerError
from layers.fields import FieldUse, match, normal
from layers.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layers.roles import Role

Sure = Literal["certain", "likely", "unknown"]
WORDS: dict[str, str] = {
    "town_boundary": "乡镇界 镇界 乡镇 街道 镇街 镇域 行政区 xzq xiangzhen town_boundary township towns",
    "county_boundary": "县界 区县 县域 县区 xjxzq xzq_x xianjie county counties county_boundary",
    "town": "名录 名单 两镇 小镇表 register town_list town",
    "planned_area": "规划范围 小镇范围 规划区 ghfw planned_area planning_area",
    "construction_area": "建设区域 建设范围 建设区 jsqy construction_area",
    "construction_land": "建设用地 地类图斑 图斑 jsyd dltb construction_land parcels parcel landuse",
    "expansion_boundary": "管制区 扩展边界 开发边界 gzq jsydgzq czkfbj expansion zone zones",
    "farmland": "基本农田 农田 jbnt yjjbnt farmland",
    "urban_plan": "总体规划 总规 城规 urban_plan master_plan",
    "land_use_plan": "土规 土地利用规划 土地利用总体规划 land_use_plan",
    "redline": "红线 保护区 stbhhx hongxian redline",
    "greenway": "绿道 lvdao ld greenway greenways",
    "greenway_access": "绿道出入口 出入口 驿站 access greenway_access entrances",
    "road": "公路 道路中心线 道路网 dl gonglu road roads highway",
    "path": "xl 小径 小路 田间道 机耕路 堤 堤防 步道 path paths footway dike",
    "water": "sm 水面 水域 河流水面 湖泊 shuiyu water",
    "watercourse": "hdzxx 河流中心线 水系线 河道中心线 watercourse waterway river",
    "town_centre": "镇区中心 集镇中心 镇政府 政府驻地 驻地 town_centre centres",
    "village": "村 行政村 cun village villages",
    "project": "项目 xm xiangmu project projects",
    "project_report": "项目季报 项目进度 项目报表 xmjb project_report",
    "renewal_project": "改造 更新 三改一拆 renewal_project renewal",
    "street": "道路 街路 路长制 jiedao street streets",
    "cleanup_site": "整治点 两面八区 死角 cleanup_site cleanup",
    "land_quota": "用地指标 新增建设用地指标 land_quota quota",
    "inefficient_land": "低效用地 低效 inefficient_land inefficient",
    "park": "园区 功能区 工业园 park parks",
    "built_up": "建成区 built_up builtup",
    "population": "人口 人口点 population",
    "reception_hall": "客厅 小镇客厅 reception_hall reception",
    "town_indicator": "指标 镇 季报 经济 town_indicator indicator indicators",
    "county_indicator": "县 区县 县市区 county_indicator county",
    "exception": "例外 exception exceptions",
    "built_up_raster": "建成区 built_up builtup",
    "land_cover": "地类 土地覆盖 土地覆被 地表覆盖 land_cover landcover",
    "night_light": "夜光 夜间灯光 灯光 night_light viirs ntl",
    "population_grid": "人口格网 人口栅格 人口 population_grid population worldpop",
    "terrain": "高程 地形 dem dsm terrain elevation",
    "meeting": "会议 通报 meeting meetings",
}
"""Words in the names of files and layers that speak for a role."""
_WORD, _LETTER, _MOST_BYTES = 1.0, 0.2, 6
_LEAD = 0.5
_MISSING = 1.5
_ONLY_NAME = 0.5
_ENOUGH = 2


@dataclass(frozen=True)
class Suggestion:
    """A role, how sure, what speaks for it, and the mapping it brings.

    Attributes
    ----------
    role
        Name of the role; empty where none fits.
    sure
        ``certain``: name and required columns agree; ``likely``: the best of several; else ``unknown``.
    word
        Word of the name that speaks for it, or empty.
    uses
        Which field is which column.
    missing
        Required columns that no field fits.
    """

    role: str
    sure: Sure
    word: str
    uses: tuple[FieldUse, ...]
    missing: tuple[str, ...]


def suggest(names: Iterable[str], fields: Sequence[str], shape: str) -> Suggestion:
    """Find the role that fits best: by the columns its fields fit, the kind of geometry and the words of its names.

    Parameters
    ----------
    names
        Of file and layer or sheet.
    fields
        Names of the fields.
    shape
        ``polygon``, ``line``, ``point``, ``table``, ``raster``; anything else fits no role.

    Returns
    -------
    Suggestion
        The best role; an empty one where nothing speaks for any.
    """
    names = list(names)
    ranked = sorted(
        (_scored(role, names, fields) for role in ROLES.values() if _fits(role, shape)),
        key=lambda scored: -scored[0],
    )
    if not ranked or ranked[0][0] <= _ONLY_NAME:
        return Suggestion("", "unknown", "", (), ())
    score, best = ranked[0]
    lead = score - (ranked[1][0] if len(ranked) > 1 else 0.0)
    sure: Sure = "likely"
    if best.word and not best.missing and lead >= _LEAD:
        sure = "certain"
    elif lead <= 0 or (not best.word and (best.missing or len(best.uses) < _ENOUGH)):
        sure = "unknown"
    return replace(best, sure=sure)


def mapping(fields: Sequence[str], role: Role) -> list[FieldUse]:
    """Fields of the columns of a role by the known names; a column that is in doubt is left out."""
    uses: list[FieldUse] = []
    for column in role.columns:
        free = [field for field in fields if field not in {use.field for use in uses}]
        alone = replace(role, columns=(replace(column, required=False),))
        try:
            uses += match(free, alone, {}, "", "")
        except LayerError:
            continue
    return uses


def _fits(role: Role, shape: str) -> bool:
    return role.shape == shape or (role.name == "project" and shape == "polygon")


def _scored(role: Role, names: list[str], fields: Sequence[str]) -> tuple[float, Suggestion]:
    uses = mapping(fields, role)
    found = {use.column for use in uses}
    missing = tuple(column.name for column in role.columns if column.required and column.name not in found)
    word = next((word for name in reversed(names) if (word := _word(role.name, name))), "")
    told = _WORD + _LETTER * min(_bytes(word), _MOST_BYTES) if word else 0.0
    score = told + sum(1 / _COMMON[column] for column in found) - _MISSING * len(missing)
    return score, Suggestion(role.name, "unknown", word, tuple(uses), missing)


def _word(role: str, name: str) -> str:
    """The longest word of the role that a name holds: Chinese ones anywhere, others as a word of their own."""
    pieces, whole = _pieces(name.casefold()), normal(name)
    hits = [word for word in WORDS[role].split() if word in (pieces if word.isascii() else whole)]
    return max(hits, key=_bytes, default="")


def _bytes(word: str) -> int:
    return len(word.encode("gb18030"))


def _pieces(name: str) -> list[str]:
    """Words of a name, apart by what is no letter; pairs of them too, so that ``town_boundary`` is one."""
    plain = "".join(letter if letter.isascii() and letter.isalpha() else " " for letter in name).split()
    return plain + [f"{one}_{other}" for one, other in pairwise(plain)]


_COMMON = {
    column.name: sum(any(own.name == column.name for own in role.columns) for role in ROLES.values())
    for each in ROLES.values()
    for column in each.columns
}
