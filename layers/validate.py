"""What is wrong with the data: codes, names, stated areas, overlaps; nothing is repaired here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry import Polygon

from layers.issues import issue, table, together
from layers.roles import ROLES
from spatial.areas import legal_area
from spatial.land_classes import group
from spatial.once import overlapping

if TYPE_CHECKING:
    from layers.load import Layers

STEP = 0.01
"""Stated areas have two decimals, in whichever unit; half a step of that is no fault."""
AREA_RELATIVE, AREA_M2 = 0.02, 20.0
"""A stated area may differ by 2 % or 20 m², whichever is more (provincial check 3401)."""
OVERLAP_M2 = 1.0
KNOWN = {
    "programme": {"special", "pilot"},
    "level": {"province", "city", "county"},
    "state": {"planned", "started", "building", "done", "stalled"},
    "status": {"created", "cultivated", "listed", "demonstration", "downgraded", "removed"},
}
_STATED = {
    "construction_land": ("registered_m2", 1.0),
    "farmland": ("stated_m2", 1.0),
    "expansion_boundary": ("stated_ha", 1e4),
}
_REPORTED = {"town_indicator": "name", "county_indicator": "county"}


def validate(layers: Layers) -> pd.DataFrame:
    """Look through all canonical frames.

    Parameters
    ----------
    layers
        What was loaded.

    Returns
    -------
    DataFrame
        The issues table; severity ``error`` where a figure cannot be trusted, ``warning`` where it should
        be looked at, ``note`` otherwise.
    """
    found: list[pd.DataFrame] = []
    for role, frame in layers.frames.items():
        found += [_duplicates(frame), _words(frame, role), _unnamed(frame, role)]
        if "geometry" in frame:
            found += _drawn(frame, role, layers)
        if role in _REPORTED:
            found += [_repeated_periods(frame, _REPORTED[role]), _missing_periods(frame, _REPORTED[role])]
    return together(found)


def _drawn(frame: pd.DataFrame, role: str, layers: Layers) -> list[pd.DataFrame]:
    """What only a layer with geometry can get wrong."""
    found = [_astray(frame, layers.crs)]
    if role in _STATED:
        found.append(_stated_areas(frame, *_STATED[role], layers.crs))
    if role in {"town_boundary", "expansion_boundary", "planned_area"}:
        found.append(_overlaps(frame))
    if role == "town_boundary":
        found.append(_gaps(frame))
    if role == "construction_land":
        dates = frame["date"] if "date" in frame else pd.Series(None, index=frame.index)
        found += [_overlaps(part) for _, part in frame.groupby(dates, dropna=False)]
        found.append(_classes(frame))
    if role in {"project", "village"}:
        found.append(_outside_towns(frame, layers.frames["town_boundary"]))
    if role == "expansion_boundary":
        found.append(_zones(frame))
    return found


def _duplicates(frame: pd.DataFrame) -> pd.DataFrame:
    """The same geometry twice in one layer at one date."""
    if "geometry" not in frame:
        return table([])
    at = frame["date"].fillna("") if "date" in frame else ""
    key = pd.DataFrame(
        {"shape": shapely.to_wkb(frame["geometry"].to_numpy()), "layer": frame["layer"], "date": at}
    )
    twice = key.duplicated().to_numpy()
    return _rows(frame[twice], "issue-feature-twice", "warning")


def _words(frame: pd.DataFrame, role: str) -> pd.DataFrame:
    rows = []
    for column, known in KNOWN.items():
        if column in frame and (role, column) != ("greenway", "level"):
            odd = frame[column].notna() & ~frame[column].isin(known)
            rows += [_rows(frame[odd], "issue-word-unknown", "error", column=column, value=column)]
    return together(rows)


def _unnamed(frame: pd.DataFrame, role: str) -> pd.DataFrame:
    """Required columns with nothing in them."""
    required = [column.name for column in ROLES[role].columns if column.required and column.name in frame]
    return together(
        _rows(frame[frame[name].isna()], "issue-required-empty", "error", column=name) for name in required
    )


def _astray(frame: pd.DataFrame, crs: pyproj.CRS) -> pd.DataFrame:
    """Features wholly outside the area of use of the working CRS, with a degree to spare."""
    area = crs.area_of_use
    if area is None or crs.geodetic_crs is None or not len(frame):
        return table([])
    to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    bounds = shapely.bounds(frame["geometry"].to_numpy())
    lon, lat = to_degrees.transform(bounds[:, [0, 2]].mean(axis=1), bounds[:, [1, 3]].mean(axis=1))
    west, south, east, north = area.bounds
    inside = (lon > west - 1) & (lon < east + 1) & (lat > south - 1) & (lat < north + 1)
    return _rows(frame[~inside], "issue-outside-crs", "warning", crs=crs.name)


def _outside_towns(frame: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """Points, or areas, that no town holds any of."""
    tree = shapely.STRtree(towns["geometry"].to_numpy())
    held, _ = tree.query(frame["geometry"].to_numpy(), predicate="intersects")
    outside = np.ones(len(frame), dtype=bool)
    outside[held] = False
    return _rows(frame[outside], "issue-outside-towns", "warning")


def _zones(frame: pd.DataFrame) -> pd.DataFrame:
    """Zone codes beyond 010 to 049, those of the control zones."""
    odd = frame["zone"].notna() & ~frame["zone"].astype(str).str.fullmatch(r"0[1-4]\d")
    return _rows(frame[odd], "issue-word-unknown", "error", column="zone", value="zone")


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


def _missing_periods(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Quarters of the table after the first of a town, or county, that it has no row for."""
    rows = frame.dropna(subset=[column, "period"])
    if rows.empty:
        return table([])
    keys = [column, *(["county"] if column == "name" and "county" in rows else [])]
    known = sorted(rows["period"].unique())
    found = []
    for key, part in rows.groupby(keys, dropna=False):
        lacking = [
            period for period in known if period > part["period"].min() and period not in set(part["period"])
        ]
        if lacking:
            found.append(
                issue(
                    "issue-period-missing", "note", part["layer"].iloc[0], fid=part["fid"].iloc[0],
                    name=str(key[0]), periods="、".join(lacking),
                )
            )  # fmt: skip
    return table(found)


def _classes(frame: pd.DataFrame) -> pd.DataFrame:
    if "land_class" not in frame:
        return table([])
    kinds = group(frame["land_class"])
    unknown = frame[frame["land_class"].notna() & kinds.isna()]
    other = frame[kinds.notna() & (kinds != "construction")]
    rows = [_rows(unknown, "issue-class-unknown", "warning", value="land_class")]
    for name, part in other.groupby("layer"):
        classes = "、".join(sorted(part["land_class"].unique()))
        rows.append(
            table([issue("issue-class-not-construction", "note", name, count=len(part), classes=classes)])
        )
    return together(rows)


def _stated_areas(frame: pd.DataFrame, column: str, factor: float, crs: Any) -> pd.DataFrame:
    if column not in frame or frame[column].isna().all():
        return table([])
    stated = frame[column].to_numpy(dtype=float) * factor
    computed = legal_area(frame["geometry"].to_numpy(), crs)
    rounding = factor * STEP / 2
    off = np.abs(computed - stated) > np.maximum(AREA_RELATIVE * stated, AREA_M2) + rounding
    rows = frame[off]
    return table(
        issue(
            "issue-area-stated", "warning", layer, fid=fid, feature=feature, geometry=shape,
            stated_m2=float(said), computed_m2=float(real),
        )
        for layer, fid, feature, shape, said, real in zip(
            rows["layer"], rows["fid"], rows.index, rows["geometry"], stated[off], computed[off], strict=True
        )
    )  # fmt: skip


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


def _repeated_periods(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    keys = [column, "period", *(["county"] if column == "name" and "county" in frame else [])]
    twice = frame.duplicated(keys, keep=False) & frame["period"].notna()
    return _rows(frame[twice], "issue-period-twice", "error", name=column, period="period")


def _rows(frame: pd.DataFrame, code: str, severity: str, **named: str) -> pd.DataFrame:
    """One issue for each row; `named` params take the value of that column of the row, or stay a word."""
    return table(
        issue(
            code, severity, row["layer"], fid=row["fid"], feature=feature, geometry=row.get("geometry"),
            **{key: str(row[column]) if key in {"value", "name", "period"} else column for key, column in named.items()},
        )
        for feature, row in zip(frame.index, frame.to_dict("records"), strict=True)
    )  # fmt: skip
