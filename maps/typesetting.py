"""Pages to be printed: typst source and its files to PDF, PNG or SVG, with our own Chinese font and no network."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from maps.errors import MapError
from maps.fonts import SANS, SERIF, truetype

if TYPE_CHECKING:
    from collections.abc import Mapping

WEIGHTS = (400, 700)
_MAIN = "main.typ"
_TEXTS = {".typ", ".json", ".svg", ".csv", ".txt"}
_ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})")


def pdf(source: str, files: Mapping[str, bytes], date: dt.date) -> bytes:
    """Typeset a document as PDF; the same source, files and date give the same bytes.

    Parameters
    ----------
    source
        Typst source; its fonts are ``Noto Sans SC`` and ``Noto Serif SC`` in the weights 400 and 700.
    files
        What the source reads, by relative name (``data.json``, ``map.svg``).
    date
        That the document bears.

    Raises
    ------
    MapError
        If typst refuses the source, or the fonts were not installed.
    """
    return _compiled(source, files, format="pdf", timestamp=dt.datetime.combine(date, dt.time(), dt.UTC))[0]


def png(source: str, files: Mapping[str, bytes], ppi: float = 200.0) -> list[bytes]:
    """Typeset a document as one PNG a page, `ppi` dots an inch. Otherwise as `pdf`."""
    return _compiled(source, files, format="png", ppi=ppi)


def svg(source: str, files: Mapping[str, bytes]) -> list[bytes]:
    """Typeset a document as one SVG a page. Otherwise as `pdf`."""
    return _compiled(source, files, format="svg")


def _compiled(source: str, files: Mapping[str, bytes], **options: Any) -> list[bytes]:
    with tempfile.TemporaryDirectory(prefix="liangzhen-") as name:
        folder = Path(name)
        for path, content in {_MAIN: source.encode("utf-8"), **files}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        fonts = folder / "fonts"
        fonts.mkdir()
        families = tuple(family for family in (SANS, SERIF) if family in source)
        letters = characters(source, files)
        for family in families or (SANS,):
            for weight in WEIGHTS:
                (fonts / f"{family}-{weight}.ttf").write_bytes(_font(letters, weight, family))
        try:
            made = typst.compile(
                folder / _MAIN, root=folder, font_paths=[fonts], ignore_system_fonts=True, **options
            )
        except typst.TypstError as error:
            raise MapError("typeset-failed", problem=error.message) from error
    return made if isinstance(made, list) else [made or b""]


def characters(source: str, files: Mapping[str, bytes]) -> str:
    """All characters beyond ASCII that may be printed, each once; ASCII is in every font."""
    found = set(source)
    for path, content in files.items():
        if Path(path).suffix in _TEXTS:
            text = content.decode("utf-8")
            found |= set(text) | {chr(int(code, 16)) for code in _ESCAPES.findall(text)}
    return "".join(sorted(letter for letter in found if not letter.isascii()))


@cache
def _font(characters: str, weight: int, family: str) -> bytes:
    return truetype(characters, weight, family)
