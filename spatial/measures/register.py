"""What the register 两镇名录 says of each town: scenic grade, downgrade, yellow cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spatial.measures.quarters import column, evidence, layers
from spatial.measures.registry import measure

if TYPE_CHECKING:
    from spatial.measures.registry import Facts


@measure("scenic_grade", unit="A", scope="special", basis="basis-register")
def scenic_grade(facts: Facts) -> pd.DataFrame:
    """Grade of the scenic area 景区等级 as a number of A (0 to 5), 二(一)2, 二(二)4."""
    return _stated(facts, "scenic_grade")


@measure("yellow_cards", unit="", scope="pilot", basis="basis-register")
def yellow_cards(facts: Facts) -> pd.DataFrame:
    """Number of yellow cards 黄牌警告 a pilot town holds, 四(四)."""
    return _stated(facts, "yellow_cards")


@measure("downgraded", unit="", scope="special", basis="basis-downgraded")
def downgraded(facts: Facts) -> pd.DataFrame:
    """1 if the town was downgraded 降档, 0 if its status is another, 二(一)1.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.measures import Facts
    >>> towns = pd.DataFrame({"programme": ["special"] * 2, "status": ["downgraded", "listed"]}, index=["a", "b"])
    >>> downgraded(Facts(towns, {}, "2016Q2"))["value"].to_list()
    [1.0, 0.0]
    """
    status = column(facts.towns, "status")
    value = status.eq("downgraded").fillna(value=False).astype(float).where(status.notna())
    numbers = pd.DataFrame({"downgraded": value})
    return pd.DataFrame({"value": value, "evidence": _proof(facts, 'status == "downgraded"', numbers)})


def _stated(facts: Facts, name: str) -> pd.DataFrame:
    numbers = pd.DataFrame({name: pd.to_numeric(column(facts.towns, name)).astype(float)})
    return pd.DataFrame({"value": numbers[name], "evidence": _proof(facts, name, numbers)})


def _proof(facts: Facts, formula: str, numbers: pd.DataFrame) -> pd.Series[Any]:
    rows = None
    register = facts.frames.get("town")
    if register is not None and "fid" in register and "name" in facts.towns:
        fids = register.astype({"fid": str}).groupby("name", sort=False)["fid"].agg(tuple)
        rows = facts.towns["name"].map(fids.to_dict())
    return evidence(formula, layers(facts, "town"), numbers, rows)
