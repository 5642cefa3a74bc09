"""The command `liangzhen export`: a results folder for QGIS, GeoServer and other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FOLDER, lang_option
from scripts.public import public_options
from spatial.errors import LiangzhenError
from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)
_FORMATS = ("qgis", "sld", "geoparquet", "geojson", "xlsx", "json")


@click.command()
@click.argument("results", type=_PATH, metavar="RESULTS")
@click.option("--format", "formats", default="", help=f"{', '.join(_FORMATS)}; comma between; default: all.")
@public_options
@click.option("--out", type=FOLDER, help="Folder; default: RESULTS/export, with --public RESULTS/export-public.")  # fmt: skip
@lang_option("names and legends")
def export(
    results: Path, formats: str, out: Path | None, lang: str, stated: dict[str, str], *, published: bool
) -> None:  # fmt: skip
    """Write RESULTS, a results folder or a workspace, for other programs.

    A GeoPackage with a QGIS project that opens with all layers styled and grouped, SLD, GeoParquet, GeoJSON, the
    workbook, and assessment.json with its schema; all of it in one folder that can be moved.
    """
    from rich.console import Console
    from rich.progress import Progress

    from layers.plan_file import with_plans
    from layers.results import latest, read, require_replaceable
    from maps import export as exporting

    spoken = cast("Lang", lang)
    order = exporting.Order(
        exporting.formats(_asked(formats), published=published), spoken, stated if published else None
    )
    folder = latest(results)
    target = out or folder / ("export-public" if published else "export")
    require_replaceable(target, exporting.MANIFEST)
    found = with_plans(read(folder), folder)
    told = Console(stderr=True)
    with Progress(console=told, transient=True, disable=not told.is_terminal) as bar:
        task = bar.add_task(text("export-progress", spoken), total=len(order.formats))

        def step(name: str) -> None:
            bar.update(task, description=f"{text('export-progress', spoken)} {name}")
            bar.advance(task)

        written = exporting.export(found, folder, target, order, step)
    for path in written:
        if path.suffix in {".qgz", ".xlsx", ".gpkg"} or path.name in {"assessment.json", exporting.MANIFEST}:
            click.echo(text("export-written", spoken, path=path))
    click.echo(text("export-done", spoken, count=len(written), path=target))


def _asked(given: str) -> tuple[str, ...]:
    asked = tuple(part.strip().lower() for part in given.split(",") if part.strip())
    if unknown := [one for one in asked if one not in _FORMATS]:
        wrong = ", ".join(unknown)
        raise LiangzhenError("option-value", option="--format", value=wrong, allowed=", ".join(_FORMATS))
    return asked
