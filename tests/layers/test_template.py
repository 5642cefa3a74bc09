"""The empty workspace that `liangzhen new` writes."""

from __future__ import annotations

import pytest

from layers.errors import WorkspaceError
from layers.roles import ROLES
from layers.template import write_template
from layers.workspace import read_workspace


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_reads_as_written_and_names_every_role(tmp_path, lang):
    file = write_template(tmp_path / "新 区", lang)
    assert [layer.role for layer in read_workspace(file).layers] == ["town_boundary"]
    text = file.read_text(encoding="utf-8")
    assert [role for role in ROLES if f'role = "{role}"' not in text] == []


def test_uncommented_it_is_still_a_workspace(tmp_path):
    file = write_template(tmp_path)
    keys = ("[[layer]]", "role =", "path =", "sheet =", "header_row =", "date =")
    lines = [
        line[2:] if line.startswith(tuple(f"# {key}" for key in keys)) else line
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert {layer.role for layer in read_workspace(file).layers} == set(ROLES)


def test_nothing_is_overwritten(tmp_path):
    file = write_template(tmp_path)
    before = file.read_bytes()
    with pytest.raises(WorkspaceError, match="not overwritten"):
        write_template(tmp_path)
    assert file.read_bytes() == before
