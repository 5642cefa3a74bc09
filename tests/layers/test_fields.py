"""Fields found by the names that offices use."""

from __future__ import annotations

import pandas as pd
import pytest

from layers.errors import LayerError
from layers.fields import ALIASES, match, recode, same_town, split_unit
from layers.roles import ROLES


def found(fields, role, **given):
    return {use.column: use for use in match(fields, ROLES[role], given, "l", "f.shp")}


@pytest.mark.parametrize(
    ("role", "field", "column"),
    [
        ("town_boundary", "XZQMC", "name"),
        ("town_boundary", "xzqmc ", "name"),
        ("town_boundary", "\uff38\uff3a\uff31\uff2d\uff23", "name"),
        ("construction_land", "DLBM", "land_class"),
        ("construction_land", "TBMJ", "registered_m2"),
        ("expansion_boundary", "GZQLXDM", "zone"),
        ("project", "完成投资(万元)", "paid_yi"),
    ],
)
def test_standard_names(role, field, column):
    fields = [
        field,
        *(["名称"] if column != "name" else []),
        *(["GZQLXDM"] if role == "expansion_boundary" else []),
    ]
    assert found(list(dict.fromkeys(fields)), role)[column].field == field


def test_the_urban_development_boundary_goes_by_name_before_code():
    assert found(["GHFQDM", "GHFQMC"], "expansion_boundary")["zone"].field == "GHFQMC"
    assert found(["GHFQDM"], "expansion_boundary")["zone"].field == "GHFQDM"


def test_units_in_the_header_are_converted():
    uses = found(["名称", "季度", "GDP(万元)", "常住人口(万人)"], "town_indicator")
    assert uses["gdp_yi"].factor == pytest.approx(1e-4)
    assert uses["population"].factor == pytest.approx(1e4)
    assert found(["GZQLXDM", "GZQMJ(亩)"], "expansion_boundary")["stated_ha"].factor == pytest.approx(1 / 15)


def test_a_unit_of_another_kind_is_an_error():
    with pytest.raises(LayerError, match="公顷"):
        found(["名称", "季度", "GDP(公顷)"], "town_indicator")


def test_two_fields_for_one_column_ask_for_a_mapping():
    with pytest.raises(LayerError) as caught:
        found(["名称", "季度", "GDP(亿元)", "GDP(万元)"], "town_indicator")
    assert caught.value.code == "field-ambiguous"
    uses = found(["名称", "季度", "GDP(亿元)", "GDP(万元)"], "town_indicator", gdp_yi="GDP(万元)")
    assert uses["gdp_yi"].factor == pytest.approx(1e-4)


def test_a_mapping_to_a_field_that_is_not_there():
    with pytest.raises(LayerError, match="no field NAME"):
        found(["XZQMC"], "town_boundary", name="NAME")


def test_brackets_that_are_no_unit_stay():
    assert split_unit("县(市、区)") == ("县(市、区)", "")
    assert split_unit("投资(单位:万元)") == ("投资", "万元")


@pytest.mark.parametrize(
    ("column", "word", "code"),
    [
        ("programme", "特色小镇", "special"),
        ("level", "省级", "province"),
        ("state", "在建", "building"),
        ("scenic_grade", "AAA", "3"),
        ("scenic_grade", "3A级", "3"),
        ("status", "怪", "怪"),
    ],
)
def test_words_become_codes(column, word, code):
    assert recode(pd.Series([word]), column).tolist() == [code]


def test_suffixes_do_not_make_another_town():
    assert same_town("新塍镇") == same_town("新塍") == same_town(" 新塍街道")
    assert same_town("乌镇") != same_town("乌")


def test_aliases_belong_to_columns():
    columns = {column.name for role in ROLES.values() for column in role.columns}
    assert set(ALIASES) <= columns
