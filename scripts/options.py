"""What the options of all commands have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def lang_option(what: str = "output") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command ``--lang``; it is read first, so that faults of other options are told in that language."""
    return click.option(
        "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, is_eager=True, callback=_speak,
        help=f"Language of {what}.",
    )  # fmt: skip


def _speak(ctx: click.Context, _: click.Parameter, lang: str) -> str:
    ctx.meta["lang"] = lang
    return lang
