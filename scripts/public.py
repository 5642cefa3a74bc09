"""Options of the commands that also write for the public."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS = (
    click.option(
        "--public", "published", is_flag=True, help="Generalised to 10 m, only layers that are published."
    ),
    click.option("--review-no", default="", help="审图号."),
    click.option("--secrecy", default="", help="密级."),
    click.option("--maker", default="", help="制图单位."),
)


def public_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `published`, and `stated`: the texts that what is published must carry, refused if one is empty."""

    @wraps(command)
    def checked(*, review_no: str, secrecy: str, maker: str, published: bool, **more: Any) -> None:
        stated = {"review_no": review_no, "secrecy": secrecy, "maker": maker}
        if published:
            from maps.public import require

            require(stated)
        command(published=published, stated=stated, **more)

    for option in reversed(_OPTIONS):
        checked = option(checked)
    return checked
