"""Zip files, opened with care: nothing leaves the folder it is unpacked into, nothing swells without end."""

from __future__ import annotations

import atexit
import shutil
import stat
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path, PurePosixPath

from layers.errors import LayerError

LARGEST = 8 << 30
"""Bytes that the files of a zip may have together when unpacked."""
RATIO = 200
"""How many times a file may be larger than it is packed, beyond the first `FREE` bytes."""
FREE = 64 << 20
MOST_FILES = 10_000
_BLOCK = 1 << 20
_UTF8 = 0x800
_ENCRYPTED = 0x1


def unpacked(path: Path) -> Path:
    """Unpack a zip into a temporary folder, once a run.

    Names without the UTF-8 mark are read as UTF-8 or else as GB18030, as Chinese programs write them. Names that lead
    out of the folder, links, packed passwords, and what swells beyond `RATIO` or `LARGEST` are refused.

    Parameters
    ----------
    path
        The zip.

    Returns
    -------
    Path
        Folder with its files; it is gone when the program ends.

    Raises
    ------
    LayerError
        If it is no zip, is cut short, or holds what is refused.
    """
    at = path.stat()
    return _unpacked(path.resolve(), at.st_size, at.st_mtime_ns)


@lru_cache(maxsize=32)
def _unpacked(path: Path, _size: int, _changed: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="liangzhen-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        with zipfile.ZipFile(path) as archive:
            _all(archive, folder, path)
    except LayerError:
        raise
    except Exception as error:  # zipfile and the codecs raise what a broken file makes them
        problem = str(error) or type(error).__name__
        raise LayerError("zip-broken", path=path, problem=problem) from error
    return folder


def _all(archive: zipfile.ZipFile, folder: Path, path: Path) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise LayerError("zip-many", path=path, count=len(entries), most=MOST_FILES)
    left = LARGEST
    for entry in entries:
        left -= _one(archive, entry, folder, left, path)


def _one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int, path: Path) -> int:
    """Unpack one file; how many bytes it has."""
    name = _name(entry)
    pure = PurePosixPath(name.replace("\\", "/"))
    linked = stat.S_ISLNK(entry.external_attr >> 16)
    if pure.is_absolute() or ".." in pure.parts or ":" in name or "\0" in name or linked:
        raise LayerError("zip-outside", path=path, name=name)
    if entry.flag_bits & _ENCRYPTED:
        raise LayerError("zip-encrypted", path=path, name=name)
    target = folder.joinpath(*pure.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    most = min(left, FREE + RATIO * max(entry.compress_size, 1))
    size = 0
    with archive.open(entry) as source, target.open("wb") as out:
        while block := source.read(_BLOCK):
            size += len(block)
            if size > most:
                raise LayerError("zip-swells", path=path, name=name, limit=most >> 20)
            out.write(block)
    return size


def _name(entry: zipfile.ZipInfo) -> str:
    """Name of an entry; without the UTF-8 mark `zipfile` has taken its bytes for code page 437."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        raw = entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename
