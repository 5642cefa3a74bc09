"""A report as PDF."""

from __future__ import annotations

import datetime as dt
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from maps import typesetting
from maps.colors import VERDICTS
from maps.report_blocks import Block, Grid, Heading, Paragraph, Picture, Piece, Report, Signatures, runs
from spatial.messages import text

if TYPE_CHECKING:
    from collections.abc import Sequence


def pdf(report: Report) -> bytes:
    """Typeset a report; the same report gives the same bytes.

    Raises
    ------
    MapError
        If it cannot be typeset.
    """
    source, files = _made(report)
    day = dt.date.fromisoformat(report.date) if report.date else dt.date(2016, 1, 1)
    return typesetting.pdf(source, files, day)


def letters(report: Report) -> bytes:
    """All letters of the report and its pictures, each once."""
    source, files = _made(report)
    return typesetting.characters(source, files).encode("utf-8")


def _made(report: Report) -> tuple[str, dict[str, bytes]]:
    """Source and files of the typesetting."""
    pictures: dict[str, bytes] = {}
    data = {
        "title": report.title,
        "subtitle": report.subtitle,
        "mark": report.mark,
        "date": report.date,
        "lang": report.lang,
        "keywords": [keyword(report)],
        "contents": text("report-contents", report.lang),
        "table": text("report-table", report.lang),
        "figure": text("report-figure", report.lang),
        "colours": {code: look.fill for code, look in VERDICTS.items()},
        "runs": [
            {"across": across, "blocks": [_block(block, pictures) for block in blocks]}
            for across, blocks in runs(report)
        ],
    }
    source = (files("maps") / "report.typ").read_text(encoding="utf-8")
    encoded = json.dumps(data, ensure_ascii=False).encode("utf-8")
    return source, {"data.json": encoded, **pictures}


def keyword(report: Report) -> str:
    """What a file says it is, by which it is made again to be verified."""
    return f"liangzhen-report {report.kind} {report.lang}"


def _block(block: Block, pictures: dict[str, bytes]) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", **block._asdict()}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "style": block.style, "parts": _pieces(block.parts)}
    if isinstance(block, Grid):
        rows = [_pieces(row) for row in block.rows]
        return {"kind": "grid", **block._asdict(), "rows": rows}
    if isinstance(block, Picture):
        name = f"picture-{len(pictures) + 1}.svg"
        pictures[name] = block.svg.encode("utf-8")
        return {"kind": "picture", "caption": block.caption, "file": name, "width": block.width_mm}
    assert isinstance(block, Signatures)  # noqa: S101 - the last of the kinds
    return {"kind": "signatures", **block._asdict()}


def _pieces(parts: Sequence[Piece]) -> list[Any]:
    return [
        part if isinstance(part, str) else {"shown": part.shown, "verdict": part.verdict} for part in parts
    ]
