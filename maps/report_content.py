"""The content of the reports: compliance, quarterly and annual, out of the results alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import shapely

from maps import assessment
from maps.cells import Number, Table
from maps.checks import CHECKS
from maps.colors import VERDICTS
from maps.pagedata import bilingual, bracketed, findings, said, verdict_labels
from maps.report_blocks import (
    Block,
    Figure,
    Grid,
    Heading,
    Kind,
    Mark,
    Paragraph,
    Picture,
    Piece,
    Report,
    Signatures,
    amount,
    bare,
    grid,
)
from maps.report_pictures import bars, overview
from maps.tables import inputs, issues, piece_order, pieces, towns
from maps.wording import cause_lines, policy_title, rule_titles, town_names, towns_judged
from spatial.causes import by_clause, in_order
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.results import Results

PIECES_MOST, VERTICES_MOST = 400, 2000
"""Pieces that are listed, vertices of the annex: more are in the workbook and in results.gpkg."""
PIECE_COLUMNS = (0, 1, 2, 4, 5, 9, 10, 11, 14, 15)
"""Of the list of pieces: number, town, clause, zone, parcel, areas, centre."""
MOST_FIGURES = 7
INPUT_COLUMNS = (0, 1, 2, 4, 5, 7)
_DIGITS = "〇一二三四五六七八九"
_WIDE_MM = 156.0


def content(results: Results, kind: Kind, lang: Lang) -> Report:
    """What a report says.

    Parameters
    ----------
    results
        What a run found.
    kind
        ``compliance`` (by clause), ``quarterly`` (figures and findings of the quarter) or ``annual`` (with the
        assessment, where the results have one).
    lang
        Language.
    """
    numbers = count(1)
    sections = {"quarterly": _quarterly, "annual": _annual}.get(kind, _compliance)
    made = str((results.provenance.get("run") or {}).get("at") or "")[:10]
    blocks = [*_summary(results, kind, lang, numbers), *sections(results, lang, numbers)]
    blocks += [*_annexes(results, kind, lang, numbers), _signatures(lang)]
    return Report(
        kind=kind,
        title=text(f"report-{kind}", lang),
        subtitle=f"{results.title}  {results.provenance.get('as_of', '')}",
        mark=text("fact-demo-note", lang) if results.demo else "",
        date=made,
        blocks=tuple(blocks),
        lang=lang,
    )


def chinese(number: int) -> str:
    """A number up to 99 in Chinese, as headings count.

    Examples
    --------
    >>> [chinese(number) for number in (1, 10, 12, 20, 35)]
    ['一', '十', '十二', '二十', '三十五']
    """
    tens, ones = divmod(number, 10)
    head = "" if not tens else ("" if tens == 1 else _DIGITS[tens]) + "十"
    return head + (_DIGITS[ones] if ones else "")


def head(title: str, numbers: Iterator[int], lang: Lang) -> Heading:
    """The next heading of the first level, numbered as the language does."""
    number = next(numbers)
    return Heading(1, f"{chinese(number)}、{title}" if lang == "zh" else f"{number}  {title}")


def _summary(results: Results, kind: Kind, lang: Lang, numbers: Iterator[int]) -> list[Block]:
    """What was judged by what, verdicts by clause, causes, the map."""
    origin = results.provenance
    facts = {
        "policy": policy_title(results, lang),
        "document": str(results.rulebook.get("document") or ""),
        "as_of": str(origin.get("as_of") or ""),
        "towns": towns_judged(results, lang),
        "crs": str(origin.get("crs") or ""),
    }
    blocks: list[Block] = [
        head(text("report-summary", lang), numbers, lang),
        Paragraph((text("report-basis", lang, **facts),)),
        _verdicts(results, lang),
    ]
    headline, lines = cause_lines(results, lang)
    blocks.append(Paragraph((headline,)))
    blocks += [Paragraph((f"{place}. {sentence}",)) for place, (sentence, *_) in enumerate(lines, 1)]
    blocks.append(Picture(text("report-map", lang), overview(results, lang), _WIDE_MM))
    if kind == "compliance" and len(results.findings):
        blocks.append(Picture(text("report-bars", lang), bars(results, lang), _WIDE_MM))
    return blocks


def _verdicts(results: Results, lang: Lang) -> Grid:
    """Findings by clause and verdict."""
    labels = verdict_labels(lang)
    counts = by_clause(results.findings)
    named = results.findings.drop_duplicates(["clause", "rule"])
    titles = rule_titles(results, lang)
    rows: list[tuple[Piece, ...]] = []
    for clause, row in counts.iterrows():
        rules = [titles.get(rule, str(rule)) for rule in named.loc[named["clause"] == clause, "rule"]]
        own = [Figure(f"count/{clause}/{code}", f"{int(row[code]):,}") for code in labels]
        total = Figure(f"count/{clause}", f"{int(row.sum()):,}")
        rows.append((str(clause), text("map-and", lang).join(rules), *own, total))
    sums = [Figure(f"count/{code}", f"{int(counts[code].sum()):,}") for code in labels]
    rows.append((text("head-total", lang), "", *sums, Figure("count", f"{int(counts.to_numpy().sum()):,}")))
    heads = (
        text("head-clause", lang),
        text("head-rule-title", lang),
        *labels.values(),
        text("head-total", lang),
    )
    widths = (13.0, 32.0, *([12.0] * len(labels)), 9.0)
    return Grid(
        text("report-by-clause", lang),
        heads,
        tuple(rows),
        widths,
        (False, False, *([True] * (len(labels) + 1))),
    )


def _compliance(results: Results, lang: Lang, numbers: Iterator[int]) -> list[Block]:
    """One section a clause: its words, its rules, every town under them."""
    shown = findings(results, lang)
    names, units = town_names(results, lang), _units(results, lang)
    blocks: list[Block] = []
    for clause in in_order(row["clause"] for row in shown):
        own = [row for row in shown if row["clause"] == clause]
        blocks.append(head(text("report-clause", lang, clause=clause), numbers, lang))
        words = dict.fromkeys(row["text"] for row in own if row["text"])
        blocks += [Paragraph((said_so,), "quote") for said_so in words]
        for place, rule in enumerate(dict.fromkeys(row["rule"] for row in own), 1):
            judged = [row for row in own if row["rule"] == rule]
            sign = bracketed(chinese(place), lang) if lang == "zh" else f"{bracketed(place, lang)} "
            blocks.append(Heading(2, f"{sign}{judged[0]['title']}"))
            blocks.append(Paragraph(_told(rule, judged, lang)))
            blocks.append(_judged(judged, names, units, lang))
    blocks += _indicators(results, lang, numbers)
    blocks += _areas(results, lang, numbers)
    return blocks


def _indicators(results: Results, lang: Lang, numbers: Iterator[int]) -> list[Block]:
    """Figures of clauses that set no limit: a table a clause, a row a town."""
    names = town_names(results, lang)
    judged = results.towns.index[results.towns["programme"].notna()]
    blocks: list[Block] = []
    indicators = results.rulebook.get("indicators", {})
    for clause in in_order(indicators):
        asked = indicators[clause]
        table = results.measures[
            results.measures["measure"].isin(asked) & results.measures["town_id"].isin(judged)
        ]
        known = table.dropna(subset="value")
        order = [name for name in asked if name in set(known["measure"])][:MOST_FIGURES]
        if not order:
            continue
        units = dict(zip(table["measure"], table["unit"], strict=True))
        values = {(row.town_id, row.measure): row.value for row in known.itertuples()}
        rows: list[tuple[Piece, ...]] = [
            (
                names.get(str(town), str(town)),
                *(
                    _unitless(f"{town}.{name}", value, units[name], lang)
                    if (value := values.get((town, name))) is not None
                    else "–"
                    for name in order
                ),
            )
            for town in judged
            if any((town, name) in values for name in order)
        ]
        heads = (
            text("head-town", lang),
            *(
                said(name, lang, "measure-")
                + (f"\n{bracketed(said(units[name], lang, 'unit-'), lang)}" if units[name] else "")
                for name in order
            ),
        )
        widths = (16.0, *([12.0] * len(order)))
        caption = text("report-clause", lang, clause=clause)
        blocks.append(Grid(caption, heads, tuple(rows), widths, (False, *([True] * len(order)))))
    return [head(text("report-indicators", lang), numbers, lang), *blocks] if blocks else []


def _unitless(name: str, value: float, unit: str, lang: Lang) -> Piece:
    """A measure without its unit, which stands in the head."""
    made = amount(name, value, unit, lang)
    return (
        made._replace(shown=bare(made.shown, said(unit, lang, "unit-"))) if isinstance(made, Figure) else made
    )


def _units(results: Results, lang: Lang) -> dict[str, str]:
    """Unit of each finding, in words."""
    ids, units = results.findings["finding_id"].astype(str), results.findings["unit"]
    return {key: said(unit, lang, "unit-") for key, unit in zip(ids, units, strict=True)}


def _told(rule: str, rows: list[dict[str, Any]], lang: Lang) -> tuple[Piece, ...]:
    """How many towns a rule was asked of, and with what verdicts."""
    labels = verdict_labels(lang)
    parts: list[Piece] = [
        text("report-asked", lang), Figure(f"count/{rule}", str(len(rows))), text("report-asked-of", lang)
    ]  # fmt: skip
    for code, label in labels.items():
        number = sum(row["verdict"] == code for row in rows)
        if number:
            parts += [f"{label} ", Figure(f"count/{rule}/{code}", str(number)), text("stop-comma", lang)]
    return (*parts[:-1], text("report-stop", lang))


def _judged(rows: list[dict[str, Any]], names: dict[str, str], units: dict[str, str], lang: Lang) -> Grid:
    """A row a town: value, what is asked, margin, verdict, why; the worst first. The unit stands in the heads."""
    labels = verdict_labels(lang)
    order = {code: place for place, code in enumerate(labels)}
    unit = units[rows[0]["id"]]
    cells = tuple(
        (
            names.get(row["town"], str(row["town"])),
            *_numbers(row, unit, lang),
            Mark(row["verdict"], labels[row["verdict"]]),
            _why(row, lang),
        )
        for row in sorted(rows, key=lambda row: order[row["verdict"]])
    )
    tail = f"\n{bracketed(unit, lang)}" if unit else ""
    heads = (
        text("head-town", lang), *(text(f"head-{name}", lang) + tail for name in ("value", "threshold", "margin")),
        text("head-verdict", lang), text("head-condition", lang),
    )  # fmt: skip
    right = (False, True, True, True, False, False)
    return Grid(rows[0]["title"], heads, cells, (17, 15, 12, 15, 11, 27), right)


def _numbers(row: dict[str, Any], unit: str, lang: Lang) -> tuple[Piece, Piece, Piece]:
    """Value, threshold and margin without their unit."""
    found: list[Piece] = []
    for name, without in (("value", text("no-number", lang)), ("threshold", "–"), ("margin", "–")):
        shown = bare(row[name], unit)
        found.append(Figure(f"{row['id']}.{name}", shown) if shown else without)
    return found[0], found[1], found[2]


def _why(row: dict[str, Any], lang: Lang) -> str:
    """Condition, exception, what would turn the verdict, when it is due; not what is the same for all."""
    told = {text(f"map-{name}", lang) for name in ("condition", "turned", "exception", "due")}
    return text("stop-semicolon", lang).join(
        value if label == text("map-condition", lang) else f"{label} {value}"
        for label, value in row["more"]
        if label in told
    )


def _areas(results: Results, lang: Lang, numbers: Iterator[int]) -> list[Block]:
    """The pieces of land that break a rule, with legal areas in m², ha and mu."""
    table = pieces(results, lang)
    blocks: list[Block] = [head(text("report-pieces", lang), numbers, lang)]
    if not table.rows:
        return [*blocks, Paragraph((text("note-empty", lang),))]
    sums: list[Piece] = [text("report-pieces-sum", lang)]
    mark = table.areas["sliver"]
    no = text("answer-no", lang)
    for unit, key in (("m²", "area-m2"), ("ha", "area-ha"), ("亩", "area-mu")):
        place = table.areas[key]
        total = sum(
            cell.value for row in table.rows if row[mark] == no and isinstance(cell := row[place], Number)
        )
        sums += [amount(f"pieces/sum/{unit}", total, unit, lang), text("stop-comma", lang)]
    blocks.append(Paragraph((*sums[:-1], text("report-stop", lang))))
    blocks.append(grid(_only(table, PIECE_COLUMNS), text("report-pieces", lang), lang, most=PIECES_MOST))
    return blocks


def _quarterly(results: Results, lang: Lang, numbers: Iterator[int]) -> list[Block]:
    """A table for each check of the quarter: a row a town, a column a measure."""
    blocks: list[Block] = []
    for code, measures in CHECKS.items():
        name = text(f"sheet-{code}", lang)
        table = _side_by_side(results, measures, name, lang)
        if table.rows:
            blocks += [head(name, numbers, lang), table]
    known = [name for group in CHECKS.values() for name in group]
    rest = results.findings[~results.findings["measure"].isin(known)]
    if len(rest):
        name = text("sheet-other", lang)
        blocks += [
            head(name, numbers, lang),
            _one_by_one(results, set(rest["finding_id"].astype(str)), name, lang),
        ]
    return [*blocks, *_areas(results, lang, numbers)]


def _one_by_one(results: Results, ids: set[str], caption: str, lang: Lang) -> Grid:
    """A row a finding, with its unit."""
    labels, names = verdict_labels(lang), town_names(results, lang)
    cells = tuple(
        (
            row["title"],
            names.get(row["town"], str(row["town"])),
            *_numbers(row, "", lang)[:2],
            Mark(row["verdict"], labels[row["verdict"]]),
        )
        for row in findings(results, lang)
        if row["id"] in ids
    )
    heads = tuple(
        text(f"head-{name}", lang) for name in ("rule-title", "town", "value", "threshold", "verdict")
    )
    return Grid(caption, heads, cells, (28, 18, 16, 16, 11), (False, False, True, True, False))


def _side_by_side(results: Results, measures: tuple[str, ...], caption: str, lang: Lang) -> Grid:
    """Values of measures, each with the sign of its verdict; a town of which none is asked is left out."""
    signs = {code: look.sign for code, look in VERDICTS.items()}
    frame = results.findings[results.findings["measure"].isin(measures)]
    order = [name for name in measures if name in set(frame["measure"])]
    names = town_names(results, lang)
    units = _units(results, lang)
    shown = {row["id"]: bare(row["value"], units[row["id"]]) for row in findings(results, lang)}
    rows: list[tuple[Piece, ...]] = []
    for town, own in frame.groupby("town_id", sort=False):
        cells: list[Piece] = [names.get(str(town), str(town))]
        for name in order:
            found = own[own["measure"] == name].head(1).to_dict(orient="records")
            if not found:
                cells.append("–")
                continue
            key, verdict = str(found[0]["finding_id"]), str(found[0]["verdict"])
            value = shown[key]
            cells.append(
                Figure(f"{key}.value", f"{value} {signs[verdict]}", verdict)
                if value
                else text("no-number", lang)
            )
        rows.append(tuple(cells))
    unit_of = dict(zip(frame["measure"], frame["finding_id"].astype(str).map(units), strict=True))
    heads = (
        text("head-town", lang),
        *(
            said(name, lang, "measure-") + (f"\n{bracketed(unit_of[name], lang)}" if unit_of[name] else "")
            for name in order
        ),
    )
    widths = (15.0, *([14.0] * len(order)))
    note = "  ".join(f"{signs[code]} {label}" for code, label in verdict_labels(lang).items())
    return Grid(caption, heads, tuple(rows), widths, (False, *([True] * len(order))), (note,))


def _annual(results: Results, lang: Lang, numbers: Iterator[int]) -> list[Block]:
    """The assessment where there is one, then as the quarterly report."""
    blocks: list[Block] = [head(text("report-assessment", lang), numbers, lang)]
    if "scores" in results.tables:
        blocks += [
            grid(table, text(f"sheet-{table.code}", lang), lang)
            for table in assessment.tables(results, lang)[:2]
        ]
    else:
        blocks.append(Paragraph((text("report-no-assessment", lang),)))
    blocks.append(grid(towns(results, lang), text("sheet-towns", lang), lang))
    return [*blocks, *_quarterly(results, lang, numbers)]


def _annexes(results: Results, kind: Kind, lang: Lang, numbers: Iterator[int]) -> list[Block]:
    """Vertices of the pieces, quality of the data, where everything comes from."""
    blocks: list[Block] = []
    if kind == "compliance" and len(results.pieces):
        blocks += [head(text("report-vertices", lang), numbers, lang), _vertices(results, lang)]
    quality = issues(results, lang)
    blocks.append(head(text("report-quality", lang), numbers, lang))
    blocks.append(
        grid(quality, text("report-quality", lang), lang)
        if quality.rows
        else Paragraph((text("note-empty", lang),))
    )
    blocks.append(head(text("report-sources", lang), numbers, lang))
    blocks.append(Paragraph((_origin(results, lang),), "note"))
    sources = inputs(results, lang)
    short = Table(sources.code, sources.columns, [[_short(cell) for cell in row] for row in sources.rows])
    blocks.append(grid(_only(short, INPUT_COLUMNS), text("block-inputs", lang), lang))
    return blocks


def _only(table: Table, places: tuple[int, ...]) -> Table:
    """Some columns of a table."""
    rows = [[row[place] for place in places] for row in table.rows]
    return replace(table, columns=[table.columns[place] for place in places], rows=rows)


def _short(cell: Any) -> Any:
    """A hash by its first 12 digits, everything else as it is."""
    return cell[:12] if isinstance(cell, str) and len(cell) == 64 else cell  # noqa: PLR2004 - SHA-256


def _origin(results: Results, lang: Lang) -> str:
    origin = results.provenance
    versions = origin.get("versions") or {}
    return text(
        "report-origin", lang, program=origin.get("program") or "–", made=(origin.get("run") or {}).get("at") or "–",
        rulebook=bilingual(origin.get("policy"), lang), sha256=str(origin.get("policy_sha256") or "–")[:12],
        versions=", ".join(f"{name} {version}" for name, version in sorted(versions.items())),
    )  # fmt: skip


def _vertices(results: Results, lang: Lang) -> Grid:
    """Vertices of the listed pieces in the working CRS, numbered as in the list of pieces."""
    table = pieces(results, lang)
    order = piece_order(results)
    rows: list[tuple[Piece, ...]] = []
    total = 0
    for number, place in enumerate(order[: len(table.rows)], 1):
        for ring, line in enumerate(
            shapely.get_rings(shapely.get_parts(results.pieces.geometry.iloc[place])), 1
        ):
            xy = shapely.get_coordinates(line)[:-1]
            total += len(xy)
            for point, (x, y) in enumerate(xy[: max(VERTICES_MOST - len(rows), 0)], 1):
                name = f"vertex/{number}/{ring}/{point}"
                rows.append((
                    str(number), str(ring), str(point), Figure(f"{name}/x", f"{x:.3f}"), Figure(f"{name}/y", f"{y:.3f}")
                ))  # fmt: skip
    notes = (
        () if total <= len(rows) else (text("note-more", lang, total=f"{total:,}", shown=f"{len(rows):,}"),)
    )
    heads = tuple(text(f"report-vertex-{name}", lang) for name in ("piece", "ring", "point", "x", "y"))
    return Grid(
        text("report-vertices", lang), heads, tuple(rows), (8, 8, 8, 16, 16), (True,) * len(heads), notes
    )


def _signatures(lang: Lang) -> Signatures:
    labels = tuple(text(f"report-sign-{name}", lang) for name in ("made", "checked", "approved", "date"))
    return Signatures(labels, text("report-seal", lang))
