"""SQLite files opened to be read, also from a network share."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path


def read_only(path: Path) -> sqlite3.Connection:
    """Open a database that stays as it is; `Path.as_uri` would name a share as a host, which SQLite refuses.

    Raises
    ------
    sqlite3.Error
        If there is no such file.
    """
    own = quote(path.resolve().as_posix(), safe="/:")
    return sqlite3.connect(f"file://{'' if own.startswith('/') else '/'}{own}?mode=ro", uri=True)
