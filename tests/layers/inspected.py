"""Small files to inspect."""

from __future__ import annotations

import geopandas as gpd
import shapely

CRS = "EPSG:4549"
SQUARE = shapely.box(572000, 3402000, 572100, 3402100)
BOW = shapely.Polygon([(572200, 3402000), (572300, 3402100), (572300, 3402000), (572200, 3402100)])


def write(path, shapes, crs=CRS, **columns):
    frame = gpd.GeoDataFrame(columns or {"n": range(len(shapes))}, geometry=list(shapes), crs=crs or CRS)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_file(path, engine="pyogrio", **({"encoding": "gbk"} if path.suffix == ".shp" else {}))
    if crs is None:
        path.with_suffix(".prj").unlink()
    return path


def parcels(folder, *shapes):
    """A shapefile in GBK of parcels, by default one that is sound and one that is not."""
    shapes = shapes or (SQUARE, BOW)
    path = folder / "建设 用地" / "DLTB.shp"
    write(
        path,
        shapes,
        DLBM=["0601"] * len(shapes),
        DLMC=["工业用地"] * len(shapes),
        TBMJ=[9998.72] * len(shapes),
    )
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path
