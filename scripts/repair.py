"""The command `liangzhen repair`: edits suggested, done and undone, file by file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FILE, lang_option
from scripts.screen import screen
from spatial.messages import Lang, text

if TYPE_CHECKING:
    import geopandas as gpd

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--suggest", type=FILE, metavar="EDITS.gpkg", help="Write the edits that would mend FILE.")
@click.option("--apply", "edits", type=_FILE, metavar="EDITS.gpkg", help="Do the edits still ticked there.")
@click.option("--undo", type=_FILE, metavar="FILE.undo.gpkg", help="Take back what --apply did.")
@click.option("-o", "--output", type=FILE, help="New file; FILE itself is never changed.")
@click.option("--layer", help="Layer of FILE, if it has several.")
@click.option("--crs", help="CRS of FILE, if it states none, e.g. EPSG:4549.")
@click.option(
    "--snap", type=click.FloatRange(0, min_open=True), default=0.1, show_default=True,
    help="Farthest that a vertex is moved, m.",
)  # fmt: skip
@click.option(
    "--tolerance", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
    help="Widest gap or overlap that is mended, m.",
)  # fmt: skip
@lang_option()
def repair(
    file: Path, suggest: Path | None, edits: Path | None, undo: Path | None, output: Path | None,
    layer: str | None, crs: str | None, snap: float, tolerance: float, lang: str,
) -> None:  # fmt: skip
    """Suggest edits that would mend FILE, do them into a new file, or take them back."""
    from layers.editing import apply_file, suggest_file, undo_file
    from spatial.edits import Tolerance

    tongue = cast("Lang", lang)
    if sum(option is not None for option in (suggest, edits, undo)) != 1:
        raise click.UsageError(text("repair-one-of", tongue))
    if suggest is not None:
        wide = Tolerance(snap_m=snap, gap_m=tolerance, overlap_m=tolerance)
        _show(
            suggest_file(file, suggest, lang=tongue, layer=layer, crs=crs, tolerance=wide),
            file,
            suggest,
            tongue,
        )
        return
    if output is None:
        raise click.UsageError(text("repair-no-output", tongue))
    if edits is not None:
        done = apply_file(file, edits, output, layer=layer, crs=crs)
        for row in done.log[~done.log["done"].astype(bool)].itertuples():
            click.echo(text("repair-skipped", tongue, edit=row.edit_id, reason=text(row.reason, tongue)))
        count = int(done.log["done"].sum())
        click.echo(text("repair-applied", tongue, done=count, path=done.output, undo=done.undo))
    if undo is not None:
        count = undo_file(file, undo, output, layer=layer, crs=crs)
        click.echo(text("repair-undone", tongue, count=count, path=output))


def _show(found: gpd.GeoDataFrame, file: Path, output: Path, lang: Lang) -> None:
    """Edits by action: how many, how much land, and the one that changes most."""
    import numpy as np
    from rich.table import Table

    from layers.editing import label

    if found.empty:
        click.echo(text("repair-none", lang, path=file))
        return
    land = [
        float(np.nansum(np.abs(np.subtract(after, before))))
        for before, after in zip(found["area_before_m2"], found["area_after_m2"], strict=True)
    ]
    table = Table(*(text(f"repair-{name}", lang) for name in ("action", "count", "area", "example")))
    for action, rows in found.assign(land=land).groupby("action", sort=False):
        first = rows.sort_values("land", ascending=False, kind="stable").iloc[0]
        table.add_row(str(action), str(len(rows)), f"{rows['land'].sum():,.2f}", label(first.to_dict(), lang))
    screen().print(table)
    ticked = int(found["apply"].sum())
    click.echo(text("repair-suggested", lang, count=len(found), ticked=ticked, path=output))
