"""Tables and views of PostGIS as sources."""

from __future__ import annotations

import importlib.util
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from layers.curves import MAX_GAP_M
from layers.errors import LayerError
from layers.raw import Raw, SourceLayer

HERE = importlib.util.find_spec("psycopg") is not None
"""Whether there is a driver; an office without PostGIS does without."""
if HERE:
    import psycopg
    from psycopg import sql

if TYPE_CHECKING:
    from pathlib import Path

    from layers.workspace import LayerSpec

_DRAWN = "ST_AsEWKB(ST_CurveToLine({}, {}, 1, 0))"
"""Geometries without arcs, by the deviation allowed."""
_ADDRESS = re.compile(r"(?:^|[\\/])(postgres(?:ql)?):[\\/]{1,2}(.+)$")


def is_address(path: Path) -> bool:
    """Whether a path is really the address of a database, ``postgresql://…``."""
    return _ADDRESS.search(str(path)) is not None


def address(path: Path) -> str:
    """The address; a path has only one of its slashes."""
    found = _ADDRESS.search(str(path))
    return f"postgresql://{found[2]}".replace("\\", "/") if found else str(path)


def shown(path: Path) -> str:
    """The address as it may be shown: without user and password."""
    parts = urlsplit(address(path))
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"


def read(spec: LayerSpec) -> Raw:
    """Read a table or view, named ``schema.table`` in `layer`.

    Raises
    ------
    LayerError
        If psycopg is missing, the address holds a password (it belongs into ``PGPASSWORD`` or the user's password file),
        the database does not answer, or it has no such table.
    """
    place = _open_to(spec.path, spec.name)
    if not spec.layer:
        raise LayerError("source-postgis", layer=spec.name, place=place, problem='layer = "schema.table"?')
    schema, _, table = spec.layer.rpartition(".")
    whole = sql.Identifier(schema or "public", table)
    try:
        with psycopg.connect(address(spec.path), connect_timeout=10) as connection:
            columns, geometry, srid = _columns(connection, schema or "public", table)
            if not columns:
                raise LayerError("source-postgis", layer=spec.name, place=place, problem=f"{spec.layer}?")
            crs = _crs(connection, srid)
            picked: list[sql.Composable] = [sql.Identifier(name) for name in columns if name != geometry]
            if geometry:
                picked.append(sql.SQL(_DRAWN).format(sql.Identifier(geometry), sql.Literal(_gap(crs))))
            query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(picked), whole)
            rows = connection.execute(query).fetchall()
            arcs = _arcs(connection, whole, geometry)
    except psycopg.Error as error:
        raise LayerError("source-postgis", layer=spec.name, place=place, problem=_brief(error)) from None
    names = [name for name in columns if name != geometry] + (["geometry"] if geometry else [])
    frame: Any = pd.DataFrame(rows, columns=names, index=pd.RangeIndex(1, len(rows) + 1)).astype(object)
    for name in names:
        if frame[name].map(lambda value: isinstance(value, Decimal)).any():
            frame[name] = frame[name].astype(float)
    if geometry:
        shapes = shapely.from_wkb([None if one is None else bytes(one) for one in frame["geometry"]])
        frame = pd.DataFrame(gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes))
    notes: list[Any] = [("issue-curves-database", "note", None, {"count": arcs})] if arcs else []
    return Raw(frame, crs, spec.layer, notes=notes)


def _gap(crs: pyproj.CRS | None) -> float:
    """By how much a line may be off an arc, in the unit of the CRS."""
    return MAX_GAP_M / 111_320.0 if crs is not None and crs.is_geographic else MAX_GAP_M


def _arcs(connection: Any, whole: Any, geometry: str | None) -> int:
    """How many geometries have arcs."""
    if geometry is None:
        return 0
    query = sql.SQL("SELECT count(*) FROM {} WHERE ST_HasArc({})").format(whole, sql.Identifier(geometry))
    return int(connection.execute(query).fetchone()[0])


def layers_of(path: Path) -> list[SourceLayer]:
    """The tables and views with a geometry, named ``schema.table``.

    Raises
    ------
    LayerError
        As `read`.
    """
    place = _open_to(path, shown(path))
    query = (
        "SELECT f_table_schema || '.' || f_table_name FROM geometry_columns"
        " WHERE f_table_schema <> 'topology' ORDER BY 1"
    )
    try:
        with psycopg.connect(address(path), connect_timeout=10) as connection:
            names = [name for (name,) in connection.execute(query).fetchall()]
    except psycopg.Error as error:
        raise LayerError("source-postgis", layer=place, place=place, problem=_brief(error)) from None
    return [SourceLayer(path, str(name), "PostGIS", "vector") for name in dict.fromkeys(names)]


def _open_to(path: Path, layer: str) -> str:
    """The address as it may be shown, where there is a driver and no password in it."""
    if not HERE:
        raise LayerError("source-postgis-driver", layer=layer)
    parts = urlsplit(address(path))
    if parts.password is not None or "password" in parse_qs(parts.query, keep_blank_values=True):
        raise LayerError("source-postgis-password", layer=layer)
    return shown(path)


def _brief(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _columns(connection: Any, schema: str, table: str) -> tuple[list[str], str | None, int]:
    """Columns in order, the geometry among them and its SRID."""
    found = connection.execute(
        "SELECT column_name, udt_name FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
        (schema, table),
    ).fetchall()
    geometry = next((name for name, kind in found if kind == "geometry"), None)
    if geometry is None:
        return [name for name, _ in found], None, 0
    (srid,) = connection.execute("SELECT Find_SRID(%s, %s, %s)", (schema, table, geometry)).fetchone()
    return [name for name, _ in found], geometry, int(srid)


def _crs(connection: Any, srid: int) -> pyproj.CRS | None:
    if not srid:
        return None
    known = connection.execute(
        "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s", (srid,)
    ).fetchone()
    if known is None:
        return None
    return pyproj.CRS.from_user_input(f"{known[0]}:{known[1]}" if known[0] else known[2])
