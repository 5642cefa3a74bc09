"""What keeps a map, sheet or workbook from being drawn."""

from __future__ import annotations

from spatial.errors import LiangzhenError


class MapError(LiangzhenError):
    """Something that is drawn from is not there or cannot be drawn."""
