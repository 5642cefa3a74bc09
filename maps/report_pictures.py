"""Pictures of a report as SVG: the overview map by verdict, verdicts by clause as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import shapely

from maps.colors import NEUTRAL, PIECES, VERDICTS
from maps.pagedata import missing, verdict_labels, worst_verdicts
from maps.pagedata import pieces as listed
from spatial.causes import by_clause
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from layers.results import Results

_WIDTH, _HEIGHT = 1560.0, 1180.0
_LEGEND = 60.0
_FONT = 'font-family="Noto Sans SC"'
_TALL = 60.0
"""Height from which on a town has its name within."""
_FINE = 0.5
"""Tenths of a millimetre, in which the map is drawn, that a line may be off."""


def overview(results: Results, lang: Lang) -> str:
    """Map of all towns in the colour of their worst verdict, with pieces, scale bar and legend; 156 mm wide."""
    frame = results.towns[~(results.towns.geometry.is_empty | results.towns.geometry.isna())]
    west, south, east, north = frame.total_bounds
    scale = min(_WIDTH / (east - west), (_HEIGHT - _LEGEND - 20) / (north - south))
    left = (_WIDTH - (east - west) * scale) / 2

    def placed(shapes: Any) -> np.ndarray:
        moved = shapely.transform(
            shapes, lambda xy: np.column_stack([left + (xy[:, 0] - west) * scale, (north - xy[:, 1]) * scale])
        )
        return np.asarray(shapely.simplify(moved, _FINE), dtype=object)

    worst = worst_verdicts(results)
    parts = []
    drawn = placed(frame.geometry.to_numpy())
    small_last = np.argsort(-frame.geometry.area.to_numpy(), kind="stable")
    for at in small_last:
        row = frame.iloc[at]
        judged = not missing(row.get("programme"))
        look = VERDICTS[worst[row.name]] if judged and row.name in worst else NEUTRAL
        special = row.get("programme") == "special"
        parts.append(f'<path d="{_path(drawn[at])}" fill="{look.fill}" stroke="{look.line}" stroke-width="{3 if special else 1.2}"/>')  # fmt: skip
    for colours, spot in _marks(results, placed):
        parts.append(
            f'<circle cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" r="5" fill="{colours[0]}" stroke="#fff"/>'
        )
    parts += _names(frame, drawn)
    parts += _bar(scale)
    parts += _legend(results, lang)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}">{"".join(parts)}</svg>'


def _path(shape: Any) -> str:
    rings = shapely.get_rings(shapely.get_parts(shape))
    lines = (" ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)) for ring in rings)
    return "".join(f"M{line}Z" for line in lines)


def _marks(
    results: Results, placed: Callable[[Any], np.ndarray]
) -> list[tuple[tuple[str, str], tuple[float, float]]]:
    """Where pieces of land break a rule, slivers apart."""
    if not len(results.pieces):
        return []
    looks = [PIECES[piece["look"]] for piece in listed(results, "zh")]
    spots = shapely.get_coordinates(placed(shapely.point_on_surface(results.pieces.geometry.to_numpy())))
    real = ~results.pieces["sliver"].astype(bool).to_numpy()
    return [
        ((look.fill, look.line), (x, y))
        for look, (x, y), shown in zip(looks, spots, real, strict=True)
        if shown
    ]


def _names(frame: gpd.GeoDataFrame, drawn: np.ndarray) -> list[str]:
    """Names of judged towns where they do not lie on another name: in the town, of a small one above or below it."""
    taken: list[tuple[float, float, float, float]] = []
    parts = []
    judged = frame["programme"].notna().to_numpy()
    spots = shapely.get_coordinates(shapely.point_on_surface(drawn))
    for at in np.flatnonzero(judged):
        name = str(frame["name"].iloc[at])
        wide = sum(9.0 if letter.isascii() else 18.0 for letter in name) + 6
        top, bottom = shapely.bounds(drawn[at])[[1, 3]]
        heights = (spots[at][1] + 6,) if bottom - top > _TALL else (top - 6, bottom + 20)
        free = None
        for height in heights:
            x, y = np.clip(
                (spots[at][0], height), (wide / 2, 18), (_WIDTH - wide / 2, _HEIGHT - _LEGEND - 20)
            )
            box = (x - wide / 2, y - 18, x + wide / 2, y + 6)
            if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
                free = box
                break
        if free is None:
            continue
        taken.append(free)
        parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {_FONT} font-size="18" text-anchor="middle" stroke="#fff" stroke-width="4" paint-order="stroke" fill="#22262b">{escape(name)}</text>')  # fmt: skip
    return parts


def _bar(scale: float) -> list[str]:
    """Scale bar of a round length, about a sixth of the width."""
    metres = _WIDTH / 6 / scale
    power = 10.0 ** np.floor(np.log10(metres))
    length = float(max(step * power for step in (1, 2, 5) if step * power <= metres))
    wide, y = length * scale, _HEIGHT - _LEGEND - 8
    shown = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"  # noqa: PLR2004 - a kilometre
    return [
        f'<path d="M20,{y - 8:.1f}V{y:.1f}H{20 + wide:.1f}V{y - 8:.1f}" fill="none" stroke="#22262b" stroke-width="3"/>',
        f'<text x="{30 + wide:.1f}" y="{y:.1f}" {_FONT} font-size="20" fill="#22262b">{shown}</text>',
        f'<text x="{_WIDTH - 24:.0f}" y="34" {_FONT} font-size="28" text-anchor="middle" fill="#22262b">N</text>',
        f'<path d="M{_WIDTH - 24:.0f},40l-12,42l12,-10l12,10z" fill="#22262b"/>',
    ]


def _legend(results: Results, lang: Lang) -> list[str]:
    """Only what is drawn: verdicts that occur, towns without programme, pieces."""
    labels, shown = verdict_labels(lang), set(worst_verdicts(results).values())
    entries = [(VERDICTS[code], label) for code, label in labels.items() if code in shown]
    if results.towns["programme"].isna().any():
        entries.append((NEUTRAL, text("report-not-judged", lang)))
    parts, x, y = [], 20.0, _HEIGHT - 22
    for look, label in entries:
        parts.append(
            f'<rect x="{x:.0f}" y="{y - 22:.0f}" width="36" height="24" fill="{look.fill}" stroke="{look.line}"/>'
        )
        parts.append(
            f'<text x="{x + 46:.0f}" y="{y:.0f}" {_FONT} font-size="22" fill="#22262b">{escape(label)}</text>'
        )
        x += 90 + sum(12 if letter.isascii() else 23 for letter in label)
    if len(results.pieces):
        parts.append(f'<circle cx="{x + 14:.0f}" cy="{y - 9:.0f}" r="7" fill="{PIECES["fail"].fill}"/>')
        parts.append(f'<text x="{x + 32:.0f}" y="{y:.0f}" {_FONT} font-size="22" fill="#22262b">{escape(text("report-pieces-mark", lang))}</text>')  # fmt: skip
    return parts


def bars(results: Results, lang: Lang) -> str:
    """Findings by clause and verdict as stacked bars; 156 mm wide."""
    counts = by_clause(results.findings)
    labels = verdict_labels(lang)
    most = max(int(counts.to_numpy().sum(axis=1).max()), 1)
    step, left = 46.0, 210.0
    scale = (_WIDTH - left - 80) / most
    parts = []
    for line, (clause, row) in enumerate(counts.iterrows()):
        y, x = 12 + line * step, left
        parts.append(f'<text x="{left - 14:.0f}" y="{y + 24:.0f}" {_FONT} font-size="24" text-anchor="end" fill="#22262b">{escape(str(clause))}</text>')  # fmt: skip
        for code in labels:
            wide = float(row.get(code, 0)) * scale
            if wide:
                look = VERDICTS[code]
                parts.append(f'<rect x="{x:.1f}" y="{y:.0f}" width="{wide:.1f}" height="32" fill="{look.fill}" stroke="{look.line}"/>')  # fmt: skip
                x += wide
        parts.append(
            f'<text x="{x + 12:.1f}" y="{y + 24:.0f}" {_FONT} font-size="22" fill="#22262b">{int(row.sum())}</text>'
        )
    height = 12 + len(counts) * step + 56
    x = left
    for code, label in labels.items():
        look = VERDICTS[code]
        parts.append(
            f'<rect x="{x:.0f}" y="{height - 40:.0f}" width="36" height="24" fill="{look.fill}" stroke="{look.line}"/>'
        )
        parts.append(
            f'<text x="{x + 46:.0f}" y="{height - 20:.0f}" {_FONT} font-size="22" fill="#22262b">{escape(label)}</text>'
        )
        x += 90 + sum(12 if letter.isascii() else 23 for letter in label)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height:.0f}">{"".join(parts)}</svg>'
