"""Parks, inefficient land, built-up areas, people and quotas, drawn from the lots of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.demo import files, indicators
from layers.demo.shapes import rng
from spatial.areas import M2_PER_MU, legal_area

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.demo.layout import Prefecture
    from layers.demo.parcels import Parcels

CRS = "EPSG:4549"
INDUSTRIAL, URBAN = "0601", ("05H1", "0701", "0809", "08H1", "08H2", "0810", "1005")
IN_PARKS, LOTS_LEFT = 0.75, 3
LAYERS: tuple[tuple[str, str, str, dict[str, str | int]], ...] = (
    ("parks", "park", "园区.gpkg", {"layer": "YQ"}),
    ("inefficient", "inefficient_land", "低效用地.gpkg", {"layer": "DXYD"}),
    ("built-up-2015", "built_up", "建成区.gpkg", {"layer": "JCQ_2015", "date": "2015Q4"}),
    ("built-up-2016", "built_up", "建成区.gpkg", {"layer": "JCQ_2016", "date": "2016Q4"}),
    ("population", "population", "人口点.geojson", {}),
    ("land-quota", "land_quota", "用地指标.xlsx", {"sheet": "指标", "header_row": 2}),
)
SPENT = 1.2
"""Share of its quota that the first pilot town has used; the others have some left."""


def write(data: Path, frame: Prefecture, parcels: Parcels) -> None:
    """Write the layers; `frame` and `parcels` are the prefecture and its lots."""
    random = rng(frame.seed, 97)
    parks, left = _parks(frame, parcels)
    files.geopackage(data / "园区.gpkg", {"YQ": parks})
    files.geopackage(data / "低效用地.gpkg", {"DXYD": _inefficient(frame, parcels, left)})
    built = {f"JCQ_{year}": _built_up(frame, parcels, new=year == 2016) for year in (2015, 2016)}  # noqa: PLR2004
    files.geopackage(data / "建成区.gpkg", built)
    files.geojson(data / "人口点.geojson", _people(random, frame, parcels))
    title = "新增建设用地指标（演示数据）"
    files.excel(data / "用地指标.xlsx", {"指标": (title, _quota(frame, parcels))})


def _parks(frame: Prefecture, parcels: Parcels) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """A park a town around most of its industrial lots, from the west; and the lots left out."""
    names, shapes, left = [], [], []
    for town in np.unique(parcels.town):
        own = np.flatnonzero((parcels.town == town) & (parcels.classes == INDUSTRIAL))
        if len(own) < LOTS_LEFT + 1:
            continue
        own = own[np.argsort(shapely.get_x(shapely.centroid(parcels.shapes[own])), kind="stable")]
        inside, outside = np.split(own, [max(int(len(own) * IN_PARKS), 1)])
        hull = shapely.buffer(
            shapely.convex_hull(shapely.union_all(parcels.shapes[inside])), 5, join_style="mitre"
        )
        names.append(f"{frame.names[town]}工业园区")
        shapes.append(shapely.intersection(hull, frame.towns[town]))
        left += outside[~shapely.intersects(parcels.shapes[outside], hull)][:LOTS_LEFT].tolist()
    table = {"名称": names, "类型": "工业园区"}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS), np.array(left, dtype=np.int64)


def _inefficient(frame: Prefecture, parcels: Parcels, left: NDArray[np.int64]) -> gpd.GeoDataFrame:
    """Old industrial lots outside the parks: found, being redeveloped, done."""
    old = left[~parcels.new[left]]
    number = np.arange(len(old))
    state = np.array(["待整治", "整治中", "已完成"])[number % 3]
    return gpd.GeoDataFrame(
        {
            "名称": [f"低效地块{place + 1}" for place in number],
            "所属乡镇": [frame.names[town] for town in parcels.town[old]],
            "类型": np.array(["容积率低", "产出低", "闲置", "列入名单"])[number % 4],
            "整治状态": state,
            "发现日期": "2015-11-20",
            "完成日期": ["2016-08-15" if one == "已完成" else None for one in state],
        },
        geometry=parcels.shapes[old],
        crs=CRS,
    )


def _built_up(frame: Prefecture, parcels: Parcels, *, new: bool) -> gpd.GeoDataFrame:
    """Built-up area of each pilot town: what lies within 30 m of its urban lots."""
    urban = np.isin(parcels.classes, URBAN) & (new | ~parcels.new)
    shapes = []
    for town in frame.pilots:
        lots = parcels.shapes[urban & (parcels.town == town)]
        whole = shapely.buffer(shapely.buffer(shapely.union_all(lots), 30), -10)
        shapes.append(shapely.simplify(shapely.intersection(whole, frame.towns[town]), 1.0))
    return gpd.GeoDataFrame(
        {"名称": [f"{frame.names[town]}建成区" for town in frame.pilots]}, geometry=shapes, crs=CRS
    )


def _people(random: np.random.Generator, frame: Prefecture, parcels: Parcels) -> gpd.GeoDataFrame:
    """People at the homes of the pilot towns."""
    homes = np.flatnonzero(np.isin(parcels.classes, ("0701", "0702")) & np.isin(parcels.town, frame.pilots))
    persons = np.rint(shapely.area(parcels.shapes[homes]) / random.uniform(25, 60, len(homes)))
    points = shapely.point_on_surface(parcels.shapes[homes])
    return gpd.GeoDataFrame({"人数": np.maximum(persons, 1)}, geometry=points, crs=CRS)


def _quota(frame: Prefecture, parcels: Parcels) -> pd.DataFrame:
    """Quota of 2016: more than was used, but for the first pilot town."""
    rows = []
    for place, town in enumerate(frame.pilots):
        lots = parcels.shapes[parcels.new & (parcels.town == town)]
        used = float(legal_area(lots, CRS).sum() / M2_PER_MU)
        share = SPENT if place == 0 else 0.6 + 0.3 * (place % 2)
        row = {indicators.NAME: frame.names[town], indicators.COUNTY: frame.counties[int(frame.county[town])]}
        rows.append(
            {**row, indicators.PERIOD: "2016Q4", "新增建设用地指标(亩)": round(used / share, 2) or None}
        )
    return pd.DataFrame(rows)
