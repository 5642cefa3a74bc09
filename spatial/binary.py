"""Loops over bytes, compiled by numba where it is installed: polygons out of WKB and into it, and digests."""

from __future__ import annotations

from typing import Any

import numpy as np

from spatial import kernels

_POLYGON, _MULTIPOLYGON, _HEADER, _LEAST = 3, 6, 9, 4


@kernels.fast
def _uint32(data: Any, at: int) -> Any:
    return (
        np.int64(data[at])
        | np.int64(data[at + 1]) << 8
        | np.int64(data[at + 2]) << 16
        | np.int64(data[at + 3]) << 24
    )


@kernels.fast
def count(  # noqa: C901, PLR0912 - one pass over bytes, compiled
    data: Any, offsets: Any, null: Any, status: Any, rings: Any, points: Any
) -> None:
    """Rings and points of each WKB; marks what is no plain two-dimensional (multi)polygon as odd."""
    for k in range(len(status)):
        start, stop = offsets[k], offsets[k + 1]
        if null[k]:
            status[k] = kernels.NONE
            continue
        if stop - start < _HEADER or data[start] != 1:
            status[k] = kernels.ODD
            continue
        kind = _uint32(data, start + 1)
        if kind not in (_POLYGON, _MULTIPOLYGON):
            status[k] = kernels.ODD
            continue
        at = start + 5
        parts = 1
        if kind == _MULTIPOLYGON:
            parts = _uint32(data, at)
            at += 4
        good = True
        for _ in range(parts):
            if kind == _MULTIPOLYGON:
                if at + _HEADER > stop or data[at] != 1 or _uint32(data, at + 1) != _POLYGON:
                    good = False
                    break
                at += 5
            if at + 4 > stop:
                good = False
                break
            number = _uint32(data, at)
            at += 4
            for _ in range(number):
                if at + 4 > stop:
                    good = False
                    break
                size = _uint32(data, at)
                at += 4 + 16 * size
                if at > stop or size < _LEAST:
                    good = False
                    break
                rings[k] += 1
                points[k] += size
            if not good:
                break
        if not good or at != stop:
            status[k] = kernels.ODD
            rings[k] = 0
            points[k] = 0
        elif rings[k] == 0:
            status[k] = kernels.NONE


@kernels.fast
def fill(
    data: Any, offsets: Any, status: Any, ring_at: Any, point_at: Any, xy: Any, ring_start: Any, hole: Any
) -> None:
    """Copy the coordinates of what `count` found fit."""
    raw = xy.reshape(-1).view(np.uint8)
    for k in range(len(status)):
        if status[k] != kernels.FIT:
            continue
        ring, point = ring_at[k], point_at[k]
        at = offsets[k] + 5
        parts = 1
        multi = _uint32(data, offsets[k] + 1) == _MULTIPOLYGON
        if multi:
            parts = _uint32(data, at)
            at += 4
        for _ in range(parts):
            if multi:
                at += 5
            number = _uint32(data, at)
            at += 4
            for r in range(number):
                size = _uint32(data, at)
                at += 4
                ring_start[ring] = point
                hole[ring] = r > 0
                raw[16 * point : 16 * (point + size)] = data[at : at + 16 * size]
                at += 16 * size
                point += size
                ring += 1


@kernels.fast
def sizes(ring_start: Any, first_ring: Any, where: Any) -> None:
    """Where each WKB that `shells` writes begins, and the last ends; nothing for a shape without rings."""
    for k in range(len(first_ring) - 1):
        rings = first_ring[k + 1] - first_ring[k]
        points = ring_start[first_ring[k + 1]] - ring_start[first_ring[k]]
        each = _HEADER + 4
        where[k + 1] = where[k] + rings * each + 16 * points + (_HEADER if rings > 1 else 0)


@kernels.fast
def shells(xy: Any, ring_start: Any, first_ring: Any, where: Any, data: Any) -> None:
    """Write shapes whose rings all are shells, as polygons and, of several, multipolygons."""
    raw = xy.reshape(-1).view(np.uint8)
    for k in range(len(first_ring) - 1):
        at = where[k]
        rings = first_ring[k + 1] - first_ring[k]
        if rings > 1:
            at = _put(data, at, _MULTIPOLYGON, rings)
        for ring in range(first_ring[k], first_ring[k + 1]):
            low, high = ring_start[ring], ring_start[ring + 1]
            at = _put(data, at, _POLYGON, 1)
            _put_uint32(data, at, high - low)
            at += 4
            data[at : at + 16 * (high - low)] = raw[16 * low : 16 * high]
            at += 16 * (high - low)


@kernels.fast
def _put(data: Any, at: int, kind: int, count: int) -> int:
    """Write the head of a geometry."""
    data[at] = 1
    _put_uint32(data, at + 1, kind)
    _put_uint32(data, at + 5, count)
    return at + _HEADER


@kernels.fast
def _put_uint32(data: Any, at: int, value: int) -> None:
    for byte in range(4):
        data[at + byte] = (value >> (8 * byte)) & 255


@kernels.fast
def _mixed(value: Any) -> Any:
    """A number whose bits all depend on all bits of another (the finalizer of MurmurHash3)."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@kernels.fast
def digest(data: Any, offsets: Any, keys: Any) -> None:
    """Two numbers of 64 bits from the bytes of each value; not meant to withstand forgery."""
    left, right = np.uint64(29), np.uint64(35)
    for k in range(len(keys)):
        start, stop = offsets[k], offsets[k + 1]
        a, b = np.uint64(stop - start), np.uint64(0x9E3779B97F4A7C15)
        for at in range(start, stop, 8):
            if at + 8 <= stop:
                word = np.uint64(_uint32(data, at)) | np.uint64(_uint32(data, at + 4)) << np.uint64(32)
            else:
                word = np.uint64(0)
                for i in range(at, stop):
                    word = word << np.uint64(8) | np.uint64(data[i])
            word *= np.uint64(0x87C37B91114253D5)
            a = (a ^ word ^ (word >> right)) * np.uint64(0xFF51AFD7ED558CCD)
            a = (a << left) | (a >> right)
            b = (b ^ (word << left | word >> right)) * np.uint64(0xC4CEB9FE1A85EC53)
            b = (b << right) | (b >> left)
        keys[k, 0], keys[k, 1] = _mixed(a), _mixed(b)
