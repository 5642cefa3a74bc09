"""The verdict on a plot as a Word document: styles, a table and the map, to be filed and filled in."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spatial.messages import Lang

_FONTS = ("Arial", "Microsoft YaHei")
_DARK = RGBColor(0x22, 0x26, 0x2B)
_NUMBERS = range(1, 5)
_PICTURE_MM = 178
_EPOCH = (2016, 1, 1, 0, 0, 0)


def document(data: Mapping[str, Any], maps: Sequence[bytes], date: dt.date, lang: Lang) -> bytes:
    """Make the document; the same content gives the same bytes.

    Parameters
    ----------
    data
        Texts, as `maps.plot_page.content` gives them.
    maps
        PNG of each plot's map with its legend.
    date
        Day of the check.
    lang
        Language.
    """
    doc = Document()
    _styles(doc)
    section = doc.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin, section.bottom_margin = Mm(11), Mm(12)
    section.footer_distance = Mm(6)
    section.footer.paragraphs[0].text = data["footer"]
    section.footer.paragraphs[0].style = doc.styles["Footer"]
    for number, (plot, picture) in enumerate(zip(data["plots"], maps, strict=True)):
        if number:
            doc.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)
        _page(doc, data, plot, picture)
    own = doc.core_properties
    own.title, own.language, own.author = data["title"], {"zh": "zh-CN", "en": "en-US"}[lang], "liangzhen"
    own.created = own.modified = dt.datetime.combine(date, dt.time())
    own.last_modified_by, own.revision = "liangzhen", 1
    out = io.BytesIO()
    doc.save(out)
    return same_bytes(out.getvalue())


def _styles(doc: Any) -> None:
    sizes = {"Normal": 8.5, "Title": 16, "Heading 1": 12, "Heading 2": 9.5, "Footer": 6.5, "Caption": 7.5}
    for name, size in sizes.items():
        style = doc.styles[name]
        style.font.name, style.font.size = _FONTS[0], Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(kind), None)
        fonts.set(qn("w:eastAsia"), _FONTS[1])
        style.font.color.rgb = _DARK
        style.font.bold = name in {"Title", "Heading 1", "Heading 2"}
        style.font.italic = False
        style.paragraph_format.space_before = Pt(4 if name == "Heading 2" else 0)
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.line_spacing = 1.0
    title = doc.styles["Title"]
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for border in title.element.findall(".//" + qn("w:pBdr")):
        border.getparent().remove(border)


def _page(doc: Any, data: Mapping[str, Any], plot: Mapping[str, Any], picture: bytes) -> None:
    doc.add_paragraph(data["title"] + (f" ({data['demo']})" if data["demo"] else ""), style="Title")
    doc.add_paragraph(
        f"{data['workspace']}  {data['policy']}", style="Caption"
    ).alignment = WD_ALIGN_PARAGRAPH.CENTER
    head = doc.add_paragraph(style="Heading 1")
    head.add_run(f"{plot['name']}  ")
    shown = head.add_run(f"{plot['sign']} {plot['overall']}")
    shown.font.color.rgb = _colour(data, plot["verdict"])
    if plot["missing"]:
        doc.add_paragraph(plot["missing"])
    doc.add_paragraph(data["understood-title"], style="Heading 2")
    doc.add_paragraph("  ·  ".join(data["understood"]))
    doc.add_paragraph(data["map-title"], style="Heading 2")
    place = doc.add_paragraph()
    place.alignment = WD_ALIGN_PARAGRAPH.CENTER
    place.paragraph_format.keep_with_next = True
    place.add_run().add_picture(io.BytesIO(picture), width=Mm(_PICTURE_MM))
    note = "  ".join([plot["scale"], data["crs"], f"{data['approval']} ____________"])
    doc.add_paragraph(note, style="Caption").alignment = WD_ALIGN_PARAGRAPH.CENTER
    doc.add_paragraph(data["figures-title"], style="Heading 2")
    _table(doc, data, plot)
    for line in [*plot["details"], plot["sources"]]:
        doc.add_paragraph(line, style="Caption")
    signs = "        ".join(f"{label} ____________" for label in data["signatures"])
    last = doc.add_paragraph(f"{signs}  {data['seal']}")
    last.paragraph_format.space_before = Pt(8)


def _table(doc: Any, data: Mapping[str, Any], plot: Mapping[str, Any]) -> None:
    table = doc.add_table(rows=1, cols=len(data["heads"]), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths = [width or 180 - sum(data["columns"]) for width in data["columns"]]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    _cells(table.rows[0], data["heads"], widths, bold=True)
    table.rows[0]._tr.get_or_add_trPr().append(_header_mark())  # noqa: SLF001 - python-docx has no name for it
    keys = ("name", "m2", "ha", "mu", "limit", "shown", "clause", "remark")
    for line in plot["rows"]:
        row = table.add_row()
        _cells(row, [line[key] for key in keys], widths)
        verdict = row.cells[5].paragraphs[0].runs[0].font
        verdict.color.rgb, verdict.bold = _colour(data, line["verdict"]), line["verdict"] != "pass"


def _cells(row: Any, texts: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> None:
    for place, (cell, said, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
        cell.width = Mm(width)
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(0.8)
        if place in _NUMBERS:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = paragraph.add_run(said)
        run.font.size, run.font.bold = Pt(7), bold


def _header_mark() -> Any:
    """That a row is repeated on each page."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - used here alone

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    return mark


def _colour(data: Mapping[str, Any], verdict: str) -> RGBColor:
    red, green, blue = (int(data["colours"][verdict][at : at + 2], 16) for at in (1, 3, 5))
    return RGBColor(*(int(0.75 * part) for part in (red, green, blue)))


def same_bytes(content: bytes) -> bytes:
    """The same archive without the time of the run."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return out.getvalue()
