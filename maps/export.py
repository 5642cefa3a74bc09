"""Results for other programs: a folder with a QGIS project, SLD, GeoParquet, GeoJSON, the workbook, the assessment."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple

from layers import results as store
from layers import writing
from maps import datatree, geojson, public, qgis_project, qml, sld, styles, workbook
from maps.errors import MapError
from spatial.messages import Lang, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import geopandas as gpd

    from layers.results import Results

MANIFEST: Final = "export.json"
FORMATS: Final = ("qgis", "sld", "geoparquet", "geojson", "xlsx", "json")
PUBLIC: Final = ("qgis", "sld", "geoparquet", "geojson")
"""Formats that are published: workbook and assessment name parcels, files and coordinates."""
_README: Final = {"zh": "说明.txt", "en": "README.txt"}


@dataclass(frozen=True)
class Order:
    """What is wanted.

    Attributes
    ----------
    formats
        Of `FORMATS`.
    lang
        Language of names, legends and columns.
    stated
        Review number, secrecy and maker (`maps.public.ASKED`) of what is published; None: for use inside.
    """

    formats: tuple[str, ...] = FORMATS
    lang: Lang = "zh"
    stated: Mapping[str, str] | None = None


def formats(asked: tuple[str, ...], *, published: bool) -> tuple[str, ...]:
    """The formats to be written; all if none is named.

    Raises
    ------
    MapError
        If one of them is not for the public.
    """
    if not asked:
        return PUBLIC if published else FORMATS
    inner = [name for name in asked if published and name not in PUBLIC]
    if inner:
        raise MapError("export-not-public", formats=", ".join(inner), known=", ".join(PUBLIC))
    return tuple(name for name in FORMATS if name in asked)


def export(
    results: Results,
    source: Path,
    target: Path,
    order: Order,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the folder: all of it or nothing. The same results give the same bytes.

    Parameters
    ----------
    results
        What a run found.
    source
        The results folder it was read from.
    target
        Folder to write; an earlier export is replaced.
    order
        What is wanted.
    progress
        Called with the name of each format before it is written.

    Returns
    -------
    list of Path
        The files of the folder.

    Raises
    ------
    LayerError
        If `target` holds something else.
    MapError
        If something published is not stated, or the working CRS is not in metres.
    """
    if order.stated is not None:
        public.require(order.stated)
        results = public.published(results)
    made = _Made(results, datatree.frames(results), source, order, edition(results, order))
    with store.replacing(target, MANIFEST) as beside:
        for name in order.formats:
            progress(name)
            folder = beside / name if name in PUBLIC else beside
            folder.mkdir(exist_ok=True)
            _WRITERS[name](made, folder)
        (beside / _README[order.lang]).write_text(_readme(results, order), encoding="utf-8", newline="\r\n")
        (beside / MANIFEST).write_text(_manifest(results, beside, order), encoding="utf-8", newline="\n")
    return sorted(path for path in target.rglob("*") if path.is_file())


def project_name(lang: Lang) -> str:
    """File name of the QGIS project without its ending."""
    return text("export-project", lang)


def edition(results: Results, order: Order) -> str:
    """What a file says of itself: for inside, or published by whom under which number and how coarse."""
    demo = text("fact-demo-note", order.lang) + " " if results.demo else ""
    if order.stated is None:
        return demo + text("export-inner", order.lang)
    said = text("export-public", order.lang, grid=f"{public.GRID_M:g}", decimals=public.DECIMALS)
    return f"{demo}{said} {public.stated(order.stated)}"


class _Made(NamedTuple):
    """What is written: results, their layers, the folder they came from, what is wanted, and what files say of it."""

    results: Results
    tables: dict[str, gpd.GeoDataFrame]
    source: Path
    order: Order
    note: str


def _qgis(made: _Made, folder: Path) -> None:
    gpkg, lang = folder / store.GPKG, made.order.lang
    store.write_layers(made.tables, gpkg, index=made.order.stated is None, description=made.note)
    qml.write_styles(gpkg, made.results, lang)
    name = project_name(lang)
    project = qgis_project.qgz(made.results, made.tables, store.GPKG, name, lang, made.note)
    (folder / f"{name}.qgz").write_bytes(project)


def _sld(made: _Made, folder: Path) -> None:
    for name, frame in made.tables.items():
        kinds = styles.kinds(frame)
        for kind in kinds:
            tail = f"-{kind}" if len(kinds) > 1 else ""
            drawn = sld.sld(name, styles.style(name, kind, made.order.lang))
            (folder / f"{name}{tail}.sld").write_text(drawn, encoding="utf-8", newline="\n")


def _geoparquet(made: _Made, folder: Path) -> None:
    for name, frame in made.tables.items():
        writing.write(frame, folder / f"{name}.parquet")


def _geojson(made: _Made, folder: Path) -> None:
    decimals = geojson.DECIMALS if made.order.stated is None else public.DECIMALS
    for name, frame in made.tables.items():
        geojson.write(frame, folder / f"{name}.geojson", decimals=decimals, description=made.note)


def _xlsx(made: _Made, folder: Path) -> None:
    workbook.write(made.results, folder / "workbook.xlsx", made.order.lang)


def _json(made: _Made, folder: Path) -> None:
    shutil.copyfile(made.source / store.ASSESSMENT, folder / store.ASSESSMENT)
    (folder / store.SCHEMA).write_bytes((files("layers") / store.SCHEMA).read_bytes())


_WRITERS: dict[str, Callable[[_Made, Path], None]] = {
    "qgis": _qgis, "sld": _sld, "geoparquet": _geoparquet, "geojson": _geojson, "xlsx": _xlsx, "json": _json,
}  # fmt: skip


def _readme(results: Results, order: Order) -> str:
    made = results.provenance
    facts = [f"{text('map-as-of', order.lang)} {made.get('as_of') or ''}", f"{text('map-crs', order.lang)} {made.get('crs') or ''}"]  # fmt: skip
    told = [
        text(f"export-holds-{name}", order.lang, project=project_name(order.lang)) for name in order.formats
    ]
    return "\n".join([results.title, edition(results, order), *facts, "", *told, ""])


def _manifest(results: Results, folder: Path, order: Order) -> str:
    """What the export is and holds: edition, language, quarter, and each file with its SHA-256."""
    made = results.provenance
    listed = [
        {"path": path.relative_to(folder).as_posix(), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(_files(folder))
    ]
    document = {
        "title": results.title,
        "demo": results.demo,
        "program": made.get("program"),
        "as_of": made.get("as_of"),
        "lang": order.lang,
        "formats": list(order.formats),
        "edition": edition(results, order),
        "public": None if order.stated is None else dict(order.stated),
        "files": listed,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
