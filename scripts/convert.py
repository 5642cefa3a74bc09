"""The command `liangzhen convert`: a layer into a file of another kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FILE, lang_option
from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("source", type=_PATH, metavar="IN")
@click.argument("target", type=FILE, metavar="OUT")
@click.option("--layer", metavar="NAME", help="Layer of IN, if it has several.")
@click.option(
    "--from-crs", metavar="CRS", help="CRS of IN, e.g. EPSG:4549; GCJ-02 undoes the shift of web maps."
)
@click.option("--to-crs", metavar="CRS", help="CRS of OUT; default: that of IN.")
@click.option(
    "--zone-prefix/--no-zone-prefix", default=None, help="Eastings of OUT with the zone number, or without."
)
@click.option(
    "--reference",
    type=_PATH,
    metavar="FILE",
    help="Polygons whose place is sure: they tell GCJ-02, BD-09 and unnamed zones.",
)
@click.option(
    "--transformation",
    metavar="HOW",
    help="From an old datum: PROJ pipeline, seven parameters, or NTv2 grid (.gsb).",
)
@click.option(
    "--encoding", type=click.Choice(["utf-8", "gbk"]), help="Default: gbk of TXT, utf-8 of Shapefile."
)
@click.option(
    "--decimals", type=click.IntRange(0, 6), default=3, show_default=True, help="Of coordinates in TXT."
)
@click.option("--lossy", is_flag=True, help="Write although something is lost, and list it.")
@click.option("--report", type=FILE, metavar="FILE", help="Write what was done and lost as JSON.")
@lang_option()
def convert(
    source: Path, target: Path, layer: str | None, from_crs: str | None, to_crs: str | None,
    transformation: str | None, encoding: str | None, decimals: int, report: Path | None, lang: str, *, zone_prefix: bool | None,
    lossy: bool, reference: Path | None,
) -> None:  # fmt: skip
    """Write the layer IN as OUT; the ending of OUT says the format.

    What the format cannot hold is named, and nothing is written, unless --lossy.
    """
    from layers.convert import Wish
    from layers.convert import convert as converted
    from layers.outputs import put_down

    spoken = cast("Lang", lang)
    wish = Wish(layer, from_crs, to_crs, zone_prefix, transformation, encoding, decimals, lossy, reference)
    done = converted(source, target, wish)
    click.echo(text("convert-crs", spoken, crs=done.source))
    if done.swapped:
        click.echo(text("convert-swapped", spoken))
    if done.moved:
        click.echo(text("convert-moved", spoken, how=done.moved))
    for loss in done.lost:
        click.echo(text("convert-lost", spoken, what=text(loss.code, spoken, **loss.params)))
    click.echo(text("convert-done", spoken, path=done.path, count=done.features, crs=done.target))
    if report is not None:
        data = {
            "path": str(done.path), "features": done.features, "from": done.source, "to": done.target,
            "swapped": done.swapped, "transformation": done.moved,
            "lost": [{"code": loss.code, "text": text(loss.code, spoken, **loss.params)} for loss in done.lost],
            "notes": [{"code": code, "severity": severity, "feature": None if fid is None else str(fid), "params": params}
                      for code, severity, fid, params in done.notes],
        }  # fmt: skip
        put_down(report, json.dumps(data, ensure_ascii=False, indent=1, default=str).encode())
