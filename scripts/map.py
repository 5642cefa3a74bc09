"""The command `liangzhen map`: the interactive map of a results folder as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)


@click.command("map")
@click.argument("results", type=_PATH, metavar="RESULTS")
@click.option(
    "--public", "published", is_flag=True, help="Generalised to 10 m, only layers that are published."
)
@click.option("--review-no", default="", help="审图号.")
@click.option("--secrecy", default="", help="密级.")
@click.option("--maker", default="", help="制图单位.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File; default: RESULTS/map.html, with --public RESULTS/map-public.html.")  # fmt: skip
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the map.")  # fmt: skip
def draw_map(
    results: Path, review_no: str, secrecy: str, maker: str, out: Path | None, lang: str, *, published: bool
) -> None:
    """Draw the map of RESULTS, a results folder or a workspace: one file that needs no network."""
    from layers.results import TILES, latest, read
    from layers.workspace import read_workspace
    from maps import tiles, webmap
    from maps.public import require

    spoken = cast("Lang", lang)
    click.get_current_context().meta["lang"] = lang
    stated = {"review_no": review_no, "secrecy": secrecy, "maker": maker} if published else None
    if stated is not None:
        require(stated)
    folder = latest(results)
    target = out or folder / ("map-public.html" if published else "map.html")
    target.parent.mkdir(parents=True, exist_ok=True)
    parcels = tiles.read(folder / TILES) if stated is None else None
    named = folder != results and (results / "workspace.toml").is_file() and stated is None
    bases = read_workspace(results).basemaps if named else ()
    webmap.write(read(folder), target, spoken, stated, parcels=parcels, bases=bases)
    click.echo(text("export-written", spoken, path=target))
