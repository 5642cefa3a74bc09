"""The command `liangzhen map`: the interactive map of a results folder as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FILE, lang_option
from scripts.public import public_options
from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)


@click.command("map")
@click.argument("results", type=_PATH, metavar="RESULTS")
@public_options
@click.option("--out", type=FILE, help="File; default: RESULTS/map.html, with --public RESULTS/map-public.html.")  # fmt: skip
@lang_option("the map")
def draw_map(results: Path, out: Path | None, lang: str, stated: dict[str, str], *, published: bool) -> None:
    """Draw the map of RESULTS, a results folder or a workspace: one file that needs no network."""
    from layers.outputs import require_file
    from layers.results import TILES, latest, read
    from layers.workspace import read_workspace
    from maps import tiles, webmap

    spoken = cast("Lang", lang)
    folder = latest(results)
    target = out or folder / ("map-public.html" if published else "map.html")
    require_file(target)
    parcels = None if published else tiles.read(folder / TILES)
    named = folder != results and (results / "workspace.toml").is_file() and not published
    bases = read_workspace(results).basemaps if named else ()
    webmap.write(read(folder), target, spoken, stated if published else None, parcels=parcels, bases=bases)
    click.echo(text("export-written", spoken, path=target))
