"""The parts of a checked plot as layers: GeoPackage, shapefile and file of plots, for whoever redraws it."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio

from layers import plot_text_write
from layers.outputs import put_down
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from layers.checking import Outcome
    from spatial.plots import Judged

PIECES = "pieces"


def write_pieces(judged: Judged, folder: Path, lang: Lang) -> list[Path]:
    """Write ``pieces.gpkg`` (layers ``plots`` and ``pieces``), ``pieces.shp`` in UTF-8 and ``pieces.txt`` (报盘 TXT).

    Parameters
    ----------
    judged
        What `spatial.plots.judge_plots` gave.
    folder
        Where to; made if it is not there.
    lang
        Language of what the pieces are called.

    Returns
    -------
    list of Path
        What was written; without pieces the GeoPackage alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plots = judged.plots.reset_index(names="plot").drop(columns=["fid"], errors="ignore")
    pieces = judged.pieces.copy()
    pieces.insert(2, "title", [text(f"check-line-{line}", lang) for line in pieces["line"]])
    pieces["sliver"] = pieces["sliver"].astype(bool).astype("int32")
    written = [folder / f"{PIECES}.gpkg"]
    with tempfile.TemporaryDirectory(prefix="liangzhen-", dir=folder) as name:
        beside = Path(name)
        pyogrio.write_dataframe(
            _text_columns(plots), beside / f"{PIECES}.gpkg", layer="plots", promote_to_multi=True
        )
        if len(pieces):
            typed = pieces.astype({"area_m2": float, "plane_m2": float, "width_m": float})
            pyogrio.write_dataframe(
                typed, beside / f"{PIECES}.gpkg", layer=PIECES, append=True, promote_to_multi=True
            )
            pyogrio.write_dataframe(typed, beside / f"{PIECES}.shp", encoding="UTF-8", promote_to_multi=True)
            as_plots = pd.DataFrame(typed)[["geometry"]].assign(
                number=[str(n) for n in range(1, len(typed) + 1)],
                name=[
                    _word(f"{plot} {title}")
                    for plot, title in zip(typed["plot"], typed["title"], strict=True)
                ],
            )
            plot_text_write.write(
                gpd.GeoDataFrame(as_plots, crs=typed.crs), beside / f"{PIECES}.txt", decimals=4
            )
            written += [folder / f"{PIECES}.shp", folder / f"{PIECES}.txt"]
        for part in sorted(beside.iterdir()):
            shutil.move(part, folder / part.name)
    return written


def _word(words: str) -> str:
    """A text without what the format of plots uses as marks."""
    return "".join("、" if letter in ",\uff0c" else " " if letter in "@\r\n" else letter for letter in words)


def _text_columns(frame: Any) -> Any:
    for name in ("plot", "name", "number"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame


def write_json(outcome: Outcome, path: Path, lang: Lang) -> None:
    """Write all figures of a check as JSON: what was understood, plots, lines, towns, neighbours, faults."""
    judged, submitted = outcome.judged, outcome.submitted
    data = {
        "verdict": judged.verdict,
        "sha256": submitted.sha256,
        "policy": outcome.rulebook.id,
        "workspace": outcome.index.manifest["title"],
        "demo": outcome.index.manifest["demo"],
        "understood": [{"code": code, "params": params, "text": text(code, lang, **params)} for code, params in submitted.understood],
        "notes": _records(submitted.issues.drop(columns="geometry")),
        "plots": _records(pd.DataFrame(judged.plots.drop(columns="geometry")).reset_index(names="plot")),
        "lines": _records(judged.lines),
        "towns": _records(judged.towns),
        "neighbours": _records(judged.neighbours),
        "pieces": _records(pd.DataFrame(judged.pieces.drop(columns="geometry"))),
        "faults": _records(judged.issues.drop(columns="geometry")),
        "sources": outcome.sources(),
    }  # fmt: skip
    put_down(path, json.dumps(data, ensure_ascii=False, indent=1, default=str).encode())


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with null where there is nothing, numbers as Python's own."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {str(key): value.item() if hasattr(value, "item") else value for key, value in row.items()}
        for row in plain.to_dict("records")
    ]
