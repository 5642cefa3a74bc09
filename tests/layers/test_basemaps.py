import pytest

from layers.errors import WorkspaceError
from layers.workspace import read_workspace

HEAD = '[[layer]]\nrole = "town_boundary"\npath = "t.gpkg"\n[[basemap]]\n'
XYZ = 'url = "https://tiles.example.org/{z}/{x}/{y}.png"\n'


def read(folder, text):
    (folder / "workspace.toml").write_text(HEAD + text, encoding="utf-8")
    return read_workspace(folder).basemaps[0]


def test_tianditu_is_a_picture_and_its_labels_with_the_users_key(tmp_path):
    base = read(tmp_path, 'tianditu = "img"\nkey = "0a1b"\n')
    assert base.kind == "tianditu-img"
    assert [("T=img_w" in url, "T=cia_w" in url) for url in base.urls] == [(True, False), (False, True)]
    assert all("tk=0a1b" in url and "{x}" in url and "{s}" in url for url in base.urls)
    assert base.secret
    assert not base.gcj02
    assert base.attribution == "天地图"


def test_addresses_of_wmts_are_read_as_the_map_names_places(tmp_path):
    base = read(
        tmp_path, 'url = "http://10.0.0.5/wmts/{TileMatrix}/{TileRow}/{TileCol}.png"\nname = "内网影像"\n'
    )
    assert base.urls == ("http://10.0.0.5/wmts/{z}/{y}/{x}.png",)
    assert (base.name, base.attribution, base.secret) == ("内网影像", "10.0.0.5", False)


@pytest.mark.parametrize(
    ("url", "datum", "shifted"),
    [
        ("https://webrd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}", "", True),
        ("https://rt0.map.gtimg.com/tile?z={z}&x={x}&y={-y}", "", True),
        ("https://mt1.google.cn/vt?x={x}&y={y}&z={z}", "", True),
        ("https://tiles.example.org/{z}/{x}/{y}.png", "GCJ-02", True),
        ("https://notamap.com.example.org/{z}/{x}/{y}.png", "", False),
        ("https://tiles.example.org/{z}/{x}/{y}.png", "CGCS2000", False),
    ],
)
def test_the_shift_is_known_by_host_or_datum(tmp_path, url, datum, shifted):
    said = f'datum = "{datum}"\n' if datum else ""
    assert read(tmp_path, f'url = "{url}"\n{said}').gcj02 is shifted


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('name = "x"\n', "basemap-source"),
        (XYZ + 'path = "x.mbtiles"\n', "basemap-source"),
        ('tianditu = "sat"\nkey = "1"\n', "basemap-tianditu"),
        ('tianditu = "img"\n', "basemap-key-missing"),
        ('tianditu = "img"\nkey = "a&b"\n', "basemap-key-missing"),
        ('url = "https://tiles.example.org/{z}/{x}.png"\n', "basemap-url"),
        ('url = "https://tiles.example.org/{Layer}/{z}/{x}/{y}.png"\n', "basemap-url"),
        ('url = "ftp://tiles.example.org/{z}/{x}/{y}.png"\n', "basemap-url"),
        ('url = "https://t0.tianditu.gov.cn/vec_c/wmts?z={z}&x={x}&y={y}"\n', "basemap-not-mercator"),
        (XYZ + 'datum = "beijing54"\n', "basemap-datum"),
        (XYZ + 'datum = "BD-09"\n', "basemap-bd09"),
        ('url = "https://maponline0.bdimg.com/tile?x={x}&y={y}&z={z}"\n', "basemap-bd09"),
        ('url = "https://webrd01.is.autonavi.com/?x={x}&y={y}&z={z}"\ndatum = "wgs84"\n', "basemap-is-gcj02"),
        ('path = "no.mbtiles"\n', "basemap-file"),
        ('path = "workspace.toml"\n', "basemap-file"),
        (XYZ + 'colour = "red"\n', "workspace-key"),
        (XYZ + 'tms = "yes"\n', "workspace-type"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, code):
    with pytest.raises(WorkspaceError) as found:
        read(tmp_path, text)
    assert found.value.code == code
    assert "[[basemap]] 1" in found.value.text("en")


def test_a_shifted_archive_is_refused(tmp_path):
    (tmp_path / "base.mbtiles").write_bytes(b"")
    with pytest.raises(WorkspaceError, match="undo its shift"):
        read(tmp_path, 'path = "base.mbtiles"\ndatum = "gcj02"\n')
    assert read(tmp_path, 'path = "base.mbtiles"\n').path == tmp_path / "base.mbtiles"


def test_none_unless_named(tmp_path):
    (tmp_path / "workspace.toml").write_text(HEAD.replace("[[basemap]]\n", ""), encoding="utf-8")
    assert read_workspace(tmp_path).basemaps == ()
