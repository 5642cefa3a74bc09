"""A report as a Word document that an office edits: real headings, captions, contents, numbered tables.

Every number stands in a content control whose tag is its id, so that it is found again after editing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from maps import typesetting
from maps.colors import VERDICTS
from maps.plot_document import same_bytes
from maps.report_blocks import (
    Block,
    Figure,
    Grid,
    Heading,
    Mark,
    Paragraph,
    Picture,
    Piece,
    Report,
    Signatures,
    runs,
)
from maps.report_pdf import keyword, letters
from spatial.messages import text

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARGINS: Final = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
"""GB/T 9704, mm."""
_TEXT_MM: Final = {False: 156.0, True: 257.0}
_FONTS: Final = {
    "Title": ("方正小标宋简体", 22), "Subtitle": ("楷体_GB2312", 16), "Normal": ("仿宋_GB2312", 16),
    "Heading 1": ("黑体", 16), "Heading 2": ("楷体_GB2312", 16), "Heading 3": ("仿宋_GB2312", 16),
    "Caption": ("黑体", 12), "Quote": ("楷体_GB2312", 15), "Header": ("仿宋_GB2312", 10), "Footer": ("宋体", 14),
}  # fmt: skip
"""Fonts of official documents with their sizes in points; a machine without them takes its own."""
_STAND_INS: Final = {
    "方正小标宋简体": "SimSun,Noto Serif CJK SC", "仿宋_GB2312": "FangSong,Noto Serif CJK SC",
    "楷体_GB2312": "KaiTi,Noto Serif CJK SC", "黑体": "SimHei,Noto Sans CJK SC",
}  # fmt: skip
_LATIN, _LATIN_PT = "Times New Roman", 11
_TAG: Final = 64
_CELL: Final = "Cell"
_ENTRY: Final = "toc 1"
_TWIPS, _FULL = 1440 / 25.4, 75.0
"""Twips a millimetre; shares from which on a table is as wide as the text."""


def docx(report: Report) -> bytes:
    """Make the document; the same report gives the same bytes."""
    doc = Document()
    _styles(doc, report)
    _page(doc.sections[0], report, across=False)
    doc.add_paragraph(report.title, style="Title")
    doc.add_paragraph(report.subtitle, style="Subtitle")
    _contents(doc, report)
    counts = {"table": 0, "figure": 0}
    for number, (across, blocks) in enumerate(runs(report)):
        if number:
            _page(doc.add_section(WD_SECTION.NEW_PAGE), report, across=across)
        for block, after in zip(blocks, [*blocks[1:], None], strict=True):
            _block(doc, block, report, counts, _TEXT_MM[across])
            if isinstance(block, Paragraph):  # its table, or the words that it is about, on the same page
                follows = isinstance(after, Grid) or (block.style == "quote" and after is not None)
                doc.paragraphs[-1].paragraph_format.keep_with_next = follows
    first = next(one for one in doc.paragraphs if getattr(one.style, "name", "") == "Heading 1")
    first.paragraph_format.page_break_before = True
    own = doc.core_properties
    own.title, own.author, own.keywords = report.title, "liangzhen", keyword(report)
    own.language = {"zh": "zh-CN", "en": "en-US"}[report.lang]
    day = dt.date.fromisoformat(report.date) if report.date else dt.date(2016, 1, 1)
    own.created = own.modified = dt.datetime.combine(day, dt.time())
    own.last_modified_by, own.revision = "liangzhen", 1
    out = io.BytesIO()
    doc.save(out)
    return same_bytes(out.getvalue())


def tag(name: str) -> str:
    """The id of a number as Word can hold it: at most 64 characters."""
    return name if len(name) <= _TAG else hashlib.sha256(name.encode()).hexdigest()


def _styles(doc: Any, report: Report) -> None:
    chinese = report.lang == "zh"
    for name, (font, size) in _FONTS.items():
        style = doc.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size if chinese else size * _LATIN_PT / 16)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(kind), None)
        fonts.set(qn("w:eastAsia"), font)
        style.font.color.rgb, style.font.italic = RGBColor(0, 0, 0), False
        style.font.bold = not chinese and name.startswith(("Title", "Heading", "Caption"))
        form = style.paragraph_format
        form.space_before, form.space_after = Pt(6 if name.startswith("Heading") else 0), Pt(0)
        form.line_spacing = (
            Pt(28 if chinese else 16) if name in {"Normal", "Quote", "Heading 1", "Heading 2"} else 1.0
        )
    for name in ("Title", "Subtitle", "Caption"):
        doc.styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    doc.styles["Title"].paragraph_format.space_before = Pt(90)
    doc.styles["Subtitle"].paragraph_format.space_after = Pt(30)
    doc.styles["Caption"].paragraph_format.space_before = Pt(10)
    doc.styles["Caption"].paragraph_format.space_after = Pt(4)
    for border in doc.styles["Title"].element.findall(".//" + qn("w:pBdr")):
        border.getparent().remove(border)
    entry = doc.styles.add_style(_ENTRY, WD_STYLE_TYPE.PARAGRAPH)
    entry.base_style = doc.styles["Normal"]
    entry.font.size, entry.paragraph_format.line_spacing = (
        Pt(14 if chinese else 11),
        Pt(24 if chinese else 16),
    )
    entry.paragraph_format.tab_stops.add_tab_stop(Mm(156), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    cell = doc.styles.add_style(_CELL, WD_STYLE_TYPE.PARAGRAPH)
    cell.base_style = doc.styles["Normal"]
    cell.font.size, cell.paragraph_format.line_spacing = Pt(8), 1.0
    _stand_ins(doc)


def _stand_ins(doc: Any) -> None:
    """Names that a machine takes where it lacks the fonts of official documents."""
    part = next(one.target_part for one in doc.part.rels.values() if one.reltype.endswith("/fontTable"))
    entries = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in _STAND_INS.items()
    )
    part._blob = part.blob.replace(b"</w:fonts>", entries.encode() + b"</w:fonts>")  # noqa: SLF001 - no other way


def _page(section: Any, report: Report, *, across: bool) -> None:
    """A4 with the margins of official documents, page number below, the mark of synthetic data above."""
    section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if across else (Mm(210), Mm(297))
    margins = dict.fromkeys(_MARGINS, 20) if across else _MARGINS
    for side, width in margins.items():
        setattr(section, side, Mm(width))
    section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
    head = section.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    mark = head.add_run(report.mark)
    mark.font.bold, mark.font.color.rgb = True, RGBColor(0xB2, 0x18, 0x2B)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run("— ")
    _field(foot, "PAGE", "1")
    foot.add_run(" —")


def _field(paragraph: Any, code: str, shown: str) -> None:
    """A field that Word works out, with what it shows until then."""
    for kind in ("begin", "code", "separate", "shown", "end"):
        if kind == "shown":
            paragraph.add_run(shown)
        else:
            _field_part(paragraph, kind, code)


def _field_part(paragraph: Any, kind: str, code: str, *, dirty: bool = False) -> None:
    run = paragraph.add_run()._r  # noqa: SLF001 - python-docx has no fields
    if kind == "code":
        words = OxmlElement("w:instrText")
        words.set(qn("xml:space"), "preserve")
        words.text = f" {code} "
        run.append(words)
        return
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if kind == "begin" and dirty:
        mark.set(qn("w:dirty"), "true")
    run.append(mark)


def _contents(doc: Any, report: Report) -> None:
    """Contents: a field with the headings in it, so that it reads before Word has worked it out."""
    doc.add_paragraph(text("report-contents", report.lang)).alignment = WD_ALIGN_PARAGRAPH.CENTER
    heads = [block.text for block in report.blocks if isinstance(block, Heading) and block.level == 1]
    lines = [doc.add_paragraph(style=_ENTRY) for _ in heads]
    for kind in ("begin", "code", "separate"):
        _field_part(lines[0], kind, 'TOC \\o "1-1" \\h \\z', dirty=True)
    for line, words in zip(lines, heads, strict=True):
        line.add_run(words)
    _field_part(lines[-1], "end", "")


def _block(doc: Any, block: Block, report: Report, counts: dict[str, int], width_mm: float) -> None:
    if isinstance(block, Heading):
        doc.add_paragraph(block.text, style=f"Heading {block.level}")
    elif isinstance(block, Paragraph):
        _paragraph(doc, block, report)
    elif isinstance(block, Grid):
        _caption(doc, "table", block.caption, report, counts)
        for note in block.notes:  # above, so that it never stands alone on the next page
            line = doc.add_paragraph(style=_CELL)
            line.alignment, line.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
            line.add_run(note).font.size = Pt(9)
        _grid(doc, block, width_mm)
    elif isinstance(block, Picture):
        paragraph = doc.add_paragraph()
        paragraph.alignment, paragraph.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
        paragraph.paragraph_format.line_spacing = 1.0
        paragraph.add_run().add_picture(
            io.BytesIO(_drawn(block, report)), width=Mm(min(block.width_mm, width_mm))
        )
        _caption(doc, "figure", block.caption, report, counts)
    elif isinstance(block, Signatures):
        for label in block.labels:
            doc.add_paragraph(f"{label}____________________").paragraph_format.space_before = Pt(10)
        doc.add_paragraph(block.seal).alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _paragraph(doc: Any, block: Paragraph, report: Report) -> None:
    quoted, scale = block.style == "quote", 1 if report.lang == "zh" else _LATIN_PT / 16
    paragraph = doc.add_paragraph(style="Quote" if quoted else "Normal")
    if quoted:
        paragraph.paragraph_format.left_indent = Mm(6)
    elif block.style != "note":
        paragraph.paragraph_format.first_line_indent = Pt(32 if report.lang == "zh" else 0)
    size = 10 if block.style == "note" else _FONTS[paragraph.style.name][1] * scale
    for part in ("“", *block.parts, "”") if quoted else block.parts:
        _put(paragraph, part, size)


def _drawn(picture: Picture, report: Report) -> bytes:
    """A picture as PNG, with the font that the PDF of the report has."""
    source = f'#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.svg", width: {picture.width_mm}mm)'
    return typesetting.png(
        source, {"picture.svg": picture.svg.encode("utf-8"), "words.txt": letters(report)}
    )[0]


def _caption(doc: Any, kind: str, words: str, report: Report, counts: dict[str, int]) -> None:
    counts[kind] += 1
    label = text(f"report-{kind}", report.lang)
    paragraph = doc.add_paragraph(f"{label} ", style="Caption")
    paragraph.paragraph_format.keep_with_next = kind == "table"
    _field(paragraph, f"SEQ {label} \\* ARABIC", str(counts[kind]))
    paragraph.add_run(f"  {words}")


def _grid(doc: Any, block: Grid, width_mm: float) -> None:
    """A table of which heads are repeated on each page and no row is split."""
    whole = max(sum(block.widths), _FULL)
    widths = [round(width_mm * share / whole * _TWIPS) for share in block.widths]
    size = 7.0 if len(block.heads) > 12 else 8.0 if len(block.heads) > 7 else 9.0  # noqa: PLR2004 - as in the PDF
    rows = [_row(block.heads, widths, size, head=True)]
    rows += [_row(line, widths, size, right=block.right) for line in block.rows]
    sides = {"top": 25, "left": 45, "bottom": 25, "right": 45}
    margins = "".join(f'<w:{side} w:w="{room}" w:type="dxa"/>' for side, room in sides.items())
    table = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:jc w:val="center"/><w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>'
        f'<w:tblGrid>{"".join(f"""<w:gridCol w:w="{width}"/>""" for width in widths)}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )
    doc.element.body[-1].addprevious(table)


def _row(
    cells: Sequence[Piece], widths: Sequence[int], size: float, *, head: bool = False, right: Sequence[bool] = ()
) -> str:  # fmt: skip
    """WordprocessingML of a row."""
    made = []
    for place, (said, width) in enumerate(zip(cells, widths, strict=True)):
        side = "center" if head else "right" if right[place] else "left"
        kept = "<w:keepNext/>" if head else ""
        made.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            f'<w:p><w:pPr><w:pStyle w:val="{_CELL}"/>{kept}<w:jc w:val="{side}"/></w:pPr>{_run(said, size, bold=head)}</w:p></w:tc>'
        )
    header = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{header}</w:trPr>{''.join(made)}</w:tr>"


def _run(piece: Piece, size: float, *, bold: bool = False) -> str:
    """Words, a verdict in its colour, or a number in a control that bears its id."""
    verdict = piece.verdict if isinstance(piece, (Mark, Figure)) else ""
    thick = "<w:b/>" if bold or verdict not in {"", "pass"} else ""
    colour = f'<w:color w:val="{_ink(verdict)}"/>' if verdict else ""
    lines = escape(piece if isinstance(piece, str) else piece.shown).split("\n")
    words = "<w:br/>".join(f'<w:t xml:space="preserve">{line}</w:t>' for line in lines)
    run = f'<w:r><w:rPr>{thick}{colour}<w:sz w:val="{round(2 * size)}"/></w:rPr>{words}</w:r>'
    if isinstance(piece, Figure):
        return f"<w:sdt><w:sdtPr><w:tag w:val={quoteattr(tag(piece.id))}/></w:sdtPr><w:sdtContent>{run}</w:sdtContent></w:sdt>"
    return run


def _ink(verdict: str) -> str:
    fill = VERDICTS[verdict].fill
    return "".join(f"{int(0.75 * int(fill[at : at + 2], 16)):02X}" for at in (1, 3, 5))


def _put(paragraph: Any, piece: Piece, size: float) -> None:
    """Words or a number at the end of a paragraph."""
    paragraph._p.append(parse_xml(_run(piece, size).replace(">", f" {nsdecls('w')}>", 1)))  # noqa: SLF001
