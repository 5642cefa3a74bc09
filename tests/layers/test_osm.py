"""OpenStreetMap extracts through the sources' own reader, from a tiny one written here."""

import pytest
import shapely

from layers import sources
from layers.sources import FORMATS
from layers.workspace import LayerSpec

NODES = {1: (120.0, 30.0), 2: (120.01, 30.0), 3: (120.01, 30.01), 4: (120.0, 30.01)}
WAYS = {
    10: ((1, 2), {"highway": "cycleway", "name": "湖滨绿道"}),
    11: ((2, 3), {"highway": "footway", "bridge": "yes"}),
    12: ((3, 4), {"highway": "primary", "layer": "2"}),
    13: ((1, 3), {"highway": "path", "tunnel": "yes", "bridge": "no"}),
    14: ((1, 2, 3, 4, 1), {"natural": "water"}),
}


@pytest.fixture
def extract(tmp_path):
    nodes = "".join(f'<node id="{key}" lon="{lon}" lat="{lat}"/>' for key, (lon, lat) in NODES.items())
    ways = "".join(
        f'<way id="{key}">'
        + "".join(f'<nd ref="{node}"/>' for node in held)
        + "".join(f'<tag k="{name}" v="{value}"/>' for name, value in tags.items())
        + "</way>"
        for key, (held, tags) in WAYS.items()
    )
    path = tmp_path / "地图 1.osm"
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{nodes}{ways}</osm>', encoding="utf-8")
    return path


def spec(path, layer):
    return LayerSpec(name="osm", role="road", path=path, layer=layer)


def test_lines_have_tags_and_their_grade(extract):
    raw = sources.read(spec(extract, "lines"))
    frame = raw.frame.set_index("osm_id")
    assert frame["grade"].to_dict() == {"10": 0, "11": 1, "12": 2, "13": -1}
    assert frame.loc["10", "name"] == "湖滨绿道"
    assert frame.loc["11", "bridge"] == "yes"
    assert raw.crs == "EPSG:4326"
    assert shapely.get_num_points(frame.loc["10", "geometry"]) == 2


def test_areas_are_a_layer_of_their_own(extract):
    raw = sources.read(spec(extract, "multipolygons"))
    assert raw.frame["natural"].tolist() == ["water"]
    assert raw.notes == []


def test_layers_are_listed_and_the_format_is_known(extract):
    assert {".pbf", ".osm"} <= set(FORMATS)
    assert {one.layer for one in sources.layers_of(extract)} >= {"points", "lines", "multipolygons"}
    assert {one.format for one in sources.layers_of(extract)} == {"OSM"}


def test_what_is_no_extract_is_said_in_one_sentence(tmp_path):
    path = tmp_path / "broken.osm.pbf"
    path.write_bytes(b"\x00\x00\x00\x0dnothing at all")
    with pytest.raises(sources.LayerError) as caught:
        sources.read(spec(path, "lines"))
    assert "broken.osm.pbf" in str(caught.value)
