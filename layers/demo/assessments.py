"""The register of earlier years 动态管理台账, planted so that every path of the dynamic adjustment is walked in 2016."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from layers import register

if TYPE_CHECKING:
    from pathlib import Path

_BY, _DOCUMENT = "两镇办（演示）", "演示〔{year}〕1号"


def write_register(
    folder: Path, special: dict[str, str], pilots: list[str], counties: dict[str, str]
) -> None:
    """Write ``register.csv`` into `folder`.

    Parameters
    ----------
    special
        Names of the special towns by the key of their scenario.
    pilots
        Names of the pilot towns in the order of the scenarios.
    counties
        County by name of town.
    """

    def entry(town: str, year: int, kind: str, value: str) -> dict[str, object]:
        county = counties.get(town, "")
        return {
            "town": town,
            "county": county,
            "year": year,
            "kind": kind,
            "value": value,
            "evidence": "",
            "corrects": "",
        }

    batches = {
        dt.date(2015, 2, 10): [
            entry(pilots[4], 2014, "card", "low-score"),
            entry(pilots[10], 2014, "card", "low-score"),
        ],
        dt.date(2016, 2, 15): [
            entry(pilots[5], 2015, "card", "low-score"),
            entry(pilots[6], 2015, "card", "low-score"),
            entry(pilots[9], 2015, "card", "low-score"),
            entry(pilots[10], 2015, "second-card", "low-score"),
            entry(special["茶市"], 2015, "grade", "good"),
            entry(special["竹艺"], 2015, "grade", "excellent"),
        ],
        dt.date(2016, 5, 20): [{**entry(pilots[6], 2015, "void", "miscounted"), "corrects": "R00004"}],
        dt.date(2016, 12, 20): [entry(special["电驱"], 2016, "unfit", "not-a-special-town")],
    }
    for day, rows in batches.items():
        register.confirm(folder / register.NAME, rows, _BY, _DOCUMENT.format(year=day.year), day)


def proposals(special: dict[str, str], pilots: list[str]) -> list[dict[str, str]]:
    """What the assessment of 2016 must propose, and nothing else."""
    planted = [
        (pilots[4], "card-lapsed", "years-without"),
        (pilots[5], "second-card", "low-score"),
        (pilots[8], "card", "low-score"),
        (pilots[10], "second-card", "cards-standing"),
        (pilots[11], "undecided", "low-score"),
        (special["新材"], "elimination", "assessment-failed"),
        (special["渔歌"], "undecided", "assessment-failed"),
        (special["电驱"], "elimination", "not-a-special-town"),
        (special["云仓"], "elimination", "poor-planning"),
        (special["渔歌"], "elimination", "poor-planning"),
        (special["数港"], "elimination", "poor-planning"),
        (special["陶坊"], "elimination", "investment-missed"),
        (special["渔歌"], "undecided", "investment-missed"),
        (special["茶市"], "promotion", "city"),
        (special["竹艺"], "promotion", "province"),
        (special["光机"], "demonstration", "excellent"),
        (special["芯谷"], "demonstration", "excellent"),
        (pilots[0], "excellent", "excellent"),
        (pilots[4], "excellent", "excellent"),
        (pilots[9], "excellent", "excellent"),
    ]
    return [{"town": town, "kind": kind, "reason": reason} for town, kind, reason in planted]
