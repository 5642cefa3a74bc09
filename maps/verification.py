"""Finished reports, workbooks and maps read again, and each number held against the results."""

from __future__ import annotations

import difflib
import io
import json
import re
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import openpyxl
import pypdfium2
from lxml import etree

from layers.comparing import since_before
from layers.results import TILES
from maps import assessment, bulletin, charts, export, export_check, sheet_atlas, tilepage, webmap, workbook
from maps.errors import MapError
from maps.report_blocks import Kind, Report, figures
from maps.report_content import content
from maps.report_docx import tag
from maps.report_pdf import pdf
from maps.report_xlsx import xlsx
from maps.tiles import read as read_tiles
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from layers.results import Results

SUFFIXES = (".docx", ".pdf", ".xlsx", ".html")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CORE = "docProps/core.xml"
_REPORT = re.compile(r"liangzhen-report (compliance|quarterly|annual|bulletin) (zh|en)")
_WORKBOOK = re.compile(r"liangzhen-workbook (zh|en)")
_ASSESSMENT = re.compile(r"liangzhen-assessment (\d+) (zh|en)")
_PAGE = re.compile(r'<html lang="(zh|en)')
_DATA = re.compile(r"const LZ_DATA = (\{[^\n]*\});</script>")
_BASE = re.compile(r'\n<script type="text/plain" id="lz-archive-base-\d+">.*?</script>', re.DOTALL)
"""What base maps put into a page, which are no part of the results."""
_WORKER = re.compile(r'\n<script type="text/plain" id="lz-worker">.*?</script>', re.DOTALL)
_NUMBER = re.compile(r"[+\N{MINUS SIGN}-]?\d[\d,]*(?:\.\d+)?")


class Difference(NamedTuple):
    """A number that is not that of the results: where it stands, its id, what is shown and what is stored."""

    place: str
    id: str
    shown: str
    stored: str


class Verified(NamedTuple):
    """How many numbers a file shows, and those that are not as in the results."""

    path: Path
    numbers: int
    differences: list[Difference]


def verify(results: Results, path: Path, folder: Path | None = None) -> Verified:
    """Read a finished file and hold its numbers against the results.

    Parameters
    ----------
    results
        What the file was made from.
    path
        ``.docx``, ``.pdf``, ``.xlsx`` or ``.html`` that this program wrote, perhaps edited since, or the
        ``export.json`` of an export, which stands for all its files but the workbook.
    folder
        The results folder, for exports; by default the one that the export lies in.

    Raises
    ------
    MapError
        If the file is not there, none of this program, or damaged.
    """
    if not path.is_file():
        raise MapError("verify-missing", path=path)
    if path.name == export.MANIFEST:
        count, wrong = export_check.compare(results, path, folder or path.parent.parent)
        return Verified(path, count, [Difference(one.place, "", one.shown, one.stored) for one in wrong])
    own = folder or path.parent
    ways: dict[str, Callable[[Results, Path], Verified]] = {
        ".docx": partial(_docx, folder=own), ".pdf": partial(_pdf, folder=own), ".xlsx": partial(_xlsx, folder=own),
        ".html": partial(_html, folder=own),
    }  # fmt: skip
    way = ways.get(path.suffix.lower())
    if way is None:
        raise MapError("verify-unknown", path=path)
    try:
        return way(results, path)
    except (
        zipfile.BadZipFile,
        KeyError,
        etree.XMLSyntaxError,
        pypdfium2.PdfiumError,
        json.JSONDecodeError,
    ) as error:
        raise MapError("verify-unreadable", path=path, problem=str(error) or type(error).__name__) from error


def written(folder: Path) -> tuple[Path, ...]:
    """What there is to verify in a results folder, its sheets and the exports in it."""
    exports = sorted(folder.glob(f"*/{export.MANIFEST}"))
    there = (*folder.iterdir(), *(folder / "sheets").glob("*.pdf"))
    own = sorted(one for one in there if one.suffix.lower() in SUFFIXES)
    return (*own, *exports, *(book for one in exports for book in export_check.books(one)))


def _report(results: Results, words: str, path: Path, folder: Path) -> Report:
    """The report that a file says it is, made anew."""
    found = _REPORT.search(words)
    if found is None:
        raise MapError("verify-unknown", path=path)
    if found[1] == "bulletin":
        return bulletin.content(results, since_before(results, folder), _lang(found[2]))
    kind: Kind = found[1]  # type: ignore[assignment]
    return content(results, kind, _lang(found[2]))


def _lang(said: str) -> Lang:
    return "zh" if said == "zh" else "en"


def _docx(results: Results, path: Path, folder: Path) -> Verified:
    """Content controls by their tags; a number without its control is gone."""
    with zipfile.ZipFile(path) as file:
        core, body = file.read(_CORE), file.read("word/document.xml")
    report = _report(results, core.decode("utf-8", errors="replace"), path, folder)
    stored = {tag(figure.id): figure for figure in figures(report)}
    place, shown = "", []
    for node in _tree(body).iter(f"{_W}p", f"{_W}sdt"):
        if node.tag == f"{_W}p":
            style = node.find(f"{_W}pPr/{_W}pStyle")
            if style is not None and str(style.get(f"{_W}val")).startswith(("Heading", "Caption")):
                place = _words(node)
        elif (mark := node.find(f"{_W}sdtPr/{_W}tag")) is not None:
            shown.append((place, str(mark.get(f"{_W}val")), _words(node)))
    wrong = [
        Difference(place, stored[name].id, words, stored[name].shown)
        for place, name, words in shown
        if name in stored and words != stored[name].shown
    ]
    seen = {name for _, name, _ in shown}
    wrong += [
        Difference("", figure.id, "", figure.shown) for name, figure in stored.items() if name not in seen
    ]
    return Verified(path, len(shown), wrong)


def _tree(body: bytes) -> Any:
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _words(node: Any) -> str:
    return "".join(part.text or "" for part in node.iter(f"{_W}t"))


def _pdf(results: Results, path: Path, folder: Path) -> Verified:
    """The numbers of all pages in reading order, against those of the same report typeset anew."""
    words, shown = _numbers_of_pdf(path.read_bytes())
    ids: dict[str, str] = {}
    if sheet_atlas.KEYWORD in words:
        fresh = sheet_atlas.again(results, words)
        if fresh is None:
            raise MapError("verify-unknown", path=path)
    else:
        report = _report(results, words, path, folder)
        fresh = pdf(report)
        ids = {number: figure.id for figure in figures(report) for number in _NUMBER.findall(figure.shown)}
    _, stored = _numbers_of_pdf(fresh)
    wrong = []
    for own, other in _unlike([number for _, number in shown], [number for _, number in stored]):
        page = shown[own[0]][0] if own else stored[other[0]][0]
        said = " ".join(shown[at][1] for at in own)
        right = " ".join(stored[at][1] for at in other)
        wrong.append(Difference(f"p. {page}", ids.get(right, ""), said, right))
    return Verified(path, len(shown), wrong)


def _numbers_of_pdf(data: bytes) -> tuple[str, list[tuple[int, str]]]:
    """What the file says it is, and page and text of each number."""
    document = pypdfium2.PdfDocument(io.BytesIO(data))
    words = document.get_metadata_value("Keywords")
    found = [
        (place, number)
        for place, page in enumerate(document, 1)
        for number in _NUMBER.findall(page.get_textpage().get_text_range())
    ]
    document.close()
    return words, found


def _unlike(shown: list[str], stored: list[str]) -> Iterator[tuple[range, range]]:
    """Positions of what differs; one by one where both are as long."""
    if len(shown) == len(stored):
        yield from (
            (range(at, at + 1), range(at, at + 1))
            for at, (one, other) in enumerate(zip(shown, stored, strict=True))
            if one != other
        )
        return
    matcher = difflib.SequenceMatcher(None, shown, stored, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind != "equal":
            yield range(start, end), range(first, last)


def _xlsx(results: Results, path: Path, folder: Path) -> Verified:
    """Every cell, and what its formula is, against the workbook made anew."""
    with zipfile.ZipFile(path) as file:
        core = file.read(_CORE).decode("utf-8", errors="replace")
    if own := _WORKBOOK.search(core):
        made = workbook.made(results, _lang(own[1]))
    elif (year := _ASSESSMENT.search(core)) and "proposals" in results.tables:
        made = assessment.made(results, int(year[1]), _lang(year[2]))
    else:
        made = xlsx(_report(results, core, path, folder))
    wrong: dict[str, Difference] = {}
    count = 0
    for formulas in (False, True):
        one = _cells(path.read_bytes(), formulas=formulas)
        other = _cells(made, formulas=formulas)
        count = max(count, sum(isinstance(value, (int, float)) for value in one.values()))
        for place in sorted({*one, *other}):
            if one.get(place) != other.get(place):
                said = "" if one.get(place) is None else str(one[place])
                right = "" if other.get(place) is None else str(other[place])
                wrong.setdefault(place, Difference(place, "", said, right))
    drawn, fresh = _charts(path.read_bytes()), _charts(made)
    for place in sorted({*drawn} & {*fresh}):
        if drawn[place] != fresh[place]:
            said, stored = ", ".join(drawn[place]), ", ".join(fresh[place])
            wrong.setdefault(place, Difference(place, "", said, stored))
    return Verified(path, count, list(wrong.values()))


def _charts(data: bytes) -> dict[str, list[str]]:
    """What the charts show, as far as the program that saved the file kept them."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return charts.cached(
            [file.read(name) for name in file.namelist() if name.startswith("xl/charts/chart")]
        )


def _cells(data: bytes, *, formulas: bool) -> dict[str, Any]:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=not formulas)
    return {
        f"{sheet.title}!{cell.coordinate}": cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def _html(results: Results, path: Path, folder: Path) -> Verified:
    """The data of the page leaf by leaf, and everything else as a whole, against the page made anew."""
    source = path.read_text(encoding="utf-8", errors="replace")
    lang, data = _PAGE.search(source), _DATA.search(source)
    if lang is None or data is None:
        raise MapError("verify-unknown", path=path)
    said = json.loads(data[1])
    published, tiled = said.get("public") or {}, said["shared"]["tiles"] or {}
    tiles = read_tiles(folder / TILES) if tiled.get("parcels") else None
    with tempfile.TemporaryDirectory(prefix="verify-") as spare:
        made = tilepage.prepare(results, Path(spare) / path.name, tiles)
        fresh = webmap.render(results, _lang(lang[1]), published.get("stated"), made)
        beside = [file.relative_to(spare) for file in sorted(Path(spare).rglob("*.js"))]
        lost = [str(name) for name in beside if not _same(path.parent / name, Path(spare) / name)]
    other = next(_DATA.finditer(fresh))
    shown, stored = (dict(_leaves(_without_bases(json.loads(one[1])), "")) for one in (data, other))
    wrong = [
        Difference(place, place.rpartition("/")[2], str(shown.get(place, "")), str(stored.get(place, "")))
        for place in dict.fromkeys([*shown, *stored])
        if shown.get(place) != stored.get(place)
    ]
    count = sum(len(_NUMBER.findall(str(value))) for value in shown.values())
    rest, own = (
        _BASE.sub("", one[: hit.start()] + one[hit.end() :]) for one, hit in ((source, data), (fresh, other))
    )
    if tiles is None:
        rest = _WORKER.sub("", rest)
    if rest != own or lost:
        wrong.append(Difference(text("verify-drawing", _lang(lang[1])), "", "", ""))
    return Verified(path, count, wrong)


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and one.read_bytes() == other.read_bytes()


def _without_bases(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a page without its base maps, which are no part of the results."""
    shared = data["shared"]
    shared["layers"] = [layer for layer in shared["layers"] if layer["group"] != "base"]
    if tiles := shared["tiles"]:
        tiles["archives"] = [one for one in tiles["archives"] if one["name"] == tiles["parcels"]]
        tiles["bases"] = []
        if not tiles["parcels"]:
            shared["tiles"] = None
    return data


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{place}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{place}/{number}")
    else:
        yield place, value
