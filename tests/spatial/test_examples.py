"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "module",
    ["periods", "measures.growth", "measures.investment", "measures.register"],
)
def test_examples(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"spatial.{module}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
