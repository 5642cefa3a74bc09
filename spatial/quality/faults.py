"""What makes polygons invalid, ring by ring: drawn twice, outside, nested, crossing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from spatial.once import NOTHING_M2
from spatial.quality.drawn import Drawn, drawn
from spatial.quality.expected import DIMENSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]


class Faults(NamedTuple):
    """What makes polygons invalid: by kind, positions of the features and where it is (rings as polygons; points)."""

    twice: tuple[Ints, Shapes]
    outside: tuple[Ints, Shapes]
    nested: tuple[Ints, Shapes]
    crossed: tuple[Ints, Shapes]


def faults(geometries: Shapes) -> Faults:
    """Sort out what makes polygons invalid; a feature may have several faults, each ring is blamed once."""
    shapes = geometries.copy()
    shapes[shapely.is_valid(shapes) | (shapely.get_dimensions(shapes) != DIMENSION["polygon"])] = None
    shapes[encloses_nothing(shapes)] = None
    taken = drawn(shapes)
    own, filled = taken.shape_of_ring, taken.filled()
    twice = _twice(taken, filled)
    sound = shapely.is_valid(filled) & ~twice
    outside = _outside(taken, filled, sound)
    nested = _nested(taken, filled, sound & ~outside)
    broken = ~sound & ~twice
    places = _places(filled[broken])
    blamed = np.isin(np.arange(len(shapes)), own[twice | outside | nested | broken])
    rest = np.flatnonzero(~shapely.is_missing(shapes) & ~blamed)
    crossed = np.concatenate([own[broken], rest]), np.concatenate([places, _places(shapes[rest])])
    return Faults(
        (own[twice], filled[twice]), (own[outside], filled[outside]), (own[nested], filled[nested]), crossed
    )


def _twice(taken: Drawn, filled: Shapes) -> Bools:
    """Rings that repeat an earlier ring of their feature, or that go round twice."""
    keys = pd.DataFrame({"shape": taken.shape_of_ring, "wkb": shapely.to_wkb(shapely.normalize(filled))})
    result: Bools = keys.duplicated().to_numpy(dtype=bool, copy=True)
    for ring in np.flatnonzero(~shapely.is_valid(filled)):
        xy = taken.xy[taken.offsets[ring] : taken.offsets[ring + 1] - 1]
        half = len(xy) // 2
        if len(xy) % 2 == 0 and half > len("ab") and (xy[:half] == xy[half:]).all():
            result[ring] = True
    return result


def _outside(taken: Drawn, filled: Shapes, sound: Bools) -> Bools:
    """Holes that share nothing with the inside of their shell."""
    shells = np.zeros(len(taken.parts), dtype=np.int64)
    shells[taken.part_of_ring[taken.shell]] = np.flatnonzero(taken.shell)
    shell = shells[taken.part_of_ring]
    result = np.zeros(len(filled), dtype=bool)
    holes = np.flatnonzero(~taken.shell & sound & sound[shell])
    result[holes] = shapely.relate_pattern(filled[holes], filled[shell[holes]], "F********")
    return result


def _nested(taken: Drawn, filled: Shapes, sound: Bools) -> Bools:
    """Shells inside the land of another shell, holes inside another hole of the same part."""
    result = np.zeros(len(filled), dtype=bool)
    holes = np.flatnonzero(~taken.shell & sound)
    inner, outer = shapely.STRtree(filled[holes]).query(filled[holes], predicate="within")
    one = taken.part_of_ring[holes]
    result[holes[inner[(one[inner] == one[outer]) & (inner != outer)]]] = True
    shells = np.flatnonzero(taken.shell & sound)
    shells = shells[shapely.is_valid(taken.parts[taken.part_of_ring[shells]])]
    lands = taken.parts[taken.part_of_ring[shells]]
    one = taken.shape_of_ring[shells]
    inner, outer = shapely.STRtree(lands).query(filled[shells], predicate="within")
    result[shells[inner[(one[inner] == one[outer]) & (inner != outer)]]] = True
    return result


def _places(shapes: Shapes) -> Shapes:
    """Points that GEOS names for what makes geometries invalid; the first vertex where it names none."""
    said = (
        pd.Series(shapely.is_valid_reason(shapes), dtype=object)
        .str.extract(r"\[(\S+) (\S+)\]$")
        .astype(float)
    )
    corner = shapely.bounds(shapes).reshape(-1, 4)[:, :2]
    xy = np.where(said.notna().to_numpy(), said.to_numpy(), corner)
    return np.asarray(shapely.points(xy), dtype=object)


def encloses_nothing(shapes: Shapes, area_m2: float = NOTHING_M2) -> Bools:
    """Polygons without land: what is left of them as valid polygons has no area."""
    result = np.zeros(len(shapes), dtype=bool)
    flat = np.flatnonzero(
        (shapely.get_dimensions(shapes) == DIMENSION["polygon"])
        & (shapely.area(shapes) <= area_m2)
        & ~shapely.is_empty(shapes)
    )
    whole = shapely.make_valid(shapes[flat], method="structure", keep_collapsed=False)
    result[flat] = shapely.area(whole) <= area_m2
    return result
