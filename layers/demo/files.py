"""Files of the demo workspace, in the mix of formats that offices have; the same bytes each time."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd

STAMP = dt.datetime(2017, 1, 9, 8, 0, 0)  # noqa: DTZ001 - Excel knows no time zones
GDAL_STAMP = "2017-01-09T08:00:00.000Z"


@contextmanager
def fixed_clock() -> Iterator[None]:
    """Let GDAL write a fixed date into the files it makes."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": GDAL_STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def geopackage(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write layers into one GeoPackage."""
    with fixed_clock():
        for name, frame in layers.items():
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", append=path.exists(), use_arrow=True,
                geometry_type=_kind(frame), SPATIAL_INDEX="NO",
            )  # fmt: skip


def shapefile(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write a Shapefile in GBK that does not say so: without its .cpg."""
    pyogrio.write_dataframe(
        frame, path, driver="ESRI Shapefile", encoding="GBK", DBF_DATE_LAST_UPDATE="2017-01-09"
    )
    path.with_suffix(".cpg").unlink(missing_ok=True)


def geojson(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write GeoJSON in CGCS2000 longitude and latitude, with a crs member."""
    pyogrio.write_dataframe(
        frame.to_crs("EPSG:4490"), path, driver="GeoJSON", COORDINATE_PRECISION="7", RFC7946="NO"
    )


def geoparquet(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write GeoParquet."""
    frame.to_parquet(path, index=False, compression="zstd")


def excel(path: Path, sheets: dict[str, tuple[str, pd.DataFrame]]) -> None:
    """Write sheets with a merged title in row 1 and the header in row 2, as offices do.

    Parameters
    ----------
    sheets
        Sheet name -> (title, table).
    """
    with xlsxwriter.Workbook(path, {"nan_inf_to_errors": False}) as book:
        book.set_properties({"title": "演示数据", "created": STAMP})
        title = book.add_format({"bold": True, "font_size": 14, "align": "center"})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#E7EEF5"})
        for name, (heading, table) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.merge_range(0, 0, 0, len(table.columns) - 1, heading, title)
            sheet.write_row(1, 0, list(table.columns), head)
            for row, values in enumerate(table.astype(object).to_numpy(), start=2):
                for column, value in enumerate(values):
                    if not pd.isna(value):
                        sheet.write(row, column, value)
            sheet.set_column(0, len(table.columns) - 1, 16)
            sheet.freeze_panes(2, 1)


def csv(path: Path, table: pd.DataFrame) -> None:
    """Write CSV in UTF-8 with a byte order mark, lines ended as Windows does."""
    path.write_bytes(table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))


def _kind(frame: gpd.GeoDataFrame) -> str:
    return str(frame.geom_type.iloc[0])
