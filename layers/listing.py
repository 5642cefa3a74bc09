"""The layers of files and folders, where a file that cannot be opened costs only itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers import sources
from layers.errors import LayerError

if TYPE_CHECKING:
    from pathlib import Path


def layers_of(path: Path) -> list[sources.SourceLayer]:
    """All layers and sheets of a file, or of all files below a folder, in the order of their names.

    A file that cannot be opened stands for one layer: reading it says why.
    """
    suffix = path.suffix.lower()
    if path.is_dir() and suffix != ".gdb":
        return [
            one
            for file in sorted(path.iterdir())
            if not file.name.startswith((".", "~$"))
            and (file.is_dir() or file.suffix.lower() in sources.FORMATS)
            for one in layers_of(file)
        ]
    try:
        return sources.layers_of(path)
    except LayerError:
        return [
            sources.SourceLayer(
                path, None, sources.FORMATS.get(suffix, suffix.lstrip(".").upper() or "?"), "vector"
            )
        ]
