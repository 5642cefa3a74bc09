"""Standard colours of land classes: 三调 and 国土空间规划用地用海."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from maps.colors import LAND_CLASSES, NEUTRAL, Look
from spatial.land_classes import group, only_in_plans
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Iterable

Scheme = Literal["survey", "plan"]

SURVEY: Final[dict[str, Look]] = {
    "0101": Look("#f8d072", "#88723e"),
    "0102": Look("#fcea9e", "#8a8056"),
    "0103": Look("#fffbb1", "#8c8a61"),
    "0201": Look("#d6a7c9", "#755b6e"),
    "0202": Look("#d5a7b0", "#755b60"),
    "0203": Look("#e7cce2", "#7f707c"),
    "0204": Look("#e7cce2", "#7f707c"),
    "0301": Look("#31ad69", "#1a5f39"),
    "0302": Look("#31ad69", "#1a5f39"),
    "0303": Look("#31ad69", "#1a5f39"),
    "0304": Look("#31ad69", "#1a5f39"),
    "0305": Look("#64b968", "#376539"),
    "0306": Look("#64b968", "#376539"),
    "0307": Look("#97cfb2", "#537161"),
    "0401": Look("#83c238", "#486a1e"),
    "0402": Look("#83c238", "#486a1e"),
    "0403": Look("#9ace7f", "#547145"),
    "0404": Look("#c8e3a0", "#6e7c58"),
    "0508": Look("#c59a8c", "#6c544d"),
    "05H1": Look("#e2a195", "#7c5851"),
    "0601": Look("#c59a8c", "#6c544d"),
    "0602": Look("#c5828c", "#6c474d"),
    "0603": Look("#c59a8c", "#6c544d"),
    "0701": Look("#e56766", "#7d3838"),
    "0702": Look("#ec898a", "#814b4b"),
    "0809": Look("#f1a5b4", "#845a63"),
    "0810": Look("#81c35d", "#466b33"),
    "08H1": Look("#f1a5b4", "#845a63"),
    "08H2": Look("#f1b3b4", "#846263"),
    "09": Look("#c17261", "#6a3e35"),
    "1001": Look("#d1c9d3", "#726e74"),
    "1002": Look("#d1c9d3", "#726e74"),
    "1003": Look("#cdd8c9", "#70766e"),
    "1004": Look("#dededd", "#7a7a79"),
    "1005": Look("#aaa9a9", "#5d5c5c"),
    "1006": Look("#c2c1c1", "#6a6a6a"),
    "1007": Look("#eb897e", "#814b45"),
    "1008": Look("#eb897e", "#814b45"),
    "1009": Look("#eb7d87", "#81444a"),
    "1101": Look("#a3d6f5", "#597586"),
    "1102": Look("#7dd2f5", "#447386"),
    "1103": Look("#bfffff", "#698c8c"),
    "1104": Look("#90aacf", "#4f5d71"),
    "1105": Look("#b3def8", "#627a88"),
    "1106": Look("#b3def8", "#627a88"),
    "1107": Look("#a0cdf0", "#587084"),
    "1108": Look("#afc8dc", "#606e79"),
    "1109": Look("#e68264", "#7e4737"),
    "1110": Look("#d7edfb", "#76828a"),
    "1201": Look("#e1dce1", "#7b797b"),
    "1202": Look("#dcb482", "#796347"),
    "1203": Look("#c8ccd2", "#6e7073"),
    "1204": Look("#c8beaa", "#6e685d"),
    "1205": Look("#c8beaa", "#6e685d"),
    "1206": Look("#d7c8b9", "#766e65"),
    "1207": Look("#deddd6", "#7a7975"),
}
"""Classes of the third survey 三调 (TD/T 1055-2019), by code.

Values as public software draws survey data; the annex of the standard itself was not at hand. Other codes
take the colour of their great class.
"""

PLAN: Final[dict[str, Look]] = {
    "01": Look("#f5f8dc", "#868879"),
    "02": Look("#bfe9aa", "#69805d"),
    "03": Look("#68b167", "#396138"),
    "04": Look("#cdf57a", "#708643"),
    "05": Look("#65cdaa", "#37705d"),
    "06": Look("#d8d79f", "#767657"),
    "0701": Look("#ffff2d", "#8c8c18"),
    "0703": Look("#ffd380", "#8c7446"),
    "0801": Look("#ff00ff", "#8c008c"),
    "0802": Look("#e6005c", "#7e0032"),
    "0803": Look("#ff7f00", "#8c4500"),
    "0804": Look("#ff85c9", "#8c496e"),
    "0805": Look("#00a57c", "#005a44"),
    "0806": Look("#ff7f7e", "#8c4545"),
    "0807": Look("#ff9f7f", "#8c5745"),
    "09": Look("#ff0000", "#8c0000"),
    "1001": Look("#bb9674", "#66523f"),
    "1002": Look("#9e6c54", "#563b2e"),
    "1003": Look("#0000ff", "#00008c"),
    "1101": Look("#8761d3", "#4a3574"),
    "1102": Look("#9999ff", "#54548c"),
    "12": Look("#b7b7b7", "#646464"),
    "1202": Look("#adadad", "#5f5f5f"),
    "1207": Look("#a3a3a3", "#595959"),
    "1205": Look("#999999", "#545454"),
    "13": Look("#006380", "#003646"),
    "1401": Look("#00ff00", "#008c00"),
    "1402": Look("#148d4a", "#0b4d28"),
    "1403": Look("#acffcf", "#5e8c71"),
    "15": Look("#859156", "#494f2f"),
    "16": Look("#ffffff", "#8c8c8c"),
    "17": Look("#338ec0", "#1c4e69"),
    "18": Look("#94d5eb", "#517581"),
    "19": Look("#56a6d3", "#2f5b74"),
    "20": Look("#6c8bd1", "#3b4c72"),
    "21": Look("#1aaae6", "#0e5d7e"),
    "22": Look("#83bcd6", "#486775"),
    "23": Look("#eeeeee", "#828282"),
    "24": Look("#d6eaf3", "#758085"),
}
"""Classes of 国土空间规划用地用海 (codes of 2023), by code: 市级国土空间总体规划制图规范(试行), 2021, annex B."""

_TABLES: Final = {"survey": SURVEY, "plan": PLAN}


def land_scheme(codes: Iterable[str]) -> Scheme:
    """Return which list the codes are of: the plan's if one has six digits or begins with 13 to 24, as no survey's does.

    Examples
    --------
    >>> land_scheme(["0701", "1207", "05H1", "202A"]), land_scheme(["0701", "1207", "1401"])
    ('survey', 'plan')
    """
    return "plan" if any(map(only_in_plans, codes)) else "survey"


def land_code(code: str, scheme: Scheme = "survey") -> str:
    """Return the longest beginning of a class's code that has a colour of its own, or nothing.

    Examples
    --------
    >>> land_code("0810A"), land_code("070102", "plan"), land_code("77")
    ('0810', '0701', '')
    """
    table = _TABLES[scheme]
    return next((code[:size] for size in range(len(code), 1, -1) if code[:size] in table), "")


def land_name(code: str, lang: Lang, scheme: Scheme = "survey") -> str:
    """Return a land class with its name, where its colour is known."""
    known = land_code(code, scheme)
    return f"{code} {text(f'land-{scheme}-{known}', lang)}" if known else code


def land_look(code: str, scheme: Scheme = "survey") -> Look:
    """Return how a land class is drawn: its standard colour, that of its great class, or none in particular."""
    known = land_code(code, scheme)
    if known:
        return _TABLES[scheme][known]
    great = group(pd.Series([code])).iloc[0] if scheme == "survey" else None
    return LAND_CLASSES.get(great or "", NEUTRAL)
