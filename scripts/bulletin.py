"""The command `liangzhen bulletin`: the tables of the quarterly bulletin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FOLDER, lang_option
from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang


@click.command()
@click.argument("workspace", type=click.Path(path_type=Path), metavar="WORKSPACE")
@click.option("--quarter", required=True, metavar="QUARTER", help="E.g. 2016Q2.")
@click.option(
    "--out",
    type=FOLDER,
    help="Folder; default: WORKSPACE/results/QUARTER.",
)
@lang_option()
def bulletin(workspace: Path, quarter: str, out: Path | None, lang: str) -> None:
    """Write the bulletin of a quarter of WORKSPACE as bulletin-QUARTER.docx, .pdf and .xlsx.

    The quarter is judged if its results are not there yet. What changed since the quarter before is told where that
    was judged too (liangzhen evaluate --as-of).
    """
    from layers import results as store
    from layers.comparing import since_before
    from layers.outputs import put_down, require_file
    from maps import bulletin as made
    from maps.report_docx import docx
    from maps.report_pdf import pdf
    from maps.report_xlsx import xlsx
    from scripts.evaluate import Request, evaluate, present
    from spatial import periods

    spoken = cast("Lang", lang)
    base = workspace if workspace.is_dir() else workspace.parent
    asked = periods.parse(quarter) or quarter
    folder = base / "results" / asked
    target = out or folder
    named = f"bulletin-{asked}{'' if lang == 'zh' else '-' + lang}"
    files = [target / (named + suffix) for suffix in (".docx", ".pdf", ".xlsx")]
    for path in files:
        require_file(path)
    if not (folder / store.ASSESSMENT).is_file():
        present(evaluate(Request(workspace, None, asked)), folder, spoken)
    found = store.read(folder)
    report = made.content(found, since_before(found, folder), spoken)
    for path, make in zip(files, (docx, pdf, xlsx), strict=True):
        put_down(path, make(report))
        click.echo(text("report-written", spoken, path=path))
