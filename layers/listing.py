"""The layers of files and folders, where a file that cannot be opened costs only itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers import postgis, sources
from layers.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def named_layers(paths: Iterable[Path]) -> list[tuple[str, sources.SourceLayer]]:
    """Each layer with its name: the file's, with the layer's where the file holds several.

    A file that cannot be opened stands for one layer: reading it says why.

    Raises
    ------
    LayerError
        If a path does not exist or holds nothing that is read.
    """
    listed: list[sources.SourceLayer] = []
    for path in paths:
        if postgis.is_address(path):
            listed += postgis.layers_of(path)
            continue
        if not path.exists():
            raise LayerError("inspect-missing", path=path)
        try:
            found = sources.layers_of(path)
        except LayerError:
            named = sources.FORMATS.get(path.suffix.lower(), path.suffix.lstrip(".").upper() or "?")
            found = [sources.SourceLayer(path, None, named, "vector")]
        if not found:
            raise LayerError("inspect-nothing", path=path)
        listed += found
    several = pd.Series([str(source.path) for source in listed]).value_counts()
    for shown in (_file_name, _with_folder, _whole):
        names = [
            f"{shown(one.path)}/{one.layer}"
            if several[str(one.path)] > 1 or postgis.is_address(one.path)
            else shown(one.path)
            for one in listed
        ]
        if len(set(names)) == len(names):
            break
    return list(zip(names, listed, strict=True))


def _file_name(path: Path) -> str:
    return postgis.shown(path) if postgis.is_address(path) else path.name


def _with_folder(path: Path) -> str:
    return postgis.shown(path) if postgis.is_address(path) else f"{path.parent.name}/{path.name}"


def _whole(path: Path) -> str:
    return postgis.shown(path) if postgis.is_address(path) else path.as_posix()
