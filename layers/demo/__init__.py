"""The demo: a synthetic prefecture 演示数据 with planted faults and the truth about them."""

from __future__ import annotations

from layers.demo.workspace import DemoError, write

__all__ = ["DemoError", "write"]
