"""The one-page verdict on a plot as PDF and DOCX, and its pieces as layers."""

from __future__ import annotations

import datetime as dt
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from layers.outputs import put_down
from maps import plot_document, plot_map, typesetting
from maps.colors import VERDICTS
from maps.pagedata import bilingual
from maps.plot_words import (
    details,
    not_checked,
    overall,
    plot_name,
    rows,
    sources_text,
    understood,
)
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from maps.plot_words import Checked

PDF, DOCX = "verdict.pdf", "verdict.docx"
HEADS = ("line", "m2", "ha", "mu", "threshold", "verdict", "clause", "remark")
_COLUMNS = {"zh": (32, 20, 14, 17, 19, 17, 30, 0), "en": (40, 18, 13, 15, 21, 18, 24, 0)}


def write(
    checked: Checked, around: Callable[[Any], Mapping[str, gpd.GeoDataFrame]], folder: Path, lang: Lang
) -> list[Path]:
    """Write ``verdict.pdf`` and ``verdict.docx``, one page a plot.

    Parameters
    ----------
    checked
        What is told.
    around
        Gives the control layers in a box of the working CRS, by role.
    folder
        Where to; made if it is not there.
    lang
        Language.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    MapError
        If the fonts were not installed.
    """
    data, made, pages = content(checked, around, lang)
    source = (files("maps") / "plot_page.typ").read_text(encoding="utf-8")
    pdf = typesetting.pdf(source, made, dt.date.fromisoformat(checked.date))
    maps = [_picture(page, made, data["legend-title"]) for page in pages]
    docx = plot_document.document(data, maps, dt.date.fromisoformat(checked.date), lang)
    written = []
    for name, bytes_ in ((PDF, pdf), (DOCX, docx)):
        put_down(folder / name, bytes_)
        written.append(folder / name)
    return written


def content(
    checked: Checked, around: Callable[[Any], Mapping[str, gpd.GeoDataFrame]], lang: Lang
) -> tuple[dict[str, Any], dict[str, bytes], list[dict[str, Any]]]:
    """Texts of the page, the files that it is made from (``data.json`` and pictures), and the plots' own texts."""
    made: dict[str, bytes] = {}
    pages = [_plot(checked, plot, n, around, made, lang) for n, plot in enumerate(checked.judged.plots.index)]
    land = text("check-land-date", lang, date=checked.land_date) if checked.land_date else ""
    stamp = [
        text("check-date", lang, date=checked.date),
        land,
        text("check-hash", lang, name=checked.file, hash=checked.sha256),
    ]
    data = {
        "lang": lang,
        "title": text("check-title", lang),
        "workspace": text("check-workspace", lang, title=checked.title),
        "policy": text("check-policy", lang, title=bilingual(checked.policy, lang)),
        "demo": text("check-demo", lang) if checked.demo else "",
        "understood-title": text("check-understood", lang),
        "understood": understood(checked, lang),
        "dot": "   ·   ",
        "map-title": text("check-map", lang),
        "map-width": plot_map.WIDTH_MM,
        "map-height": plot_map.HEIGHT_MM,
        "legend-title": text("check-legend", lang),
        "figures-title": text("check-figures", lang),
        "crs": checked.crs,
        "approval": text("check-approval", lang),
        "heads": [text(f"check-head-{head}", lang) for head in HEADS],
        "columns": list(_COLUMNS[lang]),
        "colours": {verdict: look.fill for verdict, look in VERDICTS.items()},
        "signatures": [text(f"check-sign-{one}", lang) for one in ("by", "review", "date")],
        "seal": text("check-sign-seal", lang),
        "footer": "  ".join(part for part in stamp if part),
        "plots": pages,
    }  # fmt: skip
    made["data.json"] = json.dumps(data, ensure_ascii=False).encode("utf-8")
    return data, made, pages


def _plot(
    checked: Checked, plot: Any, number: int, around: Callable[[Any], Mapping[str, gpd.GeoDataFrame]],
    made: dict[str, bytes], lang: Lang,
) -> dict[str, Any]:  # fmt: skip
    judged = checked.judged
    own = judged.pieces[judged.pieces["plot"] == plot] if len(judged.pieces) else judged.pieces
    bad = judged.lines[(judged.lines["plot"] == plot) & (judged.lines["verdict"] == "fail")]["line"]
    drawn = plot_map.draw(judged.plots.geometry.loc[plot], own[own["line"].isin(bad)], around, lang)
    made[f"map-{number}.svg"] = drawn.svg.encode("utf-8")
    legend = []
    for place, (swatch, label) in enumerate(drawn.legend):
        made[f"swatch-{number}-{place}.svg"] = swatch.encode("utf-8")
        legend.append({"swatch": f"swatch-{number}-{place}.svg", "label": label})
    shown = rows(checked, plot, lang)
    verdict = str(judged.plots.loc[plot, "verdict"])
    return {
        "name": plot_name(checked, plot),
        "verdict": verdict,
        "sign": VERDICTS[verdict].sign,
        "overall": overall(verdict, lang),
        "missing": not_checked(shown, lang),
        "map": f"map-{number}.svg",
        "legend": legend,
        "scale": text("check-scale", lang, scale=f"{drawn.scale:,}"),
        "rows": [
            {"name": row.name, "m2": row.m2, "ha": row.ha, "mu": row.mu, "limit": row.limit, "verdict": row.verdict,
             "shown": row.shown, "clause": row.clause, "remark": row.remark}
            for row in shown
        ],
        "details": details(checked, plot, lang),
        "sources": sources_text(shown, lang),
    }  # fmt: skip


def _picture(page: Mapping[str, Any], made: Mapping[str, bytes], title: str) -> bytes:
    """A map with its legend as PNG at 200 dots an inch."""
    picture = {"map": page["map"], "legend": page["legend"], "title": title, "width": plot_map.WIDTH_MM}
    given = {**made, "picture.json": json.dumps(picture, ensure_ascii=False).encode("utf-8")}
    source = (files("maps") / "plot_picture.typ").read_text(encoding="utf-8")
    return typesetting.png(source, given, 200.0)[0]
