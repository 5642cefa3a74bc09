"""The registry of studies: layers, tables and issues that measures, maps and reports draw on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from spatial.measures.registry import Facts
    from spatial.studies.result import Study


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

    Parameters
    ----------
    facts
        What is known; measures find the studies in ``facts.studies``.
    progress
        Called with ``progress-study-<name>``.
    """
    done = {}
    for name, function in STUDIES.items():
        progress(f"progress-study-{name}")
        result = function(facts)
        if result is not None:
            done[name] = result
    return done
