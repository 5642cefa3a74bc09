import sqlite3
from contextlib import closing

import pytest
from lxml import etree

from layers import results as store
from maps import qml, sld, styles
from maps.colors import PROJECT_STATES, STUDIES, VERDICTS, ZONE_KINDS
from tests.maps.results_fixture import small_results

STYLED = {
    "town", "piece", "expansion_boundary", "planned_area", "construction_area", "farmland", "redline", "greenway",
    "project", "village", "town_boundary", "county_boundary",
}  # fmt: skip


KINDS = {"project": "marker", "village": "marker", "greenway": "line"}


def parsed(layer, lang="zh"):
    document = qml.qml(layer, KINDS.get(layer, "fill"), small_results(), lang)
    return etree.fromstring(document.split("\n", 1)[1])


def rules(layer, lang="zh"):
    return [(rule.get("filter"), rule.get("label")) for rule in parsed(layer, lang).iter("rule")]


def colour(root, place):
    symbol = root.findall(".//symbol")[place]
    return next(o.get("value") for o in symbol.iter("Option") if o.get("name") == "color")


def test_towns_by_verdict_with_sign_and_name():
    found = rules("town")
    assert found[:-1] == [
        (f"\"verdict\" = '{verdict}'", f"{VERDICTS[verdict].sign} {label}")
        for verdict, label in [
            ("fail", "不符合"),
            ("warning", "预警"),
            ("no data", "无数据"),
            ("pass", "符合"),
        ]
    ]
    assert found[-1] == ("ELSE", "不评估")
    root = parsed("town")
    assert colour(root, 0).startswith("178,24,43,")
    assert root.find(".//text-style").get("fieldName") == "name"
    assert root.get("labelsEnabled") == "1"


def test_pieces_zones_and_projects_by_class():
    assert [label for _, label in rules("piece")] == [
        "碎屑（不计入）",
        "有条件建设区内图斑",
        "没有管制区的图斑",
        "违规图斑",
    ]
    assert len(rules("expansion_boundary")) == len(ZONE_KINDS) + 1
    assert len(rules("project")) == len(PROJECT_STATES)
    assert rules("project", "en")[-1] == ("ELSE", "State unknown")


@pytest.mark.parametrize("layer", sorted(STYLED))
def test_every_rule_has_a_symbol(layer):
    root = parsed(layer)
    symbols = {symbol.get("name") for symbol in root.iter("symbol")}
    assert symbols == ({rule.get("symbol") for rule in root.iter("rule")} or {"0"})


@pytest.mark.parametrize("kind", ["fill", "line", "marker"])
def test_a_layer_nobody_knows_is_drawn_in_grey(kind):
    drawn = styles.style("something", kind, "zh")
    assert (drawn.kind, [part.label for part in drawn.parts]) == (kind, ["something"])


def test_sld_has_the_rules_of_the_style_with_filters_that_do_not_overlap():
    names = {"s": "http://www.opengis.net/sld", "o": "http://www.opengis.net/ogc"}
    root = etree.fromstring(sld.sld("piece", styles.style("piece", "fill", "zh")).encode())
    rules = root.findall(".//s:Rule", names)
    assert [rule.findtext("s:Title", namespaces=names) for rule in rules] == [
        part.label for part in styles.style("piece", "fill", "zh").parts
    ]
    assert root.find(".//s:ElseFilter", names) is None
    literals = [[node.text for node in rule.iterfind(".//o:Literal", names)] for rule in rules]
    assert literals[:2] == [["1"], ["0", "conditional", "020", "021"]]
    assert literals[-1] == ["1", "0", "conditional", "020", "021", "0", "no_zone"]
    first = root.find(".//s:PolygonSymbolizer/s:Fill/s:CssParameter", names)
    assert (first.get("name"), first.text) == ("fill", "#e6e6e6")
    width = root.find(".//s:Stroke/s:CssParameter[@name='stroke-width']", names)
    assert float(width.text) == pytest.approx(0.3 / 0.28, abs=0.005)


def test_sld_orders_its_elements_as_the_schema_does():
    order = ["Name", "Title", "Filter", "PolygonSymbolizer", "TextSymbolizer"]
    names = {"s": "http://www.opengis.net/sld"}
    root = etree.fromstring(sld.sld("town", styles.style("town", "fill", "en")).encode())
    for rule in root.findall(".//s:Rule", names):
        assert [etree.QName(node).localname for node in rule] == order
    text = root.find(".//s:TextSymbolizer", names)
    assert [etree.QName(node).localname for node in text] == [
        "Label",
        "Font",
        "LabelPlacement",
        "Halo",
        "Fill",
    ]


@pytest.fixture
def gpkg(tmp_path):
    store.write(small_results(), tmp_path)
    qml.write_styles(tmp_path / store.GPKG, small_results(), "zh")
    return tmp_path / store.GPKG


def test_styles_lie_in_the_geopackage_as_defaults(gpkg):
    with closing(sqlite3.connect(gpkg)) as base:
        rows = base.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault, update_time FROM layer_styles"
        ).fetchall()
        columns = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        kind = base.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchone()
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {row[0] for row in rows} == STYLED | {"issue"}
    assert all(columns[name] == column and default == 1 for name, column, _, default, _ in rows)
    assert {row[4] for row in rows} == {"1980-01-01T00:00:00.000Z"}
    assert rows[0][2].startswith("<!DOCTYPE qgis")
    assert kind == ("attributes",)


def test_same_layers_same_bytes(gpkg, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    store.write(small_results(), other)
    qml.write_styles(other / store.GPKG, small_results(), "zh")
    assert (other / store.GPKG).read_bytes() == gpkg.read_bytes()
    assert not list(tmp_path.glob("*-journal"))


def test_a_second_language_takes_the_place_of_the_first(gpkg):
    qml.write_styles(gpkg, small_results(), "en")
    with closing(sqlite3.connect(gpkg)) as base:
        found = base.execute("SELECT styleQML FROM layer_styles WHERE f_table_name = 'town'").fetchall()
    assert len(found) == 1
    assert "Fail" in found[0][0]


def test_results_read_back_as_before(gpkg):
    assert set(store.read(gpkg.parent).context) == set(small_results().context)


def test_slivers_are_asked_for_as_qgis_evaluates_booleans():
    rules = qml.qml("piece", "fill", small_results(), "zh")
    assert "&quot;sliver&quot; = " not in rules
    assert "NOT &quot;sliver&quot;" in rules


@pytest.mark.parametrize("layer", [*STUDIES, "built_up_growth", "project_state", "land_change"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_layers_of_studies_have_a_style_in_both_languages(layer, lang):
    assert parsed(layer, lang).find(".//symbol") is not None
