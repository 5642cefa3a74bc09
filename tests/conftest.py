from __future__ import annotations

import pytest

from layers import demo


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """The small demo workspace, in a folder with a space and Chinese characters; do not change it."""
    return demo.write(tmp_path_factory.mktemp("演 示") / "工作区 1", size="small")
