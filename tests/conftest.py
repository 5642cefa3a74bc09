from __future__ import annotations

import pytest
from hypothesis import settings

from layers import demo

# A first example may wait for numba to compile, hence no deadline. A test run tries the same examples everywhere and
# every time; `pytest --hypothesis-profile explore` hunts with new ones.
settings.register_profile("liangzhen", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("liangzhen")


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """The small demo workspace, in a folder with a space and Chinese characters; do not change it."""
    return demo.write(tmp_path_factory.mktemp("演 示") / "工作区 1", size="small")
