"""Ways between datums that a user gives: a PROJ pipeline, seven parameters, or a grid of shifts."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyproj

from layers.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Callable

CONVENTIONS: Final = ("position_vector", "coordinate_frame")
"""The two signs of rotation that seven parameters are written with; they are told apart by name alone."""
_SEVEN = 7
_LARGEST: Final = (5000.0, 5000.0, 5000.0, 60.0, 60.0, 60.0, 500.0)
"""Metres, arc-seconds, ppm: beyond these a number stands in another unit."""


def steps(
    text: str, source: pyproj.CRS, target: pyproj.CRS, where: dict[str, Any]
) -> tuple[list[Callable[..., Any]], str]:
    """What to do with coordinates, one after the other, and how that is recorded.

    Parameters
    ----------
    text
        A PROJ pipeline from `source` to `target`; or ``position_vector: dx, dy, dz, rx, ry, rz, ds`` or
        ``coordinate_frame: …`` in metres, arc-seconds and ppm (heights count as 0 on both ellipsoids); or the path of an
        NTv2 grid ``….gsb``, absolute or beside the layer's file.
    source, target
        CRSs that it leads from and to.
    where
        Layer and path, for messages.

    Raises
    ------
    LayerError
        If it is none of these, the convention is missing, a number is out of range, or the grid is not there.
    """
    plain = text.strip()
    if plain.lower().endswith(".gsb"):
        middle, told = _grid(plain, where)
    elif "+proj" in plain or plain.startswith(("{", "COORDINATEOPERATION", "CONCATENATED")):
        return [_pipeline(plain, text, where)], plain
    else:
        middle, told = _seven(plain, source, target, where), plain
    ways: list[Callable[..., Any]] = [
        pyproj.Transformer.from_crs(source, source.geodetic_crs, always_xy=True).transform,
        _pipeline(middle, text, where),
        pyproj.Transformer.from_crs(target.geodetic_crs, target, always_xy=True).transform,
    ]
    return ways, told


def _pipeline(pipeline: str, text: str, where: dict[str, Any]) -> Callable[..., Any]:
    try:
        way: Callable[..., Any] = pyproj.Transformer.from_pipeline(pipeline).transform
    except pyproj.exceptions.ProjError as error:
        raise LayerError("transformation-bad", transformation=text, **where) from error
    return way


def _seven(text: str, source: pyproj.CRS, target: pyproj.CRS, where: dict[str, Any]) -> str:
    """Seven parameters as a pipeline from longitude and latitude in degrees to the same."""
    name, _, rest = text.replace("：", ":").rpartition(":")
    convention = name.strip().lower().replace("-", "_").replace(" ", "_")
    try:
        numbers = [float(part) for part in re.split(r"[,;，；\s]+", rest.strip()) if part]
    except ValueError as error:
        raise LayerError("transformation-bad", transformation=text, **where) from error
    if len(numbers) != _SEVEN:
        raise LayerError("transformation-bad", transformation=text, **where)
    if convention not in CONVENTIONS:
        raise LayerError("transformation-convention", transformation=text, **where)
    if any(not abs(number) <= most for number, most in zip(numbers, _LARGEST, strict=True)):
        raise LayerError("transformation-range", transformation=text, **where)
    keys = ("x", "y", "z", "rx", "ry", "rz", "s")
    given = " ".join(f"+{key}={number!r}" for key, number in zip(keys, numbers, strict=True))
    return (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=cart {_ellipsoid(source)} +step +proj=helmert {given} +convention={convention} "
        f"+step +inv +proj=cart {_ellipsoid(target)} +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


def _ellipsoid(crs: pyproj.CRS) -> str:
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise LayerError("crs-unknown", crs=crs.name)
    return f"+a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}"


def _grid(text: str, where: dict[str, Any]) -> tuple[str, str]:
    path = Path(text)
    if not path.is_absolute():
        path = Path(where.get("path") or ".").absolute().parent / path
    if not path.is_file():
        raise LayerError("transformation-grid", transformation=text, **where)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f'+step +proj=hgridshift +grids="{path.as_posix()}" +step +proj=unitconvert +xy_in=rad +xy_out=deg'
    )
    return pipeline, f"NTv2 {path.name} (SHA-256 {digest})"
