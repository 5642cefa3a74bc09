"""What `inspect` shows on the screen: an overview, then one page a layer, summaries first."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from rich.box import Box
from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.table import Table
from rich.text import Text

from layers.problems import groups
from maps.console import in_gbk
from maps.pagedata import missing
from maps.sketch import sketch
from maps.wording import issue_text
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, RenderableType

    from layers.inspecting import Bounds, Inspected, Inspection

_COLOURS = {"error": "red", "warning": "yellow", "note": "bright_black"}
_SURE = {"certain": "green", "likely": "yellow", "unknown": "red"}
_SEVERITIES = ("error", "warning", "note")
_HEAD = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_MOST_FIELDS, _MOST_GROUPS, _FEW = 12, 10, 3
_WIDE = 110
_DEGREES_M, _TURN, _HUGE = 111_320.0, 360.0, 1e9


def render(inspection: Inspection, lang: Lang, console: Console) -> None:
    """Print an overview of all layers and a page for each.

    Characters of ambiguous width are kept out of tables and map, so that they stand straight in Chinese terminals
    too; where the terminal is not UTF-8, the map is drawn in letters.

    Parameters
    ----------
    inspection
        What was found.
    lang
        Language.
    console
        Where to print.
    """
    pages = inspection.layers
    if len(pages) > 1:
        _say(
            console, text("inspect-overview", lang, count=len(pages), problems=_counted(pages, lang)), "bold"
        )
        console.print(_overview(pages, lang, console))
    for place, page in enumerate(pages, 1):
        console.print()
        _say(
            console, text("inspect-page", lang, place=place, count=len(pages), name=page.name), "bold reverse"
        )
        if page.error is not None:
            _say(console, text("inspect-unreadable", lang, problem=page.error.text(lang)), "red")
            continue
        console.print(_top(page, inspection, lang, console))
        if len(page.fields):
            console.print(_fields(page, lang, console))
        if page.grid is None:
            console.print(_problems(page, lang, console))
    if len(inspection.lapsed):
        console.print()
        _say(console, text("inspect-lapsed", lang), "bold")
        for row in inspection.lapsed.to_dict(orient="records"):
            _say(console, "  " + lapse_text(row, lang), "yellow")


def lapse_text(row: dict[str, Any], lang: Lang) -> str:
    """Why a waiver no longer holds, in words."""
    unit = "" if row["why"] == "grown" and not math.isfinite(row["distance_m"]) else " m²"
    return text(
        f"waive-lapse-{row['why']}", lang,
        waiver=row["waiver"], layer=row["layer"], code=row["code"], expires=row["expires_on"],
        distance=_metres(row["distance_m"]), tolerance=_metres(row["tolerance_m"]),
        before=f"{row['before']:,.2f}{unit}", after=f"{row['after']:,.2f}{unit}",
    )  # fmt: skip


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(Text(_shown(line, console), style=style), soft_wrap=True)


def _shown(line: str, console: Console) -> str:
    """A line in what the terminal has; control characters of a file's texts left out."""
    clean = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in line)
    if console.encoding.lower().startswith("utf"):
        return clean
    return in_gbk(clean)


def _cut(line: str, width: int) -> str:
    line = " ".join(line.split())
    return line if cell_len(line) <= width else set_cell_size(line, max(width - 2, 1)).rstrip() + ".."


def _counted(pages: list[Inspected], lang: Lang) -> str:
    counts = {
        name: sum(int((page.problems["severity"] == name).sum()) for page in pages) for name in _SEVERITIES
    }
    return text(
        "inspect-severities", lang,
        errors=f"{counts['error']:,}", warnings=f"{counts['warning']:,}", notes=f"{counts['note']:,}",
    )  # fmt: skip


def _table(*heads: tuple[str, Any], console: Console) -> Table:
    table = Table(box=_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    for head, options in heads:
        table.add_column(_shown(head, console), overflow="fold", **options)
    return table


def _overview(pages: list[Inspected], lang: Lang, console: Console) -> Table:
    heads = [text(f"inspect-head-{name}", lang) for name in ("name", "format", "features", "crs", "role", "errors", "warnings")]  # fmt: skip
    sides = ("left", "left", "right", "left", "left", "right", "right")
    table = _table(*((head, {"no_wrap": True, "justify": side}) for head, side in zip(heads, sides, strict=True)), console=console)  # fmt: skip
    one_file = len({page.source.path for page in pages}) == 1
    rows = [_line(page, lang) for page in pages]
    columns: Any = zip(heads[1:], *rows, strict=True)
    taken = sum(max(cell_len(str(cell)) for cell in column) + 2 for column in columns)
    for page, row in zip(pages, rows, strict=True):
        name = str(page.source.layer) if one_file and page.source.layer else page.name
        table.add_row(Text(_end(_shown(name, console), console.width - taken)), *row)
    return table


def _line(page: Inspected, lang: Lang) -> list[Text]:
    """What the overview says of a layer, after its name."""
    counts = page.problems["severity"].value_counts()
    sure = page.suggestion.sure
    role = "" if sure == "unknown" else page.suggestion.role
    bad = page.error is not None
    return [
        Text(
            text("inspect-overview-unreadable", lang) if bad else page.source.format,
            style="red" if bad else "",
        ),
        Text("-" if bad or page.grid else f"{page.features:,}"),
        Text(_short(page, lang), style=_SURE[page.found.sure] if page.found else ""),
        Text(f"{role}{'?' * (sure != 'certain')}" if role else "-", style=_SURE[sure] if role else ""),
        Text(f"{counts.get('error', 0):,}" if counts.get("error") else "-", style="red"),
        Text(f"{counts.get('warning', 0):,}" if counts.get("warning") else "-", style="yellow"),
    ]


def _end(line: str, width: int) -> str:
    """The end of a line that is too long: layers stand after their files."""
    if cell_len(line) <= width:
        return line
    while line and cell_len(line) > max(width - 2, 4):
        line = line[1:]
    return f"..{line}"


def _short(page: Inspected, lang: Lang) -> str:
    if page.found is None:
        return "-" if page.grid is None else re.sub(r".*\((.+)\)$", r"\1", page.crs_stated or "-")
    own = page.found.crs
    if own is None:
        return text("inspect-crs-unknown", lang)
    if isinstance(own, str):
        return own
    code = own.to_epsg()
    return f"EPSG:{code}" if code else _cut(own.name, 16)


def _top(page: Inspected, inspection: Inspection, lang: Lang, console: Console) -> RenderableType:
    """Facts, with the map beside them."""
    wide = console.width >= _WIDE
    columns = 44 if wide else 28
    facts = Table.grid(padding=(0, 1), expand=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for label, line, style in _facts(page, lang):
        facts.add_row(text(f"inspect-label-{label}", lang), Text(_shown(line, console), style=style))
    drawn = _map(page, inspection, columns, 13 if wide else 10, lang, console)
    if drawn is None:
        return facts
    beside = Table.grid(padding=(0, 2), expand=console.is_terminal)
    beside.add_column(ratio=1 if console.is_terminal else None)
    beside.add_column(width=columns)
    beside.add_row(facts, drawn)
    return beside


def _facts(page: Inspected, lang: Lang) -> list[tuple[str, str, str]]:
    said = [("file", str(page.source.path), "")]
    form = page.source.format
    if page.encoding:
        form = text("inspect-encoding", lang, format=form, encoding=page.encoding)
    said.append(("format", form, ""))
    if page.grid is not None:
        rows, columns, bands = (f"{count:,}" for count in page.grid)
        said.append(("cells", text("inspect-cells", lang, rows=rows, columns=columns, bands=bands), ""))
        said.append(("stated", page.crs_stated or "", ""))
    elif page.source.kind == "table" or not page.geometry:
        rows = text("inspect-rows", lang, features=f"{page.features:,}", fields=len(page.fields))
        said.append(("features", rows, ""))
    else:
        kinds = ", ".join(
            f"{text('inspect-geometry-none', lang) if kind == 'none' else kind} {count:,}"
            for kind, count in page.geometry.items()
        )
        counts = {"features": f"{page.features:,}", "kinds": kinds, "vertices": f"{page.vertices:,}"}
        said.append(("features", text("inspect-counts", lang, **counts), ""))
    if page.found is not None:
        said.append(("stated", page.crs_stated or text("inspect-not-stated", lang), ""))
        said.append(("found", _found(page, lang), _SURE[page.found.sure]))
    if page.bounds is not None:
        said.append(("extent", _extent(page.bounds, lang), ""))
    if page.lonlat is not None and page.lonlat != page.bounds:
        said.append(("degrees", _extent(page.lonlat, lang), ""))
    said.append(("role", _role(page, lang), _SURE[page.suggestion.sure] if page.suggestion.role else ""))
    return said


def _found(page: Inspected, lang: Lang) -> str:
    found: Any = page.found
    own = found.crs
    if own is None:
        name = text("inspect-crs-unknown", lang)
    elif isinstance(own, pyproj.CRS):
        name = f"{own.name} (EPSG:{own.to_epsg()})" if own.to_epsg() else own.name
    else:
        name = str(own)
    why = text(found.why, lang, **found.params) if found.why in catalogue() else str(found.why)
    sure = text(f"inspect-sure-{found.sure}", lang)
    if name == page.crs_stated:
        return text("inspect-found-same", lang, sure=sure, why=why)
    return text("inspect-found", lang, crs=name, sure=sure, why=why)


def _extent(bounds: Bounds, lang: Lang) -> str:
    largest = max(map(abs, bounds))
    form = ".5f" if largest <= _TURN else ",.1f" if largest < _HUGE else ".3g"
    west, south, east, north = (f"{edge:{form}}" for edge in bounds)
    return text("inspect-extent", lang, west=west, east=east, south=south, north=north)


def _role(page: Inspected, lang: Lang) -> str:
    own = page.suggestion
    if not own.role:
        return text("inspect-role-none", lang)
    because = text("inspect-role-word", lang, word=own.word) if own.word else ""
    if own.missing:
        because += text("inspect-role-missing", lang, columns=", ".join(own.missing))
    title, sure = text(f"role-{own.role}", lang), text(f"inspect-sure-{own.sure}", lang)
    return text("inspect-role-said", lang, role=own.role, title=title, sure=sure, because=because)


def _map(
    page: Inspected, inspection: Inspection, columns: int, rows: int, lang: Lang, console: Console
) -> RenderableType | None:
    """Sketch of the layer, the reference in grey, and how much ground it shows."""
    braille = console.encoding.lower().startswith("utf")
    shapes, reference = page.shapes, np.array([], dtype=object)
    scale = 1.0
    if page.crs is None and page.bounds is not None and max(map(abs, page.bounds)) <= _TURN:
        cosine = max(math.cos(math.radians((page.bounds[1] + page.bounds[3]) / 2)), 0.01)
        shapes, scale = shapely.transform(shapes, lambda xy: xy * [cosine, 1.0]), _DEGREES_M
    if page.crs is not None and len(inspection.reference) and page.name != inspection.drawn_from:
        step: Any = pyproj.Transformer.from_crs(page.crs.geodetic_crs, page.crs, always_xy=True).transform
        reference = shapely.transform(inspection.reference, step, interleaved=False)
    drawn = sketch(shapes, reference, columns, rows, braille=braille)
    if drawn is None:
        return None
    lines = []
    for row, own in zip(drawn.rows, drawn.own, strict=True):
        line = Text(no_wrap=True)
        for letter, mine in zip(row, own, strict=True):
            line.append(letter, style="cyan" if mine else "bright_black")
        lines.append(line)
    size = {"width": _distance(drawn.width * scale), "height": _distance(drawn.height * scale)}
    legend = text("inspect-map", lang, **size)
    if len(reference) and inspection.drawn_from:
        legend += text("inspect-map-towns" if braille else "inspect-map-letters-towns", lang)
    elif len(reference):
        legend += text("inspect-map-reference" if braille else "inspect-map-letters", lang)
    return Group(*lines, Text(_shown(legend, console), style="bright_black"))


def _distance(metres: float) -> str:
    if metres >= _HUGE:
        return f"{metres / 1000:.3g} km"
    return f"{metres / 1000:,.1f} km" if metres >= 1000 else _metres(metres)  # noqa: PLR2004 - m in a km


def _metres(metres: float) -> str:
    if not math.isfinite(metres):
        return "-"
    return f"{metres * 1000:,.0f} mm" if metres < 1 else f"{metres:,.1f} m"


def _fields(page: Inspected, lang: Lang, console: Console) -> RenderableType:
    heads = ("field", "type", "filled", "column", "unit", "examples")
    rank = page.fields["column"].eq("").astype(int)
    fields = page.fields.assign(rank=rank).sort_values("rank", kind="stable")
    rows = [
        (
            _cut(_shown(row.field, console), 22), text(f"inspect-type-{row.type}", lang),
            f"{row.filled_pct:.0f} %", row.column or "-", row.unit, _shown(" | ".join(row.examples), console),
        )
        for row in fields.head(_MOST_FIELDS).itertuples(index=False)
    ]  # fmt: skip
    titles = [text(f"inspect-head-{name}", lang) for name in heads]
    table = _table(*((title, {"no_wrap": True}) for title in titles), console=console)
    taken = sum(max(cell_len(row[place]) for row in [titles, *rows]) + 2 for place in range(len(heads) - 1))
    for row in rows:
        cells = (*row[:-1], _cut(row[-1], console.width - taken))
        table.add_row(*map(Text, cells), style="bright_black" if row[3] == "-" else "")
    if len(fields) <= _MOST_FIELDS:
        return table
    more = text("inspect-more-fields", lang, count=len(fields) - _MOST_FIELDS)
    return Group(table, Text(_shown(more, console), style="bright_black"))


def _problems(page: Inspected, lang: Lang, console: Console) -> RenderableType:
    if not len(page.problems):
        return Text(text("inspect-no-problems", lang), style="green")
    kinds = groups(page.problems)
    right = {"justify": "right", "no_wrap": True}
    table = _table(
        (f"{text('inspect-head-problem', lang)}  {_counted([page], lang)}", {}),
        (text("inspect-head-count", lang), right),
        (text("inspect-head-area", lang), right),
        console=console,
    )
    for kind in kinds.head(_MOST_GROUPS).itertuples(index=False):
        sample = page.problems.iloc[kind.first]
        said = Text(
            _shown(issue_text(kind.code, sample["params"].iloc[0], lang), console),
            style=_COLOURS[kind.severity],
        )
        said.append(f"\n  {_shown(_examples(sample, page, lang), console)}", style="bright_black")
        count = f"{kind.count:,}" + (text("inspect-waived", lang, count=kind.waived) if kind.waived else "")
        table.add_row(said, count, "-" if math.isnan(kind.area_m2) else f"{kind.area_m2:,.2f}")
    rest = kinds.iloc[_MOST_GROUPS:]
    if not len(rest):
        return table
    more = text("inspect-more-problems", lang, groups=len(rest), count=f"{int(rest['count'].sum()):,}")
    return Group(table, Text(_shown(more, console), style="bright_black"))


def _examples(sample: pd.DataFrame, page: Inspected, lang: Lang) -> str:
    """Number, feature and place of each, with its waiver; no spaces, so that lines break between them."""
    said = []
    word = "inspect-example-row" if page.source.kind == "table" else "inspect-example-feature"
    for row in sample.itertuples(index=False):
        parts = [] if missing(row.fid) else [text(word, lang, fid=row.fid)]
        if isinstance(row.geometry, shapely.Geometry):
            west, south, east, north = shapely.bounds(row.geometry)
            if math.isfinite(west):
                x, y = (west + east) / 2, (south + north) / 2
                form = ".0f" if max(abs(x), abs(y)) < _HUGE else ".3g"
                parts.append(f"{x:{form}},{y:{form}}")
        if row.waived:
            parts.append(str(row.waiver))
        at = f"({';'.join(parts)})" if parts else ""
        said.append(text("inspect-example", lang, finding=row.finding) + at)
    return "  ".join(said)
