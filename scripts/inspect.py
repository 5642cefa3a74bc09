"""The command `liangzhen inspect`: what stands in files, and what is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FILE, FOLDER, lang_option, today
from scripts.screen import screen
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from layers.inspecting import Inspection

_PATH = click.Path(path_type=Path)
_BAD = {"error": {"error"}, "warning": {"error", "warning"}}


@click.command()
@click.argument("paths", type=_PATH, nargs=-1, required=True, metavar="PATH...")
@click.option("--reference", type=_PATH, metavar="FILE", help="Polygons placed rightly, to tell GCJ-02 by.")
@click.option("--json", "report", type=FILE, metavar="FILE", help="Write the whole report as JSON.")
@click.option("--gpkg", type=FILE, metavar="FILE", help="Write the problems as layers for QGIS.")
@click.option("--draft", type=FOLDER, metavar="DIR", help="Write a draft of workspace.toml into DIR.")
@click.option("--role", metavar="NAME", help="Role that all layers play; default: suggested for each.")
@click.option("--waivers", type=_PATH, metavar="FILE", help="Ledger of waivers (waivers.csv).")
@click.option("--fail-on", type=click.Choice(["error", "warning"]), help="Exit 1 if a problem is this bad.")
@lang_option()
def inspect(
    paths: tuple[Path, ...], reference: Path | None, report: Path | None, gpkg: Path | None,
    draft: Path | None, role: str | None, waivers: Path | None, fail_on: str | None, lang: str,
) -> None:  # fmt: skip
    """Say what each layer or sheet in PATH is, and everything that is wrong with it."""
    from rich.console import Console

    from layers.drafting import write_draft
    from layers.inspecting import inspect as look
    from layers.ledger import read as read_ledger
    from layers.problems import write_gpkg, write_json
    from maps.inspection import render
    from maps.problem_styles import write_problem_styles

    spoken = cast("Lang", lang)
    _known(role)
    ledger = None if waivers is None else read_ledger(waivers)
    told = Console(stderr=True)
    with told.status("") as status:
        found = look(
            paths, reference=reference, role=role, ledger=ledger, as_of=today(),
            progress=lambda name: status.update(name) if told.is_terminal else None,
        )  # fmt: skip
    render(found, spoken, screen())
    if report is not None:
        write_json(found, report)
        click.echo(text("inspect-written-json", spoken, path=report))
    if gpkg is not None:
        write_gpkg(found, gpkg, spoken)
        write_problem_styles(gpkg, spoken)
        click.echo(text("inspect-written-gpkg", spoken, path=gpkg))
    if draft is not None:
        file = write_draft(found.layers, draft, spoken)
        click.echo(text("inspect-written-draft", spoken, path=file))
    if fail_on is not None and _worse(found, _BAD[fail_on]):
        sys.exit(1)


def _known(role: str | None) -> None:
    import difflib

    from layers.errors import LayerError
    from layers.roles import ROLES

    if role is not None and role not in ROLES:
        near = difflib.get_close_matches(role, list(ROLES), n=1, cutoff=0.0)[0]
        raise LayerError("inspect-role", role=role, near=near)


def _worse(found: Inspection, bad: set[str]) -> bool:
    """Whether a layer cannot be read, or a problem that is not waived is as bad."""
    return any(
        page.error is not None
        or (page.problems["severity"].isin(bad) & ~page.problems["waived"].astype(bool)).any()
        for page in found.layers
    )
