import io
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from lxml import etree

from layers import results as store
from maps import datatree, qgis_project, qml
from tests.maps.results_fixture import CRS, X0, Y0, small_results

_OPEN = """
import json, sys
from qgis.core import QgsApplication, QgsProject, QgsMapRendererParallelJob, QgsMapSettings, QgsLayoutExporter
from qgis.PyQt.QtCore import QSize
app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
read = project.read(sys.argv[1])
root = project.layerTreeRoot()
layers = [one.layer() for one in root.findLayers()]
settings = QgsMapSettings()
settings.setLayers([layer for layer in root.layerOrder() if root.findLayer(layer).isVisible()])
settings.setDestinationCrs(project.crs())
settings.setOutputSize(QSize(400, 300))
settings.setExtent(project.viewSettings().defaultViewExtent())
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
colours = {image.pixelColor(x, y).name() for x in range(0, 400, 4) for y in range(0, 300, 4)}
print(json.dumps({
    "read": read, "crs": project.crs().authid(), "groups": [group.name() for group in root.children()],
    "layers": [[layer.name(), layer.isValid(), layer.featureCount(), layer.crs().authid()] for layer in layers],
    "aliases": {field.name(): field.alias() for field in layers[0].fields()}, "errors": len(job.errors()),
    "layouts": [layout.name() for layout in project.layoutManager().printLayouts()], "colours": len(colours),
}))
"""


def python_with_qgis():
    for name in ("/usr/bin/python3", shutil.which("python3")):
        if name and Path(name).exists():
            asked = subprocess.run([name, "-c", "import qgis.core"], capture_output=True, check=False)
            if asked.returncode == 0:
                return name
    return None


def mixed():
    """Results whose projects are points and areas."""
    results = small_results()
    projects = results.context["project"].copy()
    shapes = list(projects.geometry)
    shapes[0] = shapely.box(X0, Y0, X0 + 90, Y0 + 50)
    projects = projects.set_geometry(gpd.GeoSeries(shapes, index=projects.index, crs=CRS))
    return replace(results, context={**results.context, "project": projects})


@pytest.fixture(scope="module")
def root():
    document = qgis_project.qgs(mixed(), datatree.frames(mixed()), "results.gpkg", "zh")
    return etree.fromstring(document.split("\n", 1)[1])


def test_every_layer_of_the_results_is_in_the_tree_in_the_groups_of_the_map(root):
    groups = [group.get("name") for group in root.findall("layer-tree-group/layer-tree-group")]
    assert groups == ["各镇", "违规图斑", "管制与红线", "项目", "绿道", "界线与村", "核查与研究"]
    sources = [node.text for node in root.findall("projectlayers/maplayer/datasource")]
    shown = {part.split("layername=")[1].split("|")[0] for part in sources}
    assert shown == set(store.layers(mixed()))
    assert {node.get("id") for node in root.iter("layer-tree-layer")} == {
        node.text for node in root.findall("projectlayers/maplayer/id")
    }


def test_paths_are_relative_and_results_read_only(root):
    for layer in root.findall("projectlayers/maplayer"):
        assert layer.findtext("datasource").startswith("./results.gpkg|layername=")
        assert layer.get("readOnly") == "1"
    assert root.findtext("properties/Paths/Absolute") == "false"


def test_entries_split_towns_pieces_and_kinds_of_geometry():
    results = mixed()
    found = {one.key: one for one in datatree.entries(results, datatree.frames(results), "zh")}
    assert [int(found[key].rows.sum()) for key in ("special", "pilot", "other")] == [3, 2, 4]
    assert int(found["piece-sliver"].rows.sum()) == 1
    assert (int(found["project_fill"].rows.sum()), int(found["project_marker"].rows.sum())) == (1, 17)
    pieces = [key for key in found if key.startswith("piece-")]
    assert sum(int(found[key].rows.sum()) for key in pieces) == len(results.pieces)


def test_a_legend_has_only_what_is_there():
    results = small_results()
    found = {one.key: one for one in datatree.entries(results, datatree.frames(results), "en")}
    assert [part.label for part in found["special"].style.parts] == ["× Fail", "▲ Warning", "✓ Pass"]
    assert [part.label for part in found["pilot"].style.parts] == ["? No data", "✓ Pass"]


def test_columns_and_codes_are_in_words(root):
    layer = next(
        one for one in root.findall("projectlayers/maplayer") if one.findtext("layername") == "特色小镇"
    )
    aliases = {node.get("field"): node.get("name") for node in layer.iter("alias")}
    assert (aliases["verdict"], aliases["county"]) == ("结论", "县（市、区）")
    field = layer.find("fieldConfiguration/field[@name='verdict']")
    codes = {node.get("value"): node.get("name") for node in field.iter("Option") if node.get("value")}
    assert codes["fail"] == "不符合"
    assert '"verdict"' in layer.findtext("mapTip")


def test_all_columns_have_a_name_in_both_languages():
    for lang in ("zh", "en"):
        for name, frame in datatree.frames(small_results()).items():
            for column in datatree.columns(frame):
                assert datatree.alias(column, lang) != column or column == "id", (name, column)


def test_same_results_same_bytes_under_a_chinese_name():
    results = small_results()
    data, again = (
        qgis_project.qgz(results, datatree.frames(results), "results.gpkg", "两镇", "zh") for _ in range(2)
    )
    assert data == again
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.namelist() == ["两镇.qgs"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_qgis_opens_it(tmp_path, lang):
    python = python_with_qgis()
    if python is None:
        pytest.skip("no QGIS on this machine")
    folder = tmp_path / "成果 1"
    folder.mkdir()
    results = mixed()
    store.write_layers(store.layers(results), folder / "results.gpkg")
    qml.write_styles(folder / "results.gpkg", results, lang)
    tables = datatree.frames(results)
    (folder / "两镇.qgz").write_bytes(qgis_project.qgz(results, tables, "results.gpkg", "两镇", lang))
    moved = folder.rename(tmp_path / "搬走 了")
    command = [python, "-c", _OPEN, str(moved / "两镇.qgz")]
    home = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, check=True, env=home, timeout=120)
    said = json.loads(done.stdout.decode().splitlines()[-1])
    assert said["read"]
    assert said["crs"] == CRS
    expected = [
        [one.label, True, int(one.rows.sum()), CRS] for one in datatree.entries(results, tables, lang)
    ]
    assert said["layers"] == expected
    assert said["aliases"]["verdict"] == ("结论" if lang == "zh" else "Verdict")
    assert said["errors"] == 0
    assert said["colours"] > 20
    assert len(said["layouts"]) == 3
