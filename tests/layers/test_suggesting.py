from __future__ import annotations

import pytest

from layers.roles import ROLES
from layers.suggesting import mapping, suggest


@pytest.mark.parametrize(
    ("names", "fields", "shape", "role", "sure"),
    [
        (["行政区", "XZQ"], ["BSM", "XZQDM", "XZQMC"], "polygon", "town_boundary", "certain"),
        (["DLTB_2015"], ["DLBM", "DLMC", "TBMJ"], "polygon", "construction_land", "certain"),
        (["layer1"], ["DLBM", "DLMC", "TBMJ"], "polygon", "construction_land", "likely"),
        (["管制区"], ["GZQLXDM", "GZQMJ"], "polygon", "expansion_boundary", "certain"),
        (["管制区"], ["GZQLXDM", "GZQMJ"], "line", "", "unknown"),
        (["绿道网"], ["名称", "级别"], "line", "greenway", "certain"),
        (
            ["2016年指标", "县"],
            ["县(市、区)", "报告期", "地区生产总值(亿元)"],
            "table",
            "county_indicator",
            "certain",
        ),
        (
            ["2016年指标", "镇"],
            ["名称", "报告期", "地区生产总值(亿元)"],
            "table",
            "town_indicator",
            "certain",
        ),
        (["township boundaries"], ["NAME"], "polygon", "town_boundary", "certain"),
        (["data"], ["a", "b"], "polygon", "", "unknown"),
        (["data"], ["zone", "b"], "polygon", "expansion_boundary", "unknown"),
        (["会议"], [], "table", "", "unknown"),
        (["图片"], ["名称"], "", "", "unknown"),
    ],
)
def test_role_by_names_fields_and_geometry(names, fields, shape, role, sure):
    found = suggest(names, fields, shape)
    assert (found.role, found.sure) == (role, sure)


def test_what_speaks_for_it_is_told():
    found = suggest(["乡镇行政区"], ["代码"], "polygon")
    assert (found.role, found.sure, found.word, found.missing) == (
        "town_boundary",
        "likely",
        "行政区",
        ("name",),
    )
    assert suggest(["DLTB"], ["DLBM"], "polygon").word == "dltb"


def test_a_word_inside_a_longer_one_does_not_count():
    assert suggest(["downtowns"], ["NAME"], "polygon").word == ""


def test_units_come_with_the_mapping_and_doubtful_columns_stay_out():
    uses = {use.column: use for use in mapping(["名称", "报告期", "GDP(万元)"], ROLES["town_indicator"])}
    assert (uses["gdp_yi"].unit, uses["gdp_yi"].factor) == ("万元", 1e-4)
    twice = mapping(["XZQMC", "xzqmc"], ROLES["construction_area"])
    assert twice == []
