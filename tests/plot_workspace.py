"""A workspace whose every figure can be counted by hand: squares on a metre grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
from shapely.affinity import translate
from shapely.geometry import Polygon, box

if TYPE_CHECKING:
    from pathlib import Path

EAST, NORTH = 572000.0, 3402000.0
SQUARE_M2 = 9998.72
"""Legal area of the square of 100 m at the origin, to the cent (test vector of the series of 2008)."""

TOWNS = {"甲镇": (-1000, -1000, 1000, 1000), "乙镇": (1000, -1000, 3000, 1000)}
ZONES = {
    "010": (-1000, -1000, 500, 1000),
    "020": (500, -1000, 800, 1000),
    "030": (800, -1000, 1500, 1000),
    "041": (1500, -1000, 2000, 1000),
}
FARMLAND = {"f": (200, 0, 400, 100)}
REDLINE = {"r": (0, -500, 100, -400)}
PLANNED = {"光谷小镇": (-600, 200, -200, 600)}
AREA = {"光谷小镇": (-600, 200, -300, 600)}
PARCELS = {"0601": (-900, -900, -800, -800)}


def at(*corners: float) -> Polygon:
    """A box with its corners in metres from the origin."""
    return translate(box(*corners), EAST, NORTH)


def frame(column: str, boxes: dict[str, tuple[int, int, int, int]]) -> gpd.GeoDataFrame:
    """Boxes as a layer with one column."""
    return gpd.GeoDataFrame(
        {column: list(boxes)}, geometry=[at(*corners) for corners in boxes.values()], crs=4549
    )


LAYERS = {
    "town_boundary": ("name", TOWNS), "expansion_boundary": ("zone", ZONES), "farmland": ("bh", FARMLAND),
    "redline": ("name", REDLINE), "planned_area": ("name", PLANNED), "construction_area": ("name", AREA),
    "construction_land": ("land_class", PARCELS),
}  # fmt: skip


def write(folder: Path, leave_out: tuple[str, ...] = ()) -> Path:
    """Write the workspace."""
    folder.mkdir(parents=True)
    lines = ['title = "手算工作区"', 'crs = "EPSG:4549"', "demo = true"]
    for role, (column, boxes) in LAYERS.items():
        if role not in leave_out:
            frame(column, boxes).to_parquet(folder / f"{role}.parquet")
            lines += ["[[layer]]", f'name = "{role}"', f'role = "{role}"', f'path = "{role}.parquet"']
    (folder / "workspace.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def plot(path: Path, *corners: float, shape: Polygon | None = None, stated_ha: float | None = None) -> Path:
    """Write one plot as a GeoPackage."""
    shape = at(*corners) if shape is None else shape
    columns = {"number": ["2016-1"], "name": ["一号地块"], "stated_ha": [stated_ha]}
    gpd.GeoDataFrame(columns, geometry=[shape], crs=4549).to_file(path)
    return path
