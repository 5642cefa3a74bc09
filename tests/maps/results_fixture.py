"""A small, hand-made Results: seven towns in two counties, every verdict, every drawn layer."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.results import Results

CRS = "EPSG:4549"
X0, Y0 = 540_000.0, 3_400_000.0
SIDE = 6_000.0
RULES: list[dict[str, Any]] = [
    {
        "id": "special-planned-area",
        "clause": "二(二)1",
        "title": {"zh": "规划面积", "en": "Planned area"},
        "text": "明确建设区域，严格控制规划面积与建设用地面积。",
        "applies": "special",
        "measure": "planned_area_km2",
        "unit": "km²",
        "operator": "<=",
        "threshold": 3.0,
        "hardness": "soft",
    },
    {
        "id": "special-expansion-outside",
        "clause": "二(二)5",
        "title": {"zh": "扩展边界外的建设用地", "en": "Construction land outside the expansion boundary"},
        "text": "特色小镇建设用地有序纳入城镇建设用地扩展边界。",
        "applies": "special",
        "measure": "construction_land_outside_m2",
        "unit": "m²",
        "operator": "<=",
        "threshold": 0.0,
        "hardness": "hard",
    },
    {
        "id": "special-expansion-conditional",
        "clause": "二(二)5",
        "title": {"zh": "有条件建设区内的建设用地", "en": "Construction land in the conditional zone"},
        "text": "特色小镇建设用地有序纳入城镇建设用地扩展边界。",
        "applies": "special",
        "measure": "construction_land_conditional_m2",
        "unit": "m²",
        "operator": "<=",
        "threshold": 0.0,
        "hardness": "soft",
    },
    {
        "id": "special-scenic-grade",
        "clause": "二(一)2、二(二)4",
        "title": {"zh": "景区等级", "en": "Scenic-area grade"},
        "text": "所有特色小镇建成3A级以上景区。",
        "applies": "special",
        "measure": "scenic_grade",
        "unit": "A",
        "operator": ">=",
        "threshold": 3.0,
        "hardness": "hard",
    },
    {
        "id": "pilot-city-gdp-lead",
        "clause": "三(一)2",
        "title": {"zh": "生产总值增速领先所在县", "en": "GDP growth ahead of the county"},
        "text": "地区生产总值增速高于所在县（市、区）2个百分点以上。",
        "applies": "pilot",
        "measure": "gdp_growth_lead_pp",
        "unit": "pp",
        "operator": ">=",
        "threshold": 2.0,
        "hardness": "hard",
    },
    {
        "id": "programme-city-created",
        "clause": "二(一)2",
        "title": {"zh": "市级特色小镇创建数", "en": "City-level special towns created"},
        "text": "三年内创建和培育市级特色小镇30个。",
        "applies": "programme",
        "measure": "city_special_count",
        "unit": "",
        "operator": ">=",
        "threshold": 30.0,
        "hardness": "soft",
    },
]
VALUES: list[tuple[str, str, float, float, str, str | None]] = [
    ("S1", "special-planned-area", 3.6213, -0.6213, "fail", None),
    ("S1", "special-expansion-outside", 15_432.18, -15_432.18, "fail", None),
    ("S1", "special-expansion-conditional", 0.0, 0.0, "pass", None),
    ("S1", "special-scenic-grade", np.nan, np.nan, "no data", "condition-no-value"),
    ("S2", "special-planned-area", 2.9987, 0.0013, "pass", None),
    ("S2", "special-expansion-outside", 0.0, 0.0, "pass", None),
    ("S2", "special-expansion-conditional", 8_210.5, -8_210.5, "warning", "condition-conditional-zone"),
    ("S3", "special-planned-area", 2.1, 0.9, "pass", None),
    ("S3", "special-expansion-outside", 0.0, 0.0, "pass", None),
    ("330402101", "pilot-city-gdp-lead", 2.6, 0.6, "pass", None),
    ("330481102", "pilot-city-gdp-lead", np.nan, np.nan, "no data", "condition-no-value"),
    ("programme", "programme-city-created", 2.0, -28.0, "warning", "condition-not-due"),
]
TOWNS: list[tuple[str, str, str | None, str | None, str | None]] = [
    ("330402100", "清溪镇", None, None, None),
    ("330402101", "望湖镇", "pilot", "city", "pass"),
    ("330402102", "石桥镇", None, None, None),
    ("330481101", "云塘镇", None, None, None),
    ("330481102", "梅泾镇", "pilot", "city", "no data"),
    ("330481103", "东浦街道", None, None, None),
    ("S1", "云塘光伏小镇", "special", "province", "fail"),
    ("S2", "石桥丝绸小镇", "special", "city", "warning"),
    ("S3", "清溪茶香小镇", "special", "city", "pass"),
]


def small_results(*, demo: bool = True) -> Results:
    """Results of a hand-made run over an invented place."""
    admin = _partition()
    special = [_blob(0.55, 1.5, 1_080), _blob(2.5, 0.5, 980), _blob(0.5, 0.5, 820)]
    geometry = [*admin, *special]
    towns = gpd.GeoDataFrame(
        {
            "name": [row[1] for row in TOWNS],
            "programme": [row[2] for row in TOWNS],
            "level": [row[3] for row in TOWNS],
            "verdict": [row[4] for row in TOWNS],
            "county": ["秀水区"] * 3 + ["盐亭市"] * 3 + ["盐亭市", "秀水区", "秀水区"],
            "status": [None] * 6 + ["created", "listed", "demonstration"],
            "host_town_id": [None] * 6 + ["330481101", "330402102", "330402100"],
        },
        geometry=geometry,
        index=pd.Index([row[0] for row in TOWNS], name="town_id"),
        crs=CRS,
    )
    return Results(
        title="演示市 两镇评估",
        demo=demo,
        towns=towns,
        findings=_findings(),
        measures=_measures(),
        issues=_issues(),
        pieces=_pieces(),
        context=_context(towns),
        provenance={
            "policy": "jiaxing-2016",
            "as_of": "2016Q2",
            "crs": CRS,
            "inputs": [
                {"layer": "towns", "role": "town_boundary", "path": "towns.gpkg", "sha256": "0" * 64},
                {"layer": "parcels", "role": "construction_land", "path": "jsyd.gpkg", "sha256": "1" * 64},
            ],
            "program": "liangzhen 0.1.0",
            "versions": {"liangzhen": "0.1.0"},
            "run": {"at": "2016-07-12T09:00:00+08:00"},
        },
        rulebook={
            "id": "jiaxing-2016",
            "title": {
                "zh": "2016年嘉兴市特色小镇与小城市培育试点镇建设工作要点",
                "en": "Jiaxing 2016: special towns and pilot towns",
            },
            "document": "嘉兴市人民政府办公室 2016-03-10",
            "rules": RULES,
        },
        crs=towns.crs,
    )


def _partition() -> list[shapely.Polygon]:
    """Two rows of three towns whose common borders wind."""

    def wave(p: np.ndarray) -> np.ndarray:
        return np.column_stack([
            p[:, 0] + 350 * np.sin(p[:, 1] / 900) + 120 * np.sin(p[:, 1] / 231),
            p[:, 1] + 350 * np.sin(p[:, 0] / 1100) + 120 * np.cos(p[:, 0] / 197),
        ])  # fmt: skip

    boxes = [
        shapely.box(X0 + i * SIDE, Y0 + j * SIDE, X0 + (i + 1) * SIDE, Y0 + (j + 1) * SIDE)
        for j in range(2)
        for i in range(3)
    ]
    return [shapely.transform(shapely.segmentize(box, 60), wave) for box in boxes]


def _blob(i: float, j: float, radius: float) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    r = radius * (1 + 0.18 * np.sin(3 * angle) + 0.07 * np.cos(7 * angle))
    return shapely.Polygon(
        np.column_stack([X0 + i * SIDE + r * np.cos(angle), Y0 + j * SIDE + r * np.sin(angle)])
    )


def _findings() -> pd.DataFrame:
    rules = {rule["id"]: rule for rule in RULES}
    rows = []
    for number, (town, rule_id, value, margin, verdict, condition) in enumerate(VALUES, 1):
        rule = rules[rule_id]
        rows.append(
            {
                "finding_id": f"F{number:04d}",
                "town_id": town,
                "clause": rule["clause"],
                "rule": rule_id,
                "measure": rule["measure"],
                "value": value,
                "unit": rule["unit"],
                "operator": rule["operator"],
                "threshold": rule["threshold"],
                "threshold_source": "rulebook",
                "tolerance": 0.1 if rule_id == "special-planned-area" else 0.0,
                "hardness": rule["hardness"],
                "margin": margin,
                "verdict": verdict,
                "condition": condition,
                "turned_by": "plane,digitising" if number == 5 else None,
                "exception": None,
                "due": "2018Q4" if town == "programme" else None,
                "period": "2016Q2",
                "evidence": {
                    "inputs": ["parcels"],
                    "rows": 3,
                    "formula": "sum(area)",
                    "numbers": {"parcels": 3},
                },
            }
        )
    return pd.DataFrame(rows)


def _measures() -> pd.DataFrame:
    frame = _findings()[["town_id", "measure", "value", "unit", "period", "evidence"]].copy()
    frame["plane"] = frame["value"] * 1.00005
    frame["geodesic"] = frame["value"]
    frame["tolerance"] = 0.0
    frame["basis"] = "basis-legal-area"
    return frame


def _issues() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": ["geometry-invalid", "layer-absent"],
            "severity": ["warning", "note"],
            "layer": ["parcels", "redline"],
            "fid": ["17", None],
            "id": ["parcels:17", None],
            "params": [{"reason": "Self-intersection"}, {"layer": "redline"}],
            "geometry": [shapely.Point(X0 + 800, Y0 + 900), None],
        }
    )


def _pieces() -> gpd.GeoDataFrame:
    x, y = X0 + 0.55 * SIDE, Y0 + 1.5 * SIDE
    shapes = [
        shapely.box(x + 500, y - 300, x + 620, y - 200),
        shapely.box(x + 560, y + 120, x + 620, y + 177),
        shapely.box(x + 520, y + 300, x + 521, y + 330),
        shapely.box(X0 + 2.5 * SIDE + 200, Y0 + 0.5 * SIDE, X0 + 2.5 * SIDE + 300, Y0 + 0.5 * SIDE + 82.1),
    ]
    areas = np.array([shape.area for shape in shapes])
    return gpd.GeoDataFrame(
        {
            "town_id": ["S1", "S1", "S1", "S2"],
            "clause": ["二(二)5"] * 4,
            "rule": ["special-expansion-outside"] * 3 + ["special-expansion-conditional"],
            "parcel_id": ["parcels:101", "parcels:205", "parcels:206", "parcels:330"],
            "zone": ["030", "040", "030", "020"],
            "area_m2": areas * 0.99995,
            "plane_m2": areas,
            "width_m": [100.0, 57.0, 1.0, 82.1],
            "sliver": [False, False, True, False],
            "land_class": ["0601", "0701", "0601", "05H1"],
        },
        geometry=shapes,
        crs=CRS,
    )


def _context(towns: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    admin = towns[~towns.index.str.startswith("S")]
    special = towns[towns["programme"].eq("special").fillna(value=False)]
    zones, kinds, shapes = [], [], []
    for shape in special.geometry:
        outer = shape.buffer(500)
        inner = shape.buffer(-250)
        west = shapely.box(*outer.bounds[:2], shape.centroid.x + 450, outer.bounds[3])
        zones += ["010", "020", "030", "040"]
        kinds += ["permitted", "conditional", "restricted", "forbidden"]
        shapes += [
            inner.intersection(west),
            shape.difference(inner).intersection(west),
            outer.difference(shape),
            shape.difference(west),
        ]
    rng = np.random.default_rng(2016)
    spots = np.column_stack([rng.uniform(X0, X0 + 3 * SIDE, 40), rng.uniform(Y0, Y0 + 2 * SIDE, 40)])
    states = ["planned", "started", "building", "done", "stalled"]
    return {
        "town_boundary": _frame(
            {"name": admin["name"].tolist(), "layer": ["towns"] * len(admin)}, admin.geometry
        ),
        "county_boundary": _frame(
            {"name": ["秀水区", "盐亭市"]}, [admin.geometry[:3].union_all(), admin.geometry[3:].union_all()]
        ),
        "planned_area": _frame({"name": special["name"].tolist()}, special.geometry),
        "construction_area": _frame({"name": special["name"].tolist()}, special.geometry.buffer(-350)),
        "expansion_boundary": _frame({"zone": zones, "zone_kind": kinds}, shapes),
        "farmland": _frame(
            {"stated_m2": [np.nan] * 12}, [shapely.box(x, y, x + 420, y + 260) for x, y in spots[:12]]
        ),
        "redline": _frame({"name": ["清溪湿地"], "kind": ["湿地"]}, [_blob(1.5, 1.4, 900)]),
        "greenway": _frame(
            {"name": ["环湖绿道", "沿溪绿道", None], "level": ["province", "市级", None]},
            [
                shapely.LineString(
                    [(X0 + 500, Y0 + 800), (X0 + 5_000, Y0 + 4_500), (X0 + 11_000, Y0 + 5_000)]
                ),
                shapely.LineString([(X0 + 6_000, Y0 + 11_000), (X0 + 17_000, Y0 + 7_000)]),
                shapely.LineString([(X0 + 14_000, Y0 + 900), (X0 + 17_000, Y0 + 4_000)]),
            ],
        ),
        "village": _frame(
            {"name": [f"{a}村" for a in "陈李周吴郑王冯褚卫蒋"]}, [shapely.Point(p) for p in spots[12:22]]
        ),
        "project": _frame(
            {
                "name": [f"项目{n}" for n in range(18)],
                "town": ["云塘光伏小镇"] * 18,
                "state": [states[n % 5] for n in range(17)] + [None],
                "planned_yi": np.linspace(1, 9.5, 18),
                "paid_yi": [np.nan, *np.linspace(0.5, 4, 17)],
            },
            [shapely.Point(p) for p in spots[22:]],
        ),
    }


def _frame(columns: dict[str, Any], geometry: Any) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(
        {"layer": ["made"] * count, **columns, "fid": [str(n) for n in range(count)]},
        geometry=list(geometry),
        index=pd.Index([f"made:{n}" for n in range(count)], name="id"),
        crs=CRS,
    )
