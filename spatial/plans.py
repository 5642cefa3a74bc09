"""Where two plans of the same land disagree 多规合一差异图斑: patches by type, town and area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.areas import legal_area
from spatial.limits import solid
from spatial.overlay import overlay
from spatial.widths import width

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

KINDS: Final = ("construction", "agricultural", "unused", "unknown")
NONE: Final = "none"
"""What a plan says where it says nothing."""
PATCH_COLUMNS: Final = [
    "patch", "town_id", "one", "other", "type", "area_m2", "width_m", "judged", "gives_way", "one_fid", "other_fid",
    "geometry",
]  # fmt: skip


@dataclass(frozen=True)
class Tolerance:
    """What of a difference is drawing, and what is planning.

    Attributes
    ----------
    sliver_width_m
        Narrower than this, a patch is two drawings of one line.
    shift_width_m
        Narrower than this, it is a shifted boundary.
    area_m2
        Smaller than this, it is a difference of scale: 400 m², the smallest agricultural parcel that is mapped
        (TD/T 1055-2019).
    """

    sliver_width_m: float = 0.5
    shift_width_m: float = 5.0
    area_m2: float = 400.0


@dataclass(frozen=True)
class Differences:
    """Where two plans disagree.

    Attributes
    ----------
    patches
        Columns `PATCH_COLUMNS`. ``one`` and ``other``: what each plan says (`KINDS`, or `NONE`). ``type``: ``sliver``,
        ``shift``, ``scale``, ``unplanned`` (one says nothing), ``construction-farmland`` or ``use``; only the last three are
        ``judged``. ``gives_way``: ``one``, ``other`` or empty: by the rule of `give_way`, a suggestion. ``area_m2`` is legal.
    matrix
        Legal area, m², by what ``one`` (rows) and ``other`` (columns) say, of all land that either covers.
    """

    patches: gpd.GeoDataFrame
    matrix: pd.DataFrame


def differences(
    one: gpd.GeoDataFrame,
    other: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    tolerance: Tolerance | None = None,
) -> Differences:
    """Overlay two plans.

    Parameters
    ----------
    one, other
        Plans in the working CRS (a plane in metres) with ``kind`` (`KINDS`) and ``fid``. Where the polygons of one plan
        overlap each other, land counts to the kind that stands first in `KINDS`.
    towns
        Polygons that do not overlap, index ``town_id``; land in none has none.
    tolerance
        What is only drawing.

    Raises
    ------
    ValueError
        If the three are not in one CRS.
    """
    if not one.crs == other.crs == towns.crs:
        msg = "plans and towns in different CRS"
        raise ValueError(msg)
    allowed = tolerance or Tolerance()
    first, second = _by_kind(one), _by_kind(other)
    parts = [_parts(first, second, NONE), _parts(second, first, NONE, swapped=True)]
    cut = (
        pd.concat([part for part in parts if len(part)], ignore_index=True)
        if any(map(len, parts))
        else parts[0]
    )
    matrix = _matrix(cut)
    found = _patches(cut[cut["one"] != cut["other"]], towns, one.crs)
    found["width_m"] = width(found.geometry.to_numpy())
    found["type"] = _types(found, allowed)
    found["judged"] = ~found["type"].isin(["sliver", "shift", "scale"])
    found["gives_way"] = np.where(found["judged"], give_way(found["one"], found["other"]), "")
    for side, plan in (("one_fid", one), ("other_fid", other)):
        found[side] = _touched(found.geometry.to_numpy(), plan)
    return Differences(found[PATCH_COLUMNS], matrix)


def give_way(one: pd.Series, other: pd.Series) -> NDArray[np.object_]:
    """Which plan a rule suggests to change: a suggestion for people to decide.

    Farmland stands (《基本农田保护条例》 and the order of the control lines): the plan that builds on what the other keeps
    agricultural gives way; the plan that says nothing follows the one that does; else nothing is suggested.
    """
    builds_one = (one == "construction") & (other == "agricultural")
    builds_other = (other == "construction") & (one == "agricultural")
    return np.select(
        [builds_one | (one == NONE), builds_other | (other == NONE)], ["one", "other"], default=""
    ).astype(object)


def _by_kind(plan: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """What a plan says, one geometry a kind; land that lies in several goes to the first of `KINDS`."""
    shapes: dict[str, Any] = {}
    taken: Any = shapely.Polygon()
    valid = shapely.make_valid(plan.geometry.to_numpy(), method="structure", keep_collapsed=False)
    for kind in KINDS:
        mine = shapely.union_all(valid[plan["kind"].eq(kind).to_numpy()])
        rest = shapely.difference(mine, taken)
        taken = shapely.union(taken, mine)
        if not shapely.is_empty(rest):
            shapes[kind] = rest
    return gpd.GeoSeries(shapes, crs=plan.crs)


def _parts(
    whole: gpd.GeoSeries, limits: gpd.GeoSeries, lacking: str, *, swapped: bool = False
) -> pd.DataFrame:
    """Land of `whole` by what `limits` say of it; of the second plan only what the first says nothing of."""
    columns = ["one", "other", "area_m2", "geometry"]
    if not len(whole):
        return pd.DataFrame(columns=columns)
    single = whole.explode()
    within = {kind: gpd.GeoSeries([shape], crs=limits.crs) for kind, shape in limits.items()}
    within["all"] = gpd.GeoSeries(list(limits), crs=limits.crs)
    parcels = gpd.GeoSeries(single.to_numpy(), index=pd.RangeIndex(len(single)), crs=whole.crs)
    kinds = single.index.to_numpy()
    inside = [] if swapped else list(limits.index)
    found = overlay(parcels, None, within, inside=inside, outside=["all"])
    rows = [(kind, found.inside[kind]) for kind in inside] + [(lacking, found.outside["all"])]
    tables = []
    for kind, part in rows:
        own = kinds[part["parcel"].to_numpy(dtype=np.int64)] if len(part) else np.empty(0, dtype=object)
        sides = {"one": kind, "other": own} if swapped else {"one": own, "other": kind}
        tables.append(
            pd.DataFrame({**sides, "area_m2": part["area_m2"], "geometry": part.geometry.to_numpy()})
        )
    return pd.concat(tables, ignore_index=True)[columns]


def _matrix(cut: pd.DataFrame) -> pd.DataFrame:
    order = [*KINDS, NONE]
    table = cut.pivot_table(index="one", columns="other", values="area_m2", aggfunc="sum", fill_value=0.0)
    rows = [kind for kind in order if kind in table.index]
    columns = [kind for kind in order if kind in table.columns]
    return table.loc[rows, columns]


def _patches(cut: pd.DataFrame, towns: gpd.GeoDataFrame, crs: Any) -> gpd.GeoDataFrame:
    """Connected land of the same difference in the same town."""
    groups = [
        (one, other, shape)
        for (one, other), part in cut.groupby(["one", "other"], sort=True)
        for shape in shapely.get_parts(shapely.union_all(part["geometry"].to_numpy()))
    ]
    shapes = solid(np.array([*(shape for *_, shape in groups), None], dtype=object)[:-1])
    parcels = gpd.GeoSeries(shapes, index=pd.RangeIndex(len(shapes)), crs=crs)
    pieces = overlay(parcels, towns.geometry, {}, keep_geometry=True).pieces
    place = pieces["parcel"].to_numpy(dtype=np.int64)
    table = gpd.GeoDataFrame(
        {
            "town_id": pieces["town"].to_numpy() if len(pieces) else [],
            "one": [groups[k][0] for k in place], "other": [groups[k][1] for k in place],
        },
        geometry=pieces["geometry"].to_numpy() if len(pieces) else [], crs=crs,
    )  # fmt: skip
    table["area_m2"] = legal_area(table.geometry.to_numpy(), crs) if len(table) else []
    table.insert(0, "patch", np.arange(1, len(table) + 1))
    return table


def _types(found: gpd.GeoDataFrame, allowed: Tolerance) -> NDArray[np.object_]:
    pair = found[["one", "other"]]
    conflict = pair.eq("construction").any(axis=1) & pair.eq("agricultural").any(axis=1)
    return np.select(
        [
            found["width_m"] < allowed.sliver_width_m, found["width_m"] < allowed.shift_width_m,
            found["area_m2"] < allowed.area_m2, pair.eq(NONE).any(axis=1), conflict,
        ],
        ["sliver", "shift", "scale", "unplanned", "construction-farmland"], default="use",
    ).astype(object)  # fmt: skip


def _touched(shapes: Shapes, plan: gpd.GeoDataFrame) -> list[str]:
    """Features of a plan that each patch lies on, by a point of it."""
    tree = shapely.STRtree(plan.geometry.to_numpy())
    patch, feature = tree.query(shapely.point_on_surface(shapes), predicate="intersects")
    names = pd.Series(plan["fid"].astype(str).to_numpy()[feature])
    joined = names.groupby(patch).agg("、".join)
    return [str(name) for name in joined.reindex(range(len(shapes)), fill_value="")]
