"""Which encoding the texts of a shapefile are in."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

from layers.errors import LayerError

if TYPE_CHECKING:
    from layers.workspace import LayerSpec


def encoding(spec: LayerSpec) -> tuple[str | None, list[tuple[str, str, Any, dict[str, Any]]]]:
    """Encoding of a shapefile: stated by the user, or by a .cpg that does not lie; else by its bytes."""
    if spec.encoding:
        try:
            codecs.lookup(spec.encoding)
        except LookupError as error:
            raise LayerError(
                "source-encoding", layer=spec.name, path=spec.path, encoding=spec.encoding
            ) from error
    if spec.path.suffix.lower() != ".shp" or spec.encoding:
        return spec.encoding, []
    cpg, dbf = spec.path.with_suffix(".cpg"), spec.path.with_suffix(".dbf")
    said = cpg.read_text(encoding="ascii", errors="replace").strip() if cpg.exists() else ""
    if not dbf.exists() or said.upper() not in {"", "UTF-8", "UTF8", "65001"}:
        return None, []
    found = _encoding_of(dbf.read_bytes())
    if said and found != "UTF-8" and found is not None:
        return found, [("issue-encoding-lie", "warning", None, {"said": said, "encoding": found})]
    if not said and found is not None:
        return found, [("issue-encoding-found", "note", None, {"encoding": found})]
    return "UTF-8", []


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
