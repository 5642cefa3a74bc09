"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """Give freed memory back to the system where the C library keeps it (glibc, on Linux); nothing elsewhere.

    What makes ready for a pass over a raster takes much that the pass does not need, and finds no use for in pieces.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
