"""workspace.toml: what is read, and the one sentence for what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layers.errors import WorkspaceError
from layers.roles import ROLES
from layers.workspace import _LAYER, _TOP, read_workspace

PAGE = Path(__file__).parents[2] / "docs/workspace.md"

TOWNS = '[[layer]]\nrole = "town_boundary"\npath = "data/towns.gpkg"\n'


def read(folder, text):
    (folder / "workspace.toml").write_text(text, encoding="utf-8")
    return read_workspace(folder)


def test_defaults(tmp_path):
    workspace = read(tmp_path, TOWNS)
    (layer,) = workspace.layers
    assert (workspace.title, workspace.policy, workspace.demo) == (tmp_path.name, "jiaxing-2016", False)
    assert (layer.name, layer.path) == ("town_boundary", tmp_path / "data/towns.gpkg")


def test_a_byte_order_mark_does_not_matter(tmp_path):
    (tmp_path / "workspace.toml").write_text(TOWNS, encoding="utf-8-sig")
    assert len(read_workspace(tmp_path / "workspace.toml").layers) == 1


def test_sheet_is_the_layer_of_a_table(tmp_path):
    text = TOWNS + '[[layer]]\nrole = "meeting"\npath = "m.xlsx"\nsheet = "2016"\nheader_row = 2\n'
    meeting = read(tmp_path, text).layers[1]
    assert (meeting.layer, meeting.header_row) == ("2016", 2)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("titel = 'x'\n" + TOWNS, "workspace-key", "`title`"),
        ("title = 3\n" + TOWNS, "workspace-type", "text"),
        (TOWNS + "encodng = 'GBK'\n", "workspace-key", "`encoding`"),
        (TOWNS + "header_row = true\n", "workspace-type", "number"),
        (TOWNS + "header_row = '2'\n", "workspace-type", "number"),
        (TOWNS + "date = '2016Q5'\n", "workspace-quarter", "2016Q5"),
        (TOWNS.replace("boundary", "bondary"), "role-unknown", "town_boundary"),
        (TOWNS.replace("path", "paht"), "workspace-key", "`path`"),
        ('[[layer]]\nrole = "town_boundary"\n', "workspace-key-missing", "`path`"),
        (TOWNS + "[layer.fields]\nnme = 'X'\n", "column-unknown", "nearest known one is name"),
        (TOWNS + "[layer.fields]\nname = 3\n", "workspace-type", "fields.name"),
        (TOWNS + "[layer.fields]\nname = {feld = 'X'}\n", "workspace-key", "`field`"),
        (TOWNS + "[layer.fields]\nname = {field = 'X', value = 'Y'}\n", "field-or-value", "fields.name"),
        (TOWNS + "where = {field = 'A', is = 1}\n", "workspace-key", "`in`"),
        (TOWNS + "where = {field = 'A'}\n", "workspace-key-missing", "`in`"),
        (TOWNS + TOWNS, "layer-name-twice", "town_boundary"),
        ("title = 'x'\n", "role-missing", "town_boundary"),
        ("[layer]\nrole = 'town_boundary'\n", "workspace-type", "list"),
        ("title = \n", "workspace-not-toml", "workspace.toml"),
    ],
)
def test_one_sentence_names_the_file_the_key_and_the_nearest_name(tmp_path, text, code, named):
    with pytest.raises(WorkspaceError) as caught:
        read(tmp_path, text)
    assert caught.value.code == code
    assert "workspace.toml" in str(caught.value)
    assert named in str(caught.value)


def test_no_workspace(tmp_path):
    with pytest.raises(WorkspaceError, match="liangzhen new"):
        read_workspace(tmp_path)


def test_the_page_has_every_role_column_and_key():
    page = PAGE.read_text(encoding="utf-8")
    rows = [row.split("|")[1:-1] for row in page.splitlines() if row.startswith("| `")]
    names = [[re.findall(r"`(\w+)`", cell) for cell in row] for row in rows]
    roles = {row[0][0]: (row[3], row[4]) for row in names if len(row) == 5}
    assert roles == {
        role.name: (
            [column.name for column in role.columns if column.required],
            [column.name for column in role.columns if not column.required],
        )
        for role in ROLES.values()
    }
    keys = {key for row in names if len(row) == 3 for key in row[0]}
    assert keys == _TOP.keys() | _LAYER.keys()
