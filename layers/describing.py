"""What stands in the fields of a layer or table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.fields import FieldUse

FIELDS = ("field", "type", "filled_pct", "examples", "column", "unit")
_EXAMPLES = 3
_LONGEST = 40


def describe(frame: pd.DataFrame, uses: Iterable[FieldUse]) -> pd.DataFrame:
    """Table of `FIELDS`: what each field holds, the first values in it, and the column it is by `uses`."""
    mapped = {use.field: use for use in uses}
    rows = []
    for place, name in enumerate(frame.columns):
        values = frame.iloc[:, place]
        given = values[values.notna() & (values.astype(str).str.strip() != "")]
        use = mapped.get(name)
        column = "" if use is None else use.column
        rows.append(
            {
                "field": str(name),
                "type": _type(given),
                "filled_pct": 100.0 * len(given) / len(values) if len(values) else 0.0,
                "examples": [str(value)[:_LONGEST] for value in given.drop_duplicates()[:_EXAMPLES]],
                "column": column,
                "unit": use.unit if use is not None else "",
            }
        )
    return pd.DataFrame(rows, columns=list(FIELDS))


def _type(values: pd.Series) -> str:
    """``integer``, ``number``, ``date``, ``yes-no``, ``text``, ``mixed`` or ``empty``."""
    if not len(values):
        return "empty"
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "floating" and not pd.api.types.is_float_dtype(values.dtype):
        return "number"
    known = {
        "integer": "integer", "floating": "number", "mixed-integer-float": "number", "decimal": "number",
        "boolean": "yes-no", "string": "text", "datetime": "date", "datetime64": "date", "date": "date",
    }  # fmt: skip
    return known.get(kind, "mixed")
