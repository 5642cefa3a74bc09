"""What the parts of a shapefile say of it: the encoding of its texts, and what is missing or cut off."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

from layers.errors import LayerError

if TYPE_CHECKING:
    from pathlib import Path

    from layers.workspace import LayerSpec

Note = tuple[str, str, Any, dict[str, Any]]

CODE_PAGES = {0x4D: "GB18030", 0x7A: "GB18030", 0x4F: "BIG5", 0x78: "BIG5"}
"""Chinese code pages by the language byte of a .dbf; GB18030 holds all of GBK."""
_LANGUAGE = 29
_LOOKED_AT = 8 << 20
_LARGEST = 2**31 - 1
_SHP_HEADER = 100
_DBF_HEADER = 32


def encoding(spec: LayerSpec) -> tuple[str | None, list[Note]]:
    """Encoding of a shapefile: stated by the user, by a .cpg, by the .dbf's language byte, else by its bytes.

    A .cpg or language byte that lies is passed over, and told; so is what is missing or cut off.

    Raises
    ------
    LayerError
        If Python knows no such encoding.
    """
    if spec.encoding:
        try:
            codecs.lookup(spec.encoding)
        except LookupError as error:
            raise LayerError(
                "source-encoding", layer=spec.name, path=spec.path, encoding=spec.encoding
            ) from error
    if spec.path.suffix.lower() != ".shp":
        return spec.encoding, []
    dbf, notes = part(spec.path, ".dbf"), _sizes(spec.path)
    if dbf is None:
        return spec.encoding, [*notes, ("issue-dbf-missing", "warning", None, {})]
    if spec.encoding:
        return spec.encoding, notes
    used, told = _found(spec.path, dbf)
    return used, notes + told


def part(path: Path, ending: str) -> Path | None:
    """The part of a shapefile with this ending, in small or capital letters; None where it is missing."""
    both = (path.with_suffix(ending), path.with_suffix(ending.upper()))
    return next((file for file in both if file.exists()), None)


def _found(path: Path, dbf: Path) -> tuple[str | None, list[Note]]:
    cpg = part(path, ".cpg")
    said = cpg.read_text(encoding="ascii", errors="replace").strip() if cpg else ""
    if said.upper() not in {"", "UTF-8", "UTF8", "65001"}:
        return None, []
    with dbf.open("rb") as file:
        table = file.read(_LOOKED_AT)
    found = _encoding_of(table)
    if found is None:
        return "UTF-8", []
    if said and found != "UTF-8":
        return found, [("issue-encoding-lie", "warning", None, {"said": said, "encoding": found})]
    if said:
        return "UTF-8", []
    page = CODE_PAGES.get(int.from_bytes(table[_LANGUAGE : _LANGUAGE + 1], "little"))
    if page and found != "UTF-8":
        found = page
    return found, [("issue-encoding-found", "note", None, {"encoding": found})]


def _encoding_of(table: bytes) -> str | None:
    """UTF-8 or GB18030, whichever the texts of a .dbf are; None where they are plain ASCII.

    Fields are cut at their width, in the middle of a character too, so a few broken ones prove nothing.
    """
    size = int.from_bytes(table[8:10], "little")
    names = b" ".join(table[start : start + 11].split(b"\0")[0] for start in range(32, size - 31, 32))
    text = names + b" " + table[size:]
    if text.isascii():
        return None
    read = text.decode("utf-8", "replace")
    broken = read.count("\ufffd")
    sound = sum(not letter.isascii() for letter in set(read) - {"\ufffd"})
    if broken <= sound:
        return "UTF-8"
    return "GB18030" if 2 * text.decode("gb18030", "replace").count("\ufffd") < broken else "UTF-8"


def _sizes(path: Path) -> list[Note]:
    """A warning for each part that is longer than its format can count, or shorter than it says itself."""
    notes: list[Note] = []
    for file in (part(path, ".shp"), part(path, ".dbf")):
        if file is None:
            continue
        size = file.stat().st_size
        with file.open("rb") as stream:
            head = stream.read(_SHP_HEADER)
        stated = _stated(head, is_shape=file.suffix.lower() == ".shp")
        if size > _LARGEST:
            notes.append(("issue-shp-large", "warning", None, {"file": file.name, "size": size}))
        elif stated is not None and size < stated:
            told = {"file": file.name, "size": size, "stated": stated}
            notes.append(("issue-shp-cut", "warning", None, told))
    return notes


def _stated(head: bytes, *, is_shape: bool) -> int | None:
    """Bytes that a file should have by its own header: words of the .shp, records of the .dbf."""
    if is_shape:
        return 2 * int.from_bytes(head[24:28], "big") if len(head) >= _SHP_HEADER else None
    if len(head) < _DBF_HEADER:
        return None
    records, start, width = head[4:8], head[8:10], head[10:12]
    return int.from_bytes(start, "little") + int.from_bytes(records, "little") * int.from_bytes(
        width, "little"
    )
