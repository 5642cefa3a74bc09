"""Geometries made fit for overlay: repaired by one stated rule, or set aside; each with an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from spatial.rings import POLYGON

if TYPE_CHECKING:
    from numpy.typing import NDArray

MULTIPOLYGON = 6
ISSUE_COLUMNS = ["code", "severity", "layer", "fid", "id", "params", "geometry"]


def repair(geometries: Any, ids: Any, layer: str) -> tuple[NDArray[np.object_], pd.DataFrame]:
    """Valid polygons in the plane, Z left out, and what had to be done to get there.

    The rule: what is valid stays as it is; what is not becomes ``make_valid`` by structure (rings keep their
    roles, a ring drawn twice counts once, a hole outside its shell is land of its own); what has no polygon or a coordinate that is no number is set aside
    as None. ``buffer(0)`` is never used: it drops half of a bow-tie.

    Parameters
    ----------
    geometries
        n geometries; missing and empty ones become None.
    ids
        n feature ids, for the issues.
    layer
        Name of the layer, for the issues.

    Returns
    -------
    geometries
        n valid polygons or multipolygons, or None.
    issues
        Rows of the issues table with the reason and the plane area before and after.
    """
    shapes = np.array(geometries, dtype=object, copy=True)
    names = np.asarray(ids, dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    kind = shapely.get_type_id(shapes)
    polygonal = (kind == POLYGON) | (kind == MULTIPOLYGON)
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(shapely.bounds(shapes)).all(axis=1) & _all_finite(shapes)
    aside = ~shapely.is_missing(shapes) & ~(polygonal & finite)
    rows = [
        _row(
            "issue-geometry-set-aside",
            "error",
            layer,
            names[place],
            {"reason": _why_not(shapes[place])},
            None,
        )
        for place in np.flatnonzero(aside)
    ]
    shapes[aside] = None
    solid = shapely.has_z(shapes)
    shapes[solid] = shapely.force_2d(shapes[solid])
    bad = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    for place in bad:
        before = shapes[place]
        after = shapely.make_valid(before, method="structure", keep_collapsed=False)
        usable = shapely.area(after) > 0
        params = {
            "reason": shapely.is_valid_reason(before),
            "before_m2": float(shapely.area(before)),
            "after_m2": float(shapely.area(after)),
        }
        code = "issue-geometry-repaired" if usable else "issue-geometry-set-aside"
        rows.append(_row(code, "warning" if usable else "error", layer, names[place], params, before))
        shapes[place] = after if usable else None
    return shapes, pd.DataFrame(rows, columns=ISSUE_COLUMNS)


def _all_finite(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    coordinates, of_shape = shapely.get_coordinates(shapes, return_index=True)
    result = np.ones(len(shapes), dtype=bool)
    result[of_shape[~np.isfinite(coordinates).all(axis=1)]] = False
    return result


def _why_not(shape: Any) -> str:
    return "NaN" if shape.geom_type in {"Polygon", "MultiPolygon"} else str(shape.geom_type)


def _row(
    code: str, severity: str, layer: str, name: object, params: dict[str, Any], shape: object
) -> dict[str, Any]:
    return {
        "code": code, "severity": severity, "layer": layer, "fid": None, "id": name, "params": params,
        "geometry": shape,
    }  # fmt: skip
