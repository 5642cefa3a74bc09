"""What is wrong with the data, as the inspectors of `spatial.quality` see it; nothing is repaired here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Polygon

from layers.issues import issue, table, together
from spatial.once import overlapping
from spatial.quality import Subject
from spatial.quality.run import inspect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.load import Layers

OVERLAP_M2 = 1.0


def validate(layers: Layers, tolerances: Mapping[str, Mapping[str, float]] | None = None) -> pd.DataFrame:
    """Look through all canonical frames.

    Parameters
    ----------
    layers
        What was loaded.
    tolerances
        Tolerances of inspectors other than the defaults, by code and name.

    Returns
    -------
    DataFrame
        The issues table; severity ``error`` where a figure cannot be trusted, ``warning`` where it should
        be looked at, ``note`` otherwise.
    """
    found: list[pd.DataFrame] = []
    for role, frame in layers.frames.items():
        others = {name: other for name, other in layers.frames.items() if name != role}
        crs = layers.crs if "geometry" in frame else None
        found += [inspect(Subject(frame, role, crs, others), tolerances), *_topology(frame, role, layers)]
    return together(found)


def _topology(frame: pd.DataFrame, role: str, layers: Layers) -> list[pd.DataFrame]:
    """What features of one layer, or of two, do to each other."""
    found = []
    if role in {"town_boundary", "expansion_boundary", "planned_area"}:
        found.append(_overlaps(frame))
    if role == "town_boundary":
        found.append(_gaps(frame))
    if role == "construction_land":
        dates = frame["date"] if "date" in frame else pd.Series(None, index=frame.index)
        found += [_overlaps(part) for _, part in frame.groupby(dates, dropna=False)]
    if role in {"project", "village"}:
        found.append(_outside_towns(frame, layers.frames["town_boundary"]))
    return found


def _outside_towns(frame: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """Points, or areas, that no town holds any of."""
    tree = shapely.STRtree(towns["geometry"].to_numpy())
    held, _ = tree.query(frame["geometry"].to_numpy(), predicate="intersects")
    outside = np.ones(len(frame), dtype=bool)
    outside[held] = False
    return _rows(frame[outside], "issue-outside-towns", "warning")


def _gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Holes of more than 1 m² that the towns leave between them."""
    shapes = frame["geometry"].to_numpy()
    parts = shapely.get_parts(shapely.union_all(shapes[shapely.is_valid(shapes)]))
    holes = np.array([Polygon(ring) for part in parts for ring in part.interiors], dtype=object)
    return table(
        issue(
            "issue-town-gap",
            "warning",
            frame["layer"].iloc[0],
            geometry=hole,
            area_m2=float(shapely.area(hole)),
        )
        for hole in holes[shapely.area(holes) > OVERLAP_M2]
    )


def _overlaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Pairs of features that share more than 1 m²."""
    shapes = frame["geometry"].to_numpy()
    valid = shapely.is_valid(shapes)
    shapes, frame = shapes[valid], frame[valid]
    left, right = overlapping(shapes)
    common = shapely.intersection(shapes[left], shapes[right])
    area = shapely.area(common)
    ids, layer, fid = frame.index.to_numpy(), frame["layer"].to_numpy(), frame["fid"].to_numpy()
    return table(
        issue(
            "issue-overlap", "warning", layer[left[n]], fid=fid[left[n]], feature=ids[left[n]],
            geometry=common[n], other=str(ids[right[n]]), area_m2=float(area[n]),
        )
        for n in np.flatnonzero(area > OVERLAP_M2)
    )  # fmt: skip


def _rows(frame: pd.DataFrame, code: str, severity: str) -> pd.DataFrame:
    return table(
        issue(code, severity, layer, fid=fid, feature=feature, geometry=shape)
        for feature, layer, fid, shape in zip(
            frame.index, frame["layer"], frame["fid"], frame["geometry"], strict=True
        )
    )
