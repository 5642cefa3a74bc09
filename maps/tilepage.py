"""What the page of the map needs for its tiles: archives, entries of the layer tree, the worker's script."""

from __future__ import annotations

import html
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maps import archives, offline
from maps.colors import NEUTRAL, PIECES
from maps.drawn_layer import LANGS, Layer, both
from maps.land_colors import land_look, land_name, land_scheme
from maps.tiles import CELL_PX, DETAIL, build

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layers.basemaps import BaseMap
    from layers.results import Results
from maps.tiles import Tiles

ZONES = (
    "permitted", "conditional", "restricted", "forbidden", "outside", "no_zone", "farmland", "redline",
)  # fmt: skip
FAULTS = ("fail", "warning", "no data", "sliver")
NEAR = 13
"""From this zoom of the map on, a click is about a parcel."""
MOST_BASE = 200 << 20
"""Bytes of tiles that a local base map may have over the towns."""
PARCELS = "parcels"
_MARGIN = 0.02
_NAMES = {"url": "basemap-url-name", "file": "basemap-file-name"}


@dataclass(frozen=True)
class TilePage:
    """Parts of a page.

    Attributes
    ----------
    data
        What the scripts know as ``LZ.tiles``; None if the page has no tiles.
    layers
        Entries of the layer tree.
    elements
        Elements of the page: archives, the worker's source.
    """

    data: dict[str, Any] | None = None
    layers: tuple[Layer, ...] = ()
    elements: tuple[str, ...] = ()


def parcel_tiles(
    results: Results, source: Path, target: Path, progress: Callable[[str], None] = lambda _: None
) -> Tiles | None:
    """Build the tiles of the parcels of `results` from their ``parcels.parquet``; None if there are none."""
    if not source.is_file():
        return None
    names = {str(town): str(name) for town, name in results.towns["name"].dropna().items()}
    return build(source, target, names, _looks(results), progress)


def _looks(results: Results) -> dict[str, str]:
    """The worst that a finding says of each parcel with violating pieces."""
    if results.pieces.empty:
        return {}
    verdicts = results.findings[["town_id", "rule", "verdict"]]
    rows = results.pieces.drop(columns=["geometry", "verdict"], errors="ignore").merge(
        verdicts, on=["town_id", "rule"], how="left"
    )
    rows["look"] = rows["verdict"].where(~rows["sliver"].astype(bool), "sliver")
    rows = (
        rows[rows["look"].isin(FAULTS) & rows["source"].eq("construction_land")] if "source" in rows else rows
    )
    rows = rows.assign(rank=rows["look"].map({look: place for place, look in enumerate(FAULTS)}))
    worst = rows.dropna(subset=["rank"]).sort_values("rank", kind="stable").drop_duplicates("parcel_id")
    return dict(zip(worst["parcel_id"].astype(str), worst["look"], strict=True))


def prepare(
    results: Results, page: Path, parcels: Tiles | None = None, bases: Sequence[BaseMap] = ()
) -> TilePage:
    """Put archives into the page or beside it, and say how they are shown.

    Parameters
    ----------
    results
        What a run found.
    page
        The page's place: large archives go into a folder beside it.
    parcels
        Tiles of the parcels.
    bases
        Base maps.

    Raises
    ------
    MapError
        If a local base map cannot be read, lies elsewhere, or is too large.
    """
    if parcels is None and not bases:
        return TilePage()
    placed, entries = [], []
    if parcels is not None:
        placed.append(archives.place(parcels.path, PARCELS, page))
        entries.append(_entry(parcels))
    shown = []
    for number, base in enumerate(bases, 1):
        key = f"base-{number}"
        code = _NAMES.get(base.kind, f"basemap-{base.kind}")
        name = dict.fromkeys(LANGS, base.name) if base.name else both(code)
        look = {
            "kind": "base",
            "fill": NEUTRAL.fill,
            "line": NEUTRAL.line,
            "weight": 1,
            "opacity": 1,
            "dash": None,
        }
        entries.append(Layer(key, "base", name, look, shown=base.shown))
        if base.path is not None:
            placed.append(_held(results, base, key, page))
        shown.append(_address(base, key))
    data = {
        "archives": [one.facts for one in placed],
        "parcels": PARCELS if parcels is not None else None,
        "classes": {} if parcels is None else _classes(parcels),
        "faults": {} if parcels is None else {look: PIECES[look]._asdict() for look in FAULTS if look in parcels.looks},
        "zones": list(ZONES), "near": NEAR, "bases": shown,
    }  # fmt: skip
    return TilePage(data, tuple(entries), (*(one.element for one in placed if one.element), _worker()))


def _entry(parcels: Tiles) -> Layer:
    look = {
        "kind": "classes",
        "fill": NEUTRAL.fill,
        "line": NEUTRAL.line,
        "weight": 0.5,
        "opacity": 1,
        "dash": None,
    }
    all_drawn = all(count == parcels.parcels for count in parcels.drawn.values())
    note = None if all_drawn else both("map-tiles-thinned", cell=CELL_PX, zoom=DETAIL + 1)
    return Layer(PARCELS, PARCELS, both("map-layer-parcels"), look, True, parcels.parcels, note=note)  # noqa: FBT003


def _classes(parcels: Tiles) -> dict[str, dict[str, Any]]:
    """Colour and, by language, name of each land class that occurs."""
    scheme = land_scheme(parcels.classes)
    looks = {code: land_look(code, scheme) for code in parcels.classes}
    return {
        code: {
            "fill": look.fill,
            "line": look.line,
            "label": {lang: land_name(code, lang, scheme) for lang in LANGS},
        }
        for code, look in looks.items()
    }


def _address(base: BaseMap, key: str) -> dict[str, Any]:
    return {
        "key": key, "archive": key if base.path is not None else None, "urls": list(base.urls), "gcj02": base.gcj02,
        "attribution": html.escape(base.attribution), "subdomains": base.subdomains, "tms": base.tms, "max": base.max_zoom,
    }  # fmt: skip


def _held(results: Results, base: BaseMap, key: str, page: Path) -> archives.Placed:
    drawn = results.towns.geometry[~(results.towns.geometry.is_empty | results.towns.geometry.isna())]
    degrees = drawn.to_crs(drawn.crs.geodetic_crs) if drawn.crs.is_projected else drawn
    west, south, east, north = (float(side) for side in degrees.total_bounds)
    box = (west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN)
    with tempfile.TemporaryDirectory(prefix=".base-", dir=page.parent, ignore_cleanup_errors=True) as folder:
        archive = Path(folder) / f"{key}.pmtiles"
        archives.cut(base.path, archive, box, MOST_BASE)  # type: ignore[arg-type] # asked for above
        return archives.place(archive, key, page)


def _worker() -> str:
    own = (files("maps") / "templates" / "webmap_tiles_worker.js").read_text(encoding="utf-8")
    library = offline.script("tiles.js")
    source = offline.script_safe(f"{library}\n{own}")
    return f'<script type="text/plain" id="lz-worker">{source}</script>'
