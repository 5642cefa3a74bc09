"""The command `liangzhen verify`: finished files held against the results, number by number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from scripts.options import lang_option
from spatial.messages import text

if TYPE_CHECKING:
    from maps.verification import Verified
    from spatial.messages import Lang

_PATH = click.Path(path_type=Path)
_MOST = 20


@click.command()
@click.argument("results", type=_PATH, metavar="RESULTS")
@click.argument("files", type=_PATH, metavar="[FILE]...", nargs=-1)
@lang_option()
def verify(results: Path, files: tuple[Path, ...], lang: str) -> None:
    """Read reports, sheets, workbooks and maps again and hold every number against RESULTS.

    FILE: .docx, .pdf, .xlsx, .html, or the export.json of an export; by default all of them in the results folder,
    its sheets and its exports. Exit 0: all as in the
    results; 1: some are not; 2: a file cannot be verified.
    """
    from layers.plan_file import with_plans
    from layers.results import latest, read
    from maps.errors import MapError
    from maps.verification import verify as held
    from maps.verification import written

    spoken = cast("Lang", lang)
    folder = latest(results)
    found = with_plans(read(folder), folder)
    asked = files or written(folder)
    if not asked:
        raise MapError("verify-nothing", path=folder)
    wrong = 0
    for path in asked:
        try:
            done = held(found, path, folder)
        except MapError as error:
            if files or error.code != "verify-unknown":
                raise
            click.echo(error.text(spoken))
            continue
        wrong += len(done.differences)
        _say(done, spoken)
    click.get_current_context().exit(1 if wrong else 0)


def _say(done: Verified, lang: Lang) -> None:
    wrong = len(done.differences)
    code = "verify-differs" if wrong else "verify-same"
    click.echo(text(code, lang, path=done.path, count=done.numbers, wrong=wrong))
    gone = text("verify-gone", lang)
    for one in done.differences[:_MOST]:
        told = {"place": one.place, "id": one.id, "shown": one.shown or gone, "stored": one.stored or gone}
        click.echo(text("verify-line", lang, **told))
    if wrong > _MOST:
        click.echo(text("verify-more", lang, total=f"{wrong:,}", shown=_MOST))
