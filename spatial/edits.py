"""Edits: suggested one by one for all to see, done exactly as suggested, undone to the byte."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.areas import legal_area
from spatial.edit_finds import FINDERS, Proposal, State, Tolerance
from spatial.edit_steps import NODE_M, noded, parts, perform
from spatial.errors import LiangzhenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["COLUMNS", "EditError", "Tolerance", "Undo", "apply", "revert", "suggest"]

COLUMNS = (
    "edit_id", "step", "action", "apply", "a", "b", "features", "distance_mm", "share_pct", "area_before_m2",
    "area_after_m2", "params", "hashes", "before", "after", "geometry",
)  # fmt: skip
_AREA_M2 = 0.01
"""To which an area is announced."""
_NOISE_M2 = 1e-4
"""Area that overlay in floating point leaves behind."""


class EditError(LiangzhenError):
    """Edits cannot be suggested for, done on, or undone from these features."""


@dataclass(frozen=True)
class Undo:
    """What takes a set of edits back.

    Attributes
    ----------
    features
        Index ``id``: ``position``, ``before`` (WKB), ``after`` (hash; empty where the feature was dropped).
    rows
        The rows that were dropped, as they were.
    log
        One row a chosen edit, in the order of doing: ``edit_id``, ``done``, ``reason`` (message code if not).
    """

    features: pd.DataFrame
    rows: gpd.GeoDataFrame
    log: pd.DataFrame


def suggest(
    frame: gpd.GeoDataFrame, findings: pd.DataFrame | None = None, tolerance: Tolerance | None = None
) -> gpd.GeoDataFrame:
    """Edits that would mend a layer; nothing is changed.

    Looked for in this order: rings to close, double vertices, spikes, invalid polygons, turned rings, doubles,
    vertices and edges to snap, overlaps to cut, vertices to add, gaps to give away. Each edit is found on the
    geometries as those before it leave them. One that makes a polygon invalid or multipart, or makes an overlap
    or a gap, is not suggested.

    Parameters
    ----------
    frame
        n features, unique index, in a projected CRS in metres.
    findings
        Issues table; only edits to a feature named there, or within 1 m of a place named there. None: all.
    tolerance
        How far an edit may go.

    Returns
    -------
    GeoDataFrame
        `COLUMNS`, one row an edit, in the order of doing. ``features`` are the ids touched, the edited one first;
        ``area_before_m2``, ``area_after_m2`` (legal area; NaN for lines), ``before`` and ``after`` (WKB of a
        collection) follow their order; ``hashes`` are those of the geometries in `frame`; ``apply`` says whether
        the edit is made when nobody chooses; the edits that follow one that is not do not build upon it.

    Raises
    ------
    EditError
        If the CRS is missing or not in metres, or the index is not unique.
    """
    _fit(frame)
    state = State(
        np.array(frame.geometry.to_numpy(), dtype=object), pd.DataFrame(frame), tolerance or Tolerance()
    )
    state.shapes[~_finite(state.shapes)] = None
    state.refresh()
    known = _Known(findings, frame)
    steps: list[dict[str, Any]] = []
    seen: set[str] = set()
    for finder, passes in FINDERS.values():
        for _ in range(passes):
            count = len(steps)
            for proposal in finder(state):
                if known.of(proposal) and (step := _step(state, proposal)) is not None:
                    step |= _named(step, frame)
                    if step["edit_id"] not in seen:
                        seen.add(step["edit_id"])
                        steps.append(step)
                        if step["apply"]:
                            state.shapes[list(step["positions"])] = [
                                shape or None for shape in step["shapes"]
                            ]
            state.refresh()
            if len(steps) == count:
                break
    return _table(steps, frame)


def apply(
    frame: gpd.GeoDataFrame, edits: gpd.GeoDataFrame, chosen: Iterable[str] | None = None
) -> tuple[gpd.GeoDataFrame, Undo]:
    """Do edits, in the order of their steps.

    Where all edits before it were done, an edit leaves exactly the geometries that it announced. Where some were
    not, it is done anew on what is there, and left out if that would change an area otherwise than announced by
    0.01 m² or more, or make a polygon invalid.

    Parameters
    ----------
    frame
        The features that the edits were suggested for.
    edits
        As `suggest` gave them, all or some.
    chosen
        Ids of the edits to do; None: those with ``apply``.

    Returns
    -------
    frame
        A new frame; doubles that were dropped are gone.
    undo
        For `revert`, with the log.

    Raises
    ------
    EditError
        If a feature is gone, or its geometry is no longer the one the edit was suggested for; nothing is done then.
    """
    wanted = (
        edits[edits["apply"].astype(bool)] if chosen is None else edits[edits["edit_id"].isin(set(chosen))]
    )
    wanted = wanted.sort_values("step", kind="stable")
    original = {name: frame.geometry.loc[name] for name in _fresh(frame, wanted)}
    now, log = dict(original), []
    for row in wanted.itertuples():
        before = [now[name] for name in row.features]
        after, reason = _again(row, before, frame.crs)
        log.append({"edit_id": row.edit_id, "done": reason is None, "reason": reason})
        now |= dict(zip(row.features, after, strict=True)) if reason is None else {}
    return _changed(frame, original, now, pd.DataFrame(log, columns=["edit_id", "done", "reason"]))


def revert(frame: gpd.GeoDataFrame, undo: Undo) -> gpd.GeoDataFrame:
    """The frame as it was before `apply`: the same rows in the same order, each geometry the same to the byte.

    Raises
    ------
    EditError
        If a feature has been changed since.
    """
    kept = undo.features[undo.features["after"] != ""]
    for name, row in kept.iterrows():
        if name not in frame.index or digest(frame.geometry.loc[name]) != row["after"]:
            raise EditError("undo-stale", feature=name)
    result = frame.copy()
    shapes = result.geometry.to_numpy().copy()
    shapes[result.index.get_indexer(kept.index)] = shapely.from_wkb(kept["before"].to_numpy(dtype=object))
    result = result.set_geometry(gpd.GeoSeries(shapes, index=result.index, crs=frame.crs))
    for name, row in undo.features.drop(kept.index).sort_values("position").iterrows():
        at = int(row["position"])
        result = pd.concat([result.iloc[:at], undo.rows.loc[[name]], result.iloc[at:]])
    return gpd.GeoDataFrame(result, geometry=frame.geometry.name, crs=frame.crs)


def digest(shape: Any) -> str:
    """Hash of a geometry as it is stored, vertex by vertex."""
    return "" if shape is None else hashlib.sha256(_wkb(shape)).hexdigest()[:16]


class _Known:
    """Whether an edit has to do with the findings that are to be mended."""

    def __init__(self, findings: pd.DataFrame | None, frame: gpd.GeoDataFrame) -> None:
        self.all = findings is None
        self.features: set[int] = set()
        places: list[Any] = []
        if findings is not None:
            at = frame.index.get_indexer(pd.Index(findings["id"].dropna().unique()))
            self.features = {int(place) for place in at if place >= 0}
            unnamed = findings[findings["id"].isna()]
            places = [shape for shape in unnamed["geometry"] if isinstance(shape, shapely.Geometry)]
        self.tree = shapely.STRtree(places)

    def of(self, proposal: Proposal) -> bool:
        return (
            self.all
            or not self.features.isdisjoint(proposal.features)
            or bool(len(self.tree.query(proposal.place, predicate="dwithin", distance=1.0)))
        )


def _fit(frame: gpd.GeoDataFrame) -> None:
    if frame.crs is None or not frame.crs.is_projected or frame.crs.axis_info[0].unit_conversion_factor != 1:
        raise EditError("edits-crs", crs="–" if frame.crs is None else frame.crs.name)
    if not frame.index.is_unique:
        raise EditError("edits-ids", feature=frame.index[frame.index.duplicated()][0])


def _finite(shapes: Any) -> Any:
    with np.errstate(invalid="ignore"):
        xy, whose = shapely.get_coordinates(shapes, return_index=True)
    result = ~shapely.is_missing(shapes)
    result[whose[~np.isfinite(xy).all(axis=1)]] = False
    return result


def _step(state: State, proposal: Proposal) -> dict[str, Any] | None:
    """What an edit does to the geometries, if it does something and no harm; else of the one behind it."""
    at = list(proposal.features)
    before = list(state.shapes[at])
    if any(shape is None or shape.is_empty for shape in before):
        return None
    try:
        after = perform(proposal.action, before, proposal.params)
        same = all(_wkb(new) == _wkb(old) for new, old in zip(after, before, strict=True))
        fit = _sound(proposal.action, before, after) and _apart(state, at, before, after, proposal.action)
    except shapely.errors.GEOSException:  # a ring crosses itself with the vertices put in between
        same, fit = False, False
    if same or not fit:
        return None if proposal.otherwise is None else _step(state, proposal.otherwise)
    tick = proposal.apply
    if proposal.action == "make-valid":
        tick = tick and len(parts(after[0])) <= max(1, shapely.get_num_geometries(before[0]))
    return {"proposal": proposal, "positions": at, "old": before, "shapes": after, "apply": tick}


def _sound(action: str, before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether the geometries themselves are fit: valid, no more parts and holes than there were, no vertex twice."""
    rest = after[1:] if action == "drop-double" else after
    if not all(shape.is_valid and not shape.is_empty for shape in rest if shape.geom_type != "LineString"):
        return action in {"orient", "drop-vertex"} and not any(shape.is_empty for shape in rest)
    if action in {"make-valid", "drop-double", "close-ring"}:
        return True
    counts = [(_members(new), _members(old)) for new, old in zip(after, before, strict=True)]
    return all(new <= old for pair in counts for new, old in zip(*pair, strict=True))


def _members(shape: Any) -> tuple[int, int, int]:
    """How many parts, holes and vertices that repeat the one before."""
    members = shapely.get_parts(shape)
    xy, ring = shapely.get_coordinates(shapely.get_rings(members), return_index=True)
    near = (np.hypot(*(xy[1:] - xy[:-1]).T) <= NODE_M) & (ring[1:] == ring[:-1])
    return len(members), int(shapely.get_num_interior_rings(members).sum()), int(near.sum())


def _apart(state: State, at: list[int], before: Sequence[Any], after: Sequence[Any], action: str) -> bool:
    """Whether no overlap and no gap among the features and their neighbours has grown."""
    if action in {"close-ring", "orient", "make-valid", "drop-double"}:
        return True
    fit = [place for place, shape in enumerate(before) if shape.is_valid]
    old, new = (np.array([shapes[place] for place in fit], dtype=object) for shapes in (before, after))
    if not len(old):
        return True
    around = np.setdiff1d(state.near(shapely.box(*shapely.total_bounds(old)), 2 * state.tolerance.snap_m), at)
    near = state.shapes[around]
    return bool(
        _doubly(new, near) <= _doubly(old, near) + _NOISE_M2
        and _enclosed([*new, *near]) <= _enclosed([*old, *near]) + _AREA_M2
    )


def _doubly(shapes: Any, near: Any) -> float:
    """Land of the shapes that another shape, or a neighbour, has too, m²."""
    one, other = np.triu_indices(len(shapes), 1)
    among = shapely.area(shapely.intersection(shapes[one], shapes[other])).sum()
    with_others = (
        shapely.area(shapely.intersection(shapes[:, None], near[None, :])).sum() if len(near) else 0.0
    )
    return float(among + with_others)


def _enclosed(shapes: list[Any]) -> float:
    """Land that the shapes enclose and do not have, m²; a slit narrower than `NODE_M` is none."""
    members = shapely.get_parts(shapely.union_all(noded(shapes, NODE_M)))
    return float(
        shapely.area(shapely.polygons(shapely.get_exterior_ring(members))).sum() - shapely.area(members).sum()
    )


def _named(step: dict[str, Any], frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Features and hashes of an edit, and the id made of them."""
    proposal = step["proposal"]
    names = list(frame.index[step["positions"]])
    hashes = [digest(shape) for shape in frame.geometry.iloc[step["positions"]]]
    told = json.dumps([proposal.action, list(map(str, names)), hashes, proposal.params], sort_keys=True)
    return {
        "edit_id": hashlib.sha256(told.encode()).hexdigest()[:12],
        "features": names,
        "hashes": hashes,
    }


def _table(steps: list[dict[str, Any]], frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Edits as a table, with legal areas."""
    sizes = np.cumsum([0, *(len(step["old"]) for step in steps)])
    before = _areas([shape for step in steps for shape in step["old"]], frame.crs)
    after = _areas([shape for step in steps for shape in step["shapes"]], frame.crs)
    rows = [
        {
            "edit_id": step["edit_id"],
            "step": number,
            "action": step["proposal"].action,
            "apply": step["apply"],
            "a": step["features"][0],
            "b": step["features"][1] if len(step["features"]) > 1 else None,
            "features": step["features"],
            "distance_mm": 1000 * step["proposal"].distance,
            "share_pct": step["proposal"].share,
            "area_before_m2": before[sizes[number] : sizes[number + 1]].tolist(),
            "area_after_m2": after[sizes[number] : sizes[number + 1]].tolist(),
            "params": step["proposal"].params,
            "hashes": step["hashes"],
            "before": _bundle(step["old"]),
            "after": _bundle(step["shapes"]),
            "geometry": step["proposal"].place,
        }
        for number, step in enumerate(steps)
    ]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(COLUMNS)), geometry="geometry", crs=frame.crs)


def _areas(shapes: list[Any], crs: Any) -> Any:
    """Legal areas, m²; NaN for what is no polygon."""
    array = np.array(shapes, dtype=object)
    if not len(array):
        return np.empty(0)
    flat, empty = np.isin(shapely.get_type_id(array), (3, 6)), shapely.is_empty(array)
    result = np.where(flat, 0.0, np.nan)
    result[flat & ~empty] = legal_area(array[flat & ~empty], crs)
    return result


def _fresh(frame: gpd.GeoDataFrame, edits: gpd.GeoDataFrame) -> list[Any]:
    """Ids of the features that edits touch, after making sure that they are what they were."""
    told: dict[Any, str] = {}
    for row in edits.itertuples():
        for name, kept in zip(row.features, row.hashes, strict=True):
            if name not in told:
                told[name] = digest(frame.geometry.loc[name]) if name in frame.index else ""
            if told[name] != kept:
                raise EditError("edit-stale", edit=row.edit_id, feature=name)
    return list(told)


def _again(row: Any, before: list[Any], crs: Any) -> tuple[list[Any], str | None]:
    """The geometries after an edit, or why it is not done."""
    if any(shape is None or shape.is_empty for shape in before):
        return before, "edit-feature-gone"
    if _bundle(before) == bytes(row.before):
        return list(shapely.get_parts(shapely.from_wkb(bytes(row.after)))), None
    try:
        after = perform(row.action, before, row.params)
    except shapely.errors.GEOSException:
        return before, "edit-depends"
    announced = np.nan_to_num(row.area_after_m2) - np.nan_to_num(row.area_before_m2)
    found = np.nan_to_num(_areas(after, crs)) - np.nan_to_num(_areas(before, crs))
    if not _sound(row.action, before, after) or (np.abs(found - announced) >= _AREA_M2).any():
        return before, "edit-depends"
    return after, None


def _changed(
    frame: gpd.GeoDataFrame, original: dict[Any, Any], now: dict[Any, Any], log: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, Undo]:
    """The frame with the geometries of now, and what they were."""
    names = [name for name, shape in original.items() if _wkb(shape) != _wkb(now[name])]
    position = frame.index.get_indexer(names)
    gone = [name for name in names if now[name].is_empty]
    features = pd.DataFrame(
        {
            "position": position,
            "before": [_wkb(original[name]) for name in names],
            "after": ["" if name in gone else digest(now[name]) for name in names],
        },
        index=pd.Index(names, name=frame.index.name, dtype=frame.index.dtype),
    )
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    shapes[position] = [now[name] for name in names]
    result = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)).drop(index=gone)
    return result, Undo(features, frame.loc[gone], log)


def _wkb(shape: Any) -> bytes:
    written: bytes = shapely.to_wkb(shape, byte_order=1)
    return written


def _bundle(shapes: Sequence[Any]) -> bytes:
    return _wkb(shapely.geometrycollections(list(shapes)))
