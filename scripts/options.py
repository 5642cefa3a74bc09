"""What the options of all commands have in common."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from scripts.speech import VARIABLE

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from spatial.messages import Lang


def lang_option(what: str = "output") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command ``--lang``; it is read first, so that faults of other options are told in that language."""
    return click.option(
        "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, is_eager=True, callback=_speak,
        envvar=VARIABLE, help=f"Language of {what}.",
    )  # fmt: skip


def spoken(ctx: click.Context) -> Lang:
    """The language of a command that is being read."""
    return cast("Lang", ctx.meta.get("lang", "zh"))


def _speak(ctx: click.Context, _: click.Parameter, lang: str) -> str:
    ctx.meta["lang"] = lang
    return lang


def today() -> dt.date:
    """The day where the program runs, as whoever signs a figure dates it."""
    return dt.datetime.now(dt.UTC).astimezone().date()


class Target(click.Path):
    """A file or folder to write, refused before the work if it cannot be."""

    def __init__(self, *, folder: bool = False) -> None:
        super().__init__(path_type=Path)
        self.folder = folder

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path, as `layers.outputs` lets it through."""
        from layers.outputs import require_file, require_folder

        path = cast("Path", super().convert(value, param, ctx))
        (require_folder if self.folder else require_file)(path)
        return path


FILE, FOLDER = Target(), Target(folder=True)
