"""The interactive map: one HTML file, drawn from the results alone, that needs no network."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import numpy as np
import pyproj
from branca.element import MacroElement
from folium.plugins import MarkerCluster
from folium.template import Template

from layers.outputs import put_down
from maps import fonts, layertree, offline, pagedata, pagetime, public, shapes, study_layers
from maps.colors import CHANGES, NEUTRAL, PIECES, PROJECT_STATES, SEQUENCE, VERDICTS, ZONE_KINDS, Look
from maps.drawn_layer import LANGS
from maps.land_colors import land_scheme
from maps.tilepage import TilePage, prepare
from spatial.ellipsoid import coefficients, semi_minor
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from layers.basemaps import BaseMap
    from layers.results import Results
    from maps.drawn_layer import Layer
    from maps.land_colors import Scheme
    from maps.tiles import Tiles

SCRIPTS = ("leaflet.js", "leaflet.markercluster.js")
STYLES = ("leaflet.css", "MarkerCluster.css")
OWN_SCRIPTS = (
    "parts", "tiles", "shapes", "times", "charts", "tools", "projects", "layers", "league", "panel", "time", "compare", "link", "controls",
)  # fmt: skip
"""Scripts of the page in `templates`, by topic, before the one that starts it."""
OWN_STYLES = ("webmap", "webmap_panel", "webmap_small")
GROUPS = (
    "towns", "pieces", "parcels", "change", "limits", "projects", "sites", "greenways", "studies", "places", "base",
)  # fmt: skip
PANES = {  # name: (height in the stack, takes the pointer)
    "base": (210, False),
    "others": (340, True),
    "parcels": (343, False),
    "limits": (350, False),
    "pilots": (345, True),
    "pilots-then": (346, True),
    "towns": (400, True),
    "towns-then": (401, True),
    "lines": (410, False),
    "change": (415, True),
    "change-then": (416, True),
    "studies": (420, True),
    "greenways": (430, True),
    "places": (440, True),
    "sites": (445, True),
    "chosen": (448, False),
    "pieces": (450, True),
    "labels": (610, False),
}
RULED = ("clause", "title", "text", "measure")
"""What the findings of one rule have in common."""
GROUP_PANES = {
    "towns": ["others", "pilots", "pilots-then", "towns", "towns-then"],
    "limits": ["limits"],
    "pieces": ["pieces"],
    "change": ["change", "change-then"],
    "sites": ["sites"],
    "studies": ["studies"],
    "greenways": ["greenways"],
    "parcels": ["parcels"],
    "base": ["base"],
}


class _Map(folium.Map):
    """A folium map that loads nothing: `offline.shell` holds its scripts."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium reads it from the class
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


class _Cluster(MarkerCluster):
    default_js: list[tuple[str, str]] = []  # noqa: RUF012
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


class _Start(MacroElement):
    """Hands the map over to the page's own script, which draws the layers."""

    _template = Template(
        """{% macro script(this, kwargs) %}
        lz.start({{ this.map.get_name() }}, {{ this.cluster.get_name() }});
        {% endmacro %}"""
    )

    def __init__(self, leaflet: _Map, cluster: _Cluster) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # branca says no types here
        self.map, self.cluster = leaflet, cluster


def write(
    results: Results, path: Path, lang: Lang = "zh", stated: Mapping[str, str] | None = None, *,
    parcels: Tiles | None = None, bases: Sequence[BaseMap] = (),
) -> None:  # fmt: skip
    """Write the map of `results` as one HTML file.

    Shapes are thinned out for the screen and written in degrees; every figure is that of the results.

    Parameters
    ----------
    results
        What a run found.
    path
        The file to write; written beside and renamed.
    lang
        Language of the page.
    stated
        Review number, secrecy and maker (`maps.public.ASKED`) of a map for the public; None: for use inside.
    parcels
        Tiles of all parcels, never on a map for the public; large ones go into a folder beside the page (see
        `maps.archives`).
    bases
        Base maps: with none, the page asks no one for anything.

    Raises
    ------
    MapError
        If a script or font that belongs inside was not installed, a map for the public does not state all of it, or a local
        base map is of no use.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    tiles = prepare(results, path, parcels if stated is None else None, bases)
    source = render(results, lang, stated, tiles)
    put_down(path, source.encode())


def render(
    results: Results, lang: Lang = "zh", stated: Mapping[str, str] | None = None, tiles: TilePage | None = None
) -> str:  # fmt: skip
    """Return the page that `write` writes: in both languages, opening in `lang`."""
    if stated is not None:
        public.require(stated)
        results = public.published(results)
    tiles = tiles or TilePage()
    data, drawn = _data(results, lang, tiles)
    packed = {layer.key: layer.data for layer in drawn if layer.data is not None}
    if stated is not None:
        packed = {key: shapes.coarser(layer, public.DECIMALS) for key, layer in packed.items()}
        data = public.coarse(data) | {"public": {"stated": dict(stated), "shown": public.stated(stated), "grid": public.GRID_M}}  # fmt: skip
    inside = offline.data_script("LZ_DATA", data)
    figure = offline.shell(
        "zh-CN" if lang == "zh" else "en",
        results.title,
        [
            *(offline.style(name) for name in STYLES),
            fonts.font_face(inside),
            *(_own(f"{name}.css") for name in OWN_STYLES),
        ],
        [
            *(offline.script(name) for name in SCRIPTS),
            inside,
            offline.data_script("LZ_SHAPES", packed),
            *(_own(f"webmap_{name}.js") for name in OWN_SCRIPTS),
            _own("webmap.js"),
        ],
    )
    figure.html.add_child(offline.Raw("\n".join([_own("webmap.html"), *tiles.elements])), name="side")
    leaflet = _leaflet()
    figure.add_child(leaflet)
    offline.number_elements(leaflet)
    return str(figure.render())


def _own(name: str) -> str:
    return (files("maps") / "templates" / name).read_text(encoding="utf-8")


def _leaflet() -> _Map:
    leaflet = _Map(
        location=[0, 0],
        zoom_start=2,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.5,
    )
    leaflet.options["max_zoom"] = 19
    for name, (height, pointer) in PANES.items():
        folium.map.CustomPane(name, z_index=height, pointer_events=pointer).add_to(leaflet)
    cluster = _Cluster(  # type: ignore[no-untyped-call] # folium says no types here
        icon_create_function="lz.clusterIcon",
        show_coverage_on_hover=False,
        max_cluster_radius=70,
        disable_clustering_at_zoom=15,
        animate=False,
    )
    cluster.add_to(leaflet)
    _Start(leaflet, cluster).add_to(leaflet)
    return leaflet


def _data(results: Results, lang: Lang, tiles: TilePage) -> tuple[dict[str, Any], list[Layer]]:
    """Everything the page's scripts know, and the layers; all texts of users' data are in here and nowhere else."""
    earlier = pagetime.earlier_findings(results)
    names: list[str] = []
    towns = {own: pagedata.towns(results, pagedata.findings(results, own), own) for own in LANGS}
    drawn = [*layertree.layers(results, towns[lang], names), *tiles.layers]
    shared = {
        "demo": bool(results.demo),
        "panes": GROUP_PANES,
        "looks": {
            "verdicts": _looks(VERDICTS), "pieces": _looks(PIECES), "states": _looks(PROJECT_STATES),
            "changes": _looks(CHANGES), "neutral": NEUTRAL._asdict(), "sequence": list(SEQUENCE),
            "zones": _looks({**ZONE_KINDS, "no_zone": NEUTRAL}),
        },
        "box": _box(towns[lang]),
        "ellipsoid": _ellipsoid(),
        "quarters": pagetime.quarters(results, earlier),
        "investment": pagetime.investment(results),
        "changes": study_layers.changes(results),
        "names": names,
        "layers": [_entry(layer) for layer in drawn],
        "tiles": tiles.data,
    }  # fmt: skip
    scheme = land_scheme({*study_layers.land_codes(results), *(tiles.data or {}).get("classes", ())})
    texts: dict[str, Any] = {own: _texts(results, earlier, towns[own], own, scheme) for own in LANGS}
    return {"lang": lang, "shared": shared, **texts}, drawn


def _entry(layer: Layer) -> dict[str, Any]:
    return {name: value for name, value in layer._asdict().items() if name != "data"}


def _texts(
    results: Results, earlier: pd.DataFrame, towns: list[dict[str, Any]], lang: Lang, scheme: Scheme
) -> dict[str, Any]:
    """What the page says in one language."""
    rows = pagedata.findings(results, lang)
    project = results.projects
    return {
        "title": results.title,
        "facts": _facts(results, lang),
        "texts": _catalogue(lang),
        "verdicts": pagedata.verdict_labels(lang),
        "groups": {group: text(f"map-group-{group}", lang) for group in GROUPS},
        "rules": {row["rule"]: {name: row[name] for name in RULED} for row in reversed(rows)},
        "towns": towns,
        "findings": [{name: value for name, value in row.items() if name not in RULED} for row in rows],
        "past": pagetime.past(results, earlier, lang),
        "lines": pagetime.lines(results, earlier, lang),
        "land": pagetime.land(results, lang),
        "sites": pagetime.sites(results, lang),
        "pieces": pagedata.pieces(results, lang, scheme),
        "projects": [] if project is None else pagedata.projects(project, list(PROJECT_STATES), lang),
        "items": study_layers.items(results, lang, scheme),
        "classes": study_layers.land_looks(results, lang, scheme),
    }


def _ellipsoid() -> dict[str, Any]:
    """CGCS2000 and the coefficients of the statutory area, for the page's own measuring."""
    own: Any = pyproj.CRS.from_epsg(4490).ellipsoid
    return {"a": own.semi_major_metre, "b": semi_minor(own), "c": list(coefficients(own))}


def _looks(table: dict[str, Look]) -> dict[str, dict[str, str]]:
    return {name: look._asdict() for name, look in table.items()}


def _facts(results: Results, lang: Lang) -> list[list[str]]:
    """Policy, quarter, date, program and CRS of the run, as label and text."""
    made = results.provenance
    title = pagedata.bilingual(results.rulebook.get("title"), lang)
    run = made.get("run") or {}
    pairs = [
        ("policy", title or str(made.get("policy", ""))),
        ("as-of", str(made.get("as_of") or "")),
        ("made", str(run.get("at") or "")[:16].replace("T", " ")),
        ("by", str(made.get("program") or "")),
        ("crs", str(made.get("crs") or "")),
    ]
    return [[text(f"map-{code}", lang), value] for code, value in pairs if value]


def _catalogue(lang: Lang) -> dict[str, str]:
    """All texts of the page by their code without ``map-``; parameters stay open for the script."""
    return {code[4:]: said[lang] for code, said in catalogue().items() if code.startswith("map-")}


def _box(towns: list[dict[str, Any]]) -> list[list[float]]:
    """South-west and north-east corner of all that is drawn of the towns."""
    boxes = np.array([town["box"] for town in towns if town["box"]], dtype=float)
    if not len(boxes):
        return [[-60.0, -170.0], [70.0, 170.0]]
    return [boxes[:, 0].min(axis=0).tolist(), boxes[:, 1].max(axis=0).tolist()]
