"""The command `liangzhen plans`: where the urban master plan and the land-use plan disagree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import FOLDER, lang_option
from scripts.screen import screen
from spatial.messages import text

if TYPE_CHECKING:
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("workspace", type=_PATH, metavar="WORKSPACE")
@click.option("--out", type=FOLDER, help="Write layer and workbook into a folder.")
@click.option(
    "--least-area", type=click.FloatRange(min=0), default=400.0, show_default=True, help="m²; less is scale."
)
@click.option(
    "--least-width", type=click.FloatRange(min=0), default=5.0, show_default=True, help="m; less is a shift."
)
@lang_option()
def plans(workspace: Path, out: Path | None, least_area: float, least_width: float, lang: str) -> None:
    """Overlay the plans of WORKSPACE (roles urban_plan and land_use_plan) and list where they disagree."""
    from layers.planning import compare_plans, write_gpkg
    from maps.plan_tables import render, write_workbook
    from spatial.plans import Tolerance

    spoken = cast("Lang", lang)
    allowed = Tolerance(shift_width_m=least_width, area_m2=least_area)
    found, towns, loaded = compare_plans(workspace, allowed)
    render(found, spoken, screen())
    if loaded.demo:
        click.echo(text("fact-demo-note", spoken))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_gpkg(found, out / "plan-differences.gpkg")
        title = text("plans-title", spoken, title=loaded.title)
        names = {str(town): str(name) for town, name in towns["name"].items()}
        write_workbook(found, names, title, out / "plan-differences.xlsx", spoken, demo=loaded.demo)
        for name in ("plan-differences.gpkg", "plan-differences.xlsx"):
            click.echo(text("compare-written", spoken, path=out / name))
