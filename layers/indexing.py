"""An index of a workspace's control layers: one place is read in milliseconds, whatever the layers' size."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from layers.errors import WorkspaceError
from layers.workspace import FILE, Workspace, read_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import geopandas as gpd

FOLDER = Path(".liangzhen") / "index"
ROLES = (
    "town_boundary", "planned_area", "construction_area", "construction_land", "expansion_boundary",
    "farmland", "redline",
)  # fmt: skip
"""Roles with geometry that a plot is checked against."""
TOWNS = "towns"
"""Table of the index with the towns as subjects, see `spatial.subjects.towns`."""
_LAND = "construction_land"
_MANIFEST = "index.json"
_FORM = 2
_GROUP = 4096
_SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@dataclass(frozen=True)
class Index:
    """What a workspace is checked against, on disk and sorted by place.

    Attributes
    ----------
    folder
        Where it lies; safe to delete.
    manifest
        ``crs`` (WKT), ``title``, ``policy``, ``demo``, ``inputs`` (rows as `layers.load.Layers.inputs`),
        ``lost`` (features of each layer that could not be read), ``zones`` (codes that the zone layer has),
        ``date`` (quarter of the construction land, the latest one),
        ``groups`` (boxes of each table's row groups).
    built
        Whether it was made just now.
    """

    folder: Path
    manifest: Mapping[str, Any]
    built: bool = False

    def has(self, role: str) -> bool:
        """Whether a layer plays this role."""
        return role in self.manifest["groups"]

    def near(self, role: str, box: tuple[float, float, float, float]) -> gpd.GeoDataFrame | None:
        """Features whose boxes meet `box`, in the order of the source; None where no layer plays the role.

        Parameters
        ----------
        role
            One of `ROLES`, or `TOWNS`.
        box
            West, south, east, north in the working CRS.
        """
        import geopandas as gpd  # noqa: PLC0415 - takes half a second; only who reads features pays

        if not self.has(role):
            return None
        boxes = np.array(self.manifest["groups"][role], dtype=float).reshape(-1, 4)
        with pq.ParquetFile(self.folder / f"{role}.parquet") as file:
            table = file.read_row_groups(np.flatnonzero(_meet(boxes, box)).tolist())
        edges = [table[name].to_numpy() for name in ("_west", "_south", "_east", "_north")]
        table = table.filter(pa.array(_meet(np.column_stack(edges), box))).sort_by("_place")
        frame = table.drop_columns(["_west", "_south", "_east", "_north", "_place", "geometry"]).to_pandas()
        shapes = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
        return gpd.GeoDataFrame(frame.set_index("id"), geometry=shapes, crs=self.manifest["crs"])

    def sources(self, role: str) -> list[dict[str, Any]]:
        """Inputs that play a role."""
        return [row for row in self.manifest["inputs"] if row["role"] == role]


def open_index(path: Path, progress: Callable[[str], None] = lambda _: None) -> Index:
    """The index of a workspace; made, or made again, where the layers are no longer those that it was made from.

    Files are compared by size and time first and by content where these differ.

    Parameters
    ----------
    path
        Workspace folder or its ``workspace.toml``.
    progress
        Called with the name of each layer while it is loaded.

    Raises
    ------
    WorkspaceError, LayerError
        As `layers.load.load`; and if the workspace cannot be written to.
    """
    workspace = read_workspace(path)
    folder = workspace.folder / FOLDER
    file = Path(path) / FILE if Path(path).is_dir() else Path(path)
    manifest = _manifest(folder)
    if manifest and manifest["program"] == _program():
        state = manifest["state"]
        now = _state(workspace, file, state)
        if now is not None:
            if now != state:
                _write_json(folder / _MANIFEST, manifest | {"state": now})
            return Index(folder, manifest)
    return Index(folder, _build(workspace, file, folder, progress), built=True)


def _program() -> list[Any]:
    return [version("liangzhen"), _FORM]


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        read = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    complete = isinstance(read, dict) and {"program", "state", "groups"} <= read.keys()
    return (
        read if complete and all((folder / f"{role}.parquet").exists() for role in read["groups"]) else None
    )


def _files(workspace: Workspace, file: Path) -> Iterator[Path]:
    """All files that the workspace is read from."""
    yield file
    for spec in workspace.layers:
        if spec.path.is_dir():
            yield from sorted(part for part in spec.path.rglob("*") if part.is_file())
        elif spec.path.suffix.lower() == ".shp":
            yield from (part for end in _SIDECARS if (part := spec.path.with_suffix(end)).exists())
        else:
            yield spec.path


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _state(
    workspace: Workspace, file: Path, known: Mapping[str, Any] | None = None
) -> dict[str, list[Any]] | None:
    """Size, time and hash of each file; None where one is not as `known` says, or cannot be told."""
    from layers.sources import sha256  # noqa: PLC0415 - brings all readers along

    state: dict[str, list[Any]] = {}
    try:
        for path in _files(workspace, file):
            key, stamp = str(path.resolve()), _stamp(path)
            if known is None:
                state[key] = [*stamp, sha256(path)]
                continue
            if key not in known:
                return None
            same = known[key][:2] == stamp
            digest = known[key][2] if same else sha256(path)
            if digest != known[key][2]:
                return None
            state[key] = [*stamp, digest]
    except OSError:
        return None
    return state if known is None or state.keys() == known.keys() else None


def _build(workspace: Workspace, file: Path, folder: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    from layers.load import load  # noqa: PLC0415 - a second; only where an index is made
    from spatial import subjects  # noqa: PLC0415 - same
    from spatial.land import at_date  # noqa: PLC0415 - same

    state = _state(workspace, file)
    loaded = load(file, progress)
    towns, _ = subjects.towns(loaded.frames)
    attached = subjects.attach(loaded.frames, towns)
    towns = towns.reset_index(names="id").assign(layer="", fid="").set_index("id", drop=False)
    towns.index.name = None
    frames: dict[str, Any] = {role: attached[role] for role in ROLES if role in attached}
    date, latest = None, set()
    if _LAND in frames:
        frames[_LAND], date = at_date(frames[_LAND], "9999Q4")
        latest = set(frames[_LAND]["layer"])
    frames[TOWNS] = towns.rename(columns={"id": "town_id"})
    lost = loaded.issues[loaded.issues["severity"] == "error"].groupby("layer").size()
    zones = frames["expansion_boundary"]["zone"].dropna() if "expansion_boundary" in frames else []
    manifest = {
        "program": _program(),
        "state": state or {},
        "crs": loaded.crs.to_wkt(),
        "title": loaded.title,
        "policy": loaded.policy,
        "demo": loaded.demo,
        "inputs": [row for row in loaded.inputs if row["role"] != _LAND or row["layer"] in latest],
        "lost": {str(layer): int(count) for layer, count in lost.items()},
        "date": date,
        "zones": sorted({str(zone) for zone in zones}),
    }
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix="index-", dir=folder.parent, ignore_cleanup_errors=True
        ) as name:
            beside = Path(name) / "index"
            beside.mkdir()
            manifest["groups"] = {
                role: _write(frame, beside / f"{role}.parquet") for role, frame in frames.items()
            }
            _write_json(beside / _MANIFEST, manifest)
            shutil.rmtree(folder, ignore_errors=True)
            beside.replace(folder)
    except OSError as error:
        raise WorkspaceError("check-index-unwritable", path=folder, problem=error.strerror) from error
    return manifest


def _write(frame: gpd.GeoDataFrame, path: Path) -> list[list[float]]:
    """A frame along the Hilbert curve, a few thousand features a row group; the box of each group."""
    shapes = frame.geometry.to_numpy()
    order = np.argsort(frame.geometry.hilbert_distance(), kind="stable") if len(frame) else np.arange(0)
    order = np.asarray(order, dtype=np.int64)
    boxes = shapely.bounds(shapes)[order]
    plain = frame.drop(columns=frame.geometry.name)
    columns = {str(name): pa.array(list(plain[name].iloc[order]), from_pandas=True) for name in plain.columns}
    columns = {name: values.cast(pa.string()) if pa.types.is_null(values.type) else values for name, values in columns.items()}  # fmt: skip
    columns |= {
        "id": pa.array(frame.index[order].astype(str).tolist(), pa.string()),
        "_place": pa.array(order),
    }
    columns |= {
        f"_{edge}": pa.array(boxes[:, n]) for n, edge in enumerate(("west", "south", "east", "north"))
    }
    columns["geometry"] = pa.array(shapely.to_wkb(shapes[order]), pa.binary())
    if "fid" in columns:
        columns["fid"] = pa.array([str(fid) for fid in plain["fid"].iloc[order]], pa.string())
    pq.write_table(pa.table(columns), path, row_group_size=_GROUP, compression="zstd")
    starts = range(0, len(boxes), _GROUP)
    groups = [boxes[start : start + _GROUP] for start in starts]
    return [
        [*np.nanmin(group[:, :2], axis=0).tolist(), *np.nanmax(group[:, 2:], axis=0).tolist()]
        if np.isfinite(group).any()
        else [0.0, 0.0, -1.0, -1.0]
        for group in groups
    ]


def _meet(boxes: Any, box: tuple[float, float, float, float]) -> Any:
    west, south, east, north = box
    return (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    beside.replace(path)
