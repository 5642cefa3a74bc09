"""Boundary points of plots as surveyors hand them in: 勘测定界界址点坐标交换格式 (报盘 TXT), read."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.errors import LayerError
from layers.plot_crs import Axes, axes_of, crs_of
from layers.plot_shapes import ring_starts, shapes_of
from layers.raw import Raw

if TYPE_CHECKING:
    from pathlib import Path

    import pyproj

    from layers.workspace import LayerSpec

    Note = tuple[str, str, Any, dict[str, Any]]

HEADER: Final = (
    "格式版本号", "数据产生单位", "数据产生日期", "坐标系", "几度分带", "投影类型", "计量单位", "带号", "精度", "转换参数",
)  # fmt: skip
FIELDS: Final = ("points", "stated", "number", "name", "kind", "sheet", "use", "land_class")
"""What stands in a plot line, before the ``@``."""
TITLES: Final = {
    "points": "界址点数", "stated_ha": "面积(公顷)", "number": "地块编号", "name": "地块名称", "kind": "图形类型",
    "sheet": "图幅号", "use": "地块用途", "land_class": "地类编码",
}  # fmt: skip
KINDS: Final = ("点", "线", "面")
M2_PER_HA, M2_PER_MU = 1e4, 2000 / 3
AREA_RELATIVE = 0.02
"""A stated area is taken to be in the unit in which it differs by less than 2 % (provincial check 3401)."""
LARGEST = 1 << 30
_MARKS = str.maketrans({
    "\uff0c": ",", "\uff1d": "=", "\u3010": "[", "\u3011": "]", "\uff3b": "[", "\uff3d": "]", "\uff20": "@",
    "\u3000": " ",
})  # fmt: skip
"""Full-width marks, and what they stand for."""
_MOST = 5


@dataclass(frozen=True)
class PlotText:
    """A file of plots.

    Attributes
    ----------
    header
        What stands under ``[属性描述]``, in order, as it stands.
    plots
        One row a plot: ``number``, ``name``, ``kind``, ``sheet``, ``use``, ``land_class``, ``points`` (stated count, text),
        ``stated`` (area, text), ``stated_ha`` (NaN where none is), ``unit`` (``ha``, ``mu``, ``m2`` or empty), ``fields`` (the
        plot line's fields) and geometry (easting, northing).
    points
        One row a point line: ``plot`` (position), ``name``, ``ring``, ``x`` (easting), ``y`` (northing), and their very digits
        ``x_text``, ``y_text``.
    crs
        Where header and numbers agree on one.
    encoding
        Of the file.
    notes
        Each deviation met: (code, severity, plot's number in the file, params).
    """

    header: dict[str, str]
    plots: gpd.GeoDataFrame
    points: pd.DataFrame
    crs: pyproj.CRS | None
    encoding: str
    notes: list[Note]


def read_raw(spec: LayerSpec) -> Raw:
    """Read the plots of a file as a layer.

    Raises
    ------
    LayerError
        If the file cannot be read as plots; one sentence.
    """
    found = read(spec.path, spec.encoding)
    frame = pd.DataFrame({title: found.plots[name] for name, title in TITLES.items()})
    frame["geometry"] = found.plots.geometry.to_numpy()
    return Raw(frame, found.crs, encoding=found.encoding, notes=found.notes, header=found.header)


def read(path: Path, encoding: str | None = None) -> PlotText:
    """Read a file of plots, leniently, naming each deviation.

    Parameters
    ----------
    path
        The file.
    encoding
        Its encoding; UTF-8 (with or without mark) and then GB18030 are tried if None.

    Raises
    ------
    LayerError
        If it holds no point of a plot, or is too large, or not text.
    """
    notes: list[Note] = []
    text, used = _decoded(path, encoding, notes)
    header, lines, first = _sections(text, notes)
    plots, points = _taken_apart(lines, first, notes)
    if not len(points):
        raise LayerError("plot-text-empty", path=path)
    axes = axes_of(points["first"].to_numpy(), points["second"].to_numpy())
    x, y = ("first", "second") if axes.swapped else ("second", "first")
    points = points.rename(columns={x: "x", y: "y", f"{x}_text": "x_text", f"{y}_text": "y_text"})
    if axes.swapped:
        notes.append(("issue-plot-swapped", "warning", None, {}))
    crs = crs_of(header, axes, notes)
    _parameters(header, notes)
    starts = ring_starts(points, notes)
    shapes = shapes_of(points, starts, plots["kind"].to_numpy(), notes)
    frame = gpd.GeoDataFrame(plots, geometry=gpd.GeoSeries(shapes, crs=crs))
    frame = _areas(frame, axes, notes)
    frame.index = pd.Index(range(1, len(frame) + 1), dtype=object)
    columns = ["plot", "name", "ring", "x", "y", "x_text", "y_text"]
    return PlotText(header, frame, points[columns], crs, used, notes)


def _decoded(path: Path, encoding: str | None, notes: list[Note]) -> tuple[str, str]:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise LayerError("plot-text-large", path=path, size=size >> 20, most=LARGEST >> 20)
        data = path.read_bytes()
    except OSError as error:
        raise LayerError("plot-text-unreadable", path=path, problem=error.strerror or error) from error
    wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for attempt in [encoding] if encoding else ["utf-16"] if wide else ["utf-8-sig", "gb18030"]:
        try:
            text = data.decode(attempt)
        except (UnicodeDecodeError, LookupError):
            continue
        marked = data.startswith(b"\xef\xbb\xbf")
        named = attempt.replace("-sig", "").upper() if attempt != "gb18030" else "GBK"
        if not encoding and named != "GBK" and not text.isascii():
            notes.append(
                ("issue-plot-encoding", "note", None, {"encoding": f"{named}{' BOM' if marked else ''}"})
            )
        return text.replace("\0", ""), named
    raise LayerError("plot-text-encoding", path=path)


def _sections(text: str, notes: list[Note]) -> tuple[dict[str, str], list[str], int]:
    """Header, the lines of plots and points, and the number of the first of them."""
    lines = text.splitlines()
    plain = [line.translate(_MARKS) for line in lines]
    changed = sum(a != b for a, b in zip(plain, lines, strict=True))
    if changed:
        notes.append(("issue-plot-full-width", "note", None, {"count": changed}))
    place = next((k for k, line in enumerate(plain) if line.replace(" ", "").startswith("[地块坐标")), None)
    described = any(line.replace(" ", "").startswith("[属性描述") for line in plain[: place or 0])
    if place is None or not described:
        notes.append(("issue-plot-no-header", "warning", None, {}))
    begin = 0 if place is None else place + 1
    header: dict[str, str] = {}
    for line in plain[: place or 0]:
        key, equals, value = line.partition("=")
        if equals and key.strip():
            header[key.strip()] = value.strip()
    if place is None:
        while begin < len(plain) and ("=" in plain[begin] or plain[begin].strip().startswith("[")):
            key, equals, value = plain[begin].partition("=")
            if equals and key.strip():
                header[key.strip()] = value.strip()
            begin += 1
    body = plain[begin:]
    while body and not body[-1].strip():
        body.pop()
    blank = sum(not line.strip() for line in body)
    if blank:
        notes.append(("issue-plot-blank", "note", None, {"count": blank}))
    return header, body, begin + 1


_POINT = re.compile(r"^\s*[^,]*,\s*\d+\s*,\s*[-+\d.]+\s*,\s*[-+\d.]+\s*$")


def _taken_apart(lines: list[str], first: int, notes: list[Note]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plot lines and point lines."""
    heads: list[list[str]] = []
    rows: list[str] = []
    owner: list[int] = []
    odd: list[int] = []
    loose = 0
    for number, line in enumerate(lines, first):
        if line.count(",") == 3 and _POINT.match(line):  # noqa: PLR2004 - a point line has four fields
            kept = line
        elif not line.strip():
            continue
        else:
            fields = [part.strip() for part in line.split(",")]
            if _is_plot(fields):
                heads.append(fields)
                continue
            found = _point(fields)
            if found is None:
                odd.append(number)
                continue
            loose += 1
            kept = found
        if not heads:
            heads.append([])
        rows.append(kept)
        owner.append(len(heads) - 1)
    if odd:
        shown = "、".join(map(str, odd[:_MOST])) + (" …" if len(odd) > _MOST else "")
        notes.append(("issue-plot-line-unread", "warning", None, {"count": len(odd), "lines": shown}))
    if loose:
        notes.append(("issue-plot-point-fields", "note", None, {"count": loose}))
    plots = _plots(heads, np.bincount(owner, minlength=len(heads)), notes)
    return plots, _points(rows, owner)


def _is_plot(fields: list[str]) -> bool:
    """Whether fields are those of a plot line: an ``@`` at the end, or a kind among them."""
    filled = [field for field in fields if field]
    return bool(filled) and (filled[-1].endswith("@") or any(field in KINDS for field in fields))


def _point(fields: list[str]) -> str | None:
    """A point line in its four fields; what is left out is made up: its name, and ring 1."""
    while fields and not fields[-1]:
        fields = fields[:-1]
    fields = [unicodedata.normalize("NFKC", field) for field in fields]
    numbers = [_number(field) is not None for field in fields]
    if len(fields) >= 4 and numbers[1] and numbers[2] and numbers[3]:  # noqa: PLR2004 - name, ring, X, Y
        ring = fields[1].split(".")[0]
        return ",".join([fields[0], ring, fields[2], fields[3]])
    if len(fields) == 3 and numbers[1] and numbers[2]:  # noqa: PLR2004 - name, X, Y
        return ",".join([fields[0], "1", fields[1], fields[2]])
    if len(fields) == 2 and all(numbers):  # noqa: PLR2004 - X, Y
        return ",".join(["", "1", *fields])
    return None


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(" ", ""))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _points(rows: list[str], owner: list[int]) -> pd.DataFrame:
    columns = ["name", "ring", "first_text", "second_text"]
    table = pd.read_csv(
        io.StringIO("\n".join(rows)), header=None, names=columns, dtype=str, keep_default_na=False,
        quoting=csv.QUOTE_NONE, skip_blank_lines=False, skipinitialspace=True,
    ) if rows else pd.DataFrame(columns=columns, dtype=str)  # fmt: skip
    table = table.apply(lambda column: column.str.strip())
    for name in ("first", "second"):
        table[name] = pd.to_numeric(table[f"{name}_text"], errors="coerce").astype(float)
    table.insert(0, "plot", owner)
    fit = np.isfinite(table["first"]) & np.isfinite(table["second"])
    return table[fit].reset_index(drop=True)


def _plots(heads: list[list[str]], counts: Any, notes: list[Note]) -> pd.DataFrame:
    rows = []
    for number, (fields, count) in enumerate(zip(heads, counts.tolist(), strict=True), 1):
        row = _plot(fields, number, notes)
        stated = _number(unicodedata.normalize("NFKC", row["points"] or ""))
        if stated is not None and int(stated) != count:
            params = {"stated": int(stated), "count": count}
            notes.append(("issue-plot-count", "warning", number, params))
        rows.append(row)
    return pd.DataFrame(rows, columns=[*FIELDS, "fields"], dtype=object)


def _plot(fields: list[str], number: int, notes: list[Note]) -> dict[str, Any]:
    """One plot line by its fields; where they are not the nine of the standard, found around the kind."""
    if not fields:
        notes.append(("issue-plot-no-line", "warning", number, {}))
        return {**dict.fromkeys(FIELDS), "kind": "面", "fields": ()}
    own = [*fields]
    while own and not own[-1]:
        own.pop()
    ended = bool(own) and own[-1].endswith("@")
    if ended:
        own[-1] = own[-1].rstrip("@").strip()
        if not own[-1]:
            own.pop()
        elif len(own) == len(FIELDS) + 1:
            own = own[: len(FIELDS)]
    at = next((k for k, field in enumerate(own) if field in KINDS), 4)
    shift = at - FIELDS.index("kind")
    row: dict[str, Any] = {}
    for place, name in enumerate(FIELDS):
        found = place + shift if shift < 0 or place >= FIELDS.index("kind") else place
        row[name] = own[found] or None if 0 <= found < len(own) else None
    if len(own) != len(FIELDS) or not ended or fields[-1] != "@":
        notes.append(("issue-plot-fields", "note", number, {"count": len(fields)}))
    row["kind"] = row["kind"] if row["kind"] in KINDS else "面"
    row["fields"] = tuple(fields)
    return row


def _parameters(header: dict[str, str], notes: list[Note]) -> None:
    """Header values that say something unusual."""
    given = [_number(part) for part in header.get("转换参数", "").split(",") if part.strip()]
    if any(value is None or value != 0 for value in given):
        notes.append(("issue-plot-parameters", "warning", None, {"value": header["转换参数"]}))
    precision = _number(header.get("精度", ""))
    if precision is not None and precision >= 1:
        notes.append(("issue-plot-precision", "note", None, {"value": header["精度"]}))
    unit = header.get("计量单位", "")
    if unit not in {"", "米", "m", "M"}:
        notes.append(("issue-plot-unit", "warning", None, {"value": unit}))


def _areas(frame: gpd.GeoDataFrame, axes: Axes, notes: list[Note]) -> gpd.GeoDataFrame:
    """Stated areas in hectares; the unit is the one in which it comes near the drawn area."""
    drawn = frame.geometry.area.to_numpy() if axes.plane else np.zeros(len(frame))
    values, units = np.full(len(frame), np.nan), [""] * len(frame)
    for place, text in enumerate(frame["stated"]):
        stated = _number(unicodedata.normalize("NFKC", text)) if text else None
        if stated is None or stated <= 0:
            continue
        sizes = {"ha": M2_PER_HA, "mu": M2_PER_MU, "m2": 1.0}
        near = [
            unit
            for unit, size in sizes.items()
            if abs(stated * size - drawn[place]) <= AREA_RELATIVE * drawn[place]
        ]
        unit = near[0] if len(near) == 1 or "ha" in near else "ha"
        if unit != "ha":
            notes.append((f"issue-plot-area-{unit}", "warning", place + 1, {"value": text}))
        elif not near and drawn[place] > 0:
            notes.append(("issue-plot-area-doubt", "warning", place + 1, {"value": text}))
        values[place], units[place] = stated * sizes[unit] / M2_PER_HA, unit
    return frame.assign(stated_ha=values, unit=units)
