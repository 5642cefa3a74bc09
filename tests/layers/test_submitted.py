import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from shapely.geometry import LineString, Point

from layers.crs import to_gcj02
from layers.errors import LayerError
from layers.submitted import read_plots
from spatial.areas import legal_area
from tests import plot_workspace as hand

WORKING = pyproj.CRS.from_epsg(4549)
SQUARE = hand.at(0, 0, 100, 100)


def codes(submitted):
    return [code for code, _ in submitted.understood]


def shapefile(path, shape, crs=None, **columns):
    frame = gpd.GeoDataFrame(columns or {"MC": ["甲"]}, geometry=[shape], crs=crs)
    frame.to_file(path, engine="pyogrio")
    if crs is None:
        path.with_suffix(".prj").unlink(missing_ok=True)
    return path


def area(submitted):
    return float(legal_area(submitted.plots.geometry.to_numpy(), WORKING)[0])


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
class TestWithoutPrj:
    def test_numbers_of_the_workspace_tell(self, tmp_path):
        read = read_plots(shapefile(tmp_path / "a.shp", SQUARE), WORKING)
        assert "check-crs-numbers" in codes(read)
        assert area(read) == pytest.approx(hand.SQUARE_M2, abs=0.005)

    def test_swapped_axes_are_swapped_back_and_told(self, tmp_path):
        swapped = shapely.transform(SQUARE, lambda xy: xy[:, ::-1])
        read = read_plots(shapefile(tmp_path / "a.shp", swapped), WORKING)
        assert "check-crs-swapped" in codes(read)
        assert read.plots.geometry.iloc[0].equals(SQUARE)

    def test_zone_prefix_tells(self, tmp_path):
        moved = shapely.transform(SQUARE, lambda xy: xy + np.array([40_000_000, 0]))
        read = read_plots(shapefile(tmp_path / "a.shp", moved), WORKING)
        assert read.crs.to_epsg() == 4528
        assert read.plots.geometry.iloc[0].normalize().equals_exact(SQUARE.normalize(), 1e-6)

    def test_numbers_that_tell_nothing_are_refused(self, tmp_path):
        path = shapefile(tmp_path / "a.shp", shapely.box(1000, 1000, 1100, 1100))
        with pytest.raises(LayerError) as caught:
            read_plots(path, WORKING)
        assert caught.value.code == "check-crs-unknown"

    def test_degrees_of_an_unstated_datum_are_refused(self, tmp_path):
        path = shapefile(tmp_path / "a.shp", shapely.box(120.7, 30.7, 120.701, 30.701))
        with pytest.raises(LayerError) as caught:
            read_plots(path, WORKING)
        assert caught.value.code == "check-degrees"

    def test_what_the_user_states_is_taken(self, tmp_path):
        read = read_plots(shapefile(tmp_path / "a.shp", SQUARE), WORKING, crs="EPSG:4549")
        assert "check-crs-stated" in codes(read)


def degrees(shift=None):
    to_degrees = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
    lon, lat = to_degrees.transform(*shapely.get_coordinates(SQUARE).T)
    if shift:
        lon, lat = shift(np.asarray(lon), np.asarray(lat))
    return shapely.Polygon(np.column_stack([lon, lat]))


def geojson(path, shape):
    path.write_text(gpd.GeoSeries([shape]).to_json(), encoding="utf-8")
    return path


def test_geojson_is_refused_unless_its_coordinates_are_stated(tmp_path):
    path = geojson(tmp_path / "a.geojson", degrees())
    with pytest.raises(LayerError) as caught:
        read_plots(path, WORKING)
    assert caught.value.code == "check-degrees"
    assert area(read_plots(path, WORKING, crs="EPSG:4490")) == pytest.approx(hand.SQUARE_M2, abs=0.01)


def test_gcj02_is_undone_when_told(tmp_path):
    path = geojson(tmp_path / "a.geojson", degrees(to_gcj02))
    read = read_plots(path, WORKING, crs="gcj-02")
    assert read.crs == "GCJ-02"
    assert "issue-gcj02-undone" in codes(read)
    assert shapely.hausdorff_distance(read.plots.geometry.iloc[0], SQUARE) < 0.01


def test_an_old_datum_is_refused(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoSeries([SQUARE], crs=2385).to_file(path)
    with pytest.raises(LayerError) as caught:
        read_plots(path, WORKING)
    assert caught.value.code == "crs-ballpark"
    pipeline = "+proj=affine +xoff=10"
    moved = read_plots(path, WORKING, transformation=pipeline)
    assert moved.plots.total_bounds[0] == pytest.approx(hand.EAST + 10)
    assert ("issue-transformed", {"transformation": pipeline}) in moved.understood


def test_a_contradiction_is_refused(tmp_path):
    path = hand.plot(tmp_path / "a.gpkg", 0, 0, 1, 1)
    with pytest.raises(LayerError) as caught:
        read_plots(path, WORKING, crs="EPSG:4528")
    assert caught.value.code == "check-crs-contradiction"
    assert "workspace.toml" not in caught.value.text("zh")


@pytest.mark.parametrize(
    ("field", "value", "stated"),
    [
        ("面积(公顷)", 1.0, 1e4),
        ("YDMJ", 9999.0, 9999.0),
        ("stated_mu", 15.0, 1e4),
        ("MJ", 0.0, None),
        ("x", 1, None),
    ],
)
def test_stated_area_in_square_metres(tmp_path, field, value, stated):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({field: [value]}, geometry=[SQUARE], crs=4549).to_file(path)
    found = read_plots(path, WORKING).plots["stated_m2"].iloc[0]
    assert np.isnan(found) if stated is None else found == pytest.approx(stated)


def test_plots_are_called_by_number_or_name_each_once(tmp_path):
    path = tmp_path / "a.gpkg"
    columns = {"DKBH": ["1", None, "1", None], "地块名称": ["甲", "乙", "丙", None]}
    gpd.GeoDataFrame(columns, geometry=[SQUARE] * 4, crs=4549).to_file(path)
    assert list(read_plots(path, WORKING).plots.index) == ["1", "乙", "1 #2", "4"]


def test_closed_lines_of_a_drawing_are_plots_and_the_rest_is_told(tmp_path):
    path = tmp_path / "a.gpkg"
    shapes = [LineString(SQUARE.exterior), LineString([(0, 0), (1, 1)])]
    gpd.GeoSeries(shapes, crs=4549).to_file(path)
    read = read_plots(path, WORKING)
    assert read.plots.geometry.iloc[0].equals(SQUARE)
    assert ("check-read-left-out", {"count": 1}) in read.understood


def test_nothing_but_points_is_no_plot(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoSeries([Point(0, 0)], crs=4549).to_file(path)
    with pytest.raises(LayerError) as caught:
        read_plots(path, WORKING)
    assert caught.value.code == "check-no-polygon"


def test_a_plot_without_name_is_called_like_its_file(tmp_path):
    path = tmp_path / "五号.gpkg"
    gpd.GeoSeries([SQUARE], crs=4549).to_file(path)
    assert list(read_plots(path, WORKING).plots.index) == ["五号"]
