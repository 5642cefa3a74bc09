"""The interactive map: one HTML file, drawn from the results alone, that needs no network."""

from __future__ import annotations

import os
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import folium
import numpy as np
import pandas as pd
from branca.element import MacroElement
from folium.plugins import MarkerCluster
from folium.template import Template
from folium.utilities import JsCode

from maps import fonts, offline, pagedata, shapes
from maps.colors import GREENWAYS, LIMITS, NEUTRAL, PIECES, PROJECT_STATES, VERDICTS, ZONE_KINDS, Look
from spatial.messages import Lang, catalogue, text

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.results import Results

SCRIPTS = ("leaflet.js", "leaflet.markercluster.js")
STYLES = ("leaflet.css", "MarkerCluster.css")
GROUPS = ("towns", "pieces", "limits", "projects", "greenways", "places")
PANES = {  # name: (height in the stack, takes the pointer)
    "others": (340, True),
    "limits": (350, False),
    "pilots": (345, True),
    "towns": (400, True),
    "lines": (410, False),
    "greenways": (430, True),
    "places": (440, True),
    "pieces": (450, True),
    "labels": (610, False),
}
GROUP_PANES = {
    "towns": ["others", "pilots", "towns"],
    "limits": ["limits"],
    "pieces": ["pieces"],
    "greenways": ["greenways"],
}
BUDGETS = {"other": 60_000, "special": 30_000, "farmland": 60_000, "piece": 60_000}
BUDGET = 30_000
MOST_PIECES = 3_000
LEVELS = {"省级": "province", "市级": "city", "区域级": "city", "县级": "county", "社区级": "county"}


class Layer(NamedTuple):
    """One entry of the layer tree: what it is called, how it is drawn, and its GeoJSON."""

    key: str
    group: str
    label: str
    look: dict[str, Any]
    shown: bool
    number: int | None = None
    data: dict[str, Any] | None = None
    pane: str = ""
    canvas: bool = False
    note: str = ""


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


def write(results: Results, path: Path, lang: Lang = "zh") -> None:
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

    Raises
    ------
    MapError
        If a script or font that belongs inside was not installed.
    """
    path = Path(path)
    source = render(results, lang)
    handle, beside = tempfile.mkstemp(prefix=".map-", suffix=".html", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(source)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


def render(results: Results, lang: Lang = "zh") -> str:
    """Return the page that `write` writes."""
    rows = pagedata.findings(results, lang)
    towns = pagedata.towns(results, rows, lang)
    names: list[str] = []
    drawn = layers(results, towns, names, lang)
    data = _data(results, rows, towns, names, drawn, lang)
    templates = files("maps") / "templates"
    own = {name: (templates / f"webmap.{name}").read_text(encoding="utf-8") for name in ("js", "css", "html")}
    inside = offline.data_script("LZ", data)
    figure = offline.shell(
        "zh-CN" if lang == "zh" else "en",
        f"{results.title} {text('map-demo', lang)}" if results.demo else results.title,
        [*(offline.style(name) for name in STYLES), fonts.font_face(inside), own["css"]],
        [*(offline.script(name) for name in SCRIPTS), inside, own["js"]],
    )
    figure.html.add_child(offline.Raw(own["html"]), name="side")
    leaflet = _leaflet(drawn)
    figure.add_child(leaflet)
    offline.number_elements(leaflet)
    return str(figure.render())


def _leaflet(drawn: list[Layer]) -> _Map:
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


def layers(results: Results, towns: list[dict[str, Any]], names: list[str], lang: Lang) -> list[Layer]:
    """Return the entries of the layer tree, in the order of the tree; `names` collects hover texts."""
    return [
        *_town_layers(results, towns, lang),
        *_piece_layers(results, lang),
        *_limit_layers(results, lang),
        *_project_layers(results, lang),
        *_greenway_layers(results, names, lang),
        *_place_layers(results, names, lang),
    ]


def _town_layers(results: Results, towns: list[dict[str, Any]], lang: Lang) -> list[Layer]:
    kinds = np.array([town["kind"] for town in towns], dtype=object)
    has_shape = np.array([town["box"] is not None for town in towns], dtype=bool)
    admin = (kinds != "special") & has_shape
    keys = [{"t": place} for place in range(len(towns))]
    outlines = shapes.features(
        results.towns[admin], [key for key, use in zip(keys, admin, strict=True) if use],
        budget=BUDGETS["other"], partition=True,
    )  # fmt: skip
    planned = (kinds == "special") & has_shape
    special = shapes.features(
        results.towns[planned], [key for key, use in zip(keys, planned, strict=True) if use],
        budget=BUDGETS["special"],
    )  # fmt: skip
    found = []
    for kind, pane in (("special", "towns"), ("pilot", "pilots"), ("other", "others")):
        own = special if kind == "special" else outlines
        features = [item for item in own["features"] if kinds[item["properties"]["t"]] == kind]
        if features:
            judged = kind != "other"
            look = _look(NEUTRAL, kind="verdict" if judged else "area", weight=2 if kind == "special" else 1)
            look["opacity"] = 0.9 if kind == "special" else 0.75 if kind == "pilot" else 1
            found.append(
                Layer(kind, "towns", text(f"map-layer-{kind}", lang), look, shown=True, number=len(features),
                      data={"type": "FeatureCollection", "features": features}, pane=pane)
            )  # fmt: skip
    if found:
        found.append(Layer("labels", "towns", text("map-layer-labels", lang), {"kind": "label"}, shown=True))
    return found


def _piece_layers(results: Results, lang: Lang) -> list[Layer]:
    frame = results.pieces
    if frame.empty:
        return []
    rows = pagedata.pieces(results, lang)
    slivers = frame["sliver"].astype(bool).to_numpy()
    groups: list[tuple[str, str, np.ndarray, bool, str]] = []
    for rule in frame["rule"][~slivers].unique():
        mask = (frame["rule"] == rule).to_numpy() & ~slivers
        first = rows[int(np.flatnonzero(mask)[0])]
        looks = {rows[place]["look"] for place in np.flatnonzero(mask)}
        label = f"{first['clause']} {first['title']}"
        groups.append((f"piece-{rule}", label, mask, True, "fail" if "fail" in looks else "warning"))
    groups.append(("sliver", text("map-layer-sliver", lang), slivers, False, "sliver"))
    areas = pd.to_numeric(frame["area_m2"]).fillna(0).to_numpy()
    found = []
    for key, label, mask, shown, piece in groups:
        places = np.flatnonzero(mask)
        if not len(places):
            continue
        kept = np.sort(places[np.argsort(-areas[places], kind="stable")[:MOST_PIECES]])
        note = ""
        if len(kept) < len(places):
            note = text("map-layer-largest", lang, total=len(places), drawn=len(kept))
        data = shapes.features(frame.iloc[kept], [{"p": int(p)} for p in kept], budget=BUDGETS["piece"])
        look = {**_look(PIECES[piece], kind="piece", weight=2), "piece": piece}
        found.append(Layer(key, "pieces", label, look, shown, len(places), data, "pieces", note=note))
    return found


def _limit_layers(results: Results, lang: Lang) -> list[Layer]:
    found = []
    zones = results.context.get("expansion_boundary")
    if zones is not None and len(zones):
        kinds = _column(zones, "zone_kind").where(lambda kind: kind.isin(list(ZONE_KINDS)), "other")
        for kind in (*ZONE_KINDS, "other"):
            frame = zones[kinds == kind]
            look = _look(ZONE_KINDS.get(kind, NEUTRAL), weight=1.2)
            look["dash"] = {"conditional": "6 3", "restricted": "2 3"}.get(kind)
            look["opacity"] = 0.75
            label = text(f"map-zone-{kind}", lang)
            shown = kind in {"permitted", "conditional"}
            found += _area(frame, f"zone-{kind}", label, look, shown=shown)
    for role, shown in (("farmland", False), ("redline", True)):
        frame = results.context.get(role)
        look = _look(LIMITS[role], weight=0.6 if role == "farmland" else 2)
        look |= {
            "opacity": 0.75 if role == "farmland" else 0.45,
            "dash": "7 3" if role == "redline" else None,
        }
        found += _area(frame, role, text(f"map-layer-{role}", lang), look, shown=shown)
    return found


def _area(
    frame: gpd.GeoDataFrame | None, key: str, label: str, look: dict[str, Any], *, shown: bool
) -> list[Layer]:
    if frame is None or frame.empty:
        return []
    data = shapes.features(frame, [{"n": -1}] * len(frame), budget=BUDGETS.get(key, BUDGET))
    return [Layer(key, "limits", label, look, shown, len(frame), data, "limits", canvas=True)]


def _project_layers(results: Results, lang: Lang) -> list[Layer]:
    frame = results.context.get("project")
    if frame is None or frame.empty:
        return []
    states = [pagedata.state_of(state, list(PROJECT_STATES)) for state in _column(frame, "state")]
    return [
        Layer(f"state-{state}", "projects", text(f"map-state-{state}", lang),
              {**_look(look), "kind": "state", "state": state}, shown=False, number=states.count(state))
        for state, look in PROJECT_STATES.items()
        if state in states
    ]  # fmt: skip


def _greenway_layers(results: Results, names: list[str], lang: Lang) -> list[Layer]:
    frame = results.context.get("greenway")
    if frame is None or frame.empty:
        return []
    levels = _column(frame, "level").map(lambda level: LEVELS.get(level, level))
    levels = levels.where(levels.isin(list(GREENWAYS)), "other")
    dashes = {"city": "10 4", "county": "4 4", "other": "1 4"}
    found = []
    for level, colors in GREENWAYS.items():
        part = frame[levels == level]
        if len(part):
            look = {**_look(colors, kind="line", weight=3), "dash": dashes.get(level)}
            data = shapes.features(part, _named(part, names), budget=BUDGET)
            label = text(f"map-greenway-{level}", lang)
            found.append(
                Layer(f"greenway-{level}", "greenways", label, look, shown=True, number=len(part), data=data,
                      pane="greenways")
            )  # fmt: skip
    return found


def _place_layers(results: Results, names: list[str], lang: Lang) -> list[Layer]:
    found = []
    for role, weight, shown in (("county_boundary", 2.5, True), ("construction_area", 1.5, True)):
        frame = results.context.get(role)
        if frame is not None and len(frame):
            look = {**_look(LIMITS[role], kind="line", weight=weight)}
            look["dash"] = "12 4 3 4" if role == "county_boundary" else "5 3"
            data = shapes.features(frame, [{"n": -1}] * len(frame), budget=BUDGET)
            label = text(f"map-layer-{role}", lang)
            found.append(Layer(role, "places", label, look, shown, len(frame), data, "lines"))
    frame = results.context.get("village")
    if frame is not None and len(frame):
        look = _look(LIMITS["village"], kind="point", weight=1)
        data = shapes.features(frame, _named(frame, names), budget=BUDGET)
        label = text("map-layer-village", lang)
        found.append(Layer("village", "places", label, look, False, len(frame), data, "places"))  # noqa: FBT003
    return found


def _look(look: Look, *, kind: str = "area", weight: float = 1) -> dict[str, Any]:
    return {"kind": kind, "fill": look.fill, "line": look.line, "weight": weight, "opacity": 1, "dash": None}


def _named(frame: gpd.GeoDataFrame, names: list[str]) -> list[dict[str, int]]:
    """Properties that point to the hover text of each row."""
    keys = []
    for name in _column(frame, "name"):
        keys.append({"n": -1 if pagedata.missing(name) else len(names)})
        if not pagedata.missing(name):
            names.append(str(name))
    return keys


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    column = frame[name] if name in frame else pd.Series(index=frame.index, dtype=object)
    return column.astype(object)


def _data(
    results: Results,
    rows: list[dict[str, Any]],
    towns: list[dict[str, Any]],
    names: list[str],
    drawn: list[Layer],
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
