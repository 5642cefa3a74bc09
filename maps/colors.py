"""One table of colours and signs for everything that is drawn, safe for colour-blind eyes."""

from __future__ import annotations

from typing import Final, NamedTuple


class Look(NamedTuple):
    """How one class is drawn: fill and line as `#rrggbb`, and a sign that tells it apart without colour."""

    fill: str
    line: str
    sign: str = ""


VERDICTS: Final[dict[str, Look]] = {
    "fail": Look("#b2182b", "#6b0d18", "×"),
    "warning": Look("#f0b429", "#8a6100", "▲"),
    "no data": Look("#cdd1d6", "#5b6167", "?"),
    "pass": Look("#238b8d", "#0e4a4c", "✓"),
}
"""Verdicts, worst first: their lightness differs as well as their hue, and each has a sign."""

NEUTRAL: Final = Look("#f4f3ee", "#8b8f94")
"""Towns without a programme: context, not judged."""

ZONE_KINDS: Final[dict[str, Look]] = {
    "permitted": Look("#fbe3c0", "#c98a2b"),
    "conditional": Look("#d9d3ef", "#6f5fae"),
    "restricted": Look("#dfe8c8", "#7d9440"),
    "forbidden": Look("#c9c4bf", "#4d4843"),
}
"""Control zones 管制区: 010 允许, 020 有条件, 030 限制, 040 禁止."""

LAND_CLASSES: Final[dict[str, Look]] = {
    "construction": Look("#e6a5a0", "#a85a54"),
    "agricultural": Look("#f3e9a9", "#b8a43c"),
    "unused": Look("#dcdcdc", "#8c8c8c"),
}
"""The three great classes of land 三大类: 建设用地, 农用地, 未利用地."""

LIMITS: Final[dict[str, Look]] = {
    "farmland": Look("#f2e27a", "#9c8a1e"),
    "redline": Look("#9bd1a5", "#00695c"),
    "expansion": Look("#ffffff", "#4b1d8f"),
    "planned_area": Look("#ffffff", "#0b3c8c"),
    "construction_area": Look("#cfe0f5", "#1f78b4"),
    "county_boundary": Look("#ffffff", "#30343a"),
    "town_boundary": Look("#ffffff", "#8b8f94"),
    "village": Look("#5c4a72", "#ffffff"),
}
"""Limits and boundaries, by canonical role; `expansion` is the line around permitted and conditional zones."""

PIECES: Final[dict[str, Look]] = {
    "fail": Look("#d6006c", "#5c0030"),
    "warning": Look("#ffa21a", "#7a3b00"),
    "no data": Look("#6ba3e0", "#1d3a5c"),
    "sliver": Look("#e6e6e6", "#3c3c3c"),
}
"""Violating pieces: by the verdict they lead to; slivers apart."""

PROJECT_STATES: Final[dict[str, Look]] = {
    "planned": Look("#dfe3e8", "#30343a", "○"),
    "started": Look("#a6cee3", "#1c4966", "◐"),
    "building": Look("#2b7bba", "#0f3556", "◑"),
    "done": Look("#14532d", "#0a2a17", "●"),
    "stalled": Look("#c2410c", "#5e1f06", "■"),
    "unknown": Look("#ffffff", "#777777", "?"),
}
"""Projects by state."""

GREENWAYS: Final[dict[str, Look]] = {
    "province": Look("#006d2c", "#006d2c", "━━"),
    "city": Look("#2ca25f", "#2ca25f", "━ ━"),
    "county": Look("#66c2a4", "#66c2a4", "┄┄"),
    "other": Look("#74a892", "#74a892", "··"),
}
"""Greenways by level; other levels and none take the last."""

PLANNED: Final = Look("#8b8f94", "#8b8f94", "··")
"""Greenways that are not open yet."""

REACH: Final[dict[str, Look]] = {
    "reached": Look("#1a7f37", "#ffffff", "●"),
    "apart": Look("#8fb8de", "#1d3a5c", "◑"),
    "near": Look("#ffa21a", "#7a3b00", "◐"),
    "unreached": Look("#ffffff", "#b00020", "○"),
}
"""Villages and town centres by what the greenways reach; apart in lightness and in fill."""

LINK: Final = Look("#d6006c", "#d6006c", "╌╌")
GAP: Final = Look("#b00020", "#b00020", "×")
ACCESS: Final = Look("#ffffff", "#006d2c", "◇")
CROSSING: Final[dict[str, Look]] = {
    "road": Look("#f2e5ff", "#6a3d9a", "×"),
    "water": Look("#dff1ff", "#0b5fa5", "≈"),
}
"""Where greenways cross a main road, or water."""

SEQUENCE: Final[tuple[str, ...]] = ("#fef0c0", "#b5dcae", "#5fb7b5", "#2f7fb0", "#253a80")
"""Classes of a number, low to high: their lightness falls step by step."""

CHANGES: Final[dict[str, Look]] = {
    "new": Look("#e66101", "#7a3300", "+"),
    "gone": Look("#5e3c99", "#2f1d4f", "−"),
}
"""Construction land that came and went."""

STUDIES: Final[dict[str, Look]] = {
    "raster_candidate": Look("#a6d854", "#3f6b0c", "●"),
    "parcel_candidate": Look("#1f9ed1", "#0b4a66", "○"),
    "industrial_scattered": Look("#a6761d", "#5c400c"),
    "park_state": Look("#cdb4db", "#6d3f86"),
    "renewal_project_state": Look("#fdbf6f", "#b15928"),
    "street_state": Look("#7f3b08", "#7f3b08"),
    "cleanup_site_state": Look("#a63603", "#ffffff"),
    "reception_hall_state": Look("#084081", "#ffffff"),
}
"""Layers of studies: where parcels and pixels disagree, industry outside parks, sites and streets."""

GROWTH: Final[dict[str, Look]] = {
    "infill": Look("#fdd49e", "#a66a2c"),
    "edge": Look("#fc8d59", "#99491f"),
    "outlying": Look("#b30000", "#5c0000"),
}
"""New built-up land by how it lies to what was there."""

PLAN_DIFFERENCES: Final[dict[str, Look]] = {
    "construction-farmland": Look("#b2182b", "#6b0d18"),
    "use": Look("#f0a030", "#8a5200"),
    "unplanned": Look("#6a7fb5", "#2b3a63"),
    "scale": Look("#c8ced6", "#7d858e"),
    "shift": Look("#dfe3e8", "#8b8f94"),
    "sliver": Look("#efefef", "#9a9a9a"),
}
"""Where two plans disagree, by type."""

OTHERS: Final[tuple[Look, ...]] = (
    Look("#f7c6e0", "#8e0152"), Look("#c7d7f2", "#2b4c8c"), Look("#d9e8c3", "#4d7a1f"), Look("#f2d6b3", "#8a4b08"),
)  # fmt: skip
"""Layers of studies without classes, in the order in which they come."""
