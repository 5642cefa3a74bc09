"""Chinese punctuation of printed documents (GB/T 15834): full width beside Chinese, where screens have half width."""

from __future__ import annotations

import re
from dataclasses import replace

from maps.report_blocks import Block, Grid, Heading, Paragraph, Picture, Piece, Report

_WIDE = {",": "\N{FULLWIDTH COMMA}", ";": "\N{FULLWIDTH SEMICOLON}", ":": "\N{FULLWIDTH COLON}"}
_OPEN, _CLOSE = "\N{FULLWIDTH LEFT PARENTHESIS}", "\N{FULLWIDTH RIGHT PARENTHESIS}"
_CHINESE = "\u4e00-\u9fff\u3001\u3002\u300a-\u300f\u3014\u3015\u201c\u201d\uff00-\uffef"
_PAIR = re.compile(r"\(([^()\n]*)\)")
_CLAUSE = re.compile(r"[一二三四五六七八九十]\([一二三四五六七八九十]+\)")
_MARK = re.compile(
    rf"(?<=[{_CHINESE}])[,;:] ?|(?<=[一二三四五六七八九十]\)\d)[,;:] ?|[,;:] ?(?=[{_CHINESE}])|^[,;:]$"
)


def wide(words: str) -> str:
    r"""Return a text with the punctuation of Chinese: numbers, CRS codes, coordinates and names of clauses as they are.

    Examples
    --------
    >>> wide("共 3 项,12,634.15 平方米(椭球面积);坐标系:EPSG:4549")
    '共 3 项\uff0c12,634.15 平方米\uff08椭球面积\uff09\uff1b坐标系\uff1aEPSG:4549'
    >>> wide("(547627.994, 3415915.452) 处"), wide("二(二)1:6 项"), wide("不符合(22 %)")
    ('(547627.994, 3415915.452) 处', '二(二)1\uff1a6 项', '不符合\uff0822 %\uff09')
    """
    clauses = [(found.start(), found.end()) for found in _CLAUSE.finditer(words)]

    def paired(found: re.Match[str]) -> str:
        within, before = found[1], words[max(found.start() - 1, 0) : found.start()]
        named = any(start <= found.start() < end for start, end in clauses)
        if named or not re.search(f"[{_CHINESE}]", within + before):
            return found[0]
        return f"{_OPEN}{within}{_CLOSE}"

    return _MARK.sub(lambda found: _WIDE[found[0][0]], _PAIR.sub(paired, words))


def printed(report: Report, verbatim: frozenset[str]) -> Report:
    """Return a Chinese report with the punctuation of print; others as they are.

    Parameters
    ----------
    report
        What is printed.
    verbatim
        Captions of tables whose cells stay as they are: names of files and layers.
    """
    if report.lang != "zh":
        return report
    blocks = tuple(_block(block, verbatim) for block in report.blocks)
    return replace(
        report,
        title=wide(report.title),
        subtitle=wide(report.subtitle),
        mark=wide(report.mark),
        blocks=blocks,
    )


def _block(block: Block, verbatim: frozenset[str]) -> Block:
    if isinstance(block, Heading):
        return block._replace(text=wide(block.text))
    if isinstance(block, Paragraph):
        return block._replace(parts=tuple(map(_piece, block.parts)))
    if isinstance(block, Picture):
        return block._replace(caption=wide(block.caption))
    if isinstance(block, Grid):
        rows = (
            block.rows if block.caption in verbatim else tuple(tuple(map(_piece, row)) for row in block.rows)
        )
        return block._replace(
            caption=wide(block.caption), heads=tuple(map(wide, block.heads)), rows=rows, notes=tuple(map(wide, block.notes))
        )  # fmt: skip
    return block._replace(labels=tuple(map(wide, block.labels)), seal=wide(block.seal))


def _piece(piece: Piece) -> Piece:
    return wide(piece) if isinstance(piece, str) else piece
