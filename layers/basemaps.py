"""Base maps that a workspace asks for: 天地图, any XYZ or WMTS address, a local archive. None is there unless named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from layers.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEYS = {
    "name": str, "tianditu": str, "key": str, "url": str, "path": str, "datum": str, "attribution": str, "subdomains": str,
    "tms": bool, "max_zoom": int, "shown": bool,
}  # fmt: skip
GCJ02_HOSTS = ("autonavi.com", "amap.com", "gtimg.com", "qq.com", "google.cn", "geoq.cn")
BD09_HOSTS = ("baidu.com", "bdimg.com", "bdstatic.com")
_DATUMS = {
    "wgs84": "wgs84", "cgcs2000": "wgs84", "epsg:4326": "wgs84", "epsg:4490": "wgs84", "epsg:3857": "wgs84",
    "gcj02": "gcj02", "gcj-02": "gcj02", "bd09": "bd09", "bd-09": "bd09",
}  # fmt: skip
_LABELS = {"vec": "cva", "img": "cia", "ter": "cta"}
_TIANDITU = "https://t{{s}}.tianditu.gov.cn/DataServer?T={layer}_w&x={{x}}&y={{y}}&l={{z}}&tk={key}"
_PLACES = {"x", "y", "-y", "z", "s", "r"}
"""What the map puts into an address."""
_NAMES = {"tilematrix": "z", "tilecol": "x", "tilerow": "y"}
_GEOGRAPHIC = re.compile(r"_c/wmts|tilematrixset=c\b|[?&]t=\w+_c\b|4490|4326", re.IGNORECASE)


@dataclass(frozen=True)
class BaseMap:
    """A base map under the results.

    Attributes
    ----------
    name
        What it is called in the layer tree; empty: a usual name.
    kind
        ``tianditu-vec``, ``tianditu-img``, ``tianditu-ter``, ``url`` or ``file``.
    urls
        Tile addresses with ``{x}``, ``{y}``, ``{z}`` and maybe ``{s}``, from below upwards; none for a file.
    path
        Local MBTiles or PMTiles, else None.
    gcj02
        Whether its tiles are shifted as GCJ-02 asks, which the map undoes.
    secret
        Whether an address holds the user's key.
    """

    name: str
    kind: str
    urls: tuple[str, ...] = ()
    path: Path | None = None
    gcj02: bool = False
    attribution: str = ""
    subdomains: str = "abc"
    tms: bool = False
    max_zoom: int = 18
    shown: bool = True
    secret: bool = False


def read_basemap(entry: Mapping[str, Any], file: Path, where: str) -> BaseMap:
    """Read one ``[[basemap]]`` whose keys and types were checked.

    Parameters
    ----------
    entry
        Its keys, see `KEYS`.
    file, where
        For messages; paths are relative to the file.

    Raises
    ------
    WorkspaceError
        If it names none or several of ``tianditu``, ``url``, ``path``; 天地图 without a key; an address without
        ``{z}``, ``{x}``, ``{y}`` or not in Web Mercator; an unknown datum, BD-09, or a host whose shift contradicts it;
        a file that is not there.
    """
    told = {"path": file, "where": where}
    sources = [key for key in ("tianditu", "url", "path") if key in entry]
    if len(sources) != 1:
        raise WorkspaceError("basemap-source", **told)
    common = {key: entry[key] for key in ("subdomains", "tms", "max_zoom", "shown") if key in entry}
    name = entry.get("name", "")
    if "tianditu" in entry:
        kind, key = entry["tianditu"], entry.get("key", "").strip()
        if kind not in _LABELS:
            raise WorkspaceError("basemap-tianditu", **told, value=kind, known=", ".join(_LABELS))
        if not re.fullmatch(r"[0-9A-Za-z]+", key):
            raise WorkspaceError("basemap-key-missing", **told)
        urls = tuple(_TIANDITU.format(layer=layer, key=key) for layer in (kind, _LABELS[kind]))
        attribution = entry.get("attribution", "天地图")
        rest = {"subdomains": "01234567", **common}
        return BaseMap(name, f"tianditu-{kind}", urls, attribution=attribution, secret=True, **rest)
    datum = entry.get("datum", "").lower()
    if datum and datum not in _DATUMS:
        raise WorkspaceError("basemap-datum", **told, value=entry["datum"])
    datum = _DATUMS.get(datum, "")
    if "path" in entry:
        path = file.parent / entry["path"]
        if not path.is_file() or path.suffix.lower() not in {".mbtiles", ".pmtiles"}:
            raise WorkspaceError("basemap-file", **told, file=path)
        if datum in {"gcj02", "bd09"}:
            raise WorkspaceError("basemap-shifted-file", **told, datum=entry["datum"])
        return BaseMap(name, "file", path=path, attribution=entry.get("attribution", ""), **common)
    url, host = _address(entry["url"], told)
    shift = _shift(host, datum, told)
    return BaseMap(
        name, "url", (url,), gcj02=shift == "gcj02", attribution=entry.get("attribution", host),
        secret="key" in entry or bool(re.search(r"[?&](tk|key|token|ak)=", url, re.IGNORECASE)), **common,
    )  # fmt: skip


def _address(given: str, told: dict[str, Any]) -> tuple[str, str]:
    """A tile address with its places named as the map names them, and its host."""
    url = re.sub(
        r"\{(\w+)\}", lambda found: "{" + _NAMES.get(found[1].lower(), found[1]) + "}", given.strip()
    )
    parts = urlsplit(url.replace("{", "").replace("}", ""))
    missing = [
        place
        for place in ("{z}", "{x}", "{y}")
        if place not in url and not (place == "{y}" and "{-y}" in url)
    ]
    unknown = set(re.findall(r"\{([^}]*)\}", url)) - _PLACES
    if parts.scheme not in {"http", "https"} or not parts.hostname or missing or unknown:
        raise WorkspaceError("basemap-url", **told, url=given)
    if _GEOGRAPHIC.search(url):
        raise WorkspaceError("basemap-not-mercator", **told, url=given)
    return url, parts.hostname


def _shift(host: str, datum: str, told: dict[str, Any]) -> str:
    def one_of(hosts: tuple[str, ...]) -> bool:
        return any(f".{host}".endswith(f".{known}") for known in hosts)

    if datum == "bd09" or one_of(BD09_HOSTS):
        raise WorkspaceError("basemap-bd09", **told)
    if one_of(GCJ02_HOSTS):
        if datum == "wgs84":
            raise WorkspaceError("basemap-is-gcj02", **told, host=host)
        return "gcj02"
    return datum or "wgs84"
