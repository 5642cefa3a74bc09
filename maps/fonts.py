"""Chinese fonts that hold just the characters of one page."""

from __future__ import annotations

import base64
import io

from fontTools.merge import Merger, Options
from fontTools.subset import Options as SubsetOptions
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

from maps.installed import assets

SANS, SERIF = "Noto Sans SC", "Noto Serif SC"
_DROP = ["GSUB", "GPOS", "GDEF", "BASE", "STAT", "DSIG", "VORG", "vhea", "vmtx", "meta", "MATH"]
_MADE = 3_534_364_800  # 2016-01-01, in the font format's seconds since 1904: not the time of the run


def font_face(text: str) -> str:
    """Return a style rule that brings the characters of `text` along, in one weight.

    The font comes in about a hundred pieces by range of characters; those needed are cut down to the
    characters used and merged: about 120 bytes a character. What the font does not have is left to the
    fonts of the reader's machine.

    Raises
    ------
    MapError
        If the font was not installed.
    """
    font = base64.b64encode(_merged(text, SANS, 400, "woff2")).decode("ascii")
    return (
        f"@font-face{{font-family:'{SANS}';font-style:normal;font-weight:400;"
        f"src:url(data:font/woff2;base64,{font}) format('woff2')}}"
    )


def truetype(text: str, weight: int = 400, family: str = SANS) -> bytes:
    """Return a TrueType file with the characters of `text`, `SANS` or `SERIF` of weight 400 or 700.

    Raises
    ------
    MapError
        If the font was not installed.
    """
    font = TTFont(io.BytesIO(_merged(text, family, weight, None)), recalcTimestamp=False)
    style = {400: "Regular", 700: "Bold"}[weight]
    names = {1: family, 2: style, 4: f"{family} {style}", 6: f"{family.replace(' ', '')}-{style}"}
    font["name"].names = []
    for number, name in names.items():
        font["name"].setName(name, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _merged(text: str, family: str, weight: int, flavor: str | None) -> bytes:
    left = {ord(character) for character in text if character > " "} | set(range(0x20, 0x7F))
    parts: list[io.BytesIO] = []
    for path in assets(f"{family.lower().replace(' ', '-')}-*-{weight}-normal.woff2"):
        font = TTFont(path, recalcTimestamp=False)
        if present := left & font.getBestCmap().keys():
            parts.append(_cut(font, present))
            left -= present
        font.close()
        if not left:
            break
    merged = Merger(Options(drop_tables=_DROP)).merge(parts)
    merged.flavor, merged.recalcTimestamp = flavor, False
    merged["head"].created = merged["head"].modified = _MADE
    out = io.BytesIO()
    merged.save(out)
    return out.getvalue()


def _cut(font: TTFont, characters: set[int]) -> io.BytesIO:
    options = SubsetOptions(layout_features=[], hinting=False, notdef_outline=True, glyph_names=False)
    options.drop_tables += _DROP
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = None
    out = io.BytesIO()
    font.save(out)
    out.seek(0)
    return out
