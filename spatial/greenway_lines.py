"""What greenways 绿道 and the ways around them say of themselves: level, open since when, bridge or tunnel, kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial import periods
from spatial.project_progress import quarter_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LEVELS = ("province", "city", "county", "other")
LEVEL_WORDS = {
    "province": "province", "省级": "province", "city": "city", "市级": "city", "区域级": "city", "区域": "city",
    "county": "county", "县级": "county", "区级": "county", "社区级": "county", "镇级": "county", "乡镇级": "county",
}  # fmt: skip
_GRADES = {
    **dict.fromkeys(("桥", "桥梁", "高架", "天桥", "bridge", "viaduct", "yes"), 1.0),
    **dict.fromkeys(("隧道", "地道", "下穿", "涵洞", "tunnel", "culvert"), -1.0),
}
_MAIN = {
    "高速", "高速公路", "国道", "省道", "县道", "快速路", "城市快速路", "主干道", "主干路", "城市主干道", "一级公路", "二级公路",
    "motorway", "trunk", "primary", "secondary", "motorway_link", "trunk_link", "primary_link", "secondary_link",
}  # fmt: skip
_DIKE = ("堤", "dike", "dyke", "levee", "embankment")


def level(column: pd.Series[Any]) -> pd.Series[Any]:
    """Level of each greenway: ``province``, ``city``, ``county``, or ``other`` for any other word and none.

    Examples
    --------
    >>> level(pd.Series(["省级", "区域级", "国家级", None])).tolist()
    ['province', 'city', 'other', 'other']
    """
    return column.map(lambda word: LEVEL_WORDS.get(str(word).strip(), "other")).astype(object)


def grade(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Level of each line where it crosses others: the number it gives, 1 for a bridge, -1 for a tunnel, else 0.

    Examples
    --------
    >>> grade(pd.Series(["桥", "-1", None, "路面"])).tolist()
    [1.0, -1.0, 0.0, 0.0]
    """
    number = pd.to_numeric(column, errors="coerce")
    words = column.map(lambda word: _GRADES.get(str(word).strip().lower(), 0.0))
    return np.asarray(np.where(number.notna(), number, words), dtype=float)


def main_road(column: pd.Series[Any]) -> NDArray[np.bool_]:
    """Whether each road is a main road by its kind: county road 县道 and above; all are where no kind is known."""
    known = column.map(lambda word: str(word).strip().lower() in _MAIN).to_numpy(dtype=bool)
    return np.asarray(known if column.notna().any() else ~known, dtype=bool)


def is_dike(column: pd.Series[Any]) -> NDArray[np.bool_]:
    """Whether each path runs on a dike."""
    found = column.map(lambda word: any(part in str(word).lower() for part in _DIKE))
    return np.asarray(found.to_numpy(dtype=bool))


def is_open(frame: pd.DataFrame, quarter: str) -> NDArray[np.bool_]:
    """Which features are there at a quarter: done (or of no stated state), and not opened later."""
    later = quarter_numbers(column(frame, "opened")) > periods.number(quarter)
    state = column(frame, "state")
    return np.asarray((state.isna() | state.eq("done")).to_numpy(dtype=bool) & ~later)


def ordered(frames: Mapping[str, pd.DataFrame], role: str, crs: Any) -> gpd.GeoDataFrame:
    """Features of a role in an order of their own, whatever that of the layer: none where the role is not there."""
    frame = frames.get(role)
    columns = ["layer", "fid", "name", "level", "kind", "state", "opened", "grade", "town", "town_id"]
    if frame is None:
        return gpd.GeoDataFrame(pd.DataFrame(columns=columns, dtype=object), geometry=[], crs=crs)
    table = pd.DataFrame(frame).reindex(columns=[*columns, "geometry"])
    keys = pd.DataFrame(
        {"level": level(table["level"]).map(LEVELS.index), "wkb": gpd.GeoSeries(table["geometry"]).to_wkb()}
    )
    for name in ("name", "layer", "fid"):
        keys[name] = table[name].astype(str)
    order = keys.sort_values(list(keys), kind="stable").index
    return gpd.GeoDataFrame(table.loc[order], geometry="geometry", crs=crs)


def column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A column, all missing where there is none of that name."""
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)
