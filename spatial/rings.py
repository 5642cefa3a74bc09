"""Polygons as flat coordinate arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

POLYGON = 3
"""GEOS's number of the type."""


class Rings(NamedTuple):
    """All rings of n polygons or multipolygons.

    Attributes
    ----------
    total
        n.
    shape
        Position of the polygon of each ring.
    sign
        1 for shells, -1 for holes, by their role and not by their orientation.
    coordinates
        (m, 2) vertices of all rings, each ring closed.
    offsets
        Where each ring starts in `coordinates`, and m at the end.
    """

    total: int
    shape: NDArray[np.int64]
    sign: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    offsets: NDArray[np.int64]

    def sums(self, ring_values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over each shape's rings, holes counted off."""
        return np.bincount(self.shape, self.sign * ring_values, self.total).astype(np.float64)


def rings(geometries: Any) -> Rings:
    """Take polygons apart; what is no polygon, empty or missing has no rings, Z is left out."""
    shapes = np.asarray(geometries, dtype=object)
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    polygon = shapely.get_type_id(parts) == POLYGON
    outlines, of_part = shapely.get_rings(parts[polygon], return_index=True)
    sign = np.ones(len(outlines))
    sign[1:][of_part[1:] == of_part[:-1]] = -1.0
    offsets = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(outlines))]).astype(np.int64)
    return Rings(len(shapes), of_shape[polygon][of_part], sign, shapely.get_coordinates(outlines), offsets)
