"""What a source gives: a layer as it stands in its file, and the layers that a file holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layers.errors import LayerError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyproj

CONTRADICTION = "issue-plot-zone-contradiction"
"""Note of a file of plots that says two things of its zone."""


@dataclass(frozen=True)
class SourceLayer:
    """One layer or sheet that can be read.

    Attributes
    ----------
    path
        File; of a layer in a zip, the zip.
    layer
        Layer, sheet, or file in the zip; None where the file is the layer.
    format
        As people call it: ``SHP``, ``GPKG``, ``XLSX``, ``TXT`` …
    kind
        ``vector``, ``table`` or ``raster``.
    """

    path: Path
    layer: str | None
    format: str
    kind: str


@dataclass
class Raw:
    """A layer as it stands in its file.

    Attributes
    ----------
    frame
        Columns as in the file, index: feature ids (rows as Excel counts them for tables); ``geometry``
        where there is one.
    crs
        As the file states it.
    source_layer
        Layer or sheet that was read.
    encoding
        Of the attributes, where the file does not fix it.
    notes
        Issues met: (code, severity, feature id, params).
    header
        Of a file of plots: what stands in its lines before the plots.
    """

    frame: pd.DataFrame
    crs: pyproj.CRS | None = None
    source_layer: str | None = None
    encoding: str | None = None
    implied_crs: bool = False
    notes: list[tuple[str, str, Any, dict[str, Any]]] = field(default_factory=list)

    header: dict[str, str] = field(default_factory=dict)

    def refuse_contradiction(self, path: Path, option: str) -> None:
        """Refuse a file whose header and eastings name different zones: only its maker knows which is meant.

        Parameters
        ----------
        path
            The file.
        option
            By which the CRS can be stated.

        Raises
        ------
        LayerError
            If they do.
        """
        for code, _, _, params in self.notes:
            if code == CONTRADICTION:
                raise LayerError("plot-text-zone", path=path, option=option, **params)
