"""Problems found by `inspect` as files: a report in JSON, and layers that QGIS shows."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from layers.errors import LayerError
from layers.outputs import put_down
from spatial.messages import Lang, catalogue, text
from spatial.quality import INSPECTORS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyproj

    from layers.inspecting import Inspected, Inspection

SCHEMA = "inspection.schema.json"
_SEVERITIES = ("error", "warning", "note")
_CAUSES = ("field", "column", "cause", "reason", "problem", "kind")
_FEW = 3
_KINDS = ("point", "line", "polygon")
_TABLE = "no_geometry"
_EPOCH = "1980-01-01T00:00:00.000Z"


def groups(problems: pd.DataFrame) -> pd.DataFrame:
    """Problems by code, cause and severity: ``code``, ``cause``, ``severity``, ``count``, ``waived``, ``area_m2``, ``first`` (positions)."""
    cause = [
        next((str(params[key]) for key in _CAUSES if isinstance(params.get(key), str)), "")
        for params in problems["params"]
    ]
    own = problems.reset_index(drop=True).assign(cause=cause, place=range(len(problems)))
    own["rank"] = own["severity"].map({name: rank for rank, name in enumerate(_SEVERITIES)})
    found = own.groupby(["code", "cause", "severity"], sort=False).agg(
        rank=("rank", "min"), count=("code", "size"), waived=("waived", "sum"),
        area_m2=("area_m2", lambda values: values.sum(min_count=1)), first=("place", lambda at: list(at[:_FEW])),
    )  # fmt: skip
    ordered = found.reset_index().sort_values(["rank", "count"], ascending=[True, False], kind="stable")
    return ordered.drop(columns="rank").reset_index(drop=True)


def document(inspection: Inspection) -> dict[str, Any]:
    """The whole inspection as the schema `SCHEMA` says."""
    lapsed = [
        {**{name: row[name] for name in _LAPSE}, "expires_on": str(row["expires_on"])}
        for row in inspection.lapsed.to_dict(orient="records")
    ]
    told = {"schema": SCHEMA, "layers": [_layer(page) for page in inspection.layers], "lapsed": lapsed}
    plain: dict[str, Any] = _plain(told)
    return plain


def write_json(inspection: Inspection, path: Path) -> None:
    """Write the report as JSON, beside and then renamed."""
    written = json.dumps(document(inspection), ensure_ascii=False, indent=1, allow_nan=False)
    put_down(path, f"{written}\n".encode())


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    loaded: dict[str, Any] = json.loads((files("layers") / SCHEMA).read_text(encoding="utf-8"))
    return loaded


def write_gpkg(inspection: Inspection, path: Path, lang: Lang) -> None:
    """Write the problems as layers, one for each group of rules and kind of geometry; written beside, then renamed.

    Layers that were inspected in another CRS than the first get layers of their own (``…_2``); what has no place
    stands in the table ``no_geometry``.

    Parameters
    ----------
    inspection
        What was found.
    path
        GeoPackage; replaced if it exists.
    lang
        Language of the column ``message``.
    """
    beside = path.with_name(path.stem + ".part.gpkg")
    beside.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _EPOCH})
    try:
        for name, frame in _parts(inspection, lang):
            pyogrio.write_dataframe(frame, beside, layer=name, driver="GPKG", append=beside.exists())
        beside.replace(path)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        beside.unlink(missing_ok=True)


def read_findings(path: Path) -> list[tuple[pd.DataFrame, Any]]:
    """Findings of a GeoPackage that `write_gpkg` wrote, with the CRS of each part.

    Raises
    ------
    LayerError
        If it does not exist or holds no findings.
    """
    if not path.exists():
        raise LayerError("inspect-missing", path=path)
    parts = []
    try:
        for name, _ in pyogrio.list_layers(path):
            frame = pyogrio.read_dataframe(path, layer=str(name))
            if {"finding", "code", "layer", "params"} <= set(frame.columns):
                own = pd.DataFrame(frame).rename(columns={"source_fid": "fid"})
                parts.append((own, getattr(frame, "crs", None)))
    except Exception as error:
        raise LayerError("waive-findings", path=path) from error
    if not parts:
        raise LayerError("waive-findings", path=path)
    return parts


_LAPSE = ("waiver", "code", "layer", "why", "finding", "distance_m", "before", "after")


def _layer(page: Inspected) -> dict[str, Any]:
    found, own = page.found, page.suggestion
    return {
        "name": page.name, "path": page.source.path.as_posix(), "layer": page.source.layer,
        "format": page.source.format, "kind": page.source.kind,
        "error": None if page.error is None else {"code": page.error.code, "params": page.error.params},
        "encoding": page.encoding,
        "crs": None if found is None else {
            "stated": page.crs_stated,
            "found": found.crs if found.crs is None or isinstance(found.crs, str) else _named(found.crs),
            "how": found.how, "sure": found.sure, "why": {"code": found.why, "params": found.params},
            "swapped": found.swapped,
        },
        "bounds": page.bounds, "lonlat": page.lonlat, "features": page.features, "vertices": page.vertices,
        "geometry": page.geometry,
        "fields": [{**row, "column": row["column"] or None, "unit": row["unit"] or None}
                   for row in page.fields.to_dict(orient="records")],
        "role": {"name": own.role or None, "sure": own.sure, "word": own.word or None, "missing": own.missing},
        "problems": [{**row, "cause": row["cause"] or None}
                     for row in groups(page.problems).drop(columns="first").to_dict(orient="records")],
        "findings": [_finding(row) for row in page.problems.to_dict(orient="records")],
    }  # fmt: skip


def _finding(row: dict[str, Any]) -> dict[str, Any]:
    shape = row["geometry"]
    bounds = shapely.bounds(shape) if isinstance(shape, shapely.Geometry) else np.array([np.nan])
    return {
        "finding": row["finding"], "severity": row["severity"], "fid": row["fid"],
        "message": {"code": row["code"], "params": row["params"]}, "area_m2": row["area_m2"],
        "bounds": bounds if np.isfinite(bounds).all() else None,
        "waived": row["waived"], "waiver": row["waiver"],
    }  # fmt: skip


def _named(crs: pyproj.CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def _parts(inspection: Inspection, lang: Lang) -> Iterator[tuple[str, pd.DataFrame]]:
    systems: list[Any] = []
    for page in inspection.layers:
        if page.crs is not None and page.crs not in systems:
            systems.append(page.crs)
    told = pd.concat([_rows(page, systems, lang) for page in inspection.layers], ignore_index=True)
    for (group, kind, place), part in told.groupby(["group", "kind", "place"]):
        rows = part.drop(columns=["group", "kind", "place"])
        if kind != _TABLE:
            shapes = shapely.force_2d(np.array(rows["geometry"], dtype=object))
            rows = gpd.GeoDataFrame(rows.drop(columns="geometry"), geometry=shapes, crs=systems[place])
            yield f"{group}_{kind}" + (f"_{place + 1}" if place else ""), rows
    bare = told[told["kind"] == _TABLE].drop(columns=["group", "kind", "place", "geometry"])
    yield _TABLE, bare


def _rows(page: Inspected, systems: list[Any], lang: Lang) -> pd.DataFrame:
    """Problems of a layer as QGIS can show them, with the layer they go to."""
    own = page.problems
    shapes = np.array([*own["geometry"], None], dtype=object)[:-1]
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1) if len(shapes) else np.zeros(0, dtype=bool)
    dimension = np.where(finite & (page.crs is not None), shapely.get_dimensions(shapes), -1)
    inspectors = [INSPECTORS.get(code) for code in own["code"]]
    return pd.DataFrame(
        {
            "finding": own["finding"].astype("int64"), "code": own["code"].astype("str"),
            "severity": own["severity"].astype("str"), "layer": own["layer"].astype("str"),
            "source_fid": [None if fid is None else str(fid) for fid in own["fid"]],
            "message": [_said(code, params, lang) for code, params in zip(own["code"], own["params"], strict=True)],
            "area_m2": own["area_m2"].astype(float), "waived": own["waived"].astype(bool),
            "waiver": own["waiver"].astype("str"),
            "params": [json.dumps(_plain(params), ensure_ascii=False, sort_keys=True) for params in own["params"]],
            "geometry": shapes,
            "group": [one.group if one else "reading" for one in inspectors],
            "kind": [_KINDS[int(number)] if number >= 0 else _TABLE for number in dimension],
            "place": systems.index(page.crs) if page.crs is not None else 0,
        }
    )  # fmt: skip


def _said(code: str, params: dict[str, Any], lang: Lang) -> str:
    return text(code, lang, **params) if code in catalogue() else code


def _plain(value: Any) -> Any:
    """Turn numpy, pandas and paths into what JSON has; missing becomes null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and not math.isfinite(value))
    ):
        return None
    return value if isinstance(value, (bool, int, float, str)) else str(value)
