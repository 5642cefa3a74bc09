"""The command `liangzhen check`: the land bureau's counter."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FILE, FOLDER, lang_option, today
from scripts.screen import screen
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from layers.checking import Outcome
    from maps.plot_words import Checked

_FILE = click.Path(path_type=Path)
_EXIT = {"pass": 0, "warning": 0, "fail": 1, "no data": 2}


@click.command()
@click.argument("plot", type=_FILE)
@click.option(
    "--against",
    "workspace",
    type=_FILE,
    required=True,
    metavar="WORKSPACE",
    help="Folder with workspace.toml.",
)
@click.option("--layer", metavar="NAME", help="Layer of PLOT, where it has several.")
@click.option(
    "--crs", metavar="CRS", help="CRS of PLOT, e.g. EPSG:4549 or GCJ-02, where the file does not say."
)
@click.option(
    "--transformation", metavar="PIPELINE", help="PROJ pipeline from an old datum to the workspace's CRS."
)
@click.option("--policy", metavar="NAME|FILE", help="Rulebook; default: the workspace's own.")
@click.option(
    "--waivers", type=_FILE, metavar="FILE", help="Ledger of waivers; default: the workspace's waivers.csv."
)
@click.option(
    "--out",
    type=FOLDER,
    help="Folder for verdict (PDF, DOCX) and pieces.",
)
@click.option("--json", "json_file", type=FILE, help="All figures as JSON.")
@lang_option()
def check(
    plot: Path, workspace: Path, layer: str | None, crs: str | None, transformation: str | None,
    policy: str | None, waivers: Path | None, out: Path | None, json_file: Path | None, lang: str,
) -> None:  # fmt: skip
    """Check PLOT against all control layers of a workspace.

    Exit status: 0 it complies, 1 it does not, 2 it cannot be judged.
    """
    os.environ.setdefault("LIANGZHEN_NUMBA", "0")  # loading compiled loops takes longer than one plot does
    from layers.checking import check as run
    from layers.ledger import read as read_ledger

    said = cast("Lang", lang)

    def progress(name: str) -> None:
        if sys.stderr.isatty():
            click.echo(text("check-indexing", said, layer=name), err=True)

    outcome = run(
        plot, workspace, layer=layer, crs=crs, transformation=transformation, policy=policy,
        ledger=None if waivers is None else read_ledger(waivers), as_of=today(), progress=progress,
    )  # fmt: skip
    checked = _checked(outcome, plot)
    _show(checked, said)
    written = []
    if json_file is not None:
        from layers.plot_output import write_json

        write_json(outcome, json_file, said)
        written.append(json_file)
    if out is not None:
        from layers.plot_output import write_pieces
        from maps.plot_page import write

        written += write(checked, outcome.around, out, said)
        written += write_pieces(outcome.judged, out, said)
    for path in written:
        click.echo(text("check-written", said, path=path))
    sys.exit(_EXIT[outcome.judged.verdict])


def _checked(outcome: Outcome, plot: Path) -> Checked:
    from maps.plot_words import Checked

    manifest = outcome.index.manifest
    return Checked(
        judged=outcome.judged,
        understood=outcome.submitted.understood,
        notes=outcome.notes(),
        sources=outcome.sources(),
        lost=outcome.lost(),
        title=manifest["title"],
        policy=outcome.rulebook.title,
        date=today().isoformat(),
        file=plot.name,
        sha256=outcome.submitted.sha256,
        crs=outcome.submitted.plots.crs.name,
        land_date=manifest["date"],
        demo=manifest["demo"],
    )


def _show(checked: Checked, lang: Lang) -> None:

    from maps.plot_screen import render

    render(checked, lang, screen())
