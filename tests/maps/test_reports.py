"""Reports: one content, as Word and PDF; every number has an id, and a changed digit is found in every format."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace

import openpyxl
import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph as Paragraph_

from maps import webmap, workbook
from maps.cells import Column, Number, Table
from maps.errors import MapError
from maps.pagedata import findings
from maps.report_blocks import Figure, Grid, Heading, Paragraph, Picture, Signatures, figures, grid, runs
from maps.report_content import content
from maps.report_docx import docx, tag
from maps.report_pdf import pdf
from maps.report_pictures import overview
from maps.verification import verify
from spatial.causes import by_clause
from tests.maps.results_fixture import small_results

KINDS = ("compliance", "quarterly", "annual")


@pytest.fixture(scope="module")
def results():
    return small_results()


@pytest.fixture(scope="module")
def made(results):
    return content(results, "compliance", "zh")


@pytest.fixture(scope="module")
def printed(made):
    return pdf(made)


def words(data):
    document = pypdfium2.PdfDocument(io.BytesIO(data))
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return re.sub(r"\s+", "", "".join(pages))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_report_ends_with_sources_and_signatures(results, kind, lang):
    report = content(results, kind, lang)
    assert isinstance(report.blocks[-1], Signatures)
    assert any(isinstance(block, Picture) for block in report.blocks)
    shown = {}
    for figure in figures(report):
        assert shown.setdefault(figure.id, figure.shown).split()[0] == figure.shown.split()[0]


def test_a_section_for_each_clause_and_a_row_for_each_finding(results, made):
    heads = [block.text for block in made.blocks if isinstance(block, Heading)]
    for clause in results.findings["clause"].unique():
        assert any(f"条款{clause}" in head for head in heads)
    ids = {figure.id.rpartition(".")[0] for figure in figures(made) if figure.id.endswith(".value")}
    known = results.findings.dropna(subset="value")["finding_id"].astype(str)
    assert ids == set(known)


def test_sections_stand_in_the_order_of_the_clauses(results):
    turned = replace(results, findings=results.findings.iloc[::-1])
    heads = [block.text for block in content(turned, "compliance", "zh").blocks if isinstance(block, Heading)]
    clauses = [found[1] for head in heads if (found := re.search(r"、条款(.+)$", head))]
    assert clauses == list(by_clause(results.findings).index)
    assert len(clauses) > 2


@pytest.mark.parametrize(
    ("value", "threshold", "unit", "said"),
    [
        (
            3.50000017,
            3.5,
            "km²",
            ("3.5000002 平方公里", "≤ 3.5 平方公里", "\N{MINUS SIGN}0.0000002 平方公里"),
        ),
        (3.5, 3.5, "km²", ("3.5000 平方公里", "≤ 3.5 平方公里", "0 平方公里")),
        (0.1 + 0.2, 0.3, "km²", ("0.3000 平方公里", "≤ 0.3 平方公里", "0.0000 平方公里")),
        (9.996, 10.0, "%", ("9.996 %", "≤ 10 %", "+0.004 %")),
        (16.668, 50 / 3, "亿元", ("16.668 亿元", "≤ 16.667 亿元", "\N{MINUS SIGN}0.001 亿元")),
    ],
)
def test_as_many_digits_as_tell_value_and_threshold_apart(results, value, threshold, unit, said):
    row = results.findings.head(1).assign(
        value=value, threshold=threshold, margin=threshold - value, unit=unit, operator="<="
    )
    (shown,) = findings(replace(results, findings=row), "zh")
    assert (shown["value"], shown["threshold"], shown["margin"]) == said


def test_missing_data_is_said_and_never_a_number(results, made):
    lacking = results.findings[results.findings["value"].isna()]
    assert len(lacking)
    ids = {figure.id for figure in figures(made)}
    assert not ids & {f"{one}.value" for one in lacking["finding_id"]}


def test_areas_stand_in_three_units(results, made):
    real = results.pieces[~results.pieces["sliver"].astype(bool)]
    total = real["area_m2"].round(2).sum()
    shown = {figure.id: figure.shown for figure in figures(made)}
    assert shown["pieces/sum/m²"].startswith(f"{total:,.2f}")
    assert float(shown["pieces/sum/亩"].split()[0].replace(",", "")) == pytest.approx(
        total * 3 / 2000, abs=0.01
    )


def test_no_cell_is_lost_in_the_pdf(made, printed):
    found = words(printed)
    for block in made.blocks:
        if isinstance(block, Grid):
            for row in block.rows:
                for cell in row:
                    said = cell if isinstance(cell, str) else cell.shown
                    assert re.sub(r"\s+", "", said) in found, said
        elif isinstance(block, (Heading, Paragraph)):
            said = (
                block.text
                if isinstance(block, Heading)
                else "".join(p if isinstance(p, str) else p.shown for p in block.parts)
            )
            assert re.sub(r"\s+", "", said) in found, said


def test_the_pdf_has_its_fonts_and_is_a4(printed):
    document = pypdfium2.PdfDocument(io.BytesIO(printed))
    sizes = {tuple(round(side * 25.4 / 72) for side in page.get_size()) for page in document}
    assert sizes <= {(210, 297), (297, 210)}
    assert (210, 297) in sizes
    document.close()
    assert printed.count(b"/FontFile") >= 1
    assert pdf(content(small_results(), "compliance", "zh")) == printed


def test_the_word_document_is_one_to_edit(made):
    document = Document(io.BytesIO(docx(made)))
    styles = {paragraph.style.name for paragraph in document.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Caption"} <= styles
    assert len(document.tables) == sum(isinstance(block, Grid) for block in made.blocks)
    for table in document.tables:
        head = table.rows[0]._tr.trPr
        assert head.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    section = document.sections[0]
    assert [
        round(side.mm)
        for side in (section.page_width, section.page_height, section.top_margin, section.left_margin)
    ] == [210, 297, 37, 28]
    fields = "".join(node.text for node in document.element.body.iter(qn("w:instrText")))
    assert "TOC" in fields
    assert fields.count("SEQ") == sum(isinstance(block, (Grid, Picture)) for block in made.blocks)


def test_wide_tables_lie_across_with_their_headings():
    wide = Grid("t", tuple("abcdefghi"), (), (1.0,) * 9, (False,) * 9)
    report = replace(
        content(small_results(), "quarterly", "zh"),
        blocks=(Paragraph(("p",)), Picture("c", "", 1), Heading(1, "h"), wide, Heading(1, "i")),
    )
    assert [(across, len(blocks)) for across, blocks in runs(report)] == [(False, 2), (True, 2), (False, 1)]


def test_no_row_of_a_long_table_is_lost(made):
    rows = tuple((f"镇{n:03d}", Figure(f"long/{n}", f"{n}.{n:03d}"), "甲" * (n % 60)) for n in range(500))
    long = Grid("长表", ("镇", "数", "说明"), rows, (10.0, 10.0, 30.0), (False, True, False))
    report = replace(made, blocks=(Heading(1, "一、长表"), long, made.blocks[-1]))
    printed = pdf(report)
    found = words(printed)
    places = [found.find(f"镇{n:03d}{n}.{n:03d}") for n in range(500)]
    assert -1 not in places
    assert places == sorted(places)
    pages = pypdfium2.PdfDocument(io.BytesIO(printed))
    texts = [page.get_textpage().get_text_range() for page in pages]
    assert all("说明" in said for said in texts if "镇" in said and "目" not in said)  # heads are repeated
    (table,) = Document(io.BytesIO(docx(report))).tables
    assert [row.cells[0].text for row in table.rows][1:] == [row[0] for row in rows]


ORDER = {
    "tblPr": ["tblStyle", "tblW", "jc", "tblInd", "tblBorders", "tblLayout", "tblCellMar", "tblLook"],
    "rPr": ["rStyle", "rFonts", "b", "bCs", "i", "color", "sz", "szCs", "lang"],
    "pPr": [
        "pStyle",
        "keepNext",
        "keepLines",
        "pageBreakBefore",
        "tabs",
        "spacing",
        "ind",
        "jc",
        "rPr",
        "sectPr",
    ],
    "sectPr": [
        "headerReference",
        "footerReference",
        "type",
        "pgSz",
        "pgMar",
        "pgNumType",
        "cols",
        "titlePg",
        "docGrid",
    ],
}


def test_word_finds_everything_in_the_order_of_its_schema(made):
    """ECMA-376 part 1, 17.3.1.26, 17.3.2.28, 17.4.59, 17.6.17: sequences, and Word refuses another order."""
    body = Document(io.BytesIO(docx(made))).element
    for name, order in ORDER.items():
        for node in body.iter(qn(f"w:{name}")):
            places = [order.index(child.tag.rpartition("}")[2]) for child in node]
            assert places == sorted(places), [child.tag for child in node]
    kinds = [node.get(qn("w:fldCharType")) for node in body.iter(qn("w:fldChar"))]
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end")
    ids = [node.get("id") for node in body.iter(qn("wp:docPr"))]
    assert len(ids) == len(set(ids)) > 0


def test_long_ids_fit_into_word():
    assert tag("short") == "short"
    assert len(tag("x" * 65)) == 64
    assert tag("x" * 65) != tag("x" * 66)


def rewritten(path, name, change):
    """The archive with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, change(data) if part == name else data)
    path.write_bytes(out.getvalue())


def test_word_is_verified_to_the_digit(results, made, tmp_path):
    path = tmp_path / "报告 一.docx"
    path.write_bytes(docx(made))
    whole = verify(results, path)
    assert whole.numbers == sum(1 for _ in figures(made))
    assert not whole.differences
    figure = next(one for one in figures(made) if one.id.endswith(".value") and len(one.shown) > 4)
    control = re.compile(
        f'(w:val="{re.escape(tag(figure.id))}".*?<w:t[^>]*>){re.escape(figure.shown)}<', re.DOTALL
    )
    wrong = figure.shown[:-1] + ("1" if figure.shown[-1] != "1" else "2")
    rewritten(
        path,
        "word/document.xml",
        lambda data: control.sub(rf"\g<1>{wrong}<", data.decode(), count=1).encode(),
    )
    (found,) = verify(results, path).differences
    assert (found.id, found.shown, found.stored) == (figure.id, wrong, figure.shown)


def test_a_number_taken_out_of_word_is_missed(results, made, tmp_path):
    path = tmp_path / "r.docx"
    document = Document(io.BytesIO(docx(made)))
    control = next(document.element.body.iter(qn("w:sdt")))
    name = control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}").get(qn("w:val"))
    same = [
        one
        for one in document.element.body.iter(qn("w:sdt"))
        if one.find(f"{qn('w:sdtPr')}/{qn('w:tag')}").get(qn("w:val")) == name
    ]
    for one in same:
        one.getparent().remove(one)
    document.save(path)
    (found,) = verify(results, path).differences
    assert (tag(found.id), found.shown) == (name, "")


def test_edited_words_do_not_matter(results, made, tmp_path):
    path = tmp_path / "r.docx"
    document = Document(io.BytesIO(docx(made)))
    document.add_paragraph("经研究,补充说明如下。")
    document.save(path)
    assert not verify(results, path).differences


def test_pdf_is_verified_to_the_digit(results, printed, tmp_path):
    path = tmp_path / "r.pdf"
    path.write_bytes(printed)
    assert not verify(results, path).differences
    other = results.findings.copy()
    at = other.index[other["value"].notna() & (other["value"] > 1)][0]
    other.loc[at, "value"] += 0.01
    path.write_bytes(pdf(content(replace(results, findings=other), "compliance", "zh")))
    found = verify(results, path).differences
    assert [one.id for one in found] == [f"{other.loc[at, 'finding_id']}.value"]
    assert found[0].place.startswith("p. ")
    assert found[0].shown != found[0].stored


def test_workbook_is_verified_to_the_cell(results, tmp_path):
    path = tmp_path / "w.xlsx"
    workbook.write(results, path, "zh")
    whole = verify(results, path)
    assert whole.numbers > 50
    assert not whole.differences
    book = openpyxl.load_workbook(path)
    sheet, cell = next(
        (sheet, cell) for sheet in book.worksheets[2:] for row in sheet.iter_rows() for cell in row
        if isinstance(cell.value, float)
    )  # fmt: skip
    place, right = f"{sheet.title}!{cell.coordinate}", cell.value
    part = f"xl/worksheets/sheet{book.sheetnames.index(sheet.title) + 1}.xml"
    pattern = re.compile(rf'(<c r="{cell.coordinate}"[^>]*><v>)[^<]*')
    rewritten(path, part, lambda data: pattern.sub(r"\g<1>12345.5", data.decode(), count=1).encode())
    found = {one.place: one for one in verify(results, path).differences}
    assert (found[place].shown, found[place].stored) == ("12345.5", str(right))


def test_the_map_is_verified_to_the_leaf(results, tmp_path):
    path = tmp_path / "map.html"
    webmap.write(results, path, "en")
    assert not verify(results, path).differences
    source = path.read_text(encoding="utf-8")
    data = json.loads(re.search(r"const LZ_DATA = (\{[^\n]*\});</script>", source)[1])
    value = next(row["value"] for row in data["en"]["findings"] if row["value"])
    changed = source.replace(
        json.dumps(value, ensure_ascii=False), json.dumps("9" + value, ensure_ascii=False), 1
    )
    path.write_text(changed, encoding="utf-8")
    (found,) = verify(results, path).differences
    assert (found.shown, found.stored) == ("9" + value, value)


@pytest.mark.parametrize("name", ["a.docx", "a.pdf", "a.xlsx", "a.html", "a.txt"])
def test_other_files_are_one_sentence(results, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"no such thing")
    with pytest.raises(MapError):
        verify(results, path)


@pytest.mark.parametrize("name", ["none.docx", "none.pdf", "none.xlsx", "none.html", "export.json"])
def test_a_file_that_is_not_there_is_one_sentence(results, tmp_path, name):
    with pytest.raises(MapError) as caught:
        verify(results, tmp_path / name)
    assert caught.value.code == "verify-missing"
    assert name in caught.value.text("zh")


def test_a_figure_with_a_verdict_keeps_its_number():
    assert Figure("a", "1") == ("a", "1", "")


def test_a_unit_in_the_head_leaves_no_trace_in_the_cells(results):
    row = results.findings.dropna(subset="value").head(1).assign(value=216.5, threshold=200.0, unit="亿元")
    shown = {
        figure.id.rpartition(".")[2]: figure.shown
        for figure in figures(content(replace(results, findings=row), "compliance", "en"))
        if figure.id.startswith(f"{row['finding_id'].iloc[0]}.")
    }
    assert (shown["value"], shown["threshold"][-3:]) == ("216.5", "200")


def test_areas_of_pieces_are_numbers_with_fixed_decimals(made):
    (table,) = (
        block for block in made.blocks if isinstance(block, Grid) and "面积\uff08亩\uff09" in block.heads
    )
    for head, decimals in (
        ("面积\uff08平方米\uff09", 2),
        ("面积\uff08公顷\uff09", 4),
        ("面积\uff08亩\uff09", 2),
    ):
        for row in table.rows:
            shown = row[table.heads.index(head)].shown
            assert re.fullmatch(rf"[\d,]+\.\d{{{decimals}}}", shown), shown


def test_long_texts_give_room_and_words_stay_whole():
    table = Table(
        "inputs",
        [Column(name) for name in ("Layer", "Role", "File", "Features", "CRS", "SHA-256")],
        [["construction", "land parcels " * 4, "data/建设用地图斑建设用地图斑.gpkg", Number(61601), "CGCS2000 zone " * 4, "b08a019053fa"]],
    )  # fmt: skip
    widths = grid(table, "x", "en").widths
    assert sum(widths) <= 98.1
    assert widths[5] >= len("b08a019053fa")
    towns_first = Table("t", [Column("镇"), Column("理由")], [["澜渡电驱小镇", "理由" * 90]] * 2)
    assert grid(towns_first, "x", "zh").widths[0] >= len("澜渡电驱小镇") * 2


def test_word_keeps_what_introduces_a_table_with_it(made):
    document = Document(io.BytesIO(docx(made)))
    body = list(document.element.body)
    tables = [place for place, part in enumerate(body) if part.tag == qn("w:tbl")]
    told = [Paragraph_(body[place - 2], document) for place in tables]
    told = [one for one in told if one.style.name == "Normal" and one.text]
    assert len(told) > 5
    assert all(one.paragraph_format.keep_with_next for one in told)


def test_no_name_on_the_overview_lies_on_another(results):
    drawn = re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)"[^>]*font-size="18"[^>]*>([^<]+)', overview(results, "zh")
    )
    assert drawn
    boxes = [
        (float(x) - 9 * len(name), float(y) - 16, float(x) + 9 * len(name), float(y) + 4)
        for x, y, name in drawn
    ]
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_print_has_chinese_punctuation_and_leaves_numbers_names_and_english_alone(results, made):
    inputs = next(block for block in made.blocks if isinstance(block, Grid) and block.caption == "输入文件")
    odd = [part for part in texts(made, without=inputs) if re.search("[\u4e00-\u9fff][,;:(]|^[,;:]$", part)]
    assert [
        part for part in odd if not re.search(r"[一二三四五六七八九十]\([一二三四五六七八九十]", part)
    ] == []
    raw = content(replace(results, title="某镇(试点),A,B"), "compliance", "en")
    assert raw.subtitle.startswith("某镇(试点),A,B")
    assert all(figure.shown.isascii() or "\uff0c" not in figure.shown for figure in figures(made))


def texts(report, without):
    """Words of a report, numbers apart."""
    for block in report.blocks:
        if isinstance(block, Heading):
            yield block.text
        elif isinstance(block, Paragraph):
            yield from (part for part in block.parts if isinstance(part, str))
        elif isinstance(block, Grid) and block is not without:
            yield from (part for row in block.rows for part in row if isinstance(part, str))
            yield from (block.caption, *block.heads, *block.notes)


def test_a_note_stands_with_its_table_and_never_alone_after_it():
    lines = tuple((f"甲{number}镇", "1") for number in range(60))
    report = content(small_results(), "quarterly", "zh")
    for rows in range(24, 36, 3):
        long = Grid("表", ("镇", "数"), lines[:rows], (20, 20), (False, True), ("甲乙丙丁",))
        data = pdf(replace(report, blocks=(Heading(1, "一"), long)))
        pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(io.BytesIO(data))]
        assert all("甲0镇" in re.sub(r"\s", "", page) for page in pages if "甲乙丙丁" in page)
    body = list(Document(io.BytesIO(docx(replace(report, blocks=(Heading(1, "一"), long))))).element.body)
    table = next(place for place, part in enumerate(body) if part.tag == qn("w:tbl"))
    note = body[table - 1]
    assert "甲乙丙丁" in "".join(note.itertext())
    assert note.find(f"{qn('w:pPr')}/{qn('w:keepNext')}") is not None
