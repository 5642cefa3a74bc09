"""Names of towns in tables, found again among the towns that are drawn and registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.fields import same_town
from layers.issues import issue

if TYPE_CHECKING:
    import pandas as pd

DRAWN = ("town_boundary", "planned_area")
_FOLLOW = (
    ("town", "name"), ("construction_area", "name"), ("town_indicator", "name"), ("exception", "name"), ("land_quota", "name"),
    ("project", "town"), ("village", "town"), ("town", "host_town"),
    ("project_report", "town"), ("renewal_project", "town"), ("street", "town"), ("cleanup_site", "town"),
    ("reception_hall", "town"),
)  # fmt: skip


def resolve(frames: dict[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], list[dict[str, Any]]]:
    """Give tables the very names of the layers: with or without 镇, 街道, 小镇 is the same town.

    A name that fits exactly stays. Otherwise it is taken for the one town with the same name but for its
    suffix, with a note; if several fit, or none, it stays, with a warning.

    Parameters
    ----------
    frames
        Canonical frames by role.

    Returns
    -------
    frames
        The same with names resolved.
    issues
        Rows of the issues table.
    """
    resolved = dict(frames)
    known = {name for role in DRAWN if role in frames for name in frames[role]["name"].dropna()}
    rows: list[dict[str, Any]] = []
    for role, column in _FOLLOW:
        if role not in frames or column not in resolved[role]:
            continue
        frame = resolved[role]
        by_stem: dict[str, set[str]] = {}
        for name in known:
            by_stem.setdefault(same_town(name), set()).add(name)
        words = {
            name: by_stem.get(same_town(name), set())
            for name in frame[column].dropna().unique()
            if name not in known
        }
        one = {name: next(iter(fits)) for name, fits in words.items() if len(fits) == 1}
        resolved[role] = frame.assign(
            **{column: frame[column].map(lambda name, one=one: one.get(name, name))}
        )
        first = frame.drop_duplicates(column).set_index(column)
        for name, fits in words.items():
            where = {"fid": first.loc[name, "fid"], "name": name}
            layer = first.loc[name, "layer"]
            if len(fits) == 1:
                rows.append(issue("issue-name-matched", "note", layer, town=one[name], **where))
            elif fits:
                rows.append(
                    issue("issue-name-ambiguous", "warning", layer, towns="、".join(sorted(fits)), **where)
                )
            elif role != "town":
                rows.append(issue("issue-name-unknown", "warning", layer, **where))
        if role == "town" and column == "name":
            known |= set(resolved[role]["name"].dropna())
    return resolved, rows
