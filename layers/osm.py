"""OpenStreetMap extracts (``.osm.pbf``, ``.osm``) as GDAL cuts them into layers: points, lines, multipolygons and so on."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from layers.raw import Raw

if TYPE_CHECKING:
    from pathlib import Path

TAGS = ("bridge", "tunnel", "layer", "surface", "foot", "bicycle", "population", "embankment")
"""Tags that become fields where GDAL leaves them among ``other_tags``."""
_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_NO = {"no", "0"}


def read(path: Path, layer: str) -> Raw:
    """Read a layer of an extract; a feature whose rings GEOS refuses costs itself alone.

    Beside GDAL's fields there are those of `TAGS`, and ``grade``: the tag ``layer``, else 1 of a bridge, -1 of a tunnel.

    Raises
    ------
    Exception
        What GDAL raises where the file cannot be read.
    """
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        meta, fids, wkb, fields = pyogrio.raw.read(path, layer=layer, return_fids=True)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    broken = shapely.is_missing(shapes) & np.array([one is not None for one in wkb], dtype=bool)
    notes: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("issue-reader-warning", "warning", None, {"text": text})
        for text in sorted({str(one.message) for one in told})
    ]
    notes += [
        ("issue-feature-unreadable", "error", int(fid), {"problem": "broken rings"}) for fid in fids[broken]
    ]
    frame = pd.DataFrame(dict(zip(meta["fields"], fields, strict=True)), index=fids.astype(object))
    if "other_tags" in frame:
        frame = _with_tags(frame)
    frame["geometry"] = np.asarray(shapes, dtype=object)
    crs = pyproj.CRS.from_user_input(meta["crs"]) if meta["crs"] else None
    return Raw(frame[~broken], crs, layer, notes=notes)


def _with_tags(frame: pd.DataFrame) -> pd.DataFrame:
    tags = [dict(_TAG.findall(text)) if isinstance(text, str) else {} for text in frame["other_tags"]]
    for name in TAGS:
        if name not in frame:
            frame[name] = pd.Series([one.get(name) for one in tags], index=frame.index, dtype=object)
    bridge, tunnel = (frame[name].notna() & ~frame[name].isin(_NO) for name in ("bridge", "tunnel"))
    beside = pd.Series(0.0, index=frame.index).mask(bridge, 1.0).mask(tunnel, -1.0)
    level = pd.to_numeric(frame["layer"], errors="coerce")
    frame["grade"] = level.where(level.notna(), beside)
    return frame
