"""The command `liangzhen report`: a results folder as Word and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FOLDER, lang_option
from spatial.messages import text

if TYPE_CHECKING:
    from maps.report_blocks import Kind
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("results", type=_PATH, metavar="RESULTS")
@click.option(
    "--kind",
    type=click.Choice(["compliance", "quarterly", "annual"]),
    default="compliance",
    show_default=True,
    help="By clause, figures of the quarter, or the year with its assessment.",
)
@click.option("--out", type=FOLDER, help="Folder; default: RESULTS.")
@lang_option("the report")
def report(results: Path, kind: str, out: Path | None, lang: str) -> None:
    """Write the report of RESULTS, a results folder or a workspace, as KIND-QUARTER.docx and .pdf.

    The annual report of a workspace is made of its latest assessment (liangzhen assess), where there is one.
    """
    from layers.outputs import put_down, require_file
    from layers.results import latest, read
    from maps.report_content import content
    from maps.report_docx import docx
    from maps.report_pdf import pdf

    spoken = cast("Lang", lang)
    assessed = kind == "annual" and any(results.glob("results/*-assessment"))
    folder = latest(results, "*-assessment") if assessed else latest(results)
    found = read(folder)
    stem = f"{kind}-{found.provenance['as_of']}" + ("" if lang == "zh" else f"-{lang}")
    files = [(out or folder) / (stem + suffix) for suffix in (".docx", ".pdf")]
    for path in files:
        require_file(path)
    made = content(found, cast("Kind", kind), spoken)
    for path, make in zip(files, (docx, pdf), strict=True):
        put_down(path, make(made))
        click.echo(text("report-written", spoken, path=path))
