"""Errors of workspaces, layers and results that a user can mend."""

from __future__ import annotations

from spatial.errors import LiangzhenError


class WorkspaceError(LiangzhenError):
    """The workspace file says something that cannot be used."""


class LayerError(LiangzhenError):
    """A layer cannot be read, mapped or placed."""
