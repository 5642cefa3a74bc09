"""Investment against its schedule, and where the year ends, 二(二)3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spatial import periods
from spatial.measures.investment import TOTAL, YEAR_END, investment_total
from spatial.measures.quarters import column, evidence, figures, joined, layers
from spatial.measures.registry import measure

if TYPE_CHECKING:
    from spatial.measures.registry import Facts

_YEAR = 4


@measure("investment_on_schedule_pct", unit="%", scope="special", basis="basis-on-schedule")
def investment_on_schedule(facts: Facts) -> pd.DataFrame:
    """Investment since listing by what the quarter asks of it, %, 二(二)3.

    ``counted_yi / (target_yi x quarters / window) x 100``: the target of the town's level (`Settings.investment_targets`,
    50 and 30 亿元) grows evenly over the window (`Settings.investment_window_quarters`), the quarter of the listing
    being the first.
    """
    towns, now = facts.towns, periods.number(facts.as_of)
    window = facts.settings.investment_window_quarters
    listed = column(towns, "listed").map(periods.number, na_action="ignore").astype(float)
    numbers = pd.DataFrame(index=towns.index)
    numbers["counted_yi"] = investment_total(facts)["value"]
    numbers["target_yi"] = column(towns, "level").map(dict(facts.settings.investment_targets)).astype(float)
    numbers["quarters"] = (now - listed + 1).clip(upper=window).where(listed <= now)
    asked = numbers["target_yi"] * numbers["quarters"] / window
    value = numbers["counted_yi"] / asked.where(asked > 0) * 100
    formula = f"counted_yi / (target_yi × quarters / {window}) × 100"
    return pd.DataFrame(
        {"value": value, "evidence": evidence(formula, layers(facts, "town_indicator"), numbers)}
    )


@measure("investment_year_forecast_yi", unit="亿元", scope="any", basis="basis-forecast")
def investment_year_forecast(facts: Facts) -> pd.DataFrame:
    """Fixed-asset investment that the year is heading for, 10^8 yuan.

    The year so far by the share that the same quarter had of the whole year before; evenly by quarters where the year
    before is not known: ``now / (then / then_whole)`` or ``now x 4 / quarter``. In the fourth quarter it is the figure.
    """
    year, quarter = int(facts.as_of[:4]), int(facts.as_of[-1])
    then, whole = f"{year - 1}Q{quarter}", f"{year - 1}Q{_YEAR}"
    tables = {at: figures(facts, [TOTAL], at).reindex(facts.towns.index) for at in (facts.as_of, then, whole)}
    numbers = pd.DataFrame({f"{TOTAL}[{at}]": table[TOTAL].astype(float) for at, table in tables.items()})
    now = numbers[f"{TOTAL}[{facts.as_of}]"]
    share = numbers[f"{TOTAL}[{then}]"] / numbers[f"{TOTAL}[{whole}]"].where(lambda whole: whole > 0)
    usual = share.where((share > 0) & (share <= 1))
    value = (now / usual).where(usual.notna(), now * _YEAR / quarter)
    formula = f"{TOTAL}[{facts.as_of}] / ({TOTAL}[{then}] / {TOTAL}[{whole}])"
    used = joined(*(table["rows"] for table in tables.values()))
    asked = pd.DataFrame(
        {name: (numbers[name].notna() | (name.endswith(f"[{facts.as_of}]"))) for name in numbers}
    )
    proof = evidence(
        formula if quarter <= YEAR_END else TOTAL, layers(facts, "town_indicator"), numbers, used, asked
    )
    return pd.DataFrame({"value": value.where(np.isfinite(value)), "evidence": proof})
