"""Land classes of the third survey 三调: construction, agricultural, unused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

CONSTRUCTION = ("05", "06", "07", "08", "09", "10", "1109", "1201")
AGRICULTURAL = ("01", "02", "03", "04", "1006", "1103", "1104", "1107", "1202", "1203")
UNUSED = ("11", "12")
_PLAN: Final = re.compile(r"\d{6}|(1[3-9]|2[0-4])(\d\d)?")


def group(codes: pd.Series) -> pd.Series:
    """``construction``, ``agricultural`` or ``unused`` by the longest prefix (TD/T 1055-2019, GB/T 21010-2017).

    Construction land is 05 to 10 without 1006 (rural roads), and 1109 and 1201.

    Parameters
    ----------
    codes
        Codes such as ``0601`` or ``05H1`` (DLBM).

    Returns
    -------
    Series
        Missing where the code is missing or unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> group(pd.Series(["05H1", "1006", "1109", "1101", "0103", "77"])).tolist()
    ['construction', 'agricultural', 'construction', 'unused', 'agricultural', None]
    """
    kinds = dict.fromkeys(CONSTRUCTION, "construction")
    kinds |= dict.fromkeys(AGRICULTURAL, "agricultural") | dict.fromkeys(UNUSED, "unused")
    known = codes.astype(object).where(codes.notna(), None)
    text = known.map(lambda code: str(code).strip(), na_action="ignore")
    short, long = text.map(_prefix(2), na_action="ignore"), text.map(_prefix(4), na_action="ignore")
    found = long.map(kinds)
    found = found.astype(object).where(found.notna(), short.map(kinds).astype(object))
    return found.where(found.notna(), None)


def only_in_plans(code: object) -> bool:
    """Whether a code is of 国土空间规划用地用海 and none of a survey: of six digits, or beginning with 13 to 24.

    Examples
    --------
    >>> [only_in_plans(code) for code in ("0701", "1207", "05H1", "202A", "070102", "1401")]
    [False, False, False, False, True, True]
    """
    return _PLAN.fullmatch(str(code).strip()) is not None


def _prefix(length: int) -> Callable[[str], str]:
    return lambda code: code[:length]
