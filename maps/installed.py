"""Front-end files and fonts that the installation brought along."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from maps.errors import MapError

ASSETS = Path(str(files("maps"))) / "assets"


def assets(pattern: str) -> list[Path]:
    """Return the installed front-end files whose names match `pattern`, in order of name.

    Raises
    ------
    MapError
        If there is none: the installation is not complete.
    """
    found = sorted(ASSETS.rglob(pattern)) if ASSETS.is_dir() else []
    if not found:
        raise MapError("map-asset-missing", name=pattern, folder=ASSETS)
    return found
