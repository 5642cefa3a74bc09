"""The command `liangzhen overlay`: the engine alone, on files."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from scripts.options import FILE, lang_option, spoken
from scripts.screen import screen
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from layers.overlaying import Outcome

_PARQUET = (".parquet", ".geoparquet", ".pq")


class _FileLayer(click.ParamType[tuple[Path, str | None]]):
    """A file, or ``FILE::LAYER``."""

    name = "file"

    def convert(self, value: Any, *_: Any) -> tuple[Path, str | None]:
        """Path, and name of the layer if one is given."""
        if not isinstance(value, str):
            return cast("tuple[Path, str | None]", value)
        path, _colons, layer = value.partition("::")
        return Path(path), layer or None


def _named(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, tuple[Path, str | None]]:
    """Files by name, of ``NAME=FILE`` or ``NAME=FILE::LAYER``."""
    named = {}
    for value in values:
        name, found, path = value.partition("=")
        if not (found and name and path):
            raise click.BadParameter(text("overlay-not-named", spoken(ctx), value=value), ctx, param)
        named[name] = _LAYER.convert(path)
    return named


def _parquet(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    if value.suffix.lower() not in _PARQUET:
        raise click.BadParameter(
            text("overlay-not-parquet", spoken(ctx), path=value, allowed=", ".join(_PARQUET)), ctx, param
        )
    return value


_LAYER = _FileLayer()


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for circular garbage: libraries make much when imported that is none, and batches make next to none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@click.command()
@click.argument("parcels", type=_LAYER)
@click.option("--split", type=_LAYER, help="Polygons to cut the parcels at, such as towns.")
@click.option(
    "--within",
    multiple=True,
    metavar="NAME=FILE",
    callback=_named,
    help="A limit to measure in; may be repeated.",
)
@click.option(
    "--outside", multiple=True, metavar="NAME", help="Limit of which the parts outside are written."
)
@click.option("-o", "--output", type=FILE, required=True, callback=_parquet, help="GeoParquet of the pieces.")
@click.option("--totals", type=FILE, help="Totals by split polygon as CSV.")
@click.option("--issues", type=FILE, help="Problems met, as CSV.")
@click.option("--plane", is_flag=True, help="Add plane areas.")
@click.option("--geometry", is_flag=True, help="Add the geometries of the pieces.")
@click.option("--id", "parcel_id", metavar="FIELD", help="Field with the parcels' ids.")
@click.option("--split-id", metavar="FIELD", help="Field with the ids of the split polygons.")
@click.option(
    "--keep", is_flag=True, help="Keep a list beside the output; the next run redoes only what changed."
)
@click.option("--threads", type=click.IntRange(1), help="Default: one a core.")
@lang_option()
@_uncollected()
def overlay(
    parcels: tuple[Path, str | None], split: tuple[Path, str | None] | None,
    within: dict[str, tuple[Path, str | None]], outside: tuple[str, ...],
    output: Path, totals: Path | None, issues: Path | None, *, plane: bool, geometry: bool, keep: bool,
    parcel_id: str | None, split_id: str | None, threads: int | None, lang: str,
) -> None:  # fmt: skip
    """Cut PARCELS at towns and measure every piece in limits, in legal area on the ellipsoid.

    A layer of a file that has several is named behind two colons, in PARCELS, --split and --within: FILE::LAYER.
    """
    from layers.outputs import put_down
    from layers.overlaying import Job, overlay_files

    for name in outside:
        if name not in within:
            raise click.UsageError(text("overlay-no-within", cast("Lang", lang), name=name))
    given = {**({} if split is None else {"": split}), **within}
    job = Job(
        parcels[0], output, split[0] if split else None, {name: path for name, (path, _) in within.items()},
        outside, plane, geometry, parcel_id, split_id, keep, threads or 0,
        layer=parcels[1], layers={name: layer for name, (_, layer) in given.items() if layer},
    )  # fmt: skip
    with _progress(cast("Lang", lang)) as progress:
        outcome = overlay_files(job, progress)
    _show(outcome, cast("Lang", lang))
    for path, table in ((totals, outcome.totals), (issues, outcome.issues.drop(columns="geometry"))):
        if path is not None:
            put_down(path, table.to_csv(index=False).encode("utf-8-sig"))
    for path in (output, *outcome.outside.values()):
        click.echo(text("overlay-written", cast("Lang", lang), path=path))


@contextmanager
def _progress(lang: Lang) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on a terminal; before the first batch it says that the first run of all compiles."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text("overlay-prepares", lang), total=None)
        yield lambda done, of: bar.update(
            task, completed=done, total=of, description=text("overlay-progress", lang, parcels=done)
        )


def _show(outcome: Outcome, lang: Lang) -> None:
    from rich.table import Table

    totals = outcome.totals
    table = Table(*(text(f"overlay-{name}", lang) for name in ("town", "pieces", "area")))
    for name in totals.columns[3:]:
        table.add_column(name, justify="right")
    for row in totals.itertuples(index=False):
        town = row[0] if isinstance(row[0], str) else text("overlay-none", lang)
        table.add_row(town, str(row[1]), *(f"{value:,.2f}" for value in row[2:]))
    screen().print(table)
    click.echo(text("overlay-done", lang, parcels=outcome.parcels, pieces=outcome.pieces))
    if (
        len(totals) > 1
        and totals["town"].notna().any()
        and not totals.loc[totals["town"].notna(), "pieces"].any()
    ):
        click.echo(text("overlay-apart", lang))
    sums = totals.filter(regex="_m2$").drop(columns=["area_m2", "plane_m2"], errors="ignore").sum()
    names = [name.removesuffix("_m2") for name in sums.index[sums == 0] if not name.endswith("_plane_m2")]
    if names and outcome.pieces:
        click.echo(text("overlay-untouched", lang, names="、".join(names)))
    if len(outcome.issues):
        click.echo(text("overlay-issues", lang, count=len(outcome.issues)))
