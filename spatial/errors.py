"""The errors that a user can cause: one base class, small named subclasses."""

from __future__ import annotations

from spatial.messages import Lang, text


class LiangzhenError(Exception):
    """Something in the input is wrong; the message says what, where, and what to do.

    Parameters
    ----------
    code
        Code of the message in the catalogue.
    **params
        What the message names (file, feature, key, ...).
    """

    def __init__(self, code: str, /, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(self.text("en"))

    def text(self, lang: Lang) -> str:
        """Return the message in `lang`."""
        return text(self.code, lang, **self.params)


class RuleError(LiangzhenError):
    """A rulebook says something that cannot be judged."""


class GeometryError(LiangzhenError):
    """A geometry or its coordinate system cannot be measured."""
