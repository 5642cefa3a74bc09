"""Who is judged: special towns, pilot towns and the other administrative towns as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAMME = "programme"
ATTRIBUTES = (
    "name", "programme", "level", "town_code", "county", "county_code", "host_town", "batch", "round",
    "listed", "built", "status", "scenic_grade", "industry", "exempt_industry", "yellow_cards",
    "approved_planned_km2", "approved_construction_km2",
)  # fmt: skip
OF_TOWNS = (
    "village", "town_centre", "greenway_access", "project", "project_report", "renewal_project", "street", "cleanup_site", "reception_hall",
)  # fmt: skip
"""Roles whose features name a town."""
_NUMBERS = (
    "batch",
    "round",
    "scenic_grade",
    "yellow_cards",
    "approved_planned_km2",
    "approved_construction_km2",
)


def towns(frames: Mapping[str, pd.DataFrame]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """One row for each town that is judged or only shown.

    A special town 特色小镇 takes the geometry of its planned area, every other town that of its
    administrative boundary. Attributes come from the register 两镇名录 first, then from the layers.

    Parameters
    ----------
    frames
        Canonical frames by role; ``town_boundary`` is required.

    Returns
    -------
    towns
        Index ``town_id`` (the town code where unique, else the name), columns `ATTRIBUTES`,
        ``host_town_id`` and ``geometry`` (empty where no layer draws the town).
    issues
        Rows of the issues table: register entries without geometry, planned areas without entry.
    """
    boundaries = _subject_rows(frames["town_boundary"], "town_boundary")
    areas = _subject_rows(frames.get("planned_area"), "planned_area")
    areas["programme"] = areas["programme"].fillna("special")
    special_names = set(areas["name"])
    drawn_special = boundaries["programme"].eq("special") & boundaries["name"].isin(special_names)
    boundaries.loc[drawn_special, "programme"] = None
    register = _subject_rows(frames.get("town"), "town")

    admin, admin_left = _merge(boundaries, register[register["programme"] != "special"])
    special, special_left = _merge(areas, register[register["programme"] == "special"])
    inherited = boundaries[drawn_special].set_index("name")
    for name in ATTRIBUTES[2:]:
        special[name] = special[name].where(
            special[name].notna(), special["name"].map(inherited[name].to_dict())
        )
    undrawn = pd.concat([admin_left, special_left], ignore_index=True)
    admin["_kind"], special["_kind"], undrawn["_kind"] = "admin", "special", "undrawn"
    table = pd.concat([admin, special, undrawn], ignore_index=True)
    table["town_id"] = _ids(table)
    table["geometry"] = [shape if shape is not None else shapely.Polygon() for shape in table["geometry"]]
    result = gpd.GeoDataFrame(
        table.drop(columns=["_kind", "layer", "fid"]).set_index("town_id"),
        geometry="geometry",
        crs=getattr(frames["town_boundary"], "crs", None),
    )
    kind = table.set_index("town_id")["_kind"]
    result["host_town_id"] = _hosts(result, kind)
    result = _from_host(result)
    for name in _NUMBERS:
        result[name] = pd.to_numeric(result[name])
    return result, _issues(undrawn, special, register)


def attach(frames: Mapping[str, pd.DataFrame], subjects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Give every frame that names a town the column ``town_id``.

    A name that several towns bear is told apart by county; where that does not help it stays NA.
    """
    attached = dict(frames)
    for role, frame in frames.items():
        column = "town" if role in OF_TOWNS else "name"
        if (
            role in {"town_indicator", "exception", "construction_area", "land_quota", *OF_TOWNS}
            and column in frame
        ):
            attached[role] = frame.assign(town_id=_find(frame, column, subjects))
    return attached


def lying_in(features: gpd.GeoSeries, subjects: gpd.GeoDataFrame, *, special: bool) -> pd.Series[Any]:
    """Town in which a point of each feature lies.

    Parameters
    ----------
    features
        n geometries in the CRS of the towns.
    subjects
        As `towns` gives them.
    special
        Whether a special town comes before the administrative town around it, or does not count.

    Returns
    -------
    Series
        Index of `features`, n values of ``town_id``; None where no town lies.
    """
    is_special = subjects["programme"].eq("special").fillna(value=False).astype(bool)
    drawn = subjects[~subjects.geometry.is_empty & (special | ~is_special)]
    drawn = drawn.assign(rank=~is_special).sort_values("rank", kind="stable")
    spots = shapely.point_on_surface(features.to_numpy())
    spot, at = drawn.sindex.query(spots, predicate="intersects")
    first = pd.DataFrame({"spot": spot, "at": at}).sort_values(["spot", "at"]).drop_duplicates("spot")
    found = pd.Series(None, index=features.index, dtype=object)
    found.iloc[first["spot"].to_numpy()] = drawn.index.to_numpy()[first["at"].to_numpy()]
    return found


def _find(frame: pd.DataFrame, column: str, subjects: pd.DataFrame) -> pd.Series[Any]:
    by_name = subjects.groupby("name", sort=False)["name"].agg(lambda group: group.index[0])
    counts = subjects["name"].value_counts()
    unique = by_name[counts.reindex(by_name.index) == 1]
    found = frame[column].map(unique.to_dict())
    if "county" in frame:
        pairs = subjects.reset_index().drop_duplicates(["name", "county"], keep=False)
        lookup = dict(zip(zip(pairs["name"], pairs["county"], strict=True), pairs["town_id"], strict=True))
        keys = list(zip(frame[column], frame["county"], strict=True))
        found = found.where(found.notna(), pd.Series([lookup.get(key) for key in keys], index=frame.index))
    return found.astype("object")


def _subject_rows(frame: pd.DataFrame | None, role: str) -> pd.DataFrame:
    columns = [*ATTRIBUTES, "layer", "fid", "geometry"]
    if frame is None:
        return pd.DataFrame(columns=columns, dtype=object)
    rows = pd.DataFrame(frame).reindex(columns=columns).astype(object)
    rows = rows.where(rows.notna(), None)
    return _dissolve(rows) if role != "town" else rows.reset_index(drop=True)


def _dissolve(rows: pd.DataFrame) -> pd.DataFrame:
    """Several features of one town become one: a town may be drawn in parts."""
    key = rows["town_code"].where(rows["town_code"].notna(), rows["name"])
    if not key.duplicated().any():
        return rows.reset_index(drop=True)
    first = rows.groupby(key.to_numpy(), sort=False).first()
    shapes = {
        name: shapely.union_all(group["geometry"].to_numpy()) for name, group in rows.groupby(key.to_numpy())
    }
    first["geometry"] = first.index.map(shapes)
    return first.reset_index(drop=True).astype(object)


def _merge(drawn: pd.DataFrame, register: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lay register rows over drawn rows by code, else by name (and county where the name repeats)."""
    drawn = drawn.reset_index(drop=True)
    rows = register.reset_index(drop=True)
    keys = [["town_code"], ["name", "county"], ["name"]]
    position = pd.Series(-1, index=rows.index)
    for key in keys:
        known = drawn[drawn[key].notna().all(axis=1)].drop_duplicates(key, keep=False)
        lookup = {
            tuple(values): place for place, values in zip(known.index, known[key].to_numpy(), strict=True)
        }
        hits = pd.Series(
            [lookup.get(tuple(values), -1) for values in rows[key].to_numpy()], index=rows.index, dtype=int
        )
        position = position.where(position >= 0, hits)
    matched = rows[position >= 0].assign(_at=position[position >= 0]).drop_duplicates("_at").set_index("_at")
    for name in ATTRIBUTES:
        laid = matched[name].reindex(drawn.index)
        drawn[name] = laid.where(laid.notna(), drawn[name])
    return drawn, rows[position < 0].assign(geometry=None)


def _ids(table: pd.DataFrame) -> list[str]:
    code = table["town_code"].where(table["_kind"] == "admin")
    code = code.where(~code.duplicated(keep=False))
    name = table["name"].astype(str)
    twice = name.duplicated(keep=False)
    name = name.where(~twice, name + "@" + table["county"].fillna("").astype(str))
    ids = code.where(code.notna(), name).astype(str)
    again = ids.groupby(ids).cumcount()
    return list(ids.where(again == 0, ids + "#" + (again + 1).astype(str)))


def _hosts(table: gpd.GeoDataFrame, kind: pd.Series[Any]) -> pd.Series[Any]:
    """The administrative town that holds most of each special town, unless the register names one."""
    admin = table[(kind == "admin") & ~table.geometry.is_empty]
    special = table[(kind == "special") & ~table.geometry.is_empty]
    host = pd.Series(None, index=table.index, dtype=object)
    left, right = admin.sindex.query(special.geometry, predicate="intersects")
    if len(left):
        shared = shapely.area(
            shapely.intersection(special.geometry.to_numpy()[left], admin.geometry.to_numpy()[right])
        )
        best = pd.DataFrame({"town": special.index[left], "host": admin.index[right], "area": shared})
        best = best.sort_values("area", ascending=False, kind="stable").drop_duplicates("town")
        host.update(best.set_index("town")["host"])
    names = admin.drop_duplicates("name", keep=False)
    named = table["host_town"].map(dict(zip(names["name"], names.index, strict=True)))
    return named.astype(object).where(named.notna() & (kind != "admin"), host)


def _from_host(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    for name in ("county", "county_code"):
        theirs = table["host_town_id"].map(table[name].to_dict())
        table[name] = table[name].where(table[name].notna(), theirs)
    return table


def _issues(undrawn: pd.DataFrame, special: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "code": "issue-town-not-drawn", "severity": "error", "layer": row["layer"], "fid": row["fid"],
            "id": None, "params": {"town": row["name"]}, "geometry": None,
        }
        for row in undrawn.to_dict("records")
    ] + [
        {
            "code": "issue-planned-area-unregistered", "severity": "warning", "layer": row["layer"],
            "fid": row["fid"], "id": None, "params": {"town": row["name"]}, "geometry": row["geometry"],
        }
        for row in special[special["level"].isna()].to_dict("records")
    ]  # fmt: skip
    columns = ["code", "severity", "layer", "fid", "id", "params", "geometry"]
    return pd.DataFrame(rows, columns=columns) if len(register) or rows else pd.DataFrame(columns=columns)
