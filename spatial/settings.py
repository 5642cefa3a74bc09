"""What a rulebook sets for the whole run: which area counts, tolerances, zones, what is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

GREENWAYS = {
    "snap_m": 1.0, "gap_m": 20.0, "twin_m": 5.0, "reach_m": 1000.0, "part_m": 2000.0, "straight_factor": 2.0,
}  # fmt: skip
"""What is snapped, what is a gap, what is a line drawn twice; up to where a place is reached; length from which a
part counts as the network; how often a metre of a new line counts."""


@dataclass(frozen=True)
class Settings:
    """Settings of a rulebook.

    Attributes
    ----------
    area
        The area that is judged: ``legal`` (on the ellipsoid) or ``registered`` (TBMJ, in proportion).
    sliver_width_m
        Width below which a cut-off part is digitising noise: listed, never judged alone.
    digitising_tolerance_m
        Half-width of the uncertainty of a digitised boundary.
    investment_window_quarters
        Length of the time a special town has for its investment, that of its listing being
        the first.
    investment_targets
        Investment that a special town has to reach in its window, 亿元, by level (浙政发〔2015〕8号, 二(二)3).
    pilot_round
        Round of pilot towns that counts as new.
    zones
        Code prefixes (GZQLXDM) by zone kind.
    investment_excludes
        Columns of ``town_indicator`` taken off fixed-asset investment, by level.
    greenways
        Distances of the greenway network 绿道网, m, and what a metre across country costs against one along a way
        (`spatial.studies.greenways`, 三(二)4); conventions of this program.
    quality
        Tolerances of inspectors other than their own, by code and name (docs/issues.md).
    """

    area: str = "legal"
    sliver_width_m: float = 0.5
    digitising_tolerance_m: float = 0.5
    investment_window_quarters: int = 12
    pilot_round: int = 3
    zones: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "permitted": ("010",),
            "conditional": ("020", "021"),
            "restricted": ("030",),
            "forbidden": ("04",),
        }
    )
    investment_excludes: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"province": ("housing_investment_yi", "complex_investment_yi")}
    )
    quality: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    investment_targets: Mapping[str, float] = field(default_factory=lambda: {"province": 50.0, "city": 30.0})
    greenways: Mapping[str, float] = field(default_factory=lambda: dict(GREENWAYS))
