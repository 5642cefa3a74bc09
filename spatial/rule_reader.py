"""Takes values out of the tables of a rulebook, or says in one sentence what is wrong with them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from spatial import periods
from spatial.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

FEW = 8


@dataclass(frozen=True)
class Reader:
    """Of one table: `source` is the name of the file, `where` that of the table."""

    source: str
    where: str

    def keys(
        self, table: Mapping[str, Any], required: Collection[str] = (), optional: Collection[str] = ()
    ) -> None:
        """Refuse a key that is not known, and the lack of one that is required."""
        known = [*required, *optional]
        for key in table:
            if key not in known:
                raise RuleError(
                    "rule-key", source=self.source, where=self.where, key=key, nearest=nearest(key, known)
                )
        for key in required:
            if key not in table:
                raise RuleError("rule-key-missing", source=self.source, where=self.where, key=key)

    def wrong(self, key: str, expected: str, value: object) -> RuleError:
        """The error of a value that is written in the wrong way."""
        return RuleError(
            "rule-value", source=self.source, where=self.where, key=key, expected=expected, value=value
        )

    def table(self, data: Any, key: str) -> Mapping[str, Any]:
        """A table as such."""
        if not isinstance(data, dict):
            raise self.wrong(key, f"[{key}]", data)
        return data

    def text(self, table: Mapping[str, Any], key: str, default: str | None = None) -> str:
        """A text that is not empty, or the default."""
        value = table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(key, '"…"', value)
        return value

    def texts(
        self, table: Mapping[str, Any], key: str, known: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """A list of texts, of known names if given."""
        values = table[key]
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.wrong(key, '["…"]', values)
        return tuple(values if known is None else (self.choice({key: v}, key, known) for v in values))

    def titles(self, table: Mapping[str, Any], key: str) -> dict[str, str]:
        """A text in both languages."""
        value = table[key]
        inner = Reader(self.source, f"{self.where}, {key}")
        if not isinstance(value, dict):
            raise self.wrong(key, '{zh = "…", en = "…"}', value)
        inner.keys(value, required=("zh", "en"))
        return {lang: inner.text(value, lang) for lang in ("zh", "en")}

    def choice(self, table: Mapping[str, Any], key: str, known: Collection[str]) -> str:
        """One of the known names."""
        value = table[key]
        if not isinstance(value, str) or value not in known:
            raise RuleError(
                "rule-name", source=self.source, where=self.where, key=key, value=value,
                nearest=nearest(str(value), known),
            )  # fmt: skip
        return value

    def number(
        self, table: Mapping[str, Any], key: str, default: float | None = None, least: float | None = None
    ) -> float:
        """A number, or a fraction written as text; the default if left out."""
        value = table.get(key, default)
        try:
            found = float(Fraction(value) if isinstance(value, str) else value)
        except (TypeError, ValueError, ZeroDivisionError):
            found = float("nan")
        if isinstance(value, bool) or not abs(found) < float("inf") or (least is not None and found < least):
            raise self.wrong(key, '3 / 0.1 / "50/3"' + ("" if least is None else f", >= {least:g}"), value)
        return found

    def whole(self, table: Mapping[str, Any], key: str, least: int = 0) -> int:
        """A whole number, `least` or more."""
        value = table[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.wrong(key, f"12, >= {least}", value)
        return value

    def flag(self, table: Mapping[str, Any], key: str) -> bool:
        """True or false; left out: false."""
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true / false", value)
        return value

    def quarter(self, table: Mapping[str, Any], key: str) -> str | None:
        """A quarter such as ``2016Q2``; left out: None."""
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or periods.parse(value) != value:
            raise self.wrong(key, '"2016Q2"', value)
        return value


def nearest(word: str, known: Collection[str]) -> str:
    """The known name nearest to a word; all of them where they are signs, or few and none is near."""
    if not any(sign.isalpha() for sign in "".join(known)):
        return ", ".join(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if not near and len(known) > FEW:
        near = difflib.get_close_matches(word, known, n=3, cutoff=0.0)
    return ", ".join(near or known)
