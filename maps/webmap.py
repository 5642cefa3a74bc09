"""The interactive map: one HTML file, drawn from the results alone, that needs no network."""

from __future__ import annotations

import os
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import numpy as np
import pyproj
from branca.element import MacroElement
from folium.plugins import MarkerCluster
from folium.template import Template
from folium.utilities import JsCode

from maps import fonts, layertree, offline, pagedata
from maps.colors import NEUTRAL, PIECES, PROJECT_STATES, VERDICTS, Look
from maps.tilepage import TilePage, prepare
from spatial.ellipsoid import coefficients, semi_minor
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.basemaps import BaseMap
    from layers.results import Results
    from maps.tiles import Tiles

SCRIPTS = ("leaflet.js", "leaflet.markercluster.js")
STYLES = ("leaflet.css", "MarkerCluster.css")
GROUPS = ("towns", "pieces", "parcels", "limits", "projects", "greenways", "places", "base")
PANES = {  # name: (height in the stack, takes the pointer)
    "base": (210, False),
    "others": (340, True),
    "parcels": (343, False),
    "limits": (350, False),
    "pilots": (345, True),
    "towns": (400, True),
    "lines": (410, False),
    "greenways": (430, True),
    "places": (440, True),
    "chosen": (445, False),
    "pieces": (450, True),
    "labels": (610, False),
}
GROUP_PANES = {
    "towns": ["others", "pilots", "towns"],
    "limits": ["limits"],
    "pieces": ["pieces"],
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
    """Hands the drawn layers over to the page's own script."""

    _template = Template(
        """{% macro script(this, kwargs) %}
        lz.start({{ this.map.get_name() }}, {
        {%- for key, layer in this.layers.items() %}{{ key|tojson }}: {{ layer.get_name() }}, {% endfor -%}
        }, {{ this.cluster.get_name() }});
        {% endmacro %}"""
    )

    def __init__(self, leaflet: _Map, layers: dict[str, folium.GeoJson], cluster: _Cluster) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # branca says no types here
        self.map, self.layers, self.cluster = leaflet, layers, cluster


def write(
    results: Results,
    path: Path,
    lang: Lang = "zh",
    parcels: Tiles | None = None,
    bases: Sequence[BaseMap] = (),
) -> None:
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
    parcels
        Tiles of all parcels; large ones go into a folder beside the page (see `maps.archives`).
    bases
        Base maps: with none, the page asks no one for anything.

    Raises
    ------
    MapError
        If a script or font that belongs inside was not installed, or a local base map is of no use.
    """
    path = Path(path)
    source = render(results, lang, prepare(results, path, lang, parcels, bases))
    handle, beside = tempfile.mkstemp(prefix=".map-", suffix=".html", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(source)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


def render(results: Results, lang: Lang = "zh", tiles: TilePage | None = None) -> str:
    """Return the page that `write` writes."""
    tiles = tiles or TilePage()
    rows = pagedata.findings(results, lang)
    towns = pagedata.towns(results, rows, lang)
    names: list[str] = []
    drawn = [*layertree.layers(results, towns, names, lang), *tiles.layers]
    data = _data(results, rows, towns, names, drawn, lang) | {"tiles": tiles.data}
    templates = files("maps") / "templates"
    own = {name: (templates / f"webmap.{name}").read_text(encoding="utf-8") for name in ("js", "css", "html")}
    tools, tiled = (
        (templates / f"webmap_{name}.js").read_text(encoding="utf-8") for name in ("tools", "tiles")
    )
    inside = offline.data_script("LZ", data)
    figure = offline.shell(
        "zh-CN" if lang == "zh" else "en",
        results.title,
        [*(offline.style(name) for name in STYLES), fonts.font_face(inside), own["css"]],
        [*(offline.script(name) for name in SCRIPTS), inside, tools, tiled, own["js"]],
    )
    figure.html.add_child(offline.Raw("\n".join([own["html"], *tiles.elements])), name="side")
    leaflet = _leaflet(drawn)
    figure.add_child(leaflet)
    offline.number_elements(leaflet)
    return str(figure.render())


def _leaflet(drawn: list[layertree.Layer]) -> _Map:
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
    shapes_by_key: dict[str, folium.GeoJson] = {}
    for layer in drawn:
        if layer.data is None:
            continue
        options: dict[str, Any] = {"style": JsCode(f"lz.style({_quoted(layer.key)})"), "pane": layer.pane}
        options["point_to_layer"] = JsCode(f"lz.point({_quoted(layer.key)})")
        if layer.canvas:
            options["renderer"] = JsCode(f"L.canvas({{pane: {_quoted(layer.pane)}}})")
        shape = folium.GeoJson(
            layer.data,
            name=layer.key,
            show=layer.shown,
            on_each_feature=JsCode(f"lz.feature({_quoted(layer.key)})"),
            **options,
        )
        shape.add_to(leaflet)
        shapes_by_key[layer.key] = shape
    cluster = _Cluster(  # type: ignore[no-untyped-call] # folium says no types here
        icon_create_function="lz.clusterIcon",
        show_coverage_on_hover=False,
        max_cluster_radius=70,
        disable_clustering_at_zoom=15,
        animate=False,
    )
    cluster.add_to(leaflet)
    _Start(leaflet, shapes_by_key, cluster).add_to(leaflet)
    return leaflet


def _quoted(key: str) -> str:
    return f"'{key}'"


def _data(
    results: Results,
    rows: list[dict[str, Any]],
    towns: list[dict[str, Any]],
    names: list[str],
    drawn: list[layertree.Layer],
    lang: Lang,
) -> dict[str, Any]:
    """Everything the page's script knows; all texts of users' data are in here and nowhere else."""
    project = results.context.get("project")
    states = list(PROJECT_STATES)
    return {
        "title": results.title,
        "demo": bool(results.demo),
        "facts": _facts(results, lang),
        "texts": _texts(lang),
        "verdicts": pagedata.verdict_labels(lang),
        "groups": {group: text(f"map-group-{group}", lang) for group in GROUPS},
        "panes": GROUP_PANES,
        "looks": {
            "verdicts": _colors(VERDICTS), "pieces": _colors(PIECES), "states": _colors(PROJECT_STATES),
            "neutral": {"fill": NEUTRAL.fill, "line": NEUTRAL.line},
        },
        "box": _box(towns),
        "ellipsoid": _ellipsoid(),
        "towns": towns,
        "findings": rows,
        "pieces": pagedata.pieces(results, lang),
        "projects": [] if project is None else pagedata.projects(project, states, lang),
        "names": names,
        "layers": [
            {name: value for name, value in layer._asdict().items() if name not in {"data", "pane", "canvas"}}
            for layer in drawn
        ],
    }  # fmt: skip


def _ellipsoid() -> dict[str, Any]:
    """CGCS2000 and the coefficients of the statutory area, for the page's own measuring."""
    own: Any = pyproj.CRS.from_epsg(4490).ellipsoid
    return {"a": own.semi_major_metre, "b": semi_minor(own), "c": list(coefficients(own))}


def _colors(table: dict[str, Look]) -> dict[str, dict[str, str]]:
    return {name: {"fill": look.fill, "line": look.line} for name, look in table.items()}


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


def _texts(lang: Lang) -> dict[str, str]:
    """All texts of the page by their code without ``map-``; parameters stay open for the script."""
    return {code[4:]: said[lang] for code, said in catalogue().items() if code.startswith("map-")}


def _box(towns: list[dict[str, Any]]) -> list[list[float]]:
    """South-west and north-east corner of all that is drawn of the towns."""
    boxes = np.array([town["box"] for town in towns if town["box"]], dtype=float)
    if not len(boxes):
        return [[-60.0, -170.0], [70.0, 170.0]]
    return [boxes[:, 0].min(axis=0).tolist(), boxes[:, 1].max(axis=0).tolist()]
