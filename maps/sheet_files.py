"""What a printed page is written as beyond its typesetting: PNG with its density, SVG in one piece with searchable text."""

from __future__ import annotations

import base64
import html
import io
import re
import struct
import zlib
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

_PER_METRE = 1000 / 25.4
_PNG_HEAD = 33
_IMAGE = re.compile(r'<image\b[^>]*?href="data:image/svg\+xml;base64,([^"]+)"[^>]*?/>')
_ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
_OPEN = re.compile(r"<svg\b[^>]*>")
_ID, _USE = re.compile(r'\bid="([^"]+)"'), re.compile(r"url\(#([^)]+)\)")


class Said(NamedTuple):
    """A run of text on a page: where its base line begins, from the upper left, and its size and width, pt."""

    text: str
    x: float
    y: float
    size: float
    width: float
    turned: bool


def with_density(png: bytes, dpi: float) -> bytes:
    """A PNG that says how many dots an inch it has (chunk pHYs, dots a metre)."""
    body = b"pHYs" + struct.pack(">IIB", *(round(dpi * _PER_METRE),) * 2, 1)
    chunk = struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_PNG_HEAD] + chunk + png[_PNG_HEAD:]


def page_texts(pdf: bytes) -> list[list[Said]]:
    """Runs of text of each page of a PDF."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    found = []
    for page in document:
        high = page.get_height()
        words = page.get_textpage()
        found.append([_said(one, words, high) for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT])])
    document.close()
    return [[one for one in page if one.text.strip()] for page in found]


def _said(one: pypdfium2.PdfObject, words: pypdfium2.PdfTextPage, high: float) -> Said:
    length = pdfium.FPDFTextObj_GetText(one, words, None, 0)
    buffer = (pdfium.FPDF_WCHAR * (length // 2 + 1))()
    pdfium.FPDFTextObj_GetText(one, words, buffer, length)
    matrix = one.get_matrix()
    left, low, right, top = one.get_bounds()
    turned = abs(matrix.b) > abs(matrix.a)
    said = bytes(buffer)[: max(length - 2, 0)].decode("utf-16-le", errors="replace")
    return Said(said, matrix.e, high - matrix.f, _size(one) * max(abs(matrix.a), abs(matrix.b)), top - low if turned else right - left, turned)  # fmt: skip


def _size(one: pypdfium2.PdfObject) -> float:
    size = pdfium.c_float()
    pdfium.FPDFTextObj_GetFontSize(one, size)
    return float(size.value)


def whole(page: bytes, words: list[Said]) -> bytes:
    """A typeset SVG with its pictures in it as drawings, not as files, and its words as unseen text on top."""
    pictures: dict[str, int] = {}

    def inlined(match: re.Match[str]) -> str:
        attributes = dict(_ATTRIBUTE.findall(match[0]))
        number = pictures.setdefault(match[1], len(pictures))
        svg = base64.b64decode(match[1]).decode("utf-8")
        own = dict(_ATTRIBUTE.findall(_OPEN.search(svg)[0]))  # type: ignore[index] # our own drawings
        inner = _OPEN.sub("", svg, count=1).rpartition("</svg>")[0]
        inner = _ID.sub(rf'id="p{number}-\1"', inner)
        inner = _USE.sub(rf"url(#p{number}-\1)", inner)
        kept = " ".join(
            f'{name}="{attributes[name]}"' for name in ("x", "y", "width", "height") if name in attributes
        )
        moved = f' transform="{attributes["transform"]}"' if "transform" in attributes else ""
        return (
            f'<g{moved}><svg {kept} viewBox="{own["viewBox"]}" preserveAspectRatio="none">{inner}</svg></g>'
        )

    drawn = _IMAGE.sub(inlined, page.decode("utf-8"))
    unseen = "".join(_unseen(one) for one in words)
    head, _, tail = drawn.rpartition("</svg>")
    return f'{head}<g fill-opacity="0" font-family="sans-serif">{unseen}</g></svg>{tail}'.encode()


def _unseen(one: Said) -> str:
    turned = f' transform="rotate(-90 {one.x:.2f} {one.y:.2f})"' if one.turned else ""
    return (
        f'<text x="{one.x:.2f}" y="{one.y:.2f}" font-size="{one.size:.2f}" textLength="{max(one.width, 0.1):.2f}" '
        f'lengthAdjust="spacingAndGlyphs"{turned}>{html.escape(one.text)}</text>'
    )
