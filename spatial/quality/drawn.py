"""Polygons of a layer taken apart into parts, rings and vertices, for inspectors that look at all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

POLYGON = 3
FARTHEST = 1e9
"""Coordinates beyond it, in m or degrees, are no place: no-data values such as -1e38."""
_RING = 4
"""Vertices of the shortest ring, the closing one counted."""


class Drawn(NamedTuple):
    """What n features draw.

    Attributes
    ----------
    parts
        p polygons.
    shape_of_part
        Position of the feature of each part.
    rings
        r linear rings.
    part_of_ring
        Position of the part of each ring; its shell comes first.
    shell
        r flags: the ring is a shell.
    xy
        (m, 2) vertices of all rings, each ring closed.
    offsets
        Where each ring starts in `xy`, and m at the end.
    """

    parts: Shapes
    shape_of_part: Ints
    rings: Shapes
    part_of_ring: Ints
    shell: Bools
    xy: Floats
    offsets: Ints

    @property
    def shape_of_ring(self) -> Ints:
        """Position of the feature of each ring."""
        return self.shape_of_part[self.part_of_ring]

    @property
    def ring_of_vertex(self) -> Ints:
        """Position of the ring of each vertex."""
        return np.repeat(np.arange(len(self.rings)), np.diff(self.offsets))

    def filled(self) -> Shapes:
        """Each ring as a polygon of its own."""
        return np.asarray(shapely.polygons(self.rings), dtype=object)

    def signed_areas(self) -> Floats:
        """Plane area of each ring, m²; positive if it runs counter-clockwise."""
        if not len(self.rings):
            return np.zeros(0)
        own = self.xy - np.repeat(self.xy[self.offsets[:-1]], np.diff(self.offsets), axis=0)
        cross = np.zeros(len(own))
        cross[:-1] = own[:-1, 0] * own[1:, 1] - own[1:, 0] * own[:-1, 1]
        cross[self.offsets[1:] - 1] = 0.0
        result: Floats = np.add.reduceat(cross, self.offsets[:-1]) / 2
        return result


def drawn(shapes: Shapes) -> Drawn:
    """Take polygons apart; what is no polygon, empty or missing draws nothing, Z and M are left out."""
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    keep = (shapely.get_type_id(parts) == POLYGON) & ~shapely.is_empty(parts)
    parts, of_shape = parts[keep], of_shape[keep]
    rings, of_part = shapely.get_rings(parts, return_index=True)
    long = shapely.get_num_coordinates(rings) >= _RING
    rings, of_part = rings[long], of_part[long]
    shell = np.ones(len(rings), dtype=bool)
    shell[1:] = of_part[1:] != of_part[:-1]
    counts = shapely.get_num_coordinates(rings)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Drawn(parts, of_shape, rings, of_part, shell, shapely.get_coordinates(rings), offsets)


def finite(frame: pd.DataFrame) -> Shapes:
    """Geometries of a frame; None where one is empty or has a coordinate that is no place."""
    shapes: Shapes = np.array(frame["geometry"].to_numpy(), dtype=object, copy=True)
    shapes[shapely.is_empty(shapes) | ~_numbers(shapes)] = None
    return shapes


def not_numbers(frame: pd.DataFrame) -> Ints:
    """Positions of the features with a coordinate that is no number, or no place on earth."""
    return np.flatnonzero(~_numbers(frame["geometry"].to_numpy()))


def _numbers(shapes: Any) -> Bools:
    xy, of_shape = shapely.get_coordinates(shapes, return_index=True)
    result = np.ones(len(shapes), dtype=bool)
    result[of_shape[~(np.abs(xy) < FARTHEST).all(axis=1)]] = False
    return result
