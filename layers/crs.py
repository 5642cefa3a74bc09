"""Coordinate systems of files: stated, found from the numbers, moved without a silent guess."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from pyproj.transformer import TransformerGroup

from layers import transformations
from layers.errors import LayerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

GCJ02, BD09 = "GCJ-02", "BD-09"
CHINA = (73.0, 3.0, 136.0, 54.0)
_GEOCENTRIC = {6258, 6326, 1043, 6269, 6152}
"""Datums that agree to a metre or better: ETRS89, WGS 84, CGCS2000, NAD83 and its HARN."""
_DATUMS = {
    r"(cgcs|china)2000|chinageodeticcoordinatesystem2000": "China 2000", r"xian(19)?80": "Xian 1980",
    r"beijing(19)?54": "Beijing 1954",
}  # fmt: skip
_A, _EE = 6378245.0, 0.00669342162296594323


@dataclass(frozen=True)
class Placed:
    """Geometries in the working CRS and how they got there."""

    shapes: NDArray[np.object_]
    note: str | None
    params: dict[str, Any]


def working_crs(
    stated: str | None, towns: pyproj.CRS, bounds: tuple[float, float, float, float]
) -> pyproj.CRS:
    """The CRS that everything is measured in: a transverse Mercator plane in metres.

    Parameters
    ----------
    stated
        ``crs`` of the workspace, if it says one.
    towns
        CRS of the town boundaries.
    bounds
        Their bounds in that CRS.

    Returns
    -------
    CRS
        The stated one; else that of the towns if it is fit; else the CGCS2000 three-degree zone (in China)
        or the UTM zone of their centre.

    Raises
    ------
    LayerError
        If the stated CRS is no transverse Mercator CRS in metres.
    """
    if stated:
        own = parse(stated)
        if not fit(own):
            raise LayerError("crs-not-working", crs=stated)
        return own
    if fit(towns):
        return towns
    to_degrees = pyproj.Transformer.from_crs(towns, towns.geodetic_crs, always_xy=True)
    lon, lat = to_degrees.transform((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    if CHINA[0] <= lon <= CHINA[2] and CHINA[1] <= lat <= CHINA[3]:
        return pyproj.CRS.from_epsg(4534 + round(lon / 3) - 25)
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) + 1)


def fit(crs: pyproj.CRS) -> bool:
    """Whether a CRS is a transverse Mercator plane in metres."""
    operation = crs.coordinate_operation
    return bool(
        crs.is_projected
        and operation is not None
        and "transverse mercator"
        in operation.method_name.lower().replace("gauss-kruger", "transverse mercator")
        and all(axis.unit_name in {"metre", "meter"} for axis in crs.axis_info)
    )


def false_easting(crs: pyproj.CRS) -> float:
    """What is added to eastings, in the unit of the CRS; 0 where nothing is."""
    operation = crs.coordinate_operation
    params = [] if operation is None else operation.params
    return next((float(one.value) for one in params if one.name == "False easting"), 0.0)


def parse(text: str) -> pyproj.CRS:
    """A CRS from what a user writes (``EPSG:4549``, WKT, PROJ).

    Raises
    ------
    LayerError
        If PROJ does not know it.
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        raise LayerError("crs-unknown", crs=text) from error


def web_shift(text: str | None) -> str | None:
    """``GCJ-02`` or ``BD-09`` where a user writes that, in whichever way; None otherwise."""
    plain = (text or "").strip().upper().replace("-", "").replace("_", "")
    return {"GCJ02": GCJ02, "BD09": BD09, "BD09LL": BD09}.get(plain)


def from_numbers(bounds: tuple[float, float, float, float], working: pyproj.CRS | None) -> pyproj.CRS | None:
    """The CRS that the numbers themselves tell, where they leave no doubt.

    Longitude and latitude in China; a Gauss-Krueger easting with the zone number in front; the working CRS,
    where they lie in its area of use. None where they could be several things.

    Parameters
    ----------
    bounds
        West, south, east, north of the layer.
    working
        CRS that the workspace states, if it does.
    """
    west, south, east, north = bounds
    if CHINA[0] <= west and east <= CHINA[2] and CHINA[1] <= south and north <= CHINA[3]:
        return pyproj.CRS.from_epsg(4490)
    zone = int(west // 1e6)
    if 25 <= zone <= 45 and int(east // 1e6) == zone and 4e5 < south < north < 6e6:  # noqa: PLR2004 - zones of China
        return pyproj.CRS.from_epsg(4513 + zone - 25)
    if working is not None and working.area_of_use is not None:
        box = pyproj.Transformer.from_crs(working.geodetic_crs, working, always_xy=True).transform_bounds(
            *working.area_of_use.bounds
        )
        if box[0] - 1e5 <= west and east <= box[2] + 1e5 and box[1] <= south and north <= box[3]:
            return working
    return None


def place(
    shapes: NDArray[np.object_],
    source: pyproj.CRS | str,
    target: pyproj.CRS,
    transformation: str | None,
    where: dict[str, Any],
) -> Placed:
    """Move geometries into the working CRS.

    Parameters
    ----------
    shapes
        n geometries.
    source
        Their CRS, or ``GCJ-02`` or ``BD-09``.
    target
        Working CRS.
    transformation
        What the user gives for this layer, as `layers.transformations.steps` takes it; recorded.
    where
        Layer and path, for messages.

    Raises
    ------
    LayerError
        If the two rest on different datums and PROJ knows no real transformation (a ballpark is refused).
    """
    if isinstance(source, str):
        lon_lat = through(shapes, from_gcj02 if source == GCJ02 else from_bd09)
        placed = place(lon_lat, pyproj.CRS.from_epsg(4490), target, None, where)
        return Placed(placed.shapes, "issue-gcj02-undone" if source == GCJ02 else "issue-bd09-undone", {})
    if transformation:
        ways, told = transformations.steps(transformation, source, target, where)
        for way in ways:
            shapes = through(shapes, way)
        return Placed(shapes, "issue-transformed", {"transformation": told})
    if source == target:
        return Placed(shapes, None, {})
    same_datum = _datum(source) == _datum(target)
    close = {_datum_code(source), _datum_code(target)} <= _GEOCENTRIC
    if not same_datum and not close:
        group = TransformerGroup(source, target, always_xy=True, allow_ballpark=False)
        if not group.transformers or group.transformers[0].accuracy < 0:
            raise LayerError("crs-ballpark", source=source.name, target=target.name, **where)
        best = group.transformers[0]
        return Placed(moved(shapes, best), "issue-transformed", {"transformation": best.description})
    if same_datum:
        return Placed(moved(shapes, pyproj.Transformer.from_crs(source, target, always_xy=True)), None, {})
    steps = [
        pyproj.Transformer.from_crs(source, source.geodetic_crs, always_xy=True),
        pyproj.Transformer.from_crs(target.geodetic_crs, target, always_xy=True),
    ]
    for step in steps:
        shapes = moved(shapes, step)
    return Placed(
        shapes, "issue-datum-equal", {"source": geodetic(source).name, "target": geodetic(target).name}
    )


def moved(shapes: NDArray[np.object_], transformer: pyproj.Transformer) -> NDArray[np.object_]:
    """Geometries in another CRS; heights stay."""
    return through(shapes, transformer.transform)


def through(shapes: NDArray[np.object_], function: Any) -> NDArray[np.object_]:
    """Move the places of geometries; heights stay."""
    result: NDArray[np.object_] = shapely.transform(shapes, function, interleaved=False)
    high = shapely.has_z(shapes)
    if high.any():
        result[high] = _with_heights(shapes[high], function)
    return result


def _with_heights(shapes: NDArray[np.object_], function: Any) -> Any:
    def move(x: Any, y: Any, z: Any) -> Any:
        east, north = function(x, y)[:2]
        return east, north, z

    turn: Any = shapely.transform
    return turn(shapes, move, include_z=True, interleaved=False)


def geodetic(crs: pyproj.CRS) -> pyproj.CRS:
    """The geographic CRS that a CRS rests on."""
    own = crs.geodetic_crs
    if own is None:
        raise LayerError("crs-unknown", crs=crs.name)
    return own


def _datum(crs: pyproj.CRS) -> str:
    """Name of the datum; those of China in whichever way programs write them."""
    name = str(geodetic(crs).datum).replace(" ensemble", "")
    plain = re.sub(r"[\s_]|^D_|^GCS_", "", name).lower()
    return next((usual for pattern, usual in _DATUMS.items() if re.fullmatch(pattern, plain)), name)


def _datum_code(crs: pyproj.CRS) -> int | None:
    """EPSG code of the datum, from the geodetic CRS that is nearest to the one given."""
    code = 4490 if _datum(crs) == "China 2000" else geodetic(crs).to_epsg()
    return {4258: 6258, 4326: 6326, 4979: 6326, 4490: 1043, 4480: 1043, 4269: 6269, 4152: 6152}.get(code or 0)


def to_gcj02(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shift longitude and latitude (degrees) as Chinese web maps do: the published approximation of GCJ-02."""
    x, y = lon - 105.0, lat - 35.0
    wave = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    dlat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    dlat += (wave + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    dlat += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    dlon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    dlon += (wave + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    dlon += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    radians = np.radians(lat)
    root = np.sqrt(1 - _EE * np.sin(radians) ** 2)
    return (
        lon + np.degrees(dlon / (_A / root * np.cos(radians))),
        lat + np.degrees(dlat / (_A * (1 - _EE) / root**3)),
    )


def from_gcj02(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Undo `to_gcj02` by iteration, to far better than 1 cm."""
    return _undone(lon, lat, to_gcj02)


def to_bd09(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shift longitude and latitude (degrees) as Baidu's maps do: GCJ-02, and the published approximation on top."""
    x, y = to_gcj02(lon, lat)
    wave = np.pi * 3000 / 180
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * wave)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * wave)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def from_bd09(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Undo `to_bd09` by iteration, to far better than 1 cm."""
    return _undone(lon, lat, to_bd09)


def _undone(
    lon: NDArray[np.float64], lat: NDArray[np.float64], shift: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    true_lon, true_lat = np.array(lon, dtype=float), np.array(lat, dtype=float)
    for _ in range(12):
        shifted_lon, shifted_lat = shift(true_lon, true_lat)
        true_lon, true_lat = true_lon + (lon - shifted_lon), true_lat + (lat - shifted_lat)
    return true_lon, true_lat
