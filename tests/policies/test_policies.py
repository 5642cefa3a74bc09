"""Every rule of every built-in rulebook proves that it can pass, be missed, and lack its data."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from spatial.errors import RuleError
from spatial.land import known_zones, measure_land, zone_kinds
from spatial.measures import MEASURES, Facts, Measure, measure_all
from spatial.messages import catalogue
from spatial.rules import LEVELS, MISSES, OPERATORS, PROGRAMMES, Rule, parse
from spatial.subjects import attach, towns
from spatial.verdicts import judge

POLICIES = Path(__file__).parents[2] / "policies"
LAND = {
    "planned_area_km2": "km²",
    "construction_area_stated": "",
    "construction_area_km2": "km²",
    "construction_area_outside_plan_m2": "m²",
    "construction_land_km2": "km²",
    "construction_land_outside_m2": "m²",
    "construction_land_conditional_m2": "m²",
    "construction_land_no_zone_m2": "m²",
}
KNOWN = {name: Measure(name, unit, "special", "", lambda _: pd.DataFrame()) for name, unit in LAND.items()}
NAMES = ("jiaxing-2016", "national-2019")


def toml(name: str) -> dict:
    return tomllib.loads((POLICIES / f"{name}.toml").read_text(encoding="utf-8"))


BOOKS = {name: parse(toml(name), f"{name}.toml", {**KNOWN, **MEASURES}) for name in NAMES}
BOOK = replace(BOOKS["jiaxing-2016"], rules=tuple(rule for book in BOOKS.values() for rule in book.rules))
FIXTURES = {rule: cases for name in NAMES for rule, cases in toml(f"{name}.fixtures").items()}
RULES = pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)


Outcome = tuple[str, str | None]


def judged(variants: dict[str, Rule], given: dict[str, dict]) -> dict[str, dict[str, Outcome]]:
    """Verdict and condition of each case under each variant of a rule, in as few runs as can be.

    Cases about towns share a run per quarter; among variants an exception names each by its id.
    """
    rules = tuple(replace(rule, id=name) for name, rule in variants.items())
    found: dict[str, dict[str, Outcome]] = {name: {} for name in variants}
    runs: dict[object, list[str]] = {}
    for name, case in given.items():
        runs.setdefault(case["as_of"] if case["programme"] else name, []).append(name)
    for names in runs.values():
        for (key, name), outcome in _run(rules, given, names).items():
            found[key][name] = outcome
    return found


def _run(rules: tuple[Rule, ...], given: dict[str, dict], names: list[str]) -> dict[tuple[str, str], Outcome]:
    first = given[names[0]]
    ids = names if first["programme"] else ["programme"]
    exceptions = [
        given[name]["exception"] | {"town_id": name} | ({"clause": rule.id} if len(rules) > 1 else {})
        for rule in rules
        for name in names
        if "exception" in given[name]
    ]
    findings = judge(
        _measures(rules[0], given, names, ids),
        _towns(given, names),
        replace(BOOK, rules=rules),
        first["as_of"],
        pd.DataFrame(exceptions),
    )
    met = {
        (rule, town): (verdict, condition if isinstance(condition, str) else None)
        for rule, town, verdict, condition in findings[["rule", "town_id", "verdict", "condition"]].to_numpy()
    }
    return {
        (rule.id, name): met.get((rule.id, town), ("not asked", None))
        for rule in rules
        for name, town in zip(names, ids, strict=True)
    }


def _towns(given: dict[str, dict], names: list[str]) -> pd.DataFrame:
    basic = {"listed": "2016Q1", "status": "listed", "built": None}
    rows = [
        {"name": name, "programme": given[name]["programme"], "level": given[name]["level"]}
        | basic
        | given[name].get("town", {})
        for name in names
    ]
    return pd.DataFrame(rows, index=pd.Index(names, name="town_id"))


def _measures(rule: Rule, given: dict[str, dict], names: list[str], ids: list[str]) -> pd.DataFrame:
    values = [given[name].get("value", math.nan) for name in names]
    basic = {"measure": rule.measure, "plane": math.nan, "geodesic": math.nan, "tolerance": math.nan}
    table = pd.DataFrame({"town_id": ids, "value": values, "period": given[names[0]]["as_of"]})
    return table.assign(**basic, evidence=pd.Series([{}] * len(ids), dtype=object))


def cases(rule: Rule) -> dict[str, dict]:
    """The fixtures of a rule with their defaults: whom they are about comes from the rule as written."""
    given = FIXTURES.get(rule.id, {})
    about = {
        "programme": rule.programme,
        "level": rule.levels[0] if rule.levels else "city",
        "as_of": "2016Q4",
    }
    expected = {"miss": "fail", "no-data": "no data"}
    return {name: about | {"verdict": expected.get(name, "pass")} | case for name, case in given.items()}


def holds(outcomes: dict[str, Outcome], given: dict[str, dict]) -> bool:
    return all(
        verdict == given[name]["verdict"] and condition == given[name].get("condition", condition)
        for name, (verdict, condition) in outcomes.items()
    )


@RULES
def test_has_the_four_cases(rule: Rule) -> None:
    given = cases(rule)
    assert given.keys() >= {"pass", "limit", "miss", "no-data"}
    assert "value" not in given["no-data"]
    assert given["miss"]["verdict"] != "pass"


@RULES
def test_limit_is_the_last_value_that_passes(rule: Rule) -> None:
    sign = 1 if rule.operator in {"<=", "<"} else -1
    limit = rule.threshold + sign * abs(rule.threshold) * rule.tolerance
    whole = math.ceil(limit) if sign < 0 else math.floor(limit)
    assert cases(rule)["limit"]["value"] == pytest.approx(limit if rule.unit else whole, abs=1e-12)


@RULES
def test_cases(rule: Rule) -> None:
    given = cases(rule)
    outcome = judged({rule.id: rule}, given)[rule.id]
    assert {name: verdict for name, (verdict, _) in outcome.items()} == {
        name: case["verdict"] for name, case in given.items()
    }
    stated = {name: case["condition"] for name, case in given.items() if "condition" in case}
    assert {name: outcome[name][1] for name in stated} == stated


def mutants(rule: Rule) -> dict[str, Rule]:
    """The rule with one thing changed; changes that no possible value could tell are left out."""
    count = rule.unit in {"", "A"}
    step = 1.0 if count or not rule.threshold else abs(rule.threshold) * 0.01
    limit = rule.threshold * (1 - rule.tolerance)
    same = {"=="} if not rule.threshold else {">"} if count and limit != round(limit) else set()
    changed = {
        "threshold up": replace(rule, threshold=rule.threshold + step),
        "threshold down": replace(rule, threshold=rule.threshold - step),
        **{
            f"operator {op}": replace(rule, operator=op)
            for op in OPERATORS
            if op not in {rule.operator, *same}
        },
        **{f"miss {miss}": replace(rule, miss=miss) for miss in MISSES if miss != rule.miss},
        **{f"levels {level}": replace(rule, levels=(level,)) for level in LEVELS if (level,) != rule.levels},
        **{f"of {name}": replace(rule, programme=name) for name in PROGRAMMES if name != rule.programme},
    }
    if not rule.programme:
        changed = {name: mutant for name, mutant in changed.items() if not name.startswith("levels")}
    if rule.tolerance:
        changed["no tolerance"] = replace(rule, tolerance=0.0)
        changed["tolerance doubled"] = replace(rule, tolerance=rule.tolerance * 2)
    if rule.town_threshold:
        changed["no town threshold"] = replace(rule, town_threshold=None)
        changed["town tolerance"] = replace(rule, town_tolerance=rule.tolerance)
    if rule.due:
        changed["never due"] = replace(rule, due=None, prorate=False)
        if not (count and rule.threshold <= 1):
            changed["prorate"] = replace(rule, prorate=not rule.prorate)
    if rule.miss != "fail":
        changed["condition"] = replace(rule, condition="condition-no-layer")
    for bound in ("first", "last"):
        if getattr(rule, bound):
            changed[bound] = replace(rule, **{bound: None})
    return changed


@RULES
def test_fixtures_kill_every_mutant(rule: Rule) -> None:
    given = cases(rule)
    outcomes = judged({"rule": rule, **mutants(rule)}, given)
    assert [name for name, outcome in outcomes.items() if holds(outcome, given)] == ["rule"]


def test_no_fixture_without_a_rule() -> None:
    for name, book in BOOKS.items():
        assert toml(f"{name}.fixtures").keys() == {rule.id for rule in book.rules}
    assert len(FIXTURES) == len(BOOK.rules)
    assert set(NAMES) == {path.stem for path in POLICIES.glob("*.toml") if path.suffixes == [".toml"]}


def test_zones_of_both_schemes() -> None:
    def kinds(name: str, *codes: str) -> list[str | None]:
        found = zone_kinds(pd.Series(codes), BOOKS[name].settings.zones)
        return [kind if isinstance(kind, str) else None for kind in found]

    assert kinds("jiaxing-2016", "010", "021", "030", "048") == [
        "permitted",
        "conditional",
        "restricted",
        "forbidden",
    ]
    named = kinds("national-2019", "城镇集中建设区", "城镇弹性发展区", "特别用途区", "410", "420", "430")
    assert named == ["permitted", "conditional", "conditional"] * 2
    assert kinds("national-2019", "010", "020", "030", "040") == [None] * 4


def test_a_layer_of_the_other_scheme_is_refused_and_not_read_as_all_outside() -> None:
    zones = BOOKS["national-2019"].settings.zones
    with pytest.raises(RuleError, match=r"national-2019 knows none.*\(010, 020\).*410"):
        known_zones(pd.Series(["020", "010", None, "010"]), zones, "national-2019")
    assert known_zones(pd.Series(["010", "410"]), zones, "national-2019").tolist()[1] == "permitted"
    assert known_zones(pd.Series([None], dtype=object), zones, "national-2019").isna().all()


def test_every_rule_cites_a_clause_and_quotes_it() -> None:
    assert {rule.clause[0] for rule in BOOKS["jiaxing-2016"].rules} == {"二", "三", "四"}
    assert all(rule.text and rule.title["zh"] and rule.title["en"] and rule.period for rule in BOOK.rules)


def test_measures_and_conditions_have_texts() -> None:
    texts = catalogue()
    assert {rule.condition for rule in BOOK.rules} <= texts.keys()
    assert {f"measure-{rule.measure}" for rule in BOOK.rules} <= texts.keys()
    assert {f"unit-{rule.unit}" for rule in BOOK.rules} <= texts.keys()


def test_land_by_the_urban_development_boundary() -> None:
    """A parcel of 100 m × 10 m: 40 m in 集中建设区, 25 m in 弹性发展区, 5 m in 特别用途区, 30 m outside."""
    east, north = 572_000.0, 3_402_000.0

    def layer(*spans: tuple[float, float], **columns: object) -> gpd.GeoDataFrame:
        shapes = [box(east + left, north, east + right, north + 10) for left, right in spans]
        index = pd.Index([f"f{place}" for place in range(len(shapes))], name="id")
        data = {"layer": "L", "fid": range(len(shapes)), **columns}
        return gpd.GeoDataFrame(data, geometry=shapes, index=index, crs="EPSG:4549")

    frames = {
        "town_boundary": layer((-50, 150), name="石桥镇"),
        "planned_area": layer((-20, 120), name="石桥小镇", level="city"),
        "construction_land": layer((0, 100), land_class="0601"),
        "expansion_boundary": layer(
            (0, 40), (40, 65), (65, 70), zone=["城镇集中建设区", "城镇弹性发展区", "特别用途区"]
        ),
        "farmland": layer((90, 100)),
    }
    subjects, _ = towns(frames)
    frames = attach(frames, subjects)
    settings = BOOKS["national-2019"].settings
    land = measure_land(frames, subjects, "2019Q4", settings.zones, settings.sliver_width_m)
    facts = Facts(subjects, frames, "2019Q4", "EPSG:4549", land, settings=settings)
    names = sorted({rule.measure for rule in BOOKS["national-2019"].rules})
    found = measure_all(facts, names)
    town = subjects.index[subjects["programme"].eq("special")][0]
    own = found[found["town_id"].eq(town)].set_index("measure")["value"]
    assert own["construction_land_outside_m2"] == pytest.approx(300, rel=1e-3)
    assert own["construction_land_conditional_m2"] == pytest.approx(300, rel=1e-3)
    assert own["construction_land_farmland_km2"] == pytest.approx(1e-4, rel=1e-3)
    assert math.isnan(own.get("construction_land_redline_km2", math.nan))
    verdicts = judge(found, subjects, BOOKS["national-2019"], "2019Q4").set_index("rule")["verdict"]
    assert verdicts.to_dict() == {
        "boundary-outside": "fail",
        "boundary-flexible": "warning",
        "special-farmland": "fail",
        "special-redline": "no data",
    }
