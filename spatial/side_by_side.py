"""Work done side by side on the processors that are free; what comes out does not depend on how many there are."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Found = TypeVar("Found")

HELPERS = 3
"""Most threads beside the first one: each holds what it works on."""
_free = Semaphore(min((os.cpu_count() or 1) - 1, HELPERS))


def in_order(function: Callable[[Item], Found], items: Iterable[Item]) -> Iterator[Found]:
    """Results of a function of each item, in the order of the items.

    Work within work takes what helpers are left; as long as there is none, it is done here, one item after the other. The first
    error in that order is raised.

    Parameters
    ----------
    function
        Works most of its time outside the interpreter's lock, and changes nothing that others read.
    items
        Taken one by one, for each thread no more than two ahead of the results.
    """
    todo = iter(items)
    for item in todo:
        helpers = _Helpers()
        if helpers.held:
            yield from _pooled(function, chain([item], todo), helpers)
            return
        yield function(item)


def _pooled(function: Callable[[Item], Found], items: Iterable[Item], helpers: _Helpers) -> Iterator[Found]:
    waiting: deque[Future[Found]] = deque()
    most = helpers.held + 1
    try:
        with ThreadPoolExecutor(most) as pool:
            try:
                for item in items:
                    helpers.begun()
                    waiting.append(pool.submit(function, item))
                    waiting[-1].add_done_callback(helpers.done)
                    if len(waiting) > most:
                        yield waiting.popleft().result()
                helpers.no_more()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for one in waiting:
                    one.cancel()
    finally:
        helpers.no_more()


class _Helpers:
    """Threads that are taken, and given back one by one when there is less to do than threads."""

    def __init__(self) -> None:
        self.held, self._open, self._last, self._lock = 0, 0, False, Lock()
        while self.held < HELPERS and _free.acquire(blocking=False):
            self.held += 1

    def begun(self) -> None:
        with self._lock:
            self._open += 1

    def done(self, _: Future[Found]) -> None:
        with self._lock:
            self._open -= 1
            self._give_back()

    def no_more(self) -> None:
        with self._lock:
            self._last = True
            self._give_back()

    def _give_back(self) -> None:
        while self._last and self.held > max(self._open - 1, 0):
            self.held -= 1
            _free.release()
