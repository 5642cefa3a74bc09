"""Inspectors of lines as a network: gaps, short loose ends, lines drawn twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spatial.greenway_faults import dangles, gaps, twins
from spatial.quality.registry import Subject, found, inspector
from spatial.settings import GREENWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@inspector(
    "issue-line-unsnapped", group="topology", severity="warning", source="三(二)4 绿道网；自定：线端吸附",
    roles=("greenway",), distance_m=GREENWAYS["gap_m"], snap_m=GREENWAYS["snap_m"],
)  # fmt: skip
def line_unsnapped(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Ends of lines that come near another line of the layer and do not meet it."""
    network = subject.network(tolerance["snap_m"])
    near = gaps(network, tolerance["distance_m"], twins(network, GREENWAYS["twin_m"]))
    ids = subject.frame.index.to_numpy().astype(str)
    return found(
        "issue-line-unsnapped", subject.frame, network.line[near["edge"]], near["geometry"].to_numpy(),
        other=ids[network.line[near["other"]]], apart_m=near["apart_m"],
    )  # fmt: skip


@inspector(
    "issue-line-dangle", group="topology", severity="warning", source="三(二)4 绿道网；自定：悬挂短线",
    roles=("greenway",), distance_m=GREENWAYS["gap_m"], snap_m=GREENWAYS["snap_m"],
)  # fmt: skip
def line_dangle(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Short ends that stick out of a junction."""
    network = subject.network(tolerance["snap_m"])
    at = dangles(network, tolerance["distance_m"])
    return found(
        "issue-line-dangle", subject.frame, network.line[at], network.shape[at], length_m=network.length[at]
    )


@inspector(
    "issue-line-twice", group="topology", severity="warning", source="三(二)4 绿道网；自定：重复线",
    roles=("greenway",), distance_m=GREENWAYS["twin_m"], snap_m=GREENWAYS["snap_m"],
)  # fmt: skip
def line_twice(subject: Subject, tolerance: Mapping[str, float]) -> pd.DataFrame:
    """Stretches that run beside another line so closely that they are the same way drawn twice."""
    network = subject.network(tolerance["snap_m"])
    counts = twins(network, tolerance["distance_m"])
    at = np.flatnonzero(counts >= 0)
    ids = subject.frame.index.to_numpy().astype(str)
    return found(
        "issue-line-twice", subject.frame, network.line[at], network.shape[at],
        other=ids[network.line[counts[at]]], length_m=network.length[at],
    )  # fmt: skip
