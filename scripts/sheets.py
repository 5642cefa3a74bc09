"""The command `liangzhen sheets`: print sheets of a results folder as PDF, PNG and SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from scripts.options import FOLDER, lang_option
from scripts.public import public_options
from spatial.errors import LiangzhenError
from spatial.messages import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maps.sheet_atlas import Atlas
    from maps.sheet_frame import Paper
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)
_FORMATS = ("pdf", "png", "svg")


@click.command()
@click.argument("results", type=_PATH, metavar="RESULTS")
@click.option("--kind", "kinds", multiple=True, help="Comma between, or more than once: verdict, town, expansion, plans, greenways, projects, land-change, indicator:MEASURE; default: all there are layers for.")  # fmt: skip
@click.option("--town", "towns", multiple=True, help="Only the sheets of these towns.")
@click.option("--paper", type=click.Choice(["A4", "A3"]), default="A4", show_default=True, help="Paper.")
@click.option("--landscape/--portrait", default=True, show_default=True, help="Which way it lies.")
@click.option("--format", "formats", default="pdf", show_default=True, help="pdf, png, svg; comma between.")
@click.option("--dpi", type=click.FloatRange(72, 600), default=300, show_default=True, help="Of PNG.")
@click.option("--breaks", default="", help="Inner borders of an indicator's classes, comma between; default: quintiles.")  # fmt: skip
@click.option("--split", type=click.Choice(["county", "town"]), help="One PDF a county or town.")
@public_options
@click.option("--out", type=FOLDER, help="Folder; default: RESULTS/sheets.")  # fmt: skip
@lang_option("the sheets")
def sheets(
    results: Path, kinds: tuple[str, ...], towns: tuple[str, ...], paper: str, formats: str, dpi: float, breaks: str,
    split: Literal["county", "town"] | None, out: Path | None, lang: str, stated: dict[str, str], *, landscape: bool,
    published: bool,
) -> None:  # fmt: skip
    """Print RESULTS, a results folder or a workspace: sheets at true scales, with more than one an atlas with index."""
    from rich.console import Console
    from rich.progress import Progress

    from layers.outputs import put_down, require_folder
    from layers.plan_file import with_plans
    from layers.results import latest, read
    from maps import sheet_atlas, sheet_kinds
    from maps.public import generalised

    spoken = cast("Lang", lang)
    asked = _formats(formats)
    folder = latest(results)
    target = out or folder / "sheets"
    require_folder(target)
    found = with_plans(read(folder), folder)
    if published:
        found = generalised(found)
    kinds = tuple(one.strip() for kind in kinds for one in kind.split(",") if one.strip())
    asked_for = sheet_kinds.Asked(kinds, towns, tuple(_numbers(breaks)))
    made = sheet_kinds.sheets(found, kinds, towns, spoken, asked_for.breaks)
    order = sheet_atlas.Order(
        cast("Paper", paper), landscape, published, **stated, lang=spoken, asked=asked_for
    )
    told = Console(stderr=True)
    with Progress(console=told, transient=True, disable=not told.is_terminal) as bar:
        task = bar.add_task(text("sheets-progress", spoken), total=len(made))
        atlas = sheet_atlas.atlas(found, made, order, lambda: bar.advance(task))
        bar.update(bar.add_task(text("sheets-typesetting", spoken), total=None))
        for name, content in _content(atlas, asked, dpi, split):
            put_down(target / name, content)
            click.echo(text("sheets-written", spoken, path=target / name))


def _content(
    atlas: Atlas, asked: list[str], dpi: float, split: Literal["county", "town"] | None
) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files."""
    from maps import sheet_atlas

    if "pdf" in asked and atlas.names:
        for name, part in sheet_atlas.parts(atlas, split) if split else [("", atlas)]:
            stem = f"{sheet_atlas.ATLAS}-{sheet_atlas.safe(name)}" if name else sheet_atlas.ATLAS
            yield f"{stem if len(part.names) > 1 else part.names[0]}.pdf", sheet_atlas.pdf(part)
    for kind in ("png", "svg"):
        if kind in asked:
            yield from ((f"{name}.{kind}", page) for name, page in zip(atlas.names, sheet_atlas.pictures(atlas, kind, dpi), strict=True))  # fmt: skip


def _formats(given: str) -> list[str]:
    asked = [part.strip().lower() for part in given.split(",") if part.strip()]
    if not asked or (unknown := [one for one in asked if one not in _FORMATS]):
        wrong = ", ".join(unknown) if asked else given
        raise LiangzhenError("option-value", option="--format", value=wrong, allowed=", ".join(_FORMATS))
    return asked


def _numbers(given: str) -> list[float]:
    try:
        return [float(part) for part in given.split(",") if part.strip()]
    except ValueError as error:
        raise click.BadParameter(given, param_hint="--breaks") from error
