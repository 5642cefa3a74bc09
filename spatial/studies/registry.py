"""The registry of studies: layers, tables and issues that measures, maps and reports draw on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spatial.side_by_side import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spatial.measures.registry import Facts
    from spatial.studies.result import Study


LARGE = 400_000_000
"""Cells of a raster, 20,000 x 20,000, from which memory counts more than time."""
STUDIES: dict[str, Callable[[Facts], Study | None]] = {}


def study(
    name: str,
) -> Callable[[Callable[[Facts], Study | None]], Callable[[Facts], Study | None]]:
    """Register a function as the study `name`; it gives None where its layers are missing.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def register(function: Callable[[Facts], Study | None]) -> Callable[[Facts], Study | None]:
        if name in STUDIES:
            msg = f"two studies {name}"
            raise ValueError(msg)
        STUDIES[name] = function
        return function

    return register


def study_all(facts: Facts, progress: Callable[[str], None] = lambda _: None) -> dict[str, Study]:
    """Every study that has its layers, in the order of the registry.

    They run side by side, unless a raster has more than `LARGE` cells: then one after the other, so that what each
    of them holds is not held at once.

    Parameters
    ----------
    facts
        What is known; measures find the studies in ``facts.studies``.
    progress
        Called with ``progress-study-<name>``.
    """
    names = list(STUDIES)

    def told() -> Iterator[str]:
        for name in names:
            progress(f"progress-study-{name}")
            yield name

    def run(name: str) -> Study | None:
        return STUDIES[name](facts)

    large = any(one.shape[0] * one.shape[1] > LARGE for of in facts.rasters.values() for one in of)
    found = map(run, told()) if large else in_order(run, told())
    return {name: one for name, one in zip(names, found, strict=True) if one is not None}
