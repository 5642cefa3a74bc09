"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_MMAP_THRESHOLD = -3
_ARRAY_BYTES = 1 << 20


def give_back() -> None:
    """Give freed memory back, and from now on each array of a window as soon as it is freed.

    The C library of Linux (glibc) otherwise keeps what was freed and, thread by thread, finds no place in it for the
    next array. Does nothing elsewhere.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _ARRAY_BYTES)
        library.malloc_trim(0)
