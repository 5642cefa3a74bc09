"""Arcs in files: drawn as lines so fine that no area changes by a cent, and said; or found in WKB before GEOS meets them."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc
import pyogrio

from layers.read_only import read_only

if TYPE_CHECKING:
    from pathlib import Path

STEP_DEG: Final = 0.1
"""Angle of an arc that one line replaces; it is off by radius x (1 - cos(half of it)): 1 mm at 2.6 km."""
MAX_GAP_M: Final = 0.001
"""By how much a line may be off an arc where a database draws it."""
_CURVES = range(8, 15)
"""Codes of OGC for CircularString, CompoundCurve, CurvePolygon, MultiCurve, MultiSurface, Curve, Surface."""
_MAY_CURVE = {".gdb", ".gml", ".fgb"}
_STRAIGHT = {"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"}

pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": str(STEP_DEG)})


def count(path: Path, layer: str | None) -> int:
    """How many features of a layer have a geometry of a curved kind.

    Only files are looked through that say they may have such: GML, FileGDB, FlatGeobuf, and a GeoPackage whose layer
    is not declared as of straight lines.
    """
    suffix = path.suffix.lower()
    if suffix not in _MAY_CURVE and not (suffix == ".gpkg" and _declared(path, layer)):
        return 0
    with pyogrio.open_arrow(path, layer=layer, columns=[], use_pyarrow=True) as (meta, reader):
        name = meta["geometry_name"] or "wkb_geometry"
        return sum(curved(rows.column(name)) for rows in reader)


def curved(wkb: Any) -> int:
    """How many of an Arrow array of WKB are of a curved kind."""
    heads = pc.value_counts(pc.binary_slice(wkb.cast("binary"), 0, 5))
    return sum(
        one["counts"] for one in heads.to_pylist() if one["values"] and _kind(one["values"]) in _CURVES
    )


def _kind(head: bytes) -> int:
    """Code of a geometry's kind without what it says of heights and measures."""
    code: int = struct.unpack("<I" if head[0] else ">I", head[1:5])[0]
    return (code & 0x1FFFFFFF) % 1000


def _declared(path: Path, layer: str | None) -> bool:
    """Whether a GeoPackage declares a layer as of a kind that may be curved."""
    try:
        with closing(read_only(path)) as base:
            rows = base.execute("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns").fetchall()
    except sqlite3.Error:
        return False
    return any(str(kind).upper() not in _STRAIGHT for name, kind in rows if layer in {None, name})
