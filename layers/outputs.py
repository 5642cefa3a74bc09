"""Places that are written to: refused before the work if nothing can be written there, and what went wrong in a sentence."""

from __future__ import annotations

import errno
import uuid
from typing import TYPE_CHECKING

from layers.errors import LayerError

if TYPE_CHECKING:
    from pathlib import Path

_CODES = {
    errno.EACCES: "file-denied", errno.EPERM: "file-denied", errno.EROFS: "file-denied", errno.EBUSY: "file-denied",
    errno.ENOENT: "file-missing", errno.ENOTDIR: "file-no-folder", errno.EEXIST: "file-no-folder",
    errno.EISDIR: "file-is-folder", errno.ENOSPC: "file-disk-full", errno.EDQUOT: "file-disk-full",
}  # fmt: skip


def require_file(path: Path) -> None:
    """Refuse a file that cannot be written or, where it is there, replaced.

    Raises
    ------
    LayerError
        If so: no permission, open in another program, a folder, no such drive.
    """
    try:
        if path.is_dir():
            raise LayerError("file-is-folder", path=path)
        if path.exists():
            with path.open("r+b"):
                pass
        _try_in(path.parent)
    except OSError as error:
        raise told(error, path) from error


def require_folder(path: Path, *, replaced: bool = False) -> None:
    """Refuse a folder that cannot be made or written into; if it is to be `replaced`, also for a file in it.

    Raises
    ------
    LayerError
        As for `require_file`.
    """
    try:
        _try_in(path)
        files = sorted(path.iterdir()) if replaced and path.is_dir() else []
    except OSError as error:
        raise told(error, path) from error
    for file in files:
        if file.is_file():
            require_file(file)


def told(error: OSError, path: Path | None = None) -> LayerError:
    """What the system said, as an error of ours; of `path`, or of the file that it named."""
    named = path or error.filename2 or error.filename
    code = _CODES.get(error.errno or 0, "file-failed")
    if named is None and code != "file-disk-full":
        return LayerError("file-failed", path="-", problem=error)
    return LayerError(code, path=named, problem=error.strerror or error)


def _try_in(folder: Path) -> None:
    """Make a file, and take it away again, in a folder or what is there of it."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), None)
    if there is None:
        raise FileNotFoundError(errno.ENOENT, "", str(folder))
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "", str(there))
    probe = there / f".{uuid.uuid4().hex}.part"
    try:
        probe.open("xb").close()
    finally:
        probe.unlink(missing_ok=True)


def put_down(path: Path, data: bytes) -> None:
    """Write a file, and the folder that it is to lie in: beside it first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
