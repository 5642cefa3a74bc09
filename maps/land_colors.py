"""Standard colours of land classes: 三调 and 国土空间规划用地用海."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd

from maps.colors import LAND_CLASSES, NEUTRAL, Look
from spatial.land_classes import group

Scheme = Literal["survey", "plan"]

SURVEY: Final[dict[str, Look]] = {
    "0102": Look("#fcea9e", "#8a8056"),
    "0103": Look("#fffbb1", "#8c8a61"),
    "0301": Look("#31ad69", "#1a5f39"),
    "0305": Look("#64b968", "#376539"),
    "0307": Look("#97cfb2", "#537161"),
    "0404": Look("#c8e3a0", "#6e7c58"),
    "05H1": Look("#e2a195", "#7c5851"),
    "0601": Look("#c59a8c", "#6c544d"),
    "0602": Look("#c5828c", "#6c474d"),
    "0701": Look("#e56766", "#7d3838"),
    "0702": Look("#ec898a", "#814b4b"),
    "08H1": Look("#f1a5b4", "#845a63"),
    "08H2": Look("#f1b3b4", "#846263"),
    "0810": Look("#81c35d", "#466b33"),
    "09": Look("#c17261", "#6a3e35"),
    "1001": Look("#d1c9d3", "#726e74"),
    "1003": Look("#cdd8c9", "#70766e"),
    "1004": Look("#dededd", "#7a7a79"),
    "1005": Look("#aaa9a9", "#5d5c5c"),
    "1006": Look("#c2c1c1", "#6a6a6a"),
    "1009": Look("#eb7d87", "#81444a"),
    "1102": Look("#7dd2f5", "#447386"),
    "1103": Look("#bfffff", "#698c8c"),
    "1104": Look("#90aacf", "#4f5d71"),
    "1107": Look("#a0cdf0", "#587084"),
    "1109": Look("#e68264", "#7e4737"),
    "1201": Look("#e1dce1", "#7b797b"),
    "1202": Look("#dcb482", "#796347"),
    "1205": Look("#c8beaa", "#6e685d"),
    "1206": Look("#d7c8b9", "#766e65"),
}
"""Classes of the third survey 三调 (TD/T 1055-2019), by code.

Values as public software draws survey data; the annex of the standard itself was not at hand. Classes left out
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


def land_code(code: str, scheme: Scheme = "survey") -> str:
    """Return the longest beginning of a class's code that has a colour of its own, or nothing.

    Examples
    --------
    >>> land_code("0810A"), land_code("070102", "plan"), land_code("77")
    ('0810', '0701', '')
    """
    table = _TABLES[scheme]
    return next((code[:size] for size in range(len(code), 1, -1) if code[:size] in table), "")


def land_look(code: str, scheme: Scheme = "survey") -> Look:
    """Return how a land class is drawn: its standard colour, that of its great class, or none in particular."""
    known = land_code(code, scheme)
    if known:
        return _TABLES[scheme][known]
    great = group(pd.Series([code])).iloc[0] if scheme == "survey" else None
    return LAND_CLASSES.get(great or "", NEUTRAL)
